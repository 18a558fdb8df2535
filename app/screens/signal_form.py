"""«Новая сигнальная карта»: filled in, sent to the coordinator of a territory, and its sender is told the number."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext
from sqlalchemy import select
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from app import access, clock
from app.acts import Answer, reads_first
from app.domain.inquiries import HEALTH
from app.domain.refusal import Refusal
from app.domain.signals import MOST_CHILDREN
from app.domain.terms import SignalSource, TerritoryKind
from app.extensions import db
from app.models import Employee, SignalCard
from app.readings import coordinators, given
from app.readings import signals as cards
from app.readings.coordinators import Coordinators
from app.screens.drafts import asked_for, of_page, sent
from app.screens.screen import Screen
from app.screens.signal_forms import OF_FAMILY, CoordinatorsSignalForm, SignalForm, form_of_sender
from app.screens.signal_scans import attach
from app.services import drafts, signals

KIND = "signal"  # of drafts
ENTERED_FOR_OTHERS = "Направлена при внесении карты."


class NewSignal(Screen):
    """The form of a signal card."""

    route_base = "/signal"
    class_permission_name = "SignalCard"
    default_view = "add"

    @expose("/new", methods=["GET", "POST"])
    @has_access
    @permission_name("send")
    @reads_first
    def add(self) -> str | Response:
        """Fill in a card and send it; a draft is continued by its key in the address."""
        sender = _sender()
        if sender is None and not access.scope().kept:
            return self.page("nowhere.html", title=gettext("New signal card"), menu_entry="SignalCards",
                             lacking=given.lacking(self.own_roles()))  # fmt: skip
        asked = asked_for()
        draft = drafts.own(KIND, asked)
        if asked is not None and draft is None:
            flash(gettext("There is no such draft any more: its card is sent, or the draft was deleted."), "warning")
            return redirect(url_for("NewSignal.add"))
        people = coordinators.read()
        form = form_of_sender()(formdata=MultiDict(draft.words)) if draft else form_of_sender()()
        form.offer(_territories(people))
        if form.is_submitted():
            form.territory.data = request.form.get("instead") or form.territory.data
            if "more" in request.form:
                form.add_row()
            elif form.validate() and (answer := self.done(form, lambda: _sent(form, people, sender))):
                return answer
        elif draft is None:
            _preset(form, people, sender)
        form.draft.data = draft.key if draft else of_page(KIND, form.draft.data)
        return self.page(
            "signals/new.html", form=form, sender=sender, most=MOST_CHILDREN, of_family=OF_FAMILY, kind=KIND,
            for_others=isinstance(form, CoordinatorsSignalForm), is_health=_is_of_health(sender), continued=draft,
            drafts=drafts.mine(KIND) if draft is None and not form.is_submitted() else [],
            instead=_instead(form, people), reminders=cards.reminders(),
        )  # fmt: skip

    @expose("/<int:pk>/sent")
    @has_access
    @permission_name("send")
    def sent(self, pk: int) -> str:
        """The number of a card that the person has sent, and who opens it; nothing of the family."""
        card, scope = SignalCard.__table__.c, access.scope()
        columns = (card.id, card.number, card.year, card.territory_id)
        # A card that a coordinator sends to another territory is not among the coordinator's rows any more.
        row = db.session.connection().execute(
            select(*columns, scope.cards(card).label("is_seen")).where(card.id == pk, card.user_id == scope.user_id)
        ).first()  # fmt: skip
        if row is None:
            abort(404)
        people = coordinators.read()
        return self.page("signals/sent.html", card=row, place=people.places.rows[row.territory_id].name,
                         names=people.of(row.territory_id))  # fmt: skip


def _sender() -> Employee | None:
    """Who tells, by the sign-in; None for a coordinator, who enters what others tell."""
    scope = access.scope()
    if scope.kept or scope.agency is None:
        return None
    own = select(Employee).where(Employee.user_id == scope.user_id, Employee.dismissed.is_(False))
    return db.session.scalar(own)


def _is_of_health(sender: Employee | None) -> bool:
    return sender is not None and sender.agency.kind.kind == HEALTH


def _territories(people: Coordinators) -> dict[str, str]:
    """Every district and settlement of the bank as a tree; one that nobody keeps says so."""
    covered, found, nobody = people.covered(), {}, gettext("no coordinator")
    for place, depth in people.places.walk():
        if place.kind is not TerritoryKind.REGION:
            note = "" if place.id in covered else f" – {nobody}"
            found[str(place.id)] = "\u2003" * max(0, depth - 1) + place.name + note
    return found


def _preset(form: SignalForm, people: Coordinators, sender: Employee | None) -> None:
    """What is so most often: found just now, at the place where one works."""
    here = clock.local(clock.now())
    form.detected_on.data, form.detected_time.data = here.date(), here.time()
    places = _own_roots(people) if sender is None else [sender.agency.territory_id]
    if len(places) == 1 and people.places.rows[places[0]].kind is not TerritoryKind.REGION:
        form.territory.data = str(places[0])
    if isinstance(form, CoordinatorsSignalForm):
        form.source.data = SignalSource.CITIZEN


def _own_roots(people: Coordinators) -> list[int]:
    """The territories that a coordinator keeps, those within another of them left out."""
    kept, rows = access.scope().kept, people.places.rows
    return [key for key in rows if key in kept and rows[key].parent_id not in kept]


def _instead(form: SignalForm, people: Coordinators) -> list[Any]:
    """Where a card may go if nobody keeps the territory that was chosen."""
    if not form.is_submitted() or not form.territory.errors or not (form.territory.data or "").isdecimal():
        return []
    chosen = int(form.territory.data)
    return [] if people.of(chosen) else people.instead_of(chosen)


def _sent(form: SignalForm, people: Coordinators, sender: Employee | None) -> Answer:
    """Send the card; its draft goes with it. Raises Refusal."""
    territory_id = int(form.territory.data)
    if not people.of(territory_id):
        raise Refusal(_nobody(people, territory_id), "territory")
    told, keeps = form.told(sender.agency if sender else None, sender), access.scope().covers_territory(territory_id)
    own = territory_id if sender is not None or keeps else _nearest_own(people, territory_id)
    card = signals.send(
        told, territory_id=own, children=form.told_children, today=clock.today(), sent_at=form.sent_at
    )  # fmt: skip
    attach(card, form.file)
    if own != territory_id:
        signals.receive(card)
        signals.redirect(card, territory_id, ENTERED_FOR_OTHERS)
    sent(KIND, form.draft.data)
    text = gettext("The card is sent: %(number)s", number=f"№ {card.number}/{card.year}")
    return Answer(text, url_for("NewSignal.sent", pk=card.id))


def _nobody(people: Coordinators, territory_id: int) -> str:
    name = people.places.rows[territory_id].name
    if people.instead_of(territory_id):
        return f"{name}: здесь нет координатора, и карту никто не откроет. Направьте её туда, где он есть."
    return f"{name}: здесь нет координатора, и карту никто не откроет. Сообщите администратору; черновик не пропадёт."


def _nearest_own(people: Coordinators, territory_id: int) -> int:
    """The coordinator's territory on which a card for another one is laid first: of the same district, if there is."""
    rows = people.places.rows
    roots = [key for key in _own_roots(people) if rows[key].kind is not TerritoryKind.REGION]
    if not roots:
        raise Refusal("У вас нет района, через который направить карту.", "territory")
    around = {place.id for place in people.places.above(territory_id) if place.kind is not TerritoryKind.REGION}
    near = (key for key in roots if around & {place.id for place in people.places.above(key)})
    return next(near, roots[0])
