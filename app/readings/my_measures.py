"""«Мои мероприятия»: measures of plans over all families where a body performs, and of a district all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from app import access, conditions
from app.domain.terms import MeasureState
from app.extensions import db
from app.models import Agency, Family, PlannedMeasure, Programme, Stage

PAGE = 50
MOST_COUNTED = 1000  # of a state; of more it is only said that they are more
MOST_BODIES = 200  # that are offered to choose from
_measure, _stage, _programme = PlannedMeasure.__table__, Stage.__table__, Programme.__table__
_family = Family.__table__
OF_STATES: dict[str, Callable[[date], ColumnElement[bool]]] = {
    "overdue": lambda today: and_(_measure.c.state == MeasureState.PLANNED, _measure.c.due_on < today),
    "due": lambda today: and_(_measure.c.state == MeasureState.PLANNED, _measure.c.due_on >= today),
    # Read in the order of the days on which they were done, whose index knows nothing of states.
    "done": lambda _today: and_(
        _measure.c.done_on.is_not(None), conditions.unindexed(_measure.c.state) == MeasureState.DONE
    ),
    "not-done": lambda _today: _measure.c.state == MeasureState.NOT_DONE,
}
# How the measures of each state follow one another: what waits by its days, what is behind the latest first, for the
# programmes of old days have ended and their measures would be passed over one by one.
IN_ORDER: dict[str, tuple[Any, Any]] = {
    "overdue": (_measure.c.due_on, _measure.c.id),
    "due": (_measure.c.due_on, _measure.c.id),
    "done": (_measure.c.done_on.desc(), _measure.c.id.desc()),
    "not-done": (_measure.c.due_on.desc(), _measure.c.id.desc()),
}


@dataclass(frozen=True)
class MeasuresAsked:
    """Which measures: of a body, of an employee of it, of a family. Of a specialist always the own body's."""

    state: str
    agency: Agency | None = None
    employee: int | None = None
    number: str = ""

    @property
    def given(self) -> dict[str, Any]:
        """What an address says that asks for them, besides their state."""
        body = self.agency.id if self.agency is not None else None
        return {"agency": body, "whose": "me" if self.employee else None, "number": self.number or None}

    def conditions(self) -> list[ColumnElement[bool]]:
        """What they meet, whatever has become of them: measures of approved stages of programmes that were not ended.

        What a body has to do in such a programme is what lets it see the family: it is not asked for a second time.
        """
        scope = access.scope()
        found: list[ColumnElement[bool]] = [_measure.c.annulled_at.is_(None), _runs()]
        if scope.agency is not None and not scope.kept:
            found.append(_measure.c.performer_id == scope.agency)
        else:
            found.append(scope.sees(_measure.c.family_id, living=True))
            found += [_measure.c.performer_id == self.agency.id] if self.agency is not None else []
        if self.employee is not None:
            found.append(or_(_measure.c.employee_id == self.employee, _measure.c.employee_id.is_(None)))
        if self.number:
            of_number = select(_family.c.id).where(_family.c.number == self.number.zfill(5))
            found.append(_measure.c.family_id.in_(of_number))
        return found


def page(asked: MeasuresAsked, today: date, number: int) -> tuple[list[PlannedMeasure], bool]:
    """A page of them in their order, and whether there is a next one."""
    found = select(_measure.c.id).where(*asked.conditions(), OF_STATES[asked.state](today))
    found = found.order_by(*IN_ORDER[asked.state])
    keys = list(db.session.connection().scalars(found.limit(PAGE + 1).offset(PAGE * number)))
    shown = select(PlannedMeasure).where(PlannedMeasure.id.in_(keys[:PAGE])).options(
        joinedload(PlannedMeasure.kind), joinedload(PlannedMeasure.performer), joinedload(PlannedMeasure.employee),
        selectinload(PlannedMeasure.members),
    )  # fmt: skip
    rows = {row.id: row for row in db.session.scalars(shown)}
    return [rows[key] for key in keys[:PAGE] if key in rows], len(keys) > PAGE


def titles(rows: Iterable[PlannedMeasure]) -> dict[int, str]:
    """What the families of measures that the person sees are called, by their keys: each is asked for by itself, for
    all the families of a body are as many as its measures."""
    of_rows = _family.c.id.in_({row.family_id for row in rows})
    asked = select(_family.c.id, _family.c.number, _family.c.name).where(of_rows, access.scope().sees(_family.c.id))
    found = db.session.connection().execute(asked)
    return {key: f"№ {number} {name or ''}".strip() for key, number, name in found}


def counts(asked: MeasuresAsked, today: date) -> dict[str, int]:
    """How many there are of each state, in one statement; of none are more than `MOST_COUNTED` and one looked at."""

    def number(state: str) -> Any:
        some = select(_measure.c.id).where(*asked.conditions(), OF_STATES[state](today))
        some = some.order_by(IN_ORDER[state][0]).limit(MOST_COUNTED + 1)
        return select(func.count()).select_from(some.subquery()).scalar_subquery()

    found = select(*(number(state).label(state) for state in OF_STATES))
    return dict(db.session.connection().execute(found).one()._mapping)


def _runs() -> ColumnElement[bool]:
    """The measure is of an approved stage of a programme that goes on. Asked measure by measure: of many only the first
    ones are read."""
    stage, programme = _stage.alias(), _programme.alias()
    found = select(stage.c.id).join(programme, programme.c.id == stage.c.programme_id).where(
        stage.c.id == _measure.c.stage_id, conditions.gives_work(stage), programme.c.closed_on.is_(None),
        programme.c.annulled_at.is_(None),
    )  # fmt: skip
    return exists(found.correlate(_measure))


def bodies() -> list[Agency]:
    """Those bodies near the person that perform something: of each one measure is looked for, whosesoever family it
    is about."""
    performs = select(_measure.c.id).where(_measure.c.performer_id == Agency.id, _measure.c.annulled_at.is_(None))
    rows = db.session.scalars(select(Agency).where(exists(performs.correlate(Agency))).limit(MOST_BODIES))
    return sorted(rows, key=lambda body: body.name)
