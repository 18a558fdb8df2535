"""Rules of aid as it is told on the day it is given or later, besides those it keeps for good (`care.check_aid`)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from app.domain import intervals
from app.domain.periods import month_later
from app.domain.refusal import Refusal
from app.domain.terms import AidRhythm

LONGEST_RUN = 12  # months for which regular aid is entered at once


class Recipient(NamedTuple):
    """Who is helped, and since when until when he is of the family."""

    name: str
    joined_on: date | None
    left_on: date | None


def check_term(*, given_on: date, until: date | None, rhythm: AidRhythm | None) -> None:
    """Regular aid has its last day and how often it is given, within a year; other aid has neither."""
    if until is None and rhythm is not None:
        raise Refusal("Укажите, до какого дня помощь оказывают регулярно.", "until")
    if until is None:
        return
    if rhythm is None:
        raise Refusal("Укажите, как часто оказывают помощь.", "rhythm")
    if until < given_on:
        raise Refusal("Помощь заканчивается раньше, чем начинается.", "until")
    if until > month_later(given_on, LONGEST_RUN):
        raise Refusal("Регулярную помощь вносят не больше чем на год вперёд.", "until")


def check_amount(*, amount: Decimal | None, has_amount: bool | None) -> None:
    """A sum is told where the kind of aid has one. has_amount: None where no kind is named."""
    if amount is None or has_amount:
        return
    if has_amount is None:
        raise Refusal("Сумму указывают вместе с видом помощи.", "amount")
    raise Refusal("У этого вида помощи суммы не бывает.", "amount")


def check_recipients(recipients: Iterable[Recipient], given_on: date) -> None:
    """Whoever is helped was of the family on that day."""
    absent = [one.name for one in recipients if not intervals.holds(one.joined_on, one.left_on, given_on)]
    if absent:
        raise Refusal(f"В день помощи, {given_on:%d.%m.%Y}, не жили в семье: {', '.join(absent)}.", "recipients")


def check_on_record(*, given_on: date, registered_on: date | None, why: str | None) -> None:
    """Aid of a day before the family was first on record is told with the reason why it stands in the bank.

    registered_on: the day of the first stay; None: there was none.
    """
    if (registered_on is not None and registered_on <= given_on) or (why or "").strip():
        return
    since = f" (на учёте с {registered_on:%d.%m.%Y})" if registered_on else ""
    text = f"В этот день семья ещё не состояла на учёте{since}. Если так и было, напишите, почему помощь вносят."
    raise Refusal(text, "before_record")


def check_cut(*, given_on: date, was_until: date | None, until: date) -> None:
    """Regular aid is cut short to a day within its term."""
    if was_until is None:
        raise Refusal("Эта помощь разовая: прекращать нечего.", "until")
    if not given_on <= until < was_until:
        raise Refusal(f"Назовите день с {given_on:%d.%m.%Y}, раньше {was_until:%d.%m.%Y}.", "until")
