"""A workbook in somebody's own layout: rows as they were written, red cells, lists of values to choose from."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from app.render.table import made
from app.render.xlsx import FONT, set_page

RED = PatternFill("solid", fgColor="F8CBAD")
GREY = PatternFill("solid", fgColor="E7E6E6")
WORDS = "Списки"  # the hidden sheet of the words to choose from
USUAL_WIDTH, MENDING_WIDTH = 22.0, 60.0


@dataclass
class FilledSheet:
    """A sheet. header: rows from the top that are its header; red: cells as (row, column) from 1; lists: by column from
    1 the words to choose from; days: the columns of dates; blank: rows below the last one that take the lists."""

    title: str
    rows: list[list[Any]]
    header: int = 1
    red: set[tuple[int, int]] = field(default_factory=set)
    widths: list[float] = field(default_factory=list)
    lists: dict[int, list[str]] = field(default_factory=dict)
    days: set[int] = field(default_factory=set)
    blank: int = 0


@dataclass
class Filled:
    """A whole workbook."""

    sheets: list[FilledSheet]


def workbook(filled: Filled, *, made_by: str, made_at: datetime) -> bytes:
    """The bytes of a workbook. made_at: the moment by the municipality's clock."""
    book = Workbook()
    del book["Sheet"]
    words: list[list[str]] = []
    for sheet in filled.sheets:
        page = book.create_sheet(sheet.title[:31])
        set_page(page, made(made_by, made_at), wide=True)
        _write(page, sheet)
        _offer(page, sheet, words)
    if words:
        lists = book.create_sheet(WORDS)
        lists.sheet_state = "hidden"
        for column, offered in enumerate(words, start=1):
            for row, word in enumerate(offered, start=1):
                _put(lists.cell(row, column), word)
    book.properties.creator = made_by
    content = BytesIO()
    book.save(content)
    return content.getvalue()


def _write(page: Any, sheet: FilledSheet) -> None:
    for row, values in enumerate(sheet.rows, start=1):
        for column, value in enumerate(values, start=1):
            if value is None and (row, column) not in sheet.red:
                continue
            cell = page.cell(row, column)
            _put(cell, value)
            cell.font = Font(name=FONT, bold=row <= sheet.header)
            cell.alignment = Alignment(vertical="top", wrap_text=True)
            if row <= sheet.header:
                cell.fill = GREY
            if (row, column) in sheet.red:
                cell.fill = RED
    width = max((len(values) for values in sheet.rows), default=0)
    for column in range(1, width + 1):
        usual = MENDING_WIDTH if sheet.red and column == width else USUAL_WIDTH
        page.column_dimensions[get_column_letter(column)].width = (
            sheet.widths[column - 1] if column <= len(sheet.widths) else usual
        )
    if sheet.header:
        page.freeze_panes = f"A{sheet.header + 1}"


def _put(cell: Cell, value: Any) -> None:
    """A text stays a text, whatever sign it begins with."""
    cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"
        cell.number_format = "@"
    elif hasattr(value, "year"):
        cell.number_format = "dd.mm.yyyy"


def _offer(page: Any, sheet: FilledSheet, words: list[list[str]]) -> None:
    below = len(sheet.rows) + sheet.blank
    for column, offered in sheet.lists.items():
        words.append(offered)
        letter = get_column_letter(len(words))
        rule = DataValidation("list", formula1=f"={WORDS}!${letter}$1:${letter}${len(offered)}", allow_blank=True)
        rule.showErrorMessage = False  # a word of one's own is read too
        rule.add(f"{get_column_letter(column)}{sheet.header + 1}:{get_column_letter(column)}{below}")
        page.add_data_validation(rule)
    for column in sheet.days:
        for row in range(sheet.header + 1, min(below, sheet.header + 100) + 1):
            page.cell(row, column).number_format = "dd.mm.yyyy"
