"""Rows that are stored already are asked the same rules as rows that are typed."""

from __future__ import annotations

from datetime import date

import pytest

from app import clock
from app.demo import bank as demo
from app.domain.refusal import Refusal
from app.domain.terms import DecisionKind
from app.exchange import apply
from app.services import checks, soundness
from tests import factories
from tests.exchange.workbooks import planned

TODAY = date(2026, 9, 30)


@pytest.mark.one_database("the rules are asked in Python; test_doctor.py asks them of a demo bank on both")
def test_the_invented_bank_is_sound(app):
    demo.fill(TODAY, families=40, seed=3)
    assert [fault.text for fault in soundness.faults(TODAY)] == []


@pytest.mark.one_database("the rules are asked in Python; test_doctor.py asks them of a demo bank on both")
def test_a_bank_of_a_workbook_is_sound(app, data):
    apply.apply(planned((data / "bank_small.xlsx").read_bytes()), clock.today())
    assert [fault.text for fault in soundness.faults(clock.today())] == []


def test_every_entity_that_is_checked_when_typed_is_checked_when_stored():
    # Places, words, the calendar and who sits in a commission are the doctor's own matter.
    outside = {"Family", "Territory", "Deadline", "RemovalReason", "SettledYear", "Agency", "CommissionMember",
               "BookWord", "MeasureSetLine", "PerformerReport", "TypicalInstruction",
               "RetentionRule"}  # fmt: skip
    assert {entity.__name__ for entity, _rule in soundness.RULES} == {e.__name__ for e in checks.RULES} - outside


@pytest.mark.one_database("the rules are asked in Python; test_doctor.py asks them of a demo bank on both")
def test_an_import_is_refused_by_the_number_of_the_family_not_by_names(app, cast):
    family = factories.family(cast.north, number="00042")
    factories.member(family, last_name="Заречная")
    stay = factories.registration(family, date(2026, 3, 3))
    soundness.require([family.id], TODAY)
    stay.decision.kind = DecisionKind.REFUSE
    with pytest.raises(Refusal, match=r"Семья № 00042: .*об отказе") as refusal:
        soundness.require([family.id], TODAY)
    assert "Заречная" not in refusal.value.text
    soundness.require([family.id + 1], TODAY)
