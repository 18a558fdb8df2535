"""Transfers whose facts contradict each other: where a file is, and where its family is on record."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from sqlalchemy import ColumnElement, and_, func, or_, select

from app.extensions import db
from app.models import Family, Registration, Transfer

_row, _stay = Transfer.__table__, Registration.__table__
_left, _came = Family.__table__.alias("family_that_left"), Family.__table__.alias("family_that_came")
_is_out = and_(_row.c.answered_at.is_not(None), _row.c.declined.is_(None))

# What the facts of a transfer cannot be, and how it is said.
FAULTS: tuple[tuple[ColumnElement[bool], str], ...] = (
    (and_(_row.c.answered_at.is_(None), or_(_row.c.received_id.is_not(None), _row.c.stay_id.is_not(None))),
     "ждёт приёма, а семья уже принята"),
    (and_(_row.c.declined.is_not(None), or_(_row.c.received_id.is_not(None), _row.c.stay_id.is_not(None))),
     "в приёме отказано, а семья принята"),
    (and_(_row.c.answered_at.is_(None), _left.c.annulled_at.is_not(None)), "ждёт приёма, а семья аннулирована"),
    (and_(_is_out, _stay.c.removed_on.is_(None)), "дело принято, а учёт на прежнем месте не окончен"),
    (and_(_is_out, _row.c.to_territory_id.is_not(None), _came.c.annulled_at.is_not(None)),
     "дело принято, а семья на новом месте аннулирована"),
)  # fmt: skip


def transfers(_today: date) -> Iterator[str]:
    """A family goes elsewhere once at a time, and is on record on one side only."""
    joined = (
        _row.outerjoin(_left, _left.c.id == _row.c.family_id)
        .outerjoin(_came, _came.c.id == _row.c.received_id)
        .outerjoin(_stay, _stay.c.id == _row.c.stay_id)
    )
    bank, live = db.session.connection(), _row.c.annulled_at.is_(None)
    for condition, said in FAULTS:
        asked = select(_row.c.id).select_from(joined).where(live, condition).order_by(_row.c.id)
        for key in bank.scalars(asked):
            yield f"Передача {key}: {said}."
    waiting = select(_left.c.number).select_from(joined).where(live, _row.c.answered_at.is_(None))
    for number in bank.scalars(waiting.group_by(_left.c.id, _left.c.number).having(func.count() > 1)):
        if number is not None:
            yield f"Семья № {number}: передаётся в несколько мест сразу."
