"""Workers are killed at random while they work: every job ends once, and what it writes is written once."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.domain.terms import Act, JobKind, JobState
from app.extensions import db
from app.models import Job, JournalEntry
from app.work.results import JobFiles
from tests import factories

ROOT = Path(__file__).resolve().parents[2]
JOBS, KILLS = 20, 8
PRINTING = 0.1  # seconds that one of the two passports of a job takes
LONGEST = 240  # seconds until all of it must be over

# Workers over the database of the test, each begun when the one before it has died; says the number of each. Their
# claims are short, so that what a killed one held is soon taken over. What is printed takes its time and no work.
WORKERS = """
import json, os, sys, time
from datetime import timedelta
from app import create_app
from app.work import passports, queue, worker
queue.LEASE, queue.MOST_ATTEMPTS = timedelta(seconds=0.4), 1000
worker.POLL = 0.05
passports.passport.pdf = lambda *_, **__: time.sleep(float(sys.argv[2])) or b"%PDF"
app = create_app(json.loads(sys.argv[1]))
while True:
    child = os.fork()
    if not child:
        worker.work(app)
        os._exit(0)
    print(child, flush=True)
    if os.waitpid(child, 0)[1] == 0:
        break
"""


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
    names = ("TESTING", "SECRET_KEY", "SQLALCHEMY_DATABASE_URI", "INSTANCE_PATH", "PAPERS_FOLDER", "HTTPS")
    settings = json.dumps({name: app.config[name] for name in names})
    chance, killed, until = random.Random(20), 0, time.monotonic() + LONGEST

    def left() -> int:
        db.session.rollback()
        return db.session.scalar(select(func.count()).where(Job.ended_at.is_(None)))

    command = [sys.executable, "-c", WORKERS, settings, str(PRINTING)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as workers:
        worker = int(workers.stdout.readline())
        try:
            while left() and time.monotonic() < until:
                if killed < KILLS and (JOBS - left()) * KILLS >= killed * JOBS and left() < JOBS:
                    time.sleep(chance.random() * PRINTING)
                    os.kill(worker, signal.SIGKILL)
                    killed, worker = killed + 1, int(workers.stdout.readline())
                time.sleep(0.05)
        finally:
            os.kill(worker, signal.SIGTERM)
    assert killed == KILLS
    ended = db.session.execute(select(Job.id, Job.state, Job.result)).all()
    assert sorted(job for job, _state, _result in ended) == jobs
    assert {state for _job, state, _result in ended} == {JobState.DONE}
    for job_id, _state, result in ended:
        assert JobFiles(job_id).read(result["file"]).startswith(b"PK")
    printed = Counter(db.session.scalars(select(JournalEntry.family_id).where(JournalEntry.act == Act.PRINTED)))
    assert printed == dict.fromkeys(families, JOBS)
