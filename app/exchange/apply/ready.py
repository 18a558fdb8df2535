"""Rows as the driver of the database takes them, so that nothing is left to do for them while others wait."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Date, DateTime, Dialect, Table, insert
from sqlalchemy.types import TypeEngine

MOST_DAYS = 1 << 12  # as the database writes them, that are kept

Ready = Any  # the values of one row: a tuple, or a mapping if the driver calls values by name


class ReadyRows:
    """Rows for one table, all with the same columns."""

    def __init__(self, table: Table, dialect: Dialect) -> None:
        self.table, self._dialect = table, dialect
        self.rows: list[Ready] = []
        self._sql = ""
        self._named = False
        self._columns: list[tuple[str, Any]] = []  # the name, and what turns a value into one of the database

    def add(self, values: Mapping[str, Any]) -> None:
        """Make a row ready."""
        if not self._sql:
            self._learn(values)
        found = [values[name] if turn is None else turn(values[name]) for name, turn in self._columns]
        self.rows.append(dict(zip(values, found, strict=True)) if self._named else tuple(found))

    def _learn(self, values: Mapping[str, Any]) -> None:
        """The statement, and its columns in the order in which it takes them."""
        statement = insert(self.table).compile(dialect=self._dialect, column_keys=list(values))
        names = list(statement.positiontup or values)
        assert set(names) == set(statement.params) == set(values), f"{self.table.name}: a column is left to its default"
        self._sql, self._named = str(statement), not statement.positional
        self._columns = [(name, self._turn(self.table.c[name].type)) for name in names]

    def _turn(self, kind: TypeEngine[Any]) -> Callable[[Any], Any] | None:
        """What turns a value into one of the database; the same days and moments stand in many rows."""
        turn = kind.dialect_impl(self._dialect).bind_processor(self._dialect)
        return lru_cache(MOST_DAYS)(turn) if turn and isinstance(kind, (Date, DateTime)) else turn

    def insert(self, connection: Connection, rows: list[Ready]) -> None:
        """Write some of the rows."""
        connection.exec_driver_sql(self._sql, rows)

    def value(self, row: Ready, name: str) -> Any:
        """A value of a row that is ready."""
        return row[name] if self._named else row[[name for name, _ in self._columns].index(name)]
