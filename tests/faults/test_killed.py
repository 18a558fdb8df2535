"""Processes killed at any moment of a copy and of a restoring: no half file, no half bank. `make faults` kills more."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text

from app import create_app
from app.backup import making, restoring
from app.extensions import db
from tests import factories
from tests.settings import KEEPERS_KEY, of_test

pytestmark = [pytest.mark.long, pytest.mark.one_database("files that are renamed; the database is SQLite's file")]
ROOT = Path(__file__).resolve().parents[2]
TIMES = int(os.environ.get("FAULTS", "4"))

# Loaded once; each child does one thing over the bank of the test until it is killed.
WORKER = """
import json, os, sys
from pathlib import Path
from app import create_app
from app.backup import making, restoring
settings, folder, copy, key = json.loads(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4]
app = create_app(settings)
for line in sys.stdin:
    child = os.fork()
    if not child:
        with app.app_context():
            if line.strip() == "copy":
                making.make(folder)
            else:
                with restoring.prepared(Path(copy), phrase="", identity=key) as prepared:
                    restoring.put_in_place(prepared)
        os._exit(0)
    print(child, flush=True)
    os.waitpid(child, 0)
    print("over", flush=True)
"""


@pytest.fixture
def copied(app, cast, tmp_path):
    """A bank of its own with a family, and a copy of it that was proved."""
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
    with other.app_context():
        made = making.make(tmp_path / "copies")
        assert made.faults == []
        db.session.execute(text("UPDATE family SET number = '00099'"))
        db.session.commit()
        db.session.remove()
        db.engine.dispose()
    return tmp_path, made


def killed(copied, what: str, longest: float, after) -> int:
    """Begin a thing again and again, kill it at a random moment, look each time; gives how often it was killed."""
    folder, made = copied
    settings = {name: value for name, value in of_test(folder).items() if name != "BACKUP_AT"}
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER, json.dumps(settings), str(folder / "copies"), str(made.path), KEEPERS_KEY],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "BACKUP_AT": ""},
    )  # fmt: skip
    count = 0
    try:
        for _time in range(TIMES):
            worker.stdin.write(f"{what}\n")
            worker.stdin.flush()
            child = int(worker.stdout.readline())
            time.sleep(random.uniform(0, longest))
            try:
                os.kill(child, signal.SIGKILL)
                count += 1
            except ProcessLookupError:
                pass
            assert worker.stdout.readline().strip() == "over"
            after()
    finally:
        worker.stdin.close()
        worker.stdout.close()
        worker.wait(timeout=60)
    return count


def test_a_copy_that_is_killed_leaves_no_half_file(copied):
    folder, made = copied

    def look() -> None:
        for path in (folder / "copies").glob("*.patronat"):
            assert path.stat().st_size >= made.size * 0.9, "a half copy under a final name"

    killed(copied, "copy", 3, look)
    other = create_app(of_test(folder))
    with other.app_context():
        made = making.make(folder / "copies")
        assert made.faults == []
        db.session.remove()
        db.engine.dispose()
    assert not list(folder.glob("copying-*")), "an open copy is left"


def test_a_restoring_that_is_killed_leaves_the_old_bank_or_the_new_one(copied):
    folder, _made = copied

    def look() -> None:
        restoring.settle(folder, f"sqlite:///{folder / 'bank.db'}")  # as the next start does
        with sqlite3.connect(folder / "bank.db") as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            [number] = connection.execute("SELECT number FROM family").fetchone()
        assert number in ("00099", "00042")
        assert (folder / "papers").is_dir()
        connection.close()

    killed(copied, "restore", 6, look)
