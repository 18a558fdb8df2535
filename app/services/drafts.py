"""What a person types in a long form, kept field by field until it is sent: one's own alone, no fact of the bank."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select

from app import access
from app.clock import now
from app.domain.refusal import Refusal
from app.extensions import db
from app.models import Draft, User

MOST = 20  # of one person
KEPT = timedelta(days=30)
MOST_FIELDS, LARGEST = 500, 400_000  # fields of one draft, and characters in all of them
NAMELESS = "без имени"

_draft = Draft.__table__
_user = User.__table__


@dataclass(frozen=True)
class DraftKind:
    """A form whose words are kept: the permission to send it, its page, and the fields by which a draft is known."""

    permission: tuple[str, str]
    endpoint: str
    named: tuple[str, ...]


@dataclass(frozen=True)
class Offered:
    """A draft as it is offered back."""

    id: int
    title: str
    begun_at: datetime
    saved_at: datetime
    endpoint: str
    words: Mapping[str, list[str]]


KINDS = {
    "signal": DraftKind(("can_send", "SignalCard"), "NewSignal.add", ("last_name", "first_name")),
    "act": DraftKind(
        ("can_write", "SurveyAct"), "SurveyActs.resume", ("persons-0-last_name", "persons-0-first_name", "visited_on")
    ),
}


def mine(kind: str) -> list[Offered]:
    """The person's drafts of a kind, the latest first."""
    own = select(Draft).where(Draft.user_id == access.scope().user_id, Draft.kind == kind)
    rows = db.session.scalars(own.order_by(Draft.saved_at.desc(), Draft.id.desc()))
    return [Offered(row.id, title_of(row), row.begun_at, row.saved_at, KINDS[kind].endpoint, row.words) for row in rows]


def title_of(row: Draft) -> str:
    """By what the person knows a draft again."""
    said = (text.strip() for name in KINDS[row.kind].named for text in row.words.get(name, ()))
    return " ".join(filter(None, said)) or NAMELESS


def lock() -> int:
    """Let nobody else write drafts of the person until the transaction ends. Raises Refusal if nobody is signed in."""
    user_id = access.scope().user_id
    if user_id is None:
        raise Refusal("Черновик хранится у того, кто вошёл.")
    db.session.execute(select(_user.c.id).where(_user.c.id == user_id).with_for_update(key_share=True))
    return user_id


def keep(kind: str, key: str, words: Mapping[str, list[str]]) -> Draft:
    """Keep what stands in some fields of a form beside what is kept of it already. Raises Refusal."""
    user_id = lock()
    row = db.session.scalar(select(Draft).where(Draft.user_id == user_id, Draft.kind == kind, Draft.key == key))
    if row is None:
        count = db.session.scalar(select(func.count(Draft.id)).where(Draft.user_id == user_id)) or 0
        if count >= MOST:
            raise Refusal(f"Черновик не сохраняется: их уже {MOST}. Отправьте или удалите те, что есть.")
        row = Draft(user_id=user_id, kind=kind, key=key, words={})
        db.session.add(row)
    row.words = {**row.words, **words}
    if len(row.words) > MOST_FIELDS or sum(len(text) for typed in row.words.values() for text in typed) > LARGEST:
        raise Refusal("Черновик не сохраняется: в форме слишком много текста. Сократите его и отправьте.")
    row.saved_at = now()
    db.session.flush()
    return row


def drop(row: Draft) -> None:
    """Keep a draft no longer."""
    db.session.delete(row)
    db.session.flush()


def sent(kind: str, key: str | None) -> None:
    """The form is stored: its draft goes with the same transaction."""
    user_id = lock()
    db.session.execute(delete(_draft).where(_draft.c.user_id == user_id, _draft.c.kind == kind, _draft.c.key == key))


def sweep() -> None:
    """Delete what nobody has touched for a month. The caller commits."""
    db.session.execute(delete(_draft).where(_draft.c.saved_at < now() - KEPT))
