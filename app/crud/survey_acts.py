"""The list of survey acts: found by day, access, threat, and by the level of a heading."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import g, url_for
from flask_babel import lazy_gettext as _
from sqlalchemy import ColumnElement, true

from app import filters
from app.crud import RegistryView
from app.domain.terms import SurveyHeading, SurveyLevel, Term
from app.filters import Address, Filter
from app.models import SurveyAct
from app.readings import survey_acts

HEADING, LEVEL = "_flt_0_heading", "_flt_0_level"


class SurveyActListView(RegistryView):
    """The one list of survey acts."""

    computed = {"whom": _("Whom the group visited"), "place": _("Territory"), "state": _("State")}
    addable = False  # an act is written from the page of its survey (SurveyActs)

    def row_url(self, row: SurveyAct) -> str:
        return url_for("SurveyActs.show", pk=row.id)

    def filters_of(self, address: Address) -> list[Filter]:
        table = SurveyAct.__table__.c
        states = [
            ("current", _("In force"), lambda: table.is_current.is_(True)),
            ("open", _("Not signed"), lambda: table.signed_at.is_(None)),
            ("earlier", _("Earlier editions"), lambda: table.signed_at.is_not(None) & table.is_current.is_(False)),
        ]
        return [
            filters.of_choice(address, "state", _("State"), states, "tabs"),
            filters.of_text(address, "last_name", _("Last name"), survey_acts.with_name),
            *(filters.read(address, self.entity, name, self.label_columns[name]) for name in self.search_columns),
            *_of_marks(address),
        ]

    def prepare(self, rows: Sequence[SurveyAct]) -> None:
        g.act_lines = survey_acts.lines(rows)

    def text(self, row: Any, name: str) -> str:
        if name == "whom":
            return str(g.act_lines[row.group_id].name)
        if name == "place":
            return str(g.act_lines[row.group_id].place)
        if name == "state":
            return survey_acts.state_in_words(row)
        return super().text(row, name)

    def _of_families(self) -> bool:
        return True  # what is read of an act is written in the journal, as of a family


def _of_marks(address: Address) -> list[Filter]:
    """A heading and a level: asked together, it is the level of that heading."""
    heading = address.one_of(HEADING, _("Heading"), [one.value for one in SurveyHeading])
    level = address.one_of(LEVEL, _("How far it is there"), [one.value for one in SurveyLevel])
    asked = survey_acts.marked(SurveyHeading.of(heading), SurveyLevel.of(level)) if heading or level else None
    return [
        _chosen("heading", _("Heading"), SurveyHeading, heading, asked),
        _chosen("level", _("How far it is there"), SurveyLevel, level, true() if heading else asked),
    ]


def _chosen(name: str, label: Any, terms: type[Term], code: str, asked: ColumnElement[bool] | None) -> Filter:
    choices = [(one.value, one.title_ru) for one in terms]
    conditions = (asked,) if code and asked is not None else ()
    return Filter(name, label, "choice", code, choices=choices, conditions=conditions)
