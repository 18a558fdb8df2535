"""The form of a survey act: whom the group found, what it saw, and what follows from it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import BooleanField, FieldList, Form, FormField, HiddenField
from wtforms.validators import Optional

from app.domain.survey_acts import MOST_PERSONS, SaidOfHeading, level_in_words
from app.domain.terms import SurveyHeading, SurveyLevel, Threat
from app.forms import (
    LONGEST_TEXT,
    REQUIRED,
    CleanText,
    EntityForm,
    TermField,
    field_of,
    is_typed,
    key_of,
    no_longer,
    offered,
)
from app.models import SurveyAct, SurveyPerson
from app.readings.survey_acts import Beginning
from app.screens import overtaken
from app.screens.row_forms import RowsForm
from app.services.survey_acts import OF_PERSON, OWN, FoundPerson, Over, TypedAct

ROW = "persons-__row__-"  # how the fields of one more person begin before the row has its place
LONGEST_REASON = 1000
NOT_LOOKED_AT = "-"  # the choice of a level that is none


class LevelField(TermField):
    """How far a heading is there, in the words of the heading; nothing chosen: nobody looked."""

    def __init__(self, label: Any = None, validators: Any = None, *, heading: SurveyHeading, **kwargs: Any) -> None:
        super().__init__(label, validators, terms=SurveyLevel, **kwargs)
        pairs = [(one.value, level_in_words(heading, one)) for one in SurveyLevel]
        self.choices = offered([*pairs, (NOT_LOOKED_AT, _("not looked at"))], blank=False)

    def _coerce(self, value: Any) -> Any:
        return super()._coerce("" if value == NOT_LOOKED_AT else value)

    def _choices_generator(self, choices: Any) -> Any:
        chosen = self.data.value if self.data else NOT_LOOKED_AT
        for value, title, *_rest in choices:
            yield (value, title, value == chosen, {})


class FoundPersonForm(Form):
    """A person of the family; a row left empty is nobody."""

    role = field_of(SurveyPerson, "role")
    last_name = field_of(SurveyPerson, "last_name")
    first_name = field_of(SurveyPerson, "first_name")
    middle_name = field_of(SurveyPerson, "middle_name")
    born_on = field_of(SurveyPerson, "born_on")
    sex = field_of(SurveyPerson, "sex")
    occupation = field_of(SurveyPerson, "occupation")
    note = field_of(SurveyPerson, "note")
    gone = BooleanField(_("Take out of the composition"))
    row = HiddenField()

    @property
    def said(self) -> str:
        """The name as typed."""
        return " ".join(part.data for part in (self.last_name, self.first_name, self.middle_name) if part.data)

    @property
    def is_empty(self) -> bool:
        said = (self.last_name, self.first_name, self.middle_name, self.born_on, self.occupation, self.note)
        return bool(self.gone.data) or not any(map(is_typed, said))

    def validate(self, extra_validators: Any = None) -> bool:
        """Somebody is known by a name, or told of in the note."""
        if self.is_empty:
            return True
        valid = bool(super().validate(extra_validators))
        if not (self.last_name.data or self.first_name.data or self.note.data or self.last_name.errors):
            self.last_name.errors = [gettext("Write the name, or in the note why it is not known.")]
            valid = False
        return valid


class SurveyActForm(RowsForm):
    """An act as its group writes it; the levels and lines of its headings are fields named after them."""

    ROWS, MOST, SOMEBODY = "persons", MOST_PERSONS, _("Person")

    persons = FieldList(FormField(FoundPersonForm), _("Composition of the family"), max_entries=MOST_PERSONS + 1)
    registered_address = field_of(SurveyAct, "registered_address")
    actual_address = field_of(SurveyAct, "actual_address")
    phones = field_of(SurveyAct, "phones")
    income = field_of(SurveyAct, "income")
    visited_on = field_of(SurveyAct, "visited_on")
    access = field_of(SurveyAct, "access")
    present = field_of(SurveyAct, "present")
    threat = TermField(_("Threat to life and health"), [Optional()], terms=Threat, blank=False)
    conclusion = field_of(SurveyAct, "conclusion")
    proposals = field_of(SurveyAct, "proposals")
    further = field_of(SurveyAct, "further")
    draft = HiddenField()
    survey = HiddenField()
    act = HiddenField()
    version = HiddenField()
    visit = HiddenField()

    def headings(self) -> list[tuple[SurveyHeading, Any, Any]]:
        """Each heading with the field of its level and that of its line."""
        there = (one for one in SurveyHeading if f"{one.value}_level" in self._fields)
        return [(one, self._fields[f"{one.value}_level"], self._fields[f"{one.value}_note"]) for one in there]

    def hide(self, headings: Iterable[SurveyHeading]) -> None:
        """Headings that are not told to whoever writes are neither shown nor written."""
        for heading in headings:
            del self[f"{heading.value}_level"], self[f"{heading.value}_note"]

    def begin(self, found: Beginning) -> None:
        """What is known before the group goes."""
        for name in ("registered_address", "actual_address", "phones", "income"):
            self._fields[name].data = getattr(found, name)
        self._lay_persons(found.persons)

    def show(self, act: SurveyAct) -> None:
        """An act that was kept and is written on."""
        for name in OWN:
            self._fields[name].data = getattr(act, name)
        for mark in act.marks:
            self._fields[f"{mark.heading.value}_level"].data = mark.level
            self._fields[f"{mark.heading.value}_note"].data = mark.note
        self._lay_persons([
            {**{name: getattr(one, name) for name in OF_PERSON}, "row": one.id}
            for one in act.composition
        ])  # fmt: skip
        self.fill_in_over(act)

    def fill_in_over(self, act: SurveyAct) -> None:
        """What is typed from now on is typed over an act as it is."""
        for field, value in ((self.act, act.id), (self.version, act.version)):
            field.raw_data, field.data = None, str(value)

    def _lay_persons(self, persons: list[dict[str, Any]]) -> None:
        for person in persons or [{}]:
            row = self.persons.append_entry().form
            for name, value in person.items():
                if name in row:
                    row[name].data = value

    @property
    def one_more(self) -> FoundPersonForm:
        """The row that the script puts in for one more person."""
        return FoundPersonForm(prefix=ROW)

    @property
    def over(self) -> Over:
        """Over which act the form was filled in."""
        return Over(*(key_of(field.data or "") for field in (self.act, self.version, self.visit)))

    @property
    def written(self) -> TypedAct:
        """The act as the service takes it."""
        said: dict[str, Any] = {name: self._fields[name].data for name in OWN}
        persons = [_person(entry.name, entry.form) for entry in self.persons if not entry.form.is_empty]
        marks = {heading: SaidOfHeading(level.data, note.data) for heading, level, note in self.headings()}
        return TypedAct(persons=persons, marks=marks, **said)

    def show_stored(self, act: SurveyAct) -> None:
        """What somebody else has kept meanwhile stands beside what was typed otherwise."""
        stored = {mark.heading: mark for mark in act.marks}
        pairs = [(self._fields[name], getattr(act, name)) for name in OWN]
        for heading, level, note in self.headings():
            mark = stored.get(heading)
            pairs += [(level, mark.level if mark else None), (note, mark.note if mark else None)]
        overtaken.tell(pairs)
        people = "; ".join(map(str, act.composition))
        if people != "; ".join(entry.form.said for entry in self.persons if not entry.form.is_empty):
            self.form_errors.append(f"Состав семьи в банке сейчас: {people or 'не указан'}.")


for _heading in SurveyHeading:
    _level = LevelField(_heading.title_ru, [Optional()], heading=_heading)
    _note = CleanText(
        _("%(heading)s: in a few words", heading=_heading.title_ru), [Optional(), no_longer(LONGEST_TEXT)]
    )
    setattr(SurveyActForm, f"{_heading.value}_level", _level)
    setattr(SurveyActForm, f"{_heading.value}_note", _note)


class ReasonForm(EntityForm):
    """Why an act is corrected, or taken out."""

    reason = CleanText(_("Reason"), [REQUIRED, no_longer(LONGEST_REASON)])


class DropForm(EntityForm):
    """Why an act that nobody has signed is taken out."""

    reason = CleanText(_("Reason"), [REQUIRED, no_longer(500)])


def _person(typed: str, row: FoundPersonForm) -> FoundPerson:
    said = {field.short_name: field.data for field in row if field.short_name in OF_PERSON}
    return FoundPerson(row=key_of(row.row.data or ""), typed=typed, **said)
