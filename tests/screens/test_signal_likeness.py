"""A signal card beside the families that it may be about, and beside one of them line by line."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from app import clock
from app.domain.terms import Agreement
from app.extensions import db
from app.models import Family, JournalEntry, SignalCard, SignalCardOutcome
from app.readings import likeness
from tests import factories
from tests.states import kept
from tests.test_statements import counting

ADDRESS = "п. Северный, ул. Береговая, д. 15, кв. 3"
SAME, NEAR, OTHER, UNKNOWN = Agreement
MOST_OF_A_PAGE = 22  # statements: of the card, and eight for what is like it


@kept
def rows(cast):
    """A card, the family that it is about, a family of other people, and one of another district."""
    card = factories.signal_card(
        cast.north, cast.agency("5.3"), last_name="Камишова", first_name="Алёна", middle_name="Олеговна",
        born_on=date(1988, 3, 12), address="Северный, Береговая 15-3", mobile_phone="8 (900) 123-45-67",
        detected_at=datetime(2026, 9, 1, tzinfo=UTC), received_at=clock.now(),
        children=[{"name": "Пётр", "age": 10}, {"name": "Лев", "age": 3}],
    )  # fmt: skip
    family = factories.family(
        cast.north, "01", actual_address=ADDRESS, registered_address="г. Южный, ул. Луговая, д. 1"
    )
    factories.member(family, "мать", date(1988, 3, 12), "Камышова", "Алёна", "Олеговна")
    factories.member(family, "сын", date(2016, 2, 3), "Камышов", "Пётр", "Ильич")
    factories.member(family, "дочь", date(2019, 2, 3), "Камышова", "Вера", "Ильинична")
    other = factories.family(cast.north, "02", actual_address=None)
    factories.member(other, "мать", date(1990, 5, 5), "Озеркова", "Ольга", "Ильинична")
    foreign = factories.family(cast.far, "03", actual_address=ADDRESS)
    factories.member(foreign, "мать", date(1988, 3, 12), "Камышова", "Алёна", "Олеговна")
    for each in (family, other, foreign):
        factories.refresh(each)
    earlier = factories.signal_card(cast.north, last_name="Рябинкина", mobile_phone="+79001234567", family_id=family.id)
    return {"card": card.id, "earlier": earlier.id, "family": family.id, "other": other.id, "foreign": foreign.id}


def test_the_card_and_the_family_agree_line_by_line(rows):
    card, family = db.session.get(SignalCard, rows["card"]), db.session.get(Family, rows["family"])
    assert [(line.known, line.how) for line in likeness.of(card, family)] == [
        ("Камышова Алёна Олеговна, мать", NEAR),
        ("12.03.1988", SAME),
        (ADDRESS, SAME),
        ("г. Южный, ул. Луговая, д. 1", OTHER),
        ("+79001234567", SAME),
        ("Камышов Пётр Ильич, 03.02.2016, 10 лет", SAME),
        ("", OTHER),
        ("Камышова Вера Ильинична, 03.02.2019, 7 лет", UNKNOWN),
    ]


def test_a_family_of_other_people_agrees_in_nothing(rows):
    card, family = db.session.get(SignalCard, rows["card"]), db.session.get(Family, rows["other"])
    lines = likeness.of(card, family)
    assert [line.how for line in lines] == [OTHER, UNKNOWN, UNKNOWN, UNKNOWN, OTHER, OTHER]
    assert lines[0].known == "Озеркова Ольга Ильинична, мать"


@pytest.mark.parametrize(
    ("some", "others", "how"),
    [
        (["9001234567"], ["9001234567"], SAME), (["8455721544"], ["21544"], NEAR), (["21544"], ["21545"], OTHER),
        ([], ["21544"], UNKNOWN), (["9001234567"], ["9001234568"], OTHER),
    ],
)  # fmt: skip
def test_how_phones_agree(some, others, how):
    assert likeness.phones_alike(some, others) is likeness.phones_alike(others, some) is how


def test_the_page_of_a_card_tells_the_likely_families_and_why(rows, sign_in, page):
    shown = page(sign_in("anna"), f"/signal/{rows['card']}")
    family, card = shown.xpath("//ul[@class='likely__reasons']")
    assert "фамилия отличается на букву, отчество совпадает, дата рождения совпадает" in family.text_content()
    assert card.text_content() == "тот же телефон"
    links = set(shown.xpath("//ul[@class='likely']//a/@href"))
    known = {f"/family/{rows['family']}", f"/signal/{rows['card']}/compare/{rows['family']}"}
    assert links == known | {f"/signal/{rows['earlier']}"}


def test_a_card_is_attached_from_its_page_and_from_the_comparison(rows, sign_in, page):
    anna = sign_in("anna")
    for address in (f"/signal/{rows['card']}", f"/signal/{rows['card']}/compare/{rows['family']}"):
        shown = page(anna, address)
        (form,) = shown.xpath(f"//form[@action='/signal/{rows['card']}/attach']")
        assert "Приобщить к делу этой семьи" in form.text_content()
    assert anna.post(form.action, data=dict(form.form_values())).status_code == 302
    card = db.session.get(SignalCard, rows["card"])
    assert (card.family_id, card.outcome.code) == (rows["family"], "attached")
    assert not page(anna, address).xpath("//form[contains(@action, '/attach')]"), "it is attached already"


def test_the_comparison_is_in_the_journal_of_the_family_and_says_likeness_in_words(rows, sign_in, page):
    shown = page(sign_in("anna"), f"/signal/{rows['card']}/compare/{rows['family']}").text_content()
    for word in ("совпадает", "похоже", "отличается", "не с чем сравнить"):
        assert word in shown
    read = db.session.scalars(select(JournalEntry).where(JournalEntry.family_id == rows["family"])).all()
    assert any("сравнение с картой" in entry.summary for entry in read)


@pytest.mark.parametrize(("who", "whom", "status"), [
    ("anna", "foreign", 404), ("anna", "family", 200), ("galina", "foreign", 404), ("gleb", "family", 403),
    ("boris", "family", 403),
])  # fmt: skip
def test_whoever_keeps_the_territory_of_the_card_compares_its_own_families(rows, sign_in, who, whom, status):
    assert sign_in(who).get(f"/signal/{rows['card']}/compare/{rows[whom]}").status_code == status


@pytest.mark.one_database("the statements are the same on both databases")
def test_the_list_of_cards_asks_no_more_for_cards_with_different_outcomes(cast, sign_in):
    anna, asked = sign_in("anna"), []
    for outcome in db.session.scalars(select(SignalCardOutcome).order_by(SignalCardOutcome.id)).all():
        factories.signal_card(cast.north, outcome=outcome, closed_at=clock.now(), last_name=f"Р{'о' * outcome.id}щина")
        db.session.commit()
        anna.get("/signalcardregistry/list/")
        with counting() as sent:
            assert anna.get("/signalcardregistry/list/").status_code == 200
        asked.append(len(sent))
    assert len(set(asked)) == 1, asked
    assert asked[0] <= 12


@pytest.mark.one_database("the statements are the same on both databases")
def test_the_page_of_a_card_asks_no_more_for_more_families(rows, cast, sign_in):
    anna, asked = sign_in("anna"), []
    for number in range(2):
        for each in range(number * 14):
            family = factories.family(cast.north, f"1{each}", actual_address=ADDRESS)
            factories.member(family, "мать", date(1988, 3, 12), "Камышова", "Алёна", "Олеговна")
        db.session.commit()
        anna.get(f"/signal/{rows['card']}")
        with counting() as sent:
            assert anna.get(f"/signal/{rows['card']}").status_code == 200
        asked.append(len(sent))
    assert asked[0] == asked[1] <= MOST_OF_A_PAGE
