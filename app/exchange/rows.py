"""The rows of a workbook as values of the bank, and every fault of its cells at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from typing import Any, TypeVar

from app.domain import names, writing
from app.exchange import aside, cells
from app.exchange.reader import Book
from app.exchange.records import (
    AidRow,
    FamilyRow,
    MeasureRow,
    MemberRow,
    Named,
    Row,
    StageRow,
    StayRow,
    SupervisionRow,
)
from app.exchange.workbook import (
    AIDS,
    AS_OF,
    DISTRICT,
    FACTS,
    FAMILIES,
    FORM_VERSION,
    MEASURES,
    MEMBERS,
    SHEETS,
    STAGES,
    STAYS,
    SUPERVISIONS,
    VERSION,
    BookColumn,
    Kind,
    Sheet,
)

MOST_FAULTS = 20_000

MOST_TOLD = 20  # notices of one kind on one sheet; the rest is counted

ROWS: dict[str, type[Row]] = {
    FAMILIES.title: FamilyRow, STAYS.title: StayRow, MEMBERS.title: MemberRow, SUPERVISIONS.title: SupervisionRow,
    AIDS.title: AidRow, STAGES.title: StageRow, MEASURES.title: MeasureRow,
}  # fmt: skip
R = TypeVar("R", bound=Row)
NamedFamilies = tuple[tuple[str, int], ...]  # families of the bank that a text names: the number that it says, the key


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
    """What is worth knowing and hinders nothing. named: the families of the bank that the text names."""

    sheet: str
    row: int | None
    text: str
    named: NamedFamilies = ()


@dataclass
class SheetRows:
    """The rows of one sheet. `letters`: the columns that the sheet has, by field; `refused`: it was not read at all;
    absent: the workbook has no such sheet, and what the bank knows of it stays."""

    sheet: Sheet
    rows: list[Row] = field(default_factory=list)
    letters: dict[str, str] = field(default_factory=dict)
    raw: dict[tuple[int, str], Any] = field(default_factory=dict)
    refused: bool = False
    absent: bool = False

    def of(self, kind: type[R]) -> Iterator[R]:
        """The rows as what they are on this sheet."""
        return (row for row in self.rows if isinstance(row, kind))

    def tells(self, name: str) -> bool:
        """Whether the sheet has the column of a field."""
        return name in self.letters


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
        value = rows.raw.get((row.line, name))
        shown = cells.shown_cell(value) if value is not None else _shown(getattr(row, name))
        self.add(Fault(rows.sheet.title, row.line, column.header, f"{letter}{row.line}" if letter else "", shown, text))

    def notice(self, rows: SheetRows, row: Row, text: str, named: NamedFamilies = ()) -> None:
        """Add a notice about a row."""
        self.notices.append(Notice(rows.sheet.title, row.line, text, named))

    def add(self, fault: Fault) -> None:
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(fault)


def _shown(value: Any) -> str:
    if value in (None, (), ""):
        return ""
    if isinstance(value, tuple):
        return "; ".join(part.name if isinstance(part, Named) else str(part) for part in value)
    return cells.shown(value)


def header_key(text: Any) -> str:
    """A header as it is compared: case, spaces, ё/е, line breaks, punctuation and the * apart."""
    return names.key(str(text))


def content(book: Book, dictionaries: Mapping[str, cells.Codes]) -> Content:
    """Everything the workbook says, with the faults of its cells."""
    found = Content()
    by_title = {header_key(title): (title, rows) for title, rows in reversed(book.sheets.items())}
    _read_facts(found, by_title.pop(header_key(FACTS), None))
    found.notices.extend(Notice(title, None, text) for title, text in book.hidden.items())
    people = _numbers_of_people(by_title.get(header_key(MEMBERS.title)))
    for sheet in SHEETS:
        known = by_title.pop(header_key(sheet.title), None)
        if known is None and sheet.later:
            found.sheets[sheet.title] = SheetRows(sheet, absent=True)
        elif known is None:
            text = f"Нет листа «{sheet.title}»: добавьте его, хотя бы с одной строкой заголовков."
            found.add(Fault(sheet.title, None, "", "", "", text))
            found.sheets[sheet.title] = SheetRows(sheet, refused=True)
        else:
            found.sheets[sheet.title] = _read_sheet(found, sheet, known[1], dictionaries, people)
    for title, rows in by_title.values():
        if rows:
            found.notices.append(Notice(title, None, f"Лист «{title}» не входит в форму и не читается."))
    _spell_numbers_alike(found)
    return found


def _spell_numbers_alike(found: Content) -> None:
    """Let a card number be spelled on every sheet as on the sheet of families: nobody sees «12А» and «12A» apart."""
    known: dict[str, str] = {}
    for row in found.sheets[FAMILIES.title].rows:
        known.setdefault(writing.look(row.number), row.number)
    spelled: dict[str, str] = {}
    for sheet in found.sheets.values():
        for row in sheet.rows:
            if row.number not in spelled:
                spelled[row.number] = known.get(writing.look(row.number), row.number)
            row.number = spelled[row.number]


def _numbers_of_people(sheet: tuple[str, Any] | None) -> set[str]:
    """The card numbers that stand beside two more filled cells on the sheet of members: people, not a signature."""
    if sheet is None or not sheet[1]:
        return set()
    header = [header_key(cell) for cell in sheet[1][0][1]]
    key = header_key(MEMBERS.column("number").header)
    if key not in header:
        return set()
    place = header.index(key)
    numbers = set()
    for _, line in sheet[1][1:]:
        number = writing.line(line[place]) if place < len(line) and isinstance(line[place], str) else None
        if number and sum(cell != "" for cell in line) >= 3:
            numbers.add(number)
    return numbers


def _read_facts(found: Content, sheet: tuple[str, Any] | None) -> None:
    if sheet is None:
        found.add(Fault(FACTS, None, "", "", "", f"Нет листа «{FACTS}»: добавьте его (район, дата, версия формы)."))
        return
    facts: dict[str, tuple[int | None, Any]] = {}
    for number, row in sheet[1]:
        key, value = header_key(row[0]), row[1] if len(row) > 1 else ""
        if facts.setdefault(key, (number, value))[1] != value and key in map(header_key, (DISTRICT, AS_OF, VERSION)):
            text = f"«{row[0]}» стоит дважды с разными значениями: оставьте одно."
            found.add(Fault(FACTS, number, str(row[0]), f"B{number}", cells.shown_cell(value), text))

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
    text = writing.line(cell) if isinstance(cell, str) else None
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


def _read_sheet(found: Content, sheet: Sheet, lines: list[Any], dictionaries: Mapping[str, cells.Codes],
                people: set[str]) -> SheetRows:  # fmt: skip
    result = SheetRows(sheet)
    places = _find_columns(found, sheet, lines[0] if lines else (1, []), result)
    if places is None:
        result.refused = True
        return result
    _tell_nameless(found, sheet, lines)
    readers = [_ColumnReader(index, column, cells.reader(column, dictionaries)) for index, column in places]
    headers = {index: header_key(column.header) for index, column in places}
    number_index = next(index for index, column in places if column.field == "number")
    told: Counter[str] = Counter()
    numbers = aside.plain_numbers(people, headers[number_index]) if number_index == min(headers) else set()
    for number, line in lines[1:]:
        if len(line) <= number_index or line[number_index].__class__ is not str or line[number_index] not in numbers:
            if _is_blank(line, headers):
                continue
            if said := aside.what(line, headers, number_index, people):
                first = next(cells.shown_cell(line[index]) for index in sorted(headers) if not _is_blank(line, [index]))
                found.notices.append(Notice(sheet.title, number, f"Строка не читается как запись ({said}): «{first}»."))
                continue
        result.rows.append(_read_row(found, result, readers, number, line, told))
    for what, count in told.items():
        if count > MOST_TOLD:
            found.notices.append(Notice(sheet.title, None, f"{what}: и ещё {count - MOST_TOLD}."))
    return result


def _is_blank(line: list[Any], indexes: Iterable[int]) -> bool:
    """Whether nobody sees anything in these cells of a line."""
    width = len(line)
    return all(
        index >= width or line[index] == "" or (line[index].__class__ is str and writing.lines(line[index]) is None)
        for index in indexes
    )


class _ColumnReader:
    """How the cells of a column are read. index: its place on the sheet; quiet: what the cells say of which nothing is
    told: the same stand in many rows.
    """

    def __init__(self, index: int, column: BookColumn, read: Callable[[Any], Any]) -> None:
        self.index, self.column, self.field, self.read = index, column, column.field, read
        self.wanted = column.required and not _left_to_plan(column)
        self.quiet: dict[Any, Any] = {}


def _read_row(found: Content, result: SheetRows, readers: list[_ColumnReader], number: int, line: list[Any],
              told: Counter[str]) -> Row:  # fmt: skip
    row = ROWS[result.sheet.title](number)
    values, width = vars(row), len(line)
    for reader in readers:
        cell = line[reader.index] if reader.index < width else ""
        if cell == "" and not reader.wanted:
            continue
        name, key = reader.field, cell if cell.__class__ is str else _key(cell)
        if key in reader.quiet:
            values[name] = reader.quiet[key]
            continue
        is_told = cell != "" and _read_cell(found, result, row, reader, cell, told)
        if reader.wanted and not values[name]:
            if name not in row.bad:
                row.bad.add(name)
                found.fault(result, row, name, f"Заполните «{reader.column.header}».")
        elif not is_told:
            reader.quiet[key] = values[name]
    return row


def _key(cell: Any) -> tuple[type, Any]:
    """A date or a number as the same is met again: 1 and True are two."""
    return cell.__class__, cell[0] if cell.__class__ is list else cell


def _read_cell(found: Content, result: SheetRows, row: Row, reader: _ColumnReader, cell: Any,
               told: Counter[str]) -> bool:  # fmt: skip
    """Read a cell into its row; whether anything is told of it."""
    name = reader.field
    try:
        if (value := reader.read(cell)) is not None:
            setattr(row, name, value)
    except cells.CellError as error:
        row.bad.add(name)
        result.raw[row.line, name] = cell
        found.fault(result, row, name, str(error))
        if cell.__class__ is str:
            _tell(found, result, row, reader, cell, told)
        return True
    return cell.__class__ is str and _tell(found, result, row, reader, cell, told)


def _tell(found: Content, result: SheetRows, row: Row, reader: _ColumnReader, cell: str, told: Counter[str]) -> bool:
    """Say what was read otherwise than it looks; whether there is anything to say."""
    column = reader.column
    if writing.is_plain(cell) and column.kind is not Kind.DATE:
        return False
    said = [("Буквы двух алфавитов", text) for text in writing.turned(cell)] if not cell.isascii() else []
    if not cell.isprintable() and writing.has_unseen(cell):
        said.append(("Невидимые знаки", f"«{column.header}»: в ячейке были невидимые знаки, они отброшены."))
    if column.kind is Kind.DATE and column.field not in row.bad and cells.is_two_way(cell):
        text = f"«{column.header}»: «{cell.strip()}» прочитано как {getattr(row, column.field):%d.%m.%Y} (день, месяц)."
        said.append(("Даты через дробь", text))
    for what, text in said:
        told[what] += 1
        if told[what] <= MOST_TOLD:
            found.notices.append(Notice(result.sheet.title, row.line, text))
    return bool(said)


def _left_to_plan(column: BookColumn) -> bool:
    """Values that the form wants, but that a stay or a programme may lack: the plan knows the bank."""
    return column.field in ("sender_kind", "criteria", "kind", "starts_on", "ends_on")


def _find_columns(found: Content, sheet: Sheet, header: Any, result: SheetRows) -> list[tuple[int, BookColumn]] | None:
    """The places of the sheet's columns by their headers; None if a required one is missing."""
    number, line = header
    wanted = {header_key(column.header): column for column in sheet}
    places: list[tuple[int, BookColumn]] = []
    for index, cell in enumerate(line):
        column = wanted.get(header_key(cell)) if cell != "" else None
        if column is None:
            if header_key(cell):
                near = _nearest(header_key(cell), wanted)
                hint = f" Похож на «{near.header}»: переименуйте, если это он." if near else ""
                text = f"Столбец «{cells.shown_cell(cell)}» не входит в форму и не читается.{hint}"
                found.notices.append(Notice(sheet.title, number, text))
        elif column.field in result.letters:
            text = f"Столбец «{column.header}» стоит дважды: оставьте один."
            found.add(Fault(sheet.title, number, column.header, f"{_letter(index)}{number}", "", text))
        else:
            result.letters[column.field] = _letter(index)
            places.append((index, column))
    return places if _tell_missing(found, sheet, number, result) else None


def _tell_nameless(found: Content, sheet: Sheet, lines: list[Any]) -> None:
    """Say which columns have values and no header: two columns may stand under one merged header."""
    number, header = lines[0]
    width = max(len(line) for _, line in lines)
    for index in range(width):
        if (index >= len(header) or not header_key(header[index])) and not all(
            _is_blank(line, [index]) for _, line in lines[1:]
        ):
            text = f"Столбец {_letter(index)} без заголовка не читается: впишите заголовок, если он нужен."
            found.notices.append(Notice(sheet.title, number, text))


def _nearest(key: str, wanted: Mapping[str, BookColumn]) -> BookColumn | None:
    """The column whose header is nearest to one that is not known; a shortened header is near too."""
    near = get_close_matches(key, wanted, n=1, cutoff=0.7)
    begun = [known for known in wanted if len(key) >= 4 and known.startswith(key)]
    chosen = near or begun
    return wanted[chosen[0]] if chosen else None


def _tell_missing(found: Content, sheet: Sheet, number: int, result: SheetRows) -> bool:
    """Say which columns are not there; whether the sheet can be read without them."""
    missing = [column for column in sheet if column.field not in result.letters]
    for column in missing:
        if column.required:
            text = f"Лист «{sheet.title}» не читается без столбца «{column.header}»: добавьте его."
            found.add(Fault(sheet.title, number, column.header, "", "", text))
        elif not column.later:
            text = f"Столбца «{column.header}» нет: что записано в банке, останется."
            found.notices.append(Notice(sheet.title, number, text))
    return not any(column.required for column in missing)
