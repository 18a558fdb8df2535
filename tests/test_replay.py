"""Replaying the journal of any row gives the row: every entity, every field, every road by which a fact is changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Boolean, Date, DateTime, Enum, Integer, String, select
from sqlalchemy.orm import class_mapper

from app import journal, models
from app.clock import today
from app.domain.terms import Act
from app.exchange import undo
from app.extensions import db
from app.journal import changes
from app.models import Entity, JournalEntry, Money, Role
from app.services import accounts, registrations
from tests import factories
from tests.exchange.workbooks import Sound, load, planned
from tests.states import kept

ENTITIES = [entity for entity in changes.entities() if issubclass(entity, Entity)]
# Of two fields that exclude each other one stands before the change and one after it.
NEVER_BOTH = {("Assignment", "territory_id", 0), ("Assignment", "family_id", 1)}
# What hangs on these stands in their family, by the database: they never go to another one.
OF_ONE_FAMILY = (models.Member, models.Registration, models.Decision, models.Aid, models.Paper,
                 models.StayExtension, models.RegistrationCriterion, models.AgendaItem, models.Transfer,
                 models.Programme, models.Problem, models.Stage, models.PlannedMeasure,
                 models.WorkingGroupMember)  # fmt: skip
# Counters of the row itself, and what is derived from other columns: all that a replay leaves out.
COUNTERS = {"id", "version"}
DERIVED = {
    "Family": {"name", "sort_key", "search_key", "destroyed"}, "Member": {"sort_key"}, "Territory": {"name_key"},
    "TerritoryAlias": {"name_key"}, "Agency": {"name_key"},
    "PaperTemplate": {"content"}, "Transfer": {"secret"}, "BookWord": {"text_key"},
    "SignalCard": {"search_key", "name_key", "sent_on", "destroyed"}, "DoublesDecision": {"moved"},
    "BookStep": {"content"},
    "Submission": {"choice", "figures", "lists", "counts", "rules", "last_entry", "scan", "scan_mime", "previous"},
}  # fmt: skip


def test_what_a_replay_leaves_out_is_named_here():
    for entity in ENTITIES:
        left_out = {column.key for column in class_mapper(entity).column_attrs} - {
            field.name for field in changes.fields(entity)
        }
        left_out -= COUNTERS | DERIVED.get(entity.__name__, set())
        assert not left_out, f"{entity.__name__}: the journal does not know {left_out}"


def unfaithful() -> dict[str, list[str]]:
    """Rows of the whole bank whose entries do not give them, with the fields that differ."""
    db.session.flush()
    return {f"{found.entity.__name__} {found.key}": found.names for found in journal.all_differences()}


@kept
def pointed_at(cast: factories.Cast) -> dict[str, Any]:
    """Rows to point at: two of each kind, those of families in two families."""
    families = [factories.family(place, number) for place, number in ((cast.north, "701"), (cast.south, "702"))]
    people = [factories.member(families[0], first_name=name) for name in ("Глеб", "Марк")]
    decisions = [factories.decision(families[0], date(2026, 1, day), number=str(day)) for day in (8, 9)]
    stays = [factories.registration(families[0], date(2026, month, 8), until=date(2026, month, 9)) for month in (3, 4)]
    meetings = [factories.meeting(cast.agency("5.1"), date(2026, 1, day)) for day in (8, 9)]
    plans = [factories.programme(stay, date(2026, 1, 8), date(2026, 9, 9), problems=["долги"]) for stay in stays]
    stages = [factories.stage(plan, date(2026, 1, 8), date(2026, 9, 9)) for plan in plans]
    made = (
        [factories.load(cast.district, date(2026, 1, day)) for day in (8, 9)], plans, stages,
        [plan.problems[0] for plan in plans], [factories.measure(stage, date(2026, 3, 3)) for stage in stages],
        [factories.aid(families[0], date(2026, 1, day)) for day in (8, 9)], meetings,
        [factories.agenda_item(each) for each in meetings], stays, families, people, decisions,
        [cast.north, cast.south], [cast.user("oleg"), cast.user("renata")],
        [cast.employee("boris"), cast.employee("vera")], list(db.session.scalars(select(Role)).all()[-2:]),
    )  # fmt: skip
    return {f"{type(row).__name__} {turn}": row for rows in made for turn, row in enumerate(rows)}


class Ground:
    """The rows to point at, and those of further kinds that are made when one is pointed at."""

    def __init__(self, rows: Mapping[str, Any]) -> None:
        self.rows, self.made = rows, {}
        self.number = 0

    def target(self, entity: type[Any], turn: int) -> Any:
        name = f"{entity.__name__} {turn % 2}"
        if name in self.rows:
            return self.rows[name]
        if entity not in self.made:
            self.made[entity] = list(db.session.scalars(select(entity).order_by(entity.id).limit(2)))
            while len(self.made[entity]) < 2:
                row = self.whole(entity, len(self.made[entity]))
                db.session.add(row)
                db.session.flush()
                self.made[entity].append(row)
        return self.made[entity][turn % 2]

    def whole(self, entity: type[Any], turn: int) -> Any:
        row = entity()
        self.fill(row, turn)
        return row

    def fill(self, row: Any, turn: int) -> None:
        """Set every field and list; keys of other rows are set along the relation, as forms and services do."""
        self.number += 1
        mapper = class_mapper(type(row))
        relations = {
            next(iter(relation.local_columns)).key: relation.key
            for relation in mapper.relationships
            if relation.direction.name == "MANYTOONE"
        }
        for place, field in enumerate(changes.fields(type(row))):
            if field.name in ("annulled_at", "annul_reason"):
                continue
            if field.target is None:
                setattr(row, field.name, self.value(field.type, place, turn))
            elif (type(row).__name__, field.name, turn) in NEVER_BOTH:
                setattr(row, relations[field.name], None)
            elif field.name != "family_id" or not (
                isinstance(row, models.OfMember) or (row.id and isinstance(row, OF_ONE_FAMILY))
            ):
                setattr(row, relations[field.name], self.target(field.target, turn))
        if isinstance(row, models.PaperTemplate):
            row.content = b"PK"
        if isinstance(row, models.Submission):
            row.figures, row.lists, row.rules, row.previous = "{}", b"", "0" * 64, "1" * 64
        for name in ("name_key", "text_key"):
            if hasattr(row, name):
                setattr(row, name, f"ключ {self.number}")
        for each in changes.lists(type(row)):
            setattr(row, each.name, [self.target(each.target, turn)])

    def value(self, kind: Any, place: int, turn: int) -> Any:
        if isinstance(kind, Money):
            return Decimal(f"{100 + place}.5{turn}")
        if isinstance(kind, DateTime):
            return datetime(2026, 2, 1 + turn, 10, 30, tzinfo=UTC)
        if isinstance(kind, Date):
            return date(2025, 1, 1) + timedelta(days=400 * turn + 10 * place)
        if isinstance(kind, Enum):
            return list(kind.enum_class)[turn]
        if isinstance(kind, Boolean):
            return turn == 0
        if isinstance(kind, Integer):
            return 1 + turn + (2 if place > 2 else 0)
        assert isinstance(kind, String), kind
        return f"{'аб'[turn]}{self.number}"[: kind.length or 50]


@pytest.mark.one_database("the journal is written and replayed in Python; test_a_load_and_its_undoing is on both")
@pytest.mark.parametrize("entity", ENTITIES, ids=lambda entity: entity.__name__)
def test_every_field_made_changed_and_annulled_is_replayed(app, pointed_at, entity):
    ground = Ground(pointed_at)
    with db.session.no_autoflush:
        row = ground.whole(entity, 0)
    db.session.add(row)
    db.session.flush()
    assert journal.differences(row) == []
    told = journal.replay(entity, row.id)
    unset = {name for owner, name, turn in NEVER_BOTH if (owner, turn) == (entity.__name__, 0)}
    empty = {name for name, value in told.items() if value in (None, [])} - {"annulled_at", "annul_reason", *unset}
    assert not empty, f"the test sets every field, the journal has nothing of {empty}"

    ground.fill(row, 1)
    db.session.flush()
    db.session.expire_all()
    assert journal.differences(row) == []
    same = {name for name, value in journal.replay(entity, row.id).items() if value == told[name]}
    assert same <= {"annulled_at", "annul_reason", "family_id"}, f"the test changes every field, {same} stayed"

    if hasattr(row, "annulled_at"):
        row.annulled_at, row.annul_reason = datetime(2026, 3, 1, tzinfo=UTC), "внесено дважды"
        db.session.flush()
        db.session.expire_all()
        assert journal.differences(row) == []
    entries = db.session.scalars(
        select(JournalEntry).where(JournalEntry.entity == entity.__name__, JournalEntry.entity_id == row.id)
    )
    for entry in entries:
        for name in changes.targets(entity).keys() & entry.changes.keys() - {"family_id"}:
            assert all(side for side in entry.changes[name][-1:]), f"{entity.__name__}.{name}: no words"


@pytest.mark.parametrize("entity", [models.TerritoryAlias, models.HomeTerritory, models.FurtherRole, models.WorkingDay])
def test_a_deleted_row_replays_to_nothing(app, pointed_at, entity):
    row = Ground(pointed_at).whole(entity, 0)
    db.session.add(row)
    db.session.flush()
    key = row.id
    db.session.delete(row)
    db.session.flush()
    assert journal.replay(entity, key) is None


def last_entry(entity: str) -> JournalEntry:
    query = select(JournalEntry).where(JournalEntry.entity == entity).order_by(JournalEntry.id.desc()).limit(1)
    return db.session.scalars(query).one()


def test_the_cast_and_the_dictionaries_are_told_whole(app):
    assert unfaithful() == {}


def test_a_family_that_moves_says_from_where_to_where(app, cast, sign_in, page):
    family = factories.family(cast.north, "00001", members=[])
    factories.member(family)
    client = sign_in("anna")
    form = page(client, f"/familyregistry/edit/{family.id}").xpath("//form[.//*[@name='territory']]")[0]
    values = {name: value for name, value in form.form_values() if name != "csrf_token"}
    assert (
        client.post(f"/familyregistry/edit/{family.id}", data={**values, "territory": cast.south.id}).status_code == 302
    )
    said = last_entry("Family").changes
    assert said == {"territory_id": [cast.north.id, cast.south.id, cast.north.name, cast.south.name]}
    text = " ".join(page(client, f"/family/{family.id}/history").text_content().split())
    assert "Территория: Северное сельское поселение → Южное городское поселение" in text
    assert unfaithful() == {}


def test_a_territory_that_moves_leaves_an_entry(app, cast):
    cast.north.parent = cast.other_district
    db.session.flush()
    entry = last_entry("Territory")
    assert entry.changes["parent_id"][2:] == ["Тестовый район", "Соседний район"]


def test_new_aid_says_its_kind_its_performer_and_who_received_it(app, cast):
    family = factories.family(cast.north)
    people = [factories.member(family, first_name=name) for name in ("Глеб", "Марк")]
    aid = factories.aid(family, date(2026, 5, 5), performer=cast.agency("5.2"), recipients=people)
    said = last_entry("Aid").changes
    assert said["kind_id"][3] == str(aid.kind)
    assert said["performer_id"][3] == cast.agency("5.2").name
    assert said["recipients"] == [[], [row.id for row in people], [], [row.full_name for row in people]]
    aid.recipients.remove(people[0])
    db.session.flush()
    assert last_entry("Aid").changes["recipients"][:2] == [[row.id for row in people], [people[1].id]]


def test_each_criterion_of_a_stay_is_told_in_its_place_and_a_changed_one_too(app, cast):
    stay = factories.registration(factories.family(cast.north), date(2026, 1, 1), criteria=("2.1.1", "2.2.1"))
    first, second = stay.criteria
    assert [journal.replay(models.RegistrationCriterion, row.id)["position"] for row in (first, second)] == [0, 1]
    was = first.criterion_id
    first.criterion = factories.by_code(models.Criterion, "2.3.1")
    db.session.flush()
    assert last_entry("RegistrationCriterion").changes["criterion_id"][:2] == [was, first.criterion_id]
    assert unfaithful() == {}


def test_roles_and_territories_of_a_user_are_told(app, cast):
    user = cast.user("vera")
    roles = accounts.roles_named(["Член КДН", "Аудитор"])
    accounts.set_roles(user, roles)
    assert [sorted(words) for words in last_entry("User").changes["roles"][2:]] == [
        ["Член КДН"],
        ["Аудитор", "Член КДН"],
    ]
    accounts.set_territories(user, [cast.south])
    assert last_entry("User").changes["territories"] == [[], [cast.south.id], [], [cast.south.name]]
    assert journal.differences(user) == []


def test_annulling_a_family_with_its_rows_is_told_row_by_row(app, cast):
    family = factories.family(cast.north)
    child = factories.member(family)
    factories.registration(family, date(2026, 1, 1))
    factories.education(child, date(2026, 1, 1))
    factories.aid(family, date(2026, 5, 5), recipients=[child])
    registrations.annul(family, reason="внесена дважды", today=today())
    assert unfaithful() == {}
    assert journal.replay(models.Education, child.educations[0].id)["annul_reason"] == "внесена дважды"


def test_a_load_and_its_undoing_are_told_row_by_row(app, cast):
    batch = load(Sound().content())
    assert unfaithful() == {}
    book = Sound()
    book.row("Семьи")["Территория"] = "Ошибочное поселение"
    book.row("Семьи")["Категории"] = ""
    second = load(book.content())
    assert unfaithful() == {}
    undo.undo(second, today())
    db.session.commit()
    assert unfaithful() == {}
    assert not planned(Sound().content()).does_something
    undo.undo(batch, today())
    db.session.commit()
    assert unfaithful() == {}
    assert set(db.session.scalars(select(JournalEntry.act).where(JournalEntry.entity == "Aid"))) == {
        Act.CREATED, Act.ANNULLED,
    }  # fmt: skip


def test_an_entry_of_the_older_form_is_still_read(app, cast, sign_in, page):
    """Before keys had words beside them, a column held only keys, and a list the names that left and that came."""
    family = factories.family(cast.north, "00001")
    old = {"territory_id": [cast.north.id, cast.south.id], "categories": [["многодетная"], ["неполная"]]}
    journal.write([journal.entry(Act.CHANGED, entity="Family", entity_id=family.id, family_id=family.id, said=old)])
    db.session.commit()
    text = " ".join(page(sign_in("anna"), f"/family/{family.id}/history").text_content().split())
    assert "Северное сельское поселение → Южное городское поселение" in text
    assert "многодетная → неполная" in text
    told = " ".join(page(sign_in("avgust"), "/journal/?act=changed").text_content().split())
    assert f"№ {cast.north.id} → № {cast.south.id}" in told
    assert "многодетная" not in told, "words without keys may tell of health: only the permission shows them"
