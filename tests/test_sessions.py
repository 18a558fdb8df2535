"""Sessions on the server: what the cookie holds, when a session ends, what is written when."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event, func, select, update

from app import sessions
from app.clock import in_utc, now
from app.extensions import db
from app.models import JournalEntry, UserSession
from app.pages import browser
from app.services import accounts
from tests.conftest import PASSWORD


def cookie_of(client):
    return client.get_cookie("session")


def rows() -> list[UserSession]:
    return list(db.session.scalars(select(UserSession).order_by(UserSession.id)))


def test_the_cookie_is_a_random_token_and_the_database_holds_its_hash(sign_in, app):
    cookie = cookie_of(sign_in("anna", PASSWORD))
    assert len(cookie.value) == 43
    assert cookie.http_only
    assert cookie.same_site == "Lax"
    assert cookie.path == "/"
    [row] = rows()
    assert row.token_hash == sessions.hash_of(cookie.value)
    assert cookie.value not in str(row.data)


def test_every_sign_in_has_a_token_of_its_own(anonymous, app):
    anonymous.get("/login/")
    before = cookie_of(anonymous).value
    anonymous.post("/login/", data={"username": "anna", "password": PASSWORD})
    assert cookie_of(anonymous).value != before


def test_a_token_from_elsewhere_is_not_taken_over(anonymous, app):
    anonymous.set_cookie("session", "t" * 43)
    anonymous.post("/login/", data={"username": "anna", "password": PASSWORD})
    assert cookie_of(anonymous).value != "t" * 43


@pytest.mark.parametrize("token", ["", "x", "x" * 5000, "é", "' or 1=1 --", "%00"])
def test_a_made_up_token_is_nobody(anonymous, app, token):
    anonymous.set_cookie("session", token)
    assert anonymous.get("/account/").status_code == 302


def test_visitors_leave_no_rows(anonymous, app):
    for _time in range(5):
        anonymous.get("/login/")
        anonymous.post("/login/", data={"username": "nobody", "password": "совсем не тот пароль"})
    assert rows() == []


def test_a_visitor_cannot_post_without_the_token_of_the_form(anonymous, app):
    answer = anonymous.post("/login/", data={"username": "anna", "password": PASSWORD}, csrf=False)
    assert answer.status_code == 400


def test_a_token_of_one_visitor_is_not_good_for_another(anonymous, app):
    token = anonymous.csrf_token()
    other = app.test_client()
    data = {"username": "anna", "password": PASSWORD, "csrf_token": token}
    assert other.post("/login/", data=data, csrf=False).status_code == 400


def test_an_old_cookie_does_not_work_after_signing_out(sign_in, app):
    client = sign_in("anna")
    cookie = cookie_of(client).value
    client.post("/logout/")
    assert rows() == []
    thief = app.test_client()
    thief.set_cookie("session", cookie)
    assert thief.get("/account/").status_code == 302


@pytest.mark.parametrize(("column", "age", "status"), [
    ("last_seen_at", timedelta(minutes=29), 200),
    ("last_seen_at", timedelta(minutes=30), 302),
    ("created_at", timedelta(hours=11, minutes=59), 200),
    ("created_at", timedelta(hours=12), 302),
])  # fmt: skip
def test_a_session_ends_when_idle_and_after_a_shift(sign_in, app, column, age, status):
    client = sign_in("anna")
    db.session.execute(update(UserSession).values({column: now() - age}))
    db.session.commit()
    assert client.get("/account/").status_code == status


def test_rows_that_are_over_are_swept_at_the_next_sign_in(sign_in, app):
    sign_in("anna")
    db.session.execute(update(UserSession).values(last_seen_at=now() - timedelta(hours=1)))
    db.session.commit()
    sign_in("boris")
    assert len(rows()) == 1


def count_writes(work) -> int:
    written = []

    def note(_connection, _cursor, statement, *_rest):
        if statement.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")):
            written.append(statement)

    engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        work()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return len(written)


def test_reading_a_page_writes_once_a_minute_at_most(sign_in, app):
    client = sign_in("anna")
    client.get("/account/")
    assert count_writes(lambda: client.get("/account/")) == 0
    db.session.execute(update(UserSession).values(last_seen_at=now() - timedelta(minutes=2)))
    db.session.commit()
    assert count_writes(lambda: client.get("/account/")) == 1
    assert now() - in_utc(rows()[0].last_seen_at) < timedelta(seconds=10)


def test_pictures_and_styles_ask_the_database_nothing(sign_in, app):
    client = sign_in("anna")
    asked = []
    event.listen(db.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    client.get("/static/favicon.svg")
    assert asked == []


def test_who_asks_costs_one_statement(sign_in, app):
    client = sign_in("anna")
    asked = []

    def note(_connection, _cursor, statement, *_rest):
        if any(table in statement for table in ("user_session", "ab_user", "ab_role")):
            asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    client.get("/logout/")
    assert len(asked) == 1


def test_nothing_personal_stays_in_a_session(sign_in, app):
    client = sign_in("anna")
    for url in ("/family/list/?_flt_0_name=Полозова", "/account/?q=Полозова", "/search?q=Полозова", "/back"):
        client.get(url)
    assert all(set(row.data) <= {"csrf_token"} for row in rows())


def test_a_message_is_shown_once(sign_in, app):
    client = sign_in("anna")
    sign_in("anna")
    other = next(row.id for row in rows() if row.token_hash != sessions.hash_of(cookie_of(client).value))
    client.post(f"/account/sessions/{other}/end")
    assert "notice--ok" in client.get("/account/").text
    assert "notice--ok" not in client.get("/account/").text


def test_a_person_sees_and_ends_the_own_sessions(sign_in, page, app):
    here, there = sign_in("anna"), sign_in("anna")
    document = page(here, "/account/")
    [action] = document.xpath("//form[contains(@action, '/sessions/')]/@action")
    assert here.post(action).status_code == 302
    assert there.get("/account/").status_code == 302
    assert here.get("/account/").status_code == 200
    assert db.session.scalar(select(func.count(JournalEntry.id)).where(JournalEntry.act == "session_ended")) == 1


def test_nobody_ends_somebody_elses(sign_in, app):
    boris = sign_in("boris")
    key = rows()[0].id
    assert sign_in("anna").post(f"/account/sessions/{key}/end").status_code == 404
    assert boris.get("/account/").status_code == 200


def test_an_address_or_browser_too_long_for_the_table_is_cut(anonymous, app):
    anonymous.post("/login/", data={"username": "anna", "password": PASSWORD}, headers={"User-Agent": "б" * 3000})
    assert len(rows()[0].agent) <= sessions.LONGEST_AGENT


def test_a_session_that_cannot_be_written_does_not_lose_the_page(sign_in, app, monkeypatch):
    client = sign_in("anna")
    db.session.execute(update(UserSession).values(last_seen_at=now() - timedelta(minutes=2)))
    db.session.commit()
    monkeypatch.setattr(sessions, "update", lambda _table: 1 / 0)
    assert client.get("/account/").status_code == 200


def test_the_sessions_of_a_person_are_those_that_last(sign_in, app, user_named):
    sign_in("anna")
    assert len(accounts.sessions_of(user_named("anna"))) == 1
    db.session.execute(update(UserSession).values(last_seen_at=now() - timedelta(hours=1)))
    db.session.commit()
    assert accounts.sessions_of(user_named("anna")) == []


@pytest.mark.parametrize(("agent", "name"), [
    ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 YaBrowser/24.1 Safari/537.36",
     "Яндекс Браузер, Windows"),
    ("Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0", "Firefox, Linux"),
    ("curl/8.0", "curl/8.0"),
    (None, ""),
])  # fmt: skip
def test_a_browser_is_called_by_its_name(agent, name):
    assert browser(agent) == name
