"""Where the words of others mention a case: what was searched for, what stands in drafts, filters, sessions, answers.

These are nobody's case, so no key leads to them: a text mentions a case if it holds all words of a name by which one is
known (`KNOWN_BY`). A draft is taken for one only by a whole name, for it is somebody's work.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import class_mapper

from app.domain import names
from app.extensions import db, portions
from app.journal.replay import CHANGES
from app.models import (
    AgencyFinding,
    AgencyInquiry,
    Draft,
    JournalEntry,
    SavedFilter,
    SentForm,
    SurveyGroup,
    UserSession,
    said_of,
)
from app.services import drafts, remains
from app.services.belongings import Belongings

FEWEST_LETTERS = 4  # of a name that tells anything: a surname of three letters is part of too many words
READ_AT_ONCE = 5000
OF_PAGES: dict[str, Any] = {"survey": SurveyGroup, "inquiry": AgencyInquiry, "finding": AgencyFinding}  # of drafts

_entry, _sent = JournalEntry.__table__, SentForm.__table__
_draft, _filter, _session = Draft.__table__, SavedFilter.__table__, UserSession.__table__


class Mentions:
    """The names by which some cases are known, read before the cases are destroyed."""

    def __init__(self, found: Belongings) -> None:
        self._rows = found.rows
        self._whole: dict[str, list[set[str]]] = defaultdict(list)
        self._first: dict[str, list[set[str]]] = defaultdict(list)
        for values in _known(found):
            _add(self._whole, names.words(*values))
            _add(self._first, names.words(values[0]))

    def in_text(self, text: str, *, whole: bool = False) -> bool:
        """Whether a text mentions one of the cases; whole: by all of a name, and not by a surname alone."""
        known, said = self._whole if whole else self._first, names.words(text)
        return any(words <= said for word in said for words in known.get(word, ()))

    def forget(self, act: str) -> None:
        """Take the cases out of what others have typed: `act` stands for the words."""
        self._forget_what_was_asked(act)
        connection = db.session.connection()
        for draft in db.session.scalars(select(Draft)).all():
            if self._is_of_page(draft) or self.in_text(" ".join(_texts(draft.words)), whole=True):
                connection.execute(delete(_draft).where(_draft.c.id == draft.id))
        for row in connection.execute(select(_filter.c.id, _filter.c.name, _filter.c.conditions)).all():
            if self.in_text(" ".join([row.name, *_texts(row.conditions)])):
                connection.execute(delete(_filter).where(_filter.c.id == row.id))
        for row in connection.execute(select(_session.c.id, _session.c.data)).all():
            left = {name: value for name, value in row.data.items() if not self.in_text(" ".join(_texts(value)))}
            if left != row.data:
                connection.execute(update(_session).where(_session.c.id == row.id).values(data=left))
        answers = select(_sent.c.user_id, _sent.c.key, _sent.c.answer).where(_sent.c.answer.is_not(None))
        for row in connection.execute(answers).all():
            if row.answer and self.in_text(row.answer.get("text", "")):
                this = update(_sent).where(_sent.c.user_id == row.user_id, _sent.c.key == row.key)
                connection.execute(this.values(answer={**row.answer, "text": act}))

    def _is_of_page(self, draft: Draft) -> bool:
        """Whether a draft stands on the page of a row of the cases."""
        of = drafts.KINDS[draft.kind].of if draft.kind in drafts.KINDS else ""
        page = drafts.values_of(draft) if of else None
        return page is not None and page["pk"] in self._rows.get(OF_PAGES[of], ())

    def _forget_what_was_asked(self, act: str) -> None:
        """Entries of no family: searches, lists and exports whose summary holds a name."""
        asked = select(_entry.c.id, _entry.c.summary, _entry.c.changes).where(
            _entry.c.family_id.is_(None), _entry.c.act.not_in(CHANGES), _entry.c.summary != ""
        )
        rows = db.session.connection().execute(asked.execution_options(yield_per=READ_AT_ONCE))
        found = [{"key": row.id, "says": act, "left": row.changes} for row in rows if self.in_text(row.summary)]
        for portion in portions(found, remains.PORTION):
            remains.write_anew(portion)


def _add(known: dict[str, list[set[str]]], words: set[str]) -> None:
    """Under the longest word of a name, by which texts are passed over quickly."""
    if sum(map(len, words)) >= FEWEST_LETTERS:
        known[max(words, key=lambda word: (len(word), word))].append(words)


def _known(found: Belongings) -> Iterator[tuple[str, ...]]:
    """By what the rows of the cases are known, each once."""
    seen: set[tuple[str, ...]] = set()
    for entity, ids in found.rows.items():
        table = class_mapper(entity).local_table
        for columns in said_of(entity, "KNOWN_BY"):
            for portion in portions(sorted(ids)):
                asked = select(*(table.c[name] for name in columns)).where(table.c.id.in_(portion)).distinct()
                seen.update(tuple(row) for row in db.session.connection().execute(asked) if row[0])
    yield from seen


def _texts(value: Any) -> Iterable[str]:
    """Every text of a JSON."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, each in value.items():
            yield str(name)
            yield from _texts(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _texts(each)
