"""Why a person sees no family, in the words of the person's own role: who gives what is lacking, and what to do."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from math import isqrt

from sqlalchemy import func, select

from app import access
from app.domain.terms import Role
from app.extensions import db
from app.models import Family, HomeTerritory, PlannedMeasure, User
from app.readings import kept

NO_TERRITORY = (
    "Вам ещё не поручена территория, поэтому семей не видно и внести их некуда. Территорию поручает администратор: "
    "попросите его указать в вашем входе район."
)
NO_FAMILY_YET = "На ваших территориях семей ещё нет: загрузите книгу поселения или внесите семью."
NOT_LINKED = (
    "Ваш вход не связан с сотрудником органа, поэтому семей не видно. Попросите администратора указать в вашем входе "
    "сотрудника."
)
NOT_ASSIGNED = "За вами ещё не закреплены семьи. Семьи и территории членам комиссии закрепляет координатор района."
NOT_MENTORS = "Ваш орган ещё не наставник ни одной семьи. Наставников семьям назначает координатор района."
NO_FAMILY_AT_ALL = "Семей в банке ещё нет: их вносят координаторы районов."

MEASURES_OF_FAMILY = 5  # of one body, about
MOST_GATHERED = 50_000  # measures of a body: the families of more are never gathered from them


def families_up_to(most: int) -> int:
    """How many families stand among the person's rows, or among the figures of who sees figures only, but no more
    than so many.
    """

    def count() -> int:
        counted = access.scope().counted_families(one=works_much(most))
        found = select(Family.id).where(Family.__table__.c.annulled_at.is_(None), counted).limit(most).subquery()
        return db.session.connection().scalar(select(func.count()).select_from(found)) or 0

    return kept.while_unchanged(("families", most), count)


def works_much(most: int) -> bool:
    """Whether the person's body has so much to do that so many of its families are met among all of the bank, each
    asked by itself, sooner than all are gathered from its measures; how many these are an index tells.

    Gathering takes the time of all measures; every family that is met takes the time of those that lie before it, as
    many as there are to each of the body's own.
    """
    agency = access.scope().agency
    if agency is None:
        return False
    family, measure = Family.__table__.c, PlannedMeasure.__table__.c
    largest = db.session.connection().scalar(select(func.max(family.id))) or 0
    gathered = min(MOST_GATHERED, isqrt(MEASURES_OF_FAMILY * most * largest))
    further = select(measure.id).where(measure.performer_id == agency).offset(gathered).limit(1)
    return db.session.connection().scalar(further) is not None


def lacking(roles: Collection[str]) -> list[str]:
    """What the scope of a person with these roles of the code lacks, a sentence for each role; empty if nothing."""
    scope = access.scope()
    found = []
    if {Role.COORDINATOR, Role.SECRETARY} & set(roles) and not scope.convened:
        found.append(NO_TERRITORY)
    if Role.COMMISSION in roles and scope.assigned_to is None:
        found.append(NOT_LINKED)
    if Role.SPECIALIST in roles and scope.agency is None and NOT_LINKED not in found:
        found.append(NOT_LINKED)
    return found


def nothing(roles: Collection[str]) -> list[str]:
    """Why a person who has no family sees none: a sentence for each role."""
    scope, found = access.scope(), lacking(roles)
    if {Role.COORDINATOR, Role.SECRETARY} & set(roles) and scope.convened:
        found.append(NO_FAMILY_YET)
    if Role.COMMISSION in roles and scope.assigned_to is not None:
        found.append(NOT_ASSIGNED)
    if Role.SPECIALIST in roles and scope.agency is not None:
        found.append(NOT_MENTORS)
    if Role.REGION in roles:
        found.append(NO_FAMILY_AT_ALL)
    return found


def lacking_to(user: User, roles: Collection[str], *, is_employee: bool) -> Iterator[str]:
    """The same about another person, for the administrator who has given the roles."""
    if {Role.COORDINATOR, Role.SECRETARY} & set(roles):
        places = select(HomeTerritory.id).where(HomeTerritory.user_id == user.id).limit(1)
        if db.session.scalar(places) is None:
            yield "Не поручена ни одна территория: координатор не увидит семей, а секретарь – ещё и заседаний."
    if not is_employee and {Role.COMMISSION, Role.SPECIALIST} & set(roles):
        yield "Не указано, какой это сотрудник: члену комиссии и специалисту семьи видны через него."
