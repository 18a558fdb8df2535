"""Notices about what can be read and yet hardly be true, of the people whom the workbook adds or changes."""

from __future__ import annotations

from sqlalchemy import select

from app.domain import likelihood
from app.domain.likelihood import Person
from app.domain.terms import ParentalRole
from app.exchange.changes import FamilyPlan, MemberPlan
from app.exchange.plan.comparing import Comparison
from app.exchange.rows import Notice
from app.exchange.states import StayState
from app.exchange.workbook import MEMBERS, STAYS
from app.extensions import db
from app.models import RelationshipKind


def note(comparison: Comparison) -> None:
    """Say what is doubtful of every family that the workbook touches."""
    kind = RelationshipKind.__table__
    roles = {row.code: row.parental_role for row in db.session.execute(select(kind.c.code, kind.c.parental_role))}
    for family in comparison.families.values():
        if family.touched:
            _note_family(comparison, family, roles)


def _note_family(comparison: Comparison, family: FamilyPlan, roles: dict[str, ParentalRole]) -> None:
    stays = [row for row, _ in family.new_stays]
    days = [row.registered_on for row in stays] + [stay.registered_on for stay in _known_stays(family)]
    registered_on = max((day for day in days if day), default=None)
    people = []
    for member in family.members:
        person = _person(member, roles)
        people.append(person)
        line = member.row.line if member.row else None
        for text in likelihood.of_person(person, comparison.as_of, registered_on):
            comparison.content.notices.append(Notice(MEMBERS.title, line, text))
    for text in likelihood.of_family(people):
        comparison.content.notices.append(Notice(MEMBERS.title, None, f"№ {family.number}: {text}", family.named))
    for row in stays:
        for text in likelihood.of_stay(row.registered_on, people) if row.registered_on else ():
            comparison.content.notices.append(Notice(STAYS.title, row.line, text))


def _known_stays(family: FamilyPlan) -> list[StayState]:
    return family.state.stays if family.state else []


def _person(member: MemberPlan, roles: dict[str, ParentalRole]) -> Person:
    values = member.values
    return Person(values.full, values.born_on, roles.get(values.role) if values.role else None)
