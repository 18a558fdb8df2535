"""No line of a log of the server holds a name, a number of a document, a password or a secret."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import insert, update

from app import access, clock
from app.domain.terms import JobKind
from app.extensions import db
from app.models import Family, Job, Member, Territory
from app.services import family_keys
from app.work import worker
from app.work.tasks import TASKS
from tests import factories
from tests.test_registry import is_walked
from tests.test_routes import STATIC, is_open

SURNAME, NUMBER, PASSWORD = "Канарейкина", "4512 987654", "очень-тайное-слово-71"
SECRETS = (SURNAME, SURNAME.lower(), NUMBER, NUMBER.replace(" ", ""), "987654", PASSWORD, "Причальная")


@pytest.fixture
def family(cast) -> Family:
    """A family of canaries."""
    row = factories.family(cast.north, number="00042", registered_address="ул. Причальная, 7")
    person = factories.member(row, last_name=SURNAME)
    factories.document(person, "4512", "987654")
    factories.registration(row, date(2026, 3, 3))
    family_keys.refresh(row, clock.today())
    db.session.commit()
    return row


@pytest.fixture
def said(caplog):
    """What the logs of all libraries have said until now, as the server would write it."""
    caplog.set_level(logging.DEBUG)

    def text() -> str:
        return caplog.text

    return text


def pages_of(app, key: int, who: str) -> list[str]:
    """Every page that is open to somebody and needs nothing but the number of a row, or nothing at all."""
    adapter, found = app.url_map.bind("localhost"), []
    for rule in app.url_map.iter_rules():
        if rule.endpoint in STATIC | {"SignIn.logout"} or "GET" not in rule.methods:
            continue
        if not (is_walked(rule.endpoint) and is_open(app, rule.endpoint, who)):
            continue
        if all("Key" in type(each).__name__ or "Integer" in type(each).__name__ for each in rule._converters.values()):
            found.append(adapter.build(rule.endpoint, dict.fromkeys(rule.arguments, key)))
    return sorted(found)


def check(said) -> None:
    found = [word for word in SECRETS if word in said()]
    assert found == [], said()[:2000]


@pytest.mark.one_database("pages are asked of a bank; what a database says of a row is tried below on both")
def test_no_page_and_no_form_writes_a_name_into_the_log(family, sign_in, anonymous, app, said):
    anonymous.post("/login/", data={"username": SURNAME, "password": PASSWORD})
    anonymous.post("/login/", data={"username": "anna", "password": PASSWORD})
    anna, seen = sign_in("anna"), 0
    for address in pages_of(app, family.id, "anna"):
        seen += anna.get(address, query_string={"q": SURNAME, "_flt_0_name": SURNAME}).status_code == 200
    assert seen > 40
    words = {"last_name": SURNAME, "number": NUMBER, "password": PASSWORD, "territory": SURNAME, "born_on": NUMBER}
    for address in ("/family/new", f"/family/{family.id}/members/add", "/memberregistry/add", "/account/password"):
        anna.post(address, data=words)
    check(said)


@pytest.mark.parametrize("fault", [ValueError, LookupError])
@pytest.mark.one_database("an error of the program, whatever is stored")
def test_an_error_is_told_by_its_kind_and_place(family, sign_in, user_named, app, said, monkeypatch, fault):
    def broken(*_given, **_named):
        raise fault(f"{SURNAME} {NUMBER}\n{PASSWORD}")

    monkeypatch.setattr(app, "testing", False)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    anna = sign_in("anna")
    monkeypatch.setitem(app.view_functions, "Search.show", broken)
    assert anna.get("/search", query_string={"q": SURNAME}).status_code == 500
    assert (fault.__name__ in said(), "test_logs.py" in said()) == (True, True)
    monkeypatch.setitem(TASKS, JobKind.EXPORT, replace(TASKS[JobKind.EXPORT], do=broken))
    db.session.add(Job(kind=JobKind.EXPORT, title="", user_id=user_named("anna").id, parameters={}))
    db.session.commit()
    worker.do_all()
    assert "has failed" in said()
    check(said)


def test_what_the_database_says_of_a_row_is_not_written_down(family, app, said):
    """Postgres quotes the values of a refused row in its answer, SQLite those that it could not convert."""
    person = Member.__table__
    for statement in (
        insert(Family.__table__).values(id=family.id, number=NUMBER),
        insert(Territory.__table__).values(id=1, name=SURNAME, name_key=SURNAME),
        update(person).values(last_name=SURNAME, family_id=987654),
        update(person).values(born_on=NUMBER),
    ):
        try:
            with access.unrestricted():
                db.session.connection().execute(statement)
                db.session.commit()
        except Exception:
            app.logger.exception("the row is refused")
            db.session.rollback()
    assert said().count("the row is refused") >= 3
    check(said)


@pytest.mark.one_database("a line of a log, no statement is asked")
def test_a_line_stays_one_line(app, said):
    app.logger.error("asked: %s", "a\r\n127.0.0.1 forged")
    assert "a\\r\\n127.0.0.1 forged" in said()
