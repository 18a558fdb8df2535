"""Storing a row of the registry, whoever typed it: what is derived from it, and that it breaks no rule."""

from __future__ import annotations

from datetime import date
from typing import Any, cast

from sqlalchemy import Table as SqlTable
from sqlalchemy import UniqueConstraint, inspect, select
from sqlalchemy.orm import class_mapper

from app import tree
from app.domain import book_words, names
from app.domain.refusal import Refusal
from app.extensions import db
from app.models import (
    Agency,
    Annullable,
    BookWord,
    Education,
    Entity,
    Family,
    Member,
    OfFamily,
    OfMember,
    RelationshipKind,
    Territory,
    TerritoryAlias,
)
from app.services import checks, family_keys, schools

MOST_DIGITS = 9  # of a card number after which the next one is counted


def save(row: Entity, today: date) -> None:
    """Check a row that was built or changed, derive what follows from it and flush it.

    Whoever acts on one family at once does it one after the other. Raises Refusal with the field it concerns; nothing
    is flushed then, the caller rolls back.
    """
    replaced = isinstance(row, RelationshipKind) and inspect(row).attrs.parental_role.history.has_changes()
    with db.session.no_autoflush:
        _derive(row)
        if isinstance(row, OfFamily) and row.family is not None:
            lock(row.family)
        checks.check(row, today)
        _check_unique(row)
    db.session.add(row)
    db.session.flush()
    family = row if isinstance(row, Family) else row.family if isinstance(row, Member) else None
    if family is not None:
        family_keys.refresh(family, today)
    if replaced:
        family_keys.refresh_all(family_keys.ids_with_role(row.id), today)


def lock(family: Family) -> None:
    """Let two people who act on one family at once do it one after the other."""
    if family.id is not None:
        db.session.execute(select(Family.id).where(Family.id == family.id).with_for_update())


# What follows from what was typed


def _derive(row: Any) -> None:
    if isinstance(row, Territory | TerritoryAlias | Agency):
        row.name_key = names.key(row.name)
    if isinstance(row, BookWord):
        row.text_key = book_words.key(row.kind, row.text)
    if isinstance(row, Education):
        row.organisation = schools.called(row.organisation)
    if isinstance(row, OfMember) and row.member is not None:
        row.family = row.member.family
    if isinstance(row, Family) and row.territory is not None:
        _set_district(row)


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
    """The free number after the largest one that is a plain number, five digits wide.

    More than nine digits are a sign of somebody's own: what follows it might be longer than a number may be.
    """
    table = Family.__table__
    with db.session.no_autoflush:
        taken = set(db.session.connection().scalars(select(table.c.number).where(table.c.district_id == district.id)))
    number = max((int(each) for each in taken if each.isdecimal() and len(each) <= MOST_DIGITS), default=0) + 1
    while f"{number:05d}" in taken:
        number += 1
    return f"{number:05d}"


# Unique values


def _check_unique(row: Any) -> None:
    """Say in words what a unique constraint would refuse with a database error."""
    table = cast(SqlTable, class_mapper(type(row)).local_table)
    groups: list[Any] = [item for item in table.constraints if isinstance(item, UniqueConstraint)]
    groups += [item for item in table.indexes if item.unique]
    for group in groups:
        columns, but, used = list(group.columns), group.info.get("but", ""), "used" in group.info
        if (but and getattr(row, but) is not None) or (used and row.retired):
            continue
        if any(column.primary_key for column in columns):
            continue  # a key is unique by itself
        values = {column.key: _value(row, column.key) for column in columns}
        if any(value is None for value in values.values()):
            continue
        query = select(table.c.id).where(*(table.c[name] == value for name, value in values.items()))
        if row.id is not None:
            query = query.where(table.c.id != row.id)
        if but:
            query = query.where(table.c[but].is_(None))
        if used:
            query = query.where(table.c.retired.is_(False))
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
