"""Which copies stay, and when the next one is due."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from app.domain import backups

pytestmark = pytest.mark.one_database("rules of plain values")
BEGUN = datetime(2026, 1, 1, 2, 30)  # noqa: DTZ001  the municipality's own clock


def after(days: int) -> set[str]:
    """What a folder holds after so many nights, each with its copy and its clearing."""
    folder: set[str] = set()
    for number in range(days):
        folder.add(backups.file_name(BEGUN + timedelta(days=number)))
        folder -= set(backups.superfluous(folder))
    return folder


def test_a_year_and_a_half_of_nights_leave_a_week_five_weeks_and_a_year():
    days = sorted(backups.moment_of(name).date() for name in after(550))
    last = days[-1]
    assert [last - timedelta(days=n) for n in range(6, -1, -1)] == days[-7:]
    weeks = {day.isocalendar()[:2] for day in days}
    assert {(last - timedelta(weeks=n)).isocalendar()[:2] for n in range(5)} <= weeks
    months = {(day.year, day.month) for day in days}
    assert len(months) == 12
    assert len(days) <= 7 + 5 + 12
    assert (last - days[0]).days < 400  # what the act of a destruction says of copies rests on it


def test_the_last_copy_and_foreign_files_are_never_superfluous():
    only = backups.file_name(BEGUN)
    assert backups.superfluous([only, "семейные фото.zip", "patronat-2026-99-01-000000.patronat", f"{only}.part"]) == []


def test_several_copies_of_a_day_leave_the_last_one():
    names = [backups.file_name(BEGUN + timedelta(hours=hour)) for hour in range(5)]
    assert backups.superfluous(names) == names[:-1]


@pytest.mark.parametrize(
    ("hour", "proved", "tried", "due"),
    [
        (1, None, None, False),  # a bank of today waits for its hour
        (3, None, None, True),
        (3, -1, -1, True),  # yesterday's is not today's
        (3, 2.75, 2.75, False),
        (3, -1, 2.75, False),  # it failed a quarter of an hour ago
        (4, -1, 2.75, True),
        (1, -22, -22, True),  # the server was off last night
        (1, -21, -21, False),
    ],
)
def test_a_copy_is_due_once_a_night(hour, proved, tried, due):
    midnight = datetime(2026, 11, 29, tzinfo=UTC)

    def at(hours: float | None) -> datetime | None:
        return None if hours is None else midnight + timedelta(hours=hours)

    assert backups.is_due(at(hour), time(2, 30), at(proved), at(tried)) is due


def test_a_bank_is_endangered_after_two_days():
    moment = datetime(2026, 11, 29, tzinfo=UTC)
    assert backups.is_endangered(moment, None)
    assert backups.is_endangered(moment, moment - timedelta(days=2, minutes=1))
    assert not backups.is_endangered(moment, moment - timedelta(days=2))
