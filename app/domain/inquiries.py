"""The rules of what bodies are asked about a family that is surveyed, and of what they tell."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Protocol, TypeVar

from app.domain.refusal import Refusal
from app.domain.terms import InquiryState

SCHEME = "rt"  # of the kinds of bodies that an act of survey speaks of
MOST_AT_ONCE = 30  # bodies asked by one form
LONGEST_WAIT = timedelta(days=366)
USUAL_WAIT = 3  # working days, where the municipality sets no deadline of its own
# A special institution answers under the body of social aid: both are «kind» of dictionaries of bodies.
ANSWERS_AS = {"SOCIAL_INSTITUTION": "SOCIAL"}
HEALTH = "HEALTH"  # the kind of bodies whose words are bound by medical secrecy (323-ФЗ, статья 13)


class AskedKind(Protocol):
    """A row of the dictionary of kinds of bodies."""

    @property
    def id(self) -> int: ...
    @property
    def kind(self) -> str: ...


AnyKind = TypeVar("AnyKind", bound=AskedKind)


def state(*, answered_at: datetime | None, knows_nothing: bool, closed_at: datetime | None) -> InquiryState:
    """How far an inquiry is."""
    if closed_at is not None:
        return InquiryState.CLOSED
    if answered_at is None:
        return InquiryState.WAITING
    return InquiryState.NOTHING if knows_nothing else InquiryState.ANSWERED


def is_overdue(*, answered_at: datetime | None, due_on: date, today: date) -> bool:
    """Whether the last good day has passed without an answer."""
    return answered_at is None and today > due_on


def check_due(due_on: date, today: date) -> None:
    """Raise Refusal if nobody could answer by a day."""
    if due_on < today:
        raise Refusal("День ответа уже прошёл: укажите сегодняшний или более поздний.", "due_on")
    if due_on > today + LONGEST_WAIT:
        raise Refusal("Ответа ждут не дольше года: проверьте день.", "due_on")


def check_told(told_on: date, today: date) -> None:
    """Raise Refusal if a body cannot have told it on that day."""
    if told_on > today:
        raise Refusal("Этот день ещё не наступил.", "told_on")


def kind_among(own: AnyKind, kinds: Sequence[AnyKind]) -> AnyKind:
    """Under which kind a body tells what it knows: of the bodies that are asked the one like it, else its own."""
    wanted = ANSWERS_AS.get(own.kind, own.kind)
    return next((kind for kind in kinds if kind.kind == wanted), own)
