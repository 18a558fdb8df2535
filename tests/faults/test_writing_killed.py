"""Whoever writes is killed at any moment, or the power is cut: all of an act is stored, or nothing of it."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from app import access, clock, create_app
from app.domain.terms import DecisionKind
from app.extensions import begin_writing, db
from app.models import Agency, Family, Meeting, PlannedMeasure
from app.services import aid
from tests import factories, meeting_scenes
from tests.exchange.workbooks import Sound, load
from tests.faults.test_killed import TIMES
from tests.forks import LONGEST, fork, kill
from tests.settings import of_test

pytestmark = [pytest.mark.long, pytest.mark.one_database("the power is cut under files; Postgres keeps its own log")]
MANY = 8  # families, matters or measures of one act
Acted = Callable[[], Any]


def a_load(_cast: Any) -> Acted:
    content = Sound().content()
    return lambda: load(content)


def a_meeting(cast: Any) -> Acted:
    held, body = meeting_scenes.meeting(meeting_scenes.commission(cast)), cast.agency("5.2")
    for number in range(MANY):
        row = factories.family(cast.north)
        factories.member(row, "мать", date(1990, 1, 1), f"Полозова{number}")
        ordered = [meeting_scenes.order(body, clock.today() + meeting_scenes.DAY)]
        meeting_scenes.decide(meeting_scenes.item(held, row), DecisionKind.PLACE, instructions=ordered)
    key = held.id
    return lambda: meeting_scenes.closed(db.session.get_one(Meeting, key))


def an_execution(cast: Any) -> Acted:
    today, family = clock.today(), factories.family(cast.north, "00042")
    factories.member(family)
    stay = factories.registration(family, date(2026, 3, 12))
    stage = factories.stage(factories.programme(stay, date(2026, 3, 12), date(2026, 12, 1)), date(2026, 3, 12),
                            date(2026, 12, 1))  # fmt: skip
    measures = [factories.measure(stage, date(2026, 10, 1)).id for _number in range(MANY)]
    key, body = family.id, cast.agency("5.2").id

    def carried_out() -> None:
        home, by = db.session.get_one(Family, key), db.session.get_one(Agency, body)
        for each in measures:
            planned = db.session.get_one(PlannedMeasure, each)
            given = aid.Given(given_on=today, description="оказано", performer=by)
            aid.give(given, aid.ToWhom(home, planned, home.members[:1]), None, today)

    return carried_out


def state(path: Path) -> dict[str, tuple[int, int]]:
    """How many rows each table of a bank has, and how often they were changed; the file itself is sound."""
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        found = {}
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            columns = {row[1] for row in connection.execute(f'PRAGMA table_info("{name}")')}
            changed = "coalesce(sum(version), 0)" if "version" in columns else "0"
            found[name] = connection.execute(f'SELECT count(*), {changed} FROM "{name}"').fetchone()
    return found


def cut_power(process: int, folder: Path) -> Path:
    """The files as they lie at one moment, the last of what was written torn."""
    with suppress(ProcessLookupError):
        os.killpg(process, signal.SIGSTOP)
    cut = folder / "cut"
    shutil.rmtree(cut, ignore_errors=True)
    cut.mkdir()
    for name in ("bank.db", "bank.db-wal"):
        if (folder / name).exists():
            shutil.copyfile(folder / name, cut / name)
    log = cut / "bank.db-wal"
    if log.exists() and log.stat().st_size:
        os.truncate(log, max(0, log.stat().st_size - random.randrange(5000)))
    return cut / "bank.db"


@pytest.mark.parametrize("prepared", [a_load, a_meeting, an_execution])
def test_an_act_that_is_killed_is_stored_wholly_or_not_at_all(app, cast, tmp_path, prepared):
    do = prepared(cast)
    db.session.commit()
    db.session.remove()
    base, bank = tmp_path / "base.db", tmp_path / "bank.db"
    with db.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("VACUUM INTO ?", (str(base),))
        connection.exec_driver_sql("BEGIN")
    other = create_app(of_test(tmp_path))

    def lay() -> None:
        with other.app_context():
            db.engine.dispose()
        for suffix in ("-wal", "-shm"):
            Path(f"{bank}{suffix}").unlink(missing_ok=True)
        shutil.copyfile(base, bank)
        with closing(sqlite3.connect(bank)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")

    def work() -> None:
        with other.app_context(), access.unrestricted():
            begin_writing()
            do()
            db.session.commit()

    lay()
    before, started = state(bank), time.monotonic()
    _number, status = os.waitpid(fork(other, work), 0)
    took = time.monotonic() - started
    assert status == 0, "the act itself does not work"
    after = state(bank)
    assert before["journal_entry"] < after["journal_entry"]
    assert took < LONGEST
    for number in range(TIMES):
        lay()
        process = fork(other, work)
        time.sleep(random.uniform(0, took))
        if number % 2:
            assert state(cut_power(process, tmp_path)) in (before, after), "half of it was there when the power went"
        kill(process)
        assert state(bank) in (before, after), "half of it is stored"
