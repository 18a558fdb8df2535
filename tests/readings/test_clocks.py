"""The clock of entering a family (Положение, 3.2), in Python and in SQL."""

from __future__ import annotations

from datetime import date

import pytest

from app import access
from app.domain.terms import Unit
from app.extensions import db
from app.models import Deadline, WorkingDay
from app.readings import clocks, listings
from tests import factories


def set_unit(unit: Unit, limit: str = "3") -> None:
    row = factories.by_code(Deadline, clocks.ENTRY)
    row.unit, row.limit = unit, limit
    db.session.flush()


# (unit, papers received, last good day): 31.12.2025 – 11.01.2026 are days off in the production calendar.
CASES = [
    (Unit.DAY, date(2026, 9, 10), date(2026, 9, 13)),
    (Unit.DAY, date(2026, 2, 27), date(2026, 3, 2)),
    (Unit.WORKING_DAY, date(2026, 9, 10), date(2026, 9, 15)),
    (Unit.WORKING_DAY, date(2026, 9, 11), date(2026, 9, 16)),
    (Unit.WORKING_DAY, date(2025, 12, 30), date(2026, 1, 14)),
]


@pytest.mark.parametrize(("unit", "received", "due"), CASES)
def test_the_python_and_the_sql_form_of_overdue_agree(app, cast, unit, received, due):
    set_unit(unit)
    family = factories.family(cast.north)
    stay = factories.registration(family, received, received_on=received)
    ((_stay, clock),) = clocks.of_family([stay])
    assert clock.due == due
    for day in (received, due, date.fromordinal(due.toordinal() + 1), date.fromordinal(due.toordinal() + 9)):
        late = clock.overdue(day)
        assert (received <= clocks.late_if_received_by(day)) is late, day
        with access.unrestricted():
            assert set(db.session.scalars(listings.late(day))) == ({family.id} if late else set()), day


def test_a_transferred_day_moves_the_limit(app, cast):
    set_unit(Unit.WORKING_DAY)
    db.session.add(WorkingDay(day=date(2026, 9, 14), works=False))
    db.session.add(WorkingDay(day=date(2026, 9, 12), works=True))
    db.session.flush()
    stay = factories.registration(factories.family(cast.north), date(2026, 9, 10), received_on=date(2026, 9, 10))
    assert clocks.of_family([stay])[0][1].due == date(2026, 9, 15)  # 11, 12 and 15 September


def test_entering_stops_the_clock(app, cast):
    received = date(2026, 9, 10)
    stay = factories.registration(
        factories.family(cast.north), received, received_on=received, entered_on=date(2026, 9, 13)
    )
    clock = clocks.of_family([stay])[0][1]
    assert not clock.overdue(date(2026, 12, 1))
    assert set(db.session.scalars(listings.late(date(2026, 12, 1)))) == set()


def test_without_the_papers_no_clock_runs(app, cast):
    assert clocks.of_family([factories.registration(factories.family(cast.north), date(2026, 9, 10))]) == []


def test_a_spoilt_row_of_the_dictionary_falls_back_to_three_calendar_days(app, cast):
    set_unit(Unit.DAY, "три")
    assert clocks.entry_limit() == (3, Unit.DAY)


@pytest.mark.parametrize(
    ("today", "days"),
    [
        (date(2026, 9, 30), [date(2026, 10, 2), date(2026, 10, 5), date(2026, 10, 5), date(2026, 10, 10)]),
        (date(2026, 10, 3), [date(2026, 10, 5), date(2026, 10, 5), date(2026, 10, 10), date(2026, 11, 2)]),
        (date(2026, 12, 31), [date(2027, 1, 2), date(2027, 1, 5), date(2027, 1, 5), date(2027, 1, 10)]),
    ],
)
def test_the_next_reports_of_the_bank(app, today, days):
    assert [clock.due for clock in clocks.coming(today)] == days
