"""What a commission ordered a body to do: the body answers, the commission takes the answer or returns it. Callers
commit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from app import access, clock
from app.domain.meetings import FARTHEST
from app.domain.refusal import Refusal
from app.extensions import db
from app.models import Instruction

ANNULLED = "Это поручение аннулировано."
NOT_GIVEN = "Заседание ещё не закрыто: поручение пока не дано."
ACCEPTED = "Ответ на это поручение уже принят."
ANSWERED = "На это поручение уже ответили: дождитесь, примет ли ответ комиссия."
NOT_ANSWERED = "На это поручение ещё не ответили."


@dataclass(frozen=True)
class Answered:
    """What a body did, as typed."""

    done_on: date
    text: str


def answer(row: Instruction, said: Answered, today: date) -> None:
    """The body answers, or whoever prepares the meetings enters its answer from paper. Raises Refusal."""
    _hold(row)
    if row.answered_at is not None:
        raise Refusal(ANSWERED)
    if said.done_on > today:
        raise Refusal("Этот день ещё не наступил.", "done_on")
    if row.given_on is not None and said.done_on < row.given_on:
        raise Refusal(f"Поручение дано {row.given_on:%d.%m.%Y}: исполнить его раньше нельзя.", "done_on")
    row.done_on, row.answer, row.returned = said.done_on, said.text, None
    row.answered_at, row.answered_by = clock.now(), access.scope().user_name
    db.session.flush()


def accept(row: Instruction) -> None:
    """The commission takes the answer. Raises Refusal."""
    _hold(row)
    if row.answered_at is None:
        raise Refusal(NOT_ANSWERED)
    row.accepted_at = clock.now()
    db.session.flush()


def give_back(row: Instruction, reason: str, due_on: date, today: date) -> None:
    """The commission returns the answer: the body answers once more, by a later day. Raises Refusal."""
    _hold(row)
    if row.answered_at is None:
        raise Refusal(NOT_ANSWERED)
    if due_on > today + FARTHEST:
        raise Refusal("Срок – не дальше двух лет: проверьте год.", "due_on")
    if due_on < today:
        raise Refusal("Этот день уже прошёл: назначьте срок не раньше сегодняшнего дня.", "due_on")
    row.returned, row.due_on, row.answered_at = reason, due_on, None
    db.session.flush()


def _hold(row: Instruction) -> None:
    """Let nobody else act on an instruction until the transaction ends. Raises Refusal if nothing is asked of it."""
    table = Instruction.__table__.c
    db.session.execute(select(table.id).where(table.id == row.id).with_for_update())
    db.session.refresh(row)
    if row.annulled_at is not None:
        raise Refusal(ANNULLED)
    if row.given_on is None:
        raise Refusal(NOT_GIVEN)
    if row.accepted_at is not None:
        raise Refusal(ACCEPTED)
