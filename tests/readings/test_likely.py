"""What a signal card may be about: the families and the other cards that stand beside it."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from app import access
from app.extensions import db
from app.models import Family, Member, SignalCard, Territory
from app.readings import likely
from tests import factories
from tests.states import kept
from tests.test_statements import counting

BORN = date(1988, 3, 12)
ADDRESS = "п. Северный, ул. Береговая, д. 15, кв. 3"
DETECTED = datetime(2026, 9, 1, 9, tzinfo=UTC)
TOLD = {"last_name": "Щукина", "first_name": "Регина", "detected_at": DETECTED}


@kept
def known(cast):
    """The family that is looked for, one like it in another district, and one that has nothing in common."""
    found = {}
    for name, place in (("own", cast.north), ("foreign", cast.far)):
        family = factories.family(place, f"0{len(found) + 1}", actual_address=ADDRESS)
        factories.member(family, "мать", BORN, "Камышова", "Алёна", "Олеговна")
        factories.member(family, "сын", date(2016, 2, 3), "Камышов", "Пётр", "Ильич")
        factories.member(family, "дочь", date(2019, 2, 3), "Камышова", "Вера", "Ильинична")
        factories.refresh(family)
        found[name] = family.id
    other = factories.family(cast.north, "03", actual_address="п. Северный, ул. Луговая, д. 1")
    factories.member(other, "мать", date(1990, 5, 5), "Озеркова", "Ольга", "Ильинична")
    factories.refresh(other)
    return found | {"other": other.id, "place": cast.north.id}


@pytest.fixture
def anna(cast):
    """Who reads: the coordinator of the district of the family that is looked for."""
    places = frozenset({cast.district.id, cast.north.id, cast.south.id})
    return access.Scope(today=date(2026, 9, 30), territories=places, kept=places)


def card(known, **values):
    return factories.signal_card(db.session.get(Territory, known["place"]), **TOLD | values)


def families(card, scope):
    db.session.flush()
    with access.acting_as(scope):
        return likely.of_card(card).families


def called(text: str) -> dict:
    last, first, *middle = text.split()
    return {"last_name": last, "first_name": first, "middle_name": " ".join(middle) or None}


FOUND = {
    "the same": (called("Камышова Алёна Олеговна") | {"born_on": BORN},
                 "та же фамилия и имя, отчество совпадает, дата рождения совпадает"),
    "no birth date": (called("Камышова Алёна"), "та же фамилия и имя"),
    "ё": (called("КАМЫШОВА Алена") | {"born_on": BORN}, "та же фамилия и имя, дата рождения совпадает"),
    "a letter of the surname": (called("Камишова Алёна"), "фамилия отличается на букву"),
    "two letters changed places": (called("Камышоав Алёна"), "фамилия отличается на букву"),
    "a letter too few": (called("Камшова Алёна Олеговна"), "фамилия отличается на букву, отчество совпадает"),
    "a letter of the name": (called("Камышова Олёна") | {"born_on": BORN},
                             "имя отличается на букву, дата рождения совпадает"),
    "the words swapped": (called("Алёна Камышова"), "фамилия и имя поменялись местами"),
    "the words in another order": (called("Алёна Олеговна Камышова"), "фамилия, имя и отчество в другом порядке"),
    "swapped and misspelt": (called("Алёна Камишова"), "поменялись местами и отличаются на букву"),
    "a maiden name": (called("Озеркова Алёна Олеговна") | {"born_on": BORN},
                      "другая фамилия: возможно, прежняя (девичья), дата рождения совпадает"),
    "a maiden name, no patronymic": (called("Озеркова Алёна") | {"born_on": BORN}, "прежняя (девичья)"),
    "a double surname": (called("Озеркова-Камышова Алёна"), "одна из фамилий двойная"),
    "a birth date with a slip": (called("Камышова Алёна Олеговна") | {"born_on": date(1988, 12, 3)},
                                 "дата рождения похожа"),
    "the address": ({"address": ADDRESS}, "тот же адрес: п. Северный"),
    "the address otherwise": ({"address": "Северный, Береговая 15-3"}, "тот же адрес: п. Северный"),
    "the address in part": ({"address": "Береговая ул., дом 15 кв 3"}, "место названо не полностью"),
    "a child with its birth date": ({"children": [{"name": "Петр", "born_on": date(2016, 2, 3)}]},
                                    "ребёнок Петр, 03.02.2016"),
    "a child with its whole name": ({"children": [{"name": "Камышова Вера", "born_on": date(2019, 2, 3)}]},
                                    "ребёнок Камышова Вера, 03.02.2019"),
    "a child by a short name": ({"children": [{"name": "Камышов Петя", "born_on": date(2016, 2, 3)}]},
                                "ребёнок Камышов Петя, 03.02.2016"),
    "two children by short names": (
        {"last_name": "Камышова", "children": [{"name": "Петя", "age": 10}, {"name": "Вера", "age": 7}]},
        "ребёнок Петя, 10 лет"),
    "two children of the surname": (
        {"last_name": "Камышова", "children": [{"name": "Пётр", "age": 10}, {"name": "Вера", "age": 7}]},
        "ребёнок Пётр, 10 лет"),
}  # fmt: skip


@pytest.mark.parametrize(("values", "reason"), FOUND.values(), ids=FOUND)
def test_a_family_is_found_and_said_why(known, anna, values, reason):
    found = families(card(known, **values), anna)
    assert [one.family.id for one in found] == [known["own"]]
    assert reason in "; ".join(found[0].reasons)


NOT_FOUND = {
    "nobody": {},
    "another person of the surname": called("Камышова Ольга") | {"born_on": BORN},
    "two letters": called("Камишова Олёна"),
    "the name alone": called("Озеркова Алёна"),
    "another birth date": called("Камышова Алёна Олеговна") | {"born_on": date(1975, 1, 1)},
    "another patronymic": called("Камышова Алёна Ильинична"),
    "another flat": {"address": "п. Северный, ул. Береговая, д. 15, кв. 4"},
    "another house": {"address": "п. Северный, ул. Береговая, д. 16, кв. 3"},
    "the house alone": {"address": "п. Северный, ул. Береговая, д. 15"},
    "children by name alone": {"children": [{"name": "Пётр"}, {"name": "Вера"}]},
    "children of another age": {"last_name": "Камышова",
                                "children": [{"name": "Пётр", "age": 3}, {"name": "Вера", "age": 1}]},
    "ages alone": {"children": [{"age": 10}, {"age": 7}]},
}  # fmt: skip


@pytest.mark.parametrize("values", NOT_FOUND.values(), ids=NOT_FOUND)
def test_what_is_another_family_is_not_told(known, anna, values):
    assert families(card(known, **values), anna) == []


def test_the_best_stands_first_and_all_its_reasons_are_told(known, anna, cast):
    namesake = factories.family(cast.south, "04", actual_address="г. Южный, ул. Садовая, д. 2")
    factories.member(namesake, "мать", None, "Камышова", "Алёна", None)
    found = families(
        card(known, **called("Камышова Алёна"), born_on=BORN, address=ADDRESS, children=[{"name": "Пётр", "age": 10}]),
        anna,
    )
    assert [one.family.id for one in found] == [known["own"], namesake.id]
    assert len(found[0].reasons) == 3
    assert found[0].points > found[1].points


def test_twins_are_two_children_and_one_name_is_one_child(known, anna, cast):
    family = factories.family(cast.south, "05", actual_address="г. Южный, ул. Садовая, д. 3")
    for first_name in ("Глеб", "Лев"):
        factories.member(family, "сын", date(2017, 6, 6), "Ручьёв", first_name, None)
    twins = [{"name": "Глеб", "born_on": date(2017, 6, 6)}, {"name": "Лев", "born_on": date(2017, 6, 6)}]
    (both,) = families(card(known, children=twins), anna)
    (one,) = families(card(known, children=[twins[0], {"name": "Глеб", "born_on": date(2017, 6, 6)}]), anna)
    assert both.reasons == ["ребёнок Глеб, 06.06.2017", "ребёнок Лев, 06.06.2017"]
    assert one.reasons == ["ребёнок Глеб, 06.06.2017"]


PHONES = ["8 (900) 123-45-67", "+7 900 123 45 67", "9001234567", "дом. 2-15-44, моб. 8-900-123-45-67"]


@pytest.mark.parametrize("typed", PHONES)
def test_a_phone_of_another_card_leads_to_it_and_to_its_family(known, anna, typed):
    earlier = card(known, mobile_phone="89001234567", family_id=known["other"])
    told = card(known, last_name="Дроздова", first_name="Эльвира", home_phone=typed)
    with access.acting_as(anna):
        found = likely.of_card(told)
    assert [(one.card.id, one.reasons) for one in found.cards] == [(earlier.id, ["тот же телефон"])]
    reasons = [f"тот же телефон в карте № {earlier.number}/{earlier.year}"]
    assert [(one.family.id, one.reasons) for one in found.families] == [(known["other"], reasons)]
    assert told.home_phone == typed, "kept as typed"


def test_another_card_is_told_by_every_sign(known, anna):
    children = [{"name": "Пётр", "age": 9}, {"name": "Вера", "age": 7}]
    earlier = card(known, **called("Камышова Алёна"), detected_at=datetime(2025, 9, 1, tzinfo=UTC), born_on=BORN,
                   address=ADDRESS, children=children)  # fmt: skip
    for values in (
        called("Камишова Алёна"),
        called("Алёна Камышова"),
        called("Озеркова Алёна") | {"born_on": BORN},
        {"address": "Северный, Береговая, 15-3"},
        {"last_name": "Камышова", "children": [{"name": "Пётр", "age": 10}, {"name": "Вера", "age": 8}]},
    ):
        told = card(known, **values)
        with access.acting_as(anna):
            assert earlier.id in [one.card.id for one in likely.of_card(told).cards], values


@pytest.mark.parametrize("entity", [Family, Member])
def test_what_is_annulled_leads_nowhere(known, anna, entity):
    told = card(known, **called("Камышова Алёна"), address="д. Иная, 1")
    assert [one.family.id for one in families(told, anna)] == [known["own"]]
    key = entity.id if entity is Family else entity.family_id
    for row in db.session.scalars(select(entity).where(key == known["own"])):
        row.annulled_at, row.annul_reason = DETECTED, "ошибка"
    assert families(told, anna) == []


def test_an_annulled_card_and_an_annulled_child_are_not_told(known, anna):
    told = card(known, last_name="Дроздова", children=[{"name": "Пётр", "born_on": date(2016, 2, 3)}])
    other = card(known, last_name="Дроздова", detected_at=DETECTED)
    with access.acting_as(anna):
        assert [one.card.id for one in likely.of_card(told).cards] == [other.id]
        assert likely.of_card(told).families
    other.annulled_at, other.annul_reason = DETECTED, "ошибка"
    told.children[0].annulled_at, told.children[0].annul_reason = DETECTED, "ошибка"
    db.session.flush()
    with access.acting_as(anna):
        assert likely.of_card(told) == ([], [])


def test_a_strangers_family_and_card_are_neither_shown_nor_counted(known, cast, anna):
    values = called("Камышова Алёна Олеговна") | {"born_on": BORN, "address": ADDRESS, "mobile_phone": "89001234567"}
    theirs = factories.signal_card(cast.far, **TOLD | values, family_id=known["foreign"])
    told = card(known, **values)
    db.session.expire_all()
    with access.acting_as(anna):
        found = likely.of_card(told)
        assert [one.family.id for one in found.families] == [known["own"]]
        assert found.cards == []
        assert "телефон" not in str(found.families[0].reasons)
    with access.unrestricted():
        whole = likely.of_card(told)
        assert {one.family.id for one in whole.families} == {known["own"], known["foreign"]}
        assert [one.card.id for one in whole.cards] == [theirs.id]
    with access.acting_as(access.Scope()):
        assert likely.of_card(told) == ([], [])


def test_strangers_do_not_take_the_places_of_ones_own(known, cast, anna, monkeypatch):
    monkeypatch.setattr(likely, "LOOKED_AT", 2)
    for number in range(3):
        family = factories.family(cast.far, f"1{number}", actual_address=ADDRESS)
        factories.member(family, "мать", BORN, "Камышова", "Алёна", "Олеговна")
    found = families(card(known, **called("Камышова Алёна")), anna)
    assert [one.family.id for one in found] == [known["own"]]


@pytest.mark.one_database("the statements are the same on both databases")
def test_the_statements_do_not_grow_with_what_is_found(known, anna, cast):
    def sent() -> int:
        children = [{"name": "Пётр", "age": 10}, {"name": "Вера", "born_on": date(2019, 2, 3)}]
        told = card(known, **called("Камышова Алёна"), born_on=BORN, address=ADDRESS, mobile_phone="89001234567",
                    children=children)  # fmt: skip
        db.session.commit()
        with access.acting_as(anna), counting() as statements:
            found = likely.of_card(db.session.get(SignalCard, told.id))
        assert found.families
        assert len(found.families) <= likely.MOST
        assert len(found.cards) <= likely.MOST
        return len(statements) - 1  # the card itself

    sent()
    few = sent()
    for number in range(15):
        family = factories.family(cast.south, f"2{number}", actual_address=ADDRESS)
        factories.member(family, "мать", BORN, "Камышова", "Алёна", "Олеговна")
        card(known, **called("Камышова Алёна"), mobile_phone="89001234567", family_id=family.id)
    assert sent() <= few <= 8
