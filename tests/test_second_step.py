"""Signing in by two steps: each code once, lost phones, who must, and that the waiting session may do nothing."""

from __future__ import annotations

import re
from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import func, select, update

from app import clock
from app.domain.terms import Act
from app.extensions import db
from app.models import Account, JournalEntry, RecoveryCode, SecondStep, UserSession
from app.services import second_step
from tests.conftest import PASSWORD

pytestmark = pytest.mark.one_database("sign-in is tried on both elsewhere; codes are the same")


@pytest.fixture
def moment(monkeypatch):
    """The clock of the codes, set by the test."""

    class Clock:
        now = clock.now()

    monkeypatch.setattr(second_step, "now", lambda: Clock.now)
    return Clock


def enrol(client, moment) -> tuple[pyotp.TOTP, list[str]]:
    """Turn the second step on as a person does; gives the phone and the codes on paper."""
    client.post("/account/second/begin")
    told = client.get("/account/second").text
    assert 'src="data:image/png' in told
    phone = pyotp.TOTP(re.search(r"<code>([A-Z2-7]{32})</code>", told)[1])
    shown = client.post("/account/second", data={"act": "confirm", "code": code_of(phone, moment)}).text
    codes = re.findall(r'class="one-time">([a-z0-9-]{14})<', shown)
    assert len(codes) == 10
    moment.now += timedelta(seconds=30)
    return phone, codes


def code_of(phone: pyotp.TOTP, moment, ahead: int = 0) -> str:
    return phone.generate_otp(int(moment.now.timestamp()) // 30 + ahead)


def password(client, name: str = "anna"):
    return client.post("/login/", data={"username": name, "password": PASSWORD})


def say(client, code: str):
    return client.post("/login/second", data={"code": code})


@pytest.fixture
def anna(sign_in, moment):
    """Anna with her phone and her codes."""
    return enrol(sign_in("anna"), moment)


def test_a_code_lets_in_once_and_only_near_its_time(anna, anonymous, moment, app):
    phone, _codes = anna
    assert password(anonymous).headers["Location"].startswith("/login/second")
    anonymous.token = None
    for wrong in ("", "000000", "аб", code_of(phone, moment, 3), code_of(phone, moment, -3)):
        answer = say(anonymous, wrong)
        assert answer.status_code == 200
        assert "Код не подошёл" in answer.text
    db.session.execute(update(Account).values(failures=0, locked_until=None))
    good = code_of(phone, moment)
    assert say(anonymous, good).headers["Location"] == "/"
    assert anonymous.get("/").status_code == 200
    other = app.test_client()
    password(other)
    other.token = None
    assert "Код не подошёл" in say(other, good).text
    assert say(other, code_of(phone, moment, 1)).status_code == 302


def test_the_session_that_waits_for_a_code_opens_nothing(anna, anonymous, app):
    password(anonymous)
    for rule in app.url_map.iter_rules():
        if "GET" not in rule.methods or rule.arguments or rule.endpoint in (
            "static", "appbuilder.static", "health", "calendar_feed", "SignIn.login", "SignIn.second"):  # fmt: skip
            continue
        answer = anonymous.get(rule.rule)
        assert answer.status_code == 302, rule.rule
        assert "/login/" in answer.headers["Location"], rule.rule


def test_tries_are_counted_over_both_steps_and_lock(anna, anonymous, moment):
    phone, _codes = anna
    for _time in range(5):
        password(anonymous)
        anonymous.token = None
        say(anonymous, "000000")
    password(anonymous)
    anonymous.token = None
    assert say(anonymous, code_of(phone, moment)).headers["Location"].startswith("/login/")
    assert anonymous.get("/").status_code == 302
    assert db.session.scalar(select(func.count(JournalEntry.id)).where(JournalEntry.act == Act.LOCKED)) == 1


def test_right_passwords_alone_never_lock(anna, anonymous, moment):
    phone, _codes = anna
    for _time in range(8):
        password(anonymous)
    anonymous.token = None
    assert say(anonymous, code_of(phone, moment)).headers["Location"] == "/"


def test_five_minutes_after_the_password_it_is_asked_anew(anna, anonymous, moment):
    phone, _codes = anna
    password(anonymous)
    anonymous.token = None
    db.session.execute(update(UserSession).values(created_at=clock.now() - timedelta(minutes=6)))
    assert say(anonymous, code_of(phone, moment)).headers["Location"].startswith("/login/")
    assert anonymous.get("/").status_code == 302


def test_a_code_on_paper_lets_in_once(anna, anonymous):
    _phone, codes = anna
    password(anonymous)
    anonymous.token = None
    assert say(anonymous, codes[3].upper().replace("-", " ")).headers["Location"] == "/"
    anonymous.token = None
    anonymous.post("/logout/")
    anonymous.token = None
    password(anonymous)
    anonymous.token = None
    assert "Код не подошёл" in say(anonymous, codes[3]).text
    assert db.session.scalar(select(func.count(RecoveryCode.id)).where(RecoveryCode.used_at.is_(None))) == 9


def test_what_is_stored_tells_neither_secret_nor_codes(anna):
    phone, codes = anna
    row = db.session.scalars(select(SecondStep)).one()
    assert phone.secret not in row.secret
    stored = db.session.scalars(select(RecoveryCode.code_hash)).all()
    assert not set(stored) & set(codes)


def test_a_role_that_must_is_let_nowhere_before(app, anonymous, moment, monkeypatch):
    monkeypatch.setitem(app.config, "SECOND_STEP_ROLES", ["Координатор"])
    assert password(anonymous).headers["Location"] == "/"
    anonymous.token = None
    for address in ("/", "/familyregistry/list/", "/account/", "/search?q=а"):
        assert anonymous.get(address).headers.get("Location") == "/account/second", address
    told = anonymous.get("/account/second").text
    assert "Ваша роль входит в два шага" in told
    anonymous.token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', told)[1]
    phone, _codes = enrol(anonymous, moment)
    anonymous.token = None
    assert anonymous.get("/").status_code == 200
    refused = anonymous.post("/account/second", data={"act": "off", "code": code_of(phone, moment)})
    assert "обязателен" in refused.text
    other = app.test_client()
    assert password(other, "boris").headers["Location"] == "/"
    other.token = None
    assert other.get("/").status_code == 200


def test_it_is_turned_off_by_a_code_where_nothing_asks_for_it(sign_in, moment):
    boris = sign_in("boris")
    phone, _codes = enrol(boris, moment)
    boris.token = None
    assert "Код не подошёл" in boris.post("/account/second", data={"act": "off", "code": "000000"}).text
    boris.post("/account/second", data={"act": "off", "code": code_of(phone, moment)})
    assert db.session.scalar(select(func.count(SecondStep.id))) == 0


def test_the_administrator_resets_it_but_not_the_password_besides(anna, sign_in, user_named):
    oleg, key = sign_in("oleg"), user_named("anna").id
    oleg.post(f"/users/{key}/second")
    assert db.session.scalar(select(func.count(SecondStep.id))) == 0
    entry = db.session.scalars(select(JournalEntry).where(JournalEntry.act == Act.SECOND_STEP_RESET)).one()
    assert (entry.user_name, entry.entity_id) == ("Дубровин Олег", key)
    before = user_named("anna").password
    answer = oleg.post(f"/users/{key}/password", follow_redirects=True)
    assert "не сбрасывает за сутки один администратор" in answer.text
    assert user_named("anna").password == before


def test_sign_ins_are_told_on_ones_own_page(sign_in, page, anonymous):
    anonymous.post("/login/", data={"username": "anna", "password": "не тот"})
    said = page(sign_in("anna"), "/account/").text_content()
    assert "неудачный вход" in said
    assert "вход (" in said or "вход\n" in said


def test_a_clock_that_was_wrong_for_a_while_keeps_nobody_out(anna, anonymous, moment, app):
    """Steps and locks of a day to come: the server's clock ran ahead and was set right."""
    phone, _codes = anna
    moment.now += timedelta(days=2)
    password(anonymous)
    anonymous.token = None
    assert say(anonymous, code_of(phone, moment)).headers["Location"] == "/"
    moment.now -= timedelta(days=2)
    db.session.execute(update(Account).values(locked_until=clock.now() + timedelta(days=2)))
    db.session.commit()
    other = app.test_client()
    assert password(other).headers["Location"].startswith("/login/second")
    other.token = None
    assert say(other, code_of(phone, moment)).headers["Location"] == "/"
    third = app.test_client()
    password(third)
    third.token = None
    assert "Код не подошёл" in say(third, code_of(phone, moment)).text
