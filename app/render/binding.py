"""Texts and scans are bound into one PDF of A4 sheets; every sheet bears the same marks and its number."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pypdf import PdfReader, PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, IndirectObject, NameObject
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader, simpleSplit
from reportlab.pdfgen.canvas import Canvas

from app.render.html_pdf import FONT, FONT_BOLD, printable, register_fonts, width
from app.render.picture import Picture
from app.render.scans import Leaf, Matrix, leaves

LEFT, RIGHT, TOP, BOTTOM = 20 * mm, 12 * mm, 12 * mm, 10 * mm  # to the lines of the marks
SCAN_MARGIN = 8 * mm  # between a scan and the edge of the sheet, at the sides
MARK = 9.0  # points of the marks
HEADING = 11.0
MOST_POINTS_PER_PIXEL = 1.0  # a small picture is not blown up beyond 72 points to the inch


@dataclass(frozen=True)
class Marks:
    """What every sheet bears: at the top what it is and its secrecy, at the bottom who made it and when."""

    title: str
    secrecy: str
    made: str


@dataclass(frozen=True)
class BoundSheet:
    """A sheet: a drawing of a page laid out by `place`, or `draw` draws on it; a scan has a heading."""

    landscape: bool = False
    heading: str = ""
    drawing: IndirectObject | None = None
    place: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
    draw: Callable[[Canvas, tuple[float, float]], None] | None = None

    @property
    def size(self) -> tuple[float, float]:
        return (A4[1], A4[0]) if self.landscape else A4


@dataclass
class Binder:
    """Sheets in their order, and the sections they begin."""

    writer: PdfWriter = field(default_factory=PdfWriter)
    sheets: list[BoundSheet] = field(default_factory=list)
    sections: list[tuple[str, int]] = field(default_factory=list)

    def begin(self, title: str) -> None:
        """The next sheet begins a section."""
        self.sections.append((title, len(self.sheets)))

    def add_text(self, content: bytes) -> None:
        """The pages of a paper of our own: A4, upright or lying, with room for the marks."""
        self.sheets.extend(self._own(content))

    def put_in_front(self, content: bytes) -> None:
        """The cover: its pages come before all others."""
        cover = self._own(content)
        self.sheets[:0] = cover
        self.sections = [(title, first + len(cover)) for title, first in self.sections]

    def add_scan(self, heading: str, content: bytes) -> None:
        """The pages of a scanned PDF, each scaled onto a sheet of its own orientation.

        Raises whatever the parser of PDF raises; then the book is as it was.
        """
        found = leaves(self.writer, content)
        for number, leaf in enumerate(found, 1):
            words = f"{heading} (лист {number} из {len(found)})" if len(found) > 1 else heading
            self.sheets.append(_scan_sheet(words, leaf))

    def add_picture(self, heading: str, content: bytes) -> None:
        """A JPEG or PNG scaled onto a sheet of its own orientation. Raises whatever the parser raises."""
        picture = ImageReader(io.BytesIO(content))
        across, up = picture.getSize()
        picture.getRGBData()

        def draw(canvas: Canvas, size: tuple[float, float]) -> None:
            x, y, box_width, box_height = _box(size, heading)
            scale = min(box_width / across, box_height / up, MOST_POINTS_PER_PIXEL)
            canvas.drawImage(
                picture,
                x + (box_width - across * scale) / 2,
                y + box_height - up * scale,
                across * scale,
                up * scale,
            )

        self.sheets.append(BoundSheet(landscape=across > up, heading=heading, draw=draw))

    def add_drawing(self, heading: str, picture: Picture) -> None:
        """A picture of shapes on a sheet that lies, as large as it has room for up to its own size."""

        def draw(canvas: Canvas, size: tuple[float, float]) -> None:
            x, y, box_width, box_height = _box(size, heading)
            scale = min(box_width / picture.width, box_height / picture.height, 1.0)
            picture.draw(canvas, x + (box_width - picture.width * scale) / 2, y + box_height - 10, scale)

        self.sheets.append(BoundSheet(landscape=True, heading=heading, draw=draw))

    def add_note(self, heading: str, text: str) -> None:
        """A sheet that says something instead of a scan."""

        def draw(canvas: Canvas, size: tuple[float, float]) -> None:
            x, y, box_width, box_height = _box(size, heading)
            canvas.setFont(FONT, 12)
            top = y + box_height - 20
            for line in simpleSplit(printable(text), FONT, 12, box_width - 20 * mm):
                canvas.drawString(x + 10 * mm, top, line)
                top -= 16

        self.sheets.append(BoundSheet(heading=heading, draw=draw))

    def pdf(self, marks: Marks) -> bytes:
        """The book with its marks, page numbers and outline."""
        self.writer.append(io.BytesIO(_marked(self.sheets, marks)), import_outline=False)
        for page, sheet in zip(self.writer.pages, self.sheets, strict=True):
            if sheet.drawing is not None:
                _lay(self.writer, page, sheet)
        for title, first in self.sections:
            self.writer.add_outline_item(title=printable(title), page_number=first)
        self.writer.add_metadata({"/Title": printable(marks.title), "/Producer": "Патронат"})
        out = io.BytesIO()
        self.writer.write(out)
        return out.getvalue()

    def _own(self, content: bytes) -> list[BoundSheet]:
        return [BoundSheet(leaf.width > leaf.height, drawing=leaf.drawing) for leaf in leaves(self.writer, content)]


def count_pages(content: bytes) -> int:
    """The number of pages of a paper of our own."""
    return len(PdfReader(io.BytesIO(content)).pages)


def _scan_sheet(heading: str, leaf: Leaf) -> BoundSheet:
    landscape = leaf.width > leaf.height
    size = (A4[1], A4[0]) if landscape else A4
    x, y, box_width, box_height = _box(size, heading)
    scale = min(box_width / leaf.width, box_height / leaf.height)
    a, b, c, d, e, f = (part * scale for part in leaf.upright)
    shift = (x + (box_width - leaf.width * scale) / 2, y + box_height - leaf.height * scale)
    return BoundSheet(landscape, heading, leaf.drawing, (a, b, c, d, e + shift[0], f + shift[1]))


def _heading_lines(heading: str, across: float) -> list[str]:
    register_fonts()
    lines = simpleSplit(" ".join(printable(heading).split()), FONT_BOLD, HEADING, across)
    return [_cut(line, across, FONT_BOLD, HEADING) for line in (*lines[:2], " ".join(lines[2:])) if line]


def _box(size: tuple[float, float], heading: str) -> tuple[float, float, float, float]:
    """Where a scan may stand: x, y, width, height."""
    across, up = size
    lines = len(_heading_lines(heading, across - LEFT - RIGHT))
    bottom = BOTTOM + 2 * MARK
    top = up - TOP - 2 * MARK - lines * HEADING * 1.25 - 4
    return SCAN_MARGIN, bottom, across - 2 * SCAN_MARGIN, top - bottom


def _marked(sheets: list[BoundSheet], marks: Marks) -> bytes:
    """A PDF of sheets with their marks, headings and pictures, and nothing else yet."""
    register_fonts()
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, pageCompression=1)
    for number, sheet in enumerate(sheets, 1):
        across, up = sheet.size
        canvas.setPageSize(sheet.size)
        if sheet.draw is not None:
            sheet.draw(canvas, sheet.size)
        canvas.setFillGray(0)
        canvas.setStrokeGray(0.6)
        canvas.setLineWidth(0.5)
        _line(canvas, across, up - TOP, (marks.title, FONT), (marks.secrecy, FONT_BOLD))
        canvas.line(LEFT, up - TOP - 4, across - RIGHT, up - TOP - 4)
        canvas.line(LEFT, BOTTOM + MARK + 2, across - RIGHT, BOTTOM + MARK + 2)
        _line(canvas, across, BOTTOM, (marks.made, FONT), (f"стр. {number} из {len(sheets)}", FONT))
        canvas.setFont(FONT_BOLD, HEADING)
        top = up - TOP - 2 * MARK
        for line in _heading_lines(sheet.heading, across - LEFT - RIGHT):
            canvas.drawString(LEFT, top, line)
            top -= HEADING * 1.25
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _line(canvas: Canvas, across: float, y: float, left: tuple[str, str], right: tuple[str, str]) -> None:
    """Two texts on one line; the left one gives way."""
    used = width(right[0], MARK, right[1])
    canvas.setFont(left[1], MARK)
    canvas.drawString(LEFT, y, _cut(left[0], across - LEFT - RIGHT - used - 10, left[1], MARK))
    canvas.setFont(right[1], MARK)
    canvas.drawRightString(across - RIGHT, y, right[0])


def _cut(text: str, room: float, font: str, points: float) -> str:
    """A text that fits, with an ellipsis where it did not."""
    text = " ".join(printable(text).split())
    if width(text, points, font) <= room:
        return text
    while text and width(text + "…", points, font) > room:
        text = text[:-1]
    return text + "…"


def _lay(writer: PdfWriter, page: Any, sheet: BoundSheet) -> None:
    """Put the drawing of a page under the marks of its sheet."""
    numbers = " ".join(f"{part:.5f}" for part in sheet.place)
    under = DecodedStreamObject()
    under.set_data(f"q {numbers} cm /PatronatPage Do Q\n".encode())
    contents = page.get_contents()
    under.set_data(under.get_data() + (contents.get_data() if contents is not None else b""))
    resources = page["/Resources"].get_object()
    own = DictionaryObject(resources.get("/XObject", DictionaryObject()).get_object())
    own[NameObject("/PatronatPage")] = sheet.drawing
    mine = DictionaryObject(resources)
    mine[NameObject("/XObject")] = own
    page[NameObject("/Resources")] = mine
    page[NameObject("/Contents")] = writer._add_object(under.flate_encode())
