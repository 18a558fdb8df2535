"""What a plan says, as lines of text for a command line and as a table of faults to keep."""

from __future__ import annotations

from collections.abc import Iterator

from app.exchange.changes import Plan
from app.exchange.workbook import SHEETS
from app.render.table import Column, Table

SHOWN = 50


def lines(plan: Plan) -> Iterator[str]:
    """The faults, or what applying would do."""
    day = f" на {plan.as_of:%d.%m.%Y}" if plan.as_of else ""
    yield f"Книга «{plan.book.name}»: {plan.district.name or 'район не указан'}{day}"
    if plan.faults:
        yield f"Ошибок: {len(plan.faults)}. Ничего не сохранено."
        for fault in plan.faults:
            place = ", ".join(filter(None, (
                f"лист «{fault.sheet}»", f"строка {fault.row}" if fault.row else "",
                f"столбец «{fault.column}»" if fault.column else "", fault.cell,
            )))  # fmt: skip
            value = f" [{fault.value}]" if fault.value else ""
            yield f"  {place}:{value} {fault.text}"
        return
    for sheet in SHEETS:
        counter = plan.counts[sheet.title]
        yield (
            f"  {sheet.title}: новых {counter['new']}, изменится {counter['changed']}, "
            f"без изменений {counter['same']}, нет в книге {counter['missing']}"
            + (f", ждут ответа {counter['waiting']}" if counter["waiting"] else "")
        )
    yield from _questions(plan)
    if plan.new_places:
        yield "Новые территории: " + "; ".join(place.name for place in plan.new_places)
    if plan.new_bodies:
        yield "Новые организации: " + "; ".join(f"{body.kind} {body.name}" for body in plan.new_bodies)
    yield from _shown("Новые семьи:", [f"{plan.titles[f.number]}, {f.place.name}" for f in plan.new_families])
    yield from _shown("Изменится:", [f"№ {c.number}, {c.who}, {c.column}: {c.was} → {c.becomes}" for c in plan.changes])
    yield from _shown("Возможные дубли:", [f"№ {line.number}: {line.text}" for line in plan.duplicates])
    yield from _shown("Нет в книге:", [f"{line.sheet}, № {line.number}: {line.text}" for line in plan.missing])
    yield from _shown(
        "К сведению:",
        [f"{note.sheet}{f', строка {note.row}' if note.row else ''}: {note.text}" for note in plan.notices],
    )


def _questions(plan: Plan) -> Iterator[str]:
    """What is asked, with the answers and the one that is taken."""
    if plan.questions:
        yield f"Вопросы ({len(plan.questions)}, без ответа {len(plan.unanswered)}):"
    for question in plan.questions:
        yield f"  {question.key}: {question.text}"
        for option in question.options:
            mark = "•" if option.value == question.chosen else " "
            yield f"    {mark} {question.key}={option.value}: {option.text}"
        for column, was, becomes in question.changes:
            yield f"      {column}: {was} → {becomes}"


def _shown(title: str, found: list[str]) -> Iterator[str]:
    if found:
        yield title
        yield from (f"  {line}" for line in found[:SHOWN])
        if len(found) > SHOWN:
            yield f"  … и ещё {len(found) - SHOWN}"


def fault_table(plan: Plan) -> Table:
    """Every fault as a sheet to send back to whoever made the workbook."""
    columns = (
        Column("Лист", width=24),
        Column("Строка", kind="number", width=9),
        Column("Столбец", width=30),
        Column("Ячейка", width=9),
        Column("Значение", width=30),
        Column("Что исправить", width=70),
    )
    rows = [(f.sheet, f.row, f.column, f.cell, f.value, f.text) for f in plan.faults]
    return Table(
        title=f"Ошибки книги «{plan.book.name}»",
        subtitle=f"Всего: {len(plan.faults)}. Ничего не сохранено.",
        columns=columns,
        rows=rows,
        sheet="Ошибки",
    )
