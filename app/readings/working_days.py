"""Which days are working days: the Russian calendar, over it the days off of the region, over both the days that the
municipality has entered one by one; and whether the transferred days of a year are known."""

from __future__ import annotations

from datetime import date
from functools import cache

import holidays
from sqlalchemy import CompoundSelect, exists, false, literal, select, union_all

from app.domain.deadlines import Works
from app.domain.periods import year_period
from app.extensions import db
from app.models import RegionalHoliday, SettledYear, WorkingDay

_moved, _regional, _settled = WorkingDay.__table__, RegionalHoliday.__table__, SettledYear.__table__

ASKED_FROM = (10, 1)  # month and day: by then the transfers of the next year are published, or late


@cache
def _russia() -> holidays.HolidayBase:
    return holidays.country_holidays("RU")


def production_calendar() -> Works:
    """Whether a day is a working day. A day off of the region does not move from a weekend."""
    moved: dict[date, bool] = {}
    once: set[date] = set()
    yearly: dict[tuple[int, int], int] = {}  # month and day, and the first year
    for row in db.session.execute(_entered()):
        if not row.regional:
            moved[row.day] = row.works
        elif row.yearly:
            yearly.setdefault((row.day.month, row.day.day), row.day.year)
        else:
            once.add(row.day)

    def works(day: date) -> bool:
        if day in moved:
            return moved[day]
        if day in once or day.year >= yearly.get((day.month, day.day), day.year + 1):
            return False
        return _russia().is_working_day(day)

    return works


def _entered() -> CompoundSelect[date, bool, bool, bool]:
    """What is entered over the Russian calendar, in one statement."""
    return union_all(
        select(_moved.c.day, _moved.c.works, literal(False).label("regional"), literal(False).label("yearly")),
        select(_regional.c.day, literal(False).label("works"), literal(True).label("regional"), _regional.c.yearly)
        .where(_regional.c.retired == false()),
    ).order_by("day")  # fmt: skip


def year_to_enter(today: date) -> int | None:
    """The next year, if from 1 October on nothing is known of its transferred days: the library of holidays has none,
    none are entered, and nobody has stated that there are none."""
    year = today.year + 1
    if (today.month, today.day) < ASKED_FROM or year in _russia().special_public_holidays:
        return None
    days = year_period(year)
    entered = exists().where(_moved.c.day.between(days.start, days.end))
    settled = exists().where(_settled.c.year == year, _settled.c.retired == false())
    known = db.session.connection().scalar(select(entered | settled))
    return None if known else year
