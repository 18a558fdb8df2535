"""Migrations: one head, the models and the tables agree, up and down with data in place."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask_migrate import downgrade, upgrade
from sqlalchemy import (
    CheckConstraint,
    ForeignKeyConstraint,
    PrimaryKeyConstraint,
    UniqueConstraint,
    inspect,
    select,
    text,
)
from sqlalchemy.exc import IntegrityError

from app import clock, journal, troubles
from app.clock import today
from app.domain.terms import Act, TerritoryKind
from app.exchange import undo
from app.extensions import db
from app.models import (
    Agency,
    ChildPopulation,
    Criterion,
    Draft,
    Education,
    Family,
    ImportBatch,
    Money,
    OfFamily,
    Paper,
    Registration,
    RegistrationCriterion,
    SavedFilter,
    Supervision,
    SupervisionKind,
    Territory,
)
from app.services import family_keys, registrations
from tests import factories
from tests.exchange.workbooks import Sound, load, planned

THE_SAME_WAY = pytest.mark.one_database("every migration is gone down and up on both by the way to nothing and back")


@pytest.fixture
def scripts(app) -> ScriptDirectory:
    return ScriptDirectory(app.extensions["migrate"].directory)


def test_there_is_one_head(scripts):
    assert len(scripts.get_heads()) == 1


def test_migrations_are_numbered_in_order(scripts):
    numbers = [script.revision for script in scripts.walk_revisions()][::-1]
    assert numbers == [f"{n:04d}" for n in range(1, len(numbers) + 1)]


def test_the_tables_are_as_the_models_say(app):
    def same_type(_context, _column, _model_column, _kind, model_type):
        return False if isinstance(model_type, Money) else None

    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": same_type})
        assert compare_metadata(context, db.metadata) == []


def test_every_foreign_key_has_an_index(app):
    for table in db.metadata.tables.values():
        if table.name.startswith("ab_"):
            continue
        ordered = [index.columns for index in table.indexes]
        ordered += [
            item.columns for item in table.constraints if isinstance(item, PrimaryKeyConstraint | UniqueConstraint)
        ]
        indexed = {next(iter(columns)).name for columns in ordered if len(columns)}
        for key in table.foreign_key_constraints:
            assert key.column_keys[0] in indexed, f"{table.name}.{key.column_keys[0]} has no index"


def test_the_way_down_and_up_again_with_data(app, cast):
    family = factories.family(cast.north, number="00001")
    factories.member(family)
    factories.registration(family, date(2026, 1, 1))
    db.session.commit()
    db.session.remove()
    downgrade(revision="base")
    with db.engine.connect() as connection:
        left = set(inspect(connection).get_table_names()) - {"alembic_version"}
        assert left == set()
    upgrade()
    assert db.session.scalars(select(Family)).all() == []


def test_a_second_upgrade_leaves_the_data_alone(app, cast):
    factories.family(cast.north, number="00001")
    db.session.commit()
    upgrade()
    assert db.session.scalar(select(Family.number)) == "00001"


def test_sqlite_keeps_its_references_and_its_log(app):
    if db.engine.dialect.name != "sqlite":
        pytest.skip("SQLite only")
    for pragma, value in (("foreign_keys", 1), ("journal_mode", "wal"), ("synchronous", 2)):
        assert db.session.execute(text(f"PRAGMA {pragma}")).scalar() == value


OLD_KEYS = [
    ("territory", "name_key"), ("territory_alias", "name_key"), ("agency", "name_key"), ("member", "sort_key"),
    ("family", "sort_key"), ("family", "search_key"),
]  # fmt: skip


def _stored_keys() -> dict[str, list[tuple]]:
    with db.engine.connect() as connection:
        found = {f"{table}.{column}": connection.execute(text(f"select id, {column} from {table} order by id")).all()
                 for table, column in OLD_KEYS}  # fmt: skip
        found["search_word"] = connection.execute(text("select family_id, word from search_word order by 1, 2")).all()
    return {name: [tuple(row) for row in rows] for name, rows in found.items()}


def _spoil_keys() -> None:
    """Keys as they were when only the letters а–я counted, or worse."""
    with db.engine.begin() as connection:
        for table, column in OLD_KEYS:
            connection.execute(text(f"update {table} set {column} = 'к' || id"))
        connection.execute(text("update search_word set word = 'ллл' || word"))


def test_stored_keys_are_made_anew_with_every_letter_and_deadlines_as_shipped(app, cast):
    twins = factories.family(cast.north, number="00007", registered_address="Әлмәт урамы, 1")
    for name in ("Гөлия", "Гүлия"):
        factories.member(twins, "дочь", date(2014, 3, 3), "Гайнетдинова", name, None)
    gone = factories.member(twins, "дочь", date(2014, 3, 3), "Ушедшая", "Ия", None)
    factories.member(factories.family(cast.south, number="00008"))
    db.session.flush()
    gone.annulled_at = clock.now()
    family_keys.refresh(twins, clock.today())
    first, second = _look_alike(cast.district)
    db.session.commit()
    before, shipped = _stored_keys(), _deadlines(*OF_DEADLINES)
    assert (twins.id, "алмат") in before["search_word"]
    key, same = first.id, second.id
    before["territory.name_key"].remove((same, "горныи хутор"))
    before["territory.name_key"].append((same, f"горный хутор {same}"))
    assert (key, "горный хутор") in before["territory.name_key"]
    db.session.remove()
    downgrade(revision="0001")
    told = _deadlines("counted_from", '"limit"', "source")
    assert told["bank_entry_3d"] == ("поступление постановления КДН и карты учета", "3", "seed_krasnosulin 3.2")
    _spoil_keys()
    _as_it_was_shipped()
    upgrade()
    assert _stored_keys() == before
    assert _deadlines(*OF_DEADLINES) == shipped


def _look_alike(district: Territory) -> list[Territory]:
    """Two places that only look different: one key may stand once."""
    composed = "Горный хутор"
    apart = composed.replace("й", "и\u0306")
    found = [Territory(name=name, name_key=key, kind=TerritoryKind.SETTLEMENT, parent=district)
             for name, key in ((composed, "горный хутор"), (apart, "горныи хутор"))]  # fmt: skip
    db.session.add_all(found)
    db.session.flush()
    return found


OF_DEADLINES = ("starts", "stops", "number", "unit", "days", "clause", "retired")
SHIPPED_LATER = {"body_answer", "signal_receipt_1h", "signal_answer_1d"}  # than the words of deadlines became moments


def _deadlines(*columns: str) -> dict[str, tuple]:
    with db.engine.connect() as connection:
        rows = connection.execute(text(f"select code, {', '.join(columns)} from deadline order by id")).all()
    return {row[0]: tuple(row[1:]) for row in rows if row[0] not in SHIPPED_LATER}


@THE_SAME_WAY
def test_the_deadlines_that_a_municipality_edited_keep_its_values(app, cast):
    shipped = _deadlines(*OF_DEADLINES)
    db.session.remove()
    downgrade(revision="0004")
    with db.engine.begin() as connection:
        for code, column, value in EDITED:
            statement = f'update deadline set "{column}" = :value where code = :code'
            connection.execute(text(statement), {"value": value, "code": code})
    upgrade()
    found = _deadlines(*OF_DEADLINES)
    assert found["bank_entry_3d"] == ("papers_received", "entered", 5, "working_day", None, "Положение, 3.2", False)
    assert found["month_2"][2] is None
    assert found["month_2"][5] == "Положение, 3.6.6; отсчёт: первый вторник; срок: второй день"
    assert found["quarter_5"][5] == "Распоряжение главы, пункт 4"
    assert found["rg_quarter"][2:] == (None, "date_list", "12.01; 12.07", None, False)
    untouched = shipped.keys() - {"bank_entry_3d", "month_2", "quarter_5", "rg_quarter"}
    assert {code: found[code] for code in untouched} == {code: shipped[code] for code in untouched}


EDITED = [
    ("bank_entry_3d", "limit", "5"), ("bank_entry_3d", "unit", "working_day"), ("month_2", "limit", "второй день"),
    ("month_2", "counted_from", "первый вторник"), ("quarter_5", "source", "Распоряжение главы, пункт 4"),
    ("rg_quarter", "limit", "12.01; 12.07"), ("rg_quarter", "source", None), ("rg_quarter", "retired", False),
]  # fmt: skip


def _as_it_was_shipped() -> None:
    with db.engine.begin() as connection:
        connection.execute(text("update deadline set \"limit\" = '10 Jan; 5 Apr; 5 Jul; 5 Oct', source = 'found http'"
                                " where code = 'rg_quarter'"))  # fmt: skip
        connection.execute(text("update deadline set retired = false"))
        connection.execute(text("update deadline set source = 'composed default' where code = 'transfer'"))
        connection.execute(text("update deadline set source = 'seed_krasnosulin 3.2 (not stated)'"
                                " where code = 'bank_entry_3d'"))  # fmt: skip


# What the database itself refuses


def _constraints() -> dict[str, set[tuple[str, str]]]:
    """Foreign keys of several columns and checks, by table."""
    with db.engine.connect() as connection:
        found = inspect(connection)
        return {
            table: {("", ",".join(key["constrained_columns"])) for key in found.get_foreign_keys(table)}
            | {(check["name"], "") for check in found.get_check_constraints(table)}
            for table in found.get_table_names()
        }


def test_the_checks_and_references_are_those_of_the_models(app):
    stored = _constraints()
    for table in db.metadata.tables.values():
        declared = {
            (f"ck_{table.name}_{item.name}", "") for item in table.constraints if isinstance(item, CheckConstraint)
        }
        declared |= {("", ",".join(key.column_keys)) for key in table.foreign_key_constraints}
        if not table.name.startswith("ab_"):
            assert stored[table.name] == declared, table.name


# The first membership of a person who moved is one of another family; what was decided of two who looked like one
# stands though a merge takes them elsewhere.
BETWEEN_FAMILIES = {
    ("member", "origin_id"), ("doubles_decision", "member_id"), ("doubles_decision", "other_member_id"),
}  # fmt: skip


def test_every_reference_to_a_fact_of_a_family_bears_the_family():
    facts = {mapper.local_table for mapper in Family.registry.mappers if issubclass(mapper.class_, OfFamily)}
    alone = {
        (table.name, *key.column_keys)
        for table in db.metadata.tables.values()
        for key in table.foreign_key_constraints
        if key.referred_table in facts and ("family_id", "family_id") not in _pairs(key)
    }
    assert alone == BETWEEN_FAMILIES, "in_the_family_of is forgotten: a row could stand in two families"


def _pairs(key: ForeignKeyConstraint) -> set[tuple[str, str]]:
    return {(element.parent.name, element.column.name) for element in key.elements}


def _indexes(tables: Iterable[str]) -> dict[str, list[str]]:
    """Every index of some tables, with the condition of one that is partial."""
    with db.engine.connect() as connection:
        return {
            table: sorted(
                f"{found['name']} {found['column_names']} {found['unique']} "
                f"{[str(option) for option in found['dialect_options'].values()]}"
                for found in inspect(connection).get_indexes(table)
            )
            for table in tables
        }


def _filled(cast: factories.Cast) -> dict[str, int]:
    """A family with a row of each kind that migration 0007 looks at, and a further family; the keys of the rows."""
    family, other = factories.family(cast.north, number="00042"), factories.family(cast.south, number="00043")
    child = factories.member(family, joined_on=date(2020, 1, 1))
    place = ChildPopulation(territory=cast.north, counted_on=date(2026, 1, 1), children=900)
    db.session.add(place)
    kind = factories.by_code(SupervisionKind, "school")
    watched = Supervision(member=child, family=family, kind=kind, started_on=date(2026, 1, 1))
    db.session.add(watched)
    rows = {
        "family": family, "member": child, "education": factories.education(child, date(2025, 9, 1)),
        "pupil_support": factories.support(child, 2026, 1), "supervision": watched,
        "registration": factories.registration(family, date(2025, 1, 1), until=date(2025, 6, 1)),
        "aid": factories.aid(family, date(2025, 2, 2), recipients=[child]),
        "mentor": factories.mentor(family, cast.employee("gleb"), date(2025, 1, 1)),
        "assignment": factories.assignment(cast.employee("boris"), date(2025, 1, 1), of=family),
        "child_population": place, "other": other,
    }  # fmt: skip
    db.session.commit()
    keys = {name: row.id for name, row in rows.items()}
    db.session.remove()
    return keys


ANNULLED = "annulled_at = '2026-01-01 00:00:00+00:00'"
BROKEN = {
    ("family", "income_per_member = -1"): "доход меньше нуля",
    ("family", "stated_size = -1"): "число членов семьи меньше нуля",
    ("member", "left_on = '2019-01-01'"): "дата выбытия раньше",
    ("education", "ended_on = '2019-01-01'"): "дата окончания раньше даты начала",
    ("pupil_support", "quarter = 5"): "квартал",
    ("supervision", "ended_on = '2019-01-01'"): "дата окончания раньше даты начала",
    ("registration", "removed_on = '2019-01-01'"): "дата снятия раньше даты постановки",
    ("aid", "amount = -1"): "сумма меньше нуля",
    ("mentor", "ended_on = '2019-01-01'"): "дата окончания раньше даты начала",
    ("assignment", "ended_on = '2019-01-01'"): "дата окончания раньше даты начала",
    ("assignment", "family_id = null"): "либо за семьёй, либо за территорией",
    ("child_population", "children = -1"): "число детей меньше нуля",
    ("education", "family_id = :other"): "стоят в разных семьях",
}


def _set(table: str, key: int, change: str, other: int) -> None:
    values = {"key": key} | ({"other": other} if ":other" in change else {})
    with db.engine.begin() as connection:
        connection.execute(text(f"update {table} set {change} where id = :key"), values)


def test_the_database_refuses_what_no_rule_allows_unless_it_is_annulled(app, cast):
    keys = _filled(cast)
    for table, change in BROKEN:
        with pytest.raises(IntegrityError) as refused:
            _set(table, keys[table], change, keys["other"])
        assert troubles.breaks_a_check(refused.value) is (":other" not in change)
    for table, change in BROKEN:
        if table != "child_population" and ":other" not in change:
            _set(table, keys[table], ANNULLED, keys["other"])
            _set(table, keys[table], change, keys["other"])


def _strange(cast: factories.Cast, *numbers: str) -> dict[str, Any]:
    """Facts of two families: a stay, a paper and an aid of the first, a decision and a person of the second."""
    first, second = (factories.family(cast.north, number=number) for number in numbers or ("00052", "00053"))
    child = factories.member(first)
    stay = factories.registration(first, date(2025, 1, 1), until=date(2025, 6, 1))
    paper = Paper(
        family=first, title="Постановление", decision=stay.decision, file_name="п.pdf", mime="application/pdf", size=9,
        sha256="0" * 64, key=first.number.rjust(32, "0"),
    )  # fmt: skip
    db.session.add(paper)
    aid = factories.aid(first, date(2025, 2, 2), recipients=[child])
    rows = {
        "registration": stay, "paper": paper, "aid": aid, "person": factories.member(second), "child": child,
        "decision": factories.registration(second, date(2025, 3, 3)).decision, "first": first, "second": second,
    }  # fmt: skip
    db.session.commit()
    keys = {name: row.id for name, row in rows.items()}
    db.session.remove()
    return keys


# Where a row of the first family names what is of the second: the table, its column, what it names.
STRANGE = {
    "a stay on a strange decision": ("registration", "decision_id", "decision"),
    "a removal by a strange decision": ("registration", "removal_decision_id", "decision"),
    "a paper of a strange decision": ("paper", "decision_id", "decision"),
    "aid to a strange person": ("aid_recipients", "member_id", "person"),
    "a strange family beside a recipient": ("aid_recipients", "family_id", "second"),
}
OF_AID = "aid_recipients"


def _name_strange(keys: dict[str, Any], table: str, column: str, named: str) -> None:
    owner, key = ("aid_id", keys["aid"]) if table == OF_AID else ("id", keys[table])
    with db.engine.begin() as connection:
        change = text(f"update {table} set {column} = :named where {owner} = :key")
        connection.execute(change, {"named": keys[named], "key": key})


def _rows(query: str, **values: Any) -> list[tuple[Any, ...]]:
    with db.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query), values)]


def test_the_database_refuses_to_name_facts_of_another_family_even_of_annulled_rows(app, cast):
    keys = _strange(cast)
    for table in ("registration", "paper", "aid"):
        _set(table, keys[table], ANNULLED, 0)
    for told in STRANGE.values():
        with pytest.raises(IntegrityError):
            _name_strange(keys, *told)


def test_the_rules_of_the_database_come_with_the_data_in_place_or_name_what_they_forbid(app, cast, caplog):
    keys, untouched, strange = _filled(cast), _strange(cast, "00054", "00055"), _strange(cast)
    indexes = _indexes((keys.keys() - {"other"}) | {"decision", "paper", OF_AID})
    assert any("annulled_at IS NULL" in index for index in indexes["education"])
    downgrade(revision="0006")
    _stopped_by_what_no_rule_allows(keys, caplog)
    _set_right(keys)
    upgrade(revision="0007")
    _stopped_by_facts_of_another_family(strange, caplog)
    for table in ("registration", "paper", "aid"):
        _set(table, strange[table], ANNULLED, 0)
    upgrade()
    family_id = db.session.scalar(select(Education.family_id).where(Education.id == keys["education"]))
    db.session.remove()
    assert family_id == keys["family"], "a row that counts nowhere follows its person"
    of_filled = "select count(*) from registration_criterion where registration_id = :key"
    assert _rows(of_filled, key=keys["registration"]) == [(1,)]
    _decided_for_themselves(strange)
    assert _rows("select aid_id, member_id, family_id from aid_recipients order by 1") == [
        (keys["aid"], keys["member"], keys["family"]),
        (untouched["aid"], untouched["child"], untouched["first"]),
    ], "recipients know their family"
    assert _indexes(indexes) == indexes


def _stopped_by_what_no_rule_allows(keys: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    before = _constraints()
    for table, change in BROKEN:
        _set(table, keys[table], change, keys["other"])
    with pytest.raises(SystemExit):
        upgrade()
    assert _constraints() == before
    told = caplog.text
    assert "ничего не изменено" in told
    for (table, _change), words in BROKEN.items():
        assert words in told, table
    assert f"Член семьи {keys['member']} (семья № 00042)" in told
    assert "Полозов" not in told


def _set_right(keys: dict[str, Any]) -> None:
    for table in {table for table, _change in BROKEN} - {"child_population"}:
        _set(table, keys[table], ANNULLED, keys["other"])
    _set("child_population", keys["child_population"], "children = 1", keys["other"])


def _stopped_by_facts_of_another_family(keys: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    before = _constraints()
    for table, column, named in STRANGE.values():
        if column != "family_id":
            _name_strange(keys, table, column, named)
    caplog.clear()
    with pytest.raises(SystemExit):
        upgrade()
    assert _constraints() == before
    for title, table in (("Постановка на учёт", "registration"), ("Документ", "paper"), ("Помощь", "aid")):
        assert caplog.text.count(f"{title} {keys[table]} (семья № 00052)") == 1
    assert "00054" not in caplog.text


def _decided_for_themselves(keys: dict[str, Any]) -> None:
    """What annulled rows named of another family is theirs, and the other family keeps its own."""
    for table, column in (("registration", "decision_id"), ("registration", "removal_decision_id"),
                          ("paper", "decision_id")):  # fmt: skip
        ((family_id, annulled_at, decided_on),) = _rows(
            f"select d.family_id, d.annulled_at, d.decided_on from decision d join {table} t on d.id = t.{column} "
            "where t.id = :key", key=keys[table]
        )  # fmt: skip
        assert (family_id, str(decided_on)) == (keys["first"], "2025-03-03")
        assert annulled_at is not None
    assert _rows("select family_id, annulled_at from decision where id = :key", key=keys["decision"]) == [
        (keys["second"], None)
    ]


FILTER = ("FamilyRegistry", "Северное, без помощи", '{"_flt_0_state": "on"}')


def _save_filter(user_id: int, view: str, name: str, conditions: str) -> None:
    with db.engine.begin() as connection:
        connection.execute(
            text("insert into saved_filter (user_id, view, name, conditions, saved_at) "
                 "values (:user_id, :view, :name, :conditions, '2026-01-01 00:00:00+00:00')"),
            {"user_id": user_id, "view": view, "name": name, "conditions": conditions},
        )  # fmt: skip


CARDS = ("signal_card", "card_child", "card_step", "card_word", "signal_card_criteria", "draft")
MEETINGS = ("commission_member", "meeting", "meeting_attendance", "agenda_item", "agenda_item_criteria", "instruction",
            "decision_outcome")  # fmt: skip


def _tables() -> set[str]:
    with db.engine.connect() as connection:
        return set(inspect(connection).get_table_names())


@THE_SAME_WAY
def test_meetings_cards_and_saved_filters_go_with_their_tables_and_the_bank_stays(app, cast):
    found = factories.one_of_each(cast.north, "00061", cast.agency("5.3"), cast.employee("gleb"))
    found["AgendaItem"].decision = found["Decision"]
    acts = [journal.entry(Act.DESTROYED, entity="Family", entity_id=1, summary="уничтожено"),
            journal.entry(Act.RESTORED, summary="Банк восстановлен")]  # fmt: skip
    journal.write(acts)
    anna, boris = cast.user("anna").id, cast.user("boris").id
    db.session.commit()
    body, decided = found["Agency"].id, found["Decision"].id
    db.session.remove()
    for user_id in (anna, boris):
        _save_filter(user_id, *FILTER)
    assert _rows("select number from signal_card") == [(1,)]
    indexes = _indexes([*MEETINGS, *CARDS, "saved_filter"])
    assert all(found for table, found in indexes.items() if table != "decision_outcome")
    downgrade(revision="0024")
    assert not set(MEETINGS) & _tables()
    with db.engine.connect() as connection:
        assert "sits_as" not in {column["name"] for column in inspect(connection).get_columns("agency")}
    assert _rows("select id from decision where id = :key", key=decided) == [(decided,)]
    assert _rows("select number from signal_card") == [(1,)]
    downgrade(revision="0013")
    assert not set(CARDS) & _tables()
    downgrade(revision="0011")
    assert "saved_filter" not in _tables()
    assert _rows("select number from family") == [("00061",)]
    upgrade()
    # What was destroyed by an act is called so again.
    said = "select act from journal_entry where act in ('destroyed', 'restored') order by id"
    assert _rows(said) == [("destroyed",), ("restored",)]
    assert [_rows(f"select count(*) from {table}") for table in (*MEETINGS, *CARDS)] == [[(0,)]] * len(MEETINGS + CARDS)
    assert _rows("select sits_as from agency where id = :key", key=body) == [(None,)]
    assert _indexes(indexes) == indexes
    factories.signal_card(cast.north, cast.agency("5.3"))
    factories.meeting(db.session.get_one(Agency, body), clock.today())
    db.session.commit()
    _saved_filters_work_again(anna, boris)


def _saved_filters_work_again(*users: int) -> None:
    assert _rows("select * from saved_filter") == []
    for user_id in users:
        _save_filter(user_id, *FILTER)
    for user_id in (users[0], sum(users) + 10_000):
        with pytest.raises(IntegrityError):
            _save_filter(user_id, *FILTER)
    assert {row.conditions["_flt_0_state"] for row in db.session.scalars(select(SavedFilter))} == {"on"}


def _save_draft(user_id: int, key: str) -> None:
    with db.engine.begin() as connection:
        connection.execute(Draft.__table__.insert().values(user_id=user_id, kind="signal", key=key, words={}))


def _criteria_as_before() -> list[tuple[Any, ...]]:
    return _rows("select registration_id, position, criterion_id, family_id from registration_criterion order by 1, 2")


def test_criteria_without_days_begin_with_their_stay_those_in_force_go_back_and_sent_drafts_are_known(app, cast):
    home, other = factories.family(cast.north, number="00061"), factories.family(cast.south, number="00062")
    first = factories.registration(home, date(2024, 1, 1), until=date(2024, 6, 1), criteria=("2.1.1", "2.2.1"))
    stay = factories.registration(home, date(2026, 1, 1), criteria=("2.1.1", "2.2.1"))
    wrong = factories.registration(other, date(2026, 2, 2), criteria=("2.3.1",))
    factories.change(stay, date(2026, 5, 5), ("2.5.1", "2.2.1"))
    registrations.annul(wrong, reason="не та семья", today=date(2026, 6, 6))
    codes = {code: factories.by_code(Criterion, code).id for code in ("2.1.1", "2.2.1", "2.3.1", "2.5.1")}
    user_id = cast.user("gleb").id
    for key, at in (("open", None), ("sent", clock.now())):
        db.session.add(Draft(user_id=user_id, kind="signal", key=key, words={"last_name": ["Мятлева"]}, sent_at=at))
    db.session.commit()
    keys = {"first": first.id, "stay": stay.id, "wrong": wrong.id, "home": home.id, "other": other.id}
    db.session.remove()
    indexes = _indexes(["registration_criterion", "draft"])
    downgrade(revision="0023")
    kept = [
        *((keys["first"], place, codes[code], keys["home"]) for place, code in enumerate(("2.1.1", "2.2.1"))),
        *((keys["stay"], place, codes[code], keys["home"]) for place, code in enumerate(("2.5.1", "2.2.1"))),
        (keys["wrong"], 0, codes["2.3.1"], keys["other"]),
    ]
    assert _criteria_as_before() == kept
    assert _rows("select count(*) from journal_entry where entity = 'RegistrationCriterion'") == [(0,)]
    downgrade(revision="0020")
    assert _rows("select key from draft") == [("open",)]
    upgrade()
    assert _criteria_as_before() == kept
    assert _indexes(indexes) == indexes
    _criteria_have_days(keys, len(kept))
    _drafts_are_known_by_their_keys(user_id)


def _criteria_have_days(keys: dict[str, int], many: int) -> None:
    rows = db.session.scalars(select(RegistrationCriterion)).all()
    for row in rows:
        assert (row.since, row.until, row.ended_by_id) == (row.registration.registered_on, None, None)
        assert row.decision is row.registration.decision
        assert row.annulled_at == row.registration.annulled_at
    assert len(rows) == many
    assert [one for one in journal.all_differences() if one.entity is RegistrationCriterion] == []
    stay = db.session.get_one(Registration, keys["stay"])
    db.session.delete(next(row for row in rows if row.registration_id == keys["wrong"]))
    factories.change(stay, date(2026, 6, 6), ("2.1.1",), "4/4")
    assert [row.criterion.code for row in stay.criteria] == ["2.1.1"]
    db.session.rollback()


def _drafts_are_known_by_their_keys(user_id: int) -> None:
    """A draft that was sent went with its key; those that are typed stay."""
    (last,) = db.session.scalars(select(Draft)).all()
    assert (last.key, last.words["last_name"], last.sent_at) == ("open", ["Мятлева"], None)
    key = last.id
    db.session.delete(last)
    db.session.add(Draft(user_id=user_id, kind="signal", key="next", words={}))
    db.session.commit()
    assert db.session.scalar(select(Draft.id)) > key
    with pytest.raises(IntegrityError):
        _save_draft(user_id, "next")


@pytest.mark.one_database("the undoing of a load; the rows of the upgrade are looked at on both")
def test_a_load_from_before_the_criteria_had_days_is_still_undone(app, cast):
    first = load(Sound().content()).id
    book = Sound()
    book.row("Постановка и снятие", 2)["Критерии"] = "2.3.1; 2.1.3"
    second = load(book.content()).id
    stay = db.session.scalars(select(Registration).order_by(Registration.id.desc())).first()
    made = [row.criterion_id for row in stay.criteria]
    was = [factories.by_code(Criterion, "2.1.3").id]
    key = stay.id
    db.session.remove()
    downgrade(revision="0023")
    # What the second load kept of the list, and said of it in the journal.
    with db.engine.begin() as connection:
        counts = {"sheets": {}, "created": {}, "links": {"criteria": {str(key): [was, made]}}}
        connection.execute(text("update import_batch set counts = :counts where id = :id"),
                           {"counts": json.dumps(counts), "id": second})  # fmt: skip
        connection.execute(
            text(
                "insert into journal_entry (at, user_name, act, entity, entity_id, family_id, summary, changes, "
                "batch_id) select at, user_name, 'changed', 'Registration', :key, family_id, 'Постановка', :said, :id "
                "from journal_entry where entity = 'Registration' and entity_id = :key"
            ),
            {"key": key, "said": json.dumps({"criteria": [was, made, [], []]}), "id": second},
        )
        found = connection.execute(text("select counts from import_batch where id = :id"), {"id": first}).scalar()
        counts = json.loads(found)
        del counts["created"]["registration_criterion"]
        connection.execute(text("update import_batch set counts = :counts where id = :id"),
                           {"counts": json.dumps(counts), "id": first})  # fmt: skip
    upgrade()
    undo.undo(db.session.get_one(ImportBatch, second), today())
    db.session.commit()
    db.session.expire_all()
    assert [row.criterion_id for row in db.session.get_one(Registration, key).criteria] == was
    found = planned(Sound().content())
    assert not found.changes
    new = {title for title, count in found.counts.items() if count["new"]}
    assert new == {"Этапы", "План"}, "programmes had no tables then, and went with theirs"
    undo.undo(db.session.get_one(ImportBatch, first), today())
    db.session.commit()
    live = select(RegistrationCriterion.id).where(RegistrationCriterion.annulled_at.is_(None))
    assert db.session.scalars(live).all() == []


def test_items_of_agendas_get_codes_of_their_own_and_the_register_of_delivery_goes(app, cast):
    rows = factories.one_of_each(cast.north, "00071", cast.agency("5.3"), cast.employee("gleb"))
    factories.agenda_item(rows["Meeting"])
    db.session.commit()
    before = _rows("select id, title from agenda_item order by id")
    db.session.remove()
    with app.app_context():
        downgrade(revision="0035")
        upgrade()
    assert _rows("select id, title from agenda_item order by id") == before
    codes = [code for (code,) in _rows("select code from agenda_item")]
    assert len(set(codes)) == len(before) >= 2
    assert all(len(code) == 16 for code in codes)
    assert _rows("select * from delivery") == []
