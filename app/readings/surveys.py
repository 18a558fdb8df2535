"""What lists and pages show of surveys: which wait for their group, which are late.

Conditions are on the table `survey_group`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import NamedTuple

from flask_babel import gettext
from sqlalchemy import ColumnElement, and_, or_, select

from app import access, clock, words
from app.conditions import called
from app.domain import ages, deadlines, names, periods
from app.domain.terms import Moment
from app.extensions import db, portions
from app.models import (
    Employee,
    Family,
    Member,
    SignalCard,
    SurveyGroup,
    Territory,
    survey_group_employees,
)
from app.readings import clocks, families

_group, _links = SurveyGroup.__table__, survey_group_employees
_card, _family = SignalCard.__table__, Family.__table__
_territory, _employee = Territory.__table__, Employee.__table__
WITHOUT_A_LIMIT = timedelta(days=3)


def waits() -> ColumnElement[bool]:
    """The group has not been there yet."""
    return and_(_group.c.annulled_at.is_(None), _group.c.surveyed_on.is_(None))


def is_late(today: date) -> ColumnElement[bool]:
    """The group has not been there and its last day has passed (the SQL form of `domain.surveys.is_late`)."""
    return and_(waits(), _group.c.due_on < today)


def is_done() -> ColumnElement[bool]:
    """The group has been there."""
    return _group.c.surveyed_on.is_not(None)


def of_mine() -> ColumnElement[bool]:
    """The person is of the group."""
    own = select(_links.c.group_id).where(_links.c.employee_id == (access.scope().employee or 0))
    return _group.c.id.in_(own)


def with_name(text: str) -> ColumnElement[bool]:
    """Of a card, the beginnings of surname, name and patronymic in order; of a family, the beginning of a surname."""
    of_card = select(_card.c.id).where(called(_card.c.name_key, text))
    of_family = select(_family.c.id).where(families.with_surname(text))
    return or_(_group.c.card_id.in_(of_card), _group.c.family_id.in_(of_family))


def due_from(today: date) -> date:
    """The last day to visit, by the dictionary of deadlines, of a group that is named today."""
    found = clocks.limit_between(Moment.SIGNAL_REGISTERED, Moment.SURVEYED)
    if found is None:
        return today + WITHOUT_A_LIMIT
    return deadlines.due_at(clock.local(clock.now()), *found).date()


@dataclass(frozen=True)
class Visited:
    """Whom a group visits, as far as it must know before it goes: no more is shown of a family that is not one's own.

    card_id, family_id: what the person may open.
    """

    name: str
    address: str
    phones: Sequence[str]
    people: Sequence[str]
    card_id: int | None
    family_id: int | None


def visited(group: SurveyGroup, today: date) -> Visited:
    """Whom a survey of the person's is about: its family, else its card."""
    own = access.scope()
    asked = (
        select(Family, SignalCard, own.families().label("is_own_family"), own.cards().label("is_own_card"))
        .select_from(SurveyGroup)
        .outerjoin(Family, Family.id == SurveyGroup.family_id)
        .outerjoin(SignalCard, SignalCard.id == SurveyGroup.card_id)
        .where(SurveyGroup.id == group.id)
    )
    with access.acting_as(replace(own, everything=True)):
        family, card, is_own_family, is_own_card = db.session.execute(asked).one()
        phones = [phone for phone in (card.mobile_phone, card.home_phone) if phone] if card else []
        if family is not None:
            name, address = family.title, family.actual_address or family.registered_address or ""
            people = [_person(each.full_name, each.born_on, today) for each in _present(family, today)]
        elif card is not None:
            name, address = card.full_name, card.address or ""
            people = [_person(str(child), child.born_on, today, child.age) for child in card.children]
        else:
            raise LookupError(f"survey {group.id} is of nobody")
    own_card = card.id if card is not None and is_own_card else None
    own_family = family.id if family is not None and is_own_family else None
    return Visited(name, address, phones, people, own_card, own_family)


def _present(family: Family, today: date) -> list[Member]:
    live = (each for each in family.members if each.annulled_at is None)
    return [each for each in live if each.left_on is None or each.left_on > today]


def _age(born_on: date | None, age: int | None, today: date) -> str:
    if born_on is not None and born_on <= today:
        return words.age(ages.full_years(born_on, today), periods.full_months(born_on, today))
    return words.age(age) if age is not None else ""


def _person(name: str, born_on: date | None, today: date, age: int | None = None) -> str:
    """A name with the age, in years or, of a baby, in months."""
    said = _age(born_on, age, today)
    return f"{name}, {said}" if said else name


class SurveyLine(NamedTuple):
    """What a row of the list shows beside the survey's own columns."""

    name: str
    place: str
    leader: str


def lines(groups: Sequence[SurveyGroup]) -> dict[int, SurveyLine]:
    """The lines of surveys that the caller has found among the person's rows."""
    found: dict[int, SurveyLine] = {}
    tables = (
        _group.join(_territory, _territory.c.id == _group.c.territory_id)
        .join(_employee, _employee.c.id == _group.c.leader_id)
        .outerjoin(_card, _card.c.id == _group.c.card_id)
        .outerjoin(_family, _family.c.id == _group.c.family_id)
    )
    asked = select(
        _group.c.id, _territory.c.name.label("place"), _employee.c.last_name, _employee.c.first_name,
        _employee.c.middle_name, _family.c.number, _family.c.name.label("family"), _card.c.last_name.label("card_last"),
        _card.c.first_name.label("card_first"), _card.c.middle_name.label("card_middle"),
    ).select_from(tables)  # fmt: skip
    for ids in portions(group.id for group in groups):
        for row in db.session.connection().execute(asked.where(_group.c.id.in_(ids))):
            of_card = names.full(row.card_last or "", row.card_first or "", row.card_middle)
            name = f"№ {row.number} {row.family}".strip() if row.number else of_card
            leader = names.initials(row.last_name, row.first_name, row.middle_name)
            found[row.id] = SurveyLine(name, row.place, leader)
    return found


def of_family(family_id: int) -> Sequence[SurveyGroup]:
    """The surveys of a family of the person's, the latest first."""
    return _latest(SurveyGroup.family_id == family_id)


def of_card(card_id: int) -> Sequence[SurveyGroup]:
    """The surveys of a card of the person's, the latest first."""
    return _latest(SurveyGroup.card_id == card_id)


def _latest(of_whom: ColumnElement[bool]) -> Sequence[SurveyGroup]:
    return db.session.scalars(select(SurveyGroup).where(of_whom).order_by(SurveyGroup.id.desc())).all()


def state_of(row: SurveyGroup) -> str:
    """How far a survey is, in words."""
    if row.annulled_at is not None:
        return gettext("called off")
    if row.surveyed_on is not None:
        return gettext("visited on %(day)s", day=f"{row.surveyed_on:%d.%m.%Y}")
    return gettext("waits for the group")
