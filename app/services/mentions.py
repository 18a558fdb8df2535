"""Where the words of others mention a case: what was searched for, what stands in drafts, filters, sessions, answers.

These are nobody's case, so no key leads to them: a text mentions a case if it holds all words of a name by which one is
known (`KNOWN_BY`). A draft is taken for one only by a whole name, for it is somebody's work. Notes of meetings, bodies,
books stay, but for the words of a whole name, and of a name that nobody else bears.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import JSON, String, delete, select, update
from sqlalchemy.orm import class_mapper

from app.domain import names
from app.extensions import db, portions
from app.journal.replay import CHANGES
from app.models import (
    Agency,
    AgencyFinding,
    AgencyInquiry,
    CardWord,
    Draft,
    Employee,
    JournalEntry,
    Model,
    SavedFilter,
    SearchWord,
    SentForm,
    Submission,
    SurveyGroup,
    Territory,
    TerritoryAlias,
    User,
    UserSession,
    Whose,
    said_of,
)
from app.services import belongings, drafts, remains
from app.services.belongings import Belongings

FEWEST_LETTERS = 4  # of a name that tells anything: a surname of three letters is part of too many words
READ_AT_ONCE = 5000
SHORTEST_NOTE = 150  # characters that a column holds in which a family may be named
NAMED = ("last_name", "name")  # what a person is called by, of what a case is known by
MASK = "…"
# Rows in whose notes a family may be named; what was submitted is under its hash, and no form of it asks for names.
NOTED = (Whose.TERRITORY, Whose.AGENCY, Whose.MEETING, Whose.LOAD, Whose.GIVEN)
BUT = (Submission, Territory, TerritoryAlias, Agency, Employee)
_WORD = re.compile(r"[^\W_]+")
OF_PAGES: dict[str, Any] = {"survey": SurveyGroup, "inquiry": AgencyInquiry, "finding": AgencyFinding}  # of drafts

_entry, _sent = JournalEntry.__table__, SentForm.__table__
_draft, _filter, _session = Draft.__table__, SavedFilter.__table__, UserSession.__table__


class Mentions:
    """The names by which some cases are known, read before the cases are destroyed."""

    def __init__(self, found: Belongings) -> None:
        self._rows = found.rows
        self._whole: dict[str, list[set[str]]] = defaultdict(list)
        self._first: dict[str, list[set[str]]] = defaultdict(list)
        self._called: dict[str, list[tuple[set[str], set[str]]]] = defaultdict(list)
        for values in _known(found):
            _add(self._whole, names.words(*values))
            _add(self._first, names.words(values[0]))
        rare: set[str] = set()
        for called, whole in _people(found):
            self._called[max(called)].append((called, whole))
            rare |= {word for word in whole if len(word) >= FEWEST_LETTERS}
        for word in rare - _borne_by_others(rare, found):
            self._called[word].append(({word}, {word}))

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
        self._forget_in_notes()

    def masked(self, value: Any) -> Any:
        """A value without the names of the cases, in its keys too if it is a JSON."""
        if isinstance(value, dict):
            return {self.masked(name): self.masked(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self.masked(each) for each in value]
        if not isinstance(value, str):
            return value
        said = names.words(value)
        gone = {
            each for word in said for called, whole in self._called.get(word, ()) if called <= said for each in whole
        }
        return _WORD.sub(lambda found: MASK if names.words(found[0]) & gone else found[0], value) if gone else value

    def _forget_in_notes(self) -> None:
        """Rows that are nobody's case, and what the journal says of them."""
        noted = dict(notes())
        for entity, columns in noted.items():
            table: Any = class_mapper(entity).local_table
            for row in db.session.connection().execute(select(table.c.id, *columns)).all():
                left = {column: self.masked(value) for column, value in zip(columns, row[1:], strict=True)}
                if list(left.values()) != list(row[1:]):
                    db.session.connection().execute(update(table).where(table.c.id == row.id).values(left))
        asked = select(_entry.c.id, _entry.c.summary, _entry.c.changes).where(
            _entry.c.act.in_(CHANGES), _entry.c.entity.in_([entity.__name__ for entity in noted])
        )  # fmt: skip
        rows = db.session.connection().execute(asked.execution_options(yield_per=READ_AT_ONCE))
        told = ((row, self.masked(row.summary), self.masked(row.changes)) for row in rows)
        changed = [{"key": row.id, "says": says, "left": left} for row, says, left in told
                   if (says, left) != (row.summary, row.changes)]  # fmt: skip
        for portion in portions(changed, remains.PORTION):
            remains.write_anew(portion)

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


def notes() -> Iterator[tuple[Any, list[Any]]]:
    """The entities that are nobody's case with the columns in which one may be named: long texts and JSON."""
    for mapper in Model.registry.mappers:
        entity: Any = mapper.class_
        if getattr(entity, "WHOSE", None) not in NOTED or entity in (*belongings.entities(), *BUT):
            continue
        columns = [
            column for column in mapper.local_table.c if isinstance(column.type, JSON)
            or (isinstance(column.type, String) and (column.type.length or SHORTEST_NOTE) >= SHORTEST_NOTE)
        ]  # fmt: skip
        if columns and "id" in mapper.local_table.c:
            yield entity, columns


def _workers() -> list[set[str]]:
    """The names of those who work here: a signature is no mention."""
    found = []
    for entity in (Employee, User):
        table: Any = class_mapper(entity).local_table
        asked = select(table.c.last_name, table.c.first_name)
        found += [names.words(*row) for row in db.session.connection().execute(asked)]
    return found


def _borne_by_others(words: set[str], found: Belongings) -> set[str]:
    """Of some words, those by which other families and cards, people who work here, bodies and places are known."""
    connection = db.session.connection()
    borne = set().union(*_workers())
    for entity in (Agency, Territory):
        for (name,) in connection.execute(select(class_mapper(entity).local_table.c.name)):
            borne |= names.words(name)
    kept = {names.as_kept(word): word for word in words}
    for table, owner, ids in (
        (SearchWord.__table__, "family_id", found.families), (CardWord.__table__, "card_id", found.cards),
    ):  # fmt: skip
        for portion in portions(sorted(kept)):
            asked = select(table.c.word, table.c[owner]).where(table.c.word.in_(portion))
            borne |= {kept[word] for word, key in connection.execute(asked) if key not in ids}
    return borne


def _people(found: Belongings) -> Iterator[tuple[set[str], set[str]]]:
    """The words by which each person of the cases is told, and those of the whole name; who works here is left out."""
    workers = _workers()
    for entity, ids in found.rows.items():
        table = class_mapper(entity).local_table
        for columns in said_of(entity, "KNOWN_BY"):
            if columns[0] not in NAMED:
                continue
            whole = [*columns, *(["middle_name"] if "middle_name" in table.c else [])]
            for portion in portions(sorted(ids)):
                asked = select(*(table.c[name] for name in whole)).where(table.c.id.in_(portion)).distinct()
                for row in db.session.connection().execute(asked):
                    called = names.words(*row[: len(columns)])
                    if called and not any(called <= each for each in workers):
                        yield called, names.words(*row)


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
