"""The rules of the bank asked of rows that are stored already: after a workbook was written, and by the doctor.

Rows are read as plain values, a statement per table however many families there are. The statements are of the Core:
the caller has chosen the families under the scope, or asks as the installation itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, select

from app.domain import care, deadlines, execution, months, programmes, registration, retention
from app.domain.criteria import DatedCriterion, in_force
from app.domain.refusal import Refusal
from app.domain.registration import Basis, Facts
from app.extensions import db, portions
from app.models import (
    Aid,
    Assignment,
    Decision,
    Education,
    Family,
    GoneFamily,
    IdentityDocument,
    ImportantMark,
    Member,
    Mentor,
    Paper,
    PlannedMeasure,
    Problem,
    Programme,
    PupilSupport,
    Registration,
    RegistrationCriterion,
    RemovalReason,
    RetentionHold,
    Stage,
    StayExtension,
    Supervision,
    WorkingGroupMember,
    aid_recipients,
    planned_measure_members,
)


@dataclass(frozen=True)
class BrokenRule:
    """A rule that a stored row breaks. A family is told by its number, never by names."""

    entity: str
    title: str
    row_id: int
    family_id: int | None
    text: str

    def said(self, number: str | None) -> str:
        """The fault as a sentence; `number`: the number of the family's card."""
        where = f"Семья № {number}: " if number else ""
        return f"{where}{self.title} {self.row_id}: {self.text}"


def require(family_ids: Iterable[int], today: date) -> None:
    """Refuse if any row of these families breaks a rule: what an import calls after it has written its rows."""
    found = list(faults(today, family_ids))
    if not found:
        return
    first = found[0]
    rest = f" Всего таких записей: {len(found)}." if len(found) > 1 else ""
    raise Refusal(first.said(numbers([first.family_id]).get(first.family_id)) + rest)


def numbers(family_ids: Iterable[int | None]) -> dict[int | None, str]:
    """The numbers of the cards of some families, by which faults name them."""
    family = Family.__table__
    known: dict[int | None, str] = {}
    for portion in portions(sorted({key for key in family_ids if key is not None})):
        rows = db.session.connection().execute(select(family.c.id, family.c.number).where(family.c.id.in_(portion)))
        known.update((row.id, row.number) for row in rows)
    return known


def faults(today: date, family_ids: Iterable[int] | None = None) -> Iterator[BrokenRule]:
    """Every rule of rows that the live rows of these families break; of the whole bank if none are named."""
    db.session.flush()
    for portion in portions(sorted(set(family_ids))) if family_ids is not None else _whole():
        reader = _Reader(portion)
        for entity, rule in RULES:
            for row in reader.rows(entity):
                if (text := _refused(rule, row, reader, today)) is not None:
                    yield BrokenRule(entity.__name__, str(entity.TITLE), row.id, row.family_id, text)


def _whole() -> Iterator[Sequence[int] | None]:
    """All families, however many, a portion at a time; then the rows of no family."""
    yield from portions(sorted(db.session.connection().scalars(select(Family.__table__.c.id))))
    yield None


def _refused(rule: Callable[..., None], row: Any, reader: _Reader, today: date) -> str | None:
    try:
        rule(row, reader, today)
    except Refusal as refusal:
        return refusal.text
    return None


class _Reader:
    """The live rows of some families, or of none (`ids` is None), and what rules need of the rows that they name."""

    def __init__(self, ids: Sequence[int] | None) -> None:
        self.ids = ids
        self._live: dict[Any, list[Any]] = {}
        family = Family.__table__
        gone = select(family.c.id).where(self._within(family.c.id), family.c.annulled_at.is_not(None))
        self.gone = {row.id for row in self._read(gone)}
        self.members = self._with_annulled(Member)
        self.alike: dict[Any, list[Any]] = {}  # the live people of one family, ФИО and birth date
        for row in self.rows(Member):
            self.alike.setdefault(_person(row), []).append(row)
        self.decisions = self._with_annulled(Decision)
        self.stays: dict[int, list[Any]] = {}
        for row in self.rows(Registration):
            self.stays.setdefault(row.family_id, []).append(row)
        self.placings = {row.id: row for rows in self.stays.values() for row in rows}
        self.criteria: dict[int, list[DatedCriterion]] = {}
        for row in self.rows(RegistrationCriterion):
            self.criteria.setdefault(row.registration_id, []).append(_dated(row))
        reason = RemovalReason.__table__
        self.reasons = dict(map(tuple, self._read(select(reason.c.id, reason.c.code))))
        self.recipients: dict[int, list[int]] = {}
        aid = Aid.__table__
        given = select(aid_recipients.c.aid_id, aid_recipients.c.member_id).join(
            aid, aid.c.id == aid_recipients.c.aid_id
        )
        for aid_id, member_id in self._read(given.where(self._within(aid.c.family_id))):
            self.recipients.setdefault(aid_id, []).append(member_id)
        self.programmes = {row.id: row for row in self.rows(Programme)}
        self.problems = {row.id: row.programme_id for row in self._read(self._of(Problem))}
        self.stages: dict[int, list[Any]] = {}
        for row in self.rows(Stage):
            self.stages.setdefault(row.programme_id, []).append(row)
        self.periods = {row.id: row for rows in self.stages.values() for row in rows}
        measure, self.wanted = PlannedMeasure.__table__, dict[int, list[int]]()
        whom = select(planned_measure_members.c.measure_id, planned_measure_members.c.member_id).join(
            measure, measure.c.id == planned_measure_members.c.measure_id
        )
        for measure_id, member_id in self._read(whom.where(self._within(measure.c.family_id))):
            self.wanted.setdefault(measure_id, []).append(member_id)

    def _with_annulled(self, entity: Any) -> dict[int, Any]:
        """The rows of one entity by their keys, those annulled too; the others are read herewith."""
        found = {row.id: row for row in self._read(self._of(entity).order_by(entity.__table__.c.id))}
        self._live[entity] = [row for row in found.values() if row.annulled_at is None]
        return found

    def rows(self, entity: Any) -> list[Any]:
        """The rows of one entity that are not annulled."""
        if entity not in self._live:
            table = entity.__table__
            self._live[entity] = self._read(self._of(entity).where(table.c.annulled_at.is_(None)).order_by(table.c.id))
        return self._live[entity]

    def basis(self, decision_id: int | None) -> Basis | None:
        """A decision as the rules of a stay see it; one of a family that was not read is another family's."""
        if decision_id is None:
            return None
        row = self.decisions.get(decision_id)
        if row is None:
            raise Refusal("Это постановление не об этой семье.", "decision")
        return Basis(row.kind, row.decided_on, row.family_id, row.annulled_at is None, row.number)

    def owner(self, row: Any) -> Any:
        """The member a row is about."""
        if (found := self.members.get(row.member_id)) is None or found.family_id != row.family_id:
            raise Refusal("Запись и её человек стоят в разных семьях.", "member")
        if found.annulled_at is not None:
            raise Refusal("Запись о члене семьи, который аннулирован.", "member")
        return found

    def _of(self, entity: Any) -> Select[Any]:
        table = entity.__table__
        return select(table).where(self._within(table.c.family_id))

    def _within(self, family_id: Any) -> ColumnElement[bool]:
        return family_id.is_(None) if self.ids is None else family_id.in_(self.ids)

    @staticmethod
    def _read(query: Select[Any]) -> list[Any]:
        return list(db.session.connection().execute(query))


# Rules, table by table


def _person(row: Any) -> tuple[int, str, date | None]:
    return row.family_id, row.sort_key, row.born_on


def _live_family(row: Any, reader: _Reader) -> None:
    if row.family_id in reader.gone:
        raise Refusal("Семья аннулирована, а запись о ней – нет.")


def _member(row: Any, reader: _Reader, today: date) -> None:
    _live_family(row, reader)
    registration.check_member(born_on=row.born_on, joined_on=row.joined_on, left_on=row.left_on, today=today)
    others = [(other.joined_on, other.left_on) for other in reader.alike[_person(row)] if other.id != row.id]
    registration.check_once(joined_on=row.joined_on, left_on=row.left_on, others=others)


def _decision(row: Any, reader: _Reader, today: date) -> None:
    _live_family(row, reader)
    registration.check_decision(decided_on=row.decided_on, today=today)


def _dated(row: Any) -> DatedCriterion:
    return DatedCriterion(row.position, row.criterion_id, row.since, row.until, row.id)


def _criterion(row: Any, reader: _Reader, today: date) -> None:
    _live_family(row, reader)
    if (stay := reader.placings.get(row.registration_id)) is None:
        raise Refusal("Критерий учёта, который аннулирован.", "registration")
    registration.check_criterion(
        _dated(row),
        begun=reader.basis(row.decision_id),
        ended=reader.basis(row.ended_by_id),
        family=row.family_id,
        placed=row.decision_id == stay.decision_id,
        registered_on=stay.registered_on,
    )


def _stay(row: Any, reader: _Reader, today: date) -> None:
    _live_family(row, reader)
    over_time = tuple(reader.criteria.get(row.id, ()))
    facts = Facts(
        family=row.family_id,
        placed=reader.basis(row.decision_id),
        registered_on=row.registered_on,
        criteria=len(in_force(over_time)),
        detected_on=row.detected_on,
        card_sent_on=row.card_sent_on,
        received_on=row.received_on,
        entered_on=row.entered_on,
        removal=reader.basis(row.removal_decision_id),
        removed_on=row.removed_on,
        reason=reader.reasons.get(row.removal_reason_id),
        note=row.note,
        over_time=over_time,
    )
    others = [(other.registered_on, other.removed_on) for other in reader.stays[row.family_id] if other.id != row.id]
    registration.check_stay(facts, others, today)


def _document(row: Any, reader: _Reader, today: date) -> None:
    care.check_document(issued_on=row.issued_on, born_on=reader.owner(row).born_on, today=today)


def _education(row: Any, reader: _Reader, today: date) -> None:
    born_on = reader.owner(row).born_on
    care.check_education(started_on=row.started_on, ended_on=row.ended_on, born_on=born_on, today=today)


def _support(row: Any, reader: _Reader, today: date) -> None:
    born_on = reader.owner(row).born_on
    care.check_support(year=row.year, quarter_number=row.quarter, born_on=born_on, today=today)


def _supervision(row: Any, reader: _Reader, today: date) -> None:
    born_on = reader.owner(row).born_on
    care.check_supervision(started_on=row.started_on, ended_on=row.ended_on, born_on=born_on, today=today)


def _aid(row: Any, reader: _Reader, today: date) -> None:
    _live_family(row, reader)
    people = [reader.members.get(key) for key in reader.recipients.get(row.id, ())]
    care.check_aid(
        given_on=row.given_on,
        named=row.kind_id is not None or row.measure_id is not None,
        amount=row.amount,
        family=row.family_id,
        recipients=[person.family_id if person is not None else None for person in people],
        born_on=[person.born_on if person is not None else None for person in people],
        today=today,
    )
    execution.check_term(given_on=row.given_on, until=row.until, rhythm=row.rhythm)


def _paper(row: Any, reader: _Reader, today: date) -> None:
    _live_family(row, reader)
    about = reader.basis(row.decision_id)
    care.check_paper(
        title=row.title,
        dated_on=row.dated_on,
        family=row.family_id,
        decision_family=about.family if about is not None else None,
        today=today,
    )


def _mentor(row: Any, reader: _Reader, today: date) -> None:
    _live_family(row, reader)
    registration.check_interval(row.started_on, row.ended_on, "ended_on")


def _assignment(row: Any, reader: _Reader, today: date) -> None:
    if row.family_id is not None:
        _live_family(row, reader)
    care.check_assignment(
        to_family=row.family_id is not None,
        to_territory=row.territory_id is not None,
        started_on=row.started_on,
        ended_on=row.ended_on,
    )


def _extension(row: Any, reader: _Reader, today: date) -> None:
    _live_family(row, reader)
    deadlines.check_extension(until=row.until, reason=row.reason)


def _programme(row: Any, reader: _Reader, today: date) -> None:
    _live_family(row, reader)
    if (stay := reader.placings.get(row.registration_id)) is None:
        raise Refusal("Программа учёта, который аннулирован.", "registration")
    approval = reader.basis(row.approval_id)
    programmes.check_programme(
        starts_on=row.starts_on, ends_on=row.ends_on, registered_on=stay.registered_on, removed_on=stay.removed_on,
        decided_on=approval.decided_on if approval is not None else None, closed_on=row.closed_on,
        closed_as=row.closed_as, today=today,
    )  # fmt: skip


def _of_programme(row: Any, reader: _Reader) -> Any:
    _live_family(row, reader)
    if (found := reader.programmes.get(row.programme_id)) is None:
        raise Refusal("Запись программы, которая аннулирована.", "programme")
    return found


def _problem(row: Any, reader: _Reader, today: date) -> None:
    _of_programme(row, reader)
    programmes.check_problem(row.text)


def _group_member(row: Any, reader: _Reader, today: date) -> None:
    _of_programme(row, reader)
    registration.check_interval(row.started_on, row.ended_on, "ended_on")


def _stage(row: Any, reader: _Reader, today: date) -> None:
    programme = _of_programme(row, reader)
    others = [(each.starts_on, each.ends_on) for each in reader.stages[programme.id] if each.id != row.id]
    programmes.check_stage(
        starts_on=row.starts_on, ends_on=row.ends_on, programme_starts=programme.starts_on, meeting_on=row.meeting_on,
        reviewed_on=row.reviewed_on, follows=row.follows,
        told=row.dynamics_id is not None and row.reaction_id is not None, others=others, today=today,
    )  # fmt: skip


def _measure(row: Any, reader: _Reader, today: date) -> None:
    _live_family(row, reader)
    if (stage := reader.periods.get(row.stage_id)) is None:
        raise Refusal("Мероприятие этапа, который аннулирован.", "stage")
    people = [reader.members.get(key) for key in reader.wanted.get(row.id, ())]
    programmes.check_measure(
        due_on=row.due_on, starts_on=stage.starts_on, state=row.state, done_on=row.done_on, reason=row.reason,
        family=row.family_id, members=[one.family_id if one is not None else None for one in people], today=today,
    )  # fmt: skip
    programmes.check_answers(stage.programme_id, reader.problems.get(row.problem_id))


def _mark(row: Any, reader: _Reader, today: date) -> None:
    _live_family(row, reader)
    programmes.check_mark(row.entity, row.entity_id)


def _gone(row: Any, _read: _Reader, today: date) -> None:
    months.check(month=row.of_month, today=today)


def _held(row: Any, reader: _Reader, today: date) -> None:
    _live_family(row, reader)
    retention.check_hold(until=row.until, reason=row.reason)


RULES: tuple[tuple[Any, Callable[[Any, _Reader, date], None]], ...] = (
    (Member, _member),
    (IdentityDocument, _document),
    (Education, _education),
    (PupilSupport, _support),
    (Supervision, _supervision),
    (Decision, _decision),
    (Registration, _stay),
    (RegistrationCriterion, _criterion),
    (Aid, _aid),
    (Paper, _paper),
    (Mentor, _mentor),
    (Assignment, _assignment),
    (StayExtension, _extension),
    (Programme, _programme),
    (Problem, _problem),
    (WorkingGroupMember, _group_member),
    (Stage, _stage),
    (PlannedMeasure, _measure),
    (ImportantMark, _mark),
    (GoneFamily, _gone),
    (RetentionHold, _held),
)
