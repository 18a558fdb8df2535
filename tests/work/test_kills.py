"""Workers are killed at random while they work: every job ends once, and what it writes is written once."""

from __future__ import annotations

import random
import time
from collections import Counter
from datetime import date, timedelta
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.domain.terms import Act, JobKind, JobState
from app.extensions import db
from app.models import Job, JournalEntry
from app.work import passports, queue, worker
from app.work.results import JobFiles
from tests import factories
from tests.forks import LONGEST, fork, kill

JOBS, KILLS = 20, 8
PRINTING = 0.1  # seconds that one of the two passports of a job takes


def work(app: Flask) -> None:
    """Do jobs by short claims, so that what a killed worker held is soon taken over; print what takes time, no work."""
    queue.LEASE, queue.MOST_ATTEMPTS, worker.POLL = timedelta(seconds=0.4), 1000, 0.05
    passports.passport.pdf = lambda *_, **__: time.sleep(PRINTING) or b"%PDF"
    worker.work(app)


@pytest.mark.one_database("test_queue.py claims jobs on both", on="postgres")
@pytest.mark.long
def test_twenty_jobs_survive_workers_that_are_killed(app, cast, asked, monkeypatch):
    families = []
    for number in range(2):
        row = factories.family(cast.north, f"0005{number}")
        factories.member(row, "мать", date(1988, 1, 1), "Полозова")
        factories.registration(row, date(2026, 3, 12))
        families.append(row.id)
    monkeypatch.setattr("app.work.queue.MOST_OF_ONE", JOBS)
    jobs = [asked("anna", JobKind.PASSPORTS, families=families).id for _ in range(JOBS)]
    db.session.commit()
    db.session.remove()
    chance, killed, until = random.Random(20), 0, time.monotonic() + LONGEST

    def left() -> int:
        db.session.rollback()
        return db.session.scalar(select(func.count()).where(Job.ended_at.is_(None)))

    process = fork(app, partial(work, app))
    try:
        while left() and time.monotonic() < until:
            if killed < KILLS and (JOBS - left()) * KILLS >= killed * JOBS and left() < JOBS:
                time.sleep(chance.random() * PRINTING)
                killed += kill(process)
                process = fork(app, partial(work, app))
            time.sleep(0.05)
    finally:
        kill(process)
    assert killed == KILLS
    ended = db.session.execute(select(Job.id, Job.state, Job.result)).all()
    assert sorted(job for job, _state, _result in ended) == jobs
    assert {state for _job, state, _result in ended} == {JobState.DONE}
    for job_id, _state, result in ended:
        assert JobFiles(job_id).read(result["file"]).startswith(b"PK")
    printed = Counter(db.session.scalars(select(JournalEntry.family_id).where(JournalEntry.act == Act.PRINTED)))
    assert printed == dict.fromkeys(families, JOBS)
