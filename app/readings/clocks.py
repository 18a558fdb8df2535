"""Which clocks of the Положение run for a family, and which families are late."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from functools import cache

import holidays
from sqlalchemy import select

from app.domain.deadlines import Clock, Works, day_of_month, due
from app.domain.periods import month, quarter_holding
from app.domain.terms import Unit
from app.extensions import db
from app.models import Deadline, Registration, WorkingDay

ENTRY = "bank_entry_3d"
ENTRY_DAYS, ENTRY_UNIT = 3, Unit.DAY  # Положение, 3.2: where the municipality has retired the row of the dictionary
ENTRY_CLAUSE = "Положение, 3.2"
MONTHLY, QUARTERLY = ("month_2", "month_5"), ("quarter_5", "quarter_10")
LONGEST_WAIT = 60  # days within which any limit in days has passed, holidays included


@cache
def _russia() -> holidays.HolidayBase:
    return holidays.country_holidays("RU")


def production_calendar() -> Works:
    """Whether a day is a working day: the Russian calendar, then what the municipality has entered over it."""
    moved = {row.day: row.works for row in db.session.execute(select(WorkingDay.day, WorkingDay.works))}
    return lambda day: moved[day] if day in moved else _russia().is_working_day(day)


def entry_limit() -> tuple[int, Unit]:
    """How long a family may wait to be entered, and in which days (the row of the dictionary of deadlines)."""
    row = db.session.execute(
        select(Deadline.limit, Deadline.unit).where(Deadline.code == ENTRY, Deadline.retired.is_(False))
    ).first()
    if row is None or not row.limit.strip().isdigit() or row.unit not in (Unit.DAY, Unit.WORKING_DAY):
        return ENTRY_DAYS, ENTRY_UNIT
    return min(int(row.limit), 30), row.unit


def entry_clock(registration: Registration, limit: int, unit: Unit, works: Works) -> Clock | None:
    """The clock of entering the family in the bank: from the day the decision and the card came (Положение, 3.2)."""
    if registration.received_on is None or registration.annulled_at is not None:
        return None
    days = "календарных" if unit is Unit.DAY else "рабочих"
    return Clock(
        title=f"Внести семью в банк данных: не позднее {limit} {days} дней с поступления постановления и карты",
        clause=ENTRY_CLAUSE,
        due=due(registration.received_on, limit, unit, works),
        stopped_on=registration.entered_on,
    )


def of_family(registrations: Iterable[Registration]) -> list[tuple[Registration, Clock]]:
    """The clocks of a family's stays, the latest first. Reads the settings only where a clock exists."""
    timed = [row for row in registrations if row.received_on is not None and row.annulled_at is None]
    if not timed:
        return []
    limit, unit = entry_limit()
    works = _calendar_for(unit)
    found = [(row, entry_clock(row, limit, unit, works)) for row in timed]
    return sorted(
        ((row, clock) for row, clock in found if clock is not None), key=lambda pair: pair[1].due, reverse=True
    )


def late_if_received_by(today: date) -> date:
    """The SQL form of "overdue": a family not entered yet is late if its papers came on this day or before."""
    limit, unit = entry_limit()
    works = _calendar_for(unit)
    day = today
    for _ in range(LONGEST_WAIT):
        day -= timedelta(days=1)
        if due(day, limit, unit, works) < today:
            break
    return day


def _calendar_for(unit: Unit) -> Callable[[date], bool]:
    """The production calendar is read only where working days are counted."""
    return production_calendar() if unit is Unit.WORKING_DAY else lambda _day: True


def coming(today: date) -> list[Clock]:
    """The next reports of the bank (Положение, 3.6.6, 3.6.7, 3.7.4, 3.7.5), the nearest first."""
    found = []
    rows = db.session.execute(
        select(Deadline.code, Deadline.name, Deadline.limit, Deadline.source).where(
            Deadline.code.in_((*MONTHLY, *QUARTERLY)), Deadline.retired.is_(False)
        )
    )
    for row in rows:
        if not row.limit.strip().isdigit():
            continue
        number = min(max(int(row.limit), 1), 28)
        this = quarter_holding(today) if row.code in QUARTERLY else month(today.year, today.month)
        day = day_of_month(this.eve, number)
        if day < today:
            day = day_of_month(this.end, number)
        found.append(Clock(title=row.name, clause=_clause(row.source), due=day))
    return sorted(found, key=lambda clock: clock.due)


def _clause(source: str | None) -> str:
    """«Положение, 3.6.6» of the source of a deadline."""
    name, _, clause = (source or "").partition(" ")
    return f"Положение, {clause}" if name == "seed_krasnosulin" else ""
