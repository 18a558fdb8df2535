"""What a commission ordered a body to do: the body answers, the commission takes the answer or returns it. Callers
commit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app import access, clock, guard
from app.domain.meetings import FARTHEST
from app.domain.refusal import Refusal
from app.extensions import db, hold_row
from app.models import Agency, Instruction, TypicalInstruction
from app.render import scans
from app.services import papers

ANNULLED = "Это поручение аннулировано."
NOT_GIVEN = "Заседание ещё не закрыто: поручение пока не дано."
ACCEPTED = "Ответ на это поручение уже принят."
ANSWERED = "На это поручение уже ответили: дождитесь, примет ли ответ комиссия."
NOT_YOURS = "На это поручение отвечаете не вы."
NOT_ANSWERED = "На это поручение ещё не ответили."


@dataclass(frozen=True)
class Answered:
    """What a body did, as typed."""

    done_on: date
    text: str


class Typical(NamedTuple):
    """An instruction of the list as one meeting may give it; agency: the first body of its kind, if there is one."""

    key: str
    text: str
    agency: Agency | None
    due_on: date


def typical(held_on: date, bodies: Iterable[Agency]) -> list[Typical]:
    """The list of instructions for a meeting of a day. bodies: those that it may order something, the nearest first."""
    first: dict[str, Agency] = {}
    for body in bodies:
        first.setdefault(body.kind.kind, body)
    asked = select(TypicalInstruction).where(TypicalInstruction.retired.is_(False))
    rows = db.session.scalars(
        asked.order_by(TypicalInstruction.position, TypicalInstruction.id).options(
            joinedload(TypicalInstruction.agency_kind)
        )
    )
    return [
        Typical(str(row.id), row.name, first.get(row.agency_kind.kind) if row.agency_kind else None,
                held_on + timedelta(days=row.days))
        for row in rows
    ]  # fmt: skip


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


def bring(row: Instruction, files: Iterable[tuple[str, scans.Inspected]]) -> None:
    """Scans come with the answer, before it is accepted, from whoever may write it. Raises Refusal."""
    _hold(row)
    if row.answered_at is None:
        raise Refusal(NOT_ANSWERED)
    if not guard.may_write(row):
        raise Refusal(NOT_YOURS)
    with access.acting_as(
        replace(access.scope(), everything=True)
    ):  # a body does not see the meeting that a scan names
        for name, scan in files:
            papers.attach_to_instruction(row, name, scan)


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
    hold_row(Instruction, row.id)
    db.session.refresh(row)
    if row.annulled_at is not None:
        raise Refusal(ANNULLED)
    if row.given_on is None:
        raise Refusal(NOT_GIVEN)
    if row.accepted_at is not None:
        raise Refusal(ACCEPTED)
