"""Tests that one worker runs one after the other: what they stand on is dear, and is made once in a run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

# Chromium before a served demo bank; the bank that is measured; the trees of all sources.
TOGETHER = ("tests/browser/", "tests/test_benchmarks.py", "tests/test_conventions.py")


class Scheduling(LoadScopeScheduling):
    """Whoever is free takes the next test, or all that stand on one dear thing.

    The first worker begins with Postgres and the others without: to make a bank, and to write out each statement of the
    program for its kind, takes seconds, and so most workers do it for one kind. Whose tests are over helps the others.
    """

    def _assign_work_unit(self, node: WorkerController) -> None:
        of_postgres = node is self.nodes[0]
        own = next((scope for scope in self.workqueue if ("[postgres" in scope) == of_postgres), None)
        if own is not None:
            self.workqueue.move_to_end(own, last=False)
        super()._assign_work_unit(node)

    def _split_scope(self, nodeid: str) -> str:
        return next((beginning for beginning in TOGETHER if nodeid.startswith(beginning)), nodeid)


@pytest.fixture(scope="session")
def once(worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """once("live"): a folder for what is dear; a second worker that asks for it is told to leave it to the first."""

    def folder(name: str) -> Path:
        of_worker = tmp_path_factory.getbasetemp()
        made = (of_worker if worker_id == "master" else of_worker.parent) / name
        assert not made.exists(), f"{name} is made by two workers: name what stands on it in TOGETHER"
        made.mkdir()
        return made

    return folder
