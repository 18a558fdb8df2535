"""What the server does while the person goes on: one row for each thing asked."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_appbuilder import Model
from sqlalchemy import JSON, DateTime, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.domain.terms import JobKind, JobState
from app.entities.kinds import Whose, term


class Job(Model):
    """A long task: what is asked, who works at it and until when, how far it is, how it ended.

    worker, lease_until: who works at it, and the moment after which another may take it over.
    done, whole: steps made, and steps in all; 0 of 0 while nobody knows.
    checkpoint: what is made already and need not be made again after an interruption.
    result: how it ended, as `app.work.results.Result` says it; the files lie in the folder of the job for a day.
    """

    WHOSE, OWNER = Whose.ASKER, "user_id"
    __tablename__ = "job"
    __table_args__ = (Index("ix_job_state_id", "state", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[JobKind] = mapped_column(term(JobKind))
    title: Mapped[str] = mapped_column(String(300))
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"), index=True)
    asked_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now)
    parameters: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    state: Mapped[JobState] = mapped_column(term(JobState), default=JobState.WAITING)
    worker: Mapped[str | None] = mapped_column(String(64))
    lease_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    attempts: Mapped[int] = mapped_column(default=0)
    stage: Mapped[str] = mapped_column(String(200), default="")
    done: Mapped[int] = mapped_column(default=0)
    whole: Mapped[int] = mapped_column(default=0)
    checkpoint: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    cancel_asked: Mapped[bool] = mapped_column(default=False)
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), index=True)
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON)

    def __str__(self) -> str:
        return self.title
