"""What every page shares: the scope of the request, headers, formats of dates and sums, the keys of forms."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, g, request, url_for
from flask_login import current_user
from markupsafe import Markup
from werkzeug.exceptions import RequestEntityTooLarge, ServiceUnavailable
from werkzeug.routing import IntegerConverter, ValidationError

from app import access, clock, journal, sent_forms, words
from app.domain import ages, periods
from app.extensions import CALENDAR_FEED, LARGEST_KEY, appbuilder
from app.readings import duplicates, guide
from app.services import closed

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; style-src-attr 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "object-src 'none'; frame-ancestors 'none'"
)


class Key(IntegerConverter):
    """The key of a row in an address: plain digits, no longer than keys are. «１２» is no second address of row 12."""

    regex = "[0-9]+"

    def to_python(self, value: str) -> int:
        if len(value) > len(str(LARGEST_KEY)) or int(value) > LARGEST_KEY:
            raise ValidationError
        return int(value)


def init_app(app: Flask) -> None:
    """Hang on the application what every request and every template needs; called before any address is declared."""
    app.url_map.converters["int"] = Key
    app.before_request(_settle_scope)
    app.teardown_request(_unsettle_scope)
    app.after_request(_hold_numbers)
    app.after_request(_add_headers)
    app.after_request(_store_reads)
    app.url_defaults(_name_version)
    app.jinja_env.globals.update(csp_nonce=_nonce, today=clock.today, now=clock.now, confidential=words.CONFIDENTIAL,
                                 form_key=sent_forms.fresh, typed_reason=_typed_reason, most_alike=duplicates.MOST,
                                 guide_about=_guide_about, asset=_asset, side_menu=_side_menu)  # fmt: skip
    app.jinja_env.filters.update(
        day=words.day, moment=moment, roubles=words.roubles, age=age, yes_no=words.yes_no, browser=browser,
        address=words.address, dialled=words.dialled, thousands=words.number, share=words.tenth,
        naming=words.naming,
    )  # fmt: skip


def _typed_reason() -> str:
    """Why something is entered into a submitted period, as it was typed; a form too large to be read says nothing."""
    try:
        return str(request.form.get(closed.REASON, ""))
    except RequestEntityTooLarge:
        return ""


def _guide_about(endpoint: str | None) -> str:
    """Where a screen is explained; where it is not, the index of the guide."""
    name = guide.about(endpoint)
    return url_for("Guide.task", name=name) if name else url_for("Guide.index")


def of_row(endpoint: str, key: int) -> str:
    """The address of a row: what stands before the key is asked of the router once in a request."""
    kept: dict[str, str] = g.setdefault("addresses_of_rows", {})
    if endpoint not in kept:
        kept[endpoint] = url_for(endpoint, pk=0).removesuffix("0")
    return f"{kept[endpoint]}{key}"


def _asset(endpoint: str, filename: str) -> str:
    """The address of a style or a script, which every page names: made once."""
    return _kept_asset(request.script_root, endpoint, filename)


@cache
def _kept_asset(_root: str, endpoint: str, filename: str) -> str:
    return url_for(endpoint, filename=filename)


def _side_menu(entry: str) -> Markup:
    """The side menu of whoever asks, marked where one is: written out once for all who hold the same roles.

    entry: the name of the entry to mark, if it is not that of the page's own screen.
    """
    person = current_user._get_current_object()
    roles = frozenset(appbuilder().sm.roles_of_code(person)) if person.is_authenticated else None
    kept: dict[Any, Markup] = current_app.extensions.setdefault("side_menus", {})
    place = (roles, entry, request.blueprint, request.path == "/", request.script_root)
    if place not in kept:
        values = {"appbuilder": appbuilder(), "menu_entry": entry}
        current_app.update_template_context(values)
        kept[place] = current_app.jinja_env.get_template("menu.html").make_module(values).__html__()
    return kept[place]


def _name_version(endpoint: str, values: dict[str, Any]) -> None:
    """A style or a script is kept by the browser until its file changes: its address then changes too."""
    if endpoint.endswith("static") and "filename" in values:
        holder: Any = current_app if endpoint == "static" else current_app.blueprints[endpoint.rpartition(".")[0]]
        values.setdefault("v", _version_of(Path(holder.static_folder) / values["filename"]))


@cache
def _version_of(file: Path) -> int | None:
    return int(file.stat().st_mtime) if file.is_file() else None


def _settle_scope() -> None:
    journal.collect_reads()
    scope = replace(access.NOBODY, address=request.remote_addr)
    if request.endpoint and not _opens_no_session(request.endpoint) and current_user.is_authenticated:
        scope = appbuilder().sm.scope_of(current_user, request.remote_addr)
    g.scope_token = access.settle(scope)


def _opens_no_session(endpoint: str) -> bool:
    """Whether an address is answered without asking who is signed in: styles and scripts, and a person's calendar."""
    return endpoint.endswith("static") or endpoint == CALENDAR_FEED


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
    except Exception as error:
        current_app.logger.exception("the journal cannot be written")
        away = ServiceUnavailable()
        away.__cause__ = error
        return current_app.make_response(current_app.handle_http_exception(away))
    return response


def _nonce() -> str:
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(16)
    return str(g.nonce)


def _hold_numbers(response: Response) -> Response:
    """On a page a number stays in one line with its «№»; what is typed, chosen or sent back is left as it is."""
    if response.mimetype == "text/html" and not response.is_streamed:
        response.set_data(words.numbers_held(response.get_data(as_text=True)))
    return response


def _add_headers(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", CONTENT_POLICY.format(nonce=_nonce()))
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    headers["X-Frame-Options"] = "DENY"
    if not _opens_no_session(request.endpoint or ""):
        headers["Cache-Control"] = "no-store"
    if current_app.config["HTTPS"]:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return response


# Formats


def moment(value: datetime | None, empty: str = "") -> str:
    """A stored moment by the municipality's clock."""
    return words.moment(clock.local(value), empty) if value else empty


def age(born_on: date | None, on: date | None = None) -> str:
    """«7 лет» on a day, today by default."""
    if born_on is None:
        return ""
    day = on or clock.today()
    return words.age(ages.full_years(born_on, day), periods.full_months(born_on, day))


# How browsers name themselves; the first that fits, since most name others too.
BROWSERS = (("YaBrowser", "Яндекс Браузер"), ("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"),
            ("Chrome/", "Chrome"), ("Safari/", "Safari"))  # fmt: skip
SYSTEMS = (("Windows", "Windows"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Mac OS", "macOS"),
           ("Linux", "Linux"))  # fmt: skip


def browser(agent: str | None) -> str:
    """«Firefox, Windows» of what a browser says about itself; as it is when it says something else."""
    text = agent or ""
    found = [next((name for mark, name in known if mark in text), "") for known in (BROWSERS, SYSTEMS)]
    return ", ".join(filter(None, found)) or words.short(text, 80)
