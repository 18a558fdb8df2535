"""Databases for tests: a pristine one is made once, each test works on a copy of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine

POSTGRES_USER = "postgres"
# A server that is thrown away need not outlive a loss of power, nor compile plans that run once.
QUICK = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c jit=off"


def memory() -> Path | None:
    """The folder in memory of this machine, if it has one: thousands of small commits need no disk."""
    folder = Path("/dev/shm")
    return folder if os.access(folder, os.W_OK) else None


def postgres_programs() -> Path | None:
    """The folder of the newest PostgreSQL server on this machine, if any."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).parent if on_path else None


@contextmanager
def postgres_server() -> Iterator[str]:
    """A throw-away server on a socket of its own; gives the address of its first database."""
    programs = postgres_programs()
    assert programs is not None
    folder = Path(tempfile.mkdtemp(prefix="patronat-pg-", dir=memory()))
    account = POSTGRES_USER if os.geteuid() == 0 else None  # the server refuses to run as root
    if account:
        shutil.chown(folder, account)

    def run(*command: str) -> None:
        subprocess.run([str(programs / command[0]), *command[1:]], user=account, check=True, cwd=folder,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip

    data = str(folder / "data")
    run("initdb", "-D", data, "-A", "trust", "-U", POSTGRES_USER, "--locale", "C.UTF-8", "-E", "UTF8")
    settings = f"-k {folder} -c listen_addresses='' -c max_connections=60 {QUICK}"
    run("pg_ctl", "-D", data, "-o", settings, "-w", "-l", str(folder / "log"), "start")
    try:
        yield f"postgresql://{POSTGRES_USER}@/postgres?host={folder}"
    finally:
        run("pg_ctl", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def kinds() -> list[object]:
    """The databases the suite runs on here; with CI=true Postgres may not be missing."""
    has_postgres = bool(os.environ.get("TEST_DATABASE_URL")) or postgres_programs() is not None
    if os.environ.get("CI") == "true":
        assert has_postgres, "CI runs on PostgreSQL too: install it or set TEST_DATABASE_URL"
    skip = pytest.mark.skipif(not has_postgres, reason="no PostgreSQL on this machine")
    return ["sqlite", pytest.param("postgres", marks=skip)]


class SqliteBank:
    """A file; a copy of the pristine file is laid over it."""

    def __init__(self, folder: Path) -> None:
        self.file, self.pristine = folder / "bank.db", folder / "pristine.db"
        self.url = f"sqlite:///{self.file}"

    def prepare(self) -> None:
        """Make an empty database."""

    def keep(self) -> None:
        """What is there now is the pristine state. The log of the database is folded in first."""
        shutil.copyfile(self.file, self.pristine)

    def restore(self, engine: Engine) -> None:
        """Back to the pristine state. Who has the file open would go on with the old one."""
        engine.dispose()
        for suffix in ("-wal", "-shm"):
            Path(f"{self.file}{suffix}").unlink(missing_ok=True)
        shutil.copyfile(self.pristine, self.file)

    def close(self) -> None:
        """Nothing is held open."""


class PostgresBank:
    """A database whose tables remember that they were written to; only those are laid back.

    Making a database anew for each test costs a checkpoint each time. So a schema `pristine` keeps a copy of every
    table, and a trigger notes which tables a test wrote to. A test that changed the tables themselves (a migration)
    gets the database anew from a template. Connections stay open from test to test: each would begin by reading the
    catalogue of the server anew. Needs a superuser, as a throw-away server has.
    """

    def __init__(self, worker: str) -> None:
        self.server = os.environ["TEST_DATABASE_URL"]
        self.connection: psycopg.Connection | None = None
        self.name, self.template = f"patronat_test_{worker}", f"patronat_pristine_{worker}"
        head, _, options = self.server.partition("?")
        self.url = f"{head.rsplit('/', 1)[0]}/{self.name}" + (f"?{options}" if options else "")

    def _on_server(self, *statements: str) -> None:
        with psycopg.connect(self.server, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def prepare(self) -> None:
        """Make an empty database."""
        self._on_server(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)", f"CREATE DATABASE {self.name}")

    def keep(self) -> None:
        """What is there now is the pristine state."""
        with psycopg.connect(self.url) as connection:
            connection.execute(REMEMBER)
        self._on_server(
            f"DROP DATABASE IF EXISTS {self.template}", f"CREATE DATABASE {self.template} TEMPLATE {self.name}"
        )

    def restore(self, engine: Engine) -> None:
        """Back to the pristine state."""
        if self.connection is None or self.connection.closed:
            self.connection = psycopg.connect(self.url)
        with self.connection.transaction():
            whole = self.connection.execute(UNTOUCHED).fetchone()
            if whole and whole[0]:
                self.connection.execute("SET LOCAL session_replication_role = replica")
                self.connection.execute("SELECT pristine.lay_back()")
                return
        self.close()
        engine.dispose()
        self._on_server(
            f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)", f"CREATE DATABASE {self.name} TEMPLATE {self.template}"
        )

    def close(self) -> None:
        """Leave the database."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None


# Whether every table still carries the trigger it was given, and no migration has changed the tables.
UNTOUCHED = """
SELECT count(*) = (SELECT count(*) FROM pristine.tables)
   AND NOT EXISTS (SELECT FROM pristine.written WHERE name = 'alembic_version')
  FROM pg_trigger WHERE tgname = 'written_to'
"""

REMEMBER = """
CREATE SCHEMA pristine;
CREATE TABLE pristine.written (name text PRIMARY KEY);
CREATE TABLE pristine.tables AS SELECT tablename::text AS name FROM pg_tables WHERE schemaname = 'public';
CREATE TABLE pristine.sequences AS
  SELECT sequencename::text AS name, last_value FROM pg_sequences WHERE schemaname = 'public';

CREATE FUNCTION pristine.note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO pristine.written VALUES (TG_TABLE_NAME) ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;

CREATE FUNCTION pristine.lay_back() RETURNS void LANGUAGE plpgsql AS $$
DECLARE row record;
BEGIN
  FOR row IN SELECT name FROM pristine.written LOOP
    EXECUTE format('DELETE FROM public.%I', row.name);
    EXECUTE format('INSERT INTO public.%I SELECT * FROM pristine.%I', row.name, 'kept_' || row.name);
  END LOOP;
  DELETE FROM pristine.written;
  PERFORM setval(format('public.%I', name), coalesce(last_value, 1), last_value IS NOT NULL) FROM pristine.sequences;
END $$;

DO $$
DECLARE row record;
BEGIN
  FOR row IN SELECT name FROM pristine.tables LOOP
    EXECUTE format('CREATE TABLE pristine.%I AS TABLE public.%I', 'kept_' || row.name, row.name);
    EXECUTE format('CREATE TRIGGER written_to AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON public.%I '
                   'EXECUTE FUNCTION pristine.note()', row.name);
  END LOOP;
END $$;
"""
