"""A signal card beside a family that it may be about, line by line."""

from __future__ import annotations

from flask import abort, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from sqlalchemy.orm import joinedload, selectinload

from app import access, journal
from app.domain.terms import Act
from app.models import Family, Member, SignalCard
from app.readings import likeness
from app.screens.screen import Screen


class SignalLikeness(Screen):
    """Whether a card and a family are one: for whoever keeps the territory where the card lies."""

    route_base = "/signal"
    class_permission_name = "SignalCard"
    default_view = "compare"

    @expose("/<int:pk>/compare/<int:family>")
    @has_access
    @permission_name("keep")
    def compare(self, pk: int, family: int) -> str:
        """The card and the family side by side, and the button that attaches the one to the other."""
        card = self.find(SignalCard, pk, joinedload(SignalCard.territory), selectinload(SignalCard.children))
        if card.annulled_at is not None or not access.scope().covers_territory(card.territory_id):
            abort(403)
        known = self.find(
            Family, family, joinedload(Family.territory),
            selectinload(Family.members.and_(Member.annulled_at.is_(None))).joinedload(Member.role),
        )  # fmt: skip
        if known.annulled_at is not None:
            abort(404)
        journal.read(Act.OPENED, entity="Family", entity_id=known.id, family_id=known.id,
                     summary=f"{known.title}: сравнение с картой № {card.number}/{card.year}")  # fmt: skip
        return self.page("signals/compare.html", card=card, family=known, lines=likeness.of(card, known),
                         back=url_for("SignalPage.show", pk=card.id))  # fmt: skip
