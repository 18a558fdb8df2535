"""The journal of one family in words: who did what, which value was and which is."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, NamedTuple

from flask_babel import lazy_gettext as _
from sqlalchemy import Boolean, ColumnElement, Date, DateTime, Enum, Select, and_, func, or_, select
from sqlalchemy.orm import ColumnProperty, RelationshipProperty, class_mapper

from app import access, journal, words
from app.clock import local
from app.domain.terms import Act
from app.extensions import db
from app.models import (
    AgencyFinding,
    Aid,
    Entity,
    Family,
    JournalEntry,
    Money,
    OfCard,
    OfSurvey,
    PlannedMeasure,
    Role,
    SignalCard,
    Supervision,
    SurveyGroup,
    SurveyMark,
    User,
)

_card, _survey = SignalCard.__table__, SurveyGroup.__table__

PAGE = 50
# Rows that may tell of health or convictions.
OF_HEALTH = (Supervision, AgencyFinding, SurveyMark, PlannedMeasure, Aid)
MAY_BE_SPECIAL = {entity.__name__: entity.TITLE for entity in OF_HEALTH}
HIDDEN = "сведения не показаны: на сведения о здоровье и судимости нужно отдельное право"
# How a scan is kept and when a row was typed say nothing: the entry itself has its moment.
TECHNICAL = {"sha256", "key", "mime", "size", "created_at"}
# What people call the columns of FAB's user, and what is written about a user by hand.
OF_USER = {
    "roles": _("Roles"), "territories": _("Territories"), "employee": _("Employee of an agency"),
    "active": _("The sign-in is open"), "username": _("Name to sign in"), "first_name": _("First name"),
    "last_name": _("Last name"),
}  # fmt: skip


class ValueInWords(NamedTuple):
    """One value: what people call it, what it was, what it is."""

    label: str
    was: str
    now_is: str


class EntryInWords(NamedTuple):
    """A journal entry with its changes in words."""

    entry: JournalEntry
    changes: list[ValueInWords]

    @property
    def summary(self) -> str:
        return summary(self.entry)

    @property
    def is_new(self) -> bool:
        """Whether the row was entered: every value is new then."""
        return self.entry.act is Act.CREATED


def summary(entry: JournalEntry) -> str:
    """What an entry is about; without the permission for health and convictions, of such rows only what they are."""
    if entry.summary and _is_hidden(entry):
        return f"{MAY_BE_SPECIAL[entry.entity]}: {HIDDEN}"
    return entry.summary


def _is_hidden(entry: JournalEntry) -> bool:
    """Whether an entry is about a row that may tell of health or convictions, and they are not shown.

    Which kind the row was of then is not asked: it may have been changed since.
    """
    return entry.entity in MAY_BE_SPECIAL and not access.scope().sees_special


def annulment(row: Any) -> str:
    """Who annulled a row, when and why."""
    entry = JournalEntry.__table__
    who = db.session.scalar(
        select(entry.c.user_name)
        .where(entry.c.entity == type(row).__name__, entry.c.entity_id == row.id, entry.c.act == Act.ANNULLED)
        .order_by(entry.c.id.desc())
        .limit(1)
    )
    by = f", {who}" if who else ""
    return f"Эта запись уже аннулирована: {words.moment(local(row.annulled_at))}{by}. Причина: {row.annul_reason}"


# What somebody looked at, in the journal beside what somebody changed.
READS = (Act.LISTED, Act.OPENED, Act.SEARCHED, Act.PRINTED, Act.EXPORTED, Act.DOWNLOADED)


def _of(family: Family, *, reads: bool) -> tuple[ColumnElement[bool], ...]:
    looked = JournalEntry.act.in_(READS)
    about = or_(JournalEntry.family_id == family.id, *_of_cards_and_surveys(family))
    return about, looked if reads else ~looked


def _of_cards_and_surveys(family: Family) -> Iterator[ColumnElement[bool]]:
    """The entries of what the person sees of its cards, surveys and acts: some are older than the family itself."""
    scope = access.scope()
    cards = select(_card.c.id).where(_card.c.family_id == family.id, scope.cards(_card.c))
    surveys = select(_survey.c.id).where(_survey.c.family_id == family.id, scope.surveys(_survey.c))
    ids: dict[Any, Select[Any]] = {SignalCard: cards, SurveyGroup: surveys}
    for entity in journal.changes.entities():
        if issubclass(entity, (OfCard, OfSurvey)):
            of = entity.card_id.in_(cards) if issubclass(entity, OfCard) else entity.group_id.in_(surveys)
            ids[entity] = select(entity.id).where(of, scope.rows(entity))
    for entity, found in ids.items():
        yield and_(JournalEntry.entity == entity.__name__, JournalEntry.entity_id.in_(found))


def _whole() -> AbstractContextManager[None]:
    """Entries without a family of their own are read too: the conditions of `_of` say which the person sees."""
    return access.acting_as(replace(access.scope(), everything=True))


def count(family: Family, *, reads: bool) -> int:
    """How many entries the family's journal has: of changes, or of what was looked at."""
    wanted = _of(family, reads=reads)
    with _whole():
        return db.session.scalar(select(func.count(JournalEntry.id)).where(*wanted)) or 0


def of_family(family: Family, page: int, *, reads: bool) -> list[EntryInWords]:
    """A page of the family's journal, the newest first: changes, or what was looked at."""
    wanted = select(JournalEntry).where(*_of(family, reads=reads))
    latest = wanted.order_by(JournalEntry.at.desc(), JournalEntry.id.desc())
    with _whole():
        entries = list(db.session.scalars(latest.limit(PAGE).offset(page * PAGE)))
    titles = _titles(entries)
    return [EntryInWords(entry, changes(entry, titles)) for entry in entries]


def changes(entry: JournalEntry, titles: dict[tuple[type[Any], int], str] | None = None) -> list[ValueInWords]:
    """The changes of an entry in words, in the order of the form; what has no name is left out.

    titles: what rows are called that an old entry names by key alone.
    """
    found = []
    for label, prop, said in _columns(entry):
        was, now_is = journal.changes.words_of(said)
        found.append(
            ValueInWords(str(label), _in_words(was, prop, titles or {}), _in_words(now_is, prop, titles or {}))
        )
    return found


@cache
def _entity(name: str) -> type[Any] | None:
    for mapper in Entity.registry.mappers:
        if mapper.class_.__name__ == name and issubclass(mapper.class_, (Entity, User, Role)):
            return mapper.class_
    return None


def _columns(entry: JournalEntry) -> Iterable[tuple[Any, Any, list[Any]]]:
    """The columns and lists of an entry: what people call it, the property if there is one, what was said of it."""
    entity = _entity(entry.entity)
    if entity is None or not entry.changes or _is_hidden(entry):
        return
    own_family = {"family_id"} if entry.act is Act.CREATED else set()
    names = [prop.key for prop in class_mapper(entity).attrs] + [name for name in OF_USER if entity is User]
    for name in dict.fromkeys(names):
        if name in entry.changes and name not in TECHNICAL | own_family:
            prop = class_mapper(entity).attrs.get(name)
            label = _label(prop) or (OF_USER.get(name) if entity is User else None)
            if label is not None:
                yield label, prop, _shown(prop, entry.changes[name])


def _shown(prop: Any, said: list[Any]) -> list[Any]:
    """What was said of a list without the rows that tell of health or convictions, where they are not shown."""
    target: Any = prop.mapper.class_ if isinstance(prop, RelationshipProperty) else None
    told = None if target is None or access.scope().sees_special else access.ordinary().get(target)
    if told is None:
        return said
    if len(said) != 4:
        return [[], []]  # words without the keys by which they could be told apart
    wanted = {key for keys in said[:2] for key in keys or ()}
    ordinary = set(db.session.scalars(select(target.id).where(target.id.in_(wanted), told)))
    return [
        *([key for key in keys or () if key in ordinary] for keys in said[:2]),
        *(
            [word for key, word in zip(keys or (), words or (), strict=False) if key in ordinary]
            for keys, words in zip(said[:2], said[2:], strict=True)
        ),
    ]


def _label(prop: Any) -> Any:
    if prop is None:
        return None
    return (prop.columns[0] if isinstance(prop, ColumnProperty) else prop).info.get("label")


def _titles(entries: list[JournalEntry]) -> dict[tuple[type[Any], int], str]:
    """What the rows are called that old entries name by key alone; one statement for each table."""
    wanted: dict[type[Any], set[int]] = {}
    for entry in entries:
        for _label, prop, said in _columns(entry):
            target = _target(prop) if len(said) == 2 else None
            if target is not None:
                wanted.setdefault(target, set()).update(value for value in said if isinstance(value, int))
    return {
        (target, row.id): str(row)
        for target, ids in wanted.items()
        for row in db.session.scalars(select(target).where(target.id.in_(ids)))
    }


def _target(prop: Any) -> type[Any] | None:
    return journal.changes.target_of(prop.columns[0]) if isinstance(prop, ColumnProperty) else None


def values_in_words(entity: Any, name: str, values: Iterable[Any]) -> list[str]:
    """Stored values of a field or a list of an entity as people read them."""
    prop, values = class_mapper(entity).attrs[name], list(values)
    target: Any = prop.mapper.class_ if isinstance(prop, RelationshipProperty) else _target(prop)
    if target is None:
        return [_in_words(journal.changes.plain(value), prop, {}) for value in values]
    keys = [value if isinstance(value, list) else [] if value is None else [value] for value in values]
    words = journal.changes.Words()
    words.ask(target, {key for each in keys for key in each})
    return [", ".join(str(words.of(target, key)) for key in each) for each in keys]


def _in_words(value: Any, prop: Any, titles: dict[tuple[type[Any], int], str]) -> str:
    """A value of the journal as people read it."""
    if value is None or value == []:
        return ""
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    target = _target(prop)
    if target is not None and isinstance(value, int):
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
