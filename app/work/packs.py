"""The packs of a meeting: one file per member, with that member's families only, put into one archive."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from zipfile import ZIP_STORED, ZipFile

from sqlalchemy import Select, select

from app import access, clock, journal, scopes
from app.documents import folder as folders
from app.documents import meeting_pack
from app.documents.bound import MadeBy
from app.domain.refusal import Refusal
from app.domain.terms import Act
from app.extensions import begin_writing, db
from app.models import AgendaItem, CommissionMember, Meeting
from app.readings import glances
from app.render.scans import PDF
from app.services import meetings, papers
from app.words import counted
from app.work.passports import ZIP
from app.work.results import Result
from app.work.run import Run

PARTS = 100  # of which the pack of a member is made, where it is told how far the job is
STAGE = "Печать материалов"
GONE = "Такого заседания среди ваших нет."
NOBODY = "В составе комиссии на день заседания никого нет."


def title(meeting: Meeting) -> str:
    """How the job is called."""
    return f"{meeting_pack.TITLE} {meeting.held_on:%d.%m.%Y}"


def print_all(run: Run) -> Result:
    """Print the packs that are not there yet, then put them into one archive."""
    meeting = _meeting(run.parameters["meeting"])
    members = [row.id for row in meetings.members_on(meeting.agency_id, meeting.held_on)]
    if not members:
        raise Refusal(NOBODY)
    made: list[int] = run.checkpoint.setdefault("made", [])
    for member_id in members:
        if member_id not in made or not run.folder.holds(_file(member_id)):
            run.folder.write(_file(member_id), _print(run, member_id, _teller(run, len(made), len(members))))
            made.append(member_id)
        db.session.rollback()  # the memory is free again
        run.keep(STAGE, len(made) * PARTS, len(members) * PARTS)
    return _archive(run, _meeting(run.parameters["meeting"]), members)


def _meeting(key: int) -> Meeting:
    meeting = db.session.get(Meeting, key)
    if meeting is None:
        raise Refusal(GONE)
    return meeting


def _teller(run: Run, made: int, members: int) -> Callable[[int, int], None]:
    """Says how far the job is while a pack is printed: how many of its families are."""
    return lambda printed, families: run.tell(STAGE, made * PARTS + printed * PARTS // families, members * PARTS)


def _print(run: Run, member_id: int, tell: Callable[[int, int], None]) -> bytes:
    """The pack of one member: what the member sees of the agenda, and nothing that whoever asks does not see."""
    meeting_id = run.parameters["meeting"]
    meeting, member = _meeting(meeting_id), db.session.get_one(CommissionMember, member_id)
    name, made = member.employee.full_name, MadeBy(access.scope().user_name, clock.now())
    own = set(_items(meeting_id))
    with access.acting_as(scopes.scope_of_member(member.employee_id, clock.today())):
        items = [item for item in db.session.scalars(_of_meeting(meeting_id)) if item.id in own]
        told = glances.of_items(items, meeting.held_on)
        families = dict.fromkeys(item.family_id for item in items if item.family_id is not None)
        found = [folder for key in families if (folder := folders.load(key)) is not None]
        return meeting_pack.pdf(meeting, items, told, found, name, made, clock.today(),
                                lambda printed: tell(printed, len(found)))  # fmt: skip


def _of_meeting(meeting_id: int) -> Select[Any]:
    asked = select(AgendaItem).where(AgendaItem.meeting_id == meeting_id, AgendaItem.annulled_at.is_(None))
    return asked.order_by(AgendaItem.position, AgendaItem.id)


def _items(meeting_id: int) -> list[int]:
    return [item.id for item in db.session.scalars(_of_meeting(meeting_id))]


def _file(member_id: int) -> str:
    return f"{member_id}.pdf"


def _archive(run: Run, meeting: Meeting, members: list[int]) -> Result:
    rows = db.session.scalars(select(CommissionMember).where(CommissionMember.id.in_(members))).all()
    stored, path = run.folder.place()
    with ZipFile(path, "x", ZIP_STORED) as archive:
        for row in rows:
            archive.writestr(papers.clean_name(row.employee.full_name, PDF), run.folder.read(_file(row.id)))
    begin_writing()
    journal.write([
        journal.entry(Act.PRINTED, entity="Meeting", entity_id=meeting.id, records=len(rows),
                      summary=f"{meeting_pack.TITLE}: {meeting}")
    ])  # fmt: skip
    text = f"Напечатано: {counted(len(rows), 'экземпляр', 'экземпляра', 'экземпляров')}."
    return Result(text, file=stored, file_name=f"{title(meeting)}.zip", mime=ZIP, records=len(rows))
