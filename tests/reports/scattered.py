"""A bank drawn by lot, dense about a period: stays, children, criteria, cards, aid and meetings about its edges."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from app import clock
from app.extensions import db
from app.models import DecisionOutcome, SignalCardOutcome, Territory
from tests import factories

FIRST, LAST = date(2026, 6, 1), date(2026, 9, 30)
CRITERIA = ("2.1.1", "2.2.1", "2.3.2", "2.4.2", "2.5.1")
REASONS = ("11.1", "11.2", "11.3", "11.4.1", "11.4.3")
STATUSES = ("school", "none", "works", "preschool_home", "spo", "boarding")


def scatter(cast: Any, places: list[Territory], seed: int, families: int = 7) -> None:
    """Rows of every kind that a report counts, some of them annulled."""
    lot = Random(seed)
    bodies = [cast.agency(code) for code in ("5.2", "5.3", "5.7")]

    def day(first: date = FIRST, last: date = LAST) -> date:
        return first + timedelta(days=lot.randrange((last - first).days + 1))

    for _number in range(families):
        one = factories.family(lot.choice(places), categories=lot.sample(["1", "2", "5", "15"], lot.randrange(3)))
        people = [_person(lot, one, day) for _ in range(lot.randrange(1, 5))]
        turns = sorted({day() for _ in range(lot.randrange(1, 5))})
        for since, until in zip(turns[::2], [*turns[1::2], None], strict=False):
            stay = factories.registration(
                one, since, until=until, reason=lot.choice(REASONS), criteria=lot.sample(CRITERIA, 2),
                sender=lot.choice([*bodies, None]), card_sent_on=lot.choice([None, since, since - timedelta(days=9)]),
            )  # fmt: skip
            if until is None and since < date(2026, 8, 1) and lot.random() < 0.5:
                factories.change(stay, date(2026, 8, 15), lot.sample(CRITERIA, 1), number=str(one.id))
            if lot.random() < 0.1:
                stay.annulled_at = datetime(2026, 9, 1, tzinfo=UTC)
        for _aid in range(lot.randrange(4)):
            given = factories.aid(one, day(), lot.choice(["2.1", "6.1", "7.1"]), performer=lot.choice([*bodies, None]),
                                  amount=Decimal(lot.randrange(500)), recipients=lot.sample(people, 1))  # fmt: skip
            if lot.random() < 0.1:
                given.annulled_at = datetime(2026, 9, 1, tzinfo=UTC)
        if lot.random() < 0.7:
            _card(lot, one if lot.random() < 0.7 else None, lot.choice(places), lot.choice([*bodies, None]), day())
    _meetings(lot, cast, day)
    db.session.flush()


def _person(lot: Random, one: Any, day: Any) -> Any:
    born = lot.choice([
        None, date(2008, 2, 29), date(2008, 7, 31), date(2008, 8, 1), date(2020, 7, 31), date(2013, 8, 1),
        day(date(2007, 1, 1), date(2026, 9, 1)), day(date(2010, 1, 1), date(2022, 9, 1)),
    ])  # fmt: skip
    joined = lot.choice([None, None, day()]) if born is None or born < FIRST else None
    left = lot.choice([None, None, day()]) if joined is None and (born is None or born < FIRST) else None
    person = factories.member(one, lot.choice(["сын", "дочь"]), born, joined_on=joined, left_on=left)
    if lot.random() < 0.2:
        person.sex = None
    if lot.random() < 0.7:
        factories.education(person, date(2025, 9, 1), lot.choice(STATUSES), ended_on=lot.choice([None, day()]))
    return person


def _card(lot: Random, one: Any, place: Territory, body: Any, on: date) -> None:
    sent = datetime(on.year, on.month, on.day, 12, tzinfo=clock.zone())
    took = timedelta(minutes=lot.choice([59, 60, 61, 600]))
    outcome = lot.choice([None, "placed", "not_confirmed"])
    closed = {"outcome": factories.by_code(SignalCardOutcome, outcome), "closed_at": sent} if outcome else {}
    factories.signal_card(place, body, family=one, sent_at=sent, arrived_at=sent, detected_at=sent - took, **closed)


def _meetings(lot: Random, cast: Any, day: Any) -> None:
    commission, asked = cast.agency("5.1"), cast.agency("5.3")
    for number in range(1, 4):
        held = day()
        is_held, is_closed = lot.random() < 0.8, lot.random() < 0.7
        opened = {"opened_at": clock.now(), "number": number} if is_held else {}
        closed = {"closed_at": clock.now()} if is_held and is_closed else {}
        meeting = factories.meeting(commission, held, extended=lot.random() < 0.3, **opened, **closed)
        for code in lot.sample(["placed", "heard", "refused", "court"], 2):
            item = factories.agenda_item(meeting, outcome=factories.by_code(DecisionOutcome, code))
            due = held + timedelta(days=10)
            done = lot.choice([None, due, due + timedelta(days=1)])
            answered = {"done_on": done, "answered_at": clock.now(), "answer": "Сделано"} if done else {}
            factories.instruction(item, asked, due, given_on=held if closed else None, **(answered if closed else {}))
