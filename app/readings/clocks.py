"""Which deadlines of the dictionary run for a family, which families are late, and which reports come next."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from functools import cache
from typing import Any

import holidays
from sqlalchemy import ColumnElement, FromClause, and_, false, or_, select

from app.domain.deadlines import Clock, Limit, Works, countable, days_of_year, due, last_late_start
from app.domain.periods import Period, month, quarter_holding
from app.domain.terms import Moment, Unit
from app.extensions import db, portions
from app.models import Deadline, Registration, WorkingDay
from app.words import counted

_stay = Registration.__table__

# The moments that the bank knows, each as the day it happened; a deadline between two of them is a clock.
OF_STAYS: dict[Moment, Any] = {
    Moment.DETECTED: _stay.c.detected_on,
    Moment.CARD_SENT: _stay.c.card_sent_on,
    Moment.REGISTERED: _stay.c.registered_on,
    Moment.PAPERS_RECEIVED: _stay.c.received_on,
    Moment.ENTERED: _stay.c.entered_on,
    Moment.REMOVED: _stay.c.removed_on,
}
PERIODS: dict[Moment, Callable[[date], Period]] = {
    Moment.MONTH_ENDED: lambda day: month(day.year, day.month),
    Moment.QUARTER_ENDED: quarter_holding,
}


@cache
def _russia() -> holidays.HolidayBase:
    return holidays.country_holidays("RU")


def production_calendar() -> Works:
    """Whether a day is a working day: the Russian calendar, then what the municipality has entered over it."""
    moved = {row.day: row.works for row in db.session.execute(select(WorkingDay.day, WorkingDay.works))}
    return lambda day: moved[day] if day in moved else _russia().is_working_day(day)


def of_family(
    stays: Iterable[Registration], deadlines: Sequence[Any] | None = None
) -> list[tuple[Registration, Clock]]:
    """The clocks of a family's stays, the latest first."""
    live = [stay for stay in stays if stay.annulled_at is None]
    rows = (between_known() if deadlines is None else deadlines) if live else []
    if not rows:
        return []
    works = _calendar_for(rows)
    found = []
    for stay in live:
        for row in rows:
            if (started_on := _day(stay, row.starts)) is not None:
                clock = Clock(
                    title=f"{row.name} ({_said(row)})",
                    clause=row.clause or "",
                    due=due(started_on, _limit(row), works),
                    stopped_on=_day(stay, row.stops),
                    starts=row.starts,
                    started_on=started_on,
                    stops=row.stops,
                )
                found.append((stay, clock))
    return sorted(found, key=lambda pair: pair[1].due, reverse=True)


def most_overdue(
    family_ids: Iterable[int], today: date, deadlines: Sequence[Any]
) -> dict[int, tuple[Registration, Clock]]:
    """Of each of these families that is late, the running clock that is overdue the longest, with its stay."""
    stays: list[Registration] = []
    for ids in portions(family_ids):
        stays += db.session.scalars(select(Registration).where(Registration.family_id.in_(ids)))
    late = [(stay, one) for stay, one in of_family(stays, deadlines) if one.stopped_on is None and one.overdue(today)]
    return {stay.family_id: (stay, one) for stay, one in late}  # the earliest due comes last


def _day(stay: Registration, moment: Moment) -> date | None:
    """The day a moment of a stay happened; None if it has not."""
    day: date | None = getattr(stay, OF_STAYS[moment].key)
    return day


def overdue(today: date, stays: FromClause = _stay, deadlines: Sequence[Any] | None = None) -> ColumnElement[bool]:
    """Whether some clock of a stay is overdue and still runs (the SQL form of `Clock.overdue`)."""
    rows = between_known() if deadlines is None else deadlines
    works = _calendar_for(rows)
    days = {moment: stays.c[column.key] for moment, column in OF_STAYS.items()}
    return or_(
        false(),
        *(
            and_(days[row.stops].is_(None), days[row.starts] <= last_late_start(today, _limit(row), works))
            for row in rows
        ),
    )


def coming(today: date) -> list[Clock]:
    """The next reports of the bank (Положение, 3.6.6, 3.6.7, 3.7.4, 3.7.5), the nearest first."""
    rows = _used(Deadline.starts.in_(PERIODS))
    works = _calendar_for(rows)
    found = []
    for row in rows:
        day = _next(today, PERIODS[row.starts](today), _limit(row), works)
        found.append(Clock(title=row.name, clause=row.clause or "", due=day, starts=row.starts))
    return sorted(found, key=lambda clock: clock.due)


def _next(today: date, period: Period, limit: Limit, works: Works) -> date:
    """The first last good day that has not passed: of the period before, or of this one."""
    if limit.unit is Unit.DATE_LIST:
        return due(today - timedelta(days=1), limit, works)
    day = due(period.eve, limit, works)
    return day if day >= today else due(period.end, limit, works)


def between_known() -> Sequence[Any]:
    """The deadlines that run between two moments of a stay; who asks twice reads them once and says them."""
    return _used(Deadline.starts.in_(OF_STAYS), Deadline.stops.in_(OF_STAYS))


def limit_between(starts: Moment, stops: Moment) -> tuple[Limit, Works] | None:
    """The limit that the municipality sets between two moments, in hours or days, and its calendar; None: it sets none.

    Of several, the first in the order of the dictionary.
    """
    rows = _in_use(Deadline.starts == starts, Deadline.stops == stops)
    return (_limit(rows[0]), _calendar_for(rows)) if rows else None


def _used(*conditions: ColumnElement[bool]) -> Sequence[Any]:
    """The deadlines that the municipality uses and that run in days."""
    return [row for row in _in_use(*conditions) if row.unit is not Unit.HOUR]


def _in_use(*conditions: ColumnElement[bool]) -> Sequence[Any]:
    """The deadlines that the municipality uses and that break no rule."""
    columns = (Deadline.name, Deadline.starts, Deadline.stops, Deadline.number, Deadline.unit, Deadline.days,
               Deadline.clause)  # fmt: skip
    rows = db.session.execute(
        select(*columns).where(Deadline.retired.is_(False), *conditions).order_by(Deadline.position)
    )
    return [
        row
        for row in rows
        if countable(starts=row.starts, stops=row.stops, number=row.number, unit=row.unit, days=row.days)
    ]


def _limit(row: Any) -> Limit:
    return Limit(row.number or 0, row.unit, days_of_year(row.days) if row.unit is Unit.DATE_LIST else ())


def _said(row: Any) -> str:
    """How long a deadline is, in words."""
    if row.unit is Unit.DAY:
        return counted(row.number, "календарный день", "календарных дня", "календарных дней")
    if row.unit is Unit.WORKING_DAY:
        return counted(row.number, "рабочий день", "рабочих дня", "рабочих дней")
    return f"{row.number}-го числа следующего месяца" if row.unit is Unit.DAY_OF_MONTH else f"даты: {row.days}"


def _calendar_for(rows: Iterable[Any]) -> Works:
    """The production calendar is read only where working days are counted."""
    return production_calendar() if any(row.unit is Unit.WORKING_DAY for row in rows) else lambda _day: True
