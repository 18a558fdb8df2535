"""What is printed: a table with a nested header, its total, and the lines of text and figures that stand under it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from app import words

Kind = Literal["text", "number", "share", "money", "date"]
Value = str | int | float | Decimal | date | None


@dataclass(frozen=True)
class Cell:
    """A value that opens the list behind it: `link` is an address of this application."""

    value: Value
    link: str = ""


@dataclass(frozen=True)
class Column:
    """A column. `groups` are the titles of the header cells above it, the outermost first; neighbours share them.

    width: in characters of the body; None leaves it to the contents. mark: what stands in the row of column numbers.
    hint: what a page says under the «?» of the header. Without a title the group above reaches down to the mark.
    """

    title: str
    width: float | None = None
    kind: Kind = "text"
    groups: tuple[str, ...] = ()
    mark: str = ""
    hint: str = ""


@dataclass(frozen=True)
class Figure:
    """A number inside a sentence of the form: «многодетных семей ___». hint: what a page says under its «?»."""

    label: str
    value: Value
    kind: Kind = "number"
    link: str = ""
    hint: str = ""


@dataclass(frozen=True)
class TextLine:
    """One line under a table: what it begins with, then figures separated by semicolons."""

    lead: str
    figures: tuple[Figure, ...] = ()


@dataclass(frozen=True)
class Section:
    """A titled group of lines under a table."""

    title: str
    lines: tuple[TextLine, ...]


@dataclass(frozen=True)
class Table:
    """A title, columns, rows and a total; notes and sections stand under them.

    corner: what stands in the upper right corner. signatures: the lines where it is agreed and signed, below all else;
    a paper has them, a page of the screen has not. sheet: the name of its sheet in a workbook.
    """

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Value | Cell]] | LazyRows
    subtitle: str = ""
    total: Sequence[Value | Cell] | None = None
    notes: Sequence[str] = ()
    sections: Sequence[Section] = ()
    signatures: Sequence[str] = ()
    corner: str = ""
    sheet: str = ""


@dataclass(frozen=True)
class LazyRows:
    """LazyRows that are made when they are walked, so that very many of them need not be at hand at once; how many."""

    number: int
    make: Callable[[], Iterator[Sequence[Value | Cell]]]

    def __len__(self) -> int:
        return self.number

    def __iter__(self) -> Iterator[Sequence[Value | Cell]]:
        return self.make()


def telling(table: Table, told: Callable[[int, int], None]) -> Table:
    """The same table, which says how many of its rows are walked; told: how many of how many."""
    number = len(table.rows)

    def rows() -> Iterator[Sequence[Value | Cell]]:
        for place, row in enumerate(table.rows):
            told(place, number)
            yield row

    return replace(table, rows=LazyRows(number, rows))


@dataclass(frozen=True)
class HeaderCell:
    """A cell of the header at a row and a column, over `across` columns and `down` rows."""

    text: str
    row: int
    column: int
    across: int
    down: int


def header(columns: Sequence[Column]) -> tuple[int, list[HeaderCell]]:
    """How many rows the header takes, and its cells in reading order."""
    depth = max((len(column.groups) + bool(column.title) for column in columns), default=0) or 1
    cells: list[HeaderCell] = []
    for index, column in enumerate(columns):
        before = columns[index - 1].groups if index else ()
        for level, title in enumerate(column.groups):
            path = column.groups[: level + 1]
            if before[: level + 1] != path:
                across = _run(columns, index, path)
                reaches_down = all(one.groups == path and not one.title for one in columns[index : index + across])
                cells.append(HeaderCell(title, level, index, across, depth - level if reaches_down else 1))
        if column.title or not column.groups:
            level = len(column.groups)
            cells.append(HeaderCell(column.title, level, index, 1, depth - level))
    return depth, sorted(cells, key=lambda cell: (cell.row, cell.column))


def _run(columns: Sequence[Column], start: int, path: tuple[str, ...]) -> int:
    """How many neighbours from `start` on stand under the same group."""
    length = 0
    for column in columns[start:]:
        if column.groups[: len(path)] != path:
            break
        length += 1
    return length


def plain(value: Value | Cell) -> Value:
    """The value of a cell, linked or not."""
    return value.value if isinstance(value, Cell) else value


def printed(value: Value | Cell, kind: Kind = "text") -> str:
    """A value as Russian papers print it: 05.03.2024, 12 345,60, 1 234; nothing known is empty."""
    value = plain(value)
    if value is None:
        return ""
    if isinstance(value, (date, datetime)):
        return words.day(value)
    if isinstance(value, str):
        return value
    if kind == "share":
        return words.tenth(value)
    if kind == "money" or isinstance(value, (float, Decimal)):
        return words.roubles(value)
    return str(value)


def sentence(line: TextLine) -> list[tuple[str, Figure | None]]:
    """A line as running text: pieces of text, and figures in their places."""
    pieces: list[tuple[str, Figure | None]] = [(f"{line.lead} " if line.figures and line.lead else line.lead, None)]
    for index, figure in enumerate(line.figures):
        pieces.append((f"{figure.label} " if figure.label else "", None))
        pieces.append((printed(figure.value, figure.kind), figure))
        pieces.append(("." if index == len(line.figures) - 1 else "; ", None))
    return [piece for piece in pieces if piece[0] or piece[1]]


def made(made_by: str, made_at: datetime) -> str:
    """Who made a paper and when, by the municipality's clock."""
    return ", ".join(filter(None, (f"Сформировано {words.moment(made_at)}", made_by)))


def is_wide(table: Table) -> bool:
    """Whether a table wants a landscape sheet."""
    return sum(column.width or len(column.title) + 2 for column in table.columns) > 90
