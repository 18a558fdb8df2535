"""The families that a person looked at lately, by the journal of reads."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from app import access
from app.domain.terms import Act
from app.extensions import db
from app.models import Family, JournalEntry, Member, Registration

SHOWN = 10
LOOKED_AT = 200  # of the latest entries of the person

_entry = JournalEntry.__table__


def families() -> list[Family]:
    """The families that the person opened or changed last, the latest first; those that are no longer theirs are not
    among them."""
    entries = (
        select(_entry.c.family_id, _entry.c.id)
        .where(_entry.c.user_id == access.scope().user_id, _entry.c.family_id.is_not(None),
               _entry.c.act.in_((Act.OPENED, Act.CREATED, Act.CHANGED)))
        .order_by(_entry.c.at.desc(), _entry.c.id.desc())
        .limit(LOOKED_AT)
        .subquery()
    )  # fmt: skip
    lately = select(entries.c.family_id, func.max(entries.c.id).label("last")).group_by(entries.c.family_id).subquery()
    return list(
        db.session.scalars(
            select(Family)
            .join(lately, lately.c.family_id == Family.id)
            .where(Family.annulled_at.is_(None))
            .order_by(lately.c.last.desc())
            .limit(SHOWN)
            .options(
                joinedload(Family.territory),
                selectinload(Family.members.and_(Member.annulled_at.is_(None))),
                selectinload(Family.registrations.and_(Registration.annulled_at.is_(None))),
            )
        )
    )
