"""Workbooks for tests: a small sound one, every part of which a test may change."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable
from datetime import date
from io import BytesIO
from typing import Any
from unittest.mock import patch
from zipfile import ZIP_DEFLATED, ZipFile

from openpyxl import Workbook, load_workbook
from openpyxl.drawing.spreadsheet_drawing import SpreadsheetDrawing
from openpyxl.worksheet._writer import WorksheetWriter
from openpyxl.writer.excel import ExcelWriter

from app.clock import today
from app.exchange import apply, parser, plan, reader
from app.exchange.changes import Plan
from app.exchange.workbook import AIDS, FAMILIES, MEASURES, MEMBERS, SHEETS, STAGES, STAYS, SUPERVISIONS
from app.extensions import db
from app.models import ImportBatch

AS_OF = date(2026, 9, 30)
Rows = list[dict[str, Any]]

SOUND: dict[str, Rows] = {
    FAMILIES.title: [
        {
            "№ карты": "00001", "Территория": "Северное сельское поселение", "Категории семьи": "Многодетная семья; 5",
            "Количество членов семьи": 3, "Доход на одного члена семьи, руб.": 5190.9, "Источник дохода": "пенсия",
            "Место регистрации": "ул. Речная, д. 1", "Место фактического проживания": "ул. Речная, д. 1",
        },
        {"№ карты": "00002", "Территория": "Южное городское поселение"},
    ],
    STAYS.title: [
        {
            "№ карты": "00001", "Код органа": "5.3", "Организация, направившая сведения": "МБОУ СОШ № 7",
            "Дата выявления": date(2024, 1, 10), "Дата направления карты": date(2024, 1, 12),
            "Критерии": "2.5.1; 2.1.1",
            "№ постановления о постановке": "6/13", "Дата постановления о постановке": date(2024, 2, 1),
            "Дата постановки на учёт": date(2024, 2, 1), "№ постановления о снятии": "9/1",
            "Дата постановления о снятии": date(2025, 3, 1), "Дата снятия с учёта": date(2025, 3, 1),
            "Причина снятия": "11.2", "Примечание": "по итогам работы",
        },
        {
            "№ карты": "00001", "Код органа": "5.3", "Организация, направившая сведения": "МБОУ СОШ № 7",
            "Критерии": "2.2.1", "№ постановления о постановке": "1/1",
            "Дата постановления о постановке": date(2026, 1, 15), "Дата постановки на учёт": date(2026, 1, 15),
        },
        {
            "№ карты": "00002", "Код органа": "5.7", "Критерии": "2.1.3", "№ постановления о постановке": "2/2",
            "Дата постановления о постановке": date(2026, 2, 5), "Дата постановки на учёт": date(2026, 2, 5),
        },
    ],
    MEMBERS.title: [
        {
            "№ карты": "00001", "Роль в семье": "мать", "Фамилия": "Тетерина", "Имя": "Алёна", "Отчество": "Павловна",
            "Пол": "ж", "Дата рождения": date(1990, 4, 7), "Место работы, должность": "не работает",
        },
        {
            "№ карты": "00001", "Роль в семье": "сын", "Фамилия": "Тетерин", "Имя": "Семён", "Отчество": "Ильич",
            "Пол": "м", "Дата рождения": date(2015, 6, 1), "Вид документа": "Свидетельство о рождении",
            "Серия": "II-АН", "Номер": "056120", "Дата выдачи": date(2015, 7, 1),
            "Обучение, занятость": "Обучается в муниципальной ОО", "Образовательная организация": "МБОУ СОШ № 7",
            "Класс, группа": "4 класс", "Бесплатное питание": "да", "Бесплатные учебники": "нет",
            "Досуг во внеурочное время": "да", "Каникулярная занятость": "выездной лагерь",
        },
        {
            "№ карты": "00002", "Роль в семье": "отец", "Фамилия": "Лукошников", "Имя": "Пётр", "Отчество": "Юрьевич",
            "Пол": "м", "Дата рождения": date(1985, 1, 2),
        },
        {
            "№ карты": "00002", "Роль в семье": "дочь", "Фамилия": "Лукошникова", "Имя": "Ася", "Отчество": "Петровна",
            "Пол": "ж", "Дата рождения": date(2019, 3, 3), "В семье с": date(2019, 3, 3),
        },
    ],
    SUPERVISIONS.title: [
        {
            "№ карты": "00001", "Фамилия": "Тетерин", "Имя": "Семён", "Отчество": "Ильич",
            "Дата рождения": date(2015, 6, 1), "Состоит с": date(2026, 3, 1), "Где состоит": "Внутришкольный учет",
        },
    ],
    STAGES.title: [
        {
            "№ карты": "00001", "Программа с": date(2026, 2, 1), "Программа по": date(2027, 1, 31),
            "Дата постановки на учёт": date(2026, 1, 15), "Вид программы": "активная", "Код органа": "5.2",
            "Орган, ответственный за программу": "УСЗН района",
            "Проблемы семьи": "Ребёнок пропускает занятия [2.2.1]\nНет работы", "№ решения о программе": "2/7",
            "Дата решения о программе": date(2026, 1, 29), "Этап": "начальный", "Вид этапа": "обычный",
            "Этап с": date(2026, 2, 1), "Этап по": date(2026, 6, 30), "№ заседания": "2",
            "Дата заседания": date(2026, 1, 29), "№ решения об этапе": "2/7",
            "Дата решения об этапе": date(2026, 1, 29), "Задачи этапа": "наладить посещение",
            "Итоги подведены": date(2026, 6, 30), "Динамика": "Средний", "Реакция семьи": "4",
            "Анализ этапа": "идут на контакт", "Что следует": "следующий этап",
        },
    ],
    MEASURES.title: [
        {
            "№ карты": "00001", "№ строки плана": 1, "Программа с": date(2026, 2, 1), "Этап с": date(2026, 2, 1),
            "Код мероприятия": "2.16", "Уточнение": "матери", "Проблема семьи": "Нет работы", "Код органа": "5.2",
            "Исполнитель": "УСЗН района", "Срок": date(2026, 5, 31),
            "Состояние": "исполнено", "Исполнено": date(2026, 5, 5),
        },
        {
            "№ карты": "00001", "№ строки плана": 2, "Программа с": date(2026, 2, 1), "Этап с": date(2026, 2, 1),
            "Код мероприятия": "1.10", "Срок": date(2026, 6, 1), "Состояние": "не исполнено",
            "Причина": "семья выезжала",
        },
    ],
    AIDS.title: [
        {
            "№ карты": "00001", "Дата": date(2026, 5, 5), "Код мероприятия": "2.16", "Код вида помощи": "1.1",
            "Описание": "=2+2 не формула", "Код органа": "5.2", "Исполнитель": "УСЗН района",
            "Получатели": "Тетерина Алёна Павловна; Тетерин Семён Ильич", "Сумма, руб.": 3965.63, "№ строки плана": 1,
        },
        {"№ карты": "00002", "Дата": date(2026, 6, 6), "Код вида помощи": "2.1", "Описание": "продукты"},
    ],
}  # fmt: skip


class Sound:
    """A workbook without faults; change `rows`, `headers` or `facts`, then take `content()`."""

    def __init__(self, district: str = "Тестовый район") -> None:
        self.rows = copy.deepcopy(SOUND)
        self.headers = {sheet.title: [column.header for column in sheet] for sheet in SHEETS}
        self.facts: list[list[Any]] = [
            ["Район", district], ["По состоянию на", AS_OF], ["Версия формы", 1],
        ]  # fmt: skip

    def row(self, sheet: str, place: int = 0) -> dict[str, Any]:
        return self.rows[sheet][place]

    def content(self) -> bytes:
        book = Workbook()
        book.remove(book.active)
        facts = book.create_sheet("Сведения")
        for line in self.facts:
            facts.append(line)
        for title, headers in self.headers.items():
            sheet = book.create_sheet(title)
            sheet.append(headers)
            for number, row in enumerate(self.rows[title], start=2):
                for index, header in enumerate(headers, start=1):
                    cell = sheet.cell(number, index, row.get(header))
                    if isinstance(cell.value, str):
                        cell.data_type = "s"
        stream = BytesIO()
        with ZipFile(stream, "w", ZIP_DEFLATED) as archive:
            _InMemory(book, archive).write_data()
        return stream.getvalue()


class _InMemory(ExcelWriter):
    """Writes a workbook as `Workbook.save` does, with no file on disk for each sheet."""

    def write_worksheet(self, ws: Any) -> None:
        ws._drawing = SpreadsheetDrawing()
        writer = WorksheetWriter(ws, BytesIO())
        writer.write()
        ws._rels = writer._rels
        self._archive.writestr(ws.path[1:], writer.out.getvalue())
        self.manifest.append(ws)


def read(content: bytes, name: str = "книга.xlsx") -> reader.Book:
    """The cells of a workbook, as the program reads them but in this process: a Python of its own for each of some
    hundred workbooks would cost more than all that is asked of them. test_hostile.py tries the other road.
    """
    with in_this_process():
        return reader.read(content, name)


def in_this_process() -> Any:
    """Let whatever reads a workbook read it in this process."""
    return patch.object(reader, "_ask", lambda content, name: json.loads(json.dumps(parser.recognised(content, name))))


def planned(content: bytes, name: str = "книга.xlsx", answers: dict[str, str] | None = None) -> Plan:
    return plan.make(read(content, name), today(), answers or {})


def load(content: bytes, name: str = "книга.xlsx") -> ImportBatch:
    """Load a workbook, as the command does; the test says what went wrong if it has faults."""
    found = planned(content, name)
    assert not found.faults, found.faults[:5]
    batch = apply.apply(found, today())
    db.session.commit()
    return batch


def totals(found: Plan) -> dict[str, int]:
    """What a plan does over all sheets."""
    counted = {"new": 0, "changed": 0, "same": 0, "missing": 0}
    for counter in found.counts.values():
        for name in counted:
            counted[name] += counter[name]
    return counted


def cells(content: bytes) -> dict[str, list[tuple[Any, ...]]]:
    """Every value of a workbook, by sheet."""
    book = load_workbook(BytesIO(content))
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}


def texts(lines: Iterable[Any]) -> str:
    return " | ".join(line.text for line in lines)
