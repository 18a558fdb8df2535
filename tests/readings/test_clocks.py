"""The clocks of the dictionary of deadlines, in Python and in SQL."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from app import access
from app.clock import now
from app.domain.terms import Moment, Unit
from app.extensions import db
from app.models import Deadline, RegionalHoliday, Registration, SettledYear, WorkingDay
from app.readings import clocks, families, listings, working_days
from app.readings.due import Due, reports
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
    ({"unit": Unit.MONTH, "number": 1}, date(2026, 1, 31), date(2026, 2, 28)),
    ({"unit": Unit.MONTH, "number": 2}, date(2025, 12, 31), date(2026, 2, 28)),
    ({"unit": Unit.MONTH, "number": 60}, date(2021, 8, 30), date(2026, 8, 30)),
    ({"unit": Unit.DAY_OF_MONTH, "number": 31}, date(2026, 8, 31), date(2026, 9, 30)),
    ({"unit": Unit.DATE_LIST, "number": None, "days": "05.10; 10.01"}, date(2026, 9, 10), date(2026, 10, 5)),
    ({"unit": Unit.DATE_LIST, "number": None, "days": "05.10; 10.01"}, date(2026, 10, 5), date(2027, 1, 10)),
]


def late_stays(day: date) -> set[int]:
    with access.unrestricted():
        return set(db.session.scalars(select(Registration.id).where(clocks.overdue(day))))


@pytest.mark.of_both_databases
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


@pytest.mark.parametrize(
    ("regional", "day", "works"),
    [
        (None, date(2026, 1, 9), False),
        (None, date(2025, 11, 1), True),
        (None, date(2026, 11, 6), True),
        ({"day": date(2026, 11, 6)}, date(2026, 11, 6), False),
        ({"day": date(2026, 11, 6)}, date(2025, 11, 6), True),
        ({"day": date(2026, 11, 6)}, date(2028, 11, 6), True),
        ({"day": date(2026, 11, 6), "retired": True}, date(2026, 11, 6), True),
        ({"day": date(2020, 11, 6), "yearly": True}, date(2026, 11, 6), False),
        ({"day": date(2020, 11, 6), "yearly": True}, date(2019, 11, 6), True),
        # 30.08.2026 is a Sunday: the day off does not move to Monday
        ({"day": date(2020, 8, 30), "yearly": True}, date(2026, 8, 31), True),
    ],
)
def test_the_working_days_of_a_region(app, regional, day, works):
    if regional:
        db.session.add(RegionalHoliday(name="День республики", **regional))
        db.session.flush()
    assert working_days.production_calendar()(day) is works


def test_what_the_municipality_entered_of_a_day_goes_before_the_day_of_the_region(app):
    db.session.add(RegionalHoliday(name="День республики", day=date(2026, 11, 6)))
    db.session.add(WorkingDay(day=date(2026, 11, 6), works=True))
    db.session.flush()
    assert working_days.production_calendar()(date(2026, 11, 6))


def test_from_october_on_the_transfers_of_the_next_year_are_asked_for_until_they_are_known(app):
    asked = working_days.year_to_enter
    assert asked(date(2026, 12, 31)) is None  # the library knows 2027
    assert asked(date(2029, 9, 30)) is None
    assert asked(date(2029, 10, 1)) == 2030
    assert asked(date(2029, 12, 31)) == 2030
    stated = SettledYear(year=2030)
    db.session.add(stated)
    db.session.flush()
    assert asked(date(2029, 10, 1)) is None
    stated.retired = True
    db.session.flush()
    assert asked(date(2029, 10, 1)) == 2030
    db.session.add(WorkingDay(day=date(2030, 5, 2), works=False))
    db.session.flush()
    assert asked(date(2029, 10, 1)) is None


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


@pytest.mark.parametrize(("values", "received", "due"), CASES)
def test_a_clock_that_was_extended_is_overdue_by_its_later_day_everywhere(app, cast, values, received, due):
    change(**values)
    family, until = factories.family(cast.north), due + timedelta(days=5)
    stay = factories.registration(family, received, received_on=received)
    factories.extension(stay, due + timedelta(days=2))
    factories.extension(stay, until)
    annulled = factories.extension(stay, due + timedelta(days=90))
    annulled.annulled_at = now()
    factories.extension(stay, due + timedelta(days=90), code="month_2")  # of another clock
    db.session.commit()
    ((_stay, clock),) = clocks.of_family([stay])
    assert clock.due == until
    assert [one.until for one in clock.extended] == [due + timedelta(days=2), until]
    rows = clocks.between_known()
    for day in (due, due + timedelta(days=1), until, until + timedelta(days=1), until + timedelta(days=9)):
        late = clock.overdue(day)
        assert late is (day > until)
        with access.unrestricted():
            assert late_stays(day) == ({stay.id} if late else set()), day
            assert set(db.session.scalars(listings.BY_NAME["late"].ids(day))) == ({family.id} if late else set()), day
            assert set(clocks.most_overdue([family.id], day, rows)) == ({family.id} if late else set())
            assert families.lines([family], day)[family.id].late is late


def test_a_clock_that_was_made_longer_than_its_extension_runs_to_its_own_end(app, cast):
    stay = factories.registration(factories.family(cast.north), date(2026, 9, 1), received_on=date(2026, 9, 1))
    factories.extension(stay, date(2026, 9, 10))
    change(number=30)
    assert clocks.of_family([stay])[0][1].due == date(2026, 10, 1)
    assert late_stays(date(2026, 10, 1)) == set()
    assert late_stays(date(2026, 10, 2)) == {stay.id}


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


def coming(day: date) -> list[Due]:
    return reports.coming(day, clocks.DeadlinesInUse.read())


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
    assert [clock.due for clock in coming(today)] == days
    assert {clock.clause for clock in coming(today)} == {f"Положение, {one}" for one in REPORTED_BY}


def test_the_days_of_a_year_come_one_by_one(app):
    for row in db.session.scalars(select(Deadline).where(Deadline.code != "rg_quarter")):
        row.retired = True
    change("rg_quarter", retired=False, days="05.04; 10.01; 29.02")
    found = [coming(day)[0].due for day in (date(2026, 12, 31), date(2027, 1, 10), date(2027, 1, 11))]
    assert found == [date(2027, 1, 10), date(2027, 1, 10), date(2027, 2, 28)]
    assert coming(date(2028, 2, 11))[0].due == date(2028, 2, 29)
