"""«Возможные двойники» on the screen: who sees and merges what, twice pressed, two people at once, typed nonsense."""

from __future__ import annotations

from datetime import date

import lxml.html
import pytest
from sqlalchemy import select

from app.extensions import db
from app.models import DoublesDecision, Family, IdentityDocument
from tests import factories

pytestmark = pytest.mark.one_database("what is stored is tried on both in tests/services/test_merging.py")


@pytest.fixture
def pair(cast) -> tuple[Family, Family]:
    """The same family in two settlements of one district, a letter of the surname wrong."""
    return made(cast.north, cast.south)


def made(*places) -> tuple[Family, Family]:
    found = []
    for number, (place, last_name) in enumerate(zip(places, ("Осокина", "Асокина"), strict=True)):
        of = factories.family(place, number=f"0007{number}", actual_address="с. Северное, ул. Речная, д. 5, кв. 3")
        factories.member(of, "мать", date(1990, 1, 1), last_name, "Инна", "Олеговна")
        factories.member(of, "сын", date(2015, 5, 5), "Осокин", "Пётр", "Ильич")
        found.append(of)
    db.session.commit()
    return found[0], found[1]


def test_a_pair_is_told_with_reasons_compared_and_merged(pair, sign_in, page):
    anna, (kept, other) = sign_in("anna"), pair
    for url in ("/doubles/", "/doubles/?list=people", "/doubles/?list=decided", f"/doubles/family/{kept.id}",
                f"/doubles/families/{kept.id}/{other.id}"):  # fmt: skip
        page(anna, url)
    listed = read(anna, "/doubles/")
    assert "фамилия отличается на букву" in listed
    assert "тот же адрес" in listed
    assert "Возможно, та же семья" in read(anna, f"/doubles/family/{kept.id}")
    url = f"/doubles/families/{kept.id}/{other.id}"
    linked = page(anna, url).xpath("//form//p[contains(., 'перейдёт')]/a/@href")
    assert linked == [f"/family/{other.id}", f"/family/{kept.id}"]
    answer = anna.post(url, data=form_of(read(anna, url)) | {"reason": "одна мать"})
    assert answer.status_code == 302
    assert [row.verdict.value for row in db.session.scalars(select(DoublesDecision))] == ["merged"]
    assert other.annulled_at is not None
    assert len([row for row in kept.members if row.annulled_at is None]) == 2
    assert f"/family/{kept.id}" in read(anna, f"/family/{other.id}")
    back = f"/doubles/decision/{db.session.scalars(select(DoublesDecision.id)).one()}/back"
    assert anna.post(back, data=form_of(read(anna, back)) | {"reason": ""}).status_code == 200
    assert anna.post(back, data=form_of(read(anna, back)) | {"reason": "сёстры"}).status_code == 302
    assert other.annulled_at is None


def read(client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, url
    return answer.get_data(as_text=True)


def form_of(text: str) -> dict[str, str]:
    form = [
        one for one in lxml.html.fromstring(text).xpath("//main//form[@method='post']") if one.get("action") is None
    ]
    return dict(form[0].form_values())


def test_what_is_typed_wrong_is_told_and_nothing_is_merged(pair, sign_in):
    anna, (kept, other) = sign_in("anna"), pair
    url = f"/doubles/families/{kept.id}/{other.id}"
    form = form_of(read(anna, url))
    child = next(row for row in other.members if row.first_name == "Пётр")
    for typed in (
        {"side-number": "третий"}, {f"person-{child.id}": "999999"}, {"reason": "ы" * 501},
        {f"person-{child.id}": form[f"person-{other.members[0].id}"]},
    ):  # fmt: skip
        assert anna.post(url, data=form_of(read(anna, url)) | typed).status_code == 200, typed
    assert anna.get(f"/doubles/families/{kept.id}/{kept.id}").status_code == 404
    assert anna.get("/doubles/?list=all").status_code == 400
    assert other.annulled_at is None


def test_the_second_of_two_who_merge_at_once_is_told(pair, sign_in):
    anna, (kept, other) = sign_in("anna"), pair
    url = f"/doubles/families/{kept.id}/{other.id}"
    first, second = form_of(read(anna, url)), form_of(read(anna, url))
    assert anna.post(url, data=first).status_code == 302
    answer = anna.post(url, data=second)
    assert answer.status_code == 200
    assert len(db.session.scalars(select(DoublesDecision)).all()) == 1


def test_who_keeps_one_of_two_sees_nothing_of_the_other(cast, sign_in):
    kept, other = made(cast.north, cast.far)
    anna = sign_in("anna")
    assert "Среди ваших записей двойников не видно" in read(anna, "/doubles/")
    assert "0007" not in read(anna, f"/doubles/family/{kept.id}").partition("<main")[2].replace(kept.number, "")
    for url in (f"/doubles/families/{kept.id}/{other.id}", f"/doubles/families/{other.id}/{kept.id}"):
        assert anna.get(url).status_code == anna.post(url).status_code == 404
    assert anna.post(f"/doubles/families/{kept.id}/{other.id}/different").status_code == 404


@pytest.mark.parametrize("name", ["oleg", "boris", "zoya", "gleb", "renata", "avgust"])
def test_others_neither_see_nor_merge_doubles(name, pair, sign_in):
    somebody, (kept, other) = sign_in(name), pair
    for url in ("/doubles/", f"/doubles/family/{kept.id}", f"/doubles/families/{kept.id}/{other.id}"):
        assert somebody.get(url).status_code in (302, 403), url


def test_a_new_family_with_a_known_document_is_asked_about(cast, sign_in):
    child = factories.member(factories.family(cast.north, number="00077"))
    db.session.add(IdentityDocument(member=child, family=child.family, series="I-АН", number="123456"))
    db.session.commit()
    data = {
        "territory": str(cast.south.id),
        "registered_address": "ул. Луговая, д. 9",
        "people-0-last_name": "Мятлев",
        "people-0-first_name": "Лев",
        "people-0-document-series": "I-ан",
        "people-0-document-number": "123456",
    }
    answer = sign_in("anna").post("/family/new", data=data)
    assert "тот же документ" in answer.get_data(as_text=True)
    assert len(db.session.scalars(select(Family)).all()) == 1
