"""«Новая семья»: the first form of a family with its members, and the families it may be already."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from typing import Any

from flask import request, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response
from wtforms import FieldList, Form, FormField, SelectField

from app import access, clock, journal, tree
from app.acts import Answer
from app.domain.likelihood import NamedPerson
from app.domain.terms import Act, Sex, TerritoryKind
from app.extensions import appbuilder, db
from app.forms import (
    REQUIRED,
    CleanString,
    CleanText,
    DayField,
    EntityForm,
    RowsField,
    TermField,
    no_longer,
    offered,
    person_name,
)
from app.models import FamilyCategory, RelationshipKind, Territory
from app.readings import duplicates, given
from app.screens.family import FamilyScreen
from app.services import families, registry
from app.services.families import FirstMember

NO_PLACES = "В вашей территории нет ни района, ни поселения: добавьте их в список территорий."
FIRST_ROWS, MORE_ROWS, MOST_ROWS = 4, 3, 25


class PersonForm(Form):
    """One first member; a row left empty is nobody."""

    last_name = CleanString(_("Last name"), [no_longer(100), person_name])
    first_name = CleanString(_("First name"), [no_longer(100), person_name])
    middle_name = CleanString(_("Middle name"), [no_longer(100), person_name])
    born_on = DayField(_("Birth date"))
    sex = TermField(_("Sex"), terms=Sex)
    role = SelectField(_("Role in the family"), choices=[], default="")

    @property
    def is_empty(self) -> bool:
        typed = (self.last_name, self.first_name, self.middle_name, self.born_on)
        return not any(field.data or any(map(str.strip, field.raw_data or ())) for field in typed)

    @property
    def named(self) -> NamedPerson:
        """The person as typed."""
        return NamedPerson(
            self.last_name.data or "", self.first_name.data or "", self.middle_name.data, self.born_on.data
        )

    def validate(self, extra_validators: Any = None) -> bool:
        if self.is_empty:
            return True
        valid = super().validate(extra_validators)
        for field in (self.last_name, self.first_name):
            if not field.data:
                field.errors = [*field.errors, gettext("Fill in this field.")]
                valid = False
        return valid


class NewFamilyForm(EntityForm):
    """What is known of a family at first; the rest is added on its page."""

    territory = SelectField(_("Territory"), [REQUIRED], choices=[], default="")
    number = CleanString(
        _("Card number"), [no_longer(20)], description=_("If left empty: the next number of the district.")
    )
    registered_address = CleanText(_("Registered address"), [no_longer(500)])
    actual_address = CleanText(
        _("Actual address"), [no_longer(500)], description=_("If left empty: the same as the registered one.")
    )
    categories = RowsField(_("Categories of family"), entity=FamilyCategory)
    people = FieldList(FormField(PersonForm), min_entries=FIRST_ROWS, max_entries=MOST_ROWS)

    def offer(self, territories: dict[str, Territory], roles: Iterable[RelationshipKind]) -> None:
        """The person's territories and the roles in a family."""
        self.territory.choices = offered((key, str(place)) for key, place in territories.items())
        choices = offered((str(role.id), role.name) for role in roles)
        for entry in self.people:
            entry.form.role.choices = choices

    def validate(self, extra_validators: Any = None) -> bool:
        """A family has at least one person."""
        valid = super().validate(extra_validators)
        if not self.persons:
            self.form_errors.append(families.NOBODY)
            return False
        return valid

    def refuse(self, text: str, field: str | None) -> None:
        """A refusal of one of the people stands beside the field of that person."""
        found = re.fullmatch(r"people-(\d+)-(\w+)", field or "")
        person = self.persons[int(found[1])] if found else None
        if found and person is not None and found[2] in person._fields:
            beside = person._fields[found[2]]
            beside.errors = [*beside.errors, text]
        super().refuse(text, None if found else field)

    def add_rows(self) -> None:
        """Empty rows for further members."""
        for _row in range(min(MORE_ROWS, MOST_ROWS - len(self.people))):
            self.people.append_entry()

    @property
    def persons(self) -> list[PersonForm]:
        """The rows that were filled in."""
        return [entry.form for entry in self.people if not entry.form.is_empty]

    @property
    def addresses(self) -> list[str]:
        return [text for text in (self.registered_address.data, self.actual_address.data) if text]

    @property
    def fingerprint(self) -> str:
        """What «enter all the same» was said about: other people or another address are asked about again."""
        people = [one.named for one in self.persons]
        return hashlib.sha256(repr((people, self.addresses)).encode()).hexdigest()


class NewFamily(FamilyScreen):
    """The quick form of a fresh family."""

    route_base = "/family"
    class_permission_name = "FamilyPage"
    default_view = "add"

    @expose("/new", methods=["GET", "POST"])
    @has_access
    def add(self) -> str | Response:
        """A family with its first members; families it may be already are shown before it is saved."""
        form, territories = NewFamilyForm(), _own_territories()
        if not territories:
            return self.page("family/nowhere.html", lacking=given.lacking(self.own_roles()) or [NO_PLACES])
        if "more" in request.form:
            form.add_rows()
        roles = {str(role.id): role for role in _roles()}
        form.offer(territories, roles.values())
        alike: list[duplicates.Likeness] = []
        if not form.is_submitted():
            form.number.data = _suggested_number(territories)
            if len(territories) == 1:
                form.territory.data = next(iter(territories))
        elif "more" not in request.form and form.validate():
            alike = duplicates.of(
                [one.named for one in form.persons],
                form.addresses,
            )
            if not alike or request.form.get("confirmed") == form.fingerprint:
                if answer := self.done(form, lambda: _entered(form, territories, roles)):
                    return answer
                alike = []
            else:
                journal.read(Act.SEARCHED, entity="Family", records=len(alike), summary="похожие семьи при внесении")
        return self.page("family/new.html", form=form, alike=alike, most=len(form.people) >= MOST_ROWS)


def may_enter() -> bool:
    """Whether the person enters families: the permission, and a territory to enter them in."""
    return bool(access.scope().kept) and bool(appbuilder().sm.has_access("can_add", "FamilyPage"))


def _own_territories() -> dict[str, Territory]:
    """The places whose families the person keeps: settlements and districts, by key as a form sends it."""
    rows = db.session.scalars(select(Territory).order_by(Territory.name_key))
    scope = access.scope()
    return {
        str(row.id): row
        for row in rows
        if row.kind is not TerritoryKind.REGION and scope.covers_territory(row.id)
    }  # fmt: skip


def _roles() -> list[RelationshipKind]:
    rows = db.session.scalars(select(RelationshipKind).order_by(RelationshipKind.position, RelationshipKind.id))
    return [row for row in rows if not row.retired]


def _suggested_number(territories: dict[str, Territory]) -> str | None:
    """The next number, where all the person's places lie in one district."""
    districts = {tree.district_of(place) for place in territories.values()}
    return registry.next_number(districts.pop()) if len(districts) == 1 else None


def _entered(form: NewFamilyForm, territories: dict[str, Territory], roles: dict[str, RelationshipKind]) -> Answer:
    """Enter the family as typed."""
    family = families.enter(
        [
            FirstMember(
                one.last_name.data or "", one.first_name.data or "", one.middle_name.data, one.born_on.data,
                one.sex.data, roles.get(one.role.data),
            )
            for one in form.persons
        ],
        territory=territories[form.territory.data],
        number=form.number.data,
        registered_address=form.registered_address.data,
        actual_address=form.actual_address.data,
        categories=form.categories.data,
        today=clock.today(),
    )  # fmt: skip
    return Answer(
        gettext("The family is entered. Now place it on record by the decision."),
        url_for("FamilyPage.show", pk=family.id),
    )
