"""The territories of a report: which rows it has, which of them a person may choose."""

from __future__ import annotations

from sqlalchemy import ColumnElement, exists, func, select

from app import access, tree
from app.domain import names, terms
from app.extensions import db
from app.models import Family, Territory, TerritoryAlias
from app.tree import Place

_territory = Territory.__table__
_family = Family.__table__


class Places:
    """The tree of territories, and where the families that this person's figures count live."""

    def __init__(self) -> None:
        self.tree = tree.read()
        self.all = self.tree.rows
        lives = exists().where(_family.c.territory_id == _territory.c.id, counted())
        self.inhabited = set(db.session.scalars(select(_territory.c.id).where(lives)))
        scope = access.scope()
        whole = scope.everything or scope.all_statistics
        self.visible = set(self.all) if whole else set(scope.territories) | self.inhabited

    def listed(self, place_id: int) -> list[Place]:
        """The rows of a report over a territory: its settlements, and any other part that holds families itself."""
        return [place for place, _ in self.tree.walk(place_id) if place.id in self.visible and self._is_row(place)]

    def _is_row(self, place: Place) -> bool:
        leaf = place.id not in self.tree.parts
        return (leaf and place.kind is terms.TerritoryKind.SETTLEMENT) or place.id in self.inhabited

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
            outside = place.kind is terms.TerritoryKind.REGION and not whole and place.id not in self.visible
            if place.id in with_rows and not outside:
                chosen.append((place, depth))
        return chosen

    def default(self) -> Place | None:
        """The only district of a person, or the one where most families live; None without any territory."""
        choices = [place for place, _ in self.choices()]
        districts = [place for place in choices if place.kind is terms.TerritoryKind.DISTRICT]
        if len(districts) > 1:
            families: dict[int, int] = dict(
                db.session.execute(
                    select(_family.c.district_id, func.count()).where(counted()).group_by(_family.c.district_id)
                ).all()
            )
            districts.sort(key=lambda place: -families.get(place.id, 0))
        return next(iter(districts or choices), None)

    def named(self, name: str) -> Place | None:
        """The territory of that name or alias; None if there is none or more than one."""
        key = names.key(name)
        alias = TerritoryAlias.__table__
        also = set(db.session.scalars(select(alias.c.territory_id).where(alias.c.name_key == key)))
        found = [place for place in self.all.values() if place.name_key == key or place.id in also]
        return found[0] if len(found) == 1 else None


def counted() -> ColumnElement[bool]:
    """The families that figures count for this person now."""
    return _family.c.annulled_at.is_(None) & access.scope().counted_families()


def shown() -> ColumnElement[bool]:
    """The families that lists behind figures show to this person now."""
    return _family.c.annulled_at.is_(None) & access.scope().families()
