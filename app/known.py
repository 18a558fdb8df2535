"""The bank as it was known at a moment: made again from the journal in a database that lasts as long as the question.

A report over it says what the same report said then, whatever was entered behind that day, corrected or annulled
since. The database is a temporary file of SQLite, which no name leads to: it is gone with its connection. What was
destroyed by law has no entries, and is not there.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from functools import cache
from typing import Any

from sqlalchemy import Enum, MetaData, String, bindparam, create_engine, func, insert, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import class_mapper
from sqlalchemy.pool import StaticPool
from sqlalchemy.schema import CreateTable

from app import access, clock
from app.domain import names, periods
from app.domain.refusal import Refusal
from app.extensions import db, instead_of_the_bank, look_at_contents, portions
from app.journal import changes
from app.journal.replay import told as rows_told
from app.models import (
    Agency,
    Family,
    JournalEntry,
    Member,
    Model,
    OfFamily,
    Role,
    SignalCard,
    Territory,
    TerritoryAlias,
    User,
)
from app.services import family_keys

PORTION = 2000  # rows made at once
MOST_AT_ONCE = 30_000  # entries of a bank that a page makes again while one waits; more are left to the background
ELSEWHERE = "(не в ваших семьях)"  # of a family that went out of the asker's rows since: it is counted as it was

_entry, _family = JournalEntry.__table__, Family.__table__
Told = Callable[[int, int], None]


def end_of(day: date) -> datetime:
    """The moment at which a day of the municipality is over, in UTC."""
    return clock.in_utc(datetime.combine(periods.day_after(day), time(), clock.zone()))


def check(day: date) -> None:
    """Raises Refusal of a day of which nobody can say what the bank knew."""
    if day > clock.today():
        raise Refusal("Этот день ещё не наступил: что банк будет знать, неизвестно.", "known")
    first = db.session.connection().scalar(select(func.min(_entry.c.at)))
    if first is None or end_of(day) <= clock.in_utc(first):
        begun = f" с {clock.local(first):%d.%m.%Y}" if first is not None else ""
        raise Refusal(f"Журнал банка ведётся{begun}: что было известно раньше, он не говорит.", "known")


def is_large() -> bool:
    """Whether making the bank again takes longer than a page may."""
    connection = db.session.connection()
    return (connection.scalar(select(func.max(_entry.c.id))) or 0) > MOST_AT_ONCE


@contextmanager
def as_of(day: date, told: Told = lambda _done, _whole: None) -> Iterator[None]:
    """Let a block read the bank as it was known at the end of a day, under the rows that its asker sees now.

    told: hears how many of the entities are made. Raises Refusal.
    """
    check(day)
    engine = create_engine("sqlite://", creator=_temporary, poolclass=StaticPool)
    try:
        with engine.connect().execution_options(writes=True) as connection, connection.begin():
            scope = _Making.begun(connection, day).make(told)
        with instead_of_the_bank(engine), access.acting_as(scope):
            yield
    finally:
        engine.dispose()


def _temporary() -> sqlite3.Connection:
    """A database without a name: SQLite keeps it in memory while it is small, else in a file already deleted."""
    return sqlite3.connect("", check_same_thread=False)


@cache
def _tables() -> MetaData:
    """The tables of the bank without what refuses a row: whatever stood in the bank was accepted by its rules then."""
    bare = MetaData()
    for table in Model.metadata.tables.values():
        copy = table.to_metadata(bare)
        copy.constraints = {copy.primary_key}
        for column in copy.columns:
            column.nullable = not column.primary_key
        for index in copy.indexes:
            index.unique = False
    return bare


def _keys_of_name(row: dict[str, Any]) -> dict[str, Any]:
    return {"name_key": names.key(row["name"] or "")}


def _keys_of_card(row: dict[str, Any]) -> dict[str, Any]:
    whole = names.full(row["last_name"] or "", row["first_name"] or "", row["middle_name"])
    sent = row["sent_at"]
    return {"name_key": names.sort_key(whole), "sent_on": clock.local(sent).date() if sent else None}


def _keys_of_member(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "sort_key": family_keys.member_sort_key(row["last_name"] or "", row["first_name"] or "", row["middle_name"])
    }


# What the code makes of other columns of a row: the journal does not tell it. The names of families come last.
DERIVED: dict[Any, Callable[[dict[str, Any]], dict[str, Any]]] = {
    Territory: _keys_of_name, TerritoryAlias: _keys_of_name, Agency: _keys_of_name,
    SignalCard: _keys_of_card, Member: _keys_of_member,
}  # fmt: skip


@dataclass
class _Making:
    """A bank in the making: the connection that it is written to, and the day at whose end it is known.

    scope: the rows that the asker sees now. families, cards: those of them; None where no name is kept from the asker.
    """

    connection: Connection
    day: date
    scope: access.Scope
    families: set[int] | None
    cards: set[int] | None

    @classmethod
    def begun(cls, connection: Connection, day: date) -> _Making:
        """For whoever asks now."""
        scope = access.scope()
        return cls(connection, day, scope, *cls._seen(scope))

    @property
    def only_seen(self) -> bool:
        """Whether rows are there only if the asker sees their family or card now: they are given one by one."""
        return self.scope.assigned_to is not None or self.scope.agency is not None

    def make(self, told: Told) -> access.Scope:
        """Write every row that was known; gives the scope under which its asker reads it."""
        for table in _tables().tables.values():
            self.connection.execute(CreateTable(table))
        entities = [entity for entity in changes.entities() if entity not in (User, Role)]
        for place, entity in enumerate(entities):
            told(place, len(entities))
            self._fill(entity)
        for table in _tables().tables.values():
            for index in table.indexes:
                index.create(self.connection)
        self._name_families()
        look_at_contents(self.connection)
        places = frozenset(self.connection.scalars(select(Territory.__table__.c.id)))
        # Whose families are given to the asker today has chosen the rows already: nobody else's are there.
        return replace(self.scope, territories=places) if self.only_seen else self.scope

    @staticmethod
    def _seen(scope: access.Scope) -> tuple[set[int] | None, set[int] | None]:
        """The families and cards that the asker sees now; None where no names are kept from the asker."""
        if scope.everything or scope.all_statistics:
            return None, None
        connection, card = db.session.connection(), SignalCard.__table__
        families: set[int] = set(connection.scalars(scope.family_ids()))
        return families, set(connection.scalars(select(card.c.id).where(scope.cards(card.c))))

    def _fill(self, entity: Any) -> None:
        """Write the rows of an entity, a portion at a time, and the lists that they have."""
        mapper = class_mapper(entity)
        columns = {field.name: mapper.column_attrs[field.name].columns[0] for field in changes.fields(entity)}
        usual = _usual(mapper.local_table)
        of_rows = select(func.max(_entry.c.entity_id)).where(_entry.c.entity == entity.__name__)
        last = db.session.connection().scalar(of_rows) or 0
        for first in range(1, last + 1, PORTION):
            known = rows_told(entity, first, first + PORTION - 1, end_of(self.day))
            rows: list[dict[str, Any]] = []
            links: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
            for key, said in known.items():
                if said is None or not self._keeps(entity, key, said):
                    continue
                row = {columns[name].name: said[name] for name in columns}
                row |= DERIVED[entity](said) if entity in DERIVED else {}
                rows.append({"id": key} | {name: usual.get(name) if value is None else value
                                           for name, value in row.items()})  # fmt: skip
                for each in changes.lists(entity):
                    links[each.name] += _links(each, key, said)
            if rows:
                self.connection.execute(insert(entity), rows)
            for each in changes.lists(entity):
                if links[each.name]:
                    self.connection.execute(insert(each.table), links[each.name])

    def _keeps(self, entity: Any, key: int, said: dict[str, Any]) -> bool:
        """Whether a row is there for the asker; one of a family the asker no longer sees is without words."""
        if self.families is None:
            return True
        family_id = key if entity is Family else said.get("family_id") if issubclass(entity, OfFamily) else None
        is_other = (family_id is not None and family_id not in self.families) or (
            entity is SignalCard and self.cards is not None and key not in self.cards
        )
        if is_other and not self.only_seen:
            for field in changes.fields(entity):
                if isinstance(field.type, String) and not isinstance(field.type, Enum) and said[field.name]:
                    said[field.name] = ELSEWHERE
        return not is_other or not self.only_seen

    def _name_families(self) -> None:
        """Give the families the short names that follow from their people, as they were known on the day."""
        named = update(_family).where(_family.c.id == bindparam("key"))
        named = named.values(name=bindparam("called"), sort_key=bindparam("sorted"))
        with instead_of_the_bank(self.connection):
            living = family_keys.live_ids()
            for portion in portions(living, PORTION):
                stale = list(family_keys.stale_keys(portion, self.day))
                values = [{"key": one.family_id, "called": one.due.family.name, "sorted": one.due.family.sort_key}
                          for one in stale if self.families is None or one.family_id in self.families]  # fmt: skip
                others = [{"key": key, "called": ELSEWHERE, "sorted": ""}
                          for key in portion if self.families is not None and key not in self.families]  # fmt: skip
                if values or others:
                    self.connection.execute(named, values + others)


def _links(linked: changes.Linked, key: int, said: dict[str, Any]) -> list[dict[str, Any]]:
    """The list of a row as rows of the table of links; some of those bear the family along."""
    row = {linked.owner.name: key}
    if "family_id" in linked.table.c:
        row["family_id"] = said.get("family_id") or key
    return [row | {linked.other.name: other} for other in said[linked.name] or ()]


def _usual(table: Any) -> dict[str, Any]:
    """What the bank writes where nothing is said: of columns that are younger than the entries too."""
    return {
        column.name: column.default.arg
        for column in table.columns
        if not column.nullable and column.default is not None and column.default.is_scalar
    }
