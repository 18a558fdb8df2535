"""The instructions that bodies have not answered yet: each has the last day that the meeting gave it."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

from sqlalchemy import Select, func, select

from app import access, words
from app.domain.periods import Period
from app.domain.terms import InstructionKind
from app.extensions import db
from app.models import Agency, AgendaItem, Instruction
from app.readings import meetings
from app.readings.clocks import DeadlinesInUse
from app.readings.due.kinds import DaysAsked, Due

_row, _agency, _item = Instruction.__table__, Agency.__table__, AgendaItem.__table__

PAGE, LONGEST = "instruction", 80
ANSWERS = {
    InstructionKind.INSTRUCTION: "Ответ на поручение",
    InstructionKind.REPRESENTATION: "Ответ на представление",
    InstructionKind.COURT: "Ответ о материалах в суд",
}
CLAUSE = "120-ФЗ, статья 11, часть 4"


def lines(asked: DaysAsked) -> list[Due]:
    """The answers that the person gives or waits for, the earliest first."""
    about = (_row.c.id, _row.c.due_on, _row.c.kind, _row.c.text, _agency.c.name, _item.c.number)
    joined = _row.join(_agency, _agency.c.id == _row.c.agency_id).join(_item, _item.c.id == _row.c.item_id)
    found = _waiting(*about).select_from(joined).where(_row.c.due_on <= asked.until)
    if asked.since is not None:
        found = found.where(_row.c.due_on >= asked.since)
    rows = db.session.connection().execute(found.order_by(_row.c.due_on, _row.c.id).limit(asked.most))
    return [_due(one) for one in rows]


def counts(period: Period, _deadlines: DeadlinesInUse) -> Counter[date]:
    """How many answers are due on each day."""
    found = _waiting(_row.c.due_on, func.count()).where(_row.c.due_on.between(period.start, period.end))
    return Counter(dict(map(tuple, db.session.connection().execute(found.group_by(_row.c.due_on)))))


def _waiting(*columns: Any) -> Select[Any]:
    """The person's instructions that wait for an answer."""
    return select(*columns).where(meetings.waits_for_answer(), access.scope().rows(Instruction))


def _due(one: Any) -> Due:
    return Due(
        source="instructions",
        due=one.due_on,
        title=ANSWERS[one.kind],
        who=one.name,
        clause=CLAUSE,
        mark=f"№ {one.number}" if one.number else "",
        name=words.short(one.text.rstrip("."), LONGEST),
        page=PAGE,
        key=one.id,
        uid=f"instruction-{one.id}",
    )
