"""A Table as a PDF: A4, the header repeated, every page with its number, its mark of confidence, who and when."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from datetime import datetime
from html import escape
from io import BytesIO
from typing import Any

from reportlab import platypus
from reportlab.lib.colors import HexColor, black
from reportlab.lib.enums import TA_CENTER, TA_LEFT, TA_RIGHT
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfdoc import PDFName, PDFStream
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (  # fmt: skip
    BaseDocTemplate,
    Frame,
    KeepTogether,
    PageTemplate,
    Paragraph,
    Spacer,
    TableStyle,
)

from app.render import chart
from app.render.html_pdf import FONT, FONT_BOLD, printable, register_fonts, width
from app.render.pdf_rows import ABOVE, BELOW, LINE, PADDING, PrintedGrid, drawn_rows
from app.render.table import (
    Section,
    Table,
    TextLine,
    header,
    is_wide,
    made,
    sentence,
)
from app.words import CONFIDENTIAL, short

MARGIN = 10 * mm
FOOT = 9 * mm
SMALLEST_HEADER, LARGEST_HEADER = 4.6, 7.2
DAY = 42.5  # points that a day takes on one line with its padding: it is never broken
ALL_PAGES = "pages"  # the form that says how many pages there are
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
    """A canvas that writes the foot of each page; how many pages there are it says when the last one is drawn.

    A page is packed as soon as it is drawn: of a paper of thousands of sheets only what goes into the file is kept.
    """

    base: Any = Canvas  # its page is kept in attributes that its types do not name

    class Numbered(base):
        def showPage(self) -> None:  # noqa: N802  reportlab calls it
            self._foot()
            super().showPage()
            page = self._doc.Pages.pages[-1]
            packed = PDFStream(content=zlib.compress(page.stream.encode("latin-1")))
            packed.dictionary["Filter"] = PDFName("FlateDecode")
            page.Contents, page.stream = packed, None

        def save(self) -> None:
            self.beginForm(ALL_PAGES, 0, 0, 60, 12)
            self.setFont(FONT, 8)
            self.drawString(0, 3, str(len(self._doc.Pages.pages)))
            self.endForm()
            super().save()

        def _foot(self) -> None:
            right, middle = self._pagesize[0] - MARGIN, self._pagesize[0] / 2
            self.setFont(FONT_BOLD, 8)
            self.drawString(MARGIN, MARGIN, CONFIDENTIAL)
            self.setFont(FONT, 8)
            self.drawRightString(middle + 18, MARGIN, f"Страница {self._pageNumber} из ")
            self.saveState()
            self.translate(middle + 18, MARGIN - 3)
            self.doForm(ALL_PAGES)
            self.restoreState()
            self.drawRightString(right, MARGIN, short(footer, 110))
            self.setLineWidth(0.3)
            self.line(MARGIN, MARGIN + 10, right, MARGIN + 10)

    return Numbered


class _Story:
    """What stands on the pages of one table, from the top to the bottom."""

    def __init__(self, table: Table) -> None:
        self.table = table
        sheet = landscape(A4) if is_wide(table) else A4
        self.width, self.height = sheet[0] - 2 * MARGIN, sheet[1] - 2 * MARGIN - FOOT
        weights = [column.width or max(len(column.title) + 2, 6) for column in table.columns]
        days = [column.kind == "date" and self.width * weight / sum(weights) < DAY
                for column, weight in zip(table.columns, weights, strict=True)]  # fmt: skip
        left = self.width - DAY * sum(days)
        others = sum(weight for weight, narrow in zip(weights, days, strict=True) if not narrow)
        self.widths = [DAY if narrow else left * weight / others for weight, narrow in zip(weights, days, strict=True)]

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

    def _grid(self) -> PrintedGrid:
        head = self._head()
        high = head.wrap(self.width, self.height)[1]
        rows = drawn_rows(self.table, self.widths)
        return PrintedGrid((head, high), self.table.columns, self.widths, self.height, rows)

    def _head(self) -> Any:
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
        return platypus.Table(
            rows,
            colWidths=self.widths,
            style=TableStyle(
                [
                    *spans,
                    ("GRID", (0, 0), (-1, -1), LINE, black),
                    ("BACKGROUND", (0, 0), (-1, -1), GREY),
                    ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
                    ("LEFTPADDING", (0, 0), (-1, -1), PADDING),
                    ("RIGHTPADDING", (0, 0), (-1, -1), PADDING),
                    ("TOPPADDING", (0, 0), (-1, -1), ABOVE),
                    ("BOTTOMPADDING", (0, 0), (-1, -1), BELOW),
                ]
            ),
        )


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
