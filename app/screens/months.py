"""The books of a month: who has sent theirs, who is to be reminded, who is gone; the book of the district, frozen."""

from __future__ import annotations

from flask import abort, g, redirect, request, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext as _
from sqlalchemy.orm import undefer
from werkzeug.wrappers import Response

from app import access, clock, journal, tree
from app.acts import Answer, reads_first
from app.domain import writing
from app.domain.periods import Period
from app.domain.refusal import Refusal
from app.domain.terms import Act, BookState, BookStepKind, GoneAnswer, JobKind
from app.exchange import export, months, sources, waiting
from app.exchange.sources import UnclearBookError
from app.extensions import db
from app.filters import Address
from app.models import BookStep, Family, Territory
from app.render import xlsx
from app.screens.screen import Screen
from app.screens.work import later

NO_MONTH = "Месяц не понят: выберите его из списка."


class Months(Screen):
    """The month of the settlements of a district."""

    route_base = "/months"
    class_permission_name = "Exchange"
    default_view = "show"

    @expose("/")
    @has_access
    def show(self) -> str:
        """The settlements of a district with what each has sent for a month."""
        address, offered = Address(url_for("Months.show")), months.offered(clock.today())
        districts = export.districts()
        district = address.row("district", _("District"), Territory, districts) or next(iter(districts), None)
        code = address.one_of("month", _("Month"), [f"{month.start:%Y-%m}" for month in offered])
        address.check()
        month = months.month_of(code, offered) or offered[1]
        board = months.board(district, month) if district is not None else None
        if board is not None:
            gone = sum(len(each.gone) for each in board.places)
            journal.read(Act.LISTED, entity="ImportBatch", summary=f"Книги за месяц: {month}", records=gone)
        covers = district is not None and access.scope().covers_territory(district.id)
        return self.page("exchange/months.html", board=board, districts=districts, months=offered, month=month,
                         answers=GoneAnswer, states=BookState, may_assemble=covers)  # fmt: skip

    @expose("/remind/<int:pk>", methods=["POST"])
    @has_access
    @permission_name("apply")
    def remind(self, pk: int) -> Response:
        """Write down that a settlement was reminded."""
        place = self.find(Territory, pk)

        def act() -> Answer:
            note = writing.line(request.form.get("note"))
            step = months.remind(place, _month(), note, clock.today())
            return Answer(_("The reminder is written down."), _back(place.parent_id, step.of_month.strftime("%Y-%m")))

        return self.pressed(act, _back(place.parent_id))

    @expose("/back", methods=["POST"])
    @has_access
    @permission_name("apply")
    @reads_first
    def give_back(self) -> Response:
        """Write down that a book with faults goes back to be mended."""
        found, start = waiting.find(request.form.get("key", ""), g.user.id), url_for("Exchange.show")

        def act() -> Answer:
            if found is None:
                raise Refusal(waiting.GONE)
            source = sources.read(found.content, found.name, waiting.said(found.key, g.user.id))
            step = months.give_back(source.plan(clock.today()), clock.today())[0]
            district = tree.district_of(step.territory)
            return Answer(_("Written down: the book goes back to be mended."),
                          _back(district.id, step.of_month.strftime("%Y-%m")))  # fmt: skip

        try:
            return self.pressed(act, start)
        except UnclearBookError:
            return redirect(start)

    @expose("/answer/<int:pk>", methods=["POST"])
    @has_access
    @permission_name("apply")
    def answer(self, pk: int) -> Response:
        """Write down why a family is not in the book."""
        family = self.find(Family, pk)

        def act() -> Answer:
            said = next((one for one in GoneAnswer if one.value == request.form.get("answer")), None)
            if said is None:
                raise Refusal("Выберите ответ: переехала, пропущена или снять на заседании.")
            row = months.answer(family, _month(), said, writing.line(request.form.get("note")), clock.today())
            text = months.goes_to(family, clock.today()) if said is GoneAnswer.TO_REMOVE else _("The answer is kept.")
            return Answer(text, _back(family.district_id, row.of_month.strftime("%Y-%m")))

        return self.pressed(act, _back(family.district_id))

    @expose("/assemble/<int:pk>", methods=["POST"])
    @has_access
    @permission_name("export")
    @reads_first
    def assemble(self, pk: int) -> Response:
        """Put the book of the district together and keep it."""
        district = self.find(Territory, pk)

        def act() -> Answer:
            if months.is_large(district):
                asked = {"district": district.id, "month": f"{_month().start:%Y-%m}"}
                return later(JobKind.ASSEMBLE, f"{JobKind.ASSEMBLE}: {district.name}", asked)
            step = months.assemble(district, _month(), g.user.get_full_name(), clock.today())
            journal.read(Act.EXPORTED, entity="Family", summary=str(step), records=step.families)
            return Answer(_("The book of the district is kept."), _back(district.id, step.of_month.strftime("%Y-%m")))

        return self.pressed(act, _back(district.id))

    @expose("/book/<int:pk>")
    @has_access
    @permission_name("export")
    def book(self, pk: int) -> Response:
        """The book of a district as it was kept."""
        step = self.find(BookStep, pk)
        if step.kind is not BookStepKind.ASSEMBLED:
            abort(404)
        content = db.session.get_one(BookStep, pk, options=[undefer(BookStep.content)], populate_existing=True).content
        assert content is not None
        assert step.file_name is not None
        journal.read(Act.DOWNLOADED, entity="BookStep", entity_id=pk, summary=str(step), records=step.families)
        return self.file(content, xlsx.MIME, step.file_name)


def _month() -> Period:
    month = months.month_of(request.form.get("month", ""), months.offered(clock.today()))
    if month is None:
        raise Refusal(NO_MONTH)
    return month


def _back(district_id: int | None, code: str = "") -> str:
    month = code or request.form.get("month", "")
    known = months.month_of(month, months.offered(clock.today())) is not None
    return url_for("Months.show", district=district_id, month=month if known else None)
