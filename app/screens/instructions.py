"""One instruction: the body's own people answer it, whoever prepares the meetings takes the answer or returns it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import abort, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response
from wtforms import HiddenField

from app import access, clock, guard, journal
from app.acts import Answer, reads_first
from app.domain.terms import Act
from app.forms import REQUIRED, CleanText, DayField, EntityForm, no_longer
from app.models import AgendaItem, Family, Instruction, InstructionScan
from app.readings import inquiries, meetings
from app.screens import annulment, overtaken
from app.screens.papers import stored_file
from app.screens.screen import Screen
from app.screens.signal_scans import ACCEPTED, PhotosField, ScansForm
from app.services import instructions as acts

LONGEST_ANSWER, LONGEST_REASON = 20_000, 1000


class CarriedOutForm(EntityForm):
    """What the body did."""

    version = HiddenField()
    done_on = DayField(_("Done on"), [REQUIRED])
    answer = CleanText(_("What was done"), [REQUIRED, no_longer(LONGEST_ANSWER)])


class AnsweredForm(CarriedOutForm):
    """What the body did, and the scans that show it."""

    file = PhotosField(
        _("Scans of the answer"),
        description=_("JPEG, PNG or PDF, up to 20 MB in all. After a refusal choose the files again."),
        render_kw={"accept": ACCEPTED},
    )


class ReturnForm(EntityForm):
    """Why an answer is not taken."""

    version = HiddenField()
    reason = CleanText(_("Why the answer is returned"), [REQUIRED, no_longer(LONGEST_REASON)])
    due_on = DayField(_("Answer due on"), [REQUIRED])


class AnswerScansForm(ScansForm):
    """Scans of an answer."""

    version = HiddenField()


class InstructionPage(Screen):
    """An instruction of the commission."""

    route_base = "/instruction"
    class_permission_name = "Instruction"
    default_view = "show"

    @expose("/<int:pk>")
    @has_access
    def show(self, pk: int) -> str:
        """What was ordered, by when, and what the body answered."""
        row, today = self._instruction(pk), clock.today()
        journal.read(Act.OPENED, entity="Instruction", entity_id=pk, family_id=row.family_id,
                     summary=journal.title_of(row))  # fmt: skip
        about = meetings.about(row)
        own_family = row.family is not None and self.appbuilder.sm.has_access("can_show", "FamilyPage")
        return self.page(
            "meetings/instruction.html", row=row, state=meetings.state_of(row),
            scans=[one for one in row.scans if one.annulled_at is None], brings=self._brings(row),
            answers=row.accepted_at is None and self._answers(row),
            takes=self._takes(row), late=meetings.is_overdue(row, today), own_family=own_family,
            asked=inquiries.named(about.card_id, about.family_id, today),
            sees_meeting=row.item is not None and self.appbuilder.sm.has_access("can_show", "Meeting"),
        )  # fmt: skip

    @expose("/<int:pk>/answer", methods=["GET", "POST"])
    @has_access
    @reads_first
    def answer(self, pk: int) -> str | Response:
        """The body answers."""
        form = AnsweredForm()
        if not form.is_submitted():
            form.done_on.data = clock.today()

        def act(row: Instruction) -> Answer:
            _answer(row, form)
            return Answer(gettext("The answer is sent to the commission."), _page_of(pk))

        return self._act(pk, form, gettext("Answer the instruction"), self._answers, act)

    @expose("/<int:pk>/enter", methods=["GET", "POST"])
    @has_access
    @permission_name("accept")
    @reads_first
    def enter(self, pk: int) -> str | Response:
        """An answer that came on paper."""
        form = AnsweredForm()
        if not form.is_submitted():
            form.done_on.data = clock.today()

        def act(row: Instruction) -> Answer:
            _answer(row, form)
            return Answer(gettext("The answer is entered."), _page_of(pk))

        return self._act(pk, form, gettext("Enter the answer that came on paper"), self._takes, act)

    @expose("/<int:pk>/accept", methods=["POST"])
    @has_access
    def accept(self, pk: int) -> Response:
        """The commission takes the answer."""

        def whole() -> Answer:
            row = self._instruction(pk)
            if not self._takes(row):
                abort(403)
            acts.accept(row)
            return Answer(gettext("The answer is accepted."), _page_of(pk))

        return self.pressed(whole, _page_of(pk))

    @expose("/<int:pk>/return", methods=["GET", "POST"])
    @has_access
    @permission_name("accept")
    def give_back(self, pk: int) -> str | Response:
        """The commission returns the answer."""
        form = ReturnForm()

        def act(row: Instruction) -> Answer:
            acts.give_back(row, form.reason.data or "", form.due_on.given, clock.today())
            return Answer(gettext("The answer is returned to the agency."), _page_of(pk))

        return self._act(pk, form, gettext("Return the answer"), self._takes, act)

    @expose("/<int:pk>/scan", methods=["GET", "POST"])
    @has_access
    @reads_first
    def scan(self, pk: int) -> str | Response:
        """Scans are added to an answer that was given."""
        form = AnswerScansForm()

        def act(row: Instruction) -> Answer:
            acts.bring(row, form.file.found)
            return Answer(gettext("The scans are attached to the answer."), _page_of(pk))

        return self._act(pk, form, gettext("Attach scans to the answer"), self._brings, act)

    @expose("/scan/<int:pk>/file")
    @has_access
    @permission_name("show")
    def download(self, pk: int) -> Response:
        """The file itself: a picture opens in the browser, a PDF is kept."""
        row = self.find(InstructionScan, pk)
        if row.annulled_at is not None:
            abort(404)
        return stored_file(row, _page_of(row.instruction_id), self._instruction(row.instruction_id).family_id)

    @expose("/scan/<int:pk>/annul", methods=["GET", "POST"])
    @has_access
    @permission_name("scan")
    def annul(self, pk: int) -> str | Response:
        """Take a wrong file off an answer, with a reason; it stays in the store."""
        row = self.find(InstructionScan, pk)
        if not self._brings(self._instruction(row.instruction_id)):
            abort(403)
        facts = ((gettext("Instruction"), row.instruction), (gettext("File"), row.file_name))
        return annulment.page(row, self.page, back=_page_of(row.instruction_id), facts=facts,
                              menu_entry="Instructions")  # fmt: skip

    def _act(self, pk: int, form: Any, heading: str, may: Callable[[Instruction], bool],
             act: Callable[[Instruction], Answer]) -> str | Response:  # fmt: skip
        row = self._instruction(pk)
        if not may(row):
            abort(403)
        if not form.is_submitted():
            form.version.data = str(row.version)

        def whole() -> Answer:
            fresh = self._instruction(pk)
            overtaken.check(form, fresh)
            return act(fresh)

        if form.is_submitted() and form.validate() and (answer := self.done(form, whole)):
            return answer
        return self.page("surveys/form.html", form=form, with_files="file" in form, heading=heading,
                         back=_page_of(pk), whose=str(row),
                         menu_entry="Instructions")  # fmt: skip

    def _instruction(self, pk: int) -> Instruction:
        return self.find(
            Instruction, pk, joinedload(Instruction.agency), joinedload(Instruction.meeting),
            joinedload(Instruction.item).load_only(AgendaItem.title, AgendaItem.number),
            joinedload(Instruction.family).load_only(Family.name, Family.number),
        )  # fmt: skip

    def _takes(self, row: Instruction) -> bool:
        """Whether the person prepares the meetings that gave it."""
        may = bool(self.appbuilder.sm.has_access("can_accept", "Instruction"))
        return may and row.meeting is not None and guard.may_write(row.meeting)

    def _brings(self, row: Instruction) -> bool:
        """Whether the person adds scans to the answer: whoever gives it, and whoever is to take it."""
        may = bool(self.appbuilder.sm.has_access("can_scan", "Instruction"))
        return (
            may and row.accepted_at is None and row.answered_at is not None and (self._answers(row) or self._takes(row))
        )

    def _answers(self, row: Instruction) -> bool:
        """Whether the person answers for the body."""
        may = bool(self.appbuilder.sm.has_access("can_answer", "Instruction"))
        return may and row.agency_id == access.scope().agency and row.given_on is not None


def _answer(row: Instruction, form: AnsweredForm) -> None:
    """What was typed, and the scans that came with it."""
    acts.answer(row, acts.Answered(form.done_on.given, form.answer.data or ""), clock.today())
    acts.bring(row, form.file.found)


def _page_of(pk: int) -> str:
    return url_for("InstructionPage.show", pk=pk)
