"""Processes killed at any moment of a copy and of a restoring: no half file, no half bank. `make faults` kills more."""

from __future__ import annotations

import os
import random
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from app import create_app
from app.backup import making, restoring
from app.extensions import db
from tests import factories
from tests.forks import fork, kill
from tests.settings import KEEPERS_KEY, of_test

pytestmark = [pytest.mark.long, pytest.mark.one_database("files that are renamed; the database is SQLite's file")]
TIMES = int(os.environ.get("FAULTS", "4"))


@dataclass
class Copied:
    """A bank of its own with a family, a copy of it that was proved, and how many seconds that took."""

    app: Flask
    folder: Path
    copy: Path
    size: int
    took: float

    def make(self) -> None:
        with self.app.app_context():
            made = making.make(self.folder / "copies")
            assert made.faults == []
            db.session.remove()

    def restore(self) -> None:
        with self.app.app_context(), restoring.prepared(self.copy, phrase="", identity=KEEPERS_KEY) as prepared:
            restoring.put_in_place(prepared)

    def killed(self, work: Callable[[], None], after: Callable[[], None]) -> None:
        """Begin a thing again and again, kill it at any moment, look each time."""
        for _time in range(TIMES):
            process = fork(self.app, work)
            time.sleep(random.uniform(0, self.took * 1.5))
            kill(process)
            after()


@pytest.fixture
def copied(app, cast, tmp_path):
    row = factories.family(cast.north, "00042")
    factories.registration(row, date(2026, 3, 12))
    db.session.commit()
    db.session.remove()
    with db.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("VACUUM INTO ?", (str(tmp_path / "bank.db"),))
        connection.exec_driver_sql("BEGIN")
    (tmp_path / "copies").mkdir()
    (tmp_path / "papers").mkdir()
    other = create_app(of_test(tmp_path))
    started = time.monotonic()
    with other.app_context():
        made = making.make(tmp_path / "copies")
        took = time.monotonic() - started
        assert made.faults == []
        db.session.execute(text("UPDATE family SET number = '00099'"))
        db.session.commit()
        db.session.remove()
        db.engine.dispose()
    return Copied(other, tmp_path, made.path, made.size, took)


def test_a_copy_that_is_killed_leaves_no_half_file(copied):
    def look() -> None:
        for path in (copied.folder / "copies").glob("*.patronat"):
            assert path.stat().st_size >= copied.size * 0.9, "a half copy under a final name"

    copied.killed(copied.make, look)
    copied.make()
    assert not list(copied.folder.glob("copying-*")), "an open copy is left"


def test_a_restoring_that_is_killed_leaves_the_old_bank_or_the_new_one(copied):
    folder = copied.folder

    def look() -> None:
        restoring.settle(folder, f"sqlite:///{folder / 'bank.db'}")  # as the next start does
        with sqlite3.connect(folder / "bank.db") as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            [number] = connection.execute("SELECT number FROM family").fetchone()
        assert number in ("00099", "00042")
        assert (folder / "papers").is_dir()
        connection.close()

    copied.killed(copied.restore, look)
