"""A row made again from its entries, and the places where the bank says something else."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Date, DateTime, Enum, select

from app.domain.terms import Act
from app.extensions import db
from app.journal.changes import fields, lists, plain
from app.models import JournalEntry, Money

CHANGES = (Act.CREATED, Act.CHANGED, Act.ANNULLED, Act.DELETED)

_entry = JournalEntry.__table__


def replay(entity: Any, entity_id: int) -> dict[str, Any] | None:
    """The fields and lists of a row as its entries leave them; None if it was never made or was deleted.

    Lists are keys of the rows they name, in order. What `changes.UNRECORDED_COLUMNS` names is not there.
    """
    of_row = (_entry.c.entity == entity.__name__, _entry.c.entity_id == entity_id, _entry.c.act.in_(CHANGES))
    found: dict[str, Any] | None = None
    for act, changes in db.session.execute(select(_entry.c.act, _entry.c.changes).where(*of_row).order_by(_entry.c.id)):
        if act is Act.DELETED:
            found = None
            continue
        if found is None:
            found = {field.name: None for field in fields(entity)} | {linked.name: [] for linked in lists(entity)}
        kinds = {field.name: field.type for field in fields(entity)}
        for name, said in (changes or {}).items():
            if name in kinds:
                found[name] = value_of(kinds[name], said[1])
            elif name in found and len(said) == 4:
                found[name] = said[1]
    return found


def differences(row: Any) -> list[str]:
    """The fields of a stored row that its entries do not give."""
    told = replay(row.__class__, row.id)
    if told is None:
        return ["id"]
    stored = {field.name: getattr(row, field.name) for field in fields(row.__class__)}
    stored |= {linked.name: linked.keys(db.session(), row.id) for linked in lists(row.__class__)}
    return [name for name, value in stored.items() if _comparable(value) != _comparable(told[name])]


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
