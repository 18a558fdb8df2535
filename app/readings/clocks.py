"""Which deadlines of the dictionary run for a family, which families are late, and when a report comes next."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, cached_property
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, exists, false, or_, select
from sqlalchemy.orm import joinedload

from app.domain.deadlines import (
    Clock,
    Extended,
    Limit,
    Works,
    countable,
    days_of_year,
    due,
    extended_due,
    last_late_start,
)
from app.domain.periods import Period, month, quarter_holding
from app.domain.terms import Moment, Unit
from app.extensions import db, portions
from app.models import Deadline, Registration, StayExtension, SurveyGroup
from app.readings.working_days import production_calendar
from app.words import counted

_stay, _extension = Registration.__table__, StayExtension.__table__

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


def of_survey(group: SurveyGroup) -> Clock | None:
    """The clock of a survey: the municipality names its day, by a deadline of the dictionary, and may extend it.

    None: the dictionary knows no deadline of surveys.
    """
    wanted = select(Deadline).where(Deadline.stops == Moment.SURVEYED)
    usual = wanted.order_by(Deadline.retired, Deadline.starts != Moment.SIGNAL_REGISTERED, Deadline.position)
    row = db.session.scalar(usual.limit(1))
    if row is None:
        return None
    live = [one for one in group.extensions if one.annulled_at is None]
    return Clock(
        title=row.name,
        clause=row.clause or "",
        due=group.due_on,
        stopped_on=group.surveyed_on,
        starts=row.starts,
        stops=row.stops,
        deadline=row.id,
        extended=tuple(Extended(one.until, one.reason, one.user_name, one.id) for one in live),
    )


def of_family(
    stays: Iterable[Registration], deadlines: Sequence[Any] | None = None
) -> list[tuple[Registration, Clock]]:
    """The clocks of a family's stays, the latest first."""
    live = [stay for stay in stays if stay.annulled_at is None]
    rows = (between_known() if deadlines is None else deadlines) if live else []
    if not rows:
        return []
    works = calendar_for(rows)
    found = []
    for stay in live:
        for row in rows:
            if (started_on := _day(stay, row.starts)) is not None:
                extended = _extended(stay, row.id)
                clock = Clock(
                    title=title(row),
                    clause=row.clause or "",
                    due=extended_due(due(started_on, limit(row), works), [one.until for one in extended]),
                    stopped_on=_day(stay, row.stops),
                    starts=row.starts,
                    started_on=started_on,
                    stops=row.stops,
                    deadline=row.id,
                    extended=extended,
                )
                found.append((stay, clock))
    return sorted(found, key=lambda pair: pair[1].due, reverse=True)


def _extended(stay: Registration, deadline: int) -> tuple[Extended, ...]:
    """What a clock of a stay was extended by, the earliest day first."""
    return tuple(
        Extended(row.until, row.reason, row.user_name, row.id) for row in stay.extensions if row.deadline_id == deadline
    )


def most_overdue(
    family_ids: Iterable[int], today: date, deadlines: Sequence[Any]
) -> dict[int, tuple[Registration, Clock]]:
    """Of each of these families that is late, the running clock that is overdue the longest, with its stay."""
    stays: list[Registration] = []
    for ids in portions(family_ids):
        found = select(Registration).where(Registration.family_id.in_(ids))
        stays += db.session.scalars(found.options(joinedload(Registration.extensions))).unique()
    late = [(stay, one) for stay, one in of_family(stays, deadlines) if one.stopped_on is None and one.overdue(today)]
    return {stay.family_id: (stay, one) for stay, one in late}  # the earliest due comes last


def _day(stay: Registration, moment: Moment) -> date | None:
    """The day a moment of a stay happened; None if it has not."""
    day: date | None = getattr(stay, OF_STAYS[moment].key)
    return day


def overdue(today: date, stays: FromClause = _stay, deadlines: Sequence[Any] | None = None) -> ColumnElement[bool]:
    """Whether some clock of a stay is overdue and still runs (the SQL form of `Clock.overdue`)."""
    rows = between_known() if deadlines is None else deadlines
    works = calendar_for(rows)
    days = {moment: stays.c[column.key] for moment, column in OF_STAYS.items()}
    return or_(
        false(),
        *(
            and_(
                days[row.stops].is_(None),
                days[row.starts] <= last_late_start(today, limit(row), works),
                ~_is_extended(stays.c.id, row.id, today),
            )
            for row in rows
        ),
    )


def _is_extended(stay_id: ColumnElement[int], deadline: int, today: date) -> ColumnElement[bool]:
    """Whether a clock of a stay was extended, and until today at least."""
    row = _extension.alias()
    found = select(row.c.id).where(
        row.c.registration_id == stay_id,
        row.c.deadline_id == deadline,
        row.c.until >= today,
        row.c.annulled_at.is_(None),
    )
    return exists(found.correlate_except(row))


def next_day(today: date, row: Any, works: Works) -> date:
    """The first last good day of a deadline of periods that has not passed: of the period before, or of this one."""
    period, of_row = PERIODS[row.starts](today), limit(row)
    if of_row.unit is Unit.DATE_LIST:
        return due(today - timedelta(days=1), of_row, works)
    day = due(period.eve, of_row, works)
    return day if day >= today else due(period.end, of_row, works)


def between_known() -> Sequence[Any]:
    """The deadlines that run between two moments of a stay; who asks twice reads them once and says them."""
    return _used(Deadline.starts.in_(OF_STAYS), Deadline.stops.in_(OF_STAYS))


def limit_between(starts: Moment, stops: Moment) -> tuple[Limit, Works] | None:
    """The limit that the municipality sets between two moments, in hours or days, and its calendar; None: it sets none.

    Of several, the first in the order of the dictionary.
    """
    rows = _in_use(Deadline.starts == starts, Deadline.stops == stops)
    return (limit(rows[0]), calendar_for(rows)) if rows else None


@dataclass(frozen=True)
class DeadlinesInUse:
    """The deadlines that the municipality uses, read once for all that a page tells of them."""

    rows: Sequence[Any]

    @classmethod
    def read(cls) -> DeadlinesInUse:
        return cls(_in_use())

    @cached_property
    def works(self) -> Works:
        """The working days by which they are counted."""
        return _calendar_when_asked()

    @property
    def of_stays(self) -> list[Any]:
        """Those that run between two moments of a stay."""
        in_days = [row for row in self.rows if row.unit is not Unit.HOUR]
        return [row for row in in_days if row.starts in OF_STAYS and row.stops in OF_STAYS]

    @property
    def of_periods(self) -> list[Any]:
        """Those that come back with the calendar (Положение, 3.6.6, 3.6.7, 3.7.4, 3.7.5)."""
        return [row for row in self.rows if row.starts in PERIODS and row.unit is not Unit.HOUR]

    def between(self, starts: Moment, stops: Moment) -> Any:
        """The first of those between two moments, in hours or days; None if there is none."""
        return next((row for row in self.rows if (row.starts, row.stops) == (starts, stops)), None)


def _used(*conditions: ColumnElement[bool]) -> Sequence[Any]:
    """The deadlines that the municipality uses and that run in days."""
    return [row for row in _in_use(*conditions) if row.unit is not Unit.HOUR]


def _in_use(*conditions: ColumnElement[bool]) -> Sequence[Any]:
    """The deadlines that the municipality uses and that break no rule."""
    columns = (Deadline.id, Deadline.name, Deadline.starts, Deadline.stops, Deadline.number, Deadline.unit,
               Deadline.days, Deadline.clause, Deadline.actor)  # fmt: skip
    rows = db.session.execute(
        select(*columns).where(Deadline.retired.is_(False), *conditions).order_by(Deadline.position)
    )
    return [
        row
        for row in rows
        if countable(starts=row.starts, stops=row.stops, number=row.number, unit=row.unit, days=row.days)
    ]


def limit(row: Any) -> Limit:
    return Limit(row.number or 0, row.unit, days_of_year(row.days) if row.unit is Unit.DATE_LIST else ())


def title(row: Any) -> str:
    """What is to be done and in what time."""
    return f"{row.name} ({_said(row)})"


def _said(row: Any) -> str:
    """How long a deadline is, in words."""
    if row.unit is Unit.HOUR:
        return counted(row.number, "час", "часа", "часов")
    if row.unit is Unit.DAY:
        return counted(row.number, "календарный день", "календарных дня", "календарных дней")
    if row.unit is Unit.WORKING_DAY:
        return counted(row.number, "рабочий день", "рабочих дня", "рабочих дней")
    if row.unit is Unit.MONTH:
        return counted(row.number, "месяц", "месяца", "месяцев")
    return f"{row.number}-го числа следующего месяца" if row.unit is Unit.DAY_OF_MONTH else f"даты: {row.days}"


def calendar_for(rows: Iterable[Any]) -> Works:
    """The production calendar is read only where working days are counted."""
    return production_calendar() if any(row.unit is Unit.WORKING_DAY for row in rows) else lambda _day: True


def _calendar_when_asked() -> Works:
    """The production calendar, read when the first day is asked for: limits in other units ask for none."""
    read = cache(production_calendar)
    return lambda day: read()(day)
