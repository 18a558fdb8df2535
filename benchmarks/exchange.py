"""The exchange workbook of a whole district: out of one bank, into an empty one, beside a mere reading of the file."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl

from app import clock
from app.extensions import db
from benchmarks.bank import TODAY, Bank, build
from benchmarks.measure import Line, Section
from benchmarks.measure import clock as processor


def measure(folder: Path, families: int) -> Section:
    """Export of a district, import of the workbook into an empty bank, import again."""
    section = Section(f"Обмен: книга района, семей {families}")
    source, _seconds = build(folder / f"district_{families}", families)
    empty, _seconds = build(folder / "empty", 0, with_families=False)
    target = folder / "target"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(empty.file.parent, target)
    bank, _seconds = build(target, 0)
    workbook = folder / f"district_{families}.xlsx"

    exported = _once(lambda: workbook.write_bytes(_export(source)))
    section.lines.append(Line("Выгрузка книги", exported))
    bare = _once(lambda: _read(workbook, read_only=True))
    section.lines.append(Line("openpyxl только читает (read_only)", bare))
    section.lines.append(Line("openpyxl только читает (обычно)", _once(lambda: _read(workbook, read_only=False))))
    for title in ("Загрузка в пустой банк", "Та же книга ещё раз"):
        said: list[str] = []
        section.lines.append(Line(title, _once(lambda: said.append(_import(bank, workbook))), bare))  # noqa: B023  called at once
        section.notes.append(f"{title}: {said[0]}")
    section.notes.append(f"Размер книги: {workbook.stat().st_size / 1e6:.1f} МБ. Отношение — к чтению read_only.")
    return section


def _once(work: Callable[[], Any]) -> float:
    started = processor()
    work()
    return (processor() - started) * 1000


def _export(bank: Bank) -> bytes:
    from app.exchange import export

    with bank.opened():
        district = export.districts()[0]
        return export.write(district, TODAY, made_by="замер", made_at=clock.local(clock.now())).content


def _read(workbook: Path, *, read_only: bool) -> int:
    """Every cell of every sheet, kept by nobody."""
    book = openpyxl.load_workbook(workbook, read_only=read_only)
    cells = sum(len(row) for sheet in book for row in sheet.iter_rows(values_only=True))
    book.close()
    return cells


def _import(bank: Bank, workbook: Path) -> str:
    """Read, compare, apply, commit: what `flask bank import --apply` does; gives what it found."""
    from app import clock
    from app.exchange import apply, plan, reader

    with bank.opened():
        book = reader.read(workbook.read_bytes(), workbook.name)
        planned = apply.Prepared(lambda: plan.make(book, clock.today())).held()
        found = f"новых строк {len(planned.new)}, изменений {len(planned.changes)}, ошибок {len(planned.faults)}"
        if planned.faults:
            return f"{found}; первая: {planned.faults[0]}"
        if planned.does_something:
            apply.apply(planned, clock.today())
            db.session.commit()
        return found
