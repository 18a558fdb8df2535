"""A workbook that people touched by hand: in every sheet and column, not only where it was seen once."""

from __future__ import annotations

import unicodedata
from datetime import date

import pytest

from app.exchange.workbook import SHEETS, Kind
from tests.exchange.workbooks import Sound, load, planned, texts

pytestmark = pytest.mark.one_database("cells are read and compared in Python; test_import.py loads on both")

DATES = [(sheet, column.header) for sheet in SHEETS for column in sheet if column.kind is Kind.DATE]
COLUMNS = [(sheet, column.header) for sheet in SHEETS for column in sheet]
TITLES = [sheet.title for sheet in SHEETS]
LOOKALIKES = dict(zip("АВСЕНКМОРТХасеорхук", "ABCEHKMOPTXaceopxyk", strict=True))


def with_lookalikes(text: str) -> str:
    """Each word with a Latin letter in it, as a careless keyboard leaves it."""
    words = []
    for word in text.split(" "):
        place = next((place for place, letter in enumerate(word) if letter in LOOKALIKES), None)
        if place is not None:
            word = word[:place] + LOOKALIKES[word[place]] + word[place + 1 :]
        words.append(word)
    return " ".join(words)


def pasted(text: str) -> str:
    """As a text processor gives it: decomposed, with hyphens and spaces that nobody sees."""
    parts = unicodedata.normalize("NFD", text).split(" ")
    return "\u00a0".join(part[:2] + "\u00ad\u200b" + part[2:] for part in parts) + "\ufeff"


@pytest.mark.parametrize("touch", [with_lookalikes, pasted, lambda text: f"  {text.replace(' ', '   ')} "])
def test_what_looks_the_same_is_the_same_in_every_cell(cast, loaded, touch):
    book = Sound()
    touched = 0
    for sheet, header in COLUMNS:
        for row in book.rows[sheet.title]:
            if isinstance(row.get(header), str) and touch(row[header]) != row[header]:
                row[header] = touch(row[header])
                touched += 1
    found = planned(book.content())
    assert touched > 15
    assert not found.faults, found.faults[:3]
    assert not found.does_something, (found.new[:3], found.changes[:3])
    assert not found.questions


def header_row(sheet) -> dict:
    return {column.header: column.header for column in sheet}


def numbers_row(sheet) -> dict:
    return {column.header: str(place) for place, column in enumerate(sheet, start=1)}


def total_row(sheet) -> dict:
    first, second, *_ = sheet
    return {first.header: "Всего по поселению:", second.header: "5"}


def signature_row(sheet) -> dict:
    first, second, *_ = sheet
    return {first.header: "Исп. Полозова", second.header: "тел. 5-00-00"}


def blank_row(sheet) -> dict:
    return {column.header: " \u00a0\u200b" for column in sheet}


@pytest.mark.parametrize("sheet", SHEETS, ids=TITLES)
@pytest.mark.parametrize("make", [header_row, numbers_row, total_row, signature_row, blank_row])
def test_a_line_that_is_no_row_is_left_out_of_every_sheet(cast, loaded, sheet, make):
    book = Sound()
    book.rows[sheet.title].insert(1, make(sheet))
    book.rows[sheet.title].append(make(sheet))
    found = planned(book.content())
    assert not found.faults, found.faults[:3]
    assert not found.does_something
    assert ("не читается как запись" in texts(found.notices)) is (make is not blank_row)


NO_DAYS = [
    "31.02.2020", "29.02.2023", "00.00.0000", "12.05.2013; 14.06.2015", "12.05.2013 и 14.06.2015", "2013", "май 2013",
    "12.2013", 41406, 2013, True, "?", "12.05.1013", "12.05.20135", "#N/A", "#ССЫЛКА!",
]  # fmt: skip


@pytest.mark.parametrize(("sheet", "header"), DATES, ids=range(len(DATES)))
def test_what_is_no_day_is_a_fault_in_every_column_of_days(cast, sheet, header):
    book = Sound()
    rows = book.rows[sheet.title]
    source = next((row for row in rows if row.get(header)), rows[0])
    rows[:] = [{**source, header: value} for value in NO_DAYS]
    told = {fault.row for fault in planned(book.content()).faults if fault.sheet == sheet.title
            and fault.column == header}  # fmt: skip
    assert told == set(range(2, len(NO_DAYS) + 2))


@pytest.mark.parametrize("day", [date(2099, 1, 1), date(1899, 12, 30), "01.01.1899"])
def test_a_birth_date_that_cannot_be_is_a_fault(cast, day):
    book = Sound()
    book.row("Члены семьи", 1)["Дата рождения"] = day
    assert any(fault.column == "Дата рождения" for fault in planned(book.content()).faults)


@pytest.mark.parametrize(("sheet", "header"), COLUMNS, ids=range(len(COLUMNS)))
def test_an_error_that_became_text_is_a_fault_in_every_column(cast, sheet, header):
    book = Sound()
    book.row(sheet.title)[header] = "#Н/Д"
    found = planned(book.content())
    assert any(fault.column == header and fault.row == 2 for fault in found.faults), found.faults[:3]


def test_two_families_under_one_number_are_a_fault(cast):
    book = Sound()
    book.row("Семьи", 1)["№ карты"] = "00001"
    assert "Карта с этим номером уже есть в строке 2" in texts(planned(book.content()).faults)


@pytest.mark.parametrize("sheet", SHEETS, ids=TITLES)
def test_a_row_without_a_number_is_a_fault_never_another_family(cast, sheet):
    book = Sound()
    book.row(sheet.title)["№ карты"] = None
    found = planned(book.content())
    assert any(fault.sheet == sheet.title and fault.row == 2 and fault.column == "№ карты" for fault in found.faults)


def test_a_father_and_a_son_of_one_name_are_two(cast):
    book = Sound()
    book.rows["Члены семьи"] += [
        {"№ карты": "00001", "Роль в семье": role, "Фамилия": "Тетерин", "Имя": "Илья", "Отчество": "Ильич",
         "Дата рождения": born} for role, born in (("отец", date(1988, 1, 1)), ("сын", date(2012, 1, 1)))
    ]  # fmt: skip
    book.rows["Мероприятия"].append(
        {"№ карты": "00001", "Дата": date(2026, 5, 6), "Код вида помощи": "1.1",
         "Получатели": "Тетерин Илья Ильич (01.01.2012)"}
    )  # fmt: skip
    load(book.content())
    assert not planned(book.content()).does_something
    book.row("Мероприятия", 2)["Получатели"] = "Тетерин Илья Ильич"
    assert "двое с именем" in texts(planned(book.content()).faults)
