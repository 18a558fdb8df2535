"""Why a child is counted by a check of the quarterly form, in words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from sqlalchemy import RowMapping

from app.domain import ages
from app.domain.periods import Period
from app.domain.registration import on_record
from app.words import day


def came(row: RowMapping, period: Period) -> str:
    """How a child came into column 18, besides the families placed in the period."""
    if row["joined_on"] and row["joined_on"] in period:
        return f"в семье с {day(row['joined_on'])}"
    if row["born_on"] in period:
        return f"родился в семье, состоящей на учёте, {day(row['born_on'])}"
    return "появился в семье, состоящей на учёте"


def gone(row: RowMapping, period: Period) -> str:
    """The first of what ended the count: leaving the family, coming of age, the family's removal."""
    events: list[tuple[date, str]] = []
    if row["left_on"]:
        events.append((row["left_on"], "выбыл из семьи"))
    if row["removed_on"] and not on_record(row["registered_on"], row["removed_on"], period.end):
        events.append((row["removed_on"], "семья снята с учёта"))
    events.append((ages.birthday(row["born_on"], ages.MAJORITY), "исполнилось 18 лет"))
    ended_on, what = min(event for event in events if event[0] in period)
    return f"{what} {day(ended_on)}"


def unknown(_row: RowMapping, period: Period) -> str:
    """A child without education on the last day."""
    return f"обучение, занятость на {day(period.end)} не указаны"


# By the key of the figure.
OF_CHILDREN: dict[str, Callable[[RowMapping, Period], str]] = {"came": came, "gone": gone, "unknown": unknown}
