"""What bodies are asked about families and have not answered yet, each until the day that the asker gave."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

from sqlalchemy import Select, func, select

from app import access
from app.domain.periods import Period
from app.extensions import db
from app.models import Agency, AgencyInquiry, Family, SignalCard, SurveyGroup
from app.readings import inquiries
from app.readings.clocks import DeadlinesInUse
from app.readings.due.kinds import DaysAsked, Due

_inquiry, _group = AgencyInquiry.__table__, SurveyGroup.__table__
_card, _family, _agency = SignalCard.__table__, Family.__table__, Agency.__table__

PAGE = "inquiry"
TITLE = "Ответ на запрос"


def lines(asked: DaysAsked) -> list[Due]:
    """The inquiries to the person's body, or of the person's surveys, the earliest first."""
    about = (
        _inquiry.c.id, _inquiry.c.due_on, _agency.c.name.label("body"), _family.c.name, _card.c.last_name,
        _card.c.first_name,
    )  # fmt: skip
    joined = (
        _inquiry.join(_group, _group.c.id == _inquiry.c.group_id)
        .join(_agency, _agency.c.id == _inquiry.c.agency_id)
        .outerjoin(_family, _family.c.id == _group.c.family_id)
        .outerjoin(_card, _card.c.id == _group.c.card_id)
    )
    found = _waiting(*about).select_from(joined).where(_inquiry.c.due_on <= asked.until)
    if asked.since is not None:
        found = found.where(_inquiry.c.due_on >= asked.since)
    rows = db.session.connection().execute(found.order_by(_inquiry.c.due_on, _inquiry.c.id).limit(asked.most))
    return [
        Due(source="inquiries", due=one.due_on, title=TITLE, who=one.body, mark=f"Запрос № {one.id}",
            name=one.name or f"{one.last_name} {one.first_name}", page=PAGE, key=one.id, uid=f"inquiry-{one.id}")
        for one in rows
    ]  # fmt: skip


def counts(period: Period, _deadlines: DeadlinesInUse) -> Counter[date]:
    """How many answers are due on each day."""
    found = _waiting(_inquiry.c.due_on, func.count()).where(_inquiry.c.due_on.between(period.start, period.end))
    return Counter(dict(map(tuple, db.session.connection().execute(found.group_by(_inquiry.c.due_on)))))


def _waiting(*columns: Any) -> Select[Any]:
    """The person's inquiries that nobody has answered yet."""
    return select(*columns).where(inquiries.waits(), access.scope().rows(AgencyInquiry))
