"""The criteria of a stay on record over its days: which are in force on a day, and how they become others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, NamedTuple, Protocol, TypeVar

from app.domain.intervals import holds
from app.domain.refusal import Refusal

NO_CRITERION = "Укажите хотя бы один критерий; первый считается основным (раздел 2 Положения)."


@dataclass(frozen=True)
class DatedCriterion:
    """A criterion of a stay on the days when it is in force. position: 0 of the main one; key: of its row."""

    position: int
    criterion: Any
    since: date
    until: date | None = None
    key: int = 0


class OnDays(Protocol):
    """What bears a criterion on some days: a row of the bank, or its plain values."""

    @property
    def position(self) -> int: ...
    @property
    def criterion(self) -> Any: ...
    @property
    def since(self) -> date: ...
    @property
    def until(self) -> date | None: ...


Row = TypeVar("Row", bound=OnDays)


class CriteriaOfDays(NamedTuple):
    """The rows in force between two changes, the main one first, and the decision by which they are.

    until: the day from which others are in force, or the day of removal; None while they are in force.
    """

    since: date
    until: date | None
    rows: list[Any]
    decision: Any


def rows_on(dated: Iterable[Row], day: date | None = None) -> list[Row]:
    """The rows in force at the end of a day, the main one first; of no day: those that have not ended."""
    found = [one for one in dated if (holds(one.since, one.until, day) if day else one.until is None)]
    return sorted(found, key=lambda one: one.position)


def in_force(dated: Iterable[OnDays], day: date | None = None) -> list[Any]:
    """The criteria of `rows_on`."""
    return [one.criterion for one in rows_on(dated, day)]


def days_of_change(dated: Iterable[OnDays], registered_on: date) -> list[date]:
    """The days on which the criteria of a stay were changed, in order."""
    return sorted({day for one in dated for day in (one.since, one.until) if day is not None and day != registered_on})


def check_criteria(dated: Sequence[DatedCriterion], registered_on: date, removed_on: date | None) -> None:
    """On every day of a stay its criteria stand in their places without a gap, none of them twice (раздел 2)."""
    _check_days(dated, registered_on)
    changed = days_of_change(dated, registered_on)
    if changed and changed[0] < registered_on:
        text = f"Критерий действует с {changed[0]:%d.%m.%Y}, а семья поставлена на учёт {registered_on:%d.%m.%Y}."
        raise Refusal(text, "registered_on")
    if changed and removed_on is not None and removed_on <= changed[-1]:
        raise Refusal(f"Критерии изменены {changed[-1]:%d.%m.%Y}: семья снята с учёта позже этого дня.", "removed_on")
    for day in (registered_on, *changed):
        criteria = in_force(dated, day)
        if not criteria:
            raise Refusal(f"С {day:%d.%m.%Y} у семьи нет ни одного критерия.", "criteria")
        if len(set(criteria)) < len(criteria):
            raise Refusal(f"С {day:%d.%m.%Y} один критерий стоит дважды.", "criteria")
        places = sorted(one.position for one in dated if holds(one.since, one.until, day))
        if places != list(range(len(places))):
            text = f"С {day:%d.%m.%Y} критерии стоят не по порядку: основной из них – один, и он первый."
            raise Refusal(text, "criteria")


def _check_days(dated: Iterable[DatedCriterion], registered_on: date) -> None:
    """What ends was in force on some day of the stay."""
    for one in dated:
        if one.until is not None and one.until <= max(one.since, registered_on):
            text = f"Критерии изменены {one.until:%d.%m.%Y}: семья поставлена на учёт раньше этого дня."
            raise Refusal(text, "registered_on")


@dataclass
class Rewriting:
    """What is written to give a stay other criteria from a day on: rows by their keys, criteria by their places.

    ends: rows that no longer hold from the day; begins: criteria that begin on it. Of a mistake also: names: rows that
    name another criterion, drops: rows that never were, resumes: rows that do not end.
    """

    day: date
    ends: list[int] = field(default_factory=list)
    begins: list[tuple[int, Any]] = field(default_factory=list)
    names: list[tuple[int, Any]] = field(default_factory=list)
    drops: list[int] = field(default_factory=list)
    resumes: list[int] = field(default_factory=list)


def rewritten(dated: Iterable[DatedCriterion], day: date, criteria: Sequence[Any]) -> Rewriting:
    """Other criteria from a day on, on which nothing was changed yet or which is that of the last change.

    A row that stays as it is is not touched; what was in force before the day stays as it was.
    """
    dated, made = list(dated), Rewriting(day)
    held = {one.position: one for one in dated if one.until is None}
    until_day = {one.position: one for one in dated if one.until == day}
    wanted = dict(enumerate(dict.fromkeys(criteria)))
    for position in sorted(held.keys() | wanted.keys()):
        now, before = held.get(position), until_day.get(position)
        if now is not None and now.criterion == wanted.get(position, now):
            continue
        begun_then = now is not None and now.since == day
        if before is not None and before.criterion == wanted.get(position, before):
            made.resumes.append(before.key)
        elif begun_then and now is not None and position in wanted:
            made.names.append((now.key, wanted[position]))
            continue
        elif position in wanted:
            made.begins.append((position, wanted[position]))
        if now is not None:
            (made.drops if begun_then else made.ends).append(now.key)
    return made


def corrected(dated: Sequence[DatedCriterion], registered_on: date, criteria: Sequence[Any]) -> Rewriting:
    """What is written where the criteria in force were entered with a mistake: as they were since the last change.

    Those before it stay as they are; a change that never was is annulled with its decision.
    """
    _check_days(dated, registered_on)
    changed = days_of_change(dated, registered_on)
    if not criteria:
        raise Refusal(NO_CRITERION, "criteria")
    if changed and in_force(dated, changed[-1] - timedelta(days=1)) == list(dict.fromkeys(criteria)):
        text = f"Так критерии и стояли до {changed[-1]:%d.%m.%Y}: аннулируйте постановление, которым они изменены."
        raise Refusal(text, "criteria")
    return rewritten(dated, changed[-1] if changed else registered_on, criteria)
