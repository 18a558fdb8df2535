"""Schools and kindergartens as the bank writes them: their writings, their other names, and two writings made one.

A school is a text of what a child does by day. Its other names are words of books, so every road knows them: whatever
is typed or loaded under another name is stored under the one that was chosen.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import func, select

from app.domain import names
from app.domain.refusal import Refusal
from app.domain.schools import may_be_one
from app.domain.terms import BookWordKind
from app.extensions import db
from app.models import BookWord, Education

MOST_ROWS = 5000  # that are written otherwise at once
_word = BookWord.__table__


class Writing(NamedTuple):
    """A writing of a school, and how many rows of the person's write it so: one for each time of a child there."""

    name: str
    rows: int


def writings() -> list[str]:
    """The different writings of schools in the person's rows, in their order."""
    named = select(Education.organisation).where(Education.annulled_at.is_(None), Education.organisation.is_not(None))
    return sorted(filter(None, db.session.scalars(named.distinct())), key=names.sort_key)


def counted() -> list[Writing]:
    """The same with the rows of each, as their list has them."""
    rows = db.session.execute(
        select(Education.organisation, func.count())
        .where(Education.annulled_at.is_(None), Education.organisation.is_not(None))
        .group_by(Education.organisation)
    )
    return sorted((Writing(name, number) for name, number in rows if name), key=lambda one: names.sort_key(one.name))


def groups(every: Sequence[Writing]) -> list[list[Writing]]:
    """Writings that may be of one school, the most used first: those of two or more."""
    found: list[list[Writing]] = []
    for one in sorted(every, key=lambda writing: -writing.rows):
        near = next((group for group in found if may_be_one(group[0].name, one.name)), None)
        if near is None:
            found.append([one])
        else:
            near.append(one)
    return [group for group in found if len(group) > 1]


def other_names() -> dict[str, str]:
    """By the key of another name, the name that is written."""
    of_schools = _word.c.kind == BookWordKind.SCHOOL, _word.c.retired.is_(False)
    rows = db.session.execute(select(_word.c.text_key, _word.c.meaning).where(*of_schools))
    return {row.text_key: row.meaning for row in rows}


def called(name: str | None) -> str | None:
    """A school as it is written in the bank: by the name that was chosen for another one."""
    key = names.key(name)
    if not key:
        return name
    meaning = db.session.scalar(
        select(_word.c.meaning).where(
            _word.c.kind == BookWordKind.SCHOOL, _word.c.text_key == key, _word.c.retired.is_(False)
        )
    )
    return meaning or name


def rows_of(writing: str) -> list[Education]:
    """The rows of the person that write a school so. Raises Refusal if they are too many to be written at once."""
    found = select(Education).where(Education.annulled_at.is_(None), Education.organisation == writing)
    rows = list(db.session.scalars(found.order_by(Education.id).limit(MOST_ROWS + 1)))
    if len(rows) > MOST_ROWS:
        raise Refusal(f"Так записано больше {MOST_ROWS} сведений: столько за один раз не переписать.")
    return rows


def check_choice(kept: str, others: Sequence[str]) -> None:
    """One writing stays, and at least one other becomes it. Raises Refusal."""
    if not names.key(kept) or not others:
        raise Refusal("Отметьте хотя бы два написания и то, которое остаётся.")


def names_by_school() -> dict[str, list[str]]:
    """The other names of each school."""
    rows = db.session.execute(
        select(_word.c.meaning, _word.c.text)
        .where(_word.c.kind == BookWordKind.SCHOOL, _word.c.retired.is_(False))
        .order_by(_word.c.text_key)
    )
    found: dict[str, list[str]] = {}
    for name, text in rows:
        found.setdefault(name, []).append(text)
    return found
