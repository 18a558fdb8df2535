"""What a list of members asks of them, as conditions on the table `member`.

The counts of the first page and the filters of the list are made of the same conditions.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import ColumnElement, and_, exists, select

from app import conditions
from app.domain.periods import month_later
from app.models import Family, Member, Territory
from app.readings import families

_member, _family = Member.__table__, Family.__table__

MONTHS_TO_MAJORITY = 3


def lives_on_record(day: date) -> ColumnElement[bool]:
    """A member, on a day, of a family that is on record."""
    return and_(families.is_present(day), families.stands(day, _member.c.family_id))


def is_child_on_record(day: date) -> ColumnElement[bool]:
    """A minor, on a day, of a family that is on record."""
    is_minor = conditions.minor(conditions.unindexed(_member.c.born_on), day)  # found sooner by families than by days
    return and_(families.is_present(day), is_minor, families.stands(day, _member.c.family_id))


def lives_in(places: Sequence[Territory]) -> ColumnElement[bool]:
    """A member of a family of one of these territories."""
    here = _family.c.territory_id.in_([place.id for place in places])
    return _member.c.family_id.in_(select(_family.c.id).where(here))


def each_lives_in(places: Sequence[Territory]) -> ColumnElement[bool]:
    """The same, asked member by member: where many are so, a page meets its few before all of them are gathered."""
    home = _family.alias()
    here = home.c.territory_id.in_([place.id for place in places])
    return exists(select(home.c.id).where(home.c.id == _member.c.family_id, here).correlate_except(home))


def education_unknown(day: date) -> ColumnElement[bool]:
    """Nobody entered what the child learns or does on a day; of grown people it is not asked."""
    is_minor = conditions.minor(conditions.unindexed(_member.c.born_on), day)
    return and_(is_minor, conditions.status_on(_member.c.id, day).is_(None))


def age_unknown() -> ColumnElement[bool]:
    return _member.c.born_on.is_(None)


def comes_of_age(day: date) -> ColumnElement[bool]:
    """Is no minor three months after a day."""
    return ~conditions.minor(_member.c.born_on, month_later(day, MONTHS_TO_MAJORITY))
