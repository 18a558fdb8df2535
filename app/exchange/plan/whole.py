"""What only the whole workbook tells: families of its territories that it leaves out, and likely duplicates."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from sqlalchemy import select

from app.domain import names
from app.exchange import bank
from app.exchange.changes import FamilyPlan, Line
from app.exchange.plan.comparing import Comparison
from app.exchange.records import FamilyRow
from app.exchange.workbook import FAMILIES
from app.extensions import db
from app.models import Family, Member

MOST_ALIKE = 3  # likely duplicates named for one family; the rest is counted
Person = tuple[str, date]


def note_missing_families(comparison: Comparison) -> None:
    """Families of the territories that the workbook names, but that it does not tell of: of others it says nothing."""
    if comparison.plan.district.id is None:
        return
    territories = {family.place.id for family in comparison.families.values()} - {None}
    here = {family.id for family in comparison.families.values()}
    family = Family.__table__
    rows = db.session.execute(
        select(family.c.id, family.c.number)
        .where(
            family.c.district_id == comparison.plan.district.id, family.c.annulled_at.is_(None),
            family.c.territory_id.in_(territories), comparison.scope.families(),
        )
        .order_by(family.c.number)
    )  # fmt: skip
    waiting = {row.number for row in comparison.sheet(FAMILIES).of(FamilyRow)} & comparison.left_out
    for family_id, number in rows:
        if family_id not in here and number not in waiting:
            comparison.count(FAMILIES, "missing")
            comparison.plan.missing.append(Line(FAMILIES.title, number, f"Семья № {number}"))


def note_duplicates(comparison: Comparison) -> None:
    """New families whose people stand under another number: in the file, or in the bank that the person sees."""
    by_person: dict[Person, list[FamilyPlan]] = {}
    for family in comparison.families.values():
        for member in family.members:
            key, born_on = member.values.key
            if born_on is not None:
                by_person.setdefault((key, born_on), []).append(family)
    found: dict[str, dict[str, None]] = {}
    for families in by_person.values():
        if len(families) > 1 and any(family.is_new for family in families):
            first, *others = families
            for other in others:
                text = f"Те же люди, что в семье № {first.number} этой книги: проверьте, не одна ли это семья."
                found.setdefault(other.number, {})[text] = None
    for family, text in _alike_in_bank(comparison, by_person):
        found.setdefault(family.number, {})[text] = None
    for number, texts in found.items():
        told = list(texts)
        comparison.plan.duplicates += [Line(FAMILIES.title, number, text) for text in told[:MOST_ALIKE]]
        if len(told) > MOST_ALIKE:
            text = f"и ещё {len(told) - MOST_ALIKE} похожих семей."
            comparison.plan.duplicates.append(Line(FAMILIES.title, number, text))


def _alike_in_bank(
    comparison: Comparison, by_person: dict[Person, list[FamilyPlan]]
) -> Iterator[tuple[FamilyPlan, str]]:
    wanted = {
        person: fresh for person, families in by_person.items() if (fresh := [each for each in families if each.is_new])
    }
    here = {family.id for family in comparison.families.values() if family.id is not None}
    member, family_table = Member.__table__, Family.__table__
    for chunk in bank.chunks_of(sorted({born_on for _, born_on in wanted})):
        rows = db.session.execute(
            select(
                member.c.last_name, member.c.first_name, member.c.middle_name, member.c.born_on,
                family_table.c.id, family_table.c.number, family_table.c.district_id,
            )
            .join(family_table, family_table.c.id == member.c.family_id)
            .where(
                member.c.born_on.in_(chunk), member.c.annulled_at.is_(None), family_table.c.annulled_at.is_(None),
                comparison.scope.families(),
            )
            .order_by(family_table.c.id)
        )  # fmt: skip
        for row in rows:
            person = names.key(names.full(row.last_name, row.first_name, row.middle_name)), row.born_on
            if person in wanted and row.id not in here:
                place = comparison.places.territories[row.district_id].name
                text = f"Похожа на семью № {row.number} ({place}), которая уже есть в банке: проверьте."
                yield from ((family, text) for family in wanted[person])
