"""What only the whole workbook tells: families of its territories that it leaves out, and likely duplicates."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

from sqlalchemy import select

from app.domain import intervals, names
from app.domain.likelihood import Likely, NamedPerson
from app.exchange.changes import FamilyPlan, Line, MemberPlan
from app.exchange.plan.comparing import Comparison
from app.exchange.plan.known import KnownPeople, are_same, called, named
from app.exchange.records import FamilyRow
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
            line = Line(FAMILIES.title, number, f"семья {name}, {place}", ((number, family_id),))
            comparison.plan.missing.append(line)
            comparison.plan.gone.append((family_id, territory_id))


def note_duplicates(comparison: Comparison, known: KnownPeople) -> None:
    """People who are new in a family and, as it seems, members of another one: they would be counted twice."""
    alike: dict[Alike, dict[str, None]] = {}
    for who, person in (*_alike_in_file(comparison), *_alike_in_bank(comparison, known)):
        alike.setdefault(who, {})[person] = None
    found: dict[str, list[Line]] = {}
    for who, people in alike.items():
        named = ((who.number, who.key),) if who.key else ()
        line = Line(FAMILIES.title, who.family.number, who.told(list(people)), named)
        found.setdefault(who.family.number, []).append(line)
    for number, told in found.items():
        comparison.plan.duplicates += told[:MOST_ALIKE]
        if len(told) > MOST_ALIKE:
            text = f"и ещё {len(told) - MOST_ALIKE} похожих семей."
            comparison.plan.duplicates.append(Line(FAMILIES.title, number, text))


class Resemblance(Enum):
    """How two persons are alike."""

    SAME = "ФИО и дата рождения"
    UNDATED = "ФИО, а дата рождения известна не везде"
    NEAR = "похоже"


class Alike(NamedTuple):
    """A family of the file and another one with people who may be the same, all of them alike in one way.

    key: of the other family, if the bank has it.
    """

    family: FamilyPlan
    number: str
    key: int | None
    where: str
    how: Resemblance

    def told(self, people: list[str]) -> str:
        """What to say of them and what to do."""
        who = ", ".join(people[:MOST_ALIKE]) + ("…" if len(people) > MOST_ALIKE else "")
        there = f"семье № {self.number} ({self.where})"
        if self.how is Resemblance.NEAR:
            return f"В {there} похожий человек: {who}. Проверьте, не один ли это человек."
        if self.how is Resemblance.UNDATED:
            return (
                f"С теми же ФИО есть человек в {there}, даты рождения известны не все: {who}. "
                "Проверьте, не один ли это человек."
            )
        if self.family.is_new:
            return (
                f"Похожа на семью № {self.number} ({self.where}), общие люди: {who}. Проверьте, не одна ли это семья."
            )
        return f"Уже записаны в {there}: {who}. Если перешли, закройте там «В семье по», иначе их посчитают дважды."


def _alike(
    family: FamilyPlan, person: NamedPerson, there: tuple[str, int | None, str], other: NamedPerson
) -> tuple[Alike, str]:
    """How a person of a family is like somebody elsewhere, and who is told of."""
    if are_same(person, other):
        how = Resemblance.SAME
    else:
        how = Resemblance.UNDATED if called(person) == called(other) else Resemblance.NEAR
    full, other_full = (names.full(each.last_name, each.first_name, each.middle_name) for each in (person, other))
    return Alike(family, *there, how), f"{full} – там {other_full}" if how is Resemblance.NEAR else full


def _alike_in_file(comparison: Comparison) -> Iterator[tuple[Alike, str]]:
    """Somebody in two families of the file, new in one of them; told of the later one."""
    kinds = {member.state is None for family in comparison.families.values() for member in family.members}
    if True not in kinds:
        return
    everybody: Likely[tuple[FamilyPlan, MemberPlan]] = Likely()
    fresh: Likely[tuple[FamilyPlan, MemberPlan]] = Likely()
    for family, member in _members(comparison):
        person = named(member.values)
        before = everybody if member.state is None else fresh
        for other_family, other in before.of(person):
            if other_family is not family:
                there = other_family.number, other_family.id, "в этой книге"
                yield _alike(family, person, there, named(other.values))
        everybody.add(person, (family, member))
        if member.state is None and len(kinds) > 1:  # of a book where all are new nobody asks for them apart
            fresh.add(person, (family, member))


def _alike_in_bank(comparison: Comparison, known: KnownPeople) -> Iterator[tuple[Alike, str]]:
    """Somebody new who is in a family of the bank that the file does not tell of."""
    here = {family.id for family in comparison.families.values() if family.id is not None}
    for family, member in _members(comparison):
        for each in known.perhaps(member.values) if member.state is None else ():
            if each.family_id not in here and each.holds(comparison.as_of):
                place = comparison.places.territories[each.district_id].name
                yield _alike(family, named(member.values), (each.number, each.family_id, place), each.person)


def _members(comparison: Comparison) -> Iterator[tuple[FamilyPlan, MemberPlan]]:
    """Who is in the families of the file on its day."""
    for family in comparison.families.values():
        for member in family.members:
            if intervals.holds(member.values.joined_on, member.values.left_on, comparison.as_of):
                yield family, member
