"""A picture of a few shapes: the page shows it as SVG (`templates/picture.html`), a paper draws it on its sheet.

Everything is told in points from the upper left corner. A shape is told apart by its outline, its filling and the words
beside it, never by a colour alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.pdfgen.canvas import Canvas

from app.render.html_pdf import FONT, FONT_BOLD, printable, register_fonts, width

INK, QUIET, SOFT, PAPER, NONE = "#1a2233", "#566178", "#dbe3f4", "#ffffff", "none"
DASHES = (5, 3)
SMALL, ORDINARY = 12.5, 14.0  # points of letters


@dataclass(frozen=True)
class Stroke:
    """A line through points."""

    points: tuple[tuple[float, float], ...]
    wide: float = 1.2
    dashed: bool = False
    ink: str = INK
    kind: str = "stroke"

    def draw(self, canvas: Canvas) -> None:
        _pen(canvas, self)
        for (x1, y1), (x2, y2) in zip(self.points, self.points[1:], strict=False):
            canvas.line(x1, y1, x2, y2)


@dataclass(frozen=True)
class Outline:
    """A closed line through points, filled or not: a square, a diamond, a bar."""

    points: tuple[tuple[float, float], ...]
    fill: str = NONE
    wide: float = 1.2
    dashed: bool = False
    ink: str = INK
    kind: str = "outline"

    def draw(self, canvas: Canvas) -> None:
        _pen(canvas, self)
        path = canvas.beginPath()
        path.moveTo(*self.points[0])
        for point in self.points[1:]:
            path.lineTo(*point)
        path.close()
        canvas.drawPath(path, stroke=1, fill=_brush(canvas, self.fill))


@dataclass(frozen=True)
class Round:
    """A circle, filled or not."""

    x: float
    y: float
    radius: float
    fill: str = NONE
    wide: float = 1.2
    dashed: bool = False
    ink: str = INK
    kind: str = "round"

    def draw(self, canvas: Canvas) -> None:
        _pen(canvas, self)
        canvas.circle(self.x, self.y, self.radius, stroke=1, fill=_brush(canvas, self.fill))


@dataclass(frozen=True)
class Caption:
    """Words of one line; `y`: the line the letters stand on, `anchor`: start, middle or end."""

    x: float
    y: float
    text: str
    size: float = ORDINARY
    anchor: str = "start"
    bold: bool = False
    ink: str = INK
    kind: str = "caption"

    def draw(self, canvas: Canvas) -> None:
        font = FONT_BOLD if self.bold else FONT
        text = printable(self.text)
        shift = {"start": 0.0, "middle": 0.5, "end": 1.0}[self.anchor] * width(text, self.size, font)
        canvas.saveState()
        canvas.translate(self.x - shift, self.y)
        canvas.scale(1, -1)  # the sheet is turned upside down for all shapes, letters are turned back
        canvas.setFont(font, self.size)
        canvas.setFillColor(HexColor(self.ink))
        canvas.drawString(0, 0, text)
        canvas.restoreState()


Shape = Stroke | Outline | Round | Caption


@dataclass(frozen=True)
class Picture:
    """Shapes of one sheet. title: what it shows, in words for whoever does not see it."""

    width: float
    height: float
    title: str
    shapes: Sequence[Shape]

    def draw(self, canvas: Canvas, x: float, top: float, scale: float) -> None:
        """Draw it with its upper left corner at a point of a sheet whose `y` grows upwards."""
        register_fonts()
        canvas.saveState()
        canvas.translate(x, top)
        canvas.scale(scale, -scale)
        for shape in self.shapes:
            shape.draw(canvas)
        canvas.restoreState()


def box(x: float, y: float, across: float, down: float, **look: Any) -> Outline:
    """An upright rectangle by its upper left corner and its size."""
    return Outline(((x, y), (x + across, y), (x + across, y + down), (x, y + down)), **look)


def diamond(x: float, y: float, radius: float, **look: Any) -> Outline:
    """A square that stands on a corner, by its middle."""
    return Outline(((x, y - radius), (x + radius, y), (x, y + radius), (x - radius, y)), **look)


def triangle(x: float, y: float, radius: float, **look: Any) -> Outline:
    """A triangle with its point upwards, by its middle."""
    return Outline(((x, y - radius), (x + radius, y + radius), (x - radius, y + radius)), **look)


def fitted(text: str, room: float, size: float = ORDINARY, *, bold: bool = False) -> str:
    """A text that fits into so many points, with an ellipsis where it did not.

    The letters of a screen may be wider than those of a paper: a tenth is left for them.
    """
    font = FONT_BOLD if bold else FONT
    text = " ".join(printable(text).split())
    if width(text, size, font) * 1.1 <= room:
        return text
    while text and width(text + "…", size, font) * 1.1 > room:
        text = text[:-1]
    return text.rstrip() + "…"


def _pen(canvas: Canvas, shape: Stroke | Outline | Round) -> None:
    canvas.setStrokeColor(HexColor(shape.ink))
    canvas.setLineWidth(shape.wide)
    canvas.setDash(*DASHES) if shape.dashed else canvas.setDash()


def _brush(canvas: Canvas, fill: str) -> int:
    if fill == NONE:
        return 0
    canvas.setFillColor(HexColor(fill))
    return 1
