"""What can be written down and yet hardly be true, and who is likely one person: said, never refused."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from datetime import date
from functools import lru_cache
from typing import Generic, NamedTuple, TypeVar

from app.domain import names
from app.domain.ages import full_years
from app.domain.terms import ParentalRole

OLDEST, YOUNGEST_PARENT, MAJORITY = 100, 12, 18
SHORTEST = 3  # in a shorter word another letter is another word
PARENTS = (ParentalRole.MOTHER, ParentalRole.FATHER)
T = TypeVar("T")


class Person(NamedTuple):
    """A member of a family as these doubts see him."""

    name: str
    born_on: date | None
    role: ParentalRole | None


def of_person(person: Person, on: date, registered_on: date | None) -> Iterator[str]:
    """Doubts about one person; registered_on: when the family was last placed on record."""
    born_on = person.born_on
    if born_on is None:
        return
    years = full_years(born_on, on)
    if years > OLDEST:
        hint = ""
        if born_on.year == 1905:  # the day that Excel makes of a year alone
            hint = f" Похоже, вместо даты был написан год {(born_on - date(1899, 12, 30)).days}."
        yield f"{person.name}: дата рождения {born_on:%d.%m.%Y}, возраст {years}. Проверьте год.{hint}"
    elif person.role is ParentalRole.CHILD and registered_on and born_on <= registered_on:
        age = full_years(born_on, registered_on)
        if age >= MAJORITY:
            yield f"{person.name}: записан ребёнком, но при постановке на учёт уже было {age}. Проверьте дату или роль."


def of_family(people: Iterable[Person]) -> Iterator[str]:
    """Doubts about parents and children: a child older than a parent, or hardly younger."""
    dated = [person for person in people if person.born_on is not None]
    children = [person for person in dated if person.role is ParentalRole.CHILD]
    for parent in dated:
        if parent.role not in PARENTS:
            continue
        for child in children:
            assert parent.born_on is not None
            assert child.born_on is not None
            if child.born_on <= parent.born_on:
                yield f"{child.name} родился раньше, чем {parent.name}: проверьте даты рождения и роли."
            elif full_years(parent.born_on, child.born_on) < YOUNGEST_PARENT:
                yield (
                    f"{parent.name} старше, чем {child.name}, меньше чем на {YOUNGEST_PARENT} лет: "
                    "проверьте даты рождения и роли."
                )


def of_stay(registered_on: date, people: Iterable[Person]) -> Iterator[str]:
    """Doubts about a day of record: every child of the family was born later."""
    children = [person.born_on for person in people if person.role is ParentalRole.CHILD and person.born_on]
    if children and registered_on < min(children):
        yield (
            f"Семья поставлена на учёт {registered_on:%d.%m.%Y}, а все дети родились позже "
            f"(первый {min(children):%d.%m.%Y}): проверьте даты."
        )


class NamedPerson(NamedTuple):
    """A person as he is written somewhere; what is not known is empty."""

    last_name: str
    first_name: str
    middle_name: str | None
    born_on: date | None


def may_be_one(one: NamedPerson, other: NamedPerson) -> bool:
    """Whether two entries are likely of one person.

    Born on one day: called the same but for a letter, or surname and name swapped, or of another surname only.
    One birth date unknown: called the same, and no patronymic speaks against it.
    """
    if one.born_on is not None and other.born_on is not None:
        return one.born_on == other.born_on and (
            _are_near(one, other) or _are_swapped(one, other) or _has_another_surname(one, other)
        )
    same = _parts(one)[:2] == _parts(other)[:2] or _are_swapped(one, other)
    return same and not (one.middle_name and other.middle_name and _parts(one)[2] != _parts(other)[2])


class Likely(Generic[T]):
    """Persons with what each stands for, and who of them may be one with another: a few are asked, never all."""

    def __init__(self) -> None:
        self._by_sign: dict[Hashable, list[tuple[NamedPerson, T]]] = {}

    def add(self, person: NamedPerson, what: T) -> None:
        """Let a person be found."""
        last, first, _ = _parts(person)
        pair = frozenset((last, first))
        signs: set[Hashable] = {pair, (pair, None)}
        if person.born_on is not None:
            signs = {pair, (last, person.born_on), (first, person.born_on)}
        for sign in signs:
            self._by_sign.setdefault(sign, []).append((person, what))

    def of(self, person: NamedPerson) -> Iterator[T]:
        """What those stand for who may be a person, in the order in which they were added by each sign."""
        last, first, _ = _parts(person)
        pair = frozenset((last, first))
        signs: tuple[Hashable, ...] = (pair,)
        if person.born_on is not None:
            signs = tuple(dict.fromkeys(((last, person.born_on), (first, person.born_on), (pair, None))))
        seen: set[int] = set()
        for sign in signs:
            for entry in self._by_sign.get(sign, ()):
                if id(entry[1]) not in seen and may_be_one(person, entry[0]):
                    seen.add(id(entry[1]))
                    yield entry[1]


def may_be_corrected(one: NamedPerson, other: NamedPerson) -> bool:
    """Whether of two entries of one family the later may be meant to correct the earlier: a date alone may differ."""
    return may_be_one(one, other) or _parts(one)[:2] == _parts(other)[:2]


def is_plainly_corrected(one: NamedPerson, other: NamedPerson) -> bool:
    """Whether nobody would take two entries of one family for two people: one thing alone is said otherwise.

    The first name and the surname or the day of birth are one, or the surname and the day.
    """
    last, first, middle = (a == b for a, b in zip(_exact(one), _exact(other), strict=True))
    same_day = one.born_on == other.born_on is not None
    if not ((first and (last or same_day)) or (last and same_day)):
        return False
    contradictions = (
        not last, not first, not middle and None not in (one.middle_name, other.middle_name),
        not same_day and None not in (one.born_on, other.born_on),
    )  # fmt: skip
    return sum(contradictions) <= 1


def _exact(person: NamedPerson) -> tuple[str, str, str]:
    return names.key(person.last_name), names.key(person.first_name), names.key(person.middle_name)


@lru_cache(maxsize=1 << 13)  # one person is held against many
def _parts(person: NamedPerson) -> tuple[str, str, str]:
    return names.folded(person.last_name), names.folded(person.first_name), names.folded(person.middle_name)


def _are_near(one: NamedPerson, other: NamedPerson) -> bool:
    """Surname and name are the same, but for one letter of one of them."""
    (last, first, _), (other_last, other_first, _) = _parts(one), _parts(other)
    return (last == other_last and _is_near(first, other_first)) or (
        first == other_first and _is_near(last, other_last)
    )


def _are_swapped(one: NamedPerson, other: NamedPerson) -> bool:
    (last, first, _), (other_last, other_first, _) = _parts(one), _parts(other)
    return (last, first) == (other_first, other_last)


def _has_another_surname(one: NamedPerson, other: NamedPerson) -> bool:
    (_, first, middle), (_, other_first, other_middle) = _parts(one), _parts(other)
    return bool(middle) and (first, middle) == (other_first, other_middle)


def _is_near(one: str, other: str) -> bool:
    """Whether two words are equal but for one letter that is wrong, missing or too many, or two that changed places."""
    if one == other:
        return True
    if min(len(one), len(other)) < SHORTEST or abs(len(one) - len(other)) > 1:
        return False
    start = next((place for place, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]),
                 min(len(one), len(other)))  # fmt: skip
    left, right = one[start:], other[start:]
    return (
        left[1:] == right[1:] or left[1:] == right or left == right[1:]
        or (left[:2] == right[1::-1] and left[2:] == right[2:])
    )  # fmt: skip
