"""The list of surveys: of a coordinator, those of the territories; of an employee, those of one's own groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import g, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from app import clock, filters
from app.crud import RegistryView
from app.crud.listing import Listing
from app.domain.surveys import is_late
from app.filters import Address, Filter
from app.models import SurveyGroup
from app.readings import surveys


class SurveyListView(RegistryView):
    """The one list of surveys."""

    computed = {
        "whom": _("Whom to visit"),
        "place": _("Territory"),
        "head": _("Leader of the group"),
        "state": _("State"),
    }
    list_template = "registry/surveys.html"
    addable = False  # a group is named from a card or from the page of a family (SurveyPage)

    def row_url(self, row: SurveyGroup) -> str:
        return url_for("SurveyPage.show", pk=row.id)

    def filters_of(self, address: Address) -> list[Filter]:
        today = clock.today()
        states = [
            ("waits", _("Not visited"), surveys.waits),
            ("late", _("Overdue"), lambda: surveys.is_late(today)),
            ("done", _("Visited"), surveys.is_done),
            ("mine", _("My groups"), surveys.of_mine),
        ]
        return [
            filters.of_choice(address, "state", _("State"), states, "tabs"),
            filters.of_text(address, "last_name", _("Last name"), surveys.with_name),
            *(filters.read(address, self.entity, name, self.label_columns[name]) for name in self.search_columns),
        ]

    def prepare(self, rows: Sequence[SurveyGroup]) -> None:
        g.survey_lines = surveys.lines(rows)

    def text(self, row: Any, name: str) -> str:
        if name == "whom":
            return str(g.survey_lines[row.id].name)
        if name == "place":
            return str(g.survey_lines[row.id].place)
        if name == "head":
            return str(g.survey_lines[row.id].leader)
        if name == "state":
            return surveys.state_of(row)
        return super().text(row, name)

    def warning(self, row: SurveyGroup, listing: Listing) -> str:
        waits = row.surveyed_on is None and row.annulled_at is None
        return gettext("overdue") if waits and is_late(row.due_on, None, clock.today()) else ""

    def _of_families(self) -> bool:
        return True  # what is read of a survey is written in the journal, as of a family
