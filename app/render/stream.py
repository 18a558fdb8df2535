"""Sheets of a workbook written row by row: openpyxl makes the book and what stands around the rows, we make the rows.

Its own cells try each value for its kind, find their style anew and open four elements each: that costs more than the
whole rest of the writing. Ours are the text of their XML.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, NewType
from xml.sax.saxutils import escape

from openpyxl.cell import WriteOnlyCell
from openpyxl.compat import safe_string
from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import to_excel
from openpyxl.worksheet._write_only import WriteOnlyWorksheet
from openpyxl.worksheet._writer import WorksheetWriter, create_temporary_file

LONGEST_TEXT = 32_767  # a cell of Excel holds no more

# Characters that XML forbids: one of them makes the whole file unreadable.
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_CODE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")  # Excel reads «_x000D_» in a text as a character
_MARKUP = re.compile(r"[&<>\r]")

# The XML of a cell behind its address: the number of its style, its kind and its value.
StreamCell = NewType("StreamCell", str)


class StreamSheet(WriteOnlyWorksheet):
    """A sheet of such cells."""

    _writer: Any
    row_dimensions: Any

    def __init__(self, book: Any, title: str) -> None:
        super().__init__(book, title)
        self._letters: list[str] = []

    def _get_writer(self) -> None:
        """Let the writer of openpyxl write into a file that rows are added to past it."""
        if self._writer is None:
            self._file = Path(create_temporary_file()).open("wb")  # noqa: SIM115  open until the sheet is whole
            self._writer = WorksheetWriter(self, self._file)
            self._writer.write_top()

    def _write_rows(self) -> Generator[None, Sequence[StreamCell | None], None]:
        xml = self._writer.xf.send(True)
        with xml.element("sheetData"):
            xml.flush()
            number = 1
            try:
                while True:
                    self._file.write(self._row(number, (yield)).encode())
                    number += 1
            except GeneratorExit:
                pass
        self._writer.xf.send(None)

    def _row(self, number: int, cells: Sequence[StreamCell | None]) -> str:
        """The XML of a row: its height, if it has one of its own, and its cells."""
        if len(cells) > len(self._letters):
            self._letters = [get_column_letter(place) for place in range(1, len(cells) + 1)]
        looks = "".join(f' {name}="{value}"' for name, value in self.row_dimensions.get(number, ()))
        written = [f'<c r="{letter}{number}"{cell}' for letter, cell in zip(self._letters, cells, strict=False) if cell]
        return f'<row r="{number}"{looks}>{"".join(written)}</row>'

    def close(self) -> None:
        super().close()
        self._file.close()
        self._writer.out = self._file.name


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
    if len(text) > LONGEST_TEXT:
        text = text[:LONGEST_TEXT]
    if not text:
        return cell(None, style_id)
    space = ' xml:space="preserve"' if text != text.strip() else ""
    if _MARKUP.search(text):
        text = escape(text, {"\r": "&#13;"})
    return StreamCell(f' s="{style_id}" t="inlineStr"><is><t{space}>{text}</t></is></c>')


def cell(value: Decimal | date | float | bool | str | None, style_id: int) -> StreamCell:
    """The cell of a value of any kind."""
    if isinstance(value, str):
        return text_cell(value, style_id)
    if isinstance(value, date):
        return _day_cell(value, style_id)
    if value is None:
        return StreamCell(f' s="{style_id}" t="n"/>')
    number = safe_string(float(value) if isinstance(value, Decimal) else value)
    return StreamCell(f' s="{style_id}" t="{"b" if isinstance(value, bool) else "n"}"><v>{number}</v></c>')


@lru_cache(maxsize=4096)
def _day_cell(day: date, style_id: int) -> StreamCell:
    return StreamCell(f' s="{style_id}" t="n"><v>{safe_string(to_excel(day))}</v></c>')
