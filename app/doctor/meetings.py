"""Meetings whose facts contradict each other: who sits, what was decided when, and what was ordered by it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, select

from app.domain import meetings as rules
from app.domain.meetings import Quorum
from app.domain.refusal import Refusal
from app.domain.terms import TemplateKind
from app.extensions import db
from app.models import Agency, AgendaItem, CommissionMember, Delivery, Employee, Instruction, Meeting, MeetingAttendance

_meeting, _attendance = Meeting.__table__, MeetingAttendance.__table__
_item, _instruction, _delivery = AgendaItem.__table__, Instruction.__table__, Delivery.__table__
_member, _employee, _agency = CommissionMember.__table__, Employee.__table__, Agency.__table__
_undecided = exists(
    select(_item.c.id)
    .where(_item.c.meeting_id == _meeting.c.id, _item.c.annulled_at.is_(None), _item.c.decided_at.is_(None))
    .correlate_except(_item)
)
_told = and_(_instruction.c.annulled_at.is_(None), _meeting.c.annulled_at.is_(None))

# What the facts of a meeting cannot be, and how it is said.
OF_MEETINGS: tuple[tuple[ColumnElement[bool], str], ...] = (
    (_meeting.c.closed_at < _meeting.c.opened_at, "закрыто раньше, чем открыто"),
    (and_(_meeting.c.closed_at.is_not(None), _undecided), "закрыто, а решения приняты не по всем вопросам"),
)
# The same of an instruction, beside its meeting.
OF_INSTRUCTIONS: tuple[tuple[ColumnElement[bool], str], ...] = (
    (_instruction.c.given_on.is_not(None) & _meeting.c.closed_at.is_(None), "дано, а заседание ещё не закрыто"),
    (_instruction.c.given_on.is_(None) & _meeting.c.closed_at.is_not(None), "заседание закрыто, а оно не дано"),
    (_instruction.c.done_on < _instruction.c.given_on, "исполнено раньше, чем дано"),
    (_instruction.c.answered_at.is_not(None) & _instruction.c.answer.is_(None), "на него ответили без единого слова"),
)


# The same of what was handed over, beside its item and its meeting.
OF_DELIVERIES: tuple[tuple[ColumnElement[bool], str], ...] = (
    (and_(_delivery.c.kind == TemplateKind.NOTICE, _delivery.c.sent_on > _meeting.c.held_on),
     "приглашение отправлено после заседания"),
    (and_(_delivery.c.kind != TemplateKind.NOTICE, _item.c.number.is_(None)),
     "вручён документ, а постановления по вопросу нет"),
    (and_(_delivery.c.kind != TemplateKind.NOTICE, _delivery.c.sent_on < _meeting.c.held_on),
     "документ отправлен раньше заседания"),
)  # fmt: skip


def meetings(today: date) -> Iterator[str]:
    """A body meets once a day under a number of its own, decides with a quorum, and what it ordered was given."""
    ahead = (and_(_meeting.c.opened_at.is_not(None), _meeting.c.held_on > today), "открыто, а его день не наступил")
    for condition, said in (*OF_MEETINGS, ahead):
        for key in _keys(select(_meeting.c.id).where(_meeting.c.annulled_at.is_(None), condition)):
            yield f"Заседание {key}: {said}."
    yield from _twice()
    yield from _without_a_quorum()
    of_meeting = _instruction.join(_meeting, _meeting.c.id == _instruction.c.meeting_id)
    for condition, said in OF_INSTRUCTIONS:
        for key in _keys(select(_instruction.c.id).select_from(of_meeting).where(_told, condition)):
            yield f"Поручение {key}: {said}."
    given = _delivery.join(_item, _item.c.id == _delivery.c.item_id).join(
        _meeting, _meeting.c.id == _delivery.c.meeting_id
    )
    for condition, said in OF_DELIVERIES:
        asked = select(_delivery.c.id).select_from(given).where(_delivery.c.annulled_at.is_(None), condition)
        for key in _keys(asked):
            yield f"Запись реестра вручения {key}: {said}."
    yield from _members()


def _twice() -> Iterator[str]:
    """Meetings of a body on one day, or under one number in a year."""
    rows = _read(select(_meeting.c.agency_id, _meeting.c.held_on, _meeting.c.number)
                 .where(_meeting.c.annulled_at.is_(None)))  # fmt: skip
    for (_body, day), times in Counter((row.agency_id, row.held_on) for row in rows).items():
        if times > 1:
            yield f"На {day:%d.%m.%Y} назначено заседаний одной комиссии: {times}."
    numbers = Counter((row.agency_id, row.held_on.year, row.number) for row in rows if row.number is not None)
    for (_body, year, number), times in numbers.items():
        if times > 1:
            yield f"Заседаний с номером {number} в {year} году у одной комиссии: {times}."


def _without_a_quorum() -> Iterator[str]:
    """Closed meetings to which too few members had come."""
    present: dict[int, list[bool]] = defaultdict(list)
    closed = _attendance.join(_meeting, _meeting.c.id == _attendance.c.meeting_id)
    rows = _read(select(_meeting.c.id, _attendance.c.is_present).select_from(closed)
                 .where(_meeting.c.closed_at.is_not(None), _attendance.c.annulled_at.is_(None)))  # fmt: skip
    for row in rows:
        present[row.id].append(row.is_present)
    for key, came in sorted(present.items()):
        if not Quorum(len(came), sum(came)).is_there:
            yield f"Заседание {key}: закрыто без кворума."


def _members() -> Iterator[str]:
    """Rows of the composition that the rule of its form would refuse."""
    joined = _member.join(_employee, _employee.c.id == _member.c.employee_id).join(
        _agency, _agency.c.id == _member.c.agency_id
    )
    columns = (_member.c.id, _member.c.agency_id, _member.c.employee_id, _member.c.post, _member.c.started_on,
               _member.c.ended_on, _employee.c.dismissed, _agency.c.sits_as)  # fmt: skip
    bodies: dict[int, list[Any]] = defaultdict(list)
    for row in _read(select(*columns).select_from(joined).where(_member.c.annulled_at.is_(None))):
        bodies[row.agency_id].append(row)
    for row in (row for rows in bodies.values() for row in rows):
        held = [(other.employee_id, (other.post, other.started_on, other.ended_on))
                for other in bodies[row.agency_id] if other.id != row.id]  # fmt: skip
        try:
            rules.check_member(
                sits=row.sits_as is not None, dismissed=row.dismissed, post=row.post, started_on=row.started_on,
                ended_on=row.ended_on, own=[one for who, one in held if who == row.employee_id],
                others=[one for who, one in held if who != row.employee_id],
            )  # fmt: skip
        except Refusal as refusal:
            yield f"Член комиссии {row.id}: {refusal.text}"


def _keys(asked: Select[tuple[int]]) -> list[int]:
    return sorted(set(db.session.connection().scalars(asked)))


def _read(asked: Select[Any]) -> list[Any]:
    return list(db.session.connection().execute(asked))
