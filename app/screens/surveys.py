"""Surveys: the group that visits a family is named from its card or its page, and finds there whom it visits."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from flask import abort, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from sqlalchemy.orm import joinedload, selectinload
from werkzeug.wrappers import Response
from wtforms import HiddenField

from app import access, clock, guard, journal
from app.acts import AT_ONCE, Answer
from app.domain.refusal import Refusal
from app.domain.surveys import is_late
from app.domain.terms import Act
from app.forms import REQUIRED, CleanText, DayField, EntityForm, LookupField, check_version, no_longer
from app.models import Employee, Family, SignalCard, SurveyGroup
from app.readings import clocks, survey_acts, surveys
from app.screens import inquiries
from app.screens.family_forms import ExtendForm
from app.screens.screen import Screen
from app.services import survey_acts as written
from app.services import surveys as acts

LONGEST_TASK, LONGEST_REASON = 2000, 500


class GroupForm(EntityForm):
    """Who goes, and by when."""

    version = HiddenField()
    leader = LookupField(_("Leader of the group"), [REQUIRED], entity=Employee)
    employees = LookupField(_("Who else goes"), entity=Employee, multiple=True)
    due_on = DayField(_("Survey due on"), [REQUIRED])
    task = CleanText(_("What to look at"), [no_longer(LONGEST_TASK)])

    @property
    def named(self) -> acts.NamedGroup:
        """The group as the service takes it."""
        return acts.NamedGroup(cast(Employee, self.leader.data), self.employees.data, self.due_on.given, self.task.data)


class CallOffForm(EntityForm):
    """Why a group does not go."""

    reason = CleanText(_("Why the survey is called off"), [REQUIRED, no_longer(LONGEST_REASON)])


class SurveyPage(Screen):
    """One survey, and the acts on it by whoever keeps its territory."""

    route_base = "/"
    class_permission_name = "SurveyGroup"
    default_view = "show"

    @expose("/survey/<int:pk>")
    @has_access
    def show(self, pk: int) -> str:
        """Whom the group visits, who goes, and by when."""
        group, today = self._group(pk), clock.today()
        journal.read(Act.OPENED, entity="SurveyGroup", entity_id=group.id, family_id=group.family_id,
                     summary=journal.title_of(group))  # fmt: skip
        keeps, found = self._keeps(group), survey_acts.of_group(group.id)
        is_own = group.annulled_at is None and (keeps or written.is_of_group(group))
        return self.page(
            "surveys/show.html", group=group, whom=surveys.visited(group, today), keeps=keeps,
            late=is_late(group.due_on, group.surveyed_on, today), bodies=inquiries.section(group, keeps=keeps),
            acts=found, open_act=any(act.signed_at is None for act in found), writes=is_own and self._may_write(),
        )  # fmt: skip

    @expose("/signal/<int:pk>/survey", methods=["GET", "POST"])
    @has_access
    @permission_name("name")
    def of_card(self, pk: int) -> str | Response:
        """Name the group that visits the family of a card."""

        def kept() -> SignalCard:
            card = self.find(SignalCard, pk)
            if card.annulled_at is not None or not access.scope().covers_territory(card.territory_id):
                abort(403)
            return card

        card = kept()
        form = GroupForm()
        back = url_for("SignalPage.show", pk=pk)
        return self._named(form, back, str(card), lambda: acts.name_for_card(kept(), form.named, clock.today()))

    @expose("/family/<int:pk>/survey", methods=["GET", "POST"])
    @has_access
    @permission_name("name")
    def of_family(self, pk: int) -> str | Response:
        """Name the group that visits a family of the bank."""

        def kept() -> Family:
            family = self.find(Family, pk)
            if family.annulled_at is not None or not access.scope().covers_territory(family.territory_id):
                abort(403)
            return family

        family = kept()
        form = GroupForm()
        back = url_for("FamilyPage.show", pk=pk)
        return self._named(form, back, family.title, lambda: acts.name_for_family(kept(), form.named, clock.today()))

    @expose("/survey/<int:pk>/change", methods=["GET", "POST"])
    @has_access
    @permission_name("name")
    def change(self, pk: int) -> str | Response:
        """Other people, another day."""
        group, back = self._kept(pk), url_for("SurveyPage.show", pk=pk)
        form = GroupForm()
        if not form.is_submitted():
            form = GroupForm(data=self._as_it_is(group))

        def whole() -> Answer:
            fresh = self._kept(pk)
            if not check_version(form, fresh):
                form.version.raw_data, form.version.data = None, str(fresh.version)
                raise Refusal(f"{AT_ONCE} Записано: {acts.in_words(fresh)}.")
            acts.change(fresh, form.named, clock.today())
            return Answer(gettext("The group is changed."), back)

        if form.is_submitted() and form.validate() and (answer := self.done(form, whole)):
            return answer
        heading = gettext("Change the survey group")
        return self.page("surveys/form.html", form=form, heading=heading, back=back, whose=str(group))

    @expose("/survey/<int:pk>/extend", methods=["GET", "POST"])
    @has_access
    @permission_name("name")
    def extend(self, pk: int) -> str | Response:
        """«Продлить срок»: a survey that waits gets a later last day, with the reason."""
        group, back, form = self._kept(pk), url_for("SurveyPage.show", pk=pk), ExtendForm()

        def whole() -> Answer:
            fresh = acts.hold(self._kept(pk))
            if form.version.data != fresh.due_on.isoformat():
                raise Refusal(f"{AT_ONCE} Теперь срок до {fresh.due_on:%d.%m.%Y}.", "until")
            acts.extend(fresh, clocks.of_survey(fresh), until=form.until.given, reason=form.reason.data or "",
                        today=clock.today())  # fmt: skip
            return Answer(gettext("The deadline is extended."), back)

        if form.is_submitted() and form.validate() and (answer := self.done(form, whole)):
            return answer
        group = self._kept(pk)
        form.version.raw_data, form.version.data = None, group.due_on.isoformat()
        return self.page("surveys/form.html", form=form, heading=gettext("Extend the deadline"), back=back,
                         whose=str(group), running=clocks.of_survey(group))  # fmt: skip

    @expose("/survey/<int:pk>/call-off", methods=["GET", "POST"])
    @has_access
    @permission_name("name")
    def call_off(self, pk: int) -> str | Response:
        """The group does not go."""
        group, back, form = self._kept(pk), url_for("SurveyPage.show", pk=pk), CallOffForm()

        def whole() -> Answer:
            acts.call_off(self._kept(pk), form.reason.data or "")
            return Answer(gettext("The survey is called off."), back)

        if form.is_submitted() and form.validate() and (answer := self.done(form, whole)):
            return answer
        heading = gettext("Call the survey off")
        return self.page("surveys/form.html", form=form, heading=heading, back=back, whose=str(group))

    def _named(self, form: GroupForm, back: str, whose: str, act: Callable[[], SurveyGroup]) -> str | Response:
        def whole() -> Answer:
            group = act()
            return Answer(gettext("The survey group is named."), url_for("SurveyPage.show", pk=group.id))

        if form.is_submitted():
            if form.validate() and (answer := self.done(form, whole)):
                return answer
        else:
            form.due_on.data = surveys.due_from(clock.today())
        heading = gettext("Name a survey group")
        return self.page("surveys/form.html", form=form, heading=heading, back=back, whose=whose)

    @staticmethod
    def _as_it_is(group: SurveyGroup) -> dict[str, object]:
        others = [each for each in group.employees if each.id != group.leader_id]
        return {"version": group.version, "leader": group.leader, "employees": others, "due_on": group.due_on,
                "task": group.task}  # fmt: skip

    def _group(self, pk: int) -> SurveyGroup:
        return self.find(SurveyGroup, pk, joinedload(SurveyGroup.leader).joinedload(Employee.agency),
                         joinedload(SurveyGroup.territory),
                         selectinload(SurveyGroup.scans), joinedload(SurveyGroup.extensions),
                         selectinload(SurveyGroup.employees).joinedload(Employee.agency))  # fmt: skip

    def _keeps(self, group: SurveyGroup) -> bool:
        """Whether the person may change the group."""
        may = bool(self.appbuilder.sm.has_access("can_name", "SurveyGroup"))
        return may and guard.may_write(group)

    def _may_write(self) -> bool:
        return bool(self.appbuilder.sm.has_access("can_write", "SurveyAct"))

    def _kept(self, pk: int) -> SurveyGroup:
        group = self._group(pk)
        if not self._keeps(group):
            abort(403)
        return group
