"""What the doctor finds is shown to the administrator with what to do; families by their numbers alone."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from app import clock
from app.domain.terms import JobState
from app.extensions import db
from app.models import Family, Job
from tests import factories
from tests.work import conftest as jobs

done = jobs.done
pytestmark = pytest.mark.one_database("the doctor is tried on both (tests/test_doctor.py)")


def test_the_administrator_has_the_bank_checked(cast, sign_in, page, done):
    row = factories.family(cast.north, "00042")
    factories.member(row, last_name="Заречная")
    factories.registration(row, clock.today())
    db.session.commit()
    db.session.execute(update(Family.__table__).values(sort_key="яя"))
    db.session.commit()
    oleg = sign_in("oleg")
    assert "Никто не проверял" in page(oleg, "/doctor/").text_content()
    assert oleg.post("/doctor/run").headers["Location"].startswith("/work/")
    assert done() == 1
    assert db.session.scalars(select(Job.state)).one() is JobState.DONE
    said = page(oleg, "/doctor/").text_content()
    assert "Имена и ключи поиска" in said
    assert "flask --app run bank refresh" in said
    assert "Семья № 00042" in said
    assert "Заречная" not in said
    assert "Цепь журнала" in said
