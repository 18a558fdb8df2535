"""The programme of a family: opened, approved, its stages, and the plan of their measures."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import abort, request, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload
from werkzeug.wrappers import Response

from app import access, clock, guard, journal
from app.acts import AT_ONCE, Answer
from app.domain.periods import month_later
from app.domain.refusal import Refusal
from app.domain.terms import Act, MeasureState
from app.extensions import db
from app.forms import find_row
from app.models import (
    Agency,
    Criterion,
    Employee,
    Family,
    MeasureKind,
    MeasureSet,
    PlannedMeasure,
    Programme,
    Registration,
    Stage,
    StageKind,
)
from app.readings import overview, programmes
from app.screens import overtaken
from app.screens.family_forms import agencies_of
from app.screens.programme_forms import (
    ApproveForm,
    ExtendStageForm,
    FinishForm,
    PlanTable,
    ProgrammeForm,
    ReviewForm,
    SetForm,
    SettleForm,
    StageForm,
)
from app.screens.screen import Screen
from app.services import programmes as acts
from app.services import registry

USUAL_MONTHS = 6  # of a programme that is opened
FIRST_KIND = "initial"


class ProgrammeScreen(Screen):
    """What the page of a programme and the acts on it share."""

    class_permission_name = "Programme"

    def may(self, act: str) -> bool:
        return bool(self.appbuilder.sm.has_access(f"can_{act}", "Programme"))

    def draws(self, row: Any) -> bool:
        """Whether the person writes a programme: whoever keeps the family, and the leader of its group."""
        return self.may("plan") and row.annulled_at is None and guard.may_write(row)

    def carries_out(self, family: Family) -> Callable[[PlannedMeasure], bool]:
        """Which measures of a family the person carries out: whoever keeps the family any, a body its own."""
        may = self.appbuilder.sm.has_access("can_execute", "Execution")
        scope = access.scope()
        keeps = scope.covers_territory(family.territory_id)
        own = scope.agency
        return lambda row: bool(may and row.state is not MeasureState.CANCELLED
                                and (keeps or (own is not None and row.performer_id == own)))  # fmt: skip

    def keeps(self, family: Family) -> bool:
        """Whether the person keeps the family, and so enters what meetings decided about it."""
        return self.may("approve") and access.scope().covers_territory(family.territory_id)

    def programme(self, pk: int) -> Programme:
        return self.find(
            Programme, pk, joinedload(Programme.family), joinedload(Programme.registration),
            joinedload(Programme.agency), joinedload(Programme.approval),
        )  # fmt: skip

    def stage(self, pk: int) -> Stage:
        stage = self.find(Stage, pk, joinedload(Stage.programme), joinedload(Stage.kind), joinedload(Stage.family))
        if stage.annulled_at is not None:
            abort(404)
        return stage

    def form_page(self, form: Any, heading: str, back: str, whose: Any) -> str:
        return self.page("surveys/form.html", form=form, heading=heading, back=back, whose=str(whose),
                         menu_entry="Programmes")  # fmt: skip

    def acted(self, form: Any, row: Callable[[], Any], act: Callable[[Any], None], said: str,
              to: str) -> Response | None:  # fmt: skip
        """Do one act on a row that nobody has changed since its form was opened."""

        def whole() -> Answer:
            fresh = row()
            overtaken.check(form, fresh)
            act(fresh)
            return Answer(said, to)

        if form.is_submitted() and form.validate():
            return self.done(form, whole)
        return None


class ProgrammePage(ProgrammeScreen):
    """One programme: its stages side by side, its plan, who works with the family."""

    route_base = "/programme"
    default_view = "show"

    @expose("/<int:pk>")
    @has_access
    def show(self, pk: int) -> str:
        """Everything at a glance."""
        row, today = self.programme(pk), clock.today()
        plan = programmes.plan_of(row, today)
        journal.read(Act.OPENED, entity="Programme", entity_id=pk, family_id=row.family_id,
                     summary=journal.title_of(row))  # fmt: skip
        return self.page(
            "programmes/show.html", programme=row, plan=plan, today=today, keeps=self.keeps(row.family),
            draws=row.closed_on is None and self.draws(row),
            waits=row.approval is None or any(one.stage.decision is None for one in plan.lines),
            executes=self.carries_out(row.family),
            own_family=self.appbuilder.sm.has_access("can_show", "FamilyPage"),
        )  # fmt: skip

    @expose("/of-family/<int:pk>")
    @has_access
    @permission_name("show")
    def of_family(self, pk: int) -> str | Response:
        """The programmes of a family, the last one first, and the way to open one."""
        family = self.find(Family, pk, *overview.options())
        rows = programmes.of_family(pk)
        stay = _standing(pk)
        opens = stay is not None and not any(row.closed_on is None for row in rows)
        journal.read(Act.LISTED, entity="Programme", family_id=pk, records=len(rows), summary=family.title)
        return self.page("programmes/of_family.html", family=family, rows=rows,
                         opens=opens and self.may("plan") and guard.may_add(Programme, family))  # fmt: skip

    @expose("/open/<int:pk>", methods=["GET", "POST"])
    @has_access
    @permission_name("plan")
    def open(self, pk: int) -> str | Response:
        """A programme of a family on record is opened, by whoever keeps it or led the group of an earlier one."""
        family, form = self.find(Family, pk, *overview.options()), ProgrammeForm()
        if not guard.may_add(Programme, family):
            abort(403)
        stay, today = _standing(pk), clock.today()
        form.offer(_picks(stay))
        if not form.is_submitted():
            form.starts_on.data, form.ends_on.data = today, month_later(today, USUAL_MONTHS)

        def whole() -> Answer:
            standing = _standing(pk)
            if standing is None:
                raise Refusal("Семья не состоит на учёте: программу составляют для семьи на учёте.")
            row = acts.open_(standing, form.drawn, today)
            return Answer(gettext("The programme is opened: add its first stage."),
                          url_for("ProgrammeActs.add_stage", pk=row.id))  # fmt: skip

        if form.is_submitted() and form.validate() and (answer := self.done(form, whole)):
            return answer
        return self.form_page(form, gettext("Open a programme"), url_for("FamilyPage.show", pk=pk), family)

    @expose("/<int:pk>/edit", methods=["GET", "POST"])
    @has_access
    @permission_name("plan")
    def edit(self, pk: int) -> str | Response:
        """What the programme is, its problems and its group."""
        row, form, today = self._drawn(pk), ProgrammeForm(), clock.today()
        form.offer(_picks(row.registration))
        if not form.is_submitted():
            mentors = programmes.mentors_of(row.family_id, today)
            problems = [one.text for one in programmes.problems_of(row.id)]
            form.show(row, problems, mentors[0].employee if mentors else None)
        answer = self.acted(form, lambda: self._drawn(pk), lambda fresh: acts.change(fresh, form.drawn, today),
                            gettext("Saved."), page_of(pk))  # fmt: skip
        return answer or self.form_page(form, gettext("Edit the programme"), page_of(pk), row)

    @expose("/<int:pk>/approve", methods=["GET", "POST"])
    @has_access
    def approve(self, pk: int) -> str | Response:
        """A decision that approves the programme and its stages is entered from its paper."""
        row, form = self._kept(pk), ApproveForm()
        agencies = agencies_of(row.family.district_id)
        form.offer_commissions(agencies.values())
        answer = self.acted(
            form, lambda: self._kept(pk),
            lambda fresh: acts.approve_from_paper(fresh, form.paper(agencies), meeting=form.meeting_number.data,
                                                  note=form.note.data, today=clock.today()),
            gettext("The programme is approved."), page_of(pk),
        )  # fmt: skip
        return answer or self.form_page(form, gettext("Enter the approval from paper"), page_of(pk), row)

    @expose("/<int:pk>/finish", methods=["GET", "POST"])
    @has_access
    @permission_name("approve")
    def finish(self, pk: int) -> str | Response:
        """The programme ends; its open measures are cancelled."""
        row, form = self._kept(pk), FinishForm()
        if not form.is_submitted():
            form.day.data, form.version.data = clock.today(), str(row.version)

        def act(fresh: Programme) -> None:
            how = next(one for one in acts.rules.ENDS if one.value == form.how.data)
            acts.finish(fresh, how=how, day=form.day.given, reason=form.reason.data or "", today=clock.today())

        answer = self.acted(form, lambda: self._kept(pk), act, gettext("The programme is ended."), page_of(pk))
        return answer or self.form_page(form, gettext("End the programme"), page_of(pk), row)

    def _drawn(self, pk: int) -> Programme:
        row = self.programme(pk)
        if not self.draws(row):
            abort(403)
        return row

    def _kept(self, pk: int) -> Programme:
        row = self.programme(pk)
        if row.annulled_at is not None or not self.keeps(row.family):
            abort(403)
        return row


class ProgrammeActs(ProgrammeScreen):
    """Stages, and the measures of their plans."""

    route_base = "/"
    default_view = "plan"

    @expose("/programme/<int:pk>/stage", methods=["GET", "POST"])
    @has_access
    @permission_name("plan")
    def add_stage(self, pk: int) -> str | Response:
        """A stage is added."""
        row, form, today = self.programme(pk), StageForm(), clock.today()
        if not self.draws(row):
            abort(403)
        if not form.is_submitted():
            self._suggest(form, row)

        def whole() -> Answer:
            stage = acts.add_stage(self.programme(pk), form.typed, today)
            return Answer(gettext("The stage is added: make its plan."), url_for("ProgrammeActs.plan", pk=stage.id))

        if form.is_submitted() and form.validate() and (answer := self.done(form, whole)):
            return answer
        return self.form_page(form, gettext("Add a stage"), page_of(pk), row)

    @expose("/stage/<int:pk>/edit", methods=["GET", "POST"])
    @has_access
    @permission_name("plan")
    def edit_stage(self, pk: int) -> str | Response:
        """The terms of a stage."""
        stage, form = self._drawn(pk), StageForm()
        if not form.is_submitted():
            form.show(stage)
        answer = self.acted(form, lambda: self._drawn(pk),
                            lambda fresh: acts.change_stage(fresh, form.typed, clock.today()), gettext("Saved."),
                            page_of(stage.programme_id))  # fmt: skip
        return answer or self.form_page(form, gettext("Edit the stage"), page_of(stage.programme_id), stage)

    @expose("/stage/<int:pk>/review", methods=["GET", "POST"])
    @has_access
    @permission_name("plan")
    def review(self, pk: int) -> str | Response:
        """Dynamics, reaction, analysis, and what follows."""
        stage, form = self._drawn(pk), ReviewForm()
        if not form.is_submitted():
            form.reviewed_on.data = stage.reviewed_on or min(clock.today(), stage.ends_on)
            form.dynamics.data, form.reaction.data = stage.dynamics, stage.reaction
            form.analysis.data, form.follows.data = stage.analysis, stage.follows
            form.version.data = str(stage.version)
        answer = self.acted(form, lambda: self._drawn(pk),
                            lambda fresh: acts.review(fresh, form.reviewed, clock.today()),
                            gettext("The results of the stage are stored."), page_of(stage.programme_id))  # fmt: skip
        return answer or self.form_page(form, gettext("Results of the stage"), page_of(stage.programme_id), stage)

    @expose("/stage/<int:pk>/extend", methods=["GET", "POST"])
    @has_access
    @permission_name("approve")
    def extend(self, pk: int) -> str | Response:
        """A decision that makes the stage longer is entered from its paper."""
        stage, form = self.stage(pk), ExtendStageForm()
        if not self.keeps(stage.family):
            abort(403)
        agencies = agencies_of(stage.family.district_id)
        form.offer_commissions(agencies.values())
        answer = self.acted(
            form, lambda: self.stage(pk),
            lambda fresh: acts.extend_from_paper(fresh, form.until.given, form.paper(agencies), note=form.note.data,
                                                 today=clock.today()),
            gettext("The stage is extended."), page_of(stage.programme_id),
        )  # fmt: skip
        return answer or self.form_page(form, gettext("Extend the stage"), page_of(stage.programme_id), stage)

    @expose("/stage/<int:pk>/plan", methods=["GET", "POST"])
    @has_access
    def plan(self, pk: int) -> str | Response:
        """The plan of a stage as one table."""
        stage, form = self._drawn(pk), PlanTable()
        rows = acts.planned(stage)
        self._offer(form, stage, rows)
        if not form.is_submitted():
            form.show(rows)
            form.seen.data = _seen(rows)
        elif "more" in request.form:
            form.add_row()
        elif "fill" in request.form:
            form.fill()
        elif form.validate() and (answer := self.done(form, lambda: self._written(pk, form))):
            return answer
        sets = SetForm()
        sets.offer(_sets())
        return self.page("programmes/plan.html", stage=stage, form=form, sets=sets,
                         problems=bool(form.lists["problems"]))  # fmt: skip

    @expose("/stage/<int:pk>/set", methods=["POST"])
    @has_access
    @permission_name("plan")
    def put_set(self, pk: int) -> Response:
        """A template set is put into the plan."""
        to = url_for("ProgrammeActs.plan", pk=pk)

        def whole() -> Answer:
            stage, chosen = self._drawn(pk), find_row(MeasureSet, request.form.get("chosen", ""))
            if chosen is None:
                raise Refusal("Выберите набор мероприятий.")
            bodies = sorted(agencies_of(stage.family.district_id).values(), key=lambda body: body.id)
            added = acts.put_set(stage, chosen, bodies, clock.today())
            if not added:
                return Answer(gettext("Every measure of the set is in the plan already."), to, category="info")
            return Answer(gettext("Put into the plan: %(count)s.", count=added), to)

        return self.pressed(whole, to)

    @expose("/measure/<int:pk>/settle", methods=["GET", "POST"])
    @has_access
    @permission_name("plan")
    def settle(self, pk: int) -> str | Response:
        """What became of a measure."""
        row, form = self._measure(pk), SettleForm()
        back = page_of(row.stage.programme_id)
        if not form.is_submitted():
            form.state.data = MeasureState.DONE if row.state is MeasureState.PLANNED else row.state
            form.done_on.data, form.reason.data = row.done_on or clock.today(), row.reason
            form.version.data = str(row.version)
        answer = self.acted(
            form, lambda: self._measure(pk),
            lambda fresh: acts.settle(fresh, form.state.data, day=form.done_on.data, reason=form.reason.data,
                                      today=clock.today()),
            gettext("Saved."), back,
        )  # fmt: skip
        return answer or self.form_page(form, gettext("State of the measure"), back, row)

    def _measure(self, pk: int) -> PlannedMeasure:
        row = self.find(PlannedMeasure, pk, joinedload(PlannedMeasure.stage).joinedload(Stage.programme))
        if not self.draws(row):
            abort(403)
        return row

    def _drawn(self, pk: int) -> Stage:
        stage = self.stage(pk)
        if not self.draws(stage):
            abort(403)
        return stage

    @staticmethod
    def _suggest(form: StageForm, row: Programme) -> None:
        """The kind and the term of a stage that follows the others."""
        kinds = list(db.session.scalars(select(StageKind).where(StageKind.retired.is_(False))
                                        .order_by(StageKind.position, StageKind.id)))  # fmt: skip
        stages = list(row.stages)
        place = min(len(stages), len(kinds) - 1)
        form.kind.data = kinds[place] if kinds else None
        form.starts_on.data = stages[-1].ends_on + timedelta(days=1) if stages else row.starts_on
        if form.kind.data is not None:
            end = month_later(form.starts_on.data, form.kind.data.default_months) - timedelta(days=1)
            form.ends_on.data = max(form.starts_on.data, min(end, row.ends_on))

    @staticmethod
    def _offer(form: PlanTable, stage: Stage, rows: list[PlannedMeasure]) -> None:
        kinds = db.session.scalars(select(MeasureKind).where(MeasureKind.retired.is_(False))
                                   .order_by(MeasureKind.position, MeasureKind.id))  # fmt: skip
        bodies: list[Agency] = list(agencies_of(stage.family.district_id).values())
        bodies += [row.performer for row in rows if row.performer is not None and row.performer not in bodies]
        people = db.session.scalars(
            select(Employee).where(Employee.agency_id.in_([one.id for one in bodies]), Employee.dismissed.is_(False))
            .options(joinedload(Employee.agency)).order_by(Employee.last_name, Employee.id)
        )  # fmt: skip
        members = programmes.people_of(stage.family_id, clock.today())
        problems = programmes.problems_of(stage.programme_id)
        form.offer(kinds=dict.fromkeys([*kinds, *(row.kind for row in rows)]), bodies=bodies, people=list(people),
                   problems=problems, members=members)  # fmt: skip

    def _written(self, pk: int, form: PlanTable) -> Answer:
        stage = self._drawn(pk)
        registry.lock(stage.family)
        if form.seen.data != _seen(acts.planned(stage)):
            raise Refusal(AT_ONCE)
        acts.write_plan(stage, form.typed, clock.today())
        return Answer(gettext("The plan is saved."), page_of(stage.programme_id))


def page_of(pk: int) -> str:
    return url_for("ProgrammePage.show", pk=pk)


def _seen(rows: list[PlannedMeasure]) -> str:
    """Which plan a form was opened over: the one that another person has changed since is another."""
    return "-".join(f"{row.id}.{row.version}" for row in rows)


def _sets() -> list[MeasureSet]:
    asked = select(MeasureSet).where(MeasureSet.retired.is_(False)).options(selectinload(MeasureSet.lines))
    asked = asked.order_by(MeasureSet.position, MeasureSet.id)
    return list(db.session.scalars(asked))


def _standing(family_id: int) -> Registration | None:
    asked = select(Registration).where(
        Registration.family_id == family_id, Registration.annulled_at.is_(None), Registration.removed_on.is_(None)
    )
    return db.session.scalars(asked.order_by(Registration.registered_on.desc()).limit(1)).first()


def _picks(stay: Registration | None) -> list[tuple[str, Criterion | None]]:
    return [] if stay is None else programmes.picks(stay)
