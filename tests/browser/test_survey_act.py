"""A long act on a phone: the session ends in the middle of it, and it goes on; one part at a time on a wide screen."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import expect
from sqlalchemy import delete, func, select, update

from app.clock import now
from app.domain.terms import SurveyHeading
from app.models import Draft, SurveyAct, SurveyMark, SurveyPerson, User, UserSession
from tests.browser.conftest import NARROW, WIDE
from tests.browser.test_signal_form import SAVED, _no_drafts, bank, enter, said

__all__ = ["_no_drafts", "bank"]
pytestmark = pytest.mark.usefixtures("_no_drafts", "_no_acts")
FORM = "/survey/1/act"  # of a group that the specialist leads


@pytest.fixture
def _no_acts(bank: Any) -> Any:
    """What one test writes is not gone on with by the next."""
    yield
    for entity in (SurveyMark, SurveyPerson, SurveyAct):
        bank(delete(entity).where(entity.group_id == 1))


@pytest.mark.parametrize("width", [NARROW, WIDE])
def test_the_form_of_an_act_fits_and_is_clear_to_whoever_listens(width: dict[str, int], browse: Any) -> None:
    watched = browse("specialist", width=width)
    page = watched.open(FORM)
    page.locator("[data-add-row]").click()
    shown = page.locator("[data-part]:visible").count()
    assert shown == (1 if width is WIDE else 3)
    page.locator(".tabs a[href='#act-visit']").click()
    expect(page.locator("#act-visit")).to_be_visible()
    assert watched.overflow() == []
    assert watched.faults() == []
    assert watched.axe() == []
    page.locator("label", has_text="никого нет дома").click()
    expect(page.locator(".act-form__headings")).to_be_hidden()
    expect(said(page)).to_contain_text(SAVED)  # nothing is sent on the way out, when the draft is deleted already


def test_the_session_ends_in_the_middle_of_an_act_and_it_goes_on(browse: Any, live_server: Any, bank: Any) -> None:
    page = browse(None, width=NARROW).page
    enter(page, live_server, "specialist")
    page.goto(f"{live_server.url}{FORM}")
    page.locator("label", has_text="обследование проведено").click()
    for heading in list(SurveyHeading)[:8]:
        page.locator(f"label:has([name={heading.value}_level][value=partly])").click()
        page.fill(f"[name={heading.value}_note]", f"Сведения: {heading.value}")
    expect(said(page)).to_contain_text(SAVED)
    mine = select(User.id).where(User.username == "specialist").scalar_subquery()
    newest = select(func.max(UserSession.id)).where(UserSession.user_id == mine).scalar_subquery()
    bank(update(UserSession).where(UserSession.id == newest).values(last_seen_at=now() - timedelta(hours=1)))
    for heading in list(SurveyHeading)[8:]:
        page.locator(f"label:has([name={heading.value}_level][value=full])").click()
    page.fill("#conclusion", "Семье нужна помощь. " * 300)
    expect(said(page)).to_contain_text("Сеанс окончен: войдите в новом окне, текст не потеряется.")
    with page.expect_popup() as opened:
        said(page).get_by_role("link").click()
    enter(opened.value, live_server, "specialist")
    opened.value.close()
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(said(page)).to_contain_text(SAVED)
    with page.expect_event("close"):  # it is only asked to close: its last words are sent on the way out
        page.close(run_before_unload=True)
    page = browse("specialist", width=NARROW).open("/survey/1/act")
    page.locator(".draft-notice").get_by_role("link").click()
    expect(page.locator("[name=food_note]")).to_have_value("Сведения: food")
    page.locator("label:has([name=threat][value=none])").click()
    page.locator("main button[name=sign]").click()
    page.wait_for_url("**/survey/act/*")
    assert "Акт подписан." in page.locator("main").inner_text()
    count = select(func.count(SurveyMark.id)).where(SurveyMark.group_id == 1, SurveyMark.level.is_not(None))
    assert bank(count) == 15
    assert (
        bank(select(Draft.words).where(Draft.sent_at.is_(None))) is None
    )  # what stands in one that outlives its act tells which page wrote it
