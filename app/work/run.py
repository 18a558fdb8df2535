"""What a task has at hand: what was asked, the folder of the job, and a way to say how far it is."""

from __future__ import annotations

import time
from typing import Any

from app.work import queue
from app.work.results import JobFiles

PAUSE = 0.5  # seconds between two words about how far a job is


class Run:
    """One attempt at a job."""

    def __init__(self, claim: queue.Claim) -> None:
        self.claim = claim
        self.parameters = claim.parameters
        self.folder = JobFiles(claim.id)
        self.checkpoint: dict[str, Any] = dict(claim.checkpoint or {})
        self._told = 0.0
        self._stage = ""
        self._silent = False

    def tell(self, stage: str, done: int, whole: int) -> None:
        """Say how far the job is; what comes too soon after the last word is left out. Raises as `queue.tell`."""
        if self._silent:
            return
        if stage == self._stage and time.monotonic() - self._told < PAUSE:
            return
        queue.tell(self.claim, stage, done, whole)
        self._told, self._stage = time.monotonic(), stage

    def be_silent(self) -> None:
        """Say nothing more; before the task writes: beside a transaction that writes, SQLite lets nobody speak."""
        self._silent = True

    def keep(self, stage: str, done: int, whole: int) -> None:
        """Say how far the job is, and store the checkpoint: a later attempt begins from it."""
        queue.tell(self.claim, stage, done, whole, self.checkpoint)
        self._told, self._stage = time.monotonic(), stage
