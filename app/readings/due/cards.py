"""The clocks of signal cards: until when a coordinator opens one, until when its sender answers a question, and until
when a family is visited for whose card no group is named.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, func, literal, or_, select, union_all

from app import access, clock
from app.domain.deadlines import Works, due_at, late_before
from app.domain.periods import Period
from app.domain.terms import CardStepKind, Moment, Unit
from app.extensions import db
from app.models import CardExtension, CardStep, SignalCard
from app.readings import clocks, signals
from app.readings.clocks import DeadlinesInUse
from app.readings.due.kinds import DaysAsked, Due

_card, _step, _extension = SignalCard.__table__, CardStep.__table__, CardExtension.__table__

PAGE = "card"
NO_GROUP, COORDINATOR = "Назвать группу обследования и обследовать семью", "координатор"


@dataclass(frozen=True)
class _Clock:
    """A clock of cards: its row of the dictionary, the moment it started, and the cards it runs for.

    title, who: what is to be done and by whom, if the dictionary says it of a later step.
    """

    row: Any
    started: Any
    running: tuple[ColumnElement[bool], ...]
    title: str = ""
    who: str = ""

    @classmethod
    def of(cls, deadlines: DeadlinesInUse) -> list[_Clock]:
        """The clocks for which the municipality has set how long they are, but those that run for no territory of
        the person."""
        asked = (_step.c.card_id == _card.c.id, _step.c.kind == CardStepKind.ASKED, _step.c.undone.is_(False))
        asked_at = select(func.max(_step.c.at)).where(*asked).correlate(_card).scalar_subquery()
        scope = access.scope()
        # Opened by whoever keeps the territory; answered by the body that sent it.
        receipt = cls(deadlines.between(Moment.SIGNAL_SENT, Moment.SIGNAL_REGISTERED), _card.c.arrived_at,
                      (signals.waits(), _card.c.territory_id.in_(scope.kept)))  # fmt: skip
        answer = cls(deadlines.between(Moment.CARD_ASKED, Moment.CARD_ANSWERED), asked_at,
                     (signals.is_asked(), scope.cards()))  # fmt: skip
        survey = cls(deadlines.between(Moment.SIGNAL_REGISTERED, Moment.SURVEYED), _card.c.received_at,
                     (signals.is_without_a_group(), _card.c.territory_id.in_(scope.kept)), title=NO_GROUP,
                     who=COORDINATOR)  # fmt: skip
        clocks_of = (receipt, answer, survey) if scope.kept else (answer,)
        return [one for one in clocks_of if one.row is not None]

    @property
    def until(self) -> ScalarSelect[date | None]:
        """The latest day that it was extended until; none if it was not."""
        return signals.extended_until(self.row.id, self.started)

    def before(self, day: date, works: Works) -> datetime:
        """Whatever started before this moment is overdue when a day begins."""
        midnight = datetime.combine(day, time(), clock.zone())
        return late_before(midnight, clocks.limit(self.row), works).astimezone(UTC)

    def within(self, asked: DaysAsked) -> Select[Any]:
        """The running clocks whose last good moment lies within the days asked, the earliest first."""
        works, until = asked.deadlines.works, self.until
        found = select(
            literal(self.row.id).label("deadline"), self.started.label("at"), until.label("until"), _card.c.id,
            _card.c.number, _card.c.year, _card.c.last_name, _card.c.first_name,
        ).where(
            *self.running,
            self.started < self.before(asked.until + timedelta(days=1), works),
            func.coalesce(until, date.min) <= asked.until,
        )  # fmt: skip
        if asked.since is not None:
            found = found.where(or_(self.started >= self.before(asked.since, works), until >= asked.since))
        return select(found.order_by(self.started, _card.c.id).limit(asked.most).subquery())

    def numbers(self, days: Sequence[date], works: Works) -> Any:
        """How many run out on each of some days, in one row."""
        given = (
            select(_extension.c.card_id, _extension.c.started_at, func.max(_extension.c.until).label("until"))
            .where(_extension.c.deadline_id == self.row.id, _extension.c.annulled_at.is_(None))
            .group_by(_extension.c.card_id, _extension.c.started_at)
            .subquery()
        )
        joined = _card.outerjoin(given, and_(given.c.card_id == _card.c.id, given.c.started_at == self.started))

        def ends(day: date) -> ColumnElement[bool]:
            """By its own length if it was not extended beyond that, else by the day that it was given."""
            own, before_next = self.started >= self.before(day, works), self.before(day + timedelta(days=1), works)
            until = func.coalesce(given.c.until, date.min)
            return and_(self.started < before_next, or_(and_(own, until <= day), until == day))

        columns = [func.count().filter(ends(day)) for day in days]
        return select(*columns).select_from(joined).where(*self.running)


def lines(asked: DaysAsked) -> list[Due]:
    """The cards that wait to be opened, and those whose senders are asked and have not answered."""
    of = {one.row.id: one for one in _Clock.of(asked.deadlines)}
    if not of:
        return []
    rows = db.session.connection().execute(union_all(*(one.within(asked) for one in of.values())))
    return [_due(of[row.deadline], row, asked.deadlines.works) for row in rows]


def _due(of: _Clock, one: Any, works: Works) -> Due:
    row = of.row
    last = due_at(clock.local(one.at), clocks.limit(row), works)
    return Due(
        source="cards",
        due=last.date() if one.until is None else max(last.date(), one.until),
        at=last if row.unit is Unit.HOUR and one.until is None else None,
        title=of.title or clocks.title(row),
        who=of.who or row.actor,
        clause=row.clause or "",
        mark=f"СК № {one.number}/{one.year}",
        name=f"{one.last_name} {one.first_name}",
        page=PAGE,
        key=one.id,
        uid=f"card-{one.id}-{row.id}",
    )


def counts(period: Period, deadlines: DeadlinesInUse) -> Counter[date]:
    """How many clocks of cards run out on each day."""
    found: Counter[date] = Counter()
    of, days = _Clock.of(deadlines), period.days()
    if of:
        asked = union_all(*(one.numbers(days, deadlines.works) for one in of))
        for row in db.session.connection().execute(asked):
            found.update({day: number for day, number in zip(days, row, strict=True) if number})
    return found
