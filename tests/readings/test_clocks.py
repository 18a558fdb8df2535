"""The clocks of the dictionary of deadlines, in Python and in SQL."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from app import access
from app.domain.terms import Moment, Unit
from app.extensions import db
from app.models import Deadline, Registration, WorkingDay
from app.readings import clocks, listings
from tests import factories

ENTRY = "bank_entry_3d"


def change(code: str = ENTRY, **values) -> None:
    row = factories.by_code(Deadline, code)
    for name, value in values.items():
        setattr(row, name, value)
    db.session.flush()


# (values of the row, papers received, last good day): 31.12.2025 – 11.01.2026 are days off in the production calendar.
CASES = [
    ({"unit": Unit.DAY}, date(2026, 9, 10), date(2026, 9, 13)),
    ({"unit": Unit.DAY}, date(2026, 2, 27), date(2026, 3, 2)),
    ({"unit": Unit.DAY, "number": 0}, date(2026, 2, 27), date(2026, 2, 27)),
    ({"unit": Unit.DAY, "number": 366}, date(2026, 2, 27), date(2027, 2, 28)),
    ({"unit": Unit.WORKING_DAY}, date(2026, 9, 10), date(2026, 9, 15)),
    ({"unit": Unit.WORKING_DAY}, date(2026, 9, 11), date(2026, 9, 16)),
    ({"unit": Unit.WORKING_DAY}, date(2025, 12, 30), date(2026, 1, 14)),
    ({"unit": Unit.DAY_OF_MONTH, "number": 31}, date(2026, 8, 31), date(2026, 9, 30)),
    ({"unit": Unit.DATE_LIST, "number": None, "days": "05.10; 10.01"}, date(2026, 9, 10), date(2026, 10, 5)),
    ({"unit": Unit.DATE_LIST, "number": None, "days": "05.10; 10.01"}, date(2026, 10, 5), date(2027, 1, 10)),
]


def late_stays(day: date) -> set[int]:
    with access.unrestricted():
        return set(db.session.scalars(select(Registration.id).where(clocks.overdue(day))))


@pytest.mark.parametrize(("values", "received", "due"), CASES)
def test_the_python_and_the_sql_form_of_overdue_agree(app, cast, values, received, due):
    change(**values)
    family = factories.family(cast.north)
    stay = factories.registration(family, received, received_on=received)
    ((_stay, clock),) = clocks.of_family([stay])
    assert clock.due == due
    for day in (received, due, date.fromordinal(due.toordinal() + 1), date.fromordinal(due.toordinal() + 9)):
        late = clock.overdue(day)
        assert late_stays(day) == ({stay.id} if late else set()), day
        with access.unrestricted():
            assert set(db.session.scalars(listings.BY_NAME["late"].ids(day))) == ({family.id} if late else set()), day


def test_a_transferred_day_moves_the_limit(app, cast):
    change(unit=Unit.WORKING_DAY)
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
    assert set(db.session.scalars(listings.BY_NAME["late"].ids(date(2026, 12, 1)))) == set()


def test_without_the_papers_no_clock_runs(app, cast):
    assert clocks.of_family([factories.registration(factories.family(cast.north), date(2026, 9, 10))]) == []


def test_every_deadline_between_known_moments_is_a_clock(app, cast):
    """No deadline is named in the code: another row of the dictionary runs as the shipped ones do."""
    change("signal_1h", starts=Moment.DETECTED, stops=Moment.CARD_SENT, unit=Unit.WORKING_DAY, number=1)
    stay = factories.registration(factories.family(cast.north), date(2026, 9, 20), detected_on=date(2026, 9, 11))
    ((_stay, clock),) = clocks.of_family([stay])
    assert clock.due == date(2026, 9, 14)
    assert late_stays(date(2026, 9, 14)) == set()
    assert late_stays(date(2026, 9, 15)) == {stay.id}
    stay.card_sent_on = date(2026, 9, 16)
    assert clocks.of_family([stay])[0][1].stopped_on == date(2026, 9, 16)
    assert late_stays(date(2026, 9, 17)) == set()


@pytest.mark.parametrize(
    "values", [{"retired": True}, {"stops": Moment.REVIEWED}, {"starts": Moment.MOVE_LEARNT}, {"unit": Unit.HOUR}]
)
def test_a_deadline_that_the_bank_cannot_count_gives_no_clock(app, cast, values):
    change(**values)
    received = date(2026, 9, 10)
    stay = factories.registration(factories.family(cast.north), received, received_on=received)
    assert clocks.of_family([stay]) == []
    assert late_stays(date(2027, 9, 10)) == set()


def test_every_moment_of_a_stay_is_a_column_of_its_own(app):
    columns = [column.name for column in clocks.OF_STAYS.values()]
    assert len(columns) == len(set(columns))
    assert not any(moment.ends_a_period for moment in clocks.OF_STAYS)
    assert all(moment.ends_a_period for moment in clocks.PERIODS)


REPORTED_BY = ("3.6.6", "3.6.7", "3.7.4", "3.7.5")


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
    assert {clock.clause for clock in clocks.coming(today)} == {f"Положение, {one}" for one in REPORTED_BY}


def test_the_days_of_a_year_come_one_by_one(app):
    for row in db.session.scalars(select(Deadline).where(Deadline.code != "rg_quarter")):
        row.retired = True
    change("rg_quarter", retired=False, days="05.04; 10.01; 29.02")
    found = [clocks.coming(day)[0].due for day in (date(2026, 12, 31), date(2027, 1, 10), date(2027, 1, 11))]
    assert found == [date(2027, 1, 10), date(2027, 1, 10), date(2027, 2, 28)]
    assert clocks.coming(date(2028, 2, 11))[0].due == date(2028, 2, 29)
