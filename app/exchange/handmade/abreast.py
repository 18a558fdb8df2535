"""Tables that stand side by side on one sheet: a blank column parts them, and both have the same headers."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from app.exchange import cells

HEADER_ROWS = 60  # rows in which headers are looked for
FEWEST_HEADERS = 2  # known ones, on either side and the same on both

Line = tuple[int, list[Any]]


def sides(lines: list[Line], knows: Callable[[Sequence[str]], bool]) -> list[list[Line]]:
    """The lines of each table, the left one first; the places of the cells stay what they are in the sheet."""
    for _, line in lines[:HEADER_ROWS]:
        for place in _gaps(line):
            if _are_alike(line[:place], line[place + 1 :], knows) and all(_is_blank(each, place) for _, each in lines):
                left = [(number, each[:place]) for number, each in lines]
                right = [(number, [""] * place + each[place:]) for number, each in lines]
                return [_filled(left), *sides(_filled(right), knows)]
    return [lines]


def _filled(lines: list[Line]) -> list[Line]:
    return [(number, line) for number, line in lines if any(cell != "" for cell in line)]


def _gaps(line: list[Any]) -> list[int]:
    """The blank cells of a row between filled ones."""
    filled = [place for place, cell in enumerate(line) if cell != ""]
    return (
        [place for place in range(filled[0], filled[-1]) if line[place] == ""] if len(filled) > FEWEST_HEADERS else []
    )


def _are_alike(one: list[Any], other: list[Any], knows: Callable[[Sequence[str]], bool]) -> bool:
    """Whether the cells of both sides are headers, and some of the one stand in the other too."""
    left, right = ({_key(cell): cell for cell in cells_ if isinstance(cell, str) and cell} for cells_ in (one, other))
    shared = left.keys() & right.keys()
    if len(shared) < FEWEST_HEADERS or len(shared) * 2 < max(len(left), len(right)):
        return False
    return sum(knows([left[key]]) for key in shared) >= FEWEST_HEADERS


def _is_blank(line: list[Any], place: int) -> bool:
    return place >= len(line) or line[place] == ""


def _key(cell: Any) -> str:
    return re.sub(r"[\W_]+", " ", cells.shown_cell(cell).casefold()).strip()
