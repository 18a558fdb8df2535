"""The lists of programmes, of their stages, and of the measures that are planned in them."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from app import clock, filters
from app.crud import RegistryView
from app.crud.listing import Listing
from app.filters import Address, Filter
from app.models import PlannedMeasure, Programme, Stage
from app.readings import programmes


class ProgrammeListView(RegistryView):
    """The one list of programmes."""

    computed = {"state": _("State")}

    def row_url(self, row: Programme) -> str:
        return url_for("ProgrammePage.show", pk=row.id)

    def filters_of(self, address: Address) -> list[Filter]:
        states = [
            ("draft", _("To be approved"), programmes.is_draft),
            ("approved", _("Under way"), programmes.is_under_way),
            ("closed", _("Ended"), programmes.is_closed),
        ]
        return [
            filters.of_choice(address, "state", _("State"), states, "tabs"),
            *(filters.read(address, self.entity, name, self.label_columns[name]) for name in self.search_columns),
        ]

    def text(self, row: Any, name: str) -> str:
        return str(row.state) if name == "state" else super().text(row, name)

    def warning(self, row: Programme, listing: Listing) -> str:
        return gettext("the term is over") if programmes.is_over(row, clock.today()) else ""


class StageListView(RegistryView):
    """The one list of stages."""

    computed = {"state": _("State")}

    def row_url(self, row: Stage) -> str:
        return url_for("ProgrammePage.show", pk=row.programme_id, _anchor=f"stage-{row.id}")

    def filters_of(self, address: Address) -> list[Filter]:
        today = clock.today()
        states = [
            ("planned", _("Planned"), lambda: programmes.is_stage_planned(today)),
            ("active", _("Under way"), lambda: programmes.is_stage_active(today)),
            ("reviewed", _("Reviewed"), programmes.is_stage_reviewed),
        ]
        return [
            filters.of_choice(address, "state", _("State"), states, "tabs"),
            *(filters.read(address, self.entity, name, self.label_columns[name]) for name in self.search_columns),
        ]

    def text(self, row: Any, name: str) -> str:
        return str(row.state(clock.today())) if name == "state" else super().text(row, name)

    def warning(self, row: Stage, listing: Listing) -> str:
        return gettext("results are due") if programmes.waits_for_review(row, clock.today()) else ""


class MeasureListView(RegistryView):
    """The one list of the measures of plans."""

    def filters_of(self, address: Address) -> list[Filter]:
        today = clock.today()
        states = [
            ("planned", _("Planned"), programmes.is_planned),
            ("overdue", _("Overdue"), lambda: programmes.is_overdue(today)),
            ("done", _("Done"), programmes.is_done),
        ]
        return [
            filters.of_choice(address, "now", _("What has become of it"), states, "tabs"),
            *(filters.read(address, self.entity, name, self.label_columns[name]) for name in self.search_columns),
        ]

    def warning(self, row: PlannedMeasure, listing: Listing) -> str:
        return gettext("overdue") if row.is_overdue(clock.today()) else ""
