"""What matters today: a count on the first page is the length of the list of families or of members behind it.

They are statements of the Core, so each takes the person's scope explicitly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, func, select

from app import access
from app.domain.periods import Period, quarter_holding
from app.domain.terms import Role
from app.extensions import db
from app.models import Family, Member, Territory
from app.readings import families, given, members

_family, _member = Family.__table__, Member.__table__
_territory = Territory.__table__

FAMILIES, MEMBERS, CHILDREN = "families", "members", "children"
ALL = "assigned"  # the name of the list of all families of a person
Asked = Mapping[str, str | Period]  # the name of a filter, and its value or its stretch of days


@dataclass(frozen=True)
class HomeList:
    """A list: its name in the address, its Russian title, what it holds, its rows as ids on a day, who is served.

    holds: families, or members who belong to their family today, or the minors of these. where: what else the rows
    meet; None asks no more.
    on_record: only families that are on record today, and their members.
    asks: the filters of the list of all of them that give the same rows on a day.
    """

    name: str
    title: str
    holds: str
    roles: tuple[Role, ...]
    where: Callable[[date], ColumnElement[bool]] | None = None
    on_record: bool = True
    warns: bool = False
    asks: Callable[[date], Asked] = lambda _today: {}

    def conditions(self, today: date) -> list[ColumnElement[bool]]:
        """What the rows meet on a day."""
        return [] if self.where is None else [self.where(today)]

    def ids(self, today: date) -> Select[tuple[int]]:
        """The ids of its rows on a day."""
        found = _families(today, on_record=self.on_record)
        if self.holds == FAMILIES:
            return found.where(*self.conditions(today))
        return _people_of(found.subquery(), self.holds, today, [_member.c.id]).where(*self.conditions(today))


def by_deadlines(listings: Iterable[HomeList], deadlines: Sequence[Any]) -> list[HomeList]:
    """The same lists, what is late among them by deadlines that are read already."""
    known = partial(families.is_late, deadlines=deadlines)
    return [replace(one, where=known) if one.where is families.is_late else one for one in listings]


def counts(listings: list[HomeList], today: date) -> dict[str, int]:
    """The length of each list, all in one statement.

    Whose families they are is asked once, who of them is on record too, and their children are met once.
    """
    if not listings:
        return {}
    seen: FromClause | None = None
    if any(_holds_all(listing) for listing in listings):
        seen = _families(today, on_record=False).cte("seen")
        of_seen = select(seen.c.id).where(families.stands(today, seen.c.id))
    standing = (_families(today, on_record=True) if seen is None else of_seen).cte("standing")
    of_children = [listing for listing in listings if listing.holds == CHILDREN]
    lengths: list[Any] = [
        _length(listing, standing if seen is None or not _holds_all(listing) else seen, today)
        .scalar_subquery()
        .label(listing.name)
        for listing in listings
        if listing.holds != CHILDREN
    ]
    if of_children:
        numbers = [_number(listing, today).label(listing.name) for listing in of_children]
        lengths += _people_of(standing, CHILDREN, today, numbers).subquery().c
    return dict(db.session.execute(select(*lengths)).one()._mapping)


def _number(listing: HomeList, today: date) -> ColumnElement[int]:
    """How many of the rows that are met are those of a list."""
    conditions = listing.conditions(today)
    return func.count().filter(*conditions) if conditions else func.count()


def _holds_all(listing: HomeList) -> bool:
    """Whether a list holds all families of the person, whatever they are."""
    return listing.holds == FAMILIES and not listing.on_record and listing.where is None


def _length(listing: HomeList, standing: FromClause, today: date) -> Select[Any]:
    """The length of a list of those families that are found already."""
    if listing.holds == MEMBERS:  # the families lead to them
        return _people_of(standing, MEMBERS, today, [_number(listing, today)])
    if listing.where is None:
        return select(func.count()).select_from(standing)
    if not listing.on_record:
        return select(func.count()).select_from(listing.ids(today).subquery())
    of_standing = _family.c.id.in_(select(standing.c.id))
    return select(func.count()).select_from(_family).where(of_standing, *listing.conditions(today))


def _people_of(found: FromClause, holds: str, today: date, columns: Sequence[Any]) -> Select[Any]:
    """Something of the members or of the children, on a day, of families that are found."""
    with_members = found.join(_member, _member.c.family_id == found.c.id)
    meant = families.is_child(today) if holds == CHILDREN else families.is_present(today)
    return select(*columns).select_from(with_members).where(meant)


def by_district(today: date) -> list[tuple[str, int, int, int]]:
    """Families on record, their children, and families whose deadline is overdue in each district, without names: what
    the region sees.
    """
    overdue = select(_family.c.district_id, func.count()).where(
        access.scope().counted_families(), _family.c.annulled_at.is_(None), families.is_late(today)
    )
    late = dict(map(tuple, db.session.execute(overdue.group_by(_family.c.district_id))))
    of_family = _member.c.family_id == _family.c.id
    minors = select(func.count()).select_from(_member).where(of_family, families.is_child(today)).scalar_subquery()
    rows = db.session.execute(
        select(_territory.c.id, _territory.c.name, func.count(), func.sum(minors))
        .select_from(_family.join(_territory, _territory.c.id == _family.c.district_id))
        .where(access.scope().counted_families(), _family.c.annulled_at.is_(None), families.stands(today))
        .group_by(_territory.c.id, _territory.c.name)
        .order_by(_territory.c.name)
    )
    return [(name, number, int(children), late.get(key, 0)) for key, name, number, children in rows]


def _families(today: date, *, on_record: bool) -> Select[tuple[int]]:
    """The ids of the person's families, of all or of those on record."""
    much = given.works_much(MANY)
    found = select(_family.c.id).where(access.scope().families(much=much), _family.c.annulled_at.is_(None))
    if much:  # in the order of their ids: their people are met so too
        found = found.with_hint(_family, "INDEXED BY ix_family_by_id", "sqlite")
    return found.where(families.stands(today)) if on_record else found


def _registered_this_quarter(today: date) -> ColumnElement[bool]:
    quarter = quarter_holding(today)
    return families.placed(quarter.start, quarter.end, today)


def _removed_this_quarter(today: date) -> ColumnElement[bool]:
    quarter = quarter_holding(today)
    return families.taken_off(quarter.start, quarter.end, today)


def _unknown_education(today: date) -> ColumnElement[bool]:
    """Children whose education on this day is not known: the quarterly form cannot count them."""
    return members.education_unknown(today)


def _unknown_birth_date(_today: date) -> ColumnElement[bool]:
    """Members whose age nobody knows: nobody counts them as children."""
    return members.age_unknown()


def _coming_of_age(today: date) -> ColumnElement[bool]:
    """Children who soon turn eighteen: the family may leave the record by reason 11.1."""
    return members.comes_of_age(today)


MANY = 10_000  # families of a body: of more, all programmes that run are asked about it
_KEEPS = (Role.COORDINATOR,)
_READS = (Role.COORDINATOR, Role.SECRETARY, Role.COMMISSION, Role.SPECIALIST)
_DECIDES = (Role.COORDINATOR, Role.SECRETARY, Role.COMMISSION)

LISTINGS = [
    HomeList("on-record", "Состоят на учёте", FAMILIES, _READS, asks=lambda _today: {"state": "on"}),
    HomeList("children", "Дети в этих семьях", CHILDREN, _READS, asks=lambda _today: {"state": "children"}),
    HomeList(ALL, "Закреплённые семьи", FAMILIES, (Role.COMMISSION, Role.SPECIALIST), on_record=False),
    HomeList("registered", "Поставлены в этом квартале", FAMILIES, _KEEPS, _registered_this_quarter, on_record=False,
             asks=lambda today: {"registered_on": quarter_holding(today)}),
    HomeList("removed", "Сняты в этом квартале", FAMILIES, _DECIDES, _removed_this_quarter, on_record=False,
             asks=lambda today: {"removed_on": quarter_holding(today)}),
    HomeList("late", "Просрочен срок по семье", FAMILIES, _KEEPS, families.is_late, on_record=False, warns=True,
             asks=lambda _today: {"overdue": "1"}),
    HomeList("without-members", "На учёте без членов семьи", FAMILIES, _KEEPS, families.without_members, warns=True,
             asks=lambda _today: {"state": "on", "missing": "members"}),
    HomeList("unknown-education", "Дети, чьё обучение неизвестно", CHILDREN, _KEEPS, _unknown_education, warns=True,
             asks=lambda _today: {"state": "children", "missing": "education"}),
    HomeList("unknown-birth-date", "Члены семей без даты рождения", MEMBERS, _KEEPS, _unknown_birth_date, warns=True,
             asks=lambda _today: {"state": "on", "missing": "born_on"}),
    HomeList("coming-of-age", "Исполнится 18 лет за три месяца", CHILDREN, _DECIDES, _coming_of_age,
             asks=lambda _today: {"state": "children", "comes_of_age": "soon"}),
]  # fmt: skip
BY_NAME = {listing.name: listing for listing in LISTINGS}


def served(roles: list[str]) -> list[HomeList]:
    """The lists of a person with these roles, each once."""
    return [listing for listing in LISTINGS if set(listing.roles) & set(roles)]
