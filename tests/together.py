"""Tests that one worker runs one after the other: what they stand on is dear, and is made once in a run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

TOGETHER = ("tests/browser/",)  # Chromium before a served demo bank


class Scheduling(LoadScopeScheduling):
    """Whoever is free takes the tests of the next file for one kind of database, or all that stand on one dear thing.

    The tests of a file ask for the same facts and send much the same statements: what is entered and written out for
    the first of them is at hand for the others. The first worker begins with Postgres and the others without, as each
    writes out the statements for its kind; whose tests are over helps the others.
    """

    def __init__(self, config: pytest.Config, log: Any = None) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False  # in the order of the tests: those with the longest come first

    def _assign_work_unit(self, node: WorkerController) -> None:
        of_postgres = node is self.nodes[0]
        own = next((scope for scope in self.workqueue if ("[postgres" in scope) == of_postgres), None)
        if own is not None:
            self.workqueue.move_to_end(own, last=False)
        super()._assign_work_unit(node)

    def _split_scope(self, nodeid: str) -> str:
        file, _, test = nodeid.partition("::")
        of_file = f"{file}[postgres" if "[postgres" in test else file
        return next((beginning for beginning in TOGETHER if nodeid.startswith(beginning)), of_file)


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
