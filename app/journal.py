"""Who changed, opened, printed, exported what.

A change is written in its own transaction, by the flush that makes it. A read is noted, and the edge stores what was
noted before the answer leaves; if that fails, the answer does not leave. Who acts is said by the scope.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask_appbuilder import Model
from sqlalchemy import event, insert, inspect
from sqlalchemy.orm import Session, configure_mappers

from app import access
from app.clock import now
from app.domain.terms import Act
from app.extensions import db
from app.models import (
    Account,
    Entity,
    Family,
    ImportBatch,
    JournalEntry,
    OfFamily,
    Role,
    SearchWord,
    User,
    UserSession,
)

# What the journal does not write down: its own rows, sessions, sign-in counters, keys derived from other columns.
UNRECORDED_ENTITIES = (JournalEntry, UserSession, SearchWord, ImportBatch, Account)
UNRECORDED_COLUMNS = {
    "id", "version", "search_key", "sort_key", "name_key", "created_at", "password", "last_login", "login_count",
    "fail_login_count", "created_on", "changed_on", "created_by_fk", "changed_by_fk",
}  # fmt: skip

_batch: ContextVar[int | None] = ContextVar("batch", default=None)
_reads: ContextVar[list[dict[str, Any]] | None] = ContextVar("reads", default=None)


@contextmanager
def batch(batch_id: int) -> Any:
    """Mark every entry of a block as part of one import."""
    token = _batch.set(batch_id)
    try:
        yield
    finally:
        _batch.reset(token)


def entry(
    act: Act,
    *,
    entity: str = "",
    entity_id: int | None = None,
    family_id: int | None = None,
    summary: str = "",
    changes: dict[str, Any] | None = None,
    records: int | None = None,
) -> dict[str, Any]:
    """The values of one journal row: the act, and who does it from where."""
    by = access.scope()
    return {
        "at": now(),
        "user_id": by.user_id,
        "user_name": by.user_name,
        "address": by.address,
        "act": act,
        "entity": entity,
        "entity_id": entity_id,
        "family_id": family_id,
        "summary": summary[:500],
        "changes": changes,
        "records": records,
        "batch_id": _batch.get(),
    }


def write(rows: Iterable[dict[str, Any]], session: Session | None = None) -> None:
    """Add entries in the session's transaction (a change, a command)."""
    values = list(rows)
    if values:
        (session or db.session()).connection().execute(insert(JournalEntry.__table__), values)


def read(act: Act, *, entity: str, entity_id: int | None = None, family_id: int | None = None,
         summary: str = "", records: int | None = None) -> None:  # fmt: skip
    """Note that something is shown; the edge stores it before the answer leaves."""
    noted = _reads.get()
    if noted is None:
        raise RuntimeError("nobody stores what is read here: write an entry instead")
    noted.append(entry(act, entity=entity, entity_id=entity_id, family_id=family_id, summary=summary, records=records))


def write_apart(rows: Iterable[dict[str, Any]]) -> None:
    """Add entries in a short transaction of their own; the session's one is ended first."""
    db.session.rollback()
    with db.engine.connect().execution_options(writes=True) as connection, connection.begin():
        connection.execute(insert(JournalEntry.__table__), list(rows))


def collect_reads() -> None:
    """Begin a request that notes what it shows."""
    _reads.set([])


def take_reads() -> list[dict[str, Any]]:
    """What was noted since the request began; nothing is collected after it."""
    rows = _reads.get() or []
    _reads.set(None)
    return rows


def keep_watch() -> None:
    """Let every column of an entity remember its old value; called once, when all entities are known."""
    configure_mappers()
    _keep_old_values()


@event.listens_for(Session, "before_flush")
def _record_changes(session: Session, _context: Any, _instances: Any) -> None:
    """Remember what this flush changes; new rows have no key yet, so the entries are written after it."""
    pending = session.info.setdefault("journal_pending", [])
    for row in session.new:
        if _recorded(row):
            pending.append((Act.CREATED, row, {name: [None, value] for name, value in _values(row).items()}))
    for row in session.dirty:
        if _recorded(row) and (changes := _changes(row)):
            annulled = changes.get("annulled_at", [None, None])
            pending.append((Act.ANNULLED if annulled[1] and not annulled[0] else Act.CHANGED, row, changes))
    for row in session.deleted:
        if _recorded(row):
            pending.append((Act.DELETED, row, {name: [value, None] for name, value in _values(row).items()}))


@event.listens_for(Session, "after_flush")
def _write_changes(session: Session, _context: Any) -> None:
    pending, session.info["journal_pending"] = session.info.get("journal_pending", []), []
    write((_entry_of(act, row, changes) for act, row, changes in pending), session)


@event.listens_for(Session, "after_rollback")
def _forget(session: Session) -> None:
    session.info["journal_pending"] = []


def _recorded(row: object) -> bool:
    return isinstance(row, Model) and not isinstance(row, UNRECORDED_ENTITIES)


def _entry_of(act: Act, row: Any, changes: dict[str, Any]) -> dict[str, Any]:
    family_id = row.id if isinstance(row, Family) else getattr(row, "family_id", None)
    return entry(
        act,
        entity=type(row).__name__,
        entity_id=getattr(row, "id", None),
        family_id=family_id,
        summary=title_of(row),
        changes=changes,
    )


def title_of(row: Any) -> str:
    """«Член семьи: Иванова Анна»: what the row is and which one."""
    kind = getattr(type(row), "TITLE", type(row).__name__)
    if isinstance(row, User):
        return f"Пользователь: {row.username}"
    if isinstance(row, Role):
        return f"Роль: {row.name}"
    return f"{kind}: {row}" if isinstance(row, (Entity, OfFamily)) else f"{kind}"


def _values(row: Any) -> dict[str, Any]:
    state = inspect(row)
    found = {}
    for column in state.mapper.column_attrs:
        if column.key not in UNRECORDED_COLUMNS and (value := getattr(row, column.key)) is not None:
            found[column.key] = plain(value)
    return found


def _changes(row: Any) -> dict[str, list[Any]]:
    state = inspect(row)
    found = {}
    for column in state.mapper.column_attrs:
        history = state.attrs[column.key].history
        if column.key in UNRECORDED_COLUMNS or not history.has_changes():
            continue
        was = plain(history.deleted[0]) if history.deleted else None
        now_is = plain(history.added[0]) if history.added else None
        if was != now_is:
            found[column.key] = [was, now_is]
    for relation in state.mapper.relationships:
        if relation.secondary is not None and not relation.viewonly:
            history = state.attrs[relation.key].history
            if history.added or history.deleted:
                found[relation.key] = [[str(item) for item in history.deleted], [str(item) for item in history.added]]
    return found


def plain(value: Any) -> Any:
    """A value as JSON can keep it."""
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    return value


def _keep_old_values() -> None:
    """Load the old value when a column is set, or «was» would be lost."""
    for mapper in Entity.registry.mappers:
        if issubclass(mapper.class_, Entity):
            for column in mapper.column_attrs:
                if column.key not in UNRECORDED_COLUMNS:
                    getattr(mapper.class_, column.key).impl.active_history = True
