"""Sheets of a workbook written row by row: cells that hold no more than the writer of openpyxl asks of them.

Its own cells try each value for its kind, find their style anew and are tried as values themselves: that costs more
than the writing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from openpyxl.cell import WriteOnlyCell
from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import to_excel
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

LONGEST_TEXT = 32_767  # a cell of Excel holds no more
NUMBER, TEXT, FLAG = "n", "s", "b"

# Characters that XML forbids: one of them makes the whole file unreadable.
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_CODE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")  # Excel reads «_x000D_» in a text as a character

_serial = lru_cache(maxsize=4096)(to_excel)


class StreamCell:
    """A value with the number of its style."""

    __slots__ = ("_value", "coordinate", "data_type", "style_id")
    has_style = True
    hyperlink = _comment = None
    coordinate: str

    def __init__(self, value: Any, data_type: str, style_id: int) -> None:
        self._value, self.data_type, self.style_id = value, data_type, style_id


class StreamSheet(WriteOnlyWorksheet):
    """A sheet of such cells."""

    def _values_to_row(self, values: Sequence[StreamCell | None], row_idx: int) -> Iterator[StreamCell]:
        for number, cell in enumerate(values, start=1):
            if cell is not None:
                cell.coordinate = f"{get_column_letter(number)}{row_idx}"
                yield cell


def sheet(book: Any, title: str) -> Any:
    """A sheet at the end of a book that is written as a stream."""
    made = StreamSheet(book, title)
    book._add_sheet(made)
    return made


def style(sheet: Any, **looks: Any) -> int:
    """The number of a style in the book: font, fill, border, alignment, number_format."""
    cell: Any = WriteOnlyCell(sheet)
    for name, look in looks.items():
        setattr(cell, name, look)
    return int(cell.style_id)


def text_cell(text: str, style_id: int) -> StreamCell:
    """A cell whose text stays as it is: never a formula whatever it begins with, never a code of a character."""
    if not text.isprintable() or "_x" in text:
        text = _CODE.sub("_x005F_", _FORBIDDEN.sub("", text))
    return StreamCell(text[:LONGEST_TEXT], TEXT, style_id) if text else StreamCell(None, NUMBER, style_id)


def cell(value: Decimal | date | float | bool | str | None, style_id: int) -> StreamCell:
    """The cell of a value of any kind."""
    if isinstance(value, str):
        return text_cell(value, style_id)
    if isinstance(value, date):
        return StreamCell(_serial(value), NUMBER, style_id)
    if isinstance(value, bool):
        return StreamCell(value, FLAG, style_id)
    return StreamCell(float(value) if isinstance(value, Decimal) else value, NUMBER, style_id)
