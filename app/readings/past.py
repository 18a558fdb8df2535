"""A family as it was at the end of a past day: who lived in it, why it stood on record, what had been done until then.

What has a date of its own is told by that date, whenever it was entered. Addresses, income and categories have none:
they are what was written of them on that day, or, if the family was entered later, at first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from app import clock, tree
from app.domain import criteria, intervals, terms
from app.extensions import db
from app.journal.replay import told
from app.models import Aid, Decision, Family, FamilyCategory, JournalEntry, Registration
from app.readings import overview
from app.readings.facts import CardFact, Fact, MatterFact, MeasureFact, ProgrammeFact, StageFact, SurveyFact
from app.readings.overview import MemberToday

SHOWN = 10  # aids, the latest first
_entry = JournalEntry.__table__


@dataclass(frozen=True)
class WrittenThen:
    """What was written of a family in the columns that have no date. later: it was entered after the day."""

    territory: str
    registered_address: str | None
    actual_address: str | None
    stated_size: int | None
    income_per_member: Decimal | None
    income_source: str | None
    additional: str | None
    categories: list[str]
    later: bool


@dataclass(frozen=True)
class MeasureThen:
    """A measure of a plan, and how it stood on the day."""

    fact: MeasureFact
    state: str
    late: bool


@dataclass(frozen=True)
class PastFamily:
    """A family at the end of a day. stay: the one that held; ended: those that were over by then, the latest first."""

    family: Family
    day: date
    children: list[MemberToday]
    adults: list[MemberToday]
    left: list[MemberToday]
    stay: Registration | None
    ended: list[Registration]
    criteria: list[Any]
    decisions: list[Decision]
    mentors: list[Fact]
    programme: ProgrammeFact | None
    stage: StageFact | None
    reviewed: StageFact | None
    measures: list[MeasureThen]
    aids: list[Aid]
    aid_count: int
    visits: list[SurveyFact]
    cards: list[CardFact]
    matters: list[MatterFact]
    written: WrittenThen


def of(family: Family, day: date, over: datetime) -> PastFamily:
    """A family that the caller has found among the person's rows, at the end of a day; over: that moment in UTC."""
    seen = overview.of(family, day, aids=0)
    aids, aid_count = _aids(family, day)
    stay = seen.current
    programme = next((one for one in seen.programmes if _begun(one, day) and _goes_on(one.done, day)), None)
    stages = [one for one in seen.stages if _begun(one, day) and one.held is not None and one.held <= day]
    reviewed = [one for one in stages if not _goes_on(one.done, day)]
    return PastFamily(
        family=family, day=day, children=seen.children,
        adults=[one for one in seen.adults if one.member.born_on is None or one.member.born_on <= day],
        left=[one for one in seen.people if one.member.left_on is not None and one.member.left_on <= day],
        stay=stay,
        ended=[row for row in seen.registrations if row.removed_on is not None and row.removed_on <= day],
        criteria=criteria.rows_on(stay.criteria_over_time, day) if stay else [],
        decisions=[row for row in seen.decisions if row.decided_on <= day],
        mentors=[fact for fact in seen.mentors if fact.holds(day)],
        programme=programme,
        stage=next((one for one in reversed(stages) if _goes_on(one.done, day)), None),
        reviewed=reviewed[-1] if reviewed else None,
        measures=[_then(one, day) for one in seen.measures if programme and _of_programme(one, programme)],
        aids=aids, aid_count=aid_count,
        visits=[one for one in seen.surveys if _begun(one, day)],
        cards=[one for one in seen.cards if _begun(one, day)],
        matters=[one for one in seen.matters if _begun(one, day)],
        written=_written(family, over),
    )  # fmt: skip


def _begun(fact: Fact, day: date) -> bool:
    return fact.since is not None and fact.since <= day


def _goes_on(ended: date | None, day: date) -> bool:
    return ended is None or ended > day


def _of_programme(measure: MeasureFact, programme: ProgrammeFact) -> bool:
    """Whether a measure falls due while the programme goes on; one that was cancelled has left the plan."""
    if measure.state is terms.MeasureState.CANCELLED or measure.until is None:
        return False
    return intervals.holds(programme.since, programme.done, measure.until)


def _then(measure: MeasureFact, day: date) -> MeasureThen:
    """How a measure stood: what was done later was still waited for."""
    due = measure.until
    if measure.done is not None and measure.done <= day:
        return MeasureThen(measure, f"исполнено {measure.done:%d.%m.%Y}", late=False)
    passed = due is not None and due < day
    if measure.state is terms.MeasureState.NOT_DONE and passed:
        return MeasureThen(measure, "не исполнено", late=True)
    return MeasureThen(measure, "срок прошёл" if passed else "ждёт исполнения", late=passed)


def _aids(family: Family, day: date) -> tuple[list[Aid], int]:
    """The latest aids until a day, and how many there had been."""
    live = (Aid.family_id == family.id, Aid.annulled_at.is_(None), Aid.given_on <= day)
    every = select(func.count(Aid.id)).where(*live).scalar_subquery()
    related = (joinedload(Aid.kind), joinedload(Aid.measure), joinedload(Aid.performer), selectinload(Aid.recipients))
    latest = select(Aid, every).where(*live).order_by(Aid.given_on.desc(), Aid.id.desc()).limit(SHOWN)
    rows = db.session.execute(latest.options(*related)).unique().all()
    return [row[0] for row in rows], rows[0][1] if rows else 0


def _written(family: Family, over: datetime) -> WrittenThen:
    """The undated columns as the journal leaves them at a moment, or as they were entered first after it."""
    of_family = (_entry.c.entity == Family.__name__, _entry.c.entity_id == family.id)
    first = db.session.connection().scalar(select(func.min(_entry.c.at)).where(*of_family))
    entered = clock.in_utc(first) if first is not None else over
    moment = max(over, entered + timedelta(microseconds=1))
    said = told(Family, family.id, family.id, moment).get(family.id) or {}
    key = said.get("territory_id") or family.territory_id
    place = family.territory if key == family.territory_id else tree.read().rows.get(key)
    return WrittenThen(
        territory=place.name if place else "",
        **{name: said.get(name) for name in ("registered_address", "actual_address", "stated_size",
                                             "income_per_member", "income_source", "additional")},
        categories=[row.name for row in _categories(family, said.get("categories") or [])],
        later=entered >= over,
    )  # fmt: skip


def _categories(family: Family, keys: list[int]) -> list[FamilyCategory]:
    """The categories of these keys, as far as the person sees them; those of today are read already."""
    known = {row.id: row for row in family.categories}
    if set(keys) <= known.keys():
        return [known[key] for key in known if key in keys]
    kinds = select(FamilyCategory).where(FamilyCategory.id.in_(keys)).order_by(FamilyCategory.position)
    return list(db.session.scalars(kinds))
