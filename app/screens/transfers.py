"""The file of a family goes elsewhere: it is sent, received or declined, and either end sees where it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response

from app import access, clock, journal, tree
from app.acts import Answer, reads_first
from app.domain.refusal import Refusal
from app.domain.terms import Act, TerritoryKind, TransferState
from app.exchange import apply, preview
from app.exchange import transfers as road
from app.exchange.confirmation import Confirmation
from app.exchange.transfers import Arrival, CaseFile
from app.extensions import db
from app.models import Family, Territory, Transfer
from app.screens import overtaken
from app.screens.exchange import ANSWER, FIRST, confirmed
from app.screens.family_forms import agencies_of
from app.screens.screen import Screen
from app.screens.transfer_forms import ReceiveForm, SendForm, TransferReasonForm
from app.services import papers
from app.services import transfers as acts
from app.tree import Place

CHANGED_THERE = "Пока вы смотрели, дело изменили там, откуда его передают. Проверьте его ещё раз."


class NotReceivedYetError(Exception):
    """A file is not received yet: it is shown again, and the text says why."""


class ReceivingScreen(Screen):
    """What the screens of files that come and go share."""

    route_base = "/"
    class_permission_name = "Transfer"

    def _transfer(self, pk: int) -> Transfer:
        return self.find(
            Transfer, pk, joinedload(Transfer.from_territory), joinedload(Transfer.to_territory),
            joinedload(Transfer.family), joinedload(Transfer.received), joinedload(Transfer.reason),
        )  # fmt: skip

    def _receives(self, row: Transfer) -> bool:
        """Whether the person keeps where it goes to."""
        may = bool(self.appbuilder.sm.has_access("can_receive", "Transfer"))
        return may and row.to_territory_id is not None and access.scope().covers_territory(row.to_territory_id)

    def _sends(self, row: Transfer) -> bool:
        """Whether the person keeps where it comes from."""
        may = bool(self.appbuilder.sm.has_access("can_send", "Transfer"))
        return may and row.from_territory_id is not None and access.scope().covers_territory(row.from_territory_id)

    def _received(self, form: ReceiveForm, case: CaseFile, finish: Callable[[CaseFile, Any, Any], Answer], *,
                  heading: str, back: str, whose: str,
                  keys: dict[str, str] | None = None, address: str = "",
                  confirms: bool = True) -> str | Response:  # fmt: skip
        """Show what receiving a file would do here; do it once that was confirmed.

        address: of the form that confirms; confirms: whether this is its answer.
        """
        sent = confirms and form.is_submitted()
        said, today = confirmed() if sent else Confirmation(), clock.today()
        place = db.session.get(Territory, int(form.territory.data)) if form.territory.data.isdecimal() else None
        if place is None or not access.scope().covers_territory(place.id):
            abort(404)
        arrival, warning, scan = Arrival(place, tree.district_of(place)), "", None
        refused = _SaidAbove()
        if sent and form.validate() and not said.again:
            scan = papers.inspected(case.passport)
            prepared = apply.PreparedLoad(lambda: road.planned(case, arrival, today, said.answers), today)

            def whole() -> Answer:
                if again := said.warning(prepared.held()):
                    raise NotReceivedYetError(again)
                return finish(case, prepared, scan)

            try:
                if answer := self.done(refused, whole):
                    return answer
                warning = refused.text
            except NotReceivedYetError as again:
                db.session.rollback()
                warning = str(again)
        made = road.planned(case, arrival, today, said.answers)
        shown = preview.shown(made, warning)
        journal.read(Act.OPENED, entity="Transfer", summary=f"Дело на приём: {whose}", records=1)
        return self.page("transfers/receive.html", plan=shown, form=form, heading=heading, back=back, whose=whose,
                         keys=keys or {}, address=address or request.path, answer=ANSWER, first=FIRST)  # fmt: skip


class TransferPage(ReceivingScreen):
    """One file of a family on its way."""

    default_view = "show"

    @expose("/family/<int:pk>/transfer", methods=["GET", "POST"])
    @has_access
    def send(self, pk: int) -> str | Response:
        """«Передать дело» of a family to another territory, by a decision."""
        family, form = self._family(pk), SendForm()
        agencies = agencies_of(family.district_id)
        form.offer_commissions(agencies.values())

        def whole() -> Answer:
            row = acts.decide_and_send(
                self._family(pk), form.paper(agencies), form.destination(), form.note.data, clock.today()
            )
            return Answer(gettext("The file is handed over: the family stays here until it is received there."),
                          _page_of(row.id))  # fmt: skip

        if form.is_submitted() and form.validate() and (answer := self.done(form, whole)):
            return answer
        return self.page("transfers/send.html", family=self._family(pk), form=form)

    @expose("/transfer/<int:pk>")
    @has_access
    def show(self, pk: int) -> str:
        """Where the file is, and what may be done with it here."""
        row = self._transfer(pk)
        journal.read(Act.OPENED, entity="Transfer", entity_id=pk, family_id=row.family_id,
                     summary=journal.title_of(row))  # fmt: skip
        waits, scope = row.state is TransferState.WAITING, access.scope()
        return self.page(
            "transfers/show.html", row=row, waits=waits, sends=self._sends(row), receives=self._receives(row),
            sees_family=row.family is not None, sees_received=row.received is not None, scope=scope,
        )  # fmt: skip

    @expose("/transfer/<int:pk>/receive", methods=["GET", "POST"])
    @has_access
    @reads_first
    def receive(self, pk: int) -> str | Response:
        """Look at the family that comes, and receive it: it is on record here, and no longer there."""
        row = self._arriving(pk)
        mark, form = journal.mark(), ReceiveForm()
        places = _places_near(row.to_territory_id or 0)
        form.offer(places)
        if not form.is_submitted():
            form.territory.data = str(row.to_territory_id if row.to_territory_id in _keys(places) else places[0].id)
        try:
            case = road.file_of(row, clock.today())
        except Refusal as refusal:
            flash(refusal.text, "danger")
            return redirect(_page_of(pk))

        def finish(case: CaseFile, prepared: Any, scan: Any) -> Answer:
            fresh = self._arriving(pk)
            if fresh.family_id in journal.families_since(mark):
                raise Refusal(CHANGED_THERE)
            family = road.receive(fresh, case, prepared, scan, clock.today())
            return Answer(gettext("The family is received."), url_for("FamilyPage.show", pk=family.id))

        return self._received(form, case, finish, heading=gettext("Receive the file") + f": {row.named}",
                              back=_page_of(pk), whose=row.named)  # fmt: skip

    @expose("/transfer/<int:pk>/decline", methods=["GET", "POST"])
    @has_access
    @permission_name("receive")
    def decline(self, pk: int) -> str | Response:
        """«Отказать в приёме», with the reason: the family stays where it is."""
        return self._act(pk, gettext("Decline the file"), self._receives, acts.decline,
                         gettext("The file is declined: the family stays where it is."))  # fmt: skip

    @expose("/transfer/<int:pk>/withdraw", methods=["GET", "POST"])
    @has_access
    @permission_name("send")
    def withdraw(self, pk: int) -> str | Response:
        """«Отозвать передачу», with the reason, as long as nobody has received it."""
        return self._act(pk, gettext("Withdraw the transfer"), self._sends, acts.withdraw,
                         gettext("The transfer is withdrawn: the family stays here."))  # fmt: skip

    @expose("/transfer/<int:pk>/undo", methods=["POST"])
    @has_access
    @permission_name("receive")
    def undo(self, pk: int) -> Response:
        """Take a receipt back, as long as nothing has followed from it."""

        def whole() -> Answer:
            row = self._transfer(pk)
            if not self._receives(row):
                abort(403)
            road.take_back(row, clock.today())
            return Answer(gettext("The receipt is undone: the family is where it came from, and its file waits."),
                          _page_of(pk))  # fmt: skip

        return self.pressed(whole, _page_of(pk))

    # What the routes share

    def _act(self, pk: int, heading: str, may: Callable[[Transfer], bool], act: Callable[[Transfer, str], None],
             done: str) -> str | Response:  # fmt: skip
        row, form = self._transfer(pk), TransferReasonForm()
        if not may(row):
            abort(403)
        if not form.is_submitted():
            form.version.data = str(row.version)

        def whole() -> Answer:
            fresh = self._transfer(pk)
            overtaken.check(form, fresh)
            act(fresh, form.reason.data or "")
            return Answer(done, _page_of(pk))

        if form.is_submitted() and form.validate() and (answer := self.done(form, whole)):
            return answer
        return self.page("surveys/form.html", form=form, heading=heading, back=_page_of(pk), whose=row.named,
                         menu_entry="Transfers")  # fmt: skip

    def _family(self, pk: int) -> Family:
        family = self.find(Family, pk, joinedload(Family.district), joinedload(Family.territory))
        if family.annulled_at is not None or not access.scope().covers_territory(family.territory_id):
            abort(403)
        return family

    def _arriving(self, pk: int) -> Transfer:
        """A transfer that waits for the person to receive it, or 403; of one that waits no longer, its page."""
        row = self._transfer(pk)
        if not self._receives(row):
            abort(403)
        return row


class _SaidAbove:
    """A refusal that is said above the page."""

    text = ""

    def refuse(self, text: str, field: str | None) -> None:
        self.text = text


def _places_near(territory_id: int) -> Sequence[Place]:
    """The territories of a district where the person may receive a family."""
    known = tree.read()
    above = known.above(territory_id)
    district = next((place for place in above if place.kind is TerritoryKind.DISTRICT), above[0] if above else None)
    below = known.below([district.id]) if district is not None else []
    return [place for place in below if access.scope().covers_territory(place.id)]


def _keys(places: Sequence[Place]) -> set[int]:
    return {place.id for place in places}


def _page_of(pk: int) -> str:
    return url_for("TransferPage.show", pk=pk)
