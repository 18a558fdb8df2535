"""Signing in: who gets in, who is kept out, what stays closed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from flask import current_app
from flask_appbuilder.cli import fab
from sqlalchemy import select, update
from werkzeug.security import check_password_hash

from app import access
from app.clock import now
from app.domain import passwords, terms
from app.domain.refusal import Refusal
from app.extensions import db
from app.models import Account, JournalEntry, User
from app.services import accounts
from app.signin import PUBLIC, SIGNED_IN, own_path
from config import KNOWN_KEYS, BadSetting, settings
from tests.conftest import PASSWORD

WRONG = "совсем не тот пароль"


def attempt(client, username: str, password: str, **kwargs):
    return client.post("/login/", data={"username": username, "password": password}, **kwargs)


def entries(act: terms.Act) -> list[JournalEntry]:
    return list(db.session.scalars(select(JournalEntry).where(JournalEntry.act == act).order_by(JournalEntry.id)))


# The way in


@pytest.mark.one_database("names, passwords and addresses are compared in Python")
def test_the_form_keeps_the_house_style(anonymous, page):
    document = page(anonymous, "/login/")
    assert [field.get("name") for field in document.xpath("//input[not(@type='hidden')]")] == ["username", "password"]


def test_the_right_name_and_password_let_in(sign_in, user_named):
    client = sign_in("anna", PASSWORD)
    assert client.get("/account/").status_code == 200
    assert [row.user_id for row in entries(terms.Act.SIGNED_IN)] == [user_named("anna").id]
    assert user_named("anna").last_login is not None


@pytest.mark.parametrize("username", ["ANNA", " anna ", "Anna"])
def test_the_name_is_taken_whatever_its_letters(anonymous, username):
    assert attempt(anonymous, username, PASSWORD).status_code == 302


@pytest.mark.one_database("names, passwords and addresses are compared in Python")
@pytest.mark.parametrize("password", [
    WRONG, "", "\0", "\0\0\0", PASSWORD + "\0", " " + PASSWORD, PASSWORD.upper(), PASSWORD[:-1], "х" * 2000,
])  # fmt: skip
def test_any_other_password_does_not(anonymous, app, password):
    answer = attempt(anonymous, "anna", password)
    assert answer.status_code == 200
    assert anonymous.get("/account/").status_code == 302


@pytest.mark.parametrize("password", ["", "\0", "\0\0"])
def test_a_user_without_a_password_cannot_sign_in(anonymous, app, user_named, password):
    for stored in (None, "", accounts.hash_of("")):
        db.session.execute(update(User.__table__).where(User.username == "anna").values(password=stored))
        db.session.commit()
        assert attempt(anonymous, "anna", password).status_code == 200


def test_the_answer_is_the_same_whoever_asks(anonymous, app):
    texts = {attempt(anonymous, name, WRONG).text.replace(name, "") for name in ("anna", "nobody", "oleg")}
    for _time in range(accounts.FAILURES_ALLOWED):
        attempt(anonymous, "anna", WRONG)
    texts.add(attempt(anonymous, "anna", PASSWORD).text.replace("anna", ""))
    assert len({re.sub(r'value="[^"]*"|nonce="[^"]*"', "", text) for text in texts}) == 1


@pytest.mark.one_database("names, passwords and addresses are compared in Python")
def test_as_much_is_hashed_whoever_asks(anonymous, app, user_named, monkeypatch):
    """The time of an answer, which is that of the hash, tells nobody whether a name is known."""
    real, hashed = settings({"SECRET_KEY": "k" * 40}), []
    for name in ("FAB_PASSWORD_HASH_METHOD", "AUTH_DB_FAKE_PASSWORD_HASH_CHECK"):
        monkeypatch.setitem(app.config, name, real[name])
    user_named("anna").password = accounts.hash_of(PASSWORD)
    db.session.commit()
    monkeypatch.setattr(accounts, "check_password_hash", lambda stored, _typed: hashed.append(stored.partition("$")[0]))
    for name in ("anna", "nobody"):
        attempt(anonymous, name, WRONG)
    assert hashed == [real["FAB_PASSWORD_HASH_METHOD"]] * 2


def test_a_password_is_stored_as_the_setting_says_and_strengthened_at_sign_in(anonymous, app, user_named):
    assert settings({"SECRET_KEY": "k" * 40})["FAB_PASSWORD_HASH_METHOD"] == "scrypt:32768:8:3"
    assert settings({"SECRET_KEY": "k" * 40})["AUTH_DB_FAKE_PASSWORD_HASH_CHECK"].startswith("scrypt:32768:8:3$")
    app.config["FAB_PASSWORD_HASH_METHOD"], cheap = "pbkdf2:sha256:2", app.config["FAB_PASSWORD_HASH_METHOD"]
    try:
        assert attempt(anonymous, "anna", PASSWORD).status_code == 302
    finally:
        app.config["FAB_PASSWORD_HASH_METHOD"] = cheap
    assert user_named("anna").password.startswith("pbkdf2:sha256:2$")
    assert check_password_hash(user_named("anna").password, PASSWORD)


def test_a_name_nobody_bears_is_not_written_down(anonymous, app):
    attempt(anonymous, "мой тайный пароль", WRONG)
    [row] = entries(terms.Act.SIGN_IN_FAILED)
    assert "тайный" not in row.summary
    assert row.entity == "User"
    assert row.entity_id is None


# Locks


def test_five_failures_lock_for_a_quarter_of_an_hour(anonymous, app, user_named):
    for _time in range(accounts.FAILURES_ALLOWED):
        attempt(anonymous, "anna", WRONG)
    assert attempt(anonymous, "anna", PASSWORD).status_code == 200
    account = accounts.account_of(user_named("anna"))
    until = accounts.locked_until(account)
    assert timedelta(minutes=14) < until - now() <= timedelta(minutes=15)
    assert [row.entity_id for row in entries(terms.Act.LOCKED)] == [user_named("anna").id]


def test_four_failures_do_not(anonymous, app):
    for _time in range(accounts.FAILURES_ALLOWED - 1):
        attempt(anonymous, "anna", WRONG)
    answer = attempt(anonymous, "anna", PASSWORD)
    assert answer.status_code == 302
    anonymous.token = None
    assert ": 4" in anonymous.get("/account/").text


def test_each_further_lock_is_longer(app, user_named):
    found = []
    for _lock in range(3):
        for _time in range(accounts.FAILURES_ALLOWED):
            accounts.begin_attempt("anna")
        account = accounts.account_of(user_named("anna"))
        found.append(round((accounts.locked_until(account) - now()) / timedelta(minutes=1)))
        account.locked_until = now() - timedelta(seconds=1)
        db.session.flush()
    assert found == [15, 30, 60]


def test_a_lock_ends_by_itself(anonymous, app, user_named):
    for _time in range(accounts.FAILURES_ALLOWED):
        attempt(anonymous, "anna", WRONG)
    db.session.execute(update(Account).values(locked_until=now() - timedelta(seconds=1)))
    db.session.commit()
    assert attempt(anonymous, "anna", PASSWORD).status_code == 302
    assert accounts.account_of(user_named("anna")).locks == 0


def test_tries_side_by_side_are_counted_before_the_password_is_looked_at(app):
    assert [accounts.begin_attempt("anna").open for _time in range(7)] == [True] * 5 + [False] * 2


def test_one_address_is_not_answered_for_ever(anonymous, app):
    for number in range(accounts.FAILURES_OF_ADDRESS):
        attempt(anonymous, f"nobody{number}", WRONG)
    answer = attempt(anonymous, "anna", PASSWORD, headers={"X-Forwarded-For": "10.1.2.3"})
    assert answer.status_code == 429
    other = attempt(anonymous, "anna", PASSWORD, environ_overrides={"REMOTE_ADDR": "10.1.2.3"})
    assert other.status_code == 302


# Passwords


@pytest.mark.one_database("names, passwords and addresses are compared in Python")
@pytest.mark.parametrize("password", [
    "берёза стоит у реки", "correct horse battery", "т" * 3 + "рижды подумай обо всём", "Кактус-Фонарь-Лыжи-71",
    "8#kT!vQz2&pLm", "ж" * 10 + "уравлиный клин над полем " * 2, "ёлка под снегом",
])  # fmt: skip
def test_a_long_password_that_nobody_guesses_is_taken(app, password):
    passwords.check(password, username="anna", about=["Анна", "Рябинина"], refused=accounts.refused_passwords())


@pytest.mark.one_database("names, passwords and addresses are compared in Python")
@pytest.mark.parametrize("password", [
    "", "короткий", "12345678901", "123456789012", "987654321098", "qwertyuiop[]", "йцукенгшщзхъ", "aaaaaaaaaaaaaa",
    "password1234", "PASSWORD2026!", "qwerty123456", "пароль123456", "ПарольПароль", "gfhjkm123456", "parolparol2026",
    "район2026район", "КДН-патронат-2026", "патронат20262026", "anna20262026", "Рябинина1984!", "anna-Рябинина-1",
    "летолетолето2026", "abcabcabcabc", "1q1q1q1q1q1q", "2026-2026-2026", "!!!!!!!!!!!!!", "x" * 257,
    "тихий\0омут тихий омут",
    "iloveyou1234", "administrator1", "Passw0rd2026!", "любимая12345", "k" * 12, "зззззззззззз", "опека2025опека",
    "солнышко2026", "zxcvbnm,./12",
])  # fmt: skip
def test_a_password_that_is_short_or_guessable_is_refused(app, password):
    with pytest.raises(Refusal):
        passwords.check(password, username="anna", about=["Анна", "Рябинина"], refused=accounts.refused_passwords())


@pytest.mark.one_database("names, passwords and addresses are compared in Python")
@pytest.mark.parametrize("password", [
    "anna-anna-anna", "тихий омут anna", "ТИХИЙ ОМУТ ANNA", "a.n.n.a тихий омут", "омутanna тихий рассвет",
    "annaannaanna",
])  # fmt: skip
def test_a_password_with_the_name_to_sign_in_is_refused_by_that_name(app, password):
    with pytest.raises(Refusal, match="имени для входа"):
        accounts.check_password(password, "anna", "Анна", "Рябинина")


@pytest.mark.one_database("names, passwords and addresses are compared in Python")
def test_the_own_password_holds_no_name_to_sign_in(sign_in, user_named):
    before = user_named("anna").password
    answer = change(sign_in("anna"), PASSWORD, "anna идёт домой вечером")
    assert "имени для входа" in answer.text
    assert user_named("anna").password == before


@pytest.mark.parametrize("command", ["reset-password", "create-user"])
def test_the_commands_of_the_library_hold_the_rules_of_passwords(app, user_named, command):
    before = user_named("anna").password
    given = ["--username", "anna" if command == "reset-password" else "semen"]
    if command == "create-user":
        given += ["--role", "Аудитор", "--firstname", "Семён", "--lastname", "Ольхов", "--email", "s@patronat.example"]
    result = app.test_cli_runner().invoke(fab, [command, *given, "--password", f"{given[1]} тихий омут"])
    assert result.exit_code != 0
    assert "имени для входа" in result.output
    db.session.rollback()
    assert user_named("anna").password == before


def change(client, current: str, wanted: str, repeated: str | None = None):
    data = {"current": current, "password": wanted, "repeated": wanted if repeated is None else repeated}
    return client.post("/account/password/", data=data)


def test_a_changed_password_is_the_one_that_works_and_ends_other_sessions(sign_in, anonymous, app):
    here, elsewhere = sign_in("anna"), sign_in("anna")
    wanted = "ж" * 40 + " над полем журавлиный клин"
    assert change(here, PASSWORD, wanted).status_code == 302
    assert here.get("/account/").status_code == 200
    assert elsewhere.get("/account/").status_code == 302
    assert attempt(anonymous, "anna", PASSWORD).status_code == 200
    assert attempt(anonymous, "anna", wanted).status_code == 302
    assert len(entries(terms.Act.PASSWORD_CHANGED)) == 1


@pytest.mark.one_database("names, passwords and addresses are compared in Python")
@pytest.mark.parametrize(("current", "wanted", "repeated", "text"), [
    (WRONG, "берёза стоит у реки", None, "Текущий пароль"),
    (PASSWORD, "берёза стоит у реки", "берёза стоит у моря", "с ошибкой"),
    (PASSWORD, "короткий", None, "слишком короткий"),
    (PASSWORD, PASSWORD, None, "совпадает"),
])  # fmt: skip
def test_a_change_is_refused_with_a_reason(sign_in, app, current, wanted, repeated, text):
    client = sign_in("anna")
    assert text in change(client, current, wanted, repeated).text
    sign_in("anna")


def test_a_one_time_password_ends_after_three_days(app, anonymous, user_named):
    password = accounts.reset_password(user_named("anna"))
    account = accounts.account_of(user_named("anna"))
    assert timedelta(hours=71) < account.password_until.replace(tzinfo=now().tzinfo) - now() <= timedelta(hours=72)
    account.password_until = now() - timedelta(seconds=1)
    db.session.commit()
    assert attempt(anonymous, "anna", password).status_code == 200
    assert anonymous.get("/account/").status_code == 302


# What stays closed


@pytest.mark.one_database("names, passwords and addresses are compared in Python")
def test_there_is_no_other_way_in(app):
    paths = " ".join(str(rule) for rule in app.url_map.iter_rules()).casefold()
    for word in ("api/", "swagger", "openapi", "register", "userstats", "permission", "groups", "resetpassword",
                 "resetmypassword", "userinfo", "/lang/", "oauth", "viewmenu"):  # fmt: skip
        assert word not in paths, word
    endpoints = {rule.endpoint.split(".")[0] for rule in app.url_map.iter_rules()}
    assert not endpoints & {"SecurityApi", "UserDBModelView", "RoleModelView", "AuthDBView", "MenuApi", "LocaleView"}


def test_a_forged_remembered_cookie_opens_nothing(anonymous, app, user_named):
    from flask_login.utils import encode_cookie

    anonymous.set_cookie("remember_token", encode_cookie(str(user_named("anna").id)))
    assert anonymous.get("/account/").status_code == 302


@pytest.mark.one_database("names, passwords and addresses are compared in Python")
def test_no_header_signs_in(anonymous, app):
    for value in ("Bearer 1", "Basic YW5uYTphbm5h"):
        assert anonymous.get("/account/", headers={"Authorization": value}).status_code == 302


@pytest.mark.one_database("names, passwords and addresses are compared in Python")
def test_an_address_that_nobody_declared_is_closed(app):
    manager = app.appbuilder.sm
    for rule in app.url_map.iter_rules():
        if rule.endpoint not in PUBLIC | SIGNED_IN:
            assert manager.permission_of(rule.endpoint), f"{rule.endpoint} asks for no permission: nobody can open it"


@pytest.mark.one_database("names, passwords and addresses are compared in Python")
def test_a_stranger_is_sent_to_sign_in_from_everywhere(app, anonymous):
    for rule in app.url_map.iter_rules():
        if rule.endpoint in PUBLIC:
            continue
        url = app.url_map.bind("localhost").build(
            rule.endpoint, {name: {"entity": "Agency", "kind": "xlsx"}.get(name, 1) for name in rule.arguments},
            method=next(iter(rule.methods - {"HEAD", "OPTIONS"})),
        )  # fmt: skip
        answer = anonymous.get(url) if "GET" in rule.methods else anonymous.post(url)
        assert answer.status_code == 302, url
        assert answer.headers["Location"].startswith("/login/"), url


def test_signing_in_leads_back_without_the_searched_words(anonymous, sign_in, app):
    answer = anonymous.get("/account/?q=Полозова")
    assert answer.headers["Location"] == "/login/?next=/account/"
    assert attempt(anonymous, "anna", PASSWORD).status_code == 302


@pytest.mark.one_database("names, passwords and addresses are compared in Python")
@pytest.mark.parametrize("wanted", [
    "http://evil.example", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example",
    "javascript:alert(1)",
    "http:evil.example", "https:///evil.example", "/\t/evil.example", " //evil.example", "/%0d%0aLocation:evil", "",
])  # fmt: skip
def test_nobody_is_led_elsewhere(anonymous, app, wanted):
    answer = anonymous.post("/login/", query_string={"next": wanted}, data={"username": "anna", "password": PASSWORD})
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/" or answer.headers["Location"].startswith("/%0d")


@pytest.mark.one_database("names, passwords and addresses are compared in Python")
def test_an_own_path_is_kept(app):
    with app.test_request_context():
        assert own_path("/account/?page=2") == "/account/?page=2"
        assert own_path("/login/") == "/"


@pytest.mark.one_database("names, passwords and addresses are compared in Python")
@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "evil.example:80"])
def test_a_strange_host_is_refused(app, anonymous, host):
    app.config["TRUSTED_HOSTS"], kept = ["localhost"], app.config["TRUSTED_HOSTS"]
    try:
        answer = anonymous.get("/login/", headers={"Host": host})
    finally:
        app.config["TRUSTED_HOSTS"] = kept
    assert answer.status_code == 400
    assert "evil" not in answer.text


def test_signing_out_is_an_act_not_an_address(sign_in, page, app):
    client = sign_in("anna")
    page(client, "/logout/")
    assert client.get("/account/").status_code == 200
    answer = client.post("/logout/")
    assert answer.status_code == 302
    assert "storage" in answer.headers["Clear-Site-Data"]
    assert client.get("/account/").status_code == 302
    assert len(entries(terms.Act.SIGNED_OUT)) == 1


# The menu and permissions


def test_permissions_come_from_code(sign_in, app, user_named):
    sign_in("oleg")
    manager = app.appbuilder.sm
    assert manager.may(["Администратор"], "can_list", "Users")
    assert not manager.may(["Координатор"], "can_list", "Users")
    assert not manager.may(["Администратор"], "can_listen", "Users2")
    assert not manager.may([], "can_list", "Users")


@pytest.mark.one_database("names, passwords and addresses are compared in Python")
@pytest.mark.parametrize("view", ["Family", "Member", "Registration", "Aid", "Paper", "Decision", "Education"])
def test_no_pattern_gives_the_administrator_a_family(app, view):
    for act in ("list", "show", "add", "edit", "xlsx", "annul"):
        assert not app.appbuilder.sm.may(["Администратор"], f"can_{act}", view)


@pytest.mark.one_database("names, passwords and addresses are compared in Python")
def test_the_menu_shows_what_may_be_opened(sign_in, page):
    text = page(sign_in("oleg"), "/account/").xpath("string(//nav)")
    assert "Пользователи" in text
    assert "Пользователи" not in page(sign_in("anna"), "/account/").xpath("string(//nav)")


# Settings


@pytest.mark.parametrize("key", ["", "short", *sorted(KNOWN_KEYS), "k" * 31])
def test_a_bad_key_is_refused(key):
    with pytest.raises(BadSetting):
        settings({"SECRET_KEY": key})


def test_the_server_does_not_start_without_a_key(tmp_path):
    environ = {**os.environ, "INSTANCE_PATH": str(tmp_path)}
    for name in ("SECRET_KEY", "PATRONAT_LOCAL"):
        environ.pop(name, None)
    root = Path(__file__).parent.parent
    ended = subprocess.run(
        [sys.executable, "-c", "import run"], cwd=root, env=environ, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode != 0
    assert "SECRET_KEY" in ended.stderr


def test_the_cookie_of_a_production_start_is_bound_to_the_host():
    values = settings({"SECRET_KEY": "k" * 40})
    assert values["SESSION_COOKIE_NAME"] == "__Host-session"
    assert values["SESSION_COOKIE_SECURE"]
    assert values["SESSION_COOKIE_HTTPONLY"]
    assert values["SESSION_COOKIE_SAMESITE"] == "Lax"


# Commands


def test_the_first_administrator_is_made_by_a_command(app, anonymous):
    db.session.execute(update(User.__table__).values(active=False))
    db.session.commit()
    db.session.remove()
    runner = app.test_cli_runner()
    made = runner.invoke(args=["bank", "create-user", "nina", "--last-name", "Вязова", "--first-name", "Нина"])
    assert made.exit_code == 0, made.output
    password = made.output.split()[-1]
    assert attempt(anonymous, "nina", password).headers["Location"] == "/"
    with access.unrestricted():
        assert accounts.roles_of_code(accounts.find("nina").id) == ["Администратор"]


def test_a_further_one_needs_a_role(app):
    db.session.remove()
    args = ["bank", "create-user", "nina", "--last-name", "Вязова", "--first-name", "Нина"]
    assert app.test_cli_runner().invoke(args=args).exit_code != 0
    assert "Есть: " in app.test_cli_runner().invoke(args=[*args, "--role", "Царь"]).output


def test_a_locked_administrator_is_let_in_by_a_command(app, anonymous):
    for _time in range(accounts.FAILURES_ALLOWED):
        attempt(anonymous, "oleg", WRONG)
    db.session.remove()
    assert app.test_cli_runner().invoke(args=["bank", "unlock", "oleg"]).exit_code == 0
    assert attempt(anonymous, "oleg", PASSWORD).status_code == 302
    assert current_app.name == app.name
