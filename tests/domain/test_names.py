"""Names and search keys."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import names


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Ёлкина-Семёнова", "елкина семенова"),
        ("  ул. Ленина,  д. 5/2 ", "ул ленина д 5 2"),
        ("№ 00017", "00017"),
        (None, ""),
        ("«»—!", ""),
    ],
)
def test_a_key_forgets_case_yo_and_punctuation(text, key):
    assert names.key(text) == key


def test_every_letter_of_a_name_counts():
    called = ["Әлия", "Алия", "Гөлия", "Гүлия", "Гулия", "Қайрат", "Кайрат", "Айрат", "Ірина", "Ирина", "Жәмилә"]
    assert len({names.key(name) for name in called}) == len(called)
    assert len({names.sort_key(name) for name in called}) == len(called)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("Әлия", "алия"), ("Гөлшат", "голшат"), ("Гүзәл", "гузал"), ("Җәмилә", "жамила"), ("Таңсылу", "тансылу"),
        ("Һади", "хади"), ("Қайрат", "кайрат"), ("Ғалия", "галия"), ("Ұлан", "улан"), ("Їжакевич", "ижакевич"),
        ("Єлизавета", "елизавета"), ("Ґалаґан", "галаган"), ("Ҡәҙер", "казер"), ("Йәмиҫ", "йамис"),
        ("Кароль Ўлад", "кароль улад"), ("Ёлкин", "елкин"), ("Йод", "йод"), ("Шаhидә", "шахида"),
    ],
)  # fmt: skip
def test_search_knows_a_letter_by_its_russian_neighbour(name, found):
    assert names.folded(name) == found
    assert names.words(name) == set(found.split())


def test_what_looks_the_same_has_one_key():
    assert {names.key(name) for name in ("Семён Тетерин", "Семе\u0308н  Те\xadтерин", "Ceмён Tетерин")} == {
        "семен тетерин"
    }


@given(st.text())
def test_a_key_of_a_key_is_the_same_key(text):
    assert names.key(names.key(text)) == names.key(text)


def test_a_number_is_found_without_its_leading_zeros():
    assert names.words("00017", "Ёлкина Яна") == {"00017", "17", "елкина", "яна"}


def test_yo_sorts_after_ye():
    surnames = ["Ёлкин", "Еремин", "Жуков", "Ершов", "Ежов"]
    assert sorted(surnames, key=names.sort_key) == ["Ежов", "Еремин", "Ершов", "Ёлкин", "Жуков"]


def test_a_letter_of_a_neighbouring_alphabet_sorts_by_its_russian_neighbour():
    ordered = ["Аян", "Әлия", "Борис", "Гузель", "Гүлия", "Еремин", "Ёлкин", "Жуков", "Җамал", "Иван", "Ірина",
               "Назар", "Ңеу", "Олег", "Өлкән", "Умар", "Үмет", "Харис", "Һади", "Цой", "Яна"]  # fmt: skip
    keys = [names.sort_key(name) for name in ordered]
    assert all(one < other for one, other in pairwise(keys))


@pytest.mark.parametrize(
    ("parents", "name"),
    [
        (["Дроздова", "Дроздов"], "Дроздова"),
        (["Мостовая", "Мостовой"], "Мостовая"),
        (["Луговский", "Луговская"], "Луговский"),
        (["Черных", "Черных"], "Черных"),
        (["Дроздова", "Синицын"], "Дроздова, Синицын"),
        ([], "Ёлкина"),
    ],
)
def test_a_family_is_called_by_the_surnames_of_its_parents_each_once(parents, name):
    assert names.family_name(parents, ["Ёлкина"]) == name


def test_initials_leave_out_what_is_unknown():
    assert names.initials("Полозов", "Тимур", "Игоревич") == "Полозов Т. И."
    assert names.initials("Полозов", "Тимур", None) == "Полозов Т."
