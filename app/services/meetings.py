"""The acts on a meeting: it is planned, prepared, opened, attended, called off. Callers commit."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import joinedload

from app import clock
from app.domain import meetings as rules
from app.domain.meetings import Quorum
from app.domain.refusal import Refusal
from app.domain.terms import CommissionPost
from app.extensions import db, hold_row
from app.models import Agency, CommissionMember, Employee, Meeting, MeetingAttendance

CALLED_OFF = "Это заседание отменено."
NOT_PREPARED = "Сначала укажите номер, председательствующего и секретаря заседания."
NOT_A_MEMBER = "{name}: не в составе на этот день, назначьте другого."
POSTS = list(CommissionPost)


@dataclass(frozen=True)
class Prepared:
    """A meeting as its secretary prepares it."""

    number: int | None
    held_on: date
    starts_at: str | None
    place: str | None
    extended: bool
    presiding: Employee | None
    secretary: Employee | None
    others_present: str | None


def plan(body: Agency, days: Iterable[date], *, starts_at: str | None, place: str | None,
         today: date) -> list[Meeting]:  # fmt: skip
    """Put meetings of a body into its plan. Raises Refusal with the field at fault; all of them or none."""
    if body.sits_as is None:
        raise Refusal("Этот орган не проводит заседаний.", "agency")
    hold_body(body)
    planned, taken = [], set(days_of(body))
    for day in sorted(set(days)):
        rules.check_planned(held_on=day, today=today, others=taken, starts_at=starts_at)
        taken.add(day)
        planned.append(Meeting(agency=body, territory_id=body.territory_id, held_on=day, starts_at=starts_at,
                               place=place))  # fmt: skip
    if not planned:
        raise Refusal("Впишите хотя бы один день заседания.", "days")
    db.session.add_all(planned)
    db.session.flush()
    return planned


def days_of(body: Agency) -> list[date]:
    """The days on which a body meets, those of its plan included."""
    return days_of_bodies([body.id])[body.id]


def days_of_bodies(ids: Iterable[int]) -> dict[int, list[date]]:
    """The days on which bodies meet, by their ids."""
    found: dict[int, list[date]] = {key: [] for key in ids}
    asked = select(Meeting.agency_id, Meeting.held_on).where(
        Meeting.agency_id.in_(found), Meeting.annulled_at.is_(None)
    )
    for key, day in db.session.execute(asked):
        found[key].append(day)
    return found


def next_number(body_id: int, year: int) -> int:
    """The number of the next meeting of a body in a year."""
    return (db.session.scalar(select(func.max(Meeting.number)).where(*_of_year(body_id, year))) or 0) + 1


def prepare(meeting: Meeting, said: Prepared, today: date) -> None:
    """What is said of a meeting before it is held, and corrected while it is. Raises Refusal with the form's field."""
    hold(meeting)
    hold_body(meeting.agency)
    others = [day for day in days_of(meeting.agency) if day != meeting.held_on]
    rules.check_planned(held_on=said.held_on, today=today, others=others, starts_at=said.starts_at)
    if meeting.opened_at is not None and said.held_on != meeting.held_on:
        raise Refusal("Заседание уже открыто: его день больше не меняется.", "held_on")
    if meeting.opened_at is not None and None in (said.number, said.presiding, said.secretary):
        raise Refusal(NOT_PREPARED, "number")
    if said.number is not None:
        same = select(Meeting.held_on).where(
            *_of_year(meeting.agency_id, said.held_on.year), Meeting.number == said.number, Meeting.id != meeting.id
        )
        if (day := db.session.scalar(same.limit(1))) is not None:
            raise Refusal(f"Номер {said.number} уже у заседания {day:%d.%m.%Y}.", "number")
        if said.number < 1:
            raise Refusal("Номер заседания – от 1.", "number")
    sitting = {row.employee_id for row in members_on(meeting.agency_id, said.held_on)}
    for name in ("presiding", "secretary"):
        person = getattr(said, name)
        if person is not None and person.id not in sitting:
            raise Refusal(NOT_A_MEMBER.format(name=person.full_name), name)
    for name, value in vars(said).items():
        setattr(meeting, name, value)
    db.session.flush()


def call_off(meeting: Meeting, reason: str) -> None:
    """The meeting does not take place. Raises Refusal."""
    hold(meeting)
    if meeting.opened_at is not None:
        raise Refusal("Заседание уже открыто: отменить его нельзя.")
    meeting.annulled_at, meeting.annul_reason = clock.now(), reason
    for item in meeting.items:
        item.annulled_at, item.annul_reason = clock.now(), CALLED_OFF
    db.session.flush()


def open_(meeting: Meeting, today: date) -> None:
    """The sitting begins: its members of that day stand in the list of those who have come. Raises Refusal."""
    hold(meeting)
    if meeting.opened_at is not None:
        return
    if None in (meeting.number, meeting.presiding_id, meeting.secretary_id):
        raise Refusal(NOT_PREPARED)
    if meeting.held_on > today:
        raise Refusal(f"Заседание назначено на {meeting.held_on:%d.%m.%Y}: раньше этого дня его не открывают.")
    members = members_on(meeting.agency_id, meeting.held_on)
    if not members:
        raise Refusal("В составе комиссии никого нет: сначала внесите её членов.")
    sitting = {row.employee_id for row in members}
    for person in filter(None, (meeting.presiding, meeting.secretary)):
        if person.id not in sitting:
            raise Refusal(NOT_A_MEMBER.format(name=person.full_name))
    for position, row in enumerate(members):
        db.session.add(
            MeetingAttendance(meeting=meeting, employee_id=row.employee_id, post=row.post, position=position)
        )
    meeting.opened_at = clock.now()
    db.session.flush()


def attend(meeting: Meeting, present: Collection[int], why_absent: dict[int, str | None]) -> Quorum:
    """Who has come, by the ids of the rows of attendance, and why others have not. Raises Refusal."""
    hold(meeting)
    if meeting.opened_at is None:
        raise Refusal("Сначала откройте заседание.")
    for row in meeting.attendance:
        row.is_present = row.id in present
        row.note = None if row.is_present else why_absent.get(row.id)
    db.session.flush()
    return quorum(meeting)


def quorum(meeting: Meeting) -> Quorum:
    """How many members there are on the day of a meeting, and how many have come."""
    rows = [row for row in meeting.attendance if row.annulled_at is None]
    return Quorum(len(rows), sum(row.is_present for row in rows))


def members_on(body_id: int, day: date) -> list[CommissionMember]:
    """Who sits in a body on a day: the chair first, then by surname."""
    rows = db.session.scalars(
        select(CommissionMember)
        .where(CommissionMember.agency_id == body_id, CommissionMember.annulled_at.is_(None))
        .options(joinedload(CommissionMember.employee))
    )
    sitting = [
        row for row in rows
        if rules.sits(started_on=row.started_on, ended_on=row.ended_on, dismissed=row.employee.dismissed, day=day)
    ]  # fmt: skip
    return sorted(sitting, key=lambda row: (POSTS.index(row.post), row.employee.full_name))


def hold(meeting: Meeting, *, closed: bool = False) -> None:
    """Let nobody else close or call off a meeting until the transaction ends. Raises Refusal if it is fixed.

    closed: what is done to it is done to a closed one.
    """
    hold_row(Meeting, meeting.id)
    db.session.refresh(meeting)
    if meeting.annulled_at is not None:
        raise Refusal(CALLED_OFF)
    if not closed:
        rules.check_open(meeting.state)


def hold_body(body: Agency) -> None:
    """Whoever plans or numbers meetings of a body does it one after the other."""
    hold_row(Agency, body.id)


def _of_year(body_id: int, year: int) -> tuple[ColumnElement[bool], ...]:
    return (
        Meeting.agency_id == body_id,
        Meeting.annulled_at.is_(None),
        Meeting.held_on.between(date(year, 1, 1), date(year, 12, 31)),
    )
