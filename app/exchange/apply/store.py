"""The rows that an import writes: made ready table by table with what the journal says of each, then put in at once.

The first half (`key` … `get_ready`, `tell_…`) reads only and may take its time; the second (`insert` … `write_journal`)
runs while others wait, and composes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from sqlalchemy import Table, bindparam, func, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import guard, journal, troubles
from app.domain.refusal import Refusal
from app.domain.terms import Act
from app.exchange.apply.ready import Ready, ReadyRows
from app.exchange.changes import FamilyPlan, Update
from app.extensions import portions
from app.models import (
    Agency,
    Aid,
    Decision,
    Education,
    Entity,
    Family,
    IdentityDocument,
    ImportBatch,
    JournalEntry,
    Member,
    PlannedMeasure,
    Problem,
    Programme,
    PupilSupport,
    Registration,
    RegistrationCriterion,
    Stage,
    Supervision,
    Territory,
)

Values = dict[str, object]  # the values of a row by column

# Entities whose rows an import creates, parents first, by the name of the table.
CREATED: dict[str, type[Entity]] = {
    "territory": Territory,
    "agency": Agency,
    "family": Family,
    "member": Member,
    "identity_document": IdentityDocument,
    "education": Education,
    "pupil_support": PupilSupport,
    "supervision": Supervision,
    "decision": Decision,
    "registration": Registration,
    "registration_criterion": RegistrationCriterion,
    "programme": Programme,
    "problem": Problem,
    "stage": Stage,
    "planned_measure": PlannedMeasure,
    "aid": Aid,
}


# Tables whose keys are taken beforehand.
KEYED: dict[str, Table] = {name: entity.__table__ for name, entity in CREATED.items()} | {
    "import_batch": ImportBatch.__table__
}
ROOM = 100  # for every so many rows to come, a key is left free in each table about families: others write meanwhile


class Store:
    """What is to be inserted and what the journal is to say; keys are taken once for each table, before all rows."""

    def __init__(self, session: Session, at: datetime) -> None:
        self.session, self.at = session, at
        self.words = journal.changes.Words(session)
        self._dialect = session.connection().dialect
        self._keys: dict[str, Iterator[int]] = {}
        self._first: dict[str, int] = {}  # the first key taken of a table that has no sequence
        self._rows: dict[str, list[Values]] = {name: [] for name in CREATED}
        self._ready = {name: ReadyRows(entity.__table__, self._dialect) for name, entity in CREATED.items()}
        self._links: dict[Table, ReadyRows] = {}
        self._lists: dict[tuple[str, int], dict[str, list[int]]] = {}  # the lists of a new row
        self._titles: dict[tuple[str, int], str] = {}  # what the journal calls a new row
        self._entries = ReadyRows(JournalEntry.__table__, self._dialect)
        self._taken: dict[str, list[int]] = {name: [] for name in KEYED}

    # Keys

    def take_keys(self, wanted: Counter[str]) -> None:
        """Keys for every row to come."""
        room = wanted.total() // ROOM
        self._keys = {name: iter(self._free(KEYED[name], count, room)) for name, count in wanted.items()}

    def _free(self, table: Table, count: int, room: int) -> Iterable[int]:
        if not count:
            return ()
        if self._dialect.name == "postgresql":
            statement = text("select nextval(pg_get_serial_sequence(:name, 'id')) from generate_series(1, :count)")
            return list(self.session.scalars(statement, {"name": table.name, "count": count}))
        about_families = table is Family.__table__ or "family_id" in table.c
        self._first[table.name] = first = self._last(table) + 1 + (room if about_families else 0)
        return range(first, first + count)

    def _last(self, table: Table) -> int:
        return self.session.scalar(select(func.max(table.c.id))) or 0

    def keys_are_free(self) -> bool:
        """Whether nobody has taken the keys since; a sequence gives each of them once."""
        return all(self._last(KEYED[name]) < first for name, first in self._first.items())

    def key(self, table: str) -> int:
        """The next key of a table."""
        key = next(self._keys[table])
        self._taken[table].append(key)
        return key

    # New rows

    def add(self, table: str, key: int, family_id: int, title: str, values: Values) -> None:
        """Put a row by; the journal calls it by its title."""
        values.update(id=key, created_at=self.at, version=1)
        if table != "family":
            values["family_id"] = family_id
        self._rows[table].append(values)
        self._titles[table, key] = title

    def add_of_family(self, table: str, family_id: int, title: str, values: Values) -> int:
        """Put a row about a family by; gives its key."""
        key = self.key(table)
        self.add(table, key, family_id, title, values)
        return key

    def link(self, table: Table, rows: Iterable[Values]) -> None:
        """Put links of new rows by."""
        ready = self._links.setdefault(table, ReadyRows(table, self._dialect))
        for row in rows:
            ready.add(row)

    def tell_list(self, table: str, key: int, name: str, ids: list[int]) -> None:
        """What the journal says of a list of a new row."""
        self._lists[table, key] = {name: ids}

    def get_ready(self) -> None:
        """Make ready what was put by, and an entry with every value for each row."""
        for name, rows in self._rows.items():
            entity = CREATED[name]
            journal.changes.ask_for(entity, rows, self.words)
            for row in rows:
                self._ready[name].add(row)
                self._tell_new(entity, row)
        self._titles.clear()
        self._lists.clear()

    def _tell_new(self, entity: type[Entity], row: Values) -> None:
        key, table = row["id"], entity.__table__.name
        assert isinstance(key, int)
        family_id = key if entity is Family else row["family_id"]
        assert isinstance(family_id, int)
        said = journal.changes.of_inserted(entity, row, self.words, self._lists.get((table, key)))
        self._tell(Act.CREATED, entity, key, family_id, self._titles[table, key], said)

    # What the journal says of rows that change

    def tell_change(self, change: Update) -> None:
        """The entry about a row of the bank that changes."""
        assert change.family.id is not None
        entity = CREATED[change.table]
        said = journal.changes.of_updated(entity, change.was, change.values, self.words)
        self._tell(Act.CHANGED, entity, change.id, change.family.id, change.title, said)

    def tell_changed_list(self, entity: type[Entity], key: int, family_id: int, title: str, name: str, was: list[int],
                          becomes: list[int]) -> None:  # fmt: skip
        """The entry about a list of links that is set."""
        said = journal.changes.of_list(entity, name, was, becomes, self.words)
        self._tell(Act.CHANGED, entity, key, family_id, title, said)

    def _tell(self, act: Act, entity: type[Entity], key: int, family_id: int, summary: str,
              said: Mapping[str, object]) -> None:  # fmt: skip
        self._entries.add(
            journal.entry(act, entity=entity.__name__, entity_id=key, family_id=family_id, summary=summary,
                          said=dict(said))
        )  # fmt: skip

    def created(self) -> dict[str, list[int]]:
        """The keys that rows have been given, by table."""
        return {name: keys for name, keys in self._taken.items() if keys}

    # While others wait

    def insert(self) -> None:
        """Write the new rows, parents first."""
        for name, rows in self._rows.items():
            guard.check_bulk(CREATED[name], rows, fresh=True)
            self._insert(self._ready[name])
        for ready in self._links.values():
            self._insert(ready)

    def _insert(self, ready: ReadyRows) -> None:
        for portion in portions(ready.rows):
            if (error := self._refused(ready, portion)) is not None:
                row = self._first_refused(ready, portion)
                raise self._refusal(ready.table, self._number(ready, row), error) from error

    def _refused(self, ready: ReadyRows, rows: list[Ready]) -> IntegrityError | None:
        """Insert rows; what the database has against one of them, and then nothing of them is written."""
        connection = self.session.connection()
        try:
            with connection.begin_nested():
                ready.insert(connection, rows)
        except IntegrityError as error:
            return error
        return None

    def _first_refused(self, ready: ReadyRows, rows: list[Ready]) -> Ready:
        """The row at which a portion that the database refuses goes wrong: the last one of the shortest refused run."""
        taken, refused = 0, len(rows)
        while refused - taken > 1:
            middle = (taken + refused) // 2
            nested = self.session.connection().begin_nested()
            if self._refused(ready, rows[:middle]) is None:
                taken = middle
            else:
                refused = middle
            nested.rollback()
        return rows[refused - 1]

    def _number(self, ready: ReadyRows, row: Ready) -> str | None:
        """The number of the family of a new row."""
        family = Family.__table__
        if ready.table is family:
            return str(ready.value(row, "number"))
        of_row = family.c.id == ready.value(row, "family_id")
        return self.session.scalar(select(family.c.number).where(of_row))

    def _refusal(self, table: Table, number: str | None, error: IntegrityError) -> Refusal:
        """What the database refuses of a row, by the number of its family."""
        title = next((entity.TITLE for entity in CREATED.values() if entity.__table__ is table), "")
        return Refusal(f"Семья № {number}: {title}{': ' if title else ''}{troubles.of_refused_row(error)}", "file")

    def change(self, table: str, key: int, family: FamilyPlan, values: Values) -> None:
        """Change a row of the bank; whoever saves a form opened before is told by the version.

        In no savepoint, which costs half as much as the change: after a refusal nothing is asked of the database.
        """
        entity = CREATED[table]
        rows = entity.__table__
        guard.check_bulk(entity, [{"id": key, **values}], fresh=False)
        statement = update(rows).where(rows.c.id == bindparam("key")).values(version=rows.c.version + 1, **values)
        try:
            self.session.connection().execute(statement, {"key": key})
        except IntegrityError as error:
            raise self._refusal(rows, family.number, error) from error

    def write_journal(self) -> None:
        """Write the entries of every row."""
        for portion in portions(self._entries.rows):
            self._entries.insert(self.session.connection(), portion)
