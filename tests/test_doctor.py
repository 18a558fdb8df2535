"""The doctor finds nothing in a sound bank, and says by number where a rule is broken."""

from __future__ import annotations

from datetime import date

from app.domain.terms import DecisionKind
from app.extensions import db
from tests import factories


def test_the_doctor_tells_a_sound_bank_from_a_broken_one(app, cast):
    family = factories.family(cast.north, number="00042")
    factories.member(family, last_name="Заречная")
    stay = factories.registration(family, date(2026, 3, 3))
    db.session.commit()
    well = app.test_cli_runner().invoke(args=["bank", "doctor"])
    assert well.exit_code == 0, well.output
    db.session.get(type(stay), stay.id).decision.kind = DecisionKind.REFUSE
    db.session.commit()
    ill = app.test_cli_runner().invoke(args=["bank", "doctor"])
    assert ill.exit_code == 1
    assert "Семья № 00042" in ill.output
    assert "Заречная" not in ill.output
