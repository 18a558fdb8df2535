"""A Table as a PDF: A4, the header repeated, every page with its number, its mark of confidence, who and when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import escape
from io import BytesIO
from typing import Any

from reportlab.lib.colors import HexColor, black
from reportlab.lib.enums import TA_CENTER, TA_LEFT, TA_RIGHT
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (  # fmt: skip
    BaseDocTemplate,
    Frame,
    KeepTogether,
    LongTable,
    PageTemplate,
    Paragraph,
    Spacer,
    TableStyle,
)

from app.render import chart
from app.render.html_pdf import FONT, FONT_BOLD, printable, register_fonts, width
from app.render.table import (
    Cell,
    Column,
    Section,
    Table,
    TextLine,
    Value,
    header,
    is_wide,
    made,
    printed,
    sentence,
)
from app.words import CONFIDENTIAL, short

MARGIN = 10 * mm
FOOT = 9 * mm
PADDING = 1.6  # points on each side of a cell
SMALLEST_HEADER, LARGEST_HEADER = 4.6, 7.2
GREY = HexColor("#e9ebef")


def pdf(table: Table, *, made_by: str, made_at: datetime, pictures: Sequence[chart.Drawn] = ()) -> bytes:
    """The bytes of a PDF of a table, its pictures under it.

    made_at: the moment by the municipality's clock.
    """
    register_fonts()
    content = BytesIO()
    document = BaseDocTemplate(
        content, title=printable(table.title), author=printable(made_by), creator="Патронат", subject=CONFIDENTIAL
    )
    document.addPageTemplates([_page("sheet", is_wide(table))])
    drawn = [part for one in pictures for part in (Spacer(1, 5 * mm), chart.drawing(one))]
    document.build([*_Story(table).flowables(), *drawn], canvasmaker=_canvas(printable(made(made_by, made_at))))
    return content.getvalue()


def _page(name: str, wide: bool) -> PageTemplate:
    size = landscape(A4) if wide else A4
    frame = Frame(MARGIN, MARGIN + FOOT, size[0] - 2 * MARGIN, size[1] - 2 * MARGIN - FOOT, 0, 0, 0, 0)
    return PageTemplate(name, [frame], pagesize=size)


def _canvas(footer: str) -> type[Canvas]:
    """A canvas that knows how many pages there are when it writes the foot of each."""

    base: Any = Canvas  # its page is kept in attributes that its types do not name

    class Numbered(base):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.pages: list[dict[str, Any]] = []

        def showPage(self) -> None:  # noqa: N802  reportlab calls it
            self.pages.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            for number, page in enumerate(self.pages, start=1):
                self.__dict__.update(page)
                self._foot(number, len(self.pages))
                super().showPage()
            super().save()

        def _foot(self, number: int, count: int) -> None:
            right = self._pagesize[0] - MARGIN
            self.setFont(FONT_BOLD, 8)
            self.drawString(MARGIN, MARGIN, CONFIDENTIAL)
            self.setFont(FONT, 8)
            self.drawCentredString(self._pagesize[0] / 2, MARGIN, f"Страница {number} из {count}")
            self.drawRightString(right, MARGIN, short(footer, 110))
            self.setLineWidth(0.3)
            self.line(MARGIN, MARGIN + 10, right, MARGIN + 10)

    return Numbered


class _Story:
    """What stands on the pages of one table, from the top to the bottom."""

    def __init__(self, table: Table) -> None:
        self.table = table
        sheet = landscape(A4) if is_wide(table) else A4
        self.width = sheet[0] - 2 * MARGIN
        weights = [column.width or max(len(column.title) + 2, 6) for column in table.columns]
        self.widths = [self.width * weight / sum(weights) for weight in weights]

    def flowables(self) -> list[Any]:
        table = self.table
        story: list[Any] = [_text(line, "corner") for line in table.corner.splitlines()]
        story += [_text(line, "title") for line in table.title.splitlines()]
        story += [_text(line, "subtitle") for line in table.subtitle.splitlines()]
        story += [Spacer(1, 2 * mm), self._grid(), Spacer(1, 2 * mm)]
        story += [_text(note, "note") for note in table.notes]
        for section in table.sections:
            story += _section(section)
        if table.signatures:  # no page tears them apart
            story.append(KeepTogether([Spacer(1, 3 * mm), *(_text(line, "signature") for line in table.signatures)]))
        return story

    def _grid(self) -> LongTable:
        depth, cells = header(self.table.columns)
        rows: list[list[Any]] = [[""] * len(self.widths) for _ in range(depth)]
        spans: list[tuple[Any, ...]] = []
        for cell in cells:
            room = sum(self.widths[cell.column : cell.column + cell.across])
            rows[cell.row][cell.column] = _heading(cell.text, room)
            end = (cell.column + cell.across - 1, cell.row + cell.down - 1)
            spans.append(("SPAN", (cell.column, cell.row), end))
        if any(column.mark for column in self.table.columns):
            rows.append([_heading(column.mark, room) for column, room in zip(self.table.columns, self.widths,
                                                                             strict=True)])  # fmt: skip
        repeated = len(rows)
        for row in self.table.rows:
            rows.append(self._row(row, "body"))
        if self.table.total is not None:
            rows.append(self._row(self.table.total, "total"))
        grid = LongTable(rows, colWidths=self.widths, repeatRows=repeated)
        grid.setStyle(
            TableStyle(
                [
                    *spans,
                    ("GRID", (0, 0), (-1, -1), 0.4, black),
                    ("BACKGROUND", (0, 0), (-1, repeated - 1), GREY),
                    ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
                    ("LEFTPADDING", (0, 0), (-1, -1), PADDING),
                    ("RIGHTPADDING", (0, 0), (-1, -1), PADDING),
                    ("TOPPADDING", (0, 0), (-1, -1), 1.5),
                    ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
                ]
            )
        )
        return grid

    def _row(self, values: Sequence[Value | Cell], role: str) -> list[Paragraph]:
        return [_body(value, column, role) for value, column in zip(values, self.table.columns, strict=True)]


def _body(value: Value | Cell, column: Column, role: str) -> Paragraph:
    side = {"text": "", "number": "-center", "share": "-center", "money": "-right", "date": "-center"}[column.kind]
    return _text(printed(value, column.kind), f"{role}{side}")


def _heading(text: str, room: float) -> Paragraph:
    """A header cell in letters small enough for its longest word to stay whole."""
    longest = max((width(printable(word), 1, FONT) for word in text.split()), default=0) or 1
    size = min(LARGEST_HEADER, max(SMALLEST_HEADER, (room - 2 * PADDING - 0.2) / longest))
    style = ParagraphStyle("header", fontName=FONT, fontSize=size, leading=size * 1.12, alignment=TA_CENTER)
    return Paragraph(escape(printable(text)), style)


def _text(text: str, role: str) -> Paragraph:
    return Paragraph(escape(printable(text)), _STYLES[role])


def _section(section: Section) -> list[Any]:
    return [Spacer(1, 1.5 * mm), _text(section.title, "heading"), *(_line(line) for line in section.lines)]


def _line(line: TextLine) -> Paragraph:
    """A sentence of the form, its figures underlined as they would be written in."""
    parts = []
    for text, figure in sentence(line):
        shown = escape(printable(text))
        parts.append(f'<u><font name="{FONT_BOLD}">&nbsp;{shown}&nbsp;</font></u>' if figure else shown)
    return Paragraph("".join(parts), _STYLES["line"])


def _style(name: str, size: float, *, bold: bool = False, align: Any = TA_LEFT, after: float = 0) -> ParagraphStyle:
    return ParagraphStyle(name, fontName=FONT_BOLD if bold else FONT, fontSize=size, leading=size * 1.2,
                          alignment=align, spaceAfter=after)  # fmt: skip


_STYLES = {
    "corner": _style("corner", 9, align=TA_RIGHT),
    "title": _style("title", 12, bold=True, align=TA_CENTER, after=2),
    "subtitle": _style("subtitle", 10, align=TA_CENTER),
    "note": _style("note", 8, after=1.5),
    "heading": _style("heading", 9.5, bold=True, after=2),
    "line": _style("line", 9, after=2),
    "signature": _style("signature", 9, after=4),
}
for _role, _bold in (("body", False), ("total", True)):
    for _side, _align in (("", TA_LEFT), ("-center", TA_CENTER), ("-right", TA_RIGHT)):
        _STYLES[_role + _side] = _style(_role + _side, 8, bold=_bold, align=_align)
