"""A family is found by its number, any name and its address."""

from __future__ import annotations

from datetime import date

import pytest

from app import access
from app.domain.likelihood import NamedPerson
from app.extensions import db
from app.readings import duplicates, search
from tests import factories
from tests.states import kept


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
    assert {family.id for family in search.families(query).families} == {known[name] for name in found}


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
        assert search.families("елкина").total == 0
        assert search.families("лкин").total == 0
        assert search.by_number("17") == []
        assert search.families("петр").total == 1


def test_more_than_is_shown_is_counted(app, cast):
    for number in range(60):
        factories.refresh(factories.family(cast.north, f"5{number:04d}", actual_address="ул. Общая"))
    found = search.families("общая")
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
