"""Age in full years, and the same rule turned round for SQL."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import ages

DAYS = st.dates(date(1950, 1, 1), date(2060, 12, 31))


@pytest.mark.parametrize(
    ("born_on", "on", "years"),
    [
        (date(2008, 9, 30), date(2026, 9, 30), 18),
        (date(2008, 10, 1), date(2026, 9, 30), 17),
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
        (date(2026, 9, 30), date(2026, 9, 30), 0),
    ],
)
def test_age_turns_on_the_birthday(born_on, on, years):
    assert ages.full_years(born_on, on) == years
    assert ages.is_minor(born_on, on) is (years < 18)


@given(DAYS, DAYS, st.integers(0, 40))
def test_the_bound_for_sql_says_the_same_as_the_age(born_on, on, years):
    assert (ages.full_years(born_on, on) < years) is (born_on > ages.years_before(on, years))


def test_nobody_is_a_child_before_birth_or_without_a_birth_date():
    assert not ages.is_minor(date(2026, 10, 1), date(2026, 9, 30))
    assert not ages.is_minor(None, date(2026, 9, 30))
