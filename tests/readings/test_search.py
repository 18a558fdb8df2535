"""A family is found by its number, any name and its address."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from app import access
from app.domain.likelihood import NamedPerson
from app.extensions import db
from app.models import Member
from app.readings import duplicates, search
from app.services import registry
from tests import factories
from tests.states import kept

TODAY = date(2026, 9, 30)


@kept
def known(cast):
    family = factories.family(
        cast.north, "00017", registered_address="п. Северный, ул. Шахтёрская, д. 5", actual_address=None
    )
    factories.member(family, "мать", date(1988, 2, 3), "Ёлкина", "Алёна", "Сергеевна")
    factories.member(family, "сын", date(2016, 2, 3), "Ёлкин", "Пётр", "Игоревич")
    other = factories.family(cast.south, "00170", actual_address="г. Южный, ул. Садовая, д. 17")
    factories.member(other, "отец", date(1980, 2, 3), "Петров", "Семён", "Ильич")
    factories.refresh(family)
    return {"елкины": family.id, "петров": other.id}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("Елкина", {"елкины"}),
        ("ЁЛКИН", {"елкины"}),
        ("петр", {"елкины", "петров"}),
        ("пётр ёлкин", {"елкины"}),
        ("елкин петр", {"елкины"}),
        ("шахт 5", {"елкины"}),
        ("лкин", {"елкины"}),
        ("етров", {"петров"}),
        ("садов. южн", {"петров"}),
        ("00170", {"петров"}),
        ("17", {"елкины", "петров"}),
        ("елкин садовая", set()),
        ("нетакой", set()),
        ("", set()),
        ("%", set()),
    ],
)
def test_words_in_any_order_by_any_part(known, query, found):
    assert {family.id for family in search.families(query, TODAY).families} == {known[name] for name in found}


@kept
def described(cast):
    """Families with documents, a telephone in a card, a stay that has ended."""
    family = factories.family(cast.north, "00031", actual_address="с. Лесное, ул. Кленовая, д. 2")
    mother = factories.member(family, "мать", date(1988, 2, 3), "Скворечникова", "Антонина", "Львовна")
    factories.member(family, "дочь", date(2014, 3, 12), "Скворечникова", "Алёна", "Игоревна")
    factories.document(mother, "92 04", "123456")
    card = factories.signal_card(cast.north, mobile_phone="8 (900) 123-45-67")
    card.family = family
    factories.registration(family, date(2024, 3, 4), until=date(2025, 3, 4))
    other = factories.family(cast.south, "00032")
    factories.member(other, "мать", date(1990, 5, 6), "Скворечникова", "Раиса", "Львовна")
    third = factories.family(cast.north, "00033", actual_address="ул. 8 Марта, д. 12")
    factories.member(third, "отец", date(1990, 5, 7), "Щегольков", "Наум", None)
    for each in (family, other, third):
        factories.refresh(each)
    return {"первая": family.id, "вторая": other.id, "щегольков": third.id}


@pytest.mark.of_both_databases
@pytest.mark.parametrize(
    ("query", "found", "why"),
    [
        ("Сквореникова Антонина", ["первая"], "похожее имя: Скворечникова вместо «сквореникова»"),
        ("Сквореччникова", ["вторая", "первая"], "похожее имя: Скворечникова вместо «сквореччникова»"),
        ("скворечникова", ["вторая", "первая"], "имя"),
        ("Скворечников Антонина", ["первая"], "имя"),
        ("Щеголкав Наум", ["щегольков"], "похожее имя: Щегольков вместо «щеголкав»"),
        ("Сквореников Наум", [], ""),
        ("тоня скворечникова", ["первая"], "краткое имя: «тоня» – Антонина"),
        ("Тоня Сквореникова", ["первая"], "похожее имя: "),
        ("Щигольцова", ["щегольков"], "похожее имя: Щегольков вместо «щигольцова»"),
        ("Щегольков Наум Ильич", ["щегольков"], "имя"),
        ("crdjhtxybrjdf fynjybyf", ["первая"], "имя"),
        ("Скворечникова А.Л.", ["первая"], "фамилия и инициалы: Скворечникова Антонина Львовна"),
        ("а.и. сквореникова", ["первая"], "фамилия и инициалы: Скворечникова Алёна Игоревна"),
        ("12.03.2014", ["первая"], "дата рождения 12.03.2014: Скворечникова Алёна Игоревна"),
        ("скворечникова 12.3.14", ["первая"], "дата рождения 12.03.2014: Скворечникова Алёна Игоревна"),
        ("скворечникова 2014", ["первая"], "2014 г. р.: Скворечникова Алёна Игоревна"),
        ("92 04 123456", ["первая"], "документ 92 04 123456: Скворечникова Антонина Львовна"),
        ("9204123456", ["первая"], "документ 92 04 123456: Скворечникова Антонина Львовна"),
        ("№123456", ["первая"], "документ 92 04 123456: Скворечникова Антонина Львовна"),
        ("+7 900 123 45 67", ["первая"], "телефон в сигнальной карте № "),
        ("89001234567", ["первая"], "телефон в сигнальной карте № "),
        ("воречник", ["вторая", "первая"], "часть имени"),
        ("Клиновая", ["первая"], "адрес"),
        ("8 марта 12", ["щегольков"], "адрес"),
        ("12 марта 2014", ["первая"], "дата рождения 12.03.2014: "),
        ("93 04 123456", [], ""),
        ("12.03.2015", [], ""),
        ("Скворечникова Б.Л.", [], ""),
        ("Рябина Наум", [], ""),
    ],
)
def test_a_family_is_found_as_people_ask_for_it_and_says_why(described, query, found, why):
    """On record, or never on it, before those removed from it."""
    answer = search.families(query, TODAY)
    assert [family.id for family in answer.families] == [described[name] for name in found]
    assert answer.total == len(found)
    for family in answer.families:
        assert [reason for reason in search.reasons(answer, family) if reason.startswith(why)], query


@pytest.mark.of_both_databases
def test_one_person_whose_surname_ends_otherwise_comes_before_two_who_share_the_words(cast):
    """«Хомутова Роман» is Роман Хомутов sooner than a Хомутова with a Роман beside her."""
    two, one = factories.family(cast.north, "00041"), factories.family(cast.north, "00042")
    factories.member(two, "мать", date(1988, 2, 3), "Хомутова", "Анна", "Львовна")
    factories.member(two, "сын", date(2014, 3, 12), "Аистов", "Роман", "Ильич")
    factories.member(one, "отец", date(1988, 2, 3), "Хомутов", "Роман", "Львович")
    for query in ("Хомутова Роман", "роман хомутова"):
        assert [family.id for family in search.families(query, TODAY).families] == [one.id, two.id]


def test_what_is_written_nearly_so_is_a_strangers_family_too(described, cast):
    scope = access.Scope(today=date(2026, 9, 30), territories=frozenset({cast.south.id}))
    db.session.expunge_all()
    with access.acting_as(scope):
        for query in ("Сквореникова", "воречник", "Сквореникова Р Л"):
            assert [family.id for family in search.families(query, TODAY).families] == [described["вторая"]]
        for query in ("92 04 123456", "89001234567", "12.03.2014", "Щеголкав"):
            assert search.families(query, TODAY).total == 0


def test_a_name_that_is_corrected_is_found_by_the_new_one(described, cast):
    member = db.session.scalars(select(Member).where(Member.last_name == "Щегольков")).one()
    member.last_name = "Пуговкин"
    registry.save(member, date(2026, 9, 30))
    assert [family.id for family in search.families("Пугавкин Наум", TODAY).families] == [described["щегольков"]]
    assert search.families("Щегольков", TODAY).total == 0


@pytest.mark.parametrize(
    ("query", "found"),
    [("00017", "елкины"), ("17", "елкины"), ("№ 17", "елкины"), ("0017", "елкины"), ("170", "петров")],
)
def test_a_number_finds_its_family(known, query, found):
    assert [family.id for family in search.by_number(query)] == [known[found]]


@pytest.mark.parametrize("query", ["", "№", "Ёлкина", "9" * 300, "0", "'; --", "\U0010ffff"])
def test_what_is_no_number_finds_none(known, query):
    assert search.by_number(query) == []


def test_a_strangers_family_is_neither_found_nor_counted(known, cast):
    scope = access.Scope(today=date(2026, 9, 30), territories=frozenset({cast.south.id}))
    db.session.expunge_all()
    with access.acting_as(scope):
        assert search.families("елкина", TODAY).total == 0
        assert search.families("лкин", TODAY).total == 0
        assert search.by_number("17") == []
        assert search.families("петр", TODAY).total == 1


def test_more_than_is_shown_is_counted(app, cast):
    for number in range(60):
        factories.refresh(factories.family(cast.north, f"5{number:04d}", actual_address="ул. Общая"))
    found = search.families("общая", TODAY)
    assert len(found.families) == search.SHOWN
    assert found.total == 60


def test_the_same_person_and_the_same_address_are_noticed(known, cast):
    people = [NamedPerson("елкин", "Петр", None, date(2016, 2, 3))]
    assert [one.family.id for one in duplicates.of(people, [])] == [known["елкины"]]
    addresses = ["п. северный ул. Шахтерская, д. 5"]
    assert [one.family.id for one in duplicates.of([], addresses)] == [known["елкины"]]
    assert (
        duplicates.of([NamedPerson("Ёлкин", "Пётр", None, date(2016, 2, 4))], ["п. Северный, ул. Шахтёрская, д. 6"])
        == []
    )


def test_a_family_of_an_address_is_noticed_among_any_number_with_the_same_words(app, cast):
    for number in range(205):
        factories.refresh(
            factories.family(cast.north, f"6{number:04d}", actual_address=f"ул. Общая, д. {number + 2}, кв. 1")
        )
    same = factories.family(cast.north, "70000", actual_address="ул. Общая, д. 1")
    factories.refresh(same)
    assert [one.family.id for one in duplicates.of([], ["ул. Общая, д. 1"])] == [same.id]


@pytest.mark.parametrize(("typed", "why"), [
    ("Заречный Речная ул., 5-3", "тот же адрес"), ("г. Заречный, улица Речная, дом 5, квартира 3", "тот же адрес"),
    ("ул. Речная, д. 5, кв. 3", "тот же адрес, но место названо не полностью"),
    ("г. Заречный, ул. Речная, 5", "тот же дом, квартира указана не везде"),
    ("г. Заречный, ул. Речная, д. 5, кв. 4", None), ("г. Заречный, ул. Лесная, д. 5, кв. 3", None),
    ("г. Заречный", None), ("", None),
])  # fmt: skip
def test_an_address_is_noticed_as_the_comparison_of_a_card_notices_it(app, cast, typed, why):
    """One rule tells whether two addresses are one: `contacts.homes_alike`."""
    known = "г. Заречный, ул. Речная, д. 5, кв. 3"
    family = factories.family(cast.north, "00071", actual_address=known)
    factories.refresh(family)
    expected = [] if why is None else [(family.id, f"{why}: {known}")]
    assert [(one.family.id, one.why) for one in duplicates.of([], [typed])] == expected


def test_the_surest_address_comes_first(app, cast):
    house = factories.family(cast.north, "00072", actual_address="ул. Речная, д. 5")
    same = factories.family(cast.north, "00073", registered_address="Речная, 5-3", actual_address="ул. Лесная, д. 1")
    for one in (house, same):
        factories.refresh(one)
    assert [one.family.id for one in duplicates.of([], ["ул. Речная, д. 5, кв. 3"])] == [same.id, house.id]
