"""The guide as files and as pages of the program: whole, linked, small, read by whoever is signed in."""

from __future__ import annotations

import re

import pytest

from app.readings import guide

LARGEST_PICTURE = 150_000  # bytes
LARGEST_GUIDE = 3_500_000


def test_every_picture_is_there_and_is_used():
    used = [name for page in guide.pages().values() for name in page.pictures]
    kept = {path.name: path.stat().st_size for path in (guide.FOLDER / guide.PICTURES).iterdir()}
    assert sorted(used) == sorted(kept), "make guide"
    assert max(kept.values()) <= LARGEST_PICTURE
    assert sum(kept.values()) <= LARGEST_GUIDE


def test_every_page_is_named_by_the_index_and_its_links_lead_somewhere():
    index = guide.pages()[guide.INDEX]
    named = re.findall(r"\[([^\]]+)\]\((\w+)\.md\)", index.text)
    tasks = [page for page in guide.pages().values() if page.name != guide.INDEX]
    assert sorted(named) == sorted((page.title, page.name) for page in tasks)


def test_every_page_concerns_screens_that_are_there_and_no_screen_has_two(app):
    about = [endpoint for page in guide.pages().values() for endpoint in page.about]
    assert len(about) == len(set(about))
    assert set(about) <= set(app.view_functions)
    assert all(page.about for page in guide.pages().values() if page.name != guide.INDEX)


@pytest.mark.one_database("the guide is read from its files")
@pytest.mark.parametrize("name", ["anna", "boris", "gleb", "oleg", "renata", "avgust"])
def test_whoever_is_signed_in_reads_the_guide(name, sign_in, page):
    person = sign_in(name)
    index = page(person, "/guide/")
    links = index.xpath("//article//a/@href")
    assert len(links) == len(guide.pages()) - 1
    for link in links:
        task = page(person, f"/guide/{link}")
        for picture in task.xpath("//article//img/@src"):
            answer = person.get(f"/guide/{picture}")
            assert answer.headers["Content-Type"] == "image/png"
            assert answer.data.startswith(b"\x89PNG")


def test_the_question_mark_leads_to_the_page_about_the_screen(sign_in, page):
    anna = sign_in("anna")
    for address, wanted in (
        ("/family/new", "/guide/family.md"), ("/exchange/", "/guide/load.md"), ("/aidregistry/add", "/guide/aid.md"),
        ("/reports/quarterly/", "/guide/quarter.md"), ("/account/", "/guide/"),
    ):  # fmt: skip
        document = page(anna, address)
        assert document.xpath("//a[contains(@class, 'topbar__help')]/@href") == [wanted], address
        assert document.xpath("//aside//a[@href='/guide/']")


@pytest.mark.parametrize(
    "address", ["/guide/nothing.md", "/guide/pictures/nothing.png", "/guide/pictures/..%2Fload.md"]
)
def test_nothing_else_of_the_folder_has_an_address(address, sign_in):
    assert sign_in("anna").get(address).status_code == 404


def test_what_looks_like_html_in_a_page_is_shown():
    page = guide.GuidePage("x", "x", (), "<script>alert(1)</script>")
    assert "<script>" not in page.html
