"""Lists of links that an import may change: categories of a family, recipients of an aid, those a measure is for."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from app import journal
from app.exchange.apply.store import Values
from app.models import (
    Aid,
    Entity,
    Family,
    PlannedMeasure,
    aid_recipients,
    family_categories,
    planned_measure_members,
)

# Whose lists these are, by the name of the list.
OWNERS: dict[str, type[Entity]] = {"categories": Family, "recipients": Aid, "members": PlannedMeasure}
_TABLES = {
    "categories": (family_categories, "family_id"),
    "recipients": (aid_recipients, "aid_id"),
    "members": (planned_measure_members, "measure_id"),
}


def rows_of(name: str, owner_id: int, family_id: int, ids: Iterable[int]) -> list[Values]:
    """The rows of a list of links."""
    if name == "categories":
        return [{"family_id": owner_id, "category_id": each} for each in ids]
    return [{_TABLES[name][1]: owner_id, "member_id": each, "family_id": family_id} for each in ids]


def set_links(session: Session, name: str, owner_id: int, family_id: int, ids: Iterable[int]) -> None:
    """Replace a list of links."""
    table, owner = _TABLES[name]
    session.connection().execute(delete(table).where(table.c[owner] == owner_id))
    if rows := rows_of(name, owner_id, family_id, ids):
        session.connection().execute(insert(table), rows)


def linked(session: Session, name: str, owner_id: int) -> list[int]:
    """The links as they are now, in order."""
    return journal.changes.linked(OWNERS[name], name).keys(session, owner_id)
