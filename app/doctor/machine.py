"""What the bank stands on: the version and the integrity of the database, the disk, the clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app
from sqlalchemy import func, inspect, select

from app import clock, words
from app.extensions import db
from app.models import JournalEntry, Model, UserSession
from app.services import backups

SLACK = timedelta(minutes=1)  # clocks of two machines may differ by so much
APART = timedelta(minutes=2)  # the clocks of the server and of its database at most
FIRST_ZONE, LAST_ZONE = timedelta(hours=2), timedelta(hours=12)  # Kaliningrad, Kamchatka
MOST = 20  # faults of one kind that a database is asked for

INVALID_INDEXES = """
    SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE NOT i.indisvalid AND c.relnamespace = current_schema()::regnamespace ORDER BY 1
"""
UNPROVED_CONSTRAINTS = """
    SELECT conname FROM pg_constraint
    WHERE NOT convalidated AND connamespace = current_schema()::regnamespace ORDER BY 1
"""


def version(_today: date) -> Iterator[str]:
    """The database is at the head of the migrations and has every table."""
    connection = db.session.connection()
    heads = set(MigrationContext.configure(connection).get_current_heads())
    wanted = set(ScriptDirectory.from_config(current_app.extensions["migrate"].migrate.get_config()).get_heads())
    if heads != wanted:
        yield f"База на версии {_listed(heads)}, а программе нужна {_listed(wanted)}."
    for name in sorted(Model.metadata.tables.keys() - set(inspect(connection).get_table_names())):
        yield f"Нет таблицы {name}."


def _listed(heads: set[str]) -> str:
    return ", ".join(sorted(heads)) or "«пусто»"


def integrity(_today: date) -> Iterator[str]:
    """The database itself finds nothing damaged and no key that names nothing."""
    connection = db.session.connection()
    if connection.dialect.name != "sqlite":
        for name in connection.exec_driver_sql(INVALID_INDEXES).scalars():
            yield f"Индекс {name} негоден: REINDEX INDEX {name}."
        for name in connection.exec_driver_sql(UNPROVED_CONSTRAINTS).scalars():
            yield f"Ограничение {name} не проверено на всех строках: VALIDATE CONSTRAINT {name}."
        return
    for (said,) in connection.exec_driver_sql(f"PRAGMA integrity_check({MOST})"):
        if said != "ok":
            yield f"SQLite: {said}"
    for table, row_id, parent, _key in connection.exec_driver_sql("PRAGMA foreign_key_check").fetchmany(MOST):
        yield f"Строка {row_id} таблицы {table} ссылается на строку таблицы {parent}, которой нет."


def room(_today: date) -> Iterator[str]:
    """The disks of the database and of the papers have room for work."""
    yield from backups.narrow()


def clock_behind(_today: date) -> Iterator[str]:
    """The clock is not behind what was written by it, and shows the time of the municipality: deadlines rest on it."""
    now = clock.now()
    for column, what in ((JournalEntry.at, "запись журнала"), (UserSession.last_seen_at, "работа пользователя")):
        newest = db.session.connection().scalar(select(func.max(column)))
        if newest is None:
            continue
        moment = clock.in_utc(newest)
        if moment > now + SLACK:
            told = words.moment(clock.local(moment))
            yield f"Часы показывают {words.moment(clock.local(now))}, а последняя {what} сделана {told}."
    yield from _database_clock()
    yield from _zone()


def _database_clock() -> Iterator[str]:
    """The server of the database, another machine perhaps, shows the same time."""
    connection = db.session.connection()
    if connection.dialect.name == "sqlite":
        return
    theirs = clock.in_utc(connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one())
    if abs(theirs - clock.now()) > APART:
        here = words.moment(clock.local(clock.now()))
        yield f"Часы сервера показывают {here}, а часы сервера базы – {words.moment(clock.local(theirs))}."


def _zone() -> Iterator[str]:
    """The zone is one of Russia's: by it a day begins, and terms are counted."""
    name, offset = current_app.config["TIME_ZONE"], clock.local(clock.now()).utcoffset()
    if offset is None or not FIRST_ZONE <= offset <= LAST_ZONE:
        yield f"Часовой пояс {name} не российский (UTC{clock.local(clock.now()):%z}): задайте TIME_ZONE своего района."
