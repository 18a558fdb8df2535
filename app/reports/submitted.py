"""A submitted report as people read it: its paper with the code, the lists behind its numbers, its covering note."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from app import clock, words
from app.domain import names
from app.extensions import db, portions
from app.models import Family, Member, Submission
from app.render import docx
from app.render.table import Cell, Column, Table, Value, printed
from app.reports import listing
from app.reports.differing import CellDifference
from app.reports.frozen_report import FrozenReport, FrozenRow
from app.reports.recount import stored

NOT_SHOWN = "вам не показана"
GONE = "сведения уничтожены"
TITLE = "Сопроводительная записка к исправленному отчёту"


def paper(row: Submission, link: Callable[[str, str], str] | None = None) -> Table:
    """The report as it was submitted, with its number and the code by which it is found."""
    table = stored(row).table(link)
    return replace(table, notes=[*table.notes, *stamp(row)])


def stamp(row: Submission) -> list[str]:
    """What is printed under a submitted report: by it whoever holds the paper finds it and proves it."""
    said = [
        f"Отчёт {row.called}, сдан {words.moment(clock.local(row.submitted_at))}, {row.submitted_by}. "
        f"Согласовано: {row.agreed_by}, {words.day(row.agreed_on)}.",
        f"Код отчёта {row.code}. SHA-256 {row.hash}.",
    ]  # fmt: skip
    return [f"Исправленный отчёт. {row.note}", *said] if row.note else said


class NamedRows:
    """What the families and people of frozen rows are called, of those that the person sees."""

    def __init__(self, rows: Iterable[FrozenRow]) -> None:
        rows = list(rows)
        self.families: dict[int, Family] = _found(Family, {row.family_id for row in rows})
        self.members: dict[int, Member] = _found(
            Member, {key for row in rows for entity, key in row.keys if entity == Member.__name__}
        )

    def sees(self, row: FrozenRow) -> bool:
        """Whether the row is shown: it is of a family of the person's; one of no family is shown with its report."""
        return row.family_id is None or row.family_id in self.families

    def family(self, row: FrozenRow) -> Family | None:
        return self.families.get(row.family_id or 0)

    def person(self, row: FrozenRow) -> Member | None:
        return next((self.members.get(key or 0) for entity, key in row.keys if entity == Member.__name__), None)

    def said(self, row: FrozenRow) -> str:
        """A row in a line: «№ 12, Ивановы: Иванов Пётр, 03.05.2014»."""
        family, person = self.family(row), self.person(row)
        if row.family_id is not None and family is None:
            return f"семья {NOT_SHOWN}"
        head = f"№ {family.number}, {family.name}" if family else "без семьи"
        return f"{head}: {person.full_name}, {words.day(person.born_on)}" if person else head


def _found(entity: Any, ids: Iterable[int | None]) -> dict[int, Any]:
    keys = sorted(key for key in set(ids) if key is not None)
    asked = (select(entity).where(entity.id.in_(portion)) for portion in portions(keys))
    return {row.id: row for each in asked for row in db.session.scalars(each)}


def behind(report: FrozenReport, key: str, rows: Sequence[FrozenRow], named: NamedRows, *, subtitle: str,
           family_link: Callable[[int], str]) -> Table:  # fmt: skip
    """The rows behind a number as they were counted; whom they name is read of the bank as it is now."""
    heading = report.heading(key)
    of_people = Member.__name__ in heading["entities"]
    shown = [row for row in rows if named.sees(row)]
    used = [
        place for place in range(len(heading["details"])) if any(row.details[place][1] is not None for row in shown)
    ]
    columns = [Column("№ карты", 10), Column("Семья", 24), Column("Территория", 34)]
    if of_people:
        columns += [Column("ФИО", 34), Column("Дата рождения", 13, "date")]
    for place in used:
        _name, title, kind = heading["details"][place]
        columns.append(Column(title, listing.WIDTHS[kind], kind))

    def cells(row: FrozenRow) -> list[Value | Cell]:
        family, person = named.family(row), named.person(row)
        link = family_link(family.id) if family else ""
        of_family = (family.number, family.name) if family else (None, None)
        found: list[Value | Cell] = [Cell(said, link) if link else said for said in of_family]
        found.append(report.territories.get(row.territory_id or 0, ""))
        if of_people:
            found += [_name_of(person), person.born_on if person else None]
        return [*found, *(row.details[place][1] for place in used)]

    return Table(heading["title"], columns, [cells(row) for row in shown], subtitle, sheet="Список")


def full_name(row: Mapping[str, Any]) -> str:
    """The full name of the person of a list's row."""
    return names.full(row["last_name"], row["first_name"], row["middle_name"])


def _name_of(person: Member | None) -> str:
    return names.full(person.last_name, person.first_name, person.middle_name) if person else GONE


def shown_number(value: Value, kind: str) -> str:
    """A number as the report prints it."""
    return printed(value, kind) or "0"  # type: ignore[arg-type]  # a kind that was stored


# The covering note


def note(row: Submission, earlier: Submission, differences: Sequence[CellDifference]) -> Table:
    """Why a corrected report is sent, and which of its numbers are others."""
    return Table(
        title=TITLE,
        subtitle=_about(row, earlier),
        columns=[Column("Строка", 34), Column("Показатель", 50), Column("Было", 10), Column("Стало", 10)],
        rows=[[*one.place, shown_number(one.was, one.kind), shown_number(one.now, one.kind)]
              for one in _changed(differences)],
        notes=[f"Причина: {row.note}", *stamp(row)],
        signatures=["Руководитель ______________________ / ____________________________ /"],
        sheet="Записка",
    )  # fmt: skip


def note_to_edit(row: Submission, earlier: Submission, differences: Sequence[CellDifference]) -> bytes:
    """The same as a Word file that one may edit."""
    lines = [("title", TITLE), ("text", _about(row, earlier)), ("text", f"Причина: {row.note}")]
    lines.append(("head", "Изменились показатели"))
    lines += [
        ("text", f"{one.place[0]}, {one.place[1]}: было {shown_number(one.was, one.kind)}, "
                 f"стало {shown_number(one.now, one.kind)}")
        for one in _changed(differences)
    ]  # fmt: skip
    lines += [("text", text) for text in stamp(row)]
    return docx.standard([*lines, ("text", "Руководитель ______________________ / ____________________________ /")])


def _about(row: Submission, earlier: Submission) -> str:
    day = words.day(clock.local(earlier.submitted_at).date())
    return (
        f"{row.title}, {row.territory.name}, {row.period.title}. Отчёт {row.called} заменяет сданный {day} отчёт "
        f"{earlier.called} (код {earlier.code})."
    )


def _changed(differences: Sequence[CellDifference]) -> list[CellDifference]:
    """The cells whose number is another one; who is counted is no business of whoever receives the note."""
    return [one for one in differences if one.was != one.now]
