"""Jobs of the cast, and a worker that does them within the test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app import access
from app.domain.terms import JobKind
from app.extensions import db
from app.models import Job
from app.work import queue, worker
from tests import factories


@pytest.fixture
def asked(cast: factories.Cast) -> Callable[..., Job]:
    """asked("anna", kind, **parameters): a job that one of the cast has asked for."""

    def ask(name: str = "anna", kind: JobKind = JobKind.PASSPORTS, **parameters: Any) -> Job:
        user = cast.user(name)
        with access.acting_as(access.Scope(user_id=user.id, user_name=user.get_full_name())):
            job = queue.put(kind, f"{kind} для {name}", parameters)
            db.session.commit()
        return job

    return ask


@pytest.fixture
def done(app: Flask) -> Callable[[], int]:
    """done(): the worker does what waits; gives how many jobs there were."""

    def do() -> int:
        db.session.commit()
        db.session.remove()
        with app.app_context(), access.acting_as(access.NOBODY):
            count = worker.do_all()
            db.session.remove()
        return count

    return do
