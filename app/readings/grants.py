"""What coordinators should notice: who was let nearer to families, and by whom."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from app import journal
from app.clock import in_utc, now
from app.domain import terms
from app.extensions import db
from app.models import FurtherRole, JournalEntry, Role, User

_entry, _user, _role, _further = JournalEntry.__table__, User.__table__, Role.__table__, FurtherRole.__table__
_held = User.metadata.tables["ab_user_role"]
# A further role shows what the role of the code shows that it is the same as.
_shows_families = func.coalesce(_further.c.same_as, _role.c.name).in_(terms.ROLES_OF_FAMILIES)
_roles = _role.outerjoin(_further, _further.c.role_id == _role.c.id)


TOLD = (terms.Act.CHANGED, terms.Act.PASSWORD_CHANGED, terms.Act.SECOND_STEP_RESET, terms.Act.MASS_READ)


@dataclass(frozen=True)
class Grant:
    """Somebody was let nearer to families: a role that shows them, territories, a new one-time password."""

    at: datetime
    user_id: int
    user: str
    what: str
    by: str


def recent(days: int = 30) -> list[Grant]:
    """What brought people to families within some days, latest first; shown to coordinators."""
    rows = db.session.execute(
        select(_entry)
        .where(
            _entry.c.at > now() - timedelta(days=days),
            _entry.c.entity == "User",
            _entry.c.act.in_(TOLD),
        )
        .order_by(_entry.c.id.desc())
    ).all()
    if not rows:
        return []
    holders = select(_held.c.user_id).select_from(_roles.join(_held, _held.c.role_id == _role.c.id))
    sees = _user.c.id.in_(holders.where(_shows_families)).label("sees_families")
    users = {row.id: row for row in db.session.execute(select(_user, sees))}
    showing = set(db.session.scalars(select(_role.c.name).select_from(_roles).where(_shows_families)))
    return [
        Grant(in_utc(row.at), user.id, f"{user.last_name} {user.first_name} ({user.username})", what, row.user_name)
        for row in rows
        if (user := users.get(row.entity_id)) is not None
        and (what := _granted(row, showing, sees_families=user.sees_families))
    ]


def _granted(row: Any, showing: Collection[str], *, sees_families: bool) -> str:
    """What an entry of the journal gave, in words; nothing if it brought nobody nearer to families."""
    changes = row.changes or {}
    if row.act == terms.Act.PASSWORD_CHANGED:
        return "выдан одноразовый пароль" if row.user_id != row.entity_id and sees_families else ""
    if row.act == terms.Act.SECOND_STEP_RESET:
        return "сброшен второй шаг входа" if sees_families else ""
    if row.act == terms.Act.MASS_READ:
        return row.summary
    if given := [name for name in _added(changes, "roles") if name in showing]:
        return f"дана роль «{', '.join(given)}»"
    if fresh := _added(changes, "territories"):
        return f"поручена территория: {', '.join(fresh)}"
    return ""


def _added(changes: dict[str, Any], name: str) -> list[str]:
    """The words that a list of an entry has gained."""
    were, are = journal.changes.words_of(changes.get(name, [[], []]))
    return [words for words in are if words not in were]
