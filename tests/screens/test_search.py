"""The field on every page."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from app.domain.terms import Act
from app.extensions import db
from app.models import JournalEntry
from tests import factories
from tests.states import kept


@kept
def family(cast) -> int:
    row = factories.family(cast.north, "00017", actual_address="п. Северный, ул. Шахтёрская, д. 5")
    factories.member(row, "мать", date(1988, 2, 3), "Ёлкина", "Алёна")
    factories.member(row, "сын", date(2016, 2, 3), "Ёлкин", "Пётр")
    factories.registration(row, date(2025, 3, 4))
    return row.id


def test_a_name_gives_the_family_with_what_matched_marked(family, sign_in, page):
    document = page(sign_in("anna"), "/search?q=петр+елкин")
    assert document.xpath(f"//main//a[@href='/family/{family}']")
    marks = [mark.text_content() for mark in document.xpath("//mark")]
    assert "Ёлкин Пётр Игоревич" in marks
    assert "на учёте с 04.03.2025" in document.text_content()


def test_a_number_opens_its_family(family, sign_in):
    answer = sign_in("anna").get("/search?q=17")
    assert (answer.status_code, answer.location) == (302, f"/family/{family}")


def test_nothing_found_says_what_to_try(family, sign_in, page):
    assert "не найдено" in page(sign_in("anna"), "/search?q=Никого").text_content()
    page(sign_in("anna"), "/search")


def test_families_seen_lately_stand_where_nothing_is_asked(family, cast, sign_in, page):
    other = factories.family(cast.north, "00018")
    factories.member(other, "мать", None, "Рябинкина", "Нина")
    factories.refresh(other)
    db.session.commit()
    anna = sign_in("anna")
    assert not page(anna, "/search").xpath("//main//h2")
    for key in (family, other.id, family):
        page(anna, f"/family/{key}")
    document = page(anna, "/search")
    assert "Недавние семьи" in document.xpath("//main//h2")[0].text_content()
    seen = document.xpath("//main//tbody//a/@href")
    assert seen == [f"/family/{family}", f"/family/{other.id}"]
    assert not page(sign_in("vera"), "/search").xpath("//main//h2")


def test_who_is_removed_comes_last_and_dimmed_and_a_slip_is_said(family, cast, sign_in, page):
    other = factories.family(cast.north, "00018")
    factories.member(other, "мать", None, "Елкина", "Анна")
    factories.registration(other, date(2020, 3, 4), until=date(2021, 3, 4))
    factories.refresh(other)
    db.session.commit()
    document = page(sign_in("anna"), "/search?q=Ёлклна")
    rows = document.xpath("//main//tbody/tr")
    assert [row.get("class") for row in rows] == [None, "dimmed"]
    assert "похожее имя: Елкин, Елкина вместо «елклна»" in rows[0].text_content()
    assert "Ниже – похожие написания" in document.text_content()


def test_what_is_written_exactly_so_leads_to_what_is_written_nearly_so(family, cast, sign_in, page):
    other = factories.family(cast.north, "00018")
    factories.member(other, "мать", None, "Елхина", "Анна")
    factories.refresh(other)
    db.session.commit()
    anna = sign_in("anna")
    document = page(anna, "/search?q=Елхина")
    assert document.xpath("//main//tbody//a/@href") == [f"/family/{other.id}"]
    (link,) = document.xpath("//main//a[contains(@href, 'near')]/@href")
    assert set(page(anna, link).xpath("//main//tbody//a/@href")) == {f"/family/{other.id}", f"/family/{family}"}


def test_a_strangers_family_is_not_found(family, sign_in, page):
    client = sign_in("vera")
    assert "Ёлкин Пётр" not in page(client, "/search?q=Ёлкин").text_content()
    assert client.get("/search?q=17").status_code == 200


def test_a_search_is_noted_with_its_words_and_count(family, sign_in):
    sign_in("anna").get("/search?q=Ёлкин")
    entry = db.session.scalars(select(JournalEntry).where(JournalEntry.act == Act.SEARCHED)).one()
    assert (entry.summary, entry.records) == ("Поиск: Ёлкин", 1)


@pytest.mark.one_database("permissions do not depend on the database")
@pytest.mark.parametrize("name", ["oleg", "renata", "avgust"])
def test_who_sees_no_families_does_not_search(family, sign_in, name):
    assert sign_in(name).get("/search?q=17").status_code == 403


@pytest.mark.parametrize(
    "query", ["%00", "%25", "_", "<script>", "a" * 200, "%F0%9F%98%80", "'; DROP TABLE family; --", "\\"]
)
def test_hostile_words_find_nothing_and_break_nothing(family, sign_in, query):
    answer = sign_in("anna").get(f"/search?q={query}")
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text


def test_a_query_that_would_be_cut_is_refused(family, sign_in):
    answer = sign_in("anna").get("/search?q=" + "a" * 201)
    assert answer.status_code == 400
    assert "длиннее 200 знаков" in answer.text
