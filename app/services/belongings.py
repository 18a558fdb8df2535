"""What belongs to a case: every row that is there because of a family, or of a signal card that became none.

Found by the mapper: a row belongs to a case if one of its keys names a row of the case. An entity that is declared
tomorrow is met without being named here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import class_mapper

from app.extensions import db, portions
from app.models import Family, Model, SignalCard, Whose, class_of

OF_CASES = (Whose.FAMILY, Whose.GIVEN, Whose.CARD, Whose.SURVEY, Whose.MEETING, Whose.TRANSFER)


class Way(NamedTuple):
    """A column by which rows of an entity belong to the case of the row that it names."""

    entity: Any
    column: Any
    target: Any


@dataclass
class Belongings:
    """The rows of some cases: their keys, by entity; of tables of words, which have no keys, their owners'."""

    rows: dict[Any, set[int]] = field(default_factory=lambda: defaultdict(set))
    words: dict[Any, tuple[Any, set[int]]] = field(default_factory=dict)

    @property
    def families(self) -> set[int]:
        return self.rows.get(Family, set())

    @property
    def cards(self) -> set[int]:
        return self.rows.get(SignalCard, set())

    def count(self) -> int:
        """How many rows, tables of words left out."""
        return sum(map(len, self.rows.values()))


def of(families: Collection[int] = (), cards: Collection[int] = ()) -> Belongings:
    """Everything that belongs to some families and cards, whoever asks: the caller has chosen them under the scope."""
    found = Belongings()
    fresh: dict[Any, set[int]] = {Family: set(families), SignalCard: set(cards)}
    while any(fresh.values()):
        for entity, keys in fresh.items():
            found.rows[entity] |= keys
        later: dict[Any, set[int]] = defaultdict(set)
        for way in _ways():
            if fresh.get(way.target):
                later[way.entity] |= set(_named(way, fresh[way.target])) - found.rows[way.entity]
        fresh = later
    found.rows = {entity: keys for entity, keys in found.rows.items() if keys}
    for entity, column, target in _tables_of_words():
        if target in found.rows:
            found.words[entity] = (column, found.rows[target])
    return found


def _named(way: Way, ids: Iterable[int]) -> Iterator[int]:
    key = class_mapper(way.entity).local_table.c.id
    for portion in portions(sorted(ids)):
        yield from db.session.connection().scalars(select(key).where(way.column.in_(portion)))


@cache
def entities() -> tuple[Any, ...]:
    """The entities whose rows belong to cases."""
    reached, ways = {Family, SignalCard}, _ways()
    return tuple(sorted(reached | {way.entity for way in ways}, key=lambda entity: str(entity.__name__)))


@cache
def _ways() -> tuple[Way, ...]:
    return tuple(way for way in _all_ways() if "id" in way.column.table.c)


@cache
def _tables_of_words() -> tuple[Way, ...]:
    """Tables that hold the words of a row and have no key of their own: by them it is searched for."""
    return tuple(way for way in _all_ways() if "id" not in way.column.table.c)


@cache
def _all_ways() -> tuple[Way, ...]:
    """The columns that name rows of cases, a row of the same table left out: a person that moved is another's now."""
    found = []
    for mapper in sorted(Model.registry.mappers, key=lambda mapper: str(mapper.class_.__name__)):
        if getattr(mapper.class_, "WHOSE", None) not in OF_CASES:
            continue
        table: Any = mapper.local_table
        for column in table.c:
            for key in column.foreign_keys:
                target = class_of(key.column.table)
                named = key.column.table is not table and key.column.name == "id"
                if named and getattr(target, "WHOSE", None) in OF_CASES:
                    found.append(Way(mapper.class_, column, target))
    return _reaching(found)


def _reaching(ways: list[Way]) -> tuple[Way, ...]:
    """Those that lead to a family or a card: a meeting is nobody's case, and neither is who came to it."""
    reached: set[Any] = {Family, SignalCard}
    while more := {way.entity for way in ways if way.target in reached} - reached:
        reached |= more
    return tuple(way for way in ways if way.target in reached)
