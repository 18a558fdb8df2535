"""The criteria of stays that a workbook states: those of a fresh stay, and those in force that it corrects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.criteria import DatedCriterion, Rewriting, corrected
from app.exchange.apply.store import Store
from app.exchange.changes import SetUpdate, Update
from app.extensions import portions
from app.models import Criterion, Registration, RegistrationCriterion
from app.services.registrations import DROPPED

TABLE = "registration_criterion"
_stay, _row = Registration.__table__, RegistrationCriterion.__table__


def put(store: Store, family_id: int, stay_id: int, position: int, criterion_id: int, since: date,
        decision_id: int) -> None:  # fmt: skip
    """Put a row by that begins by a decision."""
    called = store.words.of(Criterion, criterion_id)
    store.add_of_family(TABLE, family_id, f"{RegistrationCriterion.TITLE}: {called}", {
        "registration_id": stay_id, "position": position, "criterion_id": criterion_id, "since": since, "until": None,
        "decision_id": decision_id, "ended_by_id": None,
    })  # fmt: skip


class _Correction(NamedTuple):
    """What is written of the criteria of one stay: its rows by their keys, and the decision by which others begin."""

    told: SetUpdate
    made: Rewriting
    rows: dict[int, Any]
    decision_id: int

    def changes(self, at: datetime) -> Iterator[tuple[int, dict[str, Any]]]:
        """The rows of the bank that change, with their new values."""
        for key in self.made.ends:
            yield key, {"until": self.made.day, "ended_by_id": self.decision_id}
        for key in self.made.resumes:
            yield key, {"until": None, "ended_by_id": None}
        for key, criterion_id in self.made.names:
            yield key, {"criterion_id": criterion_id}
        for key in self.made.drops:
            yield key, {"annulled_at": at, "annul_reason": DROPPED}


class Corrections:
    """The criteria in force of stays of the bank, written otherwise since their last change."""

    def __init__(self, session: Session, sets: Iterable[SetUpdate], ids: Mapping[str, int]) -> None:
        told = {each.id: each for each in sets if each.name == "criteria"}
        self._corrections = [
            _correction(told[stay.id], stay, rows, [ids[code] for code in told[stay.id].becomes])
            for keys in portions(sorted(told))
            for stay, rows in _stays(session, keys)
        ]

    @property
    def begun(self) -> int:
        """How many rows are added."""
        return sum(len(each.made.begins) for each in self._corrections)

    def put(self, store: Store) -> list[Update]:
        """Put the rows by that begin; gives the changes of the others."""
        updates = []
        for each in self._corrections:
            family = each.told.family
            assert family.id is not None
            for position, criterion_id in each.made.begins:
                put(store, family.id, each.told.id, position, criterion_id, each.made.day, each.decision_id)
            for key, values in each.changes(store.at):
                was = {name: getattr(each.rows[key], name) for name in values}
                updates.append(Update(TABLE, key, family, each.told.title, was, values))
        return updates


def _stays(session: Session, keys: Sequence[int]) -> Iterator[tuple[Any, list[Any]]]:
    """Stays with the rows of their criteria."""
    rows: dict[int, list[Any]] = {}
    live = (_row.c.registration_id.in_(keys), _row.c.annulled_at.is_(None))
    for row in session.execute(select(_row).where(*live)):
        rows.setdefault(row.registration_id, []).append(row)
    for stay in session.execute(select(_stay).where(_stay.c.id.in_(keys))):
        yield stay, rows.get(stay.id, [])


def _correction(told: SetUpdate, stay: Any, rows: list[Any], wanted: list[int]) -> _Correction:
    dated = tuple(DatedCriterion(row.position, row.criterion_id, row.since, row.until, row.id) for row in rows)
    made = corrected(dated, stay.registered_on, wanted)
    begun = {row.since: row.decision_id for row in rows} | {row.until: row.ended_by_id for row in rows}
    return _Correction(told, made, {row.id: row for row in rows}, begun.get(made.day, stay.decision_id))
