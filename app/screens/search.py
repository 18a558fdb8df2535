"""The field on every page: a number opens its family, anything else gives a list, nothing the families seen lately."""

from __future__ import annotations

from flask import redirect, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app import clock, journal
from app.domain.terms import Act
from app.filters import Address
from app.readings import overview, recent, search, signals
from app.screens.new_family import may_enter
from app.screens.screen import Screen
from app.services.signals import state


class Search(Screen):
    """Families by number, any name, address, birth date, document, phone; signal cards by any name, address, phone."""

    route_base = "/search"
    class_permission_name = "Search"
    default_view = "show"

    @expose("")
    @has_access
    def show(self) -> str | Response:
        """The families found, with what matched marked; the only family of a number is opened at once."""
        address = Address(url_for("Search.show"))
        query = address.text("q", _("Search"), any_sign=True)
        if len(search.words_of(query)) > search.MOST_WORDS:
            address.fault(_("Search"), query, f"слов больше {search.MOST_WORDS}")
        near = bool(address.one_of("near", _("Look for those written nearly so"), ("1",)))
        address.check()
        exact = [] if near else search.by_number(query)
        found = search.Found([]) if len(exact) == 1 else search.families(query, clock.today(), near=near)
        if query:
            journal.read(Act.SEARCHED, entity="Family", records=found.total or len(exact), summary=f"Поиск: {query}")
        if len(exact) == 1:
            return redirect(url_for("FamilyPage.show", pk=exact[0].id))
        cards = signals.found(query) if self.appbuilder.sm.has_access("can_list", "SignalCard") else ()
        if cards:
            journal.read(Act.SEARCHED, entity="SignalCard", records=len(cards), summary=f"Поиск: {query}")
        return self.page(
            "search/show.html", query=query, found=found, today=clock.today(), minors=overview.minors,
            counted=search.MOST_COUNTED, may_enter=may_enter(), cards=cards, card_state=state, near=near,
            reasons=search.reasons, lately=() if query else recent.families(),
        )  # fmt: skip
