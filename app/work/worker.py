"""Does the jobs of the queue one by one, each under the rows and rights that its owner has at that moment."""

from __future__ import annotations

import os
import secrets
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

from flask import Flask, current_app
from sqlalchemy.exc import SQLAlchemyError

from app import access, acts, troubles
from app.backup import noting
from app.domain.refusal import Refusal
from app.domain.terms import JobState
from app.extensions import appbuilder, begin_writing, db, look_at_contents
from app.models import User
from app.work import queue, wiping
from app.work.run import Run
from app.work.tasks import TASKS

POLL = 1.0  # seconds between two looks at an empty queue
SWEEP_EVERY = 600.0
ASK_EVERY = 60.0  # seconds between two looks whether the copy of the night is due
LOOK_EVERY = 86_400.0  # what is entered by hand in a day changes no plan of the database
FAILED = "Задание не выполнено из-за ошибки программы. Сообщите администратору номер задания и время."
TOO_OFTEN = "Задание прерывалось несколько раз и остановлено. Сообщите администратору номер задания и время."
STOPPED = "Остановлено."
NOT_ALLOWED = "Вам больше не доступно то, что вы просили сделать."


class StopError(BaseException):
    """The server stops: the job in hand goes back to the queue."""


def work(app: Flask, *, beside: int | None = None) -> None:
    """Do jobs until a signal says stop, or until the process `beside`, which started this one, is gone."""
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    swept = looked = asked = 0.0
    with suppress(StopError):
        while beside is None or os.getppid() == beside:
            if time.monotonic() - swept > SWEEP_EVERY or not swept:
                swept = time.monotonic()
                _quietly(app, queue.sweep)
            if time.monotonic() - looked > LOOK_EVERY or not looked:
                looked = time.monotonic()
                _quietly(app, look)
            if time.monotonic() - asked > ASK_EVERY or not asked:
                asked = time.monotonic()
                _quietly(app, noting.seal)
                _quietly(app, noting.nightly)
                _quietly(app, wiping.finish)
            if not _quietly(app, do_next):
                time.sleep(POLL)


def look() -> None:
    """Let the database count anew what it holds."""
    begin_writing()
    look_at_contents()
    acts.commit()


def do_all() -> int:
    """Do what waits and return: how many jobs there were."""
    count = 0
    while do_next():
        count += 1
    return count


def do_next() -> bool:
    """Do the next job; False if none waits."""
    claim = queue.claim(f"{os.getpid()}:{secrets.token_hex(8)}")  # no number of a process is one for ever
    if claim is None:
        return False
    if claim.attempts > queue.MOST_ATTEMPTS:
        queue.end(claim, JobState.REFUSED, TOO_OFTEN)
        return True
    try:
        with _held(claim):
            _do(claim)
    except StopError:
        _let_go()
        queue.give_back(claim, spent=False)
        raise
    return True


def _do(claim: queue.Claim) -> None:
    """One attempt: stored whole with its end, or nothing of it."""
    try:
        with access.acting_as(_owner(claim)):
            result = TASKS[claim.kind].do(Run(claim))
            begin_writing()
            queue.finish(claim, result)
            acts.commit()
    except queue.LostError:
        _let_go()
    except queue.CancelledError:
        _let_go()
        queue.end(claim, JobState.CANCELLED, STOPPED)
    except Refusal as refusal:
        _let_go()
        queue.end(claim, JobState.REFUSED, refusal.text)
    except Exception as error:
        _let_go()
        trouble = troubles.of(error)
        if trouble in (troubles.Trouble.BUSY, troubles.Trouble.AWAY):
            queue.give_back(claim, spent=True)
            return
        current_app.logger.exception("job %s has failed", claim.id)
        queue.end(claim, JobState.REFUSED, trouble.text if trouble else FAILED)


def _owner(claim: queue.Claim) -> access.Scope:
    """The rows of who asked, as of now. Raises Refusal if the person may not ask for it any longer."""
    with access.unrestricted():
        user = db.session.get(User, claim.user_id)
        manager, asks = appbuilder().sm, TASKS[claim.kind].asks(claim.parameters)
        if user is None or not user.is_active:
            raise Refusal(NOT_ALLOWED)
        if not manager.may(manager.roles_of_code(user), *asks):
            raise Refusal(NOT_ALLOWED)
        scope: access.Scope = manager.scope_of(user)
        return scope


@contextmanager
def _held(claim: queue.Claim) -> Iterator[None]:
    """Renew the claim while a block runs, however long it keeps silent."""
    over, app = threading.Event(), current_app._get_current_object()  # type: ignore[attr-defined]  # of the proxy itself

    def renew() -> None:
        while not over.wait(queue.LEASE.total_seconds() / 3):
            with app.app_context(), suppress(SQLAlchemyError):
                queue.renew(claim)

    heart = threading.Thread(target=renew, daemon=True)
    heart.start()
    try:
        yield
    finally:
        over.set()


def _let_go() -> None:
    """End the transaction of an attempt, whatever state it is in."""
    with suppress(SQLAlchemyError):
        db.session.rollback()
    db.session.remove()


def _quietly(app: Flask, do: Any) -> Any:
    """Do something in a context of its own; a database that does not answer is asked again later."""
    try:
        with app.app_context(), access.acting_as(access.NOBODY):
            return do()
    except (SQLAlchemyError, OSError):
        app.logger.exception("the queue of jobs cannot be read")
        return None


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise StopError
