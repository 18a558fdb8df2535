"""A row made again from its entries, and the places where the bank says something else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import Date, DateTime, Enum, func, select
from sqlalchemy.orm import class_mapper

from app.domain.terms import Act
from app.extensions import db
from app.journal.changes import entities, fields, lists, plain
from app.models import Family, JournalEntry, Money

PORTION = 2000  # rows compared at once
CHANGES = (Act.CREATED, Act.CHANGED, Act.ANNULLED, Act.DELETED)

_entry = JournalEntry.__table__


class Difference(NamedTuple):
    """A row that its entries do not give; `names`: the fields and lists that differ, all of a row that is not there."""

    entity: Any
    key: int
    family_id: int | None
    told: dict[str, Any] | None
    stored: dict[str, Any] | None
    names: list[str]


def replay(entity: Any, entity_id: int) -> dict[str, Any] | None:
    """The fields and lists of a row as its entries leave them; None if it was never made or was deleted.

    Lists are keys of the rows they name, in order. Counters and derived columns are not there (`changes.fields`).
    """
    return told(entity, entity_id, entity_id).get(entity_id)


def differences(row: Any) -> list[str]:
    """The fields of a stored row that its entries do not give."""
    found = list(_compared(row.__class__, row.id, row.id))
    return found[0].names if found else []


def all_differences() -> Iterator[Difference]:
    """Every row of the bank that its entries do not give, a portion of an entity at a time."""
    for entity in entities():
        table = class_mapper(entity).local_table
        last = max(
            db.session.scalar(select(func.max(table.c.id))) or 0,
            db.session.scalar(select(func.max(_entry.c.entity_id)).where(_entry.c.entity == entity.__name__)) or 0,
        )
        for first in range(1, last + 1, PORTION):
            yield from _compared(entity, first, first + PORTION - 1)


def _compared(entity: Any, first: int, last: int) -> Iterator[Difference]:
    """The differences of the rows of an entity whose keys lie between two, both included."""
    said, stored = told(entity, first, last), _stored(entity, first, last)
    for key in sorted(said.keys() | stored.keys()):
        says, has = said.get(key), stored.get(key)
        if says is None or has is None:
            names = ["id"] if says is not has else []
        else:
            names = [name for name, value in has.items() if value != says[name]]
        if names:
            yield Difference(entity, key, _family_of(entity, key, has or says), says, has, names)


def _family_of(entity: Any, key: int, values: dict[str, Any] | None) -> int | None:
    return key if entity is Family else (values or {}).get("family_id")


def told(entity: Any, first: int, last: int, until: datetime | None = None) -> dict[int, dict[str, Any] | None]:
    """What the entries of rows say of them, by key; None of a row that was deleted. until: those before a moment."""
    of_rows = [_entry.c.entity == entity.__name__, _entry.c.entity_id.between(first, last), _entry.c.act.in_(CHANGES)]
    if until is not None:
        of_rows.append(_entry.c.at < until)
    query = select(_entry.c.entity_id, _entry.c.act, _entry.c.changes).where(*of_rows).order_by(_entry.c.id)
    kinds = {field.name: field.type for field in fields(entity)}
    nothing = dict.fromkeys(kinds) | {each.name: [] for each in lists(entity)}
    found: dict[int, dict[str, Any] | None] = {}
    for key, act, said in db.session.connection().execute(query):
        if act is Act.DELETED:
            found[key] = None
            continue
        values = found.get(key)
        if values is None:
            found[key] = values = dict(nothing)
        for name, each in (said or {}).items():
            if name in kinds:
                values[name] = _comparable(value_of(kinds[name], each[1]))
            elif name in values and len(each) == 4:
                values[name] = each[1]
    return found


def _stored(entity: Any, first: int, last: int) -> dict[int, dict[str, Any]]:
    """The fields and lists of rows as the bank holds them, by key."""
    mapper, connection = class_mapper(entity), db.session.connection()
    table = mapper.local_table
    names = [field.name for field in fields(entity)]
    columns = [mapper.column_attrs[name].columns[0] for name in names]
    found: dict[int, dict[str, Any]] = {}
    for key, *row in connection.execute(select(table.c.id, *columns).where(table.c.id.between(first, last))):
        found[key] = dict(zip(names, map(_comparable, row), strict=True))
    for each in lists(entity):
        query = select(each.owner, each.other).where(each.owner.between(first, last)).order_by(each.owner, each.other)
        for values in found.values():
            values[each.name] = []
        for owner, other in connection.execute(query):
            found[owner][each.name].append(other)
    return found


def _comparable(value: Any) -> Any:
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    return plain(value) if isinstance(value, str) else value


def value_of(kind: Any, value: Any) -> Any:
    """A value as a column takes it, from what the journal keeps."""
    if value is None:
        return None
    if isinstance(kind, Money):
        return Decimal(value)
    if isinstance(kind, DateTime):
        return datetime.fromisoformat(value)
    if isinstance(kind, Date):
        return date.fromisoformat(value)
    if isinstance(kind, Enum) and kind.enum_class is not None:
        return kind.enum_class(value)
    return value
