"""A Table as an .xlsx workbook: real numbers and dates, the header's own layout, ready to print.

What every workbook of ours shares stands here too: how a page is printed.

Sheets are written as a stream, so a list of a hundred thousand rows needs no more memory than one of ten.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.hyperlink import Hyperlink

from app.render import stream
from app.render.stream import StreamCell
from app.render.table import Cell, Column, Kind, Table, TextLine, Value, header, is_wide, made, plain
from app.words import CONFIDENTIAL

MIME = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FONT = "Times New Roman"
FORMATS: dict[Kind, str] = {"text": "@", "number": "0", "share": "0.0", "money": "#,##0.00", "date": "dd.mm.yyyy"}
LONGEST_NUMBER = 5  # «1.1.»: such a lead stands before its first figure, a longer one on a line of its own
MOST_LINKED = 2000  # rows whose numbers lead to their lists
NARROWEST, WIDEST = 5.0, 60.0
A4 = 9  # as Excel numbers sizes of paper

_SHEET_FORBIDDEN = re.compile(r"[\[\]:*?/\\]")


def workbook(table: Table, *, made_by: str, made_at: datetime, further: Sequence[Table] = ()) -> bytes:
    """The bytes of a workbook: a sheet for the table and one for each further table.

    made_at: the moment by the municipality's clock.
    """
    book = Workbook(write_only=True)
    for number, each in enumerate((table, *further), start=1):
        name = _SHEET_FORBIDDEN.sub(" ", each.sheet or each.title)[:31].strip() or f"Лист {number}"
        _Sheet(stream.sheet(book, name), each, made(made_by, made_at)).write()
    book.properties.creator = made_by
    content = BytesIO()
    book.save(content)
    return content.getvalue()


def set_page(sheet: Any, footer: str, *, wide: bool) -> None:
    """How a sheet is printed: fitted to the width of A4, pages marked and numbered. footer: who made it and when."""
    sheet.page_setup.orientation = "landscape" if wide else "portrait"
    sheet.page_setup.paperSize = A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_margins.left = sheet.page_margins.right = 0.4
    sheet.page_margins.top = sheet.page_margins.bottom = 0.6
    sheet.oddFooter.left.text = CONFIDENTIAL
    sheet.oddFooter.center.text = "Страница &P из &N"
    sheet.oddFooter.right.text = footer.replace("&", "&&")
    for part in (sheet.oddFooter.left, sheet.oddFooter.center, sheet.oddFooter.right):
        part.font, part.size = FONT, 8


class _Sheet:
    """One sheet, written from the top to the bottom."""

    def __init__(self, sheet: Any, table: Table, footer: str) -> None:
        self.sheet, self.table, self.footer = sheet, table, footer
        self.row = 0
        self.width = max(len(table.columns), 1)
        self.styles: dict[tuple[str, Kind], int] = {}

    def write(self) -> None:
        set_page(self.sheet, self.footer, wide=is_wide(self.table))
        self._set_widths()
        self._freeze()
        self._line(CONFIDENTIAL, "small")
        for text in self.table.corner.splitlines():
            self._line(text, "corner")
        for text in self.table.title.splitlines():
            self._line(text, "title")
        for text in self.table.subtitle.splitlines():
            self._line(text, "subtitle")
        self._line("", "plain")
        self._header()
        self._body()
        self._under()
        self._line("", "plain")
        self._line(f"{CONFIDENTIAL}. {self.footer}", "small")

    def _set_widths(self) -> None:
        for index, column in enumerate(self.table.columns, start=1):
            width = column.width or min(max(len(column.title) + 2, NARROWEST), WIDEST)
            self.sheet.column_dimensions[get_column_letter(index)].width = width

    def _freeze(self) -> None:
        """Keep the header in sight; the stream wants to know it before the first row."""
        above = (
            2
            + len(self.table.corner.splitlines())
            + len(self.table.title.splitlines())
            + len(self.table.subtitle.splitlines())
        )
        depth, _ = header(self.table.columns)
        marks = any(column.mark for column in self.table.columns)
        self.sheet.freeze_panes = f"A{above + depth + marks + 1}"

    def _style(self, role: str, kind: Kind = "text") -> int:
        """The style of a role, made once for the sheet."""
        key = (role, kind)
        if key not in self.styles:
            looks: dict[str, Any] = {"border": _BORDER} if role in _BORDERED else {}
            self.styles[key] = stream.style(
                self.sheet,
                font=Font(name=FONT, size=_SIZES[role], bold=role in _BOLD),
                alignment=Alignment(horizontal=_across(role, kind), vertical=_VERTICAL[role], wrap_text=True),
                number_format=FORMATS[kind],
                **looks,
            )
        return self.styles[key]

    def _cell(self, value: Value, role: str, kind: Kind = "text") -> StreamCell:
        return stream.cell(value, self._style(role, "text" if isinstance(value, str) else kind))

    def _append(self, cells: list[Any], height: float | None = None) -> None:
        self.row += 1
        if height:
            self.sheet.row_dimensions[self.row].height = height
        self.sheet.append(cells)

    def _merge(self, row: int, column: int, down: int, across: int) -> None:
        if down > 1 or across > 1:
            first = f"{get_column_letter(column)}{row}"
            self.sheet.merged_cells.add(f"{first}:{get_column_letter(column + across - 1)}{row + down - 1}")

    def _line(self, text: str, role: str) -> None:
        """A text across the whole width, as high as its length needs."""
        self._merge(self.row + 1, 1, 1, self.width)
        self._append([self._cell(text, role)], _height(text, self._characters(0, self.width), _SIZES[role]))

    def _characters(self, start: int, end: int) -> float:
        return sum(self.sheet.column_dimensions[get_column_letter(i + 1)].width for i in range(start, end))

    def _header(self) -> None:
        depth, cells = header(self.table.columns)
        first = self.row + 1
        grid: list[list[str]] = [[""] * self.width for _ in range(depth)]
        for cell in cells:
            grid[cell.row][cell.column] = cell.text
            self._merge(first + cell.row, cell.column + 1, cell.down, cell.across)
        heights = _header_heights(self.table.columns, depth, [
            (cell, self._characters(cell.column, cell.column + cell.across)) for cell in cells
        ])  # fmt: skip
        for texts, height in zip(grid, heights, strict=True):
            self._append([self._cell(text, "header") for text in texts], height)
        if any(column.mark for column in self.table.columns):
            self._append([self._cell(column.mark, "mark") for column in self.table.columns])
        self.sheet.print_title_rows = f"{first}:{self.row}"

    def _body(self) -> None:
        kinds = [column.kind for column in self.table.columns]
        for row in self.table.rows:
            self._append([self._cell(plain(value), "body", kind) for value, kind in zip(row, kinds, strict=True)])
            self._link(row)
        if self.table.total is not None:
            total = zip(self.table.total, kinds, strict=True)
            self._append([self._cell(plain(value), "total", kind) for value, kind in total])
            self._link(self.table.total)

    def _link(self, row: Sequence[Value | Cell]) -> None:
        """The addresses behind the values of the row that was written last; a sheet of very many rows has none."""
        if self.row > MOST_LINKED:
            return
        for place, value in enumerate(row, start=1):
            if isinstance(value, Cell) and value.link:
                at = f"{get_column_letter(place)}{self.row}"
                self.sheet._hyperlinks.append(Hyperlink(ref=at, target=value.link))

    def _under(self) -> None:
        for note in self.table.notes:
            self._line(note, "note")
        for section in self.table.sections:
            self._line("", "plain")
            self._line(section.title, "heading")
            for line in section.lines:
                self._figures(line)
        for text in ("", *self.table.signatures) if self.table.signatures else ():
            self._line(text, "plain")

    def _figures(self, line: TextLine) -> None:
        """A line of the form: its figures one under another, each in a cell of its own."""
        if not line.figures:
            self._line(line.lead, "plain")
            return
        prefix = f"{line.lead} " if len(line.lead) <= LONGEST_NUMBER else ""
        if line.lead and not prefix:
            self._line(line.lead, "plain")
        labels = max(1, _fitting(self.table.columns, 62))
        values = max(labels + 1, _fitting(self.table.columns, 78))
        for place, figure in enumerate(line.figures):
            row = self.row + 1
            label = f"{prefix}{figure.label}" if place == 0 else figure.label
            self._merge(row, 1, 1, labels)
            self._merge(row, labels + 1, 1, values - labels)
            cells = [self._cell(label if index == 0 else "", "label") for index in range(labels)]
            for index in range(values - labels):
                cells.append(self._cell(figure.value if index == 0 else None, "figure", figure.kind))
            height = _height(label, self._characters(0, min(labels, self.width)), _SIZES["label"])
            self._append(cells, height)


def _fitting(columns: Sequence[Column], characters: float) -> int:
    """How many columns from the left take that many characters together."""
    taken = 0.0
    for index, column in enumerate(columns):
        if taken >= characters:
            return index
        taken += column.width or NARROWEST
    return len(columns)


def _height(text: str, characters: float, size: float) -> float | None:
    """The height a wrapped text needs, in points; None: one line, as high as usual."""
    lines = sum(-(-len(part) // max(int(characters * 10.5 / size), 1)) or 1 for part in text.split("\n"))
    return None if lines <= 1 else lines * size * 1.25 + 3


def _header_heights(columns: Sequence[Column], depth: int, cells: list[tuple[Any, float]]) -> list[float]:
    """Heights of the header's rows: each title fits into the rows it takes."""
    heights = [15.0] * depth
    for cell, characters in sorted(cells, key=lambda pair: pair[0].down):
        per_line = max(int(characters * 1.05), 1)
        lines = 0
        left = 0
        for word in cell.text.split():
            pieces = -(-len(word) // per_line)
            if left + len(word) + 1 <= per_line and lines:
                left += len(word) + 1
            else:
                lines += pieces
                left = len(word) % per_line or per_line
        needed = lines * _SIZES["header"] * 1.22 + 3
        rows = range(cell.row, cell.row + cell.down)
        missing = needed - sum(heights[row] for row in rows)
        if missing > 0:
            heights[rows[-1]] += missing
    return heights


def _across(role: str, kind: Kind) -> str:
    if role in ("header", "mark", "title", "subtitle"):
        return "center"
    if role == "corner":
        return "right"
    if role == "figure" or (role in ("body", "total") and kind in ("number", "share", "money")):
        return "center" if kind != "money" else "right"
    return "center" if kind == "date" else "left"


_SIZES = {
    "small": 8.0, "corner": 10.0, "title": 12.0, "subtitle": 11.0, "header": 8.0, "mark": 8.0, "body": 10.0,
    "total": 10.0, "note": 9.0, "heading": 11.0, "label": 10.0, "figure": 10.0, "plain": 10.0,
}  # fmt: skip
_BOLD = {"title", "total", "heading", "figure"}
_BORDERED = {"header", "mark", "body", "total", "figure"}
_VERTICAL = dict.fromkeys(_SIZES, "top") | {"header": "center", "mark": "center", "label": "center", "figure": "center"}
_THIN = Side(style="thin", color="FF404040")
_BORDER = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
