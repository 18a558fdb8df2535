"""The rules of a signal card: what may be sent, how far it is, and when somebody is late with it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from app.domain.refusal import Refusal
from app.domain.terms import CardState, SignalSource

MOST_CHILDREN = 20
OLDEST_CHILD = 17  # years


class Child(NamedTuple):
    """A child that a card tells of; `typed`: the name of its row in the form."""

    name: str | None
    born_on: date | None
    age: int | None
    typed: str = "children"


def state(*, received: bool, asked: bool, answered: bool, closed: bool, grouped: bool = False,
          surveyed: bool = False) -> CardState:  # fmt: skip
    """How far a card is, by what has happened to it; grouped: a group is named, surveyed: it has been there."""
    if closed:
        return CardState.CLOSED
    if not received:
        return CardState.SENT
    if asked and not answered:
        return CardState.ASKED
    if surveyed:
        return CardState.SURVEYED
    return CardState.UNDER_SURVEY if grouped else CardState.RECEIVED


def check(*, detected_at: datetime, now: datetime, born_on: date | None, today: date, source: SignalSource,
          has_agency: bool, informant: str | None, children: Sequence[Child]) -> None:  # fmt: skip
    """Raise Refusal with the field at fault if a card cannot be so. Times bear their zones."""
    if detected_at > now:
        raise Refusal("Время выявления ещё не наступило.", "detected_time")
    if born_on is not None and born_on > today:
        raise Refusal("Дата рождения ещё не наступила.", "born_on")
    if source is SignalSource.AGENCY and not has_agency:
        raise Refusal("Выберите орган, который выявил семью.", "agency")
    if source in (SignalSource.CITIZEN, SignalSource.HOTLINE) and informant is None:
        raise Refusal("Напишите, кто сообщил и как с ним связаться; если он не назвался, выберите «анонимно».",
                      "informant")  # fmt: skip
    if len(children) > MOST_CHILDREN:
        raise Refusal(f"В карте может быть не больше {MOST_CHILDREN} детей.", "children")
    for child in children:
        _check_child(child, detected_at.date(), today)


def _check_child(child: Child, detected_on: date, today: date) -> None:
    who = child.name or "Ребёнок без имени"
    if child.born_on is not None and child.born_on > today:
        raise Refusal(f"{who}: дата рождения ещё не наступила.", f"{child.typed}-born_on")
    if child.born_on is not None and child.born_on > detected_on:
        raise Refusal(f"{who}: семья выявлена раньше, чем родился ребёнок. Проверьте даты.", f"{child.typed}-born_on")
    if child.age is not None and not 0 <= child.age <= OLDEST_CHILD:
        raise Refusal(f"{who}: возраст ребёнка – от 0 до {OLDEST_CHILD} лет.", f"{child.typed}-age")
