"""The hidden key of every form: what is sent a second time is answered like the first time and stores nothing.

The key is taken in the transaction of the act itself, so a form is stored together with its key or not at all. Two
that are sent at once wait for each other on the row of the key.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from flask import flash, has_request_context, make_response, redirect, request
from flask_login import current_user
from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from werkzeug.wrappers import Response

from app.clock import now
from app.extensions import READING_METHODS, db
from app.models import SentForm

FIELD = "form_key"
LASTS = timedelta(hours=24)
_KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")
_DIALECTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}

_sent = SentForm.__table__


class AlreadySentError(Exception):
    """A form was stored already, and now other words came under its key: only the person can say what is meant."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.text)
        self.answer = answer


@dataclass(frozen=True)
class Answer:
    """How an act is answered: a sentence and where to go; everything in it is known before the commit.

    `page`: shown once instead, at the first time (a one-time password); it is never stored.
    """

    text: str
    location: str
    category: str = "success"
    page: str = ""

    def response(self) -> Response:
        """The answer as it leaves."""
        if self.page:
            return make_response(self.page)
        flash(self.text, self.category)
        return redirect(self.location)


def fresh() -> str:
    """The key of a form that is about to be shown."""
    return secrets.token_urlsafe(18)


def claim() -> Answer | None:
    """Take the key of this request's form until the transaction ends; the answer given before, if there was one.

    Raises AlreadySentError if the form was stored with other words in it.
    """
    key = _key()
    if key is None:
        return None
    connection = db.session.connection()
    row = {"user_id": current_user.id, "key": key, "sent_at": now(), "digest": _digest()}
    take = _DIALECTS.get(connection.dialect.name, insert)(_sent).values(row)
    if connection.scalar(take.on_conflict_do_nothing().returning(_sent.c.key)) is not None:
        return None
    return _answer_under(key, row["digest"])


def answered() -> Answer | None:
    """The answer that was given before to this request's form, if it is stored; the key is not taken.

    Raises AlreadySentError if the form was stored with other words in it.
    """
    key = _key()
    return None if key is None else _answer_under(key, _digest())


def _answer_under(key: str, digest: str) -> Answer | None:
    kept = db.session.connection().execute(select(_sent.c.answer, _sent.c.digest).where(*_this(key))).one_or_none()
    if kept is None or kept.answer is None:  # not sent yet, or taken earlier in this very transaction
        return None
    answer = Answer(**kept.answer)
    if kept.digest != digest:
        raise AlreadySentError(answer)
    return answer


def keep(answer: Answer) -> None:
    """Store how the form of this request is answered, in the transaction of its act."""
    key = _key()
    if key is not None:
        values = {name: text for name, text in asdict(answer).items() if name != "page"}
        db.session.connection().execute(update(_sent).where(*_this(key)).values(answer=values))


def is_kept() -> bool:
    """Whether the form of this request is stored, asked of the database anew."""
    key = _key()
    if key is None:
        return False
    asked = select(_sent.c.answer).where(*_this(key))
    db.session.rollback()  # who asks was read in it; SQLite would make the next connection wait for it
    with db.engine.connect() as connection:
        return connection.scalar(asked) is not None


def is_stored(key: str) -> bool:
    """Whether the person's form with a key is stored; asked by what comes from its page later than the form itself."""
    asked = select(_sent.c.answer).where(_sent.c.user_id == current_user.id, _sent.c.key == key)
    return db.session.connection().scalar(asked) is not None


def sweep() -> None:
    """Delete the keys whose day is over. The caller commits."""
    db.session.execute(delete(_sent).where(_sent.c.sent_at < now() - LASTS))


def _key() -> str | None:
    if not has_request_context() or request.method in READING_METHODS or not current_user.is_authenticated:
        return None
    key = request.form.get(FIELD, "")
    return key if _KEY.fullmatch(key) else None


def _this(key: str) -> tuple[Any, Any]:
    return _sent.c.user_id == current_user.id, _sent.c.key == key


def _digest() -> str:
    """The same address, words and files give the same digest."""
    found = hashlib.sha256(request.path.encode())
    for name, text in sorted(request.form.items(multi=True)):
        if name != "csrf_token":
            found.update(repr((name, text)).encode())
    for name, file in sorted(request.files.items(multi=True), key=lambda item: item[0]):
        found.update(repr((name, file.filename)).encode())
        file.stream.seek(0)  # it may have been looked into
        for chunk in iter(partial(file.stream.read, 1 << 20), b""):
            found.update(chunk)
        file.stream.seek(0)
    return found.hexdigest()
