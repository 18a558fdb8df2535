"""The lists behind the counts of the first page."""

from __future__ import annotations

from datetime import date

import pytest

from app.extensions import db
from app.readings import listings
from tests import factories
from tests.states import kept

TODAY = date(2026, 9, 30)


def ids(name: str, day: date = TODAY) -> set[int]:
    return set(db.session.scalars(listings.BY_NAME[name].ids(day)))


@kept
def known(cast):
    stands = factories.family(cast.north)
    factories.registration(stands, date(2026, 7, 1))
    removed = factories.family(cast.north)
    factories.registration(removed, date(2025, 1, 1), until=date(2026, 9, 30))
    return {"stands": stands, "removed": removed}


def test_the_day_of_removal_no_longer_belongs_to_the_stay(known):
    assert ids("on-record") == {known["stands"].id}
    assert ids("on-record", date(2026, 9, 29)) == {known["stands"].id, known["removed"].id}


def test_flows_of_the_quarter(known):
    assert ids("registered") == {known["stands"].id}
    assert ids("removed") == {known["removed"].id}
    assert ids("registered", date(2026, 6, 30)) == set()


def test_annulled_rows_are_on_no_list(known):
    for stay in known["stands"].registrations:
        stay.annulled_at = stay.created_at
    db.session.flush()
    assert ids("on-record") == set()
    assert ids("registered") == set()


@pytest.mark.parametrize(
    ("born_on", "values", "counted"),
    [
        (date(2015, 1, 1), {}, True),
        (date(2008, 10, 1), {}, True),
        (date(2008, 9, 30), {}, False),
        (date(2015, 1, 1), {"left_on": date(2026, 9, 30)}, False),
        (date(2015, 1, 1), {"left_on": date(2026, 10, 1)}, True),
        (date(2015, 1, 1), {"joined_on": date(2026, 10, 1)}, False),
        (None, {}, False),
    ],
)
def test_children_are_minors_of_the_family_today(known, born_on, values, counted):
    child = factories.member(known["stands"], born_on=born_on, **values)
    factories.member(known["removed"])
    assert ids("children") == ({child.id} if counted else set())
    assert ids("unknown-education") == ({child.id} if counted else set())
    assert ids("without-members") == (
        {known["stands"].id} if values.get("left_on") == TODAY or "joined_on" in values else set()
    )


def test_a_known_education_leaves_the_list(known):
    child = factories.member(known["stands"])
    factories.education(child, date(2026, 9, 1))
    assert ids("unknown-education") == set()
    assert ids("unknown-education", date(2026, 8, 31)) == {child.id}


def test_the_education_of_one_child_says_nothing_of_another(known):
    first, second, third = (factories.member(known["stands"], first_name=name) for name in ("Ия", "Лия", "Зоя"))
    factories.education(first, date(2025, 9, 1))
    factories.education(second, date(2026, 9, 1))
    assert ids("unknown-education") == {third.id}
    assert listings.counts([listings.BY_NAME["unknown-education"]], TODAY) == {"unknown-education": 1}


@pytest.mark.parametrize(("born_on", "soon"), [(date(2008, 12, 30), True), (date(2008, 12, 31), False)])
def test_who_comes_of_age_within_three_months(known, born_on, soon):
    child = factories.member(known["stands"], born_on=born_on)
    assert ids("coming-of-age") == ({child.id} if soon else set())


def test_a_count_is_the_length_of_its_list(known):
    factories.member(known["stands"])
    counted = listings.counts(listings.LISTINGS, TODAY)
    assert counted == {listing.name: len(ids(listing.name)) for listing in listings.LISTINGS}
    assert counted["children"] == 1


def test_the_region_sees_districts_without_names(known, cast):
    factories.member(known["stands"])
    assert listings.by_district(TODAY) == [(cast.district.name, 1, 1, 0)]
