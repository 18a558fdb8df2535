"""Every page of every role's menu: nothing foreign, nothing refused, nothing cut off, readable by anybody."""

from __future__ import annotations

from typing import Any
from urllib.parse import urldefrag

import pytest

from tests.browser.conftest import NARROW, OVERFLOW, ROLES, WIDE

# From each list one record and one form are opened too: the first of its kind stands for all.
LINKS = """() => {
    const paths = (selector) => [...document.querySelectorAll(selector)].map((a) => a.getAttribute("href"));
    return {
        menu: paths(".menu a"),
        alike: paths("#menu-dictionaries a").slice(2),
        further: [
            ...paths("main tbody tr:first-child td:first-child a").slice(0, 1),
            ...paths("main .page-head__actions a").filter((href) => /add|new/.test(href)).slice(0, 1),
            ...paths("main a[href*='/edit/']").slice(0, 1),
        ],
    };
}"""

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


# All of it at once: every question to the browser is a way there and back.
SEEN_WIDE = f"""() => ({{
    found: [...({OVERFLOW})(), ...({OUT_OF_SIGHT})(), ...({CROWDED})()],
    links: ({LINKS})(),
}})"""


@pytest.fixture(scope="module")
def looked_at() -> set[str]:
    """The endpoints whose page axe has seen."""
    return set()


@pytest.mark.parametrize("role", ROLES)
def test_every_page_of_the_menu_is_whole(role: str, browse: Any, looked_at: set[str]) -> None:
    """Each role opens all its pages. What one template draws, axe looks at once: for who comes first, the coordinator,
    whose pages offer most. The first page is each role's own.
    """
    person = browse(role)
    person.open("/")
    links = person.page.evaluate(LINKS)
    menu, alike = links["menu"], set(links["alike"])  # dictionaries are drawn by one template
    draws = person.server.app.url_map.bind("localhost")
    ahead = ["/", *menu]
    seen: set[str] = set()
    faults: list[str] = []
    while ahead:
        path = urldefrag(ahead.pop(0)).url  # a place of a page is that page; one of this page is nothing
        if path in seen or not path:
            continue
        seen.add(path)
        person.page.set_viewport_size(WIDE)
        person.open(path)
        shown = person.page.evaluate(SEEN_WIDE)
        found = person.faults() + shown["found"]
        drawn = draws.match(path.partition("?")[0])[0]
        if path == "/" or (path not in alike and drawn not in looked_at):
            looked_at.add(drawn)
            found += person.axe(menu=path == "/")
        person.page.set_viewport_size(NARROW)
        found += [f"at 390: {fault}" for fault in person.overflow()]
        faults += [f"{path}: {fault}" for fault in found]
        if path in menu and path not in alike:
            ahead += shown["links"]["further"]
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
