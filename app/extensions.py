"""The libraries the application stands on, bound to an app in `create_app`."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any, TypeVar, cast

from flask import current_app
from flask_appbuilder import Model
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as SessionOfFlask
from flask_wtf import CSRFProtect
from sqlalchemy import Engine, event, inspect, select
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.engine import Connection
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

# FAB's tables and ours share one metadata, so that a migration sees them all. The convention must stand before any
# model is imported: a constraint without a name cannot be changed on SQLite.
Model.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class SessionOverBank(SessionOfFlask):
    """A session over the bank, or over another one of the same tables, which its `info` names."""

    def get_bind(self, *asked: Any, **named: Any) -> Any:
        return self.info.get(OTHER_BANK) or super().get_bind(*asked, **named)


OTHER_BANK = "other bank"
db = SQLAlchemy(metadata=Model.metadata, session_options={"class_": SessionOverBank})
migrate = Migrate()
csrf = CSRFProtect()

LARGEST_KEY = 2**31 - 1  # a longer number is no key: the databases would refuse it with an error
CALENDAR_FEED = "calendar_feed"  # the address without a session: a secret says whose it is (app/feeds.py)
READING_METHODS = ("GET", "HEAD", "OPTIONS")
TAKE_LOCK = "UPDATE user_session SET user_id = user_id WHERE 0"  # changes nothing, but SQLite lets one at a time do it
BUSY = 60  # seconds that a writer waits for another one: a load of ten thousand families on a busy server takes forty
PAGES_KEPT = 16_000  # kilobytes of SQLite's file that a connection holds; its own 2,000 are read again and again
MOST_KEYS = 4000  # keys that one statement takes

V = TypeVar("V")


def appbuilder() -> Any:
    """FAB as it stands in the application of this request: its views, its menu, who may what."""
    return cast(Any, current_app).appbuilder


def portions(values: Iterable[V], size: int = MOST_KEYS) -> Iterator[list[V]]:
    """Values in their order, a portion at a time: of keys, as many as one statement takes."""
    waiting = iter(values)
    while portion := list(islice(waiting, size)):
        yield portion


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: Any, _record: ConnectionPoolEntry) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    connection.isolation_level = None  # transactions begin in _begin_sqlite, not behind our back
    for pragma in (
        "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY * 1000}",
        f"cache_size=-{PAGES_KEPT}",
    ):  # fmt: skip
        connection.execute(f"PRAGMA {pragma}")
    connection.create_function("lower", 1, _lower, deterministic=True)
    connection.create_function("translate", 3, _translate, deterministic=True)


def _lower(value: Any) -> Any:
    """SQLite's own function knows Latin letters only."""
    return value.lower() if isinstance(value, str) else value


def _translate(value: Any, letters: str, becomes: str) -> Any:
    """As Postgres has it: each letter for the one that stands at its place."""
    return value.translate(str.maketrans(letters, becomes)) if isinstance(value, str) else value


@event.listens_for(Engine, "begin")
def _begin_sqlite(connection: Connection) -> None:
    """A transaction reads, and holds nobody up, unless its connection was opened with `writes=True`."""
    if connection.dialect.name == "sqlite":
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def begin_writing() -> None:
    """Let the session's transaction write; call it before what an act rests on is read, and before anything is changed.

    SQLite has one writer at a time: whoever comes second waits here, for as long as the busy time-out lasts. A
    transaction that has read cannot wait: if somebody has written since, or is writing, it is ended and another one
    begun, and rows are read anew when they are asked for. Postgres needs nothing: its writers meet on rows.
    """
    session = db.session()
    if db.engine.dialect.name != "sqlite":
        return
    if session.in_transaction():
        try:
            session.connection().exec_driver_sql(TAKE_LOCK)
        except OperationalError as error:
            if not _is_busy(error):
                raise
            session.rollback()
        else:
            return
    session.connection(execution_options={"writes": True})


def let_references_wait() -> None:
    """Let rows name rows that are not there yet: the references are asked when the transaction ends."""
    sqlite = db.engine.dialect.name == "sqlite"
    waits = "PRAGMA defer_foreign_keys=ON" if sqlite else "SET CONSTRAINTS ALL DEFERRED"
    db.session.connection().exec_driver_sql(waits)


def hold_row(entity: type[Any], key: int) -> None:
    """Let those who act on one row at once do it one after the other: it is held until the transaction ends."""
    table = entity.__table__.c
    db.session.execute(select(table.id).where(table.id == key).with_for_update())


def _is_busy(error: OperationalError) -> bool:
    """Whether SQLite refused a lock at once: another one writes, or has written since this transaction has read."""
    code = getattr(error.orig, "sqlite_errorcode", None) or 0
    return code & 0xFF == sqlite3.SQLITE_BUSY  # the rest of the code tells which of the two


def _as_said(_compiler: Any, _table: Any, text: str | None) -> str | None:
    """SQLite knows a hint, INDEXED BY, and SQLAlchemy writes none for it."""
    return text


_compiler_of_sqlite: Any = SQLiteCompiler  # the dialect has no setting for it
_compiler_of_sqlite.get_from_hint_text = _as_said


@contextmanager
def instead_of_the_bank(engine: Engine | Connection) -> Iterator[None]:
    """Let whatever a block reads through the session come from another database of the same tables.

    Rows that were read before stay with the session that read them.
    """
    registry, before = db.session.registry, db.session()
    registry.set(db.session.session_factory(info={OTHER_BANK: engine}))
    try:
        yield
    finally:
        registry().close()
        registry.set(before)


def look_at_contents(connection: Connection | None = None) -> None:
    """Let the database count what it holds, so that it plans its queries well; called before much is committed.

    On Postgres its own tables alone: the catalogue is shared by all databases of a server, and two that counted it at
    once would wait for each other.
    """
    connection = connection or db.session.connection()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA analysis_limit=1000")
        connection.exec_driver_sql("ANALYZE")
        return
    quoted = map(connection.dialect.identifier_preparer.quote, inspect(connection).get_table_names())
    connection.exec_driver_sql(f"ANALYZE {', '.join(quoted)}")
