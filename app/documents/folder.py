"""What the papers of one family are made of, loaded at once: the present state, annulled rows left out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from app.domain import intervals
from app.domain.registration import on_record
from app.domain.terms import PaperKind
from app.extensions import db
from app.models import (
    Agency,
    Aid,
    Annullable,
    Decision,
    Education,
    Family,
    IdentityDocument,
    Instruction,
    Member,
    Paper,
    PlannedMeasure,
    Problem,
    Programme,
    Registration,
    RegistrationCriterion,
    Stage,
    Supervision,
)

Row = TypeVar("Row", bound=Annullable)


@dataclass(frozen=True)
class ProgrammeFolder:
    """One family with everything the papers of its programmes say, in the order they say it."""

    family: Family
    aids: list[Aid]
    programmes: list[Programme]
    stages: list[Stage]
    problems: list[Problem]
    planned: list[PlannedMeasure]


@dataclass(frozen=True)
class Folder(ProgrammeFolder):
    """One family with everything its papers say."""

    members: list[Member]
    registrations: list[Registration]
    decisions: list[Decision]
    papers: list[Paper]
    orders: list[Instruction]

    def present_members(self, today: date) -> list[Member]:
        """Who belongs to the family on a day."""
        return [member for member in self.members if intervals.holds(member.joined_on, member.left_on, today)]

    def registration(self, today: date) -> Registration | None:
        """The stay on record that holds on a day, or else the last one."""
        for row in reversed(self.registrations):
            if on_record(row.registered_on, row.removed_on, today):
                return row
        return self.registrations[-1] if self.registrations else None


def load(family_id: int) -> Folder | None:
    """The folder of a family of the settled scope, None if there is none; a fixed number of statements."""
    family = (
        db.session.scalars(
            select(Family)
            .where(Family.id == family_id)
            .options(
                joinedload(Family.territory),
                joinedload(Family.district),
                joinedload(Family.categories),
                selectinload(Family.members).options(
                    joinedload(Member.role),
                    selectinload(Member.documents).joinedload(IdentityDocument.kind),
                    selectinload(Member.educations).joinedload(Education.status),
                    selectinload(Member.supervisions).joinedload(Supervision.kind),
                ),
                selectinload(Family.registrations).options(
                    joinedload(Registration.sender),
                    joinedload(Registration.decision).joinedload(Decision.agency),
                    joinedload(Registration.removal_decision),
                    joinedload(Registration.removal_reason),
                    selectinload(Registration.criteria_over_time).joinedload(RegistrationCriterion.criterion),
                ),
            )
            .execution_options(populate_existing=True)
        )
        .unique()
        .one_or_none()
    )
    if family is None:
        return None
    for stay in family.registrations:
        stay.settle_criteria()
    return Folder(
        family=family,
        members=live(family.members),
        registrations=live(family.registrations),
        decisions=_decisions(family_id),
        aids=_aids(family_id),
        papers=_papers(family_id),
        orders=_orders(family_id),
        **_programmes(family_id),
    )


def of_programmes(family_id: int) -> ProgrammeFolder | None:
    """The folder of the papers of its programmes alone: what only others tell is not asked for."""
    asked = select(Family).where(Family.id == family_id)
    family = db.session.scalars(asked.execution_options(populate_existing=True)).one_or_none()
    return None if family is None else ProgrammeFolder(family=family, aids=_aids(family_id), **_programmes(family_id))


def live(rows: Iterable[Row]) -> list[Row]:
    """The rows that are not annulled."""
    return [row for row in rows if row.annulled_at is None]


def _decisions(family_id: int) -> list[Decision]:
    return list(
        db.session.scalars(
            select(Decision)
            .where(Decision.family_id == family_id, Decision.annulled_at.is_(None))
            .options(joinedload(Decision.agency))
            .order_by(Decision.decided_on, Decision.id)
        )
    )


def _programmes(family_id: int) -> dict[str, list[Any]]:
    """The programmes, their stages, problems and measures."""
    return {
        "programmes": _of_programmes(
            Programme,
            family_id,
            Programme.starts_on,
            joinedload(Programme.agency),
            joinedload(Programme.approval).joinedload(Decision.agency),
        ),
        "stages": _of_programmes(
            Stage,
            family_id,
            Stage.starts_on,
            joinedload(Stage.kind),
            joinedload(Stage.dynamics),
            joinedload(Stage.reaction),
        ),
        "problems": _of_programmes(Problem, family_id, Problem.position),
        "planned": _of_programmes(
            PlannedMeasure,
            family_id,
            PlannedMeasure.position,
            joinedload(PlannedMeasure.kind),
            joinedload(PlannedMeasure.performer).load_only(Agency.name),
            joinedload(PlannedMeasure.employee),
            selectinload(PlannedMeasure.members),
        ),
    }


def _of_programmes(entity: Any, family_id: int, order: Any, *options: Any) -> list[Any]:
    """The live rows of the programmes of a family, in their order."""
    asked = select(entity).where(entity.family_id == family_id, entity.annulled_at.is_(None))
    return list(db.session.scalars(asked.options(*options).order_by(order, entity.id)))


def _orders(family_id: int) -> list[Instruction]:
    """What bodies were told to do about the family, and what they answered."""
    return list(
        db.session.scalars(
            select(Instruction)
            .where(Instruction.family_id == family_id, Instruction.annulled_at.is_(None))
            .where(Instruction.given_on.is_not(None))
            .options(joinedload(Instruction.agency))
            .order_by(Instruction.given_on, Instruction.id)
        )
    )


def _aids(family_id: int) -> list[Aid]:
    return list(
        db.session.scalars(
            select(Aid)
            .where(Aid.family_id == family_id, Aid.annulled_at.is_(None))
            .options(
                joinedload(Aid.kind),
                joinedload(Aid.measure),
                joinedload(Aid.performer).load_only(Agency.name),
                selectinload(Aid.recipients),
            )
            .order_by(Aid.given_on, Aid.id)
        )
    )


def _papers(family_id: int) -> list[Paper]:
    """The scans in the order of the passport: by kind as the Положение lists them (3.3, 3.4), then by date."""
    rows = db.session.scalars(
        select(Paper)
        .where(Paper.family_id == family_id, Paper.annulled_at.is_(None))
        .options(joinedload(Paper.decision))
    )
    place = {kind: number for number, kind in enumerate(PaperKind)}
    return sorted(rows, key=lambda paper: (place[paper.kind], paper.dated_on or date.max, paper.id))
