"""«Проверка перед сдачей»: one page for every report, opened from the report and from the first page."""

from __future__ import annotations

from typing import Any

from flask import abort, redirect, request, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext
from werkzeug.wrappers import Response

from app import clock, journal
from app.domain.refusal import Refusal
from app.domain.terms import Act, JobKind
from app.filters import Address, NotUnderstoodError
from app.models import Job
from app.reports import readiness, recount
from app.reports.readiness import ReadyLine
from app.reports.report import Report
from app.screens.reports import MANY, OWN_DATES, ReportRequest, family_link, period_choices
from app.screens.screen import Screen
from app.screens.work import kept_by, later
from app.services import submissions
from app.work import submissions as submissions_work


class BeforeSending(Screen):
    """Whether a report may be submitted, and what to mend where not."""

    route_base = "/before-sending"
    default_view = "show"
    class_permission_name = "Submission"

    @expose("/<name>", methods=["GET", "POST"])
    @has_access
    @permission_name("submit")
    def show(self, name: str) -> str | Response:
        """Every sum, balance and paper of a report before it is submitted.

        Of a large bank they are looked through in the background, and shown as the job has kept them.
        """
        report = recount.report_named(name) or abort(404)
        here = url_for("BeforeSending.show", name=name)
        address = Address(here)
        job_id = address.number("job", gettext("Job"))
        asked = ReportRequest.read(address, clock.today(), report)
        if asked.place is None or not self.appbuilder.sm.has_access("can_show", report.view):
            return redirect(url_for(f"{report.view}.show"))
        if asked.errors:
            raise NotUnderstoodError(list(asked.errors.values()), here)
        choice = recount.choice_of(asked.options)
        kept = None if job_id is None else kept_by(self.find(Job, job_id), JobKind.READY, report=name)
        if request.method == "POST":
            return self._later(report, asked)
        if kept is None and asked.tree.families_in(asked.place) > MANY:
            back = url_for(f"{report.view}.show", **asked.arguments)
            note = f"{asked.place.name}, {asked.period.title}"
            lit = report.view if report.statutory else "ReportCatalogue"
            return self.page("submissions/later.html", heading=gettext("Check before submitting"), note=note, back=back,
                             back_title=report.title, menu_entry=lit)  # fmt: skip
        lines = self._lines(report, asked, here) if kept is None else submissions_work.lines(kept)
        said = ", ".join((gettext("Check before submitting"), report.title, asked.place.name, asked.period.title))
        journal.read(Act.LISTED, entity=report.view, summary=said, records=sum(len(line.culprits) for line in lines))
        entered = self.appbuilder.sm.has_access("can_list", "ChildPopulation")
        return self.page(
            "submissions/check.html", report=report, asked=asked, arguments=asked.arguments, lines=lines,
            red=readiness.red(lines), choices=period_choices(clock.today()), own_dates=OWN_DATES, action=here,
            submitted=submissions.latest(name, choice, asked.period, asked.place.id), family_link=family_link(),
            population=url_for("ChildPopulationRegistry.list") if entered else "",
        )  # fmt: skip

    @staticmethod
    def _lines(report: Report[Any], asked: ReportRequest, here: str) -> list[ReadyLine]:
        assert asked.place is not None
        before = submissions.before(report.name, recount.choice_of(asked.options), asked.period.eve, asked.place.id)
        try:
            form = report.count(asked.period, asked.place, asked.tree, **asked.options)
        except Refusal as refusal:
            raise NotUnderstoodError([refusal.text], here) from refusal
        return readiness.lines(report.name, form, asked.period, before)

    def _later(self, report: Report[Any], asked: ReportRequest) -> Response:
        assert asked.place is not None
        words = {"report": report.name, "territory": asked.place.id, "options": dict(asked.options),
                 "from": asked.period.start.isoformat(), "to": asked.period.end.isoformat(),
                 "address": asked.arguments}  # fmt: skip
        title = ", ".join((gettext("Check before submitting"), report.title, asked.place.name, asked.period.title))
        back = url_for(f"{report.view}.show", **asked.arguments)
        return self.pressed(lambda: later(JobKind.READY, title, words), back)
