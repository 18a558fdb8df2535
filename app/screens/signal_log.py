"""The log of signal cards for a period, on paper and in Excel."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import Response, make_response, url_for
from flask_appbuilder import expose, permission_name
from flask_appbuilder.security.decorators import has_access
from flask_babel import gettext
from flask_login import current_user

from app import clock, journal
from app.documents import signal_log
from app.domain import periods
from app.domain.refusal import Refusal
from app.domain.terms import Act
from app.filters import Address
from app.render import pdf, xlsx
from app.screens.screen import Screen

NO_PERIOD = "Укажите первый и последний день периода."
KINDS: dict[str, tuple[Callable[..., Any], str, Act]] = {
    "pdf": (pdf.pdf, "application/pdf", Act.PRINTED),
    "xlsx": (xlsx.workbook, xlsx.MIME, Act.EXPORTED),
}


class SignalLog(Screen):
    """«Журнал за период»: which days, and in what."""

    route_base = "/signal-log"
    class_permission_name = "SignalCard"
    default_view = "show"

    @expose("/")
    @has_access
    @permission_name("xlsx")
    def show(self) -> str:
        """The days are asked for; this month up to now is offered."""
        Address(url_for("SignalLog.show")).check()
        return self._asking("", "")

    @expose("/log.pdf")
    @has_access
    @permission_name("xlsx")
    def paper(self) -> Response:
        """The log as a paper."""
        return self._made("pdf")

    @expose("/log.xlsx")
    @has_access
    @permission_name("xlsx")
    def workbook(self) -> Response:
        """The log as a workbook."""
        return self._made("xlsx")

    def _made(self, kind: str) -> Response:
        """The log as a file; days that are not understood are asked for again."""
        address = Address(url_for("SignalLog.show"))
        typed = address.typed("from"), address.typed("to")
        since, until = address.days("from", "to", gettext("Period"))
        if not address.understood():
            return make_response(self._asking(*typed, fault=_not_understood(address)), 400)
        if not address.asks("from", "to"):
            since, until = _offered()
        if since is None or until is None:
            return make_response(self._asking(*typed, fault=NO_PERIOD), 400)
        period = periods.given(since, until)
        write, mime, act = KINDS[kind]
        try:
            table = signal_log.table(period)
        except Refusal as refusal:
            return make_response(self._asking(*typed, fault=refusal.text), 400)
        content = write(table, made_by=current_user.get_full_name(), made_at=clock.local(clock.now()))
        said = f"{signal_log.TITLE}, {period.title}"
        journal.read(act, entity="SignalCard", summary=said, records=len(list(table.rows)))
        return self.file(content, mime, f"{said}.{kind}")

    def _asking(self, since: str, until: str, *, fault: str = "") -> str:
        first, last = _offered()
        return self.page("signals/log.html", since=since, until=until, first=first, last=last, fault=fault)


def _offered() -> tuple[date, date]:
    """This month up to now."""
    today = clock.today()
    return today.replace(day=1), today


def _not_understood(address: Address) -> str:
    return f"{gettext('The filter is not understood')}: {' '.join(address.faults)}"
