"""What a plan says: as plain values for the page, as lines for a command line, as a table of faults to keep."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from app import words
from app.exchange import closed_rows
from app.exchange.changes import Change, Line, Plan
from app.exchange.handmade import SHOWN_ROWS, Layout, Understood
from app.exchange.handmade.asking import BookQuestion
from app.exchange.rows import NamedFamilies
from app.exchange.workbook import SHEETS
from app.render.table import Column, Table
from app.services import closed

SHOWN = 50  # lines of one part on a command line
MOST_SHOWN = 200  # lines of one part that the page can unfold; the rest is counted
MOST_OF_PLACE = 50  # families of one settlement that the page can unfold

Shown = dict[str, Any]
Known = dict[str, NamedFamilies]  # by number: the families of the workbook that the bank has


def shown(plan: Plan, warning: str = "") -> Shown:
    """What the page of a load shows, as values that JSON carries: a long comparison is shown when it is ready.

    A part is {"total": how many, "lines": the first of them}; of families, {"total": how many, "places": for each
    settlement its name and a part}. warning: why it is shown again.
    """
    titles, known = plan.titles, {family.number: family.named for family in plan.families}
    return {
        "name": plan.book.name,
        "district": plan.district.name,
        "as_of": words.day(plan.as_of) if plan.as_of else "",
        "warning": warning,
        "fingerprint": plan.fingerprint,
        "families": len(plan.families),
        "faults": _part(vars(fault) for fault in plan.faults),
        "does_something": plan.does_something,
        "own": plan.own,
        "sound": plan.sound,
        "left_out": plan.left_out,
        "measures": plan.measures,
        "unanswered": len(plan.unanswered),
        "questions": [_question(each) for each in plan.questions],
        "offered": json.dumps({each.key: each.chosen for each in plan.questions if each.chosen}),
        "contests": _contests(plan, titles, known),
        "counts": [{"title": sheet.title, **_counted(plan, sheet.title)} for sheet in SHEETS],
        "places": _part({"text": place.name} for place in sorted(plan.new_places, key=lambda each: each.name)),
        "bodies": _part(
            {"text": f"{body.kind} {body.name}"} for body in sorted(plan.new_bodies, key=lambda e: (e.kind, e.name))
        ),
        "duplicates": _part(_line(each, titles, known) for each in plan.duplicates),
        "notices": _part(vars(notice) for notice in plan.notices),
        "missing": _part(_line(each, titles, known) for each in plan.missing),
        **_closed(plan),
        **_by_family(plan, titles, known),
    }


def of_book(understood: Understood, name: str) -> Shown:
    """What the page of a hand-made book shows, as values that JSON carries."""
    source = understood.source
    return {
        "name": name,
        "kind": source.kind,
        "rows": sum(map(len, source.sheets.values())),
        "hidden": source.hidden,
        "district": understood.district,
        "as_of": words.day(understood.as_of) if understood.as_of else "",
        "families": len(understood.families),
        "people": understood.people,
        "questions": [_asked(question) for question in understood.asking.numbered],
        "unanswered": len(understood.asking.unanswered),
        "left_sheets": understood.left_sheets,
        "written": understood.written is not None,
        "layouts": [_layout(layout) for layout in understood.layouts],
        "notices": [{"sheet": place.sheet, "where": place.cell or place.row, "text": text}
                    for place, text in understood.notices[:MOST_SHOWN]],
        "notices_total": len(understood.notices),
    }  # fmt: skip


def _asked(question: BookQuestion) -> dict[str, Any]:
    lists = {"choices": list(map(vars, question.choices)), "more": list(map(vars, question.more))}
    return {**vars(question), **lists}


def _layout(layout: Layout) -> dict[str, Any]:
    tables = [
        {"sheet": table.sheet, "place": table.place, "first": table.first, "last": table.last,
         "of_cards": table.of_cards, "rows": table.first_rows(SHOWN_ROWS), "set_aside": table.set_aside[:MOST_SHOWN]}
        for table in layout.tables
    ]  # fmt: skip
    return {"number": layout.number, "tables": tables, "columns": list(map(vars, layout.columns)),
            "is_read": layout.is_read}  # fmt: skip


def _closed(plan: Plan) -> dict[str, Any]:
    """The rows that fall into a submitted period, and the reports that they change."""
    found = [] if plan.faults else closed_rows.of(plan)
    known = {family.id: family.named for family in plan.families}
    lines = {f"{each.row.title} – {each.said}": known.get(each.row.family_id or 0, ()) for each in found}
    return {
        "closed": _part({"text": text, "named": named} for text, named in lines.items()),
        "closed_reports": closed.named(found),
    }


def _part(found: Iterable[dict[str, Any]]) -> dict[str, Any]:
    every = list(found)
    return {"total": len(every), "lines": every[:MOST_SHOWN]}


def _line(line: Line, titles: dict[str, str], known: Known) -> Shown:
    called = titles.get(line.number, f"№ {line.number}")
    named = [*known.get(line.number, ()), *line.named]
    return {"called": called, "text": line.text, "sheet": line.sheet, "named": named}


def _counted(plan: Plan, sheet: str) -> dict[str, int]:
    counter = plan.counts.get(sheet, Counter())
    return {name: counter[name] for name in ("waiting", "new", "changed", "same", "missing")}


def _contests(plan: Plan, titles: dict[str, str], known: Known) -> dict[str, Any]:
    """The cells that were changed on both sides, family by family and row by row."""
    families: dict[str, Any] = {}
    for each in plan.contests[:MOST_SHOWN]:
        change = each.change
        family = families.setdefault(change.number, {"key": each.family_key, "title": titles.get(change.number, ""),
                                                     "named": known.get(change.number, ()),
                                                     "rows": {}})  # fmt: skip
        row = family["rows"].setdefault(each.row_key, {"key": each.row_key, "who": change.who, "cells": []})
        row["cells"].append({"key": each.key, "column": change.column, "base": each.base, "becomes": change.becomes,
                             "ours": change.was, "who": each.who, "chosen": each.chosen})  # fmt: skip
    found = [{**family, "rows": list(family["rows"].values())} for family in families.values()]
    said = {key: value for each in plan.contests for key, value in each.said.items()}
    return {"total": len(plan.contests), "shown": min(len(plan.contests), MOST_SHOWN), "families": found, "said": said}


def _question(question: Any) -> dict[str, Any]:
    options = [vars(option) for option in question.options]
    return {**vars(question), "options": options}


def _by_family(plan: Plan, titles: dict[str, str], known: Known) -> dict[str, Any]:
    """What changes and what is new, settlement by settlement and family by family: the new families apart."""
    places = {each.number: each.place.name for each in plan.families}
    new = _grouped(plan.new)
    fresh = {each.number: new.pop(each.number, []) for each in plan.new_families}
    parts = {"changes": _grouped(plan.changes), "new_families": fresh, "added": new}
    return {name: _by_place(groups, places, titles, known) for name, groups in parts.items()}


def _grouped(lines: Iterable[Any]) -> dict[str, list[Any]]:
    by_number = sorted(lines, key=lambda line: str(line.number))
    return {number: list(group) for number, group in groupby(by_number, key=lambda line: str(line.number))}


def _by_place(
    groups: dict[str, list[Any]], places: dict[str, str], titles: dict[str, str], known: Known
) -> dict[str, Any]:
    found: dict[str, list[str]] = {}
    for number in sorted(groups, key=lambda each: (places.get(each, ""), each)):
        found.setdefault(places.get(number, ""), []).append(number)
    return {
        "total": len(groups),
        "places": [
            {
                "name": name,
                "total": len(numbers),
                "lines": [_family(titles[number], groups[number], known[number]) for number in numbers[:MOST_OF_PLACE]],
            }
            for name, numbers in found.items()
        ],
    }


def _family(title: str, group: list[Change | Line], named: NamedFamilies) -> dict[str, Any]:
    rows = [vars(line) for line in group]
    return {"title": title, "named": named, "rows": rows, "changes": bool(rows) and "becomes" in rows[0]}


def lines_of_book(understood: Understood) -> Iterator[str]:
    """What is asked of a hand-made book, for a command line."""
    found = f"семей {len(understood.families)}, людей {understood.people}"
    yield f"Книга «{understood.source.name}» ({understood.source.kind}): {found}"
    if not understood.families:
        yield "Таблицы с людьми в книге не найдено: столбцам нужны заголовки."
    for question in understood.asking.numbered:
        yield f"  {question.key}: {question.text}"
        for choice in question.choices:
            mark = "•" if choice.value == question.chosen else " "
            yield f"    {mark} {question.key}={choice.value}: {choice.text}"


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
    for each in plan.contests:
        change, chosen = each.change, {"ours": "у нас", "theirs": "у них"}.get(each.chosen or "", "нет ответа")
        values = f"было у них {each.base} → стало у них {change.becomes} → у нас {change.was}"
        yield f"  {each.key}: № {change.number}, {change.who}, {change.column}: {values}: {chosen}"
    if plan.new_places:
        yield "Новые территории: " + "; ".join(place.name for place in plan.new_places)
    if plan.new_bodies:
        yield "Новые организации: " + "; ".join(f"{body.kind} {body.name}" for body in plan.new_bodies)
    yield from _shown("Новые семьи:", [f"{plan.titles[f.number]}, {f.place.name}" for f in plan.new_families])
    yield from _shown("Изменится:", [f"№ {c.number}, {c.who}, {c.column}: {c.was} → {c.becomes}" for c in plan.changes])
    yield from _shown("Возможные дубли:", [f"№ {line.number}: {line.text}" for line in plan.duplicates])
    if found := closed_rows.of(plan):
        lines_of_closed = list(dict.fromkeys(f"{each.row.title} – {each.said}" for each in found))
        yield from _shown("Попадает в сданный период:", lines_of_closed)
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
