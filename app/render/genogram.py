"""The picture of a family: two generations, who lives in it, who has left.

As genograms are drawn: a square is a man, a circle a woman, a diamond somebody whose sex is not known; the age stands
inside. An unbroken outline lives in the family today, a broken one does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from app.render.picture import (
    INK,
    NONE,
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
)

CELL, HALF = 158.0, 24.0  # the room of one person, half of a symbol
LINES, LEADING = 5, 15.0  # of words under a symbol
ROW = 2 * HALF + LINES * LEADING + 48.0
MARGIN, TOP = 26.0, 16.0
IN_A_ROW = 6
MAN, WOMAN, UNKNOWN = "man", "woman", "unknown"


class Kin(NamedTuple):
    """A person: the words under the symbol, the sex, the age if it is known, whether he lives in the family."""

    words: tuple[str, ...]
    sex: str
    age: str
    here: bool


@dataclass(frozen=True)
class Genogram:
    """The people of a family in their places; `title`: the picture in a sentence."""

    title: str
    parents: Sequence[Kin]
    elders: Sequence[Kin]
    children: Sequence[Kin]
    young: Sequence[Kin]


def picture(family: Genogram) -> Picture:
    """Parents with the others of their age above, children below."""
    elders, young = [*family.parents, *family.elders], [*family.children, *family.young]
    count = (len(young) + IN_A_ROW - 1) // IN_A_ROW
    rows = [young[row * IN_A_ROW : (row + 1) * IN_A_ROW] for row in range(count)]
    middle = TOP + HALF
    shapes: list[Shape] = []
    for number, row in enumerate([elders, *rows]):
        for place, person in enumerate(row):
            shapes += _person(person, _x(place), middle + ROW * number)
    shapes += _couples(family.parents, middle)
    if family.parents and family.children:
        shapes += _descent(len(family.children), middle)
    across = MARGIN * 2 + CELL * max(len(elders), *(len(row) for row in rows), 4)
    down = TOP + ROW * (len(rows) + 1) + LEADING
    shapes += _legend(down - LEADING)
    return Picture(across, down, family.title, shapes)


def _x(place: int) -> float:
    return MARGIN + CELL * (place + 0.5)


def _person(person: Kin, x: float, y: float) -> Iterator[Shape]:
    wide, fill, dashed = (2.0, SOFT, False) if person.here else (1.2, NONE, True)
    if person.sex == MAN:
        yield box(x - HALF, y - HALF, 2 * HALF, 2 * HALF, wide=wide, fill=fill, dashed=dashed)
    elif person.sex == WOMAN:
        yield Round(x, y, HALF, wide=wide, fill=fill, dashed=dashed)
    else:
        yield diamond(x, y, HALF + 3, wide=wide, fill=fill, dashed=dashed)
    yield Caption(x, y + 4.5, person.age, anchor="middle", bold=True)
    under = y + HALF + LEADING + 1
    for number, text in enumerate(person.words):
        bold = number == 0
        shown, ink = fitted(text, CELL - 8, SMALL, bold=bold), QUIET if number > 1 else INK
        yield Caption(x, under + LEADING * number, shown, SMALL, "middle", bold, ink)


def _couples(parents: Sequence[Kin], y: float) -> Iterator[Shape]:
    """Each parent is joined to the next one: unbroken, while both live here."""
    for number in range(len(parents) - 1):
        both = parents[number].here and parents[number + 1].here
        yield Stroke(((_x(number) + HALF, y), (_x(number + 1) - HALF, y)), dashed=not both)
    if len(parents) == 1:
        yield Stroke(((_x(0) + HALF, y), (_x(0) + CELL / 2, y)))


def _descent(children: int, middle: float) -> Iterator[Shape]:
    """From the line of the parents down to the line over each row of children; those of others hang on none."""
    start = _x(0) + CELL / 2
    bars = [middle + ROW * (row + 1) - HALF - 14 for row in range((children - 1) // IN_A_ROW + 1)]
    yield Stroke(((start, middle), (start, bars[0])))
    if len(bars) > 1:
        yield Stroke(((MARGIN / 2, bars[0]), (MARGIN / 2, bars[-1])))
    for row, bar in enumerate(bars):
        count = min(children - row * IN_A_ROW, IN_A_ROW)
        left = MARGIN / 2 if len(bars) > 1 else min(_x(0), start)
        yield Stroke(((left, bar), (max(_x(count - 1), start if row == 0 else 0), bar)))
        for place in range(count):
            yield Stroke(((_x(place), bar), (_x(place), bar + 14)))


def _legend(y: float) -> Iterator[Shape]:
    yield box(MARGIN, y - 10, 12, 12)
    yield Caption(MARGIN + 18, y + 1, "мужчина", SMALL)
    yield Round(MARGIN + 96, y - 4, 6)
    yield Caption(MARGIN + 107, y + 1, "женщина", SMALL)
    yield diamond(MARGIN + 186, y - 4, 7)
    yield Caption(MARGIN + 198, y + 1, "пол не указан", SMALL)
    yield box(MARGIN + 300, y - 10, 12, 12, wide=2.0, fill=SOFT)
    yield Caption(MARGIN + 318, y + 1, "живёт в семье", SMALL)
    yield box(MARGIN + 422, y - 10, 12, 12, dashed=True)
    yield Caption(MARGIN + 440, y + 1, "не живёт; число – возраст", SMALL)
