"""How SQLite finds what a page reads: by the indexes there are, never by making a table or an index for one answer."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Connection

from app.extensions import db
from app.models import Family
from tests import factories

pytestmark = pytest.mark.one_database("the words of a plan are those of SQLite")

# Made anew for each answer, from all the rows of a table.
MADE_FOR_ONE_ANSWER = re.compile(r"MATERIALIZE \(join|AUTOMATIC")


@pytest.fixture
def family(cast) -> int:
    family = factories.family(cast.north, "00001")
    child = factories.member(family, born_on=date(2018, 1, 1))
    factories.education(child, date(2025, 9, 1))
    factories.registration(family, date(2025, 3, 4))
    db.session.commit()
    return family.id


@pytest.fixture
def plans(bank) -> Any:
    """What SQLite says of every SELECT that is sent: the statement, and the steps of its plan."""
    found: list[tuple[str, list[str]]] = []

    def note(connection: Connection, cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if statement.startswith(("SELECT", "WITH")):
            explained = cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            found.append((statement, [step[3] for step in explained]))

    event.listen(db.engine, "before_cursor_execute", note)
    yield found
    event.remove(db.engine, "before_cursor_execute", note)


@pytest.mark.parametrize("address", [
    "/", "/family/{pk}", "/family/{pk}/timeline", "/family/{pk}/history", "/familyregistry/list/",
    "/registrationregistry/list/", "/decisionregistry/list/", "/memberregistry/list/?_flt_0_state=children",
    "/search?q=тест", "/reports/quarterly/",
])  # fmt: skip
def test_no_page_makes_a_table_for_one_answer(family, sign_in, plans, address):
    client = sign_in("anna")
    plans.clear()
    assert client.get(address.format(pk=family)).status_code == 200
    assert plans
    for statement, steps in plans:
        made = [step for step in steps if MADE_FOR_ONE_ANSWER.search(step)]
        assert not made, f"{made}\n{statement}"


def test_the_form_of_one_place_begins_with_its_families(family, cast, sign_in, plans):
    factories.registration(factories.family(cast.south, "00002"), date(2025, 3, 4))
    db.session.commit()
    client = sign_in("anna")
    plans.clear()
    assert client.get(f"/reports/quarterly/?year=2026&quarter=3&territory={cast.north.id}").status_code == 200
    counted = [(said, steps) for said, steps in plans if "GROUP BY family.territory_id" in said]
    assert counted
    for statement, steps in counted:
        first = next(step for step in steps if step.startswith(("SEARCH", "SCAN")))
        assert first.startswith("SEARCH family USING"), f"{first}\n{statement}"


def test_a_page_of_a_body_asks_for_the_mentors_of_its_rows_alone(family, cast, sign_in, plans):
    factories.mentor(db.session.get(Family, family), cast.employee("gleb"), date(2026, 2, 1))
    gleb = sign_in("gleb")
    plans.clear()
    assert "2018" in gleb.get("/memberregistry/list/").text
    of_page = [(said, steps) for said, steps in plans if "member.born_on" in said and "FROM mentor" in said]
    assert of_page
    for statement, steps in of_page:
        assert any("ix_mentor_of_family (family_id=?" in step for step in steps), f"{steps}\n{statement}"


def test_a_body_of_many_families_is_not_asked_for_all_its_measures_to_show_the_first(
    family, cast, sign_in, plans, monkeypatch
):
    """The families are met in their order, and each is asked what the body has to do in it."""
    monkeypatch.setattr("app.screens.home.COUNTED_AT_ONCE", 0)
    factories.mentor(db.session.get(Family, family), cast.employee("gleb"), date(2026, 2, 1))
    gleb = sign_in("gleb")
    plans.clear()
    assert "/family/" in gleb.get("/").text
    (steps,) = (steps for statement, steps in plans if "ORDER BY family.sort_key" in statement)
    assert steps[0] == "SCAN family USING INDEX ix_family_listed"
    assert "USE TEMP B-TREE FOR ORDER BY" not in steps
