"""The server keeps one worker of jobs beside it, and takes it along when it stops."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from runpy import run_path

import pytest
from sqlalchemy import select

from app.domain.terms import JobKind, JobState
from app.extensions import db
from app.models import Job
from tests.forks import LONGEST, wait_for

ROOT = Path(__file__).resolve().parents[2]


def workers(server: int) -> list[int]:
    """The processes that do jobs beside a server."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except (OSError, NotADirectoryError):
            continue
        if b"--beside" in words and str(server).encode() in words:
            found.append(int(folder.name))
    return found


def is_over(job_id: int) -> bool:
    db.session.rollback()
    return db.session.scalar(select(Job.state).where(Job.id == job_id)) is JobState.REFUSED


@pytest.mark.long
@pytest.mark.one_database("which process does the jobs does not depend on the database")
def test_a_worker_of_jobs_lives_as_long_as_the_server(app, asked, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ, "PATRONAT_LOCAL": "1", "INSTANCE_PATH": str(tmp_path), "PORT": str(port),
        "DATABASE_URL": app.config["SQLALCHEMY_DATABASE_URI"],
    }  # fmt: skip
    first = asked("anna", JobKind.PASSPORTS, families=[]).id
    with (tmp_path / "said").open("w") as said:
        server = subprocess.Popen([sys.executable, "run.py"], cwd=ROOT, env=environment, stderr=said)
    try:
        wait_for(lambda: is_over(first) or server.poll() is not None)
        assert server.poll() is None, (tmp_path / "said").read_text("utf-8")
        assert workers(server.pid)
    finally:
        server.terminate()
        server.wait(LONGEST)
    wait_for(lambda: not workers(server.pid))


def test_a_worker_of_jobs_that_was_killed_is_started_again_until_the_server_ends(monkeypatch):
    server = run_path(str(ROOT / "gunicorn.conf.py"))
    kept, started = server["when_ready"].__globals__, []

    def start(_command: list[str]) -> subprocess.Popen[bytes]:
        started.append(process := Popen([sys.executable, "-c", "import time; time.sleep(600)"]))
        return process

    Popen = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", start)
    monkeypatch.setitem(kept, "REST", 0)
    server["when_ready"](None)
    wait_for(lambda: len(started) == 1)
    started[0].kill()
    wait_for(lambda: len(started) == 2)
    server["on_exit"](None)
    assert started[1].wait(10) != 0
    assert len(started) == 2
