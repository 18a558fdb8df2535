"""Who is likely one person: one table of cases."""

from __future__ import annotations

from datetime import date

import pytest

from app.domain.likelihood import Likely, NamedPerson, is_plainly_corrected, may_be_corrected, may_be_one

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
