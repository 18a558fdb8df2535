"""«Новая семья»: a family entered with all that a decision and a record card tell, and the families it may be."""

from __future__ import annotations

from flask import abort, request, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from sqlalchemy import select
from sqlalchemy.orm import selectinload
from werkzeug.wrappers import Response

from app import access, clock, journal, tree
from app.acts import Answer
from app.domain.refusal import Refusal
from app.domain.terms import Act, TerritoryKind
from app.extensions import appbuilder, db
from app.filters import Address
from app.forms import short_list
from app.models import Agency, Family, SignalCard, Territory
from app.readings import duplicates, given, survey_acts
from app.screens.family import FamilyScreen
from app.screens.family_forms import PlaceForm, agencies_of
from app.screens.new_family_forms import MOST_ROWS, WORDS, NewFamilyForm, Words
from app.services import families, registry, school_names, signals
from app.services.schools import writings as known_schools

NO_PLACES = "В вашей территории нет ни района, ни поселения: добавьте их в список территорий."


class NewFamily(FamilyScreen):
    """The quick form of a fresh family."""

    route_base = "/family"
    class_permission_name = "FamilyPage"
    default_view = "add"

    @expose("/new", methods=["GET", "POST"])
    @has_access
    def add(self) -> str | Response:
        """A family with its first members; families it may be already are shown before it is saved."""
        form, territories, words = NewFamilyForm(), _own_territories(), _words()
        card = self._card()
        if not territories:
            return self.page("nowhere.html", title=gettext("New family"), menu_entry="Families",
                             lacking=given.lacking(self.own_roles()) or [NO_PLACES])  # fmt: skip
        if "more" in request.form:
            form.add_rows()
        form.offer(territories, words)
        agencies = _agencies(form, territories)
        form.placing.offer_commissions(agencies.values())
        form.placing.offer_senders(agencies.values())
        alike: list[duplicates.Likeness] = []
        schools: dict[str, list[str]] = {}
        if not form.is_submitted():
            form.number.data = _suggested_number(territories)
            form.placing.entered_on.data = clock.today()
            if len(territories) == 1:
                form.territory.data = next(iter(territories))
            if card is not None:
                form.carry(card, survey_acts.of_card(card.id), words)
        elif "more" not in request.form and form.validate():
            alike = duplicates.of([one.named for one in form.persons], form.addresses, form.documents)
            schools = school_names.asked(form.schools)
            if not (alike or schools) or request.form.get("confirmed") == form.fingerprint:
                if answer := self.done(form, lambda: _entered(form, territories, agencies, words, card)):
                    return answer
                alike, schools = [], {}
            elif alike:
                journal.read(Act.SEARCHED, entity="Family", records=len(alike), summary="похожие семьи при внесении")
        return self.page("family/new.html", form=form, alike=alike, schools=schools, card=card,
                         most=len(form.people) >= MOST_ROWS, known_schools=known_schools())  # fmt: skip

    def _card(self) -> SignalCard | None:
        """The signal card that the address names, if the family is entered from one: its keeper alone does it."""
        address = Address(url_for("NewFamily.add"))
        key = address.number("card", _("Signal card"))
        address.check()
        if key is None:
            return None
        card = self.find(SignalCard, key, selectinload(SignalCard.children))
        if not access.scope().covers_territory(card.territory_id):
            abort(403)
        return card


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


def _words() -> Words:
    return {entity: {str(word.id): word for word in short_list(entity, None)} for entity in WORDS}


def _agencies(form: NewFamilyForm, territories: dict[str, Territory]) -> dict[str, Agency]:
    """The bodies of the chosen place's district; at first those of every place of the person."""
    chosen = territories.get(form.territory.data)
    return agencies_of(tree.district_of(chosen).id if chosen else None)


def _suggested_number(territories: dict[str, Territory]) -> str | None:
    """The next number, where all the person's places lie in one district."""
    districts = {tree.district_of(place) for place in territories.values()}
    return registry.next_number(districts.pop()) if len(districts) == 1 else None


def _entered(form: NewFamilyForm, territories: dict[str, Territory], agencies: dict[str, Agency],
             words: Words, card: SignalCard | None) -> Answer:  # fmt: skip
    """Enter the family as typed, and place it on record where the decision is there already: both or nothing."""
    school_names.settle(form.schools, request.form.get, clock.today())
    family = families.enter(
        [one.member(words) for one in form.persons],
        territory=territories[form.territory.data],
        number=form.number.data,
        registered_address=form.registered_address.data,
        actual_address=form.actual_address.data,
        categories=form.categories.data,
        livelihood=form.livelihood,
        today=clock.today(),
    )
    if card is not None:
        signals.enter(card, family)
    text = gettext("The family is entered. Now place it on record by the decision.")
    if form.placing.is_begun:
        _place(family, form.placing, agencies)
        text = gettext("The family is entered and placed on record.")
    return Answer(text, url_for("FamilyPage.show", pk=family.id))


def _place(family: Family, form: PlaceForm, agencies: dict[str, Agency]) -> None:
    try:
        form.place(family, agencies)
    except Refusal as refusal:
        raise Refusal(refusal.text, f"placing-{refusal.field or ''}") from refusal
