"""Dates, years, ages and amounts as people write them in tables, and what of them is no guess."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import NamedTuple

from app.domain.ages import full_years

OLDEST, YOUNGEST_PARENT, OLDEST_CHILD = 100, 12, 25
FIRST_SERIAL, LAST_SERIAL = 3654, 73050  # days of Excel from 1910 to 2099
_MONTHS = ("янв", "фев", "мар", "апр", "ма", "июн", "июл", "авг", "сен", "окт", "ноя", "дек")
_AFTER = r"(?:\s*(?:г\.?\s*р\.?|г\.?\s*рожд\w*\.?|год\w*\s+рожд\w*\.?|года|год|г)(?![^\W\d_])\.?)?"
_NAMES = r"(?:янв|фев|мар|апр|ма[йя]|июн|июл|авг|сен|окт|ноя|дек)[а-яё]*"
_BETWEEN = r"\s?[./,-]{1,2}\s?"
_DAY = re.compile(
    r"(?<![\d.])[«\"]?(?P<day>\d{1,2})"
    rf"(?:{_BETWEEN}(?P<month>\d{{1,2}}|о\d|[IVXІХ]{{1,4}}){_BETWEEN}|[»\".]?\s*(?P<name>{_NAMES})[.,]?\s*"
    r"|\s(?P<spaced>(?:0\d|1[0-2]))\s(?=(?:19|20)\d\d))"
    rf"(?P<year>\d{{4}}|\d{{2}})(?!\d|[./]\d){_AFTER}",
    re.IGNORECASE,
)
_ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")
_DIGIT = re.compile(r"\d")
# «1. 04.04.2015»: the number of a line before a whole date.
_NUMBER_OF_LINE = re.compile(r"^\s*\d{1,2}[.)]\s+(?=\d{1,2}[./]\d{1,2}[./]\d{2,4})", re.MULTILINE)
_ISO = re.compile(r"(?P<year>\d(?<!\d\d)\d{3})[-.](?P<month>\d{2})[-.](?P<day>\d{2})(?:[T ]00:00(?::00)?)?(?!\d)")
_YEAR = re.compile(rf"(?<![\d./№-])(?P<year>(?:19|20)\d{{2}})(?![\d/]|\.\d|-\d){_AFTER}", re.IGNORECASE)
_AGE = re.compile(
    r"(?<![\d.,/-])(?P<age>\d{1,2})\s*(?:полных\s+)?(?:лет|года?|г\.?|л\.?)(?![^\W\d_])(?!\s*р)", re.IGNORECASE
)
_MONTHS_OLD = re.compile(r"(?<![\d.])(?P<months>\d{1,2})\s*мес\w*\.?", re.IGNORECASE)
_SUM = re.compile(r"\d[\d\s\u00a0\u202f]*(?:[.,]\d{1,2})?")


class Time(NamedTuple):
    """When somebody was born, as far as a text tells: the day, or the year alone, or the age alone.

    start, end: where in the text it stands; odd: what it looks like, if no day of the calendar is meant for sure.
    """

    day: date | None = None
    year: int | None = None
    age: int | None = None
    start: int = 0
    end: int = 0
    odd: str | None = None

    @property
    def told(self) -> str:
        """What is known beside a day."""
        if self.day is not None:
            return f"{self.day:%d.%m.%Y}"
        if self.odd:
            return self.odd
        return f"{self.year} г.р." if self.year else f"возраст {self.age}" if self.age is not None else ""


class Ages(NamedTuple):
    """The ages between which a reading of two digits of a year makes sense."""

    youngest: int = 0
    oldest: int = OLDEST


ANYONE, CHILD, PARENT = Ages(), Ages(0, OLDEST_CHILD), Ages(YOUNGEST_PARENT, OLDEST)


def births(text: str, on: date, ages: Ages = ANYONE) -> list[Time]:
    """Every birth date of a text in its order, or year or age; an age beside a date is its comment."""
    if not _DIGIT.search(text):
        return []
    text = _NUMBER_OF_LINE.sub(lambda number: " " * len(number[0]), text)
    found = [_born(match, text, on, ages) for match in _matches(text, _ISO, _DAY)]
    taken = [(time.start, time.end) for time in found]
    for match in _YEAR.finditer(text):
        if _free(match, taken) and int(match["year"]) <= on.year:
            found.append(Time(year=int(match["year"]), start=match.start(), end=match.end()))
            taken.append(match.span())
    if not found:
        found += [Time(age=int(m["age"]), start=m.start(), end=m.end()) for m in _AGE.finditer(text)]
        found += [
            Time(age=int(m["months"]) // len(_MONTHS), start=m.start(), end=m.end())
            for m in _MONTHS_OLD.finditer(text)
            if _free(m, [(each.start, each.end) for each in found])
        ]
    return sorted(found, key=lambda time: time.start)


def without_times(text: str) -> str:
    """A text without its dates, years and ages."""
    for pattern in (_ISO, _DAY, _YEAR, _AGE, _MONTHS_OLD):
        text = pattern.sub(" ", text)
    return text


def _matches(text: str, *patterns: re.Pattern[str]) -> Iterator[re.Match[str]]:
    if not _DIGIT.search(text):
        return
    taken: list[tuple[int, int]] = []
    for pattern in patterns:
        for match in pattern.finditer(text):
            if _free(match, taken):
                taken.append(match.span())
                yield match


def _free(match: re.Match[str], taken: list[tuple[int, int]]) -> bool:
    return all(match.end() <= start or match.start() >= end for start, end in taken)


def _born(match: re.Match[str], text: str, on: date, ages: Ages) -> Time:
    start, end = match.span()
    days = [day for day in _readings(match) if day <= on and ages.youngest <= full_years(day, on) <= ages.oldest]
    if len(days) == 1:
        return Time(day=days[0], start=start, end=end)
    readable = [day for day in _readings(match) if day <= on]
    if len(match["year"]) == 4 and readable:
        return Time(
            day=readable[0], start=start, end=end
        )  # nothing is guessed: whether it can be true is asked elsewhere
    return Time(odd=text[start:end].strip(), start=start, end=end)


def _readings(match: re.Match[str]) -> list[date]:
    """The days that a date may mean: of two digits of a year, in each century."""
    found = match.groupdict()
    month = _month(found.get("name") or found.get("spaced") or found["month"])
    years = [int(found["year"])] if len(found["year"]) == 4 else [1900 + int(found["year"]), 2000 + int(found["year"])]
    days = []
    for year in years:
        try:
            days.append(date(year, month, int(found["day"])))
        except ValueError:
            continue
    return days


def _month(word: str) -> int:
    """The month that a number, a Roman number or a word says; 0: none. A letter «О» may stand for a nought."""
    if word[-1].isdecimal():
        return int(word[-2:].casefold().replace("о", "0"))
    roman = word.upper().replace("І", "I").replace("Х", "X")
    if roman in _ROMAN:
        return _ROMAN.index(roman) + 1
    folded = word.casefold()
    if folded.startswith("мар"):
        return 3
    return next((number for number, name in enumerate(_MONTHS, start=1) if folded.startswith(name)), 0)


class ActDay(NamedTuple):
    """A day of an act in a text, and where it stands. odd: it looks like a date and is none."""

    day: date | None
    start: int
    end: int
    odd: str | None = None


@lru_cache(maxsize=1 << 12)  # the families of one meeting share their decision
def days(text: str, on: date) -> tuple[ActDay, ...]:
    """Every day of a text that speaks of acts, not of births: two digits of a year are of this century if it may be."""
    found = []
    for match in _matches(text, _ISO, _DAY):
        readings = [day for day in _readings(match) if 1900 <= day.year <= on.year + 2]
        near = [day for day in readings if day.year >= 1980] or readings
        day = max(near) if near else None
        odd = None if day else text[match.start() : match.end()].strip()
        found.append(ActDay(day, match.start(), match.end(), odd))
    return tuple(sorted(found, key=lambda event: event.start))


def numbered_day(text: str) -> bool:
    """Whether a text has a day, and so may tell of a decision."""
    return any(True for _ in _matches(text, _ISO, _DAY))


def of_serial(number: float) -> date | None:
    """The day that Excel keeps as a number, if it may be one of a living person."""
    if number == int(number) and FIRST_SERIAL <= number <= LAST_SERIAL:
        return date(1899, 12, 30) + timedelta(days=int(number))
    return None


def amount(text: str) -> Decimal | None:
    """An amount of roubles as people write it: «10 тыс.», «8000 рублей», «5 190,90 ₽»; words alone are no amount."""
    found = _SUM.findall(text)
    if len(found) != 1:
        return None
    around = re.sub(r"\s+", " ", _SUM.sub(" ", text)).strip(" .,").casefold()
    known = re.fullmatch(
        r"(?:около |примерно |ок\.? |до |от )?(тыс\.?|тысяч[аи]?|т\.?\s?р?)?\.? ?(руб\w*\.?|р\.?|₽)?", around
    )
    if known is None or around.startswith(("до ", "от ")):
        return None
    try:
        value = Decimal(re.sub(r"\s", "", found[0]).replace(",", "."))
    except InvalidOperation:
        return None
    return value * 1000 if known[1] else value


def count(text: str) -> int | None:
    """A number of people: «5 чел.», «2+3»."""
    plain = re.sub(r"\s*(чел\w*|детей|ребен\w*|ребён\w*)\.?", "", text.casefold()).strip()
    if re.fullmatch(r"\d{1,2}(\s*\+\s*\d{1,2})*", plain):
        return sum(map(int, re.findall(r"\d+", plain)))
    return None


_NUMBERED = re.compile(
    r"(?:№|N[o°]?\.?|(?:постановлени[ея]|протокол\w*|пост\.?|прот\.?|решени[ея])\s*(?:КДН\w*(?:\s+и\s+ЗП)?)?\s*)\s*"
    r"(?P<number>\d[\w/\\.-]*)",
    re.IGNORECASE,
)


def decision(text: str, on: date) -> tuple[date | None, str | None]:
    """The day and the number of a decision in one text: «01.02.2026, пост. № 6/13», «№2 от 01.02.26», «3/1»."""
    events = [event for event in days(text, on) if event.day is not None]
    rest = text
    for event in reversed(events):
        rest = rest[: event.start] + " " + rest[event.end :]
    found = _NUMBERED.search(rest)
    number = found["number"].strip(".-") if found else None
    if number is None:
        bare = re.search(r"(?<![\w])(\d+[/-]\d+|\d{1,5})(?![\w])", rest)
        number = bare[1] if bare else None
    return (events[0].day if events else None), number or None
