"""The list of signal cards: the coordinator's queue, the oldest clock first; of a body, the cards that it has sent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import g, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from app import clock, filters, words
from app.crud import RegistryView
from app.crud.listing import Listing
from app.filters import Address, Filter
from app.models import SignalCard
from app.readings import signals
from app.services import drafts
from app.services.signals import state


class SignalCardListView(RegistryView):
    """The one list of signal cards."""

    computed = {
        "state": _("State"), "danger": _("Threat"), "came": _("Came"), "body": _("Sent by agency"),
        "place": _("Territory"),
    }  # fmt: skip
    addable = False  # a card is sent (NewSignal), and what becomes of it is done on its page
    list_template = "registry/signals.html"

    def row_url(self, row: SignalCard) -> str:
        return url_for("SignalPage.show", pk=row.id)

    def add_url(self) -> str:
        return url_for("NewSignal.add")

    def may(self, act: str) -> bool:
        if act == "add":
            return bool(self.appbuilder.sm.has_access("can_send", self.class_permission_name))
        return super().may(act)

    def drafts(self) -> Sequence[drafts.Offered]:
        """The cards that a sender has begun and not sent; whoever keeps the queue finds them over the form."""
        return drafts.mine("signal") if self.may("add") and not self.may("keep") else ()

    def filters_of(self, address: Address) -> list[Filter]:
        states = [
            ("open", _("Not closed"), signals.is_open),
            ("waiting", _("Not opened"), signals.waits),
            ("late", _("Overdue"), lambda: signals.is_late(clock.now(), _receipt())),
            ("asked", _("Sender asked"), signals.is_asked),
            ("survey", _("Under survey"), signals.is_under_survey),
            ("emergency", _("Emergencies"), signals.is_emergency),
            ("closed", _("Closed"), lambda: SignalCard.__table__.c.closed_at.is_not(None)),
        ]
        return [
            filters.of_choice(address, "state", _("State"), states, "tabs"),
            filters.of_text(address, "last_name", _("Last name"), signals.with_name),
            *(filters.read(address, self.entity, name, self.label_columns[name]) for name in self.search_columns),
        ]

    def _related(self) -> list[str]:
        return [*super()._related(), "outcome"]  # the state of a closed card

    def prepare(self, rows: Sequence[SignalCard]) -> None:
        g.now = clock.now()
        g.card_lines = signals.lines(rows, g.now, _receipt() if any(map(_waits, rows)) else None)

    def text(self, row: Any, name: str) -> str:
        if name == "number":
            return f"{row.number}/{row.year}"
        if name == "last_name":
            return str(row.full_name)
        if name in ("body", "place"):
            return str(getattr(g.card_lines[row.id], name) or row.source)
        if name == "danger":
            return gettext("emergency") if row.emergency_at else str(row.threat)
        if name == "came":
            return _came(row)
        if name == "state":
            return str(row.outcome) if row.closed_at else _waiting(row)
        if isinstance(value := getattr(row, name), datetime):
            return words.moment(clock.local(value))
        return super().text(row, name)

    def warning(self, row: SignalCard, listing: Listing) -> str:
        return gettext("overdue") if g.card_lines[row.id].late else ""

    def _of_families(self) -> bool:
        return True  # what is read of a card is written in the journal, as of a family


def _receipt() -> signals.Receipt | None:
    """The clock of a coordinator, read once for a page."""
    if "receipt" not in g:
        g.receipt = signals.Receipt.read()
    found: signals.Receipt | None = g.receipt
    return found


def _waits(row: SignalCard) -> bool:
    return row.received_at is None and row.closed_at is None


def _waiting(row: SignalCard) -> str:
    """The state of an open card; of one that nobody has opened, for how long it has been waiting."""
    return f"ждёт {signals.since(row.arrived_at, g.now)}" if _waits(row) else str(state(row))


def _came(row: SignalCard) -> str:
    """The day and the hour, and the year if it is another one."""
    came, today = clock.local(row.arrived_at), clock.local(g.now)
    return f"{came:%d.%m %H:%M}" if came.year == today.year else f"{came:%d.%m.%Y}"
