"""Meetings for tests: a commission with its members, a meeting of a day, what stands on its agenda, what it decides."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, select

from app import clock
from app.domain.meetings import Votes
from app.domain.terms import AgendaGround, CommissionPost, DecisionKind, Sitting
from app.extensions import db
from app.models import (
    Agency,
    AgendaItem,
    CommissionMember,
    DecisionOutcome,
    Employee,
    Family,
    Instruction,
    Meeting,
    SignalCard,
    SignalCardOutcome,
)
from app.services import meetings, sitting
from tests import factories

LONG_AGO = date(2020, 1, 1)
DAY = timedelta(days=1)
POSTS = [CommissionPost.CHAIR, CommissionPost.SECRETARY, CommissionPost.DEPUTY, *[CommissionPost.MEMBER] * 20]
NAMES = ["Абрикосова", "Березина", "Вишнякова", "Грушина", "Дынина", "Ежевикина", "Жимолость", "Земляникина"]


def commission(cast: factories.Cast, members: int = 4) -> Agency:
    """The commission of the test district; two of its members sign in: Борис and Вера, who are the last of them."""
    body = cast.agency("5.1")
    body.sits_as = Sitting.COMMISSION
    people = [factories.employee(body, last_name=name, first_name="Лидия") for name in NAMES[: max(0, members - 2)]]
    people += [cast.employee(name) for name in ("boris", "vera")][: members - len(people)]
    for person, post in zip(people, POSTS, strict=False):
        member(body, person, post)
    db.session.flush()
    return body


def member(body: Agency, person: Employee, post: CommissionPost = CommissionPost.MEMBER, since: date = LONG_AGO,
           until: date | None = None) -> CommissionMember:  # fmt: skip
    row = CommissionMember(agency=body, employee=person, post=post, started_on=since, ended_on=until)
    db.session.add(row)
    db.session.flush()
    return row


def meeting(body: Agency, on: date | None = None, *, is_open: bool = True, absent: int = 0, **values: Any) -> Meeting:
    """A meeting that is prepared; an open one with all of its members there but the last ones.

    Without a day it is today's: then what it decides is of today.
    """
    day = on or clock.today()
    people = [row.employee for row in meetings.members_on(body.id, day)]
    number = meetings.next_number(body.id, day.year)
    chair = people[0] if people else None
    row = Meeting(**{
        "agency": body, "territory_id": body.territory_id, "held_on": day, "number": number, "presiding": chair,
        "secretary": people[1] if len(people) > 1 else chair, "place": "Зал", "starts_at": "10:00", **values,
    })  # fmt: skip
    db.session.add(row)
    db.session.flush()
    if is_open:
        meetings.open_(row, max(day, clock.today()))
        db.session.expire(row, ["attendance"])
        rows = [each.id for each in row.attendance]
        meetings.attend(row, rows[: len(rows) - absent], {})
    return row


def item(of: Meeting, family: Family | None = None, *, card: SignalCard | None = None, **values: Any) -> AgendaItem:
    """A matter at the end of the agenda."""
    place = db.session.scalar(select(func.count(AgendaItem.id)).where(AgendaItem.meeting_id == of.id)) or 0
    whose = card.family if card is not None and family is None else family
    row = AgendaItem(**{
        "meeting": of, "family": whose, "card": card, "position": place + 1, "ground": AgendaGround.OTHER,
        "title": f"О рассмотрении материалов: вопрос {place + 1}", **values,
    })  # fmt: skip
    db.session.add(row)
    db.session.flush()
    db.session.expire(of, ["items"])
    return row


def outcome(kind: DecisionKind) -> DecisionOutcome:
    """The outcome of the dictionary that has this effect."""
    return db.session.scalars(select(DecisionOutcome).where(DecisionOutcome.effect == kind)).one()


def order(body: Agency, due_on: date, text: str = "Посетить семью") -> sitting.Ordered:
    return sitting.Ordered(None, body, text, due_on)


def decide(of: AgendaItem, kind: DecisionKind, **said: Any) -> None:
    """Enter an outcome with what it needs, unless it is said otherwise."""
    held_on = of.meeting.held_on
    needed: dict[DecisionKind, dict[str, Any]] = {
        DecisionKind.PLACE: {"criteria": [factories.by_code(factories.Criterion, "2.1.1")]},
        DecisionKind.REMOVE: {"removal_reason": factories.by_code(factories.RemovalReason, "11.2")},
        DecisionKind.POSTPONE: {"until": held_on + 14 * DAY},
        DecisionKind.EXTEND: {"until": held_on + 90 * DAY},
    }
    sitting.decide(of, sitting.Decided(**{"outcome": outcome(kind), "votes": Votes(None, None, None),
                                          **needed.get(kind, {}), **said}))  # fmt: skip


def closed(of: Meeting) -> Meeting:
    """Close a meeting on its day."""
    db.session.expire(of, ["items"])
    sitting.close(of, max(of.held_on, clock.today()))
    return of


def ordered(family: Family, body: Agency, asked: Agency, on: date, due_on: date, text: str = "Посетить семью",
            kind: DecisionKind = DecisionKind.HEAR) -> Instruction:  # fmt: skip
    """An instruction to a body that a closed meeting gave about a family."""
    held = meeting(body, on)
    matter = item(held, family)
    decide(matter, kind, instructions=[order(asked, due_on, text)])
    closed(held)
    [row] = matter.instructions
    return row


def card_outcome(code: str) -> SignalCardOutcome:
    return factories.by_code(SignalCardOutcome, code)
