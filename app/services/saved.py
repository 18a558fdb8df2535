"""What a person asks of a list again and again, kept under names: one's own alone."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select

from app import access
from app.domain import writing
from app.domain.refusal import Refusal
from app.extensions import db
from app.models import SavedFilter

MOST = 30  # of one person for one list
LONGEST_NAME = 80  # characters


def of_list(view: str) -> list[SavedFilter]:
    """The person's own filters of a list, by name."""
    own = select(SavedFilter).where(SavedFilter.user_id == access.scope().user_id, SavedFilter.view == view)
    return sorted(db.session.scalars(own), key=lambda one: one.name.casefold())


def keep(view: str, name: str, conditions: Mapping[str, str]) -> SavedFilter:
    """Save the conditions of a list under a name. Raises Refusal."""
    user_id, others = access.scope().user_id, of_list(view)
    if user_id is None:
        raise Refusal("Сохранить отбор может тот, кто вошёл.")
    if not conditions:
        raise Refusal("Сохранять нечего: задайте хотя бы одно условие.")
    if len(others) >= MOST:
        raise Refusal(f"Сохранённых отборов уже {MOST}: удалите те, что больше не нужны.")
    row = SavedFilter(user_id=user_id, view=view, name=_name(name, others), conditions=dict(conditions))
    db.session.add(row)
    db.session.flush()
    return row


def rename(row: SavedFilter, name: str) -> None:
    """Call a filter otherwise. Raises Refusal."""
    row.name = _name(name, [other for other in of_list(row.view) if other.id != row.id])
    db.session.flush()


def drop(row: SavedFilter) -> None:
    """Keep a filter no longer."""
    db.session.delete(row)
    db.session.flush()


def _name(typed: str, others: list[SavedFilter]) -> str:
    name = writing.line(typed)
    if name is None:
        raise Refusal("Назовите отбор.", "name")
    if len(name) > LONGEST_NAME:
        raise Refusal(f"Название отбора – не длиннее {LONGEST_NAME} знаков.", "name")
    if name.casefold() in {other.name.casefold() for other in others}:
        raise Refusal(f"Отбор «{name}» у этого списка уже есть: назовите этот иначе.", "name")
    return name
