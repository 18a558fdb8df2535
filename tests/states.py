"""The bank under test, laid back before each test; facts that many tests begin with are entered once and laid aside."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import inspect

from app import access
from app.extensions import db
from app.journal.chain import ANCHORS
from app.models import Model
from app.readings.kept import answers
from app.services.destruction import RECORD
from tests import databases, factories

MIXED = "mixed"  # a bank in which something was written that is not kept


@dataclass
class Bank:
    """An application over a database that can be laid back to its pristine state, or to one that was kept."""

    app: Flask
    database: databases.SqliteBank | databases.PostgresBank
    state: str = databases.PRISTINE
    kept: dict[str, Any] = field(default_factory=dict)  # what each state holds, as keys

    def restore(self, state: str = databases.PRISTINE) -> None:
        with self.app.app_context():
            db.session.remove()
            self.database.restore(db.engine, state)
            answers.clear()
        self.state = state
        shutil.rmtree(self.app.config["PAPERS_FOLDER"], ignore_errors=True)
        for name in (ANCHORS, RECORD):
            (Path(self.app.instance_path) / name).unlink(missing_ok=True)

    def fill(self, name: str, enter: Callable[[], object]) -> Any:
        """Enter facts and commit them, once for this worker: whoever asks next for the same, and has written nothing
        yet, gets the bank as it was laid aside then. Gives what was entered, as keys.
        """
        db.session.commit()
        if self.state == MIXED or self.database.touched():
            self.state = MIXED
            return _keys(enter())
        state = name if self.state == databases.PRISTINE else f"{self.state} {name}"
        if state in self.database.states:
            db.session.remove()
            self.restore(state)
        else:
            self.kept[state] = _keys(enter())
            db.session.remove()
            assert not Path(self.app.config["PAPERS_FOLDER"]).exists(), f"{name}: files are not laid aside"
            self.database.keep(db.engine, state)
            self.state = state
        return self.kept[state]


def _keys(rows: Any) -> Any:
    """The keys by which rows, alone or by their names, are read again, when they are committed; the rest as it is."""
    db.session.commit()
    if isinstance(rows, dict):
        return {name: _keys(row) for name, row in rows.items()}
    return (type(rows), inspect(rows).identity) if isinstance(rows, Model) else rows


def _row(key: Any) -> Any:
    if not (isinstance(key, tuple) and isinstance(key[0], type)):
        return key
    with access.unrestricted(), db.session.no_autoflush:
        return db.session.get(*key)


class Rows(Mapping[str, Any]):
    """Rows by their names, each read from the bank when it is first asked for."""

    def __init__(self, keys: dict[str, Any]) -> None:
        self._keys, self._read = keys, {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._read:
            self._read[name] = _row(self._keys[name])
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)

    def __or__(self, others: Mapping[str, Any]) -> dict[str, Any]:
        return {**self, **others}


def kept(enter: Callable[[factories.Cast], Any]) -> Any:
    """A fixture of facts that many tests begin with: entered once for a worker and kept, not once for a test.

    `enter(cast)` gives a row, rows by their names, or plain values; the fixture gives the same, committed.
    """

    @pytest.fixture(name=enter.__name__)
    def facts(bank: Bank, cast: factories.Cast) -> Any:
        name = f"{enter.__module__}.{enter.__name__}".removeprefix("tests.")
        found = bank.fill(name, lambda: enter(cast))
        return Rows(found) if isinstance(found, dict) else _row(found)

    facts.__doc__ = enter.__doc__
    return facts
