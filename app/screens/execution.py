"""The execution of measures: «Мои мероприятия», the window in which they are done, aid to many families at once."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload
from werkzeug.wrappers import Response

from app import access, clock, filters, forms, guard, journal, words
from app.acts import AT_ONCE, Answer, reads_first
from app.domain.refusal import Refusal
from app.domain.terms import Act, MeasureState
from app.extensions import db
from app.filters import Address
from app.models import Agency, Aid, AidKind, Education, Employee, Family, MeasureKind, Member, PlannedMeasure
from app.readings import families, my_measures
from app.readings.my_measures import MeasuresAsked
from app.screens.execution_forms import MOST_AT_ONCE, CutForm, ExecutionForm, NotDoneForm, rows_of, subject_of
from app.screens.screen import Screen, next_page
from app.services import aid as services

MOST_TO_CHOOSE = 300  # families that are offered to be ticked
Subject = tuple[Family, PlannedMeasure | None]


class Execution(Screen):
    """What bodies do for families."""

    route_base = "/execution"
    class_permission_name = "Execution"
    default_view = "mine"

    @expose("/")
    @has_access
    @permission_name("show")
    def mine(self) -> str:
        """«Мои мероприятия»: due, overdue, done, over all families."""
        address, today = Address(url_for("Execution.mine")), clock.today()
        keeps = bool(access.scope().kept)
        offered = my_measures.bodies() if keeps else []
        asked = MeasuresAsked(
            state=address.one_of("state", _("State"), my_measures.OF_STATES) or "due",
            agency=address.row("agency", _("Performer"), Agency, offered) if keeps else None,
            employee=access.scope().employee if address.one_of("whose", _("Whose"), ("me",)) else None,
            number=address.text("number", _("Card number"), 20),
        )
        page = address.page()
        address.check()
        counts = my_measures.counts(asked, today)
        there = counts[asked.state]
        last = (there - 1) // my_measures.PAGE if 0 < there <= my_measures.MOST_COUNTED else None
        if there <= my_measures.MOST_COUNTED:
            page = min(page, last or 0)
        rows, more = my_measures.page(asked, today, page)
        journal.read(Act.LISTED, entity="PlannedMeasure", records=len(rows), summary="Мои мероприятия")
        here = url_for("Execution.mine", state=asked.state, page=page or None, **asked.given)
        return self.page("execution/mine.html", asked=asked, rows=rows, counts=counts, today=today, page_number=page,
                         here=here, titles=my_measures.titles(rows),
                         last=last, more=more, bodies=offered, keeps=keeps, may_execute=self._may(),
                         most=MOST_AT_ONCE, most_counted=my_measures.MOST_COUNTED)  # fmt: skip

    @expose("/window", methods=["GET", "POST"])
    @has_access
    @permission_name("execute")
    @reads_first
    def window(self) -> str | Response:
        """The window: measures (`m`), or families (`f`), one or many."""
        if request.method == "GET" and (fault := _fault_of_ticks()):
            flash(fault, "danger")
            return redirect(next_page() or url_for("Execution.mine"))
        subjects = self._subjects()
        form = self._form(subjects)
        if form.is_submitted():
            valid = form.validate()
            self._pair(form, subjects)
            if valid and (answer := self._executed(form, subjects)):
                return answer
        else:
            self._begin(form, subjects)
        planned = [measure for _family, measure in subjects if measure is not None]
        return self.page("execution/window.html", form=form, subjects=subjects, planned=planned, next=next_page())

    @expose("/families")
    @has_access
    @permission_name("execute")
    def families(self) -> str:
        """«Нескольким семьям»: the families are ticked, then the window opens over all of them."""
        address = Address(url_for("Execution.families"))
        typed = address.text("q", _("Family"))
        school = address.text("school", _("Educational organisation"))
        chosen = address.rows("f", _("Family"), Family, MOST_AT_ONCE)
        address.check()
        today = clock.today()
        found = select(Family).where(
            Family.annulled_at.is_(None), families.stands(today), Family.id.not_in([one.id for one in chosen])
        )
        if typed:
            found = found.where(Family.number == typed.zfill(5) if typed.isdecimal() else families.with_surname(typed))
        if school:
            of_school = select(Education.family_id).where(
                Education.annulled_at.is_(None), Education.organisation.icontains(school, autoescape=True)
            )
            found = found.where(Family.id.in_(of_school))
        rows = list(db.session.scalars(found.order_by(Family.sort_key, Family.id).limit(MOST_TO_CHOOSE + 1)))
        records = len(chosen) + len(rows)
        journal.read(Act.LISTED, entity="Family", records=records, summary="Помощь нескольким семьям")
        more = len(rows) > MOST_TO_CHOOSE
        return self.page("execution/families.html", chosen=chosen, rows=rows[:MOST_TO_CHOOSE], more=more, q=typed,
                         school=school, most=MOST_AT_ONCE)  # fmt: skip

    @expose("/measure/<int:pk>/not-done", methods=["GET", "POST"])
    @has_access
    @permission_name("execute")
    def not_done(self, pk: int) -> str | Response:
        """«Не исполнено», with the reason."""
        measure = self._own(PlannedMeasure, pk)
        form, back = NotDoneForm(), next_page() or url_for("Execution.mine")
        if form.is_submitted() and form.validate():
            if form.version.data != str(measure.version):
                form.refuse(f"{AT_ONCE} Теперь: {measure.state}.", None)
            else:

                def whole() -> Answer:
                    services.not_done(measure, form.reason.data, clock.today())
                    return Answer(gettext("Noted: not done."), back)

                if answer := self.done(form, whole):
                    return answer
        form.version.raw_data, form.version.data = None, str(measure.version)
        title, about = gettext("The measure was not carried out"), str(measure.kind)
        return self.page("execution/one_field.html", title=title, about=about, family=measure.family, form=form,
                         asked=form.reason, back=back)  # fmt: skip

    @expose("/aid/<int:pk>/cut", methods=["GET", "POST"])
    @has_access
    @permission_name("execute")
    def cut(self, pk: int) -> str | Response:
        """«Прекратить» regular aid before its last day."""
        aid = self._own(Aid, pk)
        form, back = CutForm(), next_page() or url_for("FamilyPage.show", pk=aid.family_id, _anchor="aid")
        if not form.is_submitted():
            form.until.data = clock.today()
        elif form.validate():
            if form.version.data != str(aid.version):
                form.refuse(AT_ONCE, None)
            else:

                def whole() -> Answer:
                    services.cut(aid, form.until.given, clock.today())
                    return Answer(gettext("Saved."), back)

                if answer := self.done(form, whole):
                    return answer
        form.version.raw_data, form.version.data = None, str(aid.version)
        title = gettext("End regular aid")
        about = f"{aid}, {gettext('Given until')} {words.day(aid.until) if aid.until else ''}"
        return self.page("execution/one_field.html", title=title, about=about, family=aid.family, form=form,
                         asked=form.until, back=back)  # fmt: skip

    # What the window is about

    def _subjects(self) -> list[Subject]:
        """The families and measures of the address, each the person's to write about, or 404 and 403."""
        people = joinedload(PlannedMeasure.family).selectinload(Family.members).joinedload(Member.role)
        measures = self._found(PlannedMeasure, "m", people, joinedload(PlannedMeasure.kind),
                               selectinload(PlannedMeasure.members))  # fmt: skip
        own = self._found(Family, "f", selectinload(Family.members).joinedload(Member.role))
        if not 1 <= len(measures) + len(own) <= MOST_AT_ONCE:
            abort(404)
        if any(not guard.may_add(Aid, family) for family in own) or len(guard.kept(measures)) < len(measures):
            abort(403)
        return [(measure.family, measure) for measure in measures] + [(family, None) for family in own]

    def _found(self, entity: Any, name: str, *options: Any) -> list[Any]:
        keys = filters.keys(name, MOST_AT_ONCE)
        if keys is None:
            abort(404)
        if not keys:
            return []
        asked = select(entity).where(entity.id.in_(keys), entity.annulled_at.is_(None)).options(*options)
        rows = {row.id: row for row in db.session.scalars(asked)}
        if len(rows) < len(keys):
            abort(404)
        return [rows[key] for key in keys]

    def _own(self, entity: Any, pk: int) -> Any:
        row = self.find(entity, pk)
        if row.annulled_at is not None:
            abort(404)
        if not guard.may_write(row):
            abort(403)
        return row

    def _may(self) -> bool:
        return bool(self.appbuilder.sm.has_access("can_execute", "Execution"))

    # The form

    def _form(self, subjects: Sequence[Subject]) -> ExecutionForm:
        form = ExecutionForm()
        form.offer(_kinds(), _measures() if any(measure is None for _family, measure in subjects) else [])
        return form

    @staticmethod
    def _begin(form: ExecutionForm, subjects: Sequence[Subject]) -> None:
        today, scope = clock.today(), access.scope()
        children = len(subjects) > 1 and all(measure is None for _family, measure in subjects)
        form.given_on.data = today
        bodies = {measure.performer_id for _family, measure in subjects if measure is not None}
        body = scope.agency if scope.agency is not None else bodies.pop() if len(bodies) == 1 else None
        form.performer.data = forms.find_row(Agency, str(body)) if body is not None else None
        form.employee.data = forms.find_row(Employee, str(scope.employee)) if scope.agency is not None else None
        for family, measure in subjects:
            form.whom.append_entry()
            row = form.whom[-1].form
            row.of(family, measure)
            row.begin(today, children=children)

    @staticmethod
    def _pair(form: ExecutionForm, subjects: Sequence[Subject]) -> None:
        """Give each row of the form its family and measure; a form about others than its address is none of ours."""
        by_key = {subject_of(*subject): subject for subject in subjects}
        rows = list(rows_of(form))
        if sorted(row.subject.data or "" for row in rows) != sorted(by_key):
            abort(400)
        for row in rows:
            row.of(*by_key[row.subject.data])

    def _executed(self, form: ExecutionForm, subjects: Sequence[Subject]) -> Response | None:
        number = 0

        def whole() -> Answer:
            nonlocal number
            today = clock.today()
            given = form.given(secrets.token_hex(16) if len(subjects) > 1 else None)
            shown: set[int] = set()  # the families whose papers have the photo
            for place, row in enumerate(rows_of(form)):
                number = place
                self._check_version(row)
                aid = services.give(given, row.to_whom(), None if row.family.id in shown else form.photo, today)
                shown.add(row.family.id)
            one = len(subjects) == 1
            said = gettext("Added: %(title)s", title=aid) if one else gettext("Noted: %(count)s", count=len(subjects))
            return Answer(said, _again(subjects) if "again" in request.form else next_page() or self._back(subjects))

        rows = _RowOf(form, lambda: number)
        return self.done(rows, whole)

    @staticmethod
    def _check_version(row: Any) -> None:
        """Of two who execute one measure the second is told, and may send the form once more."""
        if row.planned is None or row.version.data == str(row.planned.version):
            return
        row.version.raw_data, row.version.data = None, str(row.planned.version)
        done = f", {row.planned.done_on:%d.%m.%Y}" if row.planned.state is MeasureState.DONE else ""
        text = f"{row.said}: пока вы заполняли форму, мероприятие изменили ({row.planned.state}{done})."
        raise Refusal(f"{text} Если помощь была ещё одна, сохраните ещё раз.")

    @staticmethod
    def _back(subjects: Sequence[Subject]) -> str:
        if len(subjects) == 1 and subjects[0][1] is None:
            return url_for("FamilyPage.show", pk=subjects[0][0].id, _anchor="aid")
        return url_for("Execution.mine")


def _again(subjects: Sequence[Subject]) -> str:
    """The window of one more aid to the same families, leading back to the same page."""
    return url_for("Execution.window", f=[family.id for family, _measure in subjects], next=next_page() or None)


def _fault_of_ticks() -> str:
    """What is wrong with how many were ticked on the page before."""
    number = filters.how_many("m", "f")
    if not number:
        return "Ничего не отмечено: отметьте то, что исполнено."
    return f"Отмечено {number}, а сразу – не больше {MOST_AT_ONCE}." if number > MOST_AT_ONCE else ""


class _RowOf:
    """A refusal of the row that was being stored stands beside it."""

    def __init__(self, form: ExecutionForm, number: Any) -> None:
        self.form, self.number = form, number

    def refuse(self, text: str, field: str | None) -> None:
        self.form.refuse_row(self.number(), Refusal(text, field))


def _kinds() -> list[AidKind]:
    asked = select(AidKind).order_by(AidKind.position, AidKind.id)
    return [row for row in db.session.scalars(asked) if not row.retired]


def _measures() -> list[MeasureKind]:
    asked = select(MeasureKind).options(joinedload(MeasureKind.block)).order_by(MeasureKind.position, MeasureKind.id)
    return [row for row in db.session.scalars(asked) if not row.retired]
