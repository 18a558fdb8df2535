"""Rows are scoped once, for every SELECT."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, event, func, select
from sqlalchemy.orm import aliased, selectinload

from app import access, scopes
from app.clock import now
from app.domain import terms
from app.domain.refusal import Refusal
from app.extensions import db
from app.models import (
    AgendaItem,
    Assignment,
    CommissionMember,
    Family,
    FamilyCategory,
    HomeTerritory,
    ImportBatch,
    Instruction,
    JournalEntry,
    Meeting,
    Member,
    Mentor,
    Supervision,
    SupervisionKind,
)
from app.readings import given, listings
from app.readings import kept as found_kept
from tests import factories
from tests.states import kept

TODAY = date(2026, 9, 30)
EVE = TODAY - timedelta(days=1)


def scope_of(cast: factories.Cast, name: str) -> access.Scope:
    user = cast.user(name)
    return scopes.scope_of(user, [role.name for role in user.roles], TODAY)


@pytest.fixture
def three(cast: factories.Cast) -> dict[str, Family]:
    families = {place: factories.family(getattr(cast, place)) for place in ("north", "south", "far")}
    for family in families.values():
        factories.member(family)
    db.session.commit()
    return families


def test_each_person_sees_own_families_only(cast, three):
    expected = {
        "anna": {"north", "south"},
        "boris": {"north"},
        "vera": {"south"},
        "gleb": set(),
        "oleg": set(),
        "renata": set(),
        "avgust": set(),
    }
    for name, places in expected.items():
        with access.acting_as(scope_of(cast, name)):
            seen = set(db.session.scalars(select(Family.id)))
            members = set(db.session.scalars(select(Member.family_id)))
            counted = db.session.scalar(select(func.count(Family.id)))
            wanted = {three[place].id for place in places}
        assert (seen, members, counted) == (wanted, wanted, len(wanted)), name


def test_aliases_joins_and_loaded_relations_are_narrowed_too(cast, three):
    other, home = aliased(Member), aliased(Family)
    statements = [
        select(other.family_id),
        select(home.id),
        select(other.family_id).join(other.family.of_type(home)),
        select(Member.family_id).join(Family, Family.id == Member.family_id),
        select(func.max(other.family_id)).group_by(other.family_id),
        select(Member.family_id).where(Member.family.has(Family.number != "")),
    ]
    for name, place in (("boris", "north"), ("vera", "south"), ("boris", "north")):
        with access.acting_as(scope_of(cast, name)):
            for statement in statements:
                assert set(db.session.scalars(statement)) == {three[place].id}, (name, str(statement))
            db.session.expire_all()
            families = db.session.scalars(select(Family).options(selectinload(Family.members))).all()
            assert [len(family.members) for family in families] == [1]


def test_a_statement_of_the_core_over_narrowed_rows_is_narrowed(cast, three):
    """The outer SELECT names no entity: what it counts is narrowed all the same."""
    few = select(Family.id).limit(10).subquery()
    with access.acting_as(scope_of(cast, "boris")):
        assert db.session.scalar(select(func.count()).select_from(few)) == 1


def test_what_is_compiled_once_gives_each_person_own_rows(cast, three):
    def read() -> tuple[set[int], set[int]]:
        families = db.session.scalars(select(Family).options(selectinload(Family.members))).all()
        found = {family.id for family in families}, {child.family_id for family in families for child in family.members}
        db.session.expunge_all()
        return found

    places = {"anna": ("north", "south"), "boris": ("north",), "vera": ("south",), "gleb": ()}
    keys = {place: family.id for place, family in three.items()}
    for name in (*places, *reversed(places)):
        with access.acting_as(scope_of(cast, name)):
            wanted = {keys[place] for place in places[name]}
            assert read() == (wanted, wanted), name


@pytest.mark.one_database("conditions are put together in Python")
def test_conditions_are_shared_by_those_whom_they_do_not_tell_apart(app):
    """The conditions of equal scopes are kept and given to both people: who asks may stand in no other one."""
    scopes_of = [access.Scope(today=date(2026, 1, 1), territories=frozenset({1}), kept=frozenset({1}), agency=2,
                              employee=3, assigned_to=3, user_id=user_id) for user_id in (101, 102)]  # fmt: skip
    assert scopes_of[0] == scopes_of[1]
    apart = set()
    for entity in sorted((mapper.class_ for mapper in Family.registry.mappers), key=lambda one: one.__name__):
        said = {str(scope._rows(entity).compile(db.engine, compile_kwargs={"literal_binds": True}))
                for scope in scopes_of}  # fmt: skip
        given = {str(scope.rows(entity).compile(db.engine, compile_kwargs={"literal_binds": True}))
                 for scope in scopes_of}  # fmt: skip
        assert given == said, f"{entity.__name__}: the rows of one person are given to another"
        apart |= {entity.__name__} if len(said) > 1 else set()
    assert {"ImportBatch", "Job"} <= apart


def test_related_rows_are_narrowed_once_and_by_whoever_asks_for_them(cast, three):
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        with access.acting_as(scope_of(cast, "boris")):
            family = db.session.scalars(select(Family).options(selectinload(Family.members))).one()
        assert sent[-1].count("EXISTS") == 1, "the same condition stands in it twice"
        db.session.expire(family, ["members"])
        with access.acting_as(access.NOBODY):
            assert family.members == []
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def test_without_a_scope_there_are_no_rows(cast, three):
    with access.acting_as(access.NOBODY):
        assert db.session.scalars(select(Family)).all() == []
        assert db.session.scalars(select(Member).join(Member.family)).all() == []


def test_an_assignment_shows_a_family_only_while_it_lasts(cast, three):
    boris = cast.employee("boris")
    factories.assignment(boris, date(2026, 1, 1), of=three["far"], until=TODAY)
    factories.assignment(boris, date(2026, 1, 1), of=three["south"])
    with access.acting_as(scope_of(cast, "boris")):
        assert set(db.session.scalars(select(Family.id))) == {three["north"].id, three["south"].id}


def test_a_mentor_shows_the_family_to_the_agency(cast, three):
    factories.mentor(three["north"], cast.employee("gleb"), date(2026, 1, 1))
    with access.acting_as(scope_of(cast, "gleb")):
        assert list(db.session.scalars(select(Family.id))) == [three["north"].id]


def test_a_body_sees_the_same_rows_whether_its_families_are_gathered_or_met_one_by_one(cast, three, sign_in,
                                                                                      monkeypatch):  # fmt: skip
    """And the places of what is given to it from the moment it is given."""
    gleb = cast.employee("gleb")
    factories.agency("Дальняя школа", "5.3", cast.far)
    stay = factories.registration(three["south"], date(2026, 1, 1))
    of_body = factories.programme(stay, date(2026, 1, 2), date(2027, 1, 2), approved=True)
    at = factories.stage(of_body, date(2026, 1, 2), date(2026, 12, 31))
    factories.measure(at, date(2026, 12, 1), performer=gleb.agency)
    factories.mentor(three["north"], gleb, date(2026, 1, 1))
    db.session.commit()
    browser = sign_in("gleb")
    for most in (given.MOST_GATHERED, 0):
        monkeypatch.setattr(given, "MOST_GATHERED", most)
        found_kept.answers.clear()
        families, members = (browser.get(f"/{name}registry/list/").text for name in ("family", "member"))
        for place, shown in (("north", True), ("south", True), ("far", False)):
            assert (three[place].number in families) is shown, place
            assert (f"/family/{three[place].id}" in members) is shown, place
        assert three["south"].number in browser.get("/programmeregistry/list/").text
        with access.acting_as(scope_of(cast, "gleb")):
            every = listings.BY_NAME[listings.ALL]
            assert listings.counts([every], TODAY) == {every.name: 2}
    assert "Дальняя школа" not in browser.get("/agencyregistry/list/").text
    factories.mentor(three["far"], gleb, date(2026, 1, 1))
    db.session.commit()
    assert "Дальняя школа" in browser.get("/agencyregistry/list/").text


def test_a_row_of_an_unseen_family_is_not_stored(cast, three):
    stranger = three["far"].id
    with access.acting_as(scope_of(cast, "anna")):
        db.session.add(Member(family_id=stranger, last_name="Чужой", first_name="Ян"))
        with pytest.raises(Refusal):
            db.session.flush()
        db.session.rollback()


def test_a_family_is_not_moved_to_an_unseen_territory(cast, three):
    far = cast.far.id
    with access.acting_as(scope_of(cast, "anna")):
        db.session.get(Family, three["north"].id).territory_id = far
        with pytest.raises(Refusal):
            db.session.flush()
        db.session.rollback()


def test_health_and_convictions_need_a_permission_of_their_own(cast, sign_in):
    family = factories.family(cast.north, categories=("1", "16"))
    child = factories.member(family)
    for code in ("school", "psychiatry"):
        kind = factories.by_code(SupervisionKind, code)
        db.session.add(Supervision(member=child, family=family, kind=kind, started_on=date(2026, 1, 1)))
    factories.mentor(family, cast.employee("gleb"), date(2026, 1, 1))
    db.session.commit()
    secrets = ("Диспансерное наблюдение психиатра", "Семья с родителем-инвалидом")
    for name, told in (("anna", True), ("boris", True), ("gleb", False)):
        page = sign_in(name).get(f"/family/{family.id}").text
        assert "Внутришкольный учет" in page, name
        assert all((secret in page) is told for secret in secrets), name


# What was given and does not hold shows nothing; the same given truly does.

HELD: dict[str, tuple[str, Any]] = {
    "a family": ("boris", lambda cast, of: factories.assignment(cast.employee("boris"), EVE, of=of)),
    "a territory": ("boris", lambda cast, of: factories.assignment(cast.employee("boris"), EVE, place=of.territory)),
    "a family guided by the body": ("gleb", lambda cast, of: factories.mentor(of, cast.employee("gleb"), EVE)),
}
ENDS = {
    "ended today": lambda row: setattr(row, "ended_on", TODAY),
    "begins tomorrow": lambda row: setattr(row, "started_on", TODAY + timedelta(days=1)),
    "annulled": lambda row: setattr(row, "annulled_at", now()),
    "the person left the body": lambda row: setattr(row.employee, "dismissed", True),
}


def families_of(cast: factories.Cast, name: str) -> set[int]:
    with access.acting_as(scope_of(cast, name)):
        return set(db.session.scalars(select(Family.id)))


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("what", HELD)
def test_what_was_given_shows_families_while_it_holds_and_is_true(what, end, cast, three):
    name, give = HELD[what]
    row = give(cast, three["far"])
    db.session.flush()
    assert three["far"].id in families_of(cast, name)
    ENDS[end](row)
    db.session.flush()
    assert three["far"].id not in families_of(cast, name)


@pytest.mark.parametrize("give", [
    lambda cast, far: HomeTerritory(user=cast.user("boris"), territory=far.territory),
    lambda cast, far: HomeTerritory(user=cast.user("oleg"), territory=far.territory),
    lambda cast, far: Assignment(employee=cast.employee("gleb"), family=far, started_on=EVE),
    lambda cast, far: Assignment(employee=cast.employee("gleb"), territory=far.territory, started_on=EVE),
    lambda cast, far: Mentor(employee=cast.employee("boris"), family=far, started_on=EVE),
])  # fmt: skip
def test_what_is_given_to_another_role_shows_nothing(give, cast, three):
    """Territories are a coordinator's, assignments a commission member's, guided families a body's."""
    db.session.add(give(cast, three["far"]))
    db.session.flush()
    for name in factories.CAST:
        assert (three["far"].id in families_of(cast, name)) is (name == "galina"), name


def test_whoever_is_given_a_territory_reads_it_and_does_not_keep_it(cast, three):
    boris, anna = scope_of(cast, "boris"), scope_of(cast, "anna")
    assert cast.north.id in boris.territories
    assert not boris.covers_territory(cast.north.id)
    assert anna.covers_territory(cast.north.id)


def test_a_relation_leads_to_no_foreign_row(cast, three):
    """Who moved from another district: where from is not told."""
    before = db.session.scalars(select(Member).where(Member.family_id == three["far"].id)).one()
    moved = factories.member(three["north"], first_name="Егор", origin=before).id
    db.session.commit()
    for scope, told in ((scope_of(cast, "anna"), False), (access.EVERYTHING, True)):
        db.session.expunge_all()
        with access.acting_as(scope):
            assert (db.session.get(Member, moved).origin is not None) is told


def test_a_load_of_the_region_is_not_of_those_who_keep_a_part_of_it(cast):
    db.session.add(ImportBatch(district=cast.root, as_of=TODAY, file_name="регион.xlsx", sha256="0" * 64))
    db.session.flush()
    for name in factories.CAST:
        with access.acting_as(scope_of(cast, name)):
            assert not db.session.scalars(select(ImportBatch)).all(), name


def test_the_administrator_reads_the_journal_of_accounts_alone(cast, three):
    told = [("User", None), ("Role", None), ("User", three["far"].id), ("ImportBatch", None), ("Agency", None),
            ("Member", three["north"].id)]  # fmt: skip
    db.session.execute(delete(JournalEntry))
    db.session.add_all(
        JournalEntry(act=terms.Act.CHANGED, entity=entity, family_id=family_id) for entity, family_id in told
    )
    db.session.flush()
    seen = {"oleg": told[:2], "anna": told[5:], "boris": told[5:], "vera": [], "gleb": [], "renata": [],
            "galina": told[2:3], "avgust": told}  # fmt: skip
    for name, wanted in seen.items():
        with access.acting_as(scope_of(cast, name)):
            rows = db.session.scalars(select(JournalEntry).order_by(JournalEntry.id))
            assert [(row.entity, row.family_id) for row in rows] == wanted, name


@kept
def agenda(cast: factories.Cast) -> dict[str, Any]:
    """A meeting of the commission of Boris and Vera about families and cards of both their settlements, a closed one
    that has instructed Gleb's body, and a meeting of the neighbouring district."""
    boris, vera, gleb = (cast.employee(name) for name in ("boris", "vera", "gleb"))
    body = boris.agency
    for person in (boris, vera):
        factories.commission_member(person, body, date(2026, 1, 1))
    ahead = factories.meeting(body, date(2026, 10, 10))
    held = factories.meeting(body, date(2026, 9, 9), [boris, vera], closed_at=now())
    far = factories.meeting(factories.agency("Комиссия соседей", "5.1", cast.other_district), date(2026, 10, 10))
    found: dict[str, Any] = {"ahead": ahead, "held": held, "far": far}
    for name, place, meeting in (
        ("north", cast.north, ahead),
        ("south", cast.south, ahead),
        ("foreign", cast.far, far),
    ):
        found[name] = factories.agenda_item(meeting, factories.family(place))
        found[f"card of {name}"] = factories.agenda_item(meeting, card=factories.signal_card(place))
    found["neither"] = factories.agenda_item(ahead, title="О плане работы")
    asked = factories.agenda_item(held, found["south"].family, decided_at=now())
    found |= {"asked": asked, "given": factories.instruction(asked, gleb.agency, TODAY, given_on=held.held_on)}
    found["prepared"] = factories.instruction(found["south"], gleb.agency, TODAY)
    found["to another"] = factories.instruction(asked, cast.agency("5.3"), TODAY, given_on=held.held_on)
    return found


OF_AGENDA = {
    "anna": {"ahead", "held", "north", "card of north", "south", "card of south", "neither", "asked", "given",
             "prepared", "to another"},
    "boris": {"ahead", "held", "north", "card of north"},
    "vera": {"ahead", "held", "south", "card of south", "asked", "given", "prepared", "to another"},
    "gleb": {"given"},
    "galina": {"far", "foreign", "card of foreign"},
    "oleg": set(), "renata": set(), "avgust": set(),
}  # fmt: skip
OF_AGENDA["zoya"] = OF_AGENDA["anna"]


@pytest.mark.parametrize("name", factories.CAST)
def test_of_a_meeting_each_sees_what_is_about_own_families(name, agenda, cast):
    """A member: of its items those of his families and of the cards of his territory; a body: what it was told."""
    kinds = (Meeting, AgendaItem, Instruction)
    keys = {(type(row), row.id): one for one, row in agenda.items()}
    with access.acting_as(scope_of(cast, name)):
        seen = {keys[entity, key] for entity in kinds for key in db.session.scalars(select(entity.id))}
    assert seen == OF_AGENDA[name]


def test_who_left_the_commission_sees_its_meetings_no_more(agenda, cast):
    member = db.session.scalars(
        select(CommissionMember).where(CommissionMember.employee_id == cast.employee("boris").id)
    ).one()
    member.ended_on = TODAY
    db.session.flush()
    with access.acting_as(scope_of(cast, "boris")):
        assert not db.session.scalars(select(Meeting)).all()
        assert list(db.session.scalars(select(AgendaItem.id))) == [agenda["north"].id]


def test_every_special_word_is_hidden_from_whoever_lacks_the_permission(cast):
    of = factories.family(cast.north)
    child = factories.member(of)
    of.categories = list(db.session.scalars(select(FamilyCategory)))
    kinds = db.session.scalars(select(SupervisionKind)).all()
    db.session.add_all(Supervision(member=child, family=of, kind=kind, started_on=TODAY) for kind in kinds)
    db.session.commit()
    family_id, groups = of.id, {category.group for category in of.categories}
    assert groups > {"health", "legal"}
    ordinary = {kind.code for kind in kinds if not kind.special}
    db.session.expunge_all()
    with access.acting_as(scope_of(cast, "anna")):
        own = db.session.get(Family, family_id)
        assert {category.group for category in own.categories} == groups - {"health", "legal"}
        assert {row.kind.code for row in db.session.scalars(select(Supervision))} == ordinary
