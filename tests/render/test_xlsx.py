"""Workbooks: values stay what they are, the header is merged as the form is, text is never a formula."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from io import BytesIO

from openpyxl import load_workbook

from app.render.table import Cell, Column, Figure, Section, Table, TextLine
from app.render.xlsx import workbook
from app.words import CONFIDENTIAL

MADE_AT = datetime(2026, 10, 2, 14, 30, tzinfo=UTC)
DAY = date(2026, 7, 1)


def sheet_of(table):
    content = workbook(table, made_by="Анна Координатор", made_at=MADE_AT)
    return load_workbook(BytesIO(content)).worksheets[0]


def cell_with(sheet, value):
    found = [cell for row in sheet.iter_rows() for cell in row if cell.value == value]
    assert found, f"no cell holds {value!r}"
    return found[0]


def test_numbers_money_and_dates_are_real_cells():
    columns = [Column("Семей", kind="number"), Column("Сумма", kind="money"), Column("Дата", kind="date")]
    sheet = sheet_of(Table("Помощь", columns, [[Cell(3, "/x"), Decimal("1234.50"), DAY]]))
    assert cell_with(sheet, 3).data_type == "n"
    assert cell_with(sheet, 1234.5).number_format == "#,##0.00"
    assert cell_with(sheet, datetime.combine(DAY, time())).is_date


def test_text_that_looks_like_a_formula_stays_text():
    for text in ("=1+1", "+7", "-1", "@SUM(A1)", "#N/A", '=HYPERLINK("x")'):
        assert cell_with(sheet_of(Table("Список", [Column("Имя")], [[text]])), text).data_type == "s"


def test_characters_that_would_break_the_file_are_dropped():
    assert cell_with(sheet_of(Table("Список", [Column("Имя")], [["Ива\x00нов\x1f"]])), "Иванов")


def test_text_that_excel_would_read_as_a_character_stays_text():
    sheet = sheet_of(Table("Список", [Column("Имя")], [["дело_x0041_2"]]))
    assert cell_with(sheet, "дело_x005F_x0041_2")  # as the file says it, so that Excel shows what was written


def test_neighbours_of_one_group_stand_under_one_merged_cell():
    columns = [
        Column("Территория"),
        Column("Всего", groups=("Карты",)),
        Column("5.1", groups=("Карты", "из них")),
        Column("5.2", groups=("Карты", "из них")),
    ]
    sheet = sheet_of(Table("Форма", columns, [["Село", 1, 1, 0]]))
    top = cell_with(sheet, "Территория").row
    merged = {str(area) for area in sheet.merged_cells.ranges}
    assert {f"A{top}:A{top + 2}", f"B{top}:D{top}", f"B{top + 1}:B{top + 2}", f"C{top + 1}:D{top + 1}"} <= merged


def test_the_sheet_says_whose_it_is_and_repeats_its_header_in_print():
    sheet = sheet_of(Table("Форма", [Column("А", mark="1")], [["х"]], total=["ИТОГО"]))
    texts = [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value]
    assert any(CONFIDENTIAL in text and "02.10.2026 14:30" in text and "Анна Координатор" in text for text in texts)
    head = cell_with(sheet, "А").row
    assert sheet.print_title_rows == f"${head}:${head + 1}"
    assert sheet.page_setup.fitToWidth == 1
    assert sheet.sheet_properties.pageSetUpPr.fitToPage


def test_figures_under_the_table_are_numbers_in_cells_of_their_own():
    section = Section("1. О семьях", (TextLine("1.1.", (Figure("Неполных семей", 90),)),))
    sheet = sheet_of(Table("Форма", [Column("А", width=30), Column("Б", width=50)], [], sections=[section]))
    assert cell_with(sheet, 90).data_type == "n"


def test_a_style_is_made_once_however_many_rows_there_are():
    """A cell bears the number of its style: one that is made for each cell costs more than the writing."""
    columns = [Column("Фамилия"), Column("Дата", kind="date")]

    def styles(rows):
        content = workbook(Table("Список", columns, [["Рябинина", DAY]] * rows), made_by="Анна", made_at=MADE_AT)
        return len(load_workbook(BytesIO(content))._cell_styles)

    assert styles(1) == styles(500)


def test_cells_of_no_text_and_of_yes_and_no_are_cells_too():
    sheet = sheet_of(Table("Список", [Column("Имя"), Column("Да")], [["", True], ["\x00", None]]))
    assert cell_with(sheet, True).data_type == "b"
