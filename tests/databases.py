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

POSTGRES_USER = "postgres"


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
    folder = Path(tempfile.mkdtemp(prefix="patronat-pg-"))
    account = POSTGRES_USER if os.geteuid() == 0 else None  # the server refuses to run as root
    if account:
        shutil.chown(folder, account)

    def run(*command: str) -> None:
        subprocess.run([str(programs / command[0]), *command[1:]], user=account, check=True, cwd=folder,  # noqa: S603
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip

    data = str(folder / "data")
    run("initdb", "-D", data, "-A", "trust", "-U", POSTGRES_USER, "--locale", "C.UTF-8", "-E", "UTF8")
    settings = f"-k {folder} -c listen_addresses='' -c fsync=off -c max_connections=60"
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

    def restore(self) -> None:
        """Back to the pristine state."""
        for suffix in ("-wal", "-shm"):
            Path(f"{self.file}{suffix}").unlink(missing_ok=True)
        shutil.copyfile(self.pristine, self.file)


class PostgresBank:
    """A database; a template of it keeps the pristine state."""

    def __init__(self, worker: str) -> None:
        self.server = os.environ["TEST_DATABASE_URL"]
        self.name, self.pristine = f"patronat_test_{worker}", f"patronat_pristine_{worker}"
        head, _, options = self.server.partition("?")
        self.url = f"{head.rsplit('/', 1)[0]}/{self.name}" + (f"?{options}" if options else "")

    def _run(self, *statements: str) -> None:
        with psycopg.connect(self.server, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)  # type: ignore[arg-type]

    def prepare(self) -> None:
        self._run(f"DROP DATABASE IF EXISTS {self.name}", f"CREATE DATABASE {self.name}")

    def keep(self) -> None:
        self._run(f"DROP DATABASE IF EXISTS {self.pristine}", f"CREATE DATABASE {self.pristine} TEMPLATE {self.name}")

    def restore(self) -> None:
        self._run(
            f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)",
            f"CREATE DATABASE {self.name} TEMPLATE {self.pristine} STRATEGY FILE_COPY",
        )
