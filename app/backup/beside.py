"""An application over another bank than the one that is served: a restored copy is asked as the bank itself is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask, current_app
from flask_babel import Babel
from sqlalchemy.engine import URL

from app import access
from app.extensions import db, migrate


@contextmanager
def bank(url: URL | str, folder: Path) -> Iterator[Flask]:
    """Let a block ask, over all rows, a database beside the bank's; `folder`: where its papers lie."""
    address = url if isinstance(url, str) else url.render_as_string(hide_password=False)
    app = Flask("app", instance_path=str(folder))
    app.config.from_mapping({
        **current_app.config, "SQLALCHEMY_DATABASE_URI": address, "PAPERS_FOLDER": str(folder / "papers"),
        "INSTANCE_PATH": str(folder), "SQLALCHEMY_ENGINES": {}, "SQLALCHEMY_BINDS": {},
    })  # fmt: skip
    db.init_app(app)
    kept = current_app.extensions["migrate"]
    migrate.init_app(app, db, directory=kept.directory, render_as_batch=True, compare_type=True)
    Babel(app)
    with app.app_context(), access.unrestricted():
        try:
            yield app
        finally:
            db.session.remove()
            db.engine.dispose()
