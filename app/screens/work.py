"""The jobs of a person that run in the background: how far each is, its result, the way to stop it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import Response, abort, jsonify, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext as _
from sqlalchemy import or_, select
from werkzeug.routing import BuildError
from werkzeug.wrappers import Response as BaseResponse

from app import clock, journal, limits
from app.acts import Answer
from app.domain.terms import Act, JobKind, JobState
from app.extensions import db
from app.models import Job
from app.screens.screen import Screen
from app.work import queue
from app.work.results import JobFiles, shown

UNATTENDED = timedelta(minutes=1)  # a job that waits longer while none runs: nobody does them
ACTS = {
    JobKind.PASSPORTS: Act.PRINTED,
    JobKind.PACKS: Act.PRINTED,
}  # what handing over a file is called in the journal; others are exports
OF_FAMILIES = (*ACTS, JobKind.EXPORT, JobKind.ASSEMBLE, JobKind.REPORT)  # what hands many families over


class Work(Screen):
    """What the server does for a person while the person goes on."""

    route_base = "/work"
    class_permission_name = "Work"
    default_view = "all"

    @expose("/")
    @has_access
    @permission_name("show")
    def all(self) -> str:
        """The jobs of the last day."""
        return self.page("work/list.html", jobs=mine())

    @expose("/<int:pk>")
    @has_access
    @permission_name("show")
    def job(self, pk: int) -> str:
        """One job: how far it is, or how it ended."""
        job = self.find(Job, pk)
        return self.page("work/job.html", job=job, told=_told(job), unattended=_is_unattended(job))

    @expose("/<int:pk>/progress")
    @has_access
    @permission_name("show")
    def progress(self, pk: int) -> Response:
        """The same for the script of the page."""
        return jsonify(_told(self.find(Job, pk)))

    @expose("/<int:pk>/file")
    @has_access
    @permission_name("show")
    def file_of(self, pk: int) -> BaseResponse:
        """The file that a job has made, for a day."""
        job = self.find(Job, pk)
        result = job.result or {}
        if job.state is not JobState.DONE or not result.get("file_name"):
            abort(404)
        path = JobFiles(job.id).path / result["file"]
        if not path.is_file():
            abort(404)
        # What was printed of each family is counted since then; what is exported is counted as it leaves.
        if asked := limits.hand_over(0 if job.kind in ACTS else result["records"]):
            return asked
        act = ACTS.get(job.kind, Act.EXPORTED)
        journal.read(act, entity="Family", summary=result["text"], records=result["records"])
        return self.file(path, result["mime"], result["file_name"])

    @expose("/<int:pk>/cancel", methods=["POST"])
    @has_access
    @permission_name("show")
    def cancel(self, pk: int) -> BaseResponse:
        """Stop a job that is not over."""
        job = self.find(Job, pk)
        back = url_for("Work.job", pk=pk)

        def stopped() -> Answer:
            queue.cancel(job)
            return Answer(_("The job will be stopped; what it has not finished is not stored."), back)

        return self.pressed(stopped, back)


def later(kind: JobKind, title: str, parameters: dict[str, Any], files: Mapping[str, bytes] | None = None) -> Answer:
    """Leave something to the background, in the caller's transaction. Raises Refusal, TooManyRequests.

    files: what was brought with it, kept beside the job by these names.
    """
    if kind in OF_FAMILIES:
        limits.check_most()
    job = queue.put(kind, title, parameters)
    for name, content in (files or {}).items():
        JobFiles(job.id).write(name, content)
    return Answer(_("This takes a while: it goes on in the background, you may go on too."),
                  url_for("Work.job", pk=job.id))  # fmt: skip


def kept_by(job: Job, kind: JobKind, **asked: Any) -> dict[str, Any]:
    """What a job of a kind has kept for the page of what was asked; there is no such page otherwise."""
    is_it = job.kind is kind and asked.items() <= job.parameters.items()
    return (shown(job) if is_it else None) or abort(404)


def mine() -> list[Job]:
    """The person's jobs of the last day, the latest first."""
    lately = or_(Job.ended_at.is_(None), Job.ended_at > clock.now() - queue.KEPT)
    return list(db.session.scalars(select(Job).where(lately).order_by(Job.id.desc())))


def _told(job: Job) -> dict[str, Any]:
    """How far a job is: state, words, per cent (None while nobody knows), where to go on when it is over."""
    result = job.result or {}
    return {
        "state": job.state.value,
        "title": str(job.state),
        "stage": job.stage,
        "percent": job.done * 100 // job.whole if job.whole else None,
        "over": job.ended_at is not None,
        "text": result.get("text", ""),
        "page": _page(result),
        "file": url_for("Work.file_of", pk=job.id) if result.get("file_name") else "",
    }


def _page(result: dict[str, Any]) -> str:
    if not result.get("endpoint"):
        return ""
    try:
        return url_for(result["endpoint"], **result["values"])
    except BuildError:  # the page of an earlier version of the program
        return ""


def _is_unattended(job: Job) -> bool:
    """Whether a job waits though none runs: the server does not do its jobs."""
    if job.state is not JobState.WAITING or clock.now() - clock.in_utc(job.asked_at) < UNATTENDED:
        return False
    return not queue.anything_runs()
