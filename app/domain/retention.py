"""How long the facts of a family are kept, and what of them may be destroyed (152-ФЗ, ст. 5 и 21; приказ РКН № 179).

Rules are rows of a dictionary: several may speak of one kind of case, and then the latest day counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple

from app.domain import ages, periods
from app.domain.refusal import Refusal
from app.domain.terms import KeptKind, TermUnit

FEWEST_MEMBERS = 3
MOST_AT_ONCE = 100  # cases of one act
LONGEST_TERM = 100  # years
ON_RECORD = "Семья № {number} состоит на учёте: сведения о ней уничтожать нельзя."
NOT_DUE = "{case}: срок хранения ещё не истёк."
ON_HOLD = "{case}: {reason}."
ALREADY = "{case}: сведения уже уничтожены."
NOBODY_CHOSEN = "Выберите, что уничтожить."
TOO_MANY = f"В одном акте не больше {MOST_AT_ONCE} дел: выберите меньше."
TOO_FEW_MEMBERS = (
    f"Комиссия – не меньше {FEWEST_MEMBERS} человек: каждый на своей строке, фамилия с именем, запятая, должность."
)
TWO_PEOPLE = "Подтверждает другой человек, не тот, кто подготовил акт."


class RuleOfKeeping(NamedTuple):
    """A rule: how long after the work with a case has ended it is kept; until_adult: and till the youngest is 18."""

    kind: KeptKind
    name: str
    term: int
    unit: TermUnit
    until_adult: bool = False


class DueDay(NamedTuple):
    """From which day a case may be destroyed, and by which rule."""

    day: date
    reason: str


def due(rules: Iterable[RuleOfKeeping], kind: KeptKind, ended_on: date, youngest: date | None) -> DueDay | None:
    """From which day a case is to be destroyed; None: no rule speaks of such cases, so they are kept.

    ended_on: the day on which the work with it ended. youngest: the birth date of the youngest person, if known.
    """
    days = [DueDay(_day(rule, ended_on, youngest), rule.name) for rule in rules if rule.kind is kind]
    return max(days, key=lambda one: one.day, default=None)


def _day(rule: RuleOfKeeping, ended_on: date, youngest: date | None) -> date:
    day = after(ended_on, rule.term, rule.unit)
    return max(day, ages.birthday(youngest, ages.MAJORITY)) if rule.until_adult and youngest else day


def after(day: date, term: int, unit: TermUnit) -> date:
    """The day on which a term that begins on a day is over."""
    if unit is TermUnit.DAY:
        return day + timedelta(days=term)
    return periods.month_later(day, term * 12 if unit is TermUnit.YEAR else term)


def commission(text: str) -> list[tuple[str, str]]:
    """Who destroys, by name and post: a line for each. Raises Refusal."""
    people = [tuple(map(str.strip, line.partition(",")[::2])) for line in text.splitlines() if line.strip()]
    if len(people) < FEWEST_MEMBERS or not all(name and post for name, post in people):
        raise Refusal(TOO_FEW_MEMBERS, "commission")
    if len({name.casefold() for name, _post in people}) < len(people):
        raise Refusal("Один человек назван в комиссии дважды.", "commission")
    return [(name, post) for name, post in people]


def check_rule(*, number: int | None, unit: TermUnit | None) -> None:
    """A rule has a term that can be counted. Raises Refusal."""
    if number is None or number < 0:
        raise Refusal("Срок – целое число, не меньше нуля.", "number")
    if unit is not None and after(date(2000, 1, 1), min(number, 99_999), unit) > date(2000 + LONGEST_TERM, 1, 1):
        raise Refusal(f"Срок не больше {LONGEST_TERM} лет.", "number")


def check_until(until: date | None, today: date) -> None:
    """A hold that somebody tells now lasts. Raises Refusal."""
    if until is None or until <= today:
        raise Refusal("Укажите день, который ещё не наступил.", "until")


def check_hold(*, until: date | None, reason: str | None) -> None:
    """A hold says until when, and why. Raises Refusal."""
    if until is not None and until > periods.LATEST:
        raise Refusal(f"День не позже {periods.LATEST:%d.%m.%Y}.", "until")
    if not (reason or "").strip():
        raise Refusal("Напишите, почему дело нельзя уничтожить.", "reason")
