"""A large invented bank, built by the product's own generator and kept for the next run."""

from __future__ import annotations

import gc
import re
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from flask_appbuilder import Model
from flask_migrate import upgrade
from sqlalchemy.schema import CreateIndex, CreateTable

from app import access, create_app
from app.domain.terms import Role
from app.extensions import db, look_at_contents
from benchmarks.measure import clock

FILE, READY = "patronat.db", "ready"  # a bank, and the mark of its tables beside it
TODAY = date(2026, 10, 12)  # the lives of the families end on this day, whatever the clock says


@dataclass
class Bank:
    """An application over a bank in a folder of its own."""

    app: Flask
    file: Path
    _sign_ins: list[Any] = field(default_factory=list)
    _browsers: dict[Role, FlaskClient] = field(default_factory=dict)

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Run a block over the whole bank, as a command does."""
        with self.app.app_context(), access.unrestricted():
            try:
                yield
            finally:
                db.session.remove()

    def sign_in(self, role: Role) -> FlaskClient:
        """The browser of the demo person of a role, signed in once with a password made for this run."""
        from app.demo import accounts as demo_accounts

        if role in self._browsers:
            return self._browsers[role]
        if not self._sign_ins:
            with self.opened():
                self._sign_ins = demo_accounts.renew()
                db.session.commit()
        sign_in = next(one for one in self._sign_ins if one.role is role)
        client = self.app.test_client()
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/login/").text)
        assert token, "the sign-in form has no token"
        form = {"csrf_token": token[1], "username": sign_in.username, "password": sign_in.password}
        answer = client.post("/login/", data=form)
        assert answer.status_code == 302, f"cannot sign in as {sign_in.username}: {answer.status_code}"
        self._browsers[role] = client
        return client

    def said(self, text: Any) -> str:
        """A word of the interface in its language."""
        with self.app.test_request_context():
            return str(text)

    def lay(self, other: Bank) -> None:
        """Let the file of this bank be that of another one, as it was when the application of that one began."""
        self.clear()
        for part in other.file.parent.glob(f"{other.file.name}*"):
            shutil.copyfile(part, self.file.parent / part.name)

    def clear(self) -> None:
        """Let there be no file, whoever has it open."""
        with self.app.app_context():
            db.engine.dispose()
        for leftover in self.file.parent.glob(f"{self.file.name}*"):
            leftover.unlink()

    def plain(self) -> sqlite3.Connection:
        """A connection without the product, read like the product's one."""
        return sqlite3.connect(f"file:{self.file}?mode=ro", uri=True)


def application(folder: Path) -> Flask:
    """The product over a SQLite file in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    app = create_app(
        {
            "LOCAL": True,
            "HTTPS": False,
            "SECRET_KEY": "a key of the benchmarks, it signs nothing that lasts",
            "INSTANCE_PATH": str(folder),
            "PAPERS_FOLDER": str(folder / "papers"),
            "SQLALCHEMY_DATABASE_URI": f"sqlite:///{folder / FILE}",
            "SESSION_COOKIE_SECURE": False,
            "SESSION_COOKIE_NAME": "session",
            "WTF_CSRF_SSL_STRICT": False,
            "SECOND_STEP_ROLES": [],  # nobody's telephone is at hand
            "MANY_FAMILIES": sys.maxsize,  # nor is anybody there to say the password once more
            "MOST_FAMILIES": sys.maxsize,
            "FAB_PASSWORD_HASH_METHOD": "pbkdf2:sha256:1",  # signing in is slow on purpose, and is not measured
        }
    )
    gc.collect()
    gc.freeze()  # as the server does: gunicorn.conf.py
    return app


def build(folder: Path, families: int) -> tuple[Bank, float]:
    """The bank of a folder, made when it is not there; gives it and the processor seconds of the making, 0 if none."""
    from app.demo import accounts as demo_accounts
    from app.demo import bank as demo

    bank = Bank(application(folder), folder / FILE)
    if _is_ready(folder):
        return bank, 0.0
    bank.lay(empty(folder.parent))
    started = clock()
    with bank.opened():
        _write_quickly()
        demo.fill(TODAY, families=families)
        demo_accounts.create()
        look_at_contents()
        db.session.commit()
    (folder / READY).write_text(fingerprint())
    return bank, clock() - started


@cache
def empty(folder: Path) -> Bank:
    """The bank of nobody among the banks of a folder: installed, and begun with by the others."""
    from app.services import installation

    bank = Bank(application(folder / "empty"), folder / "empty" / FILE)
    if not _is_ready(folder / "empty"):
        bank.clear()
        with bank.opened():
            upgrade()
            installation.install()
            look_at_contents()
            db.session.commit()
        (folder / "empty" / READY).write_text(fingerprint())
    return bank


@cache
def loaded(folder: Path) -> Bank:
    """The bank among those of a folder into which books are loaded; it is laid before each load."""
    return Bank(application(folder / "loaded"), folder / "loaded" / FILE)


def _is_ready(folder: Path) -> bool:
    """Whether a bank is there, with the tables as they are declared now."""
    ready = folder / READY
    return ready.exists() and ready.read_text() == fingerprint()


def fingerprint() -> str:
    """A mark of the tables as they are declared now: a kept bank of other tables is made again."""
    tables = Model.metadata.sorted_tables
    said = [str(CreateTable(table)) for table in tables]
    said += sorted(str(CreateIndex(index)) for table in tables for index in table.indexes)
    return sha256("\n".join(said).encode()).hexdigest()


def _write_quickly() -> None:
    """A bank that can be made again need not survive a power cut while it is made."""
    connection = db.session.connection().connection.driver_connection
    db.session.rollback()
    for pragma in ("synchronous=OFF", "cache_size=-400000"):
        connection.execute(f"PRAGMA {pragma}")
