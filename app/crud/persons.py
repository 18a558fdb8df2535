"""The lists of facts about a person of a family: education, support, records of other bodies, documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import request

from app import clock, models
from app.acts import Answer
from app.crud import RegistryView
from app.domain.periods import quarter_of
from app.services import school_names, schools


class EducationRegistry(RegistryView):
    entity = models.Education
    list_columns = ["member", "family", "started_on", "status", "organisation", "grade", "ended_on"]
    search_columns = ["family", "status", "organisation", "started_on"]
    form_columns = ["member", "started_on", "ended_on", "status", "organisation", "grade"]
    base_order = ("started_on", "desc")
    suggested = {"organisation": schools.writings}
    alike_template = "schools_of_row.html"

    def alike(self, form: Any, row: Any) -> Sequence[Any]:
        return list(school_names.asked([form.organisation.data]).items())

    def _store(self, form: Any, row: Any, *, fresh: bool = False) -> Answer:
        school_names.settle([form.organisation.data], request.form.get, clock.today())
        return super()._store(form, row, fresh=fresh)


class PupilSupportRegistry(RegistryView):
    entity = models.PupilSupport
    list_columns = ["member", "family", "year", "quarter", "free_meals", "free_textbooks", "leisure", "holidays"]
    search_columns = ["family", "year", "quarter", "free_meals", "free_textbooks", "leisure", "holidays"]
    form_columns = [
        "member", "year", "quarter", "attendance", "progress", "missed_lessons", "free_meals", "free_textbooks",
        "leisure", "holidays", "note",
    ]  # fmt: skip
    base_order = ("year", "desc")
    presets = {"year": lambda: clock.today().year, "quarter": lambda: quarter_of(clock.today())[1]}


class SupervisionRegistry(RegistryView):
    entity = models.Supervision
    list_columns = ["member", "family", "kind", "started_on", "ended_on"]
    search_columns = ["family", "kind", "started_on", "ended_on"]
    form_columns = ["member", "kind", "started_on", "ended_on", "note"]
    base_order = ("started_on", "desc")


class IdentityDocumentRegistry(RegistryView):
    entity = models.IdentityDocument
    list_columns = ["member", "family", "kind", "series", "number", "issued_on"]
    search_columns = ["family", "kind", "series", "number"]
    form_columns = ["member", "kind", "series", "number", "issued_on", "issued_by"]
    base_order = ("id", "desc")
