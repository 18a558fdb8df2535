"""Where reports are chosen: a period and a territory, and what each report tells of them."""

from __future__ import annotations

from flask import Response, make_response, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access
from flask_babel import gettext as _

from app import clock
from app.filters import Address
from app.readings import given
from app.reports import CATALOGUE
from app.screens.reports import OWN_DATES, ReportRequest, period_choices
from app.screens.screen import Screen


class ReportCatalogue(Screen):
    """Every report that the person may open."""

    route_base = "/reports"
    default_view = "show"
    class_permission_name = "ReportCatalogue"

    @expose("/")
    @has_access
    def show(self) -> str | Response:
        """The reports, each for the period and the territory that are chosen above them."""
        today = clock.today()
        asked = ReportRequest.read(Address(url_for("ReportCatalogue.show")), today, None)
        if asked.place is None:
            nothing = given.nothing(self.own_roles())
            return self.page("reports/nothing.html", title=_("All reports"), report=None, nothing=nothing)
        may = self.appbuilder.sm.has_access
        offered = [report for report in CATALOGUE if may("can_show", report.view)]
        page = self.page(
            "reports/catalogue.html", asked=asked, reports=offered, arguments=asked.arguments,
            choices=period_choices(today), own_dates=OWN_DATES, may=may,
        )  # fmt: skip
        return make_response(page, 400) if asked.errors else page
