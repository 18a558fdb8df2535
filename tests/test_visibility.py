"""Every entity says whose its rows are, and the word covers whatever its foreign keys lead to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from sqlalchemy import Column, ForeignKey, Integer, MetaData, Table

from app import access, models
from app.models import Model, Whose

MAPPED = sorted((mapper.class_ for mapper in Model.registry.mappers), key=lambda entity: entity.__name__)
OURS = [entity for entity in MAPPED if entity.__module__.startswith("app.")]
# What reaches a territory and is nobody's row all the same.
EXCUSED = {
    "HomeTerritory": "says who keeps what: the administrator's, told by `scopes.scope_of` to the person",
    "DestructionItem": "tells the number of a case and nobody's name: seen with its act, where that lies",
}
# The words that cover what a table reaches, the strongest first.
COVERED_BY = [
    ("meeting", {Whose.MEETING}),
    ("survey_group", {Whose.SURVEY}),
    ("signal_card", {Whose.CARD, Whose.SURVEY}),
    (
        "family",
        {Whose.FAMILY, Whose.GIVEN, Whose.CARD, Whose.SURVEY, Whose.TRANSFER},
    ),  # a card names a family, which is seen by its own word
    ("agency", {Whose.FAMILY, Whose.GIVEN, Whose.AGENCY, Whose.MEETING}),
    ("territory", {Whose.FAMILY, Whose.GIVEN, Whose.AGENCY, Whose.TERRITORY, Whose.LOAD}),
]


def reached(table: Table) -> set[str]:
    """The tables to which foreign keys lead from a table, however far."""
    found, waiting = {table.name}, [table]
    while waiting:
        for key in waiting.pop().foreign_keys:
            if key.column.table.name not in found:
                found.add(key.column.table.name)
                waiting.append(key.column.table)
    return found


def uncovered(rows: Iterable[tuple[str, Table, Whose | None]]) -> list[str]:
    """What each table reaches and its word does not cover."""
    faults = []
    for name, table, whose in rows:
        reaches = reached(table) - {table.name}
        strongest = next(((key, words) for key, words in COVERED_BY if key in reaches), None)
        if strongest and whose not in strongest[1] and name not in EXCUSED:
            faults.append(f"{name}: its keys lead to «{strongest[0]}», and it says {whose}")
    return faults


def test_every_entity_says_whose_its_rows_are():
    for entity in OURS:
        assert isinstance(getattr(entity, "WHOSE", None), Whose), (
            f"{entity.__name__}: say WHOSE (app/entities/kinds.py)"
        )
        if entity.WHOSE in (Whose.FAMILY, Whose.TERRITORY, Whose.AGENCY, Whose.LOAD):
            assert entity.OWNER in entity.__table__.c, f"{entity.__name__}: say the column of the owner"
        if entity.WHOSE is Whose.GIVEN:
            assert {"family_id", "territory_id"} <= set(entity.__table__.c.keys())
        for column in getattr(entity, "ADMINISTERED", ()):
            assert column in entity.__table__.c


def test_what_foreign_keys_lead_to_is_covered():
    assert not uncovered((entity.__name__, entity.__table__, getattr(entity, "WHOSE", None)) for entity in OURS)


def test_tables_of_links_lie_behind_an_entity_of_families():
    """A table without an entity is read through its owner; a new one says here through which."""
    mapped = {mapper.local_table.name for mapper in Model.registry.mappers}
    links = {table.name for table in Model.metadata.tables.values()
             if table.name not in mapped and reached(table) & {"family", "agency", "territory"}}  # fmt: skip
    assert links == {
        "family_categories", "aid_recipients", "signal_card_criteria", "survey_group_employees", "agenda_item_criteria",
        "planned_measure_members",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("to", "whose", "fault"),
    [
        ("card", None, True),
        ("card", Whose.WORDS, True),
        ("card", Whose.TERRITORY, True),
        ("card", Whose.FAMILY, False),
        ("person", Whose.TERRITORY, True),
        ("person", Whose.AGENCY, False),
        ("place", Whose.LAW, True),
        ("place", Whose.TERRITORY, False),
    ],
)
def test_an_entity_far_from_its_owner_is_caught(to: str, whose: Whose | None, fault: bool):
    """A finding → an act → a card → a family; a finding → a person → a body → a territory."""
    metadata = MetaData()

    def table(name: str, *keys: str) -> Table:
        columns = [Column(f"{key}_id", ForeignKey(f"{key}.id")) for key in keys]
        return Table(name, metadata, Column("id", Integer, primary_key=True), *columns)

    table("territory")
    table("place", "territory")
    table("agency", "territory")
    table("person", "agency")
    table("family", "territory")
    table("card", "family")
    table("act", to)
    assert bool(uncovered([("Finding", table("finding", "act"), whose)])) is fault


def test_users_and_roles_are_accounts():
    for entity in (models.User, models.Role):
        assert access.whose_rows(entity) is Whose.ACCOUNTS


def test_the_words_of_the_law_are_those_that_the_roles_name():
    import config

    def named(whose: Whose) -> set[str]:
        return {entity.__name__ for entity in OURS if entity.WHOSE is whose}

    assert set(config.WORDS_OF_LAW.split("|")) == named(Whose.LAW)
    assert set(config.LOCAL_WORDS.split("|")) == named(Whose.WORDS) - {"PaperTemplate"}  # a file, not words of a list


def owned() -> list[Any]:
    """The entities whose rows are somebody's and are written by people."""
    somebody = (Whose.FAMILY, Whose.GIVEN, Whose.CARD, Whose.SURVEY, Whose.MEETING, Whose.TRANSFER, Whose.TERRITORY,
                Whose.AGENCY)  # fmt: skip
    return [entity for entity in OURS if entity.WHOSE in somebody and hasattr(entity, "id")]
