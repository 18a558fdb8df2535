"""The layout of every page: the menu by permission, what is loaded, what is said to whom."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.views import DICTIONARIES
from tests.test_registry import base

pytestmark = pytest.mark.one_database("menus, marks and words of a layout")

STATIC = Path(__file__).parent.parent / "app" / "static"
TEMPLATES = STATIC.parent / "templates"


def entries(document):
    """The addresses of the side menu."""
    return document.xpath("//nav[@class='menu']//a/@href")


def test_the_menu_shows_what_a_person_may_open_and_nothing_else(sign_in, page):
    of_coordinator = entries(page(sign_in("anna"), "/"))
    of_member = entries(page(sign_in("boris"), "/"))
    assert "/familyregistry/list/" in of_coordinator
    assert "/familyregistry/list/" in of_member
    assert "/criterionregistry/list/" in of_coordinator
    assert "/criterionregistry/list/" not in of_member
    assert not [address for address in of_coordinator if address.startswith("/users")]


def test_the_menu_is_the_work_and_the_rest_is_folded(sign_in, page):
    menu = page(sign_in("anna"), "/").xpath("//nav[@class='menu']/ul/li")
    assert [" ".join(item.xpath("string(a | details/summary)").split()) for item in menu] == [
        "Сегодня", "Календарь сроков", "Мои мероприятия", "На контроле", "Семьи", "Сигнальные карты",
        "Обследования",
        "Запросы ведомствам", "Программы", "Заседания", "Поручения", "Отчёты", "Загрузка и выгрузка Excel",
        "Фоновые задания", "Все записи", "Территории и органы", "Справочники", "Кто открывал дела", "Резервные копии",
    ]  # fmt: skip
    assert not page(sign_in("anna"), "/").xpath("//nav[@class='menu']//details[@open]")


def test_whoever_works_with_accounts_has_them_unfolded(sign_in, page):
    open_groups = page(sign_in("oleg"), "/").xpath("//nav[@class='menu']//details[@open]")
    assert [group.xpath("string(summary)").strip() for group in open_groups] == ["Управление"]


def test_a_folded_group_is_open_where_one_is_in_it(sign_in, page):
    document = page(sign_in("anna"), "/memberregistry/list/")
    assert [group.get("id") for group in document.xpath("//nav[@class='menu']//details[@open]")] == ["menu-records"]


def test_every_entry_of_the_menu_opens(sign_in, page):
    """Each for the first to whom it is shown; that it is open to all of them is asked in tests/test_offered.py, and of
    a dictionary in tests/test_routes.py."""
    opened = set()
    for name in ("anna", "zoya", "boris", "gleb", "oleg", "renata", "avgust"):
        person = sign_in(name)
        further = set(entries(page(person, "/"))) - opened
        for address in further:
            page(person, address)
        opened |= further
    assert {f"{base(view)}/list/" for view in DICTIONARIES} <= opened


def test_the_page_one_is_on_is_marked_in_the_menu(sign_in, page):
    document = page(sign_in("anna"), "/memberregistry/list/")
    assert document.xpath("//nav[@class='menu']//a[@aria-current]/@href") == ["/memberregistry/list/"]


def test_the_search_stands_on_the_pages_of_those_who_may_search(sign_in, page):
    assert page(sign_in("anna"), "/").xpath("//form[@role='search' and @action='/search']//input[@name='q']")
    assert not page(sign_in("oleg"), "/").xpath("//form[@action='/search']")


def test_signing_out_is_a_form_and_not_a_link(sign_in, page):
    document = page(sign_in("anna"), "/")
    assert document.xpath("//header//form[@method='post'][contains(@action, 'logout')]//input[@name='csrf_token']")
    assert not document.xpath("//a[contains(@href, 'logout')]")


def test_a_printed_page_says_what_it_is_and_by_whom(sign_in, page):
    mark = page(sign_in("anna"), "/").xpath("string(//footer[@class='print-mark'])")
    assert "Конфиденциально. Персональные данные" in mark
    assert "Рябинина Анна" in mark
    assert re.search(r"\d\d\.\d\d\.\d{4} \d\d:\d\d", mark)


def test_a_refused_form_names_each_error_with_a_link_to_its_field(sign_in):
    anna = sign_in("anna")
    import lxml.html

    document = lxml.html.fromstring(anna.post("/memberregistry/add", data={"first_name": "Инна"}).get_data())
    links = document.xpath("//*[@data-errors]//a/@href")
    assert "#last_name" in links
    for link in links:
        field = document.xpath("//*[@id=$id]", id=link[1:])
        assert len(field) == 1
    field = document.xpath("//*[@id='last_name']")[0]
    assert field.get("aria-invalid") == "true"
    assert "last_name-error" in field.get("aria-describedby").split()
    for described in field.get("aria-describedby").split():
        assert document.xpath("//*[@id=$id]", id=described)
    assert document.xpath("//*[@id='first_name']/@value") == ["Инна"]


def test_a_list_without_rows_says_what_to_do(sign_in, page):
    document = page(sign_in("anna"), "/familyregistry/list/?_flt_0_number=нет-такого")
    assert document.xpath("//*[contains(@class, 'empty')]//a[@href='/familyregistry/list/']")


def test_the_filters_keep_what_was_typed(sign_in, page):
    document = page(sign_in("anna"), "/familyregistry/list/?_flt_0_number=12")
    assert document.xpath("//input[@name='_flt_0_number']/@value") == ["12"]
    assert document.xpath("//details[@class='filters'][@open]")


def test_styles_and_scripts_ask_nobody_else():
    for file in [*STATIC.rglob("*.css"), *STATIC.rglob("*.js")]:
        foreign = re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}[^\s'\")]*", file.read_text("utf-8"))
        foreign = [address for address in foreign if "www.w3.org" not in address]
        assert not foreign, f"{file.name} names {foreign}"


def test_every_class_of_our_templates_is_dressed():
    """A class that no style and no script knows is a slip of the pen."""
    known = "\n".join(file.read_text("utf-8") for file in [*STATIC.rglob("*.css"), *STATIC.rglob("*.js")])
    unknown = set()
    for template in TEMPLATES.rglob("*.html"):
        if "documents" in template.parts:
            continue
        for value in re.findall(r'class="([^"]*)"', template.read_text("utf-8")):
            for name in re.sub(r"{[{%#].*?[}%#]}", " ", value).split():
                if "{" in name or "}" in name or name.startswith("fa-") or name.endswith("-"):
                    continue
                if not re.search(rf"\.{re.escape(name)}(?![\w-])", known):
                    unknown.add(f"{template.name}: {name}")
    assert not unknown, "no style for: " + ", ".join(sorted(unknown))


def test_enter_in_a_field_saves_a_form_whatever_buttons_stand_above_the_one_that_saves():
    """A browser presses the first button of a form; where that shows what would be written, it does no harm."""
    faults = []
    for file in sorted(TEMPLATES.rglob("*.html")):
        for form in re.findall(r"<form\b.*?</form>", file.read_text("utf-8"), re.DOTALL):
            first = re.search(r'by_enter\.html|alike\.html|<button\b[^>]*type="submit"[^>]*>', form)
            pressed = first[0] if first is not None else ""
            if "alike" in pressed or ("name=" in pressed and 'name="again"' not in pressed):
                faults.append(f"{file.name}: {pressed}")
    assert not faults, "\n".join(faults)


def test_every_page_that_a_template_leads_to_exists(app):
    """An endpoint is named as a word in a template; one that was renamed would fail when somebody opens the page."""
    known = {rule.endpoint for rule in app.url_map.iter_rules()}
    for template in TEMPLATES.rglob("*.html"):
        for name in re.findall(r"""["']([A-Z]\w+\.\w+)["']""", template.read_text("utf-8")):
            assert name in known, f"{template.name} leads to {name}"
