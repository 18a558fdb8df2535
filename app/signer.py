"""Who signs a paper: the person who makes it, the head of that person's body, the head of the commission."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app import access
from app.extensions import db
from app.models import Agency, AgencyKind, Employee


@dataclass(frozen=True)
class Signer:
    """The person, the body and its head; what is not known is empty, and a paper leaves a line for it."""

    position: str = ""
    name: str = ""
    phone: str = ""
    agency: str = ""
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
            return Signer(name=scope.user_name)
        agency = employee.agency
        return Signer(employee.position or "", employee.full_name, employee.phone or agency.phone or "", agency.name,
                      agency.head or "")  # fmt: skip


def head_of_commission(places: Sequence[int]) -> str:
    """The head of the commission on minors of a territory, given with what it belongs to, the nearest first.

    Where two commissions say who heads them, nobody knows which of them is meant.
    """
    agency, kind = Agency.__table__.c, AgencyKind.__table__.c
    rows = db.session.execute(
        select(agency.territory_id, agency.head)
        .join(AgencyKind.__table__, kind.id == agency.kind_id)
        .where(kind.kind == AgencyKind.COMMISSION, agency.territory_id.in_(places), agency.closed.is_(False),
               agency.head > "")
    ).all()  # fmt: skip
    nearest = next((place for place in places if any(row.territory_id == place for row in rows)), None)
    heads = [row.head for row in rows if row.territory_id == nearest]
    return heads[0] if len(heads) == 1 else ""
