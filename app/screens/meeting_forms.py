"""The forms of a meeting: its plan, its preparation, its agenda, and what it decides on an item."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from functools import cached_property
from typing import Any, ClassVar

from flask import request
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import BooleanField, FieldList, Form, FormField, HiddenField, IntegerField, SelectField
from wtforms.fields.choices import Choice
from wtforms.validators import NumberRange, Optional

from app import tree, words
from app.domain import meetings as rules
from app.domain.meetings import Votes
from app.domain.refusal import Refusal
from app.domain.terms import TerritoryKind
from app.forms import (
    REQUIRED,
    CleanString,
    CleanText,
    ClockField,
    CriteriaField,
    DayField,
    EntityForm,
    LookupField,
    RowField,
    field_of,
    is_typed,
    kept_list,
    key_of,
    no_longer,
    offered,
    parse_date,
)
from app.models import (
    Agency,
    AgendaItem,
    DecisionOutcome,
    Employee,
    Family,
    Instruction,
    Meeting,
    RemovalReason,
    SignalCard,
)
from app.screens import overtaken
from app.screens.row_forms import RowsForm
from app.services.instructions import Typical
from app.services.meetings import Prepared
from app.services.resolutions import KnownOfItem
from app.services.sitting import MOST_INSTRUCTIONS, Decided, Ordered

LONGEST_REASON, LONGEST_NOTE = 500, 300
MOST_DAYS = 60  # of a plan that is typed at once
ROW = "instructions-__row__-"  # how the fields of one more instruction begin before the row has its place
MOST_VOTES = 99
WEEKDAYS = ["понедельник", "вторник", "среда", "четверг", "пятница"]
WEEKS = {"1,3": _("first and third"), "2,4": _("second and fourth"), "1,2,3,4": _("every week")}


def read_days(text: str | None) -> tuple[list[date], list[str]]:
    """The days that a text lists, and the words of it that are none."""
    found, wrong = [], []
    for word in re.split(r"[\s,;]+", text or ""):
        if not word:
            continue
        day = parse_date(word)
        if day is None:
            wrong.append(word)
        else:
            found.append(day)
    return found, wrong


class PlanForm(EntityForm):
    """The days of the meetings of a body."""

    agency = SelectField(_("Commission or council"), [REQUIRED], choices=[])
    year = IntegerField(_("Year"), [Optional(), NumberRange(2020, 2100)])
    weekday = SelectField(_("Day of the week"), choices=[])
    weeks = SelectField(_("Weeks of the month"), choices=[])
    days = CleanText(
        _("Days of the meetings"), [no_longer(2000)],
        description=_("DD.MM.YYYY, one after another. A plan may be suggested: then correct it and save."),
    )  # fmt: skip
    starts_at = ClockField(_("Begins at"))
    place = field_of(Meeting, "place")

    def offer(self, bodies: dict[str, Agency]) -> None:
        """The bodies of the person that hold meetings; a single one is chosen."""
        pairs = [(key, str(row)) for key, row in bodies.items()]
        self.agency.choices = offered(pairs, blank=len(pairs) != 1)
        self.weekday.choices = offered([(str(place), name) for place, name in enumerate(WEEKDAYS)], blank=False)
        self.weeks.choices = offered(WEEKS.items(), blank=False)

    def validate(self, extra_validators: Any = None) -> bool:
        """Every word of the list of days is a day."""
        valid = bool(super().validate(extra_validators))
        found, wrong = read_days(self.days.data)
        if wrong:
            self.refuse(gettext("This is no day: %(words)s.", words=", ".join(wrong[:5])), "days")
        elif len(found) > MOST_DAYS:
            self.refuse(gettext("No more than %(count)s days at once.", count=MOST_DAYS), "days")
        return valid and not wrong and len(found) <= MOST_DAYS

    @property
    def suggests(self) -> bool:
        """Whether a plan can be suggested of what was chosen: the year, the day of the week, the weeks."""
        return all(field.validate(self) for field in (self.year, self.weekday, self.weeks))

    @property
    def listed(self) -> list[date]:
        return read_days(self.days.data)[0]

    @property
    def time(self) -> str | None:
        return f"{self.starts_at.data:%H:%M}" if self.starts_at.data else None


class PrepareForm(EntityForm):
    """Number, day, time, place, who presides, who writes the minutes."""

    version = HiddenField()
    number = IntegerField(_("Number of the meeting"), [Optional(), NumberRange(1, 9999)])
    held_on = DayField(_("Day of the meeting"), [REQUIRED])
    starts_at = ClockField(_("Begins at"))
    place = field_of(Meeting, "place")
    extended = field_of(Meeting, "extended")
    presiding = SelectField(_("Presiding member"), choices=[])
    secretary = SelectField(_("Secretary"), choices=[])
    others_present = field_of(Meeting, "others_present")

    def offer(self, people: dict[str, Employee], posts: dict[str, str]) -> None:
        """Who sits in the body on the day of the meeting, each with the post."""
        pairs = [(key, f"{row.full_name}, {posts[key]}") for key, row in people.items()]
        self.presiding.choices = offered(pairs)
        self.secretary.choices = offered(pairs)

    def prepared(self, people: dict[str, Employee]) -> Prepared:
        """What was typed, as the service takes it."""
        return Prepared(
            number=self.number.data, held_on=self.held_on.given,
            starts_at=f"{self.starts_at.data:%H:%M}" if self.starts_at.data else None, place=self.place.data,
            extended=bool(self.extended.data), presiding=people.get(self.presiding.data),
            secretary=people.get(self.secretary.data), others_present=self.others_present.data,
        )  # fmt: skip


class WhyNotForm(EntityForm):
    """Why a meeting is called off, or a matter taken off its agenda."""

    reason = CleanText(_("Reason"), [REQUIRED, no_longer(LONGEST_REASON)])


class AttendForm(EntityForm):
    """Who has come, and why others have not: a field for each row of attendance."""

    rows: ClassVar[Sequence[int]] = ()

    @classmethod
    def of(cls, meeting: Meeting) -> AttendForm:
        """The form of a meeting that is open."""
        fields: dict[str, Any] = {
            f"note-{row.id}": CleanString(_("Why absent"), [no_longer(LONGEST_NOTE)], default=row.note)
            for row in meeting.attendance
        }
        form: AttendForm = type(cls.__name__, (cls,), fields | {"rows": [row.id for row in meeting.attendance]})()
        return form

    @property
    def present(self) -> set[int]:
        """The rows of those who were ticked."""
        return {row for row in self.rows if str(row) in request.form.getlist("present")}

    @property
    def why_absent(self) -> dict[int, str | None]:
        return {row: self._fields[f"note-{row}"].data or None for row in self.rows}


class MatterForm(EntityForm):
    """A matter that the secretary puts on the agenda."""

    family = LookupField(_("Family"), entity=Family)
    card = LookupField(_("Signal card"), entity=SignalCard)
    title = CleanString(
        _("Matter"), [no_longer(500)], description=_("If left empty: named after the family or the card.")
    )
    why = CleanString(_("Why it stands on the agenda"), [no_longer(500)])
    invited = field_of(AgendaItem, "invited")


class InstructionForm(Form):
    """One instruction to a body; a row left empty is none. typical: the one of the list that it begins with."""

    typical = SelectField(_("From the list"), choices=[], validate_choice=False)
    agency = LookupField(_("Agency"), entity=Agency)
    text = CleanText(_("What is to be done"), [no_longer(4000)])
    due_on = DayField(_("Due on"))
    row = HiddenField()

    @property
    def said(self) -> str:
        return str(self.agency.data) if self.agency.data else ""

    @property
    def is_empty(self) -> bool:
        return not (self.agency.data or self.text.data or is_typed(self.text))

    def take(self, one: Typical) -> None:
        """Fill what is empty with an instruction of the list."""
        if not (self.text.data or is_typed(self.text)):
            self.text.data = one.text
        if not (self.agency.data or is_typed(self.agency)):
            self.agency.data = one.agency
        if not is_typed(self.due_on):
            self.due_on.data, self.due_on.raw_data = one.due_on, None

    def validate(self, extra_validators: Any = None) -> bool:
        """A body, what it does, and by when."""
        if self.is_empty:
            return True
        valid = bool(super().validate(extra_validators))
        for field in (self.agency, self.text, self.due_on):
            if not field.data and not field.errors:
                field.errors = [gettext("Fill in this field.")]
                valid = False
        return valid


class OutcomeField(RowField):
    """An outcome under its number: one types the number, whatever the layout of the keyboard."""

    @cached_property
    def rows(self) -> list[DecisionOutcome]:
        """The outcomes that are offered."""
        return kept_list(DecisionOutcome, self.data)

    def iter_choices(self) -> Iterable[Choice]:
        yield Choice("", "", self.data is None, {})
        for number, row in enumerate(self.rows, start=1):
            yield Choice(str(row.id), f"{number}. {row}", row is self.data, {})


class PlaceField(SelectField):
    """A district or a settlement of the bank, wherever it lies, as a tree."""

    data: tree.Place | None

    def __init__(self, label: Any = None, **kwargs: Any) -> None:
        super().__init__(label, choices=[], coerce=lambda value: value, validate_choice=False, **kwargs)

    def show(self, key: int | None) -> None:
        self.data = tree.read().rows.get(key or 0)

    def process_formdata(self, valuelist: list[str]) -> None:
        typed = valuelist[0] if valuelist else ""
        self.show(key_of(typed))
        if typed and (self.data is None or self.data.kind is TerritoryKind.REGION):
            self.data = None
            raise ValueError(gettext("There is no such record."))

    def iter_choices(self) -> Iterable[Choice]:
        yield Choice("", "", self.data is None, {})
        for place, depth in tree.read().walk():
            if place.kind is not TerritoryKind.REGION:
                yield Choice(str(place.id), "\u2003" * depth + place.name, place == self.data, {})

    def pre_validate(self, form: Any) -> None:
        """The place was looked up: there is one or there is none."""


class ItemForm(RowsForm):
    """What a meeting decides on one item: the outcome first, then its own fields, then the words."""

    ROWS, MOST, SOMEBODY = "instructions", MOST_INSTRUCTIONS, _("Instruction")

    version = HiddenField()
    outcome = OutcomeField(_("Outcome"), [REQUIRED], entity=DecisionOutcome)
    criteria = CriteriaField(_("Criteria"), description="Первый критерий считается основным (раздел 2 Положения).")
    removal_reason = RowField(_("Reason of removal"), entity=RemovalReason)
    until = DayField(_("Until what day"))
    to_territory = PlaceField(_("Redirected to"))
    in_charge = LookupField(_("Agency in charge"), entity=Agency)
    note = field_of(AgendaItem, "note")
    votes_for = IntegerField(_("Votes for"), [Optional(), NumberRange(0, MOST_VOTES)])
    votes_against = IntegerField(_("Votes against"), [Optional(), NumberRange(0, MOST_VOTES)])
    abstained = IntegerField(_("Abstained"), [Optional(), NumberRange(0, MOST_VOTES)])
    instructions = FieldList(FormField(InstructionForm), _("Instructions"), max_entries=MOST_INSTRUCTIONS + 1)
    speaker = field_of(AgendaItem, "speaker")
    appeared = field_of(AgendaItem, "appeared")
    rights_explained = BooleanField(_("Rights and duties were explained"))
    explanations = field_of(AgendaItem, "explanations")
    substance = field_of(AgendaItem, "substance")
    violations = field_of(AgendaItem, "violations")
    causes = field_of(AgendaItem, "causes")
    resolved = field_of(AgendaItem, "resolved")
    measures = field_of(AgendaItem, "measures")

    OWN = ("outcome", "removal_reason", "until", "in_charge", "note", "votes_for", "votes_against",
           "abstained", "speaker", "appeared", "rights_explained", "explanations", "substance", "violations", "causes",
           "resolved", "measures")  # fmt: skip

    listed: Sequence[Typical] = ()

    def offer(self, listed: Sequence[Typical]) -> None:
        """The list of instructions; one that was chosen in a row fills what is empty there."""
        self.listed = listed
        known = {one.key: one for one in listed}
        for entry in self.instructions:
            if (one := known.get(entry.form.typical.data or "")) is not None:
                entry.form.take(one)

    @property
    def known(self) -> dict[str, dict[str, str]]:
        """What each instruction of the list puts into its row: read by the script."""
        return {
            one.key: {"text": one.text, "agency": str(one.agency.id) if one.agency else "",
                      "name": str(one.agency or ""), "due_on": words.day(one.due_on)}
            for one in self.listed
        }  # fmt: skip

    def show(self, item: AgendaItem) -> None:
        """An item as it is entered, or as it is known before it is decided."""
        for name in self.OWN:
            self._fields[name].data = getattr(item, name)
        self.to_territory.show(item.to_territory_id)
        self.criteria.data = item.named_criteria
        for order in item.instructions:
            self._add(order)
        if not item.instructions:
            self.add_row()
        self.version.data = str(item.version)

    def check_not_overtaken(self, item: AgendaItem) -> None:
        """Raise Refusal where somebody has decided the item since: what is told, and the instructions given then stand
        below one's own."""
        own = {key_of(entry.form.row.data or "") for entry in self.instructions}
        try:
            overtaken.check(self, item, criteria=item.named_criteria,
                            to_territory=tree.read().rows.get(item.to_territory_id or 0))  # fmt: skip
        except Refusal:
            for order in item.instructions:
                if order.id not in own and len(self.instructions) < MOST_INSTRUCTIONS:
                    self._add(order)
            raise

    def _add(self, order: Instruction) -> None:
        row = self.instructions.append_entry().form
        row.agency.data, row.text.data, row.due_on.data = order.agency, order.text, order.due_on
        row.row.data = str(order.id)

    def begin(self, known: KnownOfItem) -> None:
        """What is known of an item before it is decided, in the fields that are empty."""
        for name, text in known._asdict().items():
            if not self._fields[name].data:
                self._fields[name].data = text

    @property
    def asked(self) -> dict[str, str]:
        """The fields that each outcome asks for, by its key: the script puts the others away."""
        return {str(row.id): " ".join(rules.ASKED[row.effect].fields) for row in self.outcome.rows}

    @property
    def one_more(self) -> InstructionForm:
        """The row that the script puts in for one more instruction."""
        return InstructionForm(prefix=ROW)

    @property
    def decided(self) -> Decided:
        """What was typed, as the service takes it."""
        ordered = [
            Ordered(key_of(entry.form.row.data or ""), entry.form.agency.data, entry.form.text.data,
                    entry.form.due_on.given, entry.name)
            for entry in self.instructions
            if not entry.form.is_empty
        ]  # fmt: skip
        own = {name: self._fields[name].data for name in self.OWN if not name.startswith(("votes_", "abstained"))}
        votes = Votes(self.votes_for.data, self.votes_against.data, self.abstained.data)
        return Decided(
            criteria=self.criteria.data or [],
            to_territory=self.to_territory.data,
            votes=votes,
            instructions=ordered,
            **own,
        )
