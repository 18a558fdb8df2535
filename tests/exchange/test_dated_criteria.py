"""A workbook corrects the criteria of a stay since their last change; undone, every row is what it was."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from app import journal
from app.clock import today
from app.domain.refusal import Refusal
from app.exchange import undo
from app.exchange.workbook import STAYS
from app.extensions import db
from app.models import Family, Registration, RegistrationCriterion
from app.services import soundness
from tests import factories
from tests.exchange.workbooks import Sound, load, planned
from tests.states import kept

IN_PYTHON = pytest.mark.one_database("rows are compared in Python; test_import.py writes and undoes on both")

CHANGED = date(2026, 6, 1)


@kept
def stay(cast: factories.Cast) -> Registration:
    """The stay of the second family of the workbook: 2.1.3 from 05.02.2026, others from 01.06.2026."""
    load(Sound().content())
    row = db.session.scalars(select(Registration).join(Family).where(Family.number == "00002")).one()
    factories.change(row, CHANGED, ["2.5.1", "2.2.1"])
    return row


def book(criteria: str, as_of: date | None = None) -> bytes:
    found = Sound()
    found.row(STAYS.title, 2)["Критерии"] = criteria
    if as_of is not None:
        found.facts[1][1] = as_of
    return found.content()


def rows() -> list[tuple[Any, ...]]:
    """Every live row, as it stands in the table, without the count of its versions."""
    columns = [column for column in RegistrationCriterion.__table__.c if column.name != "version"]
    query = select(*columns).where(RegistrationCriterion.annulled_at.is_(None)).order_by(RegistrationCriterion.id)
    return [tuple(row) for row in db.session.execute(query)]


def told(stay: Registration) -> list[tuple[date, list[str]]]:
    db.session.expire_all()
    assert [fault.text for fault in soundness.faults(today())] == []
    assert list(journal.all_differences()) == []
    return [(one.since, [row.criterion.code for row in one.rows]) for one in stay.criteria_by_days]


@IN_PYTHON
def test_what_is_in_force_is_what_the_workbook_says_and_nothing_is_done(stay):
    assert not planned(book("2.5.1; 2.2.1")).does_something


CORRECTED = {
    "another main one": "2.3.1; 2.2.1",
    "one less": "2.5.1",
    "one more": "2.5.1; 2.2.1; 2.4.2",
    "what was before, with another one": "2.1.3; 2.2.1",
    "the other way round": "2.2.1; 2.5.1",
    "others altogether": "2.3.1; 2.4.2; 2.1.1",
}


@IN_PYTHON
@pytest.mark.parametrize("criteria", CORRECTED.values(), ids=CORRECTED)
def test_the_criteria_in_force_are_corrected_and_the_load_is_undone_row_by_row(stay, criteria):
    before = rows()
    batch = load(book(criteria))
    assert told(stay) == [(date(2026, 2, 5), ["2.1.3"]), (CHANGED, criteria.split("; "))]
    assert not planned(book(criteria)).does_something
    undo.undo(batch, today())
    db.session.commit()
    assert rows() == before
    assert told(stay) == [(date(2026, 2, 5), ["2.1.3"]), (CHANGED, ["2.5.1", "2.2.1"])]


def test_the_criteria_of_a_stay_that_were_never_changed_are_those_it_began_with(stay):
    found = Sound()
    found.row(STAYS.title, 1)["Критерии"] = "2.5.2; 2.2.1"
    found.row(STAYS.title, 2)["Критерии"] = "2.5.1; 2.2.1"
    before = rows()
    batch = load(found.content())
    first = db.session.scalars(select(Registration).where(Registration.registered_on == date(2026, 1, 15))).one()
    assert told(first) == [(date(2026, 1, 15), ["2.5.2", "2.2.1"])]
    undo.undo(batch, today())
    db.session.commit()
    assert rows() == before


def test_a_workbook_of_an_earlier_day_knows_the_criteria_of_that_day(stay):
    earlier = date(2026, 5, 31)
    found = planned(book("2.1.3", earlier))
    assert not found.faults
    assert [one for one in found.changes if one.sheet == STAYS.title] == []
    assert found.sets == []
    for criteria in ("2.5.1; 2.2.1", "2.4.2"):
        fault = planned(book(criteria, earlier)).faults[0]
        assert (fault.column, "01.06.2026, после даты книги" in fault.text) == ("Критерии", True), fault.text


@IN_PYTHON
def test_a_workbook_takes_no_change_back(stay):
    fault = planned(book("2.1.3")).faults[0]
    assert fault.column == "Критерии"
    assert "аннулируйте постановление" in fault.text


def test_a_change_after_a_load_stops_its_undoing(stay):
    batch = load(book("2.3.1; 2.2.1"))
    factories.change(stay, date(2026, 8, 8), ["2.3.1", "2.2.1", "2.1.1"], "4/4")
    db.session.commit()
    with pytest.raises(Refusal, match="Отменить загрузку нельзя"):
        undo.undo(batch, today())
