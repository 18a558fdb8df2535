"""The exchange workbook of a whole district: out of one bank, into an empty one, beside the bare work of libraries.

Reading is compared with python-calamine, which reads for us too, and writing with openpyxl, which writes for us: the
same cells, without a check, a comparison or a style.
"""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
from python_calamine import CalamineWorkbook

from app import clock
from app.extensions import db
from benchmarks.bank import TODAY, Bank, empty, loaded
from benchmarks.measure import Line, Section, milliseconds

Sheets = list[tuple[str, list[tuple[Any, ...]]]]


def measure(bank: Bank, folder: Path, families: int, runs: int) -> Section:
    """Export of a district, import of the workbook into an empty bank, import again."""
    section = Section(f"Обмен: книга района, семей {families}", "библ.")
    book = _export(bank)
    workbook = folder / f"district_{families}.xlsx"
    workbook.write_bytes(book)
    sheets = _cells(book)

    def line(title: str, work: Callable[[], Any], bare: Callable[[], Any], before: Callable[[], Any] | None = None,
             note: str = "") -> None:  # fmt: skip
        times = milliseconds(work, runs, bare, before or (lambda: None))
        section.lines.append(Line(title, *times, note=note))

    def reads() -> int:
        return _read(book)

    nobody = empty(folder)
    target = loaded(folder)
    said: list[str] = []

    def renew() -> None:
        target.lay(nobody)

    line("Выгрузка книги", lambda: _export(bank), lambda: _write(sheets), note="к записи openpyxl")
    line("Чтение книги с проверкой файла", lambda: _opened(bank, book), reads, note="к чтению calamine")
    line("Просмотр: чтение и сравнение", lambda: said.append(_planned(bank, book)), reads, note="к чтению calamine")
    line("Загрузка в пустой банк", lambda: said.append(_import(target, book)), reads, renew,
         "к чтению calamine")  # fmt: skip
    first = said[-1]
    line("Та же книга ещё раз", lambda: said.append(_import(target, book)), reads, note="к чтению calamine")
    section.notes.append(f"Загрузка в пустой банк: {first}")
    section.notes.append(f"Та же книга ещё раз: {said[-1]}")
    section.notes.append(f"Размер книги: {len(book) / 1e6:.1f} МБ, ячеек {sum(map(_filled, sheets))}.")
    return section


def _export(bank: Bank) -> bytes:
    from app.exchange import export

    with bank.opened():
        district = export.districts()[0]
        return export.write(district, TODAY, made_by="замер", made_at=clock.local(clock.now())).content


def _cells(book: bytes) -> Sheets:
    """The values of every sheet of a workbook."""
    read = openpyxl.load_workbook(BytesIO(book), read_only=True)
    return [(sheet.title, list(sheet.iter_rows(values_only=True))) for sheet in read]


def _filled(sheet: tuple[str, list[tuple[Any, ...]]]) -> int:
    return sum(value is not None for row in sheet[1] for value in row)


def _write(sheets: Sheets) -> bytes:
    """The same values by openpyxl alone."""
    book = openpyxl.Workbook(write_only=True)
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    content = BytesIO()
    book.save(content)
    return content.getvalue()


def _read(book: bytes) -> int:
    """Every cell of every sheet by calamine alone, kept by nobody."""
    read = CalamineWorkbook.from_filelike(BytesIO(book))
    return sum(len(row) for name in read.sheet_names for row in read.get_sheet_by_name(name).to_python())


def _opened(bank: Bank, book: bytes) -> Any:
    with bank.opened():
        return _book(book)


def _book(book: bytes) -> Any:
    from app.exchange import reader

    return reader.read(book, "книга.xlsx")


def _planned(bank: Bank, book: bytes) -> str:
    """Read and compare: what the preview does."""
    from app.exchange import sources

    with bank.opened():
        return _said(sources.read(book, "книга.xlsx").plan(clock.today()))


def _import(bank: Bank, book: bytes) -> str:
    """Read, compare, apply, commit: what `flask bank import --apply` does; gives what it found."""
    from app.exchange import apply, plan

    with bank.opened():
        read = _book(book)
        prepared = apply.PreparedLoad(lambda: plan.make(read, clock.today()), clock.today())
        planned = prepared.held()
        if planned.does_something and not planned.faults:
            prepared.write()
            db.session.commit()
        return _said(planned)


def _said(planned: Any) -> str:
    found = f"новых строк {len(planned.new)}, изменений {len(planned.changes)}, ошибок {len(planned.faults)}"
    return f"{found}; первая: {planned.faults[0]}" if planned.faults else found
