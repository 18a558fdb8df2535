"""Who signs a paper: the person who makes it, and the head of that person's body."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app import access
from app.documents import blanks
from app.extensions import db
from app.models import Employee


@dataclass(frozen=True)
class Signer:
    """Position and name of the person and the name of the head; an empty one is a blank line."""

    position: str = ""
    name: str = ""
    head: str = ""


def present() -> Signer:
    """The person who acts; nobody signs what a command makes."""
    scope = access.scope()
    if scope.user_id is None:
        return Signer()
    with access.unrestricted():  # one's own place of work, whatever else one may read
        employee = db.session.scalar(
            select(Employee).where(Employee.user_id == scope.user_id).options(joinedload(Employee.agency))
        )
    if employee is None:
        return Signer(name=blanks.text(scope.user_name))
    return Signer(*map(blanks.text, (employee.position, employee.full_name, employee.agency.head)))
