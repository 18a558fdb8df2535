"""What a list of families asks of them, as conditions on the table `family`, and what one row of it shows.

The counts of the first page and the filters of the list are made of the same conditions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select

from app import conditions, words
from app.extensions import db, portions
from app.models import (
    Aid,
    Criterion,
    Employee,
    Family,
    Member,
    Mentor,
    Registration,
    RegistrationCriterion,
    Territory,
)
from app.readings import clocks, contact
from app.readings.contact import Contact

_family, _stay, _member = Family.__table__, Registration.__table__, Member.__table__
_aid, _mentor, _employee = Aid.__table__, Mentor.__table__, Employee.__table__
_later_stay, _other_mentor = _stay.alias(), _mentor.alias()
_named, _criterion, _territory = RegistrationCriterion.__table__, Criterion.__table__, Territory.__table__

LONGEST_WITHOUT = 36_500  # days: a hundred years
SHORT = timedelta(days=366)
PORTION = 500  # families whose lines are read at once


def has_stay(*wanted: ColumnElement[bool]) -> ColumnElement[bool]:
    """A family with a stay of a rare kind: found from the stays by their dates, not family by family."""
    return _family.c.id.in_(select(_stay.c.family_id).where(_stay.c.annulled_at.is_(None), *wanted))


def stands(day: date, family_id: ColumnElement[int] = _family.c.id) -> ColumnElement[bool]:
    """On record at the end of a day; the family may be named by another column."""
    return _has_one(_stay, family_id, lambda stay: conditions.on_record(stay, day))


def is_removed(day: date) -> ColumnElement[bool]:
    """Was on record and is not at the end of a day."""
    return and_(_has_one(_stay, _family.c.id, lambda stay: stay.c.removed_on <= day), ~stands(day))


def placed(since: date | None, until: date | None, today: date) -> ColumnElement[bool]:
    """Placed on record within a stretch of days; either end may be open."""
    return _has_stay_within("registered_on", since, until, today)


def taken_off(since: date | None, until: date | None, today: date) -> ColumnElement[bool]:
    """Removed from record within a stretch of days."""
    return _has_stay_within("removed_on", since, until, today)


def each_placed(since: date | None, until: date | None) -> ColumnElement[bool]:
    """Placed on record within a stretch of days, asked family by family."""
    return _each_has_stay_within("registered_on", since, until)


def each_taken_off(since: date | None, until: date | None) -> ColumnElement[bool]:
    """Removed from record within a stretch of days, asked family by family."""
    return _each_has_stay_within("removed_on", since, until)


def _has_stay_within(name: str, since: date | None, until: date | None, today: date) -> ColumnElement[bool]:
    """The stays of a short stretch are few and lead to their families; in a long one nearly every family has its own,
    and is asked for it. Hardly anything is of a day after today, so an open end is as near as that."""
    if since and (until or today) - since <= SHORT:
        return has_stay(*_within(_stay.c[name], since, until))
    return _each_has_stay_within(name, since, until)


def _each_has_stay_within(name: str, since: date | None, until: date | None) -> ColumnElement[bool]:
    return _has_one(_stay, _family.c.id, lambda stay: and_(*_within(stay.c[name], since, until)))


def is_late(day: date, deadlines: Sequence[Any] | None = None) -> ColumnElement[bool]:
    """A deadline of the dictionary has passed for the family and is not met."""
    return has_stay(clocks.overdue(day, deadlines=deadlines))


def under_criterion(code: str) -> ColumnElement[bool]:
    """A criterion, or one below it, is in force in the last stay: the stay that holds today if there is one."""
    named = and_(_named.c.criterion_id.in_(_at_or_below(code)), conditions.in_force(_named))
    return _family.c.id.in_(
        select(_named.c.family_id).where(named, _named.c.registration_id == _last_stay(_named.c.family_id))
    )


def under_criterion_on(code: str, day: date) -> ColumnElement[bool]:
    """On record at the end of a day, with a criterion, or one below it, in force on it."""
    held = and_(_named.c.criterion_id.in_(_at_or_below(code)), conditions.in_force(_named, day))
    stays = _named.join(_stay, _stay.c.id == _named.c.registration_id)
    on_record = and_(_stay.c.annulled_at.is_(None), conditions.on_record(_stay, day))
    return _family.c.id.in_(select(_named.c.family_id).select_from(stays).where(held, on_record))


def each_under_criterion(code: str) -> ColumnElement[bool]:
    """The same, asked family by family: where many are so, a page meets its few before all of them are gathered."""
    named = conditions.unindexed(_named.c.criterion_id).in_(_at_or_below(code))
    is_of_last = conditions.unindexed(_named.c.registration_id) == _last_stay(_family.c.id)
    held = conditions.in_force(_named)
    found = select(_named.c.position).where(_named.c.family_id == _family.c.id, named, is_of_last, held)
    return exists(found.correlate_except(_named))


def _last_stay(family_id: ColumnElement[int]) -> ColumnElement[int]:
    """The id of the last live stay of a family: stays never overlap, so one that holds is the last."""
    stay = _stay.alias()
    live = select(stay.c.id).where(stay.c.family_id == family_id, stay.c.annulled_at.is_(None))
    return live.order_by(stay.c.registered_on.desc()).limit(1).correlate_except(stay).scalar_subquery()


def _at_or_below(code: str) -> Select[tuple[int]]:
    """The ids of a criterion and of those below it."""
    below = _criterion.c.code.startswith(f"{code}.", autoescape=True)
    return select(_criterion.c.id).where(or_(_criterion.c.code == code, below))


def has_mentor(employee_id: int, day: date) -> ColumnElement[bool]:
    """An employee is the family's mentor on a day."""
    held = conditions.current(_mentor, day)
    return _family.c.id.in_(select(_mentor.c.family_id).where(_mentor.c.employee_id == employee_id, held))


def without_aid(days: int, day: date) -> ColumnElement[bool]:
    """No aid was given within so many days before a day: the last one was earlier, or there was none."""
    since = day - timedelta(days=days)
    return ~_has_one(_aid, _family.c.id, lambda aid: aid.c.given_on > since)


def without_contact(days: int, day: date) -> ColumnElement[bool]:
    """Nobody had to do with the family within so many days before a day: no aid, no visit, no signal card."""
    return contact.none_within(_family.c.id, days, day)


def without_members(day: date) -> ColumnElement[bool]:
    """Nobody lives in the family on a day, as far as the bank knows."""
    return ~exists(select(_member.c.id).where(_member.c.family_id == _family.c.id, is_present(day)))


def with_surname(text: str) -> ColumnElement[bool]:
    """Somebody of the family, now or before, is called so: the beginnings of surname, name and patronymic in order."""
    called = conditions.called(_member.c.sort_key, text)
    return _family.c.id.in_(select(_member.c.family_id).where(_member.c.annulled_at.is_(None), called))


def each_with_surname(text: str) -> ColumnElement[bool]:
    """The same, asked family by family."""
    return _has_one(_member, _family.c.id, lambda member: conditions.called(member.c.sort_key, text))


def is_present(day: date) -> ColumnElement[bool]:
    """A person is a member of the family on a day."""
    return and_(_member.c.annulled_at.is_(None), conditions.belongs(_member, day))


def is_child(day: date) -> ColumnElement[bool]:
    """A minor of the family on a day."""
    return and_(is_present(day), conditions.minor(_member.c.born_on, day))


def _has_one(table: Any, family_id: ColumnElement[int],
             wanted: Callable[[Any], ColumnElement[bool]]) -> ColumnElement[bool]:  # fmt: skip
    """A family has a live row of some kind: asked family by family, so that a page asks only those it meets."""
    row = table.alias()
    found = select(row.c.id).where(row.c.family_id == family_id, row.c.annulled_at.is_(None), wanted(row))
    return exists(found.correlate_except(row))


def _within(column: Any, since: date | None, until: date | None) -> list[ColumnElement[bool]]:
    ends = (None if since is None else column >= since, None if until is None else column <= until)
    return [column.is_not(None), *(end for end in ends if end is not None)]


def _is_last(until: date | None) -> ColumnElement[bool]:
    """No stay of the family begins later, until a day or at all: stays never overlap, so one that holds is the last."""
    later = _later_stay.c
    begun = [] if until is None else [later.registered_on <= until]
    return ~exists(
        select(later.id).where(
            later.family_id == _stay.c.family_id,
            later.annulled_at.is_(None),
            later.registered_on > _stay.c.registered_on,
            *begun,
        )
    )


@dataclass(frozen=True)
class FamilyLine:
    """What a row of the list shows beside the family's own columns; `since` and `until` are of its last stay."""

    territory: str = ""
    children: int = 0
    late: bool = False
    contact: Contact | None = None
    since: date | None = None
    until: date | None = None
    criterion: str = ""
    mentor: str = ""

    @property
    def stay(self) -> str:
        """On record since when, or removed when."""
        return f"снята {words.day(self.until)}" if self.until else words.day(self.since)


def lines(families: Sequence[Family], day: date, deadlines: Sequence[Any] | None = None, *,
          past: bool = False) -> dict[int, FamilyLine]:  # fmt: skip
    """The lines of families that the caller has found among the person's rows. past: what came after the day was not
    known to it, and no deadline is told of."""
    found: dict[int, FamilyLine] = {}
    for ids in portions((family.id for family in families), PORTION):
        for row in db.session.execute(_of_families(ids, day, deadlines, past=past)):
            over = row.removed_on if not past or (row.removed_on and row.removed_on <= day) else None
            found[row.id] = FamilyLine(
                territory=row.territory, children=row.children, late=bool(row.late) and not past,
                contact=contact.latest(row.last_aid_on, row.last_visit_on, row.last_card_on),
                since=row.registered_on, until=over, criterion=row.code or "",
                mentor=words.initials(row.last_name, row.first_name, row.middle_name) if row.last_name else "",
            )  # fmt: skip
    return found


def _of_families(ids: Sequence[int], day: date, deadlines: Sequence[Any] | None, *, past: bool) -> Select[Any]:
    """A row for each family with its last stay and its last mentor of a day."""
    of_family = _member.c.family_id == _family.c.id
    children = select(func.count(_member.c.id)).where(of_family, is_child(day)).scalar_subquery()
    late = _has_one(_stay, _family.c.id, partial(clocks.overdue, day, deadlines=deadlines))
    held = and_(_other_mentor.c.family_id == _family.c.id, conditions.current(_other_mentor, day))
    last_mentor = select(func.max(_other_mentor.c.id)).where(held).scalar_subquery()
    begun = [_stay.c.registered_on <= day] if past else []
    last = _is_last(day if past else None)
    stays = and_(_stay.c.family_id == _family.c.id, _stay.c.annulled_at.is_(None), last, *begun)
    in_force = conditions.in_force(_named, day) if past else conditions.in_force(_named)
    main = and_(_named.c.registration_id == _stay.c.id, _named.c.position == 0, in_force)
    return (
        select(
            _family.c.id, _territory.c.name.label("territory"), children.label("children"),
            late.label("late"), *contact.columns(_family.c.id, day), _stay.c.registered_on, _stay.c.removed_on,
            _criterion.c.code, _employee.c.last_name, _employee.c.first_name, _employee.c.middle_name,
        )
        .select_from(
            _family.join(_territory, _territory.c.id == _family.c.territory_id)
            .outerjoin(_stay, stays)
            .outerjoin(_named, main)
            .outerjoin(_criterion, _criterion.c.id == _named.c.criterion_id)
            .outerjoin(_mentor, _mentor.c.id == last_mentor)
            .outerjoin(_employee, _employee.c.id == _mentor.c.employee_id)
        )
        .where(_family.c.id.in_(ids))
    )  # fmt: skip
