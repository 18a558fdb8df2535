"""Who answers for a territory: the coordinators who keep it, or the nearest territory above it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select

from app import tree
from app.domain.terms import Role as RoleOfCode
from app.domain.terms import TerritoryKind
from app.extensions import db
from app.models import FurtherRole, HomeTerritory, Role, User

MOST_OFFERED = 5  # territories offered in place of one that nobody keeps

_home = HomeTerritory.__table__
_user = User.__table__
_role = Role.__table__
_held = User.metadata.tables["ab_user_role"]
_further = FurtherRole.__table__


@dataclass(frozen=True)
class Coordinators:
    """Every territory of the bank, and the names of those who may sign in and keep it, by its key."""

    places: tree.Tree[tree.Place]
    names: Mapping[int, Sequence[str]]

    def of(self, territory_id: int) -> Sequence[str]:
        """Who opens what comes to a territory: its own coordinators, else the nearest above; empty if nobody."""
        return next((self.names[place.id] for place in self.places.above(territory_id) if place.id in self.names), ())

    def covered(self) -> set[int]:
        """The territories that somebody keeps."""
        return {place.id for place in self.places.below(self.names)}

    def instead_of(self, territory_id: int) -> list[tree.Place]:
        """Where to turn if nobody keeps a territory: to parts of its district that somebody keeps, else to others."""
        district = next((one for one in self.places.above(territory_id) if one.kind is TerritoryKind.DISTRICT), None)
        kept = [self.places.rows[key] for key in self.names if key in self.places.rows]
        near = {place.id for place in self.places.below([district.id])} if district else set()
        kept.sort(key=lambda place: (place.id not in near, place.kind is not TerritoryKind.DISTRICT, place.name_key))
        return [place for place in kept if place.kind is not TerritoryKind.REGION][:MOST_OFFERED]


def read() -> Coordinators:
    """The coordinators of the whole bank; whose families they keep is seen by nobody here."""
    role = or_(_role.c.name == RoleOfCode.COORDINATOR.value, _further.c.same_as == RoleOfCode.COORDINATOR.value)
    asked = (
        select(_home.c.territory_id, _user.c.last_name, _user.c.first_name)
        .select_from(
            _home.join(_user, _user.c.id == _home.c.user_id)
            .join(_held, _held.c.user_id == _user.c.id)
            .join(_role, _role.c.id == _held.c.role_id)
            .outerjoin(_further, _further.c.role_id == _role.c.id)
        )
        .where(_user.c.active.is_(True), role)
        .order_by(_user.c.last_name, _user.c.first_name)
        .distinct()
    )
    names: dict[int, list[str]] = {}
    for territory_id, last_name, first_name in db.session.connection().execute(asked):
        names.setdefault(territory_id, []).append(f"{last_name} {first_name}".strip())
    return Coordinators(tree.read(), names)
