"""The rules of each entity, asked of a row as it is now: whoever typed it, by an act, a list or a workbook."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import func, inspect, select, true
from sqlalchemy.orm import class_mapper
from sqlalchemy.orm.interfaces import MANYTOONE, ONETOMANY

from app import tree
from app.domain import book_words, care, deadlines, execution, meetings, months, programmes, registration, retention
from app.domain.criteria import DatedCriterion, in_force
from app.domain.execution import Recipient
from app.domain.refusal import Refusal
from app.domain.registration import Basis, Facts
from app.domain.terms import TerritoryKind
from app.extensions import db
from app.models import (
    Agency,
    Aid,
    Assignment,
    BookWord,
    CommissionMember,
    Deadline,
    Decision,
    Education,
    Entity,
    Family,
    GoneFamily,
    IdentityDocument,
    ImportantMark,
    MeasureSetLine,
    Member,
    Mentor,
    OfFamily,
    OfMember,
    Paper,
    PerformerReport,
    PlannedMeasure,
    Problem,
    Programme,
    PupilSupport,
    Registration,
    RegistrationCriterion,
    RemovalReason,
    RetentionHold,
    RetentionRule,
    SettledYear,
    Stage,
    StayExtension,
    Supervision,
    Territory,
    TypicalInstruction,
    WorkingGroupMember,
)
from app.services import family_keys


def check(row: Entity, today: date) -> None:
    """Ask a row that was built or changed everything that binds it, then the rows that hang on it.

    Raises Refusal with the field it concerns. Reads the database, writes nothing, flushes nothing.
    """
    with db.session.no_autoflush:
        _check_owner(row)
        _check_wholes(row)
        for kind, rule in RULES.items():
            if isinstance(row, kind):
                rule(row, today)
        for kind, rule in TOLD.items():
            if isinstance(row, kind):
                rule(row, today)
        for hanging in _hanging(row):
            try:
                RULES[type(hanging)](hanging, today)
            except Refusal as refusal:
                text = f"На этой записи держится «{type(hanging).TITLE}: {hanging}»: {refusal.text}"
                raise Refusal(text, _shared_field(row, refusal.field)) from refusal


def facts_of(row: Registration) -> Facts:
    """A stay as the rules see it."""
    reason = row.removal_reason
    over_time = tuple(dated(one) for one in row.criteria_over_time if one.annulled_at is None)
    return Facts(
        family=_key(row.family),
        placed=basis_of(row.decision),
        registered_on=row.registered_on,
        criteria=len(in_force(over_time)),
        detected_on=row.detected_on,
        card_sent_on=row.card_sent_on,
        received_on=row.received_on,
        entered_on=row.entered_on,
        removal=basis_of(row.removal_decision),
        removed_on=row.removed_on,
        reason=reason.code if reason is not None else None,
        note=row.note,
        over_time=over_time,
    )


def dated(row: RegistrationCriterion) -> DatedCriterion:
    """A criterion of a stay as the rules see it."""
    return DatedCriterion(row.position, row.criterion.id, row.since, row.until, row.id or 0)


def basis_of(decision: Decision | None) -> Basis | None:
    """A decision as the rules of a stay see it."""
    if decision is None:
        return None
    return Basis(
        decision.kind, decision.decided_on, _key(decision.family), decision.annulled_at is None, decision.number
    )


def other_stays(family: Family, but: Registration | None = None) -> list[registration.Stay]:
    """The live stays of a family in order, without one that is being changed."""
    found = db.session.execute(
        select(Registration.registered_on, Registration.removed_on)
        .where(
            Registration.family_id == family.id,
            Registration.annulled_at.is_(None),
            Registration.id != (but.id if but is not None and but.id is not None else 0),
        )
        .order_by(Registration.registered_on)
    )
    return [(start, end) for start, end in found]


def _key(family: Family | None) -> Any:
    """What tells families apart in memory: the key, or the row itself while it has none."""
    return None if family is None else family.id or id(family)


def _check_owner(row: Entity) -> None:
    """Nothing is written about a family or a person that was annulled."""
    if isinstance(row, OfFamily | Assignment) and row.family is not None and row.family.annulled_at is not None:
        raise Refusal("Эта семья аннулирована: о ней больше ничего не записывают.", "family")
    if isinstance(row, OfMember) and row.member is not None:
        if row.member.annulled_at is not None:
            raise Refusal("Этот член семьи аннулирован: о нём больше ничего не записывают.", "member")
        if row.family is not row.member.family:
            raise Refusal("Этот человек – член другой семьи.", "member")


@cache
def _wholes(entity: Any) -> tuple[str, ...]:
    """The relations by which a row belongs to another row of its own entity."""
    relations = class_mapper(entity).relationships
    return tuple(one.key for one in relations if one.mapper.class_ is entity and one.direction is MANYTOONE)


def _check_wholes(row: Entity) -> None:
    """Nothing is a part of itself, directly or through others."""
    entity: Any = type(row)
    for name in _wholes(entity):
        above: list[Any] = []
        whole = getattr(row, name)
        while whole is not None and whole not in above:
            above.append(whole)
            whole = getattr(whole, name)
        if row in above:
            raise Refusal("Запись не может входить в саму себя, ни прямо, ни через другие.", name)


# Rules, entity by entity


def _check_family(row: Family, today: date) -> None:
    registration.check_place(kind=row.territory.kind)


def _check_member(row: Member, today: date) -> None:
    registration.check_member(born_on=row.born_on, joined_on=row.joined_on, left_on=row.left_on, today=today)
    twins = db.session.execute(
        select(Member.joined_on, Member.left_on).where(
            Member.family_id == row.family.id,
            Member.annulled_at.is_(None),
            Member.id != (row.id or 0),
            Member.sort_key == family_keys.member_sort_key(row.last_name, row.first_name, row.middle_name),
            Member.born_on == row.born_on,
        )
    )
    others = [(joined_on, left_on) for joined_on, left_on in twins]
    registration.check_once(joined_on=row.joined_on, left_on=row.left_on, others=others)


def _check_decision(row: Decision, today: date) -> None:
    registration.check_decision(decided_on=row.decided_on, today=today)


def _check_registration(row: Registration, today: date) -> None:
    registration.check_stay(facts_of(row), other_stays(row.family, but=row), today)


def _check_criterion(row: RegistrationCriterion, today: date) -> None:
    stay = row.registration
    registration.check_criterion(
        dated(row),
        begun=basis_of(row.decision),
        ended=basis_of(row.ended_by),
        family=_key(row.family),
        placed=row.decision is stay.decision,
        registered_on=stay.registered_on,
    )


def _check_education(row: Education, today: date) -> None:
    born_on = row.member.born_on
    care.check_education(started_on=row.started_on, ended_on=row.ended_on, born_on=born_on, today=today)


def _check_supervision(row: Supervision, today: date) -> None:
    born_on = row.member.born_on
    care.check_supervision(started_on=row.started_on, ended_on=row.ended_on, born_on=born_on, today=today)


def _check_document(row: IdentityDocument, today: date) -> None:
    care.check_document(issued_on=row.issued_on, born_on=row.member.born_on, today=today)


def _check_support(row: PupilSupport, today: date) -> None:
    care.check_support(year=row.year, quarter_number=row.quarter, born_on=row.member.born_on, today=today)


def _check_aid(row: Aid, today: date) -> None:
    care.check_aid(
        given_on=row.given_on,
        named=row.kind is not None or row.measure is not None,
        amount=row.amount,
        family=_key(row.family),
        recipients=[_key(person.family) for person in row.recipients],
        born_on=[person.born_on for person in row.recipients],
        today=today,
    )


def _check_execution(row: Aid, _today: date) -> None:
    execution.check_term(given_on=row.given_on, until=row.until, rhythm=row.rhythm)
    execution.check_amount(amount=row.amount, has_amount=row.kind.has_amount if row.kind is not None else None)
    recipients = [Recipient(one.full_name, one.joined_on, one.left_on) for one in row.recipients]
    execution.check_recipients(recipients, row.given_on)
    first = select(func.min(Registration.registered_on)).where(
        Registration.family_id == row.family.id, Registration.annulled_at.is_(None)
    )
    execution.check_on_record(given_on=row.given_on, registered_on=db.session.scalar(first), why=row.before_record)


def _check_paper(row: Paper, today: date) -> None:
    about = row.decision
    care.check_paper(
        title=row.title,
        dated_on=row.dated_on,
        family=_key(row.family),
        decision_family=_key(about.family) if about is not None else None,
        today=today,
    )


def _check_mentor(row: Mentor, today: date) -> None:
    registration.check_interval(row.started_on, row.ended_on, "ended_on")


def _check_assignment(row: Assignment, today: date) -> None:
    care.check_assignment(
        to_family=row.family is not None,
        to_territory=row.territory is not None,
        started_on=row.started_on,
        ended_on=row.ended_on,
    )


def _check_territory(row: Territory, today: date) -> None:
    if row.parent is None and row.kind is not TerritoryKind.REGION:
        raise Refusal("Укажите, к какому району или региону относится эта территория.", "parent")
    if row.id is not None:
        _check_families_of(row)


def _check_families_of(row: Territory) -> None:
    """The families of a territory keep the district that has numbered them, wherever the tree puts it."""
    region = row.kind is TerritoryKind.REGION
    places = [row.id] if region else tree.below([row.id])
    others = select(Family.__table__.c.id).where(
        Family.__table__.c.territory_id.in_(places),
        Family.__table__.c.annulled_at.is_(None),
        true() if region else Family.__table__.c.district_id != tree.district_of(row).id,
    )
    if db.session.connection().scalar(others.limit(1)) is not None:
        raise Refusal("Здесь живут семьи, номера карт которых дал прежний район: сначала передайте их дела.", "parent")


def _check_reason(row: RemovalReason, today: date) -> None:
    """The stays that ended for a reason keep its rules when the reason gets another code."""
    if row.id is None or not registration.wants_a_note(row.code):
        return
    stay = Registration.__table__.c
    silent = select(func.count(stay.id)).where(
        stay.removal_reason_id == row.id, stay.annulled_at.is_(None), func.coalesce(stay.note, "") == ""
    )
    if count := db.session.connection().scalar(silent):
        text = f"По причине с таким кодом нужно примечание, а без него по этой причине снято семей: {count}."
        raise Refusal(text, "code")


def _check_deadline(row: Deadline, today: date) -> None:
    deadlines.check(starts=row.starts, stops=row.stops, number=row.number, unit=row.unit, days=row.days)


def _check_stay_extension(row: StayExtension, today: date) -> None:
    deadlines.check_extension(until=row.until, reason=row.reason)
    placed_on = row.registration.registered_on if row.registration is not None else None
    if placed_on is not None and row.until < placed_on:
        raise Refusal(f"Срок продлён до {row.until:%d.%m.%Y}, а семья поставлена на учёт позже.", "until")


def _check_agency(row: Agency, today: date) -> None:
    meetings.check_pattern(row.number_pattern)


def _check_commission_member(row: CommissionMember, today: date) -> None:
    body, person = row.agency, row.employee
    same_body = select(CommissionMember.employee_id, CommissionMember.post, CommissionMember.started_on,
                       CommissionMember.ended_on)  # fmt: skip
    held = db.session.execute(
        same_body.where(
            CommissionMember.agency_id == body.id,
            CommissionMember.annulled_at.is_(None),
            CommissionMember.id != (row.id or 0),
        )
    ).all()
    meetings.check_member(
        sits=body.sits_as is not None, dismissed=person.dismissed, post=row.post, started_on=row.started_on,
        ended_on=row.ended_on, own=[each[1:] for each in held if each[0] == person.id],
        others=[each[1:] for each in held if each[0] != person.id],
    )  # fmt: skip


def _check_programme(row: Programme, today: date) -> None:
    stay, approval = row.registration, row.approval
    programmes.check_programme(
        starts_on=row.starts_on, ends_on=row.ends_on, registered_on=stay.registered_on, removed_on=stay.removed_on,
        decided_on=approval.decided_on if approval is not None else None, closed_on=row.closed_on,
        closed_as=row.closed_as, today=today,
    )  # fmt: skip


def _check_problem(row: Problem, today: date) -> None:
    programmes.check_problem(row.text)


def _check_group_member(row: WorkingGroupMember, today: date) -> None:
    registration.check_interval(row.started_on, row.ended_on, "ended_on")


def _check_stage(row: Stage, today: date) -> None:
    others = db.session.execute(
        select(Stage.starts_on, Stage.ends_on).where(
            Stage.programme_id == row.programme.id, Stage.annulled_at.is_(None), Stage.id != (row.id or 0)
        )
    )
    programmes.check_stage(
        starts_on=row.starts_on, ends_on=row.ends_on, programme_starts=row.programme.starts_on,
        meeting_on=row.meeting_on, reviewed_on=row.reviewed_on, follows=row.follows,
        told=row.dynamics is not None and row.reaction is not None,
        others=[(start, end) for start, end in others], today=today,
    )  # fmt: skip


def _check_measure(row: PlannedMeasure, today: date) -> None:
    changed: Any = inspect(row)
    for before in changed.attrs.state.history.deleted or ():
        programmes.check_transition(before, row.state)
    programmes.check_measure(
        due_on=row.due_on, starts_on=row.stage.starts_on, state=row.state, done_on=row.done_on, reason=row.reason,
        family=_key(row.family), members=[_key(person.family) for person in row.members], today=today,
    )  # fmt: skip
    programmes.check_answers(_key(row.stage.programme), _key(row.problem.programme) if row.problem else None)


def _check_mark(row: ImportantMark, today: date) -> None:
    programmes.check_mark(row.entity, row.entity_id)


def _check_gone(row: GoneFamily, today: date) -> None:
    months.check(month=row.of_month, today=today)


def _check_performer_report(row: PerformerReport, today: date) -> None:
    programmes.check_report(starts_on=row.starts_on, ends_on=row.ends_on, received_on=row.received_on, today=today)


def _check_set_line(row: MeasureSetLine, today: date) -> None:
    twins = select(func.count(MeasureSetLine.id)).where(
        MeasureSetLine.set_id == row.set.id, MeasureSetLine.kind_id == row.kind.id,
        MeasureSetLine.retired.is_(False), MeasureSetLine.id != (row.id or 0),
    )  # fmt: skip
    programmes.check_set_line(days=row.days, is_there=not row.retired and bool(db.session.scalar(twins)))


def _check_typical(row: TypicalInstruction, today: date) -> None:
    meetings.check_typical(row.days)


def _check_settled_year(row: SettledYear, today: date) -> None:
    deadlines.check_year(row.year)


def _check_book_word(row: BookWord, today: date) -> None:
    book_words.check(row.kind, row.text, row.meaning)


def _check_hold(row: RetentionHold, today: date) -> None:
    retention.check_hold(until=row.until, reason=row.reason)


def _check_hold_told(row: RetentionHold, today: date) -> None:
    retention.check_until(row.until, today)


def _check_retention_rule(row: RetentionRule, today: date) -> None:
    retention.check_rule(number=row.number, unit=row.unit)


RULES: dict[type, Callable[[Any, date], None]] = {
    Family: _check_family,
    Member: _check_member,
    Decision: _check_decision,
    Registration: _check_registration,
    RegistrationCriterion: _check_criterion,
    Education: _check_education,
    Supervision: _check_supervision,
    IdentityDocument: _check_document,
    PupilSupport: _check_support,
    Aid: _check_aid,
    Paper: _check_paper,
    Mentor: _check_mentor,
    Assignment: _check_assignment,
    Agency: _check_agency,
    BookWord: _check_book_word,
    CommissionMember: _check_commission_member,
    Territory: _check_territory,
    RemovalReason: _check_reason,
    Deadline: _check_deadline,
    StayExtension: _check_stay_extension,
    Programme: _check_programme,
    Problem: _check_problem,
    WorkingGroupMember: _check_group_member,
    Stage: _check_stage,
    PlannedMeasure: _check_measure,
    ImportantMark: _check_mark,
    GoneFamily: _check_gone,
    PerformerReport: _check_performer_report,
    MeasureSetLine: _check_set_line,
    TypicalInstruction: _check_typical,
    SettledYear: _check_settled_year,
    RetentionRule: _check_retention_rule,
    RetentionHold: _check_hold,
}
# What is asked besides of a row that a person tells now; rows that are stored, and those of a workbook, are not asked.
TOLD: dict[type, Callable[[Any, date], None]] = {Aid: _check_execution, RetentionHold: _check_hold_told}


# What hangs on a row


@cache
def looked_at(entity: Any) -> tuple[tuple[Any, str], ...]:
    """Whose rules look at the rows of an entity, and by which relation: every reference from a fact of a family to
    another one, so that a further entity is not forgotten. What a family or a dictionary says binds no row."""
    if not issubclass(entity, OfFamily):
        return ()
    return tuple(
        (kind, relation.key)
        for kind in RULES
        for relation in class_mapper(kind).relationships
        if relation.mapper.class_ is entity is not kind and relation.direction is not ONETOMANY
    )


def _hanging(row: Entity) -> list[Any]:
    """The live rows whose rules look at this one: the stays of a decision, the documents of a person."""
    if row.id is None:
        return []
    found: list[Any] = []
    entity: Any = type(row)
    for kind, name in looked_at(entity):
        relation = getattr(kind, name)
        refers = relation.contains(row) if relation.property.uselist else relation == row
        rows = db.session.scalars(select(kind).where(refers, kind.annulled_at.is_(None)))
        found.extend(hanging for hanging in rows if hanging not in found)
    return found


def _shared_field(row: Entity, field: str | None) -> str | None:
    """The field of this form that a refusal of a hanging row is shown at: of the same name, else above the form."""
    return field if field is not None and hasattr(row, field) else None
