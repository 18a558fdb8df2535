"""Forms of the acts on a file of a family that goes elsewhere."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import lazy_gettext as _
from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, HiddenField, SelectField

from app.domain.refusal import Refusal
from app.forms import REQUIRED, CleanString, CleanText, EntityForm, no_longer, offered
from app.readings import coordinators
from app.screens.family_forms import DecisionForm
from app.screens.meeting_forms import PlaceField
from app.services.transfers import Destination
from app.tree import Place

LONGEST_NOTE, LONGEST_REASON = 4000, 500
NOBODY = "На этой территории нет координатора: дело там никто не примет."
ONE_OF_BOTH = "Выберите территорию банка или впишите другое муниципальное образование: что-то одно."


class SendForm(DecisionForm):
    """«Передать дело»: by which decision, and where to."""

    territory = PlaceField(_("Territory of the bank"))
    elsewhere = CleanString(
        _("Another municipality"),
        [no_longer(300)],
        description=_("One that keeps no bank here: the file goes there encrypted, and a receipt comes back."),
    )
    leaves = BooleanField(_("It lies in another region"))
    note = CleanText(_("Note"), [no_longer(LONGEST_NOTE)])

    def destination(self) -> Destination:
        """Where to, as typed. Raises Refusal."""
        place = self.territory.data
        if (place is None) is (self.elsewhere.data is None):
            raise Refusal(ONE_OF_BOTH, "territory")
        if place is None:
            return Destination(elsewhere=self.elsewhere.data, leaves=bool(self.leaves.data))
        known = coordinators.read()
        if not known.of(place.id):
            others = ", ".join(f"«{one.name}»" for one in known.instead_of(place.id))
            raise Refusal(f"{NOBODY} Передайте другой: {others}." if others else NOBODY, "territory")
        return Destination(territory_id=place.id)


class TransferReasonForm(EntityForm):
    """Why a file is not taken, or is taken back."""

    version = HiddenField()
    reason = CleanText(_("Reason"), [REQUIRED, no_longer(LONGEST_REASON)])


class ReceiveForm(EntityForm):
    """Where the family lives now."""

    territory = SelectField(_("Territory"), [REQUIRED], choices=[], default="")

    def offer(self, places: Iterable[Place]) -> None:
        """The territories where the person may receive it."""
        self.territory.choices = offered(((str(place.id), place.name) for place in places), blank=False)


class SealForm(EntityForm):
    """The phrase by which a file is sealed."""

    passphrase = CleanString(
        _("Passphrase"),
        [REQUIRED, no_longer(200)],
        description=_("Write it down and tell it apart from the file: by telephone. It is kept nowhere."),
    )


class OpenForm(EntityForm):
    """A file that came from another municipality."""

    file = FileField(_("File of the family"), [FileRequired(_("Choose a file."))])
    passphrase = CleanString(_("Passphrase"), [REQUIRED, no_longer(200)], description=_("The sender tells it apart."))


class ReceiptForm(EntityForm):
    """The receipt that came back."""

    file = FileField(_("Receipt"), [FileRequired(_("Choose a file."))])
