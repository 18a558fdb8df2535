"""Families that hold everything that is wanted of them, gathered from what is rarest.

Of what is wanted the rarest leads, and whoever it leads to is looked at for the rest: a common word beside a rare one
costs next to nothing. Core tables only lead to ids; the families of these are narrowed by the scope.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, union_all

from app.conditions import LAST_LETTER, unindexed
from app.extensions import db
from app.models import Family, Member, SearchWord

COUNTED = 6000  # rows of a word that are counted to find the rarest
OF_A_DAY = 60  # people born on one day, as a large bank has them: their rows are not counted

_word, _member = SearchWord.__table__, Member.__table__
live = _member.c.annulled_at.is_(None)


class Want(NamedTuple):
    """What a family holds: one of some words, a word with one of some beginnings, or somebody born in a stretch."""

    words: tuple[str, ...] = ()
    beginnings: tuple[str, ...] = ()
    born: tuple[date, date] | None = None

    def held_by(self, family_id: Any) -> ColumnElement[bool]:
        """Whether a family holds it."""
        ways: list[ColumnElement[bool]] = []
        of_word, of_member = _word.alias(), _member.alias()
        if self.words:
            ways.append(exists().where(of_word.c.family_id == family_id, of_word.c.word.in_(self.words)))
        if self.beginnings:
            begins = _begins(unindexed(of_word.c.word), self.beginnings)
            ways.append(exists().where(of_word.c.family_id == family_id, begins))
        if self.born is not None:
            born = of_member.c.annulled_at.is_(None), of_member.c.born_on.between(*self.born)
            ways.append(exists().where(of_member.c.family_id == family_id, *born))
        return or_(*ways)

    def families(self) -> list[Select[tuple[int]]]:
        """Ids of the families that hold it, those of several words several times; one statement for each way."""
        ways = []
        if self.words:
            ways.append(select(_word.c.family_id).where(_word.c.word.in_(self.words)))
        if self.beginnings:
            ways.append(select(_word.c.family_id).where(_begins(_word.c.word, self.beginnings)))
        if self.born is not None:
            ways.append(select(_member.c.family_id).where(live, _member.c.born_on.between(*self.born)))
        return ways


def _begins(word: Any, beginnings: Iterable[str]) -> ColumnElement[bool]:
    return or_(*(and_(word >= one, word <= one + LAST_LETTER) for one in beginnings))


def families(wanted: Sequence[Want], most: int) -> list[int]:
    """Ids of families of the person that hold everything wanted, at most some of them."""
    if not all(any(want) for want in wanted):
        return []
    first, *others = _rarest_first(wanted)
    ways = [way.where(*(want.held_by(way.selected_columns.family_id) for want in others)) for way in first.families()]
    led = (union_all(*ways) if len(ways) > 1 else ways[0]).subquery()
    found = select(Family.id).join(led, led.c.family_id == Family.id).where(Family.annulled_at.is_(None))
    return list(db.session.scalars(found.distinct().limit(most)))


def _rarest_first(wanted: Sequence[Want]) -> list[Want]:
    return sorted(wanted, key=_rows) if len(wanted) > 1 else list(wanted)


def _rows(want: Want) -> int:
    """About how many rows lead to it, counted no further than is needed."""
    days = (want.born[1] - want.born[0]).days + 1 if want.born is not None else 0
    ways = [way.limit(COUNTED).subquery() for way in want._replace(born=None).families()]
    counted = (db.session.scalar(select(func.count()).select_from(way)) or 0 for way in ways)
    return days * OF_A_DAY + sum(counted)
