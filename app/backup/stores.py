"""The two databases: copied as of one moment, made anew from a copy, put into the place of another."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import inspect, make_url
from sqlalchemy.engine import URL, Connection

from app.domain.refusal import Refusal
from app.extensions import db

PROGRAMS = Path("/usr/lib/postgresql")
PATIENCE = 6 * 3600  # seconds for a program of the database server
NO_PROGRAM = "На сервере нет программы {name}: установите пакет postgresql-client той же версии, что и сервер базы."
FAILED = "{name}: {said}"
MAY_NOT_CREATE = (
    "База не даёт создать ещё одну, чтобы восстановить в неё копию: выполните на сервере базы "
    "ALTER ROLE {role} CREATEDB."
)
IN_USE = "База занята другими соединениями: остановите сервер и повторите."
HASHES = 1 << 256  # the hashes of rows are added up to one of their kind: the order of rows does not matter


def copy(connection: Connection, path: Path) -> None:
    """Write the database to a file as the connection's transaction sees it. Raises Refusal, OSError, sqlite3.Error."""
    if connection.dialect.name == "sqlite":
        driver: Any = connection.connection.driver_connection
        with closing(_created(path)) as target:
            driver.backup(target)  # in one step: what others write meanwhile does not begin it anew
        return
    snapshot = connection.exec_driver_sql("SELECT pg_export_snapshot()").scalar_one()
    _run("pg_dump", connection.engine.url, "--format=custom", "--no-owner", "--no-privileges",
         f"--snapshot={snapshot}", f"--file={path}")  # fmt: skip
    path.chmod(0o600)


def _created(path: Path) -> sqlite3.Connection:
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    return sqlite3.connect(path)


def rows(connection: Connection) -> dict[str, list[Any]]:
    """Of each table how many rows it has, and the sum of their hashes."""
    postgres = connection.dialect.name != "sqlite"
    if postgres:
        connection.exec_driver_sql("SET LOCAL TimeZone = 'UTC'")
    found = {}
    for name in sorted(inspect(connection).get_table_names()):
        count = total = 0
        for row in _texts(connection, name, postgres=postgres):
            count += 1
            total += int.from_bytes(hashlib.sha256(row).digest())
        found[name] = [count, f"{total % HASHES:064x}"]
    return found


def _texts(connection: Connection, name: str, *, postgres: bool) -> Iterator[bytes]:
    driver: Any = connection.connection.driver_connection
    if not postgres:
        for row in driver.execute(f'SELECT * FROM "{name}"'):  # noqa: S608  a name of the database's own
            yield repr(row).encode("utf-8", "surrogatepass")
        return
    with driver.cursor() as cursor, cursor.copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(name))) as lines:
        for line in lines:
            yield bytes(line)


def written_anew() -> bool:
    """Write the database anew, so that no page and no log of changes holds what was destroyed; whether it could be.

    What Postgres has written to its log of changes, or to an archive of it, is not within reach.
    """
    db.session.remove()
    raw: Any = db.engine.raw_connection()
    try:
        connection = raw.driver_connection
        if db.engine.dialect.name != "sqlite":
            connection.rollback()
            connection.autocommit = True
            connection.execute("VACUUM (FULL, ANALYZE)")
            connection.autocommit = False
            return True
        connection.execute("PRAGMA secure_delete=ON")
        connection.execute("ANALYZE")
        connection.execute("VACUUM")
        busy, _pages, _moved = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy
    finally:
        raw.close()


def faults(connection: Connection) -> list[str]:
    """What SQLite itself finds damaged; Postgres has proved its keys while it was restored."""
    if connection.dialect.name != "sqlite":
        return []
    said = [text for (text,) in connection.exec_driver_sql("PRAGMA integrity_check(5)") if text != "ok"]
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchmany(5)
    return [f"SQLite: {text}" for text in said] + [
        f"Строка {row_id} таблицы {table} ссылается на строку таблицы {parent}, которой нет."
        for table, row_id, parent, _key in broken
    ]


# Postgres


@contextmanager
def on_trial(url: URL, dump: Path) -> Iterator[URL]:
    """A database beside the bank's, restored from a dump and dropped after a block. Raises Refusal."""
    name = f"{(url.database or 'patronat')[:30]}_trial_{secrets.token_hex(4)}"
    beside = make_beside(url, dump, name)
    try:
        yield beside
    finally:
        with _connected(url) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def make_beside(url: URL, dump: Path, name: str) -> URL:
    """Restore a dump into a new database of the same server, or make none. Raises Refusal."""
    beside = url.set(database=name)
    try:
        with _connected(url) as connection:
            asked = "SELECT datcollate, datctype FROM pg_database WHERE datname = current_database()"
            collate, ctype = connection.execute(asked).fetchone() or ("C.UTF-8", "C.UTF-8")
            made = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE {} LC_CTYPE {}")
            connection.execute(made.format(sql.Identifier(name), sql.Literal(collate), sql.Literal(ctype)))
    except psycopg.errors.InsufficientPrivilege as error:
        raise Refusal(MAY_NOT_CREATE.format(role=url.username or "patronat")) from error
    try:
        _run("pg_restore", beside, "--no-owner", "--no-privileges", "--exit-on-error", "--dbname",
             _without_password(beside), str(dump), named=False)  # fmt: skip
    except BaseException:
        drop(beside)
        raise
    return beside


def drop(url: URL) -> None:
    """Remove a database that was made here."""
    with _connected(_maintenance(url)) as connection:
        name = sql.Identifier(url.database or "")
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))


def swap(url: URL, fresh: str, aside: str) -> None:
    """Let a database stand under the bank's name, and the bank's under another one; once, however often it is asked."""
    name = url.database or ""
    with _connected(_maintenance(url)) as connection:
        known = {row[0] for row in connection.execute("SELECT datname FROM pg_database").fetchall()}
        if fresh not in known:
            return
        rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
        try:
            with connection.transaction():
                if name in known:
                    connection.execute(rename.format(sql.Identifier(name), sql.Identifier(aside)))
                connection.execute(rename.format(sql.Identifier(fresh), sql.Identifier(name)))
        except psycopg.errors.ObjectInUse as error:
            raise Refusal(IN_USE) from error


def _maintenance(url: URL) -> URL:
    for name in ("postgres", "template1"):
        with_name = url.set(database=name)
        try:
            _connected(with_name).close()
        except psycopg.OperationalError:
            continue
        return with_name
    raise Refusal("Нет входа в служебную базу postgres: разрешите его роли программы на сервере базы.")


def _connected(url: URL) -> psycopg.Connection[Any]:
    return psycopg.connect(
        url.set(drivername="postgresql").render_as_string(hide_password=False), autocommit=True, connect_timeout=10
    )


def _without_password(url: URL) -> str:
    return make_url(str(url.set(drivername="postgresql"))).set(password=None).render_as_string(hide_password=False)


def program(name: str) -> str:
    """Where a program of the database server lies: the newest of those installed. Raises Refusal."""
    installed = sorted(PROGRAMS.glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    found = str(installed[-1]) if installed else shutil.which(name)
    if not found:
        raise Refusal(NO_PROGRAM.format(name=name))
    return found


def _run(name: str, url: URL, *arguments: str, named: bool = True) -> None:
    """Run a program of the server; the password goes where no list of processes shows it."""
    command = [program(name), *arguments, *([_without_password(url)] if named else [])]
    environ = {**os.environ, "LC_ALL": "C.UTF-8", **({"PGPASSWORD": str(url.password)} if url.password else {})}
    done = subprocess.run(  # noqa: S603  a program of the server, and arguments of our own
        command, env=environ, capture_output=True, check=False, timeout=PATIENCE
    )
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise Refusal(FAILED.format(name=name, said=(said or ["без объяснений"])[0][:300]))
