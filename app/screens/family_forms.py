"""Forms of the acts on a family."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from wtforms import Field, HiddenField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import StopValidation

from app import clock, tree, words
from app.domain.criteria import NO_CRITERION
from app.domain.registration import NO_REASON
from app.domain.terms import DecisionKind
from app.extensions import db
from app.forms import (
    REQUIRED,
    CleanString,
    CleanText,
    CriteriaField,
    DayField,
    EntityForm,
    LookupField,
    RowField,
    TermField,
    is_typed,
    no_longer,
    offered,
)
from app.models import Agency, AgencyKind, Family, Registration, RelationshipKind, RemovalReason
from app.services import registrations
from app.services.registrations import DecisionPaper, Removal, Signal


class Said:
    """A field that a rule of the act needs: marked as such, and refused with the words of the rule."""

    field_flags = {"required": True}

    def __init__(self, text: str) -> None:
        self.text = text

    def __call__(self, _form: Any, field: Field) -> None:
        if not field.data:
            raise StopValidation(self.text)


class DecisionForm(EntityForm):
    """What every act by a decision asks."""

    number = CleanString(_("Number of decision"), [no_longer(40)])
    decided_on = DayField(_("Date of decision"), [REQUIRED])
    agency = SelectField(_("Commission"), choices=[], default="")

    def offer_commissions(self, agencies: Iterable[Agency]) -> None:
        """The commissions of the district; a single one is chosen."""
        found = _commissions(agencies)
        self.agency.choices = found
        if len(found) == 2 and not self.is_submitted():
            self.agency.data = found[1].value

    def paper(self, agencies: dict[str, Agency]) -> DecisionPaper:
        """The decision as typed."""
        return DecisionPaper(self.number.data, self.decided_on.given, agencies.get(self.agency.data))


class PlaceForm(DecisionForm):
    """«Поставить на учёт»."""

    registered_on = DayField(_("Registered on"), description=_("If left empty: the date of the decision."))
    criteria = CriteriaField(
        _("Criteria"), [Said(NO_CRITERION)], description="Первый критерий считается основным (раздел 2 Положения)."
    )
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

    @property
    def is_begun(self) -> bool:
        """Whether anything was typed in it, beyond what a fresh form shows already."""
        shown = {self.agency, self.entered_on}
        return any(is_typed(field) for field in self if field not in shown)

    def signal(self, agencies: dict[str, Agency]) -> Signal:
        """The way of the record card as typed."""
        return Signal(
            sender=agencies.get(self.sender.data),
            detected_on=self.detected_on.data,
            card_sent_on=self.card_sent_on.data,
            received_on=self.received_on.data,
            entered_on=self.entered_on.data,
        )

    def place(self, family: Family, agencies: dict[str, Agency]) -> Registration:
        """Place a family on record as typed."""
        return registrations.place(
            family,
            self.paper(agencies),
            registered_on=self.registered_on.data or self.decided_on.given,
            criteria=self.criteria.data,
            signal=self.signal(agencies),
            note=self.note.data,
            today=clock.today(),
        )


class DecideForm(DecisionForm):
    """«Внести постановление»."""

    kind = TermField(_("Kind of decision"), [REQUIRED], terms=DecisionKind)
    note = CleanString(_("Note"), [no_longer(500)])


class RemoveForm(DecisionForm):
    """«Снять с учёта»."""

    version = HiddenField()
    removed_on = DayField(_("Removed on"), description=_("If left empty: the date of the decision."))
    reason = SelectField(_("Reason of removal"), [Said(NO_REASON)], choices=[], default="")
    note = CleanText(
        _("Note"),
        [no_longer(4000)],
        description="По причине 11.4 примечание обязательно: оно войдёт в квартальный отчёт.",
    )


class ChangeForm(DecisionForm):
    """«Изменить критерии»."""

    version = HiddenField()
    day = DayField(_("In force since"), description=_("If left empty: the date of the decision."))
    criteria = CriteriaField(
        _("Criteria"), [Said(NO_CRITERION)], description="Все, что действуют с этого дня; первый считается основным."
    )
    note = CleanString(_("Note"), [no_longer(500)])


class MoveForm(EntityForm):
    """«Перевести в другую семью»."""

    version = HiddenField()
    to_family = LookupField(_("To which family"), [REQUIRED], entity=Family)
    day = DayField(_("Day of the move"), [REQUIRED])
    role = RowField(_("Role in that family"), entity=RelationshipKind)
    reason = CleanString(_("Reason of leaving"), [REQUIRED, no_longer(300)])


class EnterForm(EntityForm):
    """The day the family was entered in the bank."""

    version = HiddenField()
    entered_on = DayField(_("Entered in the bank on"), [REQUIRED])


class ExtendForm(EntityForm):
    """A later last good day of a clock; `version`: the last good day that stood on the page."""

    version = HiddenField()
    until = DayField(_("Extended until"), [REQUIRED])
    reason = CleanText(_("Reason of the extension"), [REQUIRED, no_longer(500)])


class CorrectForm(PlaceForm):
    """A stay on record as it is stored, to be written as it truly was."""

    version = HiddenField()
    removal_number = CleanString(_("Number of decision"), [no_longer(40)])
    removal_decided_on = DayField(_("Date of decision"), [REQUIRED])
    removal_agency = SelectField(_("Commission"), choices=[], default="")
    removed_on = DayField(_("Removed on"), description=_("If left empty: the date of the decision."))
    removal_reason = SelectField(_("Reason of removal"), [Said(NO_REASON)], choices=[], default="")

    def of(self, stay: Registration, agencies: dict[str, Agency], reasons: dict[str, RemovalReason]) -> None:
        """Offer what may be chosen, and at first show what is stored; how it ended is asked of a stay that ended."""
        if stay.removal_decision is None:
            for name in [name for name in self._fields if name.startswith("remov")]:
                del self[name]
        else:
            self.removal_agency.choices = _commissions(agencies.values())
            self.removal_reason.choices = offered((key, str(reason)) for key, reason in reasons.items())
        self.agency.choices = _commissions(agencies.values())
        self.offer_senders(agencies.values())
        if not self.is_submitted():
            self.version.data = version_of(stay)
            for name, value in _stored(stay).items():
                if name in self._fields:
                    self[name].data = _as_chosen(value)

    def removal(self, agencies: dict[str, Agency], reasons: dict[str, RemovalReason]) -> Removal | None:
        """How the stay ended as typed; None for one that has not."""
        if "removal_number" not in self._fields:
            return None
        decided_on = self.removal_decided_on.given
        paper = DecisionPaper(self.removal_number.data, decided_on, agencies.get(self.removal_agency.data))
        return Removal(paper, self.removed_on.data or decided_on, reasons.get(self.removal_reason.data))

    def show_stored(self, stay: Registration) -> None:
        """Beside every field that another person has changed: what is stored now. The next press writes over it."""
        for name, value in _stored(stay).items():
            if name in self._fields and self[name].data != _as_chosen(value):
                self.refuse(f"Записано: {_in_words(value) or 'ничего'}.", name)
        self.version.raw_data, self.version.data = None, version_of(stay)


def agencies_of(district_id: int | None) -> dict[str, Agency]:
    """The bodies of a district and of what lies above and below it, by key as a form sends it; those of every place
    that the person knows where no district is chosen yet."""
    query = select(Agency).where(Agency.closed.is_(False)).order_by(Agency.name_key).options(joinedload(Agency.kind))
    if district_id is not None:
        places = {*tree.below([district_id]), *(place.id for place in tree.read().above(district_id))}
        query = query.where(Agency.territory_id.in_(places))
    return {str(row.id): row for row in db.session.scalars(query)}


def version_of(stay: Registration) -> str:
    """What a form of a stay was filled in over: its version, those of its decisions, its criteria."""
    papers = [f"{row.id}.{row.version}" for row in (stay.decision, stay.removal_decision) if row is not None]
    return "-".join([str(stay.version), *papers, *(str(one.criterion_id) for one in stay.criteria)])


def _stored(stay: Registration) -> dict[str, Any]:
    """The values of a stay by the fields of its form."""
    own = ("registered_on", "sender", "detected_on", "card_sent_on", "received_on", "entered_on", "note", "removed_on",
           "removal_reason")  # fmt: skip
    of_paper = ("number", "decided_on", "agency")
    ended = stay.removal_decision
    return {
        **{name: getattr(stay.decision, name) for name in of_paper},
        **{name: getattr(stay, name) for name in own},
        **{f"removal_{name}": getattr(ended, name) if ended else None for name in of_paper},
        "criteria": [one.criterion for one in stay.criteria],
    }


def _as_chosen(value: Any) -> Any:
    """A value as its field holds it: a row of a select by its key."""
    return str(value.id) if isinstance(value, Agency | RemovalReason) else value


def _in_words(value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(map(str, value))
    return words.day(value) if isinstance(value, date) else str(value or "")


def _commissions(agencies: Iterable[Agency]) -> list[SelectChoice]:
    return offered((str(agency.id), str(agency)) for agency in agencies if agency.kind.kind == AgencyKind.COMMISSION)
