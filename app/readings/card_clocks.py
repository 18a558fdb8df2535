"""The clocks that run for one signal card: until when each is, and what it was extended by."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time
from typing import Any

from app import clock
from app.domain import deadlines as rules
from app.domain.deadlines import Clock, Extended
from app.domain.terms import CardState, CardStepKind, Moment, Unit
from app.models import SignalCard
from app.readings import clocks
from app.readings.clocks import DeadlinesInUse
from app.readings.signals import state_of


def running(card: SignalCard, deadlines: DeadlinesInUse) -> list[Clock]:
    """What is due of a card: to open it, to answer what is asked, to visit the family while no group is named.

    The day of a group that is named is the survey's (`clocks.of_survey`).
    """
    found = []
    for starts, stops, started_at in _begun(card):
        row = deadlines.between(starts, stops)
        if row is not None and started_at is not None:
            found.append(_clock(card, row, started_at, deadlines))
    return found


def started_at(card: SignalCard, one: Clock) -> datetime:
    """The moment at which a clock that runs for a card began."""
    return next(began for starts, _stops, began in _begun(card) if starts is one.starts and began is not None)


def overdue(one: Clock, now: datetime) -> bool:
    """Whether the last good moment of a clock of a card has passed."""
    return clock.local(now) > last_moment(one)


def last_moment(one: Clock) -> datetime:
    """The last good moment of a clock, on the clock of the municipality."""
    return one.at or datetime.combine(one.due, time.max, clock.zone())


def _begun(card: SignalCard) -> Iterator[tuple[Moment, Moment, datetime | None]]:
    """Between which moments clocks run for a card as it stands, and since when."""
    if card.closed_at is not None or card.annulled_at is not None:
        return
    if card.received_at is None:
        yield Moment.SIGNAL_SENT, Moment.SIGNAL_REGISTERED, card.arrived_at
        return
    if state_of(card) is CardState.ASKED:
        asked = [step.at for step in card.steps if step.kind is CardStepKind.ASKED and not step.undone]
        yield Moment.CARD_ASKED, Moment.CARD_ANSWERED, max(asked, default=None)
    if card.survey_due_on is None:
        yield Moment.SIGNAL_REGISTERED, Moment.SURVEYED, card.received_at


def _clock(card: SignalCard, row: Any, began: datetime, deadlines: DeadlinesInUse) -> Clock:
    last = rules.due_at(clock.local(began), clocks.limit(row), deadlines.works)
    extended = tuple(
        Extended(one.until, one.reason, one.user_name, one.id)
        for one in card.extensions
        if one.annulled_at is None and one.deadline_id == row.id and clock.in_utc(one.started_at) == clock.in_utc(began)
    )
    return Clock(
        title=clocks.title(row), clause=row.clause or "", starts=row.starts, stops=row.stops, deadline=row.id,
        due=rules.extended_due(last.date(), [one.until for one in extended]), extended=extended,
        started_on=clock.local(began).date(), at=last if row.unit is Unit.HOUR and not extended else None,
    )  # fmt: skip
