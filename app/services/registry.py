"""Storing a row of the registry: the rules that bind it and what is derived from it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, cast

from sqlalchemy import Index, UniqueConstraint, select
from sqlalchemy import Table as SqlTable
from sqlalchemy.orm import class_mapper

from app import access, tree
from app.domain import names, registration
from app.domain.refusal import Refusal
from app.domain.terms import TerritoryKind
from app.extensions import db
from app.models import (
    Agency,
    Aid,
    Annullable,
    Assignment,
    Decision,
    Education,
    Entity,
    Family,
    Member,
    Mentor,
    OfMember,
    PupilSupport,
    Registration,
    Supervision,
    Territory,
    TerritoryAlias,
)
from app.services import families


def save(row: Entity, today: date) -> None:
    """Check a row that was built or changed, derive what follows from it and flush it.

    Raises Refusal with the field it concerns; nothing is flushed then, the caller rolls back.
    """
    with db.session.no_autoflush:
        _derive(row)
        for kind, check in CHECKS.items():
            if isinstance(row, kind):
                check(row, today)
        _check_unique(row)
    db.session.add(row)
    db.session.flush()
    family = row if isinstance(row, Family) else row.family if isinstance(row, Member) else None
    if family is not None:
        families.refresh(family, today)


# What follows from what was typed


def _derive(row: Any) -> None:
    if isinstance(row, Territory | TerritoryAlias | Agency):
        row.name_key = names.key(row.name)
    if isinstance(row, OfMember) and row.member is not None:
        row.family = row.member.family
    if isinstance(row, Family) and row.territory is not None:
        _set_district(row)
    if isinstance(row, Registration):
        if row.registered_on is None and row.decision is not None:
            row.registered_on = row.decision.decided_on  # the date of record is the decision's date
        for criterion in row.criteria:
            criterion.family_id = row.family.id


def _set_district(row: Family) -> None:
    """The district numbers its families; a family keeps its number while it moves within the district."""
    district = tree.district_of(row.territory)
    if row.district is None or row.district_id is None:
        row.district = district
    elif row.district is not district:
        raise Refusal("Переезд в другой район оформляют передачей дела: номер карты даёт другой район.", "territory")
    if not row.number:
        row.number = next_number(district)


def next_number(district: Territory) -> str:
    """The number after the largest one that is a plain number, five digits wide."""
    table = Family.__table__
    with db.session.no_autoflush:
        numbers = db.session.connection().scalars(select(table.c.number).where(table.c.district_id == district.id))
        largest = max((int(number) for number in numbers if number.isdecimal()), default=0)
    return f"{largest + 1:05d}"


# Rules, entity by entity


def _check_family(row: Family, today: date) -> None:
    if not access.scope().covers_territory(row.territory.id):
        raise Refusal("Эта территория вам не поручена.", "territory")
    if row.territory.kind is TerritoryKind.REGION:
        raise Refusal("Выберите район или поселение: регион семью не ведёт.", "territory")


def _check_member(row: Member, today: date) -> None:
    registration.check_member(born_on=row.born_on, joined_on=row.joined_on, left_on=row.left_on, today=today)
    twin = db.session.scalar(
        select(Member.id).where(
            Member.family_id == row.family.id,
            Member.annulled_at.is_(None),
            Member.id != (row.id or 0),
            Member.sort_key == families.member_sort_key(row.last_name, row.first_name, row.middle_name),
            Member.born_on == row.born_on,
        )
    )
    if twin is not None:
        raise Refusal("В семье уже есть человек с такими ФИО и датой рождения.", "last_name")


def _check_decision(row: Decision, today: date) -> None:
    registration.check_decision(decided_on=row.decided_on, today=today)


def _check_registration(row: Registration, today: date) -> None:
    for decision, field in ((row.decision, "decision"), (row.removal_decision, "removal_decision")):
        if decision is not None and (decision.family is not row.family or decision.annulled_at is not None):
            raise Refusal("Это постановление не об этой семье.", field)
    others = db.session.execute(
        select(Registration.registered_on, Registration.removed_on).where(
            Registration.family_id == row.family.id,
            Registration.annulled_at.is_(None),
            Registration.id != (row.id or 0),
        )
    )
    registration.check_placing(
        registered_on=row.registered_on,
        decided_on=row.decision.decided_on if row.decision else None,
        others=[(start, end) for start, end in others],
        removed_on=row.removed_on,
        criteria=len(row.criteria),
        today=today,
    )
    registration.check_interval(row.detected_on, row.card_sent_on, "card_sent_on")
    registration.check_interval(row.received_on, row.entered_on, "entered_on")
    if row.removed_on or row.removal_decision or row.removal_reason:
        _check_removal(row, today)


def _check_removal(row: Registration, today: date) -> None:
    if row.removed_on is None and row.removal_decision is not None:
        row.removed_on = row.removal_decision.decided_on
    if row.removed_on is None:
        raise Refusal("Укажите дату снятия с учёта.", "removed_on")
    registration.check_removal(
        registered_on=row.registered_on,
        removed_on=row.removed_on,
        decided_on=row.removal_decision.decided_on if row.removal_decision else None,
        has_reason=row.removal_reason is not None,
        today=today,
    )


def _check_interval(row: Education | Supervision | Mentor, today: date) -> None:
    registration.check_interval(row.started_on, row.ended_on, "ended_on")


def _check_assignment(row: Assignment, today: date) -> None:
    registration.check_interval(row.started_on, row.ended_on, "ended_on")
    if (row.family is None) == (row.territory is None):
        raise Refusal("Закрепите либо за семьёй, либо за территорией.", "family")
    if row.territory is not None and not access.scope().covers_territory(row.territory.id):
        raise Refusal("Эта территория вам не поручена.", "territory")


def _check_support(row: PupilSupport, today: date) -> None:
    if not 1 <= row.quarter <= 4:
        raise Refusal("Квартал — число от 1 до 4.", "quarter")
    if not 2000 <= row.year <= today.year + 1:
        raise Refusal("Проверьте год.", "year")


def _check_aid(row: Aid, today: date) -> None:
    if row.given_on > today:
        raise Refusal("Дата помощи ещё не наступила.", "given_on")
    if row.kind is None and row.measure is None:
        raise Refusal("Укажите вид помощи или мероприятие.", "kind")
    if any(person.family_id != row.family.id for person in row.recipients):
        raise Refusal("Получатель помощи — член этой семьи.", "recipients")


def _check_territory(row: Territory, today: date) -> None:
    if row in tree.upwards(row.parent):
        raise Refusal("Территория не может входить в саму себя.", "parent")


CHECKS: dict[type, Callable[[Any, date], None]] = {
    Family: _check_family,
    Member: _check_member,
    Decision: _check_decision,
    Registration: _check_registration,
    Education: _check_interval,
    Supervision: _check_interval,
    Mentor: _check_interval,
    Assignment: _check_assignment,
    PupilSupport: _check_support,
    Aid: _check_aid,
    Territory: _check_territory,
}


def _check_unique(row: Any) -> None:
    """Say in words what a unique constraint would refuse with a database error."""
    table = cast(SqlTable, class_mapper(type(row)).local_table)
    groups = [list(item.columns) for item in table.constraints if isinstance(item, UniqueConstraint)]
    groups += [list(item.columns) for item in table.indexes if isinstance(item, Index) and item.unique]
    for columns in groups:
        values = {column.key: _value(row, column.key) for column in columns}
        if any(value is None for value in values.values()):
            continue
        query = select(table.c.id).where(*(table.c[name] == value for name, value in values.items()))
        if row.id is not None:
            query = query.where(table.c.id != row.id)
        if isinstance(row, Annullable):
            query = query.where(table.c.annulled_at.is_(None))
        if db.session.connection().scalar(query) is not None:
            raise Refusal("Такая запись уже есть.", _field_of(columns[-1].key))


def _value(row: Any, column: str) -> Any:
    value = getattr(row, column)
    if value is None and column.endswith("_id"):
        related = getattr(row, column.removesuffix("_id"), None)
        return related.id if related is not None else None
    return value


def _field_of(column: str) -> str:
    return {"name_key": "name"}.get(column, column.removesuffix("_id"))
