"""The rows of a workbook that fall into a submitted period: told by the preview, asked for one reason by the load."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import select

from app.domain import care
from app.domain.periods import quarter_of
from app.exchange.changes import FamilyPlan, MemberPlan, Plan, SetUpdate
from app.extensions import db, portions
from app.models import Aid, Education, Member, PupilSupport, Registration, RegistrationCriterion
from app.services import closed
from app.services.closed import TouchedReport, WrittenRow

NEEDS_REASON = (
    "Часть строк относится к сданному периоду и меняет сданные отчёты: {reports}. Напишите одну причину на всю "
    "загрузку и подтвердите её ещё раз."
)
CHANGED = {entity.__tablename__: entity for entity in (Member, Education, PupilSupport, Registration, Aid)}
CRITERIA = "criteria"  # the list of a stay


def of(plan: Plan) -> list[TouchedReport]:
    """The rows that would change a submitted report, in the order of the families."""
    return closed.touched(written(plan))


def warning(plan: Plan, reason: str) -> str:
    """Why a plan is shown again: a part of it falls into a submitted period, and nobody said why; else empty."""
    found = [] if reason.strip() else of(plan)
    return NEEDS_REASON.format(reports=closed.named(found)) if found else ""


def written(plan: Plan) -> Iterator[WrittenRow]:
    """What a plan would write of what reports count, as the bank has it now and as it becomes."""
    for family in plan.families:
        yield from _fresh(plan, family)
    yield from _changed(plan)
    yield from _criteria(plan.sets)


def _fresh(plan: Plan, family: FamilyPlan) -> Iterator[WrittenRow]:
    def row(entity: type[Any], title: str, **values: Any) -> WrittenRow:
        said = f"№ {family.number}: {title}"
        return WrittenRow(entity, said, None, values, family.id, family.place.id or 0)

    for stay, sender in family.new_stays:
        yield row(
            Registration, f"постановка {stay.registered_on:%d.%m.%Y}", family_id=family.id,
            registered_on=stay.registered_on, removed_on=stay.removed_on, removal_reason_id=stay.reason,
            sender_id=sender and sender.name, card_sent_on=stay.card_sent_on,
        )  # fmt: skip
    for aid in (each.row for each in family.new_aids):
        yield row(Aid, f"мероприятие {aid.given_on:%d.%m.%Y}", given_on=aid.given_on, kind_id=aid.aid_kind,
                  amount=aid.amount, performer_id=aid.performer)  # fmt: skip
    for member in family.new_members:
        of = member.values
        yield row(Member, f"член семьи {of.full}", born_on=of.born_on, joined_on=of.joined_on, left_on=of.left_on)
    for member in family.members:
        yield from _of_person(plan, member, row)


def _of_person(plan: Plan, member: MemberPlan, row: Any) -> Iterator[WrittenRow]:
    assert plan.as_of is not None
    of = member.values
    if member.adds_education:
        since = care.education_since(plan.as_of, of.born_on)
        yield row(Education, f"обучение: {of.full}", started_on=since, ended_on=None, status_id=of.education_status)
    if member.adds_support:
        year, number = quarter_of(plan.as_of)
        yield row(PupilSupport, f"сопровождение: {of.full}", year=year, quarter=number, free_meals=of.free_meals,
                  free_textbooks=of.free_textbooks, leisure=of.leisure, holidays=of.holidays)  # fmt: skip


def _changed(plan: Plan) -> Iterator[WrittenRow]:
    for table, entity in CHANGED.items():
        updates = {each.id: each for each in plan.updates if each.table == table}
        for stored in _stored(entity, updates):
            each = updates[stored["id"]]
            said = f"№ {each.family.number}: {each.title}"
            yield WrittenRow(entity, said, stored, {**stored, **each.values}, each.family.id, each.family.place.id)


def _criteria(sets: Iterable[SetUpdate]) -> Iterator[WrittenRow]:
    """The criteria of a stay are corrected as if they had always been these."""
    changed = {each.id: each for each in sets if each.name == CRITERIA}
    for stay in _stored(Registration, changed):
        each = changed[stay["id"]]
        was, becomes = (
            {"criterion_id": tuple(of), "position": 0, "since": stay["registered_on"], "until": stay["removed_on"]}
            for of in (each.was, each.becomes)
        )
        said = f"№ {each.family.number}: {each.title}"
        yield WrittenRow(RegistrationCriterion, said, was, becomes, each.family.id, each.family.place.id)


def _stored(entity: type[Any], keys: Iterable[int]) -> Iterator[dict[str, Any]]:
    """Rows as the bank has them."""
    table = entity.__table__
    for ids in portions(sorted(keys)):
        rows = db.session.connection().execute(select(table).where(table.c.id.in_(ids)))
        yield from (dict(row) for row in rows.mappings())
