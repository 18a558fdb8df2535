"""Lists of links that an import may change: categories of a family, criteria of a stay, recipients of an aid."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from app import journal
from app.exchange.apply.store import Values
from app.models import Aid, Entity, Family, Registration, RegistrationCriterion, aid_recipients, family_categories

CRITERIA = RegistrationCriterion.__table__

# Whose lists these are, by the name of the list.
OWNERS: dict[str, type[Entity]] = {"categories": Family, "criteria": Registration, "recipients": Aid}
_TABLES = {
    "categories": (family_categories, "family_id"),
    "criteria": (CRITERIA, "registration_id"),
    "recipients": (aid_recipients, "aid_id"),
}


def rows_of(name: str, owner_id: int, family_id: int, ids: Iterable[int]) -> list[Values]:
    """The rows of a list of links, in their order."""
    if name == "categories":
        return [{"family_id": owner_id, "category_id": each} for each in ids]
    if name == "recipients":
        return [{"aid_id": owner_id, "member_id": each, "family_id": family_id} for each in ids]
    return [
        {"registration_id": owner_id, "position": place, "criterion_id": each, "family_id": family_id}
        for place, each in enumerate(ids)
    ]


def set_links(session: Session, name: str, owner_id: int, family_id: int, ids: Iterable[int]) -> None:
    """Replace a list of links."""
    table, owner = _TABLES[name]
    session.connection().execute(delete(table).where(table.c[owner] == owner_id))
    if rows := rows_of(name, owner_id, family_id, ids):
        session.connection().execute(insert(table), rows)


def linked(session: Session, name: str, owner_id: int) -> list[int]:
    """The links as they are now, in order."""
    return journal.changes.linked(OWNERS[name], name).keys(session, owner_id)


def in_order(name: str, ids: Iterable[int]) -> list[int]:
    """Links in the order in which `linked` reads them once they are stored: those of a stay have their places."""
    return list(ids) if name == "criteria" else sorted(ids)
