"""Every form is stored once, nothing typed is lost, and what a page says of the outcome is true."""

from __future__ import annotations

import io
import sqlite3
from datetime import date, timedelta
from typing import Any

import lxml.html
import psycopg
import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, func, select, update
from sqlalchemy.exc import OperationalError

from app import sent_forms, troubles, views
from app.clock import now
from app.extensions import db
from app.models import (
    Agency,
    Aid,
    Criterion,
    Family,
    Member,
    Paper,
    Registration,
    SentForm,
    User,
)
from app.services import papers
from tests import factories, scans
from tests.test_registry import is_walked
from tests.test_routes import is_open, routes


@pytest.fixture
def anna(sign_in):
    return sign_in("anna")


@pytest.fixture
def family(cast) -> Family:
    row = factories.family(cast.north, number="00077")
    factories.member(row)
    db.session.commit()
    return row


def form_on(client: FlaskClient, url: str) -> dict[str, Any]:
    """What a browser would send from the form of a page, its hidden keys with it."""
    document = lxml.html.fromstring(client.get(url).text)
    form = next(form for form in document.forms if (form.get("class") or "").split()[:1] != ["search"]
                and form.method == "POST" and "logout" not in (form.action or ""))  # fmt: skip
    data: dict[str, Any] = {}
    for name, value in form.form_values():
        data.setdefault(name, []).append(value)
    return data


def given_back(text: str) -> dict[str, Any]:
    """What a browser would send from the page that gives a form back; the first line break of a textarea is none."""
    form = lxml.html.fromstring(text).forms[-1]
    return {name: value.removeprefix("\n") for name, value in form.form_values()}


def filled(kind: str, family: Family, cast: factories.Cast) -> tuple[str, type, dict[str, Any]]:
    """The address of a form, what it stores, and the words that are typed in it."""
    return {
        "aid": ("/aidregistry/add", Aid, {"family": family.id, "given_on": "2026-03-03", "amount": "1000",
                                          "kind": factories.aid(family, date(2026, 1, 1)).kind_id,
                                          "before_record": "Помогали до постановки на учёт"}),
        "member": ("/memberregistry/add", Member, {"family": family.id, "last_name": "Полозова", "first_name": "Инна"}),
        "agency": ("/agencyregistry/add", Agency, {"name": "Школа № 9", "kind": cast.agency("5.1").kind_id,
                                                   "territory": cast.district.id}),
        "place": (f"/family/{family.id}/place", Registration, {
            "number": "1/5", "decided_on": "2026-02-02",
            "criteria": str(factories.by_code(Criterion, "2.1.1").id)}),
    }[kind]  # fmt: skip


def test_a_scan_sent_twice_is_attached_once_and_answered_alike(anna, family):
    url = f"/family/{family.id}/papers/add"
    data = form_on(anna, url) | {"title": "Акт"}

    def send() -> Any:
        return anna.post(url, data=data | {"file": (io.BytesIO(scans.pdf()), "акт.pdf")}, csrf=False)

    first, second = send(), send()
    assert (first.status_code, first.location) == (second.status_code, second.location)
    assert (first.status_code, first.location) == (302, f"/family/{family.id}#papers")
    assert db.session.scalar(select(func.count(Paper.id))) == 1


def test_the_second_answer_says_what_the_first_said(anna, family, cast):
    url, _entity, typed = filled("member", family, cast)
    db.session.commit()
    data = form_on(anna, url) | typed
    pages = [anna.post(url, data=data, follow_redirects=True).text for _time in range(2)]
    assert all("Добавлено: Полозова Инна" in text for text in pages)


def test_other_words_under_a_key_that_was_stored_are_asked_about_and_not_lost(anna, family, cast):
    url, _entity, typed = filled("aid", family, cast)
    db.session.commit()
    data = form_on(anna, url) | typed
    assert anna.post(url, data=data).status_code == 302
    answer = anna.post(url, data=data | {"amount": "2500"})
    assert answer.status_code == 409
    assert "2500" in answer.text
    count = db.session.scalar(select(func.count(Aid.id)))
    assert anna.post(url, data=given_back(answer.text), csrf=False).status_code == 302
    assert db.session.scalar(select(func.count(Aid.id))) == count + 1


def test_a_key_is_a_persons_own(anna, sign_in, family, cast):
    url, _entity, typed = filled("agency", family, cast)
    db.session.commit()
    data = form_on(anna, url) | typed
    anna.post(url, data=data)
    kept = db.session.execute(select(SentForm.user_id, SentForm.key)).one()
    assert kept == (cast.user("anna").id, data["form_key"][0])


@pytest.mark.one_database("what was answered is read by one statement, tried with further forms on both")
def test_every_route_that_takes_a_form_answers_a_stored_one_like_the_first_time(app, cast, sign_in):
    """Whatever stands behind the address: what bears a key that is stored does not run a second time."""
    taken = [(endpoint, address) for endpoint, method, address in routes(app) if method == "POST"]
    taken = [one for one in taken if not one[0].startswith("SignIn.") and is_walked(one[0])]
    walked = set()
    for name in ("anna", "oleg", "gleb"):
        browser, user_id = sign_in(name), cast.user(name).id
        for number, (endpoint, address) in enumerate(taken):
            if endpoint in walked or not is_open(app, endpoint, name, "POST"):
                continue
            data = {"form_key": f"key-that-is-stored-{number:05}"}
            with app.test_request_context(address, method="POST", data=data):
                digest = sent_forms._digest()
            said = {"text": "Записано.", "location": "/stored", "category": "success"}
            db.session.add(SentForm(user_id=user_id, key=data["form_key"], sent_at=now(), digest=digest, answer=said))
            answer = browser.post(address, data=data)
            assert (answer.status_code, answer.location) == (302, "/stored"), f"{endpoint} runs a second time"
            walked.add(endpoint)
    assert walked == {endpoint for endpoint, _address in taken}


def test_a_refused_form_is_free_to_be_sent_again(anna, family, cast):
    url, _entity, typed = filled("aid", family, cast)
    db.session.commit()
    data = form_on(anna, url) | typed
    assert anna.post(url, data=data | {"given_on": "31.02.2026"}).status_code == 200
    assert anna.post(url, data=data).status_code == 302


def test_a_key_is_forgotten_after_its_day(anna, family, cast, sign_in):
    url, _entity, typed = filled("agency", family, cast)
    db.session.commit()
    anna.post(url, data=form_on(anna, url) | typed)
    assert db.session.scalar(select(func.count()).select_from(SentForm)) == 1
    db.session.execute(update(SentForm).values(sent_at=now() - sent_forms.LASTS - timedelta(minutes=1)))
    db.session.commit()
    sign_in("boris")
    assert db.session.scalar(select(func.count()).select_from(SentForm)) == 0


def test_a_key_is_remembered_for_the_whole_of_its_day(anna, family, cast, sign_in):
    url, _entity, typed = filled("agency", family, cast)
    db.session.commit()
    anna.post(url, data=form_on(anna, url) | typed)
    db.session.execute(update(SentForm).values(sent_at=now() - sent_forms.LASTS + timedelta(minutes=1)))
    db.session.commit()
    sign_in("boris")
    assert db.session.scalar(select(func.count()).select_from(SentForm)) == 1


def test_the_same_words_at_another_address_are_another_form(anna, family, cast):
    url, _entity, typed = filled("agency", family, cast)
    db.session.commit()
    data = form_on(anna, url) | typed
    assert anna.post(url, data=data).status_code == 302
    assert anna.post("/employeeregistry/add", data=data).status_code == 409


def test_a_one_time_password_is_shown_once_and_never_stored(sign_in):
    oleg = sign_in("oleg")
    data = form_on(oleg, "/users/add") | {"username": "semen", "last_name": "Ольхов", "first_name": "Семён"}
    first = oleg.post("/users/add", data=data)
    password = lxml.html.fromstring(first.text).xpath("string(//*[@id='one-time-password'])")
    second = oleg.post("/users/add", data=data, follow_redirects=True)
    assert "показан один раз" in second.text
    assert password not in second.text
    assert password not in str(db.session.scalar(select(SentForm.answer)))
    assert db.session.scalar(select(func.count(User.id)).where(User.username == "semen")) == 1


# What stopped it


def of_sqlite(code: int, text: str) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError(text)
    error.sqlite_errorcode = code
    return error


CAUSES = {
    "full disk": (of_sqlite(sqlite3.SQLITE_FULL, "database or disk is full"), "кончилось место"),
    "full disk of postgres": (psycopg.errors.DiskFull(), "кончилось место"),
    "read only": (of_sqlite(sqlite3.SQLITE_READONLY, "attempt to write a readonly database"), "только для чтения"),
    "read only postgres": (psycopg.errors.ReadOnlySqlTransaction(), "только для чтения"),
    "locked": (of_sqlite(sqlite3.SQLITE_BUSY, "database is locked"), "занята"),
    "gone": (psycopg.OperationalError("server closed the connection"), "Нет связи"),
}


@pytest.mark.parametrize("cause", CAUSES)
def test_a_form_that_could_not_be_stored_names_the_cause_and_gives_the_words_back(
    anna, family, cast, monkeypatch, cause
):
    url, entity, typed = filled("member", family, cast)
    db.session.commit()
    data = form_on(anna, url) | typed
    error, words = CAUSES[cause]

    def fail(*_args: Any, **_values: Any) -> None:
        raise OperationalError("INSERT", {}, error)

    with monkeypatch.context() as broken:
        broken.setattr("app.services.registry.save", fail)
        answer = anna.post(url, data=data)
    assert answer.status_code == 503
    assert words in answer.text
    assert "Ничего не записано" in answer.text
    assert anna.post(url, data=given_back(answer.text), csrf=False).status_code == 302
    assert db.session.scalar(select(func.count(entity.id)).where(Member.last_name == "Полозова")) == 1


def test_a_disk_that_fills_up_under_a_scan_is_named_and_the_file_is_asked_for_again(anna, family, monkeypatch):
    url = f"/family/{family.id}/papers/add"
    data = form_on(anna, url) | {"title": "Акт обследования", "file": (io.BytesIO(scans.pdf()), "акт.pdf")}

    def full(_content: bytes) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(papers, "_store", full)
    answer = anna.post(url, data=data, csrf=False)
    assert answer.status_code == 503
    assert "кончилось место" in answer.text
    assert "Акт обследования" in answer.text
    assert lxml.html.fromstring(answer.text).xpath("//input[@type='file'][@name='file']")


def test_a_file_too_large_leaves_the_words_that_came_with_it(anna, family):
    url = f"/family/{family.id}/papers/add"
    data = form_on(anna, url) | {"title": "Акт обследования", "file": (io.BytesIO(b"0" * (26 << 20)), "акт.pdf")}
    answer = anna.post(url, data=data, csrf=False, headers={"Origin": "http://localhost"})
    assert answer.status_code == 413
    assert "Акт обследования" in answer.text


# What became of it


class _LosesConnection:
    """The connection ends at the commit: before the database has stored, or after it and before it could say so."""

    def __init__(self, *, stored: bool) -> None:
        self.stored, self.armed = stored, True

    def __call__(self, connection: Any) -> None:
        if not self.armed or "member" not in str(connection.info.get("written", "")):
            return
        self.armed = False
        if self.stored:
            connection.connection.driver_connection.commit()
        raise psycopg.OperationalError("server closed the connection unexpectedly")


def note_writes(connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
    if statement.startswith("INSERT INTO member "):
        connection.info["written"] = "member"


@pytest.mark.parametrize("stored", [True, False])
def test_a_connection_lost_at_the_commit_is_told_truly_and_repeated_harmlessly(anna, family, cast, stored):
    url, _entity, typed = filled("member", family, cast)
    db.session.commit()
    data = form_on(anna, url) | typed
    losing, engine = _LosesConnection(stored=stored), db.engine
    event.listen(engine, "before_cursor_execute", note_writes)
    event.listen(engine, "commit", losing)
    try:
        answer = anna.post(url, data=data)
    finally:
        event.remove(engine, "commit", losing)
        event.remove(engine, "before_cursor_execute", note_writes)
        engine.dispose()
    assert not losing.armed
    if stored:
        assert answer.status_code == 302, "the key of the form tells that it is stored"
    else:
        assert answer.status_code == 503
        assert "Неизвестно, сохранено ли" in answer.text
        assert "Ничего не записано" not in answer.text
    assert anna.post(url, data=data).status_code == 302
    assert db.session.scalar(select(func.count(Member.id)).where(Member.last_name == "Полозова")) == 1


def test_a_page_that_fails_after_the_commit_says_that_it_is_stored(anna, family, cast, monkeypatch):
    url, _entity, typed = filled("member", family, cast)
    db.session.commit()
    data = form_on(anna, url) | typed

    def fail(_answer: Any) -> Any:
        raise OperationalError("SELECT", {}, psycopg.OperationalError("server closed the connection"))

    monkeypatch.setattr(sent_forms.Answer, "response", fail)
    answer = anna.post(url, data=data)
    assert answer.status_code == 503
    assert troubles.SAVED in answer.text
    assert "Ничего не записано" not in answer.text


@pytest.mark.parametrize("kind", ["aid", "member", "place"])
def test_nothing_is_asked_of_the_database_after_the_commit(anna, family, cast, kind):
    url, _entity, typed = filled(kind, family, cast)
    db.session.commit()
    data = form_on(anna, url) | typed
    seen: list[str] = []

    def note_commit(_connection: Any) -> None:
        seen.append("COMMIT")

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    engine = db.engine
    event.listen(engine, "commit", note_commit)
    event.listen(engine, "before_cursor_execute", note)
    try:
        anna.post(url, data=data)
    finally:
        event.remove(engine, "commit", note_commit)
        event.remove(engine, "before_cursor_execute", note)
    last_write = max(at for at, text in enumerate(seen) if text.startswith("INSERT"))
    after = seen[seen.index("COMMIT", last_write) + 1 :]
    # The sentence of the answer is kept in the session, in a short transaction that may fail without harm.
    asked = [
        text for text in after if text not in ("COMMIT", "BEGIN", "BEGIN IMMEDIATE") and "user_session" not in text
    ]
    own = [text for text in asked if text.startswith(("INSERT", "UPDATE", "SELECT")) and "ab_user" not in text]
    assert own == []


# Versions


VERSIONED = [view for view in [*views.DICTIONARIES, *(view for view, *_rest in views.PLACES)] if view.addable]


@pytest.mark.parametrize("view", VERSIONED, ids=lambda view: view.__name__)
def test_whatever_two_people_edit_has_a_version(view, app):
    assert "version" in view.entity.__mapper__.columns
    assert view.entity.__mapper__.version_id_col is not None


def test_the_second_of_two_administrators_sees_what_the_first_stored(sign_in, cast):
    oleg, url = sign_in("oleg"), f"/users/{cast.user('vera').id}"
    # The first form of the page is a button: the fields stand in the form with the version.
    document = lxml.html.fromstring(oleg.get(url).text)
    fields = next(form for form in document.forms if "version" in form.fields)
    typed = {name: value for name, value in fields.form_values() if name != "form_key"}
    assert oleg.post(url, data=typed | {"first_name": "Варвара"}).status_code == 302
    answer = oleg.post(url, data=typed | {"first_name": "Верена"})
    assert answer.status_code == 200
    assert "Варвара" in answer.text
    assert "Верена" in answer.text
    assert db.session.scalar(select(User.first_name).where(User.username == "vera")) == "Варвара"


# /health


def test_health_is_ok_where_one_can_read_and_write(anonymous):
    answer = anonymous.get("/health")
    assert (answer.status_code, answer.text) == (200, "ok")


@pytest.mark.parametrize("cause", CAUSES)
def test_health_says_no_and_the_log_why(anonymous, monkeypatch, caplog, cause):
    error, _words = CAUSES[cause]

    def fail() -> None:
        raise OperationalError("INSERT", {}, error)

    monkeypatch.setattr("app.health._try_database", fail)
    check_ill(anonymous, caplog, troubles.of(error).code)


def check_ill(browser: Any, caplog: Any, reason: str) -> None:
    """The server says that it cannot serve and nothing else; why stands in its log."""
    answer = browser.get("/health")
    assert (answer.status_code, answer.text) == (503, "not ok")
    assert f"health: {reason}" in caplog.text


def test_health_sees_missing_tables(anonymous, app):
    with db.engine.connect() as connection:
        connection.exec_driver_sql("ALTER TABLE journal_entry RENAME TO elsewhere")
        connection.commit()
    try:
        assert anonymous.get("/health").status_code == 503
    finally:
        with db.engine.connect() as connection:
            connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO journal_entry")
            connection.commit()


def test_health_sees_a_full_database(anonymous, app, caplog):
    if db.engine.dialect.name != "sqlite":
        pytest.skip("SQLite only: a database of a set size")

    def limit(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA max_page_count = 1")  # SQLite keeps it at what there is already

    db.session.remove()
    db.engine.dispose()
    event.listen(db.engine, "connect", limit)
    try:
        check_ill(anonymous, caplog, "disk")
    finally:
        event.remove(db.engine, "connect", limit)
        db.engine.dispose()


def test_health_sees_that_papers_cannot_be_written(anonymous, app, monkeypatch, tmp_path, caplog):
    blocked = tmp_path / "papers"
    blocked.write_text("a file where a folder is wanted")
    monkeypatch.setitem(app.config, "PAPERS_FOLDER", str(blocked))
    check_ill(anonymous, caplog, "papers")
