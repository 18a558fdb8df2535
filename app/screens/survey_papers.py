"""The papers of surveys: acts as PDF, blanks with a code, photos and scans; a scan finds its survey by the code."""

from __future__ import annotations

from collections.abc import Callable

from flask import abort, flash, redirect, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_login import current_user
from flask_wtf.file import FileRequired
from sqlalchemy.orm import joinedload, selectinload
from sqlalchemy.orm.strategy_options import _AbstractLoad
from werkzeug.wrappers import Response

from app import clock, journal
from app.acts import Answer, reads_first
from app.documents import survey_act
from app.documents.bound import MadeBy
from app.domain.refusal import Refusal
from app.domain.terms import Act, ParentalRole, SurveyAccess
from app.forms import CleanString, EntityForm, no_longer
from app.models import Employee, SurveyAct, SurveyGroup, SurveyScan
from app.readings import survey_acts as acts
from app.readings import surveys
from app.render.html_pdf import PrintError
from app.render.scans import PDF
from app.screens import annulment, scan_codes
from app.screens.papers import stored_file
from app.screens.screen import Screen
from app.screens.signal_scans import ACCEPTED, PhotosField
from app.services import papers
from app.services import survey_acts as service

NOT_PRINTED = "Акт не удалось напечатать. Сообщите администратору время попытки."
NO_CODE = ("На этих файлах не нашлось кода обследования. Снимите первую страницу целиком и при свете или приложите "
           "скан на странице самого обследования.")  # fmt: skip
NO_SURVEY = "Код на скане – не из ваших обследований: проверьте, тот ли это акт."
GROUP_WITH_PEOPLE = selectinload(SurveyGroup.employees).joinedload(Employee.agency)


class SurveyScansForm(EntityForm):
    """Photos and scans of a survey."""

    file = PhotosField(
        _("Photos or scans"),
        [FileRequired(_("Choose a file."))],
        description=_("JPEG, PNG or PDF, up to 20 MB in all. After a refusal choose the files again."),
        render_kw={"accept": ACCEPTED},
    )
    title = CleanString(_("What it shows"), [no_longer(papers.LONGEST_TITLE)])


class SurveyPapers(Screen):
    """What is printed of surveys, and what comes back on paper."""

    route_base = "/"
    class_permission_name = "SurveyAct"
    default_view = "find_survey"

    @expose("/survey/act/<int:pk>/act.pdf")
    @has_access
    @permission_name("show")
    def act(self, pk: int) -> Response:
        """The act of a survey."""
        act = self._act(pk)
        whom = surveys.visited(act.group, clock.today()).name
        return self._printed(act, f"Акт обследования {act.visited_on:%d.%m.%Y}",
                             lambda made: survey_act.pdf(act, whom, made, acts.hidden(act.group)))  # fmt: skip

    @expose("/survey/act/<int:pk>/child/<int:person>.pdf")
    @has_access
    @permission_name("show")
    def for_child(self, pk: int, person: int) -> Response:
        """The act of living conditions of one child, by the form of the order."""
        act = self._act(pk)
        child = next((one for one in act.composition if one.id == person and one.role is ParentalRole.CHILD), None)
        if child is None:
            abort(404)
        if act.access is not SurveyAccess.TOOK_PLACE:
            flash("Обследование не состоялось: акт об условиях жизни по нему не составляется.", "warning")
            return redirect(url_for("SurveyActs.show", pk=pk))
        hidden, known = acts.hidden(act.group), acts.from_bank(act, child)
        return self._printed(act, f"Акт условий жизни {child} {act.visited_on:%d.%m.%Y}",
                             lambda made: survey_act.for_child(act, child, made, hidden, known))  # fmt: skip

    @expose("/survey/<int:pk>/blank.pdf")
    @has_access
    @permission_name("write")
    def blank(self, pk: int) -> Response:
        """A blank act for a visit without a phone."""
        group = self._written(pk)
        whom = surveys.visited(group, clock.today())
        back = url_for("SurveyPage.show", pk=pk)
        try:
            content = survey_act.blank(group, whom.name, whom.address, whom.people, _made())
        except PrintError:
            flash(NOT_PRINTED, "danger")
            return redirect(back)
        journal.read(Act.PRINTED, entity="SurveyGroup", entity_id=pk, family_id=group.family_id, records=1,
                     summary=f"{journal.title_of(group)}: бланк акта")  # fmt: skip
        return self.file(content, PDF, papers.clean_name(f"Бланк акта обследования {pk}", PDF))

    @expose("/survey/<int:pk>/scan", methods=["GET", "POST"])
    @has_access
    @permission_name("write")
    @reads_first
    def add(self, pk: int) -> str | Response:
        """Attach photos and scans to a survey; the scan of another survey's act goes to that one."""
        group = self._written(pk)
        intro = gettext("The scan of a blank act finds its survey by the code on it.")
        return self._attached(SurveyScansForm(), pk, str(group), url_for("SurveyPage.show", pk=pk), intro)

    @expose("/survey-scan", methods=["GET", "POST"])
    @has_access
    @permission_name("write")
    @reads_first
    def find_survey(self) -> str | Response:
        """Bring the scan of an act: it finds its survey by the code on it."""
        intro = gettext("The survey is found by the code on the first page of the blank.")
        back = url_for("SurveyGroupRegistry.list")
        return self._attached(SurveyScansForm(), None, str(SurveyGroup.TITLES), back, intro)

    @expose("/survey-scan/<int:pk>/file")
    @has_access
    @permission_name("show")
    def download(self, pk: int) -> Response:
        """The file itself: a picture opens in the browser, a PDF is kept."""
        row = self.find(SurveyScan, pk)
        if row.annulled_at is not None:
            abort(404)
        group = self.find(SurveyGroup, row.group_id)
        return stored_file(row, url_for("SurveyPage.show", pk=row.group_id), group.family_id)

    @expose("/survey-scan/<int:pk>/annul", methods=["GET", "POST"])
    @has_access
    @permission_name("write")
    def annul(self, pk: int) -> str | Response:
        """Take a wrong file off a survey, with a reason; it stays in the store."""
        row = self.find(SurveyScan, pk)
        self._written(row.group_id)
        facts = ((gettext("Survey"), row.group), (gettext("File"), row.file_name))
        return annulment.page(row, self.page, back=url_for("SurveyPage.show", pk=row.group_id), facts=facts,
                              menu_entry="Surveys")  # fmt: skip

    # What they share

    def _attached(self, form: SurveyScansForm, pk: int | None, whose: str, back: str, intro: str) -> str | Response:
        """The page of the form, and the act itself; pk: the survey on whose page the files came."""
        if form.is_submitted() and form.validate():
            try:
                found = scan_codes.on(form.file.found)
            except Refusal as refusal:
                form.refuse(refusal.text, refusal.field)
            else:
                if answer := self.done(form, lambda: self._stored(form, pk, found)):
                    return answer
        heading = gettext("Attach photos or scans") if pk else gettext("Bring the scan of an act")
        return self.page("surveys/scan.html", form=form, heading=heading, whose=whose, back=back, intro=intro)

    def _stored(self, form: SurveyScansForm, pk: int | None, codes: set[str]) -> Answer:
        """Store the files with what their code names, else with the survey on whose page they came."""
        here = self._written(pk) if pk is not None else None
        if codes:
            owner = scan_codes.owner_of(codes)
            if owner is None:
                raise Refusal(NO_SURVEY, "file")
        elif here is None:
            raise Refusal(NO_CODE, "file")
        else:
            owner = here
        return scan_codes.attached(owner, form.file.found, form.title.data, came_to=here)

    def _printed(self, act: SurveyAct, name: str, make: Callable[[MadeBy], bytes]) -> Response:
        try:
            content = make(_made())
        except PrintError:
            flash(NOT_PRINTED, "danger")
            return redirect(url_for("SurveyActs.show", pk=act.id))
        journal.read(Act.PRINTED, entity="SurveyAct", entity_id=act.id, family_id=act.group.family_id, records=1,
                     summary=journal.title_of(act))  # fmt: skip
        return self.file(content, PDF, papers.clean_name(name, PDF))

    def _act(self, pk: int) -> SurveyAct:
        act = self.find(
            SurveyAct, pk, joinedload(SurveyAct.signer), selectinload(SurveyAct.marks),
            selectinload(SurveyAct.persons), joinedload(SurveyAct.group).options(_leader(), GROUP_WITH_PEOPLE),
        )  # fmt: skip
        if act.annulled_at is not None:
            abort(404)
        return act

    def _written(self, pk: int) -> SurveyGroup:
        group = self.find(SurveyGroup, pk, _leader(), GROUP_WITH_PEOPLE)
        if not service.may_write(group):
            abort(403)
        return group


def _leader() -> _AbstractLoad:
    return joinedload(SurveyGroup.leader).joinedload(Employee.agency)


def _made() -> MadeBy:
    return MadeBy(current_user.get_full_name(), clock.now())
