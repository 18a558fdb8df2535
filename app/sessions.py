"""Sessions kept on the server: the cookie holds a random token, the database its hash and what the session keeps.

Whoever is not signed in has no row: their session holds nothing but the key of form tokens, derived from the cookie.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from flask import Flask, Request, Response, current_app, request
from flask import session as current_session
from flask.sessions import SessionInterface, SessionMixin
from sqlalchemy import bindparam, delete, insert, or_, select, update

from app import sent_forms
from app.clock import in_utc, now
from app.extensions import db
from app.models import Account, User, UserSession
from app.services import accounts, drafts

SEEN_EVERY = timedelta(minutes=1)  # a page written for each page read would be too many
LONGEST_AGENT = 200
FORM_KEY = "csrf_token"
PENDING, CODE, ENROL = "pending", "code", "enrol"  # a second step that is still to be made
# What FAB would keep: addresses of the last pages, searched surnames among them, and a language (there is one).
NOT_KEPT = {"page_history", "locale"}

_session = UserSession.__table__
_account = Account.__table__
_roles = User.metadata.tables["ab_user_role"]
# Asked by every request, and put together once: a session that is still open, by what is stored of its token, and whose
# it is; a row for each role that the user holds.
_OPEN = accounts.with_roles(
    select(
        User,
        _session.c.data,
        _session.c.created_at,
        _session.c.last_seen_at,
        _account.c.must_change_password,
        *accounts.ROLE,
    )
    .select_from(_session)
    .join(User, User.id == _session.c.user_id)
    .outerjoin(_account, _account.c.user_id == _session.c.user_id)
    .outerjoin(_roles, _roles.c.user_id == _session.c.user_id)
).where(
    _session.c.token_hash == bindparam("token_hash"),
    _session.c.last_seen_at > bindparam("seen_after"),
    _session.c.created_at > bindparam("begun_after"),
)


class BankSession(SessionMixin):
    """One browser's session; read from the database when first asked, so that pictures and styles cost nothing.

    `user_id`: who is signed in; `must_change`: the password is a one-time one and has to be changed first; `user`,
    `held`: the user of the row and the roles, read with it.
    """

    def __init__(self, app: Flask, token: str | None) -> None:
        self._app = app
        self.token = token
        self._values: dict[str, Any] | None = None
        self._user_id: int | None = None
        self._must_change = False
        self.user: User | None = None
        self.held = accounts.Held([], special=False)
        self._seen_at: datetime | None = None
        self._created_at: datetime | None = None
        self.accessed = False
        self.modified = False
        self.token_given = token is not None  # whether the browser has this token already
        self.ended = False
        self.unattended = False  # the page asks by itself: nobody is known to sit before it

    def _kept(self) -> dict[str, Any]:
        self.accessed = True
        if self._values is None:
            rows = _rows_of(self._app, self.token) if self.token else []
            self._values = {}
            if rows:
                row = rows[0]
                self._values, self.user, self.held = dict(row.data), row.User, accounts.held(rows)
                self._user_id, self._seen_at = row.User.id, in_utc(row.last_seen_at)
                self._created_at = in_utc(row.created_at)
                self._must_change = bool(row.must_change_password)
        return self._values

    def __getitem__(self, key: str) -> Any:
        values = self._kept()
        if key == FORM_KEY and self._user_id is None:
            return self._derived_form_key()
        return values[key]

    def __setitem__(self, key: str, value: Any) -> None:
        if key not in NOT_KEPT:
            self._kept()[key] = value
            self.modified = True

    def __delitem__(self, key: str) -> None:
        del self._kept()[key]
        self.modified = True

    def __iter__(self) -> Iterator[str]:
        return iter(self._kept())

    def __len__(self) -> int:
        return len(self._kept())

    @property
    def user_id(self) -> int | None:
        self._kept()
        return self._user_id

    @property
    def must_change(self) -> bool:
        self._kept()
        return self._must_change

    def _derived_form_key(self) -> str:
        if self.token is None:
            self.token, self.token_given = secrets.token_urlsafe(32), False
        key = str(self._app.secret_key).encode()
        return hmac.new(key, f"form {self.token}".encode(), hashlib.sha256).hexdigest()

    @property
    def pending(self) -> str:
        """What is still asked of whoever has said the right password: CODE or ENROL; nothing if all is said."""
        return str(self._kept().get(PENDING, ""))

    @property
    def age(self) -> timedelta:
        """How long ago the password was said."""
        self._kept()
        return now() - self._created_at if self._created_at is not None else timedelta.max

    def start(self, user_id: int, pending: str = "") -> None:
        """Sign a user in under a token of its own: whoever knew the old one knows nothing. The caller commits.

        pending: what is still asked, CODE or ENROL; the gate lets the session nowhere else.
        """
        self.end()
        sweep()
        sent_forms.sweep()
        drafts.sweep()
        self.token, self.token_given, self.ended = secrets.token_urlsafe(32), False, False
        self._user_id = user_id
        self._seen_at = self._created_at = now()
        self._values = {FORM_KEY: secrets.token_hex(32), **({PENDING: pending} if pending else {})}
        db.session.execute(
            insert(_session).values(
                token_hash=hash_of(self.token),
                user_id=user_id,
                created_at=self._seen_at,
                last_seen_at=self._seen_at,
                address=request.remote_addr,
                agent=(request.user_agent.string or "")[:LONGEST_AGENT],
                data=self._values,
            )
        )

    def end(self) -> None:
        """Sign out: the row and what it kept are gone. The caller commits."""
        if self.user_id is not None and self.token:
            db.session.execute(delete(_session).where(_session.c.token_hash == hash_of(self.token)))
        self._values, self._user_id, self._must_change, self.user = {}, None, False, None
        self.token, self.token_given, self.modified, self.ended = None, False, False, True

    def to_store(self) -> dict[str, Any]:
        """The columns to write after this request, if any."""
        if self._user_id is None:
            return {}
        columns: dict[str, Any] = {}
        if self.modified:
            columns["data"] = json.loads(json.dumps(self._values, default=str))
        if self._is_to_be_seen():
            columns["last_seen_at"] = now()
        return columns

    def _is_to_be_seen(self) -> bool:
        return self._seen_at is not None and not self.unattended and now() - self._seen_at >= SEEN_EVERY

    def left(self) -> dict[str, int]:
        """The seconds after which the session ends, counted from this request: `idle` without work, `shift` anyway."""
        if self.user_id is None or self._seen_at is None or self._created_at is None:
            return {"idle": 0, "shift": 0}
        seen = now() if self._is_to_be_seen() else self._seen_at
        ends = seen + self._app.config["SESSION_IDLE"], self._created_at + self._app.config["SESSION_LIFE"]
        idle, shift = (max(0, int((end - now()).total_seconds())) for end in ends)
        return {"idle": idle, "shift": shift}


class Sessions(SessionInterface):
    """How Flask opens and keeps a session."""

    def open_session(self, app: Flask, request: Request) -> BankSession:
        token = request.cookies.get(app.config["SESSION_COOKIE_NAME"])
        return BankSession(app, token if token and len(token) <= 100 else None)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        assert isinstance(session, BankSession)
        if not session.accessed:
            return
        response.vary.add("Cookie")
        columns = session.to_store()
        if columns and session.token:
            self._store(app, session.token, columns)
        name = app.config["SESSION_COOKIE_NAME"]
        shared = {
            "httponly": app.config["SESSION_COOKIE_HTTPONLY"],
            "secure": app.config["SESSION_COOKIE_SECURE"],
            "samesite": app.config["SESSION_COOKIE_SAMESITE"],
            "path": "/",
        }
        if session.token and not session.token_given:
            response.set_cookie(name, session.token, **shared)
        elif session.ended and not session.token:
            response.delete_cookie(name, **shared)

    def _store(self, app: Flask, token: str, columns: dict[str, Any]) -> None:
        """Write in a short transaction of its own; the request's one ends first, or SQLite waits for itself."""
        try:
            db.session.rollback()
            with db.engine.connect().execution_options(writes=True) as connection, connection.begin():
                connection.execute(update(_session).where(_session.c.token_hash == hash_of(token)).values(columns))
        except Exception:
            app.logger.exception("the session cannot be written")


def init_app(app: Flask) -> None:
    """Keep sessions on the server, and let every page know when the one it is of ends."""
    app.session_interface = Sessions()
    app.jinja_env.globals.update(session_left=lambda: here().left())


def here() -> BankSession:
    """The session of this request."""
    session = current_session._get_current_object()  # type: ignore[attr-defined]  # of the proxy itself
    assert isinstance(session, BankSession)
    return session


def hash_of(token: str) -> str:
    """What is stored of a token: the database alone opens no session."""
    return hashlib.sha256(token.encode()).hexdigest()


def sweep() -> None:
    """Delete the rows of sessions whose time is over. The caller commits."""
    config = current_app.config
    db.session.execute(
        delete(_session).where(
            or_(
                _session.c.last_seen_at <= now() - config["SESSION_IDLE"],
                _session.c.created_at <= now() - config["SESSION_LIFE"],
            )
        )
    )


def _rows_of(app: Flask, token: str) -> Sequence[Any]:
    moment, config = now(), app.config
    begun_after, seen_after = moment - config["SESSION_LIFE"], moment - config["SESSION_IDLE"]
    values = {"token_hash": hash_of(token), "seen_after": seen_after, "begun_after": begun_after}
    return db.session.execute(_OPEN, values).all()
