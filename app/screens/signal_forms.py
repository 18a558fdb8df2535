"""The form of a signal card: what a teacher or a nurse fills in on a phone, and what a coordinator tells beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import FieldList, Form, FormField, HiddenField, SelectField

from app import access, clock
from app.domain.signals import MOST_CHILDREN, Child
from app.domain.terms import SignalSource
from app.forms import (
    REQUIRED,
    ClockField,
    DayField,
    field_of,
    is_typed,
    offered,
)
from app.models import Agency, CardChild, Employee, SignalCard
from app.screens.row_forms import RowsForm
from app.screens.signal_scans import ACCEPTED, PhotosField
from app.services.signals import Told

# What is folded at first: nobody knows it of every family.
OF_FAMILY = ("middle_name", "born_on", "mobile_phone", "home_phone", "children_study", "parents_drink", "live_together",
             "known_to_bodies", "detected_during", "criteria")  # fmt: skip
ROW = "children-__row__-"  # how the fields of one more child begin before it has its place


class ChildForm(Form):
    """A child by name or without, by birth date or by age; a row left empty is nobody."""

    name = field_of(CardChild, "name")
    born_on = field_of(CardChild, "born_on")
    age = field_of(CardChild, "age")

    @property
    def said(self) -> str:
        """The name as typed."""
        return self.name.data or ""

    @property
    def is_empty(self) -> bool:
        return not any(map(is_typed, self))

    def validate(self, extra_validators: Any = None) -> bool:
        return self.is_empty or bool(super().validate(extra_validators))


class SignalForm(RowsForm):
    """A card as its sender fills it in; who tells is known from the sign-in."""

    ROWS, MOST, SOMEBODY = "children", MOST_CHILDREN, _("Child")

    last_name = field_of(SignalCard, "last_name")
    first_name = field_of(SignalCard, "first_name")
    address = field_of(SignalCard, "address")
    detected_on = DayField(_("Day of detection"), [REQUIRED])
    detected_time = ClockField(_("Time of detection"), [REQUIRED])
    description = field_of(SignalCard, "description")
    threat = field_of(SignalCard, "threat")
    children = FieldList(FormField(ChildForm), _("Children"), min_entries=1, max_entries=MOST_CHILDREN + 1)
    middle_name = field_of(SignalCard, "middle_name")
    born_on = field_of(SignalCard, "born_on")
    mobile_phone = field_of(SignalCard, "mobile_phone")
    home_phone = field_of(SignalCard, "home_phone")
    children_study = field_of(SignalCard, "children_study")
    parents_drink = field_of(SignalCard, "parents_drink")
    live_together = field_of(SignalCard, "live_together")
    known_to_bodies = field_of(SignalCard, "known_to_bodies")
    detected_during = field_of(SignalCard, "detected_during")
    criteria = field_of(SignalCard, "criteria")
    measures = field_of(SignalCard, "measures")
    file = PhotosField(
        _("Photos or scans"),
        description=_("JPEG, PNG or PDF, up to 20 MB in all. After a refusal choose the files again."),
        render_kw={"accept": ACCEPTED},
    )
    territory = SelectField(_("Send to"), [REQUIRED], choices=[], default="")
    draft = HiddenField()

    def offer(self, territories: Mapping[str, str]) -> None:
        """The territories of the whole bank by their keys."""
        self.territory.choices = offered(territories.items())

    def told(self, agency: Agency | None, employee: Employee | None) -> Told:
        """What the card tells, as the service takes it; agency, employee: who tells by the sign-in."""
        source, agency, employee, informant = self._who(agency, employee)
        own = ("last_name", "first_name", "middle_name", "born_on", "address", "home_phone", "mobile_phone",
               "detected_during", "description", "threat", "children_study", "parents_drink", "live_together",
               "known_to_bodies", "criteria", "measures")  # fmt: skip
        return Told(
            source=source, agency=agency, employee=employee, informant=informant,
            detected_at=_moment(self.detected_on, self.detected_time), **{name: self[name].data for name in own},
        )  # fmt: skip

    def _who(self, agency: Agency | None, employee: Employee | None) -> tuple[Any, Any, Any, str | None]:
        return SignalSource.AGENCY, agency, employee, None

    @property
    def sent_at(self) -> datetime | None:
        """When it was sent, if that was not just now."""
        return None

    @property
    def told_children(self) -> list[Child]:
        """The rows of children that were filled in."""
        rows = ((entry.name, entry.form) for entry in self.children if not entry.form.is_empty)
        return [Child(row.name.data, row.born_on.data, row.age.data, typed) for typed, row in rows]

    @property
    def one_more(self) -> ChildForm:
        """The row that the script puts in for one more child."""
        return ChildForm(prefix=ROW)


class CoordinatorsSignalForm(SignalForm):
    """The same for a coordinator: who has told, and of a paper card when it was really sent."""

    source = field_of(SignalCard, "source")
    agency = field_of(SignalCard, "agency")
    employee = field_of(SignalCard, "employee")
    informant = field_of(SignalCard, "informant")
    sent_on = DayField(_("Day of sending"))
    sent_time = ClockField(_("Time of sending"))

    def validate(self, extra_validators: Any = None) -> bool:
        """An employee is of the body that tells; a day of sending has its time."""
        valid = super().validate(extra_validators)
        for field, other in ((self.sent_on, self.sent_time), (self.sent_time, self.sent_on)):
            if field.data is None and other.data is not None and not field.errors:
                field.errors = [gettext("Fill in this field.")]
                valid = False
        employee, agency = self.employee.data, self.agency.data
        if self.source.data is SignalSource.AGENCY and employee and agency and employee.agency_id != agency.id:
            self.employee.errors = [gettext("This person works in another body.")]
            valid = False
        return valid

    def _who(self, agency: Agency | None, employee: Employee | None) -> tuple[Any, Any, Any, str | None]:
        source, informant = self.source.data, self.informant.data
        if source is not SignalSource.AGENCY:
            return source, None, None, informant
        named = self.employee.data
        return source, self.agency.data or (named.agency if named else None), named, informant

    @property
    def sent_at(self) -> datetime | None:
        return _moment(self.sent_on, self.sent_time) if self.sent_on.data is not None else None


def form_of_sender() -> Callable[..., SignalForm]:
    """The form of whoever is signed in: a coordinator enters what others tell."""
    return CoordinatorsSignalForm if access.scope().kept else SignalForm


def _moment(day: DayField, time: ClockField) -> datetime:
    return datetime.combine(day.given, time.given, clock.zone()).astimezone(UTC)
