"""A log of a period, on paper and in Excel: of which days is asked, this month up to now is offered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import Response, make_response, url_for
from flask_babel import gettext
from flask_login import current_user

from app import clock, journal
from app.domain.refusal import Refusal
from app.domain.terms import Act
from app.filters import Address
from app.render import pdf, xlsx
from app.render.table import Table
from app.screens.screen import Screen

NO_PERIOD = "Укажите первый и последний день периода."
KINDS: dict[str, tuple[Callable[..., Any], str, Act]] = {
    "pdf": (pdf.pdf, "application/pdf", Act.PRINTED),
    "xlsx": (xlsx.workbook, xlsx.MIME, Act.EXPORTED),
}


class PeriodLog(Screen):
    """What the screens of logs share; each has its own addresses.

    log_of: the entity whose rows stand in it. log_page: where the days are asked for. log_template: that page.
    """

    log_of: str
    log_page: str
    log_template: str

    def days_page(self) -> str:
        """The days are asked for."""
        Address(url_for(self.log_page)).check()
        return self._asking("", "")

    def of_days(self, kind: str, table_of: Callable[[date, date], tuple[Table, str]]) -> Response:
        """The log as a file; days that are not understood are asked for again.

        kind: pdf or xlsx. table_of: the table of the days from the first to the last, and what it is called; raises
        Refusal.
        """
        address = Address(url_for(self.log_page))
        typed = address.typed("from"), address.typed("to")
        since, until = address.days("from", "to", gettext("Period"))
        if not address.understood():
            fault = f"{gettext('The filter is not understood')}: {' '.join(address.faults)}"
            return make_response(self._asking(*typed, fault=fault), 400)
        if not address.asks("from", "to"):
            since, until = _offered()
        if since is None or until is None:
            return make_response(self._asking(*typed, fault=NO_PERIOD), 400)
        try:
            table, name = table_of(since, until)
        except Refusal as refusal:
            return make_response(self._asking(*typed, fault=refusal.text), 400)
        return self.written(table, kind, name)

    def written(self, table: Table, kind: str, name: str) -> Response:
        """A table as a file, told in the journal."""
        write, mime, act = KINDS[kind]
        content = write(table, made_by=current_user.get_full_name(), made_at=clock.local(clock.now()))
        journal.read(act, entity=self.log_of, summary=name, records=len(list(table.rows)))
        return self.file(content, mime, f"{name}.{kind}")

    def _asking(self, since: str, until: str, *, fault: str = "") -> str:
        first, last = _offered()
        return self.page(self.log_template, since=since, until=until, first=first, last=last, fault=fault)


def _offered() -> tuple[date, date]:
    """This month up to now."""
    today = clock.today()
    return today.replace(day=1), today
