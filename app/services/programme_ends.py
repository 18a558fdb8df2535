"""What becomes of the programmes of a stay when it ends: open measures close. Callers commit."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import joinedload

from app.domain.programmes import POST_REHABILITATION
from app.domain.terms import ChildrenLine, MeasureState, ProgrammeState
from app.extensions import db
from app.models import PlannedMeasure, Programme, Registration, Stage
from app.services import registry

REMOVED = "Семья снята с учёта."


def end(programme: Programme, *, how: ProgrammeState, day: date, reason: str, today: date) -> None:
    """End a programme on a day: its measures that are still planned are cancelled for the same reason."""
    for measure in _planned(programme):
        measure.state, measure.reason = MeasureState.CANCELLED, reason
        registry.save(measure, today)
    programme.closed_on, programme.closed_as, programme.close_reason = day, how, reason
    registry.save(programme, today)


def end_of_stay(stay: Registration, today: date) -> None:
    """A family that leaves the record ends its programme; one that is still watched afterwards goes on with that."""
    assert stay.removed_on is not None
    is_success = stay.removal_reason is not None and stay.removal_reason.children_line is ChildrenLine.SUCCESS
    how = ProgrammeState.COMPLETED if is_success else ProgrammeState.TERMINATED
    for programme in _of_stay(stay, Programme.closed_on.is_(None)):
        watched = any(stage.kind.code == POST_REHABILITATION and stage.reviewed_on is None
                      for stage in programme.stages)  # fmt: skip
        if not watched:
            day = max(stay.removed_on, programme.starts_on)
            end(programme, how=how, day=day, reason=REMOVED, today=today)


def resume_of_stay(stay: Registration, today: date) -> None:
    """The end of a stay is undone: what ended with it goes on."""
    for programme in _of_stay(stay, Programme.close_reason == REMOVED):
        programme.closed_on, programme.closed_as, programme.close_reason = None, None, None
        registry.save(programme, today)
        closed = select(PlannedMeasure).join(Stage, Stage.id == PlannedMeasure.stage_id).where(
            Stage.programme_id == programme.id, PlannedMeasure.annulled_at.is_(None),
            PlannedMeasure.state == MeasureState.CANCELLED, PlannedMeasure.reason == REMOVED,
        )  # fmt: skip
        for measure in db.session.scalars(closed):
            measure.state, measure.reason = MeasureState.PLANNED, None
            registry.save(measure, today)


def _of_stay(stay: Registration, condition: ColumnElement[bool]) -> list[Programme]:
    asked = select(Programme).where(
        Programme.registration_id == stay.id,
        Programme.annulled_at.is_(None),
        condition,
    )
    return list(db.session.scalars(asked))


def _planned(programme: Programme) -> list[PlannedMeasure]:
    asked = (
        select(PlannedMeasure)
        .join(Stage, Stage.id == PlannedMeasure.stage_id)
        .where(Stage.programme_id == programme.id, PlannedMeasure.annulled_at.is_(None))
        .where(PlannedMeasure.state == MeasureState.PLANNED)
        .options(joinedload(PlannedMeasure.stage))
    )
    return list(db.session.scalars(asked))
