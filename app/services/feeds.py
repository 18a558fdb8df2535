"""The secret address of a person's calendar of deadlines: made, shown once, withdrawn. Callers commit."""

from __future__ import annotations

import hashlib
import secrets

from sqlalchemy import select

from app import journal
from app.clock import now
from app.domain.refusal import Refusal
from app.domain.terms import Act
from app.extensions import db
from app.models import CalendarFeed, User

LONGEST_TOKEN = 100
_feed, _user = CalendarFeed.__table__, User.__table__


def of_user(user: User) -> CalendarFeed | None:
    """The address that a person has now, without the secret in it."""
    return db.session.scalar(select(CalendarFeed).where(CalendarFeed.user_id == user.id))


def make(user: User) -> str:
    """Make a person an address and give the secret in it, which is told once; one that was there is withdrawn."""
    token, row = secrets.token_urlsafe(32), of_user(user) or CalendarFeed(user_id=user.id)
    row.token_hash, row.made_at = _hash_of(token), now()
    db.session.add(row)
    db.session.flush()
    journal.write([journal.entry(Act.EXPORTED, summary="Календарь сроков: создан адрес для подписки")])
    return token


def withdraw(user: User) -> None:
    """Nobody reads the calendar at the address any more."""
    row = of_user(user)
    if row is None:
        raise Refusal("Адреса календаря уже нет.")
    db.session.delete(row)
    db.session.flush()
    journal.write([journal.entry(Act.EXPORTED, summary="Календарь сроков: адрес для подписки отозван")])


def owner_of(token: str) -> User | None:
    """Whose calendar a secret opens; None if nobody's, or of somebody who may not sign in."""
    if len(token) > LONGEST_TOKEN:
        return None
    mine = select(_feed.c.user_id).where(_feed.c.token_hash == _hash_of(token))
    return db.session.scalar(select(User).where(_user.c.id.in_(mine), _user.c.active.is_(True)))


def _hash_of(token: str) -> str:
    """What is stored of a secret: the database alone opens no calendar."""
    return hashlib.sha256(token.encode()).hexdigest()
