"""Who changed, opened, printed, exported what.

A change is written in its own transaction, by the flush that makes it. A read is noted, and the edge stores what was
noted before the answer leaves; if that fails, the answer does not leave. Who acts is said by the scope.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

from sqlalchemy import and_, event, func, insert, select
from sqlalchemy.orm import Session, configure_mappers

from app import access
from app.clock import now
from app.domain.terms import Act
from app.extensions import db, portions
from app.journal import chain, changes
from app.journal.replay import CHANGES, Difference, all_differences, differences, replay
from app.models import Entity, Family, JournalEntry, OfFamily, Role, User
from app.words import short

LONGEST_SUMMARY = 500  # characters
UNDER_WAY = 1000  # entries: as far behind the last one may stand one that was stored after it

__all__ = [
    "Difference", "Mark", "all_differences", "batch", "chain", "changed_between", "changes", "collect_reads",
    "differences", "entry",
    "families_since", "family_id_of", "keep_watch", "mark", "read", "replay", "take_reads", "title_of", "write",
    "write_apart", "write_differences",
]  # fmt: skip

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
    said: dict[str, Any] | None = None,
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
        "summary": short(summary, LONGEST_SUMMARY),
        "changes": said,
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


class Mark(NamedTuple):
    """How far the changes of the bank had come: the keys of their entries beginning from one of them."""

    since: int
    entries: frozenset[int]


def mark(since: int | None = None) -> Mark:
    """Where the changes stand now; two marks of one beginning are equal if nothing was changed between them."""
    entry, connection = JournalEntry.__table__, db.session.connection()
    changed = entry.c.act.in_((*CHANGES, Act.MOVED, Act.IMPORTED, Act.UNDONE))
    if since is not None:
        later = select(entry.c.id).where(entry.c.id > since, changed)
        return Mark(since, frozenset(connection.scalars(later)))
    begun = select((func.coalesce(func.max(entry.c.id), 0) - UNDER_WAY).label("since")).subquery()
    with_later = begun.outerjoin(entry, and_(entry.c.id > begun.c.since, changed))
    rows = connection.execute(select(begun.c.since, entry.c.id).select_from(with_later)).all()
    return Mark(rows[0].since, frozenset(row.id for row in rows if row.id is not None))


def families_since(before: Mark) -> set[int | None]:
    """The families that were changed since a mark; None among them for what belongs to no family."""
    entry = JournalEntry.__table__.c
    later = mark(before.since).entries - before.entries
    asked = (select(entry.family_id).where(entry.id.in_(ids)).distinct() for ids in portions(later))
    return {family_id for each in asked for family_id in db.session.scalars(each)}


def changed_between(before: Mark, after: Mark) -> set[str]:
    """Rows of which entities were changed between two marks of one beginning, by name; an empty name among them where
    the entries alone do not tell it.
    """
    entry = JournalEntry.__table__.c
    found = {""} if before.entries - after.entries or before.since != after.since else set()
    for ids in portions(after.entries - before.entries):
        rows = db.session.connection().execute(select(entry.entity, entry.act).where(entry.id.in_(ids)).distinct())
        found |= {row.entity if row.act in CHANGES else "" for row in rows}
    return found


def write_differences() -> int:
    """Write down, row by row, what the bank holds and the entries do not give; gives how many rows differ."""
    count, words = 0, changes.Words()
    for found in all_differences():
        act = Act.CREATED if found.told is None else Act.DELETED if found.stored is None else Act.CHANGED
        said = changes.of_difference(found.entity, found.told or {}, found.stored or {}, words)
        title = f"Сверка с базой: {getattr(found.entity, 'TITLE', found.entity.__name__)} {found.key}"
        write([
            entry(act, entity=found.entity.__name__, entity_id=found.key, family_id=found.family_id,
                  summary=title, said=said)
        ])  # fmt: skip
        count += 1
    return count


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
def _look_at_lists(session: Session, _context: Any, _instances: Any) -> None:
    """Lists of links are rows of other tables: what they were must be read before the flush."""
    session.info["journal_lists"] = changes.lists_before(session)


@event.listens_for(Session, "after_flush")
def _write_changes(session: Session, _context: Any) -> None:
    """Write what a flush has changed: keys of other rows are known only now, and what was is still remembered."""
    before = session.info.pop("journal_lists", {})
    words = changes.Words(session, session.new)
    rows = []
    for row in filter(changes.recorded, session.new):
        rows.append(_entry_of(Act.CREATED, row, changes.of_new(session, row, words)))
    for row in filter(changes.recorded, dict.fromkeys((*session.dirty, *before))):
        if row in session.new or row in session.deleted:
            continue
        if said := changes.of_changed(session, row, before.get(row, {}), words):
            annulled = "annulled_at" in said and said["annulled_at"][0] is None
            rows.append(_entry_of(Act.ANNULLED if annulled else Act.CHANGED, row, said))
    for row in filter(changes.recorded, session.deleted):
        rows.append(_entry_of(Act.DELETED, row, changes.of_deleted(row, before.get(row, {}), words)))
    write(rows, session)


def _entry_of(act: Act, row: Any, said: dict[str, Any]) -> dict[str, Any]:
    return entry(
        act,
        entity=type(row).__name__,
        entity_id=getattr(row, "id", None),
        family_id=family_id_of(row),
        summary=title_of(row),
        said=said,
    )


def family_id_of(row: Any) -> int | None:
    """The family a row is about."""
    return row.id if isinstance(row, Family) else getattr(row, "family_id", None)


def title_of(row: Any) -> str:
    """«Член семьи: Иванова Анна»: what the row is and which one."""
    kind = getattr(type(row), "TITLE", type(row).__name__)
    if isinstance(row, User):
        return f"Пользователь: {row.username}"
    if isinstance(row, Role):
        return f"Роль: {row.name}"
    return f"{kind}: {row}" if isinstance(row, (Entity, OfFamily)) else f"{kind}"


def _keep_old_values() -> None:
    """Load the old value when a column is set, or «was» would be lost."""
    for entity in changes.entities():
        for field in changes.fields(entity):
            getattr(entity, field.name).impl.active_history = True
