"""The words by which families are found, as a dictionary: which of them are near to a word that nobody bears.

The words are looked up in the table of words itself, so there is nothing beside it to keep in step or to destroy.
They belong to families of everybody: they only lead to ids, and the families of these are narrowed by the scope.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import cache

from rapidfuzz import process
from rapidfuzz.distance import OSA
from sqlalchemy import JSON, Select, String, bindparam, cast, exists, func, literal, select

from app.conditions import LAST_LETTER
from app.domain import likelihood, names
from app.extensions import db
from app.models import SearchWord

LISTED = 60  # words with one beginning that are looked up one by one
MOST = 12  # words of the bank that one word may stand for
SHORTEST_FAR, LONG = 6, 9  # letters of a word that may have two slips, three slips
EVERY = 1 << 31
FIRST_LETTER = "а"  # of Russian words; numbers and Latin letters stand before it

_word = SearchWord.__table__


def near(words: Iterable[str]) -> dict[str, list[str]]:
    """For each word the words of the bank that are it but for one slip, or but for the ending of the sex."""
    meant = {word: likelihood.near_words(word) | names.of_both_sexes(word) for word in words}
    known = _known(sorted(set().union(*meant.values()))) if meant else set()
    return {word: _best(word, known & others) for word, others in meant.items()}


def far(words: Iterable[str]) -> dict[str, list[str]]:
    """For each word the words of the bank with the same first letter that are it but for two slips, or three."""
    found = {}
    for word in words:
        slips = 0 if len(word) < SHORTEST_FAR else 2 if len(word) < LONG else 3
        every = _between(word[0], word[0] + LAST_LETTER) if slips else []
        alike = process.extract(word, every, scorer=OSA.distance, score_cutoff=slips, limit=MOST)
        found[word] = [each for each, _distance, _place in alike]
    return found


def beginning(word: str) -> list[str] | None:
    """The words of the bank that begin so; None: too many to be looked up one by one."""
    found = _between(word, word + LAST_LETTER, LISTED + 1)
    return None if len(found) > LISTED else found


def holding(words: Sequence[str]) -> dict[str, list[str]]:
    """For each part of a word the words of the bank that hold it."""
    every = _between(FIRST_LETTER, LAST_LETTER) if words else []
    return {word: [each for each in every if word in each] for word in words}


def _best(word: str, found: Iterable[str]) -> list[str]:
    """The nearest words first: as many as a word may stand for."""
    return sorted(found, key=lambda other: (OSA.distance(word, other), other[0] != word[0], other))[:MOST]


def _known(words: list[str]) -> set[str]:
    """Those of some words that some family is found by: each is asked for by itself, however many families it has."""
    told = literal(json.dumps(words, ensure_ascii=False))
    if db.session.get_bind().dialect.name == "sqlite":
        each = func.json_each(told).table_valued("value")
    else:
        each = func.json_array_elements_text(cast(told, JSON)).table_valued("value").render_derived()
    of_word = select(_word.c.word).where(_word.c.word == each.c.value).limit(1).correlate(each)
    return set(db.session.scalars(select(each.c.value).where(exists(of_word))))


def _between(first: str, last: str, most: int = EVERY) -> list[str]:
    """The different words of a range: the index is asked for one after the other, and not for every row."""
    asked = {"first": first, "last": last, "most": most}
    return list(db.session.scalars(_one_after_the_other(), asked))


@cache
def _one_after_the_other() -> Select[tuple[str]]:
    last = bindparam("last", type_=String)
    within = select(func.min(_word.c.word).label("word")).where(
        _word.c.word >= bindparam("first", type_=String), _word.c.word < last
    )
    one = within.cte("one", recursive=True)
    following = select(func.min(_word.c.word)).where(_word.c.word > one.c.word, _word.c.word < last)
    one = one.union_all(select(following.scalar_subquery()).where(one.c.word.is_not(None)))
    return select(one.c.word).where(one.c.word.is_not(None)).limit(bindparam("most"))
