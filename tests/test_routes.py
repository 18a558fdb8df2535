"""Every route × every role: what stands in two tables that people review is what the server does.

`access_of_entities.csv`: what each role may do with the rows of an entity, in letters, and whose the rows are.
`access_of_routes.csv`: the other screens. A route or an entity without a row fails.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import AnyConverter

from app import signin, views
from app.crud import RegistryView
from app.extensions import db
from tests import factories
from tests.test_registry import is_walked

ENTITIES = Path(__file__).parent / "access_of_entities.csv"
ROUTES = Path(__file__).parent / "access_of_routes.csv"
# Each role by one of the cast.
PEOPLE = {
    "anonymous": "", "coordinator": "anna", "secretary": "zoya", "commission": "boris", "specialist": "gleb",
    "administrator": "oleg", "region": "renata", "auditor": "avgust",
}  # fmt: skip
OPEN, CLOSED = "+", "-"
LETTERS = {"list": "L", "show": "S", "xlsx": "X", "add": "A", "edit": "E", "annul": "N", "passports": "P"}
STATIC = {"static", "appbuilder.static"}
REGISTRY = {view.__name__: view.entity for view in vars(views).values()
            if isinstance(view, type) and issubclass(view, RegistryView) and hasattr(view, "entity")}  # fmt: skip


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


def _sample(converter: Any) -> Any:
    if isinstance(converter, AnyConverter):
        return min(converter.items)
    return 987654 if type(converter).regex == "[0-9]+" else "nothing"


def measure(app: Flask, browsers: dict[str, Any]) -> dict[tuple[str, str], dict[str, str]]:
    """What the server does: open unless it answers 403 or sends to the sign-in page. One gate asks the permission of an
    endpoint before each request: at each address one who may and one who may not, others at each, see that it stands
    there. Whom a table tells of otherwise than the gate asks the page itself; so do forms, that an empty one is refused
    in order. Pages that are only fetched are opened by tests/test_offered.py.
    """
    measured: dict[tuple[str, str], dict[str, str]] = {}
    for number, (endpoint, method, address) in enumerate(routes(app)):
        if endpoint == "SignIn.logout" and method == "POST":
            continue
        row = measured.setdefault((endpoint, method), {"endpoint": endpoint, "method": method})
        told, table = {person: by_permission(app, endpoint, person) for person in browsers}, _told()
        row.update(told)
        if is_walked(endpoint):
            with no_page_runs(app) if method == "GET" else nullcontext():
                row |= {person: answered(browsers, person, method, address) for person in in_turn(told, number)}
            in_doubt = {person for person in told if table.get((endpoint, method), told)[person] != told[person]}
            row |= {person: answered(browsers, person, method, address) for person in in_doubt}
    return measured


@contextmanager
def no_page_runs(app: Flask) -> Iterator[None]:
    """Whoever passes the gate is answered at once while a block runs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app, "view_functions", dict.fromkeys(app.view_functions, lambda **_keys: ""))
        yield


def answered(browsers: dict[str, Any], person: str, method: str, address: str) -> str:
    """Whether an address is open to a person."""
    browser = browsers[person]
    answer = browser.open(address, method=method, data=_data(browser, method))
    assert answer.status_code < 500, f"{person} {method} {address}: {answer.status_code}"
    sent_away = answer.status_code == 302 and "/login/" in answer.headers["Location"]
    return CLOSED if answer.status_code == 403 or sent_away else OPEN


def in_turn(told: dict[str, str], number: int) -> Iterator[str]:
    """One of those to whom an address is open and one of those to whom it is closed."""
    for state in (OPEN, CLOSED):
        if people := [person for person, said in told.items() if said == state]:
            yield people[number % len(people)]


def by_permission(app: Flask, endpoint: str, person: str) -> str:
    """What the gate says of an endpoint to a role."""
    manager, needed = app.appbuilder.sm, app.appbuilder.sm.permission_of(endpoint)
    if endpoint in signin.PUBLIC:
        return OPEN
    if endpoint in signin.SIGNED_IN:
        return OPEN if PEOPLE[person] else CLOSED
    held = [factories.CAST[PEOPLE[person]][2], ""] if PEOPLE[person] else []
    return OPEN if needed is not None and manager.may(held, *needed) else CLOSED


def is_open(app: Flask, endpoint: str, name: str, method: str = "GET") -> bool:
    """Whether a page is open to one of the cast, as the tables say to which the test below holds the server: what is
    closed is not asked once more by other walks."""
    role = factories.CAST[name][2]
    if endpoint.partition(".")[0] in REGISTRY:
        return by_permission(app, endpoint, _person_of(role)) == OPEN
    return _told().get((endpoint, method), {}).get(_person_of(role), OPEN) == OPEN


def _person_of(role: Any) -> str:
    return next(person for person, name in PEOPLE.items() if name and factories.CAST[name][2] is role)


@cache
def _told() -> dict[tuple[str, str], dict[str, str]]:
    with ROUTES.open(encoding="utf-8", newline="") as file:
        return {(row["endpoint"], row["method"]): row for row in csv.DictReader(file)}


def _data(browser: Any, method: str) -> dict[str, str] | None:
    return {"csrf_token": browser.csrf_token()} if method == "POST" else None


def in_letters(measured: dict[tuple[str, str], dict[str, str]]) -> list[dict[str, str]]:
    """The routes of the registry as a row for each entity: LSXAEN, and whose the rows are."""
    found: dict[str, dict[str, str]] = {}
    for (endpoint, method), row in sorted(measured.items()):
        view, _dot, act = endpoint.partition(".")
        if view not in REGISTRY:
            continue
        entity = REGISTRY[view]
        line = found.setdefault(entity.__name__, {"entity": entity.__name__, "whose": entity.WHOSE.name.lower()})
        for person in PEOPLE:
            letters = line.setdefault(person, "")
            if row[person] == OPEN and LETTERS[act] not in letters:
                assert method == "GET", f"{endpoint}: {person} may send the form and not open it"
                line[person] = "".join(letter for letter in LETTERS.values() if letter in letters + LETTERS[act])
            elif row[person] == CLOSED:
                assert LETTERS[act] not in letters, f"{endpoint}: {person} may open the form and not send it"
    for line in found.values():
        line.update({person: line[person] or "-" for person in PEOPLE})
    return list(found.values())


def other_routes(measured: dict[tuple[str, str], dict[str, str]]) -> list[dict[str, str]]:
    """The routes that are not of the registry."""
    return [row for (endpoint, _method), row in sorted(measured.items()) if endpoint.partition(".")[0] not in REGISTRY]


def compare(path: Path, measured: list[dict[str, str]], keys: tuple[str, ...]) -> list[str]:
    """Where a table and the running application differ."""
    with path.open(encoding="utf-8", newline="") as file:
        wanted = {tuple(row[key] for key in keys): row for row in csv.DictReader(file)}
    given = {tuple(row[key] for key in keys): row for row in measured}
    faults = [f"{path.name}: no row for {key}: who may?" for key in sorted(given.keys() - wanted.keys())]
    faults += [f"{path.name}: a row without a route: {key}" for key in sorted(wanted.keys() - given.keys())]
    for key in sorted(given.keys() & wanted.keys()):
        faults += [
            f"{path.name}: {key}, {column}: the application does {value}, the table says {wanted[key][column]}"
            for column, value in given[key].items()
            if wanted[key][column] != value
        ]
    return faults


@pytest.fixture
def browsers(sign_in, anonymous, cast) -> dict[str, Any]:
    factories.family(cast.north)
    db.session.commit()
    anonymous.csrf_token()
    return {role: sign_in(name) if name else anonymous for role, name in PEOPLE.items()}


@pytest.mark.long
@pytest.mark.one_database("permissions and addresses do not depend on the database")
def test_every_route_is_open_to_exactly_the_roles_of_the_tables(app, browsers, undrawn):
    measured = measure(app, browsers)
    faults = compare(ENTITIES, in_letters(measured), ("entity",))
    faults += compare(ROUTES, other_routes(measured), ("endpoint", "method"))
    assert not faults, "\n".join(faults)


def test_every_role_stands_in_the_tables():
    from app.domain import terms

    for path in (ENTITIES, ROUTES):
        with path.open(encoding="utf-8", newline="") as file:
            assert set(PEOPLE) <= set(next(csv.reader(file)))
    assert {factories.CAST[name][2] for name in PEOPLE.values() if name} == set(terms.Role)


@pytest.mark.one_database("permissions and addresses do not depend on the database")
def test_every_form_without_a_token_is_refused(app, sign_in, undrawn):
    anna = sign_in("anna")
    for endpoint, method, address in routes(app):
        if method == "POST":
            assert anna.post(address, csrf=False).status_code in (400, 403), f"{endpoint} takes a form without a token"


KEYS = [
    "１２", "١", "1२", "²", "+1", "-1", "0x1", "1.0", "99999999999", "2147483648", "9" * 400,
]  # fmt: skip


@pytest.mark.one_database("permissions and addresses do not depend on the database")
def test_a_key_is_plain_digits_no_longer_than_keys_are(app, sign_in, undrawn):
    """Another writing of a number would open the same row by another address, past what compares addresses. Every
    address reads its keys by the same lines: each writing is tried on some of them.
    """
    anna, read = sign_in("anna"), app.url_map.converters["int"]
    rules = [rule for rule in app.url_map.iter_rules() if "int:" in rule.rule and "GET" in rule.methods]
    rules = [rule for rule in rules if not rule.endpoint.startswith("Users")]
    for number, rule in enumerate(rules):
        keys = {name for name in rule.arguments if f"<int:{name}>" in rule.rule}
        assert {type(rule._converters[name]) for name in keys} == {read}, rule.rule
        address = rule.rule.replace("<entity>", "Member")
        for name in keys:
            address = address.replace(f"<int:{name}>", KEYS[number % len(KEYS)])
        assert anna.get(address).status_code == 404, address


@pytest.mark.one_database("permissions and addresses do not depend on the database")
@pytest.mark.parametrize(
    "name", ["api", "swagger", "openapi", "register", "resetmypassword", "oauth", "jwt", "userstats", "permission"]
)
def test_there_is_no_other_way_in(app, name):
    rules = [rule.rule for rule in app.url_map.iter_rules() if rule.rule.lower().startswith(f"/{name}")]
    assert rules == []


def test_every_address_that_a_page_names_is_one(app: Flask) -> None:
    """A page that names no address fails whoever opens it, but only where the button is shown."""
    folder = Path(app.root_path)
    named = {
        name
        for path in [*folder.rglob("*.html"), *folder.rglob("*.py")]
        for name in re.findall(r"""url_for\(\s*["']([A-Za-z]+\.\w+)["']""", path.read_text("utf-8"))
    }
    assert len(named) > 50
    assert sorted(named - app.view_functions.keys()) == []
