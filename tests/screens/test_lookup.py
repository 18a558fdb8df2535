"""Choices of a long select: found as search finds, whatever letters are typed; listed in the order of the alphabet."""

from __future__ import annotations

from datetime import date

import pytest

from app.extensions import db
from app.models import Employee
from app.screens.lookup import SOURCES
from tests import factories
from tests.states import kept

BORN = date(2015, 6, 1)
PEOPLE = [
    ("Әлиева", "Гөлия"), ("Алиева", "Ася"), ("Артёмова", "Ия"), ("Ёлкин", "Семён"), ("Елисеев", "Ян"),
    ("Өлкенова", "Қарина"), ("О'Нил", "Ким"), ("Ямская", "Вера"), ("100%", "Лев"),
]  # fmt: skip


@kept
def named(cast):
    """People and bodies whose names have more than one spelling."""
    family = factories.family(cast.north, "00001")
    for last, first in PEOPLE:
        factories.member(family, "сын", BORN, last, first, None)
    factories.refresh(family)
    for name in ("Әлмәт мәктәбе", "Школа № 7", "Ёлочка, детский сад"):
        factories.agency(name, "5.3", cast.district)
    db.session.add(Employee(agency=cast.agency("5.3"), last_name="Ёжикова", first_name="Яна"))


@pytest.fixture
def found(named, sign_in):
    anna = sign_in("anna")

    def ask(entity: str, typed: str) -> list[str]:
        answer = anna.get(f"/lookup/{entity}", query_string={"q": typed})
        return [row["text"] for row in answer.json["results"]]

    return ask


@pytest.mark.of_both_databases
@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("алиева", ["Алиева", "Әлиева"]), ("ӘЛИЕВА", ["Алиева", "Әлиева"]), ("Елк", ["Ёлкин"]), ("ёлис", ["Елисеев"]),
        ("олк", ["Өлкенова"]), ("алиева гол", ["Әлиева"]), ("Aлиева", ["Алиева", "Әлиева"]), ("елк сем", ["Ёлкин"]),
        ("олкенова карина", ["Өлкенова"]), ("о'н", ["О'Нил"]), ("100%", ["100%"]), ("а%", []), ("а_", []), ("а\\", []),
    ],
)  # fmt: skip
def test_a_member_is_found_by_any_spelling_of_the_letters(found, typed, wanted):
    assert [text.split()[0] for text in found("Member", typed)] == wanted


@pytest.mark.parametrize(
    ("entity", "typed", "wanted"),
    [
        ("Agency", "алмат", "Әлмәт мәктәбе"), ("Agency", "МӘКТӘБЕ әлмәт", "Әлмәт мәктәбе"),
        ("Agency", "елочка", "Ёлочка, детский сад"), ("Agency", "сад ёлоч", "Ёлочка, детский сад"),
        ("Employee", "ежик", "Ёжикова"), ("Employee", "ЁЖИК", "Ёжикова"), ("Employee", "ежикова Ян", "Ёжикова"),
        ("Family", "олиева", ""),
        ("Family", "гөлия", "00001"), ("Family", "ГОЛИЯ", "00001"),
    ],
)  # fmt: skip
def test_bodies_people_of_bodies_and_families_are_found_by_any_spelling(found, entity, typed, wanted):
    texts = found(entity, typed)
    assert len(texts) == bool(wanted), texts
    assert all(wanted in text for text in texts)


def test_kin_letters_stand_beside_their_base(found):
    first = [text.split()[0] for text in found("Member", "")]
    assert first == ["100%", "Алиева", "Артёмова", "Әлиева", "Елисеев", "Ёлкин", "О'Нил", "Өлкенова", "Ямская"]
    agencies = found("Agency", "")
    assert agencies.index(next(text for text in agencies if "Әлмәт" in text)) < agencies.index("Школа № 7")


@pytest.mark.parametrize("entity", SOURCES)
@pytest.mark.parametrize("typed", ["!!!", "—", "«»", "%"])
def test_signs_alone_find_nothing_and_are_no_fault(found, entity, typed):
    assert found(entity, typed) == []
