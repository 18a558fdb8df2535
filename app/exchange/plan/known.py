"""Where the people whom a workbook names live already, as far as the person who loads it sees."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import cached_property
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, select

from app.conditions import unindexed
from app.domain import intervals, names
from app.domain.likelihood import Likely, NamedPerson
from app.exchange.plan.comparing import Comparison
from app.exchange.records import MemberRow
from app.exchange.workbook import MEMBERS
from app.extensions import db, portions
from app.models import Family, Member, SearchWord

_member, _family, _word = Member.__table__, Family.__table__, SearchWord.__table__


class Membership(NamedTuple):
    """A person of the bank in a family."""

    id: int
    family_id: int
    number: str
    district_id: int
    person: NamedPerson
    joined_on: date | None
    left_on: date | None

    def holds(self, day: date) -> bool:
        """Whether the person is in the family at the end of a day."""
        return intervals.holds(self.joined_on, self.left_on, day)


class KnownPeople:
    """Memberships of the bank of whoever may be one of the people of a workbook, read once for it.

    A person with a birth date is sought by it; where the workbook or the bank has none, among families in which the
    surname is known.
    """

    def __init__(self, comparison: Comparison) -> None:
        self._scope = comparison.scope
        people = [named(row) for row in comparison.sheet(MEMBERS).of(MemberRow)]
        self._wanted = {names.folded(name) for person in people for name in (person.last_name, person.first_name)}
        self._seen: set[int] = set()
        self._known: list[Membership] = []
        dated = [person for person in people if person.born_on is not None]
        self._read(_member.c.born_on.in_, {person.born_on for person in dated})
        self._read(_in_families_of, _surnames(person for person in people if person.born_on is None))
        self._read(_in_families_of, _surnames(dated), _member.c.born_on.is_(None))

    def _read(self, holding: Callable[[list[Any]], ColumnElement[bool]], values: Iterable[Any],
              *conditions: ColumnElement[bool]) -> None:  # fmt: skip
        for portion in portions(sorted(values)):
            rows = db.session.execute(
                select(
                    _member.c.id, _member.c.family_id, _family.c.number, _family.c.district_id, _member.c.last_name,
                    _member.c.first_name, _member.c.middle_name, _member.c.born_on, _member.c.joined_on,
                    _member.c.left_on,
                )
                .join(_family, _family.c.id == unindexed(_member.c.family_id))  # else each family is asked of each day
                .where(
                    holding(portion), _member.c.annulled_at.is_(None), _family.c.annulled_at.is_(None),
                    self._scope.families(), *conditions,
                )
                .order_by(_member.c.id)
            )  # fmt: skip
            for row in rows:
                self._know(row)

    def _know(self, row: Any) -> None:
        wanted = {names.folded(row.last_name), names.folded(row.first_name)} & self._wanted
        if wanted and row.id not in self._seen:
            self._seen.add(row.id)
            person = NamedPerson(row.last_name, row.first_name, row.middle_name, row.born_on)
            self._known.append(
                Membership(row.id, row.family_id, row.number, row.district_id, person, row.joined_on, row.left_on)
            )

    @cached_property
    def _same(self) -> dict[tuple[str, date | None], list[Membership]]:
        found: dict[tuple[str, date | None], list[Membership]] = {}
        for known in self._known:
            found.setdefault((called(known.person), known.person.born_on), []).append(known)
        return found

    @cached_property
    def _likely(self) -> Likely[Membership]:
        found: Likely[Membership] = Likely()
        for known in self._known:
            found.add(known.person, known)
        return found

    def same(self, person: MemberRow) -> list[Membership]:
        """The person of the same ФИО and birth date, in whatever family."""
        return self._same.get(person.key, []) if person.born_on is not None else []

    def perhaps(self, person: MemberRow) -> Iterator[Membership]:
        """Who may be the person."""
        return self._likely.of(named(person))


def named(row: MemberRow) -> NamedPerson:
    """A person of a workbook as likeness sees him."""
    return NamedPerson(row.last_name, row.first_name, row.middle_name, row.born_on)


def are_same(one: NamedPerson, other: NamedPerson) -> bool:
    """Whether two entries are of one ФИО and one birth date that both know."""
    return one.born_on == other.born_on is not None and called(one) == called(other)


def called(person: NamedPerson) -> str:
    """The ФИО of a person as it is compared."""
    return names.key_of_parts(person.last_name, person.first_name, person.middle_name)


def _surnames(people: Iterable[NamedPerson]) -> set[str]:
    """One word of each surname: as families are found by it."""
    return {names.as_kept(words[0]) for person in people if (words := names.folded(person.last_name).split())}


def _in_families_of(words: list[str]) -> ColumnElement[bool]:
    held: ColumnElement[bool] = _member.c.family_id.in_(select(_word.c.family_id).where(_word.c.word.in_(words)))
    return held
