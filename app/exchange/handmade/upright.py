"""A sheet on which the families stand in columns, its labels on the left, is turned so that they stand in rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from app.domain import people_in_text
from app.exchange import cells
from app.exchange.handmade import meanings
from app.exchange.reader import Book

MOST_LABELS, FEWEST_LABELS, FEWEST_FAMILIES = 60, 3, 2
TURNED = "семьи стоят столбцами, поэтому лист прочитан повёрнутым: строки ниже – это его столбцы."

Line = tuple[int, list[Any]]


def upright(book: Book) -> Book:
    """The book with such sheets turned, and a sentence about each."""
    sheets, hidden = dict(book.sheets), dict(book.hidden)
    for title, lines in book.sheets.items():
        first = _first_label(lines)
        if first is not None:
            sheets[title] = [*lines[:first], *_turned(lines[first:])]
            hidden[title] = " ".join(filter(None, (hidden.get(title), TURNED)))
    return replace(book, sheets=sheets, hidden=hidden) if sheets != book.sheets else book


def _first_label(lines: list[Line]) -> int | None:
    """Where the labels begin, if a parent is told of in several columns; None: the sheet stands upright."""
    if len(lines) > MOST_LABELS:
        return None
    labels = [place for place, (_, line) in enumerate(lines)
              if sum(cell != "" for cell in line) > 1 and _is_label(line[0])]  # fmt: skip
    if len(labels) < FEWEST_LABELS or len(labels) * 3 < (labels[-1] - labels[0] + 1) * 2:
        return None
    several = any(sum(map(_is_person, lines[place][1][1:])) >= FEWEST_FAMILIES for place in labels
                  if _is_of_head(lines[place][1][0]))  # fmt: skip
    return labels[0] if several else None


def _is_label(cell: Any) -> bool:
    text = cell if isinstance(cell, str) else ""
    return bool(text) and (people_in_text.role_of(text) is not None or meanings.of_header([text], {}) is not None)


def _is_of_head(cell: str) -> bool:
    """Whether a label is of the one mother or the one father of a family."""
    owner = (meanings.of_header([cell], {}) or "").partition(".")[0]
    return owner in ("mother", "father", "guardian") or people_in_text.role_of(cell) in people_in_text.HEADS


def _is_person(cell: Any) -> bool:
    if not isinstance(cell, str):
        return False
    found = people_in_text.people(cell, date.max).found
    return bool(found and found[0].last and found[0].first)


def _turned(lines: list[Line]) -> list[Line]:
    """Columns as rows, numbered on from the row of the first label."""
    width = max(len(line) for _, line in lines)
    columns = [[line[place] if place < len(line) else "" for _, line in lines] for place in range(width)]
    columns[0] = [cells.shown_cell(label) for label in columns[0]]
    start = lines[0][0]
    return [(start + place, column) for place, column in enumerate(columns) if any(cell != "" for cell in column)]
