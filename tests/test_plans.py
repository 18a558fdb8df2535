"""How SQLite finds what is read: by the indexes there are, never by making a table or an index for one answer."""

from __future__ import annotations

import re
import sqlite3
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import BindParameter, Executable, bindparam, event
from sqlalchemy.engine import Connection
from sqlalchemy.sql.visitors import replacement_traverse

from app import clock, doctor, extensions
from app.exchange import export, undo
from app.extensions import MOST_KEYS, db
from app.models import Family
from tests import factories
from tests.exchange.workbooks import AS_OF, Sound, load, planned

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


# By many keys

STATISTICS = Path(__file__).parent / "data" / "statistics_10000.tsv"  # sqlite_stat1 of a bank of 10,000 families
LISTED = re.compile(r"(\w+)\.(\w+) IN \(…")
SOUGHT = re.compile(r"SEARCH (\w+) .*\((.*)\)$")


@pytest.fixture
def in_a_large_bank(app) -> Iterator[sqlite3.Connection]:
    """The tables and indexes of the bank, empty, and what SQLite would know of them if they held 10,000 families."""
    here = db.session.connection().connection.driver_connection
    made = here.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite%'").fetchall()
    known = [line.split("\t") for line in STATISTICS.read_text(encoding="utf-8").splitlines()]
    with closing(sqlite3.connect(":memory:")) as connection:
        for name, count in (("lower", 1), ("translate", 3)):
            connection.create_function(name, count, lambda *_: None, deterministic=True)
        for (statement,) in made:
            connection.execute(statement)
        connection.execute("ANALYZE")
        connection.executemany("INSERT INTO sqlite_stat1 VALUES (?, nullif(?, ''), ?)", known)
        connection.execute("ANALYZE sqlite_schema")
        yield connection


@pytest.fixture
def asked_by_keys(in_a_large_bank, monkeypatch) -> Iterator[dict[str, list[tuple[int, str]]]]:
    """Each statement that asks by a portion of keys, as it is sent for as many as one takes, with the steps of its
    plan: of which step each is a part, and what it does."""
    asked: set[tuple[Any, ...]] = set()
    found: dict[str, list[tuple[int, str]]] = {}
    split = extensions.portions

    def noted(values: Iterable[Any], size: int = MOST_KEYS) -> Iterator[list[Any]]:
        for portion in split(values, size):
            asked.add(tuple(portion))
            yield portion

    def whole(element: Any, **_: Any) -> Any:
        if isinstance(element, BindParameter) and element.expanding and element.value and tuple(element.value) in asked:
            return bindparam(None, [element.value[0]] * MOST_KEYS, element.type, expanding=True, unique=True)
        return None

    def note(connection: Connection, statement: Executable, *_rest: Any) -> None:
        wide = replacement_traverse(statement, {}, whole) if asked and hasattr(statement, "compile") else statement
        if wide is statement:
            return
        said = wide.compile(connection.engine, compile_kwargs={"render_postcompile": True})
        if len(said.positiontup or ()) >= MOST_KEYS:
            steps = in_a_large_bank.execute(f"EXPLAIN QUERY PLAN {said}", [None] * len(said.positiontup))
            found[re.sub(r"\?(, \?)+", "…", str(said))] = [(step[1], step[3]) for step in steps]

    for module in list(sys.modules.values()):
        if getattr(module, "portions", None) is split:
            monkeypatch.setattr(module, "portions", noted)
    event.listen(db.engine, "before_execute", note)
    yield found
    event.remove(db.engine, "before_execute", note)


def sought_again_and_again(statement: str, steps: list[tuple[int, str]]) -> list[str]:
    """The steps that seek all keys of a list for each row of a step before them."""
    listed, begun, found = set(LISTED.findall(statement)), set(), []
    for parent, step in steps:
        if parent in begun and (sought := SOUGHT.match(step)):
            columns = {each.partition("=")[0].replace("rowid", "id") for each in sought[2].split(" AND ")}
            found += [step for column in columns if (sought[1], column) in listed]
        begun |= {parent} if step.startswith(("SEARCH", "SCAN")) else set()
    return found


def test_who_asks_by_many_keys_does_not_seek_them_for_each_row_of_another_table(cast, asked_by_keys):
    """With statistics SQLite may think it cheaper to read one table whole and to seek every key for each of its rows:
    40 million times in a bank of 10,000 families."""
    content = Sound().content()
    batch = load(content)
    export.write(cast.district, AS_OF, made_by="Рябинина Анна", made_at=clock.local(clock.now()))
    assert not planned(content).faults
    for probe in doctor.PROBES:
        assert not list(probe.find(clock.today()))
    undo.undo(batch, clock.today())
    assert len(asked_by_keys) > 30
    for statement, steps in asked_by_keys.items():
        assert not sought_again_and_again(statement, steps), f"{steps}\n{statement}"
