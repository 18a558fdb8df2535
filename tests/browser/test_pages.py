"""Every page of every role's menu: nothing foreign, nothing refused, nothing cut off, readable by anybody."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urldefrag

import lxml.html
import pytest

from app.demo.accounts import PEOPLE
from app.domain.terms import Role
from tests.browser.conftest import NARROW, ROLES, WIDE
from tests.test_registry import is_walked
from tests.test_routes import REGISTRY

# A list may be wider than its screen, its pencils may not.
OUT_OF_SIGHT = """() => {
    const edge = (element) => element.getBoundingClientRect().right;
    const pencils = [...document.querySelectorAll(".row-actions a")];
    const hidden = pencils.filter((pencil) => edge(pencil) > edge(pencil.closest(".table-wrap")));
    return hidden.slice(0, 1).map((pencil) => `out of sight: ${pencil.title}`);
}"""

# A list is as wide as its screen at most, its rows are single lines, and a screenful holds fifteen of them; what is
# cut short for that are words, not numbers and days.
CROWDED = """() => {
    const wrap = document.querySelector(".table-wrap:has(> .table--list)");
    if (!wrap) return [];
    const rows = [...wrap.querySelectorAll("tbody tr")], box = (row) => row.getBoundingClientRect();
    const wide = wrap.scrollWidth - wrap.clientWidth, seen = rows.filter((row) => box(row).bottom <= innerHeight);
    return [
        ...(wide > 1 ? [`the list is ${wide} px wider than its screen`] : []),
        ...[...wrap.querySelectorAll("td")]
            .filter((cell) => /^\\D{0,3}\\d[^а-яё]{0,12}( от [\\d.]+)?$/i.test(cell.innerText))
            .filter((cell) => [...cell.children].some((each) =>
                each.scrollWidth > each.clientWidth + 1 || each.scrollHeight > each.clientHeight + 3))
            .slice(0, 1).map((cell) => `cut short: ${cell.innerText}`),
        ...rows.filter((row) => box(row).height > 38).slice(0, 1).map((row) => `torn: ${row.textContent.trim()}`),
        ...(seen.length < Math.min(15, rows.length) ? [`only ${seen.length} rows fit`] : []),
    ];
}"""


LOOKS_WIDE = f"() => [...({OUT_OF_SIGHT})(), ...({CROWDED})()]"


@dataclass
class Known:
    """What the browser has been shown so far, whoever looked."""

    endpoints: set[str] = field(default_factory=set)
    kinds: set[tuple[str, str, bool]] = field(default_factory=set)

    def learn(self, endpoint: str, page: Any) -> bool:
        """Whether an element of a page is of a kind that no page before it had; it is known from now on."""
        self.endpoints.add(endpoint)
        fresh = kinds(page) - self.kinds
        self.kinds |= fresh
        return bool(fresh)


def kinds(page: Any) -> set[tuple[str, str, bool]]:
    """What the styles and the rules of axe go by: of each element what it is, within what, whether it says anything.
    Of elements of kinds that they have seen they say nothing else. The menu is looked at on first pages alone.
    """
    elements = page.xpath("//*[not(ancestor-or-self::nav[@class='menu'])]")
    return {(_kind(one.getparent()), _kind(one), bool(one.text_content().strip())) for one in elements}


def _kind(element: Any) -> str:
    """Whatever an icon shows, it is an icon."""
    if element is None:
        return ""
    classes = sorted(name for name in element.get("class", "").split() if not name.startswith("fa-"))
    names = sorted({*element.keys()} - {"class"})
    return f"{element.tag}{classes}{names}{element.get('type')}{element.get('role')}"


def is_drawn_alike(endpoint: str) -> bool:
    """Whether one template draws a page as it draws many others: the page and the form of a row, a list of words."""
    view, _dot, act = endpoint.partition(".")
    return view in REGISTRY and (act != "list" or not is_walked(endpoint))


def further(page: Any) -> list[str]:
    """From a list one record and one form are opened too: the first of its kind stands for all."""
    heads = page.xpath("//main//*[contains(@class, 'page-head__actions')]//a/@href")
    return [
        *page.xpath("//main//tbody/tr[1]/td[1]//a/@href")[:1],
        *[href for href in heads if re.search("add|new", href)][:1],
        *page.xpath("//main//a[contains(@href, '/edit/')]/@href")[:1],
    ]


def faults_of(person: Any, *, width: dict[str, int], axe: bool, menu: bool) -> list[str]:
    """What is wrong with the page that is shown in one width, and then in the other one."""
    found = person.faults()
    for shown in (width, NARROW if width is WIDE else WIDE):
        if shown is not width:
            person.page.set_viewport_size(shown)
        found += [f"at {shown['width']}: {fault}" for fault in person.overflow()]
        if shown is WIDE:
            found += person.page.evaluate(LOOKS_WIDE)
            found += person.axe(menu=menu) if axe else []
    return found


@pytest.fixture(scope="module")
def known() -> Known:
    return Known()


def test_somebody_of_every_role_walks() -> None:
    assert {role for role, name, *_names in PEOPLE if name in ROLES} == set(Role)


@pytest.mark.parametrize("role", ROLES)
def test_every_page_of_the_menu_is_whole(role: str, browse: Any, known: Known) -> None:
    """Each role asks for all its pages. Its first page, what nobody has opened as yet and no other page is drawn like,
    and what nobody has seen with elements of the same kinds, stands in the browser; axe looks where there are further
    kinds of them. The coordinator, whose pages offer most, comes first.
    """
    person, width = browse(role), WIDE
    draws = person.server.app.url_map.bind("localhost")
    menu: list[str] = []
    alike: set[str] = set()
    ahead, seen, faults = ["/"], set(), []
    while ahead:
        path = urldefrag(ahead.pop(0)).url  # a place of a page is that page; one of this page is nothing
        if path in seen or not path:
            continue
        seen.add(path)
        endpoint, first = draws.match(path.partition("?")[0])[0], path == "/"
        is_new = first or (endpoint not in known.endpoints and not is_drawn_alike(endpoint))
        page = lxml.html.fromstring(person.text_of(path, shown=is_new))
        fresh = known.learn(endpoint, page)
        if first:
            menu = page.xpath("//nav[@class='menu']//a/@href")
            alike = {*page.xpath("//*[@id='menu-dictionaries']//a/@href")[2:]}  # they are drawn by one template
            ahead += menu
        elif path in menu and path not in alike:
            ahead += further(page)
        if fresh and not is_new:
            person.open(path)
        if fresh or is_new:
            found = faults_of(person, width=width, axe=first or fresh, menu=first)
            width = NARROW if width is WIDE else WIDE
        else:
            found = person.faults_in(page)
        faults += [f"{path}: {fault}" for fault in found]
    assert not faults, "\n".join(faults)
    kept = person.page.evaluate("localStorage.length + sessionStorage.length")
    assert kept == 0, "something is kept in the browser's storage"


def test_the_page_of_signing_in_is_whole(browse: Any) -> None:
    nobody = browse(None)
    nobody.open("/login/")
    faults = nobody.faults() + nobody.overflow() + nobody.axe()
    nobody.page.set_viewport_size(NARROW)
    assert not faults + nobody.overflow()


def test_pages_on_a_phone_are_readable_by_anybody(browse: Any) -> None:
    anna = browse("koordinator", width=NARROW)
    faults = []
    for path in ("/", "/familyregistry/list/", "/memberregistry/add"):
        anna.open(path)
        faults += [f"{path}: {fault}" for fault in anna.faults() + anna.axe()]
    assert not faults, "\n".join(faults)
