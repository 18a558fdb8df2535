"""Two writings of one school made one: the other becomes another name of it, and every row is written so."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date

from sqlalchemy import select

from app.domain import names
from app.domain import schools as rules
from app.domain.terms import BookWordKind
from app.extensions import db
from app.models import BookWord
from app.services import registry, schools


def learn(text: str, name: str, today: date) -> None:
    """Keep that a text is another name of a school, for whatever is typed or loaded from now on."""
    if names.key(text) == names.key(name):
        return
    key = names.key(text)
    row = db.session.scalar(select(BookWord).where(BookWord.kind == BookWordKind.SCHOOL, BookWord.text_key == key))
    row = row or BookWord(kind=BookWordKind.SCHOOL, text=text, meaning=name)
    row.meaning, row.retired = name, False
    registry.save(row, today)


def merge(kept: str, others: Sequence[str], today: date) -> int:
    """Write a school everywhere by the name that stays; gives how many rows were written. Raises Refusal."""
    others = [one for one in others if one != kept]
    schools.check_choice(kept, others)
    for row in db.session.scalars(
        select(BookWord).where(BookWord.kind == BookWordKind.SCHOOL, BookWord.meaning.in_(others))
    ):
        row.meaning = kept  # what was another name of one that goes is one of the name that stays
    written = 0
    for other in others:
        learn(other, kept, today)
        for row in schools.rows_of(other):
            row.organisation = kept
            written += 1
    db.session.flush()
    return written


def asked(typed: Iterable[str | None]) -> dict[str, list[str]]:
    """The schools that were typed and resemble some of the bank, each with the writings it may be."""
    wanted = [name for name in dict.fromkeys(map(schools.called, typed)) if name]
    known = schools.writings() if wanted else []
    return {name: near for name in wanted if (near := rules.alike(name, known))}


def settle(typed: Iterable[str | None], said: Callable[[str], str | None], today: date) -> None:
    """Keep what was said of each school that was typed: which one it is, if it is none of its own."""
    for name, near in asked(typed).items():
        if (meant := said(field_of(name))) in near:
            learn(name, meant, today)


def field_of(name: str) -> str:
    """The name of the field in which it is said which school a typed one is."""
    return f"school:{name}"
