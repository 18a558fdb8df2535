"""The index along which a list meets its rows: SQLite knows not what is few, and is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column
from sqlalchemy.sql import visitors

from app import filters
from app.filters import Filter
from app.models import Entity, OfFamily


def of_given(found: Sequence[Filter], column: Any) -> str:
    """The index that holds, in the order of a column, the rows to whose other column a filter gives one value; empty
    if there is none."""
    given = _given(found)
    for index in column.table.indexes:
        first, second, third = (*index.columns, None, None, None)[:3]
        if first.name in given and second is column and third is not None and third.name == "id":
            return str(index.name)
    return ""


def of_order(column: Any, within: str) -> str:
    """The index that holds the rows in the order of a column, and within one value in that of another one; empty if
    there is none. SQLite would rather take one of a filter, gather all rows that it lets through, and sort them for the
    sake of one page."""
    for index in column.table.indexes:
        first, after = (*(one.name for one in index.columns), "id")[:2]
        if first == column.name and (first == "id" or after == within):
            return str(index.name)
    return ""


def tells(entity: type[Entity], index: str, found: Sequence[Filter]) -> bool:
    """Whether an index of an entity tells all of a row that filters ask of it."""
    held = next(one for one in entity.__table__.indexes if one.name == index)
    return _asked(entity, found) <= {"id", *held.columns.keys()}


def of_asked(entity: type[Entity], found: Sequence[Filter], *, sees_most: bool) -> str:
    """The index in which rows are looked up by a part of a text, or by days where the person sees most rows; SQLite
    knows not how few lie between two days, and would look for them through the families, which is sooner where those
    are few. Where nothing leads to some rows, neither an index nor their families, all are looked through along an
    index that tells what is asked of them. Empty if there is none.
    """
    columns = entity.__table__.c
    if parts := [columns[one.name] for one in found if one.is_part]:
        return filters.held_with_owner(parts[0])
    if not sees_most:
        return ""
    indexes = columns.id.table.indexes
    if bounded := [one.ranges for one in found if one.conditions and one.ranges in columns]:
        held = [index for index in indexes if index.columns[0].name == bounded[0]]
        return str(max(held, key=lambda index: len(index.columns)).name) if held else ""
    is_led = any(index.columns[0].name in _given(found) for index in indexes)
    if is_led or not issubclass(entity, OfFamily) or entity.OWNER in _asked(entity, found):
        return ""
    listed = f"ix_{entity.__tablename__}_listed"
    is_there = any(index.name == listed for index in indexes)
    return listed if is_there and tells(entity, listed, found) else ""


def _given(found: Sequence[Filter]) -> set[str]:
    """The columns to which filters give one value."""
    return {one.gives for one in found if one.conditions}


def _asked(entity: type[Entity], found: Sequence[Filter]) -> set[str]:
    """The columns of a row that filters ask."""
    table = entity.__table__
    parts = (part for one in found for told in one.of_each or one.conditions for part in visitors.iterate(told))
    return {part.name for part in parts if isinstance(part, Column) and getattr(part.table, "name", "") == table.name}
