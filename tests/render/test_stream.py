"""Cells of our own writing are the ones that openpyxl writes of the same values, to the last attribute."""

from datetime import date
from decimal import Decimal
from io import BytesIO
from xml.etree import ElementTree
from zipfile import ZipFile

import pytest
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from app.render import stream

TEXTS = (
    "Рябинина", "=1+1", "Отдел & комиссия", "<b>", "]]>", '"Ромашка"', "д'Артаньян", " с краю", "с краю ", "\u00a0",
    "две\nстроки", "конец\r\nстроки", "\t", "😀", "\x85\u2028", "00012", "&amp;", "_", "я" * stream.LONGEST_TEXT,
)  # fmt: skip
NUMBERS = (0, -7, 10**14, 0.1, 1 / 3, -1e-9, Decimal("1234.50"), Decimal("0.10"), True, False, None)
DAYS = (date(1900, 1, 1), date(1900, 3, 1), date(2024, 2, 29), date(2026, 10, 12))
WIDE = 30  # columns: beyond Z


def sheet_xml(write, values):
    """The XML of a sheet of three rows: empty cells among others, a row of a height of its own, a wide one."""
    book = Workbook(write_only=True)
    sheet, cell = write(book)
    sheet.freeze_panes = "A2"
    sheet.column_dimensions["B"].width = 20
    sheet.row_dimensions[2].height = 45.5
    sheet.auto_filter.ref = "A1:B1"
    for row in ([cell(value) for value in values], [None, cell(values[0]), None], [cell("я")] * WIDE, []):
        sheet.append(row)
    content = BytesIO()
    book.save(content)
    return ElementTree.canonicalize(ZipFile(content).read("xl/worksheets/sheet1.xml").decode())


def ours(book):
    sheet = stream.sheet(book, "Лист")
    style = stream.style(sheet, font=Font(name="Calibri", bold=True), number_format="0.0")
    return sheet, lambda value: stream.cell(value, style)


def theirs(book):
    sheet = book.create_sheet("Лист")

    def cell(value):
        made = WriteOnlyCell(sheet, value)
        if isinstance(value, str):
            made.data_type = "s"
        if isinstance(value, date):
            made.data_type, made._value = "n", stream.to_excel(value)
        made.font, made.number_format = Font(name="Calibri", bold=True), "0.0"
        return made

    return sheet, cell


@pytest.mark.parametrize("values", [TEXTS, NUMBERS, DAYS], ids=["texts", "numbers", "days"])
def test_a_sheet_is_the_one_that_openpyxl_writes(values):
    assert sheet_xml(ours, values) == sheet_xml(theirs, values)


def test_the_files_of_the_sheets_are_not_left_behind(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    sheet_xml(ours, TEXTS)
    assert not list(tmp_path.iterdir())
