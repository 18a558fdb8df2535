"""What is due to a person, of whatever kind: one list of sources, each of which tells its things by the day.

«Сегодня», the calendar of deadlines and the address of the calendar read everything from here. A further kind of
things that are due is one more `DueSource` in `SOURCES`; when a clock ends is said by `domain.deadlines` alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date

from app.domain.periods import Period
from app.domain.terms import Role
from app.readings.clocks import DeadlinesInUse
from app.readings.due import cards, inquiries, instructions, programmes, reports, stays, surveys
from app.readings.due.kinds import DaysAsked, Due

REPORTS = "reports"

__all__ = ["REPORTS", "SOURCES", "DaysAsked", "Due", "DueSource", "by_day", "earliest", "lines", "reports", "served"]


@dataclass(frozen=True)
class DueSource:
    """A kind of things that are due: what it is called, whom it concerns, its things and how many there are of a day.

    lines: the earliest first, as many as are asked for. counts: by the last good day.
    """

    name: str
    title: str
    roles: tuple[Role, ...]
    lines: Callable[[DaysAsked], Iterable[Due]]
    counts: Callable[[Period, DeadlinesInUse], Counter[date]]


SOURCES = (
    DueSource("cards", "Сигнальные карты", (Role.COORDINATOR, Role.SPECIALIST), cards.lines, cards.counts),
    DueSource("surveys", "Обследования", (Role.COORDINATOR, Role.COMMISSION, Role.SPECIALIST), surveys.lines,
              surveys.counts),
    DueSource("inquiries", "Запросы ведомствам", (Role.COORDINATOR, Role.COMMISSION, Role.SPECIALIST), inquiries.lines,
              inquiries.counts),
    DueSource("stays", "Сроки по семьям", (Role.COORDINATOR, Role.SECRETARY, Role.COMMISSION), stays.lines,
              stays.counts),
    DueSource("instructions", "Поручения комиссии", (Role.COORDINATOR, Role.SECRETARY, Role.SPECIALIST),
              instructions.lines, instructions.counts),
    DueSource("programmes", "Программы реабилитации", (Role.COORDINATOR, Role.SECRETARY, Role.SPECIALIST),
              programmes.lines, programmes.counts),
    DueSource(REPORTS, "Отчёты", (Role.COORDINATOR, Role.SPECIALIST, Role.REGION), reports.lines, reports.counts),
)  # fmt: skip


def served(roles: Collection[str]) -> list[DueSource]:
    """The sources of a person with these roles of the code."""
    return [one for one in SOURCES if set(one.roles) & set(roles)]


def lines(sources: Iterable[DueSource], asked: DaysAsked) -> list[Due]:
    """What is due, the earliest first."""
    return earliest((one for source in sources for one in source.lines(asked)), asked.most)


def earliest(found: Iterable[Due], most: int) -> list[Due]:
    """The first of some things by the last good moment of each."""
    return sorted(found, key=lambda one: (one.last_moment, one.key or 0))[:most]


def by_day(sources: Iterable[DueSource], period: Period) -> dict[date, dict[str, int]]:
    """How many things of each source are due on each day of a period; days with nothing are left out."""
    deadlines = DeadlinesInUse.read()
    found: dict[date, dict[str, int]] = {}
    for source in sources:
        for day, number in sorted(source.counts(period, deadlines).items()):
            found.setdefault(day, {})[source.name] = number
    return found
