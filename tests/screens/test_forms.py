"""What a form knows: what is filled in, what is marked, how days are written, one more row after one."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from app.clock import today
from app.domain.criteria import NO_CRITERION
from app.domain.registration import NO_REASON
from app.extensions import db
from app.models import Aid, Employee, Family, Member
from tests import factories
from tests.states import kept

pytestmark = pytest.mark.one_database("a form is filled in and marked in Python")


@kept
def family(cast) -> Family:
    row = factories.family(cast.north, "00001")
    factories.member(row, first_name="Мирон", born_on=date(2015, 5, 5))
    factories.member(row, first_name="Ушедший", left_on=date(2020, 1, 1))
    factories.mentor(row, db.session.query(Employee).filter_by(agency=cast.agency("5.2")).one(), today())
    return row


def chosen(document, name: str) -> list[str]:
    return [option.text_content() for option in document.xpath(f"//select[@name='{name}']/option[@selected]")]


def test_an_aid_is_given_today_by_ones_own_body_to_all_who_live_in_the_family(family, cast, sign_in, page):
    gleb = page(sign_in("gleb"), f"/aidregistry/add?family={family.id}")
    assert chosen(gleb, "performer") == [str(cast.agency("5.2"))]
    assert [name for name in chosen(gleb, "recipients") if "Мирон" in name]
    assert not [name for name in chosen(gleb, "recipients") if "Ушедший" in name]
    assert gleb.xpath("//input[@name='given_on']/@value") == [f"{today():%d.%m.%Y}"]
    assert len(gleb.xpath("//p[contains(@class, 'field__hint')][contains(., 'одно из двух')]")) == 2
    assert chosen(page(sign_in("anna"), f"/aidregistry/add?family={family.id}"), "performer") == []


def test_one_more_row_is_entered_about_the_same_family(family, sign_in, page):
    anna = sign_in("anna")
    back = f"/family/{family.id}#people"
    data = {"family": str(family.id), "last_name": "Ивнякова", "first_name": "Яна", "next": back, "again": "1"}
    answer = anna.post("/memberregistry/add", data=data)
    assert answer.status_code == 302
    assert answer.location.startswith("/memberregistry/add?")
    form = page(anna, answer.location)
    assert chosen(form, "family") == [str(db.session.get(Family, family.id))]
    assert form.xpath("//input[@name='next']/@value") == [back]
    assert form.xpath("//main//button[@name='again']")
    key = db.session.scalar(select(Member.id).where(Member.first_name == "Яна"))
    assert not page(anna, f"/memberregistry/edit/{key}").xpath("//button[@name='again']")


def test_days_are_written_as_people_here_write_them(family, sign_in, page):
    anna = sign_in("anna")
    key = family.members[0].id
    field = page(anna, f"/memberregistry/edit/{key}").xpath("//input[@name='born_on']")[0]
    assert (field.get("type"), field.get("value")) == ("text", "05.05.2015")
    assert "data-day" in field.attrib
    for address in ("/familyregistry/list/", "/reports/quarterly/", "/exchange/"):
        assert not page(anna, address).xpath("//input[@type='date']"), address


def test_what_an_act_needs_is_marked_and_told_in_one_round(family, sign_in, page):
    anna = sign_in("anna")
    place = f"/family/{family.id}/place"
    marked = [label.text_content() for label in page(anna, place).xpath("//label[.//*[@class='field__required']]")]
    assert [name for name in marked if "Критерии" in name]
    told = anna.post(place, data={}).text
    assert NO_CRITERION in told
    assert "decided_on-error" in told
    factories.registration(db.session.get(Family, family.id), date(2025, 1, 1))
    told = anna.post(f"/family/{family.id}/remove", data={}).text
    assert NO_REASON in told
    assert "decided_on-error" in told
    assert db.session.scalar(select(Aid.id)) is None


def test_a_form_says_in_words_what_it_adds(cast, sign_in, page):
    heads = {name: page(sign_in(name), address).xpath("string(//h1)") for name, address in {
        "anna": "/aidregistry/add", "oleg": "/territoryregistry/add"}.items()}  # fmt: skip
    assert heads == {"anna": "Добавить помощь", "oleg": "Добавить территорию"}
