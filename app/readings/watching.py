"""What is to be watched: families that drift, with reasons; plans in which nothing was done; bodies that are late;
children who soon come of age; stages that soon end.

Statements of the Core: each takes the person's scope explicitly. Conditions are on the table `family`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select

from app import access, conditions, words
from app.domain import ages
from app.domain.periods import quarter_of
from app.domain.terms import MeasureState
from app.extensions import db
from app.models import (
    Agency,
    Family,
    FamilyReaction,
    Member,
    PlannedMeasure,
    Programme,
    PupilSupport,
    Registration,
    SignalCard,
    Stage,
    StageKind,
    Territory,
)
from app.readings import contact, families

DRIFT, IDLE, BODIES, OF_AGE, STAGES = "drift", "idle", "bodies", "of-age", "stages"
LISTS = (DRIFT, IDLE, BODIES, OF_AGE, STAGES)
WITHOUT_CONTACT = 30  # days
IDLE_DAYS = 30  # of a programme in which nothing was done
FRESH_CARD = 30  # days for which a card is a fresh one
COMING_OF_AGE, ENDING = timedelta(days=60), timedelta(days=30)
PAGE = 50
MOST = 500  # rows of the other lists

_family, _territory, _stay = Family.__table__, Territory.__table__, Registration.__table__
_programme, _stage, _measure = Programme.__table__, Stage.__table__, PlannedMeasure.__table__
_reaction, _stage_kind, _card = FamilyReaction.__table__, StageKind.__table__, SignalCard.__table__
_support, _member, _agency = PupilSupport.__table__, Member.__table__, Agency.__table__


class Drifting(NamedTuple):
    """A family that drifts, and why; `since`: the last contact."""

    family_id: int
    title: str
    place: str
    reasons: list[str]
    since: date | None


class IdlePlan(NamedTuple):
    """A programme in which nothing was done: since when it runs, how many measures it has, how many are overdue."""

    family_id: int
    title: str
    starts_on: date
    planned: int
    overdue: int


class LateBody(NamedTuple):
    """A body with measures that are overdue: how many, of how many families, by how many days on the average."""

    agency_id: int | None
    name: str
    overdue: int
    families: int
    mean_days: float


class ComingOfAge(NamedTuple):
    """A child who soon turns eighteen."""

    family_id: int
    title: str
    name: str
    day: date


class EndingStage(NamedTuple):
    """A stage that ends soon, or has ended without its results."""

    family_id: int
    title: str
    kind: str
    ends_on: date


# Families that drift


def rules(today: date) -> Mapping[str, ColumnElement[bool]]:
    """The five rules, none of which is a score: each is a reason of its own."""
    return {
        "contact": and_(families.without_contact(WITHOUT_CONTACT, today), _stands_since(today)),
        "idle": _is_idle(today),
        "reactions": _worse_twice(),
        "card": _has_fresh_card(today),
        "lessons": _missed_more(today),
    }


def drifting_ids(today: date) -> Select[tuple[int]]:
    """The ids of the person's families on record that drift on a day."""
    return _on_record(today, _family.c.id).where(or_(*rules(today).values()))


def drifting(today: date, page: int = 0) -> list[Drifting]:
    """A page of them, those with more reasons first."""
    flags = {name: case((rule, 1), else_=0).label(name) for name, rule in rules(today).items()}
    found = (
        _on_record(today, _family.c.id, _family.c.number, _family.c.name, _family.c.sort_key, *flags.values())
        .where(or_(*rules(today).values()))
        .subquery()
    )
    number: Any = sum(found.c[name] for name in flags)
    shown = select(found).order_by(number.desc(), found.c.sort_key, found.c.id).limit(PAGE).offset(PAGE * page)
    rows = _read(shown)
    known = _told(today, [row.id for row in rows])
    return [
        Drifting(row.id, f"№ {row.number} {row.name}", known[row.id].place, _reasons(row, known[row.id], today),
                 _last(known[row.id]))
        for row in rows
    ]  # fmt: skip


def _told(today: date, ids: Sequence[int]) -> dict[int, Any]:
    """The place and the last contact of some families."""
    asked = (
        select(_family.c.id, _territory.c.name.label("place"), *contact.columns(_family.c.id, today))
        .join(_territory, _territory.c.id == _family.c.territory_id)
        .where(_family.c.id.in_(ids))
    )
    return {row.id: row for row in _read(asked)} if ids else {}


def _last(row: Any) -> date | None:
    latest = contact.latest(row.last_aid_on, row.last_visit_on, row.last_card_on)
    return latest.day if latest else None


def _reasons(row: Any, told: Any, today: date) -> list[str]:
    found = []
    if row.contact:
        last = _last(told)
        days = words.counted((today - last).days, "день", "дня", "дней") if last else ""
        found.append(f"нет контакта {days} (последний {words.day(last)})" if last else "контакта не было")
    if row.idle:
        found.append("план есть, а не исполнено ничего")
    if row.reactions:
        found.append("реакция семьи дважды подряд стала хуже")
    if row.card:
        found.append("новая сигнальная карта на семью, которая стоит на учёте")
    if row.lessons:
        found.append("пропусков уроков больше, чем в квартале раньше")
    return found


def _stands_since(today: date) -> ColumnElement[bool]:
    """On record for as long as a contact may be wanting."""
    long_ago = today - timedelta(days=WITHOUT_CONTACT)
    stay = _stay.alias()
    found = select(stay.c.id).where(
        stay.c.family_id == _family.c.id, stay.c.annulled_at.is_(None), conditions.on_record(stay, today),
        stay.c.registered_on <= long_ago,
    )  # fmt: skip
    return exists(found.correlate_except(stay))


def _is_idle(today: date) -> ColumnElement[bool]:
    programme = _programme.alias()
    idle = select(programme.c.id).where(programme.c.family_id == _family.c.id, *_runs_idle(programme, today))
    return exists(idle.correlate_except(programme))


def _runs_idle(programme: Any, today: date) -> list[ColumnElement[bool]]:
    """A programme runs for some time, has a plan, and nothing of it was done."""
    return [
        programme.c.annulled_at.is_(None),
        programme.c.approval_id.is_not(None),
        programme.c.closed_on.is_(None),
        programme.c.starts_on <= today - timedelta(days=IDLE_DAYS),
        _has_measure(programme, _measure.c.state == MeasureState.PLANNED),
        ~_has_measure(programme, _measure.c.state == MeasureState.DONE),
    ]


def _has_measure(programme: Any, wanted: ColumnElement[bool]) -> ColumnElement[bool]:
    """Looked up by the family: an index holds the states of all of its measures, and few stages are read."""
    found = (
        select(_measure.c.id)
        .join(_stage, _stage.c.id == _measure.c.stage_id)
        .where(_measure.c.family_id == programme.c.family_id, _measure.c.annulled_at.is_(None), wanted)
        .where(conditions.unindexed(_stage.c.programme_id) == programme.c.id, _stage.c.annulled_at.is_(None))
    )
    return exists(found.correlate(programme))


def _worse_twice() -> ColumnElement[bool]:
    """The last reaction is worse than the one before, and that one worse than the one before it."""
    in_order: dict[str, Any] = {"order_by": (_stage.c.reviewed_on, _stage.c.id)}
    told = (
        select(
            _reaction.c.position.label("now"),
            func.lag(_reaction.c.position, 1).over(**in_order).label("before"),
            func.lag(_reaction.c.position, 2).over(**in_order).label("first"),
            func.lead(_stage.c.id).over(**in_order).label("later"),
        )
        .join(_reaction, _reaction.c.id == _stage.c.reaction_id)
        .where(_stage.c.family_id == _family.c.id, _stage.c.reviewed_on.is_not(None), _stage.c.annulled_at.is_(None))
        .correlate(_family)
        .subquery()
    )
    return exists(
        select(told.c.now).where(told.c.later.is_(None), told.c.now < told.c.before, told.c.before < told.c.first)
    )


def _has_fresh_card(today: date) -> ColumnElement[bool]:
    card, stay = _card.alias(), _stay.alias()
    on_record = exists(
        select(stay.c.id)
        .where(stay.c.family_id == card.c.family_id, stay.c.annulled_at.is_(None))
        .where(stay.c.registered_on < card.c.sent_on, conditions.on_record(stay, today))
        .correlate_except(stay)
    )
    found = select(card.c.id).where(
        card.c.family_id == _family.c.id, card.c.annulled_at.is_(None),
        card.c.sent_on > today - timedelta(days=FRESH_CARD), access.scope().cards(card.c), on_record,
    )  # fmt: skip
    return exists(found.correlate_except(card))


def _missed_more(today: date) -> ColumnElement[bool]:
    """A child missed more lessons in the last known quarter than in the one before that is known."""
    year, number = quarter_of(today)
    of_member = {"partition_by": _support.c.member_id, "order_by": (_support.c.year, _support.c.quarter)}
    ranked = (
        select(
            (_support.c.year * 4 + _support.c.quarter).label("quarter"),
            _support.c.missed_lessons.label("now"),
            func.lag(_support.c.missed_lessons).over(**of_member).label("before"),
            func.lead(_support.c.id).over(**of_member).label("later"),
        )
        .where(_support.c.family_id == _family.c.id)
        .where(_support.c.missed_lessons.is_not(None), _support.c.annulled_at.is_(None))
        .correlate(_family)
        .subquery()
    )
    return exists(
        select(ranked.c.now).where(
            ranked.c.later.is_(None), ranked.c.now > ranked.c.before, ranked.c.quarter >= year * 4 + number - 2
        )
    )


# The other lists


def idle_plans(today: date) -> list[IdlePlan]:
    """Programmes in which nothing was done, the oldest first."""
    of_programme = (
        select(func.count())
        .select_from(_measure.join(_stage, _stage.c.id == _measure.c.stage_id))
        .where(_stage.c.programme_id == _programme.c.id, _stage.c.annulled_at.is_(None))
        .where(_measure.c.annulled_at.is_(None), _measure.c.state == MeasureState.PLANNED)
    )
    asked = (
        select(_family.c.id, _family.c.number, _family.c.name, _programme.c.starts_on,
               of_programme.scalar_subquery().label("planned"),
               of_programme.where(_measure.c.due_on < today).scalar_subquery().label("overdue"))
        .join(_programme, _programme.c.family_id == _family.c.id)
        .where(*_of_mine(), *_runs_idle(_programme, today))
        .order_by(_programme.c.starts_on, _programme.c.id)
        .limit(MOST)
    )  # fmt: skip
    return [IdlePlan(row.id, f"№ {row.number} {row.name}", row.starts_on, row.planned, row.overdue)
            for row in _read(asked)]  # fmt: skip


def late_bodies(today: date) -> list[LateBody]:
    """Bodies by how many of their measures are overdue."""
    asked = (
        select(_measure.c.performer_id, _agency.c.name, _measure.c.due_on, _measure.c.family_id)
        .select_from(_overdue().outerjoin(_agency, _agency.c.id == _measure.c.performer_id))
        .where(*_of_mine(), *_is_overdue(today))
    )
    found: dict[int | None, list[Any]] = {}
    for row in _read(asked):
        found.setdefault(row.performer_id, []).append(row)
    bodies = [
        LateBody(key, rows[0].name or "исполнитель не назван", len(rows), len({row.family_id for row in rows}),
                 sum((today - row.due_on).days for row in rows) / len(rows))
        for key, rows in found.items()
    ]  # fmt: skip
    return sorted(bodies, key=lambda body: (-body.overdue, body.name))


def _overdue() -> Any:
    return (
        _measure.join(_family, _family.c.id == _measure.c.family_id)
        .join(_stage, _stage.c.id == _measure.c.stage_id)
        .join(_programme, _programme.c.id == _stage.c.programme_id)
    )


def _is_overdue(today: date) -> list[ColumnElement[bool]]:
    return [
        _measure.c.annulled_at.is_(None),
        _measure.c.state == MeasureState.PLANNED,
        _measure.c.due_on < today,
        conditions.gives_work(_stage),
        _programme.c.closed_on.is_(None),
    ]


def coming_of_age(today: date) -> list[ComingOfAge]:
    """Children of families on record who turn eighteen within sixty days, the earliest first."""
    asked = (
        _on_record(today, _family.c.id, _family.c.number, _family.c.name, _member.c.last_name, _member.c.first_name,
                   _member.c.middle_name, _member.c.born_on, joined=_with_members())
        .where(*_is_coming_of_age(today))
        .order_by(_member.c.born_on, _member.c.id)
        .limit(MOST)
    )  # fmt: skip
    return [
        ComingOfAge(row.id, f"№ {row.number} {row.name}",
                    " ".join(part for part in (row.last_name, row.first_name, row.middle_name) if part),
                    ages.birthday(row.born_on, ages.MAJORITY))
        for row in _read(asked)
    ]  # fmt: skip


def _with_members() -> Any:
    return _family.join(_member, _member.c.family_id == _family.c.id)


def _is_coming_of_age(today: date) -> list[ColumnElement[bool]]:
    until = ages.years_before(today + COMING_OF_AGE, ages.MAJORITY)
    return [families.is_child(today), _member.c.born_on <= until]


def ending_stages(today: date) -> list[EndingStage]:
    """Approved stages without results that end within thirty days, those that have ended first."""
    asked = (
        select(_family.c.id, _family.c.number, _family.c.name, _stage_kind.c.name.label("kind"), _stage.c.ends_on)
        .select_from(_stages().join(_stage_kind, _stage_kind.c.id == _stage.c.kind_id))
        .where(*_of_mine(), *_is_ending(today))
        .order_by(_stage.c.ends_on, _stage.c.id)
        .limit(MOST)
    )
    return [EndingStage(row.id, f"№ {row.number} {row.name}", row.kind, row.ends_on) for row in _read(asked)]


def _stages() -> Any:
    return _stage.join(_family, _family.c.id == _stage.c.family_id).join(
        _programme, _programme.c.id == _stage.c.programme_id
    )


def _is_ending(today: date) -> list[ColumnElement[bool]]:
    return [
        _stage.c.annulled_at.is_(None),
        _stage.c.reviewed_on.is_(None),
        _stage.c.decision_id.is_not(None),
        _stage.c.ends_on <= today + ENDING,
        _programme.c.closed_on.is_(None),
        _programme.c.annulled_at.is_(None),
    ]


def counts(today: date) -> dict[str, int]:
    """The length of each list, in one statement; of the bodies, their measures that are overdue."""
    return dict(db.session.connection().execute(_lengths(access.scope(), today)).one()._mapping)


@lru_cache(maxsize=16)
def _lengths(_seen_by: access.Scope, today: date) -> Select[Any]:
    """Put together once for all who see the same rows, which takes as long as to ask it."""
    idle = select(func.count()).select_from(_family.join(_programme, _programme.c.family_id == _family.c.id))
    of_age = _on_record(today, func.count(), joined=_with_members())
    late, ending = select(func.count()).select_from(_overdue()), select(func.count()).select_from(_stages())
    mine = access.scope().family_ids()
    lengths = {
        DRIFT: select(func.count()).select_from(drifting_ids(today).subquery()),
        IDLE: idle.where(*_of_mine(), *_runs_idle(_programme, today)),
        # Those of other families are left before anything else is read of them.
        BODIES: late.where(_measure.c.family_id.in_(mine), *_of_mine(), *_is_overdue(today)),
        OF_AGE: of_age.where(*_is_coming_of_age(today)),
        STAGES: ending.where(_stage.c.family_id.in_(mine), *_of_mine(), *_is_ending(today)),
    }
    return select(*(length.scalar_subquery().label(name) for name, length in lengths.items()))


def _of_mine() -> list[ColumnElement[bool]]:
    return [_family.c.annulled_at.is_(None), access.scope().families()]


def _on_record(today: date, *columns: Any, joined: Any = _family) -> Select[Any]:
    """Something of the person's families on record on a day."""
    return select(*columns).select_from(joined).where(*_of_mine(), families.stands(today))


def _read(statement: Any) -> list[Any]:
    return list(db.session.connection().execute(statement))
