"""The file of a family goes to another installation, sealed, and comes from another one; a receipt goes back."""

from __future__ import annotations

from typing import Any

from flask import abort, g, request, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext
from werkzeug.wrappers import Response

from app import access, clock, journal, tree
from app.acts import Answer, reads_first
from app.domain.refusal import Refusal
from app.domain.terms import Act, TerritoryKind, TransferState
from app.exchange import envelopes, waiting
from app.exchange import transfers as road
from app.exchange.transfers import CaseFile
from app.models import Transfer
from app.screens.transfer_forms import OpenForm, ReceiptForm, ReceiveForm, SealForm
from app.screens.transfers import ReceivingScreen
from app.services import transfers as moves

SEALED, PLAIN = "application/octet-stream", "application/json"


class TransferFiles(ReceivingScreen):
    """Sealed files of families, out and in, and their receipts."""

    default_view = "open"

    @expose("/transfer/<int:pk>/file", methods=["GET", "POST"])
    @has_access
    @permission_name("send")
    @reads_first
    def seal(self, pk: int) -> str | Response:
        """The file of a family that goes out of the bank, sealed by a passphrase."""
        row, form = self._going_out(pk), SealForm()
        if not form.is_submitted():
            form.passphrase.data = envelopes.phrase()
        elif form.validate():
            try:
                content = envelopes.seal(row, form.passphrase.data or "", clock.today())
            except Refusal as refusal:
                form.refuse(refusal.text, refusal.field)
            else:
                if self.done(form, lambda: self._filed(pk)):
                    journal.read(Act.EXPORTED, entity="Transfer", entity_id=pk, records=1, summary="Файл дела")
                    return self.file(content, SEALED, f"Дело {pk}{envelopes.SUFFIX}")
        return self.page("transfers/file.html", form=form, heading=gettext("Make the file of the family"),
                         back=_page_of(pk), whose=row.named, said=gettext(
                             "Send the file any way, and tell the passphrase apart. Made anew, it may have another one."
                         ))  # fmt: skip

    def _filed(self, pk: int) -> Answer:
        self._going_out(pk).filed_at = clock.now()
        return Answer(gettext("The file is made."), _page_of(pk))

    @expose("/transfer/<int:pk>/receipt", methods=["GET", "POST"])
    @has_access
    @permission_name("send")
    def answered(self, pk: int) -> str | Response:
        """The receipt that came back: the family leaves the record here on the day that it tells."""
        row, form = self._going_out(pk), ReceiptForm()

        def whole() -> Answer:
            fresh = self._going_out(pk)
            said = envelopes.read_receipt(form.file.data.read(envelopes.LARGEST_RECEIPT + 1), fresh, clock.today())
            by = ", ".join(filter(None, (said.place, said.by)))[:200]
            moves.receive(fresh, received_on=said.received_on, answered_by=by, at=envelopes.moment_of(said),
                          today=clock.today())  # fmt: skip
            return Answer(gettext("The receipt is taken: the family left the record here."), _page_of(pk))

        if form.is_submitted() and form.validate() and (answer := self.done(form, whole)):
            return answer
        return self.page("transfers/file.html", form=form, heading=gettext("Bring in the receipt"),
                         back=_page_of(pk), whose=row.named, said="")  # fmt: skip

    @expose("/transfer/<int:pk>/receipt.json")
    @has_access
    @permission_name("receive")
    def receipt(self, pk: int) -> Response:
        """The receipt of a file that came from another installation, to be sent back."""
        row = self._transfer(pk)
        if not self._receives(row) or row.family_id is not None or row.state is not TransferState.RECEIVED:
            abort(404)
        journal.read(Act.EXPORTED, entity="Transfer", entity_id=pk, summary=f"Расписка: {row.named}", records=1)
        return self.file(envelopes.receipt(row, str(row.to_territory)), PLAIN,
                         f"Расписка {row.key[:8]}{envelopes.RECEIPT_SUFFIX}")  # fmt: skip

    @expose("/transfers/open", methods=["GET", "POST"])
    @has_access
    @permission_name("receive")
    @reads_first
    def open(self) -> str | Response:
        """A sealed file that came: opened, and looked through before it is received."""
        form = OpenForm()
        if form.is_submitted() and form.validate():
            try:
                content = envelopes.unseal(form.file.data.read(envelopes.LARGEST_FILE + 1), form.passphrase.data or "")
                return self._look_through(content, waiting.keep(content, "дело", g.user.id))
            except Refusal as refusal:
                form.refuse(refusal.text, refusal.field if refusal.field in form else "file")
        return self.page(
            "transfers/file.html",
            form=form,
            heading=gettext("Open the file of a family"),
            back=url_for("TransferRegistry.list"),
            whose=gettext("Transfers of families"),
            said="",
        )

    @expose("/transfers/receive", methods=["POST"])
    @has_access
    @permission_name("receive")
    @reads_first
    def take(self) -> str | Response:
        """Receive the file that was opened, if receiving it would still do the same."""
        key = request.form.get("key", "")
        found = waiting.find(key, g.user.id)
        if found is None:
            form = OpenForm(formdata=None)
            form.refuse(waiting.GONE, "file")
            return self.page(
                "transfers/file.html",
                form=form,
                heading=gettext("Open the file of a family"),
                back=url_for("TransferRegistry.list"),
                whose=gettext("Transfers of families"),
                said="",
            )
        return self._look_through(found.content, key)

    def _look_through(self, content: bytes, key: str) -> str | Response:
        envelope = envelopes.read(content)
        moves.check_fresh(str(envelope.said["key"]))
        form, known = ReceiveForm(), tree.read()
        kept = [place for place in known.below([root.id for root in known.roots])
                if place.kind is not TerritoryKind.REGION and access.scope().covers_territory(place.id)]  # fmt: skip
        if not kept:
            abort(403)
        form.offer(kept)
        if form.territory.data not in {str(place.id) for place in kept}:
            form.territory.data = str(kept[0].id)

        def finish(case: CaseFile, prepared: Any, scan: Any) -> Answer:
            said = envelope.said
            row = moves.arrive(
                {name: said[name] for name in ("named", "number", "commission", "note", "sent_by", "key", "secret")},
                elsewhere=case.whence, decided_on=case.decided_on, territory_id=int(form.territory.data),
            )  # fmt: skip
            road.receive(row, case, prepared, scan, clock.today())
            waiting.drop(key)
            return Answer(gettext("The family is received. Send the receipt back."), _page_of(row.id))

        return self._received(
            form, envelope.case, finish, heading=gettext("Receive the file") + f": {envelope.said['named']}",
            back=url_for("TransferFiles.open"), whose=gettext("Open the file of a family"), keys={"key": key},
            address=url_for("TransferFiles.take"), confirms=request.endpoint == "TransferFiles.take",
        )  # fmt: skip

    def _going_out(self, pk: int) -> Transfer:
        """A transfer that leaves the bank and waits, or 403."""
        row = self._transfer(pk)
        if not self._sends(row) or row.elsewhere is None or row.state is not TransferState.WAITING:
            abort(403)
        return row


def _page_of(pk: int) -> str:
    return url_for("TransferPage.show", pk=pk)
