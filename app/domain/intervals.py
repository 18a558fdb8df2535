"""What holds on a day: stays, membership and every dated row are half-open, their last day no longer belongs to them.

Each rule has its twin in SQL in `app.conditions`; one table of cases asks both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import TypeVar

Row = TypeVar("Row")
Interval = Callable[[Row], tuple[date | None, date | None]]


def holds(since: date | None, until: date | None, day: date) -> bool:
    """Whether an interval holds at the end of a day; no beginning: always so far, no end: to this day."""
    return (since is None or since <= day) and (until is None or until > day)


def education_on(educations: Iterable[Row], day: date, interval: Interval[Row]) -> Row | None:
    """What a child does by day: the last education begun on or before the day, unless it has ended.

    interval: the first and the last day of one of them. One that has ended is not followed by an earlier one.
    """
    begun = [(start, row) for row in educations if (start := interval(row)[0]) is not None and start <= day]
    _, last = max(begun, key=lambda pair: pair[0], default=(None, None))
    return last if last is not None and holds(*interval(last), day) else None
