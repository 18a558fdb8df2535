"""How papers say the name of a family and of its people: what the rules make of it, and what is typed over them."""

from __future__ import annotations

from typing import Any

from flask import abort, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response
from wtforms import HiddenField

from app import clock
from app.acts import Answer
from app.domain import cases
from app.domain.terms import Case
from app.extensions import db
from app.forms import CleanString, EntityForm, no_longer
from app.models import Family, Member
from app.screens import overtaken
from app.screens.family import FamilyScreen
from app.services import paper_names


class FamilyNameForm(EntityForm):
    """The surnames as they follow «семьи»."""

    version = HiddenField()
    plural = CleanString(_("Surnames after the word for a family"), [no_longer(paper_names.LONGEST_FAMILY)])


class PersonNameForm(EntityForm):
    """The name of a person in the cases of papers; what is left empty the rules decline."""

    version = HiddenField()
    genitive = CleanString(_("Genitive"), [no_longer(paper_names.LONGEST_PERSON)])
    dative = CleanString(_("Dative"), [no_longer(paper_names.LONGEST_PERSON)])
    accusative = CleanString(_("Accusative"), [no_longer(paper_names.LONGEST_PERSON)])
    instrumental = CleanString(_("Instrumental"), [no_longer(paper_names.LONGEST_PERSON)])
    prepositional = CleanString(_("Prepositional"), [no_longer(paper_names.LONGEST_PERSON)])


class FamilyNames(FamilyScreen):
    """Names in papers."""

    route_base = "/family"
    class_permission_name = "FamilyPage"
    default_view = "names"

    @expose("/<int:pk>/names", methods=["GET", "POST"])
    @has_access
    def names(self, pk: int) -> str | Response:
        """The family and its people in every case, as papers print them; how the family is said is typed here."""
        family, form = self._kept(pk), FamilyNameForm()
        if not form.is_submitted():
            form.plural.data, form.version.data = family.own_plural, str(family.version)

        def whole() -> Answer:
            fresh = self._kept(pk)
            overtaken.check(form, fresh)
            paper_names.of_family(fresh, form.plural.data, clock.today())
            return Answer(gettext("Saved."), _page_of(pk))

        if form.is_submitted() and form.validate() and (answer := self.done(form, whole)):
            return answer
        return self.page("family/names.html", family=self.family(pk), form=form, people=_people(pk),
                         by_rule=cases.of_family(family.name), asked=paper_names.ASKED)  # fmt: skip

    @expose("/<int:pk>/names/<int:key>", methods=["GET", "POST"])
    @has_access
    @permission_name("names")
    def of_person(self, pk: int, key: int) -> str | Response:
        """The name of one person: each case beside what the rules make of it."""
        member, form = self._person(pk, key), PersonNameForm()
        if not form.is_submitted():
            form.version.data = str(member.version)
            for case in paper_names.ASKED:
                form[case.value].data = member.own_form(case)

        def whole() -> Answer:
            fresh = self._person(pk, key)
            overtaken.check(form, fresh)
            forms: dict[Case, str | None] = {case: form[case.value].data for case in paper_names.ASKED}
            paper_names.of_person(fresh, forms, clock.today())
            return Answer(gettext("Saved."), _page_of(pk))

        if form.is_submitted() and form.validate() and (answer := self.done(form, whole)):
            return answer
        return self.page("family/names_of_person.html", family=self.family(pk), form=form, member=member,
                         asked=paper_names.ASKED)  # fmt: skip

    def _kept(self, pk: int) -> Family:
        """The family, if it is among those whose papers the person prepares."""
        family = self.family(pk)
        if not paper_names.may_name(family):
            abort(403)
        return family

    def _person(self, pk: int, key: int) -> Member:
        """A person of the family, or 404."""
        self._kept(pk)
        member = self.find(Member, key)
        if member.family_id != pk or member.annulled_at is not None:
            abort(404)
        return member


def _people(pk: int) -> list[Any]:
    """Who is in the family, parents first."""
    asked = select(Member).where(Member.family_id == pk, Member.annulled_at.is_(None), Member.left_on.is_(None))
    return list(db.session.scalars(asked.options(joinedload(Member.role)).order_by(Member.born_on, Member.id)))


def _page_of(pk: int) -> str:
    return url_for("FamilyNames.names", pk=pk)
