"""«Журнал сигнальных карт»: the cards that came in a period, as a table that is printed or opened in Excel.

Each stands by the number under which it came. Of a card that went on to a territory that is not the person's it says
where and how it ended, and nothing of the family.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app import access, clock, tree, words
from app.documents import blanks
from app.domain import signals as rules
from app.domain.periods import Period
from app.domain.refusal import Refusal
from app.domain.terms import CardState, CardStepKind
from app.extensions import db
from app.models import CardStep, SignalCard
from app.render.table import Cell, Column, Table, Value

TITLE = "Журнал сигнальных карт"
NONE_CAME = "За этот период сигнальные карты не поступали."
LONGEST_TOLD, LONGEST_RESULT = 400, 300  # letters of a cell: the whole stands on the card itself

COLUMNS = (
    Column("№", 7), Column("Поступила (день, час)", 12), Column("От кого", 22), Column("Семья", 20),
    Column("Содержание", 44), Column("Кому передана", 22), Column("Итог", 26), Column("День ответа", 11, "date"),
)  # fmt: skip
MOST = 2_000  # cards of one log: more would be a book that nobody binds
TOO_MANY = f"За этот период поступило больше {MOST} карт: возьмите период короче."
HIDDEN = "карта передана"
DAY = timedelta(days=1)


@dataclass(frozen=True)
class LogEntry:
    """One line of the log. came: by the clock of the municipality. answered_on: when the sender got the outcome."""

    number: str
    came: datetime
    sender: str
    family: str
    content: str
    handed_to: str
    result: str
    answered_on: date | None


def entries(period: Period) -> list[LogEntry]:
    """The cards that came to the person's territories in a period, in the order in which they came. Raises Refusal."""
    found = sorted((*_lying(period), *_gone_on(period)), key=lambda entry: (entry.came, entry.number))
    if len(found) > MOST:
        raise Refusal(TOO_MANY, "from")
    return found


def _lying(period: Period) -> Iterator[LogEntry]:
    """The cards that lie where they came to."""
    since, until = _moments(period)
    cards = db.session.scalars(
        select(SignalCard)
        .where(SignalCard.annulled_at.is_(None), SignalCard.arrived_at >= since, SignalCard.arrived_at < until)
        .options(*(joinedload(relation) for relation in (SignalCard.agency, SignalCard.territory, SignalCard.family,
                                                         SignalCard.outcome)))
        .order_by(SignalCard.arrived_at)
        .limit(MOST + 1)
    )  # fmt: skip
    for card in cards:
        yield _entry(card, f"{card.number}/{card.year}", card.arrived_at, _handed(card), is_seen=True)


def _gone_on(period: Period) -> Iterator[LogEntry]:
    """The cards that came and went on, by the numbers that they had."""
    scope = access.scope()
    since, until = _moments(period)
    asked = (
        select(CardStep)
        .join(SignalCard, SignalCard.id == CardStep.card_id)
        .where(CardStep.kind == CardStepKind.REDIRECTED, CardStep.undone.is_(False),
               CardStep.territory_id.in_(scope.kept), SignalCard.annulled_at.is_(None), CardStep.at >= since)
        .options(*(joinedload(CardStep.card).joinedload(relation) for relation in (
            SignalCard.agency, SignalCard.territory, SignalCard.outcome)))
        .order_by(CardStep.id)
        .limit(MOST + 1)
    )  # fmt: skip
    with access.unrestricted():  # it lies on another's territory by now: its state and outcome alone are told
        for step in db.session.scalars(asked):
            before: dict[str, Any] = step.before or {}
            came = datetime.fromisoformat(before["arrived_at"])
            if since <= clock.in_utc(came) < until:
                number = f"{before['number']}/{before['year']}"
                is_seen = step.card.territory_id in scope.kept
                yield _entry(step.card, number, came, f"Перенаправлена: {step.card.territory.name}", is_seen=is_seen)


def _entry(card: SignalCard, number: str, came: datetime, handed_to: str, *, is_seen: bool) -> LogEntry:
    answered = clock.local(card.closed_at).date() if card.closed_at is not None else None
    note = f". {card.outcome_note}" if is_seen and card.closed_at is not None and card.outcome_note else ""
    return LogEntry(
        number=number, came=clock.local(came),
        sender=str(card.agency or card.source) if is_seen else HIDDEN,
        family=card.full_name if is_seen else HIDDEN,
        content=card.description if is_seen else HIDDEN,
        handed_to=handed_to, result=f"{card.outcome if card.closed_at is not None else _state(card)}{note}",
        answered_on=answered,
    )  # fmt: skip


def _state(card: SignalCard) -> CardState:
    return rules.state(received=card.received_at is not None, asked=card.question is not None,
                       answered=card.answer is not None, closed=card.closed_at is not None)  # fmt: skip


def _handed(card: SignalCard) -> str:
    """Who has the card now: the territory, the family's case, a municipality beyond the bank."""
    if card.sent_out_to:
        return card.sent_out_to
    family = f", дело семьи № {card.family.number}" if card.family is not None else ""
    return f"{card.territory.name}{family}"


def _moments(period: Period) -> tuple[datetime, datetime]:
    """When a period begins, and when the day after it does, where the municipality is."""
    begins = (datetime.combine(day, time.min, tzinfo=clock.zone()) for day in (period.start, period.end + DAY))
    since, until = (moment.astimezone(UTC) for moment in begins)
    return since, until


def table(period: Period) -> Table:
    """The log of the person's territories. Raises Refusal if too many cards came."""
    found = entries(period)
    return Table(
        title=TITLE,
        subtitle=f"{', '.join(_places())}. {period.title}. Карт: {len(found)}.",
        columns=COLUMNS,
        rows=[_row(entry) for entry in found],
        notes=() if found else (NONE_CAME,),
        sheet="Журнал",
    )


def _row(entry: LogEntry) -> list[Value | Cell]:
    return [
        entry.number, words.moment(entry.came), entry.sender, entry.family,
        words.short(blanks.text(entry.content), LONGEST_TOLD), entry.handed_to,
        words.short(blanks.text(entry.result), LONGEST_RESULT), entry.answered_on,
    ]  # fmt: skip


def _places() -> list[str]:
    """The widest of the territories that the person keeps."""
    kept = access.scope().kept
    return [place.name for place, _depth in tree.read().walk() if place.id in kept and place.parent_id not in kept]
