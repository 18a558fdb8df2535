"""Processes of a test that are killed: forked from its own, which has loaded everything, so that no start is dear."""

from __future__ import annotations

import os
import signal
import socket
import time
import traceback
import urllib.error
import urllib.request
import warnings
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPException
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from app.extensions import db

LONGEST = 180  # seconds that a slow machine may need for one of the steps
NO_ANSWER = (urllib.error.URLError, ConnectionError, TimeoutError, HTTPException)


def wait_for(what: Callable[[], object]) -> None:
    until = time.monotonic() + LONGEST
    while not what():
        assert time.monotonic() < until, what
        time.sleep(0.1)


def fork(app: Flask, work: Callable[[], object]) -> int:
    """A process, in a group of its own, that does one thing and ends; gives its number. What the test has entered is
    stored; no connection to the database is shared.
    """
    db.session.commit()
    db.session.remove()
    with app.app_context():
        db.engine.dispose()
    number = os.fork()
    if number:
        return number
    code = 1
    try:
        os.setsid()
        warnings.simplefilter("ignore")  # they fail a test, not a process that is killed
        work()
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def kill(process: int) -> bool:
    """End a process and all that it has started, with no word before; False if it was over already."""
    killed = True
    try:
        os.killpg(process, signal.SIGKILL)
    except ProcessLookupError:
        killed = False
    _number, status = os.waitpid(process, 0)
    return killed and os.WIFSIGNALED(status)


class Gunicorn(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """An application served as `gunicorn.conf.py` has it served, without the worker of jobs beside it."""

    def __init__(self, app: Flask, port: int) -> None:
        self.app, self.port = app, port
        super().__init__()

    def load_config(self) -> None:
        settings: dict[str, Any] = {
            "bind": f"127.0.0.1:{self.port}", "workers": 2, "worker_class": "gthread", "threads": 4,
            "preload_app": True, "control_socket_disable": True, "loglevel": "critical",
        }  # fmt: skip
        for name, value in settings.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return self.app


class Server:
    """A server of an application of a test, which is killed and started again."""

    def __init__(self, app: Flask) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.app = app
        self.process: int | None = None

    def start(self) -> None:
        self.process = fork(self.app, Gunicorn(self.app, self.port).run)
        wait_for(self.answers)

    def answers(self) -> bool:
        login = f"http://127.0.0.1:{self.port}/login/"
        with suppress(*NO_ANSWER), urllib.request.urlopen(login, timeout=LONGEST) as answer:
            return bool(answer.status == 200)
        return False

    def kill(self) -> None:
        """As when the power is cut."""
        if self.process is not None:
            kill(self.process)
            self.process = None
