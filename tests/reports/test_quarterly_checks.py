"""What the form says is missing and what the first page says of it are one and the same."""

from __future__ import annotations

from datetime import date

import pytest

from app import access, clock
from app.domain import periods, terms
from app.extensions import db
from app.models import ChildPopulation, Criterion, RemovalReason
from app.reports import quarterly, quarterly_checks
from app.reports.places import ReportPlaces
from tests import factories
from tests.states import kept

QUARTER = periods.quarter(2026, 3)
IN_IT = date(2026, 8, 5)


@kept
def sound(cast):
    """A family on record of whom the form knows everything; numbers of children for both settlements."""
    home = factories.family(cast.north)
    child = factories.member(home)
    factories.education(child, date(2024, 9, 1))
    stay = factories.registration(home, date(2026, 1, 5), sender=cast.agency("5.3"), card_sent_on=IN_IT)
    for place in (cast.north, cast.south):
        db.session.add(ChildPopulation(territory=place, counted_on=date(2026, 1, 1), children=100))
    return {"home": home, "child": child, "stay": stay}


def no_sender(cast, rows):
    rows["stay"].sender = None


def no_criterion(cast, rows):
    for row in rows["stay"].criteria:
        row.annulled_at = clock.now()


def a_criterion_that_no_column_counts(cast, rows):
    own = Criterion(code="2.9", name="Местный критерий", position=99)
    db.session.add(own)
    rows["stay"].criteria[0].criterion = own


def a_reason_that_no_column_counts(cast, rows):
    other = factories.family(cast.south)
    gone = factories.registration(other, date(2026, 1, 5), until=IN_IT)
    gone.removal_reason = RemovalReason(
        code="12", name="Местная причина", position=99, children_line=terms.ChildrenLine.OBJECTIVE,
    )  # fmt: skip


def no_education(cast, rows):
    rows["child"].educations[0].annulled_at = clock.now()


def education_that_has_ended(cast, rows):
    rows["child"].educations[0].ended_on = date(2026, 9, 30)


def more_children_than_live_there(cast, rows):
    db.session.add(ChildPopulation(territory=cast.north, counted_on=date(2026, 2, 1), children=0))


def population_of_one_place_is_missing(cast, rows):
    far = factories.family(
        factories.territory("Восточное сельское поселение", terms.TerritoryKind.SETTLEMENT, cast.district)
    )
    assert far.territory.name


def population_is_missing(cast, rows):
    for row in db.session.query(ChildPopulation):
        db.session.delete(row)


def wanting(form) -> set[str]:
    """The checks of a form that do not hold, or that have nothing to compare with."""
    return {check.title for check in form.checks if not check.holds or check.text.startswith("не введено")}


def counted(cast, **options):
    tree = ReportPlaces()
    return quarterly.quarterly(QUARTER, tree.all[cast.district.id], tree=tree, **options)


def lacks(cast):
    tree = ReportPlaces()
    return [one for one in quarterly_checks.lacks(QUARTER, tree) if one.place.id in {p.id for p in tree.outermost()}]


def test_of_a_whole_bank_neither_says_anything(sound, cast):
    assert wanting(counted(cast)) == set()
    with access.acting_as(of_district(cast)):
        assert lacks(cast) == []


def of_district(cast) -> access.Scope:
    ids = frozenset({cast.district.id, *(part.id for part in cast.district.parts)})
    return access.Scope(territories=ids, kept=ids, places=ids)


@pytest.mark.parametrize("spoil", [
    no_sender, no_criterion, a_criterion_that_no_column_counts, a_reason_that_no_column_counts, no_education,
    education_that_has_ended, more_children_than_live_there, population_of_one_place_is_missing, population_is_missing,
], ids=lambda spoil: spoil.__name__)  # fmt: skip
def test_what_the_form_complains_of_the_first_page_names(spoil, sound, cast):
    spoil(cast, sound)
    db.session.flush()
    with access.acting_as(of_district(cast)):
        form, found = counted(cast), lacks(cast)
    assert wanting(form) == {one.breaks for one in found} != set()
    for one in found:
        if one.figure:
            assert form.number(one.figure) == int(one.text.rpartition(": ")[2])
            check = next(check for check in form.checks if check.title == one.breaks)
            assert check.lists == (one.figure,), "the check does not open the rows that it lacks"


def test_every_check_that_can_fail_is_told_of_on_the_first_page(sound, cast):
    """The other sums hold whatever is stored: a stay begins, lasts and ends by its own two days."""
    told = {*quarterly_checks.LACKS, quarterly_checks.OF_POPULATION}
    by_themselves = {
        "Графа 12 = графа 6 + графа 8 − графа 10", "Графа 18 = графа 7 + графа 9 + прибыло − выбыло",
        "Графа 18 = сумма возрастных групп строки 2.1",
    }  # fmt: skip
    assert {check.title for check in counted(cast).checks} == told | by_themselves


def test_each_district_has_its_own_lacks(sound, cast):
    factories.registration(factories.family(cast.far), date(2026, 1, 5), criteria=())
    db.session.flush()
    places = {one.place.name for one in quarterly_checks.lacks(QUARTER, ReportPlaces()) if one.figure}
    assert places == {ReportPlaces().tree.roots[0].name}, "who sees all has one form of all"
    with access.acting_as(of_district(cast)):
        assert not [one for one in lacks(cast) if one.figure]
