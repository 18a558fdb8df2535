"""Users and roles: the administrator's desk, and what it does not allow."""

from __future__ import annotations

import re

import lxml.html
import pytest
from sqlalchemy import select

from app import access, journal
from app.domain import terms
from app.domain.refusal import Refusal
from app.extensions import db
from app.models import Account, FurtherRole, HomeTerritory, JournalEntry, Role, User
from app.readings import grants
from app.screens.users import what_role_may
from app.services import accounts

ANNA = {"last_name": "Рябинина", "first_name": "Анна"}
ADDED = {"username": "semen", "last_name": "Ольхов", "first_name": "Семён Ильич"}


def role(name: str) -> Role:
    return db.session.scalars(select(Role).where(Role.name == name)).one()


def opened(client, key: int) -> dict[str, str]:
    """The hidden fields of a user's form as it stands now."""
    document = lxml.html.fromstring(client.get(f"/users/{key}").text)
    return {"version": document.xpath("//input[@name='version']/@value")[0]}


def given_password(text: str) -> str:
    found = re.search(r'id="one-time-password">([^<]+)<', text)
    assert found, "no one-time password on the page"
    return found[1]


@pytest.fixture
def oleg(sign_in):
    return sign_in("oleg")


@pytest.fixture
def second_administrator(app):
    user, _password = accounts.create_user(
        username="nina", first_name="Нина", last_name="Вязова", roles=[role("Администратор")], password="x" * 20
    )
    db.session.commit()
    return user.id


@pytest.mark.parametrize(
    "url", ["/users/", "/users/add", "/roles/", "/account/", "/account/password/", "/users/?q=рябин"]
)
def test_the_pages_keep_the_house_style(oleg, page, url):
    page(oleg, url)


def test_a_page_of_a_user_shows_name_and_roles(oleg, page, user_named):
    document = page(oleg, f"/users/{user_named('anna').id}")
    assert document.xpath("//input[@name='last_name']/@value") == ["Рябинина"]
    assert document.xpath("//input[@name='roles'][@checked]/@value") == [str(role("Координатор").id)]


@pytest.mark.one_database("permissions and refusals do not depend on the database")
@pytest.mark.parametrize("name", ["anna", "boris", "gleb", "renata", "avgust"])
@pytest.mark.parametrize("url", ["/users/", "/users/add", "/users/1", "/roles/"])
def test_nobody_else_comes_near(sign_in, name, url):
    assert sign_in(name).get(url).status_code == 403


def test_an_added_user_signs_in_once_and_must_change_the_password(oleg, sign_in, app, cast):
    data = {**ADDED, "roles": role("Координатор").id, "territories": cast.district.id}
    password = given_password(oleg.post("/users/add", data=data).text)
    client = sign_in("semen", password)
    assert client.get("/").headers["Location"].endswith("/account/password/")
    changed = client.post("/account/password/", data={
        "current": password, "password": "берёза стоит у реки", "repeated": "берёза стоит у реки"
    })  # fmt: skip
    assert changed.status_code == 302
    assert client.get("/").status_code == 200
    with access.unrestricted():
        user = accounts.find("semen")
        assert accounts.roles_of_code(user.id) == ["Координатор"]
        assert [str(place) for place in accounts.territories_of(user)] == ["Тестовый район"]


def test_only_the_change_is_open_while_the_password_is_a_one_time_one(oleg, sign_in, app, user_named):
    password = given_password(oleg.post(f"/users/{user_named('anna').id}/password").text)
    client = sign_in("anna", password)
    for rule in app.url_map.iter_rules():
        if "GET" in rule.methods and rule.endpoint not in ("static", "appbuilder.static", "health", "SignIn.login",
                                                           "SignIn.logout", "SignIn.second", "OwnAccount.password",
                                                           "calendar_feed"):  # fmt: skip
            url = app.url_map.bind("localhost").build(
                rule.endpoint, {name: {"entity": "Agency", "kind": "xlsx"}.get(name, 1) for name in rule.arguments}
            )
            answer = client.get(url)
            assert answer.status_code == 302, f"{url} is open: {answer.status_code}"
            assert answer.headers["Location"].endswith("/account/password/"), url


@pytest.mark.one_database("permissions and refusals do not depend on the database")
def test_a_wrong_form_keeps_what_was_typed(oleg, app):
    answer = oleg.post("/users/add", data={**ADDED, "username": "два слова", "roles": role("Аудитор").id})
    assert "Семён Ильич" in answer.text
    assert re.search(rf'value="{role("Аудитор").id}" checked', answer.text)
    assert accounts.find("два слова") is None


def test_a_name_is_taken_once_whatever_its_letters(oleg, app):
    assert "уже есть" in oleg.post("/users/add", data={**ADDED, "username": "ANNA"}).text


@pytest.mark.one_database("permissions and refusals do not depend on the database")
def test_unknown_fields_and_rows_are_ignored(oleg, app, user_named):
    anna = user_named("anna")
    key, email, hashed = anna.id, anna.email, anna.password
    oleg.post(f"/users/{key}", data={
        "last_name": "Рябинина", "first_name": "Анна", "roles": role("Координатор").id, "id": 999, "password": "x",
        "email": "evil@example.org", "active": "", "login_count": 77, "created_by_fk": 1, "version": -1,
        "employee": "9999999", "territories": "-1",
    })  # fmt: skip
    anna = user_named("anna")
    assert (anna.id, anna.email, anna.password, anna.active) == (key, email, hashed, True)


@pytest.mark.one_database("permissions and refusals do not depend on the database")
@pytest.mark.parametrize("field", ["roles", "territories", "employee"])
def test_the_administrator_cannot_raise_himself(oleg, app, user_named, field):
    mine = user_named("oleg").id
    data = {"last_name": "Дубровин", "first_name": "Олег", field: role("Координатор").id}
    assert oleg.post(f"/users/{mine}", data=data).status_code == 403
    assert accounts.roles_of_code(mine) == ["Администратор"]
    refused = db.session.scalars(select(JournalEntry).where(JournalEntry.act == terms.Act.REFUSED)).all()
    assert [row.user_id for row in refused] == [mine]


@pytest.mark.one_database("permissions and refusals do not depend on the database")
@pytest.mark.parametrize("act", ["password", "deactivate", "activate", "sessions/end"])
def test_the_administrator_does_nothing_of_that_to_himself(oleg, user_named, act):
    assert oleg.post(f"/users/{user_named('oleg').id}/{act}").status_code == 403


def test_the_administrator_holds_no_role_of_families(oleg, app, second_administrator):
    data = {"last_name": "Вязова", "first_name": "Нина",
            "roles": [str(role("Администратор").id), str(role("Координатор").id)]}  # fmt: skip
    data |= opened(oleg, second_administrator)
    data["csrf_token"] = oleg.csrf_token()
    answer = oleg.post(f"/users/{second_administrator}", data=data, csrf=False)
    assert "не сочетают" in answer.text
    assert accounts.roles_of_code(second_administrator) == ["Администратор"]


def test_a_grant_of_families_is_noticed_by_the_coordinators(oleg, app, second_administrator, cast):
    oleg.post("/users/add", data={**ADDED, "roles": role("Член КДН").id})
    with access.acting_as(access.NOBODY):
        found = grants.recent()
    assert [(grant.what, grant.by) for grant in found] == [("дана роль «Член КДН»", "Дубровин Олег")]


def test_no_number_of_other_changes_hides_a_grant(oleg, app, second_administrator):
    oleg.post("/users/add", data={**ADDED, "roles": role("Член КДН").id})
    about = journal.entry(terms.Act.CHANGED, entity="User", entity_id=second_administrator, summary="Пользователь")
    journal.write([about] * 2000)
    assert [grant.what for grant in grants.recent()] == ["дана роль «Член КДН»"]


def test_a_new_password_of_a_coordinator_is_noticed_too(oleg, app, user_named):
    oleg.post(f"/users/{user_named('anna').id}/password")
    assert [grant.what for grant in grants.recent()] == ["выдан одноразовый пароль"]


def test_a_role_of_no_families_is_not_worth_a_notice(oleg, app):
    oleg.post("/users/add", data={**ADDED, "roles": role("Аудитор").id})
    assert grants.recent() == []


def test_the_last_administrator_stays(app, user_named):
    with pytest.raises(Refusal, match="последний действующий"):
        accounts.deactivate(user_named("oleg"))
    with pytest.raises(Refusal, match="последний действующий"):
        accounts.set_roles(user_named("oleg"), [role("Аудитор")])


def test_another_administrator_may_go(oleg, app, second_administrator):
    assert oleg.post(f"/users/{second_administrator}/deactivate").status_code == 302
    assert not db.session.get(User, second_administrator).active


def test_a_closed_sign_in_is_shut_at_once(oleg, sign_in, user_named):
    anna = sign_in("anna")
    oleg.post(f"/users/{user_named('anna').id}/deactivate")
    assert anna.get("/").status_code == 302
    oleg.post(f"/users/{user_named('anna').id}/activate")
    assert sign_in("anna").get("/").status_code == 200


def test_a_changed_role_holds_from_the_next_page(oleg, sign_in, user_named):
    avgust = sign_in("avgust")
    assert avgust.get("/journal/").status_code == 200
    data = {"last_name": "Ясенев", "first_name": "Август", "roles": role("Региональный координатор").id}
    assert (
        oleg.post(f"/users/{user_named('avgust').id}", data=data | opened(oleg, user_named("avgust").id)).status_code
        == 302
    )
    assert avgust.get("/journal/").status_code == 302
    assert sign_in("avgust").get("/journal/").status_code == 403


def test_territories_are_given_and_taken(oleg, app, user_named, cast):
    anna = user_named("anna").id
    data = {
        "last_name": "Рябинина",
        "first_name": "Анна",
        "roles": role("Координатор").id,
        "territories": cast.north.id,
    }
    oleg.post(f"/users/{anna}", data=data | opened(oleg, anna))
    rows = db.session.scalars(select(HomeTerritory.territory_id).where(HomeTerritory.user_id == anna)).all()
    assert rows == [cast.north.id]


def test_an_employee_has_one_sign_in(oleg, app, user_named, cast):
    anna = user_named("anna").id
    data = {
        "last_name": "Рябинина",
        "first_name": "Анна",
        "roles": role("Координатор").id,
        "employee": cast.employee("boris").id,
    }
    assert "уже есть другой вход" in oleg.post(f"/users/{anna}", data=data | opened(oleg, anna)).text


def test_a_further_role_has_the_permissions_of_its_model(oleg, sign_in, app, user_named):
    assert oleg.post("/roles/add", data={"name": "Ревизор района", "same_as": "Аудитор"}).status_code == 302
    data = {"last_name": "Ясенев", "first_name": "Август", "roles": role("Ревизор района").id}
    oleg.post(f"/users/{user_named('avgust').id}", data=data | opened(oleg, user_named("avgust").id))
    client = sign_in("avgust")
    assert client.get("/journal/").status_code == 200
    assert client.get("/users/").status_code == 403
    assert db.session.scalars(select(FurtherRole.same_as)).one() == "Аудитор"


def test_a_further_role_may_see_health_and_convictions(oleg, sign_in, app, user_named):
    typed = {"name": "Районный педиатр", "same_as": "Специалист органа", "special": "y"}
    assert oleg.post("/roles/add", data=typed).status_code == 302
    assert not accounts.held_by(user_named("gleb").id).special
    data = {"last_name": "Осинцев", "first_name": "Глеб", "roles": role("Районный педиатр").id}
    oleg.post(f"/users/{user_named('gleb').id}", data=data | opened(oleg, user_named("gleb").id))
    with app.test_request_context():
        assert app.appbuilder.sm.scope_of(user_named("gleb")).special
    refused = oleg.post("/roles/add", data=typed | {"name": "Ревизор района", "same_as": "Аудитор"})
    assert "семей не показывает" in refused.text


@pytest.mark.one_database("permissions and refusals do not depend on the database")
@pytest.mark.parametrize(("name", "same_as", "text"), [
    ("", "Аудитор", "Заполните это поле."),
    ("аудитор", "Аудитор", "уже есть"),
    ("Public", "Аудитор", "уже есть"),
    ("Ревизор", "Admin", "чьи права"),
    ("Ревизор", "", "чьи права"),
])  # fmt: skip
def test_a_further_role_is_named_and_modelled(oleg, app, name, same_as, text):
    assert text in oleg.post("/roles/add", data={"name": name, "same_as": same_as}).text
    assert db.session.scalar(select(FurtherRole.id)) is None


@pytest.mark.one_database("permissions and refusals do not depend on the database")
def test_the_page_of_roles_says_what_each_may(oleg, page):
    text = page(oleg, "/roles/").text_content()
    assert "Пользователи" in text
    assert "Журнал" in text
    assert "can_" not in text


def test_the_administrator_ends_sessions_and_unlocks(oleg, sign_in, app, user_named):
    anna = sign_in("anna")
    key = user_named("anna").id
    assert oleg.post(f"/users/{key}/sessions/end").status_code == 302
    assert anna.get("/").status_code == 302
    account = accounts.account_of(db.session.get(User, key))
    account.failures, account.locked_until = 5, accounts.now() + accounts.FIRST_LOCK
    db.session.commit()
    oleg.post(f"/users/{key}/unlock")
    assert db.session.scalars(select(Account).where(Account.user_id == key)).one().locked_until is None
    sign_in("anna")


@pytest.mark.one_database("permissions and refusals do not depend on the database")
@pytest.mark.parametrize("url", ["/users/999999", "/users/99999999999999999999", "/users/0"])
def test_a_user_who_is_not_there_is_404(oleg, url):
    assert oleg.get(url).status_code == 404


def test_a_get_of_an_act_changes_nothing(oleg, user_named):
    key = user_named("anna").id
    for act in ("password", "unlock", "deactivate", "activate", "sessions/end"):
        assert oleg.get(f"/users/{key}/{act}").status_code == 405


def test_a_search_without_a_letter_or_too_long_is_said_not_to_be_understood(oleg):
    for text in ("%00", "%", "'--", "a" * 5000, "%F0%9F%98%80"):
        answer = oleg.get(f"/users/?q={text}")
        assert answer.status_code == 400, text
        assert "Отбор не понят" in answer.text


@pytest.mark.one_database("permissions and refusals do not depend on the database")
def test_every_permission_has_a_name_that_people_read(app):
    with app.test_request_context():
        for code in terms.Role:
            for name, acts in what_role_may(code.value):
                words = f"{name}: {acts}".replace("Excel", "")
                assert not re.search("[A-Za-z_]{3,}", words), f"name it in app/screens/users.py: {words}"
                assert acts
