"""Tests that one worker runs one after the other: what they stand on is dear, and is made once in a run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling

# Chromium before a served demo bank; the bank that is measured; the trees of all sources.
TOGETHER = ("tests/browser/", "tests/test_benchmarks.py", "tests/test_conventions.py")


class Scheduling(LoadScopeScheduling):
    """Whoever is free takes the next test, or all that stand on one dear thing."""

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
