"""What is left of a case that is destroyed by an act: rows that figures are counted of, not a word about anyone.

One function says what is left of a value (`Remains.of`); it is asked of the rows and of what the journal says of them,
so that the journal gives the rows as they are stored. The entities say what lasts (`LASTS`, `GOES`, `COARSE`).
"""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Date,
    DateTime,
    Enum,
    LargeBinary,
    String,
    and_,
    bindparam,
    case,
    delete,
    func,
    not_,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.orm import class_mapper

from app import journal
from app.domain import periods
from app.domain.terms import Act
from app.extensions import db, portions
from app.journal import chain, changes
from app.journal.replay import CHANGES
from app.models import DESTROYED, Family, JournalEntry, Scanned, said_of
from app.services import belongings
from app.services.belongings import Belongings
from app.words import short

GONE = "уничтожено"  # what stands for every text
LONGEST = 500  # characters of it
PORTION = 1000  # entries of the journal written anew at once
TEXT, DAYS = (String, LargeBinary), (Date, DateTime)
_entry = JournalEntry.__table__


class Fate(enum.Enum):
    """What becomes of the values of a column."""

    STAYS = "it names nobody, and figures need it"
    WORDS = "of a text, only that there was one"
    KEYS = "made of other columns: made anew"
    FIGURES = "of a JSON, its numbers"
    MONTH = "of a birth date, the month"
    GOES = "nothing"


@cache
def fates(entity: Any) -> dict[str, Fate]:
    """What becomes of each column of an entity, by its name; a day or a number that says nothing of itself goes."""
    return {attribute.key: _fate(entity, attribute.columns[0]) for attribute in class_mapper(entity).column_attrs}


def _fate(entity: Any, column: Any) -> Fate:
    kind, name = column.type, column.key
    if name in said_of(entity, "COARSE"):
        return Fate.MONTH
    if _is_plain(entity, column) or name in said_of(entity, "LASTS"):
        return Fate.STAYS
    if name in said_of(entity, "GOES"):
        return Fate.GOES
    if isinstance(kind, JSON):
        return Fate.FIGURES
    if isinstance(kind, TEXT):
        return Fate.KEYS if column.info.get("derived") else Fate.WORDS
    return Fate.GOES


def _is_plain(entity: Any, column: Any) -> bool:
    """Whether a column tells nothing by its very kind: a key, a closed list, yes or no, the version, the act itself."""
    counts = column is class_mapper(entity).version_id_col or column.key == "destroyed"
    return counts or column.primary_key or bool(column.foreign_keys) or isinstance(column.type, (Enum, Boolean))


class Remains:
    """What is left of the values of some cases. act: the number of the act, «3/2026»."""

    def __init__(self, found: Belongings, act: str) -> None:
        self._found, self._act, self.said = found, act, DESTROYED.format(act=act)
        self._days = _days_of_families(found)

    def of(self, entity: Any, name: str, value: Any, key: int, family_id: int | None) -> Any:
        """What is left of a value as the bank or the journal keeps it; key: of its row."""
        column, fate = class_mapper(entity).column_attrs[name].columns[0], fates(entity)[name]
        if value is None or fate is Fate.STAYS:
            return value
        if fate is Fate.MONTH:
            plain = isinstance(value, str)
            day = periods.coarse(date.fromisoformat(value) if plain else value, self._days[family_id])
            return day.isoformat() if plain else day
        if fate is Fate.FIGURES:
            return figures_of(value)
        if fate is Fate.WORDS:
            return self._words(column).replace("{key}", str(key)) if value else value
        return "" if fate is Fate.KEYS else None

    def _words(self, column: Any) -> str:
        """What stands in place of a text; {key} is the number of its row."""
        text = column.info.get("leaves", GONE).replace("{act}", self._act)
        return short(text, column.type.length or LONGEST)

    # The rows

    def empty(self) -> list[str]:
        """Empty the rows, take out scans and words; gives the storage keys of the files that are to go."""
        connection, files = db.session.connection(), []
        for owner, ids in self._found.words.values():
            for portion in portions(sorted(ids)):
                connection.execute(delete(owner.table).where(owner.in_(portion)))
        for entity, ids in sorted(
            self._found.rows.items(), key=lambda pair: issubclass(pair[0], Scanned), reverse=True
        ):
            for portion in portions(sorted(ids)):
                if issubclass(entity, Scanned):
                    files += self._take_out(entity, portion)
                else:
                    self._empty(entity, portion)
        db.session.expire_all()
        return files

    def _take_out(self, entity: Any, ids: list[int]) -> list[str]:
        """Remove rows whose scans go; the journal says so, or it would give them."""
        table: Any = class_mapper(entity).local_table
        there = db.session.connection().execute(select(table).where(table.c.id.in_(ids))).all()
        journal.write(
            journal.entry(Act.DELETED, entity=entity.__name__, entity_id=row.id, summary=self.said, said={},
                          family_id=row._mapping.get("family_id")) for row in there
        )  # fmt: skip
        db.session.connection().execute(delete(table).where(table.c.id.in_(ids)))
        return [row.key for row in there]

    def _empty(self, entity: Any, ids: list[int]) -> None:
        table: Any = class_mapper(entity).local_table
        values: dict[Any, Any] = {}
        for name, fate in fates(entity).items():
            column = class_mapper(entity).column_attrs[name].columns[0]
            if fate is Fate.GOES:
                values[column] = null()
            elif fate is Fate.KEYS:
                values[column] = ""
            elif fate is Fate.WORDS:
                said: Any = self._words(column)
                if "{key}" in said:
                    said = func.replace(said, "{key}", table.c.id.cast(String))
                values[column] = case((or_(column.is_(None), column == ""), column), else_=said)
        if "destroyed" in table.c:
            values[table.c.destroyed] = self._act
        if values:
            db.session.connection().execute(update(table).where(table.c.id.in_(ids)).values(values))
        for name, fate in fates(entity).items():
            if fate in (Fate.MONTH, Fate.FIGURES):
                self._empty_one_by_one(entity, name, ids)

    def _empty_one_by_one(self, entity: Any, name: str, ids: list[int]) -> None:
        """Values of which something is left that the database cannot say."""
        table: Any = class_mapper(entity).local_table
        column = class_mapper(entity).column_attrs[name].columns[0]
        family = table.c.family_id if "family_id" in table.c else null()
        asked = select(table.c.id, column, family.label("of")).where(table.c.id.in_(ids), column.is_not(None))
        rows = [{"key": key, "left": self.of(entity, name, value, key, of)}
                for key, value, of in db.session.connection().execute(asked) if value is not None]  # fmt: skip
        if rows:
            write = (
                update(table)
                .where(table.c.id == bindparam("key"))
                .values({column: bindparam("left", type_=column.type)})
            )
            db.session.connection().execute(write, rows)

    # The journal

    def rewrite_journal(self) -> int:
        """Leave of the entries of the cases who did what and when, without words; they are sealed anew.

        Gives how many there are.
        """
        count = 0
        for condition in self._conditions():
            ids = list(db.session.connection().scalars(select(_entry.c.id).where(condition)))
            for portion in portions(sorted(ids), PORTION):
                self._rewrite(portion)
            count += len(ids)
        self._rewrite_naming()
        return count

    def _rewrite_naming(self) -> None:
        """Entries of rows that are of no case and name rows of these: how those were called goes, the rest stays."""
        for entity in changes.entities():
            for field in changes.fields(entity) if entity not in belongings.entities() else ():
                table: Any = class_mapper(entity).local_table
                for portion in portions(sorted(self._found.rows.get(field.target, ()))):
                    naming = select(table.c.id).where(table.c[field.name].in_(portion))
                    asked = select(_entry.c.id, _entry.c.summary, _entry.c.changes).where(
                        _entry.c.entity == entity.__name__, _entry.c.entity_id.in_(naming)
                    )
                    rows = db.session.connection().execute(asked).all()
                    write_anew(
                        {"key": row.id, "says": row.summary, "left": _without_names(entity, row.changes or {})}
                        for row in rows
                    )

    def _conditions(self) -> Iterator[Any]:
        """The entries about the rows, and about the families whatever was looked at; not those of the act itself."""
        others = [entity.__name__ for entity in changes.entities() if entity not in belongings.entities()]
        for portion in portions(sorted(self._found.families)):
            yield and_(
                _entry.c.family_id.in_(portion), not_(and_(_entry.c.entity.in_(others), _entry.c.act.in_(CHANGES)))
            )
        for entity, ids in self._found.rows.items():
            for portion in portions(sorted(ids)):
                yield and_(_entry.c.entity == entity.__name__, _entry.c.entity_id.in_(portion))

    def _rewrite(self, ids: list[int]) -> None:
        columns = (_entry.c.id, _entry.c.entity, _entry.c.entity_id, _entry.c.family_id, _entry.c.changes)
        rows = db.session.connection().execute(select(*columns).where(_entry.c.id.in_(ids))).all()
        write_anew(
            {"key": row.id, "says": self.said, "left": self._said(row) if row.changes else row.changes} for row in rows
        )

    def _said(self, row: Any) -> dict[str, Any]:
        """What is left of a change: of each field what is left of its values, of the words of other rows their keys."""
        entity = next((one for one in changes.entities() if one.__name__ == row.entity), None)
        if entity is None or entity not in self._found.rows:
            return {}
        found = {}
        for name, said in row.changes.items():
            if name in fates(entity):
                values = [self.of(entity, name, value, row.entity_id, row.family_id) for value in said[:2]]
            elif len(said) == 4:
                values = said[:2]
            else:
                continue
            if values[0] != values[1]:
                found[name] = [*values, *_named(entity, name, values, said[2:])]
        return found


def _without_names(entity: Any, said: dict[str, Any]) -> dict[str, Any]:
    return {name: [*each[:2], *_named(entity, name, each[:2], each[2:])] for name, each in said.items()}


def _named(entity: Any, name: str, values: list[Any], words: list[Any]) -> list[Any]:
    """The words of rows that a field names: of a case their numbers, of a dictionary or a body as they are."""
    if not words or changes.targets(entity).get(name) not in belongings.entities():
        return words
    return [[f"№ {key}" for key in value] if isinstance(value, list) else value and f"№ {value}" for value in values]


def write_anew(rows: Iterable[dict[str, Any]]) -> None:
    """Store what is left of entries (key, says, left), and seal them anew."""
    told = list(rows)
    if not told:
        return
    values = {_entry.c.summary: bindparam("says"), _entry.c.changes: bindparam("left", type_=JSON(none_as_null=True))}
    db.session.connection().execute(update(_entry).where(_entry.c.id == bindparam("key")).values(values), told)
    chain.replace(row["key"] for row in told)


def figures_of(value: Any) -> Any:
    """Of a JSON, its numbers, and what they are of."""
    if isinstance(value, dict):
        return {key: figures_of(each) for key, each in value.items()}
    if isinstance(value, list):
        return [figures_of(each) for each in value]
    return None if isinstance(value, str) else value


def _days_of_families(found: Belongings) -> dict[int | None, set[date]]:
    """The days on which something happened in each family, by which no age may change."""
    days: dict[int | None, set[date]] = defaultdict(set)
    for entity, ids in found.rows.items():
        table: Any = class_mapper(entity).local_table
        dated = [column for column in table.c if isinstance(column.type, Date) and column.key != "born_on"]
        family = table.c.id if entity is Family else table.c.get("family_id")
        if family is None or not dated:
            continue
        for portion in portions(sorted(ids)):
            for of, *values in db.session.connection().execute(select(family, *dated).where(table.c.id.in_(portion))):
                days[of].update(value for value in values if value is not None)
    return days
