"""«Кто открывал дело»: of a family or of a person, for an inquiry; and the sheet of a month."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from flask import Response, make_response, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy.orm import joinedload
from werkzeug.exceptions import NotFound

from app import clock, journal
from app.documents import held_on_person, openings
from app.domain import periods
from app.domain.refusal import Refusal
from app.domain.terms import Act
from app.filters import Address
from app.models import Member
from app.render import pdf, xlsx
from app.render.table import Table, printed
from app.screens.screen import Screen

KINDS: dict[str, tuple[Callable[..., bytes], str, Act]] = {
    "pdf": (pdf.pdf, "application/pdf", Act.PRINTED),
    "xlsx": (xlsx.workbook, xlsx.MIME, Act.EXPORTED),
}
ONE_OF = "Введите номер семьи или фамилию человека – что-нибудь одно."


class Openings(Screen):
    """Who looked into families; the rows are those of the journal that the person sees."""

    route_base = "/openings"
    class_permission_name = "Openings"
    default_view = "show"

    @expose("/")
    @has_access
    def show(self) -> str | Response:
        """The question, and the answer to it on the page."""
        return self._answer("")

    @expose("/paper.<any(pdf, xlsx):kind>")
    @has_access
    @permission_name("show")
    def paper(self, kind: str) -> str | Response:
        """The answer as a file."""
        return self._answer(kind)

    @expose("/month/<code>.<any(pdf, xlsx):kind>")
    @has_access
    @permission_name("show")
    def month(self, code: str, kind: str) -> Response:
        """The sheet of a month as a file; of any other period there is none."""
        period = periods.coded(code)
        if period is None or len(code) != len("2026-07") or "Q" in code:
            raise NotFound
        return self._file(openings.of_month(period), kind, period)

    @expose("/held/<int:pk>.<any(pdf, xlsx):kind>")
    @has_access
    @permission_name("show")
    def held(self, pk: int, kind: str) -> Response:
        """Everything that is held on one person, and who saw it, for the person's own request (152-ФЗ, ст. 14)."""
        member = self.find(Member, pk, joinedload(Member.family))
        shown, (write, mime, act) = held_on_person.table(member, clock.today()), KINDS[kind]
        content = write(shown, made_by=current_user.get_full_name(), made_at=clock.local(clock.now()))
        journal.read(act, entity="Member", entity_id=pk, family_id=member.family_id, records=1, summary=shown.title)
        return self.file(content, mime, f"{shown.title}.{kind}")

    def _answer(self, kind: str) -> str | Response:
        """The page or the file. Raises NotUnderstoodError."""
        address = Address(url_for("Openings.show"))
        family, person = address.text("family", _("Number of the family")), address.text("person", _("Person"))
        since, until = address.days("from", "to", _("Period"))
        address.check()
        if not (family or person):
            return self._page("", "", "")
        if family and person:
            return make_response(self._page(family, person, ONE_OF), 400)
        today = clock.today()
        period = periods.given(since or periods.month_later(today, -12), until or today)
        try:
            table = openings.of_family(family, period) if family else openings.of_person(person, period)
        except Refusal as refusal:
            return make_response(self._page(family, person, refusal.text), 400)
        if kind:
            return self._file(table, kind, period)
        rows = [[printed(value) for value in row] for row in table.rows]
        journal.read(Act.LISTED, entity="JournalEntry", summary=f"{table.title}, {period.title}", records=len(rows))
        return self._page(family, person, "", table, rows, period)

    def _file(self, table: Table, kind: str, period: periods.Period) -> Response:
        write, mime, act = KINDS[kind]
        said = f"{table.title}, {period.title}"
        content = write(table, made_by=current_user.get_full_name(), made_at=clock.local(clock.now()))
        journal.read(act, entity="JournalEntry", summary=said, records=len(list(table.rows)))
        return self.file(content, mime, f"{said}.{kind}")

    def _page(self, family: str, person: str, fault: str, table: Table | None = None,
              rows: list[list[str]] | None = None, period: periods.Period | None = None) -> str:  # fmt: skip
        months = [_month_before(clock.today(), back) for back in range(4)]
        return self.page("openings/show.html", family=family, person=person, fault=fault, table=table, rows=rows,
                         period=period, months=months)  # fmt: skip


def _month_before(today: date, back: int) -> tuple[str, str]:
    day = periods.month_later(today.replace(day=1), -back)
    period = periods.coded(f"{day:%Y-%m}")
    return f"{day:%Y-%m}", period.title if period else ""
