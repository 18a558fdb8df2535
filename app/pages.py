"""What every page shares: the scope of the request, headers, formats of dates and sums, pages of errors."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, g, make_response, render_template, request
from flask_babel import gettext as _
from flask_login import AnonymousUserMixin, current_user
from flask_wtf.csrf import CSRFError
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import Conflict, HTTPException, SecurityError, ServiceUnavailable

from app import access, clock, journal, words
from app.domain import ages, terms
from app.domain.refusal import Refusal
from app.extensions import db

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; style-src-attr 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "object-src 'none'; frame-ancestors 'none'"
)


# Fields that are not given back when a form has to be sent once more.
NOT_RESENT = ("csrf_token", "password", "current", "repeated")


def init_app(app: Flask) -> None:
    """Hang on the application what every request and every template needs."""
    app.before_request(_settle_scope)
    app.teardown_request(_unsettle_scope)
    app.after_request(_add_headers)
    app.after_request(_store_reads)
    app.url_defaults(_name_version)
    app.jinja_env.globals.update(csp_nonce=_nonce, today=clock.today, now=clock.now, confidential=words.CONFIDENTIAL)
    app.jinja_env.filters.update(
        day=words.day, moment=moment, roubles=words.roubles, age=age, yes_no=words.yes_no, browser=browser,
    )  # fmt: skip
    app.add_url_rule("/health", "health", _health)
    app.register_error_handler(HTTPException, _show_error)
    app.register_error_handler(SecurityError, _refuse_host)
    app.register_error_handler(CSRFError, _ask_to_send_again)
    app.register_error_handler(Refusal, _show_refusal)
    app.register_error_handler(StaleDataError, lambda _error: _show_error(Conflict()))
    app.register_error_handler(OperationalError, _say_database_is_away)


def _name_version(endpoint: str, values: dict[str, Any]) -> None:
    """A style or a script is kept by the browser until its file changes: its address then changes too."""
    if endpoint.endswith("static") and "filename" in values:
        holder: Any = current_app if endpoint == "static" else current_app.blueprints[endpoint.rpartition(".")[0]]
        values.setdefault("v", _version_of(Path(holder.static_folder) / values["filename"]))


@cache
def _version_of(file: Path) -> int | None:
    return int(file.stat().st_mtime) if file.is_file() else None


def _health() -> str:
    """For whoever watches the server: it answers, and so does its database."""
    db.session.execute(select(1))
    return "ok"


def _settle_scope() -> None:
    journal.collect_reads()
    scope = replace(access.NOBODY, address=request.remote_addr)
    if request.endpoint and not request.endpoint.endswith("static") and current_user.is_authenticated:
        manager = current_app.appbuilder.sm  # type: ignore[attr-defined]
        roles = manager.roles_of_code(current_user)
        special = manager.may(roles, "can_special", "Family")
        scope = access.scope_of(current_user, roles, clock.today(), special=special, address=request.remote_addr)
    g.scope_token = access.settle(scope)


def _unsettle_scope(_error: BaseException | None) -> None:
    token = g.pop("scope_token", None)
    if token is not None:
        access.unsettle(token)


def _store_reads(response: Response) -> Response:
    """Store what this answer shows before it leaves; without the record, no data."""
    rows = journal.take_reads()
    if not rows or response.status_code >= 400:
        return response
    try:
        journal.write_apart(rows)
    except Exception:
        current_app.logger.exception("the journal cannot be written")
        return current_app.make_response(current_app.handle_http_exception(ServiceUnavailable()))
    return response


def _nonce() -> str:
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(16)
    return str(g.nonce)


def _add_headers(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", CONTENT_POLICY.format(nonce=_nonce()))
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    headers["X-Frame-Options"] = "DENY"
    if not (request.endpoint or "").endswith("static"):
        headers["Cache-Control"] = "no-store"
    if current_app.config["HTTPS"]:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return response


# Pages of errors


def _words_of(code: int) -> tuple[str, str]:
    """The heading of an error and what to do about it."""
    known = {
        400: (_("The request is not understood"), _("Go back, check what was entered and try again.")),
        403: (_("You have no right to do this"), _("If it is part of your work, ask the administrator for a role.")),
        404: (_("There is no such page"), _("It may have been removed, or it is not among the records you work with.")),
        405: (_("This is not done that way"), _("Open the page from the menu and use its buttons.")),
        409: (
            _("Somebody changed this record before you"),
            _("Go back, copy what you entered, reopen the record."),
        ),
        413: (_("The file or the form is too large"), _("No more than 25 megabytes fit. Choose a smaller file.")),
        429: (_("Too many requests"), _("Wait a minute and try again.")),
        503: (_("The database does not answer"), _("Nothing was saved and nothing is lost. Try again in a minute.")),
    }
    failed = (_("Something went wrong on the server"), _("Nothing was saved. Tell the administrator the number below."))
    return known.get(code) or (known[400] if 400 <= code < 500 else failed)


def _show_error(error: HTTPException) -> Response:
    if error.response is not None:  # a redirect that was raised
        return make_response(error.response)
    code = error.code or 500
    if code == 403:
        _note_refusal()
    return _page(code, *_words_of(code), cause=getattr(error, "original_exception", None))


def _show_refusal(refusal: Refusal) -> Response:
    """A rule said no where no form was there to say it."""
    return _page(400, _("This cannot be done"), refusal.text)


def _say_database_is_away(error: OperationalError) -> Response:
    current_app.logger.error("the database does not answer: %s", error.orig)
    return _page(503, *_words_of(503))


def _refuse_host(_error: SecurityError) -> Response:
    """Without a name of ours no address can be built, so there are no links on this page."""
    return make_response(
        "<!doctype html><html lang='ru'><title>400</title><h1>Неизвестное имя сервера</h1></html>", 400
    )


def _ask_to_send_again(error: CSRFError) -> Response:
    """The form belongs to a session that is over: nothing typed is lost, and nobody else may send it."""
    origin = request.headers.get("Origin")
    own = origin is not None and origin.rstrip("/") == request.host_url.rstrip("/")
    texts = [(name, text) for name, text in request.form.items(multi=True) if name not in NOT_RESENT]
    if not own or request.endpoint in ("SignIn.login", "SignIn.logout", None):
        texts = []
    title = _("The form has waited too long")
    signed_in = _signed_in()
    return _page(400, title, "", template="errors/again.html", texts=texts, signed_in=signed_in)


def _page(code: int, title: str, text: str, *, cause: BaseException | None = None,
          template: str = "errors/error.html", **values: Any) -> Response:  # fmt: skip
    """A page of an error with a number to name when asking for help; what happened inside stays in the log."""
    support_id = secrets.token_hex(4).upper()
    if code >= 500:
        current_app.logger.error("support id %s: %s", support_id, type(cause).__name__ if cause else code)
    db.session.rollback()
    layout = "layout.html" if _signed_in() and code < 500 else "layout_bare.html"
    page = render_template(
        template, layout=layout, code=code, title=title, text=text, support_id=support_id,
        appbuilder=current_app.appbuilder, **values,  # type: ignore[attr-defined]
    )  # fmt: skip
    return make_response(page, code)


def _signed_in() -> bool:
    try:
        return bool(current_user.is_authenticated)
    except Exception:  # the database is away: whoever it is, the page must come
        g._login_user = AnonymousUserMixin()
        return False


def _note_refusal() -> None:
    """Somebody tried what the role forbids: the journal knows."""
    if not _signed_in():
        return
    try:
        journal.write_apart([journal.entry(terms.Act.REFUSED, entity="User", entity_id=current_user.id,
                                           summary=f"{request.method} {request.path}")])  # fmt: skip
    except Exception:
        current_app.logger.exception("the journal cannot be written")


# Formats


def moment(value: datetime | None, empty: str = "") -> str:
    """A stored moment by the municipality's clock."""
    return words.moment(clock.local(value), empty) if value else empty


def age(born_on: date | None, on: date | None = None) -> str:
    """«7 лет» on a day, today by default."""
    return words.age(ages.full_years(born_on, on or clock.today())) if born_on else ""


# How browsers name themselves; the first that fits, since most name others too.
BROWSERS = (("YaBrowser", "Яндекс Браузер"), ("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"),
            ("Chrome/", "Chrome"), ("Safari/", "Safari"))  # fmt: skip
SYSTEMS = (("Windows", "Windows"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Mac OS", "macOS"),
           ("Linux", "Linux"))  # fmt: skip


def browser(agent: str | None) -> str:
    """«Firefox, Windows» of what a browser says about itself; as it is when it says something else."""
    text = agent or ""
    found = [next((name for mark, name in known if mark in text), "") for known in (BROWSERS, SYSTEMS)]
    return ", ".join(filter(None, found)) or text[:80]
