"""The closing of a meeting is undone, with the reason, as long as nothing has followed from it. Callers commit."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ColumnElement, select

from app import clock
from app.domain.refusal import Refusal
from app.domain.terms import DecisionKind, TransferState
from app.extensions import db
from app.models import AgendaItem, Decision, Meeting, Registration, SignalCard
from app.services import meetings, registrations, signals, transfers
from app.services.sitting import by_the_commission

LATER = "после закрытия о семье внесено постановление {decision}"
NOT_CLOSED = "Это заседание не закрыто."
ANSWERED = "на поручение уже ответили: {agency}"
ENTERED = "семья уже внесена в банк {day:%d.%m.%Y}: отменить постановку можно только аннулированием"
RECEIVED = "дело уже принято: {whither}"
CARD_WENT_ON = "с сигнальной картой после закрытия уже работали"


def reopen(meeting: Meeting, reason: str, today: date) -> None:
    """Undo the closing of a meeting: all of it or nothing. Raises Refusal that names the item something has followed
    from: that is mended by a correcting decision of a later meeting."""
    meetings.hold(meeting, closed=True)
    if meeting.closed_at is None:
        raise Refusal(NOT_CLOSED)
    for item in reversed(meeting.items):
        named = f"Вопрос {item.position} «{item.title}»"  # nothing is read any more after the database was asked
        try:
            _check_nothing_followed(item)
            with by_the_commission():
                _undo(item, reason, today)
        except Refusal as refusal:
            raise Refusal(f"{named}: {refusal.text}") from refusal
    meeting.closed_at, meeting.closed_by, meeting.reopened = None, None, reason
    db.session.flush()


def _check_nothing_followed(item: AgendaItem) -> None:
    for order in item.instructions:
        if order.answered_at is not None:
            raise Refusal(ANSWERED.format(agency=order.agency))
    if item.decision is None:
        return
    later = select(Decision).where(
        Decision.family_id == item.family_id, Decision.annulled_at.is_(None),
        Decision.created_at > item.decision.created_at, Decision.id.not_in(_of_meeting(item.meeting)),
    )  # fmt: skip
    if (row := db.session.scalars(later.limit(1)).first()) is not None:
        raise Refusal(LATER.format(decision=row))


def _of_meeting(meeting: Meeting) -> list[int]:
    return [item.decision_id for item in meeting.items if item.decision_id is not None]


def _undo(item: AgendaItem, reason: str, today: date) -> None:
    if item.decision is not None:
        _undo_decision(item, item.decision, reason, today)
    if item.card_id is not None:
        with signals.anywhere():  # the decision may have sent it on to another's territory
            _undo_card(item, db.session.get_one(SignalCard, item.card_id))
    for order in item.instructions:
        order.given_on = None
    item.decision, item.number = None, None
    db.session.flush()


def _undo_decision(item: AgendaItem, decision: Decision, reason: str, today: date) -> None:
    """What rests on a decision goes first: a stay that it began, the end of a stay that it ended, a transfer."""
    if decision.kind is DecisionKind.PLACE:
        for stay in _stays(Registration.decision_id == decision.id):
            if stay.entered_on is not None:
                raise Refusal(ENTERED.format(day=stay.entered_on))
            registrations.annul(stay, reason=reason, today=today)
    if decision.kind is DecisionKind.REMOVE:
        for stay in _stays(Registration.removal_decision_id == decision.id):
            registrations.resume(stay, item.note, today)
    if decision.kind is DecisionKind.REDIRECT and (transfer := transfers.of_decision(decision)) is not None:
        if transfer.state is TransferState.RECEIVED:
            raise Refusal(RECEIVED.format(whither=transfer.whither))
        transfers.call_off(transfer, reason)
    registrations.annul(decision, reason=reason, today=today)


def _stays(condition: ColumnElement[bool]) -> list[Registration]:
    asked = select(Registration).where(condition, Registration.annulled_at.is_(None))
    return list(db.session.scalars(asked))


def _undo_card(item: AgendaItem, card: SignalCard) -> None:
    """The card goes back to where it lay, if the meeting was the last to do something with it."""
    if card.territory_id == item.to_territory_id and card.received_at is not None:
        raise Refusal(CARD_WENT_ON)
    last = signals.last_step(card)
    if last is not None and signals.decided_by_meeting(card, last):
        signals.take_back(card, last)
        return
    closed_at = item.meeting.closed_at
    if card.closed_at is not None and closed_at is not None and clock.in_utc(card.closed_at) >= clock.in_utc(closed_at):
        raise Refusal(CARD_WENT_ON)
