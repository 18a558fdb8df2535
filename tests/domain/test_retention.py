"""How long cases are kept, and that a birth date of which the month is left changes no age that figures ask for."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from app.domain import ages, backups, periods, retention
from app.domain.refusal import Refusal
from app.domain.retention import RuleOfKeeping
from app.domain.terms import KeptKind, TermUnit

FIVE_YEARS = RuleOfKeeping(KeptKind.REMOVED, "пять лет", 5, TermUnit.YEAR)
UNTIL_ADULT = RuleOfKeeping(KeptKind.REMOVED, "до 18 лет", 0, TermUnit.YEAR, until_adult=True)
OF_CARDS = RuleOfKeeping(KeptKind.CARD, "90 дней", 90, TermUnit.DAY)


@pytest.mark.parametrize(
    ("rules", "youngest", "due"),
    [
        ([FIVE_YEARS], None, (date(2025, 2, 28), "пять лет")),
        ([FIVE_YEARS, UNTIL_ADULT], date(2010, 3, 4), (date(2028, 3, 4), "до 18 лет")),
        ([FIVE_YEARS, UNTIL_ADULT], date(2001, 3, 4), (date(2025, 2, 28), "пять лет")),
        ([UNTIL_ADULT], None, (date(2020, 2, 29), "до 18 лет")),
        ([OF_CARDS], None, None),
    ],
)
def test_of_several_terms_the_latest_day_counts(rules, youngest, due):
    assert retention.due(rules, KeptKind.REMOVED, date(2020, 2, 29), youngest) == due


@pytest.mark.parametrize("happened", [(), (3,), (11, 20), (1, 28), (29,)], ids=str)
def test_a_birth_date_of_which_the_month_is_left_changes_no_age_that_is_asked_for(happened):
    """Every day of a leap year as a birthday; asked at the ends of months and on the days of the family's facts."""
    for number in range(366):
        born_on = date(2008, 1, 1) + timedelta(days=number)
        facts = [
            date(2024, born_on.month, day) for day in happened if day <= periods.month(2024, born_on.month).end.day
        ]
        left = periods.coarse(born_on, facts)
        assert (left.year, left.month) == (born_on.year, born_on.month)
        ends = (periods.month(year, month).end for year in (2025, 2026, 2028) for month in range(1, 13))
        for day in (*facts, *ends):
            assert ages.full_years(left, day) == ages.full_years(born_on, day)
            assert ages.is_minor(left, day) == ages.is_minor(born_on, day)


def test_the_day_of_birth_itself_is_not_left():
    assert periods.coarse(date(2010, 5, 7), []) == date(2010, 5, 31)
    assert periods.coarse(date(2010, 5, 7), [date(2020, 5, 11), date(2015, 5, 3)]) == date(2010, 5, 11)
    assert periods.coarse(date(2012, 2, 10), []) == date(2012, 2, 28)


@pytest.mark.parametrize("text", ["", "Ива Анна, член", "Ива Анна\nОсин Петр\nЛугова Зоя", "А, а\nБ, б\nА, в"])
def test_a_commission_is_three_people_each_with_a_post(text):
    with pytest.raises(Refusal) as refused:
        retention.commission(text)
    assert refused.value.field == "commission"


def test_a_copy_that_holds_what_was_destroyed_goes_by_its_rotation():
    """The day is the one on which the rotation, carried out night by night, has dropped the last of the old copies."""
    moment = datetime(2026, 11, 16, 2, 30)  # noqa: DTZ001  the municipality's own clock
    old = {backups.file_name(moment - timedelta(days=days)) for days in range(400)}
    gone = backups.gone_on(old, moment)
    have = backups.kept(old | {backups.file_name(moment)})
    before, day = set(have), moment
    while before & have:
        day += timedelta(days=1)
        have = backups.kept(have | {backups.file_name(day)})
    assert gone == day.date()
    assert date(2027, 9, 1) < gone < date(2027, 12, 31)
