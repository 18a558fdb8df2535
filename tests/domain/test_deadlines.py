"""What a limit in every unit says of its last good day, its last good moment, and of what is late: one thing."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.domain import deadlines
from app.domain.deadlines import Limit
from app.domain.terms import Unit

ZONE = timezone(timedelta(hours=3))
MINUTE = timedelta(minutes=1)
HOLIDAYS = {(1, day) for day in range(1, 9)} | {(12, 31), (2, 23), (5, 1), (6, 12), (11, 4)}


def works(day: date) -> bool:
    return day.weekday() < 5 and (day.month, day.day) not in HOLIDAYS


in_days = st.one_of(
    st.builds(Limit, st.integers(0, 40), st.sampled_from([Unit.DAY, Unit.WORKING_DAY])),
    st.builds(Limit, st.integers(0, 24), st.just(Unit.MONTH)),
    st.builds(Limit, st.integers(1, 31), st.just(Unit.DAY_OF_MONTH)),
    st.just(Limit(0, Unit.DATE_LIST, ((1, 10), (2, 29), (4, 5), (10, 5)))),
)
limits = in_days | st.builds(Limit, st.integers(0, 72), st.just(Unit.HOUR))
days = st.dates(date(2023, 11, 1), date(2028, 3, 31))
moments = st.builds(
    lambda day, minutes: datetime.combine(day, time(), ZONE) + timedelta(minutes=minutes),
    days,
    st.integers(0, 24 * 60 - 1),
)
EVE_OF_THE_YEAR = datetime(2026, 12, 31, 23, 59, tzinfo=ZONE)


@given(start=days, today=days, limit=in_days)
@example(start=date(2026, 12, 31), today=date(2027, 1, 11), limit=Limit(1, Unit.WORKING_DAY))
@example(start=date(2028, 1, 31), today=date(2028, 3, 1), limit=Limit(1, Unit.MONTH))
def test_a_day_is_late_in_sql_as_it_is_in_python(start, today, limit):
    assert (start <= deadlines.last_late_start(today, limit, works)) is (today > deadlines.due(start, limit, works))


@given(start=moments, now=moments, limit=limits)
@example(start=EVE_OF_THE_YEAR, now=EVE_OF_THE_YEAR + timedelta(hours=1), limit=Limit(1, Unit.HOUR))
@example(start=EVE_OF_THE_YEAR, now=EVE_OF_THE_YEAR + MINUTE, limit=Limit(0, Unit.DAY))
def test_a_moment_is_late_in_sql_as_it_is_in_python(start, now, limit):
    assert (start < deadlines.late_before(now, limit, works)) is (now > deadlines.due_at(start, limit, works))


@given(start=moments, limit=limits)
@example(start=EVE_OF_THE_YEAR, limit=Limit(3, Unit.WORKING_DAY))
@example(start=EVE_OF_THE_YEAR, limit=Limit(1, Unit.MONTH))
def test_the_last_good_moment_is_good_and_the_next_one_is_not(start, limit):
    good = deadlines.due_at(start, limit, works)
    next_one = good + timedelta(microseconds=1)
    assert not start < deadlines.late_before(good, limit, works)
    assert start < deadlines.late_before(next_one, limit, works)
    if limit.unit is not Unit.HOUR:
        assert good.date() == deadlines.due(start.date(), limit, works)
        assert next_one.date() > good.date()


@given(day=days, limit=in_days)
def test_who_starts_later_is_not_due_earlier(day, limit):
    assert deadlines.due(day, limit, works) <= deadlines.due(day + timedelta(days=1), limit, works)


@pytest.mark.parametrize(
    ("start", "number", "due"),
    [
        (date(2026, 1, 30), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2026, 2, 28), 1, date(2026, 3, 28)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2026, 12, 31), 12, date(2027, 12, 31)),
        (date(2026, 12, 31), 0, date(2026, 12, 31)),
    ],
)
def test_a_month_ends_on_its_day_or_on_the_last_one_there_is(start, number, due):
    assert deadlines.due(start, Limit(number, Unit.MONTH), works) == due


def test_the_boundary_minute_of_an_hour():
    start = datetime(2026, 12, 31, 22, 59, tzinfo=UTC)
    hour = Limit(1, Unit.HOUR)
    assert deadlines.due_at(start, hour, works) == datetime(2026, 12, 31, 23, 59, tzinfo=UTC)
    assert not start < deadlines.late_before(datetime(2026, 12, 31, 23, 59, tzinfo=UTC), hour, works)
    assert start < deadlines.late_before(datetime(2026, 12, 31, 23, 59, 0, 1, tzinfo=UTC), hour, works)
