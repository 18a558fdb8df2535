"""What can be written down and yet hardly be true: said to the person, never refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

from app.domain.ages import full_years
from app.domain.terms import ParentalRole

OLDEST, YOUNGEST_PARENT, MAJORITY = 100, 12, 18
PARENTS = (ParentalRole.MOTHER, ParentalRole.FATHER)


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
