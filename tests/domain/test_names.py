"""Names and search keys."""

from __future__ import annotations

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


@given(st.text())
def test_a_key_of_a_key_is_the_same_key(text):
    assert names.key(names.key(text)) == names.key(text)


def test_a_number_is_found_without_its_leading_zeros():
    assert names.words("00017", "Ёлкина Яна") == {"00017", "17", "елкина", "яна"}


def test_yo_sorts_after_ye():
    surnames = ["Ёлкин", "Еремин", "Жуков", "Ершов", "Ежов"]
    assert sorted(surnames, key=names.sort_key) == ["Ежов", "Еремин", "Ершов", "Ёлкин", "Жуков"]


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
