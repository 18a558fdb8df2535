"""«Акт об уничтожении персональных данных» with the extract of the journal (приказ РКН № 179), as PDF and for Word.

It names no subject: cases and people are told by their numbers, «иная информация, относящаяся к определённому лицу».
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from app import clock, words
from app.domain.terms import DestructionState
from app.models import Destruction
from app.render import docx, pdf
from app.render.table import Cell, Column, Section, Table, TextLine, Value, printed

TITLE = "Акт № {number} об уничтожении персональных данных"
SYSTEM = "информационная система «Патронат», банк данных семей"
CATEGORIES = (
    "фамилии, имена, отчества, даты рождения (остались месяц и год без имени), адреса, телефоны, документы, "
    "удостоверяющие личность, место работы и учёбы, сведения о здоровье и судимости, тексты обследований и решений, "
    "сканы"
)
WAY = (
    "значения заменены в базе данных без возможности восстановления, строки слов поиска и сканов удалены, файл базы "
    "перезаписан целиком, слова удалены из журнала; остались обезличенные строки, по которым считается отчётность"
)
COLUMNS = (
    Column("№", 5, "number"), Column("Дело", 18), Column("Причина уничтожения", 44), Column("Срок истёк", 12, "date"),
    Column("Людей", 8, "number"), Column("Записей", 9, "number"), Column("Сканов", 8, "number"),
)  # fmt: skip
BLANK = "________________"


def table(row: Destruction, extract: Sequence[Any]) -> Table:
    """The act: what it says, the cases, the extract of the journal, and where it is signed."""
    rows: list[list[Value | Cell]] = [
        [place, item.named, item.reason, item.due_on, item.people or None, item.rows or None, item.papers]
        for place, item in enumerate(row.items, start=1)
    ]
    return Table(
        TITLE.format(number=row.title), COLUMNS, rows, subtitle=str(row.territory.name), notes=notes(row),
        sections=(Section("Выгрузка из журнала регистрации событий", tuple(map(_line, extract))),) if extract else (),
        signatures=[f"{BLANK} {member}" for member in row.commission.splitlines()], sheet="Акт",
    )  # fmt: skip


def notes(row: Destruction) -> list[str]:
    """The requisites of the act, one by one."""
    done = row.destroyed_at is not None
    when = words.moment(clock.local(row.destroyed_at)) if row.destroyed_at else BLANK
    found = [
        f"Оператор: {row.territory.name} {BLANK}", f"Информационная система: {SYSTEM}.",
        "Субъекты: члены семей и лица, названные в сигнальных картах, с номерами дел этого акта.",
        f"Уничтожены категории данных: {CATEGORIES}.", f"Способ: {WAY}.",
        "Причина: истёк срок хранения, цель обработки достигнута (152-ФЗ, ст. 5, ч. 7; ст. 21, ч. 4).",
        f"Дата уничтожения: {when}.",
        f"Подготовил: {row.prepared_by}. Подтвердил: {row.confirmed_by or BLANK}.",
    ]  # fmt: skip
    if done and row.copies_until is not None:
        found.append(
            f"Резервные копии, снятые раньше, хранятся до их смены: если копия делается каждую ночь, последняя из них "
            f"удаляется {words.day(row.copies_until)}. Если новых копий не делать, старые останутся: их удаляют сами."
        )
    if row.state is DestructionState.PREPARED:
        found.append("Проект: акт не подтверждён, ничего не уничтожено.")
    return [*found, "Акт и выгрузка из журнала хранятся три года."]


def _line(entry: Any) -> TextLine:
    moment = words.moment(clock.local(entry.at))
    return TextLine(f"{moment}, запись № {entry.id}, {entry.user_name or '–'}: {entry.summary}.")


def as_pdf(shown: Table, *, made_by: str, made_at: datetime) -> bytes:
    """The act to print and sign."""
    return pdf.pdf(shown, made_by=made_by, made_at=made_at)


def as_docx(shown: Table) -> bytes:
    """The act for Word: the same words, where they may be added to."""
    lines = [("title", shown.title), ("title", shown.subtitle), *(("text", note) for note in shown.notes)]
    rows = [[printed(value, column.kind) for value, column in zip(row, COLUMNS, strict=True)] for row in shown.rows]
    after = [text for section in shown.sections for text in (section.title, *(line.lead for line in section.lines))]
    heads: tuple[Sequence[tuple[str, int]], Sequence[str]] = ((), [column.title for column in COLUMNS])
    return docx.with_table(lines, heads, rows, after=[*after, *shown.signatures])
