"""Headers of every answer, and pages of errors."""

from __future__ import annotations

import re

import lxml.html
import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from app.domain.refusal import Refusal
from app.extensions import db
from app.failures import NOT_RESENT
from app.models import User

pytestmark = pytest.mark.one_database("headers are set and errors told by the same lines")

URLS = ["/login/", "/account/", "/", "/no-such-page", "/static/favicon.svg", "/static/no-such-file.css", "/health",
        "/users/", "/logout/", "/static/appbuilder/js/jquery-latest.js"]  # fmt: skip


@pytest.mark.parametrize("who", ["anna", None])
@pytest.mark.parametrize("url", URLS)
def test_every_answer_has_them(sign_in, anonymous, who, url):
    headers = (sign_in(who) if who else anonymous).get(url).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy.split("script-src")[1].split(";")[0]
    assert "unsafe-eval" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    if not url.startswith("/static"):
        assert headers["Cache-Control"] == "no-store"


def test_https_is_remembered_where_it_is_used(anonymous, app):
    assert "Strict-Transport-Security" not in anonymous.get("/login/").headers
    app.config["HTTPS"] = True
    try:
        assert "max-age=31536000" in anonymous.get("/login/").headers["Strict-Transport-Security"]
    finally:
        app.config["HTTPS"] = False


def test_a_nonce_is_of_one_page(anonymous):
    nonces = {
        re.search(r"nonce-([^']+)'", anonymous.get("/login/").headers["Content-Security-Policy"])[1] for _ in "ab"
    }
    assert len(nonces) == 2


@pytest.mark.parametrize(("who", "url", "status"), [
    ("anna", "/no-such-page", 404), (None, "/no-such-page", 404), ("anna", "/users/", 403), ("oleg", "/users/0", 404),
])  # fmt: skip
def test_an_error_is_a_page_of_ours(sign_in, anonymous, page, who, url, status):
    document = page(sign_in(who) if who else anonymous, url, status)
    assert re.search(r"[0-9A-F]{8}", document.text_content())


def test_a_method_that_is_not_there(sign_in, app):
    answer = sign_in("anna").put("/account/", data={"csrf_token": "x"})
    assert answer.status_code in (400, 405)
    assert "<h1>" in answer.text


def test_a_form_too_large_is_refused_before_it_is_read(sign_in, app):
    client = sign_in("anna")
    answer = client.post("/account/password/", data={"current": "x" * 27_000_000})
    assert answer.status_code == 413
    assert "<h1>" in answer.text


class Broken:
    """Makes the first page fail in a chosen way."""

    def __init__(self, app, monkeypatch):
        self.app, self.patch = app, monkeypatch

    def by(self, error: Exception):
        def fail():
            raise error

        self.patch.setitem(self.app.view_functions, "Home.index", fail)
        self.patch.setitem(self.app.config, "TESTING", False)
        self.patch.setitem(self.app.config, "PROPAGATE_EXCEPTIONS", False)


@pytest.fixture
def broken(app, monkeypatch):
    return Broken(app, monkeypatch)


def test_a_fault_of_ours_tells_a_number_and_nothing_else(sign_in, broken):
    client = sign_in("anna")
    broken.by(ZeroDivisionError("тайна семьи"))
    answer = client.get("/")
    assert answer.status_code == 500
    assert "тайна" not in answer.text
    assert "Traceback" not in answer.text
    assert re.search(r"[0-9A-F]{8}", answer.text)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_database_that_is_away_is_said_so(sign_in, broken):
    client = sign_in("anna")
    broken.by(OperationalError("SELECT * FROM тайна", {}, Exception("disk is full")))
    answer = client.get("/")
    assert answer.status_code == 503
    assert "тайна" not in answer.text


def test_a_rule_that_says_no_where_no_form_is(sign_in, broken):
    client = sign_in("anna")
    broken.by(Refusal("Такой семьи нет."))
    answer = client.get("/")
    assert answer.status_code == 400
    assert "Такой семьи нет." in answer.text


def test_when_the_database_is_gone_the_page_still_comes(sign_in, app, monkeypatch):
    client = sign_in("anna")
    monkeypatch.setitem(app.config, "TESTING", False)

    def away(*_args, **_kwargs):
        raise OperationalError("SELECT", {}, Exception("connection refused"))

    monkeypatch.setattr(db.session, "execute", away)
    answer = client.get("/account/")
    assert answer.status_code == 503
    assert "<h1>" in answer.text
    assert client.get("/health").status_code == 503


def test_health_says_nothing_but_ok(anonymous):
    assert anonymous.get("/health").text == "ok"


def test_a_form_of_a_session_that_is_over_is_kept(anonymous, sign_in, app):
    client = sign_in("oleg")
    token = client.csrf_token()
    client.post("/logout/")
    data = {"last_name": "Ольхов", "first_name": "Семён", "username": "semen", "csrf_token": token}
    answer = client.post("/users/add", data=data, csrf=False, headers={"Origin": "http://localhost"})
    assert answer.status_code == 400
    assert "Ольхов" in answer.text
    assert token not in answer.text

    # One signs in on another tab, comes back and presses «Send again» once.
    kept = lxml.html.fromstring(answer.text).forms[-1]
    client.token = None
    client.post("/login/", data={"username": "oleg", "password": "тихий омут на рассвете"})
    origin = {"Origin": "http://localhost"}
    sent = client.post("/users/add", data=dict(kept.form_values()), csrf=False, headers=origin)
    assert 'id="one-time-password"' in sent.text


@pytest.mark.parametrize("origin", [None, "http://evil.example", "null"])
def test_only_a_page_of_ours_may_send_again_without_the_token(sign_in, app, origin):
    headers = {"Origin": origin} if origin else {}
    data = {"last_name": "Ольхов", "first_name": "Семён", "username": "semen", "sent_again": "1"}
    answer = sign_in("oleg").post("/users/add", data=data, csrf=False, headers=headers)
    assert answer.status_code == 400
    assert db.session.scalar(select(User.id).where(User.username == "semen")) is None


def test_another_site_cannot_have_its_form_sent_on(sign_in, app):
    client = sign_in("oleg")
    for origin in ("http://evil.example", "null", "http://localhost.evil.example"):
        answer = client.post("/users/add", data={"last_name": "Ольхов"}, csrf=False, headers={"Origin": origin})
        assert answer.status_code == 400
        assert "Ольхов" not in answer.text
    assert "Ольхов" not in client.post("/users/add", data={"last_name": "Ольхов"}, csrf=False).text


def test_passwords_are_not_given_back(sign_in, app):
    client = sign_in("anna")
    data = {"current": "мой старый пароль", "password": "мой новый пароль", "repeated": "мой новый пароль"}
    answer = client.post("/account/password/", data=data, csrf=False, headers={"Origin": "http://localhost"})
    assert "мой старый" not in answer.text
    assert "мой новый" not in answer.text
    assert {"password", "current", "repeated"} <= set(NOT_RESENT)


def test_every_form_asks_for_its_token(sign_in, app):
    client = sign_in("oleg")
    for rule in app.url_map.iter_rules():
        if "POST" in rule.methods:
            values = {name: "Agency" if name == "entity" else 1 for name in rule.arguments}
            url = app.url_map.bind("localhost").build(rule.endpoint, values, method="POST")
            assert client.post(url, csrf=False).status_code == 400, url
