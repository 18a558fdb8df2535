"""The acts on a family's record: decide, place on record, change the criteria, remove, correct, stop the clock of
entering, annul a wrong entry. Callers commit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import or_, select

from app import access
from app.clock import now
from app.domain import registration as rules
from app.domain.criteria import Rewriting, corrected, days_of_change, rewritten
from app.domain.deadlines import Clock, check_extending
from app.domain.refusal import Refusal
from app.domain.terms import DecisionKind, MeasureState, StageSort
from app.extensions import db
from app.models import (
    Agency,
    Aid,
    Annullable,
    Criterion,
    Deadline,
    Decision,
    Family,
    Member,
    OfMember,
    PlannedMeasure,
    Problem,
    Programme,
    Registration,
    RegistrationCriterion,
    RemovalReason,
    Stage,
    StayExtension,
    Whose,
    WorkingGroupMember,
)
from app.services import checks, family_keys, programme_ends, registry

LONGEST_REASON = 500  # characters of a reason of annulment
DROPPED = "Критерий внесён по ошибке: учёт исправлен."
# Every row of a family that goes with it.
OF_FAMILY: dict[str, type[Any]] = {
    mapper.class_.__name__: mapper.class_
    for mapper in Family.registry.mappers
    if issubclass(mapper.class_, Annullable) and mapper.class_.WHOSE in (Whose.FAMILY, Whose.GIVEN)
}
# Those that may be annulled on its page, by the name in the address of the act: a part goes with its whole.
ANNULLABLE = {name: entity for name, entity in OF_FAMILY.items() if not getattr(entity, "PART_OF", "")}
OF_MEMBER = tuple(entity for entity in ANNULLABLE.values() if issubclass(entity, OfMember))


@dataclass(frozen=True)
class DecisionPaper:
    """A decision of the commission as its copy says: the number, the date, who decided."""

    number: str | None
    decided_on: date
    agency: Agency | None = None


@dataclass(frozen=True)
class Signal:
    """How a family came to notice: who sent the record card and when (Приложение 1, positions 1 and 2)."""

    sender: Agency | None = None
    detected_on: date | None = None
    card_sent_on: date | None = None
    received_on: date | None = None
    entered_on: date | None = None


@dataclass(frozen=True)
class Removal:
    """How a stay ended: by which decision, when, why (Положение, 3.5)."""

    paper: DecisionPaper
    removed_on: date
    reason: RemovalReason | None


def decide(family: Family, paper: DecisionPaper, *, kind: DecisionKind, note: str | None, today: date) -> Decision:
    """Enter a decision of the commission by itself: a refusal, a prolongation, or one that an act will rest on."""
    _check_live(family)
    registry.lock(family)
    if _entered(family, paper, kind) is not None:
        raise Refusal("Такое постановление этой семьи уже внесено.", "number")
    row = Decision(
        family=family, kind=kind, number=paper.number, decided_on=paper.decided_on, agency=paper.agency, note=note
    )  # fmt: skip
    registry.save(row, today)
    return row


def decided(family: Family, paper: DecisionPaper, *, kind: DecisionKind, note: str | None, today: date) -> Decision:
    """A decision of the commission that an act rests on: the one entered already, or a fresh one."""
    return _entered(family, paper, kind) or decide(family, paper, kind=kind, note=note, today=today)


def place(family: Family, paper: DecisionPaper, *, registered_on: date, criteria: Sequence[Criterion],
          signal: Signal, note: str | None, today: date) -> Registration:  # fmt: skip
    """Place a family on record by a decision (Положение, 3.1); the first criterion is the main one.

    A family that comes back gets a new registration: a removed one is never opened again.
    """
    _check_live(family)
    registry.lock(family)
    rules.check_stay(
        rules.Facts(
            family=family.id,
            placed=rules.Basis(DecisionKind.PLACE, paper.decided_on, family.id, number=paper.number),
            registered_on=registered_on,
            criteria=len(criteria),
            detected_on=signal.detected_on,
            card_sent_on=signal.card_sent_on,
            received_on=signal.received_on,
            entered_on=signal.entered_on,
        ),
        stays(family),
        today,
    )
    decision = _decision(family, paper, DecisionKind.PLACE)
    row = Registration(
        family=family,
        decision=decision,
        registered_on=registered_on,
        sender=signal.sender,
        detected_on=signal.detected_on,
        card_sent_on=signal.card_sent_on,
        received_on=signal.received_on,
        entered_on=signal.entered_on,
        note=note,
    )
    for position, criterion in enumerate(dict.fromkeys(criteria)):
        _begin(row, position, criterion, registered_on, decision)
    registry.save(row, today)
    return row


def change_criteria(registration: Registration, paper: DecisionPaper, *, day: date, criteria: Sequence[Criterion],
                    note: str | None, today: date) -> Decision:  # fmt: skip
    """Give a family that stays on record other criteria from a day on, by a decision; the first one is the main one.

    Criteria that stay in their places are not touched. Gives the decision.
    """
    _check_live(registration)
    registry.lock(registration.family)
    facts, named = checks.facts_of(registration), {one.id: one for one in criteria}
    rules.check_change(facts, decided_on=paper.decided_on, day=day, criteria=list(named), today=today)
    decision = _decision(registration.family, paper, DecisionKind.CRITERIA)
    if _changed_by(decision):
        raise Refusal("Этим постановлением критерии уже изменены.", "number")
    if note:
        decision.note = note if not decision.note else f"{decision.note}\n{note}"
    registry.save(decision, today)
    _rewrite(registration, rewritten(facts.over_time, day, list(named)), decision, named)
    registry.save(registration, today)
    db.session.expire(registration, ["criteria", "criteria_over_time"])
    return decision


def remove(registration: Registration, paper: DecisionPaper, *, removed_on: date, reason: RemovalReason | None,
           note: str | None, today: date, kind: DecisionKind = DecisionKind.REMOVE) -> Registration:  # fmt: skip
    """Take a family off the record by a decision with a reason (Положение, 3.5); kind: of the decision."""
    _check_live(registration)
    registry.lock(registration.family)
    if registration.removed_on is not None:
        raise Refusal(f"Семья уже снята с учёта {registration.removed_on:%d.%m.%Y}.", "removed_on")
    becomes = replace(
        checks.facts_of(registration),
        removal=rules.Basis(kind, paper.decided_on, registration.family_id, number=paper.number),
        removed_on=removed_on,
        reason=reason.code if reason is not None else None,
        note=note,
    )
    rules.check_stay(becomes, checks.other_stays(registration.family, but=registration), today)
    registration.removal_decision = _decision(registration.family, paper, kind)
    registration.removed_on = removed_on
    registration.removal_reason = reason
    if note:
        registration.note = note if not registration.note else f"{registration.note}\n{note}"
    registry.save(registration, today)
    programme_ends.end_of_stay(registration, today)
    return registration


def correct(registration: Registration, paper: DecisionPaper, *, registered_on: date, criteria: Sequence[Criterion],
            signal: Signal, removal: Removal | None, note: str | None, today: date) -> Registration:  # fmt: skip
    """Write a stay as it truly was, where it was entered with a mistake: every rule is asked again, also of the other
    stays and papers that rest on its decisions.

    criteria: those in force now. Of a stay whose criteria were changed, those before the last change stay as they are.
    removal: how it ended, of a stay that has ended; a stay is neither ended nor opened again by a correction.
    """
    _check_live(registration)
    registry.lock(registration.family)
    if (removal is None) is not (registration.removal_decision is None):
        raise Refusal("Исправлением не снимают с учёта и не возвращают на него: для этого есть постановления.")
    with db.session.no_autoflush:
        _correct_placing(registration, _corrected(registration.decision, paper), registered_on)
        correct_criteria(registration, criteria)
        for name, value in vars(signal).items():
            setattr(registration, name, value)
        if removal is not None and registration.removal_decision is not None:
            registration.removal_decision = _corrected(registration.removal_decision, removal.paper)
            registration.removed_on, registration.removal_reason = removal.removed_on, removal.reason
        registration.note = note
        checks.check(registration, today)
    for row in filter(None, (registration.decision, registration.removal_decision)):
        registry.save(row, today)
    registry.save(registration, today)
    db.session.expire(registration, ["criteria", "criteria_over_time"])
    return registration


def correct_criteria(registration: Registration, criteria: Sequence[Criterion]) -> None:
    """Write the criteria in force as they truly were since the last change; the caller checks and saves the stay."""
    named = {one.id: one for one in criteria}
    over_time = checks.facts_of(registration).over_time
    made = corrected(over_time, registration.registered_on, list(named))
    _rewrite(registration, made, registration.criteria_by_days[-1].decision, named)


def enter(registration: Registration, *, entered_on: date, today: date) -> None:
    """Note the day the family was entered in the bank: it stops the clock of Положение, 3.2."""
    _check_live(registration)
    becomes = replace(checks.facts_of(registration), entered_on=entered_on)
    rules.check_stay(becomes, checks.other_stays(registration.family, but=registration), today)
    registration.entered_on = entered_on
    registry.save(registration, today)


def extend(registration: Registration, clock: Clock, *, until: date, reason: str, today: date) -> StayExtension:
    """Give a running clock of a stay a later last good day, with the reason; what was given before stands beside it."""
    _check_live(registration)
    check_extending(clock, until)
    row = StayExtension(
        family=registration.family, registration=registration, deadline=db.session.get_one(Deadline, clock.deadline),
        until=until, reason=reason, user_name=access.scope().user_name,
    )  # fmt: skip
    registry.save(row, today)
    return row


def annul(row: Any, *, reason: str, today: date) -> None:
    """Annul a wrong entry: it stays in the history with the reason and leaves every figure.

    With a family go all its rows, with a member the rows about him, with a stay its criteria and what its clocks were
    extended by, with a decision the criteria that it has changed: they are again what they were before it.
    """
    reason = reason.strip()
    if not reason:
        raise Refusal("Напишите, почему запись аннулируется: причина останется в истории семьи.", "reason")
    if len(reason) > LONGEST_REASON:
        raise Refusal(f"Причина длиннее {LONGEST_REASON} знаков: сократите её.", "reason")
    if row.annulled_at is not None:
        raise Refusal("Эта запись уже аннулирована.")
    if isinstance(row, Decision):
        _check_unused(row)
        _resume_criteria(row)
        _unapprove(row)
    if isinstance(row, Member):
        _check_not_last(row)
    if isinstance(row, Aid):
        _put_back(row)
    moment, all_of_it = now(), [row, *_parts(row)]
    if not isinstance(row, Family):
        _let_go(one for one in all_of_it if isinstance(one, PlannedMeasure))
    for one in all_of_it:
        one.annulled_at, one.annul_reason = moment, reason
    db.session.flush()
    if isinstance(row, Member):
        family_keys.refresh(row.family, today)


def resume(stay: Registration, note: str | None, today: date) -> None:
    """A stay goes on as if it had not ended, without the note of its end; what ended it is taken back by the caller."""
    if note:
        stay.note = (stay.note or "").removesuffix(note).rstrip("\n") or None
    stay.removal_decision, stay.removed_on, stay.removal_reason = None, None, None
    registry.save(stay, today)
    programme_ends.resume_of_stay(stay, today)


def standing(family: Family) -> Registration | None:
    """The stay of a family that has no end yet."""
    asked = select(Registration).where(
        Registration.family_id == family.id, Registration.annulled_at.is_(None), Registration.removed_on.is_(None)
    )
    return db.session.scalars(asked.order_by(Registration.registered_on.desc()).limit(1)).first()


def stays(family: Family) -> list[rules.Stay]:
    """The stays of a family on record that are not annulled, in order."""
    return checks.other_stays(family)


def _check_live(row: Annullable) -> None:
    if row.annulled_at is not None:
        raise Refusal("Запись аннулирована: с ней больше ничего не делают.")


def _decision(family: Family, paper: DecisionPaper, kind: DecisionKind) -> Decision:
    """The decision of this number, date and kind: the one entered already, or a fresh row."""
    found = _entered(family, paper, kind)
    if found is None:
        found = Decision(
            family=family, kind=kind, number=paper.number, decided_on=paper.decided_on, agency=paper.agency
        )  # fmt: skip
        db.session.add(found)
    return found


def _entered(family: Family, paper: DecisionPaper, kind: DecisionKind) -> Decision | None:
    same_number = Decision.number.is_(None) if paper.number is None else Decision.number == paper.number
    return db.session.scalar(
        select(Decision)
        .where(
            Decision.family_id == family.id,
            Decision.kind == kind,
            Decision.decided_on == paper.decided_on,
            Decision.annulled_at.is_(None),
            same_number,
        )
        .order_by(Decision.id)
    )


def _corrected(decision: Decision, paper: DecisionPaper) -> Decision:
    """A decision as its copy says; where that one is entered already, that one."""
    row = _entered(decision.family, paper, decision.kind) or decision
    row.number, row.decided_on, row.agency = paper.number, paper.decided_on, paper.agency
    return row


def _begin(registration: Registration, position: int, criterion: Criterion, day: date, decision: Decision) -> None:
    row = RegistrationCriterion(
        family=registration.family, position=position, criterion=criterion, since=day, decision=decision
    )
    registration.criteria_over_time.append(row)


def _rewrite(registration: Registration, made: Rewriting, decision: Decision,
             criteria: Mapping[Any, Criterion]) -> None:  # fmt: skip
    """Write what gives a stay other criteria; decision: by which they begin, and by which others end."""
    rows = {row.id: row for row in registration.criteria_over_time}
    for key in made.ends:
        rows[key].until, rows[key].ended_by = made.day, decision
    for key in made.resumes:
        rows[key].until = rows[key].ended_by = None
    for key, criterion in made.names:
        rows[key].criterion = criteria[criterion]
    for key in made.drops:
        rows[key].annulled_at, rows[key].annul_reason = now(), DROPPED
    for position, criterion in made.begins:
        _begin(registration, position, criteria[criterion], made.day, decision)


def _correct_placing(registration: Registration, decision: Decision, registered_on: date) -> None:
    """Write when and by which decision a family was placed truly, and its first criteria with it."""
    for row in registration.criteria_over_time:
        if row.decision is registration.decision:
            row.decision, row.since = decision, registered_on
    registration.decision, registration.registered_on = decision, registered_on


def _changed_by(decision: Decision) -> Sequence[RegistrationCriterion]:
    """The rows of criteria that begin or end by a decision."""
    if decision.id is None:
        return []
    either = or_(RegistrationCriterion.decision_id == decision.id, RegistrationCriterion.ended_by_id == decision.id)
    query = select(RegistrationCriterion).where(RegistrationCriterion.annulled_at.is_(None), either)
    return db.session.scalars(query.order_by(RegistrationCriterion.id)).all()


def _resume_criteria(decision: Decision) -> None:
    """What a decision that is annulled has ended holds on: only the last change is taken back."""
    for row in _changed_by(decision):
        stay = row.registration
        changed = days_of_change(checks.facts_of(stay).over_time, stay.registered_on)
        if changed[-1] != (row.since if row.decision is decision else row.until):
            text = (
                f"После этого критерии изменены ещё раз {changed[-1]:%d.%m.%Y}: сначала аннулируйте то постановление."
            )
            raise Refusal(text)
    for row in _changed_by(decision):
        if row.ended_by is decision:
            row.until = row.ended_by = None
            db.session.expire(row.registration, ["criteria", "criteria_over_time"])


def _check_unused(decision: Decision) -> None:
    used = db.session.scalar(
        select(Registration)
        .where(
            Registration.annulled_at.is_(None),
            or_(Registration.decision_id == decision.id, Registration.removal_decision_id == decision.id),
        )
        .limit(1)
    )
    if used is not None:
        raise Refusal(f"На этом постановлении держится учёт {used}: сначала исправьте или аннулируйте его.")


def _check_not_last(member: Member) -> None:
    """A family has at least one person: who was entered by mistake is replaced before the entry is annulled."""
    others = select(Member.id).where(
        Member.family_id == member.family_id, Member.annulled_at.is_(None), Member.id != member.id
    )
    if db.session.scalar(others.limit(1)) is None:
        raise Refusal(
            "Это последний человек в семье: внесите других или аннулируйте всю семью. "
            "Ошибку в имени или дате исправляют."
        )


def _parts(row: Any) -> Iterable[Any]:
    """The live rows that are annulled together with a row."""
    if isinstance(row, Member):
        entities: Iterable[Any] = OF_MEMBER
        key, value = "member_id", row.id
    elif isinstance(row, Family):
        entities = [entity for entity in OF_FAMILY.values() if entity is not Family]
        key, value = "family_id", row.id
    elif isinstance(row, Registration):
        entities, key, value = [StayExtension, RegistrationCriterion, Programme], "registration_id", row.id
    elif isinstance(row, Decision):
        entities, key, value = [RegistrationCriterion], "decision_id", row.id
    elif isinstance(row, Programme):
        entities, key, value = [Problem, WorkingGroupMember, Stage], "programme_id", row.id
    elif isinstance(row, Stage):
        entities, key, value = [PlannedMeasure], "stage_id", row.id
    else:
        return []
    found = [
        part
        for entity in entities
        for part in db.session.scalars(
            select(entity).where(getattr(entity, key) == value, entity.annulled_at.is_(None))
        )
    ]
    deeper = [] if isinstance(row, Family) else [one for part in found for one in _parts(part)]
    return [*found, *deeper]


def _let_go(measures: Iterable[PlannedMeasure]) -> None:
    """The aid that carried out a measure which is annulled was given all the same: it stands by itself."""
    keys = [measure.id for measure in measures]
    for aid in db.session.scalars(select(Aid).where(Aid.planned_id.in_(keys), Aid.annulled_at.is_(None))):
        aid.planned = None


def _put_back(aid: Aid) -> None:
    """A measure that only this aid has carried out is still to be done."""
    planned = aid.planned
    if planned is None or planned.state is not MeasureState.DONE:
        return
    others = select(Aid.id).where(Aid.planned_id == planned.id, Aid.annulled_at.is_(None), Aid.id != aid.id)
    if db.session.scalar(others.limit(1)) is None:
        planned.state, planned.done_on = MeasureState.PLANNED, None


def _unapprove(decision: Decision) -> None:
    """What a decision approved or extended is as it was without it."""
    for programme in db.session.scalars(select(Programme).where(Programme.approval_id == decision.id)):
        programme.approval = None
    of_decision = or_(Stage.decision_id == decision.id, Stage.extension_id == decision.id)
    for stage in db.session.scalars(select(Stage).where(of_decision)):
        if stage.decision_id == decision.id:
            stage.decision = None
        elif stage.ended_before is not None:
            stage.extension, stage.ends_on, stage.ended_before = None, stage.ended_before, None
            stage.sort = StageSort.ORDINARY
