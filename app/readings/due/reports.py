"""The reports that come back with the calendar (Положение, 3.6.6, 3.6.7, 3.7.4, 3.7.5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from app.domain.periods import Period
from app.readings import clocks
from app.readings.clocks import DeadlinesInUse
from app.readings.due.kinds import DaysAsked, Due


def lines(asked: DaysAsked) -> list[Due]:
    """The reports whose days lie within the days asked; those of long ago are not told of."""
    return [_due(row, day) for row, day in _days(asked)]


def coming(today: date, deadlines: DeadlinesInUse) -> list[Due]:
    """The next report of each kind, the nearest first."""
    found = [_due(row, clocks.next_day(today, row, deadlines.works)) for row in deadlines.of_periods]
    return sorted(found, key=lambda one: one.due)


def counts(period: Period, deadlines: DeadlinesInUse) -> Counter[date]:
    """How many reports there are of each day."""
    return Counter(day for _row, day in _days(DaysAsked(period.start, period.end, deadlines)))


def _due(row: Any, day: date) -> Due:
    return Due(source="reports", due=day, title=row.name, who=row.actor, clause=row.clause or "", page=row.starts.value,
               unnoted=True, uid=f"report-{row.id}-{day:%Y%m%d}")  # fmt: skip


def _days(asked: DaysAsked) -> Iterator[tuple[Any, date]]:
    """The days of every report within the days asked, one after another; without a first day there are none."""
    if asked.since is None:
        return
    for row in asked.deadlines.of_periods:
        day = clocks.next_day(asked.since, row, asked.deadlines.works)
        while day <= asked.until:
            yield row, day
            day = clocks.next_day(day + timedelta(days=1), row, asked.deadlines.works)
