"""The queue of jobs: who asks puts one in, a worker claims it for a while, renews the claim and ends it.

A claim holds until `lease_until`; then another worker takes the job over from its checkpoint. Whoever ends a job says
so in the transaction of its work (`finish`): a worker that has lost its claim stores nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.engine import Connection

from app import access
from app.clock import now
from app.domain.refusal import Refusal
from app.domain.terms import JobKind, JobState
from app.extensions import db
from app.models import Job
from app.words import short
from app.work.results import JobFiles, Result, folders

LEASE = timedelta(seconds=30)
KEPT = timedelta(days=1)
MOST_ATTEMPTS = 3
MOST_OF_ONE = 10  # jobs of one person that wait or run
TOO_MANY = f"У вас уже {MOST_OF_ONE} незаконченных заданий: дождитесь их или остановите лишние."

_job = Job.__table__


class LostError(Exception):
    """Another worker has taken the job over: what was done here is not stored."""


class CancelledError(Exception):
    """The person has stopped the job."""


@dataclass(frozen=True)
class Claim:
    """A job in the hands of one worker."""

    id: int
    kind: JobKind
    user_id: int
    parameters: dict[str, Any]
    checkpoint: dict[str, Any] | None
    attempts: int
    worker: str

    def holds(self) -> ColumnElement[bool]:
        """The condition that the job is still this worker's."""
        return and_(_job.c.id == self.id, _job.c.worker == self.worker, _job.c.state == JobState.RUNNING)


def put(kind: JobKind, title: str, parameters: dict[str, Any]) -> Job:
    """Ask for a job in the caller's transaction. Raises Refusal."""
    user_id = access.scope().user_id
    unfinished = select(func.count()).where(_job.c.user_id == user_id, _job.c.ended_at.is_(None))
    if (db.session.scalar(unfinished) or 0) >= MOST_OF_ONE:
        raise Refusal(TOO_MANY)
    job = Job(kind=kind, title=short(title, 300), user_id=user_id, parameters=parameters)
    db.session.add(job)
    db.session.flush()
    JobFiles(job.id).make()
    return job


def claim(worker: str) -> Claim | None:
    """Take the oldest job that nobody works at; None if there is none."""
    moment = now()
    # A claim that holds longer than any is of a clock that was wrong.
    over = or_(_job.c.lease_until < moment, _job.c.lease_until > moment + 2 * LEASE)
    free = or_(_job.c.state == JobState.WAITING, and_(_job.c.state == JobState.RUNNING, over))
    with db.engine.connect() as connection:
        if connection.scalar(select(_job.c.id).where(free).limit(1)) is None:
            return None
    oldest = select(_job.c.id).where(free).order_by(_job.c.id).limit(1).with_for_update(skip_locked=True)
    taken = (
        update(_job)
        .where(_job.c.id == oldest.scalar_subquery(), free)
        .values(state=JobState.RUNNING, worker=worker, lease_until=moment + LEASE, attempts=_job.c.attempts + 1)
        .returning(_job.c.id, _job.c.kind, _job.c.user_id, _job.c.parameters, _job.c.checkpoint,
                   _job.c.attempts)
    )  # fmt: skip
    with _apart() as connection:
        row = connection.execute(taken).one_or_none()
    return Claim(**row._mapping, worker=worker) if row is not None else None


def renew(claim: Claim) -> None:
    """Go on holding a job for another while."""
    with _apart() as connection:
        connection.execute(update(_job).where(claim.holds()).values(lease_until=now() + LEASE))


def tell(claim: Claim, stage: str, done: int, whole: int, checkpoint: dict[str, Any] | None = None) -> None:
    """Say how far a job is. Raises CancelledError and LostError.

    It writes beside the session: on SQLite nobody may call it who has written in the session's transaction.
    """
    values = {"stage": short(stage, 200), "done": done, "whole": whole, "lease_until": now() + LEASE}
    if checkpoint is not None:
        values["checkpoint"] = checkpoint
    with _apart() as connection:
        asked = _write(connection, claim, values)
    _heed(asked)


def finish(claim: Claim, result: Result) -> None:
    """End a job well, in the transaction of its work; the caller commits. Raises CancelledError and LostError."""
    values = {"state": JobState.DONE, "ended_at": now(), "result": asdict(result)}
    _heed(_write(db.session.connection(), claim, values))


def _write(connection: Connection, claim: Claim, values: dict[str, Any]) -> bool | None:
    """Write to a job that is still the worker's; gives whether it is to be stopped, None if another has it."""
    written = update(_job).where(claim.holds()).values(values).returning(_job.c.cancel_asked)
    return connection.execute(written).scalar_one_or_none()


def _heed(asked: bool | None) -> None:
    if asked is None:
        raise LostError
    if asked:
        raise CancelledError


def end(claim: Claim, state: JobState, text: str) -> None:
    """End a job that was refused or stopped; nothing of its work is stored."""
    values = {"state": state, "ended_at": now(), "result": asdict(Result(text))}
    with _apart() as connection:
        connection.execute(update(_job).where(claim.holds()).values(values))


def give_back(claim: Claim, *, spent: bool) -> None:
    """Let go of a job that another attempt shall do. spent: the attempt counts."""
    attempts = claim.attempts if spent else claim.attempts - 1
    values = {"state": JobState.WAITING, "worker": None, "lease_until": None, "attempts": attempts}
    with _apart() as connection:
        connection.execute(update(_job).where(claim.holds()).values(values))


def cancel(job: Job) -> None:
    """Ask for a job to be stopped, in the caller's transaction: one that waits is over at once."""
    waiting = update(_job).where(_job.c.id == job.id, _job.c.state == JobState.WAITING)
    stopped = {"state": JobState.CANCELLED, "ended_at": now(), "cancel_asked": True}
    connection = db.session.connection()
    if not connection.execute(waiting.values(stopped)).rowcount:
        connection.execute(update(_job).where(_job.c.id == job.id, _job.c.ended_at.is_(None)).values(cancel_asked=True))
    db.session.refresh(job)


def anything_runs() -> bool:
    """Whether a worker is at a job of anybody's just now."""
    running = select(_job.c.id).where(_job.c.state == JobState.RUNNING, _job.c.lease_until > now())
    return db.session.connection().scalar(running.limit(1)) is not None


def sweep() -> None:
    """Forget the jobs whose day is over, and the files without a job."""
    oldest = now() - KEPT
    with _apart() as connection:
        gone = list(connection.scalars(delete(_job).where(_job.c.ended_at < oldest).returning(_job.c.id)))
        known = set(connection.scalars(select(_job.c.id)))
    for job_id in gone:
        JobFiles(job_id).drop()
    for job_id, written in folders():
        if job_id not in known and written < oldest.timestamp():
            JobFiles(job_id).drop()


@contextmanager
def _apart() -> Iterator[Connection]:
    """A short transaction beside the session's."""
    with db.engine.connect().execution_options(writes=True) as connection, connection.begin():
        yield connection
