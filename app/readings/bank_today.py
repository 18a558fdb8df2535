"""How the bank itself is doing: imports, accounts, the journal of today. No family is named here."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import NamedTuple

from sqlalchemy import func, select

from app import access
from app.clock import now, zone
from app.domain.terms import Act
from app.extensions import db
from app.models import Account, ImportBatch, JournalEntry, User, UserSession

SHOWN_IMPORTS = 5
MOST_ACTS = 10_000

_entry = JournalEntry.__table__
_batch = ImportBatch.__table__


class Import(NamedTuple):
    """One applied workbook as its line is shown."""

    id: int
    applied_at: datetime
    file_name: str
    as_of: object
    undone_at: datetime | None


class Accounts(NamedTuple):
    """Figures of the sign-ins."""

    users: int
    locked: int
    sessions: int


def last_imports() -> list[Import]:
    """The latest workbooks applied in the districts of the person, or by the person."""
    statement = (
        select(_batch.c.id, _batch.c.applied_at, _batch.c.file_name, _batch.c.as_of, _batch.c.undone_at)
        .where(access.scope().rows(ImportBatch))
        .order_by(_batch.c.id.desc())
        .limit(SHOWN_IMPORTS)
    )
    return [Import(*row) for row in db.session.execute(statement)]


def accounts_today() -> Accounts:
    """How many may sign in, are locked out, are signed in; in one statement."""
    moment = now()
    users = select(func.count()).select_from(User.__table__).where(User.__table__.c.active.is_(True))
    locked = select(func.count(Account.id)).where(Account.locked_until > moment)
    sessions = select(func.count(UserSession.id)).where(UserSession.user_id.is_not(None))
    row = db.session.execute(
        select(users.scalar_subquery(), locked.scalar_subquery(), sessions.scalar_subquery())
    ).one()
    return Accounts(*row)


def acts_of(today: date) -> list[tuple[Act, int]]:
    """How often each act was done since the midnight before, the commonest first; nobody counts beyond `MOST_ACTS`."""
    midnight = datetime.combine(today, time.min, tzinfo=zone()).astimezone(UTC)
    since = (access.scope().journal(), _entry.c.at >= midnight)
    counted = [
        select(func.count()).select_from(
            select(_entry.c.id).where(*since, _entry.c.act == act).limit(MOST_ACTS + 1).subquery()
        ).scalar_subquery().label(act.name)
        for act in Act
    ]  # fmt: skip
    found = zip(Act, db.session.execute(select(*counted)).one(), strict=True)
    return sorted(((act, times) for act, times in found if times), key=lambda pair: -pair[1])
