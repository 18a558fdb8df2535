"""FAB's chart view with our widget: the pictures of one report at a time, large, for a meeting or a wall."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, make_response, url_for
from flask_appbuilder import expose
from flask_appbuilder.charts.views import BaseChartView
from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import lazy_gettext as _

from app import access, clock, journal
from app.domain.refusal import Refusal
from app.domain.terms import Act
from app.filters import Address
from app.models import Registration
from app.readings import given
from app.reports import CATALOGUE
from app.reports.report import Report
from app.screens import reports
from app.screens.reports import ChartWidget, ReportRequest
from app.screens.screen import Screen


class Charts(Screen, BaseChartView):
    """The pictures of the reports that the person may open."""

    route_base = "/charts"
    default_view = "chart"
    class_permission_name = "Charts"
    datamodel = SQLAInterface(Registration)
    chart_title = _("Charts")
    chart_template = "reports/charts.html"
    chart_widget = ChartWidget

    @expose("/chart/")
    @expose("/chart/<group_by>")
    @has_access
    @permission_name("show")
    def chart(self, group_by: str = "") -> str | Response:
        """The pictures of a report, of the first one that has any where none is named."""
        may = self.appbuilder.sm.has_access
        offered = [one for one in CATALOGUE if one.is_drawn and may("can_show", one.view)]
        report = next((one for one in offered if group_by in ("", one.name)), None) or abort(404)
        action = url_for("Charts.chart", group_by=report.name)
        asked = ReportRequest.read(Address(action), clock.today(), report)
        if asked.place is None:
            nothing = given.nothing(self.own_roles())
            return self.page("reports/nothing.html", title=self.chart_title, report=None, nothing=nothing)
        choice = {"asked": asked, "report": report, "action": action, "title": self.chart_title, "reports": offered,
                  "choices": reports.period_choices(clock.today()), "own_dates": reports.OWN_DATES,
                  "one_day": reports.ONE_DAY}  # fmt: skip
        try:
            if asked.errors:
                return make_response(self.page("reports/not_understood.html", **choice), 400)
            widgets = self._get_chart_widget(report=report, asked=asked)
        except Refusal as refusal:
            asked.errors[refusal.field or ""] = refusal.text
            return make_response(self.page("reports/not_understood.html", **choice), 400)
        said = ", ".join((str(self.chart_title), report.title, asked.place.name, asked.period.title))
        journal.read(Act.OPENED, entity=report.view, summary=said, records=0)
        return self.page(self.chart_template, widgets=widgets, **choice)

    def _get_chart_widget(self, filters: Any = None, widgets: dict[str, Any] | None = None, *,
                          report: Report[Any], asked: ReportRequest, **_args: Any) -> dict[str, Any]:  # fmt: skip
        """The widgets of a report, counted as its own page counts it. Raises Refusal."""
        with asked.of_bank(report) as said:
            form = said.count(asked.period, asked.place, asked.tree, **asked.options)
            link = None if access.scope().all_statistics else reports.links(report, asked)
            return {**(widgets or {}), "charts": reports.pictures(said, form, asked, link)}
