"""What is important in the chronology of a family: rows are marked, and marks are taken away again."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from app import access
from app.clock import now
from app.domain.refusal import Refusal
from app.extensions import db
from app.models import Family, ImportantMark
from app.services import registry

TAKEN_AWAY = "Отметка снята"


def mark_of(family: Family, entity: str, key: int) -> ImportantMark | None:
    """The mark of a row, if it bears one."""
    return db.session.scalar(
        select(ImportantMark).where(
            ImportantMark.family_id == family.id, ImportantMark.entity == entity, ImportantMark.entity_id == key,
            ImportantMark.annulled_at.is_(None),
        )
    )  # fmt: skip


def mark(family: Family, entity: str, key: int, note: str | None, today: date) -> ImportantMark:
    """Mark a row of the family as important. Raises Refusal; the caller commits."""
    registry.lock(family)
    if mark_of(family, entity, key) is not None:
        raise Refusal("Это событие уже отмечено как важное.")
    row = ImportantMark(family=family, entity=entity, entity_id=key, note=note, marked_by=access.scope().user_name)
    registry.save(row, today)
    return row


def take_away(family: Family, entity: str, key: int) -> None:
    """It is important no more; the mark stays in the history. Raises Refusal; the caller commits."""
    registry.lock(family)
    row = mark_of(family, entity, key)
    if row is None:
        raise Refusal("Отметки уже нет.")
    row.annulled_at, row.annul_reason = now(), TAKEN_AWAY
    db.session.flush()
