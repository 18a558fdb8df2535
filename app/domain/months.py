"""The books of a month: what may be said of them."""

from __future__ import annotations

from datetime import date

from app.domain.refusal import Refusal


def check(*, month: date, today: date) -> None:
    """A month is told by its first day, and it has begun."""
    if month.day != 1:
        raise Refusal("Месяц записывают его первым днём.", "of_month")
    if month > today:
        raise Refusal("Этот месяц ещё не наступил.", "of_month")
