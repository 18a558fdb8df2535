"""What is wrong with the bank and its machine: looked through in the background, shown with what to do."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.domain.terms import JobKind
from app.screens.screen import Screen
from app.screens.work import later, mine
from app.work import results


class Doctor(Screen):
    """The state of the bank. Families are told by their numbers."""

    route_base = "/doctor"
    class_permission_name = "Doctor"
    default_view = "show"

    @expose("/")
    @has_access
    def show(self) -> str:
        """What the last look has found."""
        told = _last()
        return self.page("doctor/show.html", told=told, at=datetime.fromisoformat(told["at"]) if told else None)

    @expose("/run", methods=["POST"])
    @has_access
    def run(self) -> Response:
        """Look through everything in the background."""
        return self.pressed(lambda: later(JobKind.CHECKUP, _("Check of the bank"), {}), url_for("Doctor.show"))


def _last() -> dict[str, Any] | None:
    looks = (results.shown(job) for job in mine() if job.kind is JobKind.CHECKUP)
    return next((told for told in looks if told is not None), None)
