"""«Отчёт исполнителя»: a body and a month or a quarter are chosen, the report is read and printed."""

from __future__ import annotations

from datetime import date

from flask import flash, redirect, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import lazy_gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from app import access, clock, journal
from app.documents import performer_report as paper
from app.documents.bound import MadeBy
from app.domain import periods
from app.domain.periods import Period
from app.domain.terms import Act
from app.extensions import db
from app.filters import Address
from app.models import Agency
from app.readings import my_measures, performer_report
from app.readings.performer_report import Performed
from app.render.html_pdf import PrintError
from app.render.scans import PDF
from app.screens.passport import NOT_PRINTED
from app.screens.screen import Screen
from app.services import papers

MONTHS_BACK = 12


class Performers(Screen):
    """What a body did for families."""

    route_base = "/execution/report"
    class_permission_name = "Execution"
    default_view = "show"

    @expose("/")
    @has_access
    def show(self) -> str:
        """The report on the page."""
        bodies = _bodies()
        performed = self._performed(bodies)
        if performed is not None:
            journal.read(Act.LISTED, entity="Family", records=len(performed.families), summary=_summary(performed))
        return self.page("execution/report.html", performed=performed, bodies=bodies, periods=_periods(clock.today()))

    @expose("/report.pdf")
    @has_access
    @permission_name("show")
    def printed(self) -> Response:
        """The report as a paper to sign."""
        performed = self._performed(_bodies())
        if performed is None:
            return redirect(url_for("Performers.show"))
        try:
            content = paper.pdf(performed, MadeBy(current_user.get_full_name(), clock.now()))
        except PrintError:
            flash(NOT_PRINTED, "danger")
            return redirect(url_for("Performers.show"))
        journal.read(Act.PRINTED, entity="Agency", entity_id=performed.agency.id, summary=_summary(performed),
                     records=len(performed.families))  # fmt: skip
        return self.file(content, PDF, papers.clean_name(_summary(performed), PDF))

    @staticmethod
    def _performed(bodies: list[Agency]) -> Performed | None:
        """What the address asks for: of a specialist always the own body. Raises NotUnderstoodError."""
        address, today = Address(url_for("Performers.show")), clock.today()
        own = access.scope().agency
        agency = address.row("agency", _("Performer"), Agency, bodies)
        code = address.one_of("period", _("Period"), _periods(today))
        address.check()
        if own is not None and not access.scope().kept:
            agency = next((body for body in bodies if body.id == own), None)
        if agency is None:
            return None
        period = periods.coded(code or next(iter(_periods(today))))
        return None if period is None else performer_report.of(agency, period, today)


def _bodies() -> list[Agency]:
    scope = access.scope()
    if scope.agency is not None and not scope.kept:
        own = db.session.get(Agency, scope.agency)
        return [own] if own is not None else []
    return my_measures.bodies()


def _summary(performed: Performed) -> str:
    return f"{paper.TITLE}: {performed.agency.name}, {performed.period.title}"


def _periods(today: date) -> dict[str, Period]:
    """The months and quarters that have begun, by their codes, the latest first."""
    found: dict[str, Period] = {}
    day = today
    for _number in range(MONTHS_BACK):
        month = periods.month(day.year, day.month)
        found[f"{day:%Y-%m}"] = month
        year, number = periods.quarter_of(day)
        found.setdefault(f"{year}-Q{number}", periods.quarter(year, number))
        day = month.eve
    return dict(sorted(found.items(), key=lambda pair: (pair[1].end, pair[1].start), reverse=True))
