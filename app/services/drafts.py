"""What a person types in a long form, kept field by field until it is sent: one's own alone, no fact of the bank.

A draft may stand on several pages at once. The first of them that is sent retires its key: what is typed on another one
after that is a draft of that page's own, and the page is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select

from app import access, clock
from app.clock import now
from app.domain.refusal import Refusal
from app.extensions import db
from app.models import Draft, User
from app.words import short

MOST = 20  # of one person
KEPT = timedelta(days=30)
MOST_FIELDS, LARGEST = 500, 400_000  # fields of one draft, and characters in all of them
NAMELESS = "без имени"
LONGEST_TITLE = 80

_draft = Draft.__table__
_user = User.__table__


@dataclass(frozen=True)
class DraftKind:
    """A form whose words are kept: the permission to send it, its page, and the fields by which a draft is known.

    sent: what is said of one that was sent from another page. of: the field that says of which row it is, if its page
    is that of a row.
    """

    permission: tuple[str, str]
    endpoint: str
    named: tuple[str, ...]
    sent: str
    of: str = ""


@dataclass(frozen=True)
class Offered:
    """A draft as it is offered back; values: what the address of its page names."""

    id: int
    title: str
    begun_at: datetime
    saved_at: datetime
    endpoint: str
    values: Mapping[str, int]


KINDS = {
    "signal": DraftKind(
        ("can_send", "SignalCard"), "NewSignal.add", ("last_name", "first_name"),
        sent="Карта из этого черновика уже отправлена на другой странице",
    ),
    "act": DraftKind(
        ("can_write", "SurveyAct"), "SurveyActs.write", ("persons-0-last_name", "persons-0-first_name", "visited_on"),
        sent="Акт из этого черновика уже сохранён на другой странице", of="survey",
    ),
    "answer": DraftKind(
        ("can_answer", "AgencyInquiry"), "InquiryPage.answer", ("text",),
        sent="Сведения из этого черновика уже отправлены на другой странице", of="inquiry",
    ),
    "told": DraftKind(
        ("can_tell", "AgencyFinding"), "Findings.add", ("text",),
        sent="Сведения из этого черновика уже внесены на другой странице", of="survey",
    ),
    "corrected": DraftKind(
        ("can_tell", "AgencyFinding"), "Findings.edit", ("text",),
        sent="Исправление из этого черновика уже внесено на другой странице", of="finding",
    ),
}  # fmt: skip


def mine(kind: str, of: int | None = None) -> list[Offered]:
    """The person's drafts of a kind, the latest first; of: of the page of one row alone."""
    asked = select(Draft).where(_is_open(kind)).order_by(Draft.saved_at.desc(), Draft.id.desc())
    found = []
    for row in db.session.scalars(asked):
        values = values_of(row)
        if values is not None and of in (None, values.get("pk")):
            found.append(Offered(row.id, title_of(row), row.begun_at, row.saved_at, KINDS[kind].endpoint, values))
    return found


def values_of(row: Draft) -> dict[str, int] | None:
    """What the address of a draft's page names; None if it does not say of what it is."""
    kind = KINDS[row.kind]
    if not kind.of:
        return {}
    said = (row.words.get(kind.of) or [""])[0]
    return {"pk": int(said)} if said.isascii() and said.isdecimal() and len(said) < 10 else None


def own(kind: str, pk: int | None, of: int | None = None) -> Draft | None:
    """A draft of the person's that is not sent yet; of: if it is of that row."""
    row = None if pk is None else db.session.scalar(select(Draft).where(Draft.id == pk, _is_open(kind)))
    is_of = row is not None and (of is None or values_of(row) == {"pk": of})
    return row if is_of else None


def title_of(row: Draft) -> str:
    """By what the person knows a draft again."""
    said = (text.strip() for name in KINDS[row.kind].named for text in row.words.get(name, ()))
    return short(" ".join(filter(None, said)), LONGEST_TITLE) or NAMELESS


def lock() -> int:
    """Let nobody else write drafts of the person until the transaction ends. Raises Refusal if nobody is signed in."""
    user_id = access.scope().user_id
    if user_id is None:
        raise Refusal("Черновик хранится у того, кто вошёл.")
    db.session.execute(select(_user.c.id).where(_user.c.id == user_id).with_for_update(key_share=True))
    return user_id


def keep(kind: str, key: str, words: Mapping[str, list[str]], *, page: str = "") -> Draft:
    """Keep what stands in some fields of a form beside what is kept of it already. Raises Refusal.

    page: the key of the page that says it; if the draft was sent from another page, what is said now is kept under it.
    """
    user_id = lock()
    row = _under(user_id, kind, key)
    if row is not None and row.sent_at is not None:
        key = page
        row = _under(user_id, kind, key)
    if row is None:
        asked = select(func.count(Draft.id)).where(Draft.user_id == user_id, Draft.sent_at.is_(None))
        if (db.session.scalar(asked) or 0) >= MOST:
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
    """Keep a draft no longer. Raises Refusal if it was sent meanwhile."""
    lock()
    kept = db.session.get(Draft, row.id, populate_existing=True)
    if kept is None:
        return
    if kept.sent_at is not None:
        raise Refusal(f"{told_of(kept.kind, kept.sent_at)}: удалять нечего.")
    db.session.delete(kept)
    db.session.flush()


def sent(kind: str, key: str) -> None:
    """The form is stored: in the same transaction its draft is emptied and its key retired. Raises Refusal."""
    user_id = lock()
    at = sent_at(kind, key)
    if at is not None:
        raise Refusal(f"{told_of(kind, at)}. Если здесь о другом, отправьте эту форму ещё раз.")
    row = _under(user_id, kind, key)
    if row is None:
        row = Draft(user_id=user_id, kind=kind, key=key)
        db.session.add(row)
    row.words, row.saved_at, row.sent_at = {}, now(), now()
    db.session.flush()


def sent_at(kind: str, key: str) -> datetime | None:
    """When the form of a draft of the person's was stored."""
    this = _draft.c.user_id == access.scope().user_id, _draft.c.kind == kind, _draft.c.key == key
    return db.session.connection().scalar(select(_draft.c.sent_at).where(*this))


def told_of(kind: str, at: datetime) -> str:
    """What a page is told whose draft was sent from another one; no full stop."""
    return f"{KINDS[kind].sent}, {clock.local(at):%d.%m.%Y %H:%M}"


def sweep() -> None:
    """Delete what nobody has touched for a month. The caller commits."""
    db.session.execute(delete(_draft).where(_draft.c.saved_at < now() - KEPT))


def _is_open(kind: str) -> Any:
    return (Draft.user_id == access.scope().user_id) & (Draft.kind == kind) & Draft.sent_at.is_(None)


def _under(user_id: int, kind: str, key: str) -> Draft | None:
    asked = select(Draft).where(Draft.user_id == user_id, Draft.kind == kind, Draft.key == key)
    return db.session.scalar(asked.execution_options(populate_existing=True))
