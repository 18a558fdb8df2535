"""The lists of meetings, of what stands on their agendas, and of what bodies were instructed to do."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from app import clock, filters, words
from app.crud import RegistryView
from app.crud.listing import Listing
from app.filters import Address, Filter
from app.models import AgendaItem, Instruction, Meeting
from app.readings import meetings

MOMENTS = ("opened_at", "closed_at", "decided_at", "answered_at", "accepted_at", "created_at")


def _text(view: RegistryView, row: Any, name: str) -> str | None:
    """A moment as people read it; None for any other column."""
    if name not in MOMENTS:
        return None
    return words.moment(clock.local(moment)) if (moment := getattr(row, name)) else ""


class MeetingListView(RegistryView):
    """The one list of meetings: of whoever prepares them, and of a member, those of the commission."""

    computed = {"state": _("State")}
    list_template = "registry/meetings.html"
    addable = False  # a meeting is planned on its own screen, prepared and held on its page

    def row_url(self, row: Meeting) -> str:
        return url_for("MeetingPage.show", pk=row.id)

    def filters_of(self, address: Address) -> list[Filter]:
        today = clock.today()
        states = [
            ("ahead", _("Ahead"), lambda: meetings.is_ahead(today)),
            ("open", _("Not closed"), meetings.is_open),
            ("closed", _("Closed"), meetings.is_closed),
        ]
        return [
            filters.of_choice(address, "state", _("State"), states, "tabs"),
            *(filters.read(address, self.entity, name, self.label_columns[name]) for name in self.search_columns),
        ]

    def text(self, row: Any, name: str) -> str:
        if name == "state":
            return str(row.state)
        found = _text(self, row, name)
        return super().text(row, name) if found is None else found

    def warning(self, row: Meeting, listing: Listing) -> str:
        return gettext("not closed") if meetings.waits_for_closing(row, clock.today()) else ""


class AgendaItemListView(RegistryView):
    """The one list of what stood on agendas, with what was decided."""

    addable = False  # an item is put on the agenda on the page of its meeting

    def row_url(self, row: AgendaItem) -> str:
        if row.meeting is None:  # one sees the family, and not the meeting
            return super().row_url(row)
        return url_for("MeetingPage.show", pk=row.meeting_id, _anchor=f"item-{row.id}")

    def text(self, row: Any, name: str) -> str:
        found = _text(self, row, name)
        return super().text(row, name) if found is None else found

    def _of_families(self) -> bool:
        return True  # what is read of an item is written in the journal, as of a family


class InstructionListView(RegistryView):
    """The one list of instructions: of whoever prepares the meetings, and of a body, those to it."""

    computed = {"state": _("State")}
    addable = False  # an instruction is given by a decision, and answered on its page

    def row_url(self, row: Instruction) -> str:
        return url_for("InstructionPage.show", pk=row.id)

    def filters_of(self, address: Address) -> list[Filter]:
        today = clock.today()
        states = [
            ("waits", _("Not answered"), meetings.waits_for_answer),
            ("late", _("Overdue"), lambda: meetings.is_late(today)),
            ("answered", _("Answered"), meetings.is_answered),
            ("accepted", _("Accepted"), meetings.is_accepted),
        ]
        return [
            filters.of_choice(address, "state", _("State"), states, "tabs"),
            *(filters.read(address, self.entity, name, self.label_columns[name]) for name in self.search_columns),
        ]

    def text(self, row: Any, name: str) -> str:
        if name == "state":
            return meetings.state_of(row)
        found = _text(self, row, name)
        return super().text(row, name) if found is None else found

    def warning(self, row: Instruction, listing: Listing) -> str:
        return gettext("overdue") if meetings.is_overdue(row, clock.today()) else ""

    def _of_families(self) -> bool:
        return True


class DeliveryListView(RegistryView):
    """The one list of the papers that were handed or sent."""

    list_template = "registry/deliveries.html"
    addable = False  # written down on the page of an item

    def text(self, row: Any, name: str) -> str:
        found = _text(self, row, name)
        return super().text(row, name) if found is None else found

    def _of_families(self) -> bool:
        return True
