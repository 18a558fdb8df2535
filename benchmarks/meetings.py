"""A meeting of sixty items: its page, an item while it is decided, its closing, and the pack of a member.

The meeting is held over families of the bank, and taken out again when it is measured.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta

from sqlalchemy import delete, func, select

from app import access, conditions
from app.clock import now
from app.documents import folder, meeting_pack
from app.documents.bound import MadeBy
from app.domain.agenda import Proposal, of_family
from app.domain.terms import AgendaGround, DecisionKind, Role
from app.extensions import db
from app.models import (
    Agency,
    AgendaItem,
    DecisionOutcome,
    Family,
    Instruction,
    JournalEntry,
    Meeting,
    MeetingAttendance,
    Registration,
    RemovalReason,
)
from app.readings import glances
from app.services import agenda, meetings, resolutions, sitting
from benchmarks.bank import TODAY, Bank
from benchmarks.measure import Line, Section, counting, milliseconds
from benchmarks.pages import Reader

ITEMS = 60
PRINTED = 3  # families of the pack: each is printed like any other
REMOVED = 3  # every third item takes a family off the record, the others order something
TABLES = (Instruction, AgendaItem, MeetingAttendance)


def measure(bank: Bank, runs: int) -> Section:
    """The pages of the meeting as its secretary opens them, then what is done with it."""
    with held(bank) as (meeting_id, items):
        section = Section(f"Заседание: вопросов {len(items)} (секретарь)")
        reader = Reader(bank, runs, Role.SECRETARY)
        section.lines.append(reader.line("страница заседания", f"/meeting/{meeting_id}"))
        section.lines.append(reader.line("вопрос", f"/item/{items[0]}"))
        section.lines.append(reader.line("перед закрытием", f"/meeting/{meeting_id}/close"))
        section.lines.append(_closing(bank, meeting_id, runs))
        section.lines.append(_pack(bank, meeting_id, runs))
        return section


def _closing(bank: Bank, meeting_id: int, runs: int) -> Line:
    """Everything is carried out, and put back as it was."""

    def close() -> None:
        with bank.opened():
            sitting.close(db.session.get_one(Meeting, meeting_id), TODAY)
            db.session.rollback()

    with bank.opened(), counting(db.engine) as sent:
        sitting.close(db.session.get_one(Meeting, meeting_id), TODAY)
        db.session.rollback()
    product, _bare = milliseconds(close, runs)
    return Line("закрытие", product, statements=len(sent))


def _pack(bank: Bank, meeting_id: int, runs: int) -> Line:
    """The agenda and the papers of its first families, bound for one member."""
    with bank.opened():
        meeting = db.session.get_one(Meeting, meeting_id)
        items = list(meeting.items)[:PRINTED]
        made = MadeBy(access.scope().user_name, now())

        def bind() -> bytes:
            told = glances.of_items(items, meeting.held_on)
            found = [one for item in items if item.family_id and (one := folder.load(item.family_id))]
            return meeting_pack.pdf(meeting, items, told, found, "Член комиссии", made, TODAY)

        size, taken = len(bind()), milliseconds(bind, runs)[0]
    each = taken / max(1, len(items))
    return Line("материалы, на одну семью", each, note=f"{size / max(1, len(items)) / 1e3:.0f} КБ")


@contextmanager
def held(bank: Bank) -> Iterator[tuple[int, Sequence[int]]]:
    """A meeting with everything decided and not closed: its key, and those of its items."""
    with bank.opened():
        told = db.session.scalar(select(func.max(JournalEntry.id))) or 0
        asked = select(Agency).where(Agency.sits_as.is_not(None)).order_by(Agency.id).limit(1)
        body = db.session.scalars(asked).one()
        meeting = _prepared(body)
        items = _decided(meeting, body)
        found = meeting.id, [item.id for item in items]
        db.session.commit()
    try:
        yield found
    finally:
        with bank.opened():
            for entity in TABLES:
                db.session.execute(delete(entity).where(entity.meeting_id == found[0]))
            db.session.execute(delete(Meeting).where(Meeting.id == found[0]))
            db.session.execute(delete(JournalEntry).where(JournalEntry.id > told))
            db.session.commit()


def _prepared(body: Agency) -> Meeting:
    [meeting] = meetings.plan(body, [_free(body)], starts_at="10:00", place=None, today=TODAY)
    people = [row.employee for row in meetings.members_on(body.id, meeting.held_on)]
    number = meetings.next_number(body.id, meeting.held_on.year) + 100
    said = meetings.Prepared(number, meeting.held_on, "10:00", None, extended=False, presiding=people[0],
                             secretary=people[1], others_present=None)  # fmt: skip
    meetings.prepare(meeting, said, TODAY)
    stay = Registration.__table__
    asked = (
        select(Family.id, Family.name)
        .join(stay, stay.c.family_id == Family.id)
        .where(Family.annulled_at.is_(None), stay.c.annulled_at.is_(None), stay.c.registered_on < meeting.held_on)
        .where(conditions.on_record(stay, TODAY), stay.c.removed_on.is_(None))
    )
    rows = db.session.execute(asked.order_by(Family.id).limit(ITEMS)).all()
    agenda.put_on(meeting, [
        Proposal(AgendaGround.STANDSTILL, of_family(row.name), "плановое рассмотрение", row.id) for row in rows
    ])  # fmt: skip
    meetings.open_(meeting, TODAY)
    db.session.expire(meeting, ["attendance", "items"])
    meetings.attend(meeting, [row.id for row in meeting.attendance], {})
    return meeting


def _free(body: Agency) -> date:
    """The latest day without a meeting of the body."""
    taken, day = set(meetings.days_of(body)), TODAY
    while day in taken:
        day -= timedelta(days=1)
    return day


def _decided(meeting: Meeting, body: Agency) -> list[AgendaItem]:
    outcomes = {row.effect: row for row in db.session.scalars(select(DecisionOutcome))}
    reason = db.session.scalars(select(RemovalReason).where(RemovalReason.code == "11.2")).one()
    items = list(meeting.items)
    for place, item in enumerate(items):
        removed = place % REMOVED == 0
        order = sitting.Ordered(None, body, "Посетить семью", meeting.held_on + timedelta(days=30))
        decided = sitting.Decided(
            outcome=outcomes[DecisionKind.REMOVE if removed else DecisionKind.HEAR],
            removal_reason=reason if removed else None, instructions=[] if removed else [order],
        )  # fmt: skip
        sitting.decide(item, resolutions.composed(item, decided))
    return items
