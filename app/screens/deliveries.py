"""The register of delivery: filled in from the page of an item, printed of a meeting or of a period."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from flask import abort, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response
from wtforms import HiddenField, SelectField

from app import access, clock, guard, journal
from app.acts import Answer, reads_first
from app.documents import deliveries as register
from app.domain import deliveries as rules
from app.domain.refusal import Refusal
from app.domain.terms import Act, DeliveryWay, TemplateKind
from app.extensions import db
from app.forms import REQUIRED, CleanText, DayField, EntityForm, TermField, field_of, no_longer, offered
from app.models import AgendaItem, Delivery, Meeting, Paper
from app.readings import meetings
from app.render.table import Table
from app.screens import overtaken, scan_codes
from app.screens.meeting_forms import WhyNotForm
from app.screens.period_log import PeriodLog
from app.screens.signal_scans import ScansForm
from app.services import deliveries as acts

INTRO = "Скан с кодом находит своё постановление сам, где бы его ни приложили."
LONGEST_LIST = 9_000  # characters of all whom a paper is given to at once


class HandedForm(EntityForm):
    """A paper of an item that was handed or sent."""

    kind = SelectField(_("Paper"), [REQUIRED], choices=[])
    sent_on = DayField(_("Handed or sent on"), [REQUIRED])
    way = TermField(_("How"), [REQUIRED], terms=DeliveryWay, blank=False)
    handed_by = field_of(Delivery, "handed_by")
    whom = CleanText(
        _("To whom"), [REQUIRED, no_longer(LONGEST_LIST)], description=_("Each recipient on a line of its own.")
    )
    received_on = DayField(_("Received by them on"))
    mark = field_of(Delivery, "mark")

    def offer(self, item: AgendaItem) -> None:
        """The papers that there are of an item: before the meeting is closed, the invitation alone."""
        there = rules.DELIVERED if item.number is not None else (TemplateKind.NOTICE,)
        self.kind.choices = offered([(one.value, str(one)) for one in there], blank=False)

    @property
    def handed(self) -> acts.Handed:
        """What was typed, as the service takes it."""
        kind = TemplateKind.of(self.kind.data) or TemplateKind.NOTICE  # the form offers no other word
        return acts.Handed(
            kind, self.whom.data or "", self.sent_on.given, self.way.data,
            handed_by=self.handed_by.data, received_on=self.received_on.data, mark=self.mark.data,
        )  # fmt: skip


class DeliveryReceiptForm(EntityForm):
    """That a paper was received, and what shows it."""

    version = HiddenField()
    received_on = DayField(_("Received by them on"), [REQUIRED])
    mark = field_of(Delivery, "mark")


class Deliveries(PeriodLog):
    """To whom the papers of meetings were given."""

    route_base = "/"
    log_of, log_page, log_template = "Delivery", "Deliveries.period", "meetings/register.html"
    class_permission_name = "Delivery"
    default_view = "period"

    @expose("/item/<int:pk>/deliveries", methods=["GET", "POST"])
    @has_access
    @permission_name("note")
    def of_item(self, pk: int) -> str | Response:
        """To whom the papers of an item were given, and a form for one more."""
        item, form, today = self._item(pk), HandedForm(), clock.today()
        form.offer(item)

        def whole() -> Answer:
            rows = acts.note(self._item(pk), form.handed, clock.today())
            return Answer(gettext("Written into the register: %(count)s.", count=len(rows)), _page_of(pk))

        if form.is_submitted():
            if form.validate() and (answer := self.done(form, whole)):
                return answer
        else:
            form.sent_on.data, form.handed_by.data = today, access.scope().user_name
            form.whom.data = "\n".join(_usual(item, today))
        journal.read(Act.OPENED, entity="AgendaItem", entity_id=pk, family_id=item.family_id,
                     summary=journal.title_of(item))  # fmt: skip
        asked = select(Delivery).where(Delivery.item_id == pk, Delivery.annulled_at.is_(None))
        rows = db.session.scalars(asked.order_by(Delivery.sent_on, Delivery.id)).all()
        return self.page("meetings/deliveries.html", item=item, form=form, rows=rows, scans=_scans(item))

    @expose("/item/<int:pk>/scan", methods=["GET", "POST"])
    @has_access
    @permission_name("note")
    @reads_first
    def scan(self, pk: int) -> str | Response:
        """Add the signed scan of a decision by hand; one that bears the code of another goes there."""
        item, form = self._item(pk), ScansForm()
        if form.is_submitted() and form.validate():
            try:
                codes = scan_codes.on(form.file.found)
            except Refusal as refusal:
                form.refuse(refusal.text, refusal.field)
            else:

                def whole() -> Answer:
                    here = self._item(pk)
                    owner = scan_codes.owner_of(codes) or scan_codes.PaperOf(here, TemplateKind.RESOLUTION)
                    return scan_codes.attached(owner, form.file.found, None, came_to=here)

                if answer := self.done(form, whole):
                    return answer
        return self.page("surveys/scan.html", form=form, heading=gettext("Attach the signed scan"), whose=str(item),
                         back=_page_of(pk), intro=INTRO, menu_entry="Meetings")  # fmt: skip

    @expose("/delivery/<int:pk>/receipt", methods=["GET", "POST"])
    @has_access
    @permission_name("note")
    def receipt(self, pk: int) -> str | Response:
        """A paper was received."""
        row, form = self._row(pk), DeliveryReceiptForm()
        if not form.is_submitted():
            form.version.data, form.received_on.data, form.mark.data = str(row.version), row.received_on, row.mark

        def whole() -> Answer:
            fresh = self._row(pk)
            overtaken.check(form, fresh)
            acts.receive(fresh, form.received_on.given, form.mark.data, clock.today())
            return Answer(gettext("The receipt is written down."), _page_of(row.item_id))

        return self._asked(form, gettext("Mark the receipt"), row, whole)

    @expose("/delivery/<int:pk>/annul", methods=["GET", "POST"])
    @has_access
    @permission_name("note")
    def annul(self, pk: int) -> str | Response:
        """A row that was entered by mistake."""
        row, form = self._row(pk), WhyNotForm()

        def whole() -> Answer:
            acts.annul(self._row(pk), form.reason.data or "")
            return Answer(gettext("The row is annulled."), _page_of(row.item_id))

        return self._asked(form, gettext("Annul the row of the register"), row, whole)

    # The register

    @expose("/deliveries/period")
    @has_access
    @permission_name("xlsx")
    def period(self) -> str:
        """The days of the register are asked for; this month up to now is offered."""
        return self.days_page()

    @expose("/deliveries/of-period.<any(pdf, xlsx):kind>")
    @has_access
    @permission_name("xlsx")
    def of_period(self, kind: str) -> Response:
        """The register of a period as a file; days that are not understood are asked for again."""
        return self.of_days(kind, _of_days)

    @expose("/meeting/<int:pk>/deliveries.<any(pdf, xlsx):kind>")
    @has_access
    @permission_name("xlsx")
    def of_meeting(self, pk: int, kind: str) -> Response:
        """The register of one meeting as a file."""
        meeting = self.find(Meeting, pk, joinedload(Meeting.agency))
        if not guard.may_write(meeting):
            abort(404)
        return self.written(register.of_meeting(meeting), kind, f"{register.TITLE} {meeting.held_on:%d.%m.%Y}")

    def _asked(self, form: EntityForm, heading: str, row: Delivery, whole: Callable[[], Answer]) -> str | Response:
        if form.is_submitted() and form.validate() and (answer := self.done(form, whole)):
            return answer
        return self.page("surveys/form.html", form=form, heading=heading, back=_page_of(row.item_id), whose=str(row),
                         menu_entry="Meetings")  # fmt: skip

    def _item(self, pk: int) -> AgendaItem:
        item = self.find(AgendaItem, pk, joinedload(AgendaItem.meeting), joinedload(AgendaItem.family))
        if item.meeting is None or item.annulled_at is not None or not guard.may_write(item.meeting):
            abort(403)
        return item

    def _row(self, pk: int) -> Delivery:
        row = self.find(Delivery, pk, joinedload(Delivery.meeting))
        if row.meeting is None or not guard.may_write(row.meeting):
            abort(403)
        return row


def _scans(item: AgendaItem) -> list[Paper]:
    """The scans that are kept with the decision on an item."""
    if item.decision_id is None:
        return []
    asked = select(Paper).where(Paper.decision_id == item.decision_id, Paper.annulled_at.is_(None))
    return list(db.session.scalars(asked.order_by(Paper.id)))


def _usual(item: AgendaItem, today: date) -> list[str]:
    """To whom the papers of an item usually go: the parents, and the bodies that it orders something."""
    bodies = [order.agency.name for order in item.instructions] if item.number is not None else []
    return list(dict.fromkeys([*meetings.invited(item, today), *bodies]))


def _of_days(since: date, until: date) -> tuple[Table, str]:
    return register.of_period(since, until), f"{register.TITLE} {since:%d.%m.%Y} – {until:%d.%m.%Y}"


def _page_of(pk: int) -> str:
    return url_for("Deliveries.of_item", pk=pk)
