"""The work without a mouse, without scripts, and on paper."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from pypdf import PdfReader

from tests.browser.conftest import NARROW, playwright, type_keys

expect = playwright.expect

MEMBERS = "/memberregistry/list/"


def focused(page: Any) -> str:
    """The id of what has the focus, or its class."""
    return page.evaluate(
        "document.activeElement.id || document.activeElement.className || document.activeElement.tagName"
    )


def test_the_first_tab_leads_past_the_menu(browse: Any) -> None:
    page = browse("koordinator").open(MEMBERS)
    page.keyboard.press("Tab")
    assert focused(page) == "skip-link"
    assert page.locator(".skip-link").bounding_box()["y"] >= 0, "the link has the focus but is not seen"
    page.keyboard.press("Enter")
    assert focused(page) == "content"
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_a_slash_goes_to_the_search(browse: Any) -> None:
    page = browse("koordinator").open(MEMBERS)
    page.keyboard.press("/")
    assert focused(page) == "topbar-search"
    page.keyboard.type("а/б")
    assert page.input_value("#topbar-search") == "а/б", "the key must not be taken away inside a field"


def test_what_has_the_focus_is_seen(browse: Any) -> None:
    page = browse("koordinator").open(MEMBERS)
    for _ in range(12):
        page.keyboard.press("Tab")
        outline, shadow = page.evaluate(
            "() => { const s = getComputedStyle(document.activeElement); return [s.outlineStyle, s.boxShadow]; }"
        )
        assert outline != "none" or shadow != "none", f"{focused(page)} shows no focus"


def test_the_menu_of_a_phone_opens_and_closes_by_keyboard(browse: Any) -> None:
    page = browse("koordinator", width=NARROW).open(MEMBERS)
    menu, button = page.locator("#menu"), page.locator("[data-menu-button]")
    assert not menu.is_visible()
    button.focus()
    page.keyboard.press("Enter")
    assert menu.is_visible()
    assert button.get_attribute("aria-expanded") == "true"
    page.keyboard.press("Escape")
    assert not menu.is_visible()
    assert "topbar__menu" in focused(page)


def test_the_menu_of_a_phone_opens_without_scripts(browse: Any) -> None:
    page = browse("koordinator", width=NARROW, scripts=False).open(MEMBERS)
    page.click("[data-menu-button]")
    assert page.locator("#menu").is_visible()
    page.click("[data-menu-close]")
    assert not page.locator("#menu").is_visible()


def test_a_refused_form_leads_to_its_errors(browse: Any) -> None:
    page = browse("koordinator").open("/memberregistry/add")
    page.fill("#middle_name", "Игоревна")
    page.click("main button[type=submit]")
    page.wait_for_selector("[data-errors]")
    page.wait_for_load_state()
    assert page.evaluate("document.activeElement.hasAttribute('data-errors')")
    assert page.input_value("#middle_name") == "Игоревна", "what was typed is lost"
    page.click("[data-errors] a[href='#last_name']")
    assert focused(page) == "last_name"


def test_a_family_is_chosen_by_keyboard(browse: Any) -> None:
    page = browse("koordinator").open("/memberregistry/add")
    page.locator(".field:has(#family) .select2-selection").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".select2-results__option[aria-selected]")
    page.keyboard.type("00007")
    expect(page.locator(".select2-results__option[aria-selected]")).to_have_count(1)
    page.keyboard.press("Enter")
    assert page.locator("#family option:checked").inner_text().startswith("№ 00007")


def test_letters_typed_on_a_closed_box_look_for_the_row(browse: Any) -> None:
    page = browse("koordinator").open("/memberregistry/add")
    page.locator(".field:has(#family) .select2-selection").focus()
    page.keyboard.type("00007")
    expect(page.locator(".select2-search--dropdown .select2-search__field")).to_have_value("00007")
    expect(page.locator(".select2-results__option[aria-selected]")).to_have_count(1)
    page.keyboard.press("Enter")
    assert page.locator("#family option:checked").inner_text().startswith("№ 00007")


def test_a_long_list_of_the_page_itself_is_looked_through_by_letters_and_opened_by_space(browse: Any) -> None:
    page = browse("koordinator").open("/aidregistry/add")
    box = page.locator(".field:has(#kind) .select2-selection")
    search = page.locator(".select2-search--dropdown .select2-search__field")
    box.focus()
    page.keyboard.press("Control+b")
    expect(search).to_have_count(0)
    type_keys(page, "субсид")
    expect(search).to_have_value("субсид")
    page.keyboard.press("Enter")
    assert "Субсидия" in page.locator("#kind option:checked").inner_text()
    box.focus()
    for key in (" ", "Enter"):
        page.keyboard.press(key)
        expect(search).to_have_value("")
        page.keyboard.press("Escape")
        expect(search).to_have_count(0)


def test_a_form_is_sent_once(browse: Any) -> None:
    anna = browse("koordinator")
    page = anna.open("/dynamicslevelregistry/add")
    sent = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.fill("#code", "9.1")
    page.fill("#name", "Проверка двойного нажатия")
    page.evaluate(
        "() => { const b = document.querySelector('main button[type=submit]'); b.click(); b.click(); b.click(); }"
    )
    page.wait_for_url("**/list/**")
    assert len(sent) == 1


def test_paper_carries_the_page_and_its_mark_alone(browse: Any) -> None:
    page = browse("koordinator").open(MEMBERS)
    assert not page.locator(".print-mark").is_visible()
    page.emulate_media(media="print")
    for gone in (".topbar", ".side", ".filters", ".page-head__actions"):
        assert not page.locator(gone).first.is_visible(), f"{gone} is printed"
    mark = page.locator(".print-mark").inner_text()
    assert "Конфиденциально. Персональные данные" in mark
    assert "Кленовская" in mark


def test_every_sheet_bears_the_mark(browse: Any) -> None:
    page = browse("koordinator").open(f"{MEMBERS}?psize_MemberRegistry=100")
    sheets = PdfReader(BytesIO(page.pdf(prefer_css_page_size=True))).pages
    assert len(sheets) > 1
    for sheet in sheets:
        assert "Персональные данные" in sheet.extract_text()


def test_nothing_moves_for_whoever_asked_for_that(browse: Any) -> None:
    page = browse("koordinator").open(MEMBERS)
    page.emulate_media(reduced_motion="reduce")
    times = page.evaluate("[...document.querySelectorAll('*')].map((e) => getComputedStyle(e).transitionDuration)")
    assert set(times) == {"0s"}


def test_a_form_begins_at_its_first_empty_field(browse: Any) -> None:
    page = browse("koordinator").open("/dynamicslevelregistry/add")
    assert focused(page) == "code"


def test_a_day_is_typed_whatever_the_language_of_the_browser_and_has_a_calendar(browse: Any) -> None:
    page = browse("koordinator").open("/memberregistry/add")
    line = page.locator("#born_on")
    assert line.get_attribute("type") == "text"
    page.locator(".day:has(#born_on) .day__picker").evaluate(
        "(picker) => { picker.value = '2019-04-05'; picker.dispatchEvent(new Event('change')); }"
    )
    assert line.input_value() == "05.04.2019"
    assert page.locator(".day:has(#born_on) button").is_visible()


def test_whoever_leaves_a_half_filled_form_is_asked(browse: Any) -> None:
    page = browse("koordinator").open("/memberregistry/add")
    asked: list[str] = []

    def stay(dialog: Any) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.locator("#middle_name").press_sequentially("Игоревна")
    page.click(".side__brand", no_wait_after=True)
    page.wait_for_timeout(300)
    assert asked == ["beforeunload"]
    assert page.input_value("#middle_name") == "Игоревна"
