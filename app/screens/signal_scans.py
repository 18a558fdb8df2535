"""Photos and scans of a signal card: added by its sender or its coordinator, opened, a wrong one taken out."""

from __future__ import annotations

from flask import abort, flash, redirect, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf.file import FileRequired, MultipleFileField
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from app import access
from app.acts import Answer, reads_first
from app.domain.refusal import Refusal
from app.forms import EntityForm, ValidationError
from app.models import CardScan, SignalCard
from app.render import scans
from app.screens import annulment, scan_codes
from app.screens.papers import stored_file
from app.screens.screen import Screen
from app.services import papers
from app.services.signals import NOT_RECEIVED

ACCEPTED = "image/jpeg,image/png,application/pdf,.jpg,.jpeg,.png,.pdf"
MOST_AT_ONCE = 5


class PhotosField(MultipleFileField):
    """Photos and scans that come at once, each looked into before anybody waits for the bank; `found`: with names."""

    found: list[tuple[str, scans.Inspected]]

    def pre_validate(self, _form: object) -> None:
        self.found = []
        files = [file for file in self.data or () if isinstance(file, FileStorage) and file.filename]
        if len(files) > MOST_AT_ONCE:
            raise ValidationError(f"За один раз – не больше {MOST_AT_ONCE} файлов: остальные добавьте потом.")
        for file in files:
            try:
                self.found.append((file.filename or "", papers.inspected(file.read(papers.LARGEST + 1))))
            except Refusal as refusal:
                raise ValidationError(f"{file.filename}: {refusal.text}") from refusal


class ScansForm(EntityForm):
    """Photos and scans of a card."""

    file = PhotosField(
        _("Photos or scans"),
        [FileRequired(_("Choose a file."))],
        description=_("JPEG, PNG or PDF, up to 20 MB in all. After a refusal choose the files again."),
        render_kw={"accept": ACCEPTED},
    )


class SignalScans(Screen):
    """The photos and scans of signal cards."""

    route_base = "/"
    class_permission_name = "SignalCard"
    default_view = "add"

    @expose("/signal/<int:pk>/scan", methods=["GET", "POST"])
    @has_access
    @permission_name("send")
    @reads_first
    def add(self, pk: int) -> str | Response:
        """Add photos or scans to a card that is not closed."""
        card, form = self._added_to(pk), ScansForm()
        back = url_for("SignalPage.show", pk=pk)

        if form.is_submitted() and form.validate() and (answer := self._brought(pk, form, back)):
            return answer
        heading = gettext("Attach photos or scans")
        return self.page("signals/act.html", card=self.find(SignalCard, card.id), form=form, heading=heading)

    def _brought(self, pk: int, form: ScansForm, back: str) -> Response | None:
        """Files of the card; the scan of a survey act goes to its survey."""
        try:
            codes = scan_codes.on(form.file.found)
        except Refusal as refusal:
            form.refuse(refusal.text, refusal.field)
            return None

        def whole() -> Answer:
            card, owner = self._added_to(pk), scan_codes.owner_of(codes)
            if owner is not None:
                return scan_codes.attached(owner, form.file.found, None)
            attach(card, form.file)
            return Answer(gettext("The files are attached to the card."), back)

        return self.done(form, whole)

    @expose("/signal-scan/<int:pk>/file")
    @has_access
    @permission_name("show")
    def download(self, pk: int) -> Response:
        """The file itself: a picture opens in the browser, a PDF is kept."""
        row = self.find(CardScan, pk)
        card = self.find(SignalCard, row.card_id)
        back = url_for("SignalPage.show", pk=card.id)
        if row.annulled_at is not None:
            abort(404)
        if is_sealed(card):
            return redirect(back)
        return stored_file(row, back)

    @expose("/signal-scan/<int:pk>/annul", methods=["GET", "POST"])
    @has_access
    @permission_name("send")
    def annul(self, pk: int) -> str | Response:
        """Take a wrong file off a card, with a reason; it stays in the store."""
        row = self.find(CardScan, pk)
        self._added_to(row.card_id)
        facts = ((gettext("Signal card"), row.card), (gettext("File"), row.file_name))
        return annulment.page(row, self.page, back=url_for("SignalPage.show", pk=row.card_id), facts=facts,
                              menu_entry="SignalCards")  # fmt: skip

    def _added_to(self, pk: int) -> SignalCard:
        """A card that the person's body has sent, or that lies on the person's territory and is opened."""
        card, scope = self.find(SignalCard, pk), access.scope()
        own = scope.agency is not None and card.agency_id == scope.agency
        if card.closed_at is not None or card.annulled_at is not None:
            abort(403)
        if is_sealed(card) and not own:
            flash(NOT_RECEIVED, "warning")
            abort(redirect(url_for("SignalPage.show", pk=pk)))
        if not own and not scope.covers_territory(card.territory_id):
            abort(403)
        return card


def is_sealed(card: SignalCard) -> bool:
    """Whether a card lies before its coordinator and is not opened: what is in it is not shown before that."""
    waits = card.received_at is None and card.closed_at is None
    return waits and access.scope().covers_territory(card.territory_id)


def attach(card: SignalCard, field: PhotosField) -> None:
    """Store the files of a form with a card. Raises Refusal."""
    for name, scan in field.found:
        papers.attach_to_card(card, name, scan)
