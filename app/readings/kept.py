"""What a page shows again and again and is dear to count: kept by this server while nothing that it rests on changes.

The journal tells what was changed. An answer rests on the tables that were named by the statements sent while it was
counted: nobody has to say them, and none can be forgotten. A change of families, cards, surveys or meetings leaves the
answers that rest on other tables; any other change – of words, places, people, a load, a merge – leaves none. What is
kept belongs to the rows that the person sees: people of the same rows share it, and nobody is given another's.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from threading import Lock
from typing import Any, TypeVar, cast

from sqlalchemy import Engine, Table, event
from sqlalchemy.orm import class_mapper

from app import access, clock, journal
from app.extensions import db
from app.models import Family, Member, Model, Whose

MOST_KEPT = 600  # answers of one server
LONGEST_KEPT = timedelta(hours=1)  # the changes since then would take as long to look through as to count anew
MOST_CHANGES = 1_000  # are looked through again and again: after more, the changes are noted from a later one

# What a family is called is made of its people: a change of one of them changes these columns, and no other of hers.
CALLED = frozenset(column.name for column in Family.__table__.columns if column.info.get("derived"))
NAMES = "names of families"  # what an answer rests on that asks any of them
MARKS = "marks"  # of the transaction of a session
MANY_BY_MANY = frozenset({Whose.FAMILY, Whose.CARD, Whose.SURVEY, Whose.MEETING})  # rows that are written all day
_WORD = re.compile(r"[a-z_][a-z_0-9]*")

V = TypeVar("V")


@dataclass(frozen=True)
class Kept:
    """An answer, when it was found, how far the changes of the bank had come then, and the tables it rests on."""

    value: Any
    since: datetime
    mark: journal.Mark
    tables: frozenset[str]


answers: OrderedDict[Hashable, Kept] = OrderedDict()  # the longest unused first; emptied by who writes no journal
_lock = Lock()
_named: ContextVar[set[str] | None] = ContextVar("named", default=None)  # tables, by what is counted now


def while_unchanged(question: Hashable, count: Callable[[], V]) -> V:
    """The answer to a question about this person's rows: counted, or the one that no change has touched since.

    question: names everything that the answer rests on besides the rows and the day of the scope.
    """
    found, mark = _unchanged(question)
    if found is None:
        now = clock.now()  # after the mark was taken: a change that comes between them is counted again
        with _naming() as tables:
            value = count()
        found = Kept(value, now, mark, frozenset(tables))
        _keep(_key(question), found)
    if (outer := _named.get()) is not None:  # whoever asks of it rests on the same
        outer |= found.tables
    return cast(V, found.value)


def is_known(question: Hashable) -> bool:
    """Whether the answer is kept, and nothing of what it rests on was changed since it was counted."""
    return _find(_key(question)) is not None and _unchanged(question)[0] is not None


def _key(question: Hashable) -> Hashable:
    return db.engine, access.scope(), question


def _unchanged(question: Hashable) -> tuple[Kept | None, journal.Mark]:
    """The kept answer if it still holds, and how far the changes of the bank have come now."""
    found = _find(_key(question))
    if found is not None and clock.now() - found.since >= LONGEST_KEPT:
        found = None
    if found is not None:
        mark = _mark(found.mark.since)
        if mark != found.mark and not _touched(found.tables, journal.changed_between(found.mark, mark)):
            found = replace(found, mark=mark)
            _keep(_key(question), found)
        if mark == found.mark:
            return found, mark
    return None, _mark(None)


def _touched(tables: frozenset[str], changed: Iterable[str]) -> bool:
    """Whether a change of entities may have changed an answer that rests on some tables; what has asked nothing of the
    bank itself rests on what was known before, nobody knows what.
    """
    known = _tables_of_rows()
    return not tables or any(name not in known or known[name] & tables for name in changed)


@cache
def _tables_of_rows() -> Mapping[str, frozenset[str]]:
    """The tables in which a change of one row writes, by the name of the entity: of rows that are written all day."""
    found = {}
    for entity in journal.changes.entities():
        if getattr(entity, "WHOSE", None) in MANY_BY_MANY:
            links = (cast(Table | None, each.secondary) for each in class_mapper(entity).relationships)
            found[entity.__name__] = frozenset({entity.__tablename__, *(one.name for one in links if one is not None)})
    found[Member.__name__] |= {NAMES}
    return found


@contextmanager
def _naming() -> Iterator[set[str]]:
    """The tables that are named by the statements of a block, those whose names merely stand in them too."""
    outer, tables = _named.get(), set[str]()
    token = _named.set(tables)
    try:
        yield tables
    finally:
        _named.reset(token)
    if outer is not None:
        outer |= tables


@event.listens_for(Engine, "before_cursor_execute")
def _name_tables(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
    tables = _named.get()
    if tables is not None:
        words = set(_WORD.findall(statement))
        tables |= words & Model.metadata.tables.keys()
        if not words.isdisjoint(CALLED):
            tables.add(NAMES)


def _mark(since: int | None) -> journal.Mark:
    """How far the changes have come: asked once of a transaction that has changed nothing, whatever else it asks. What
    was asked of earlier changes tells of the later ones too."""
    session = db.session()
    transaction = session.get_transaction()
    asked_by, marks = session.info.get(MARKS, (None, {}))
    if transaction is None or asked_by is not transaction:
        marks = {}
    if since is None and marks and len(marks[max(marks)].entries) <= MOST_CHANGES:
        return cast(journal.Mark, marks[max(marks)])
    if since is not None and (earlier := [known for known in marks if known <= since]):
        entries = marks[earlier[0]].entries
        return journal.Mark(since, frozenset(entry for entry in entries if entry > since))
    mark = journal.mark(since)
    session.info[MARKS] = session.get_transaction(), marks | {mark.since: mark}
    return mark


@event.listens_for(db.session, "after_flush")
def _ask_again(session: Any, _flushed: Any) -> None:
    session.info.pop(MARKS, None)


def _find(key: Hashable) -> Kept | None:
    with _lock:
        if key in answers:
            answers.move_to_end(key)
        return answers.get(key)


def _keep(key: Hashable, answer: Kept) -> None:
    with _lock:
        answers[key] = answer
        answers.move_to_end(key)
        while len(answers) > MOST_KEPT:
            answers.popitem(last=False)
