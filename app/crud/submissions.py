"""The list of reports that were submitted."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import lazy_gettext as _

from app import clock, words
from app.crud import RegistryView
from app.models import Submission


class SubmissionRegistry(RegistryView):
    """The one list of submitted reports: of the person's territories and of those above them."""

    entity = Submission
    list_columns = ["ends_on", "title", "territory", "called", "submitted_at", "agreed_by", "code"]
    titles = ("title",)
    search_columns = ["title", "territory", "ends_on", "agreed_on", "code"]
    form_columns = [
        "title", "territory", "starts_on", "ends_on", "number", "edition", "note", "agreed_by", "agreed_on",
        "submitted_at", "submitted_by", "code", "hash",
    ]  # fmt: skip
    base_order = ("ends_on", "desc")
    computed = {"called": _("No.")}
    list_template = "registry/submissions.html"
    addable = False  # a report is submitted from its own page

    def row_url(self, row: Submission) -> str:
        return url_for("Submissions.show", pk=row.id)

    def text(self, row: Any, name: str) -> str:
        if name == "called":
            return str(row.called)
        if name == "submitted_at":
            return words.moment(clock.local(row.submitted_at))
        return super().text(row, name)
