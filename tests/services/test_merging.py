"""Two families, or two rows of a person, become one, and two again: every row by the mapper, each with its entry."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import class_mapper

from app import clock, journal
from app.domain import terms
from app.domain.doubles import Side
from app.domain.periods import quarter
from app.domain.refusal import Refusal
from app.extensions import db
from app.models import Aid, Education, Family, Member, RemovalReason, SearchWord, Territory, Transfer
from app.readings import doubles as doubles_seen
from app.readings import search
from app.reports import quarterly
from app.reports.places import ReportPlaces
from app.services import doubles, family_keys, row_moves
from app.services.doubles import MergeChoice
from tests import factories

IN_PYTHON = pytest.mark.one_database(
    "what moves with a family is found in Python; everything moves and goes back in both databases"
)

TODAY = date(2026, 9, 30)


def dump() -> dict[str, list[Any]]:
    """All that is somebody's as plain values; counters of versions and what was decided of doubles apart."""
    db.session.flush()
    tables = {Family.__table__, SearchWord.__table__, *map(row_moves.table_of, row_moves.entities())}
    tables |= {each.table for entity in (Family, *row_moves.entities()) for each in journal.changes.lists(entity)}
    found = {}
    for table in tables:
        columns = [column for column in table.c if column.name != "version"]
        found[table.name] = sorted(repr(row) for row in db.session.connection().execute(select(*columns)))
    return found


def two_of_each(cast: factories.Cast) -> tuple[Family, Family]:
    """Two families of one settlement with a row of everything."""
    found = []
    for number, year in (("00011", 2026), ("00012", 2024)):
        body = factories.agency(f"Школа {number}", "5.3", cast.north)
        person = factories.employee(body, None, last_name="Лугин", first_name="Пётр")
        rows = factories.one_of_each(cast.north, number, body, person, last_name=f"Полозов{'а' * (year % 2)}",
                                     word=f"Слово{number}", year=year)  # fmt: skip
        found.append(rows["Family"])
    first, second = found
    stay = second.registrations[0]
    stay.removal_decision = factories.decision(second, date(2025, 2, 2), terms.DecisionKind.REMOVE, "2/1")
    stay.removed_on, stay.removal_reason = date(2025, 2, 2), factories.by_code(RemovalReason, "11.2")
    for transfer in db.session.scalars(select(Transfer)):
        transfer.annulled_at, transfer.annul_reason = clock.now(), "отозвана"
    db.session.commit()
    return first, second


def people(family: Family) -> list[Member]:
    return [row for row in family.members if row.annulled_at is None]


def matched(kept: Family, other: Family) -> dict[int, int]:
    """The people of two families in the order of entry."""
    return {theirs.id: ours.id for ours, theirs in zip(people(kept), people(other), strict=False)}


def rows_of(family: Family) -> dict[str, set[int]]:
    """The rows that name a family, by the name of the entity."""
    found = {}
    for entity in row_moves.entities():
        table = class_mapper(entity).local_table
        columns = row_moves.columns_of(entity, Family)
        keys = {row["id"] for row in row_moves.rows_where(entity, *(table.c[name] == family.id for name in columns))}
        if keys:
            found[entity.__name__] = keys
    return found


def test_everything_of_a_family_moves_and_goes_back(cast):
    kept, other = two_of_each(cast)
    before, whose, theirs = dump(), rows_of(kept), rows_of(other)
    decision = doubles.merge_families(kept, other, MergeChoice(matched(kept, other), {}, {}), "одна семья", TODAY)
    db.session.commit()
    assert rows_of(other) == {}
    assert {name: whose.get(name, set()) | keys for name, keys in theirs.items()} == {
        name: keys for name, keys in rows_of(kept).items() if name in theirs
    }
    assert other.annulled_at is not None
    assert other.annul_reason == "Объединена с № 00011"
    assert len(people(kept)) == 2
    assert not list(journal.all_differences())
    assert not list(family_keys.stale_keys([kept.id], TODAY))
    doubles.take_back(decision, "разные семьи", TODAY)
    db.session.commit()
    assert dump() == before
    assert not list(journal.all_differences())


def test_what_is_said_twice_counts_once_and_what_differs_is_told(cast):
    kept, other = (factories.family(cast.north, number=number) for number in ("00021", "00022"))
    ours, theirs = ([factories.member(of), factories.member(of, "мать", date(1990, 1, 1))] for of in (kept, other))
    for of, child in ((kept, ours[0]), (other, theirs[0])):
        factories.registration(of, date(2026, 2, 2))
        factories.aid(of, date(2026, 4, 4), recipients=[child], amount=Decimal(100))
        factories.education(child, date(2025, 9, 1), organisation="Школа № 1")
    factories.aid(other, date(2026, 4, 5), recipients=theirs, amount=Decimal(30))
    db.session.commit()
    before, figures = dump(), figures_of()
    assert figures == (2, 2, Decimal(230))
    decision = doubles.merge_families(kept, other, MergeChoice(matched(kept, other), {}, {}), None, TODAY)
    db.session.commit()
    assert figures_of() == (1, 1, Decimal(130))
    late = db.session.scalars(select(Aid).where(Aid.given_on == date(2026, 4, 5))).one()
    assert {row.id for row in late.recipients} == {row.id for row in ours}
    doubles.take_back(decision, "разные", TODAY)
    db.session.commit()
    assert (dump(), figures_of()) == (before, figures)
    db.session.scalars(select(Education).where(Education.member_id == theirs[0].id)).one().organisation = "Школа № 2"
    db.session.commit()
    with pytest.raises(Refusal, match=r"Школа № 2.*записано по-разному"):
        doubles.merge_families(kept, other, MergeChoice(matched(kept, other), {}, {}), None, TODAY)


def figures_of() -> tuple[int, int, Decimal]:
    """Families and children of the quarterly form, and the sum of the aid."""
    root = db.session.scalars(select(Territory).where(Territory.parent_id.is_(None))).one()
    tree = ReportPlaces()
    form = quarterly.quarterly(quarter(2026, 2), tree.all[root.id], tree=tree)
    given = db.session.scalars(select(Aid).where(Aid.annulled_at.is_(None)))
    return form.number("12"), form.number("18"), sum(row.amount for row in given)


@pytest.mark.one_database("what moves is found in Python; everything moves on both databases above")
@given(
    sides=st.lists(st.sampled_from(Side), min_size=12, max_size=12),
    pairs=st.lists(st.integers(0, 2), min_size=3, max_size=3),
    gifts=st.lists(st.tuples(st.booleans(), st.integers(1, 3), st.sets(st.integers(0, 2))), max_size=6),
)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_merged_is_two_again(cast, sides, pairs, gifts):
    with db.session.begin_nested() as trial:
        kept, other = (factories.family(cast.north, actual_address=f"ул. Полевая, д. {n}") for n in (1, 2))
        rows = [[factories.member(of, born_on=date(2010 + n, 1, 1), first_name=f"{name}{'а' * n}") for n in range(3)]
                for of, name in ((kept, "Ян"), (other, "Лев"))]  # fmt: skip
        for of_other, day, who in gifts:
            of, people = (other, rows[1]) if of_other else (kept, rows[0])
            factories.aid(of, date(2026, 4, day), recipients=[people[place] for place in who])
        db.session.flush()
        before = dump()
        people = {theirs.id: rows[0][place].id for place, theirs in zip(dict.fromkeys(pairs), rows[1], strict=False)}
        names = iter(sides)
        fields = {one.name: _side(one, names) for one in doubles.differing(kept, other)}
        decision = doubles.merge_families(kept, other, MergeChoice(people, fields, {}), None, TODAY)
        doubles.take_back(decision, "проба", TODAY)
        assert dump() == before
        trial.rollback()


def _side(one, sides) -> Side:
    side = next(sides, Side.KEPT)
    return side if one.joins or side is not Side.BOTH else Side.KEPT


@IN_PYTHON
def test_stays_that_overlap_are_mended_first(cast):
    kept, other = (factories.family(cast.north, number=number) for number in ("00021", "00022"))
    for of, day in ((kept, 2), (other, 3)):
        factories.member(of)
        factories.registration(of, date(2026, 2, day))
    with pytest.raises(Refusal, match=r"Учёт семьи № 00022 с 03\.02\.2026 пересекается с учётом семьи № 00021"):
        doubles.merge_families(kept, other, MergeChoice(matched(kept, other), {}, {}), None, TODAY)


@IN_PYTHON
def test_the_old_number_leads_to_the_family_that_stays(cast):
    kept, other = (factories.family(cast.north, number=number) for number in ("00021", "00022"))
    for of in (kept, other):
        factories.member(of)
    choice = MergeChoice(matched(kept, other), {"number": Side.OTHER}, {})
    decision = doubles.merge_families(kept, other, choice, None, TODAY)
    assert kept.number == "00022"
    assert search.by_number("21") == [kept] == search.families("00021", TODAY).families
    assert doubles_seen.merged_into(other) is kept
    assert not list(family_keys.stale_keys([kept.id], TODAY))
    doubles.take_back(decision, "разные", TODAY)
    assert search.by_number("21") == [kept]
    assert search.by_number("22") == [other]


def test_what_was_entered_since_stays_or_goes_with_what_it_rests_on(cast):
    kept, other = (factories.family(cast.north, number=number) for number in ("00021", "00022"))
    own, moved = factories.member(kept), factories.member(other, first_name="Лев")
    decision = doubles.merge_families(kept, other, MergeChoice({}, {}, {}), None, TODAY)
    db.session.commit()
    moved.workplace = "Мастерская"
    lesson = factories.education(moved, date(2026, 9, 1))
    stays = factories.aid(kept, date(2026, 9, 2), recipients=[own])
    both = factories.aid(kept, date(2026, 9, 3), recipients=[own, moved])
    db.session.commit()
    with pytest.raises(Refusal, match="держится на записях обеих семей"):
        doubles.take_back(decision, "разные", TODAY)
    db.session.rollback()
    both.recipients = [own]
    db.session.commit()
    doubles.take_back(decision, "разные", TODAY)
    db.session.commit()
    assert (moved.family, moved.workplace, lesson.family) == (other, "Мастерская", other)
    assert {stays.family, both.family, own.family} == {kept}
    assert not list(journal.all_differences())


@IN_PYTHON
def test_a_family_that_is_merged_further_is_parted_in_the_other_order(cast):
    first, second, third = (factories.family(cast.north, number=f"0003{n}") for n in range(3))
    for place, of in enumerate((first, second, third)):
        factories.member(of, first_name=f"Лев{'а' * place}")
    before = dump()
    inner = doubles.merge_families(second, third, MergeChoice({}, {}, {}), None, TODAY)
    outer = doubles.merge_families(first, second, MergeChoice({}, {}, {}), None, TODAY)
    assert search.by_number("32") == []
    assert search.families("00032", TODAY).families == [first]
    db.session.commit()
    with pytest.raises(Refusal, match="Сначала отмените то объединение"):
        doubles.take_back(inner, "разные", TODAY)
    db.session.rollback()
    doubles.take_back(outer, "разные", TODAY)
    doubles.take_back(inner, "разные", TODAY)
    assert dump() == before


def test_two_rows_of_a_person_become_one_and_two_again(cast):
    of = factories.family(cast.north)
    kept, other = factories.member(of, first_name="Пётр"), factories.member(of, first_name="Пётор")
    factories.education(other, date(2025, 9, 1))
    gift = factories.aid(of, date(2026, 4, 4), recipients=[kept, other])
    db.session.commit()
    before = dump()
    decision = doubles.merge_people(kept, other, {"first_name": Side.KEPT}, None, TODAY)
    db.session.commit()
    assert [row.id for row in people(of)] == [kept.id]
    assert [row.id for row in gift.recipients] == [kept.id]
    assert [row.member_id for row in kept.educations] == [kept.id]
    assert not list(journal.all_differences())
    doubles.take_back(decision, "братья", TODAY)
    db.session.commit()
    assert dump() == before


@IN_PYTHON
def test_a_pair_that_is_different_does_not_come_back_until_that_is_taken_back(cast):
    kept, other = (factories.family(cast.north, number=number) for number in ("00021", "00022"))
    for of in (kept, other):
        factories.member(of)
    assert [pair[:2] for pair in doubles_seen.pairs(TODAY).families] == [(kept.id, other.id)]
    decision = doubles.say_different(other, kept)
    assert doubles_seen.pairs(TODAY).families == [] == doubles_seen.of_family(kept)
    with pytest.raises(Refusal, match="Это разные"):
        doubles.merge_families(kept, other, MergeChoice({}, {}, {}), None, TODAY)
    doubles.take_back(decision, "всё же одна", TODAY)
    assert [pair[:2] for pair in doubles_seen.of_family(kept)] == [(kept.id, other.id)]
