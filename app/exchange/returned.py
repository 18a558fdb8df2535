"""Books that go back to whoever made them: faulty rows as they stood, the book in the exchange form, an empty form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from app.domain import terms
from app.exchange import cells
from app.exchange.cells import Codes
from app.exchange.handmade import NOT_A_MEASURE
from app.exchange.reader import Book
from app.exchange.rows import Fault
from app.exchange.sources import ONLY, BookSource, UnclearBookError
from app.exchange.workbook import AS_OF, DISTRICT, FACTS, FORM_VERSION, SHEETS, VERSION, BookColumn, Kind
from app.render import filled
from app.render.filled import Filled, FilledSheet

IN_FORM, TO_MEND = "form", "mend"  # what of a book may be given back
WHAT_TO_MEND = "Что исправить"
MOST_OFFERED = 60  # words of a dictionary that stand in a list to choose from
BLANK_ROWS = 500  # rows of an empty form that have the lists


@dataclass(frozen=True)
class GivenBook:
    """A workbook that is given back: its content, the name under which it leaves, and what the journal says of it."""

    content: bytes
    name: str
    summary: str
    records: int


def given(what: str, source: BookSource, today: date, made_by: str, made_at: datetime) -> GivenBook:
    """A book in the exchange form, to be sent the next month; or its rows with faults, each with what to correct.

    Raises UnclearBookError, Refusal.
    """
    name = source.book.name
    stem = name.rsplit(".", 1)[0]
    if what == IN_FORM:
        understood = source.understood(today)
        if understood.written is None:
            raise UnclearBookError(understood)
        made, records = form_sheets(understood.written.book), len(understood.families)
        title, said = f"{stem} в форме обмена", "в форме обмена"
    else:
        whole = BookSource(source.book, {**source.said, ONLY: ""})
        faults = whole.plan(today).faults
        made, records = mended(source, whole, faults, today), len(faults)
        title, said = f"{stem} – исправить", "что исправить"
    content = filled.workbook(made, made_by=made_by, made_at=made_at)
    return GivenBook(content, f"{title}.xlsx", f"Книга «{name}»: {said}", records)


def mended(source: BookSource, whole: BookSource, faults: Sequence[Fault], today: date) -> Filled:
    """The rows of the families with faults, as their author wrote them, with a further column that says what to do."""
    book = source.book
    told: dict[str, dict[int, list[Fault]]] = {}
    for fault in [*faults, *_measures(whole, today)]:
        told.setdefault(fault.sheet, {}).setdefault(fault.row or 0, []).append(fault)
    headers, near = _headers_and_families(whole, today, told)
    sheets = []
    for title, lines in book.sheets.items():
        here = told.get(title)
        if not here:
            continue
        _first, last = headers.get(title, (1, 1))
        kept = [line for line in lines if line[0] <= last or line[0] in near.get(title, set(here))]
        width = max(len(line) for _, line in kept)
        rows, red = [], set()
        for number, line in kept:
            values = [_value(cell) for cell in line] + [None] * (width - len(line))
            values.append(WHAT_TO_MEND if number == last else "; ".join(_said(fault) for fault in here.get(number, ())))
            rows.append(values)
            for fault in here.get(number, ()):
                if fault.cell:
                    red.add((len(rows), _column(fault.cell)))
            if number in here:
                red.add((len(rows), width + 1))
        sheets.append(FilledSheet(title, rows, header=sum(number <= last for number, _ in kept), red=red))
    general = told.get(FACTS, {}) if FACTS not in book.sheets else {}
    notes = [_said(fault) for found in general.values() for fault in found]
    return Filled(sheets or [FilledSheet(WHAT_TO_MEND, [[note] for note in notes or ["Ошибок нет."]], header=0)])


def _measures(whole: BookSource, today: date) -> list[Fault]:
    """The planned measures of a hand-made book, which no programme has taken."""
    if whole.is_form:
        return []
    places = whole.understood(today).measures
    return [Fault(place.sheet, place.row, "", place.cell, "", NOT_A_MEASURE) for place in places]


def _headers_and_families(
    whole: BookSource, today: date, told: Mapping[str, Any]
) -> tuple[dict[str, tuple[int, int]], dict[str, set[int]]]:
    """Where the header of each sheet is, and all rows of the families that have a fault."""
    if whole.is_form:
        return {}, {}
    understood = whole.understood(today)
    near: dict[str, set[int]] = {}
    for family in understood.families:
        places = family.found.places
        if any(place.row in told.get(place.sheet, {}) for place in places):
            for place in places:
                near.setdefault(place.sheet, set()).add(place.row)
    return {table.sheet: (table.first, table.last) for table in understood.tables}, near


def _said(fault: Fault) -> str:
    column = f"{fault.cell or fault.column}: " if fault.cell or fault.column else ""
    return f"{column}{fault.text}"


def _column(cell: str) -> int:
    number = 0
    for letter in cell:
        if letter.isalpha():
            number = number * 26 + ord(letter.upper()) - 64
    return number


def _value(cell: Any) -> Any:
    """A cell as a workbook keeps it."""
    if isinstance(cell, list):
        try:
            return cells.day(cell)
        except cells.CellError:
            return str(cell[0])
    if isinstance(cell, float) and cell == int(cell):
        return int(cell)
    return None if cell == "" else cell


def form_sheets(book: Book) -> Filled:
    """A book of the exchange form as a workbook."""
    sheets = []
    for title, lines in book.sheets.items():
        form = next((sheet for sheet in SHEETS if sheet.title == title), None)
        headers = [str(cell) for cell in lines[0][1]] if lines else []
        widths = (
            [next((float(column.width) for column in form if column.header == header), 14.0) for header in headers]
            if form
            else [24.0, 30.0]
        )
        rows = [[_value(cell) for cell in line] for _, line in lines]
        sheets.append(FilledSheet(title, rows, header=1 if form else 0, widths=widths))
    return Filled(sheets)


def empty(codes: Mapping[str, Codes], today: date) -> Filled:
    """The exchange form without rows, with lists of values where a dictionary or a few words are meant."""
    facts: list[list[Any]] = [[DISTRICT, None], [AS_OF, today], [VERSION, FORM_VERSION]]
    sheets = [FilledSheet(FACTS, facts, header=0, widths=[24.0, 30.0])]
    for sheet in SHEETS:
        columns = list(sheet)
        headers: list[Any] = [column.header + ("*" if column.required else "") for column in columns]
        lists = {
            place: offered for place, column in enumerate(columns, start=1) if (offered := _offered(column, codes))
        }
        sheets.append(
            FilledSheet(sheet.title, [headers], header=1,
                        widths=[float(column.width) for column in columns], lists=lists, blank=BLANK_ROWS,
                        days={place for place, column in enumerate(columns, start=1) if column.kind is Kind.DATE})
        )  # fmt: skip
    return Filled(sheets)


def _offered(column: BookColumn, codes: Mapping[str, Codes]) -> list[str]:
    if column.kind is Kind.FLAG:
        return ["да", "нет"]
    if column.kind is Kind.SEX:
        return [str(sex) for sex in terms.Sex]
    if column.kind is Kind.HOLIDAYS:
        return [member.title_ru for member in terms.HolidayActivity]
    if column.words is not None:
        return [member.title_ru for member in column.words]
    if column.kind is Kind.CODE and column.dictionary:
        known = codes[column.dictionary]
        found = [known.written(code, named=column.named) for code in known.names]
        return found if len(found) <= MOST_OFFERED else []
    return []
