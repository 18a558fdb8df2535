"""The page of a signal card: what was sent, who it may be, what is done with it next."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from flask import abort, flash, jsonify, redirect, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_login import current_user
from sqlalchemy.orm import joinedload, selectinload
from sqlalchemy.orm.interfaces import ORMOption
from werkzeug.wrappers import Response
from wtforms import SelectField

from app import access, clock, journal, sessions, tree, words
from app.acts import Answer
from app.documents import signal_card
from app.domain import deadlines
from app.domain.deadlines import Clock
from app.domain.terms import Act, CardState, Moment, TerritoryKind
from app.forms import REQUIRED, CleanString, CleanText, EntityForm, LookupField, no_longer, offered
from app.models import CardStep, Family, SignalCard
from app.readings import card_clocks, clocks, likely, signals, surveys
from app.readings.clocks import DeadlinesInUse
from app.render.html_pdf import PrintError
from app.render.scans import PDF
from app.screens.screen import Screen
from app.services import papers
from app.services import signals as acts

LONGEST_QUESTION, LONGEST_NOTE = 2000, 1000
NOT_PRINTED = "Карту не удалось напечатать. Сообщите администратору её номер и время попытки."


class AskForm(EntityForm):
    """What the sender is asked."""

    question = CleanText(_("Question to the sender"), [REQUIRED, no_longer(LONGEST_QUESTION)])


class AnswerForm(EntityForm):
    """What the sender answers."""

    answer = CleanText(_("Answer of the sender"), [REQUIRED, no_longer(LONGEST_QUESTION)])


class AttachForm(EntityForm):
    """The family that a card is about."""

    family = LookupField(_("Family"), [REQUIRED], entity=Family)
    note = CleanText(_("Note"), [no_longer(LONGEST_NOTE)])


class RedirectForm(EntityForm):
    """Where a card goes on to."""

    territory = SelectField(_("Send to"), [REQUIRED], choices=[])
    note = CleanText(_("Why it is sent on"), [REQUIRED, no_longer(LONGEST_NOTE)])

    def offer(self, but: int) -> None:
        """Every district and settlement of the bank, as a tree."""
        self.territory.choices = offered(
            (str(place.id), "\u2003" * depth + place.name)
            for place, depth in tree.read().walk()
            if place.kind is not TerritoryKind.REGION and place.id != but
        )


class SendOutForm(EntityForm):
    """Who outside the bank gets a card."""

    addressee = CleanString(
        _("Sent out of the bank to"),
        [REQUIRED, no_longer(300)],
        description=_("The municipality or the body to which the letter is addressed."),
    )
    note = CleanText(_("Why it is sent on"), [REQUIRED, no_longer(LONGEST_NOTE)])


class CloseForm(EntityForm):
    """How a card ends."""

    outcome = SelectField(_("Outcome"), [REQUIRED], choices=[])
    note = CleanText(_("Reason of the outcome"), [REQUIRED, no_longer(LONGEST_NOTE)])


class SignalPage(Screen):
    """One card, and the acts on it by whoever keeps the territory where it lies; the sender answers what is asked."""

    route_base = "/signal"
    class_permission_name = "SignalCard"
    default_view = "show"

    @expose("/<int:pk>")
    @has_access
    def show(self, pk: int) -> str:
        """The card; one that nobody has opened yet shows its keeper an envelope with one button."""
        card = self._card(pk, selectinload(SignalCard.scans), selectinload(SignalCard.tellings),
                          selectinload(SignalCard.extensions))  # fmt: skip
        keeps = self._keeps(card)
        is_sealed = keeps and card.received_at is None and card.closed_at is None
        in_use = DeadlinesInUse.read()
        journal.read(Act.OPENED, entity="SignalCard", entity_id=card.id, summary=journal.title_of(card))
        return self.page(
            "signals/envelope.html" if is_sealed else "signals/show.html",
            card=card, keeps=keeps, state=acts.state(card), CardState=CardState, moment=clock.now(),
            running=self._running(card, in_use, keeps=keeps), overdue=card_clocks.overdue,
            last_moment=card_clocks.last_moment, sending=_sending(card, in_use),
            last=self._undoable(card) if keeps else None,
            since=signals.since, age_in_words=words.age,
            to_tell=signals.to_tell(card) if keeps and card.emergency_at is not None and not is_sealed else None,
            surveyed=[] if is_sealed else surveys.of_card(card.id), state_of_survey=surveys.state_of,
            may_attach=card.closed_at is None and card.annulled_at is None and not is_sealed and self._may_add(card),
            may_name=keeps and self._may_name(card),
            likely=self._likely(card) if keeps and not is_sealed and card.closed_at is None else None,
        )  # fmt: skip

    @expose("/<int:pk>/receive", methods=["POST"])
    @has_access
    @permission_name("keep")
    def receive(self, pk: int) -> Response:
        """«Открыть»: the receipt is stamped."""
        return self._button(pk, acts.receive, gettext("The card is opened."))

    @expose("/<int:pk>/undo", methods=["POST"])
    @has_access
    @permission_name("keep")
    def undo(self, pk: int) -> Response:
        """Undo the last step."""
        return self._button(pk, acts.undo, gettext("The last step is undone."))

    @expose("/<int:pk>/recall", methods=["POST"])
    @has_access
    @permission_name("keep")
    def recall(self, pk: int) -> Response:
        """Take back a card that was sent on and that nobody has opened there."""

        def whole() -> Answer:
            acts.recall(pk)
            return Answer(gettext("The card is back."), url_for("SignalPage.show", pk=pk))

        return self.pressed(whole, url_for("SignalPage.sent_on"))

    @expose("/<int:pk>/ask", methods=["GET", "POST"])
    @has_access
    @permission_name("keep")
    def ask(self, pk: int) -> str | Response:
        """Ask the sender for what the card does not say."""
        form = AskForm()
        return self._act(pk, form, gettext("Ask the sender"), gettext("The sender is asked."),
                         lambda card: acts.ask(card, form.question.data or ""))  # fmt: skip

    @expose("/<int:pk>/answer", methods=["GET", "POST"])
    @has_access
    @permission_name("send")
    def answer(self, pk: int) -> str | Response:
        """Answer what the coordinator asks of the card that one's body has sent."""
        form = AnswerForm()
        return self._act(pk, form, gettext("Answer the coordinator"), gettext("The answer is sent."),
                         lambda card: acts.answer(card, form.answer.data or ""), by_sender=True)  # fmt: skip

    @expose("/<int:pk>/attach", methods=["GET", "POST"])
    @has_access
    @permission_name("keep")
    def attach(self, pk: int) -> str | Response:
        """Attach the card to a family of the bank."""
        form = AttachForm()
        return self._act(pk, form, gettext("Attach to a family of the bank"),
                         gettext("The card is attached to the family."),
                         lambda card: acts.attach(card, cast(Family, form.family.data), form.note.data))  # fmt: skip

    @expose("/<int:pk>/redirect", methods=["GET", "POST"])
    @has_access
    @permission_name("keep")
    def redirect(self, pk: int) -> str | Response:
        """Send the card on to another territory of the bank."""
        form, card = RedirectForm(), self._kept(pk)
        form.offer(card.territory_id)
        return self._act(pk, form, gettext("Send the card on"), gettext("The card is sent on."),
                         lambda card: acts.redirect(card, int(form.territory.data), form.note.data or ""),
                         then=url_for("SignalPage.sent_on"))  # fmt: skip

    @expose("/<int:pk>/send-out", methods=["GET", "POST"])
    @has_access
    @permission_name("keep")
    def send_out(self, pk: int) -> str | Response:
        """Send the card out of the bank: it is closed, and a letter is printed."""
        form = SendOutForm()
        return self._act(pk, form, gettext("Send the card out of the bank"),
                         gettext("The card is closed. Print the letter and send it with the card."),
                         lambda card: acts.send_out(card, form.addressee.data or "", form.note.data or ""))  # fmt: skip

    @expose("/<int:pk>/card.pdf")
    @has_access
    @permission_name("show")
    def printed(self, pk: int) -> Response:
        """The card as a paper; of one that was sent out of the bank, with its letter."""
        card = self._card(pk)
        keeps = self._keeps(card)
        if keeps and card.received_at is None and card.closed_at is None:
            flash(acts.NOT_RECEIVED, "warning")
            return redirect(url_for("SignalPage.show", pk=pk))
        try:
            content = signal_card.pdf(card, letter=keeps, made_by=current_user.get_full_name(), made_at=clock.now(),
                                      today=clock.today())  # fmt: skip
        except PrintError:
            flash(NOT_PRINTED, "danger")
            return redirect(url_for("SignalPage.show", pk=pk))
        journal.read(Act.PRINTED, entity="SignalCard", entity_id=card.id, records=1, summary=journal.title_of(card))
        return self.file(content, PDF, papers.clean_name(f"Сигнальная карта {card.number}-{card.year}", PDF))

    @expose("/<int:pk>/close", methods=["GET", "POST"])
    @has_access
    @permission_name("keep")
    def close(self, pk: int) -> str | Response:
        """Close the card with an outcome and a reason."""
        form, outcomes = CloseForm(), {str(row.id): row for row in acts.offered_outcomes()}
        form.outcome.choices = offered((key, str(row)) for key, row in outcomes.items())
        return self._act(pk, form, gettext("Close the card"), gettext("The card is closed."),
                         lambda card: acts.close(card, outcomes[form.outcome.data], form.note.data or ""))  # fmt: skip

    @expose("/sent-on")
    @has_access
    @permission_name("keep")
    def sent_on(self) -> str:
        """The cards that went on to other territories: their state and outcome."""
        rows = signals.sent_on()
        journal.read(Act.LISTED, entity="SignalCard", records=len(rows), summary="Перенаправленные карты")
        return self.page("signals/sent_on.html", rows=rows, most=signals.SHOWN_SENT_ON)

    @expose("/waiting")
    @has_access
    @permission_name("keep")
    def waiting(self) -> Response:
        """How many cards nobody has opened, for the menu that asks every minute: no sign that the person is there."""
        sessions.here().unattended = True
        found = signals.waiting(signals.Receipt.read())
        return jsonify(cards=found.cards, late=found.late)

    def _running(self, card: SignalCard, in_use: DeadlinesInUse, *, keeps: bool) -> list[Clock]:
        """The clocks of a card: to its keeper all, to its sender those of the answer that is asked."""
        found = card_clocks.running(card, in_use)
        return found if keeps else [one for one in found if one.starts is Moment.CARD_ASKED]

    def _likely(self, card: SignalCard) -> likely.LikelyOnes:
        """The families and other cards that a card may be about, whose names are shown by it."""
        found = likely.of_card(card)
        journal.read(Act.SEARCHED, entity="Family", records=len(found.families),
                     summary=f"Похожие на карту № {card.number}/{card.year}")  # fmt: skip
        return found

    def _card(self, pk: int, *further: ORMOption) -> SignalCard:
        return self.find(
            SignalCard, pk, joinedload(SignalCard.territory), joinedload(SignalCard.district),
            joinedload(SignalCard.agency), joinedload(SignalCard.employee), joinedload(SignalCard.outcome),
            selectinload(SignalCard.criteria), selectinload(SignalCard.children), selectinload(SignalCard.steps),
            *further,
        )  # fmt: skip

    def _keeps(self, card: SignalCard) -> bool:
        """Whether the person keeps the territory where a card lies."""
        may = bool(self.appbuilder.sm.has_access("can_keep", "SignalCard"))
        return may and card.annulled_at is None and access.scope().covers_territory(card.territory_id)

    def _undoable(self, card: SignalCard) -> CardStep | None:
        """The step of a card that its keeper may undo: one that was done where the person keeps cards."""
        last = acts.last_step(card)
        return last if last is not None and access.scope().covers_territory(last.territory_id) else None

    def _may_add(self, card: SignalCard) -> bool:
        """Whether the person may add photos to a card: its sender's body, and whoever keeps its territory."""
        scope = access.scope()
        may = bool(self.appbuilder.sm.has_access("can_send", "SignalCard"))
        own = scope.agency is not None and scope.agency == card.agency_id
        return may and (own or scope.covers_territory(card.territory_id))

    def _may_name(self, card: SignalCard) -> bool:
        """Whether a survey group may be named: none is on its way."""
        may = bool(self.appbuilder.sm.has_access("can_name", "SurveyGroup"))
        return may and (card.survey_due_on is None or card.surveyed_on is not None)

    def _kept(self, pk: int) -> SignalCard:
        card = self._card(pk)
        if not self._keeps(card):
            abort(403)
        return card

    def _button(self, pk: int, act: Callable[[SignalCard], Any], said: str) -> Response:
        self._kept(pk)
        back = url_for("SignalPage.show", pk=pk)

        def whole() -> Answer:
            act(self._kept(pk))
            return Answer(said, back)

        return self.pressed(whole, back)

    def _act(self, pk: int, form: EntityForm, heading: str, said: str, act: Callable[[SignalCard], Any], *,
             by_sender: bool = False, then: str = "") -> str | Response:  # fmt: skip
        """The page of one act and the act itself; what was typed survives a refusal. then: where a card that the person
        keeps no longer is told of."""
        card = self._sent(pk) if by_sender else self._kept(pk)

        def whole() -> Answer:
            acted = self._sent(pk) if by_sender else self._kept(pk)
            act(acted)
            gone = then and not self._keeps(acted)
            return Answer(said, then if gone else url_for("SignalPage.show", pk=pk))

        if form.is_submitted() and form.validate() and (answer := self.done(form, whole)):
            return answer
        if form.is_submitted():
            card = self._card(card.id)  # what a refused act has left of it is put back
        return self.page("signals/act.html", card=card, form=form, heading=heading)

    def _sent(self, pk: int) -> SignalCard:
        """A card that the person's own body has sent."""
        card, agency = self._card(pk), access.scope().agency
        if agency is None or card.agency_id != agency:
            abort(403)
        return card


def _sending(card: SignalCard, in_use: DeadlinesInUse) -> str:
    """How long the sender took, and the time there was for it, if it was too long; nothing otherwise."""
    row = in_use.between(Moment.DETECTED, Moment.SIGNAL_SENT)
    if row is None:
        return ""
    sent_at = clock.local(card.sent_at)
    if sent_at <= deadlines.due_at(clock.local(card.detected_at), clocks.limit(row), in_use.works):
        return ""
    return signals.lasting(sent_at - clock.local(card.detected_at))
