"""What only the whole workbook tells: families of its territories that it leaves out, and likely duplicates."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from sqlalchemy import select

from app.domain import intervals, names
from app.exchange.changes import FamilyPlan, Line, MemberPlan
from app.exchange.plan.comparing import Comparison
from app.exchange.plan.known import KnownPeople
from app.exchange.records import FamilyRow, MemberRow
from app.exchange.workbook import FAMILIES
from app.extensions import db
from app.models import Family

MOST_ALIKE = 3  # likely duplicates named for one family; the rest is counted


def note_missing_families(comparison: Comparison) -> None:
    """Families of the territories that the workbook names, but that it does not tell of: of others it says nothing."""
    if comparison.plan.district.id is None:
        return
    territories = {family.place.id for family in comparison.families.values()} - {None}
    here = {family.id for family in comparison.families.values()}
    family = Family.__table__
    rows = db.session.execute(
        select(family.c.id, family.c.number, family.c.name, family.c.territory_id)
        .where(
            family.c.district_id == comparison.plan.district.id, family.c.annulled_at.is_(None),
            family.c.territory_id.in_(territories), comparison.scope.families(),
        )
        .order_by(family.c.number)
    )  # fmt: skip
    waiting = {row.number for row in comparison.sheet(FAMILIES).of(FamilyRow)} & comparison.left_out
    for family_id, number, name, territory_id in rows:
        if family_id not in here and number not in waiting:
            comparison.count(FAMILIES, "missing")
            place = comparison.places.territories[territory_id].name
            comparison.plan.missing.append(Line(FAMILIES.title, number, f"семья {name}, {place}"))


def note_duplicates(comparison: Comparison, known: KnownPeople) -> None:
    """People who are new in a family and, as it seems, members of another one: they would be counted twice."""
    alike: dict[Alike, dict[str, None]] = {}
    for who, person in (*_alike_in_file(comparison), *_alike_in_bank(comparison, known)):
        alike.setdefault(who, {})[person.full] = None
    found: dict[str, list[str]] = {}
    for who, people in alike.items():
        found.setdefault(who.family.number, []).append(who.told(list(people)))
    for number, told in found.items():
        comparison.plan.duplicates += [Line(FAMILIES.title, number, text) for text in told[:MOST_ALIKE]]
        if len(told) > MOST_ALIKE:
            text = f"и ещё {len(told) - MOST_ALIKE} похожих семей."
            comparison.plan.duplicates.append(Line(FAMILIES.title, number, text))


class Alike(NamedTuple):
    """A family of the file and another one with the same people. sure: birth dates are known and equal."""

    family: FamilyPlan
    number: str
    where: str
    sure: bool

    def told(self, people: list[str]) -> str:
        """What to say of them and what to do."""
        who = ", ".join(people[:MOST_ALIKE]) + ("…" if len(people) > MOST_ALIKE else "")
        if not self.sure:
            return (
                f"С теми же ФИО есть человек в семье № {self.number} ({self.where}), даты рождения известны не все: "
                f"{who}. Проверьте, не один ли это человек."
            )
        if self.family.is_new:
            return (
                f"Похожа на семью № {self.number} ({self.where}), общие люди: {who}. Проверьте, не одна ли это семья."
            )
        return (
            f"Уже записаны в семье № {self.number} ({self.where}): {who}. Если перешли, закройте там «В семье по», "
            "иначе их посчитают дважды."
        )


def _alike_in_file(comparison: Comparison) -> Iterator[tuple[Alike, MemberRow]]:
    """Somebody in two families of the file; told of the later one."""
    seen: dict[str, list[tuple[FamilyPlan, MemberPlan]]] = {}
    for family, member in _members(comparison):
        person = member.values
        others = seen.setdefault(names.key(person.full), [])
        for other_family, other in others:
            fresh = member.state is None or other.state is None
            born_on = other.values.born_on
            if fresh and other_family is not family and _may_be_one(person.born_on, born_on):
                sure = person.born_on is not None and born_on is not None
                yield Alike(family, other_family.number, "в этой книге", sure), person
        others.append((family, member))


def _alike_in_bank(comparison: Comparison, known: KnownPeople) -> Iterator[tuple[Alike, MemberRow]]:
    """Somebody new who is in a family of the bank that the file does not tell of."""
    here = {family.id for family in comparison.families.values() if family.id is not None}
    for family, member in _members(comparison):
        person = member.values
        for each in known.perhaps(person) if member.state is None else ():
            if each.family_id not in here and each.holds(comparison.as_of):
                place = comparison.places.territories[each.district_id].name
                sure = person.born_on is not None and each.born_on is not None
                yield Alike(family, each.number, place, sure), person


def _members(comparison: Comparison) -> Iterator[tuple[FamilyPlan, MemberPlan]]:
    """Who is in the families of the file on its day."""
    for family in comparison.families.values():
        for member in family.members:
            if intervals.holds(member.values.joined_on, member.values.left_on, comparison.as_of):
                yield family, member


def _may_be_one(born_on: date | None, other: date | None) -> bool:
    return None in (born_on, other) or born_on == other
