"""What every page shares: the scope of the request, headers, formats of dates and sums, pages of errors."""

from __future__ import annotations

import secrets
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask import Flask, Response, g, request
from flask_login import current_user

from app import access, clock
from app.domain import ages

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; style-src-attr 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "object-src 'none'; frame-ancestors 'none'"
)


def init_app(app: Flask) -> None:
    """Hang on the application what every request and every template needs."""
    app.before_request(_settle_scope)
    app.teardown_request(_unsettle_scope)
    app.after_request(_add_headers)
    app.jinja_env.globals.update(csp_nonce=_nonce, today=clock.today, now=clock.now)
    app.jinja_env.filters.update(
        day=day, moment=moment, roubles=roubles, age=age, yes_no=yes_no,
    )  # fmt: skip


def _settle_scope() -> None:
    scope = access.NOBODY
    if request.endpoint and not request.endpoint.endswith("static") and current_user.is_authenticated:
        from flask import current_app

        roles = current_app.appbuilder.sm.roles_of_code(current_user)
        scope = access.scope_of(current_user.id, roles, clock.today())
    g.scope_token = access.settle(scope)


def _unsettle_scope(_error: BaseException | None) -> None:
    token = g.pop("scope_token", None)
    if token is not None:
        access.unsettle(token)


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
    from flask import current_app

    if current_app.config["HTTPS"]:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return response


def day(value: date | datetime | None, empty: str = "") -> str:
    """05.03.2024."""
    return f"{value:%d.%m.%Y}" if value else empty


def moment(value: datetime | None, empty: str = "") -> str:
    """05.03.2024 14:30, by the municipality's clock."""
    return f"{clock.local(value):%d.%m.%Y %H:%M}" if value else empty


def roubles(value: Decimal | float | None, empty: str = "") -> str:
    """12 345,60 with narrow spaces between thousands."""
    if value is None:
        return empty
    return f"{value:,.2f}".replace(",", "\u202f").replace(".", ",")


def age(born_on: date | None, on: date | None = None) -> str:
    """«7 лет» on a day, today by default."""
    return ages.age_words(ages.full_years(born_on, on or clock.today())) if born_on else ""


def yes_no(value: bool | None, empty: str = "") -> Any:
    """«да», «нет» or nothing known."""
    return empty if value is None else ("да" if value else "нет")
