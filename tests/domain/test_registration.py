"""Rules of the road of a family: each forbids what it says, and nothing else."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from app.domain import deadlines, registration
from app.domain.refusal import Refusal
from app.domain.terms import Moment, Unit

TODAY = date(2026, 9, 30)
PLACING: dict[str, Any] = {
    "registered_on": date(2026, 5, 10), "decided_on": date(2026, 5, 10), "others": [], "removed_on": None,
    "criteria": 1, "today": TODAY,
}  # fmt: skip
REMOVAL: dict[str, Any] = {
    "registered_on": date(2026, 5, 10), "removed_on": date(2026, 9, 1), "decided_on": date(2026, 9, 1),
    "has_reason": True, "today": TODAY,
}  # fmt: skip


def test_an_ordinary_stay_is_allowed():
    registration.check_placing(**PLACING)
    registration.check_removal(**REMOVAL)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"decided_on": None}, "decision"),
        ({"registered_on": date(2026, 10, 1)}, "registered_on"),
        ({"registered_on": date(2026, 5, 9)}, "registered_on"),
        ({"criteria": 0}, "criteria"),
        ({"others": [(date(2026, 1, 1), None)]}, "registered_on"),
        ({"others": [(date(2026, 1, 1), date(2026, 5, 11))]}, "registered_on"),
        ({"others": [(date(2026, 6, 1), None)]}, "registered_on"),
    ],
)
def test_placing_is_refused(change, field):
    with pytest.raises(Refusal) as refusal:
        registration.check_placing(**{**PLACING, **change})
    assert refusal.value.field == field


@pytest.mark.parametrize(
    "others",
    [
        [(date(2026, 1, 1), date(2026, 5, 10))],  # registered again on the day of the removal
        [(date(2025, 1, 1), date(2025, 2, 1)), (date(2025, 3, 1), date(2025, 4, 1))],
    ],
)
def test_a_family_comes_back_with_a_stay_of_its_own(others):
    registration.check_placing(**{**PLACING, "others": others})


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"decided_on": None}, "removal_decision"),
        ({"removed_on": date(2026, 5, 9), "decided_on": date(2026, 5, 9)}, "removed_on"),
        ({"removed_on": date(2026, 10, 1)}, "removed_on"),
        ({"removed_on": date(2026, 8, 31)}, "removed_on"),
        ({"has_reason": False}, "removal_reason"),
    ],
)
def test_removal_is_refused(change, field):
    with pytest.raises(Refusal) as refusal:
        registration.check_removal(**{**REMOVAL, **change})
    assert refusal.value.field == field


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"born_on": date(2026, 10, 1)}, "born_on"),
        ({"born_on": date(1899, 12, 31)}, "born_on"),
        ({"born_on": date(2020, 1, 2), "joined_on": date(2020, 1, 1)}, "joined_on"),
        ({"joined_on": date(2020, 1, 2), "left_on": date(2020, 1, 1)}, "left_on"),
        ({"born_on": date(2020, 1, 2), "left_on": date(2020, 1, 1)}, "left_on"),
    ],
)
def test_a_member_who_cannot_be_is_refused(values, field):
    with pytest.raises(Refusal) as refusal:
        registration.check_member(**{"born_on": None, "joined_on": None, "left_on": None, "today": TODAY, **values})
    assert refusal.value.field == field


@pytest.mark.parametrize(
    ("registered_on", "removed_on", "day", "holds"),
    [
        (date(2026, 1, 1), None, date(2026, 1, 1), True),
        (date(2026, 1, 1), None, date(2025, 12, 31), False),
        (date(2026, 1, 1), date(2026, 2, 1), date(2026, 1, 31), True),
        (date(2026, 1, 1), date(2026, 2, 1), date(2026, 2, 1), False),
    ],
)
def test_the_day_of_removal_no_longer_belongs_to_the_stay(registered_on, removed_on, day, holds):
    assert registration.on_record(registered_on, removed_on, day) is holds


def weekday(day: date) -> bool:
    return day.weekday() < 5


@pytest.mark.parametrize(
    ("start", "limit", "unit", "due"),
    [
        (date(2026, 9, 4), 3, Unit.DAY, date(2026, 9, 7)),
        (date(2026, 9, 4), 3, Unit.WORKING_DAY, date(2026, 9, 9)),
        (date(2026, 9, 4), 0, Unit.WORKING_DAY, date(2026, 9, 4)),
        (date(2026, 12, 30), 3, Unit.DAY, date(2027, 1, 2)),
    ],
)
def test_a_limit_runs_from_the_next_day(start, limit, unit, due):
    assert deadlines.due(start, deadlines.Limit(limit, unit), weekday) == due


def test_a_report_is_due_on_a_day_of_the_next_month():
    assert deadlines.due(date(2026, 12, 31), deadlines.Limit(5, Unit.DAY_OF_MONTH), weekday) == date(2027, 1, 5)
    assert deadlines.due(date(2026, 9, 30), deadlines.Limit(10, Unit.DAY_OF_MONTH), weekday) == date(2026, 10, 10)
    assert deadlines.due(date(2027, 1, 31), deadlines.Limit(30, Unit.DAY_OF_MONTH), weekday) == date(2027, 2, 28)


def test_a_limit_in_hours_has_no_last_good_day():
    with pytest.raises(ValueError, match="hours"):
        deadlines.due(date(2026, 12, 31), deadlines.Limit(24, Unit.HOUR), weekday)


COUNTED = {"starts": Moment.DETECTED, "stops": Moment.ENTERED, "number": 3, "unit": Unit.DAY, "days": None}


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({}, None),
        ({"starts": Moment.OTHER, "stops": Moment.OTHER}, None),
        ({"starts": Moment.MONTH_ENDED, "stops": None}, None),
        ({"unit": Unit.DATE_LIST, "number": None, "days": "10.01; 29.02"}, None),
        ({"stops": None}, "stops"),
        ({"stops": Moment.DETECTED}, "stops"),
        ({"starts": Moment.MONTH_ENDED}, "stops"),
        ({"number": None}, "number"),
        ({"number": 367}, "number"),
        ({"unit": Unit.DAY_OF_MONTH, "number": 0}, "number"),
        ({"unit": Unit.DAY_OF_MONTH, "number": 32}, "number"),
        ({"days": "10.01"}, "days"),
        ({"unit": Unit.DATE_LIST, "days": "10.01"}, "number"),
        ({"unit": Unit.DATE_LIST, "number": None}, "days"),
        ({"unit": Unit.DATE_LIST, "number": None, "days": "31.02"}, "days"),
        ({"unit": Unit.DATE_LIST, "number": None, "days": "10 Jan; 5 Apr"}, "days"),
    ],
)
def test_a_deadline_must_be_countable(values, field):
    if field is None:
        deadlines.check(**{**COUNTED, **values})
        return
    with pytest.raises(Refusal) as refused:
        deadlines.check(**{**COUNTED, **values})
    assert refused.value.field == field


def test_a_clock_is_overdue_only_when_its_last_good_day_has_passed():
    running = deadlines.Clock("Внести в банк", "3.2", due=date(2026, 9, 30))
    assert not running.overdue(TODAY)
    assert running.overdue(date(2026, 10, 1))
    assert not deadlines.Clock("Внести в банк", "3.2", date(2026, 9, 30), date(2026, 9, 29)).overdue(date(2027, 1, 1))
