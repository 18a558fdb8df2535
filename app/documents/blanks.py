"""How a form is filled in: a known value stands on the line, an unknown one leaves the line blank."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from app import words
from app.domain.periods import MONTHS_OF
from app.render import html_pdf

POINTS = 12.0  # the size of the form's letters
LINE = 170 / 25.4 * 72  # the width of the form's text, in points


def rule(label: str = "", rest: float = LINE) -> str:
    """Underscores that fill the line after a label; a label longer than a line is followed on its last line."""
    used = 0.0
    space = html_pdf.width(" ", POINTS)
    for word in label.split():
        length = html_pdf.width(word, POINTS)
        used = length if used + length > rest else used + length
        used += space
    free = rest - used
    if free < rest / 8:  # a stump is no line to write on
        free = rest
    return "_" * int((free - 2) / html_pdf.width("_", POINTS))


def lines(text: str | None) -> list[str]:
    """The lines of a text as it was typed, fit to print; empty ones dropped."""
    return [line.strip() for line in html_pdf.printable(text or "").split("\n") if line.strip()]


def text(value: object) -> str:
    """A value on one line; nothing for an unknown one."""
    return " ".join(lines(str(value))) if value is not None else ""


def long_day(value: date) -> str:
    """«05» марта 2024 г."""
    return f"«{value:%d}» {MONTHS_OF[value.month - 1]} {value.year} г."


def roubles(value: Decimal | None) -> str:
    """12 345,60 руб."""
    return f"{words.roubles(value)} руб." if value is not None else ""
