"""Survey acts: written by the group, signed by its leader, read, corrected and compared."""

from __future__ import annotations

from collections.abc import Callable

from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext
from sqlalchemy.orm import joinedload, selectinload
from werkzeug.wrappers import Response

from app import clock, guard, journal
from app.acts import Answer
from app.domain.survey_acts import HIDDEN, MOST_PERSONS
from app.domain.terms import Act, SurveyAccess, SurveyHeading
from app.models import Employee, SurveyAct, SurveyGroup
from app.readings import survey_acts as acts
from app.screens.drafts import Drafted
from app.screens.screen import Screen
from app.screens.survey_act_forms import DropForm, ReasonForm, SurveyActForm
from app.services import survey_acts as service
from app.services.surveys import CALLED_OFF

KIND = "act"  # of drafts


class SurveyActs(Screen):
    """The acts of surveys."""

    route_base = "/survey"
    class_permission_name = "SurveyAct"
    default_view = "show"

    @expose("/<int:pk>/act", methods=["GET", "POST"])
    @has_access
    def write(self, pk: int) -> str | Response:
        """Write the act of a survey: the one that nobody has signed yet, or that of the next visit."""
        group = self._written(pk)
        if group.annulled_at is not None:
            flash(CALLED_OFF, "warning")
            return redirect(url_for("SurveyPage.show", pk=pk))
        draft = Drafted(KIND, pk)
        if draft.is_gone:
            return draft.leave()
        form = SurveyActForm(**draft.formdata)
        form.hide(acts.hidden(group))
        if form.is_submitted():
            if "more" in request.form:
                form.add_row()
            elif form.validate() and (answer := self.done(form, lambda: self._saved(pk, form, draft))):
                return answer
            group = self._written(pk)
            self._show_conflict(form, group)
        elif draft.continued is None:
            self._fill_in(form, group)
        leads = service.is_leader(group)  # whoever is not of the group keeps its territory: _written has asked
        draft.mark(form)
        journal.read(Act.OPENED, entity="SurveyGroup", entity_id=pk, family_id=group.family_id,
                     summary=f"{journal.title_of(group)}: акт")  # fmt: skip
        return self.page(
            "surveys/act_form.html", form=form, group=group, kind=KIND, most=MOST_PERSONS, continued=draft.continued,
            whom=acts.line_of(group), signs=leads or not service.is_of_group(group) or guard.may_write(group),
            leads=leads, TOOK_PLACE=SurveyAccess.TOOK_PLACE,
            drafts=draft.offered,
        )  # fmt: skip

    @expose("/act/<int:pk>")
    @has_access
    def show(self, pk: int) -> str:
        """An act as it was written, its editions, and the acts it may be compared with."""
        act = self._act(pk)
        self._note_reading(act)
        group = act.group
        others = acts.comparable(act) if act.is_current and act.access is SurveyAccess.TOOK_PLACE else []
        return self.page(
            "surveys/act.html", act=act, group=group, whom=acts.line_of(group),
            marks=acts.marks_of(act), headings=list(SurveyHeading), level_of=acts.level_of,
            hidden=acts.hidden(group), HIDDEN=HIDDEN,
            editions=acts.of_group(group.id), others=others, is_open=act.signed_at is None and act.annulled_at is None,
            writes=self._may_write() and service.may_write(group), TOOK_PLACE=SurveyAccess.TOOK_PLACE,
        )  # fmt: skip

    @expose("/act/<int:pk>/correct", methods=["GET", "POST"])
    @has_access
    @permission_name("write")
    def correct(self, pk: int) -> str | Response:
        """Begin the next edition of a signed act, with the reason."""

        def begun(act: SurveyAct, form: ReasonForm) -> Answer:
            service.correct(act, form.reason.data or "")
            text = gettext("The next edition is begun: correct it and let the leader sign it.")
            return Answer(text, url_for("SurveyActs.write", pk=act.group_id))

        return self._with_reason(pk, ReasonForm(), gettext("Correct the act"), begun)

    @expose("/act/<int:pk>/drop", methods=["GET", "POST"])
    @has_access
    @permission_name("write")
    def drop(self, pk: int) -> str | Response:
        """Take out an act that nobody has signed."""

        def dropped(act: SurveyAct, form: ReasonForm) -> Answer:
            service.drop(act, form.reason.data or "")
            return Answer(gettext("The unsigned act is taken out."), url_for("SurveyPage.show", pk=act.group_id))

        return self._with_reason(pk, DropForm(), gettext("Take out the unsigned act"), dropped)

    @expose("/act/<int:pk>/compare/<int:other>")
    @has_access
    @permission_name("show")
    def compare(self, pk: int, other: int) -> str:
        """Two acts side by side, the earlier one first, with the trend of each heading."""
        act = self._act(pk)
        choices = [act, *acts.comparable(act)]
        second = next((one for one in choices if one.id == other), None)
        if second is None or second is act:
            abort(404)
        before, after = sorted((act, second), key=lambda one: (one.visited_on, one.id))
        lines = acts.side_by_side(before, after)
        for each in (before, after):
            self._note_reading(each)
        return self.page(
            "surveys/compare.html", before=before, after=after, lines=lines, counted=acts.counted(lines),
            choices=sorted(choices, key=lambda one: (one.visited_on, one.id)),
            whom=acts.line_of(act.group), back=url_for("SurveyActs.show", pk=after.id),
        )  # fmt: skip

    # What they share

    def _with_reason(self, pk: int, form: ReasonForm | DropForm, heading: str,
                     act: Callable[[SurveyAct, ReasonForm | DropForm], Answer]) -> str | Response:  # fmt: skip
        row = self._act(pk)
        self._written(row.group_id)
        if form.is_submitted() and form.validate() and (answer := self.done(form, lambda: act(self._act(pk), form))):
            return answer
        row = self._act(pk)
        back = url_for("SurveyActs.show", pk=pk)
        return self.page("surveys/form.html", form=form, heading=heading, back=back, whose=journal.title_of(row))

    def _saved(self, pk: int, form: SurveyActForm, draft: Drafted) -> Answer:
        """Keep the act, and sign it if that was asked; its draft goes with it. Raises Refusal."""
        act = service.save(self._written(pk), form.written, over=form.over, today=clock.today())
        text = gettext("The act is saved. It is not signed yet.")
        if "sign" in request.form:
            service.sign(act)
            text = gettext("The act is signed.")
        draft.send(form)
        return Answer(text, url_for("SurveyActs.show", pk=act.id))

    def _fill_in(self, form: SurveyActForm, group: SurveyGroup) -> None:
        act, visit = service.open_act_or_visit(group)
        if act is not None:
            form.show(act)
        else:
            form.begin(acts.beginning(group, clock.today()))
            form.visited_on.data, form.visit.data = clock.today(), str(visit)

    def _show_conflict(self, form: SurveyActForm, group: SurveyGroup) -> None:
        """Somebody else has saved the act meanwhile: both stand there, and the next saving is over theirs."""
        act, over = service.open_act(group), form.over
        if act is None or over[:2] == (act.id, act.version) or over.act_id not in (None, act.id):
            return
        if not (form.errors or form.form_errors):
            return
        form.show_stored(act)
        form.fill_in_over(act)

    def _group(self, pk: int) -> SurveyGroup:
        return self.find(
            SurveyGroup, pk, joinedload(SurveyGroup.leader), joinedload(SurveyGroup.card),
            selectinload(SurveyGroup.employees).joinedload(Employee.agency),
        )  # fmt: skip

    def _written(self, pk: int) -> SurveyGroup:
        """A survey whose acts the person writes; one that was called off is told so by whoever acts."""
        group = self._group(pk)
        is_own = service.is_of_group(group) or guard.may_write(group)
        if not (self._may_write() and is_own):
            abort(403)
        return group

    def _may_write(self) -> bool:
        return bool(self.appbuilder.sm.has_access("can_write", "SurveyAct"))

    def _act(self, pk: int) -> SurveyAct:
        return self.find(
            SurveyAct, pk, joinedload(SurveyAct.group).joinedload(SurveyGroup.leader), joinedload(SurveyAct.signer),
            selectinload(SurveyAct.marks), selectinload(SurveyAct.persons),
            joinedload(SurveyAct.group).selectinload(SurveyGroup.employees).joinedload(Employee.agency),
        )  # fmt: skip

    def _note_reading(self, act: SurveyAct) -> None:
        journal.read(Act.OPENED, entity="SurveyAct", entity_id=act.id, family_id=act.group.family_id,
                     summary=journal.title_of(act))  # fmt: skip
