"""Whose rows a person is given: the scope of a user by the roles of the code, and of a member of a commission."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select

from app import conditions, tree
from app.access import Scope
from app.domain import terms
from app.extensions import db
from app.models import Agency, Assignment, Employee, Family, HomeTerritory, Territory, User

_family, _territory, _agency = Family.__table__, Territory.__table__, Agency.__table__
_assignment, _employee = Assignment.__table__, Employee.__table__


def given_places(scope: Scope) -> frozenset[int]:
    """The territories of the families that are given to the person or to the body. A body carries measures out near its
    own work: its thousands of measures are not looked through."""
    if not (parts := scope.given_families(_family.c, by_name=True)):
        return frozenset()
    return frozenset(db.session.scalars(select(_family.c.territory_id).where(or_(*parts)).distinct()))


def scope_of(user: User, roles: Iterable[str], today: date, *, special: bool = False, address: str | None = None,
             places_of: Callable[[Scope], frozenset[int]] = given_places) -> Scope:  # fmt: skip
    """The scope of a user with these roles of the code; several roles add up.

    special: the person holds the permission for health and convictions. address: where the person acts from.
    places_of: tells the `given_places` of a scope, by whoever keeps them.
    """
    held = set(roles)
    employee = _employee_of(user) if held & {terms.Role.COMMISSION, terms.Role.SPECIALIST} else None
    convenes = held & {terms.Role.COORDINATOR, terms.Role.SECRETARY}
    known, home = tree.read_marked(_is_home_of(user)) if convenes else (None, set())
    given: set[int] = set()
    assigned_to = agency = None
    if terms.Role.COMMISSION in held and employee:
        assigned_to = employee.id
        given.update(db.session.scalars(_assigned_territories(employee.id, today)))
    if terms.Role.SPECIALIST in held and employee:
        agency = employee.agency_id
    work = employee.territory_id if employee and terms.Role.SPECIALIST in held else None
    found = Scope(
        today=today,
        assigned_to=assigned_to,
        agency=agency,
        employee=employee.id if employee else None,
        all_statistics=terms.Role.REGION in held,
        all_journal=terms.Role.AUDITOR in held,
        administers=terms.Role.ADMINISTRATOR in held,
        special=special,
        user_id=user.id,
        user_name=user.get_full_name(),
        address=address,
    )
    return _with_territories(found, home, given, places_of(found), work, known, keeps=terms.Role.COORDINATOR in held)


def scope_of_member(employee_id: int, today: date) -> Scope:
    """What a member of a commission sees, with a sign-in or without one: the families given to the member."""
    given: set[int] = {*db.session.scalars(_assigned_territories(employee_id, today))}
    found = Scope(today=today, assigned_to=employee_id, employee=employee_id, special=True)
    return _with_territories(found, set(), given, given_places(found), None, None, keeps=False)


def _is_home_of(user: User) -> ColumnElement[bool]:
    """The condition on `territory` that a coordinator keeps it, that a secretary convenes its meetings."""
    of_user = HomeTerritory.__table__.c
    return _territory.c.id.in_(select(of_user.territory_id).where(of_user.user_id == user.id))


def _employee_of(user: User) -> Any:
    """The employee that a user is, with the body and its territory; None if the user is none of those who work."""
    columns = _employee.c
    return db.session.execute(
        select(columns.id, columns.agency_id, _agency.c.territory_id)
        .join(_agency, _agency.c.id == columns.agency_id)
        .where(columns.user_id == user.id, columns.dismissed.is_(False))
    ).first()


def _with_territories(scope: Scope, home: set[int], given: set[int], places: frozenset[int], work: int | None,
                      known: tree.Tree[tree.Place] | None, *, keeps: bool) -> Scope:  # fmt: skip
    """A scope with what lies in a person's territories, and with the places near the person's work.

    places: those of given families. work: the territory of the body that a specialist works in.
    """
    near = {*home, *given, *places, *(() if work is None else (work,))}
    if not near:
        return scope
    if known is None:
        known = tree.read()
    above = {place.id for each in near for place in known.above(each)}
    convened = frozenset(place.id for place in known.below(home))
    return replace(
        scope,
        territories=frozenset(place.id for place in known.below(home | given)),
        kept=convened if keeps else frozenset(),
        convened=convened,
        places=frozenset(place.id for place in known.below(near)) | above,
    )


def _assigned_territories(employee_id: int, today: date) -> Select[tuple[int]]:
    return select(_assignment.c.territory_id).where(
        _assignment.c.employee_id == employee_id,
        _assignment.c.territory_id.is_not(None),
        conditions.current(_assignment, today),
    )
