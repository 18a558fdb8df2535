"""What lists and pages show of signal cards: which wait, which are late, and what has become of those sent on.

Conditions are on the table `signal_card`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, ScalarSelect, and_, false, func, or_, select

from app import access, clock, tree, words
from app.conditions import called
from app.domain import deadlines, names, sought
from app.domain import signals as rules
from app.domain.deadlines import Limit, Works
from app.domain.terms import CardState, CardStepKind, Moment
from app.extensions import db, portions
from app.models import (
    Agency,
    CardExtension,
    CardStep,
    CardTelling,
    LawReminder,
    SignalCard,
    SignalCardOutcome,
    Territory,
)
from app.readings import clocks
from app.readings.clocks import DeadlinesInUse

_card, _step, _outcome = SignalCard.__table__, CardStep.__table__, SignalCardOutcome.__table__
_territory, _agency, _extension = Territory.__table__, Agency.__table__, CardExtension.__table__

SHOWN_SENT_ON = 200


@dataclass(frozen=True)
class Receipt:
    """The clock of a coordinator: from the moment a card comes until it is opened.

    deadline: its row of the dictionary.
    """

    limit: Limit
    works: Works
    deadline: int

    @classmethod
    def read(cls) -> Receipt | None:
        """As the municipality has set it; None if it has set none."""
        return cls.of(DeadlinesInUse.read())

    @classmethod
    def of(cls, deadlines: DeadlinesInUse) -> Receipt | None:
        """The same, of deadlines that are read already."""
        row = deadlines.between(Moment.SIGNAL_SENT, Moment.SIGNAL_REGISTERED)
        return None if row is None else cls(clocks.limit(row), deadlines.works, row.id)


def is_open() -> ColumnElement[bool]:
    """Not closed yet."""
    return and_(_card.c.annulled_at.is_(None), _card.c.closed_at.is_(None))


def waits() -> ColumnElement[bool]:
    """Nobody has opened it yet."""
    return and_(is_open(), _card.c.received_at.is_(None))


def is_asked() -> ColumnElement[bool]:
    """The sender is asked and has not answered."""
    return and_(is_open(), _card.c.question.is_not(None), _card.c.answer.is_(None))


def is_late(now: datetime, receipt: Receipt | None) -> ColumnElement[bool]:
    """Nobody has opened it and its time has passed (the SQL form of `card_clocks.overdue`); None: no time is set."""
    if receipt is None:
        return false()
    here = clock.local(now)
    before = deadlines.late_before(here, receipt.limit, receipt.works).astimezone(UTC)
    until = extended_until(receipt.deadline, _card.c.arrived_at)  # SQLite compares what stands on the clocks
    return and_(waits(), _card.c.arrived_at < before, func.coalesce(until, date.min) < here.date())


def extended_until(deadline: int, started: ColumnElement[datetime]) -> ScalarSelect[date | None]:
    """The latest day that a clock of a card was extended until since it began last; none if it was not."""
    given = (_extension.c.card_id == _card.c.id, _extension.c.deadline_id == deadline,
             _extension.c.started_at == started, _extension.c.annulled_at.is_(None))  # fmt: skip
    return select(func.max(_extension.c.until)).where(*given).correlate(_card).scalar_subquery()


def is_without_a_group() -> ColumnElement[bool]:
    """It is opened, and no group has been named that surveys the family."""
    return and_(is_open(), _card.c.received_at.is_not(None), _card.c.survey_due_on.is_(None))


def is_under_survey() -> ColumnElement[bool]:
    """A group is named and has not been there yet."""
    return and_(is_open(), _card.c.survey_due_on.is_not(None), _card.c.surveyed_on.is_(None))


def is_emergency() -> ColumnElement[bool]:
    """A child is in danger now."""
    return and_(is_open(), _card.c.emergency_at.is_not(None))


def with_name(text: str) -> ColumnElement[bool]:
    """The beginnings of surname, name and patronymic in order."""
    return called(_card.c.name_key, text)


@dataclass(frozen=True)
class Waiting:
    """How many cards of the person's territories nobody has opened; of these, how many are late."""

    cards: int = 0
    late: int = 0


def waiting(receipt: Receipt | None) -> Waiting:
    """What the menu says beside «Сигнальные карты»; receipt: None if no time is set."""
    scope = access.scope()
    if not scope.kept:
        return Waiting()
    mine = (waits(), _card.c.territory_id.in_(scope.kept))
    late = select(func.count()).select_from(_card).where(*mine, is_late(clock.now(), receipt)).scalar_subquery()
    row = db.session.connection().execute(select(func.count(_card.c.id), late).where(*mine)).one()
    return Waiting(*row)


class CardLine(NamedTuple):
    """What a row of the list shows beside the card's own columns; `body`: who sent it, none if it was not a body."""

    body: str | None
    place: str
    late: bool


def lines(cards: Sequence[SignalCard], now: datetime, receipt: Receipt | None) -> dict[int, CardLine]:
    """The lines of cards that the caller has found among the person's rows; receipt: None if no time is set."""
    found: dict[int, CardLine] = {}
    tables = _card.join(_territory, _territory.c.id == _card.c.territory_id).outerjoin(
        _agency, _agency.c.id == _card.c.agency_id
    )
    asked = select(_card.c.id, _agency.c.name.label("body"), _territory.c.name.label("place"),
                   is_late(now, receipt).label("late")).select_from(tables)  # fmt: skip
    for ids in portions(card.id for card in cards):
        rows = db.session.connection().execute(asked.where(_card.c.id.in_(ids)))
        found |= {row.id: CardLine(row.body, row.place, bool(row.late)) for row in rows}
    return found


@dataclass(frozen=True)
class SentOn:
    """A card that went from one of the person's territories to another one: its state and outcome, and nothing else."""

    id: int
    number: str
    to: str
    at: datetime
    state: CardState
    outcome: str
    may_recall: bool


def sent_on() -> list[SentOn]:
    """The cards that went on from the person's territories, the latest first."""
    kept = access.scope().kept
    if not kept:
        return []
    last = select(func.max(_step.c.id)).where(
        _step.c.kind == CardStepKind.REDIRECTED, _step.c.territory_id.in_(kept), _step.c.undone.is_(False)
    ).group_by(_step.c.card_id)  # fmt: skip
    rows = db.session.connection().execute(
        select(
            _card.c.id, _card.c.number, _card.c.year, _card.c.received_at, _card.c.question, _card.c.answer,
            _card.c.closed_at, _card.c.survey_due_on, _card.c.surveyed_on, _step.c.at, _step.c.before,
            _territory.c.name.label("to"), _outcome.c.name.label("outcome"),
        )
        .select_from(
            _step.join(_card, _card.c.id == _step.c.card_id)
            .join(_territory, _territory.c.id == _card.c.territory_id)
            .outerjoin(_outcome, _outcome.c.id == _card.c.outcome_id)
        )
        .where(_step.c.id.in_(last), _card.c.territory_id.not_in(kept), _card.c.annulled_at.is_(None))
        .order_by(_step.c.id.desc())
        .limit(SHOWN_SENT_ON)
    )  # fmt: skip
    return [
        SentOn(
            id=row.id, number=f"{row.before['number']}/{row.before['year']}", to=row.to, at=row.at,
            state=state_of(row), outcome=row.outcome or "", may_recall=row.received_at is None,
        )
        for row in rows
    ]  # fmt: skip


def state_of(row: Any) -> CardState:
    """How far a card is, or a row of its columns."""
    return rules.state(received=row.received_at is not None, asked=row.question is not None,
                       answered=row.answer is not None, closed=row.closed_at is not None,
                       grouped=row.survey_due_on is not None, surveyed=row.surveyed_on is not None)  # fmt: skip


class ToTell(NamedTuple):
    """A body that is told at once of an emergency, and who was told there; none was if it is empty."""

    agency: Agency
    tellings: Sequence[CardTelling]


def to_tell(card: SignalCard) -> list[ToTell]:
    """The bodies that are told at once of an emergency: those near the card, and whoever was told already."""
    told: dict[int, list[CardTelling]] = {}
    for one in card.tellings:
        if one.annulled_at is None:
            told.setdefault(one.agency_id, []).append(one)
    places = {place.id for place in tree.read().above(card.territory_id)}
    near = select(Agency).where(
        Agency.closed.is_(False), or_(Agency.told_at_once.is_(True), Agency.id.in_(told)),
        or_(Agency.territory_id.in_(places), Agency.id.in_(told)),
    )  # fmt: skip
    bodies = db.session.scalars(near.order_by(Agency.name_key, Agency.id))
    found = [ToTell(body, told.get(body.id, ())) for body in bodies]
    return sorted(found, key=lambda one: bool(one.tellings))


def since(moment: datetime, now: datetime) -> str:
    """How long ago, as people say it: «12 мин», «3 ч 05 мин», «2 дня»."""
    return lasting(now - clock.in_utc(moment))


def lasting(time: timedelta) -> str:
    """A stretch of time in words, to the minute within a day."""
    minutes = max(0, int(time.total_seconds() // 60))
    if minutes < 60:
        return f"{minutes} мин"
    if minutes < 24 * 60:
        return f"{minutes // 60} ч {minutes % 60:02} мин"
    return words.counted(minutes // (24 * 60), "день", "дня", "дней")


def found(text: str, most: int = 20) -> Sequence[SignalCard]:
    """The person's cards that hold every word, or the phone however it is written, the latest first."""
    asked = sought.phones(text) or names.folded(text).split()
    if not asked:
        return []
    find = func.instr if db.session.get_bind().dialect.name == "sqlite" else func.strpos
    return list(
        db.session.scalars(
            select(SignalCard)
            .where(SignalCard.annulled_at.is_(None), *(find(SignalCard.search_key, word) > 0 for word in asked))
            .order_by(SignalCard.id.desc())
            .limit(most)
        )
    )


def reminders() -> Sequence[str]:
    """What the form of a card reminds its sender of, line by line."""
    asked = select(LawReminder.name).where(LawReminder.retired.is_(False))
    return db.session.scalars(asked.order_by(LawReminder.position, LawReminder.id)).all()
