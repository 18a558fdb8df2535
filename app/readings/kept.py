"""What a page shows again and again and is dear to count: kept by this server while nothing in the bank changes.

The journal tells whether anything was changed. What is kept belongs to the rows that the person sees: people of the
same rows share it, and nobody is given another's.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, TypeVar, cast

from sqlalchemy import event

from app import access, clock, journal
from app.extensions import db

MOST_KEPT = 200  # answers of one server
LONGEST_KEPT = timedelta(hours=1)  # the changes since then would take as long to look through as to count anew
MOST_CHANGES = 1_000  # are looked through again and again: after more, the changes are noted from a later one

MARKS = "marks"  # of the transaction of a session

V = TypeVar("V")


@dataclass(frozen=True)
class Kept:
    """An answer, when it was found, and how far the changes of the bank had come then."""

    value: Any
    since: datetime
    mark: journal.Mark


answers: OrderedDict[Hashable, Kept] = OrderedDict()  # the longest unused first; emptied by who writes no journal
_lock = Lock()


def while_unchanged(question: Hashable, count: Callable[[], V]) -> V:
    """The answer to a question about this person's rows: counted, or the one that was counted since the last change.

    question: names everything that the answer rests on besides the rows and the day of the scope.
    """
    found, mark = _unchanged(question)
    if found is not None:
        return cast(V, found.value)
    now, value = clock.now(), count()  # after the mark was taken: a change that comes between them is counted again
    _keep(_key(question), Kept(value, now, mark))
    return value


def is_known(question: Hashable) -> bool:
    """Whether the answer is kept, and nothing was changed since it was counted."""
    return _find(_key(question)) is not None and _unchanged(question)[0] is not None


def _key(question: Hashable) -> Hashable:
    return db.engine, access.scope(), question


def _unchanged(question: Hashable) -> tuple[Kept | None, journal.Mark]:
    """The kept answer if it still holds, and how far the changes of the bank have come now."""
    found = _find(_key(question))
    if found is not None and clock.now() - found.since >= LONGEST_KEPT:
        found = None
    if found is not None and _mark(found.mark.since) == found.mark:
        return found, found.mark
    return None, _mark(None)


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
