"""Pictures of figures, drawn once for the screen, for print and for a PDF: bars with names and numbers beside them.

A `Drawn` says what is shown; `drawing` makes a drawing of reportlab of it, which `svg`, `png` and a PDF show alike.
Every mark bears its title and may lead to a list. Nothing is told by colour alone: names and numbers stand at the bars.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from html import escape
from io import BytesIO
from typing import Any, Literal

from PIL import Image, ImageDraw, ImageFont
from reportlab.graphics.shapes import Drawing, Line, Rect, String
from reportlab.lib.colors import HexColor

from app.render.html_pdf import FONT, FONT_BOLD, FONT_DIR, printable, register_fonts, width
from app.words import short
from app.words import tenth as said

WIDE, NARROW = 440.0, 300.0  # units of a drawing; on a page it is as wide as its place, a narrow one on a telephone
ROW, PANEL, TOP, SIZE = 22.0, 74.0, 26.0, 11.0
LEFT, RIGHT = 170.0, 52.0  # room for names before the bars and for numbers after them
BROADER = 1.25  # the font of a screen beside that of paper, by which texts are measured
INK, QUIET, SHADES = HexColor("#1f2733"), HexColor("#5b6676"), (HexColor("#2f5d8a"), HexColor("#6b93b8"))
SHARP = 3  # dots of a PNG for a unit

Anchor = Literal["start", "middle", "end"]
Number = int | float | Decimal


@dataclass(frozen=True)
class Bar:
    """A named number; link: the list behind it."""

    name: str
    value: Number
    link: str = ""


@dataclass(frozen=True)
class Panel:
    """A row of columns under a name of its own, one over the other panels of a picture: a number over time."""

    title: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Drawn:
    """What is drawn: bars one under another, or panels over time. unit: of its numbers."""

    title: str
    unit: str
    bars: tuple[Bar, ...] = ()
    panels: tuple[Panel, ...] = ()

    @property
    def told(self) -> str:
        """The picture in words, for who does not see it."""
        if self.panels:
            return f"{self.title}. " + " ".join(f"{panel.title}: {_listed(panel.bars)}." for panel in self.panels)
        return f"{self.title}. {_listed(self.bars)}."

    def rows(self) -> list[tuple[str, ...]]:
        """The table behind the picture, its head first."""
        if self.panels:
            head = ("", *(panel.title for panel in self.panels))
            numbers = zip(*(panel.bars for panel in self.panels), strict=True)
            return [head, *((bars[0].name, *(said(bar.value) for bar in bars)) for bars in numbers)]
        return [("", self.unit), *((bar.name, said(bar.value)) for bar in self.bars)]


def _listed(bars: Iterable[Bar]) -> str:
    return ", ".join(f"{bar.name}: {said(bar.value)}" for bar in bars)


def drawing(picture: Drawn, *, narrow: bool = False) -> Drawing:
    """The picture as a drawing of reportlab. narrow: names stand over their bars, for a telephone."""
    register_fonts()
    wide = NARROW if narrow else WIDE
    return _panels(picture, wide) if picture.panels else _bars(picture, wide)


def _bars(picture: Drawn, wide: float) -> Drawing:
    over, left = (ROW - 8, 0.0) if wide < WIDE else (0.0, LEFT)
    row = ROW + over
    made = Drawing(wide, TOP + row * max(len(picture.bars), 1) + 6)
    _head(made, picture)
    most = max([abs(float(bar.value)) for bar in picture.bars], default=0) or 1
    for place, bar in enumerate(picture.bars):
        base = made.height - TOP - row * (place + 1)
        long = (wide - left - RIGHT) * abs(float(bar.value)) / most
        if over:
            _text(made, 0, base + ROW, _fitting(bar.name, wide))
        else:
            _text(made, LEFT - 8, base + 7, _fitting(bar.name, LEFT - 8), "end")
        _mark(made, Rect(left, base + 3, max(long, 0.8), ROW - 7), bar, picture.unit, SHADES[0])
        _text(made, left + long + 5, base + 7, said(bar.value), bold=True)
    return made


def _fitting(name: str, room: float) -> str:
    """A name within its room, in the font of a screen too."""
    return next(
        (cut for cut in (short(name, long) for long in range(len(name), 1, -1))
         if width(printable(cut), SIZE, FONT) * BROADER <= room),
        name[:1],
    )  # fmt: skip


def _panels(picture: Drawn, wide: float) -> Drawing:
    made = Drawing(wide, TOP + PANEL * len(picture.panels) + 18)
    _head(made, picture)
    for number, panel in enumerate(picture.panels):
        foot = made.height - TOP - PANEL * (number + 1)
        _text(made, 0, foot + PANEL - 12, panel.title, fill=QUIET)
        made.add(Line(0, foot, wide, foot, strokeColor=QUIET, strokeWidth=0.5))
        most = max([abs(float(bar.value)) for bar in panel.bars], default=0) or 1
        step = wide / max(len(panel.bars), 1)
        for place, bar in enumerate(panel.bars):
            tall = (PANEL - 32) * abs(float(bar.value)) / most
            left = step * place + step * 0.15
            _mark(made, Rect(left, foot, step * 0.7, max(tall, 0.8)), bar, picture.unit, SHADES[number % 2])
            if step >= width(said(bar.value), SIZE - 1, FONT) + 1:
                _text(made, step * (place + 0.5), foot + tall + 3, said(bar.value), "middle", size=SIZE - 1)
    if picture.panels:
        _names(made, picture.panels[-1].bars)
    return made


def _names(made: Drawing, bars: Sequence[Bar]) -> None:
    """The names under the lowest panel, as many of them as there is room for."""
    step = made.width / max(len(bars), 1)
    widest = max([width(printable(bar.name), SIZE - 1, FONT) for bar in bars], default=1)
    every = max(1, -int(-(widest * BROADER) // step))
    for place, bar in enumerate(bars):
        if place % every == 0:
            _text(made, step * (place + 0.5), 5, bar.name, "middle", size=SIZE - 1)


def _head(made: Drawing, picture: Drawn) -> None:
    _text(made, 0, made.height - 14, picture.title, bold=True, size=SIZE + 1)


def _mark(made: Drawing, shape: Rect, bar: Bar, unit: str, fill: Any) -> None:
    shape.fillColor, shape.strokeColor = fill, None
    # Past the attributes that reportlab knows: what a page says of the mark, and where it leads.
    shape.__dict__["said"], shape.__dict__["link"] = f"{bar.name}: {said(bar.value)} ({unit})", bar.link
    made.add(shape)


def _text(made: Drawing, x: float, y: float, text: str, anchor: Anchor = "start", *, bold: bool = False,
          size: float = SIZE, fill: Any = INK) -> None:  # fmt: skip
    made.add(String(x, y, printable(text), fontName=FONT_BOLD if bold else FONT, fontSize=size, textAnchor=anchor,
                    fillColor=fill))  # fmt: skip


def svg(picture: Drawn, *, alone: bool = False, narrow: bool = False) -> str:
    """The picture as SVG without a style of its own. alone: as a file that is kept, not as a part of a page.

    narrow: for a telephone.
    """
    made = drawing(picture, narrow=narrow)
    space = ' xmlns="http://www.w3.org/2000/svg"' if alone else ""
    size = f' width="{made.width * 2:.0f}" height="{made.height * 2:.0f}"' if alone else ""
    # A picture whose marks are links is a group of them to those who listen to the page.
    is_linked = not alone and any(shape.__dict__.get("link") for shape in made.contents)
    role = "group" if is_linked else "img"
    css = "chart chart--narrow" if narrow else "chart"
    parts = [f'<svg{space}{size} class="{css}" role="{role}" viewBox="0 0 {made.width:.0f} {made.height:.0f}"'
             f' aria-label="{escape(picture.told)}" font-family="PT Sans, Arial, sans-serif">']  # fmt: skip
    parts += [_svg_of(shape, made.height, linked=not alone) for shape in made.contents]
    return "".join([*parts, "</svg>"])


def _svg_of(shape: Any, height: float, *, linked: bool) -> str:
    if isinstance(shape, Rect):
        mark = (
            f'<rect x="{shape.x:.1f}" y="{height - shape.y - shape.height:.1f}" width="{shape.width:.1f}" '
            f'height="{shape.height:.1f}" fill="{_colour(shape.fillColor)}"><title>{escape(shape.__dict__["said"])}'
            "</title></rect>"
        )
        link = shape.__dict__["link"]
        return f'<a href="{escape(link)}">{mark}</a>' if link and linked else mark
    if isinstance(shape, Line):
        return (f'<line x1="{shape.x1:.1f}" y1="{height - shape.y1:.1f}" x2="{shape.x2:.1f}" '
                f'y2="{height - shape.y2:.1f}" stroke="{_colour(shape.strokeColor)}" stroke-width="0.5"/>')  # fmt: skip
    weight = ' font-weight="bold"' if shape.fontName == FONT_BOLD else ""
    return (f'<text x="{shape.x:.1f}" y="{height - shape.y:.1f}" font-size="{shape.fontSize:g}" '
            f'text-anchor="{shape.textAnchor}" fill="{_colour(shape.fillColor)}"{weight}>'
            f"{escape(shape.text)}</text>")  # fmt: skip


def _colour(colour: Any) -> str:
    return f"#{colour.hexval()[2:]}"


def png(picture: Drawn) -> bytes:
    """The picture as PNG on white."""
    made = drawing(picture)
    image = Image.new("RGB", (round(made.width * SHARP), round(made.height * SHARP)), "white")
    pen = ImageDraw.Draw(image)
    shape: Any
    for shape in made.contents:
        if isinstance(shape, Rect):
            top = (made.height - shape.y - shape.height) * SHARP
            box = (shape.x * SHARP, top, (shape.x + shape.width) * SHARP, top + max(shape.height * SHARP, 1))
            pen.rectangle(box, fill=_colour(shape.fillColor))
        elif isinstance(shape, Line):
            ends = [(x * SHARP, (made.height - y) * SHARP) for x, y in ((shape.x1, shape.y1), (shape.x2, shape.y2))]
            pen.line(ends, fill=_colour(shape.strokeColor))
        else:
            anchor = {"start": "ls", "middle": "ms", "end": "rs"}[shape.textAnchor]
            at = (shape.x * SHARP, (made.height - shape.y) * SHARP)
            font = _font(shape.fontName, round(shape.fontSize * SHARP))
            pen.text(at, shape.text, fill=_colour(shape.fillColor), font=font, anchor=anchor)
    content = BytesIO()
    image.save(content, "PNG")
    return content.getvalue()


@cache
def _font(name: str, size: int) -> Any:
    return ImageFont.truetype(str(FONT_DIR / f"{name}.ttf"), size)
