"""The journal of one family in words: who did what, which value was and which is."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from sqlalchemy import Boolean, Date, DateTime, Enum, func, select
from sqlalchemy.orm import ColumnProperty, class_mapper

from app import words
from app.clock import local
from app.domain.terms import Act
from app.extensions import db
from app.models import Entity, Family, JournalEntry, Money

PAGE = 50
TECHNICAL = {"sha256", "key", "mime", "size"}  # how a scan is kept says nothing about the family


class Change(NamedTuple):
    """One value: what people call it, what it was, what it is."""

    label: str
    was: str
    now_is: str


class Line(NamedTuple):
    """A journal entry with its changes in words."""

    entry: JournalEntry
    changes: list[Change]

    @property
    def is_new(self) -> bool:
        """Whether the row was entered: every value is new then."""
        return self.entry.act is Act.CREATED


def of_family(family: Family, page: int) -> tuple[list[Line], int]:
    """A page of the family's journal, the newest first, and the number of all its entries."""
    of_it = JournalEntry.family_id == family.id
    total = db.session.scalar(select(func.count(JournalEntry.id)).where(of_it)) or 0
    entries = list(
        db.session.scalars(
            select(JournalEntry)
            .where(of_it)
            .order_by(JournalEntry.at.desc(), JournalEntry.id.desc())
            .limit(PAGE)
            .offset(page * PAGE)
        )
    )
    titles = _titles(entries)
    return [Line(entry, _changes(entry, titles)) for entry in entries], total


def _entity(name: str) -> type[Any] | None:
    for mapper in Entity.registry.mappers:
        if mapper.class_.__name__ == name and issubclass(mapper.class_, Entity):
            return mapper.class_
    return None


def _columns(entry: JournalEntry) -> Iterable[tuple[str, Any, list[Any]]]:
    """The changed columns and relations of an entry, in the order of the form: name, property, [was, is]."""
    entity = _entity(entry.entity)
    if entity is None or not entry.changes:
        return
    changes = entry.changes
    for prop in class_mapper(entity).attrs:
        if prop.key in changes and prop.key not in TECHNICAL:
            yield prop.key, prop, changes[prop.key]


def _target(prop: Any) -> type[Any] | None:
    """The entity a foreign key of a column points to."""
    if not isinstance(prop, ColumnProperty) or not prop.columns[0].foreign_keys:
        return None
    table = next(iter(prop.columns[0].foreign_keys)).column.table
    for mapper in Entity.registry.mappers:
        if mapper.local_table is table:
            return mapper.class_
    return None


def _titles(entries: list[JournalEntry]) -> dict[tuple[type[Any], int], str]:
    """What the rows that foreign keys point to are called; one statement for each table."""
    wanted: dict[type[Any], set[int]] = {}
    for entry in entries:
        for _key, prop, values in _columns(entry):
            target = _target(prop)
            if target is not None:
                wanted.setdefault(target, set()).update(value for value in values if isinstance(value, int))
    return {
        (target, row.id): str(row)
        for target, ids in wanted.items()
        for row in db.session.scalars(select(target).where(target.id.in_(ids)))
    }


def _changes(entry: JournalEntry, titles: dict[tuple[type[Any], int], str]) -> list[Change]:
    found = []
    for _key, prop, (was, now_is) in _columns(entry):
        label = prop.columns[0].info.get("label") if isinstance(prop, ColumnProperty) else prop.info.get("label")
        if label is None:
            continue
        found.append(Change(str(label), _in_words(was, prop, titles), _in_words(now_is, prop, titles)))
    return found


def _in_words(value: Any, prop: Any, titles: dict[tuple[type[Any], int], str]) -> str:
    """A value of the journal as people read it."""
    if value is None or value == []:
        return ""
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    target = _target(prop)
    if target is not None:
        return titles.get((target, value), f"№ {value}")
    return _plain(value, prop.columns[0].type) if isinstance(prop, ColumnProperty) else str(value)


def _plain(value: Any, kind: Any) -> str:
    try:
        if isinstance(kind, Boolean):
            return words.yes_no(value)
        if isinstance(kind, DateTime):
            return words.moment(local(datetime.fromisoformat(value)))
        if isinstance(kind, Date):
            return words.day(date.fromisoformat(value))
        if isinstance(kind, Money):
            return words.roubles(Decimal(value))
        if isinstance(kind, Enum) and isinstance(kind.enum_class, enum.EnumType):
            return str(kind.enum_class(value))
    except (ValueError, TypeError, InvalidOperation):
        return str(value)  # written by an older form of the entity
    return str(value)
