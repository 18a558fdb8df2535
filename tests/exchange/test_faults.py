"""Every fault of a workbook is told at once: where it is and what to do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from app.exchange.workbook import AIDS, FAMILIES, MEMBERS, STAYS, SUPERVISIONS
from tests.exchange.workbooks import Sound, planned

pytestmark = pytest.mark.one_database("cells are read and compared in Python; test_import.py loads on both")

BIRTH = {"№ карты": "00001", "Фамилия": "Тетерин", "Имя": "Семён", "Дата рождения": date(2016, 1, 1)}


def cell(sheet, place: int, header: str, value) -> Callable[[Sound], None]:
    return lambda book: book.row(sheet.title, place).update({header: value})


def added(sheet, **row) -> Callable[[Sound], None]:
    return lambda book: book.rows[sheet.title].append(row["row"])


def without(sheet, header: str) -> Callable[[Sound], None]:
    return lambda book: book.headers[sheet.title].remove(header)


def fact(place: int, value) -> Callable[[Sound], None]:
    return lambda book: book.facts[place].__setitem__(1, value)


def both(*steps: Callable[[Sound], None]) -> Callable[[Sound], None]:
    return lambda book: [step(book) for step in steps] and None


# what is done to a sound workbook, the sheet, row and column of the fault, and words of its sentence
FAULTS = {
    "a number of a card as a number": (
        cell(FAMILIES, 0, "№ карты", 1), FAMILIES, 2, "№ карты", "превратил номер карты в число"),
    "a number of a card as a date": (
        cell(AIDS, 1, "№ карты", date(2026, 1, 1)), AIDS, 3, "№ карты", "превратил номер карты в дату"),
    "two families with one number": (
        cell(FAMILIES, 1, "№ карты", "00001"), FAMILIES, 3, "№ карты", "уже есть в строке 2"),
    "no territory": (cell(FAMILIES, 0, "Территория", None), FAMILIES, 2, "Территория", "Заполните"),
    "a number too long": (cell(FAMILIES, 0, "№ карты", "9" * 21), FAMILIES, 2, "№ карты", "длиннее 20"),
    "an unknown category": (
        cell(FAMILIES, 0, "Категории семьи", "1; богатая"), FAMILIES, 2, "Категории семьи", "справочнике"),
    "a negative income": (
        cell(FAMILIES, 0, "Доход на одного члена семьи, руб.", -1), FAMILIES, 2,
        "Доход на одного члена семьи, руб.", "отрицательной"),
    "half a person": (
        cell(FAMILIES, 0, "Количество членов семьи", 2.5), FAMILIES, 2, "Количество членов семьи", "целое число"),
    "text for a number": (
        cell(FAMILIES, 0, "Количество членов семьи", "трое"), FAMILIES, 2, "Количество членов семьи", "число"),
    "a stay of an unknown family": (
        cell(STAYS, 0, "№ карты", "00009"), STAYS, 2, "№ карты", "нет на листе «Семьи»"),
    "an unknown body": (cell(STAYS, 0, "Код органа", "5.99"), STAYS, 2, "Код органа", "справочнике"),
    "a code as a number": (cell(STAYS, 0, "Код органа", 5.3), STAYS, 2, "Код органа", "код в число"),
    "a code as a date": (cell(STAYS, 0, "Критерии", date(2026, 2, 1)), STAYS, 2, "Критерии", "код в дату"),
    "no criterion": (cell(STAYS, 0, "Критерии", None), STAYS, 2, "Критерии", "критерий"),
    "an unknown criterion": (cell(STAYS, 0, "Критерии", "2.1.10"), STAYS, 2, "Критерии", "справочнике"),
    "a decision number as a date": (
        cell(STAYS, 0, "№ постановления о постановке", date(2026, 6, 13)), STAYS, 2, "№ постановления о постановке",
        "в дату"),
    "no date of record": (
        cell(STAYS, 0, "Дата постановки на учёт", None), STAYS, 2, "Дата постановки на учёт", "Заполните"),
    "not a date": (
        cell(STAYS, 0, "Дата выявления", "вчера"), STAYS, 2, "Дата выявления", "Это не дата"),
    "a day that does not exist": (
        cell(STAYS, 0, "Дата выявления", "31.02.2024"), STAYS, 2, "Дата выявления", "в календаре нет"),
    "a number for a date": (cell(STAYS, 0, "Дата выявления", 45000), STAYS, 2, "Дата выявления", "нужна дата"),
    "a year out of reason": (cell(STAYS, 0, "Дата выявления", "01.01.0202"), STAYS, 2, "Дата выявления", "Год"),
    "detection to come": (
        cell(STAYS, 0, "Дата выявления", date(2099, 1, 1)), STAYS, 2, "Дата выявления", "ещё не наступила"),
    "registered before the decision": (
        cell(STAYS, 0, "Дата постановления о постановке", date(2024, 3, 1)), STAYS, 2, "Дата постановки на учёт",
        "раньше даты постановления"),
    "removed before registered": (
        both(cell(STAYS, 0, "Дата снятия с учёта", date(2023, 1, 1)),
             cell(STAYS, 0, "Дата постановления о снятии", date(2023, 1, 1))),
        STAYS, 2, "Дата снятия с учёта", "раньше даты постановки"),
    "removed before the decision": (
        cell(STAYS, 0, "Дата постановления о снятии", date(2025, 4, 1)), STAYS, 2, "Дата снятия с учёта",
        "раньше даты постановления"),
    "removed without a reason": (
        cell(STAYS, 0, "Причина снятия", None), STAYS, 2, "Причина снятия", "причину"),
    "a reason without a removal": (
        cell(STAYS, 1, "Причина снятия", "11.2"), STAYS, 3, "Причина снятия", "Нет даты снятия"),
    "overlapping stays in the workbook": (
        cell(STAYS, 1, "Дата постановки на учёт", date(2025, 2, 1)), STAYS, 3, "Дата постановки на учёт",
        "раньше даты постановления"),
    "a second stay before the first ends": (
        both(cell(STAYS, 1, "Дата постановки на учёт", date(2025, 2, 1)),
             cell(STAYS, 1, "Дата постановления о постановке", date(2025, 2, 1))),
        STAYS, 3, "Дата постановки на учёт", "уже состоит на учёте с 01.02.2024"),
    "the same stay twice": (
        added(STAYS, row={"№ карты": "00002", "Код органа": "5.3", "Критерии": "2.1.1",
                          "Дата постановки на учёт": date(2026, 2, 5)}),
        STAYS, 5, "Дата постановки на учёт", "уже состоит"),
    "no surname": (cell(MEMBERS, 0, "Фамилия", None), MEMBERS, 2, "Фамилия", "Заполните"),
    "a surname of digits": (cell(MEMBERS, 2, "Фамилия", 12), MEMBERS, 4, "Фамилия", "буквами"),
    "an unknown role": (cell(MEMBERS, 0, "Роль в семье", "кот"), MEMBERS, 2, "Роль в семье", "справочнике"),
    "an unknown sex": (cell(MEMBERS, 0, "Пол", "?"), MEMBERS, 2, "Пол", "«ж» или «м»"),
    "born in the future": (
        cell(MEMBERS, 3, "Дата рождения", date(2099, 1, 1)), MEMBERS, 5, "Дата рождения", "ещё не наступила"),
    "left before joining": (
        cell(MEMBERS, 3, "В семье по", date(2018, 1, 1)), MEMBERS, 5, "В семье по", "раньше"),
    "joined before birth": (
        cell(MEMBERS, 3, "В семье с", date(2018, 1, 1)), MEMBERS, 5, "В семье с", "раньше, чем родился"),
    "a document number as a number": (
        cell(MEMBERS, 1, "Номер", 56120), MEMBERS, 3, "Номер", "ведущие нули"),
    "neither yes nor no": (
        cell(MEMBERS, 1, "Бесплатное питание", "иногда"), MEMBERS, 3, "Бесплатное питание", "«да» или «нет»"),
    "unknown holidays": (
        cell(MEMBERS, 1, "Каникулярная занятость", "дома"), MEMBERS, 3, "Каникулярная занятость", "одно из"),
    "an error of Excel": (cell(MEMBERS, 0, "Место работы, должность", "#REF!"), MEMBERS, 2,
                          "Место работы, должность", "ошибка Excel"),
    "two members alike": (
        added(MEMBERS, row={"№ карты": "00001", "Фамилия": "ТЕТЕРИН", "Имя": "Семен", "Отчество": "Ильич",
                            "Дата рождения": date(2015, 6, 1)}),
        MEMBERS, 6, "Фамилия", "уже есть в строке 3"),
    "supervision of a stranger": (
        cell(SUPERVISIONS, 0, "Имя", "Фома"), SUPERVISIONS, 2, "Фамилия", "нет члена «Тетерин Фома Ильич»"),
    "supervision nowhere": (
        cell(SUPERVISIONS, 0, "Где состоит", None), SUPERVISIONS, 2, "Где состоит", "Заполните"),
    "supervision that ends before it starts": (
        cell(SUPERVISIONS, 0, "Состоит по", date(2026, 1, 1)), SUPERVISIONS, 2, "Состоит по", "раньше"),
    "aid to come": (cell(AIDS, 0, "Дата", date(2099, 1, 1)), AIDS, 2, "Дата", "ещё не наступила"),
    "aid without a date": (cell(AIDS, 0, "Дата", None), AIDS, 2, "Дата", "Заполните"),
    "an unknown measure": (cell(AIDS, 0, "Код мероприятия", "2.160"), AIDS, 2, "Код мероприятия", "справочнике"),
    "an amount of thousandths": (cell(AIDS, 0, "Сумма, руб.", "12.345"), AIDS, 2, "Сумма, руб.", "двумя знаками"),
    "a negative amount": (cell(AIDS, 0, "Сумма, руб.", -5), AIDS, 2, "Сумма, руб.", "отрицательной"),
    "an amount of letters": (cell(AIDS, 0, "Сумма, руб.", "сто"), AIDS, 2, "Сумма, руб.", "число"),
    "an unknown recipient": (
        cell(AIDS, 0, "Получатели", "Тетерина Алёна Павловна; Чужой Иван"), AIDS, 2, "Получатели",
        "нет члена «Чужой Иван»"),
    "a recipient of two": (
        both(added(MEMBERS, row={**BIRTH, "Отчество": "Ильич"}), lambda book: None), AIDS, 2, "Получатели",
        "двое с именем"),
    "a performer nobody knows": (
        both(cell(AIDS, 0, "Код органа", None), cell(AIDS, 0, "Исполнитель", "Неведомо кто")), AIDS, 2, "Код органа",
        "впишите «Код органа»"),
    "a missing required column": (
        without(STAYS, "Критерии"), STAYS, 1, "Критерии", "не читается без столбца «Критерии»"),
    "a column that stands twice": (
        lambda book: book.headers[AIDS.title].append("Описание"), AIDS, 1, "Описание", "стоит дважды"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_told_with_its_place_and_a_sentence(cast, name):
    spoil, sheet, row, column, words = FAULTS[name]
    book = Sound()
    spoil(book)
    faults = planned(book.content()).faults
    found = [fault for fault in faults if (fault.sheet, fault.row, fault.column) == (sheet.title, row, column)]
    assert found, faults
    assert any(words in fault.text for fault in found), found
    assert all(fault.text.endswith(".") for fault in faults)


FACTS = {
    "no district": (fact(0, None), "Район", "Заполните «Район»"),
    "no date": (fact(1, None), "По состоянию на", "Заполните"),
    "a bad date": (fact(1, "сентябрь"), "По состоянию на", "Это не дата"),
    "a date far ahead": (fact(1, date(2098, 1, 1)), "По состоянию на", "далеко впереди"),
    "another version": (fact(2, 2), "Версия формы", "должна быть 1"),
    "no version": (fact(2, None), "Версия формы", "Заполните"),
}


@pytest.mark.parametrize("name", FACTS)
def test_the_first_sheet_is_checked(cast, name):
    spoil, column, words = FACTS[name]
    book = Sound()
    spoil(book)
    faults = [fault for fault in planned(book.content()).faults if fault.column == column]
    assert faults
    assert words in faults[0].text


@pytest.mark.parametrize("title", [sheet.title for sheet in (FAMILIES, STAYS, MEMBERS, SUPERVISIONS, AIDS)])
def test_a_missing_sheet_is_named(cast, title):
    book = Sound()
    del book.headers[title]
    texts = [fault.text for fault in planned(book.content()).faults]
    assert any(text.startswith(f"Нет листа «{title}»") for text in texts)


def test_all_faults_come_at_once_in_order(cast):
    book = Sound()
    book.row(FAMILIES.title)["Количество членов семьи"] = "трое"
    book.row(AIDS.title, 1)["Сумма, руб."] = -5
    book.row(MEMBERS.title, 0)["Пол"] = "?"
    book.row(STAYS.title, 2)["Код органа"] = "5.99"
    found = [(fault.sheet, fault.row, fault.cell, fault.value) for fault in planned(book.content()).faults]
    assert found == [
        (FAMILIES.title, 2, "D2", "трое"), (STAYS.title, 4, "B4", "5.99"), (MEMBERS.title, 2, "F2", "?"),
        (AIDS.title, 3, "I3", "-5"),
    ]  # fmt: skip


def test_a_stay_that_overlaps_one_of_the_bank_is_a_fault(cast, loaded):
    book = Sound()
    book.rows[STAYS.title] = [
        {"№ карты": "00002", "Код органа": "5.3", "Критерии": "2.1.1", "Дата постановки на учёт": date(2026, 4, 1)}
    ]
    texts = [fault.text for fault in planned(book.content()).faults]
    assert texts == ["Семья уже состоит на учёте с 05.02.2026."]


def test_a_removal_of_the_bank_is_not_taken_back_by_a_blank_cell(cast, loaded):
    book = Sound()
    for header in ("№ постановления о снятии", "Дата постановления о снятии", "Дата снятия с учёта", "Причина снятия"):
        book.row(STAYS.title)[header] = None
    assert any("загрузка снятия не отменяет" in fault.text for fault in planned(book.content()).faults)


def test_two_children_of_one_name_are_told_apart_by_birth_date(cast):
    book = Sound()
    book.rows[MEMBERS.title].append({**BIRTH, "Отчество": "Ильич"})
    book.row(AIDS.title)["Получатели"] = "Тетерин Семён Ильич (01.06.2015); Тетерина Алёна Павловна"
    assert not planned(book.content()).faults
