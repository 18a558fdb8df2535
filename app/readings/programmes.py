"""Programmes, their stages and measures: what lists ask of them, and what the page of a programme shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, and_, func, not_, or_, select
from sqlalchemy.orm import joinedload, selectinload

from app import words
from app.domain import ages, intervals
from app.domain.terms import CommissionPost, MeasureState, ParentalRole, StageState, SurveyLevel, SurveyTrend
from app.extensions import db
from app.models import (
    Aid,
    CommissionMember,
    Criterion,
    Employee,
    MeasureKind,
    Member,
    Mentor,
    PlannedMeasure,
    Problem,
    Programme,
    Registration,
    Stage,
    SurveyAct,
    SurveyGroup,
    SurveyMark,
    WorkingGroupMember,
)


def is_draft() -> ColumnElement[bool]:
    return and_(Programme.approval_id.is_(None), Programme.closed_on.is_(None))


def is_under_way() -> ColumnElement[bool]:
    return and_(Programme.approval_id.is_not(None), Programme.closed_on.is_(None))


def is_closed() -> ColumnElement[bool]:
    return Programme.closed_on.is_not(None)


def is_over(row: Programme, today: date) -> bool:
    """Whether the term of a programme has run out and nobody has ended it."""
    return row.closed_on is None and row.ends_on < today


def is_stage_active(today: date) -> ColumnElement[bool]:
    """The twin of `domain.programmes.stage_state`."""
    return and_(Stage.reviewed_on.is_(None), Stage.decision_id.is_not(None), Stage.starts_on <= today)


def is_stage_planned(today: date) -> ColumnElement[bool]:
    return and_(Stage.reviewed_on.is_(None), not_(is_stage_active(today)))


def is_stage_reviewed() -> ColumnElement[bool]:
    return Stage.reviewed_on.is_not(None)


def waits_for_review(row: Stage, today: date) -> bool:
    """Whether a stage has come to its end without its results."""
    return row.state(today) is StageState.ACTIVE and row.ends_on < today


def is_planned() -> ColumnElement[bool]:
    return PlannedMeasure.state == MeasureState.PLANNED


def is_overdue(today: date) -> ColumnElement[bool]:
    """The twin of `domain.programmes.is_overdue`."""
    return and_(is_planned(), PlannedMeasure.due_on < today)


def is_done() -> ColumnElement[bool]:
    return PlannedMeasure.state == MeasureState.DONE


@dataclass(frozen=True)
class StageLine:
    """A stage beside the others: its measures, how much aid was given in it, and its trend against the one before."""

    stage: Stage
    state: StageState
    measures: list[PlannedMeasure]
    aids: int
    trend: SurveyTrend

    def count(self, state: MeasureState) -> int:
        return sum(one.state is state for one in self.measures)

    def overdue(self, today: date) -> int:
        return sum(one.is_overdue(today) for one in self.measures)


@dataclass(frozen=True)
class ProgrammePlan:
    """A programme with everything its page and its papers tell, however much there is, in a fixed number of statements.

    aids_of: how many aids carried out a measure, by its key.
    """

    programme: Programme
    problems: list[Problem]
    group: list[WorkingGroupMember]
    lines: list[StageLine]
    aids_of: dict[int, int]
    mentors: list[Mentor]

    @property
    def measures(self) -> int:
        return sum(len(line.measures) for line in self.lines)

    @property
    def aids(self) -> int:
        return sum(line.aids for line in self.lines)

    @property
    def leader(self) -> Employee | None:
        return next((one.employee for one in self.group if one.leads and one.ended_on is None), None)


def of_family(family_id: int) -> list[Programme]:
    """The programmes of a family that the caller has found, the latest first."""
    asked = select(Programme).where(Programme.family_id == family_id, Programme.annulled_at.is_(None))
    return list(db.session.scalars(asked.order_by(Programme.starts_on.desc(), Programme.id.desc())))


def plan_of(programme: Programme, today: date) -> ProgrammePlan:
    """The whole of a programme that the caller has found among the person's rows."""
    stages = list(db.session.scalars(
        select(Stage).where(Stage.programme_id == programme.id, Stage.annulled_at.is_(None))
        .order_by(Stage.starts_on, Stage.id)
        .options(joinedload(Stage.kind), joinedload(Stage.dynamics), joinedload(Stage.reaction),
                 joinedload(Stage.decision), joinedload(Stage.extension))
    ))  # fmt: skip
    measures: dict[int, list[PlannedMeasure]] = {}
    for row in db.session.scalars(
        select(PlannedMeasure)
        .where(PlannedMeasure.stage_id.in_([one.id for one in stages]), PlannedMeasure.annulled_at.is_(None))
        .order_by(PlannedMeasure.position, PlannedMeasure.id)
        .options(
            joinedload(PlannedMeasure.kind).joinedload(MeasureKind.block), joinedload(PlannedMeasure.performer),
            joinedload(PlannedMeasure.employee), joinedload(PlannedMeasure.problem),
            selectinload(PlannedMeasure.members),
        )
    ):  # fmt: skip
        measures.setdefault(row.stage_id, []).append(row)
    aids_of, alone = _aids(programme, stages)
    lines: list[StageLine] = []
    for stage in stages:
        own = measures.get(stage.id, [])
        given = sum(aids_of.get(one.id, 0) for one in own) + alone.get(stage.id, 0)
        before = lines[-1].stage if lines else None
        lines.append(StageLine(stage, stage.state(today), own, given, trend(before, stage)))
    return ProgrammePlan(
        programme=programme,
        problems=problems_of(programme.id),
        group=list(db.session.scalars(
            select(WorkingGroupMember)
            .where(WorkingGroupMember.programme_id == programme.id, WorkingGroupMember.annulled_at.is_(None))
            .order_by(WorkingGroupMember.leads.desc(), WorkingGroupMember.id)
            .options(joinedload(WorkingGroupMember.employee).joinedload(Employee.agency))
        )),
        lines=lines,
        aids_of=aids_of,
        mentors=mentors_of(programme.family_id, today),
    )  # fmt: skip


def approver(programme: Programme) -> str:
    """Who heads the commission that approved a programme, on that day; unknown where it is not told."""
    approval = programme.approval
    if approval is None or approval.agency_id is None:
        return ""
    day = approval.decided_on
    asked = (
        select(Employee).join(CommissionMember, CommissionMember.employee_id == Employee.id)
        .where(CommissionMember.agency_id == approval.agency_id, CommissionMember.annulled_at.is_(None))
        .where(CommissionMember.post == CommissionPost.CHAIR, CommissionMember.started_on <= day)
        .where(or_(CommissionMember.ended_on.is_(None), CommissionMember.ended_on > day)).limit(1)
    )  # fmt: skip
    person = db.session.scalars(asked).first()
    return words.initials(person.last_name, person.first_name, person.middle_name) if person is not None else ""


def trend(before: Stage | None, stage: Stage) -> SurveyTrend:
    """What has become of a family from one stage to the next: by its reaction, then by the level of dynamics."""
    if before is None or before.reaction is None or stage.reaction is None:
        return SurveyTrend.UNKNOWN
    was, became = (
        (one.reaction.position, one.dynamics.position if one.dynamics is not None else 0) for one in (before, stage)
        if one.reaction is not None
    )  # fmt: skip
    if was == became:
        return SurveyTrend.SAME
    return SurveyTrend.BETTER if became > was else SurveyTrend.WORSE


def _aids(programme: Programme, stages: Sequence[Stage]) -> tuple[dict[int, int], dict[int, int]]:
    """How many aids carried out each measure; and by stages, how many stand without a measure within the term."""
    live = (Aid.family_id == programme.family_id, Aid.annulled_at.is_(None))
    of_measures = select(Aid.planned_id, func.count()).where(*live, Aid.planned_id.is_not(None))
    aids_of = {int(key or 0): number for key, number in db.session.execute(of_measures.group_by(Aid.planned_id))}
    alone: dict[int, int] = {}
    days = select(Aid.given_on, func.count()).where(*live, Aid.planned_id.is_(None)).group_by(Aid.given_on)
    for day, number in db.session.execute(days):
        stage = next((one for one in stages if one.starts_on <= day <= one.ends_on), None)
        if stage is not None:
            alone[stage.id] = alone.get(stage.id, 0) + number
    return aids_of, alone


def mentors_of(family_id: int, today: date) -> list[Mentor]:
    """The mentors of a family on a day."""
    asked = select(Mentor).where(Mentor.family_id == family_id, Mentor.annulled_at.is_(None))
    asked = asked.where(or_(Mentor.ended_on.is_(None), Mentor.ended_on > today))
    return list(db.session.scalars(asked.options(joinedload(Mentor.employee))))


def people_of(family_id: int, today: date) -> list[Member]:
    """Who lives in a family on a day, for whom something may be planned: children, the eldest first, then parents."""
    asked = select(Member).where(Member.family_id == family_id, Member.annulled_at.is_(None)).order_by(Member.id)
    people = db.session.scalars(asked.options(joinedload(Member.role))).all()
    roles = list(ParentalRole)

    def place(one: Member) -> tuple[bool, int, date]:
        role = roles.index(one.role.parental_role) if one.role is not None else len(roles)
        minor = ages.is_minor(one.born_on, today)
        return not minor, 0 if minor else role, one.born_on or date.min

    return sorted((one for one in people if intervals.holds(one.joined_on, one.left_on, today)), key=place)


def problems_of(programme_id: int) -> list[Problem]:
    """The problems of a programme in their order."""
    asked = select(Problem).where(Problem.programme_id == programme_id, Problem.annulled_at.is_(None))
    return list(db.session.scalars(asked.order_by(Problem.position, Problem.id)))


def picks(stay: Registration) -> list[tuple[str, Criterion | None]]:
    """What may be a problem of the family: its criteria, and what the last survey found wanting."""
    found: list[tuple[str, Criterion | None]] = [(str(row.criterion), row.criterion) for row in stay.criteria]
    act = (
        select(SurveyAct.id).join(SurveyAct.group)
        .where(SurveyGroup.family_id == stay.family_id, SurveyAct.is_current.is_(True))
        .order_by(SurveyAct.visited_on.desc(), SurveyAct.id.desc()).limit(1)
    )  # fmt: skip
    key = db.session.scalar(act)
    if key is None:
        return found
    marks = db.session.scalars(
        select(SurveyMark).where(SurveyMark.act_id == key, SurveyMark.level != SurveyLevel.FULL).order_by(SurveyMark.id)
    )
    return [*found, *((f"{mark.heading}: {mark.note or mark.level}", None) for mark in marks)]
