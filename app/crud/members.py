"""The list of members: the children on record, who of them comes of age, and what of whom is not entered."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask_babel import lazy_gettext as _

from app import clock, filters, pages
from app.crud import RegistryView
from app.filters import Address, Filter
from app.models import Territory
from app.readings import members


class MemberListView(RegistryView):
    """The one list of members: every count of people on the first page opens it with its filters set."""

    computed = {"age": _("Age")}

    def filters_of(self, address: Address) -> list[Filter]:
        today = clock.today()
        state = filters.of_choice(address, "state", _("State"), [
            ("children", _("Children on record"), lambda: members.is_child_on_record(today)),
            ("on", _("All of families on record"), lambda: members.lives_on_record(today)),
        ], "tabs")  # fmt: skip
        missing = [
            ("education", _("education"), lambda: members.education_unknown(today)),
            ("born_on", _("birth date"), members.age_unknown),
        ]
        soon = [("soon", _("within three months"), lambda: members.comes_of_age(today))]
        return [
            state,
            filters.of_row(address, "territory", _("Territory"), Territory, members.lives_in, members.each_lives_in),
            *super().filters_of(address),
            filters.of_choice(address, "comes_of_age", _("Turns eighteen"), soon),
            replace(filters.of_choice(address, "missing", _("Not entered"), missing), is_dear=True),
        ]

    def text(self, row: Any, name: str) -> str:
        return pages.age(row.born_on) if name == "age" else super().text(row, name)
