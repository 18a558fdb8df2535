"""What holds on a day is one rule in Python and in SQL: every table of cases asks both forms."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import literal, select, union_all

from app import clock, conditions
from app.domain import ages, intervals, registration
from app.domain.periods import quarter_holding
from app.extensions import db
from app.models import Assignment, Education, Family, Member, Registration
from tests import factories

pytestmark = pytest.mark.of_both_databases

DAY = date(2026, 9, 30)
EVE, NEXT = DAY - timedelta(days=1), DAY + timedelta(days=1)

# Beginning, end, whether it holds on DAY.
BEGUN = [
    (EVE, None, True),
    (DAY, None, True),
    (NEXT, None, False),
    (EVE, EVE, False),
    (EVE, DAY, False),
    (EVE, NEXT, True),
    (DAY, DAY, False),
    (DAY, NEXT, True),
    (NEXT, NEXT, False),
]
UNBEGUN = [(None, None, True), (None, EVE, False), (None, DAY, False), (None, NEXT, True)]


@pytest.fixture
def home(app, cast) -> Family:
    return factories.family(cast.north)


def _told(condition, row) -> bool:
    """Whether a row meets a condition, by the database."""
    table = type(row).__table__
    db.session.flush()
    return db.session.scalar(select(table.c.id).where(table.c.id == row.id, condition)) is not None


@pytest.mark.parametrize(("since", "until", "holds"), BEGUN)
def test_a_stay_is_on_record_to_the_eve_of_its_removal(home, since, until, holds):
    stay = factories.registration(home, since, until=until)
    assert registration.on_record(since, until, DAY) is holds
    assert _told(conditions.on_record(Registration.__table__, DAY), stay) is holds


@pytest.mark.parametrize(("since", "until", "holds"), BEGUN + UNBEGUN)
def test_a_person_belongs_to_the_family_to_the_eve_of_leaving(home, since, until, holds):
    person = factories.member(home, joined_on=since, left_on=until)
    assert intervals.holds(since, until, DAY) is holds
    assert _told(conditions.belongs(Member.__table__, DAY), person) is holds


@pytest.mark.parametrize(("since", "until", "holds"), BEGUN)
def test_a_dated_row_holds_to_the_eve_of_its_end(home, cast, since, until, holds):
    row = factories.assignment(cast.employee("boris"), since, of=home, until=until)
    table = Assignment.__table__
    assert intervals.holds(since, until, DAY) is holds
    assert _told(conditions.dated(table, DAY), row) is holds
    assert _told(conditions.current(table, DAY), row) is holds
    row.annulled_at = clock.now()
    assert _told(conditions.current(table, DAY), row) is False


# Birth date, day, full years.
BIRTHS = [
    (date(2008, 9, 29), DAY, 18),
    (date(2008, 9, 30), DAY, 18),
    (date(2008, 10, 1), DAY, 17),
    (date(2008, 2, 29), date(2026, 2, 28), 17),
    (date(2008, 2, 29), date(2026, 3, 1), 18),
    (date(2006, 2, 28), date(2024, 2, 29), 18),
    (date(2006, 3, 1), date(2024, 2, 29), 17),
    (DAY, DAY, 0),
    (EVE, DAY, 0),
    (NEXT, DAY, None),
    (None, DAY, None),
]


@pytest.mark.parametrize(("born_on", "day", "years"), BIRTHS)
def test_a_minor_is_born_and_not_yet_eighteen(home, born_on, day, years):
    minor = years is not None and years < ages.MAJORITY
    person = factories.member(home, born_on=born_on)
    column = Member.__table__.c.born_on
    assert ages.is_minor(born_on, day) is minor
    assert _told(conditions.minor(column, day), person) is minor
    assert _told(conditions.minor(conditions.unindexed(column), day), person) is minor
    period = quarter_holding(day)
    assert _told(conditions.minor_on(column, literal(day), period), person) is minor


@pytest.mark.parametrize(("born_on", "day", "years"), BIRTHS)
def test_an_age_group_takes_its_first_year_and_not_its_last(home, born_on, day, years):
    person = factories.member(home, born_on=born_on)
    if years is not None:
        assert born_on is not None
        assert ages.full_years(born_on, day) == years
    for youngest, under in ((0, 6), (6, 14), (14, 18), (18, 19)):
        inside = years is not None and youngest <= years < under
        assert _told(conditions.aged(Member.__table__.c.born_on, day, youngest, under), person) is inside


# Educations of one member as (since, until), and which of them tells what is done on DAY.
EDUCATIONS = [
    ([], None),
    ([(EVE, None)], 0),
    ([(DAY, None)], 0),
    ([(NEXT, None)], None),
    ([(EVE, DAY)], None),
    ([(EVE, NEXT)], 0),
    ([(EVE, None), (DAY, None)], 1),
    ([(EVE, None), (NEXT, None)], 0),
    ([(date(2025, 9, 1), None), (EVE, DAY)], None),
    ([(date(2025, 9, 1), EVE), (DAY, None)], 1),
    ([(DAY, None), (date(2025, 9, 1), None)], 0),
]


@pytest.mark.parametrize(("rows", "told"), EDUCATIONS)
def test_what_a_child_does_by_day_is_the_last_begun_that_has_not_ended(home, rows, told):
    child = factories.member(home)
    other = factories.member(home)
    factories.education(other, DAY)
    annulled = factories.education(child, DAY)
    annulled.annulled_at = clock.now()
    db.session.flush()
    made = [factories.education(child, since, ended_on=until) for since, until in rows]
    wanted = None if told is None else made[told]
    assert intervals.education_on(made, DAY, lambda row: (row.started_on, row.ended_on)) is wanted
    table = Education.__table__
    condition = conditions.education_on(table, literal(child.id), DAY)
    assert db.session.scalars(select(table.c.id).where(condition)).all() == ([] if wanted is None else [wanted.id])
    status = db.session.scalar(select(conditions.status_on(literal(child.id), DAY)))
    assert status == (None if wanted is None else wanted.status_id)


@pytest.mark.parametrize("text", [
    "ул. Луговая, д. 5", "ЛУГОВАЯ", "луговая, Д. 53", "53", ", ", "-", "д. 5*", "[", "г. Заречный, пер. Дачный, д. 1",
    "щ", "№ 7", "7",
])  # fmt: skip
def test_a_text_is_found_in_another_whatever_the_letter_case(app, text):
    texts = ["г. Заречный, ул. Луговая, д. 53", "г. Заречный, УЛ. ЛУГОВАЯ, Д. 5*", "пер. Дачный, д. 1, кв. 9", "[7]",
             "г. Заречный, пер. Дачный, д. 1", "№ 7, Площадь"]  # fmt: skip
    held = [literal(one).label("text") for one in texts]
    found = union_all(*(select(one) for one in held)).subquery()
    asked = select(found.c.text).where(conditions.has_text(found.c.text, text))
    assert set(db.session.scalars(asked)) == {one for one in texts if text.lower() in one.lower()}
