"""An emergency: a child is in danger now. Who is told at once stands on the card with phones until each is told."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import abort, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response

from app import access, clock
from app.acts import Answer
from app.forms import REQUIRED, ClockField, DayField, EntityForm, field_of
from app.models import Agency, CardTelling, SignalCard
from app.screens.screen import Screen
from app.services import signals as acts


class TellingForm(EntityForm):
    """Who was told in a body, and when."""

    told_to = field_of(CardTelling, "told_to")
    told_on = DayField(_("Day"), [REQUIRED])
    told_time = ClockField(_("Time"), [REQUIRED])
    answer = field_of(CardTelling, "answer")

    @property
    def told_at(self) -> datetime:
        """The moment by the municipality's clock."""
        return datetime.combine(self.told_on.given, self.told_time.given, clock.zone()).astimezone(UTC)


class Emergency(Screen):
    """The acts of whoever keeps the territory of a card that is an emergency."""

    route_base = "/signal"
    class_permission_name = "SignalCard"
    default_view = "mark"

    @expose("/<int:pk>/emergency", methods=["POST"])
    @has_access
    @permission_name("keep")
    def mark(self, pk: int) -> Response:
        """Mark a card as an emergency."""
        self._kept(pk)
        back = url_for("SignalPage.show", pk=pk)

        def whole() -> Answer:
            acts.mark_emergency(self._kept(pk))
            return Answer(gettext("The card is an emergency: tell the bodies that stand on it, now."), back)

        return self.pressed(whole, back)

    @expose("/<int:pk>/tell/<int:agency>", methods=["GET", "POST"])
    @has_access
    @permission_name("keep")
    def tell(self, pk: int, agency: int) -> str | Response:
        """Note who was told in a body."""
        card, body, form = self._kept(pk), self.find(Agency, agency), TellingForm()

        def whole() -> Answer:
            acts.tell(self._kept(pk), self.find(Agency, agency), told_to=form.told_to.data or "",
                      told_at=form.told_at, answer=form.answer.data)  # fmt: skip
            return Answer(gettext("Noted."), url_for("SignalPage.show", pk=pk, _anchor="emergency"))

        if form.is_submitted():
            if form.validate() and (answer := self.done(form, whole)):
                return answer
        else:
            here = clock.local(clock.now())
            form.told_on.data, form.told_time.data = here.date(), here.time()
        heading = gettext("Told: %(body)s", body=body.name)
        return self.page("signals/act.html", card=self.find(SignalCard, card.id), form=form, heading=heading,
                         note=body.phone or gettext("The phone of this body is not in the bank."))  # fmt: skip

    def _kept(self, pk: int) -> SignalCard:
        """A card that lies on the person's territory and is opened."""
        card = self.find(SignalCard, pk)
        if card.annulled_at is not None or not access.scope().covers_territory(card.territory_id):
            abort(403)
        return card
