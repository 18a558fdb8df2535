"""Families that may be the one about to be entered: the same person, or the same address."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from app.domain import names
from app.extensions import db
from app.models import Family, Member, SearchWord

MOST = 20

# The Core table: the scope of the outer SELECT narrows the families its words lead to.
_word = SearchWord.__table__


class Newcomer(NamedTuple):
    """A person as typed."""

    last_name: str | None
    first_name: str | None
    born_on: date | None


class Likeness(NamedTuple):
    """A family already in the bank and why it may be the same one."""

    family: Family
    why: str


def of(people: Iterable[Newcomer], addresses: Iterable[str | None]) -> list[Likeness]:
    """Families of the person's rows with the same surname, name and birth date, or with the same address."""
    found: dict[int, Likeness] = {}
    for person in people:
        for member in _same_person(person):
            why = f"{member.full_name}, дата рождения {member.born_on:%d.%m.%Y}"
            found.setdefault(member.family_id, Likeness(member.family, why))
    for address in dict.fromkeys(filter(None, addresses)):
        for family in _same_address(address):
            found.setdefault(family.id, Likeness(family, f"тот же адрес: {address}"))
    return list(found.values())[:MOST]


def _same_person(person: Newcomer) -> list[Member]:
    if person.born_on is None:
        return []
    rows = db.session.scalars(
        select(Member)
        .where(Member.born_on == person.born_on, Member.annulled_at.is_(None))
        .where(Member.family.has(Family.annulled_at.is_(None)))
        .options(joinedload(Member.family).joinedload(Family.territory))
    )
    wanted = (names.key(person.last_name), names.key(person.first_name))
    return [row for row in rows if (names.key(row.last_name), names.key(row.first_name)) == wanted]


def _same_address(address: str) -> list[Family]:
    wanted = names.key(address)
    words = sorted(names.folded(address).split(), key=len, reverse=True)
    if not words:
        return []
    candidates = db.session.scalars(
        select(Family)
        .where(Family.annulled_at.is_(None), *(Family.id.in_(_holding(word)) for word in words[:6]))
        .options(joinedload(Family.territory))
        .limit(200)
    )
    return [row for row in candidates if wanted in (names.key(row.registered_address), names.key(row.actual_address))]


def _holding(word: str) -> Select[tuple[int]]:
    return select(_word.c.family_id).where(_word.c.word == word[:100])
