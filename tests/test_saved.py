"""Filters that a person saves: one's own, named, renamed, dropped; one that holds no more says so."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from app.extensions import db
from app.models import JournalEntry, SavedFilter, Territory
from app.services import saved
from tests import factories

LIST = "/familyregistry/list/"
KEEP = "/saved/FamilyRegistry/keep"


@pytest.fixture
def anna(cast, sign_in):
    for number, place in (("00001", cast.north), ("00002", cast.south)):
        factories.registration(factories.family(place, number), date(2025, 3, 4))
    db.session.commit()
    return sign_in("anna")


def chips(document) -> dict[str, str]:
    return {link.text_content(): link.get("href") for link in document.xpath("//ul[@class='chips']//a")}


def numbers(document) -> list[str]:
    return [row.xpath("string(td[1])").strip() for row in document.xpath("//main//tbody/tr")]


def own(name: str) -> SavedFilter:
    return db.session.scalars(select(SavedFilter).where(SavedFilter.name == name)).one()


def test_a_filter_is_saved_beside_the_list_and_opens_it_again(anna, cast, page):
    asked = f"_flt_0_state=on&_flt_0_territory={cast.north.id}"
    document = page(anna, f"{LIST}?{asked}&page_FamilyRegistry=0")
    (action,) = document.xpath("//form[contains(@action, '/keep')]/@action")
    assert "page_" not in action
    answer = anna.post(action, data={"name": "  Северное,  на учёте "})
    assert answer.status_code == 302
    opened = page(anna, answer.location)
    assert "Отбор сохранён: Северное, на учёте" in opened.text_content()
    assert numbers(opened) == ["00001"]
    assert numbers(page(anna, chips(page(anna, LIST))["Северное, на учёте"])) == ["00001"]
    assert not opened.xpath("//form[contains(@action, '/keep')]"), "it is saved already"


def test_a_filter_is_renamed_and_dropped_where_it_is_opened(anna, page):
    anna.post(f"{KEEP}?_flt_0_number=00002", data={"name": "второй"})
    row = own("второй")
    opened = page(anna, f"{LIST}?_flt_0_number=00002")
    assert opened.xpath(f"//form[@action='/saved/{row.id}/rename']")
    anna.post(f"/saved/{row.id}/rename", data={"name": "Вторая семья"})
    assert list(chips(page(anna, LIST))) == ["Вторая семья"]
    anna.post(f"/saved/{row.id}/drop")
    assert chips(page(anna, LIST)) == {}


@pytest.mark.parametrize(
    ("query", "name", "why"),
    [
        ("_flt_0_number=1", "  ", "Назовите отбор."),
        ("_flt_0_number=1", "я" * 81, "не длиннее 80 знаков"),
        ("_flt_0_number=1", "ПЕРВЫЙ", "уже есть: назовите этот иначе"),
        ("", "Пустой", "задайте хотя бы одно условие"),
    ],
)
def test_what_cannot_be_saved_is_refused_in_words(anna, page, query, name, why):
    anna.post(f"{KEEP}?_flt_0_number=00001", data={"name": "Первый"})
    answer = anna.post(f"{KEEP}?{query}", data={"name": name})
    assert why in page(anna, answer.location).text_content()
    assert [row.name for row in db.session.scalars(select(SavedFilter))] == ["Первый"]


@pytest.mark.parametrize(
    ("typed", "why"),
    [("", "Назовите отбор."), ("я" * 81, "не длиннее 80 знаков"), ("ПЕРВЫЙ", "уже есть: назовите этот иначе")],
)
@pytest.mark.parametrize("renames", [False, True], ids=["saved", "renamed"])
def test_a_name_that_is_refused_stays_in_its_field_with_the_reason_beside_it(anna, page, typed, why, renames):
    anna.post(f"{KEEP}?_flt_0_number=00001", data={"name": "Первый"})
    anna.post(f"{KEEP}?_oc_FamilyRegistry=number", data={"name": "По номеру"})
    action = f"/saved/{own('По номеру').id}/rename" if renames else f"{KEEP}?_od_FamilyRegistry=desc"
    answer = anna.post(action, data={"name": typed})
    document = page(anna, answer.location)
    (field,) = document.xpath("//input[@id='saved-name']")
    assert field.get("value") == typed
    assert field.get("aria-invalid") == "true"
    (said,) = document.xpath(f"//*[@id='{field.get('aria-describedby')}']")
    assert why in said.text_content()
    assert why not in "".join(document.xpath("string(//*[contains(@class, 'flashes')])"))
    assert document.xpath("//details[contains(@class, 'filters')]/@open"), "the field is folded away"
    again = page(anna, answer.location)
    assert again.xpath("//input[@id='saved-name']")[0].get("value") == ("По номеру" if renames else "")
    assert why not in again.text_content(), "it is told once"


def test_no_more_are_saved_than_one_can_look_through(anna, page, monkeypatch):
    monkeypatch.setattr(saved, "MOST", 1)
    anna.post(f"{KEEP}?_flt_0_number=00001", data={"name": "Первый"})
    answer = anna.post(f"{KEEP}?_flt_0_number=00002", data={"name": "Второй"})
    assert "удалите те, что больше не нужны" in page(anna, answer.location).text_content()


def test_a_condition_that_is_not_understood_is_not_saved(anna):
    answer = anna.post(f"{KEEP}?_flt_0_number=00001&_flt_0_nosuch=1", data={"name": "Первый"})
    assert answer.status_code == 400
    assert "такого условия у списка нет" in answer.text
    assert db.session.scalar(select(SavedFilter.id)) is None


def test_a_filter_that_names_what_is_no_longer_there_says_so_and_shows_nothing(anna, cast, page):
    gone = factories.territory("Ушедшее поселение", cast.north.kind, cast.district)
    db.session.commit()
    asked = f"_flt_0_territory={gone.id}"
    anna.post(f"{KEEP}?{asked}", data={"name": "Ушедшее"})
    db.session.get(Territory, gone.id).parent = cast.other_district
    db.session.commit()
    document = page(anna, f"{LIST}?{asked}", status=400)
    text = " ".join(document.text_content().split())
    assert "Сохранённый отбор «Ушедшее» больше не действует" in text
    assert "такой записи среди ваших нет" in text
    assert numbers(document) == []
    assert document.xpath(f"//form[@action='/saved/{own('Ушедшее').id}/drop']"), "it can be dropped there"


def test_everybody_has_filters_of_ones_own(anna, sign_in, page):
    anna.post(f"{KEEP}?_flt_0_number=00001", data={"name": "Первый"})
    boris = sign_in("boris")
    assert chips(page(boris, LIST)) == {}
    row = own("Первый")
    for address in (f"/saved/{row.id}/rename", f"/saved/{row.id}/drop"):
        assert boris.post(address, data={"name": "Мой"}).status_code == 404
    boris.post(f"{KEEP}?_flt_0_number=00001", data={"name": "Первый"})
    assert list(chips(page(boris, LIST))) == ["Первый"]
    assert len(db.session.scalars(select(SavedFilter)).all()) == 2


def test_a_filter_of_a_list_that_is_closed_to_a_person_is_not_saved(anna, sign_in):
    gleb = sign_in("gleb")
    closed = "/saved/RegistrationRegistry/keep?_flt_0_registered_on=2025-03-04"
    assert gleb.post(closed, data={"name": "а"}).status_code == 403
    assert gleb.post("/saved/nothing/keep", data={"name": "а"}).status_code == 404


def test_every_list_keeps_filters(anna, page):
    anna.post("/saved/MemberRegistry/keep?_flt_0_state=children", data={"name": "Дети"})
    assert list(chips(page(anna, "/memberregistry/list/"))) == ["Дети"]
    assert chips(page(anna, LIST)) == {}


def test_a_filter_is_no_fact_of_the_bank(anna):
    anna.post(f"{KEEP}?_flt_0_number=00001", data={"name": "Первый"})
    assert not db.session.query(JournalEntry).filter_by(entity="SavedFilter").count()
