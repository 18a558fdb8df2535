"""The territories of a report: which rows it has, which of them a person may choose."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Integer, and_, func, literal, select, union_all

from app import access, tree
from app.domain import names
from app.domain.terms import TerritoryKind
from app.extensions import LARGEST_KEY, db
from app.models import Family, Territory, TerritoryAlias
from app.reports.report import TERRITORY, Source, Within, counted_families
from app.tree import Place

_territory = Territory.__table__
_family = Family.__table__


class ReportPlaces:
    """The tree of territories, and where the rows that this person's figures count lie.

    sources: what the report counts besides families; a territory that only they know is a row of the report too.
    """

    def __init__(self, sources: Iterable[Source] = ()) -> None:
        self.tree = tree.read()
        self.all = self.tree.rows
        of_families = select(_family.c.territory_id, func.count()).where(counted_families())
        of_others = (
            select(source.territory, literal(0))
            .select_from(source.tables)
            .where(*source.where, source.counted())
            .distinct()
            for source in sources
        )
        lying = db.session.execute(union_all(of_families.group_by(_family.c.territory_id), *of_others)).all()
        self._families: Counter[int] = Counter({place_id: number for place_id, number in lying if number})
        self.inhabited = {place_id for place_id, _number in lying} & set(self.all)
        scope = access.scope()
        whole = scope.everything or scope.all_statistics
        self.visible = set(self.all) if whole else set(scope.territories) | self.inhabited

    def listed(self, place_id: int) -> list[Place]:
        """The rows of a report over a territory: its settlements, and any other part that holds families itself."""
        return [place for place, _ in self.tree.walk(place_id) if place.id in self.visible and self._is_row(place)]

    def _is_row(self, place: Place) -> bool:
        leaf = place.id not in self.tree.parts
        return (leaf and place.kind is not TerritoryKind.REGION) or place.id in self.inhabited

    def title(self, place: Place, among: list[Place]) -> str:
        """The name of a row; with its district where another row is called the same."""
        if sum(other.name == place.name for other in among) < 2 or place.parent_id is None:
            return place.name
        return f"{place.name} ({self.all[place.parent_id].name})"

    def choices(self) -> list[tuple[Place, int]]:
        """What a person may choose, with its depth: territories that have a row of theirs among their parts."""
        with_rows: set[int] = set()
        for place in self.all.values():
            if place.id in self.visible and self._is_row(place):
                with_rows.update(one.id for one in self.tree.above(place.id))
        whole = access.scope().everything or access.scope().all_statistics
        chosen: list[tuple[Place, int]] = []
        for place, depth in self.tree.walk():
            too_wide = place.kind is TerritoryKind.REGION and not whole and place.id not in self.visible
            if place.id in with_rows and not too_wide:
                chosen.append((place, depth))
        return chosen

    def outermost(self) -> list[Place]:
        """The widest territories that a person may choose: a district, or whatever holds all of them."""
        return tree.Tree(place for place, _depth in self.choices()).roots

    def default(self) -> Place | None:
        """The only district of a person, or the one where most families live; None without any territory."""
        choices = [place for place, _ in self.choices()]
        districts = [place for place in choices if place.kind is TerritoryKind.DISTRICT]
        districts.sort(key=lambda place: -sum(self._families[part.id] for part in self.tree.below([place.id])))
        return next(iter(districts or choices), None)

    def families_in(self, place: Place) -> int:
        """How many families lie in a territory with all its parts, on record or not."""
        return sum(self._families[part.id] for part in self.tree.below([place.id]))

    def named(self, name: str) -> Place | None:
        """The territory of that name or alias; None if there is none or more than one."""
        key = names.key(name)
        alias = TerritoryAlias.__table__
        also = set(db.session.scalars(select(alias.c.territory_id).where(alias.c.name_key == key)))
        found = [place for place in self.all.values() if place.name_key == key or place.id in also]
        return found[0] if len(found) == 1 else None


@dataclass(frozen=True)
class Spot:
    """Where a number stands: the territories it counts, and the keys of its row (`Source.keys`)."""

    rows: tuple[Place, ...]
    keys: Mapping[str, Any] = field(default_factory=dict)

    def is_of(self, source: Source) -> bool:
        """Whether the rows of a source have these keys, and of this kind."""
        return bool(self.rows) and all(
            (name == TERRITORY or name in source.keys)
            and (value is None or isinstance(value, int) == isinstance(source.key(name).type, Integer))
            for name, value in self.keys.items()
        )


WITH_PARTS, OF_NOTHING = "+", "-"  # after a territory: with all that lies in it; of a key: rows that have none


def spot(known: ReportPlaces, place: Place, at: str) -> Spot | None:
    """The spot that an address names within a territory; None where there is none.

    «12» is a territory, «12+» the same with its parts, «agency=5,kind=-» a body and no kind; nothing is the total.
    """
    rows = tuple(known.listed(place.id))
    if not at:
        return Spot(rows)
    if "=" in at:
        pairs = [part.partition("=") for part in at.split(",")]
        keys = {name: _key(value) for name, _sign, value in pairs}
        return Spot(rows, keys)
    whole = at.endswith(WITH_PARTS)
    wanted = at.removesuffix(WITH_PARTS)
    found = tuple(
        row for row in rows
        if str(row.id) == wanted or (whole and any(str(above.id) == wanted for above in known.tree.above(row.id)))
    )  # fmt: skip
    return Spot(found) if found else None


def _key(value: str) -> Any:
    if value == OF_NOTHING:
        return None
    return int(value) if value.isdecimal() and int(value) <= LARGEST_KEY else value


def counted_in(places: Iterable[Place], tree: ReportPlaces | None = None,
               keys: Mapping[str, Any] | None = None) -> Within:  # fmt: skip
    """What this person's figures count on these territories, of rows with these keys."""
    return _within(places, lambda source: source.counted(), tree, keys or {})


def shown_in(places: Iterable[Place], keys: Mapping[str, Any] | None = None) -> Within:
    """What this person's lists show of these territories, of rows with these keys."""
    return _within(places, lambda source: source.shown(), None, keys or {})


def _within(places: Iterable[Place], rows_of: Within, tree: ReportPlaces | None, keys: Mapping[str, Any]) -> Within:
    ids = {place.id for place in places}
    everywhere = tree is not None and tree.inhabited <= ids

    def within(source: Source) -> ColumnElement[bool]:
        of_row = [source.key(name) == value for name, value in keys.items()]  # of None: IS NULL
        if everywhere and source.of_families:
            # Said without the territories, the database is free to begin with the dates.
            return and_(rows_of(source), source.leads, *of_row)
        return and_(source.territory.in_(sorted(ids)), rows_of(source), *of_row)

    return within
