"""The clocks that run for a signal card are extended, each on a page of its own."""

from __future__ import annotations

from flask import abort, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext
from sqlalchemy.orm import joinedload, selectinload
from werkzeug.wrappers import Response

from app import access, clock
from app.acts import AT_ONCE, Answer
from app.domain.deadlines import Clock
from app.domain.refusal import Refusal
from app.models import SignalCard
from app.readings import card_clocks
from app.readings.clocks import DeadlinesInUse
from app.screens.family_forms import ExtendForm
from app.screens.screen import Screen
from app.services import signals as acts


class SignalClocks(Screen):
    """«Продлить срок» of a card, by whoever keeps the territory where it lies."""

    route_base = "/signal"
    class_permission_name = "SignalCard"
    default_view = "extend"

    @expose("/<int:pk>/extend/<int:deadline>", methods=["GET", "POST"])
    @has_access
    @permission_name("keep")
    def extend(self, pk: int, deadline: int) -> str | Response:
        """A clock that runs for the card gets a later last day, with the reason."""
        card, form, back = self._kept(pk), ExtendForm(), url_for("SignalPage.show", pk=pk)

        def whole() -> Answer:
            fresh = acts.hold(self._kept(pk))
            running = _running(fresh, deadline)
            if running is not None and form.version.data != running.due.isoformat():
                raise Refusal(f"{AT_ONCE} Теперь срок до {running.due:%d.%m.%Y}.", "until")
            began = card_clocks.started_at(fresh, running) if running else clock.now()
            acts.extend(fresh, running, started_at=began, until=form.until.given, reason=form.reason.data or "",
                        today=clock.today())  # fmt: skip
            return Answer(gettext("The deadline is extended."), back)

        if form.is_submitted() and form.validate() and (answer := self.done(form, whole)):
            return answer
        card = self._kept(pk)
        running = _running(card, deadline)
        if running is None and not form.is_submitted():
            abort(404)
        form.version.raw_data, form.version.data = None, running.due.isoformat() if running else ""
        return self.page("surveys/form.html", form=form, heading=gettext("Extend the deadline"), back=back,
                         whose=str(card), running=running, menu_entry="SignalCards")  # fmt: skip

    def _kept(self, pk: int) -> SignalCard:
        card = self.find(SignalCard, pk, joinedload(SignalCard.territory), selectinload(SignalCard.steps),
                         selectinload(SignalCard.extensions))  # fmt: skip
        if card.annulled_at is not None or not access.scope().covers_territory(card.territory_id):
            abort(403)
        return card


def _running(card: SignalCard, deadline: int) -> Clock | None:
    found = card_clocks.running(card, DeadlinesInUse.read())
    return next((one for one in found if one.deadline == deadline), None)
