"""Патронат: the bank of families in a socially dangerous position of a municipality."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from app import guard, logs, models  # noqa: F401  every table must be known to the metadata, every flush be asked
from app.backup import restoring
from app.extensions import csrf, db, migrate

ROOT = Path(__file__).resolve().parent.parent


def create_app(overrides: Mapping[str, Any] | None = None) -> Flask:
    """The application: read it as the list of what it consists of. `overrides` are settings of a test."""
    from config import settings

    logs.keep_discreet()
    values = settings(serving=not overrides and _serving())
    values.update(overrides or {})
    app = Flask(__name__, instance_path=values["INSTANCE_PATH"])
    app.config.from_mapping(values)
    Path(app.instance_path).mkdir(parents=True, exist_ok=True)
    restoring.settle(Path(app.instance_path), app.config["SQLALCHEMY_DATABASE_URI"])

    db.init_app(app)
    migrate.init_app(app, db, directory=str(ROOT / "migrations"), render_as_batch=True, compare_type=True)
    csrf.init_app(app)
    if app.config["PROXIES"]:
        hops = app.config["PROXIES"]
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]  # as Flask says

    from app import acts, cli, failures, feeds, health, journal, pages, sessions, views
    from app.signin import Builder, SecurityManager

    sessions.init_app(app)
    failures.init_app(app)
    pages.init_app(app)
    health.init_app(app)
    feeds.init_app(app)
    with app.app_context():
        appbuilder = Builder(
            app, db.session, security_manager_class=SecurityManager, indexview=views.Home, base_template="layout.html"
        )
        views.register(appbuilder)
    acts.init_app(app)  # after the gate of signing in: the key of a form is a person's
    journal.keep_watch()
    cli.init_app(app)
    return app


def _serving() -> bool:
    """Whether pages will be served: not when a command of ours runs."""
    context = click.get_current_context(silent=True)
    return context is None or context.info_name == "run"
