"""/health: whether pages can be read and acts stored just now, for whoever watches the server. Nothing else leaves."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile

from flask import Flask, Response, current_app, make_response
from sqlalchemy import func, insert, select
from sqlalchemy.engine import Connection

from app import troubles
from app.clock import now
from app.extensions import db
from app.models import Family, JournalEntry, Model, UserSession
from app.troubles import Trouble

TRIAL = 64 * 1024  # bytes of the row that is written on trial: more than a database has at hand without asking the disk
PATIENCE = 1  # seconds to wait for a busy database: busy is not ill

_session = UserSession.__table__


def init_app(app: Flask) -> None:
    """Add the address."""
    app.add_url_rule("/health", "health", health)


def health() -> Response:
    """«ok», or 503 and «not ok»; the reason stands in the log of the server."""
    reason = _reason()
    if reason:
        current_app.logger.error("health: %s", reason)
    said, status = ("not ok", 503) if reason else ("ok", 200)
    return make_response(said, status, {"Content-Type": "text/plain; charset=utf-8"})


def _reason() -> str:
    """Why one cannot serve: disk, read-only, database, papers; empty if one can."""
    folder = Path(current_app.config["PAPERS_FOLDER"])
    try:
        _try_database()
    except Exception as error:
        return (troubles.of(error) or Trouble.AWAY).code
    try:
        _try_folder(folder)
    except OSError as error:
        return Trouble.DISK.code if troubles.of(error) is Trouble.DISK else "papers"
    full = any(map(troubles.is_full, (folder, Path(current_app.instance_path))))
    return Trouble.DISK.code if full else ""


def _try_database() -> None:
    """Read what every page reads, and write a row that is taken back; whoever writes just now shows that one can."""
    with db.engine.connect() as connection:
        for table in (Model.metadata.tables["ab_user"], Family.__table__, JournalEntry.__table__):
            connection.execute(select(func.count()).select_from(select(table).limit(1).subquery()))
    try:
        with db.engine.connect().execution_options(writes=True) as connection, _impatient(connection):
            connection.execute(
                insert(_session).values(
                    token_hash=secrets.token_hex(32), created_at=now(), last_seen_at=now(), data={"trial": "0" * TRIAL}
                )
            )
            connection.rollback()
    except Exception as error:
        if troubles.of(error) is not Trouble.BUSY:
            raise


@contextmanager
def _impatient(connection: Connection) -> Iterator[None]:
    """Wait for another's work a second and not half a minute."""
    if connection.dialect.name != "sqlite":
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{PATIENCE}s'")
        yield
        return
    driver = connection.connection.driver_connection
    assert driver is not None
    patience = driver.execute("PRAGMA busy_timeout").fetchone()[0]
    driver.execute(f"PRAGMA busy_timeout = {PATIENCE * 1000}")
    try:
        yield
    finally:
        driver.execute(f"PRAGMA busy_timeout = {patience}")


def _try_folder(folder: Path) -> None:
    """Write a file without a name that is gone when it is closed."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with TemporaryFile(dir=folder) as file:
        file.write(b"0")
        file.flush()
        os.fsync(file.fileno())
