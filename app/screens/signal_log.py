"""The log of signal cards for a period, on paper and in Excel."""

from __future__ import annotations

from datetime import date

from flask import Response
from flask_appbuilder import expose, permission_name
from flask_appbuilder.security.decorators import has_access

from app.documents import signal_log
from app.domain import periods
from app.render.table import Table
from app.screens.period_log import PeriodLog


class SignalLog(PeriodLog):
    """«Журнал за период»: which days, and in what."""

    route_base = "/signal-log"
    class_permission_name = "SignalCard"
    default_view = "show"
    log_of, log_page, log_template = "SignalCard", "SignalLog.show", "signals/log.html"

    @expose("/")
    @has_access
    @permission_name("xlsx")
    def show(self) -> str:
        """The days are asked for; this month up to now is offered."""
        return self.days_page()

    @expose("/log.pdf")
    @has_access
    @permission_name("xlsx")
    def paper(self) -> Response:
        """The log as a paper."""
        return self.of_days("pdf", _of_days)

    @expose("/log.xlsx")
    @has_access
    @permission_name("xlsx")
    def workbook(self) -> Response:
        """The log as a workbook."""
        return self.of_days("xlsx", _of_days)


def _of_days(since: date, until: date) -> tuple[Table, str]:
    period = periods.given(since, until)
    return signal_log.table(period), f"{signal_log.TITLE}, {period.title}"
