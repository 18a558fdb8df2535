"""Deadlines: what is due when. One place computes due and overdue."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from app.domain import periods
from app.domain.refusal import Refusal
from app.domain.terms import Moment, Unit

Works = Callable[[date], bool]

LONGEST = 366  # units
LONGEST_MONTHS = 60  # of a limit in months
LONGEST_WAIT = 400  # days within which a limit that names days of the month or of the year has passed


@dataclass(frozen=True)
class Limit:
    """How long a deadline is: `number` of `unit`, or the day `number` of the month; `days` of a year as (month, day).

    A limit in hours does not run in days: it has no last good day. One in months ends on the same day of a later month,
    or on the last day of that month where it has no such day.
    """

    number: int
    unit: Unit
    days: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Extended:
    """A later last good day that a clock was given: why, and by whom; `key` is the row that says so."""

    until: date
    reason: str
    by: str
    key: int


@dataclass(frozen=True)
class Clock:
    """A clock that has started: `due` is its last good day; `stopped_on` the day it was met, None while it runs.

    deadline: the row of the dictionary. extended: the later days that it was given, which `due` has taken in already.
    at: the last good moment of one that runs in hours and was not extended.
    """

    title: str
    clause: str
    due: date
    stopped_on: date | None = None
    starts: Moment | None = None
    started_on: date | None = None
    stops: Moment | None = None
    deadline: int = 0
    extended: tuple[Extended, ...] = ()
    at: datetime | None = None

    def overdue(self, today: date) -> bool:
        """Whether the last good day has passed before it was met."""
        return (self.stopped_on or today) > self.due

    def days_left(self, today: date) -> int:
        """Days until the last good day; negative when it has passed."""
        return (self.due - today).days


def due(start: date, limit: Limit, works: Works) -> date:
    """The last good day of a limit that runs from `start`; the day of the event itself is not counted.

    `works` says whether a day is a working day. A calendar limit that ends on a day off ends on that day.
    Raises ValueError for a limit in hours.
    """
    if limit.unit is Unit.DAY:
        return start + timedelta(days=limit.number)
    if limit.unit is Unit.WORKING_DAY:
        day = start
        for _ in range(limit.number):
            day += timedelta(days=1)
            while not works(day):
                day += timedelta(days=1)
        return day
    if limit.unit is Unit.MONTH:
        return periods.month_later(start, limit.number)
    if limit.unit is Unit.DAY_OF_MONTH:
        following = periods.month_later(start.replace(day=1))
        return _day_of(following.year, following.month, limit.number)
    if limit.unit is Unit.DATE_LIST:
        ahead = (_day_of(year, *day) for year in (start.year, start.year + 1) for day in sorted(limit.days))
        return next(day for day in ahead if day > start)
    raise ValueError("a limit in hours does not run in days")


def last_late_start(today: date, limit: Limit, works: Works) -> date:
    """The SQL form of "overdue": whatever started on this day or before, and has not stopped, is overdue today."""
    widest = 31 if limit.unit is Unit.MONTH else 3  # at least one day of three is a working day
    first = today.toordinal() - LONGEST_WAIT - widest * limit.number
    starts = range(first, today.toordinal())
    late = bisect_left(starts, today, key=lambda day: due(date.fromordinal(day), limit, works))
    return date.fromordinal(first + late - 1)


def due_at(start: datetime, limit: Limit, works: Works) -> datetime:
    """The last good moment of a limit that runs from `start`, on the clock of its zone: the end of the last good day,
    or so many hours later to the second.
    """
    if limit.unit is Unit.HOUR:
        return start + timedelta(hours=limit.number)
    return datetime.combine(due(start.date(), limit, works), time.max, start.tzinfo)


def late_before(now: datetime, limit: Limit, works: Works) -> datetime:
    """The SQL form of "overdue" for moments: whatever started before this one, and has not stopped, is overdue now."""
    if limit.unit is Unit.HOUR:
        return now - timedelta(hours=limit.number)
    return datetime.combine(last_late_start(now.date(), limit, works) + timedelta(days=1), time(), now.tzinfo)


def extended_due(due: date, until: Iterable[date]) -> date:
    """The last good day of a clock that was extended until these days, one after another: the latest of all."""
    return max([due, *until])


def check_extension(*, until: date | None, reason: str | None) -> None:
    """What holds of every extension that is stored."""
    if until is None:
        raise Refusal("Укажите новый последний день срока.", "until")
    if not reason:
        raise Refusal("Напишите, почему срок продлён: причина останется в истории.", "reason")


def check_extending(clock: Clock, until: date) -> None:
    """Raise Refusal unless a clock may be extended until a day: it runs, and the day is later than what it has."""
    if clock.stopped_on is not None:
        raise Refusal(f"Срок уже выполнен {clock.stopped_on:%d.%m.%Y}: продлевать нечего.")
    if until < clock.due or (until == clock.due and clock.at is None):  # one of hours may run to the end of its day
        raise Refusal(f"Срок и так до {clock.due:%d.%m.%Y}: укажите день позже.", "until")
    if (until - clock.due).days > LONGEST:
        raise Refusal(f"За один раз срок продлевают не больше чем на {LONGEST} дней.", "until")


def days_of_year(text: str | None) -> tuple[tuple[int, int], ...]:
    """«10.01; 05.04» as (month, day); raises Refusal for anything else."""
    found = []
    for part in (text or "").split(";"):
        written = re.fullmatch(r"(\d{1,2})\.(\d{1,2})", part.strip())
        try:
            day = date(2000, int(written[2]), int(written[1])) if written else None
        except ValueError:
            day = None
        if day is None:
            raise Refusal("Впишите дни года через точку с запятой, например: 10.01; 05.04; 05.07; 05.10.", "days")
        found.append((day.month, day.day))
    return tuple(found)


def check(*, starts: Moment, stops: Moment | None, number: int | None, unit: Unit, days: str | None) -> None:
    """Raise Refusal with the field at fault if a deadline cannot be counted."""
    if starts.ends_a_period and stops is not None:
        raise Refusal("Срок, который возвращается с каждым периодом, ничем не выполняется: оставьте пустым.", "stops")
    if not starts.ends_a_period and stops is None:
        raise Refusal("Выберите, каким событием срок выполняется.", "stops")
    if starts is stops and starts is not Moment.OTHER:
        raise Refusal("Срок не может начинаться и выполняться одним событием.", "stops")
    if unit is Unit.DATE_LIST:
        days_of_year(days)
        if number is not None:
            raise Refusal("Для дат года число не нужно: оставьте поле пустым.", "number")
        return
    if days is not None:
        raise Refusal("Дни года впишите, только если единица – «даты года».", "days")
    if number is None:
        raise Refusal("Впишите число.", "number")
    if number < 0:
        raise Refusal("Срок не бывает отрицательным.", "number")
    if unit is Unit.DAY_OF_MONTH and not 1 <= number <= 31:
        raise Refusal("Число месяца – от 1 до 31.", "number")
    longest = LONGEST_MONTHS if unit is Unit.MONTH else LONGEST
    if number > longest:
        raise Refusal(f"Срок не бывает длиннее {longest}.", "number")


def check_year(year: int | None) -> None:
    """Raise Refusal if no deadline falls into a year."""
    if year is None or not periods.EARLIEST.year <= year <= periods.LATEST.year:
        raise Refusal(f"Год – от {periods.EARLIEST.year} до {periods.LATEST.year}.", "year")


def countable(*, starts: Moment, stops: Moment | None, number: int | None, unit: Unit, days: str | None) -> bool:
    """Whether a stored deadline gives clocks: it breaks no rule."""
    try:
        check(starts=starts, stops=stops, number=number, unit=unit, days=days)
    except Refusal:
        return False
    return True


def _day_of(year: int, month: int, day: int) -> date:
    """A day of a month, or its last day where the month has no such day."""
    there = periods.month(year, month)
    return there.start.replace(day=min(day, there.end.day))
