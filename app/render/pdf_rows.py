"""The grid of a table in a PDF, drawn sheet by sheet: of very many rows no more are at hand than one sheet holds.

The tables of reportlab keep every cell as a paragraph until the last page is drawn, which takes gigabytes for a bank.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from reportlab.platypus import Flowable

from app.render.html_pdf import FONT, FONT_BOLD, printable, width
from app.render.table import Cell, Column, Kind, Table, Value, printed

PADDING = 1.6  # points on each side of a cell
ABOVE, BELOW = 1.5, 2.0  # of the text of a cell
SIZE, LEADING, ASCENT = 8.0, 9.6, 7.4
LINE = 0.4

CENTRED: tuple[Kind, ...] = ("number", "share", "date")


@dataclass(frozen=True)
class DrawnRow:
    """The lines of each cell of a row."""

    cells: tuple[tuple[str, ...], ...]
    font: str

    @property
    def lines(self) -> int:
        return max(map(len, self.cells))

    @property
    def height(self) -> float:
        return self.lines * LEADING + ABOVE + BELOW

    def parted(self, most: int) -> Iterator[DrawnRow]:
        """The row in parts of so many lines: what is higher than a sheet goes on on the next one."""
        for first in range(0, max(self.lines, 1), most):
            yield DrawnRow(tuple(cell[first : first + most] or ("",) for cell in self.cells), self.font)


def drawn_rows(table: Table, widths: Sequence[float]) -> Iterator[DrawnRow]:
    """The rows of a table, each when it is asked for."""
    kinds = [column.kind for column in table.columns]

    def row(values: Sequence[Value | Cell], font: str) -> DrawnRow:
        return DrawnRow(
            tuple(
                lines_of(printed(value, kind), room - 2 * PADDING, font)
                for value, kind, room in zip(values, kinds, widths, strict=True)
            ),
            font,
        )

    for values in table.rows:
        yield row(values, FONT)
    if table.total is not None:
        yield row(table.total, FONT_BOLD)


def lines_of(text: str, room: float, font: str) -> tuple[str, ...]:
    """A text in lines that fit, broken between words; a word that is longer than a line is cut where it ends."""
    lines: list[str] = []
    line, used, space = "", 0.0, _wide(" ", font)
    for word in printable(text).split():
        wide = _wide(word, font)
        if line and used + space + wide <= room:
            line, used = f"{line} {word}", used + space + wide
            continue
        if line:
            lines.append(line)
        while wide > room and len(word) > 1:
            fits = _fitting(word, room, font)
            lines.append(word[:fits])
            word = word[fits:]
            wide = _wide(word, font)
        line, used = word, wide
    return (*lines, line)


def _fitting(word: str, room: float, font: str) -> int:
    """How many letters of a word fit into a line, one at least."""
    used = 0.0
    for place, letter in enumerate(word):
        used += _wide(letter, font)
        if used > room:
            return max(1, place)
    return len(word)


@lru_cache(maxsize=65_536)
def _wide(word: str, font: str) -> float:
    return width(word, SIZE, font)


class PrintedGrid(Flowable):
    """The header and the rows that are left, as many of them as the sheet has room for.

    head: the header, and how high it is. highest: an empty sheet.
    """

    def __init__(self, head: tuple[Any, float], columns: Sequence[Column], widths: Sequence[float], highest: float,
                 rows: Iterator[DrawnRow], taken: Sequence[DrawnRow] = ()) -> None:  # fmt: skip
        super().__init__()
        (self.head, self.top), self.columns, self.widths, self.highest = head, columns, widths, highest
        self.rows = rows
        self.taken = list(taken)
        self.over = False

    def wrap(self, across: float, up: float) -> tuple[float, float]:
        """How high it is; higher than the room there is while rows are left beyond it."""
        self.width = across
        most = int((self.highest - self.top - ABOVE - BELOW) // LEADING)
        height = sum(row.height for row in self.taken)
        while not self.over and height <= up - self.top:
            row = next(self.rows, None)
            self.over = row is None
            for part in row.parted(most) if row else ():
                self.taken.append(part)
                height += part.height
        self.height = self.top + height
        return across, self.height

    def split(self, across: float, up: float) -> list[Flowable]:
        """What the sheet has room for, and what is left; nothing where not even a row has."""
        self.wrap(across, up)
        height, fits = self.top, 0
        while fits < len(self.taken) and height + self.taken[fits].height <= up:
            height += self.taken[fits].height
            fits += 1
        if not fits or (fits == len(self.taken) and self.over):
            return []
        same = ((self.head, self.top), self.columns, self.widths, self.highest)
        return [PrintedGrid(*same, iter(()), self.taken[:fits]), PrintedGrid(*same, self.rows, self.taken[fits:])]

    def draw(self) -> None:
        """The header, the texts of the rows, the lines around them."""
        top = self.height - self.top
        self.head.drawOn(self.canv, 0, top)
        edges = [top]
        for row in self.taken:
            self._write(row, edges[-1])
            edges.append(edges[-1] - row.height)
        if self.taken:
            self.canv.setLineWidth(LINE)
            self.canv.grid([sum(self.widths[:place]) for place in range(len(self.widths) + 1)], edges)

    def _write(self, row: DrawnRow, top: float) -> None:
        text, left = self.canv.beginText(), 0.0
        text.setFont(row.font, SIZE, LEADING)
        for lines, column, room in zip(row.cells, self.columns, self.widths, strict=True):
            first = top - (row.height - len(lines) * LEADING) / 2 - ASCENT + (BELOW - ABOVE) / 2
            if column.kind == "text":
                text.setTextOrigin(left + PADDING, first)
                text.textLines(lines, trim=0)
            for place, line in enumerate(lines if column.kind != "text" else ()):
                free = room - 2 * PADDING - width(line, SIZE, row.font)
                text.setTextOrigin(
                    left + PADDING + (free / 2 if column.kind in CENTRED else free), first - place * LEADING
                )
                text.textOut(line)
            left += room
        self.canv.drawText(text)
