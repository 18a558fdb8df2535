"""Papers about one family as PDF: the social passport and the record card."""

from __future__ import annotations

from collections.abc import Callable

from flask import flash, redirect, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access
from flask_login import current_user
from werkzeug.wrappers import Response

from app import clock, journal
from app.documents import passport
from app.domain.terms import Act
from app.models import Family
from app.render.html_pdf import PrintError
from app.render.scans import PDF
from app.screens.screen import Screen
from app.services import papers

PASSPORT, CARD = "Социальный паспорт семьи", "Карта учета семьи"
NOT_PRINTED = "Документ не удалось сформировать. Сообщите администратору номер семьи и время попытки."


class PassportScreen(Screen):
    """What is printed about a family; every print is in the journal."""

    route_base = "/family"
    class_permission_name = "Passport"
    default_view = "passport"

    @expose("/<int:pk>/passport.pdf")
    @has_access
    def passport(self, pk: int) -> Response:
        """The social passport with the attached scans."""
        return self._print(
            self.find(Family, pk),
            PASSPORT,
            lambda: passport.pdf(
                pk,
                read=papers.content,
                made_by=current_user.get_full_name(),
                made_at=clock.now(),
                today=clock.today(),
            ),
        )

    @expose("/<int:pk>/card.pdf")
    @has_access
    def card(self, pk: int) -> Response:
        """The record card alone."""
        return self._print(
            self.find(Family, pk),
            CARD,
            lambda: passport.card_pdf(
                pk, made_by=current_user.get_full_name(), made_at=clock.now(), today=clock.today()
            ),
        )

    def _print(self, family: Family, what: str, make: Callable[[], bytes]) -> Response:
        try:
            content = make()
        except PrintError:
            flash(NOT_PRINTED, "danger")
            return redirect(url_for("FamilyPage.show", pk=family.id))
        journal.read(Act.PRINTED, entity="Family", entity_id=family.id, family_id=family.id,
                     summary=f"{what}: {family.title}", records=1)  # fmt: skip
        return self.file(content, PDF, papers.clean_name(f"{what} {family.number}", PDF))
