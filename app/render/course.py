"""The picture of a stay: what was known and done of a family along the time, lane by lane, and the same in a table.

A lane says by its form and its words what it shows: nothing is told by a colour alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from app.render.picture import (
    INK,
    PAPER,
    QUIET,
    SMALL,
    SOFT,
    Caption,
    Picture,
    Round,
    Shape,
    Stroke,
    box,
    diamond,
    fitted,
    triangle,
)

WIDTH, HEAD, LANE, NAMES, EDGE = 1000.0, 30.0, 58.0, 132.0, 14.0
BAR = 34.0  # the height of the tallest bar of aid


class TimePart(NamedTuple):
    """A month or a quarter: its title, and the short one that stands over it."""

    start: date
    end: date
    title: str
    short: str

    def holds(self, day: date) -> bool:
        return self.start <= day <= self.end


class DayMark(NamedTuple):
    """Something of a day: `sign` stands beside its symbol, `said` in the table."""

    day: date
    sign: str
    said: str
    filled: bool = True


class LaneSpan(NamedTuple):
    """Something that lasted: `until` is its last day, or the day of the picture."""

    since: date
    until: date
    text: str
    open: bool = False


@dataclass(frozen=True)
class Course:
    """What the picture shows: stretches and days of one family, the earliest first."""

    title: str
    parts: Sequence[TimePart]
    stays: Sequence[LaneSpan]
    stages: Sequence[LaneSpan]
    surveys: Sequence[DayMark]
    cards: Sequence[DayMark]
    aids: Sequence[date]
    matters: Sequence[DayMark]


LANES = ("Учёт", "Этапы программы", "Обследования", "Сигнальные карты", "Помощь", "Заседания")


def table(course: Course) -> list[tuple[str, list[str]]]:
    """The picture in words: of each month or quarter in which there was something, a cell for each lane."""
    rows = []
    for part in course.parts:
        cells = [
            _spans(course.stays, part),
            _spans(course.stages, part),
            _marks(course.surveys, part),
            _marks(course.cards, part),
            str(sum(part.holds(day) for day in course.aids) or ""),
            _marks(course.matters, part),
        ]
        if any(cells):
            rows.append((part.title, cells))
    return rows


def _spans(spans: Sequence[LaneSpan], part: TimePart) -> str:
    return "; ".join(span.text for span in spans if span.since <= part.end and span.until >= part.start)


def _marks(marks: Sequence[DayMark], part: TimePart) -> str:
    return "; ".join(f"{mark.day:%d.%m.%Y} {mark.said}".strip() for mark in marks if part.holds(mark.day))


def picture(course: Course) -> Picture:
    """The lanes under a line of months, and what the symbols mean below them."""
    sheet = _CourseSheet(course)
    height = HEAD + LANE * len(LANES) + 46
    return Picture(WIDTH, height, course.title, list(sheet.shapes()))


class _CourseSheet:
    def __init__(self, course: Course) -> None:
        self.course, self.parts = course, course.parts
        self.days = (self.parts[-1].end - self.parts[0].start).days + 1

    def shapes(self) -> Iterator[Shape]:
        yield from self._scale()
        for number, title in enumerate(LANES):
            yield Caption(0, self._y(number) + 4, fitted(title, NAMES - 6, SMALL), SMALL)
            foot = HEAD + LANE * (number + 1)
            yield Stroke(((0, foot), (WIDTH, foot)), wide=0.4, ink=QUIET)
        yield from self._bars(0, self.course.stays)
        yield from self._bars(1, self.course.stages)
        for mark in self.course.surveys:
            yield Round(self._x(mark.day), self._y(2), 7, fill=INK if mark.filled else PAPER)
            yield from self._sign(mark, 2)
        for mark in self.course.cards:
            yield triangle(self._x(mark.day), self._y(3), 7, fill=PAPER)
            yield from self._sign(mark, 3)
        yield from self._aids(4)
        for mark in self.course.matters:
            yield diamond(self._x(mark.day), self._y(5), 8, fill=SOFT)
        yield from _legend(HEAD + LANE * len(LANES) + 22)

    def _scale(self) -> Iterator[Shape]:
        """The beginning of each month or quarter; as many of them are named as there is room for."""
        bottom = HEAD + LANE * len(LANES)
        room = (WIDTH - NAMES - EDGE) / len(self.parts)
        every = max(1, int(70 / room) + 1)
        for number, part in enumerate(self.parts):
            x = self._x(part.start)
            named = number % every == 0
            yield Stroke(((x, HEAD - 6 if named else HEAD), (x, bottom)), wide=0.4, ink=QUIET)
            if named:
                changes = number == 0 or part.start.year != self.parts[number - every].start.year
                year = f" {part.start.year}" if changes else ""
                yield Caption(x, HEAD - 10, f"{part.short}{year}", SMALL)

    def _bars(self, lane: int, spans: Sequence[LaneSpan]) -> Iterator[Shape]:
        for span in spans:
            left, right = self._x(span.since), max(self._x(span.until), self._x(span.since) + 6)
            yield box(left, self._y(lane) - 11, right - left, 22, fill=SOFT)
            if span.open:  # an arrow: it goes on
                middle = self._y(lane)
                yield Stroke(((right - 5, middle - 5), (right, middle), (right - 5, middle + 5)), wide=1.6)
            if right - left > 50:
                yield Caption(left + 5, self._y(lane) + 4, fitted(span.text, right - left - 14, SMALL), SMALL)

    def _aids(self, lane: int) -> Iterator[Shape]:
        counts = [sum(part.holds(day) for day in self.course.aids) for part in self.parts]
        most = max(counts, default=0)
        foot = HEAD + LANE * (lane + 1) - 4
        for part, count in zip(self.parts, counts, strict=True):
            if not count:
                continue
            left = self._x(part.start) + 2
            across = max(self._x(part.end) - left - 1, 2)
            tall = BAR * count / most
            yield box(left, foot - tall, across, tall, fill=SOFT, wide=0.8)
            if across > 12:
                yield Caption(left + across / 2, foot - tall - 3, str(count), SMALL, "middle")

    def _sign(self, mark: DayMark, lane: int) -> Iterator[Shape]:
        if mark.sign:
            yield Caption(self._x(mark.day) + 10, self._y(lane) + 4, mark.sign, bold=True)

    def _x(self, day: date) -> float:
        """Where a day stands; what lies outside the time of the picture, as a stage that goes on, at its edge."""
        passed = min(max((day - self.parts[0].start).days, 0), self.days)
        return NAMES + (WIDTH - NAMES - EDGE) * passed / self.days

    @staticmethod
    def _y(lane: int) -> float:
        return HEAD + LANE * (lane + 0.5)


def _legend(y: float) -> Iterator[Shape]:
    yield Round(8, y, 6, fill=INK)
    yield Caption(20, y + 4, "обследование: + лучше, – хуже, = без изменений", SMALL)
    yield Round(346, y, 6, fill=PAPER)
    yield Caption(358, y + 4, "не состоялось", SMALL)
    yield triangle(466, y, 6, fill=PAPER)
    yield Caption(478, y + 4, "карта (! – угроза)", SMALL)
    yield box(614, y - 7, 10, 14, fill=SOFT, wide=0.8)
    yield Caption(630, y + 4, "помощь, сколько раз", SMALL)
    yield diamond(784, y, 7, fill=SOFT)
    yield Caption(797, y + 4, "вопрос на заседании", SMALL)
