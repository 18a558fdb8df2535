"""Signs that nobody sees, sent in every field and address: nothing fails, and none of them is stored.

PostgreSQL cannot even store one of them, NUL: where a text reaches it as it came, the page fails.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date
from typing import Any

import lxml.html
import pytest
from flask import Flask
from sqlalchemy import JSON, String, select

from app.domain import terms, writing
from app.extensions import db
from app.models import JournalEntry, Model
from tests import factories
from tests.exchange.workbooks import Sound
from tests.screens.test_transfer_files import quick
from tests.test_registry import is_walked
from tests.test_routes import REGISTRY, STATIC, is_open
from tests.test_stranger import anna_opens, endpoint_of, is_silent
from tests.unmade import making_no_files

__all__ = ["quick"]

UNSEEN = "\x00\u200b\x1f"
TEXTS = ".//input[not(@type) or @type='text' or @type='search'] | .//textarea"
# Where one goes out: nothing is typed there, and what was opened would be closed.
WAY_OUT = ("SignIn.logout", "Users.deactivate", "Users.end_sessions", "OwnAccount.end")


@pytest.fixture
def rows(cast: factories.Cast) -> dict[str, Any]:
    found = factories.one_of_each(cast.north, "00077", cast.agency("5.3"), cast.employee("gleb"))
    factories.member(factories.family(cast.south, "00078"), "мать", date(1980, 1, 1))
    db.session.commit()
    return found


def addresses(app: Flask, rows: dict[str, Any]) -> Iterator[str]:
    """Every page of Anna's, of the rows where it asks for one."""
    for rule in app.url_map.iter_rules():
        view, _dot, _act = rule.endpoint.partition(".")
        if "GET" not in rule.methods or rule.endpoint in STATIC | {"SignIn.logout", "SignIn.login"}:
            continue
        if not (is_walked(rule.endpoint) and is_open(app, rule.endpoint, "anna")):
            continue
        own = rows.get(REGISTRY[view].__name__) if view in REGISTRY else rows["Family"]
        known = {"pk": own.id if own else 1, "key": rows["Registration"].id, "entity": "Aid", "name": "on-record"}
        if rule.endpoint == "FamilyActs.move":
            known["key"] = rows["Member"].id
        if rule.endpoint == "Papers.annul":
            known["pk"] = rows["Paper"].id
        if rule.endpoint == "Users.edit":
            known["key"] = factories.Cast.user("vera").id
        if rule.arguments <= known.keys():
            yield app.url_map.bind("localhost").build(rule.endpoint, {name: known[name] for name in rule.arguments})


def forms_of(browser: Any, address: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """(address, fields) of every form of a page that asks a text, unseen signs among what is typed in each text."""
    with making_no_files():
        answer = browser.get(address)
    if anna_opens(browser.application, endpoint_of(browser.application, address)) and not is_silent(address):
        assert answer.status_code in (200, 302), f"{address}: {answer.status_code}"  # or it leads to such a page
    if answer.status_code != 200 or not answer.mimetype.endswith("html"):
        return
    for form in lxml.html.fromstring(answer.text).forms:
        texts = form.xpath(TEXTS)
        if form.method == "POST" and texts:
            data: dict[str, Any] = {}
            for name, value in form.form_values():
                data.setdefault(name, []).append(value)
            for text in texts:
                typed = text.value or "Иваннова"
                data[text.get("name")] = f"{UNSEEN}{typed[:2]}{UNSEEN}{typed[2:]}"
            yield form.action or address, data


def stored_texts() -> Iterator[tuple[str, str]]:
    """(table.column, text) of all that the bank holds in words."""
    for table in Model.metadata.tables.values():
        for column in table.columns:
            if isinstance(column.type, String | JSON):
                for value in db.session.connection().scalars(select(column).where(column.is_not(None))):
                    yield f"{table.name}.{column.name}", str(value)


@pytest.mark.one_database("SQLite takes what Postgres takes, and NUL besides", on="postgres")
def test_no_form_fails_by_them_and_none_is_stored(app, rows, quick, sign_in):
    browser, walked, sent = sign_in("anna"), list(addresses(app, rows)), 0
    db.session.remove()
    for address in walked:
        for action, data in forms_of(browser, address):
            answer = browser.post(action, data=data)
            assert answer.status_code < 500, f"{address}: {data}"
            sent += 1
    assert sent > 10
    found = {place for place, text in stored_texts() if writing.has_unseen(text)}
    assert not found, "read a typed text by domain.writing"


def test_nobody_signs_in_by_them(anonymous):
    for name in (f"an{UNSEEN}na", UNSEEN):
        answer = anonymous.post("/login/", data={"username": name, "password": "тихий омут"})
        assert answer.status_code == 200
        assert "неверны" in answer.text


def test_the_name_of_a_file_loses_them(sign_in):
    book = (io.BytesIO(Sound().content()), f"кни{UNSEEN}га.xlsx")
    answer = sign_in("anna").post("/exchange/preview", data={"file": book})
    assert answer.status_code == 200
    assert "книга.xlsx" in answer.text


@pytest.mark.one_database("SQLite takes what Postgres takes, and NUL besides", on="postgres")
@pytest.mark.parametrize("name", ["anna", "avgust", "oleg"])
def test_no_address_fails_by_them_and_a_refusal_is_told_whole(name, app, rows, sign_in):
    browser, refused = sign_in(name), 0
    for rule in app.url_map.iter_rules():
        texts = {each for each in rule.arguments if type(rule._converters[each]).__name__ == "UnicodeConverter"}
        if texts:
            values = {each: "\x00" if each in texts else {"kind": "xlsx"}.get(each, 1) for each in rule.arguments}
            answer = browser.get(app.url_map.bind("localhost").build(rule.endpoint, values))
            assert answer.status_code < 500, rule.rule
            refused += answer.status_code == 403
    entries = db.session.scalars(select(JournalEntry.summary).where(JournalEntry.act == terms.Act.REFUSED)).all()
    assert len(entries) == refused
    assert all("%00" in summary for summary in entries)
