"""The rows that an import writes: collected table by table, put in by bulk statements, each told to the journal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from sqlalchemy import Executable, Table, bindparam, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import guard, journal, troubles
from app.domain.refusal import Refusal
from app.domain.terms import Act
from app.exchange.changes import FamilyPlan
from app.extensions import portions
from app.models import (
    Agency,
    Aid,
    Decision,
    Education,
    Entity,
    Family,
    IdentityDocument,
    Member,
    PupilSupport,
    Registration,
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
    "aid": Aid,
}


class Store:
    """What is to be inserted and what the journal is to say; keys are taken once for each table, before all rows."""

    def __init__(self, session: Session, at: datetime) -> None:
        self.session, self.at = session, at
        self.words = journal.changes.Words(session)
        self._keys: dict[str, Iterator[int]] = {}
        self._rows: dict[str, list[Values]] = {name: [] for name in CREATED}
        self._links: dict[Table, list[Values]] = {}
        self._lists: dict[tuple[str, int], dict[str, list[int]]] = {}  # the lists of a new row
        self._titles: dict[tuple[str, int], str] = {}  # what the journal calls a new row
        self._entries: list[dict[str, object]] = []
        self._taken: dict[str, list[int]] = {name: [] for name in CREATED}

    # Keys

    def take_keys(self, wanted: Counter[str]) -> None:
        """Keys for every row to come."""
        self._keys = {name: iter(self._free(CREATED[name].__table__, count)) for name, count in wanted.items()}

    def _free(self, table: Table, count: int) -> Iterable[int]:
        if not count:
            return ()
        if self.session.connection().dialect.name == "postgresql":
            statement = text("select nextval(pg_get_serial_sequence(:name, 'id')) from generate_series(1, :count)")
            return list(self.session.scalars(statement, {"name": table.name, "count": count}))
        first = (self.session.scalar(select(func.max(table.c.id))) or 0) + 1
        return range(first, first + count)

    # New rows

    def key(self, table: str) -> int:
        """The next key of a table."""
        key = next(self._keys[table])
        self._taken[table].append(key)
        return key

    def add(self, table: str, key: int, family_id: int, title: str, values: Values) -> None:
        """Put a row by; the journal calls it by its title."""
        row: Values = {"id": key, **values, "created_at": self.at, "version": 1}
        if table != "family":
            row["family_id"] = family_id
        self._rows[table].append(row)
        self._titles[table, key] = title

    def add_of_family(self, table: str, family_id: int, title: str, values: Values) -> int:
        """Put a row about a family by; gives its key."""
        key = self.key(table)
        self.add(table, key, family_id, title, values)
        return key

    def link(self, table: Table, rows: Iterable[Values]) -> None:
        """Put links of new rows by."""
        self._links.setdefault(table, []).extend(rows)

    def tell_list(self, table: str, key: int, name: str, ids: list[int]) -> None:
        """What the journal says of a list of a new row."""
        self._lists[table, key] = {name: ids}

    def insert(self) -> None:
        """Write what was put by since the last time, parents first, and an entry with every value for each row."""
        for name, rows in self._rows.items():
            guard.check_bulk(CREATED[name], rows, fresh=True)
            self._insert(CREATED[name].__table__, rows)
            self._tell_new(name, rows)
            rows.clear()
        for table, rows in self._links.items():
            self._insert(table, rows)
            rows.clear()

    def _insert(self, table: Table, rows: list[Values]) -> None:
        for portion in portions(rows):
            if (error := self._refused(insert(table), portion)) is not None:
                row = self._first_refused(table, portion)
                raise self._refusal(table, self._number(table, row), error) from error

    def _refused(self, statement: Executable, rows: list[Values]) -> IntegrityError | None:
        """Run a statement; what the database has against it, and then nothing of it is written."""
        connection = self.session.connection()
        try:
            with connection.begin_nested():
                connection.execute(statement, rows)
        except IntegrityError as error:
            return error
        return None

    def _first_refused(self, table: Table, rows: list[Values]) -> Values:
        """The row at which a portion that the database refuses goes wrong: the last one of the shortest refused run."""
        taken, refused = 0, len(rows)
        while refused - taken > 1:
            middle = (taken + refused) // 2
            nested = self.session.connection().begin_nested()
            if self._refused(insert(table), rows[:middle]) is None:
                taken = middle
            else:
                refused = middle
            nested.rollback()
        return rows[refused - 1]

    def _number(self, table: Table, row: Values) -> str | None:
        """The number of the family of a new row."""
        family = Family.__table__
        if table is family:
            return str(row["number"])
        return self.session.scalar(select(family.c.number).where(family.c.id == row["family_id"]))

    def _refusal(self, table: Table, number: str | None, error: IntegrityError) -> Refusal:
        """What the database refuses of a row, by the number of its family."""
        title = next((entity.TITLE for entity in CREATED.values() if entity.__table__ is table), "")
        return Refusal(f"Семья № {number}: {title}{': ' if title else ''}{troubles.of_refused_row(error)}", "file")

    def _tell_new(self, table: str, rows: list[Values]) -> None:
        entity = CREATED[table]
        journal.changes.ask_for(entity, rows, self.words)
        for row in rows:
            key = row["id"]
            assert isinstance(key, int)
            family_id = key if entity is Family else row["family_id"]
            assert isinstance(family_id, int)
            said = journal.changes.of_inserted(entity, row, self.words, self._lists.get((table, key)))
            self._tell(Act.CREATED, entity, key, family_id, self._titles[table, key], said)

    # Rows that change

    def change(self, table: str, key: int, family: FamilyPlan, title: str, was: Values, values: Values) -> None:
        """Change a row of the bank; whoever saves a form opened before is told by the version.

        In no savepoint, which costs half as much as the change: after a refusal nothing is asked of the database.
        """
        assert family.id is not None
        entity = CREATED[table]
        rows = entity.__table__
        guard.check_bulk(entity, [{"id": key, **values}], fresh=False)
        statement = update(rows).where(rows.c.id == bindparam("key")).values(version=rows.c.version + 1, **values)
        try:
            self.session.connection().execute(statement, {"key": key})
        except IntegrityError as error:
            raise self._refusal(rows, family.number, error) from error
        said = journal.changes.of_updated(entity, was, values, self.words)
        self._tell(Act.CHANGED, entity, key, family.id, title, said)

    def tell_changed_list(self, entity: type[Entity], key: int, family_id: int, title: str, name: str, was: list[int],
                          becomes: list[int]) -> None:  # fmt: skip
        """The entry about a list of links that was set."""
        said = journal.changes.of_list(entity, name, was, becomes, self.words)
        self._tell(Act.CHANGED, entity, key, family_id, title, said)

    # The journal

    def _tell(self, act: Act, entity: type[Entity], key: int, family_id: int, summary: str,
              said: Mapping[str, object]) -> None:  # fmt: skip
        self._entries.append(
            journal.entry(act, entity=entity.__name__, entity_id=key, family_id=family_id, summary=summary,
                          said=dict(said))
        )  # fmt: skip

    def write_journal(self) -> None:
        """Write the entries of every row."""
        for portion in portions(self._entries):
            journal.write(portion)

    def created(self) -> dict[str, list[int]]:
        """The keys of the rows that were written, by table."""
        return {name: keys for name, keys in self._taken.items() if keys}
