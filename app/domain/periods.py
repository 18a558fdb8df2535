"""Periods: the only place that does month arithmetic. Both ends of a period belong to it."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

ROMAN = ("I", "II", "III", "IV")
MONTHS = (
    "январь", "февраль", "март", "апрель", "май", "июнь",
    "июль", "август", "сентябрь", "октябрь", "ноябрь", "декабрь",
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


def quarter_of(day: date) -> tuple[int, int]:
    """The (year, quarter) that holds a day."""
    return day.year, (day.month + 2) // 3


def quarter_holding(day: date) -> Period:
    """The quarter that holds a day, as a period."""
    return quarter(*quarter_of(day))


def last_finished_quarter(today: date) -> Period:
    """The quarter that ended last: what people report on."""
    return quarter_holding(quarter_holding(today).eve)
