"""Entering a family, and a person who moves from one family to another."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select

from app.domain.periods import quarter
from app.domain.refusal import Refusal
from app.domain.terms import Act, DecisionKind
from app.extensions import db
from app.models import (
    Education,
    Family,
    FamilyCategory,
    IdentityDocument,
    IdentityKind,
    JournalEntry,
    Member,
    OfMember,
    PupilSupport,
    RelationshipKind,
    RemovalReason,
    Supervision,
    SupervisionKind,
)
from app.readings import overview, timeline
from app.reports.quarterly_figures import Figures
from app.reports.report import count
from app.services import checks, families, registrations, soundness
from app.services.families import FirstMember
from tests import factories

IN_PYTHON = pytest.mark.one_database("whether a move may be is decided in Python; moves are made in both databases")

TODAY, DAY = date(2026, 9, 30), date(2026, 8, 10)


class Two:
    """Two families on record: a mother with a child, and a grandmother to whom the child goes."""

    def __init__(self, cast: factories.Cast) -> None:
        self.home = factories.family(cast.north, number="00077")
        self.mother = factories.member(self.home, "мать", date(1990, 1, 1), "Заречная", "Инна", None)
        self.child = factories.member(self.home, joined_on=date(2020, 1, 1))
        factories.registration(self.home, date(2025, 3, 3))
        self.other = factories.family(cast.south, number="00078")
        factories.member(self.other, "бабушка", date(1955, 1, 1), "Луговая", "Нина", None)
        factories.registration(self.other, date(2025, 4, 4))
        db.session.flush()

    def move(self, member: Member | None = None, to: Family | None = None, **values: Any) -> Member:
        said: dict[str, Any] = {"day": DAY, "reason": "Опека бабушки", "role": None, "today": TODAY}
        return families.move(member or self.child, to or self.other, **(said | values))


@pytest.fixture
def two(app, cast) -> Two:
    return Two(cast)


def supervised(child: Member, since: date, until: date | None = None) -> Supervision:
    kind = factories.by_code(SupervisionKind, "school")
    row = Supervision(member=child, family=child.family, kind=kind, started_on=since, ended_on=until)
    db.session.add(row)
    return row


def test_what_begins_or_is_over_on_the_very_day_of_the_move_is_in_one_family_only(two):
    """What begins on the day is the other family's whole; what was over by it stays behind."""
    begins = supervised(two.child, DAY)
    over = supervised(two.child, date(2025, 1, 1), DAY)
    fresh = two.move()
    assert [row.id for row in db.session.scalars(select(Supervision).order_by(Supervision.id))] == [begins.id, over.id]
    assert (begins.member, begins.family, begins.started_on) == (fresh, two.other, DAY)
    assert (over.member, over.family, over.ended_on) == (two.child, two.home, DAY)


def test_one_membership_ends_and_another_begins(two):
    ward = db.session.scalars(select(RelationshipKind).where(RelationshipKind.name == "подопечный")).one()
    fresh = two.move(role=ward)
    assert (two.child.left_on, two.child.left_reason, two.child.family) == (DAY, "Опека бабушки", two.home)
    assert (fresh.joined_on, fresh.left_on, fresh.family, fresh.role) == (DAY, None, two.other, ward)
    assert (fresh.full_name, fresh.born_on, fresh.origin_id) == (two.child.full_name, two.child.born_on, two.child.id)
    assert "полозов" in two.other.search_key
    assert "полозов" in two.home.search_key, "the first family is found by everyone who was ever in it"
    assert list(soundness.faults(TODAY)) == []


def test_what_is_true_of_the_person_goes_along_and_what_was_over_stays(two):
    child = two.child
    old = factories.education(child, date(2023, 9, 1), ended_on=date(2024, 6, 1))
    school = factories.education(child, date(2025, 9, 1), organisation="Школа № 3", grade="4 класс")
    planned = factories.education(child, date(2026, 9, 1), organisation="Лицей")
    before = factories.support(child, 2026, 2, free_meals=True)
    of_day = factories.support(child, 2026, 3, free_meals=False)
    ended = supervised(child, date(2024, 1, 1), date(2025, 1, 1))
    lasting = supervised(child, date(2026, 1, 1))
    kind = factories.by_code(IdentityKind, "03")
    paper = IdentityDocument(member=child, family=two.home, kind=kind, number="5")
    db.session.add(paper)
    aid = factories.aid(two.home, date(2026, 7, 1), recipients=[child])
    fresh = two.move()
    assert {row.member for row in (old, school, before, of_day, ended, lasting, paper)} == {child}
    assert (school.ended_on, lasting.ended_on, old.ended_on) == (DAY, DAY, date(2024, 6, 1))
    assert (planned.member, planned.family) == (fresh, two.other)
    live = {
        entity: list(db.session.scalars(select(entity).where(entity.member_id == fresh.id)))
        for entity in families.SPANS
    }
    assert {(row.started_on, row.ended_on, row.organisation) for row in live[Education]} == {
        (date(2025, 9, 1), None, "Школа № 3"),
        (date(2026, 9, 1), None, "Лицей"),
    }
    assert [(row.year, row.quarter, row.free_meals) for row in live[PupilSupport]] == [(2026, 3, False)]
    assert [(row.started_on, row.ended_on, row.kind) for row in live[Supervision]] == [
        (date(2026, 1, 1), None, lasting.kind)
    ]
    assert [(row.number, row.kind) for row in live[IdentityDocument]] == [("5", kind)]
    assert aid.recipients == [child]
    assert list(soundness.faults(TODAY)) == []


def test_every_row_about_a_person_says_when_it_is_true():
    of_members = {mapper.class_ for mapper in Family.registry.mappers if issubclass(mapper.class_, OfMember)}
    assert set(families.SPANS) == of_members


@IN_PYTHON
def test_both_families_tell_the_move(two):
    supervised(two.child, date(2026, 1, 1))
    fresh = two.move()
    entries = db.session.scalars(select(JournalEntry).where(JournalEntry.act == Act.MOVED).order_by(JournalEntry.id))
    assert [(entry.family_id, entry.entity_id, entry.summary) for entry in entries] == [
        (two.home.id, two.child.id, "Перевод в семью № 00078: Полозов Тимур Игоревич"),
        (two.other.id, fresh.id, "Перевод из семьи № 00077: Полозов Тимур Игоревич"),
    ]
    told = [(event.day, event.text, event.detail) for event in timeline.events(overview.of(two.home, TODAY))]
    assert (DAY, "Больше не в семье: Полозов Тимур Игоревич", "Опека бабушки") in told
    assert not [text for _day, text, _detail in told if text.startswith("Снят(а)")]
    texts = [event.text for event in timeline.events(overview.of(two.other, TODAY))]
    assert "В семье: Полозов Тимур Игоревич" in texts


def test_no_report_counts_a_person_who_moved_twice(two):
    factories.education(two.child, date(2025, 9, 1))
    factories.support(two.child, 2026, 3, free_meals=True)
    two.move()
    figures = Figures(quarter(2026, 3), all_criteria=False)
    numbers = count(figures.indicators.values(), lambda source: source.counted())
    total = {key: sum(of_place.values()) for key, of_place in numbers.items()}
    assert (total["7"], total["18"], total["came"], total["gone"]) == (1, 1, 1, 1)
    assert total["2.4 meals"] == 1
    assert total.get("removed children all", 0) == 0, "nobody left the record"
    two.other.registrations[0].annulled_at = two.other.created_at
    db.session.flush()
    left = count([figures.indicators["removed children all"]], lambda source: source.counted())
    assert sum(left["removed children all"].values()) == 1, "who goes to a family off the record has left it"


@IN_PYTHON
def test_who_comes_back_is_a_member_anew_and_nobody_is_one_twice(two):
    away = two.move()
    back = two.move(away, two.home, day=date(2026, 9, 1))
    assert (back.family, back.joined_on, back.origin_id) == (two.home, date(2026, 9, 1), two.child.id)
    twin = Member(family=two.home, last_name="Полозов", first_name="Тимур", middle_name="Игоревич",
                  born_on=back.born_on, joined_on=date(2026, 9, 2))  # fmt: skip
    with pytest.raises(Refusal, match="уже есть человек с такими ФИО"):
        checks.check(twin, TODAY)


def gone(two: Two) -> Member:
    two.child.left_on = date(2026, 1, 1)
    return two.child


def alone(two: Two) -> Member:
    two.child.left_on = DAY
    return two.mother


def annulled(two: Two) -> Family:
    registrations.annul(two.other, reason="внесена дважды", today=TODAY)
    return two.other


def off_record(two: Two) -> Family:
    stay = two.other.registrations[0]
    stay.removal_decision = factories.decision(two.other, date(2026, 5, 5), DecisionKind.REMOVE, "9")
    stay.removed_on, stay.removal_reason = date(2026, 5, 5), factories.by_code(RemovalReason, "11.2")
    return two.other


REFUSED = {
    "the same family": (lambda two: {"to": two.home}, "to_family"),
    "a day to come": (lambda two: {"day": date(2026, 10, 1)}, "day"),
    "before joining": (lambda two: {"day": date(2019, 1, 1)}, "day"),
    "before being born": (lambda two: {"member": two.mother, "day": date(1989, 1, 1)}, "day"),
    "gone already": (lambda two: {"member": gone(two)}, None),
    "the only one": (lambda two: {"member": alone(two)}, "day"),
    "an annulled family": (lambda two: {"to": annulled(two)}, "to_family"),
    "a family off the record": (lambda two: {"to": off_record(two)}, "to_family"),
}


@IN_PYTHON
@pytest.mark.parametrize("case", REFUSED)
def test_a_move_that_cannot_be_is_refused(two, case):
    values, field = REFUSED[case]
    said = values(two)
    db.session.commit()
    members = db.session.scalar(select(func.count(Member.id)))
    with pytest.raises(Refusal) as refusal:
        two.move(**said)
    assert refusal.value.field == field
    db.session.rollback()
    assert db.session.scalar(select(func.count(Member.id))) == members


# Entering


def enter(cast: factories.Cast, *people: FirstMember) -> Family:
    return families.enter(
        people,
        territory=cast.north,
        number=None,
        registered_address="ул. Луговая, 2",
        actual_address=None,
        categories=[factories.by_code(FamilyCategory, "1")],
        today=TODAY,
    )


@IN_PYTHON
def test_a_family_is_entered_with_its_people(app, cast):
    family = enter(cast, FirstMember("Заречная", "Инна"), FirstMember("Заречный", "Лев", born_on=date(2020, 1, 1)))
    assert (family.number, family.name, family.actual_address) == ("00001", "Заречная", "ул. Луговая, 2")
    assert [member.first_name for member in family.members] == ["Инна", "Лев"]


@IN_PYTHON
def test_a_family_without_people_is_refused(app, cast):
    with pytest.raises(Refusal) as refusal:
        enter(cast)
    assert refusal.value.field == "people"


@IN_PYTHON
def test_a_refusal_names_the_person_and_the_field(app, cast):
    with pytest.raises(Refusal, match="Заречный Лев") as refusal:
        enter(cast, FirstMember("Заречная", "Инна"), FirstMember("Заречный", "Лев", born_on=date(2030, 1, 1)))
    assert refusal.value.field == "people-1-born_on"
