"""What lists and pages show of meetings and of the instructions they gave.

Conditions are on the tables `meeting` and `instruction`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from flask_babel import gettext
from sqlalchemy import ColumnElement, and_, func, select

from app import access, conditions, tree
from app.domain import cases
from app.domain.intervals import holds
from app.domain.terms import Case, DecisionKind, ParentalRole
from app.extensions import db
from app.models import AgendaItem, Family, Instruction, Meeting, Registration

_meeting, _instruction = Meeting.__table__, Instruction.__table__


def is_open() -> ColumnElement[bool]:
    """What the meeting decides is not carried out yet."""
    return and_(_meeting.c.annulled_at.is_(None), _meeting.c.closed_at.is_(None))


def is_ahead(today: date) -> ColumnElement[bool]:
    """The meeting is today or later."""
    return and_(is_open(), _meeting.c.held_on >= today)


def is_closed() -> ColumnElement[bool]:
    """What the meeting decided is carried out."""
    return _meeting.c.closed_at.is_not(None)


def waits_for_closing(meeting: Meeting, today: date) -> bool:
    """Whether the day of a meeting has passed and it was not closed."""
    return meeting.annulled_at is None and meeting.closed_at is None and meeting.held_on < today


def waits_for_answer() -> ColumnElement[bool]:
    """The body was told and has not answered, or its answer was returned."""
    return and_(
        _instruction.c.annulled_at.is_(None), _instruction.c.given_on.is_not(None), _instruction.c.answered_at.is_(None)
    )


def is_late(today: date) -> ColumnElement[bool]:
    """The body has not answered and its last day has passed (the SQL form of `is_overdue`)."""
    return and_(waits_for_answer(), _instruction.c.due_on < today)


def is_answered() -> ColumnElement[bool]:
    """The body has answered, and nobody has accepted the answer yet."""
    return and_(_instruction.c.answered_at.is_not(None), _instruction.c.accepted_at.is_(None))


def is_accepted() -> ColumnElement[bool]:
    """The commission took the answer."""
    return _instruction.c.accepted_at.is_not(None)


def is_overdue(row: Instruction, today: date) -> bool:
    """Whether a body has not answered an instruction in time."""
    waits = row.annulled_at is None and row.given_on is not None and row.answered_at is None
    return waits and row.due_on < today


def state_of(row: Instruction) -> str:
    """Where an instruction is on its way."""
    if row.annulled_at is not None:
        return gettext("annulled")
    if row.given_on is None:
        return gettext("is prepared")
    if row.accepted_at is not None:
        return gettext("accepted")
    if row.answered_at is not None:
        return gettext("answered")
    if row.returned:
        return gettext("returned to the agency")
    return gettext("waits for the answer")


def on_record(meeting: Meeting, items: Sequence[AgendaItem]) -> tuple[int, int]:
    """Families of the meeting's territories on record at its beginning and at its end.

    The beginning is the end of the day before; what the meeting itself decided is added to it.
    """
    stay, family = Registration.__table__, Family.__table__
    before = meeting.held_on - timedelta(days=1)
    counted = (
        select(func.count(stay.c.id.distinct()))
        .join(family, family.c.id == stay.c.family_id)
        .where(family.c.annulled_at.is_(None), stay.c.annulled_at.is_(None), conditions.on_record(stay, before))
        .where(family.c.territory_id.in_(tree.below([meeting.territory_id])), access.scope().families())
    )
    number = db.session.connection().scalar(counted) or 0
    kinds = [item.outcome.effect for item in items if item.outcome is not None and item.decided_at is not None]
    return number, number + kinds.count(DecisionKind.PLACE) - kinds.count(DecisionKind.REMOVE)


def about(row: Instruction) -> Any:
    """The family and the card that an instruction is about: the body that it was given to is told of them."""
    item = AgendaItem.__table__
    asked = select(item.c.card_id, item.c.family_id).where(item.c.id == row.item_id)
    return db.session.connection().execute(asked).one()


INVITED = (ParentalRole.MOTHER, ParentalRole.FATHER, ParentalRole.GUARDIAN)


def invited(item: AgendaItem, today: date) -> list[str]:
    """Whom to invite about a matter, in the dative: the parents of its family, else whom its card is about."""
    if item.family is not None:
        return parents(item, Case.DATIVE, today)
    card = item.card
    if card is None:
        return []
    sex = cases.sex_of(card.middle_name)
    return [cases.of_person(card.last_name, card.first_name, card.middle_name, sex, Case.DATIVE)]


def parents(item: AgendaItem, case: Case, day: date) -> list[str]:
    """The parents and guardians of the family of a matter on a day, in a case as papers print them."""
    return [
        one.named_in(case)
        for one in (item.family.members if item.family is not None else ())
        if one.annulled_at is None and one.role is not None
        if one.role.parental_role in INVITED and holds(one.joined_on, one.left_on, day)
    ]


class NextMeeting(NamedTuple):
    """The meeting that comes next, or that has begun, and how many of its items the person sees."""

    id: int
    held_on: date
    starts_at: str | None
    number: int | None
    items: int


def coming(today: date) -> NextMeeting | None:
    """The next of the person's meetings, in one statement."""
    item, scope = AgendaItem.__table__, access.scope()
    seen = (
        select(func.count(item.c.id))
        .where(item.c.meeting_id == _meeting.c.id, item.c.annulled_at.is_(None), scope.items())
        .correlate(_meeting)
        .scalar_subquery()
    )
    asked = select(_meeting.c.id, _meeting.c.held_on, _meeting.c.starts_at, _meeting.c.number, seen)
    ahead = asked.where(is_ahead(today), scope.meetings()).order_by(_meeting.c.held_on, _meeting.c.id).limit(1)
    row = db.session.connection().execute(ahead).first()
    return NextMeeting(*row) if row is not None else None
