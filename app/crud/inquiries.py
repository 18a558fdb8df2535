"""The lists of what bodies are asked about families that are surveyed, and of what they told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import g, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from app import clock, filters, words
from app.crud import RegistryView
from app.crud.listing import Listing
from app.filters import Address, Filter
from app.models import AgencyFinding, AgencyInquiry
from app.readings import inquiries
from app.services.inquiries import is_overdue, state


class InquiryListView(RegistryView):
    """The one list of inquiries: of whoever surveys, and of a body, those to it."""

    computed = {"whom": _("Of whom"), "place": _("Territory"), "state": _("State")}
    addable = False  # bodies are asked on the page of a survey, and answer on the page of the inquiry

    def row_url(self, row: AgencyInquiry) -> str:
        return url_for("InquiryPage.show", pk=row.id)

    def filters_of(self, address: Address) -> list[Filter]:
        today = clock.today()
        states = [
            ("waits", _("Not answered"), inquiries.waits),
            ("late", _("Overdue"), lambda: inquiries.is_overdue(today)),
            ("answered", _("Answered"), inquiries.is_answered),
            ("closed", _("Closed"), inquiries.is_closed),
        ]
        return [
            filters.of_choice(address, "state", _("State"), states, "tabs"),
            *(filters.read(address, self.entity, name, self.label_columns[name]) for name in self.search_columns),
        ]

    def prepare(self, rows: Sequence[AgencyInquiry]) -> None:
        g.survey_lines = inquiries.lines(rows)

    def text(self, row: Any, name: str) -> str:
        if name in ("whom", "place"):
            return str(getattr(g.survey_lines[row.group_id], name))
        if name == "state":
            return str(state(row))
        if name in ("answered_at", "closed_at", "created_at"):
            return words.moment(clock.local(moment)) if (moment := getattr(row, name)) else ""
        return super().text(row, name)

    def warning(self, row: AgencyInquiry, listing: Listing) -> str:
        return gettext("overdue") if is_overdue(row, clock.today()) else ""

    def _of_families(self) -> bool:
        return True  # what is read of an inquiry is written in the journal, as of a family


class FindingListView(RegistryView):
    """The one list of what bodies told."""

    computed = {"whom": _("Of whom"), "place": _("Territory")}
    addable = False  # it is entered on the page of its survey or of its inquiry

    def row_url(self, row: AgencyFinding) -> str:
        return url_for("SurveyPage.show", pk=row.group_id, _anchor="bodies")

    def prepare(self, rows: Sequence[AgencyFinding]) -> None:
        g.survey_lines = inquiries.lines(rows)

    def text(self, row: Any, name: str) -> str:
        if name in ("whom", "place"):
            return str(getattr(g.survey_lines[row.group_id], name))
        return super().text(row, name)

    def _of_families(self) -> bool:
        return True
