"""Clocks of the Положение: what is due when. One place computes due and overdue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from app.domain.terms import Unit

Works = Callable[[date], bool]


@dataclass(frozen=True)
class Clock:
    """A clock of one family: `due` is its last good day; `stopped_on` the day it was met, None while it runs."""

    title: str
    clause: str
    due: date
    stopped_on: date | None = None

    def overdue(self, today: date) -> bool:
        """Whether the last good day has passed before it was met."""
        return (self.stopped_on or today) > self.due

    def days_left(self, today: date) -> int:
        """Days until the last good day; negative when it has passed."""
        return (self.due - today).days


def due(start: date, limit: int, unit: Unit, works: Works) -> date:
    """The last good day of a limit in days that runs from `start`; the day of the event itself is not counted.

    `works` says whether a day is a working day. A calendar limit that ends on a day off ends on that day.
    Raises ValueError for units that are not days.
    """
    if unit is Unit.DAY:
        return start + timedelta(days=limit)
    if unit is Unit.WORKING_DAY:
        day = start
        for _ in range(limit):
            day += timedelta(days=1)
            while not works(day):
                day += timedelta(days=1)
        return day
    raise ValueError(f"a limit in {unit!r} does not run in days")


def day_of_month(after: date, number: int) -> date:
    """The day `number` of the month that follows the month of `after` (Положение, 3.6.6, 3.6.7, 3.7.4, 3.7.5)."""
    year, month = (after.year + 1, 1) if after.month == 12 else (after.year, after.month + 1)
    return date(year, month, number)
