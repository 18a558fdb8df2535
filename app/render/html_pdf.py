"""A page of HTML becomes a PDF in Liberation Serif; nothing but that font is ever read, nothing is fetched."""

from __future__ import annotations

import io
import logging
import threading
import unicodedata
from functools import cache
from pathlib import Path

from reportlab import rl_config
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from xhtml2pdf import pisa
from xhtml2pdf.config.resources import ResourceAccessPolicy
from xhtml2pdf.default import DEFAULT_CSS

from app.words import numbers_held

FONT_DIR = Path(__file__).resolve().parent / "fonts"
FONT, FONT_BOLD = "LiberationSerif-Regular", "LiberationSerif-Bold"
FACES = {
    FONT: "font-weight: normal; font-style: normal",
    FONT_BOLD: "font-weight: bold; font-style: normal",
    "LiberationSerif-Italic": "font-weight: normal; font-style: italic",
    "LiberationSerif-BoldItalic": "font-weight: bold; font-style: italic",
}
FONT_CSS = "\n".join(
    f'@font-face {{ font-family: "Liberation Serif"; src: url("{FONT_DIR / name}.ttf"); {style}; }}'
    for name, style in FACES.items()
)
RENDER_SECONDS = 40  # a paper that takes longer is given up before the server gives up the worker

MISSING = "□"  # stands for a character the font cannot draw
# Marks that turn the direction of a text: printed, they would show something else than what is stored.
DIRECTION_MARKS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

rl_config.trustedSchemes = ["data"]
rl_config.trustedHosts = []
logging.getLogger("xhtml2pdf").setLevel(logging.CRITICAL)  # its warnings quote the text of families
_lock = threading.Lock()


class PrintError(Exception):
    """A paper that could not be made; the cause is in the log, not in the message."""


def pdf(html: str) -> bytes:
    """The page as PDF, in the family "Liberation Serif".

    `html` comes from our own templates with every value escaped. Raises PrintError.
    """
    out = io.BytesIO()
    try:
        result = pisa.CreatePDF(
            numbers_held(html),
            dest=out,
            encoding="utf-8",
            default_css=DEFAULT_CSS + FONT_CSS,
            resource_policy=ResourceAccessPolicy.server(
                FONT_DIR, allow_remote=False, max_render_seconds=RENDER_SECONDS
            ),
        )
    except Exception as error:  # the library raises whatever its parsers raise
        raise PrintError(type(error).__name__) from error
    if result.err:
        raise PrintError(f"{result.err} faults")
    return out.getvalue()


def printable(text: str) -> str:
    """A text as it can be printed: no control characters or direction marks, a box for what the font lacks."""
    drawn = _glyphs()
    return "".join(
        char if char in "\n\t" or ord(char) in drawn else MISSING
        for char in unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
        if char in "\n\t" or not (unicodedata.category(char) in ("Cc", "Cs") or char in DIRECTION_MARKS)
    )


def width(text: str, points: float, font: str = FONT) -> float:
    """How wide a line of text is, in points."""
    register_fonts()
    return float(pdfmetrics.stringWidth(text, font, points))


@cache
def register_fonts() -> None:
    """Make the bundled faces known to reportlab, once."""
    with _lock:
        for name in FACES:
            pdfmetrics.registerFont(TTFont(name, str(FONT_DIR / f"{name}.ttf")))


@cache
def _glyphs() -> frozenset[int]:
    """The characters the regular face can draw."""
    return frozenset(TTFont(FONT, str(FONT_DIR / f"{FONT}.ttf")).face.charToGlyph)
