"""Aid is given, a measure of a plan is carried out: whoever tells it, and of one family or of many at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from app import words
from app.domain import execution, programmes
from app.domain.refusal import Refusal
from app.domain.terms import AidRhythm, MeasureState, PaperKind
from app.models import Agency, Aid, AidKind, Employee, Family, MeasureKind, Member, Paper, PlannedMeasure
from app.render import scans
from app.services import papers, registry


@dataclass(frozen=True)
class Given:
    """What is the same of all aids that are told at once. done: the measure is carried out by it."""

    given_on: date
    kind: AidKind | None = None
    measure: MeasureKind | None = None
    description: str | None = None
    performer: Agency | None = None
    employee: Employee | None = None
    until: date | None = None
    rhythm: AidRhythm | None = None
    batch: str | None = None
    done: bool = True


@dataclass(frozen=True)
class ToWhom:
    """What differs: the family or the measure of its plan, who of it was helped, for how much, why so early."""

    family: Family
    planned: PlannedMeasure | None
    recipients: Sequence[Member]
    amount: Decimal | None = None
    before_record: str | None = None


@dataclass(frozen=True)
class Photo:
    """A scan or a photo that shows it, looked into already."""

    file_name: str
    scan: scans.Inspected


def give(given: Given, to: ToWhom, photo: Photo | None, today: date) -> Aid:
    """Store an aid, carry its measure out, keep its photo. Raises Refusal; the caller commits."""
    planned = to.planned
    registry.lock(to.family)
    aid = Aid(
        family=to.family,
        planned=planned,
        measure=planned.kind if planned is not None else given.measure,
        given_on=given.given_on,
        until=given.until,
        rhythm=given.rhythm,
        kind=given.kind,
        description=given.description,
        performer=given.performer or (planned.performer if planned is not None else None),
        employee=given.employee,
        amount=to.amount,
        batch=given.batch,
        before_record=to.before_record,
        recipients=list(to.recipients),
    )
    registry.save(aid, today)
    if planned is not None and given.done and planned.state is not MeasureState.DONE:
        _carry_out(planned, given.given_on, today)
    if photo is not None:
        _attach(aid, photo, today)
    return aid


def _carry_out(planned: PlannedMeasure, done_on: date, today: date) -> None:
    programmes.check_transition(planned.state, MeasureState.DONE)
    planned.state, planned.done_on, planned.reason = MeasureState.DONE, done_on, None
    registry.save(planned, today)


def not_done(planned: PlannedMeasure, reason: str | None, today: date) -> None:
    """A measure was not carried out, with the reason. Raises Refusal; the caller commits."""
    registry.lock(planned.family)
    if not (reason or "").strip():
        raise Refusal("Укажите причину.", "reason")
    programmes.check_transition(planned.state, MeasureState.NOT_DONE)
    planned.state, planned.reason = MeasureState.NOT_DONE, (reason or "").strip()
    registry.save(planned, today)


def cut(aid: Aid, until: date, today: date) -> None:
    """Regular aid ends earlier than was said. Raises Refusal; the caller commits."""
    registry.lock(aid.family)
    if aid.annulled_at is not None:
        raise Refusal("Эта запись аннулирована.")
    execution.check_cut(given_on=aid.given_on, was_until=aid.until, until=until)
    aid.until = until
    registry.save(aid, today)


def _attach(aid: Aid, photo: Photo, today: date) -> Paper:
    """The photo lies among the papers of the family, with the aid that it shows."""
    what = aid.kind or aid.measure
    title = f"Помощь {aid.given_on:%d.%m.%Y}: {what.name if what else ''}"
    return papers.attach(
        aid.family, kind=PaperKind.OTHER, title=words.short(title, papers.LONGEST_TITLE), dated_on=aid.given_on,
        decision=None, file_name=photo.file_name, scan=photo.scan, today=today, aid=aid,
    )  # fmt: skip
