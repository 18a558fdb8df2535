"""A signal card on a phone: nothing that was typed is lost, whatever becomes of the page, the session or the line."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import expect
from sqlalchemy import delete, func, select, update

from app import access
from app.clock import now
from app.extensions import db
from app.models import Draft, SignalCard, SurveyGroup, User, UserSession
from tests.browser.conftest import NARROW, WIDE

pytestmark = pytest.mark.usefixtures("_no_drafts")
SAVED, TWO_SCREENS = "Черновик сохранён в", 2 * 844


@pytest.fixture
def bank(live_server: Any) -> Any:
    """Ask the database of the server: bank(select(…))."""

    def ask(statement: Any) -> Any:
        with live_server.app.app_context(), access.unrestricted():
            if statement.is_select:
                return db.session.scalar(statement)
            with db.engine.begin() as connection:
                return connection.execute(statement)

    return ask


@pytest.fixture
def _no_drafts(bank: Any) -> Any:
    """What one test leaves behind is not offered to the next."""
    yield
    bank(delete(Draft))


def enter(page: Any, live_server: Any, username: str) -> None:
    page.goto(f"{live_server.url}/login/")
    page.fill("#username", username)
    page.fill("#password", live_server.passwords[username])
    page.click("main button[type=submit]")
    page.wait_for_url(lambda url: "/login" not in url)


def fill(page: Any, name: str) -> None:
    page.fill("#last_name", name)
    page.fill("#first_name", "Нина")
    page.fill("#description", "Ребёнок пришёл без тёплой одежды.")
    page.locator("label", has_text="есть").first.click()


def said(page: Any) -> Any:
    return page.locator("[data-draft-said]")


@pytest.mark.parametrize(
    ("username", "width"), [("specialist", NARROW), ("koordinator", NARROW), ("koordinator", WIDE)]
)
def test_the_form_is_two_screens_of_a_phone(username: str, width: dict[str, int], browse: Any) -> None:
    watched = browse(username, width=width)
    page = watched.open("/signal/new")
    assert page.evaluate("document.documentElement.scrollHeight") <= TWO_SCREENS
    for fold in page.locator("main details > summary").all():
        fold.click()
    page.locator("[data-add-row]").click()
    assert watched.overflow() == []
    assert watched.faults() == []
    assert watched.axe() == []


def test_a_card_begun_on_one_page_is_sent_from_another(browse: Any, bank: Any) -> None:
    phone = browse("specialist", width=NARROW)
    page = phone.open("/signal/new")
    fill(page, "Закрытова")
    page.locator("#card-children > summary").click()
    page.locator("[data-add-row]").click()
    page.fill("#children-1-name", "Закрытов Лев")
    page.fill("#children-1-age", "7")
    expect(said(page)).to_contain_text(SAVED)
    page.fill("#address", "ул. Полевая, д. 4")  # closed at once: the last words are sent on the way out
    page.close(run_before_unload=True)
    page = phone.page = page.context.new_page()
    phone.open("/signal/new")
    notice = page.locator(".draft-notice", has_text="Закрытова Нина")
    notice.get_by_role("link").click()
    expect(page.locator("#address")).to_have_value("ул. Полевая, д. 4")
    expect(page.locator("#children-1-name")).to_have_value("Закрытов Лев")
    expect(page.locator("input[name=threat][value=exists]")).to_be_checked()
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    page.click("main .form__actions button.btn--primary")
    page.wait_for_url("**/sent")
    assert "Карта направлена координатору" in page.locator("main").inner_text()
    assert bank(select(func.count(SignalCard.id)).where(SignalCard.last_name == "Закрытова")) == 1
    assert bank(select(func.count(Draft.id)).where(Draft.sent_at.is_(None))) == 0


def test_what_is_typed_in_a_second_window_after_the_first_was_sent_is_offered_again(browse: Any, bank: Any) -> None:
    phone = browse("specialist", width=NARROW)
    page = phone.open("/signal/new")
    fill(page, "Двоякова")
    expect(said(page)).to_contain_text(SAVED)
    page.goto(page.url)
    address = page.locator(".draft-notice").get_by_role("link").get_attribute("href")
    page = phone.open(address)
    second = page.context.new_page()
    second.goto(page.url)
    second.fill("#address", "ул. Вторая, д. 2")
    expect(said(second)).to_contain_text(SAVED)
    page.click("main .form__actions button.btn--primary")
    page.wait_for_url("**/sent")
    second.fill("#address", "ул. Вторая, д. 22")
    expect(said(second)).to_contain_text("уже отправлена на другой странице")
    second.fill("#description", "Второй ребёнок тоже.")
    second.close(run_before_unload=True)
    page = phone.open("/signal/new")
    page.locator(".draft-notice").get_by_role("link").click()
    expect(page.locator("#last_name")).to_have_value("Двоякова")
    expect(page.locator("#address")).to_have_value("ул. Вторая, д. 22")
    expect(page.locator("#description")).to_have_value("Второй ребёнок тоже.")
    assert bank(select(func.count(Draft.id)).where(Draft.sent_at.is_(None))) == 1


def test_the_session_ends_in_the_middle_and_the_page_goes_on(browse: Any, live_server: Any, bank: Any) -> None:
    page = browse(None, width=NARROW).page
    enter(page, live_server, "specialist")
    page.goto(f"{live_server.url}/signal/new")
    fill(page, "Сеансова")
    expect(said(page)).to_contain_text(SAVED)
    mine = select(User.id).where(User.username == "specialist").scalar_subquery()
    newest = select(func.max(UserSession.id)).where(UserSession.user_id == mine).scalar_subquery()
    bank(update(UserSession).where(UserSession.id == newest).values(last_seen_at=now() - timedelta(hours=1)))
    page.fill("#address", "ул. Лесная, д. 1")
    expect(said(page)).to_contain_text("Сеанс окончен: войдите в новом окне, текст не потеряется.")
    assert page.locator("#address").input_value() == "ул. Лесная, д. 1"
    with page.expect_popup() as opened:
        said(page).get_by_role("link").click()
    enter(opened.value, live_server, "specialist")
    opened.value.close()
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(said(page)).to_contain_text(SAVED)
    page.click("main .form__actions button.btn--primary")
    page.wait_for_url("**/sent")
    address = select(SignalCard.address).where(SignalCard.last_name == "Сеансова")
    assert bank(address) == "ул. Лесная, д. 1"
    assert bank(select(func.count(Draft.id)).where(Draft.sent_at.is_(None))) == 0


def test_without_a_line_the_page_says_so_and_goes_on_trying(browse: Any, bank: Any) -> None:
    page = browse("specialist", width=NARROW, apart=True).open("/signal/new")
    page.context.set_offline(True)
    fill(page, "Связева")
    page.locator("main form button[type=submit]").last.click()
    expect(said(page)).to_contain_text("Не отправлено: нет связи")
    expect(page.locator("#last_name")).to_have_value("Связева")
    page.context.set_offline(False)
    expect(said(page)).to_contain_text(SAVED)
    assert bank(select(Draft.words))["last_name"] == ["Связева"]
    page.goto(page.url)
    page.once("dialog", lambda dialog: dialog.accept())
    page.locator(".draft-notice button").click()
    page.wait_for_url("**/signal/new")
    expect(page.locator("main")).to_contain_text("Черновик удалён.")
    assert bank(select(func.count(Draft.id)).where(Draft.sent_at.is_(None))) == 0


def test_a_page_that_is_only_looked_at_makes_no_draft(browse: Any, bank: Any) -> None:
    page = browse("specialist", width=NARROW).open("/signal/new")
    page.locator("#card-children > summary").click()
    page.locator("[data-add-row]").click()
    page.goto("about:blank")
    assert bank(select(func.count(Draft.id)).where(Draft.sent_at.is_(None))) == 0


def test_rows_of_children_end_at_twenty(browse: Any) -> None:
    page = browse("specialist", width=NARROW).open("/signal/new")
    page.locator("#card-children > summary").click()
    page.fill("#children-0-name", "Первый")
    for _row in range(19):
        page.locator("[data-add-row]").click()
    expect(page.locator("[data-add-row]")).to_be_hidden()
    expect(page.locator("[data-full]")).to_be_visible()
    assert page.locator("[data-rows] > li").count() == 20
    expect(page.locator("#children-0-name")).to_have_value("Первый")


def test_two_minutes_before_the_end_of_the_session_one_may_stay(browse: Any) -> None:
    watched = browse("specialist", width=NARROW, apart=True)
    page = watched.page
    page.clock.install()
    watched.open("/signal/new")
    notice = page.locator(".session-end")
    idle = int(page.locator("main").get_attribute("data-session-idle"))
    page.clock.run_for(1000 * (idle - 150))
    expect(notice).to_be_hidden()
    page.clock.run_for(60_000)
    expect(notice).to_contain_text("Сеанс закончится через 2 минуты.")
    assert watched.axe() == []
    notice.get_by_role("button").click()
    expect(notice).to_be_hidden()
    page.clock.run_for("30:30")
    expect(notice).to_contain_text("Сеанс окончен")
    expect(notice.get_by_role("link")).to_be_visible()


def test_the_end_of_a_shift_is_told_and_cannot_be_put_off(browse: Any) -> None:
    watched = browse("specialist", width=NARROW, apart=True)
    page = watched.page
    page.clock.install()
    watched.open("/signal/new")
    page.route("**/account/stay", lambda route: route.fulfill(json={"idle": 1800, "shift": 100}))
    page.clock.run_for("28:30")
    page.locator(".session-end button").click()
    expect(page.locator(".session-end")).to_contain_text("смена длится не больше 12 часов")
    expect(page.locator(".session-end button")).to_be_hidden()


def test_what_a_body_told_is_kept_while_it_is_entered(browse: Any, bank: Any) -> None:
    anna = browse("koordinator", width=NARROW)
    survey = bank(select(func.min(SurveyGroup.id)).where(SurveyGroup.annulled_at.is_(None)))
    page = anna.open(f"/survey/{survey}/findings/add")
    page.fill("#text", "Мать приходила на приём в среду.")
    expect(said(page)).to_contain_text(SAVED)
    assert anna.overflow() == []
    assert anna.axe() == []
    page = anna.open(f"/survey/{survey}/findings/add")
    page.locator(".draft-notice", has_text="Мать приходила").get_by_role("link").click()
    expect(page.locator("#text")).to_have_value("Мать приходила на приём в среду.")
