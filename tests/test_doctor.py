"""The doctor finds nothing in a sound bank, and says by number where a rule is broken."""

from __future__ import annotations

from datetime import date

from app.domain.terms import DecisionKind, Unit
from app.extensions import db
from app.models import Deadline
from app.readings import clocks
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


def test_the_doctor_names_a_deadline_that_nobody_can_count_and_the_pages_do_without_it(app, cast):
    broken = {"month_2": (Unit.DAY_OF_MONTH, None, None), "quarter_5": (Unit.DATE_LIST, None, "45.99")}
    for code, (unit, number, days) in broken.items():
        row = factories.by_code(Deadline, code)
        row.unit, row.number, row.days = unit, number, days
    db.session.commit()
    told = app.test_cli_runner().invoke(args=["bank", "doctor"])
    assert told.exit_code == 1
    assert "Направление районного банка данных в управление образования»: Впишите число." in told.output
    assert "Квартальный отчет (прил. 4), согласованный с районной КДН" in told.output
    assert [clock.clause for clock in clocks.coming(date(2026, 9, 30))] == ["Положение, 3.7.4", "Положение, 3.7.5"]
