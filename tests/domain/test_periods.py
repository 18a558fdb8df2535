"""Months, quarters, years."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import periods
from app.domain.periods import Period
from app.domain.refusal import Refusal


@pytest.mark.parametrize(
    ("period", "title"),
    [
        (periods.quarter(2026, 3), "III квартал 2026 года"),
        (periods.month(2024, 2), "февраль 2024 года"),
        (periods.year_period(2025), "2025 год"),
        (Period(date(2026, 2, 1), date(2026, 3, 15)), "с 01.02.2026 по 15.03.2026"),
    ],
)
def test_a_period_names_itself(period, title):
    assert period.title == title


@given(st.dates(date(1990, 1, 1), date(2050, 12, 31)))
def test_quarters_follow_each_other_without_a_gap(day):
    quarter = periods.quarter_holding(day)
    assert day in quarter
    assert periods.quarter_holding(quarter.end + timedelta(days=1)).eve == quarter.end


def test_a_period_that_ends_before_it_starts_is_none():
    with pytest.raises(ValueError, match="ends before"):
        Period(date(2026, 2, 1), date(2026, 1, 31))


def test_the_quarters_that_overlap_a_period():
    assert Period(date(2025, 11, 15), date(2026, 4, 1)).quarters() == [(2025, 4), (2026, 1), (2026, 2)]


def test_people_report_on_the_quarter_that_ended_last():
    assert periods.last_finished_quarter(date(2026, 10, 1)) == periods.quarter(2026, 3)
    assert periods.last_finished_quarter(date(2026, 1, 31)) == periods.quarter(2025, 4)


@pytest.mark.parametrize(
    ("since", "until", "months"),
    [
        (date(2026, 1, 15), date(2026, 1, 31), 0), (date(2026, 1, 15), date(2026, 2, 14), 0),
        (date(2026, 1, 15), date(2026, 2, 15), 1), (date(2025, 11, 30), date(2026, 9, 30), 10),
    ],
)  # fmt: skip
def test_whole_months(since, until, months):
    assert periods.full_months(since, until) == months


@pytest.mark.parametrize(("period", "said"), [
    (periods.quarter(2026, 3), "III квартала 2026 года"), (periods.year_period(2026), "2026 года"),
    (periods.month(2026, 3), "марта 2026 года"),
    (periods.Period(date(2026, 2, 1), date(2026, 3, 15)), "периода с 01.02.2026 по 15.03.2026"),
])  # fmt: skip
def test_the_results_of_a_period_are_named_in_words(period, said):
    assert period.results == said


def test_a_report_tells_of_days_that_have_come_and_says_of_a_year_that_goes_on():
    today = date(2026, 10, 12)
    for code in ("2026", "2026-Q4", "2026-Q3"):
        periods.check_begun(periods.coded(code), today)
    assert "не закончился" in periods.going_on(periods.coded("2026-Q4"), today)
    assert periods.going_on(periods.coded("2026-Q3"), today) == ""
    for start, end in ((date(2026, 10, 13), date(2026, 12, 31)), (date(2026, 1, 1), date(2027, 1, 1))):
        with pytest.raises(Refusal):
            periods.check_begun(Period(start, end), today)
