"""Inquiries to bodies whose facts contradict each other, and what bodies told on a day that was still to come."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from sqlalchemy import ColumnElement, and_, exists, select

from app.extensions import db
from app.models import AgencyFinding, AgencyInquiry

_inquiry, _finding = AgencyInquiry.__table__, AgencyFinding.__table__
_tells = exists(
    select(_finding.c.id)
    .where(_finding.c.group_id == _inquiry.c.group_id, _finding.c.agency_id == _inquiry.c.agency_id)
    .where(_finding.c.annulled_at.is_(None))
    .correlate_except(_finding)
)

# What the facts of an inquiry cannot be, and how it is said.
CONTRADICTIONS: tuple[tuple[ColumnElement[bool], str], ...] = (
    (_inquiry.c.answered_at < _inquiry.c.created_at, "ответ дан раньше, чем запрошен"),
    (_inquiry.c.closed_at < _inquiry.c.answered_at, "закрыт раньше, чем дан ответ"),
    (and_(_inquiry.c.knows_nothing, _tells), "отвечено «сведений нет», а сведения внесены"),
    (
        and_(_inquiry.c.answered_at.is_not(None), _inquiry.c.knows_nothing.is_(False), ~_tells),
        "отвечено, а сведений нет",
    ),
)


def asked_bodies(today: date) -> Iterator[str]:
    """A body answers after it was asked, by what it tells or by knowing nothing; it tells of days that have come."""
    connection = db.session.connection()
    for condition, said in CONTRADICTIONS:
        found = select(_inquiry.c.id).where(_inquiry.c.annulled_at.is_(None), condition).order_by(_inquiry.c.id)
        for key in connection.scalars(found):
            yield f"Запрос ведомству {key}: {said}."
    ahead = select(_finding.c.id).where(_finding.c.annulled_at.is_(None), _finding.c.told_on > today)
    for key in connection.scalars(ahead.order_by(_finding.c.id)):
        yield f"Данные ведомства {key}: сказаны о дне, который ещё не наступил."
