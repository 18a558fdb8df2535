"""Who is likely one person: one table of cases."""

from __future__ import annotations

from datetime import date

import pytest

from app.domain.likelihood import (
    LETTERS,
    Likely,
    NamedPerson,
    NamesAlike,
    children_alike,
    days_alike,
    is_near,
    is_plainly_corrected,
    known_child,
    may_be_corrected,
    may_be_one,
    names_alike,
    near_words,
    words_alike,
)
from app.domain.terms import Agreement

DAY, OTHER_DAY = date(2015, 2, 1), date(2015, 1, 2)


def named(text: str, born_on: date | None) -> NamedPerson:
    last, first, *middle = text.split()
    return NamedPerson(last, first, " ".join(middle) or None, born_on)


CASES = [
    ("Мамедов Али", DAY, "Мамедов Али", DAY, True, True),
    ("Мамедов Али", DAY, "Мамедов Алли", DAY, True, True),
    ("Мамедов Али", DAY, "Мамидов Али", DAY, True, True),
    ("Мамедов Али", DAY, "Мамедов Лаи", DAY, True, True),
    ("Мамедов Али", DAY, "Али Мамедов", DAY, True, True),
    ("Мамедов Али", DAY, "Мамедов Али", None, True, True),
    ("Мамедов Али", None, "Али Мамедов", DAY, True, True),
    ("Мамедов Али Вагифович", None, "Мамедов Али", DAY, True, True),
    ("Мамедов Али Вагифович", None, "Мамедов Али Ильич", DAY, False, True),
    ("Мамедов Али Вагифович", DAY, "Осинин Али Вагифович", DAY, True, True),
    ("Мамедов Али", DAY, "Осинин Али", DAY, False, False),
    ("Мамедов Али", DAY, "Мамидов Алли", DAY, False, False),
    ("Мамедов Али", DAY, "Мамедов Али", OTHER_DAY, False, True),
    ("Мамедов Али", DAY, "Мамедов Вагиф", DAY, False, False),
    ("Ким Ия", DAY, "Ким Ян", DAY, False, False),
    ("Гайнетдинова Гөлия", DAY, "Гайнетдинова Гүлия", DAY, True, True),
    ("Елкина Аня", None, "Ёлкина Аня", None, True, True),
    ("Осинина-Мамедова Ия", DAY, "Мамедова Ия", DAY, True, True),
    ("Мамедова Ия Вагифовна", DAY, "Ия Вагифовна Мамедова", DAY, True, True),
    ("Мамедов Вагиф", DAY, "Вагиф Мамидов", DAY, True, True),
]


@pytest.mark.parametrize(("one", "born_on", "other", "other_born_on", "same", "corrected"), CASES)
def test_who_may_be_one_person(one, born_on, other, other_born_on, same, corrected):
    first, second = named(one, born_on), named(other, other_born_on)
    assert (may_be_one(first, second), may_be_corrected(first, second)) == (same, corrected)
    assert (may_be_one(second, first), may_be_corrected(second, first)) == (same, corrected)


PLAIN = [
    ("Мамедов Али Вагифович", DAY, "Мамедов Али Вагифович", OTHER_DAY, True),
    ("Мамедов Али Вагифович", DAY, "Осинин Али Вагифович", DAY, True),
    ("Мамедов Али Вагифович", DAY, "Мамедов Вагиф Вагифович", DAY, True),
    ("Мамедов Али Вагифович", DAY, "Мамедов Али Ильич", DAY, True),
    ("Мамедов Али", None, "Мамедов Али Вагифович", DAY, True),
    ("Мамедов Али Вагифович", DAY, "Мамедов Али Ильич", OTHER_DAY, False),
    ("Мамедов Али Вагифович", DAY, "Осинин Али Ильич", DAY, False),
    ("Мамедов Али Вагифович", DAY, "Осинин Али Вагифович", OTHER_DAY, False),
    ("Мамедов Али Вагифович", DAY, "Али Мамедов Вагифович", DAY, False),
    ("Мамедов Али", DAY, "Мамедов Вагиф", OTHER_DAY, False),
]


@pytest.mark.parametrize(("one", "born_on", "other", "other_born_on", "plain"), PLAIN)
def test_what_is_plainly_a_correction(one, born_on, other, other_born_on, plain):
    first, second = named(one, born_on), named(other, other_born_on)
    assert is_plainly_corrected(first, second) is is_plainly_corrected(second, first) is plain


def test_whoever_may_be_one_is_found_without_asking_all():
    everybody = [named(*case[place : place + 2]) for case in CASES for place in (0, 2)]
    likely = Likely()
    for number, person in enumerate(everybody):
        likely.add(person, (number,))
    for person in everybody:
        wanted = [number for number, other in enumerate(everybody) if may_be_one(person, other)]
        assert sorted(number for (number,) in likely.of(person)) == wanted


NAMES = [
    ("Камышова Инна Олеговна", "Камышова Инна", NamesAlike.SAME),
    ("Ёжикова Алёна", "Ежикова Алена", NamesAlike.SAME),
    ("Камышова Инна", "Инна Камышова", NamesAlike.SWAPPED),
    ("Камышова Инна Олеговна", "Инна Олеговна Камышова", NamesAlike.REORDERED),
    ("Камышова Инна", "Камишова Инна", NamesAlike.LAST_BY_A_LETTER),
    ("Камышова Инна", "Камышоав Инна", NamesAlike.LAST_BY_A_LETTER),
    ("Камышова Инна", "Камышова Ина", NamesAlike.FIRST_BY_A_LETTER),
    ("Камышова Инна", "Инна Камишова", NamesAlike.SWAPPED_BY_A_LETTER),
    ("Камышова Инна", "Озеркова-Камышова Инна", NamesAlike.DOUBLE_LAST),
    ("Камышова Инна Олеговна", "Озеркова Инна Олеговна", NamesAlike.OTHER_LAST),
    ("Камышова Инна Олеговна", "Озеркова Инна", NamesAlike.FIRST_ONLY),
    ("Камышова Инна Олеговна", "Озеркова Инна Ильинична", None),
    ("Камышова Катя", "Камышова Екатерина", NamesAlike.SHORT_FIRST),
    ("Камышова Шура", "Камышова Саша", NamesAlike.SHORT_FIRST),
    ("Камышова Женя", "Камышова Екатерина", None),
    ("Камышова Инна", "Камышова Ольга", None),
    ("Камышова Инна", "Камишова Ина", None),
    ("Камышова Инна", "Озеркова Ольга", None),
]


@pytest.mark.parametrize(("one", "other", "how"), NAMES)
def test_how_names_agree(one, other, how):
    first, second = named(one, None), named(other, None)
    assert names_alike(first, second) is names_alike(second, first) is how


@pytest.mark.parametrize("typed", [
    ("Инна Олеговна", "Камышова", None), ("Камышова", "Инна Олеговна", None), ("Камышова Инна", "Олеговна", None),
    ("Олеговна", "Камышова", "Инна"),
])  # fmt: skip
def test_words_of_a_name_in_other_fields_are_the_same_name(typed):
    one, other = named("Камышова Инна Олеговна", DAY), NamedPerson(*typed, DAY)
    assert names_alike(one, other) is names_alike(other, one) is NamesAlike.REORDERED
    likely: Likely[tuple[int]] = Likely()
    likely.add(one, (1,))
    assert list(likely.of(other)) == [(1,)]


@pytest.mark.parametrize(
    ("one", "other", "how"),
    [
        ("Олеговна", "олеговна", Agreement.SAME), ("Олеговна", None, Agreement.UNKNOWN), (None, "", Agreement.UNKNOWN),
        ("Олеговна", "Олговна", Agreement.NEAR), ("О.", "Олеговна", Agreement.NEAR),
        ("И.", "Олеговна", Agreement.OTHER), ("Олеговна", "Ильинична", Agreement.OTHER),
    ],
)  # fmt: skip
def test_how_two_words_agree(one, other, how):
    assert words_alike(one, other) is words_alike(other, one) is how


@pytest.mark.parametrize(
    ("one", "other", "how"),
    [
        (date(1988, 3, 12), date(1988, 3, 12), Agreement.SAME), (date(1988, 3, 12), None, Agreement.UNKNOWN),
        (date(1988, 3, 12), date(1988, 12, 3), Agreement.NEAR), (date(1988, 3, 12), date(1989, 3, 12), Agreement.NEAR),
        (date(1988, 3, 12), date(1988, 3, 21), Agreement.NEAR), (date(1988, 3, 12), date(1989, 4, 12), Agreement.OTHER),
    ],
)  # fmt: skip
def test_how_two_days_agree(one, other, how):
    assert days_alike(one, other) is days_alike(other, one) is how


CHILDREN = [
    (("Иван", None, 7), ("Осинин Иван Олегович", DAY, 7, "Иван"), (Agreement.SAME, Agreement.SAME, False)),
    (("Осинин Иван", DAY, None), ("Осинин Иван Олегович", DAY, 11, "Иван"), (Agreement.SAME, Agreement.SAME, True)),
    (("Иван", DAY, None), ("Осинин Иван", OTHER_DAY, 11, "Иван"), (Agreement.SAME, Agreement.NEAR, True)),
    (("Иван", DAY, None), ("Осинин Иван", date(2016, 1, 2), 11, "Иван"), None),
    (("Иван", None, 8), ("Осинин Иван", None, 7, "Иван"), (Agreement.SAME, Agreement.NEAR, False)),
    (("Иван", None, 9), ("Осинин Иван", None, 7, "Иван"), None),
    (("Ивван", None, None), ("Осинин Иван", None, 7, "Иван"), (Agreement.NEAR, Agreement.UNKNOWN, False)),
    (("Пётр Осинин", None, None), ("Осинин Петр", None, 7, "Петр"), (Agreement.SAME, Agreement.UNKNOWN, False)),
    (("Ваня", None, 7), ("Осинин Иван Олегович", None, 7, "Иван"), (Agreement.SAME, Agreement.SAME, False)),
    (("Осинен Ваня", None, 7), ("Осинин Иван", None, 7, "Иван"), (Agreement.NEAR, Agreement.SAME, False)),
    (("Женя", None, 7), ("Осинин Иван", None, 7, "Иван"), None),
    (("Осинин", None, 7), ("Осинин Иван", None, 7, "Иван"), None),
    (("Ручьёв Иван", None, 7), ("Осинин Иван", None, 7, "Иван"), None),
    ((None, None, 7), ("Осинин Иван", None, 7, "Иван"), (Agreement.UNKNOWN, Agreement.SAME, False)),
    ((None, None, None), ("Осинин Иван", None, 7, "Иван"), None),
]


@pytest.mark.parametrize(("one", "other", "how"), CHILDREN)
def test_how_two_children_agree(one, other, how):
    first, second = known_child(*one), known_child(*other)
    assert children_alike(first, second) == children_alike(second, first) == how


def test_the_near_words_of_a_word_are_all_that_are_near_to_it():
    word = "инна"
    found = near_words(word)
    assert all(is_near(word, other) for other in found)
    made = {word[:place] + letter + word[place:] for place in range(5) for letter in LETTERS}
    made |= {word[:place] + letter + word[place + 1 :] for place in range(4) for letter in LETTERS}
    assert made | {"ина", "нна", "инн", "нина", "инан"} == found
    assert near_words("ия") == {"ия"}
    assert "ия" not in near_words("лия"), "in so short a word another letter is another word"
