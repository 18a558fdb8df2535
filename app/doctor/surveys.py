"""Survey acts whose facts contradict each other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from app.domain.terms import SurveyAccess
from app.extensions import db
from app.models import SurveyAct, SurveyGroup

_act, _group = SurveyAct.__table__, SurveyGroup.__table__
_live = and_(_act.c.annulled_at.is_(None), _group.c.annulled_at.is_(None))
_first_visit = (
    select(func.min(_act.c.visited_on))
    .where(_act.c.group_id == _group.c.id, _act.c.annulled_at.is_(None), _act.c.is_current.is_(True),
           _act.c.access == SurveyAccess.TOOK_PLACE)
    .scalar_subquery()
)  # fmt: skip


def survey_acts(today: date) -> Iterator[str]:
    """One edition of a visit is in force, one act at a time is open, and a survey says when its group was there."""
    yield from _of_acts(_act.c.visited_on > today, "день выхода ещё не наступил")
    yield from _twice(_act.c.is_current.is_(True), "действуют две редакции акта одного выхода", _act.c.visit)
    yield from _twice(_act.c.signed_at.is_(None), "два неподписанных акта сразу")
    told = or_(_group.c.surveyed_on != _first_visit, _group.c.surveyed_on.is_(None) != _first_visit.is_(None))
    for key in _keys(select(_group.c.id).where(_group.c.annulled_at.is_(None), told)):
        yield f"Обследование {key}: его день не тот, что в подписанных актах."


def _of_acts(condition: ColumnElement[bool], said: str) -> Iterator[str]:
    asked = select(_act.c.group_id).select_from(_act.join(_group, _group.c.id == _act.c.group_id))
    for key in _keys(asked.where(_live, condition)):
        yield f"Обследование {key}: {said}."


def _twice(condition: ColumnElement[bool], said: str, *by: Any) -> Iterator[str]:
    asked = select(_act.c.group_id).select_from(_act.join(_group, _group.c.id == _act.c.group_id))
    asked = asked.where(_live, condition).group_by(_act.c.group_id, *by).having(func.count() > 1)
    for key in _keys(asked):
        yield f"Обследование {key}: {said}."


def _keys(asked: Select[tuple[int]]) -> list[int]:
    return sorted(set(db.session.connection().scalars(asked)))
