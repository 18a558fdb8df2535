"""What a person may write: one's own rows only, before the change and after it, by the session and in bulk."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import String, Text, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import class_mapper

from app import access, guard, scopes
from app.domain import terms
from app.domain.refusal import Refusal
from app.exchange import apply, undo
from app.exchange.workbook import FAMILIES
from app.extensions import db
from app.models import (
    Agency,
    AgendaItem,
    Aid,
    Assignment,
    ChildPopulation,
    Criterion,
    Employee,
    Family,
    HomeTerritory,
    ImportBatch,
    JournalEntry,
    MeasureBlock,
    Member,
    Mentor,
    Model,
    Registration,
    Territory,
    TerritoryAlias,
    Whose,
)
from tests import factories
from tests.exchange.workbooks import Sound, load, planned
from tests.states import kept
from tests.test_visibility import owned

TODAY = date(2026, 9, 30)
OWNED = owned()
NAMES = [entity.__name__ for entity in OWNED]


@kept
def mine(cast: factories.Cast) -> dict[str, Any]:
    """One row of every entity that is Anna's."""
    return factories.one_of_each(cast.north, "00077", cast.agency("5.3"), cast.employee("gleb"))


@kept
def hers(cast: factories.Cast) -> dict[str, Any]:
    """One row of every entity that is Galina's, of the neighbouring district."""
    body = factories.agency("Чужая школа", "5.3", cast.other_district)
    person = factories.employee(body, last_name="Чужанина")
    return factories.one_of_each(cast.far, "00099", body, person, last_name="Чужанин", word="Дальнее", year=2025)


def acting(cast: factories.Cast, name: str) -> Any:
    user = cast.user(name)
    return access.acting_as(scopes.scope_of(user, [role.name for role in user.roles], TODAY, special=True))


def refused(match: str = ".") -> str:
    with pytest.raises(Refusal, match=match) as caught:
        db.session.flush()
    db.session.rollback()
    return caught.value.field or ""


def touch(row: Any) -> None:
    """Change a plain text of a row."""
    column = next(column.key for column in class_mapper(type(row)).columns
                  if isinstance(column.type, String | Text) and not column.foreign_keys
                  and column.key not in ("annul_reason", *getattr(row, "ADMINISTERED", ())))  # fmt: skip
    setattr(row, column, "иное")


@pytest.mark.one_database("whose a row is, is compared in Python; the statements behind it are those of test_access.py")
@pytest.mark.parametrize("name", [*NAMES])
def test_a_foreign_row_is_not_changed_and_ones_own_is(name, cast, mine, hers):
    if name in ("Mentor", "Assignment", "RegistrationCriterion", "WorkingGroupMember"):
        pytest.skip("no text of its own: its keys are tried below")
    own, foreign = mine[name], hers[name]
    with acting(cast, "anna"):
        touch(foreign)
        refused()
        touch(own)
        db.session.flush()


@pytest.mark.one_database("whose a row is, is compared in Python; the statements behind it are those of test_access.py")
@pytest.mark.parametrize("name", NAMES)
def test_a_foreign_row_is_not_deleted(name, cast, hers):
    foreign = hers[name]
    with acting(cast, "anna"):
        db.session.delete(foreign)
        with pytest.raises(Refusal):
            db.session.flush()
        db.session.rollback()


def owner_of(row: Any) -> str:
    owners = {"Family": "territory_id", "Territory": "parent_id", "Assignment": "family_id", "SurveyGroup": "family_id"}
    return owners.get(type(row).__name__, type(row).OWNER if hasattr(type(row), "OWNER") else "")


# What hangs on these stands in their family by a reference, or they are numbered in their place: no one at all carries
# them into another.
HELD_BY_THE_DATABASE = ("Member", "Registration", "Decision", "Aid", "StayExtension", "RegistrationCriterion",
                        "Programme", "Stage", "Problem", "WorkingGroupMember", "PlannedMeasure",
                        "Submission")  # fmt: skip


@pytest.mark.one_database("whose a row is, is compared in Python; the statements behind it are those of test_access.py")
@pytest.mark.parametrize("name", [name for name in NAMES if name != "Territory"])
def test_a_row_is_neither_pulled_in_nor_pushed_out(name, cast, mine, hers):
    own, foreign = mine[name], hers[name]
    column = owner_of(own)
    for row, becomes in ((foreign, getattr(own, column)), (own, getattr(foreign, column))):
        with acting(cast, "anna"), db.session.no_autoflush:
            if hasattr(row, "member"):
                continue  # its family is its member's
            setattr(row, column, becomes)
            with pytest.raises((Refusal, IntegrityError) if name in HELD_BY_THE_DATABASE else Refusal):
                db.session.flush()
            db.session.rollback()


@pytest.mark.parametrize("name", ["Education", "Supervision", "PupilSupport", "IdentityDocument"])
def test_a_row_of_a_person_is_not_given_to_a_foreign_person(name, cast, mine, hers):
    for row, becomes in ((hers[name], mine["Member"]), (mine[name], hers["Member"])):
        with acting(cast, "anna"), db.session.no_autoflush:
            row.member = becomes
            refused()


def test_a_body_a_person_a_place_of_another_district_is_not_made(cast, mine, hers):
    far, body = cast.far.id, hers["Agency"].id
    kind = mine["Agency"].kind_id
    rows = [
        lambda: Agency(name="Подложный", name_key="подложныи", kind_id=kind, territory_id=far),
        lambda: Employee(agency_id=body, last_name="Подложный", first_name="Лев"),
        lambda: Territory(name="Хутор", name_key="хутор", kind=terms.TerritoryKind.SETTLEMENT, parent_id=far),
        lambda: Territory(name="Край", name_key="краи", kind=terms.TerritoryKind.REGION),
        lambda: Assignment(employee_id=mine["Employee"].id, territory_id=far, started_on=TODAY),
        lambda: Member(family_id=hers["Family"].id, last_name="Подложный", first_name="Лев"),
    ]
    for make in rows:
        with acting(cast, "anna"):
            db.session.add(make())
            refused()


def test_nothing_is_made_on_what_lies_above_ones_own_territory(cast, mine):
    """The region is seen from each of its districts: whoever were given it by Anna would see all of them."""
    region, body = cast.root, factories.agency("Министерство", "5.2", cast.root)
    db.session.commit()
    key, body_id, kind, employee = region.id, body.id, mine["Agency"].kind_id, mine["Employee"].id
    rows = [
        lambda: Assignment(employee_id=employee, territory_id=key, started_on=TODAY),
        lambda: Agency(name="Подложный", name_key="подложныи", kind_id=kind, territory_id=key),
        lambda: Employee(agency_id=body_id, last_name="Подложный", first_name="Лев"),
        lambda: Territory(name="Район", name_key="раион", kind=terms.TerritoryKind.DISTRICT, parent_id=key),
        lambda: TerritoryAlias(name="Край", name_key="краи", territory_id=key),
        lambda: ChildPopulation(territory_id=key, counted_on=TODAY, children=1),
        lambda: Family(number="00100", territory_id=key, district_id=key),
    ]
    for make in rows:
        with acting(cast, "anna"):
            db.session.add(make())
            refused("не поручена")
    with acting(cast, "anna"):
        mine["Assignment"].family_id, mine["Assignment"].territory_id = None, key
        refused("не поручена")


@pytest.mark.parametrize("make", [
    lambda mine, hers: Mentor(family_id=mine["Family"].id, employee_id=hers["Employee"].id, started_on=TODAY),
    lambda mine, hers: Assignment(family_id=mine["Family"].id, employee_id=hers["Employee"].id, started_on=TODAY),
    lambda mine, hers: Aid(family_id=mine["Family"].id, performer_id=hers["Agency"].id, given_on=TODAY),
    lambda mine, hers: Aid(family_id=mine["Family"].id, recipients=[hers["Member"]], given_on=TODAY),
    lambda mine, hers: Registration(
        family_id=mine["Family"].id, decision_id=hers["Decision"].id, registered_on=TODAY
    ),
    lambda mine, hers: Registration(
        family_id=mine["Family"].id, decision_id=mine["Decision"].id, registered_on=TODAY,
        sender_id=hers["Agency"].id,
    ),
])  # fmt: skip
def test_a_row_of_ones_own_does_not_name_a_foreign_one(make, cast, mine, hers):
    """A mentor, a performer, a sender is of the own district or of what lies above it."""
    with acting(cast, "anna"), db.session.no_autoflush:
        db.session.add(make(mine, hers))
        refused("нет среди ваших")


def test_a_body_of_the_region_may_be_named_and_is_not_written(cast, mine):
    region = factories.agency("Министерство", "5.2", cast.root)
    db.session.flush()
    with acting(cast, "anna"):
        mine["Registration"].sender = region
        db.session.flush()
        assert not guard.may_write(region)
        region.phone = "иной"
        refused("не поручена")


def test_what_was_named_before_stays_named(cast, mine, hers):
    mine["Registration"].sender = hers["Agency"]
    db.session.flush()
    with acting(cast, "anna"):
        mine["Registration"].note = "иное"
        db.session.flush()
        assert mine["Registration"].sender is hers["Agency"]


@pytest.mark.parametrize(("column", "value"), [("parent_id", "south"), ("kind", terms.TerritoryKind.DISTRICT)])
def test_only_the_administrator_moves_a_territory(column, value, cast, mine):
    place = cast.north
    value = cast.south.id if value == "south" else value
    with acting(cast, "anna"):
        setattr(place, column, value)
        assert refused("только администратор") == column.removesuffix("_id")
    with acting(cast, "oleg"):
        setattr(place, column, value)
        db.session.flush()
    said = db.session.scalars(select(JournalEntry.changes).order_by(JournalEntry.id.desc()).limit(1)).one()
    assert said[column][-2:] == (
        ["Тестовый район", "Южное городское поселение"] if column == "parent_id" else ["settlement", "district"]
    )


def test_only_the_administrator_says_whose_sign_in_a_person_of_a_body_is(cast, mine):
    with acting(cast, "anna"):
        mine["Employee"].user_id = cast.user("renata").id
        assert refused("только администратор") == "user"


def test_only_the_administrator_gives_roles_and_territories(cast, mine):
    anna, far = cast.user("anna"), cast.far.id
    with acting(cast, "anna"):
        anna.roles = [*cast.user("oleg").roles]
        refused("только администратор")
        db.session.add(HomeTerritory(user_id=anna.id, territory_id=far))
        refused("только администратор")


def test_words_of_the_law_are_the_administrators_and_local_ones_the_coordinators(cast):
    law, local = (db.session.scalars(select(entity).limit(1)).one() for entity in (Criterion, MeasureBlock))
    with acting(cast, "anna"):
        law.name = "иное"
        refused("только администратор")
        local.name = "иное"
        db.session.flush()
    with acting(cast, "oleg"):
        law.name = "иное"
        db.session.flush()


def test_the_administrator_keeps_places_and_no_families(cast, mine):
    with acting(cast, "oleg"):
        mine["Agency"].phone = "иной"
        db.session.flush()
        mine["Family"].additional = "иное"
        refused()


def test_who_merely_reads_a_family_does_not_write_about_it(cast, mine, hers):
    """Anna is also of a commission to which a family of another district is given."""
    person = factories.employee(cast.agency("5.1"), cast.user("anna"))
    factories.assignment(person, date(2026, 1, 1), of=hers["Family"])
    factories.assignment(person, date(2026, 1, 1), place=cast.far)
    db.session.flush()
    roles = [terms.Role.COORDINATOR, terms.Role.COMMISSION]
    scope = scopes.scope_of(cast.user("anna"), roles, TODAY)
    with access.acting_as(scope):
        assert db.session.scalars(select(Family.id).where(Family.id == hers["Family"].id)).one()
        hers["Member"].workplace = "иное"
        refused("только читаете")
        db.session.add(Aid(family_id=hers["Family"].id, given_on=TODAY))
        refused("только читаете")
        hers["Agency"].phone = "иной"
        refused("не поручена")


def test_a_body_notes_its_aid_to_the_families_it_guides_and_nothing_else(cast, mine, hers):
    family = mine["Family"]
    with acting(cast, "gleb"):
        db.session.add(Aid(family_id=family.id, given_on=TODAY))
        db.session.flush()
        db.session.add(Member(family_id=family.id, last_name="Подложный", first_name="Лев"))
        refused("только читаете")
        mine["Aid"].description = "иное"
        refused("только читаете")
        db.session.add(Aid(family_id=hers["Family"].id, given_on=TODAY))
        refused("Такой семьи нет")


def test_a_load_is_of_whoever_loaded_it_and_of_whoever_keeps_its_district(cast):
    hers = [ImportBatch(district=cast.other_district, user=cast.user("galina"), as_of=TODAY, file_name="чужая.xlsx",
                        sha256="0" * 64)]  # fmt: skip
    own = ImportBatch(district=cast.other_district, user=cast.user("anna"), as_of=TODAY, file_name="своя.xlsx",
                      sha256="0" * 64)  # fmt: skip
    db.session.add_all([*hers, own])
    db.session.flush()
    with acting(cast, "anna"):
        assert list(db.session.scalars(select(ImportBatch))) == [own]
        hers[0].file_name = "иная.xlsx"
        refused("другой координатор")
        own.file_name = "иная.xlsx"
        db.session.flush()


# Bulk statements


def test_bulk_rows_are_asked_by_the_same_words(cast, mine, hers):
    own, far = mine["Family"].id, hers["Family"].id
    cases: list[tuple[Any, dict[str, Any], bool]] = [
        (Family, {"territory_id": cast.far.id, "district_id": cast.district.id}, True),
        (Family, {"id": far, "additional": "иное"}, False),
        (Family, {"id": own, "territory_id": cast.far.id}, False),
        (Family, {"id": far, "territory_id": cast.north.id}, False),
        (Member, {"family_id": far, "last_name": "Подложный"}, True),
        (Member, {"id": hers["Member"].id, "family_id": own}, False),
        (Registration, {"family_id": own, "decision_id": hers["Decision"].id}, True),
        (Aid, {"id": mine["Aid"].id, "performer_id": hers["Agency"].id}, False),
        (Agency, {"territory_id": cast.far.id}, True),
        (Criterion, {"id": 1, "name": "иное"}, False),
    ]
    with acting(cast, "anna"):
        for entity, values, fresh in cases:
            with pytest.raises(Refusal):
                guard.check_bulk(entity, [values], fresh=fresh)
        guard.check_bulk(Member, [{"family_id": own, "last_name": "Свой"}], fresh=True)
        guard.check_bulk(Family, [{"id": own, "territory_id": cast.south.id}], fresh=False)
    guard.check_bulk(Member, [{"family_id": far, "last_name": "Командный"}], fresh=True)


def test_a_settlement_made_a_moment_ago_is_ones_own(cast):
    """The scope was settled before it was there."""
    with acting(cast, "anna"):
        place = factories.territory("Новое", terms.TerritoryKind.SETTLEMENT, cast.district)
        part = factories.territory("Хутор", terms.TerritoryKind.SETTLEMENT, place)
        body = factories.agency("Школа", "5.3", part)
        factories.employee(body, last_name="Свой")
        guard.check_bulk(Family, [{"territory_id": part.id, "district_id": cast.district.id}], fresh=True)


def test_every_word_of_belonging_is_tried_here():
    tried = {Whose.FAMILY, Whose.GIVEN, Whose.CARD, Whose.SURVEY, Whose.MEETING, Whose.TRANSFER, Whose.TERRITORY,
             Whose.AGENCY}  # fmt: skip
    assert {entity.WHOSE for entity in OWNED} == tried


def test_a_workbook_is_loaded_and_taken_back_on_ones_own_rows_only(cast):
    batch = load(Sound().content())
    book = Sound()
    book.row(FAMILIES.title)["Источник дохода"] = "иной"
    plan = planned(book.content())
    assert plan.updates
    with acting(cast, "galina"):
        with pytest.raises(Refusal):
            apply.apply(plan, TODAY)
        db.session.rollback()
        with pytest.raises(Refusal, match="не поручены"):
            undo.undo(batch, TODAY)
        db.session.rollback()


def test_a_column_names_the_rows_of_one_entity(app):
    """A key that two tables are bound by names the row; that it is of the same family is kept by the database."""
    wrong = []
    for mapper in Model.registry.mappers:
        entity = mapper.class_
        for column, target in guard._targets(entity).items():
            keys = {key.column.table.name for key in mapper.columns[column].foreign_keys if key.column.name == "id"}
            wrong += [f"{entity.__name__}.{column}: {target.__name__}"] if keys != {target.__table__.name} else []
    assert not wrong
    assert guard._targets(AgendaItem)["family_id"] is Family
