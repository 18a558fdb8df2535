"""The running clocks of stays on record: in the SQL form of the deadlines, so that only what is shown is read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, cast, exists, func, literal, null, select, true, union_all
from sqlalchemy import Date as DateType

from app import access
from app.domain import deadlines as rules
from app.domain.periods import Period
from app.extensions import db
from app.models import Family, Registration, StayExtension
from app.readings import clocks
from app.readings.clocks import DeadlinesInUse
from app.readings.due.kinds import DaysAsked, Due

_family, _stay, _extension = Family.__table__, Registration.__table__, StayExtension.__table__
_later = _extension.alias("later")

PAGE = "family"


def lines(asked: DaysAsked) -> list[Due]:
    """The clocks of the person's families, those that run out first before the others."""
    rows, works = {row.id: row for row in asked.deadlines.of_stays}, asked.deadlines.works
    if not rows:
        return []
    found = []
    for one in _read(_shown(row, asked, works) for row in rows.values()):
        row = rows[one.deadline]
        last = _last_day(row, one, works)
        if last > asked.until or (asked.since is not None and last < asked.since):
            continue
        found.append(
            Due(source="stays", due=last, title=clocks.title(row), who=row.actor, clause=row.clause or "",
                mark=f"№ {one.number}", name=one.name, page=PAGE, key=one.family_id,
                uid=f"stay-{one.id}-{row.id}")
        )  # fmt: skip
    return sorted(found, key=lambda due: (due.due, due.key))[: asked.most]


def counts(period: Period, deadlines: DeadlinesInUse) -> Counter[date]:
    """How many clocks of the person's families run out on each day."""
    asked = DaysAsked(period.start, period.end, deadlines)
    rows, works = {row.id: row for row in asked.deadlines.of_stays}, asked.deadlines.works
    found: Counter[date] = Counter()
    if not rows:
        return found
    for one in _read(_counted(row, asked, works) for row in rows.values()):
        last = _last_day(rows[one.deadline], one, works)
        if last in period:
            found[last] += one.number
    return found


def _read(parts: Iterable[Iterable[Select[Any]]]) -> Any:
    """What is asked of each deadline, in one statement."""
    return db.session.connection().execute(union_all(*(one for part in parts for one in part)))


def _last_day(row: Any, one: Any, works: rules.Works) -> date:
    """The last good day of a clock by when it started, and by the day it was extended until."""
    return rules.extended_due(
        rules.due(one.started_on, clocks.limit(row), works), [one.until] if one.until is not None else []
    )


def _shown(row: Any, asked: DaysAsked, works: rules.Works) -> Iterator[Select[Any]]:
    """The clocks of one deadline: those never extended by when they started, the others by their later day."""
    started = clocks.OF_STAYS[row.starts]
    about = (_stay.c.id, _stay.c.family_id, _family.c.number, _family.c.name)
    plain = _plain(row, asked, works, *about).order_by(started, _stay.c.id).limit(asked.most).subquery()
    yield select(plain)
    later = _later_ones(row, asked, works, *about).order_by(_extension.c.until, _stay.c.id).limit(asked.most).subquery()
    yield select(later)


def _counted(row: Any, asked: DaysAsked, works: rules.Works) -> Iterator[Select[Any]]:
    started, number = clocks.OF_STAYS[row.starts], func.count().label("number")
    yield _plain(row, asked, works, number).group_by(started)
    yield _later_ones(row, asked, works, number).group_by(started, _extension.c.until)


def _plain(row: Any, asked: DaysAsked, works: rules.Works, *about: Any) -> Select[Any]:
    """The running clocks of a deadline that were never extended and end within the days asked."""
    given = select(_extension.c.id).where(_is_of_clock(_extension, row)).correlate(_stay)
    return _running(row, asked, works, cast(null(), DateType), *about).where(~exists(given)).select_from(_joined())


def _later_ones(row: Any, asked: DaysAsked, works: rules.Works, *about: Any) -> Select[Any]:
    """The running clocks of a deadline that were extended and may end within the days asked, with their latest day."""
    further = select(_later.c.id).where(_is_of_clock(_later, row), _later.c.until > _extension.c.until)
    found = _running(row, replace(asked, since=None), works, _extension.c.until, *about)
    return found.select_from(_joined().join(_extension, _is_of_clock(_extension, row))).where(
        ~exists(further.correlate(_stay, _extension)),
        _extension.c.until <= asked.until,
        true() if asked.since is None else _ends_from(row, asked.since, works),
    )


def _ends_from(row: Any, since: date, works: rules.Works) -> ColumnElement[bool]:
    """Whether an extended clock ends on a day or later: by its own end or by the later one."""
    started = clocks.OF_STAYS[row.starts]
    return (started > rules.last_late_start(since, clocks.limit(row), works)) | (_extension.c.until >= since)


def _joined() -> Any:
    return _stay.join(_family, _family.c.id == _stay.c.family_id)


def _running(row: Any, asked: DaysAsked, works: rules.Works, until: Any, *about: Any) -> Select[Any]:
    """The running clocks of the person's families whose own last good day lies within the days asked."""
    started, limit = clocks.OF_STAYS[row.starts], clocks.limit(row)
    after = asked.until + timedelta(days=1)
    within = [started <= rules.last_late_start(after, limit, works)]
    if asked.since is not None:
        within.append(started > rules.last_late_start(asked.since, limit, works))
    return select(literal(row.id).label("deadline"), started.label("started_on"), until.label("until"), *about).where(
        clocks.OF_STAYS[row.stops].is_(None),
        *within,
        _stay.c.annulled_at.is_(None),
        _family.c.annulled_at.is_(None),
        access.scope().families(one=True),
    )


def _is_of_clock(table: Any, row: Any) -> ColumnElement[bool]:
    """Whether a row of extensions is of the clock of a stay."""
    return and_(table.c.registration_id == _stay.c.id, table.c.deadline_id == row.id, table.c.annulled_at.is_(None))
