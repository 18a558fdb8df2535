"""What a merge changes in the rows of the bank: planned as plain values, written at once, each row with its entry.

A row is known by its entity and its key, a place in a list by the row that has the list. What is changed is kept as
[was, becomes] of each column, so that the same values lead back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple, cast

from sqlalchemy import ColumnElement, Table, delete, insert, or_, select, update
from sqlalchemy.orm import class_mapper

from app import journal
from app.domain.terms import Act
from app.extensions import db, portions
from app.journal import changes
from app.journal.replay import value_of
from app.models import Annullable, DoublesDecision, Family, Member, Versioned
from app.services import closed

# What is remembered of pairs by their keys: it tells of the rows that were, wherever they have gone since.
STAYS_BEHIND = (DoublesDecision,)


class RowChange(NamedTuple):
    """What becomes of one row: [was, becomes] by column, as the journal keeps values."""

    entity: str
    key: int
    columns: dict[str, list[Any]]


class LinkChange(NamedTuple):
    """What becomes of one place in a list of a row; was, becomes: the key that stands there, None if nothing does."""

    entity: str
    name: str
    key: int
    was: int | None
    becomes: int | None


class Moves(NamedTuple):
    """All that a merge changes, in the order in which it is written.

    people: who stays, and who was taken for him.
    """

    rows: list[RowChange]
    links: list[LinkChange]
    people: list[tuple[int, int]]

    def kept(self) -> list[Any]:
        """As the decision keeps it."""
        return [[list(row) for row in self.rows], [list(link) for link in self.links], list(map(list, self.people))]

    def back(self) -> Moves:
        """The way back, in the other order."""
        rows = [RowChange(one.entity, one.key, {name: [said[1], said[0]] for name, said in one.columns.items()})
                for one in reversed(self.rows)]  # fmt: skip
        links = [one._replace(was=one.becomes, becomes=one.was) for one in reversed(self.links)]
        return Moves(rows, links, self.people)


def of_kept(kept: list[Any]) -> Moves:
    """What a decision has kept."""
    rows, links, people = kept
    return Moves([RowChange(*row) for row in rows], [LinkChange(*link) for link in links], [*map(tuple, people)])


# Entities and what they name


def table_of(entity: Any) -> Table:
    """The table that holds the rows of an entity."""
    return cast(Table, class_mapper(entity).local_table)


@cache
def entities() -> tuple[Any, ...]:
    """Every entity whose rows may name a family or what is of a family, those that are named first."""
    order = {table: place for place, table in enumerate(Family.metadata.sorted_tables)}
    found = [entity for entity in changes.entities() if entity not in STAYS_BEHIND and entity is not Family]
    named = [entity for entity in found if any(field.target in (Family, Member) for field in changes.fields(entity))]
    return tuple(sorted(named, key=lambda entity: order[table_of(entity)]))


@cache
def of_name(name: str) -> Any:
    """The entity of a name."""
    return next(entity for entity in changes.entities() if entity.__name__ == name)


@cache
def columns_of(entity: Any, target: Any) -> tuple[str, ...]:
    """The columns of an entity that name rows of another one."""
    return tuple(field.name for field in changes.fields(entity) if field.target is target)


@cache
def references(entity: Any) -> tuple[tuple[str, Any], ...]:
    """The columns of an entity that name a fact of the same family, and whose rows they name."""
    keys = {name for key in table_of(entity).foreign_key_constraints if len(key.column_keys) > 1
            for name in key.column_keys}  # fmt: skip
    return tuple((field.name, field.target) for field in changes.fields(entity)
                 if field.name in keys and field.target not in (None, Family))  # fmt: skip


def rows_where(entity: Any, *conditions: ColumnElement[bool]) -> list[Any]:
    """The rows of an entity that meet one of some conditions, as plain values, in the order of entry."""
    if not conditions:
        return []
    table = table_of(entity)
    query = select(table).where(or_(*conditions)).order_by(table.c.id)
    return list(db.session.connection().execute(query).mappings())


def rows_by_key(entity: Any, keys: Iterable[int]) -> dict[int, Any]:
    """Rows of an entity by their keys, as plain values."""
    table = table_of(entity)
    found = {}
    for portion in portions(sorted(set(keys))):
        found.update({row["id"]: row for row in rows_where(entity, table.c.id.in_(portion))})
    return found


def links_of(entity: Any, keys: Iterable[int]) -> Iterator[tuple[changes.Linked, int, int]]:
    """What stands in the lists of rows: the list, the row, the key in it."""
    keys = sorted(set(keys))
    for each in changes.lists(entity):
        for portion in portions(keys):
            query = select(each.owner, each.other).where(each.owner.in_(portion)).order_by(each.owner, each.other)
            for owner, other in db.session.connection().execute(query):
                yield each, owner, other


def titles(entity: Any, keys: Iterable[int]) -> dict[int, str]:
    """What rows are called, by key."""
    words = changes.Words()
    wanted = list(keys)
    words.ask(entity, wanted)
    return {key: f"{entity.TITLE}: {words.of(entity, key)}" for key in wanted}


# Writing


def _counted(moves: Moves) -> Iterator[closed.WrittenRow]:
    """The rows of a merge that reports count, as they were and as they become: what counts while a family is on record
    goes from one family and comes to another."""
    for name in dict.fromkeys(row.entity for row in moves.rows):
        entity = of_name(name)
        if entity not in closed.FACTS:
            continue
        changed = {row.key: row.columns for row in moves.rows if row.entity == name}
        types, told = {field.name: field.type for field in changes.fields(entity)}, titles(entity, changed)
        for key, stored in rows_by_key(entity, changed).items():
            was = dict(stored)
            becomes = was | {column: value_of(types[column], said[1]) for column, said in changed[key].items()}
            before, after = was.get("family_id"), becomes.get("family_id")
            if before != after and entity in closed.WHILE_ON_RECORD:
                yield closed.WrittenRow(entity, told[key], was, None, before)
                yield closed.WrittenRow(entity, told[key], None, becomes, after)
            else:
                yield closed.WrittenRow(entity, told[key], was, becomes, after, becomes.get("territory_id"))


def write(moves: Moves, family_id: int) -> None:
    """Write all changes of a merge, with an entry of the journal for each row; family_id: whose page tells of it.

    The references between the rows are asked at the end: the caller lets them wait.
    """
    closed.require(_counted(moves))
    words, entries = changes.Words(), []
    told: dict[tuple[str, int], str] = {}
    written = [(one.entity, one.key) for one in moves.rows] + [(one.entity, one.key) for one in moves.links]
    for name in dict.fromkeys(entity for entity, _key in written):
        keys = {key for entity, key in written if entity == name}
        told |= {(name, key): title for key, title in titles(of_name(name), keys).items()}
    for row in moves.rows:
        said = _update(row, words)
        act = Act.ANNULLED if row.columns.get("annulled_at", [1])[0] is None else Act.CHANGED
        entries.append(journal.entry(act, entity=row.entity, entity_id=row.key, said=said,
                                     family_id=row.key if row.entity == "Family" else family_id,
                                     summary=told[row.entity, row.key]))  # fmt: skip
    for (name, list_name, key), links in _by_list(moves.links).items():
        if said := _relink(of_name(name), list_name, key, links, words):
            entries.append(journal.entry(Act.CHANGED, entity=name, entity_id=key, said=said,
                                         family_id=key if name == "Family" else family_id,
                                         summary=told[name, key]))  # fmt: skip
    journal.write(entries)
    db.session.expire_all()


def _update(row: RowChange, words: changes.Words) -> dict[str, Any]:
    entity = of_name(row.entity)
    table = table_of(entity)
    types = {field.name: field.type for field in changes.fields(entity)}
    was, becomes = ({name: value_of(types[name], said[side]) for name, said in row.columns.items()} for side in (0, 1))
    counted = {"version": table.c.version + 1} if issubclass(entity, Versioned) else {}
    db.session.connection().execute(update(table).where(table.c.id == row.key).values(**becomes, **counted))
    return changes.of_updated(entity, was, becomes, words)


def _by_list(links: Iterable[LinkChange]) -> Mapping[tuple[str, str, int], list[LinkChange]]:
    found: dict[tuple[str, str, int], list[LinkChange]] = {}
    for link in links:
        found.setdefault((link.entity, link.name, link.key), []).append(link)
    return found


def _relink(entity: Any, name: str, key: int, links: list[LinkChange], words: changes.Words) -> dict[str, Any]:
    """Write a list of a row anew: a place of it bears the family that the row is of now."""
    each, connection, table = changes.linked(entity, name), db.session.connection(), table_of(entity)
    was, instead = each.keys(db.session(), key), {link.was: link.becomes for link in links if link.was is not None}
    added = [link.becomes for link in links if link.was is None]
    becomes = sorted({each for each in (*(instead.get(one, one) for one in was), *added) if each is not None})
    borne = {}
    if entity is not Family and "family_id" in each.table.c:
        borne["family_id"] = connection.scalar(select(table.c.family_id).where(table.c.id == key))
    connection.execute(delete(each.table).where(each.owner == key))
    if becomes:
        rows = [{each.owner.key: key, each.other.key: other, **borne} for other in becomes]
        connection.execute(insert(each.table), rows)
    return changes.of_list(entity, name, was, becomes, words)


def unique_groups(entity: Any) -> Iterator[tuple[str, ...]]:
    """The columns of each set of which two live rows may not agree in all."""
    table = table_of(entity)
    for index in table.indexes:
        if index.unique and not any(column.primary_key for column in index.columns):
            yield tuple(column.key for column in index.columns)


def is_live(entity: Any, row: Mapping[str, Any]) -> bool:
    return not issubclass(entity, Annullable) or row["annulled_at"] is None
