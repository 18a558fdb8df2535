"""What a list of families asks of them: the conditions, and the lines of its rows."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from app import models
from app.extensions import db
from app.readings import families
from app.readings.contact import AID, Contact
from tests import factories

TODAY = date(2026, 9, 30)
OF_FAMILY = models.Family.__table__.c


def numbers(condition) -> set[str]:
    return set(db.session.scalars(select(OF_FAMILY.number).where(condition)))


def person(cast) -> models.Employee:
    return factories.employee(cast.agency("5.3"), last_name="Зорина")


@pytest.fixture
def known(app, cast):
    """00001 stands on record, 00002 was removed, 00003 never stood."""
    found = [factories.family(cast.north, number) for number in ("00001", "00002", "00003")]
    factories.registration(found[0], date(2024, 1, 1), until=date(2025, 1, 1))
    factories.registration(found[0], date(2026, 7, 1))
    factories.registration(found[1], date(2025, 2, 1), until=TODAY)
    db.session.flush()
    return found


def test_states_of_a_day(known):
    assert numbers(families.stands(TODAY)) == {"00001"}
    assert numbers(families.is_removed(TODAY)) == {"00002"}
    assert numbers(families.is_removed(date(2026, 9, 29))) == set()


@pytest.mark.parametrize(("since", "until", "placed", "removed"), [
    (date(2026, 1, 1), None, {"00001"}, {"00002"}),
    (None, date(2025, 12, 31), {"00001", "00002"}, {"00001"}),
    (TODAY, TODAY, set(), {"00002"}),
    (None, None, {"00001", "00002"}, {"00001", "00002"}),
])  # fmt: skip
def test_a_stretch_of_days_may_be_open(known, since, until, placed, removed):
    assert numbers(families.placed(since, until, TODAY)) == numbers(families.each_placed(since, until)) == placed
    told = numbers(families.taken_off(since, until, TODAY))
    assert told == numbers(families.each_taken_off(since, until)) == removed


@pytest.mark.parametrize("under", [families.under_criterion, families.each_under_criterion])
def test_a_criterion_is_that_of_the_last_stay_with_those_below_it(known, under):
    last = known[0].registrations[-1]
    code = last.main_criterion.code
    assert "00001" in numbers(under(code))
    assert "00001" in numbers(under(code.rpartition(".")[0]))
    other = next(one for one in db.session.scalars(select(models.Criterion)) if not one.code.startswith(code[:3]))
    last.criteria[0].criterion = other
    db.session.flush()
    assert "00001" not in numbers(under(code))
    assert "00001" in numbers(under(other.code))


@pytest.mark.parametrize(("days", "found"), [(9, True), (10, False), (11, False)])
def test_days_without_aid_are_counted_from_the_last_one(known, days, found):
    factories.aid(known[0], date(2026, 9, 21))
    factories.aid(known[0], date(2026, 1, 1))
    without = numbers(families.without_aid(days, TODAY))
    assert ("00001" in without) is found
    assert {"00002", "00003"} <= without


def test_a_mentor_is_one_who_holds_today(known, cast):
    mentor = factories.mentor(known[0], person(cast), date(2026, 9, 1))
    assert numbers(families.has_mentor(mentor.employee_id, TODAY)) == {"00001"}
    assert numbers(families.has_mentor(mentor.employee_id, date(2026, 8, 31))) == set()


@pytest.mark.parametrize("called", [families.with_surname, families.each_with_surname])
def test_a_surname_is_found_by_its_beginning_whatever_the_letters(known, called):
    factories.member(known[1], last_name="Ёлкина", first_name="Инна")
    assert numbers(called("елк")) == {"00002"}
    assert numbers(called("ЁЛКИНА ин")) == {"00002"}
    assert numbers(called("инна")) == set()


def test_a_line_says_what_a_row_shows(known, cast):
    factories.member(known[0], born_on=date(2015, 1, 1))
    factories.member(known[0], born_on=date(1985, 1, 1))
    factories.aid(known[0], date(2026, 9, 21))
    mentor = factories.mentor(known[0], person(cast), date(2026, 9, 1)).employee
    found = families.lines(known, TODAY)
    first = found[known[0].id]
    assert (first.children, first.contact, first.stay) == (1, Contact(date(2026, 9, 21), AID), "01.07.2026")
    assert first.criterion == known[0].registrations[-1].main_criterion.code
    assert first.mentor.startswith(mentor.last_name)
    assert found[known[1].id].stay == f"снята {TODAY:%d.%m.%Y}"
    assert found[known[2].id] == families.FamilyLine(territory=cast.north.name)
