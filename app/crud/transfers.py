"""The list of files of families that go elsewhere."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import lazy_gettext as _

from app import clock, filters, words
from app.crud import RegistryView
from app.filters import Address, Filter
from app.models import Transfer
from app.readings import transfers

MOMENTS = ("created_at", "answered_at", "filed_at")


class TransferListView(RegistryView):
    """The one list of transfers, of either end."""

    computed = {"state": _("State")}
    base_order = ("id", "desc")
    intro = _("A file is handed over on the page of its family, or by a decision of a meeting.")
    list_template = "registry/transfers.html"
    addable = False  # a file is handed over on the page of its family, or by a meeting

    def row_url(self, row: Transfer) -> str:
        return url_for("TransferPage.show", pk=row.id)

    def filters_of(self, address: Address) -> list[Filter]:
        states = [
            ("comes", _("Comes to us"), transfers.comes),
            ("goes", _("Goes from us"), transfers.goes),
            ("received", _("Received"), transfers.is_received),
            ("declined", _("Declined"), transfers.is_declined),
        ]
        return [
            filters.of_choice(address, "state", _("State"), states, "tabs"),
            *(filters.read(address, self.entity, name, self.label_columns[name]) for name in self.search_columns),
        ]

    def text(self, row: Any, name: str) -> str:
        if name == "state":
            return str(row.state)
        if name in MOMENTS:
            return words.moment(clock.local(moment)) if (moment := getattr(row, name)) else ""
        return super().text(row, name)

    def _of_families(self) -> bool:
        return True  # what is read of a transfer is written in the journal, as of a family
