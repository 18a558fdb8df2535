"""Every route × every role: what stands in access_matrix.csv is what the server does; a route without a row fails."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from flask import Flask

from app.extensions import db
from tests import factories

MATRIX = Path(__file__).parent / "access_matrix.csv"
PEOPLE = ("anonymous", "anna", "boris", "gleb", "oleg", "renata", "avgust")
OPEN, CLOSED = "+", "-"
STATIC = {"static", "appbuilder.static"}


def routes(app: Flask) -> list[tuple[str, str, str]]:
    """(endpoint, method, address) of every rule, keys filled with one that no record has."""
    found = []
    for rule in app.url_map.iter_rules():
        if rule.endpoint in STATIC:
            continue
        values = {name: _sample(rule._converters[name]) for name in rule.arguments}
        adapter = app.url_map.bind("localhost")
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
            found.append((rule.endpoint, method, adapter.build(rule.endpoint, values, method=method)))
    return sorted(set(found))


def _sample(converter: object) -> object:
    return 987654 if type(converter).__name__ == "IntegerConverter" else "nothing"


def read_matrix() -> dict[tuple[str, str], dict[str, str]]:
    with MATRIX.open(encoding="utf-8", newline="") as file:
        return {(row["endpoint"], row["method"]): row for row in csv.DictReader(file)}


def measure(app: Flask, browsers: dict) -> dict[tuple[str, str], dict[str, str]]:
    """What the server does: open unless it answers 403 or sends to the sign-in page."""
    measured: dict[tuple[str, str], dict[str, str]] = {}
    for endpoint, method, address in routes(app):
        if endpoint == "SignIn.logout" and method == "POST":
            continue
        row = measured.setdefault((endpoint, method), {"endpoint": endpoint, "method": method})
        for person, browser in browsers.items():
            answer = browser.open(address, method=method, data=_data(browser, method))
            assert answer.status_code < 500, f"{person} {method} {address}: {answer.status_code}"
            sent_away = answer.status_code == 302 and "/login/" in answer.headers["Location"]
            row[person] = CLOSED if answer.status_code == 403 or sent_away else OPEN
    return measured


def _data(browser: object, method: str) -> dict[str, str] | None:
    return {"csrf_token": browser.csrf_token()} if method == "POST" else None


@pytest.fixture
def browsers(sign_in, anonymous, cast) -> dict:
    factories.family(cast.north)
    db.session.commit()
    return {person: anonymous if person == "anonymous" else sign_in(person) for person in PEOPLE}


def test_every_route_is_open_to_exactly_the_roles_of_the_matrix(app, browsers):
    if db.engine.dialect.name != "sqlite":
        pytest.skip("permissions do not depend on the database")
    wanted, measured = read_matrix(), measure(app, browsers)
    assert set(measured) == set(wanted), (
        f"routes without a row: {sorted(set(measured) - set(wanted))}; rows without a route: "
        f"{sorted(set(wanted) - set(measured))}. Add the row by hand: who may call it?"
    )
    wrong = [
        f"{key}: {person} {measured[key][person]}, the matrix says {wanted[key][person]}"
        for key in sorted(measured)
        for person in PEOPLE
        if measured[key][person] != wanted[key][person]
    ]
    assert not wrong, "\n".join(wrong)


def test_every_form_without_a_token_is_refused(app, sign_in):
    anna = sign_in("anna")
    for endpoint, method, address in routes(app):
        if method == "POST":
            assert anna.post(address, csrf=False).status_code in (400, 403), f"{endpoint} takes a form without a token"


@pytest.mark.parametrize(
    "name", ["api", "swagger", "openapi", "register", "resetmypassword", "oauth", "jwt", "userstats", "permission"]
)
def test_there_is_no_other_way_in(app, name):
    rules = [rule.rule for rule in app.url_map.iter_rules() if rule.rule.lower().startswith(f"/{name}")]
    assert rules == []
