"""The main road of the work, as a coordinator walks it: sign in, find a family, add a member, take the passport."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import select

from app import access, clock
from app.extensions import db
from app.models import Family, Territory
from app.readings import families
from tests.browser.conftest import NARROW, WIDE, playwright, type_keys

expect = playwright.expect

# A mother and two children, as a paper decision and its card tell of them: by the names of the fields.
DECISION = {
    "territory": "Луговское", "registered_address": "с. Луговое, ул. Полевая, д. 4", "placing-number": "9/2",
    "placing-decided_on": "21.09.2026", "placing-criteria": "2.1.1",
    "people-0-last_name": "Пустовойтова", "people-0-first_name": "Нелли", "people-0-middle_name": "Юрьевна",
    "people-0-born_on": "11.02.1994", "people-0-role": "мать", "people-0-workplace": "не работает",
    "people-1-last_name": "Пустовойтов", "people-1-first_name": "Мирон", "people-1-born_on": "03.03.2016",
    "people-1-role": "сын", "people-1-document-number": "445566", "people-1-education-organisation": "МБОУ СОШ № 2",
    "people-2-last_name": "Пустовойтова", "people-2-first_name": "Эмма", "people-2-born_on": "19.07.2021",
    "people-2-role": "дочь", "people-2-document-number": "445567", "people-2-education-organisation": "Детский сад",
}  # fmt: skip
MOST_CLICKS = 8  # five folded parts are opened, the form is opened and saved


def test_a_family_of_a_paper_decision_is_entered_by_one_form(browse: Any) -> None:
    """Folded parts are opened once each; everything else is typed, and saved once."""
    anna = browse("koordinator")
    page = anna.open("/familyregistry/list/")
    clicks = [page.locator("a[href='/family/new']").first]
    clicks[0].click()
    for name, value in DECISION.items():
        field = page.locator(f"[name='{name}']").first
        for fold in field.locator("xpath=ancestor::details[not(@open)]").all():
            clicks.append(fold.locator("> summary"))
            clicks[-1].click()
        if field.evaluate("each => each.tagName") == "SELECT":
            wanted = field.evaluate(
                "(each, text) => [...each.options].find((one) => one.text.trim().startsWith(text)).value", value
            )
            field.evaluate("(each, value) => { each.value = value; each.dispatchEvent(new Event('change')); }", wanted)
        else:
            field.fill(value)
    assert anna.overflow() == []
    assert anna.faults() == []
    clicks.append(page.locator("main .form__actions button[type=submit]"))
    clicks[-1].click()
    page.wait_for_url(lambda url: "/new" not in url)
    assert page.locator(".notice--ok").inner_text().strip() == "Семья внесена и поставлена на учёт."
    assert "Пустовойтова" in page.locator("h1").inner_text()
    assert "445567" in page.locator("#people").text_content()
    assert len(clicks) <= MOST_CLICKS


# What is asked of the list of families, by the words of its fields, and how it is typed.
ASKED = {"Территория": "Заречное", "Критерий": "2.5", "Без помощи": "60"}


@pytest.mark.parametrize("width", [WIDE, NARROW], ids=["desk", "phone"])
def test_three_clicks_lead_to_who_is_on_record_in_a_settlement_by_a_criterion_without_aid(
    width: dict[str, int], browse: Any, live_server: Any
) -> None:
    """The count of the first page, «Отбор», «Показать»; between them the fields are filled by the keyboard alone."""
    anna = browse("koordinator", width=width)
    page, clicks = anna.open("/"), []

    def click(where: Any) -> None:
        where.click()
        page.mouse.move(0, 0)  # a list that opens under the pointer marks what lies there
        clicks.append(where)

    click(page.locator("main a.stat[href*='familyregistry']").first)
    page.wait_for_url("**/familyregistry/list/**")
    click(page.locator("details.filters > summary"))
    for label, text in ASKED.items():
        _tab_to(page, label)
        type_keys(page, text)
        if page.locator(".select2-container--open").count():
            expect(page.locator(".select2-results__option--highlighted")).to_contain_text(text)
            page.keyboard.press("Enter")
    click(page.locator("main form[role=search] button[type=submit]"))
    page.wait_for_url("**_flt_0_without_aid=60**")
    assert len(clicks) <= 3
    assert anna.faults() == []
    assert anna.overflow() == []
    with live_server.app.app_context(), access.unrestricted():
        today = clock.today()
        place = db.session.scalars(select(Territory).where(Territory.name.startswith("Заречное"))).one()
        found = select(Family.number).where(
            Family.territory_id == place.id, families.stands(today), families.under_criterion("2.5"),
            families.without_aid(60, today),
        )  # fmt: skip
        wanted = set(db.session.scalars(found))
    assert wanted, "the demo bank has nobody to be found"
    assert set(page.locator("main tbody tr td:first-child").all_inner_texts()) == wanted


def _tab_to(page: Any, label: str) -> None:
    """Go on by the keyboard to the field of a filter."""
    for _ in range(20):
        page.keyboard.press("Tab")
        field = page.evaluate("(document.activeElement.closest('.field') || document.body).innerText")
        if field.startswith(label):
            return
    pytest.fail(f"«{label}» is not reached by the keyboard")


@pytest.mark.parametrize("width", [WIDE, NARROW], ids=["desk", "phone"])
def test_from_signing_in_to_the_passport(width: dict[str, int], browse: Any, live_server: Any) -> None:
    anna = browse(None, width=width)
    page = anna.open("/")
    page.fill("#username", "koordinator")
    page.fill("#password", live_server.passwords["koordinator"])
    page.click("main button[type=submit]")
    page.wait_for_url(lambda url: "/login" not in url)

    with live_server.app.app_context(), access.unrestricted():
        surname = db.session.scalars(select(Family).where(Family.number == "00012")).one().name.split(",")[0]
    page.keyboard.press("/")
    page.keyboard.type(surname[:-1].upper())
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=*")
    page.locator("main a", has_text="00012").first.click()
    page.wait_for_url("**/family/*")
    assert "00012" in page.locator("h1").inner_text()

    page.locator("#people .card__head a").click()
    given = "Широкова" if width is WIDE else "Узкова"
    page.fill("#last_name", given)
    page.fill("#first_name", "Евпраксия")
    page.fill("#born_on", "2019-04-05")
    page.fill("#joined_on", "2026-09-20")  # after the periods whose reports are submitted
    page.click("main button[type=submit]")
    page.wait_for_url(re.compile(r":\d+/family/\d+"))
    assert page.locator(".notice--ok").count() == 1
    assert given in page.locator("#people").inner_text()
    assert anna.faults() == []
    assert anna.overflow() == []

    page.locator(".page-head__actions details summary").click()
    with page.expect_download() as download:
        page.locator(".page-head__actions a[href$='passport.pdf']").click()
    content = download.value.path().read_bytes()
    assert content.startswith(b"%PDF")
