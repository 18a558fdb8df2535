"""The window of execution: what was done, and of each family or measure who was helped and for how much."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf.file import FileField
from wtforms import BooleanField, FieldList, Form, FormField, HiddenField, SelectField, SelectMultipleField

from app import words
from app.domain import ages, intervals
from app.domain.refusal import Refusal
from app.domain.terms import AidRhythm
from app.forms import (
    REQUIRED,
    CleanString,
    CleanText,
    DayField,
    EntityForm,
    LookupField,
    MoneyField,
    TermField,
    ValidationError,
    no_longer,
)
from app.models import Agency, AidKind, Employee, Family, MeasureKind, Member, PlannedMeasure
from app.screens.programme_forms import NamedField
from app.screens.row_forms import RowsForm
from app.services import papers
from app.services.aid import Given, Photo, ToWhom

MOST_AT_ONCE = 60  # families or measures of one form
ONE_OF_TWO = _("One of the two must be said: the kind of aid or the measure.")


class PeopleField(SelectMultipleField):
    """Members of one family, each with a tick: «ФИО (рожд.) – роль»."""

    def __init__(self, label: Any = None, **kwargs: Any) -> None:
        super().__init__(label, coerce=int, choices=[], validate_choice=False, **kwargs)
        self.people: dict[int, Member] = {}

    def offer(self, people: Iterable[Member]) -> None:
        self.people = {one.id: one for one in people}
        self.choices = [(key, _said(one)) for key, one in self.people.items()]

    @property
    def chosen(self) -> list[Member]:
        """The members that are ticked. Raises Refusal."""
        keys = self.data or []
        if any(key not in self.people for key in keys):
            raise Refusal("Получатель помощи – член этой семьи.", self.name)
        return [self.people[key] for key in keys]


def _said(member: Member) -> str:
    born = f" ({words.day(member.born_on)})" if member.born_on else ""
    role = f" – {member.role}" if member.role else ""
    left = f", не живёт с {words.day(member.left_on)}" if member.left_on else ""
    return f"{member.full_name}{born}{role}{left}"


class ToWhomForm(Form):
    """A family, or a measure of its plan. subject: «m12» a measure, «f7» a family; version: of the measure."""

    subject = HiddenField()
    version = HiddenField()
    recipients = PeopleField(_("Recipients"))
    amount = MoneyField(_("Amount, roubles"), description=_("If the kind of aid has one."))
    before_record = CleanString(_("Why before the record"), [no_longer(500)])

    family: Family
    planned: PlannedMeasure | None

    @property
    def said(self) -> str:
        return self.family.title

    def of(self, family: Family, planned: PlannedMeasure | None) -> None:
        """Let the row be about a family, or a measure of its plan."""
        self.family, self.planned = family, planned
        self.recipients.offer(member for member in family.members if member.annulled_at is None)

    def begin(self, today: date, *, children: bool) -> None:
        """What is known already: for whom the measure is planned, else who lives in the family, or its children."""
        self.subject.data = subject_of(self.family, self.planned)
        self.version.data = str(self.planned.version) if self.planned is not None else ""
        here = [one for one in self.recipients.people.values() if intervals.holds(one.joined_on, one.left_on, today)]
        if children:
            here = [one for one in here if ages.is_minor(one.born_on, today)]
        planned = [one for one in self.planned.members if one in here] if self.planned is not None else []
        self.recipients.data = [one.id for one in planned or here]

    def to_whom(self) -> ToWhom:
        """Raises Refusal with the field of this row."""
        return ToWhom(self.family, self.planned, self.recipients.chosen, self.amount.data, self.before_record.data)


def subject_of(family: Family, planned: PlannedMeasure | None) -> str:
    """The key of a row of the form."""
    return f"m{planned.id}" if planned is not None else f"f{family.id}"


def _look_into(form: ExecutionForm, field: FileField) -> None:
    """Look into the file before anybody waits for the bank: the form keeps what was found."""
    if not field.data or not field.data.filename:
        return
    try:
        form.photo = Photo(field.data.filename, papers.inspected(field.data.read(papers.LARGEST + 1)))
    except Refusal as refusal:
        raise ValidationError(refusal.text) from refusal


class ExecutionForm(RowsForm):
    """What was done, once for all rows."""

    ROWS, MOST, SOMEBODY = "whom", MOST_AT_ONCE, _("Family")

    photo: Photo | None = None
    given_on = DayField(_("Done on"), [REQUIRED])
    measure = NamedField(_("Measure"), suggested="window-measures", description=ONE_OF_TWO)
    kind = SelectField(_("Kind of aid"), choices=[], default="", validate_choice=False)
    description = CleanText(_("Description"), [no_longer(2000)])
    performer = LookupField(_("Performer"), entity=Agency)
    employee = LookupField(_("Employee who performs"), entity=Employee)
    rhythm = TermField(_("How often"), terms=AidRhythm, description=_("Only of regular aid."))
    until = DayField(_("Given until"))
    done = BooleanField(_("The measure is carried out by it"), default=True)
    file = FileField(
        _("Scan or photo"), [_look_into],
        description=_("PDF, JPEG or PNG, up to 20 MB, for the papers of each family. After a refusal choose it again."),
    )  # fmt: skip
    whom = FieldList(FormField(ToWhomForm), max_entries=MOST_AT_ONCE)

    def offer(self, kinds: Sequence[AidKind], measures: Sequence[MeasureKind]) -> None:
        """The words of the dictionaries."""
        self._kinds = {str(row.id): row for row in kinds}
        self.kind.choices = _grouped((row.group, row) for row in kinds)
        self.measure.listed = {str(row): row for row in measures}

    def validate(self, extra_validators: Any = None) -> bool:
        """The measure is one of the list, by any part of its name or by its code."""
        valid = bool(super().validate(extra_validators))
        if fault := self.measure.find():
            self.measure.errors = [fault]
            return False
        return valid

    def given(self, batch: str | None) -> Given:
        """What is the same of all rows. Raises Refusal."""
        kind = self._word("kind", self._kinds)
        performer: Any = self.performer.data
        employee: Any = self.employee.data
        return Given(
            given_on=self.given_on.given, kind=kind, measure=self.measure.row, description=self.description.data,
            performer=performer, employee=employee, until=self.until.data,
            rhythm=self.rhythm.data, batch=batch, done=bool(self.done.data),
        )  # fmt: skip

    def _word(self, name: str, known: dict[str, Any]) -> Any:
        typed = self[name].data or ""
        if typed and typed not in known:
            raise Refusal("Такого слова в справочнике больше нет: выберите другое.", name)
        return known.get(typed)

    def refuse_row(self, number: int, refusal: Refusal) -> None:
        """A refusal of one row stands beside its field; of what is the same of all, beside that."""
        own = {"recipients", "amount", "before_record", "version"}
        field = refusal.field if refusal.field in own else None
        if field is None:
            self.refuse(refusal.text, refusal.field)
        else:
            entry: Any = self.whom[number].form[field]
            entry.errors = [*entry.errors, refusal.text]


def _grouped(pairs: Iterable[tuple[str, Any]]) -> dict[str, list[tuple[str, str]]]:
    """Choices under their groups, after an empty one."""
    found: dict[str, list[tuple[str, str]]] = {"": [("", "")]}
    for group, row in pairs:
        found.setdefault(group, []).append((str(row.id), str(row)))
    return found


class CutForm(EntityForm):
    """Regular aid ends earlier."""

    version = HiddenField()
    until = DayField(_("Given until"), [REQUIRED])


class NotDoneForm(EntityForm):
    """Why a measure was not carried out."""

    version = HiddenField()
    reason = CleanString(_("Reason"), [REQUIRED, no_longer(500)])


def rows_of(form: ExecutionForm) -> Iterator[ToWhomForm]:
    """The rows of a form."""
    for entry in form.whom:
        yield entry.form
