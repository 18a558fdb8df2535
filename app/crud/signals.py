"""The list of signal cards: the coordinator's queue, the oldest clock first; of a body, the cards that it has sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import current_app, g, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from app import clock, filters, words
from app.crud import RegistryView
from app.crud.listing import Listing
from app.filters import Address, Filter
from app.models import SignalCard
from app.readings import signals
from app.services.signals import state


class SignalCardListView(RegistryView):
    """The one list of signal cards."""

    computed = {"state": _("State"), "waits": _("Waits")}
    addable = False  # a card is sent (NewSignal), and what becomes of it is done on its page
    list_template = "registry/signals.html"

    def row_url(self, row: SignalCard) -> str:
        return url_for("SignalPage.show", pk=row.id)

    def add_url(self) -> str:
        return url_for("NewSignal.add")

    def may(self, act: str) -> bool:
        if act == "add":
            sends = self.appbuilder.sm.has_access("can_send", self.class_permission_name)
            return bool(sends) and "NewSignal.add" in current_app.view_functions
        return super().may(act)

    def filters_of(self, address: Address) -> list[Filter]:
        states = [
            ("open", _("Open"), signals.is_open),
            ("waiting", _("Not opened"), signals.waits),
            ("late", _("Overdue"), lambda: signals.is_late(clock.now())),
            ("asked", _("Sender asked"), signals.is_asked),
            ("closed", _("Closed"), lambda: SignalCard.__table__.c.closed_at.is_not(None)),
        ]
        return [
            filters.of_choice(address, "state", _("State"), states, "tabs"),
            filters.of_text(address, "last_name", _("Last name"), signals.with_name),
            *(filters.read(address, self.entity, name, self.label_columns[name]) for name in self.search_columns),
        ]

    def prepare(self, rows: Sequence[SignalCard]) -> None:
        g.receipt, g.now = signals.Receipt.read(), clock.now()

    def text(self, row: Any, name: str) -> str:
        if name == "number":
            return f"{row.number}/{row.year}"
        if name == "last_name":
            return str(row.full_name)
        if name == "agency":
            return str(row.agency or row.source)
        if name in ("arrived_at", "sent_at", "detected_at", "received_at", "closed_at"):
            moment = getattr(row, name)
            return words.moment(clock.local(moment)) if moment else ""
        if name == "state":
            return str(row.outcome if row.closed_at else state(row))
        if name == "waits":
            return signals.since(row.arrived_at, g.now) if row.received_at is None and row.closed_at is None else ""
        return super().text(row, name)

    def warning(self, row: SignalCard, listing: Listing) -> str:
        waits = row.received_at is None and row.closed_at is None
        is_late = waits and g.receipt is not None and g.receipt.is_late(row, g.now)
        return gettext("overdue") if is_late else ""

    def _of_families(self) -> bool:
        return True  # what is read of a card is written in the journal, as of a family
