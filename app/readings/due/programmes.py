"""The ends of stages, and the days by which measures of plans are due.

They are due to whoever answers: a measure to the body that performs it, one that no body performs to whoever keeps the
family; a stage to whoever keeps the family, and to the people of its working group. How bodies are late is told by the
lists of «На контроле».
"""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

from sqlalchemy import Select, func, select

from app import access, conditions, words
from app.domain.periods import Period
from app.domain.terms import MeasureState
from app.extensions import db
from app.models import (
    Agency,
    Family,
    MeasureKind,
    PlannedMeasure,
    Programme,
    Stage,
    StageKind,
    WorkingGroupMember,
)
from app.readings.clocks import DeadlinesInUse
from app.readings.due.kinds import DaysAsked, Due

_stage, _kind, _programme, _family = Stage.__table__, StageKind.__table__, Programme.__table__, Family.__table__
_group = WorkingGroupMember.__table__
_measure, _agency, _catalogue = PlannedMeasure.__table__, Agency.__table__, MeasureKind.__table__

PAGE, LONGEST = "programme", 80


def lines(asked: DaysAsked) -> list[Due]:
    """The stages that end and the measures that are due, the earliest first."""
    stages = _until(_stages(_stage.c.id, _stage.c.ends_on.label("day"), _stage.c.programme_id, _kind.c.name,
                            _family.c.number, _family.c.name.label("family")), _stage.c.ends_on, asked)  # fmt: skip
    measures = _until(_measures(_measure.c.id, _measure.c.due_on.label("day"), _stage.c.programme_id,
                                _catalogue.c.code, _catalogue.c.name, _agency.c.name.label("body"), _family.c.number,
                                _family.c.name.label("family")), _measure.c.due_on, asked)  # fmt: skip
    found = [
        Due(source="programmes", due=row.day, title=f"Итоги этапа программы: {row.name.lower()}",
            mark=f"№ {row.number}", name=row.family, page=PAGE, key=row.programme_id, uid=f"stage-{row.id}")
        for row in stages
    ]  # fmt: skip
    found += [
        Due(source="programmes", due=row.day, title=words.short(f"{row.code} {row.name}", LONGEST), who=row.body or "",
            mark=f"№ {row.number}", name=row.family, page=PAGE, key=row.programme_id, uid=f"measure-{row.id}")
        for row in measures
    ]  # fmt: skip
    return sorted(found, key=lambda one: (one.due, one.uid))[: asked.most]


def counts(period: Period, _deadlines: DeadlinesInUse) -> Counter[date]:
    """How many of them are due on each day."""
    found: Counter[date] = Counter()
    for query, day in ((_stages(_stage.c.ends_on, func.count()), _stage.c.ends_on),
                       (_measures(_measure.c.due_on, func.count()), _measure.c.due_on)):  # fmt: skip
        rows = db.session.connection().execute(query.where(day.between(period.start, period.end)).group_by(day))
        found.update(dict(map(tuple, rows)))
    return found


def _until(query: Select[Any], day: Any, asked: DaysAsked) -> list[Any]:
    query = query.where(day <= asked.until)
    if asked.since is not None:
        query = query.where(day >= asked.since)
    return list(db.session.connection().execute(query.order_by(day).limit(asked.most)))


def _stages(*columns: Any) -> Select[Any]:
    """The person's approved stages of programmes that go on, without their results."""
    joined = (
        _stage.join(_kind, _kind.c.id == _stage.c.kind_id)
        .join(_programme, _programme.c.id == _stage.c.programme_id)
        .join(_family, _family.c.id == _stage.c.family_id)
    )
    found = _live(select(*columns).select_from(joined), _stage).where(_stage.c.reviewed_on.is_(None))
    scope = access.scope()
    if not _is_of_a_body(scope):
        return found
    of_group = select(_group.c.programme_id).where(
        _group.c.employee_id == scope.employee, conditions.current(_group, scope.today)
    )
    return found.where(_stage.c.programme_id.in_(of_group))


def _measures(*columns: Any) -> Select[Any]:
    """The measures of approved stages that are still planned and wait for the person."""
    joined = (
        _measure.join(_stage, _stage.c.id == _measure.c.stage_id)
        .join(_catalogue, _catalogue.c.id == _measure.c.kind_id)
        .join(_programme, _programme.c.id == _stage.c.programme_id)
        .join(_family, _family.c.id == _measure.c.family_id)
        .outerjoin(_agency, _agency.c.id == _measure.c.performer_id)
    )
    found = _live(select(*columns).select_from(joined), _measure).where(_measure.c.state == MeasureState.PLANNED)
    scope = access.scope()
    return found.where(_measure.c.performer_id == (scope.agency if _is_of_a_body(scope) else None))


def _is_of_a_body(scope: access.Scope) -> bool:
    return scope.agency is not None and not scope.territories


def _live(query: Select[Any], table: Any) -> Select[Any]:
    return query.where(
        table.c.annulled_at.is_(None), conditions.gives_work(_stage), _programme.c.annulled_at.is_(None),
        _programme.c.closed_on.is_(None), _family.c.annulled_at.is_(None), access.scope().families(one=True),
    )  # fmt: skip
