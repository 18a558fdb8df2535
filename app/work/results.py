"""How a job ended, and the folder that keeps its files for a day."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import current_app

from app.domain.terms import JobState
from app.models import Job


@dataclass(frozen=True)
class Result:
    """What a job gives: a sentence, and a page to go on to or a file to keep.

    endpoint, values: the page. file: the name of the file in the folder of the job; file_name: under which it leaves.
    records: how many records the file hands over, for the journal.
    """

    text: str
    endpoint: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    file: str = ""
    file_name: str = ""
    mime: str = ""
    records: int = 0


class JobFiles:
    """The files of one job, readable by the server alone."""

    def __init__(self, job_id: int) -> None:
        self.path = _home() / str(job_id)

    def make(self) -> None:
        """An empty folder: a job that was never stored may have left files under the same number."""
        self.drop()
        self.path.mkdir(mode=0o700, parents=True)

    def drop(self) -> None:
        """Delete the files of the job."""
        shutil.rmtree(self.path, ignore_errors=True)

    def write(self, name: str, content: bytes) -> None:
        """Store a file whole or not at all."""
        part = self.path / f"{name}.{secrets.token_hex(8)}.part"
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
        part.replace(self.path / name)

    def place(self) -> tuple[str, Path]:
        """A name for a result that no other attempt writes to, and where the file of that name lies."""
        name = secrets.token_hex(16)
        return name, self.path / name

    def keep(self, content: bytes) -> str:
        """Store a result; gives the name of its file."""
        name, _path = self.place()
        self.write(name, content)
        return name

    def read(self, name: str) -> bytes:
        """A file of the job. Raises FileNotFoundError."""
        return (self.path / name).read_bytes()

    def holds(self, name: str) -> bool:
        """Whether a file is there whole."""
        return (self.path / name).is_file()


def shown(job: Job) -> dict[str, Any] | None:
    """What a comparison has kept to be shown; None if the job kept nothing of the kind, or its day is over."""
    told = job.result or {}
    if job.state is not JobState.DONE or not told.get("file") or told.get("file_name"):
        return None
    try:
        said: dict[str, Any] = json.loads(JobFiles(job.id).read(told["file"]))
    except FileNotFoundError:
        return None
    return said


def folders() -> Iterator[tuple[int, float]]:
    """The jobs that have a folder, and the moment each folder was last written to, in seconds."""
    for path in _home().iterdir():
        if path.name.isdigit():
            yield int(path.name), path.stat().st_mtime


def _home() -> Path:
    home = Path(current_app.instance_path) / "work"
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    return home
