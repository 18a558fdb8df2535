"""Where the people whom a workbook names live already, as far as the person who loads it sees."""

from __future__ import annotations

from collections.abc import Iterator, Set
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import select

from app.domain import intervals, names
from app.exchange import bank
from app.exchange.plan.comparing import Comparison
from app.exchange.records import MemberRow
from app.exchange.workbook import MEMBERS
from app.extensions import db
from app.models import Family, Member
from app.services.family_keys import member_sort_key


class Membership(NamedTuple):
    """A person of the bank in a family."""

    id: int
    family_id: int
    number: str
    district_id: int
    full: str
    born_on: date | None
    joined_on: date | None
    left_on: date | None

    def holds(self, day: date) -> bool:
        """Whether the person is in the family at the end of a day."""
        return intervals.holds(self.joined_on, self.left_on, day)


class KnownPeople:
    """Memberships of the bank by ФИО, read once for a workbook.

    A person with a birth date is sought by it; where the workbook or the bank has none, by ФИО as it is sorted.
    """

    def __init__(self, comparison: Comparison) -> None:
        self._scope = comparison.scope
        people = list(comparison.sheet(MEMBERS).of(MemberRow))
        self._wanted = {names.key(person.full) for person in people}
        self._by_name: dict[str, dict[int, Membership]] = {}
        member = Member.__table__
        self._read(member.c.born_on, {person.born_on for person in people if person.born_on is not None})
        sort_keys = {
            (person.born_on is None, member_sort_key(person.last_name, person.first_name, person.middle_name))
            for person in people
        }
        self._read(member.c.sort_key, {key for undated, key in sort_keys if undated})
        self._read(member.c.sort_key, {key for undated, key in sort_keys if not undated}, member.c.born_on.is_(None))

    def _read(self, column: Any, values: Set[Any], *conditions: Any) -> None:
        member, family = Member.__table__, Family.__table__
        for chunk in bank.chunks_of(sorted(values)):
            rows = db.session.execute(
                select(
                    member.c.id, member.c.family_id, family.c.number, family.c.district_id, member.c.last_name,
                    member.c.first_name, member.c.middle_name, member.c.born_on, member.c.joined_on, member.c.left_on,
                )
                .join(family, family.c.id == member.c.family_id)
                .where(
                    column.in_(chunk), member.c.annulled_at.is_(None), family.c.annulled_at.is_(None),
                    self._scope.families(), *conditions,
                )
                .order_by(member.c.id)
            )  # fmt: skip
            for row in rows:
                full = names.full(row.last_name, row.first_name, row.middle_name)
                if (key := names.key(full)) in self._wanted:
                    known = Membership(row.id, row.family_id, row.number, row.district_id, full, row.born_on,
                                       row.joined_on, row.left_on)  # fmt: skip
                    self._by_name.setdefault(key, {})[row.id] = known

    def same(self, person: MemberRow) -> Iterator[Membership]:
        """The person of the same ФИО and birth date, in whatever family."""
        return (known for known in self._called(person) if known.born_on == person.born_on is not None)

    def perhaps(self, person: MemberRow) -> Iterator[Membership]:
        """Who may be the person: the same, or of the same ФИО where one birth date is not known."""
        return (known for known in self._called(person) if None in (known.born_on, person.born_on)
                or known.born_on == person.born_on)  # fmt: skip

    def _called(self, person: MemberRow) -> Iterator[Membership]:
        return iter(self._by_name.get(names.key(person.full), {}).values())
