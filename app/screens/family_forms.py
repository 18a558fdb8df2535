"""Forms of the acts on a family."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import lazy_gettext as _
from wtforms import HiddenField, SelectField

from app.forms import REQUIRED, CleanString, CleanText, CriteriaField, DayField, EntityForm, no_longer, offered
from app.models import Agency
from app.services.registrations import DecisionPaper, Signal

COMMISSION = "KDN"


class DecisionForm(EntityForm):
    """What every act by a decision asks."""

    number = CleanString(_("Number of decision"), [no_longer(40)])
    decided_on = DayField(_("Date of decision"), [REQUIRED])
    agency = SelectField(_("Commission"), choices=[], default="")

    def offer_commissions(self, agencies: Iterable[Agency]) -> None:
        """The commissions of the district; a single one is chosen."""
        found = [agency for agency in agencies if agency.kind.kind == COMMISSION]
        self.agency.choices = offered((str(agency.id), str(agency)) for agency in found)
        if len(found) == 1 and not self.is_submitted():
            self.agency.data = str(found[0].id)

    def paper(self, agencies: dict[str, Agency]) -> DecisionPaper:
        """The decision as typed."""
        return DecisionPaper(self.number.data, self.decided_on.given, agencies.get(self.agency.data))


class PlaceForm(DecisionForm):
    """«Поставить на учёт»."""

    registered_on = DayField(_("Registered on"), description=_("If left empty: the date of the decision."))
    criteria = CriteriaField(_("Criteria"), description="Первый критерий считается основным (раздел 2 Положения).")
    sender = SelectField(_("Agency that sent the card"), choices=[], default="")
    detected_on = DayField(_("Date of detection"))
    card_sent_on = DayField(_("Card sent on"))
    received_on = DayField(
        _("Decision and card received on"), description="С этого дня идёт срок внесения в банк (Положение, 3.2)."
    )
    entered_on = DayField(_("Entered in the bank on"))
    note = CleanText(_("Note"), [no_longer(4000)])

    def offer_senders(self, agencies: Iterable[Agency]) -> None:
        """The bodies that may have sent the card, by their kind."""
        rows = sorted(agencies, key=lambda agency: (agency.kind.code, agency.name))
        self.sender.choices = offered((str(row.id), f"{row.kind.code} · {row.name}") for row in rows)

    def signal(self, agencies: dict[str, Agency]) -> Signal:
        """The way of the record card as typed."""
        return Signal(
            sender=agencies.get(self.sender.data),
            detected_on=self.detected_on.data,
            card_sent_on=self.card_sent_on.data,
            received_on=self.received_on.data,
            entered_on=self.entered_on.data,
        )


class RemoveForm(DecisionForm):
    """«Снять с учёта»."""

    version = HiddenField()
    removed_on = DayField(_("Removed on"), description=_("If left empty: the date of the decision."))
    reason = SelectField(_("Reason of removal"), choices=[], default="")
    note = CleanText(
        _("Note"),
        [no_longer(4000)],
        description="По причине 11.4 примечание обязательно: оно войдёт в квартальный отчёт.",
    )


class EnterForm(EntityForm):
    """The day the family was entered in the bank."""

    version = HiddenField()
    entered_on = DayField(_("Entered in the bank on"), [REQUIRED])
