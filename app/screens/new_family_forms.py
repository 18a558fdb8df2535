"""«Новая семья»: positions 4 and 5 of the record card as one form, what is seldom known at first folded away."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import FieldList, Form, FormField, SelectField

from app.domain import names
from app.domain.likelihood import NamedPerson
from app.domain.terms import ParentalRole
from app.forms import (
    REQUIRED,
    CleanString,
    CleanText,
    DayField,
    EntityForm,
    RowsField,
    field_of,
    is_typed,
    limits_of,
    no_longer,
    offered,
    person_name,
    plain_fields,
)
from app.models import (
    CardChild,
    Education,
    EducationStatus,
    Family,
    FamilyCategory,
    IdentityDocument,
    IdentityKind,
    Member,
    RelationshipKind,
    SignalCard,
    Supervision,
    SupervisionKind,
    SurveyAct,
    SurveyPerson,
    Territory,
)
from app.screens.family_forms import PlaceForm
from app.services import families
from app.services.families import FirstFact, FirstMember, Livelihood
from app.words import age as age_in_words
from app.words import short

FIRST_ROWS, MORE_ROWS, MOST_ROWS = 4, 3, 25
LONGEST_SOURCE = 300  # characters of the source of income
RECORDS = 2  # records of other bodies of one person; further ones are added on the page of the family

Words = Mapping[type[Any], Mapping[str, Any]]  # the words of each dictionary by key, read once for all rows
WORDS = (RelationshipKind, IdentityKind, EducationStatus, SupervisionKind)


class WordField(SelectField):
    """A word of a dictionary, by its key."""

    def __init__(self, label: Any = None, validators: Any = None, *, entity: type[Any], **kwargs: Any) -> None:
        self.entity = entity
        super().__init__(label, validators, choices=[], default="", **kwargs)


def value_of(field: Any, words: Words) -> Any:
    """What stands in a field: a word itself in place of its key."""
    return words[field.entity].get(field.data) if isinstance(field, WordField) else field.data


class Part(Form):
    """A row about a person that may be left empty as a whole: then nothing in it is asked for."""

    ENTITY: type[Any]

    @property
    def is_empty(self) -> bool:
        return not any(map(is_typed, self))

    def validate(self, extra_validators: Any = None) -> bool:
        return self.is_empty or bool(super().validate(extra_validators))


class DocumentPart(Part):
    """A document that proves identity."""

    ENTITY = IdentityDocument
    kind = WordField(_("Kind of document"), entity=IdentityKind)
    series = field_of(IdentityDocument, "series")
    number = field_of(IdentityDocument, "number")
    issued_on = field_of(IdentityDocument, "issued_on")
    issued_by = field_of(IdentityDocument, "issued_by")


class EducationPart(Part):
    """What a person does by day."""

    ENTITY = Education
    status = WordField(_("Education status"), entity=EducationStatus)
    organisation = field_of(Education, "organisation")
    grade = field_of(Education, "grade")
    started_on = DayField(_("Since"), description="Если не заполнить: с начала этого квартала.")


class SupervisionPart(Part):
    """Another body's record of a person."""

    ENTITY = Supervision
    kind = WordField(_("Kind of supervision"), [REQUIRED], entity=SupervisionKind)
    started_on = field_of(Supervision, "started_on")
    ended_on = field_of(Supervision, "ended_on")


class PersonForm(Form):
    """One first member with what is known of the person; a row left empty is nobody."""

    last_name = CleanString(_("Last name"), [no_longer(100), person_name])
    first_name = CleanString(_("First name"), [no_longer(100), person_name])
    middle_name = CleanString(_("Middle name"), [no_longer(100), person_name])
    born_on = field_of(Member, "born_on")
    sex = field_of(Member, "sex")
    role = WordField(_("Role in the family"), entity=RelationshipKind)
    workplace = field_of(Member, "workplace")
    document = FormField(DocumentPart)
    education = FormField(EducationPart)
    supervisions = FieldList(FormField(SupervisionPart), min_entries=RECORDS, max_entries=RECORDS)

    @property
    def is_empty(self) -> bool:
        said = (self.last_name, self.first_name, self.middle_name, self.born_on)
        return not self.tells_more and not any(map(is_typed, said))

    @property
    def tells_more(self) -> bool:
        """Whether anything stands in what is folded at first."""
        return any(map(is_typed, (self.workplace, self.document, self.education, self.supervisions)))

    @property
    def said(self) -> str:
        """The name as typed."""
        return " ".join(part.data for part in (self.last_name, self.first_name, self.middle_name) if part.data)

    @property
    def named(self) -> NamedPerson:
        """The person as typed."""
        return NamedPerson(
            self.last_name.data or "", self.first_name.data or "", self.middle_name.data, self.born_on.data
        )

    def validate(self, extra_validators: Any = None) -> bool:
        if self.is_empty:
            return True
        valid = bool(super().validate(extra_validators))
        for field in (self.last_name, self.first_name):
            if not field.data:
                field.errors = [*field.errors, gettext("Fill in this field.")]
                valid = False
        return valid

    def parts(self) -> Iterator[tuple[str, Part]]:
        """The rows about the person that were filled in, each by its name in this form."""
        every = [("document", self.document.form), ("education", self.education.form)]
        every += [(f"supervisions-{place}", entry.form) for place, entry in enumerate(self.supervisions)]
        return ((name, part) for name, part in every if not part.is_empty)

    def member(self, words: Words) -> FirstMember:
        """The person as the service takes it."""
        own = ("last_name", "first_name", "middle_name", "born_on", "sex", "role", "workplace")
        return FirstMember(
            **{name: value_of(self[name], words) for name in own},
            facts=[
                FirstFact(part.ENTITY, name, {field.short_name: value_of(field, words) for field in part})
                for name, part in self.parts()
            ],
        )


def _found(person: SurveyPerson, words: Words) -> dict[str, Any]:
    """A person of a survey act as a row of the family; where a child learns is told on the page of the family."""
    own = ("last_name", "first_name", "middle_name", "born_on", "sex")
    row = {name: getattr(person, name) for name in own}
    roles = [key for key, word in words[RelationshipKind].items() if word.parental_role is person.role]
    if person.role in (ParentalRole.MOTHER, ParentalRole.FATHER):
        row["role"] = roles[0] if roles else ""
    if person.role is not ParentalRole.CHILD:
        row["workplace"] = person.occupation
    return row


def _of_no_day(child: CardChild) -> str:
    """A child of a card whose birth date is not known: a member has no other place for the age."""
    if child.born_on is not None:
        return ""
    age = age_in_words(child.age) if child.age is not None else ""
    return ", ".join(filter(None, (child.name or "ребёнок, имя не известно", age)))


def _further(*phones: str | None, known: Iterable[str]) -> str | None:
    """What has no field of its own, so that nothing that was told of a family is left behind."""
    told = ", ".join(filter(None, phones))
    return "\n".join(filter(None, (f"Телефоны: {told}" if told else "", "; ".join(filter(None, known))))) or None


class NewFamilyForm(EntityForm):
    """A family with its people, and in `placing` the decision by which it is placed on record, if there is one."""

    territory = SelectField(_("Territory"), [REQUIRED], choices=[], default="")
    number = CleanString(
        _("Card number"), [no_longer(20)], description=_("If left empty: the next number of the district.")
    )
    registered_address = CleanText(_("Registered address"), [no_longer(500)])
    actual_address = CleanText(
        _("Actual address"), [no_longer(500)], description=_("If left empty: the same as the registered one.")
    )
    categories = RowsField(_("Categories of family"), entity=FamilyCategory)
    income_per_member = field_of(Family, "income_per_member")
    income_source = field_of(Family, "income_source")
    additional = field_of(Family, "additional")
    people = FieldList(FormField(PersonForm), min_entries=FIRST_ROWS, max_entries=MOST_ROWS)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.placing = PlaceForm(prefix="placing", meta={"csrf": False})  # it comes with this form and its token

    def offer(self, territories: Mapping[str, Territory], words: Words) -> None:
        """The person's territories, and the words that every row of people may choose."""
        self.territory.choices = offered((key, str(place)) for key, place in territories.items())
        choices = {entity: offered((key, str(word)) for key, word in found.items()) for entity, found in words.items()}
        for field in plain_fields(self.people):
            if isinstance(field, WordField):
                field.choices = choices[field.entity]

    def carry(self, card: SignalCard, act: SurveyAct | None, words: Words) -> None:
        """Fill in what a signal card tells, or what the group found that visited: addresses, people, income."""
        self.territory.data = str(card.territory_id)
        if act is None:
            self.registered_address.data = card.address
            own = {name: getattr(card, name) for name in ("last_name", "first_name", "middle_name", "born_on")}
            children = [child for child in card.children if child.annulled_at is None]
            told = [{**names.of_child(child.name, card.last_name), "born_on": child.born_on} for child in children]
            people = [own, *told]
            self.additional.data = _further(card.mobile_phone, card.home_phone, known=map(_of_no_day, children))
        else:
            self.registered_address.data = act.registered_address or act.actual_address
            self.actual_address.data = act.actual_address
            notes = (f"{person}: {person.note}" if person.note else "" for person in act.composition)
            self.additional.data = _further(act.phones, known=notes)
            self.income_source.data = short(act.income or "", LONGEST_SOURCE) or None
            people = [_found(person, words) for person in act.composition]
        while len(self.people) < len(people):
            self.people.append_entry()
        for entry, person in zip(self.people, people, strict=False):
            for name, value in person.items():
                entry.form[name].data = value

    def validate(self, extra_validators: Any = None) -> bool:
        """A family has at least one person; a decision is asked for whole where anything of it was typed."""
        valid = super().validate(extra_validators)
        if self.placing.is_begun:
            valid = self.placing.validate() and valid
        if not self.persons:
            self.form_errors.append(families.NOBODY)
            return False
        return valid

    def refuse(self, text: str, field: str | None) -> None:
        """A refusal of one of the people, or of the decision, stands beside the field that it concerns."""
        part, _, name = (field or "").partition("-")
        if part == "placing":
            self.placing.refuse(text, name)
            return
        found = re.fullmatch(r"(\d+)-(.+)", name) if part == "people" else None
        if found:
            person = self.people[self._places[int(found[1])]]
            beside = next((one for one in plain_fields(person) if one.name == f"{person.name}-{found[2]}"), None)
            if beside is not None:
                beside.errors = [*beside.errors, text]
                return
        super().refuse(text, None if part == "people" else field)

    def add_rows(self) -> None:
        """Empty rows for further members."""
        for _row in range(min(MORE_ROWS, MOST_ROWS - len(self.people))):
            self.people.append_entry()

    @property
    def _places(self) -> list[int]:
        """Which rows were filled in."""
        return [place for place, entry in enumerate(self.people) if not entry.form.is_empty]

    @property
    def persons(self) -> list[PersonForm]:
        """The rows that were filled in."""
        return [self.people[place].form for place in self._places]

    @property
    def tells_livelihood(self) -> bool:
        """Whether anything stands in the part about what the family lives on."""
        return any(map(is_typed, (self.income_per_member, self.income_source, self.additional)))

    @property
    def livelihood(self) -> Livelihood:
        """What the family lives on, as typed."""
        return Livelihood(self.income_per_member.data, self.income_source.data, self.additional.data)

    @property
    def limits(self) -> dict[int, list[str]]:
        """The labels of a person's texts by how many characters they may have: said once for all rows."""
        return limits_of(self.people[0])

    @property
    def wrong(self) -> list[tuple[str, Any, str]]:
        """Every field that was refused and why, with the name of the person whom it is about, said once."""
        somebody = gettext("Member")
        own = [("", field) for field in self if field is not self.people]
        of_people = [
            (entry.form.said or f"{somebody} {number}", field)
            for number, entry in enumerate(self.people, start=1)
            for field in plain_fields(entry)
        ]
        of_decision = [(gettext("Decision"), field) for field in self.placing]
        return [
            (who, field, " ".join(map(str, field.errors)).removeprefix(f"{who}: "))
            for who, field in (*own, *of_people, *of_decision)
            if field.errors
        ]

    @property
    def addresses(self) -> list[str]:
        return [text for text in (self.registered_address.data, self.actual_address.data) if text]

    @property
    def documents(self) -> list[tuple[str | None, str | None]]:
        """The series and number of each document that was typed."""
        parts = [person.document.form for person in self.persons]
        return [(part.series.data, part.number.data) for part in parts if part.number.data]

    @property
    def schools(self) -> list[str]:
        """The educational organisations that were typed."""
        return [name for person in self.persons if (name := person.education.form.organisation.data)]

    @property
    def fingerprint(self) -> str:
        """What «enter all the same» was said about: other people, documents, schools, address are asked again."""
        people = [one.named for one in self.persons]
        return hashlib.sha256(repr((people, self.addresses, self.documents, self.schools)).encode()).hexdigest()
