"""What lists and pages show of the files of families that go elsewhere. Conditions are on the table `transfer`."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, func, select

from app import access
from app.extensions import db
from app.models import Transfer

_row = Transfer.__table__


def waits() -> ColumnElement[bool]:
    """Nobody has received it yet, nor declined it."""
    return and_(_row.c.annulled_at.is_(None), _row.c.answered_at.is_(None))


def comes() -> ColumnElement[bool]:
    """It waits for the person to receive it."""
    scope = access.scope()
    return and_(waits(), _row.c.to_territory_id.in_(scope.kept | scope.convened))


def goes() -> ColumnElement[bool]:
    """It waits elsewhere, and the family is still the person's."""
    scope = access.scope()
    return and_(waits(), _row.c.from_territory_id.in_(scope.kept | scope.convened))


def is_received() -> ColumnElement[bool]:
    """The family is where it was sent to."""
    return and_(_row.c.answered_at.is_not(None), _row.c.declined.is_(None))


def is_declined() -> ColumnElement[bool]:
    """It was not taken where it was sent to."""
    return _row.c.declined.is_not(None)


class FilesWaiting(NamedTuple):
    """How many files wait: for the person, and elsewhere."""

    comes: int
    goes: int


def waiting() -> FilesWaiting:
    """The files that wait today, of both ends."""
    counted = select(func.count().filter(comes()), func.count().filter(goes())).select_from(_row).where(waits())
    row = db.session.connection().execute(counted).one()
    return FilesWaiting(row[0], row[1])
