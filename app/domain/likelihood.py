"""What can be written down and yet hardly be true, and who is likely one person: said, never refused."""

from __future__ import annotations

import enum
from collections.abc import Callable, Hashable, Iterable, Iterator
from datetime import date
from functools import lru_cache
from typing import Generic, NamedTuple, TypeVar

from rapidfuzz.distance import OSA

from app.domain import names, short_names
from app.domain.ages import full_years
from app.domain.terms import Agreement, ParentalRole

OLDEST, YOUNGEST_PARENT, MAJORITY = 100, 12, 18
SHORTEST = 3  # in a shorter word another letter is another word
LETTERS = "абвгдежзийклмнопрстуфхцчшщъыьэюя"  # of folded words
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


class NamesAlike(enum.Enum):
    """How the names of two entries agree, as people are told; the best first."""

    SAME = "та же фамилия и имя"
    SWAPPED = "фамилия и имя поменялись местами"
    REORDERED = "фамилия, имя и отчество в другом порядке"
    LAST_BY_A_LETTER = "фамилия отличается на букву"
    FIRST_BY_A_LETTER = "имя отличается на букву"
    SHORT_FIRST = "та же фамилия, имя краткое"
    SWAPPED_BY_A_LETTER = "фамилия и имя поменялись местами и отличаются на букву"
    DOUBLE_LAST = "то же имя, одна из фамилий двойная"
    OTHER_LAST = "те же имя и отчество, другая фамилия: возможно, прежняя (девичья)"
    FIRST_ONLY = "то же имя, другая фамилия: возможно, прежняя (девичья)"


def names_alike(one: NamedPerson, other: NamedPerson) -> NamesAlike | None:
    """How the names of two entries agree; None: they do not. What is not known never contradicts."""
    (last, first, middle), (other_last, other_first, other_middle) = parts, others = _parts(one), _parts(other)
    if last == other_last and first == other_first:
        return NamesAlike.SAME
    if (last, first) == (other_first, other_last):
        return NamesAlike.SWAPPED
    if _every_word(parts) == _every_word(others):  # typed in other fields, or two of them in one
        return NamesAlike.REORDERED
    if first == other_first:
        return _with_another_last(last, other_last, middle, other_middle)
    if last == other_last and short_names.are_one(first, other_first):
        return NamesAlike.SHORT_FIRST
    if last == other_last:
        return NamesAlike.FIRST_BY_A_LETTER if is_near(first, other_first) else None
    if (last == other_first and is_near(first, other_last)) or (first == other_last and is_near(last, other_first)):
        return NamesAlike.SWAPPED_BY_A_LETTER
    return None


def _every_word(parts: Iterable[str]) -> tuple[str, ...]:
    """The words of a whole name, whichever field each stands in."""
    return tuple(sorted(" ".join(parts).split()))


def _with_another_last(last: str, other_last: str, middle: str, other_middle: str) -> NamesAlike | None:
    if is_near(last, other_last):
        return NamesAlike.LAST_BY_A_LETTER
    if set(last.split()) & set(other_last.split()):
        return NamesAlike.DOUBLE_LAST
    if middle and other_middle:
        return NamesAlike.OTHER_LAST if middle == other_middle else None
    return NamesAlike.FIRST_ONLY


def written_out(told: NamedPerson, known: NamedPerson) -> NamedPerson:
    """A name whose initials are written out as another one has them, where they fit, and the surname in its gender."""

    def whole(part: str | None, other: str | None) -> str | None:
        is_short = bool(part and part.endswith("."))
        return other if is_short and names.folded(other)[:1] == names.folded(part)[:1] else part

    last = names.key(told.last_name)
    return told._replace(
        first_name=whole(told.first_name, known.first_name) or "",
        middle_name=whole(told.middle_name, known.middle_name),
        last_name=known.last_name if last in names.of_both_sexes(names.key(known.last_name)) else told.last_name,
    )


def words_alike(one: str | None, other: str | None) -> Agreement:
    """How two words of names agree; an initial is near to what it shortens."""
    first, second = names.folded(one), names.folded(other)
    if not first or not second:
        return Agreement.UNKNOWN
    if first == second:
        return Agreement.SAME
    shortened = min(len(first), len(second)) == 1 and first[0] == second[0]
    return Agreement.NEAR if shortened or is_near(first, second) else Agreement.OTHER


def days_alike(one: date | None, other: date | None) -> Agreement:
    """How two birth dates agree; near: a digit is wrong, two of one part or the day and the month changed places."""
    if one is None or other is None:
        return Agreement.UNKNOWN
    if one == other:
        return Agreement.SAME
    parts, others = (one.day, one.month, one.year), (other.day, other.month, other.year)
    differ = [pair for pair in zip(parts, others, strict=True) if pair[0] != pair[1]]
    if len(differ) > 1:
        return Agreement.NEAR if parts == (others[1], others[0], others[2]) else Agreement.OTHER
    return Agreement.NEAR if is_near(*(f"{part:04}" for part in differ[0])) else Agreement.OTHER


def may_be_one(one: NamedPerson, other: NamedPerson) -> bool:
    """Whether two entries are likely of one person.

    Born on one day: called the same but for a letter, the order of the words, or the surname only.
    One birth date unknown: called the same, and no patronymic speaks against it.
    """
    if one.born_on is not None and other.born_on is not None:
        same_day = one.born_on == other.born_on
        return same_day and names_alike(one, other) not in (None, NamesAlike.FIRST_ONLY)
    called = names_alike(one, other) in (NamesAlike.SAME, NamesAlike.SWAPPED)
    return called and words_alike(one.middle_name, other.middle_name) in (Agreement.SAME, Agreement.UNKNOWN)


class KnownChild(NamedTuple):
    """A child as somebody tells of it: its name as written, its birth date or its age on a day.

    words: the name as keys; first: which of them is the first name, where that is known.
    """

    name: str | None
    words: frozenset[str]
    born_on: date | None
    age: int | None
    first: str | None = None


def known_child(name: str | None, born_on: date | None, age: int | None, first_name: str | None = None) -> KnownChild:
    """A child as it is written somewhere."""
    return KnownChild(name, frozenset(names.folded(name).split()), born_on, age, names.folded(first_name) or None)


class ChildrenAlike(NamedTuple):
    """How two children agree by name and by birth date or age; `day`: the birth dates themselves were compared."""

    name: Agreement
    time: Agreement
    day: bool


def children_alike(one: KnownChild, other: KnownChild) -> ChildrenAlike | None:
    """How two children agree, their ages told for one day; None: they do not, or nothing tells.

    People round ages: a year of difference is near.
    """
    day = one.born_on is not None and other.born_on is not None
    if day:
        time = days_alike(one.born_on, other.born_on)
    elif one.age is None or other.age is None:
        time = Agreement.UNKNOWN
    else:
        apart = abs(one.age - other.age)
        time = Agreement.SAME if not apart else Agreement.NEAR if apart == 1 else Agreement.OTHER
    if time is Agreement.OTHER or (name := _called_alike(one, other)) is Agreement.OTHER:
        return None
    if name is time is Agreement.UNKNOWN:
        return None
    return ChildrenAlike(name, time, day)


def _called_alike(one: KnownChild, other: KnownChild) -> Agreement:
    """Every word of the shorter name has its like in the longer one, the first name among them."""
    if not one.words or not other.words:
        return Agreement.UNKNOWN
    shorter, longer = sorted((one.words, other.words), key=len)
    for alike, agreed in ((_is_same, Agreement.SAME), (_is_like, Agreement.NEAR)):
        whole = all(_has(word, longer, alike) for word in shorter)
        if whole and all(not each.first or _has(each.first, words, alike)
                         for each, words in ((one, other.words), (other, one.words))):  # fmt: skip
            return agreed
    return Agreement.OTHER


def _is_same(one: str, other: str) -> bool:
    return one == other or short_names.are_one(one, other)


def _is_like(one: str, other: str) -> bool:
    return is_near(one, other) or short_names.are_one(one, other)


def _has(word: str, among: frozenset[str], alike: Callable[[str, str], bool]) -> bool:
    return word in among or any(alike(word, other) for other in among)


class Likely(Generic[T]):
    """Persons with what each stands for, and who of them may be one with another: a few are asked, never all."""

    def __init__(self) -> None:
        self._by_sign: dict[Hashable, list[tuple[NamedPerson, T]]] = {}

    def add(self, person: NamedPerson, what: T) -> None:
        """Let a person be found."""
        last, first, _ = parts = _parts(person)
        pair = frozenset((last, first))
        signs: set[Hashable] = {pair, (pair, None)}
        if person.born_on is not None:
            signs = {pair, (last, person.born_on), (first, person.born_on), (_every_word(parts), person.born_on)}
        for sign in signs:
            self._by_sign.setdefault(sign, []).append((person, what))

    def of(self, person: NamedPerson) -> Iterator[T]:
        """What those stand for who may be a person, in the order in which they were added by each sign."""
        last, first, _ = parts = _parts(person)
        pair = frozenset((last, first))
        signs: tuple[Hashable, ...] = (pair,)
        if (day := person.born_on) is not None:
            signs = tuple(dict.fromkeys(((last, day), (first, day), (_every_word(parts), day), (pair, None))))
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


def is_near(one: str, other: str) -> bool:
    """Whether two words are equal but for one letter that is wrong, missing or too many, or two that changed places."""
    if one == other:
        return True
    if min(len(one), len(other)) < SHORTEST:
        return False
    return OSA.distance(one, other, score_cutoff=1) == 1


def near_words(word: str) -> set[str]:
    """A word and every Russian word that is near to it: what a misspelling is looked up by."""
    found = {word}
    if len(word) >= SHORTEST:
        for place in range(len(word) + 1):
            left, right = word[:place], word[place:]
            found.update(left + letter + right for letter in LETTERS)
            if right:
                found.update(left + letter + right[1:] for letter in LETTERS)
                found.add(left + right[1:])
            if len(right) > 1:
                found.add(left + right[1] + right[0] + right[2:])
    return {other for other in found if len(other) >= SHORTEST or other == word}
