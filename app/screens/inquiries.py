"""Bodies are asked about a family that is surveyed: whoever surveys asks them, their own people answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import abort, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response
from wtforms import HiddenField, SelectField, SelectMultipleField

from app import access, clock, journal
from app.acts import AT_ONCE, Answer
from app.domain.inquiries import HEALTH
from app.domain.refusal import Refusal
from app.domain.terms import Act, InquiryState
from app.forms import REQUIRED, CleanText, DayField, EntityForm, check_version, field_of, no_longer, offered
from app.models import AgencyFinding, AgencyInquiry, SurveyGroup
from app.readings import inquiries
from app.screens import annulment
from app.screens.drafts import Drafted
from app.screens.screen import Screen
from app.services import inquiries as acts
from app.words import short

LONGEST_QUESTION, LONGEST_REASON = 2000, 500
LONGEST_SHOWN = 300  # letters of a text that somebody else has put in place of another one


class AskBodiesForm(EntityForm):
    """Which bodies are asked, what, and by when."""

    agencies = SelectMultipleField(
        _("Which agencies to ask"), [REQUIRED], choices=[],
        description=_("They see the names, the birth dates, the address and the question, and nothing else."),
    )  # fmt: skip
    question = CleanText(_("What is asked"), [no_longer(LONGEST_QUESTION)])
    due_on = DayField(_("Answer due on"), [REQUIRED])


class AgainForm(EntityForm):
    """What a body is asked once more."""

    question = CleanText(_("What is asked"), [REQUIRED, no_longer(LONGEST_QUESTION)])
    due_on = DayField(_("Answer due on"), [REQUIRED])


class WithdrawForm(EntityForm):
    """Why an answer is not needed any more."""

    reason = CleanText(_("Why the inquiry is withdrawn"), [REQUIRED, no_longer(LONGEST_REASON)])


class FindingForm(EntityForm):
    """What a body knows on a day; of health and convictions it is asked of those alone who may see them."""

    version = HiddenField()
    told_on = DayField(_("As of"), [REQUIRED])
    text = field_of(AgencyFinding, "text")
    special = field_of(AgencyFinding, "special")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if access.scope().sees_special:
            self.special.description = gettext("Shown only to those who may see such words.")
        else:
            del self.special
            self.text.description = gettext("Say nothing of health or convictions here: there is a permission for it.")

    @property
    def told(self) -> acts.SaidByBody:
        """What was typed, as the service takes it."""
        special = "special" in self and bool(self.special.data)
        return acts.SaidByBody(self.told_on.given, self.text.data or "", special, self._told_by)

    @property
    def _told_by(self) -> str | None:
        return self.told_by.data if "told_by" in self else None


class InquiryAnswerForm(FindingForm):
    """What a body tells itself."""

    told_on = DayField(_("As of"), [REQUIRED])
    text = field_of(AgencyFinding, "text")
    special = field_of(AgencyFinding, "special")
    draft = HiddenField()
    inquiry = HiddenField()


class TellForm(FindingForm):
    """What a body without a sign-in told by phone or on paper, and who of it."""

    draft = HiddenField()
    survey = HiddenField()
    kind = SelectField(_("Kind of agency"), [REQUIRED], choices=[])
    agency = SelectField(_("Agency"), choices=[])
    told_on = DayField(_("As of"), [REQUIRED])
    told_by = field_of(AgencyFinding, "told_by")
    text = field_of(AgencyFinding, "text")
    special = field_of(AgencyFinding, "special")


class CorrectAnswerForm(FindingForm):
    """What a body has told itself, once it is entered."""

    draft = HiddenField()
    finding = HiddenField()


class CorrectFindingForm(CorrectAnswerForm):
    """What was entered for a body: who of it told it is corrected too; of which body it is stays."""

    told_on = DayField(_("As of"), [REQUIRED])
    told_by = field_of(AgencyFinding, "told_by")
    text = field_of(AgencyFinding, "text")
    special = field_of(AgencyFinding, "special")


class InquiryPage(Screen):
    """Asking bodies, and one inquiry as the body sees it that is asked."""

    route_base = "/"
    class_permission_name = "AgencyInquiry"
    default_view = "show"

    @expose("/survey/<int:pk>/ask", methods=["GET", "POST"])
    @has_access
    def ask(self, pk: int) -> str | Response:
        """Ask several bodies at once."""
        group, form = kept_survey(self, pk), AskBodiesForm()
        rows = {str(row.id): row for row in inquiries.bodies(group, but_asked=not form.is_submitted())}
        form.agencies.choices = offered(((key, str(row)) for key, row in rows.items()), blank=False)
        if not form.is_submitted():
            form.due_on.data = inquiries.usual_due(clock.today())

        def whole() -> Answer:
            chosen = [rows[key] for key in form.agencies.data]
            made = acts.ask(kept_survey(self, pk), chosen, form.question.data, form.due_on.given, clock.today())
            return Answer(gettext("Asked: %(count)s.", count=len(made)), of_survey(pk))

        return act(self, form, whole, heading=gettext("Ask agencies"), whose=str(group), back=of_survey(pk))

    @expose("/inquiry/<int:pk>")
    @has_access
    def show(self, pk: int) -> str:
        """By what the family is found in the body's papers, what is asked, what was answered."""
        inquiry, today = self._inquiry(pk), clock.today()
        journal.read(Act.OPENED, entity="AgencyInquiry", entity_id=inquiry.id, summary=journal.title_of(inquiry))
        return self.page(
            "inquiries/show.html", inquiry=inquiry, asked=inquiries.asked_of(inquiry, today),
            findings=inquiries.of_body(inquiry), hides=inquiries.hides_special(inquiry.group_id, inquiry.agency_id),
            state=acts.state(inquiry), InquiryState=InquiryState, overdue=acts.is_overdue(inquiry, today),
            answers=self._answers(inquiry), group=inquiry.group,
        )  # fmt: skip

    @expose("/inquiry/<int:pk>/answer", methods=["GET", "POST"])
    @has_access
    def answer(self, pk: int) -> str | Response:
        """The body tells what it knows, one day at a time."""
        inquiry, draft, back = self._asked(pk), Drafted("answer", pk), url_for("InquiryPage.show", pk=pk)
        if draft.is_gone:
            return draft.leave()
        form = InquiryAnswerForm(**draft.formdata)
        if not form.is_submitted() and draft.continued is None:
            form.told_on.data = clock.today()
            if "special" in form:  # what a physician tells is of health, unless the physician says otherwise
                form.special.data = inquiry.agency.kind.kind == HEALTH

        def whole() -> Answer:
            told = acts.SaidByBody(**{**vars(form.told), "told_by": access.scope().user_name})
            acts.answer(self._asked(pk), told, clock.today())
            return Answer(gettext("The entry is added. One more may be added."), back)

        heading = gettext("Tell what is known")
        return act(self, form, whole, heading=heading, whose=str(inquiry), back=back, draft=draft)

    @expose("/inquiry/<int:pk>/nothing", methods=["POST"])
    @has_access
    @permission_name("answer")
    def nothing(self, pk: int) -> Response:
        """«Сведений нет»."""
        back = url_for("InquiryPage.show", pk=pk)

        def whole() -> Answer:
            acts.know_nothing(self._asked(pk))
            return Answer(gettext("The answer is sent: nothing is known."), back)

        return self.pressed(whole, back)

    @expose("/inquiry/<int:pk>/close", methods=["POST"])
    @has_access
    @permission_name("ask")
    def close(self, pk: int) -> Response:
        """The answer is taken: the body adds nothing to it any more."""
        back = of_survey(self._own(pk).group_id)

        def whole() -> Answer:
            acts.close(self._own(pk))
            return Answer(gettext("The inquiry is closed."), back)

        return self.pressed(whole, back)

    @expose("/inquiry/<int:pk>/again", methods=["GET", "POST"])
    @has_access
    @permission_name("ask")
    def again(self, pk: int) -> str | Response:
        """Ask the same body once more."""
        inquiry, form = self._own(pk), AgainForm()
        if not form.is_submitted():
            form.due_on.data = inquiries.usual_due(clock.today())
        back = of_survey(inquiry.group_id)

        def whole() -> Answer:
            acts.reopen(self._own(pk), form.question.data, form.due_on.given, clock.today())
            return Answer(gettext("The agency is asked once more."), back)

        return act(self, form, whole, heading=gettext("Ask once more"), whose=str(inquiry), back=back)

    @expose("/inquiry/<int:pk>/withdraw", methods=["GET", "POST"])
    @has_access
    @permission_name("ask")
    def withdraw(self, pk: int) -> str | Response:
        """An answer is not needed any more."""
        inquiry, form = self._own(pk), WithdrawForm()
        back = of_survey(inquiry.group_id)

        def whole() -> Answer:
            acts.withdraw(self._own(pk), form.reason.data or "")
            return Answer(gettext("The inquiry is withdrawn."), back)

        return act(self, form, whole, heading=gettext("Withdraw the inquiry"), whose=str(inquiry), back=back)

    def _inquiry(self, pk: int) -> AgencyInquiry:
        return self.find(AgencyInquiry, pk, joinedload(AgencyInquiry.agency), joinedload(AgencyInquiry.group))

    def _answers(self, inquiry: AgencyInquiry) -> bool:
        """Whether the person answers for the body that is asked, and its answer is not taken yet."""
        may = bool(self.appbuilder.sm.has_access("can_answer", "AgencyInquiry"))
        is_open = inquiry.annulled_at is None and inquiry.closed_at is None
        return may and is_open and inquiry.agency_id == access.scope().agency

    def _asked(self, pk: int) -> AgencyInquiry:
        inquiry = self._inquiry(pk)
        if inquiry.agency_id != access.scope().agency:
            abort(403)
        return inquiry

    def _own(self, pk: int) -> AgencyInquiry:
        inquiry = self._inquiry(pk)
        if inquiry.group is None or not acts.keeps(inquiry.group):
            abort(403)
        return inquiry


class Findings(Screen):
    """«Данные ведомств» of a survey: bodies are asked from it, and what they told is entered and corrected."""

    route_base = "/"
    class_permission_name = "AgencyFinding"
    default_view = "add"

    @expose("/survey/<int:pk>/findings/add", methods=["GET", "POST"])
    @has_access
    @permission_name("tell")
    def add(self, pk: int) -> str | Response:
        """Enter what a body told by phone."""
        group, draft = kept_survey(self, pk), Drafted("told", pk)
        if draft.is_gone:
            return draft.leave()
        form = TellForm(**draft.formdata)
        kinds = {str(row.id): row for row in acts.kinds()}
        rows = {str(row.id): row for row in inquiries.bodies(group)}
        form.kind.choices, form.agency.choices = offered(_named(kinds)), offered(_named(rows))
        if not form.is_submitted() and draft.continued is None:
            form.told_on.data = clock.today()

        def whole() -> Answer:
            agency = rows.get(form.agency.data or "")
            acts.tell(kept_survey(self, pk), kinds[form.kind.data], agency, form.told, clock.today())
            return Answer(gettext("The entry is added."), of_survey(pk))

        heading = gettext("Enter what an agency told")
        return act(self, form, whole, heading=heading, whose=str(group), back=of_survey(pk), draft=draft)

    @expose("/finding/<int:pk>/edit", methods=["GET", "POST"])
    @has_access
    @permission_name("tell")
    def edit(self, pk: int) -> str | Response:
        """Correct what was told."""
        finding, draft = self._changed(pk), Drafted("corrected", pk)
        if draft.is_gone:
            return draft.leave()
        kind = CorrectFindingForm if acts.surveys(finding) else CorrectAnswerForm
        form, back = kind(**(draft.formdata or {"obj": finding})), self._back(finding)

        def whole() -> Answer:
            fresh = self._changed(pk)
            if not check_version(form, fresh):
                form.version.raw_data, form.version.data = None, str(fresh.version)
                raise Refusal(f"{AT_ONCE} Записано на {fresh.told_on:%d.%m.%Y}: {short(fresh.text, LONGEST_SHOWN)}")
            acts.correct(fresh, form.told, clock.today())
            return Answer(gettext("The entry is corrected."), back)

        heading = gettext("Correct the entry")
        return act(self, form, whole, heading=heading, whose=str(finding), back=back, draft=draft)

    @expose("/finding/<int:pk>/annul", methods=["GET", "POST"])
    @has_access
    @permission_name("tell")
    def annul(self, pk: int) -> str | Response:
        """Annul what was told by mistake."""
        finding = self._finding(pk)
        if finding.annulled_at is None:
            self._changed(pk)
        back = self._back(finding)
        return annulment.page(finding, self.page, back=back, act=acts.take_back)

    def _finding(self, pk: int) -> AgencyFinding:
        return self.find(AgencyFinding, pk, joinedload(AgencyFinding.group), joinedload(AgencyFinding.kind))

    def _changed(self, pk: int) -> AgencyFinding:
        finding = self._finding(pk)
        if not acts.may_change(finding):
            abort(403)
        return finding

    @staticmethod
    def _back(finding: AgencyFinding) -> str:
        """The survey; for the body that told it, its inquiry."""
        if acts.surveys(finding):
            return of_survey(finding.group_id)
        inquiry = acts.inquiry_of(finding)
        return url_for("InquiryPage.show", pk=inquiry.id) if inquiry is not None else url_for("Home.index")


@dataclass(frozen=True)
class BodiesSection:
    """«Данные ведомств» on the page of a survey; asks: whether the person asks bodies, enters and corrects."""

    told: inquiries.ToldByBodies
    asks: bool
    today: date

    def state_of(self, inquiry: AgencyInquiry) -> InquiryState:
        return acts.state(inquiry)

    def is_overdue(self, inquiry: AgencyInquiry) -> bool:
        return acts.is_overdue(inquiry, self.today)


def section(group: SurveyGroup, *, keeps: bool) -> BodiesSection | None:
    """The section of a survey; None for whoever sees the survey and is told nothing of what bodies know.

    keeps: whether the person keeps the survey, if that is known already.
    """
    if not inquiries.are_read(group):
        return None
    asks = group.annulled_at is None and (keeps or acts.leads(group))
    return BodiesSection(inquiries.told(group), asks, clock.today())


def kept_survey(screen: Screen, pk: int) -> SurveyGroup:
    """A survey whose bodies the person asks."""
    group = screen.find(SurveyGroup, pk)
    if not acts.keeps(group):
        abort(403)
    return group


def of_survey(pk: int) -> str:
    """The section of a survey's page where its bodies stand."""
    return url_for("SurveyPage.show", pk=pk, _anchor="bodies")


def act(screen: Screen, form: EntityForm, whole: Callable[[], Answer], *, heading: str, whose: str,
        back: str, draft: Drafted | None = None) -> str | Response:  # fmt: skip
    """The page of one act and the act itself; what was typed survives a refusal, and a draft goes with the act."""

    def with_draft() -> Answer:
        answer = whole()
        if draft is not None:
            draft.send(form)
        return answer

    if form.is_submitted() and form.validate() and (answer := screen.done(form, with_draft)):
        return answer
    if draft is not None:
        draft.mark(form)
    entry = "Surveys" if back.startswith("/survey/") else "AgencyInquiries"
    return screen.page("surveys/form.html", form=form, heading=heading, whose=whose, back=back, menu_entry=entry,
                       draft=draft, drafts=draft.offered if draft else [])  # fmt: skip


def _named(rows: dict[str, Any]) -> Sequence[tuple[str, str]]:
    return [(key, row.name) for key, row in rows.items()]
