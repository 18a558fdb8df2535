"""The rows of a workbook as values of the bank, and every fault of its cells at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from app.domain import names
from app.exchange import cells
from app.exchange.reader import Book
from app.exchange.workbook import AS_OF, DISTRICT, FACTS, FORM_VERSION, SHEETS, VERSION, Column, Kind, Sheet

MOST_FAULTS = 20_000

Row = dict[str, Any]  # the values by field, `row`: the number of the line, `bad`: fields that could not be read


@dataclass(frozen=True)
class Fault:
    """What is wrong with a cell, and what to do about it. `cell` is its address: «C15»."""

    sheet: str
    row: int | None
    column: str
    cell: str
    value: str
    text: str


@dataclass(frozen=True)
class Notice:
    """What is worth knowing and hinders nothing."""

    sheet: str
    row: int | None
    text: str


@dataclass
class SheetRows:
    """The rows of one sheet. `letters`: the columns that the sheet has, by field."""

    sheet: Sheet
    rows: list[Row] = field(default_factory=list)
    letters: dict[str, str] = field(default_factory=dict)
    raw: dict[tuple[int, str], Any] = field(default_factory=dict)


@dataclass
class Content:
    """A whole workbook as values."""

    district: str = ""
    as_of: date | None = None
    sheets: dict[str, SheetRows] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)

    def fault(self, rows: SheetRows, row: Row, name: str, text: str) -> None:
        """Add a fault of a row; its value is shown as the sheet has it."""
        column = rows.sheet.column(name)
        letter = rows.letters.get(name, "")
        value = rows.raw.get((row["row"], name))
        shown = cells.shown_cell(value) if value is not None else _shown(rows.sheet, name, row.get(name))
        self.add(
            Fault(rows.sheet.title, row["row"], column.header, f"{letter}{row['row']}" if letter else "", shown, text)
        )

    def add(self, fault: Fault) -> None:
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(fault)


def _shown(sheet: Sheet, name: str, value: Any) -> str:
    if value is None or value == ():
        return ""
    if isinstance(value, tuple):
        return "; ".join(part.name if isinstance(part, cells.Named) else str(part) for part in value)
    return cells.shown(value)


def header_key(text: Any) -> str:
    """A header as it is compared: case, spaces, ё/е, line breaks, punctuation and the * apart."""
    return names.key(str(text))


def content(book: Book, dictionaries: Mapping[str, cells.Codes]) -> Content:
    """Everything the workbook says, with the faults of its cells."""
    found = Content()
    by_title = {header_key(title): (title, rows) for title, rows in reversed(book.sheets.items())}
    _read_facts(found, by_title.pop(header_key(FACTS), None))
    for sheet in SHEETS:
        known = by_title.pop(header_key(sheet.title), None)
        if known is None:
            text = f"Нет листа «{sheet.title}»: добавьте его, хотя бы с одной строкой заголовков."
            found.add(Fault(sheet.title, None, "", "", "", text))
            found.sheets[sheet.title] = SheetRows(sheet)
        else:
            found.sheets[sheet.title] = _read_sheet(found, sheet, known[1], dictionaries)
    for title, rows in by_title.values():
        if rows:
            found.notices.append(Notice(title, None, f"Лист «{title}» не входит в форму и не читается."))
    return found


def _read_facts(found: Content, sheet: tuple[str, Any] | None) -> None:
    if sheet is None:
        found.add(Fault(FACTS, None, "", "", "", f"Нет листа «{FACTS}»: добавьте его (район, дата, версия формы)."))
        return
    facts = {header_key(row[0]): (number, row[1] if len(row) > 1 else "") for number, row in reversed(sheet[1])}

    def fact(label: str, read: Callable[[Any], Any]) -> Any:
        number, cell = facts.get(header_key(label), (None, ""))
        try:
            value = None if cell == "" else read(cell)
            if value is None:
                raise cells.CellError(f"Заполните «{label}».")
        except cells.CellError as error:
            address = f"B{number}" if number else ""
            found.add(Fault(FACTS, number, label, address, cells.shown_cell(cell), str(error)))
            return None
        return value

    found.district = fact(DISTRICT, _place) or ""
    found.as_of = fact(AS_OF, cells.day)
    fact(VERSION, _version)


def _place(cell: Any) -> str | None:
    text = cells.one_line(cell) if isinstance(cell, str) else None
    if not names.key(text) or len(text or "") > 200:
        raise cells.CellError("Впишите название района, не длиннее 200 знаков.")
    return text


def _version(cell: Any) -> int:
    if cells.shown_cell(cell).strip() not in (str(FORM_VERSION), f"{FORM_VERSION},0", f"{FORM_VERSION}.0"):
        raise cells.CellError(f"Версия формы должна быть {FORM_VERSION}: возьмите действующую форму.")
    return FORM_VERSION


def _letter(index: int) -> str:
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _read_sheet(found: Content, sheet: Sheet, lines: list[Any], dictionaries: Mapping[str, cells.Codes]) -> SheetRows:
    result = SheetRows(sheet)
    places = _find_columns(found, sheet, lines[0] if lines else (1, []), result)
    if places is None:
        return result
    readers = [(index, column, cells.reader(column, dictionaries)) for index, column in places]
    empty: Row = {column.field: () if column.kind in (Kind.CODES, Kind.PEOPLE) else None for _, column in places}
    indexes = [index for index, _ in places]
    for number, line in lines[1:]:
        width = len(line)
        if all(index >= width or line[index] == "" or (line[index].__class__ is str and not line[index].strip())
               for index in indexes):  # fmt: skip
            continue
        row = empty.copy()
        row["row"] = number
        bad: set[str] = set()
        for index, column, read in readers:
            cell = line[index] if index < width else ""
            if cell != "":
                try:
                    row[column.field] = read(cell)
                except cells.CellError as error:
                    bad.add(column.field)
                    result.raw[number, column.field] = cell
                    row["bad"] = bad
                    found.fault(result, row, column.field, str(error))
            if column.required and column.field not in bad and not row[column.field] and not _left_to_plan(column):
                bad.add(column.field)
                found.fault(result, row, column.field, f"Заполните «{column.header}».")
        row["bad"] = bad
        result.rows.append(row)
    return result


def _left_to_plan(column: Column) -> bool:
    """Values that the form wants, but that a stay of the bank may lack: the plan knows the bank."""
    return column.field in ("sender_kind", "criteria")


def _find_columns(found: Content, sheet: Sheet, header: Any, result: SheetRows) -> list[tuple[int, Column]] | None:
    """The places of the sheet's columns by their headers; None if a required one is missing."""
    number, line = header
    wanted = {header_key(column.header): column for column in sheet}
    places: list[tuple[int, Column]] = []
    for index, cell in enumerate(line):
        column = wanted.get(header_key(cell)) if cell != "" else None
        if column is None:
            if header_key(cell):
                text = f"Столбец «{cells.shown_cell(cell)}» не входит в форму и не читается."
                found.notices.append(Notice(sheet.title, number, text))
        elif column.field in result.letters:
            text = f"Столбец «{column.header}» стоит дважды: оставьте один."
            found.add(Fault(sheet.title, number, column.header, f"{_letter(index)}{number}", "", text))
        else:
            result.letters[column.field] = _letter(index)
            places.append((index, column))
    missing = [column for column in sheet if column.field not in result.letters]
    for column in missing:
        if column.required:
            text = f"Лист «{sheet.title}» не читается без столбца «{column.header}»: добавьте его."
            found.add(Fault(sheet.title, number, column.header, "", "", text))
        else:
            text = f"Столбца «{column.header}» нет: что записано в банке, останется."
            found.notices.append(Notice(sheet.title, number, text))
    return None if any(column.required for column in missing) else places
