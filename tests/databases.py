"""Databases for tests: a pristine one is made once, each test works on a copy of it."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Lock
from typing import cast
from zlib import crc32

import psycopg
import pytest
from sqlalchemy import Engine, QueuePool, event

ROOM = 2**31  # bytes: the banks of some workers, their states, a server
KINDS = ("sqlite", "postgres")
POSTGRES_USER = "postgres"
# A server that is thrown away need not outlive a loss of power, nor compile plans that run once.
QUICK = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c jit=off"


def memory() -> Path | None:
    """The folder in memory of this machine, if it has one with room: thousands of small commits need no disk."""
    folder = Path("/dev/shm")
    has_room = os.access(folder, os.W_OK) and shutil.disk_usage(folder).free > ROOM
    return folder if has_room else None


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


def has_postgres() -> bool:
    """Whether this machine has a Postgres to test on."""
    return bool(os.environ.get("TEST_DATABASE_URL")) or postgres_programs() is not None


def kinds() -> list[object]:
    """The databases the suite runs on here; with CI=true Postgres may not be missing."""
    if os.environ.get("CI") == "true":
        assert has_postgres(), "CI runs on PostgreSQL too: install it or set TEST_DATABASE_URL"
    skip = pytest.mark.skipif(not has_postgres(), reason="no PostgreSQL on this machine")
    return ["sqlite", pytest.param("postgres", marks=skip)]


def spared(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """The tests that need not run on the database that they would: another one is enough, or it is the other's turn."""
    stand = {item.nodeid for item in items}
    return [item for item in items if _is_enough_elsewhere(item) or _other_of(item) in stand]


def _is_enough_elsewhere(item: pytest.Item) -> bool:
    """Whether a test says that one database is enough, and it is not this one. Rows that are found, sorted and counted,
    rules that the database keeps, locks, migrations and each page once are tried on both. A test for which Postgres is
    the stricter one says `on="postgres"`, and runs on SQLite where there is none.
    """
    mark = item.get_closest_marker("one_database")
    if mark is None:
        return False
    (why,) = mark.args
    assert len(why) > 20, f"{item.nodeid}: say in a sentence why one database is enough"
    wanted = mark.kwargs.get("on", "sqlite") if has_postgres() else "sqlite"
    return of(item) not in (None, wanted)


def _other_of(item: pytest.Item) -> str:
    """The same case of a test on the other database, if that one's turn it is: of many cases each runs on one of them,
    unless the test says that all are `of_both_databases`."""
    here, marks = of(item), {mark.name for mark in item.iter_markers()}
    if here is None or not has_postgres() or marks & {"one_database", "of_both_databases"}:
        return ""
    there, case = KINDS[1 - KINDS.index(here)], item.nodeid.replace(f"[{here}-", "[", 1)
    is_case, others_turn = case != item.nodeid, KINDS[crc32(case.encode()) % 2] == there
    return case.replace("[", f"[{there}-", 1) if is_case and others_turn else ""


def of(item: pytest.Item) -> str | None:
    """The database that a test runs on, if it asks for one."""
    callspec = getattr(item, "callspec", None)
    return callspec.params.get("bank") if callspec else None


PRISTINE = "pristine"


class SqliteBank:
    """A file that stays pristine, and the log of what was written since: a state is laid by laying its log.

    Nothing is written from the log into the file while a connection stays open, so those of the application stay: each
    would begin by reading the tables of the bank anew. The index of the log is emptied, and whoever reads next makes it
    again, as after a loss of power. Where the file itself was written to, or what a connection knows of the tables may
    have changed, all are closed and the file is copied.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.file = folder, folder / "bank.db"
        self.log, self.index = folder / "bank.db-wal", folder / "bank.db-shm"
        self.url = f"sqlite:///{self.file}"
        self.states: dict[str, bytes] = {}  # the log of each
        self.state = PRISTINE  # the one that was laid last
        self.laid: tuple[int, int, int] | None = None  # which file was laid, when, and its size
        self.learned = False  # whether a connection may know other tables than those of the file
        self.open_index: int | None = None

    def prepare(self) -> None:
        """Make an empty database."""

    def touched(self) -> bool:
        """Whether anything was written since a state was laid: into the log, or out of it into the file."""
        return self._stands() != self.laid or self._logged() != len(self.states[self.state])

    def _logged(self) -> int:
        return self.log.stat().st_size if self.log.exists() else 0

    def _stands(self) -> tuple[int, int, int]:
        found = self.file.stat()
        return found.st_ino, found.st_mtime_ns, found.st_size

    def keep(self, engine: Engine, state: str = PRISTINE) -> None:
        """What is there now is the state of that name."""
        if state == PRISTINE:
            engine.dispose()
            with closing(sqlite3.connect(self.file)) as now, closing(sqlite3.connect(self._pristine)) as copy:
                now.backup(copy)
            event.listen(engine, "connect", _leave_all_in_the_log)
            event.listen(engine, "before_cursor_execute", self._note)
            self.states[state] = b""
            self._lay_file(engine)
        else:
            assert self._stands() == self.laid, f"{state}: something was written past the log"
            self.states[state] = self.log.read_bytes()
        self.state = state

    def restore(self, engine: Engine, state: str = PRISTINE) -> None:
        """Lay a state."""
        pool = cast(QueuePool, engine.pool)
        if self.learned or self._stands() != self.laid or pool.checkedout() or not self.index.exists():
            self._lay_file(engine)
            self.log.write_bytes(self.states[state])
        elif state != self.state or self.touched():
            self.log.write_bytes(self.states[state])
            os.pwrite(self._index(), EMPTY_INDEX, 0)
        self.state = state

    def _lay_file(self, engine: Engine) -> None:
        """Who has the file open would go on with the old one."""
        engine.dispose()
        for file in (self.log, self.index):
            file.unlink(missing_ok=True)
        shutil.copyfile(self._pristine, self.file)
        self.laid, self.learned = self._stands(), False

    def _index(self) -> int:
        """The index of the log as it is open now; to close it would take their locks from the connections."""
        if self.open_index is not None and os.fstat(self.open_index).st_ino != self.index.stat().st_ino:
            os.close(self.open_index)
            self.open_index = None
        if self.open_index is None:
            self.open_index = os.open(self.index, os.O_RDWR)
        return self.open_index

    def _note(self, _connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        self.learned = self.learned or TELLS_OF_TABLES.match(statement) is not None

    @property
    def _pristine(self) -> Path:
        return self.folder / "pristine.db"

    def close(self) -> None:
        """Nothing is held open."""


# Statements after which a connection is not what a new one would be.
TELLS_OF_TABLES = re.compile(r"\s*(CREATE|ALTER|DROP|ANALYZE|REINDEX|VACUUM|ATTACH|PRAGMA(?! defer_foreign_keys))\b")
EMPTY_INDEX = bytes(136)  # both copies of its header, and how much of the log stands in the file


def _leave_all_in_the_log(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA wal_autocheckpoint=0")


class PostgresBank:
    """A database whose tables remember that they were written to; only those are laid back.

    Making a database anew for each test costs a checkpoint each time. So a schema of the name of each state keeps a
    copy of the tables that differ from the pristine ones, and a trigger notes which tables a test wrote to. A test
    that changed the tables themselves (a migration) gets the database anew from a template, with the pristine state
    alone. Connections stay open from test to test: each would begin by reading the catalogue of the server anew.
    Needs a superuser, as a throw-away server has.
    """

    def __init__(self, worker: str) -> None:
        self.server = os.environ["TEST_DATABASE_URL"]
        self.connection: psycopg.Connection | None = None
        self.name, self.template = f"patronat_test_{worker}", f"patronat_pristine_{worker}"
        head, _, options = self.server.partition("?")
        self.url = f"{head.rsplit('/', 1)[0]}/{self.name}" + (f"?{options}" if options else "")
        self.states: set[str] = set()
        self.state = PRISTINE  # the one that was laid last
        self.wanted: str | None = None  # the one that is to be laid before anybody looks
        self.laying = Lock()

    def _on_server(self, *statements: str) -> None:
        with psycopg.connect(self.server, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def _connected(self) -> psycopg.Connection:
        if self.connection is None or self.connection.closed:
            self.connection = psycopg.connect(self.url, autocommit=True)
        return self.connection

    def prepare(self) -> None:
        """Make an empty database."""
        self._on_server(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)", f"CREATE DATABASE {self.name}")

    def touched(self) -> bool:
        """Whether anything was written since a state was laid."""
        written = "SELECT EXISTS (SELECT FROM laid.written)"
        return self.wanted is None and self._connected().execute(written).fetchone() == (True,)

    def keep(self, engine: Engine, state: str = PRISTINE) -> None:
        """What is there now is the state of that name."""
        self._lay()
        if state == PRISTINE:
            self._connected().execute(REMEMBER)
            event.listen(engine, "checkout", self._lay)
        self._connected().execute("SELECT laid.keep(%s, %s)", (self.state, state))
        if state == PRISTINE:
            self.close()
            engine.dispose()
            self._on_server(
                f"DROP DATABASE IF EXISTS {self.template}", f"CREATE DATABASE {self.template} TEMPLATE {self.name}"
            )
        self.states.add(state)
        self.state = state

    def restore(self, engine: Engine, state: str = PRISTINE) -> None:
        """Lay a state, before anybody looks: a test whose facts are kept asks for them at once, and the pristine tables
        that would be laid in between are seen by nobody."""
        if self._connected().execute(UNTOUCHED).fetchone() == (True,):
            self.wanted = state
            return
        self.close()
        engine.dispose()
        self._on_server(
            f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)", f"CREATE DATABASE {self.name} TEMPLATE {self.template}"
        )
        self.states, self.state, self.wanted = {PRISTINE}, PRISTINE, None

    def _lay(self, *_of_event: object) -> None:
        """Lay the state that is wanted, where the first of several threads takes a connection."""
        with self.laying:
            if self.wanted is not None:
                connection = self._connected()
                with connection.transaction():
                    connection.execute("SET LOCAL session_replication_role = replica")
                    connection.execute("SELECT laid.lay(%s, %s)", (self.state, self.wanted))
                self.state, self.wanted = self.wanted, None

    def close(self) -> None:
        """Leave the database."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None


# Whether every table still carries the trigger it was given, and no migration has changed the tables.
UNTOUCHED = """
SELECT count(*) = (SELECT count(*) FROM laid.tables WHERE state = 'pristine')
   AND NOT EXISTS (SELECT FROM laid.written WHERE name = 'alembic_version')
  FROM pg_trigger WHERE tgname = 'written_to'
"""

REMEMBER = """
CREATE SCHEMA laid;
CREATE TABLE laid.written (name text);  -- a name may stand twice: a key would let one transaction wait for another
CREATE INDEX ON laid.written (name);
CREATE TABLE laid.tables (state text, name text, PRIMARY KEY (state, name));
CREATE TABLE laid.sequences (state text, name text, last_value bigint);
INSERT INTO laid.written SELECT tablename FROM pg_tables WHERE schemaname = 'public';

CREATE FUNCTION laid.note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM laid.written WHERE name = TG_TABLE_NAME) THEN
    INSERT INTO laid.written VALUES (TG_TABLE_NAME);
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION laid.keep(now text, kept text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE row record;
BEGIN
  EXECUTE format('CREATE SCHEMA %I', kept);
  INSERT INTO laid.tables
    SELECT kept, name FROM laid.written
     UNION SELECT kept, name FROM laid.tables WHERE state = now AND state <> 'pristine';
  FOR row IN SELECT name FROM laid.tables WHERE state = kept LOOP
    EXECUTE format('CREATE TABLE %I.%I AS TABLE public.%I', kept, row.name, row.name);
  END LOOP;
  INSERT INTO laid.sequences
    SELECT kept, sequencename, last_value FROM pg_sequences WHERE schemaname = 'public';
  DELETE FROM laid.written;
END $$;

CREATE FUNCTION laid.lay(now text, wanted text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE row record;
BEGIN
  FOR row IN
    SELECT name, CASE WHEN EXISTS (SELECT FROM laid.tables AS own WHERE own.state = wanted AND own.name = changed.name)
                      THEN wanted ELSE 'pristine' END AS source
      FROM (SELECT name FROM laid.written
             UNION SELECT name FROM laid.tables
                    WHERE now <> wanted AND state IN (now, wanted) AND state <> 'pristine') AS changed
  LOOP
    EXECUTE format('DELETE FROM public.%I', row.name);
    EXECUTE format('INSERT INTO public.%I SELECT * FROM %I.%I', row.name, row.source, row.name);
  END LOOP;
  DELETE FROM laid.written;
  PERFORM setval(format('public.%I', name), coalesce(last_value, 1), last_value IS NOT NULL)
     FROM laid.sequences WHERE state = wanted;
END $$;

DO $$
DECLARE row record;
BEGIN
  FOR row IN SELECT name FROM laid.written LOOP
    EXECUTE format('CREATE TRIGGER written_to AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON public.%I '
                   'EXECUTE FUNCTION laid.note()', row.name);
  END LOOP;
END $$;
"""
