"""«Отчёт исполнителя»: what a body did in a period for each of the families it works with."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload, selectinload

from app.domain.periods import Period
from app.domain.terms import MeasureState
from app.extensions import db
from app.models import Agency, Aid, Family, PlannedMeasure, Stage

MOST = 5000  # rows of one paper


@dataclass
class OfFamilyDone:
    """What was due and what was done for one family."""

    family: Family
    measures: list[PlannedMeasure] = field(default_factory=list)
    aids: list[Aid] = field(default_factory=list)


@dataclass(frozen=True)
class Performed:
    """The whole report: family by family, and its sums."""

    agency: Agency
    period: Period
    families: list[OfFamilyDone]
    today: date

    @property
    def planned(self) -> int:
        return sum(len(one.measures) for one in self.families)

    @property
    def done(self) -> int:
        return sum(measure.state is MeasureState.DONE for one in self.families for measure in one.measures)

    @property
    def overdue(self) -> int:
        return sum(measure.is_overdue(self.today) for one in self.families for measure in one.measures)

    @property
    def aids(self) -> int:
        return sum(len(one.aids) for one in self.families)

    @property
    def roubles(self) -> Decimal:
        return sum((aid.amount or Decimal(0) for one in self.families for aid in one.aids), Decimal(0))


def of(agency: Agency, period: Period, today: date) -> Performed:
    """Measures of the body, of approved stages, that were due in the period or done in it, and aid it gave in it; of
    the person's rows."""
    approved = select(Stage.id).where(Stage.id == PlannedMeasure.stage_id, Stage.decision_id.is_not(None))
    within = (PlannedMeasure.due_on.between(period.start, period.end),
              PlannedMeasure.done_on.between(period.start, period.end))  # fmt: skip
    measures = db.session.scalars(
        select(PlannedMeasure)
        .where(PlannedMeasure.performer_id == agency.id, PlannedMeasure.annulled_at.is_(None), or_(*within))
        .where(approved.exists())
        .options(joinedload(PlannedMeasure.kind), joinedload(PlannedMeasure.family))
        .order_by(PlannedMeasure.due_on, PlannedMeasure.id)
        .limit(MOST)
    )
    aids = db.session.scalars(
        select(Aid)
        .where(Aid.performer_id == agency.id, Aid.annulled_at.is_(None), Aid.given_on <= period.end)
        .where(or_(Aid.given_on >= period.start, Aid.until >= period.start))
        .options(joinedload(Aid.kind), joinedload(Aid.measure), joinedload(Aid.family), selectinload(Aid.recipients))
        .order_by(Aid.given_on, Aid.id)
        .limit(MOST)
    )
    found: dict[int, OfFamilyDone] = {}
    for measure in measures:
        found.setdefault(measure.family_id, OfFamilyDone(measure.family)).measures.append(measure)
    for aid in aids:
        found.setdefault(aid.family_id, OfFamilyDone(aid.family)).aids.append(aid)
    return Performed(agency, period, sorted(found.values(), key=lambda one: one.family.number), today)
