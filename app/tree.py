"""The tree of territories: what lies below, what lies above, which district holds a place. Walked nowhere else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from sqlalchemy import ColumnElement, event, false, select
from sqlalchemy.orm import Session

from app.domain import names
from app.domain.terms import TerritoryKind
from app.extensions import db
from app.models import Territory

KNOWN = "tree"  # where a session keeps the tree that its transaction has read


class Node(Protocol):
    """A row of a tree."""

    @property
    def id(self) -> int: ...
    @property
    def parent_id(self) -> int | None: ...


Row = TypeVar("Row", bound=Node)


class Tree(Generic[Row]):
    """Rows with their parts, in the order in which they were given.

    A row whose whole is not among them is a root: a person may see a part and not what it belongs to. No walk goes
    round for ever, whatever is stored.
    """

    def __init__(self, rows: Iterable[Row]) -> None:
        self.rows = {row.id: row for row in rows}
        self.parts: dict[int, list[Row]] = {}
        self.roots: list[Row] = []
        for row in self.rows.values():
            if row.parent_id in self.rows:
                self.parts.setdefault(row.parent_id, []).append(row)
            else:
                self.roots.append(row)

    def below(self, ids: Iterable[int]) -> list[Row]:
        """The rows with these ids and all their parts, the nearest first."""
        found = {row_id: self.rows[row_id] for row_id in ids if row_id in self.rows}
        waiting = list(found.values())
        for row in waiting:
            for part in self.parts.get(row.id, ()):
                if part.id not in found:
                    found[part.id] = part
                    waiting.append(part)
        return waiting

    def above(self, row_id: int) -> list[Row]:
        """A row and what it belongs to, the nearest first."""
        found: dict[int, Row] = {}
        row = self.rows.get(row_id)
        while row is not None and row.id not in found:
            found[row.id] = row
            row = self.rows.get(row.parent_id) if row.parent_id is not None else None
        return list(found.values())

    def walk(self, row_id: int | None = None) -> Iterator[tuple[Row, int]]:
        """The rows as a page prints them, each followed by its own parts, with the depth; of the whole or of one."""
        top = self.roots if row_id is None else [self.rows[row_id]]
        waiting = [(row, 0) for row in reversed(top)]
        done: set[int] = set()
        while waiting:
            row, depth = waiting.pop()
            if row.id in done:
                continue
            done.add(row.id)
            yield row, depth
            waiting.extend((part, depth + 1) for part in reversed(self.parts.get(row.id, ())))


@dataclass(frozen=True)
class Place:
    """A territory as it is known without the entity."""

    id: int
    name: str
    name_key: str
    kind: TerritoryKind
    parent_id: int | None

    def __str__(self) -> str:
        return self.name


def read() -> Tree[Place]:
    """Every territory of the installation in the order of names; who sees which is not asked here.

    One transaction reads it once, and again after it has changed a territory.
    """
    known: Tree[Place] | None = db.session().info.get(KNOWN)
    return known or read_marked(false())[0]


def read_marked(condition: ColumnElement[bool]) -> tuple[Tree[Place], set[int]]:
    """The same, and the territories for which a condition on the table `territory` holds."""
    columns = Territory.__table__.c
    place = (columns.id, columns.name, columns.name_key, columns.kind, columns.parent_id)
    rows = [(Place(*row[:-1]), row[-1]) for row in db.session.execute(select(*place, condition))]
    found = Tree(sorted((place for place, _marked in rows), key=lambda place: names.sort_key(place.name)))
    db.session().info[KNOWN] = found
    return found, {place.id for place, marked in rows if marked}


@event.listens_for(Session, "after_flush")
def _forget_the_changed(session: Session, _flushed: Any) -> None:
    if any(isinstance(row, Territory) for row in (*session.new, *session.dirty, *session.deleted)):
        session.info.pop(KNOWN, None)


@event.listens_for(Session, "after_transaction_end")
def _forget_the_ended(session: Session, _transaction: Any) -> None:
    session.info.pop(KNOWN, None)


def below(territory_ids: Iterable[int]) -> frozenset[int]:
    """The territories with these ids and all their parts."""
    return frozenset(place.id for place in read().below(territory_ids))


def upwards(territory: Territory | None) -> list[Territory]:
    """A territory and what it belongs to, the nearest first."""
    found: list[Territory] = []
    while territory is not None and territory not in found:
        found.append(territory)
        territory = territory.parent
    return found


def district_of(territory: Territory) -> Territory:
    """The district that a territory lies in; the territory itself where there is no district above it."""
    return next((place for place in upwards(territory) if place.kind is TerritoryKind.DISTRICT), territory)


def as_listed() -> list[tuple[Territory, int]]:
    """The territories a person may choose from, as a tree with depths."""
    return list(Tree(db.session.scalars(select(Territory).order_by(Territory.name_key, Territory.id))).walk())


def around(territory_id: int) -> frozenset[int]:
    """The territories whose bodies work for one: its district with all its parts, and what the district belongs to."""
    places = read()
    above = places.above(territory_id)
    district = next((place for place in above if place.kind is TerritoryKind.DISTRICT), None)
    whole = places.below([district.id if district else territory_id])
    return frozenset(place.id for place in (*whole, *above))
