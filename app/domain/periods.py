"""Periods: the only place that does month arithmetic. Both ends of a period belong to it."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from app.domain.refusal import Refusal

EARLIEST, LATEST = date(1990, 1, 1), date(2100, 12, 31)  # no bank reports on days outside
ROMAN = ("I", "II", "III", "IV")
MONTHS = (
    "январь", "февраль", "март", "апрель", "май", "июнь",
    "июль", "август", "сентябрь", "октябрь", "ноябрь", "декабрь",
)  # fmt: skip
MONTHS_OF = (
    "января", "февраля", "марта", "апреля", "мая", "июня",
    "июля", "августа", "сентября", "октября", "ноября", "декабря",
)  # fmt: skip


@dataclass(frozen=True)
class Period:
    """Days from `start` to `end`, both included."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError("a period ends before it starts")

    @property
    def eve(self) -> date:
        """The day before the first: the state at its end is the state at the start of the period."""
        return self.start - timedelta(days=1)

    def __contains__(self, day: date) -> bool:
        return self.start <= day <= self.end

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """«III квартал 2026 года», «март 2026 года», «2026 год» or «с 01.02.2026 по 15.03.2026»."""
        year = self.start.year
        if self == year_period(year):
            return f"{year} год"
        for number in range(1, 5):
            if self == quarter(year, number):
                return f"{ROMAN[number - 1]} квартал {year} года"
        if self == month(year, self.start.month):
            return f"{MONTHS[self.start.month - 1]} {year} года"
        return f"с {self.start:%d.%m.%Y} по {self.end:%d.%m.%Y}"

    @property
    def results(self) -> str:
        """By the results of what: «III квартала 2026 года», «марта 2026 года», «2026 года» or «периода с … по …»."""
        named, title = self.title, self.title.split()
        if named.startswith("с "):
            return f"периода {named}"
        if self == year_period(self.start.year):
            return f"{self.start.year} года"
        if title[1] == "квартал":
            return f"{title[0]} квартала {self.start.year} года"
        return f"{MONTHS_OF[self.start.month - 1]} {self.start.year} года"

    def days(self) -> list[date]:
        """Every day of the period, in order."""
        return [self.start + timedelta(days=number) for number in range((self.end - self.start).days + 1)]

    def quarters(self) -> list[tuple[int, int]]:
        """The (year, quarter) pairs that overlap the period, in order."""
        year, number = quarter_of(self.start)
        last = quarter_of(self.end)
        found = [(year, number)]
        while found[-1] != last:
            year, number = (year, number + 1) if number < 4 else (year + 1, 1)
            found.append((year, number))
        return found


def month(year: int, number: int) -> Period:
    """A calendar month, 1 to 12."""
    return Period(date(year, number, 1), date(year, number, monthrange(year, number)[1]))


def quarter(year: int, number: int) -> Period:
    """A quarter, 1 to 4."""
    first = 3 * number - 2
    return Period(date(year, first, 1), month(year, first + 2).end)


def year_period(year: int) -> Period:
    """A calendar year."""
    return Period(date(year, 1, 1), date(year, 12, 31))


def month_later(day: date, months: int = 1) -> date:
    """The same day some months later, or the last day of that month where it has no such day."""
    number = day.year * 12 + day.month - 1 + months
    there = month(number // 12, number % 12 + 1)
    return there.start.replace(day=min(day.day, there.end.day))


def months_until(day: date, count: int) -> list[Period]:
    """The month of a day and those before it, so many in all, the latest first."""
    starts = [month_later(day.replace(day=1), -back) for back in range(count)]
    return [month(start.year, start.month) for start in starts]


def coarse(born_on: date, days: Iterable[date]) -> date:
    """A birth date of which only the month is left, where that changes no age.

    The last day of the month, or the first after the birthday on which something happened in the family in that month
    of any year: whoever asks for the age on one of those days, or at the end of a month, which is also the start of a
    period, is told the same as before.
    """
    last = 28 if born_on.month == 2 and born_on.day < 29 else month(born_on.year, born_on.month).end.day
    later = (day.day for day in days if day.month == born_on.month and born_on.day <= day.day < last)
    return born_on.replace(day=min(later, default=last))


def full_months(since: date, until: date) -> int:
    """Whole months from one day to a later one."""
    return (until.year - since.year) * 12 + until.month - since.month - (until.day < since.day)


def quarter_of(day: date) -> tuple[int, int]:
    """The (year, quarter) that holds a day."""
    return day.year, (day.month + 2) // 3


def quarter_holding(day: date) -> Period:
    """The quarter that holds a day, as a period."""
    return quarter(*quarter_of(day))


def last_finished_quarter(today: date) -> Period:
    """The quarter that ended last: what people report on."""
    return quarter_holding(quarter_holding(today).eve)


def given(start: date | None, end: date | None) -> Period:
    """The period between two days that a person has typed in."""
    if start is None or end is None:
        raise Refusal("Укажите обе даты периода.", "from" if start is None else "to")
    if end < start:
        raise Refusal("Период заканчивается раньше, чем начинается.", "to")
    if start < EARLIEST or end > LATEST:
        raise Refusal(f"Период должен лежать между {EARLIEST:%d.%m.%Y} и {LATEST:%d.%m.%Y}.", "from")
    return Period(start, end)


def check_begun(period: Period, today: date) -> None:
    """A report tells of days that have come: of a period that goes on, but of none that ends after this year."""
    if period.start > today:
        raise Refusal(f"Период ещё не начался: он начинается {period.start:%d.%m.%Y}.", "period")
    if period.end > year_period(today.year).end:
        raise Refusal(
            f"Период заканчивается {period.end:%d.%m.%Y}: каким будет банк через годы, неизвестно. Последний день – "
            f"не позже {year_period(today.year).end:%d.%m.%Y}.", "to",
        )  # fmt: skip


def going_on(period: Period, today: date) -> str:
    """What is said of the figures of a period that is not over; empty of one that is."""
    if period.end <= today:
        return ""
    return (
        f"Период ещё не закончился: он заканчивается {period.end:%d.%m.%Y}. Учтено то, что внесено на сегодня, "
        f"{today:%d.%m.%Y}; возраст и сроки – на последний день периода."
    )


def coded(code: str) -> Period | None:
    """«2026-Q3», «2026-07» or «2026» as a period; None for anything else."""
    head, _, tail = code.partition("-")
    if len(head) != 4 or not head.isdecimal() or not EARLIEST.year <= int(head) <= LATEST.year:
        return None
    if not tail and code == head:
        return year_period(int(head))
    if tail in ("Q1", "Q2", "Q3", "Q4"):
        return quarter(int(head), int(tail[1]))
    if len(tail) == 2 and tail.isdecimal() and 1 <= int(tail) <= 12:
        return month(int(head), int(tail))
    return None


def day_after(day: date) -> date:
    """The next day."""
    return day + timedelta(days=1)


def a_year_before(period: Period) -> Period:
    """The same period of the year before: of a month, quarter or year the whole of it, else the same days."""
    whole = coded(f"{period.start.year}-{period.start.month:02d}")
    if period == whole:
        return month(period.start.year - 1, period.start.month)
    return Period(month_later(period.start, -12), month_later(period.end, -12))
