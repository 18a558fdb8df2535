"""What matters today: a count on the first page is the length of the list of families or of members behind it.

They are statements of the Core, so each takes the person's scope explicitly.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, func, select

from app import access
from app.domain.periods import Period, quarter_holding
from app.domain.terms import Role
from app.extensions import db
from app.models import Family, Member, Territory
from app.readings import families, members

_family, _member = Family.__table__, Member.__table__
_territory = Territory.__table__

FAMILIES, MEMBERS = "families", "members"
Asked = Mapping[str, str | Period]  # the name of a filter, and its value or its stretch of days


@dataclass(frozen=True)
class HomeList:
    """A list: its name in the address, its Russian title, what it holds, its rows as ids on a day, who is served.

    holds: families or members; asks: the filters of the list of all of them that give the same rows on a day.
    """

    name: str
    title: str
    holds: str
    ids: Callable[[date], Select[tuple[int]]]
    roles: tuple[Role, ...]
    warns: bool = False
    asks: Callable[[date], Asked] = lambda _today: {}


def counts(listings: list[HomeList], today: date) -> dict[str, int]:
    """The length of each list, all in one statement."""
    if not listings:
        return {}
    row = db.session.execute(
        select(
            *(
                select(func.count()).select_from(listing.ids(today).subquery()).scalar_subquery().label(listing.name)
                for listing in listings
            )
        )
    ).one()
    return dict(row._mapping)


def by_district(today: date) -> list[tuple[str, int, int]]:
    """Families on record and their children in each district, without names: what the region sees."""
    scope = access.scope()
    standing = (
        select(_family.c.id, _family.c.district_id)
        .where(scope.counted_families(), _family.c.annulled_at.is_(None), families.stands(today))
        .subquery()
    )
    children = (
        select(standing.c.district_id, func.count().label("children"))
        .select_from(standing.join(_member, _member.c.family_id == standing.c.id))
        .where(families.is_child(today))
        .group_by(standing.c.district_id)
        .subquery()
    )
    totals = select(standing.c.district_id, func.count().label("families")).group_by(standing.c.district_id).subquery()
    rows = db.session.execute(
        select(_territory.c.name, totals.c.families, func.coalesce(children.c.children, 0))
        .select_from(
            totals.join(_territory, _territory.c.id == totals.c.district_id).outerjoin(
                children, children.c.district_id == totals.c.district_id
            )
        )
        .order_by(_territory.c.name)
    )
    return [(name, number, minors) for name, number, minors in rows]


def _families(*conditions: ColumnElement[bool]) -> Select[tuple[int]]:
    return select(_family.c.id).where(access.scope().families(), _family.c.annulled_at.is_(None), *conditions)


def on_record(today: date) -> Select[tuple[int]]:
    return _families(families.stands(today))


def registered_this_quarter(today: date) -> Select[tuple[int]]:
    quarter = quarter_holding(today)
    return _families(families.placed(quarter.start, quarter.end))


def removed_this_quarter(today: date) -> Select[tuple[int]]:
    quarter = quarter_holding(today)
    return _families(families.taken_off(quarter.start, quarter.end))


def every(_today: date) -> Select[tuple[int]]:
    return _families()


def late(today: date) -> Select[tuple[int]]:
    """Families for which a deadline of the dictionary has passed and is not met."""
    return _families(families.is_late(today))


def without_members(today: date) -> Select[tuple[int]]:
    return _families(families.stands(today), families.without_members(today))


def _members(*conditions: ColumnElement[bool]) -> Select[tuple[int]]:
    return (
        select(_member.c.id)
        .select_from(_member.join(_family, _family.c.id == _member.c.family_id))
        .where(access.scope().families(), _family.c.annulled_at.is_(None), *conditions)
    )


def children(today: date) -> Select[tuple[int]]:
    """Children of the families on record."""
    return _members(members.is_child_on_record(today))


def unknown_education(today: date) -> Select[tuple[int]]:
    """Children whose education on this day is not known: the quarterly form cannot count them."""
    return _members(members.is_child_on_record(today), members.education_unknown(today))


def unknown_birth_date(today: date) -> Select[tuple[int]]:
    """Members of families on record whose age nobody knows: nobody counts them as children."""
    return _members(members.lives_on_record(today), members.age_unknown())


def coming_of_age(today: date) -> Select[tuple[int]]:
    """Children who soon turn eighteen: the family may leave the record by reason 11.1."""
    return _members(members.is_child_on_record(today), members.comes_of_age(today))


_KEEPS = (Role.COORDINATOR,)
_READS = (Role.COORDINATOR, Role.COMMISSION, Role.SPECIALIST)

LISTINGS = [
    HomeList("on-record", "Состоят на учёте", FAMILIES, on_record, _READS, asks=lambda _today: {"state": "on"}),
    HomeList("children", "Дети в этих семьях", MEMBERS, children, _READS,
             asks=lambda _today: {"state": "children"}),
    HomeList("assigned", "Закреплённые семьи", FAMILIES, every, (Role.COMMISSION, Role.SPECIALIST)),
    HomeList("registered", "Поставлены в этом квартале", FAMILIES, registered_this_quarter, _KEEPS,
             asks=lambda today: {"registered_on": quarter_holding(today)}),
    HomeList("removed", "Сняты в этом квартале", FAMILIES, removed_this_quarter, (Role.COORDINATOR, Role.COMMISSION),
             asks=lambda today: {"removed_on": quarter_holding(today)}),
    HomeList("late", "Просрочен срок по семье", FAMILIES, late, _KEEPS, warns=True,
             asks=lambda _today: {"overdue": "1"}),
    HomeList("without-members", "На учёте без членов семьи", FAMILIES, without_members, _KEEPS, warns=True,
             asks=lambda _today: {"state": "on", "missing": "members"}),
    HomeList("unknown-education", "Дети, чьё обучение неизвестно", MEMBERS, unknown_education, _KEEPS, warns=True,
             asks=lambda _today: {"state": "children", "missing": "education"}),
    HomeList("unknown-birth-date", "Члены семей без даты рождения", MEMBERS, unknown_birth_date, _KEEPS, warns=True,
             asks=lambda _today: {"state": "on", "missing": "born_on"}),
    HomeList("coming-of-age", "Исполнится 18 лет за три месяца", MEMBERS, coming_of_age,
             (Role.COORDINATOR, Role.COMMISSION),
             asks=lambda _today: {"state": "children", "comes_of_age": "soon"}),
]  # fmt: skip
BY_NAME = {listing.name: listing for listing in LISTINGS}


def served(roles: list[str]) -> list[HomeList]:
    """The lists of a person with these roles, each once."""
    return [listing for listing in LISTINGS if set(listing.roles) & set(roles)]
