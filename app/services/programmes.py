"""The acts on a rehabilitation programme: open it, approve it, its stages, the plan of its measures. Callers commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, select

from app import clock
from app.domain import programmes as rules
from app.domain.refusal import Refusal
from app.domain.terms import DecisionKind, MeasureState, ProgrammeKind, ProgrammeState, StageFollows, StageSort
from app.extensions import db
from app.models import (
    Agency,
    Aid,
    Criterion,
    Decision,
    DynamicsLevel,
    Employee,
    Family,
    FamilyReaction,
    MeasureKind,
    MeasureSet,
    Member,
    Mentor,
    PlannedMeasure,
    Problem,
    Programme,
    Registration,
    Stage,
    StageKind,
    WorkingGroupMember,
)
from app.services import programme_ends, registrations, registry
from app.services.registrations import DecisionPaper

MOST_PROBLEMS, MOST_MEASURES = 20, 300
TAKEN_OUT = "Убрано из плана до его утверждения."
ENDED = "Программа завершена: в ней больше ничего не меняется."


@dataclass(frozen=True)
class DrawnProgramme:
    """A programme as typed. problems: each with the criterion it was picked from, if any. leader: of the group."""

    kind: ProgrammeKind
    agency: Agency | None
    starts_on: date
    ends_on: date
    problems: Sequence[tuple[str, Criterion | None]] = ()
    leader: Employee | None = None
    group: Sequence[Employee] = ()
    mentor: Employee | None = None
    note: str | None = None


@dataclass(frozen=True)
class StageTerms:
    """A stage as typed: its term, its tasks, and the meeting as a paper names it."""

    kind: StageKind
    sort: StageSort
    starts_on: date
    ends_on: date
    tasks: str | None = None
    meeting_number: str | None = None
    meeting_on: date | None = None
    meeting_note: str | None = None


@dataclass(frozen=True)
class Reviewed:
    """What became of a stage at its end."""

    day: date
    dynamics: DynamicsLevel | None
    reaction: FamilyReaction | None
    analysis: str | None
    follows: StageFollows | None


@dataclass(frozen=True)
class PlanLine:
    """A line of the plan as typed; row: which measure it is already; typed: where in the form it stands."""

    kind: MeasureKind
    due_on: date
    details: str | None = None
    problem: Problem | None = None
    performer: Agency | None = None
    employee: Employee | None = None
    members: Sequence[Member] = ()
    row: int | None = None
    typed: str = ""


# The programme


def current(family_id: int) -> Programme | None:
    """The programme of a family that has not ended."""
    asked = select(Programme).where(
        Programme.family_id == family_id, Programme.annulled_at.is_(None), Programme.closed_on.is_(None)
    )
    return db.session.scalars(asked.order_by(Programme.starts_on.desc()).limit(1)).first()


def open_(stay: Registration, drawn: DrawnProgramme, today: date) -> Programme:
    """Open a programme for a stay on record; one at a time. Raises Refusal."""
    registry.lock(stay.family)
    if stay.annulled_at is not None or stay.removed_on is not None:
        raise Refusal("Семья не состоит на учёте: программу составляют для семьи на учёте.")
    if (there := current(stay.family_id)) is not None:
        raise Refusal(f"У семьи уже есть программа: {there}. Сначала завершите её.")
    programme = Programme(family=stay.family, registration=stay)
    _draw(programme, drawn, today)
    return programme


def change(programme: Programme, drawn: DrawnProgramme, today: date) -> None:
    """Write a programme as it is now. Raises Refusal."""
    _check_open(programme)
    _draw(programme, drawn, today)


def _draw(programme: Programme, drawn: DrawnProgramme, today: date) -> None:
    programme.kind, programme.agency, programme.note = drawn.kind, drawn.agency, drawn.note
    programme.starts_on, programme.ends_on = drawn.starts_on, drawn.ends_on
    registry.save(programme, today)
    _set_problems(programme, drawn.problems, today)
    _set_group(programme, drawn, today)
    if drawn.mentor is not None:
        _set_mentor(programme.family, drawn.mentor, drawn.starts_on, today)
    db.session.expire(programme, ["problems", "group", "stages"])


def _set_problems(programme: Programme, typed: Sequence[tuple[str, Criterion | None]], today: date) -> None:
    if len(typed) > MOST_PROBLEMS:
        raise Refusal(f"В программе не больше {MOST_PROBLEMS} проблем.", "problems")
    left = {row.text: row for row in _live(Problem, programme)}
    for position, (text, criterion) in enumerate(dict(typed).items()):
        row = left.pop(text, None) or Problem(family=programme.family, programme=programme, text=text)
        row.position, row.criterion = position, criterion or row.criterion
        registry.save(row, today)
    for row in left.values():
        if _answered(row):
            raise Refusal(f"На проблему «{row.text}» отвечают мероприятия плана: сначала измените их.", "problems")
        row.annulled_at, row.annul_reason = clock.now(), "Убрано из программы."


def _answered(problem: Problem) -> bool:
    asked = select(func.count(PlannedMeasure.id)).where(
        PlannedMeasure.problem_id == problem.id, PlannedMeasure.annulled_at.is_(None)
    )
    return bool(db.session.scalar(asked))


def _set_group(programme: Programme, drawn: DrawnProgramme, today: date) -> None:
    """Whoever leaves the group has been of it until today; the leader is one of it."""
    wanted = list(dict.fromkeys([*([drawn.leader] if drawn.leader is not None else []), *drawn.group]))
    there = {row.employee_id: row for row in _live(WorkingGroupMember, programme) if row.ended_on is None}
    for person in wanted:
        row = there.pop(person.id, None) or WorkingGroupMember(
            family=programme.family, programme=programme, employee=person,
            started_on=programme.starts_on if programme.approval_id is None else max(programme.starts_on, today),
        )  # fmt: skip
        row.leads = person is drawn.leader
        registry.save(row, today)
    for row in there.values():
        row.ended_on = max(today, row.started_on)
        registry.save(row, today)


def _set_mentor(family: Family, person: Employee, day: date, today: date) -> None:
    """The mentor of the family from a day on; who guided it before does so until that day."""
    asked = select(Mentor).where(Mentor.family_id == family.id, Mentor.annulled_at.is_(None), Mentor.ended_on.is_(None))
    there = list(db.session.scalars(asked))
    if any(row.employee_id == person.id for row in there):
        return
    for row in there:
        row.ended_on = max(day, row.started_on)
        registry.save(row, today)
    registry.save(Mentor(family=family, employee=person, started_on=day), today)


def approve(programme: Programme, decision: Decision, today: date, *, meeting: str | None = None,
            note: str | None = None) -> None:  # fmt: skip
    """A decision approves a programme and those of its stages that none has approved yet.

    meeting: its number; note: what the meeting noted.
    """
    _check_open(programme)
    if programme.approval is None:
        programme.approval = decision
        registry.save(programme, today)
    for stage in _live(Stage, programme):
        if stage.decision is None:
            stage.decision = decision
            stage.meeting_number = stage.meeting_number or meeting
            stage.meeting_on = stage.meeting_on or decision.decided_on
            stage.meeting_note = stage.meeting_note or note
            registry.save(stage, today)


def approve_from_paper(programme: Programme, paper: DecisionPaper, *, meeting: str | None, note: str | None,
                       today: date) -> None:  # fmt: skip
    """Approve by a decision whose paper is at hand."""
    kind = DecisionKind.PROGRAMME if programme.approval_id is None else DecisionKind.RENEW
    waiting = programme.approval_id is None or any(one.decision_id is None for one in _live(Stage, programme))
    if not waiting:
        raise Refusal("Программа и все её этапы уже утверждены.")
    decision = registrations.decided(programme.family, paper, kind=kind, note=note, today=today)
    approve(programme, decision, today, meeting=meeting, note=note)


def finish(programme: Programme, *, how: ProgrammeState, day: date, reason: str, today: date) -> None:
    """End a programme by hand; open measures are cancelled with the reason. Raises Refusal."""
    _check_open(programme)
    if day < programme.starts_on:
        raise Refusal(f"Программа началась {programme.starts_on:%d.%m.%Y}.", "day")
    programme_ends.end(programme, how=how, day=day, reason=reason, today=today)


# Stages


def add_stage(programme: Programme, typed: StageTerms, today: date) -> Stage:
    """Add a stage; it waits for its decision. Raises Refusal."""
    _check_open(programme)
    stage = Stage(family=programme.family, programme=programme)
    _write_stage(stage, typed, today)
    return stage


def change_stage(stage: Stage, typed: StageTerms, today: date) -> None:
    """Write the terms of a stage as they are now; a longer term comes by an extension. Raises Refusal."""
    _check_open(stage.programme)
    if stage.reviewed_on is not None:
        raise Refusal("Итоги этапа подведены: его срок и задачи больше не меняют.")
    if stage.decision_id is not None and typed.ends_on > stage.ends_on:
        raise Refusal("Этап утверждён: дольше он длится только по решению о продлении.", "ends_on")
    _write_stage(stage, typed, today)


def _write_stage(stage: Stage, typed: StageTerms, today: date) -> None:
    for name, value in vars(typed).items():
        setattr(stage, name, value)
    registry.save(stage, today)
    programme = stage.programme
    rules.check_stage_of_programme(ends_on=stage.ends_on, programme_ends=programme.ends_on, approved=False,
                                   reviewed=False)  # fmt: skip
    db.session.expire(programme, ["stages"])


def review(stage: Stage, reviewed: Reviewed, today: date) -> None:
    """Draw the results of a stage: dynamics, reaction, analysis, what follows. Raises Refusal."""
    _check_open(stage.programme)
    rules.check_stage_of_programme(ends_on=stage.ends_on, programme_ends=stage.ends_on,
                                   approved=stage.decision_id is not None, reviewed=True)  # fmt: skip
    stage.reviewed_on, stage.dynamics, stage.reaction = reviewed.day, reviewed.dynamics, reviewed.reaction
    stage.analysis, stage.follows = reviewed.analysis, reviewed.follows
    registry.save(stage, today)


def extend(stage: Stage, until: date, decision: Decision, today: date) -> None:
    """A decision makes the term of a stage longer; it goes on, and so does the programme as far. Raises Refusal."""
    programme = stage.programme
    _check_open(programme)
    if until <= stage.ends_on:
        raise Refusal(f"Этап и так длится до {stage.ends_on:%d.%m.%Y}.", "until")
    if until > programme.ends_on:
        programme.ends_on = until
        registry.save(programme, today)
    stage.ended_before, stage.ends_on, stage.extension = stage.ends_on, until, decision
    stage.sort, stage.reviewed_on, stage.follows = StageSort.EXTENDED, None, None
    registry.save(stage, today)


def extend_from_paper(stage: Stage, until: date, paper: DecisionPaper, *, note: str | None, today: date) -> None:
    """Make a stage longer by a decision whose paper is at hand."""
    decision = registrations.decided(stage.family, paper, kind=DecisionKind.EXTEND, note=note, today=today)
    extend(stage, until, decision, today)


def to_extend(programme: Programme) -> Stage | None:
    """The stage that a decision on a longer term is about: the last approved one that is not followed by another."""
    approved = [one for one in _live(Stage, programme) if one.decision_id is not None]
    return max(approved, key=lambda one: one.starts_on, default=None)


# The plan


def write_plan(stage: Stage, lines: Sequence[PlanLine], today: date) -> None:
    """Write the measures of a stage that are still planned, in this order; what is left out goes from the plan.

    Raises Refusal with the place in the form.
    """
    _check_open(stage.programme)
    if stage.reviewed_on is not None:
        raise Refusal("Итоги этапа подведены: его план больше не меняют.")
    if len(lines) > MOST_MEASURES:
        raise Refusal(f"В плане этапа не больше {MOST_MEASURES} мероприятий.")
    left = {row.id: row for row in planned(stage)}
    for position, line in enumerate(lines):
        row = left.pop(line.row or 0, None) or PlannedMeasure(family=stage.family, stage=stage)
        row.position = position
        for name in ("kind", "due_on", "details", "problem", "performer", "employee"):
            setattr(row, name, getattr(line, name))
        row.members = list(line.members)
        try:
            if line.employee is not None and line.performer is not None:
                rules.check_employee(line.employee.agency_id, line.performer.id)
            registry.save(row, today)
        except Refusal as refusal:
            raise Refusal(refusal.text, f"{line.typed}-{refusal.field}") from refusal
    for row in left.values():
        _take_out(row)
    db.session.flush()
    db.session.expire(stage, ["measures"])


def _take_out(row: PlannedMeasure) -> None:
    if row.stage.decision_id is not None:
        raise Refusal(f"«{row.kind}»: план утверждён, мероприятие не убирают, а отменяют с причиной.")
    if db.session.scalar(select(func.count(Aid.id)).where(Aid.planned_id == row.id, Aid.annulled_at.is_(None))):
        raise Refusal(f"«{row.kind}»: по мероприятию уже оказана помощь, отмените его с причиной.")
    row.annulled_at, row.annul_reason = clock.now(), TAKEN_OUT


def planned(stage: Stage) -> list[PlannedMeasure]:
    """The measures of a stage that are still planned, in their order."""
    return [row for row in _live(PlannedMeasure, stage) if row.state is MeasureState.PLANNED]


def put_set(stage: Stage, whole: MeasureSet, bodies: Sequence[Agency], today: date) -> int:
    """Put the measures of a template set into the plan that are not in it yet; gives how many.

    bodies: those of the family's district; the first one of the kind performs. Raises Refusal.
    """
    there = {row.kind_id for row in _live(PlannedMeasure, stage)}
    first: dict[int, Agency] = {}
    for body in bodies:
        first.setdefault(body.kind_id, body)
    kept = [
        PlanLine(kind=row.kind, due_on=row.due_on, details=row.details, problem=row.problem,
                 performer=row.performer, employee=row.employee, members=row.members, row=row.id)
        for row in planned(stage)
    ]  # fmt: skip
    fresh = [
        PlanLine(
            kind=line.kind, details=line.details, performer=first.get(line.agency_kind_id or 0),
            due_on=min(max(stage.starts_on, today) + timedelta(days=line.days), max(stage.ends_on, today)),
        )
        for line in whole.lines
        if line.kind_id not in there
    ]  # fmt: skip
    if fresh:
        write_plan(stage, [*kept, *fresh], today)
    return len(fresh)


def settle(measure: PlannedMeasure, to: MeasureState, *, day: date | None, reason: str | None, today: date) -> None:
    """Say what became of a measure: done on a day, not done or cancelled for a reason, or planned again."""
    _check_open(measure.stage.programme)
    rules.check_told(state=to, done_on=day if to is MeasureState.DONE else None, reason=reason)
    measure.state = to
    measure.done_on = day if to is MeasureState.DONE else None
    measure.reason = reason
    registry.save(measure, today)


def _check_open(programme: Programme) -> None:
    if programme.annulled_at is not None:
        raise Refusal("Программа аннулирована.")
    if programme.closed_on is not None:
        raise Refusal(ENDED)


def _live(entity: Any, owner: Any) -> list[Any]:
    """The live parts of a programme or of a stage, in their order, as they are stored now."""
    key = entity.stage_id if isinstance(owner, Stage) else entity.programme_id
    order = [getattr(entity, name) for name in ("position", "starts_on") if hasattr(entity, name)]
    asked = select(entity).where(key == owner.id, entity.annulled_at.is_(None)).order_by(*order, entity.id)
    return list(db.session.scalars(asked))
