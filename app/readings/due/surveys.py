"""The surveys whose groups have not been there yet: each has the last day that it was given when it was named."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

from sqlalchemy import Select, func, select

from app import access
from app.domain.periods import Period
from app.domain.terms import Moment
from app.extensions import db
from app.models import Family, SignalCard, SurveyGroup
from app.readings import surveys
from app.readings.clocks import DeadlinesInUse
from app.readings.due.kinds import DaysAsked, Due

_group, _card, _family = SurveyGroup.__table__, SignalCard.__table__, Family.__table__

PAGE = "survey"
TITLE, WHO = "Выезд группы обследования", "группа обследования"


def lines(asked: DaysAsked) -> list[Due]:
    """The visits of the person's surveys, the earliest first."""
    about = (
        _group.c.id, _group.c.due_on, _family.c.number.label("family"), _family.c.name, _card.c.number, _card.c.year,
        _card.c.last_name, _card.c.first_name,
    )  # fmt: skip
    joined = _group.outerjoin(_family, _family.c.id == _group.c.family_id).outerjoin(
        _card, _card.c.id == _group.c.card_id
    )
    found = _waiting(*about).select_from(joined).where(_group.c.due_on <= asked.until)
    if asked.since is not None:
        found = found.where(_group.c.due_on >= asked.since)
    row = asked.deadlines.between(Moment.SIGNAL_REGISTERED, Moment.SURVEYED)
    rows = db.session.connection().execute(found.order_by(_group.c.due_on, _group.c.id).limit(asked.most))
    return [_due(one, row) for one in rows]


def counts(period: Period, _deadlines: DeadlinesInUse) -> Counter[date]:
    """How many visits are due on each day."""
    found = _waiting(_group.c.due_on, func.count()).where(_group.c.due_on.between(period.start, period.end))
    return Counter(dict(map(tuple, db.session.connection().execute(found.group_by(_group.c.due_on)))))


def _waiting(*columns: Any) -> Select[Any]:
    """The person's surveys that wait for their group."""
    return select(*columns).where(surveys.waits(), access.scope().surveys())


def _due(one: Any, row: Any) -> Due:
    """A visit; row: the deadline of the dictionary that the day was counted by, if there is one."""
    return Due(
        source="surveys",
        due=one.due_on,
        title=TITLE,
        who=WHO if row is None else row.actor,
        clause="" if row is None else row.clause or "",
        mark=f"№ {one.family}" if one.family else f"СК № {one.number}/{one.year}",
        name=one.name or f"{one.last_name} {one.first_name}",
        page=PAGE,
        key=one.id,
        uid=f"survey-{one.id}",
    )
