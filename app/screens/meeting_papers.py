"""The papers of a meeting: agenda, minutes, resolutions, extracts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import abort, flash, redirect, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload
from werkzeug.wrappers import Response

from app import access, clock, guard, journal
from app.acts import Answer
from app.documents import bound, editable, meeting_papers
from app.documents.bound import MadeBy
from app.domain.terms import Act, Case, JobKind, TemplateKind
from app.extensions import db
from app.models import AgendaItem, Employee, Family, Instruction, Meeting, MeetingAttendance, Member
from app.readings import glances, meetings
from app.render import docx
from app.render.docx import UnfitTemplateError
from app.render.html_pdf import PrintError
from app.render.scans import PDF
from app.screens.screen import Screen
from app.screens.work import later
from app.services import paper_templates, papers
from app.work import packs

NOT_PRINTED = "Документ не удалось напечатать. Сообщите администратору время попытки."


class MeetingPapers(Screen):
    """What is printed of meetings."""

    route_base = "/"
    class_permission_name = "Meeting"
    default_view = "agenda"

    @expose("/meeting/<int:pk>/agenda.pdf")
    @has_access
    @permission_name("show")
    def agenda(self, pk: int) -> Response:
        """The agenda: of whoever prepares the meeting the whole, of a member with that member's families only."""
        meeting, items = self._meeting(pk), self._items(pk)
        told = glances.of_items(items, meeting.held_on)
        whose = None if guard.may_write(meeting) else access.scope().user_name
        return self._printed(meeting, f"Повестка {meeting.held_on:%d.%m.%Y}", len(items),
                             lambda made: meeting_papers.agenda(meeting, items, told, whose, made))  # fmt: skip

    @expose("/meeting/<int:pk>/minutes.pdf")
    @has_access
    @permission_name("hold")
    def minutes(self, pk: int) -> Response:
        """The minutes of a meeting that was held."""
        meeting, items = self._held(pk), self._items(pk)
        numbers, told = meetings.on_record(meeting, items), glances.of_items(items, meeting.held_on)
        return self._printed(meeting, f"Протокол {meeting.held_on:%d.%m.%Y}", len(items),
                             lambda made: meeting_papers.minutes(meeting, items, told, numbers, made))  # fmt: skip

    @expose("/item/<int:pk>/resolution.pdf")
    @has_access
    @permission_name("hold")
    def resolution(self, pk: int) -> Response:
        """The resolution on one item."""
        return self._of_item(pk, meeting_papers.RESOLUTION, extract=False)

    @expose("/item/<int:pk>/extract.pdf")
    @has_access
    @permission_name("hold")
    def extract(self, pk: int) -> Response:
        """The extract: one item with its own instructions, and no other family."""
        return self._of_item(pk, meeting_papers.EXTRACT, extract=True)

    @expose("/item/<int:pk>/notice.pdf")
    @has_access
    @permission_name("prepare")
    def notice(self, pk: int) -> Response:
        """Invitations for the parents of a family, or for whom a card is about."""
        item = self.find(AgendaItem, pk)
        meeting = self._meeting(item.meeting_id)
        if item.annulled_at is not None or not guard.may_write(meeting):
            abort(404)
        people = meetings.invited(item, clock.today()) or [""]
        return self._printed(meeting, f"Приглашение {meeting.held_on:%d.%m.%Y}", len(people),
                             lambda made: meeting_papers.notice(item, people, made),
                             family_id=item.family_id)  # fmt: skip

    @expose("/meeting/<int:pk>/packs", methods=["POST"])
    @has_access
    @permission_name("prepare")
    def packs(self, pk: int) -> Response:
        """The packs of all members, in the background."""

        def whole() -> Answer:
            meeting = self._meeting(pk)
            if meeting.annulled_at is not None or not guard.may_write(meeting):
                abort(403)
            return later(JobKind.PACKS, packs.title(meeting), {"meeting": pk})

        return self.pressed(whole, url_for("MeetingPage.show", pk=pk))

    @expose("/meeting/<int:pk>/minutes.docx")
    @has_access
    @permission_name("hold")
    def minutes_to_edit(self, pk: int) -> Response:
        """The minutes as a file to edit."""
        meeting, items = self._held(pk), self._items(pk)
        numbers, told = meetings.on_record(meeting, items), glances.of_items(items, meeting.held_on)
        values = editable.of_minutes(meeting, [(item, _of_whom(item)) for item in items], told, numbers)
        return self._written(meeting, TemplateKind.MINUTES, values, f"Протокол {meeting.held_on:%d.%m.%Y}", len(items))

    @expose("/item/<int:pk>/<kind>.docx")
    @has_access
    @permission_name("hold")
    def of_item_to_edit(self, pk: int, kind: str) -> Response:
        """A paper of one item as a file to edit."""
        of = TemplateKind.of(kind)
        if of is None or of is TemplateKind.MINUTES:
            abort(404)
        item = self._decided(pk) if of is not TemplateKind.NOTICE else self.find(AgendaItem, pk)
        meeting = self._meeting(item.meeting_id)
        if item.annulled_at is not None or not guard.may_write(meeting):
            abort(404)
        whom = ", ".join(meetings.invited(item, clock.today())) if of is TemplateKind.NOTICE else _bodies(item)
        values = (
            editable.of_meeting(meeting)
            | editable.of_item(item, _of_whom(item))
            | editable.coded(item, of)
            | {"кому": whom}
        )
        name = f"{str(of).capitalize()} {(item.number or '').replace('/', '-')}".strip()
        return self._written(meeting, of, values, name, 1, item.family_id)

    def _written(self, meeting: Meeting, kind: TemplateKind, values: dict[str, Any], name: str, records: int,
                 family_id: int | None = None) -> Response:  # fmt: skip
        own = paper_templates.in_use(kind, meeting.held_on)
        try:
            content = editable.written(own.content if own is not None else editable.standard(kind), values)
        except UnfitTemplateError as unfit:
            flash(unfit.text, "danger")
            return redirect(url_for("MeetingPage.show", pk=meeting.id))
        journal.read(Act.EXPORTED, entity="Meeting", entity_id=meeting.id, family_id=family_id, records=records,
                     summary=f"{journal.title_of(meeting)}: {name}")  # fmt: skip
        marked = bound.word(content, MadeBy(current_user.get_full_name(), clock.now()))
        return self.file(marked, docx.MIME, f"{name}.docx")

    def _decided(self, pk: int) -> AgendaItem:
        """An item that was decided, with what its papers say."""
        item = self.find(AgendaItem, pk, joinedload(AgendaItem.outcome), joinedload(AgendaItem.family),
                         selectinload(AgendaItem.instructions).joinedload(Instruction.agency))  # fmt: skip
        if item.decided_at is None:
            abort(404)
        return item

    def _of_item(self, pk: int, name: str, *, extract: bool) -> Response:
        item = self._decided(pk)
        meeting = self._held(item.meeting_id)
        return self._printed(meeting, f"{name} {(item.number or '').replace('/', '-')}", 1,
                             lambda made: meeting_papers.resolution(item, _of_whom(item), made, extract=extract),
                             family_id=item.family_id)  # fmt: skip

    def _meeting(self, pk: int) -> Meeting:
        return self.find(
            Meeting, pk, joinedload(Meeting.agency), joinedload(Meeting.presiding), joinedload(Meeting.secretary),
            selectinload(Meeting.attendance).joinedload(MeetingAttendance.employee).joinedload(Employee.agency),
        )  # fmt: skip

    def _held(self, pk: int) -> Meeting:
        """A meeting that was opened, of whoever prepares it."""
        meeting = self._meeting(pk)
        if meeting.opened_at is None or not guard.may_write(meeting):
            abort(404)
        return meeting

    @staticmethod
    def _items(pk: int) -> list[AgendaItem]:
        asked = select(AgendaItem).where(AgendaItem.meeting_id == pk, AgendaItem.annulled_at.is_(None))
        whole = asked.order_by(AgendaItem.position, AgendaItem.id).options(
            joinedload(AgendaItem.outcome),
            selectinload(AgendaItem.instructions).joinedload(Instruction.agency),
            joinedload(AgendaItem.family).selectinload(Family.members).joinedload(Member.role),
        )
        return list(db.session.scalars(whole))

    def _printed(self, meeting: Meeting, name: str, records: int, paper: Callable[[MadeBy], bytes], *,
                 family_id: int | None = None) -> Response:  # fmt: skip
        try:
            content = paper(MadeBy(current_user.get_full_name(), clock.now()))
        except PrintError:
            flash(NOT_PRINTED, "danger")
            return redirect(url_for("MeetingPage.show", pk=meeting.id))
        journal.read(Act.PRINTED, entity="Meeting", entity_id=meeting.id, family_id=family_id, records=records,
                     summary=f"{journal.title_of(meeting)}: {name}")  # fmt: skip
        return self.file(content, PDF, papers.clean_name(name, PDF))


def _of_whom(item: AgendaItem) -> list[str]:
    """The parents of the family of an item on the day of its meeting, in the genitive."""
    return meetings.parents(item, Case.GENITIVE, item.meeting.held_on)


def _bodies(item: AgendaItem) -> str:
    """The bodies that the instructions of an item go to."""
    return ", ".join(dict.fromkeys(order.agency.name for order in item.instructions))
