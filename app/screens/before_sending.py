"""«Проверка перед сдачей»: one page for every report, opened from the report and from the first page."""

from __future__ import annotations

from flask import abort, redirect, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext
from werkzeug.wrappers import Response

from app import clock, journal
from app.domain.refusal import Refusal
from app.domain.terms import Act
from app.filters import Address, NotUnderstoodError
from app.reports import readiness, recount
from app.screens.reports import OWN_DATES, ReportRequest, family_link, period_choices
from app.screens.screen import Screen
from app.services import submissions


class BeforeSending(Screen):
    """Whether a report may be submitted, and what to mend where not."""

    route_base = "/before-sending"
    default_view = "show"
    class_permission_name = "Submission"

    @expose("/<name>")
    @has_access
    @permission_name("submit")
    def show(self, name: str) -> str | Response:
        """Every sum, balance and paper of a report before it is submitted."""
        report = recount.report_named(name) or abort(404)
        here = url_for("BeforeSending.show", name=name)
        asked = ReportRequest.read(Address(here), clock.today(), report)
        if asked.place is None or not self.appbuilder.sm.has_access("can_show", report.view):
            return redirect(url_for(f"{report.view}.show"))
        if asked.errors:
            raise NotUnderstoodError(list(asked.errors.values()), here)
        choice = recount.choice_of(asked.options)
        before = submissions.before(name, choice, asked.period.eve, asked.place.id)
        try:
            form = report.count(asked.period, asked.place, asked.tree, **asked.options)
        except Refusal as refusal:
            raise NotUnderstoodError([refusal.text], here) from refusal
        lines = readiness.lines(name, form, asked.period, before)
        said = ", ".join((gettext("Check before submitting"), report.title, asked.place.name, asked.period.title))
        journal.read(Act.LISTED, entity=report.view, summary=said, records=sum(len(line.culprits) for line in lines))
        entered = self.appbuilder.sm.has_access("can_list", "ChildPopulation")
        return self.page(
            "submissions/check.html", report=report, asked=asked, arguments=asked.arguments, lines=lines,
            red=readiness.red(lines), choices=period_choices(clock.today()), own_dates=OWN_DATES, action=here,
            submitted=submissions.latest(name, choice, asked.period, asked.place.id), family_link=family_link(),
            population=url_for("ChildPopulationRegistry.list") if entered else "",
        )  # fmt: skip
