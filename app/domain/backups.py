"""Copies of the bank: how their files are called, which of them are kept, and when their keeping is told to be poor."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

DAYS, WEEKS, MONTHS = 7, 5, 12  # how many days, weeks and months back one copy each is kept
OLDEST_PROVED = timedelta(days=2)  # a bank whose last proved copy is older is told to be in danger
BETWEEN_TRIES = timedelta(hours=1)
LONGEST_KEPT = "13 месяцев"  # after which no copy of a moment is left in the folders: 12 months and the current one
SUFFIX = ".patronat"
_NAME = re.compile(r"patronat-(\d{4}-\d{2}-\d{2}-\d{6})\.patronat")
_STAMP = "%Y-%m-%d-%H%M%S"


def file_name(moment: datetime) -> str:
    """The name of a copy made at a moment of the municipality's clock."""
    return f"patronat-{stamp(moment)}{SUFFIX}"


def stamp(moment: datetime) -> str:
    """A moment as part of the name of a file."""
    return f"{moment:{_STAMP}}"


def moment_of(name: str) -> datetime | None:
    """The moment in the name of a copy, without a zone; None: the file is no copy of ours."""
    found = _NAME.fullmatch(name)
    try:
        return datetime.strptime(found[1], _STAMP) if found else None  # noqa: DTZ007  the municipality's own clock
    except ValueError:
        return None


def kept(names: Iterable[str]) -> set[str]:
    """Of the copies in a folder those that stay: the last of each of 7 days, 5 weeks and 12 months that have one."""
    dated = sorted(((moment, name) for name in names if (moment := moment_of(name)) is not None), reverse=True)
    stay: set[str] = set()
    ways = ((DAYS, "%Y-%m-%d"), (WEEKS, "%G-%V"), (MONTHS, "%Y-%m"))
    for most, form in ways:
        last_of: dict[str, str] = {}
        for moment, name in dated:
            last_of.setdefault(moment.strftime(form), name)
        stay.update(list(last_of.values())[:most])
    return stay


def superfluous(names: Iterable[str]) -> list[str]:
    """Of the files in a folder the copies whose time is over; whatever else lies there is not ours to remove."""
    ours = {name for name in names if moment_of(name) is not None}
    return sorted(ours - kept(ours))


def gone_on(names: Iterable[str], moment: datetime) -> date:
    """The first day on which none of these copies, all made before a moment, is left, if one is made every night.

    names: of the files in the folders of copies; one made just now is thought to be among them.
    """
    have = {name for name in names if moment_of(name) is not None} | {file_name(moment)}
    old, day = set(have), moment
    while old:
        day += timedelta(days=1)
        have = kept(have | {file_name(day)})
        old &= have
    return day.date()


def is_due(moment: datetime, at: time, last_proved: datetime | None, last_try: datetime | None) -> bool:
    """Whether the copy of the night is to be made: its hour has come, none was proved since, and the last try is an
    hour old. A bank that has no copy yet waits for its first hour. Moments of one zone."""
    hour = datetime.combine(moment.date(), at, tzinfo=moment.tzinfo)
    if moment < hour:
        hour -= timedelta(days=1)
        if last_try is None:
            return False
    if last_proved is not None and last_proved >= hour:
        return False
    return last_try is None or moment - last_try >= BETWEEN_TRIES


def is_endangered(moment: datetime, last_proved: datetime | None) -> bool:
    """Whether too long no copy was proved."""
    return last_proved is None or moment - last_proved > OLDEST_PROVED
