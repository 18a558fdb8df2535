"""«Мои мероприятия»: measures of plans over all families where a body performs, and of a district all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from app import access
from app.domain.terms import MeasureState
from app.extensions import db
from app.models import Agency, Family, PlannedMeasure, Programme, Stage

PAGE = 50
MOST_BODIES = 200  # that are offered to choose from
OF_STATES: dict[str, Callable[[date], ColumnElement[bool]]] = {
    "overdue": lambda today: and_(PlannedMeasure.state == MeasureState.PLANNED, PlannedMeasure.due_on < today),
    "due": lambda today: and_(PlannedMeasure.state == MeasureState.PLANNED, PlannedMeasure.due_on >= today),
    "done": lambda _today: PlannedMeasure.state == MeasureState.DONE,
    "not-done": lambda _today: PlannedMeasure.state.in_((MeasureState.NOT_DONE, MeasureState.CANCELLED)),
}


@dataclass(frozen=True)
class MeasuresAsked:
    """Which measures: of a body, of an employee of it, of families called so. Of a specialist always the own body's."""

    state: str
    agency: Agency | None = None
    employee: int | None = None
    number: str = ""

    def conditions(self) -> list[ColumnElement[bool]]:
        """What they meet, whatever has become of them."""
        scope = access.scope()
        found: list[ColumnElement[bool]] = [PlannedMeasure.annulled_at.is_(None)]
        if scope.agency is not None and not scope.kept:
            found.append(PlannedMeasure.performer_id == scope.agency)
        elif self.agency is not None:
            found.append(PlannedMeasure.performer_id == self.agency.id)
        if self.employee is not None:
            found.append(or_(PlannedMeasure.employee_id == self.employee, PlannedMeasure.employee_id.is_(None)))
        if self.number:
            found.append(PlannedMeasure.family.has(Family.number == self.number.zfill(5)))
        return found


def page(asked: MeasuresAsked, today: date, number: int) -> list[PlannedMeasure]:
    """A page of them: what is due in the order of its days, what is done the latest first."""
    found = _all(asked).where(OF_STATES[asked.state](today))
    if asked.state == "done":
        found = found.order_by(PlannedMeasure.done_on.desc(), PlannedMeasure.id.desc())
    else:
        found = found.order_by(PlannedMeasure.due_on, PlannedMeasure.id)
    shown = found.options(
        joinedload(PlannedMeasure.kind), joinedload(PlannedMeasure.family), joinedload(PlannedMeasure.performer),
        joinedload(PlannedMeasure.employee), selectinload(PlannedMeasure.members),
    )  # fmt: skip
    return list(db.session.scalars(shown.limit(PAGE).offset(PAGE * number)))


def counts(asked: MeasuresAsked, today: date) -> dict[str, int]:
    """How many there are of each state, in one statement."""
    numbers = [func.count().filter(condition(today)).label(name) for name, condition in OF_STATES.items()]
    found = _all(asked).with_only_columns(*numbers)
    return dict(db.session.execute(found).one()._mapping)


def bodies() -> list[Agency]:
    """The bodies that perform something in the person's families."""
    performing = select(PlannedMeasure.performer_id).where(PlannedMeasure.annulled_at.is_(None)).distinct()
    rows = db.session.scalars(select(Agency).where(Agency.id.in_(performing)).limit(MOST_BODIES))
    return sorted(rows, key=lambda body: body.name)


def _all(asked: MeasuresAsked) -> Select[tuple[PlannedMeasure]]:
    """Measures of programmes that were not ended."""
    runs = select(Stage.id).join(Stage.programme).where(Programme.closed_on.is_(None))
    return select(PlannedMeasure).where(*asked.conditions(), PlannedMeasure.stage_id.in_(runs))
