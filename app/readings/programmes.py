"""Programmes, their stages and measures: what lists ask of them."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ColumnElement, and_, not_

from app.domain.terms import MeasureState, StageState
from app.models import PlannedMeasure, Programme, Stage


def is_draft() -> ColumnElement[bool]:
    return and_(Programme.approval_id.is_(None), Programme.closed_on.is_(None))


def is_under_way() -> ColumnElement[bool]:
    return and_(Programme.approval_id.is_not(None), Programme.closed_on.is_(None))


def is_closed() -> ColumnElement[bool]:
    return Programme.closed_on.is_not(None)


def is_over(row: Programme, today: date) -> bool:
    """Whether the term of a programme has run out and nobody has ended it."""
    return row.closed_on is None and row.ends_on < today


def is_stage_active(today: date) -> ColumnElement[bool]:
    """The twin of `domain.programmes.stage_state`."""
    return and_(Stage.reviewed_on.is_(None), Stage.decision_id.is_not(None), Stage.starts_on <= today)


def is_stage_planned(today: date) -> ColumnElement[bool]:
    return and_(Stage.reviewed_on.is_(None), not_(is_stage_active(today)))


def is_stage_reviewed() -> ColumnElement[bool]:
    return Stage.reviewed_on.is_not(None)


def waits_for_review(row: Stage, today: date) -> bool:
    """Whether a stage has come to its end without its results."""
    return row.state(today) is StageState.ACTIVE and row.ends_on < today


def is_planned() -> ColumnElement[bool]:
    return PlannedMeasure.state == MeasureState.PLANNED


def is_overdue(today: date) -> ColumnElement[bool]:
    """The twin of `domain.programmes.is_overdue`."""
    return and_(is_planned(), PlannedMeasure.due_on < today)


def is_done() -> ColumnElement[bool]:
    return PlannedMeasure.state == MeasureState.DONE
