"""What an invented family stands on: its district, the dictionaries, its people, its stays on record."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from random import Random
from typing import Any, NamedTuple, Protocol

from app.demo import names as invented
from app.demo.scripts import (
    DAY,
    FIVE_YEARS,
    SUCCESS,
    Script,
)
from app.domain import ages, intervals
from app.domain.terms import ParentalRole, Sex

Row = dict[str, Any]


class Rows(Protocol):
    """Where rows are gathered, with ids given out."""

    rows: defaultdict[str, list[Row]]

    def add(self, table: str, **values: Any) -> int: ...


@dataclass
class District:
    """Where families live: ids of its places and bodies."""

    id: int
    settlements: list[tuple[int, invented.Settlement]] = field(default_factory=list)
    performers: dict[str, list[int]] = field(default_factory=dict)  # code of the kind → agencies
    schools: dict[int, list[tuple[int, str]]] = field(default_factory=dict)  # settlement → (agency, name)
    mentors: list[int] = field(default_factory=list)  # employees
    commission: list[int] = field(default_factory=list)  # employees of the commission
    numbers: Iterator[int] = field(default_factory=lambda: count(1))


@dataclass(frozen=True)
class Ground:
    """What every family stands on: the day and the ids of dictionary rows by table and code."""

    today: date
    ids: dict[str, dict[str, int]]
    roles: dict[str, tuple[int, ParentalRole]]  # name of the relationship → id, place on the card
    next_id: Callable[[str], int]


@dataclass
class Character:
    """A member while the life is being told."""

    id: int
    name: invented.Name
    role: str
    sex: Sex
    born_on: date
    joined_on: date | None = None
    left_on: date | None = None
    workplace: str | None = None
    child: bool = False
    patronymic_of: int = 0
    schooling: list[tuple[date, str, str | None, str | None]] = field(default_factory=list)

    def present(self, day: date) -> bool:
        return self.born_on <= day and intervals.holds(self.joined_on, self.left_on, day)

    def minor(self, day: date) -> bool:
        return self.present(day) and ages.is_minor(self.born_on, day)

    def status(self, day: date) -> str | None:
        """The code of the education status on a day."""
        held = None
        for started, status, _school, _grade in self.schooling:
            if started > day:
                break
            held = status
        return held


class Stay(NamedTuple):
    """A stay on record and the code of the reason it ended for."""

    start: date
    end: date | None
    reason: str | None


def weekday(day: date) -> date:
    """The last working weekday not after a day: commissions do not sit at weekends."""
    return day - DAY * max(0, day.weekday() - 4)


def stays_of(rng: Random, script: Script, today: date) -> list[Stay]:
    """When the family stood on record within the five years before today, in order."""
    lengths = [rng.randint(80, 700 // script.stays + 100) for _ in range(script.stays)]
    gaps = [rng.randint(30, 600 // script.stays) for _ in range(script.stays - 1)]
    if script.end is None:
        lengths[-1] = 14 if script.clock in ("running", "overdue") else int(8 + 900 * rng.random() ** 1.6)
    total = sum(lengths) + sum(gaps)
    tail = rng.randint(1, max(1, 14 if script.recent else FIVE_YEARS - total)) if script.end else 0
    day = today - DAY * min(FIVE_YEARS - 7, total + tail)
    found = []
    for index, length in enumerate(lengths):
        start, end = weekday(day), weekday(day + DAY * length)
        last = index == script.stays - 1
        reason = script.end if last else SUCCESS
        found.append(Stay(start, end if reason else None, reason))
        day = end + DAY * (0 if last else gaps[index])
    return found
