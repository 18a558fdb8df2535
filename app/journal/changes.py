"""What a change says, field by field: was → is.

A plain field is [was, is]. The key of another row, or a list of such keys, is [was, is, words that were, words that
are]: the keys are what `replay` takes, the words are what people read, as they were on that day.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import inspect, select
from sqlalchemy.orm import ColumnProperty, Session, class_mapper

from app import access
from app.extensions import db, portions
from app.models import (
    Account,
    Backup,
    CardWord,
    Draft,
    Entity,
    ImportBatch,
    JournalEntry,
    Model,
    RecoveryCode,
    Role,
    SavedFilter,
    SearchWord,
    SecondStep,
    User,
    UserSession,
    class_of,
)

# Not written down: the journal itself, sessions, sign-in counters, loads (an entry of their own says what they did).
UNRECORDED_ENTITIES = (
    JournalEntry,
    UserSession,
    SearchWord,
    CardWord,
    ImportBatch,
    Account,
    Draft,
    SavedFilter,
    Backup,
    SecondStep,
    RecoveryCode,
)
# Keys, counters, secrets; what is derived from other columns says so itself, in its `info`.
UNRECORDED_COLUMNS = {
    "id", "version", "password", "last_login", "login_count", "fail_login_count", "created_on", "changed_on",
    "created_by_fk", "changed_by_fk",
}  # fmt: skip
PLAIN = {str, int, bool, type(None)}  # what JSON keeps as it is

Said = list[Any]  # [was, is] or [was, is, words that were, words that are]


class Field(NamedTuple):
    """A column that is written down; `target`: the entity whose key it holds."""

    name: str
    type: Any
    target: type[Any] | None


@dataclass(frozen=True)
class Linked:
    """A list of rows that a row names: the recipients of an aid."""

    name: str
    target: type[Any]
    table: Any
    owner: Any
    other: Any

    def keys(self, session: Session, owner_id: int) -> list[int]:
        """The list as it is stored, whatever the person may see of it."""
        query = select(self.other).where(self.owner == owner_id).order_by(self.other)
        return list(session.connection().scalars(query))


class Words:
    """What rows are called, each asked once.

    written: rows that a flush has just written. They are not read again: until it ends the session does not know them
    by their keys, and would make a second one of each.
    """

    def __init__(self, session: Session | None = None, written: Iterable[Any] = ()) -> None:
        self._session = session or db.session()
        self._known: dict[tuple[type[Any], int], str] = {}
        self._written = {(type(row), row.id): row for row in written if isinstance(row, (Entity, User, Role))}

    def know(self, target: type[Any], key: int, words: str) -> None:
        """Say what a row is called that cannot be asked yet."""
        self._known[target, key] = words

    def ask(self, target: type[Any], keys: Iterable[int]) -> None:
        """Ask for many rows at once."""
        missing = sorted({key for key in keys if not self._is_known(target, key)})
        if not missing:
            return
        with access.unrestricted(), self._session.no_autoflush:
            for portion in portions(missing):
                query = select(target).where(target.id.in_(portion))
                for row in self._session.scalars(query):
                    self._known[target, row.id] = str(row)
        for key in missing:  # of rows that are written only now
            self._known.setdefault((target, key), f"№ {key}")

    def of(self, target: type[Any], key: int | None) -> str | None:
        """What one row is called."""
        if key is None:
            return None
        if not self._is_known(target, key):
            with access.unrestricted(), self._session.no_autoflush:
                row = self._session.get(target, key)
                self._known[target, key] = str(row) if row is not None else f"№ {key}"
        return self._known[target, key]

    def _is_known(self, target: type[Any], key: int) -> bool:
        """Whether nothing need be read to say what a row is called."""
        if (row := self._written.pop((target, key), None)) is not None:
            self._known[target, key] = str(row)
        return (target, key) in self._known


@cache
def entities() -> tuple[Any, ...]:
    """Every entity whose rows have entries, by name."""
    classes = [mapper.class_ for mapper in Model.registry.mappers if issubclass(mapper.class_, (Entity, User, Role))]
    return tuple(sorted(set(classes) - set(UNRECORDED_ENTITIES), key=lambda entity: entity.__name__))


@cache
def fields(entity: Any) -> tuple[Field, ...]:
    """The columns of an entity that are written down, in the order of the form."""
    columns = ((attribute.key, attribute.columns[0]) for attribute in class_mapper(entity).column_attrs)
    return tuple(
        Field(key, column.type, target_of(column))
        for key, column in columns
        if key not in UNRECORDED_COLUMNS and not column.info.get("derived")
    )


def target_of(column: Any) -> type[Any] | None:
    """The entity whose key a column holds."""
    table = next((key.column.table for key in column.foreign_keys if key.column.primary_key), None)
    return class_of(table)


def called(entity: Any, name: str) -> str:
    """What people call a field or a list."""
    attribute = class_mapper(entity).attrs.get(name)
    column = attribute.columns[0] if isinstance(attribute, ColumnProperty) else attribute
    return str(column.info.get("label", name)) if column is not None else name


@cache
def lists(entity: Any) -> tuple[Linked, ...]:
    """The lists of an entity that are written down: those people read, and the roles of a user."""
    found = []
    for relation in class_mapper(entity).relationships:
        if relation.secondary is not None and (
            "label" in relation.info or (entity is User and relation.key == "roles")
        ):
            owner, other = _by_key(relation.synchronize_pairs), _by_key(relation.secondary_synchronize_pairs or ())
            found.append(Linked(relation.key, relation.mapper.class_, relation.secondary, owner[1], other[1]))
    return tuple(found)


def _by_key(pairs: Iterable[tuple[Any, Any]]) -> tuple[Any, Any]:
    """How a table of links names a row: the pair of its key, the family that is borne along left out."""
    return next(pair for pair in pairs if pair[0].primary_key)


def linked(entity: Any, name: str) -> Linked:
    """One list of an entity by name."""
    return next(each for each in lists(entity) if each.name == name)


def recorded(row: object) -> bool:
    """Whether a row has entries of its own."""
    return isinstance(row, Model) and not isinstance(row, UNRECORDED_ENTITIES)


# Rows of a session


def lists_before(session: Session) -> dict[Any, dict[str, list[int]]]:
    """The lists that a flush is about to change, as they are stored now, by their owner."""
    found: dict[Any, dict[str, list[int]]] = {}
    with session.no_autoflush:
        for row in (*session.dirty, *session.deleted):
            for each in lists(row.__class__):
                if row in session.deleted or inspect(row).attrs[each.name].history.has_changes():
                    found.setdefault(row, {})[each.name] = each.keys(session, row.id)
    return found


def of_new(session: Session, row: Any, words: Words) -> dict[str, Said]:
    """Every value of a row that was just inserted."""
    found = of_inserted(row.__class__, {field.name: getattr(row, field.name) for field in fields(row.__class__)}, words)
    for each in lists(row.__class__):
        if inspect(row).dict.get(each.name):
            found |= _said_list(each, [], each.keys(session, row.id), words)
    return found


def of_changed(session: Session, row: Any, before: Mapping[str, list[int]], words: Words) -> dict[str, Said]:
    """The values of a row that a flush has changed."""
    state = inspect(row)
    found: dict[str, Any] = {}
    for field in fields(row.__class__):
        history = state.attrs[field.name].history
        if history.has_changes():
            was = history.deleted[0] if history.deleted else None
            found |= _said(field, was, history.added[0] if history.added else None, words)
    for each in lists(row.__class__):
        if each.name in before:
            found |= _said_list(each, before[each.name], each.keys(session, row.id), words)
    return found


def of_deleted(row: Any, before: Mapping[str, list[int]], words: Words) -> dict[str, Said]:
    """Every value of a row that is gone."""
    found: dict[str, Any] = {}
    for field in fields(row.__class__):
        found |= _said(field, getattr(row, field.name), None, words)
    for each in lists(row.__class__):
        found |= _said_list(each, before.get(each.name, []), [], words)
    return found


# Rows of bulk statements


def of_inserted(entity: Any, values: Mapping[str, Any], words: Words,
                lists_of: Mapping[str, list[int]] | None = None) -> dict[str, Said]:  # fmt: skip
    """What a row says that was inserted with these values. A new row's family is not spelt: its entry lies there."""
    found: dict[str, Any] = {}
    for field in fields(entity):
        if (value := plain(values.get(field.name))) is None:
            continue
        if field.target is None or field.name == "family_id":
            found[field.name] = [None, value]
        else:
            found[field.name] = [None, value, None, words.of(field.target, value)]
    for each in lists(entity) if lists_of else ():
        found |= _said_list(each, [], (lists_of or {}).get(each.name, []), words)
    return found


def of_updated(entity: Any, was: Mapping[str, Any], values: Mapping[str, Any], words: Words) -> dict[str, Said]:
    """What an update says of the columns it sets."""
    found: dict[str, Any] = {}
    for field in fields(entity):
        if field.name in values:
            found |= _said(field, was.get(field.name), values[field.name], words)
    return found


def of_difference(entity: Any, told: Mapping[str, Any], stored: Mapping[str, Any], words: Words) -> dict[str, Said]:
    """What became of a row past the journal: what its entries give → what is stored."""
    found = of_updated(entity, told, {field.name: stored.get(field.name) for field in fields(entity)}, words)
    for each in lists(entity):
        found |= _said_list(each, told.get(each.name) or [], stored.get(each.name) or [], words)
    return found


def of_list(entity: Any, name: str, was: list[int], becomes: list[int], words: Words) -> dict[str, Said]:
    """What a list says that a bulk statement has replaced."""
    return _said_list(linked(entity, name), was, becomes, words)


def ask_for(entity: Any, rows: Iterable[Mapping[str, Any]], words: Words) -> None:
    """Ask at once what the rows are called that many rows name."""
    rows = list(rows)
    for field in fields(entity):
        if field.target is not None and field.name != "family_id":
            words.ask(field.target, {row[field.name] for row in rows if row.get(field.name) is not None})


def _said(field: Field, was: Any, becomes: Any, words: Words) -> dict[str, Said]:
    was, becomes = plain(was), plain(becomes)
    if was == becomes:
        return {}
    if field.target is None:
        return {field.name: [was, becomes]}
    return {field.name: [was, becomes, words.of(field.target, was), words.of(field.target, becomes)]}


def _said_list(linked: Linked, was: list[int], becomes: list[int], words: Words) -> dict[str, Said]:
    if was == becomes:
        return {}
    words.ask(linked.target, (*was, *becomes))
    named = [[words.of(linked.target, key) for key in keys] for keys in (was, becomes)]
    return {linked.name: [was, becomes, *named]}


def words_of(said: Said) -> tuple[Any, Any]:
    """The words that were and are; of a plain field its values."""
    return (said[2], said[3]) if len(said) == 4 else (said[0], said[1])


def turned(said: Said) -> Said:
    """What is said of the way back: what is becomes what was."""
    return [said[1], said[0], *((said[3], said[2]) if len(said) == 4 else ())]


@cache
def targets(entity: Any) -> dict[str, type[Any]]:
    """The fields and lists of an entity that name other rows, and whose rows they name."""
    of_fields = {field.name: field.target for field in fields(entity) if field.target is not None}
    return of_fields | {each.name: each.target for each in lists(entity)}


def plain(value: Any) -> Any:
    """A value as JSON can keep it."""
    if value.__class__ in PLAIN:
        return value
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    return value
