"""An import does no harm: what is doubtful is asked or told, what cannot be read is a fault, nothing is mixed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from io import BytesIO
from itertools import chain, zip_longest

import pytest
from openpyxl import load_workbook
from sqlalchemy import func, select

from app.clock import today
from app.domain.refusal import Refusal
from app.exchange import apply, plan
from app.exchange.changes import OTHER
from app.exchange.sources import BookSource
from app.exchange.workbook import AIDS, FAMILIES, MEMBERS, SHEETS, STAYS, SUPERVISIONS
from app.extensions import db
from app.models import Family, Member
from tests.exchange.workbooks import Sound, load, planned, read, texts

pytestmark = pytest.mark.one_database("cells are read and compared in Python; test_import.py loads on both")

NORTH, SOUTH = "Северное сельское поселение", "Южное городское поселение"
OPTIONAL = [
    [(sheet.title, column.header) for column in sheet if not column.required and not column.later] for sheet in SHEETS
]
# One column of each sheet at a time: a sheet knows nothing of the columns of another.
OF_EACH_SHEET = [[one for one in columns if one] for columns in zip_longest(*OPTIONAL)]


def answered(content: bytes, **answers: str):
    found = plan.make(read(content), today(), {k.replace("_", "-"): v for k, v in answers.items()})
    assert not found.faults, found.faults[:3]
    return found


def done(found):
    batch = apply.apply(found, today())
    db.session.commit()
    return batch


def people(number: str = "00001") -> list[tuple]:
    rows = db.session.execute(
        select(Member.last_name, Member.first_name, Member.middle_name, Member.born_on)
        .join(Family, Family.id == Member.family_id)
        .where(Family.number == number, Family.annulled_at.is_(None), Member.annulled_at.is_(None))
        .order_by(Member.id)
    )
    return [tuple(row) for row in rows]


def of(number: str, territory: str, *persons: dict) -> Sound:
    """A book of one family."""
    book = Sound()
    for rows in book.rows.values():
        rows.clear()
    book.rows[FAMILIES.title] = [{"№ карты": number, "Территория": territory}]
    book.rows[MEMBERS.title] = [{"№ карты": number, **person} for person in persons]
    return book


def person(last: str, first: str, born: date | None, middle: str | None = None, role: str = "сын") -> dict:
    return {"Фамилия": last, "Имя": first, "Отчество": middle, "Дата рождения": born, "Роль в семье": role}


# Columns


def without(columns: Iterable[tuple[str, str]]) -> bytes:
    """The sound workbook without some of its columns."""
    book = Sound()
    for title, header in columns:
        book.headers[title].remove(header)
    return book.content()


def test_any_optional_column_may_be_absent(cast, loaded):
    for columns in OF_EACH_SHEET:
        found = planned(without(columns))
        assert not found.faults, (columns, found.faults)
        for _title, header in columns:
            assert f"Столбца «{header}» нет" in texts(found.notices)
        assert not found.does_something, (columns, found.new, found.changes)
        assert not found.questions, columns


# A removal wants its reason, and a body that the bank does not know its kind: the fault says so.
WANTED = {"Причина снятия": "Укажите причину снятия", "Код органа": "впишите «Код органа»"}


@pytest.mark.parametrize("place", range(len(OF_EACH_SHEET)))
def test_a_fresh_bank_is_loaded_without_any_optional_column(cast, place):
    wanted = [one for one in OF_EACH_SHEET[place] if one[1] in WANTED]
    for column in wanted:
        assert WANTED[column[1]] in texts(planned(without([column])).faults)
    content = without(one for one in OF_EACH_SHEET[place] if one not in wanted)
    load(content)
    assert not planned(content).does_something


def test_a_header_nearly_known_is_named_with_its_neighbour(cast):
    book = Sound()
    book.headers[MEMBERS.title][6] = "Дата рожд."
    book.headers[FAMILIES.title][5] = "Источник дoxoда"
    for row in book.rows[FAMILIES.title]:
        row["Источник дoxoда"] = row.get("Источник дохода")
    found = planned(book.content())
    assert "Похож на «Дата рождения»" in texts(found.notices)
    assert "Источник" not in texts(found.notices), "a Latin letter in a header is no other header"


# A number is not an identity


def test_two_settlements_that_number_from_1_are_two_families(cast):
    done(answered(of("1", NORTH, person("Тетерин", "Семён", date(2015, 6, 1))).content()))
    south = of("1", SOUTH, person("Лукошникова", "Ася", date(2016, 7, 2), role="дочь"))
    found = answered(south.content())
    assert "Под № 1 у вас другая семья" in found.questions[0].text
    assert not found.changes
    with pytest.raises(Refusal, match="без ответа"):
        done(found)
    assert people("1") == [("Тетерин", "Семён", None, date(2015, 6, 1))]
    done(answered(south.content(), family_2="other"))
    assert people("1") == [("Тетерин", "Семён", None, date(2015, 6, 1))]
    assert people("00002") == [("Лукошникова", "Ася", None, date(2016, 7, 2))]
    again = answered(south.content())
    assert not again.questions
    assert not again.does_something, "its people lead the family to its own row next month"


def test_the_same_family_is_joined_only_when_the_person_says_so(cast):
    done(answered(of("1", NORTH, person("Тетерин", "Семён", date(2015, 6, 1))).content()))
    south = of("1", SOUTH, person("Лукошникова", "Ася", date(2016, 7, 2), role="дочь"))
    done(answered(south.content(), family_2="same-1"))
    assert len(people("1")) == 2


def test_other_people_under_a_number_of_the_same_settlement_are_asked_about(cast):
    done(answered(of("1", NORTH, person("Тетерин", "Семён", date(2015, 6, 1))).content()))
    found = answered(of("1", NORTH, person("Лукошникова", "Ася", date(2016, 7, 2), role="дочь")).content())
    assert [question.chosen for question in found.unanswered] == [None]


def test_a_family_renumbered_by_its_settlement_is_known_by_its_people(cast, loaded):
    book = Sound()
    for rows in book.rows.values():
        for row in rows:
            row["№ карты"] = {"00001": "71", "00002": "00001"}[row["№ карты"]]
    found = planned(book.content())
    assert not found.faults
    assert not found.questions
    assert not found.does_something
    assert "№ 71 в книге – это семья № 00001 банка" in texts(found.notices)


# A correction is not a new person

BOY = ("Тетерин", "Семён", date(2015, 6, 1), "Ильич")


@pytest.mark.parametrize(
    ("now", "kept"),
    [
        (("Тетерин", "Семён", date(2015, 1, 6), "Ильич"), ("Тетерин", "Семён", "Ильич", date(2015, 1, 6))),
        (("Тетерин", "Семён", None, "Ильич"), ("Тетерин", "Семён", "Ильич", date(2015, 6, 1))),
        (("Тетерин", "Семён", date(2015, 6, 1), None), ("Тетерин", "Семён", "Ильич", date(2015, 6, 1))),
        (("Лукошников", "Семён", date(2015, 6, 1), "Ильич"), ("Лукошников", "Семён", "Ильич", date(2015, 6, 1))),
        (("Тетерин", "Самсон", date(2015, 6, 1), "Ильич"), ("Тетерин", "Самсон", "Ильич", date(2015, 6, 1))),
    ],
    ids=["birth date", "no birth date", "no patronymic", "surname", "first name"],
)
def test_a_corrected_child_stays_one_child(cast, now, kept):
    mother = person("Тетерина", "Алёна", date(1990, 4, 7), role="мать")
    done(answered(of("00001", NORTH, mother, person(*BOY)).content()))
    book = of("00001", NORTH, mother, person(*now))
    book.rows[SUPERVISIONS.title] = [
        {"№ карты": "00001", "Фамилия": now[0], "Имя": now[1], "Отчество": now[3], "Дата рождения": now[2],
         "Состоит с": date(2026, 3, 1), "Где состоит": "kdn"}
    ]  # fmt: skip
    found = answered(book.content())
    (question,) = found.questions
    assert question.chosen.startswith("same-")
    assert question.changes
    done(found)
    assert people()[1:] == [kept]
    assert not answered(book.content()).does_something
    assert len(db.session.scalars(select(Member)).all()) == 2


def test_a_surname_and_a_birth_date_corrected_at_once_are_asked_about(cast):
    done(answered(of("00001", NORTH, {**person(*BOY), "Роль в семье": None}).content()))
    now = {**person("Осинин", "Семён", date(2015, 1, 6), "Ильич"), "Роль в семье": None}
    mother = person("Тетерина", "Алёна", date(1990, 4, 7), "Павловна", "мать")
    (question, *others) = answered(of("00001", NORTH, now, mother).content()).questions
    assert not others
    assert [option.value for option in question.options][1:] == ["other"]


def test_another_person_is_added_when_the_person_says_so(cast):
    done(answered(of("00001", NORTH, person(*BOY)).content()))
    twin = of("00001", NORTH, person("Тетерин", "Самсон", date(2015, 6, 1), "Ильич"))
    done(answered(twin.content(), person_2="other"))
    assert [row[1] for row in people()] == ["Семён", "Самсон"]


def test_a_namesake_of_another_father_and_day_is_asked_about(cast):
    mother = person("Тетерина", "Алёна", date(1990, 4, 7), role="мать")
    done(answered(of("00001", NORTH, mother, person(*BOY)).content()))
    namesake = person("Тетерин", "Семён", date(2018, 2, 2), "Петрович")
    assert [question.chosen for question in answered(of("00001", NORTH, mother, namesake).content()).questions] == [
        None
    ]
    others = of("00001", NORTH, person("Лапина", "Инна", date(1980, 1, 1), role="мать"), namesake)
    found = answered(others.content())
    assert "Под № 00001 у вас другая семья" in texts(found.questions)
    assert not found.changes


def test_a_newborn_is_not_taken_for_a_brother_who_is_missing(cast):
    mother = person("Тетерина", "Алёна", date(1990, 4, 7), role="мать")
    done(answered(of("00001", NORTH, mother, person(*BOY)).content()))
    found = answered(of("00001", NORTH, mother, person("Тетерин", "Лев", date(2026, 5, 5))).content())
    assert [question.chosen for question in found.questions] == [None]


def test_of_several_who_may_be_meant_the_person_chooses(cast):
    mother = person("Тетерина", "Алёна", date(1990, 4, 7), role="мать")
    twins = [person("Тетерин", "Семён", date(2015, 6, 1)), person("Тетерин", "Самсон", date(2015, 6, 1))]
    done(answered(of("00001", NORTH, mother, *twins).content()))
    found = answered(of("00001", NORTH, mother, person("Тетерин", "Степан", date(2015, 6, 1))).content())
    (question,) = found.questions
    assert question.chosen is None
    assert len(question.options) == 3


def test_twins_whose_names_differ_by_one_letter_are_two(cast):
    twins = [person("Гайнетдинова", name, date(2014, 3, 3), role="дочь") for name in ("Гөлия", "Гүлия")]
    done(answered(of("00001", NORTH, *twins).content()))
    assert [row[1] for row in people()] == ["Гөлия", "Гүлия"]


def test_letters_that_only_look_different_are_one_person(cast, loaded):
    book = Sound()
    book.row(MEMBERS.title, 1).update({"Фамилия": "Tетерин", "Имя": "Се\xadме\u0308н", "Отчество": "Ильи\u200bч"})
    book.row(AIDS.title)["Получатели"] = "Тетерина Алёна Павловна; Tетерин Семе\u0308н Ильич"
    found = planned(book.content())
    assert not found.faults
    assert not found.does_something
    assert "В слове «Тетерин» были буквы латиницы (T)" in texts(found.notices)
    assert "невидимые знаки" in texts(found.notices)


# What cannot be read, and what is no row


def with_errors(content: bytes, **cells: str) -> bytes:
    book = load_workbook(BytesIO(content))
    for place, error in cells.items():
        title, address = {"f": FAMILIES.title, "m": MEMBERS.title}[place[0]], place[2:]
        book[title][address].value = error
        book[title][address].data_type = "e"
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def test_an_error_cell_is_a_fault_with_its_address_never_empty(cast, loaded):
    found = planned(with_errors(Sound().content(), f_E2="#N/A", f_F2="#REF!", m_G3="#VALUE!", m_U5="#DIV/0!"))
    told = {(fault.cell, fault.value) for fault in found.faults}
    assert {("E2", "#N/A"), ("F2", "#REF!"), ("G3", "#VALUE!"), ("U5", "#DIV/0!")} <= told
    assert all("ошибка Excel" in fault.text for fault in found.faults if fault.cell in ("E2", "F2", "G3", "U5"))


UNDER_THE_TABLE = [
    {"№ карты": "ИТОГО:", "Территория": "1 семья"},
    {"№ карты": "Всего семей", "Территория": "2"},
    {"Территория": "Итого 2 семьи"},
    {"№ карты": "Исполнитель:", "Территория": "Т. Полозова", "Источник дохода": "8-86367-5-00-00"},
    {"№ карты": "Глава поселения", "Территория": "И. Полозов"},
    {"№ карты": "8 (86367) 5-00-00"},
    {"№ карты": "* по данным школы"},
    {"№ карты": "Примечание: без переехавших"},
    {"№ карты": "Северный сельский Совет"},
    {"№ карты": "1", "Территория": "2", "Категории семьи": "3", "Количество членов семьи": "4"},
    {"№ карты": "А", "Территория": "Б", "Категории семьи": "1", "Количество членов семьи": "2"},
    {"№ карты": "3", "Территория": "4", "Категории семьи": "5", "Количество членов семьи": "6"},
    {"№ карты": "Общий итог", "Территория": "2"},
    {"№ карты": "Промежуточный итог", "Количество членов семьи": 5},
    {"№ карты": "Подытог", "Территория": "1"},
    {"№ карты": "Количество семей", "Территория": "2"},
    {"№ карты": "Кол-во", "Территория": "2"},
    {"№ карты": "Общее число", "Территория": "2 семьи"},
    {"№ карты": "Семей: 2", "Территория": "детей: 4"},
    {"№ карты": "Утв.", "Территория": "И. Полозов"},
    {"№ карты": "Данные на 01.10.2026"},
]


@pytest.mark.parametrize("every", [1, -1], ids=["in order", "turned round"])
def test_a_line_that_is_no_family_is_named_and_left_out(cast, every):
    book = Sound()
    book.rows[FAMILIES.title] += UNDER_THE_TABLE[::every]
    found = planned(book.content())
    assert not found.faults, found.faults
    assert len(found.families) == 2
    assert [place.name for place in found.new_places] == []
    named = {notice.row for notice in found.notices if "не читается как запись" in notice.text}
    assert named == set(range(4, 4 + len(UNDER_THE_TABLE)))


def test_a_line_that_may_be_a_family_is_never_dropped(cast):
    book = Sound()
    book.rows[FAMILIES.title].append({"№ карты": "00009", "Территория": NORTH})
    assert "В семье нет ни одного человека" in texts(planned(book.content()).faults)
    book.row(FAMILIES.title, 2)["№ карты"] = "Глава 1"
    book.rows[MEMBERS.title].append({"№ карты": "Глава 1", **person("Осинин", "Ян", date(2018, 1, 1))})
    assert len(planned(book.content()).families) == 3


@pytest.mark.parametrize(
    "error", ["#Н/Д", "#ПЕРЕНОС!", "#ВЫЧИСЛ!", "#ПОЛЕ!", "#BUSY!", "#ЗАНЯТО!", "########", "#ИМЯ?"]
)
def test_every_error_of_excel_is_known_by_its_text(cast, error):
    book = Sound()
    book.row(FAMILIES.title)["Источник дохода"] = error
    assert "ошибка Excel" in texts(planned(book.content()).faults)


@pytest.mark.parametrize("name", ["Г?лия", "Г\ufffdлия", "Вера*", "Bepa", "Мак Kox", "Вера!"])
def test_a_name_that_has_lost_a_letter_or_its_alphabet_is_a_fault(cast, name):
    book = Sound()
    book.row(MEMBERS.title)["Имя"] = name
    book.rows[AIDS.title].clear()
    assert [(fault.row, fault.column) for fault in planned(book.content()).faults] == [(2, "Имя")]


@pytest.mark.parametrize(
    "name", ["Әлиұлы", "Ґалаґан", "Ҙайнуллин", "Ӱпымар", "О’Нил", "Анна-Мария", "Анна (Аня)", "Кямал оглы"]
)
def test_a_name_in_letters_is_a_name(cast, name):
    book = Sound()
    book.row(MEMBERS.title)["Имя"] = name
    book.rows[AIDS.title].clear()
    assert not planned(book.content()).faults


def test_a_column_without_a_header_is_named(cast):
    book = Sound()
    headers = book.headers[MEMBERS.title]
    headers[headers.index("Отчество")] = ""
    for row in book.rows[MEMBERS.title]:
        row[""] = row["Отчество"]
    assert "Столбец E без заголовка не читается" in texts(planned(book.content()).notices)


@pytest.mark.parametrize("sheet", [FAMILIES, MEMBERS])
def test_of_a_sheet_that_is_not_read_nothing_untrue_is_said(cast, loaded, sheet):
    book = Sound()
    book.headers[sheet.title].remove(sheet.columns[2 if sheet is MEMBERS else 1].header)
    (fault,) = planned(book.content()).faults
    assert "не читается без столбца" in fault.text


def test_two_districts_of_one_book_are_a_fault(cast):
    book = Sound()
    book.facts.append(["Район", "Соседний район"])
    assert "стоит дважды с разными значениями" in texts(planned(book.content()).faults)
    book.facts[-1][1] = book.facts[0][1]
    assert not planned(book.content()).faults


def test_a_blank_organisation_replaces_none_of_the_same_kind(cast, loaded):
    book = Sound()
    book.row(STAYS.title)["Организация, направившая сведения"] = None
    found = planned(book.content())
    assert not found.does_something
    assert not found.new_bodies


NOTHING = ["-", "—", "нет", "Отсутствует", "б/о", "н/д", "не известно"]


@pytest.mark.parametrize("word", NOTHING)
def test_a_word_for_nothing_is_nothing_in_every_optional_column(cast, word):
    book = Sound()
    for title, header in chain.from_iterable(OPTIONAL):
        if header not in ("Код мероприятия", "Код вида помощи", "Где состоит", "Дата рождения"):
            for row in book.rows[title]:
                if row.get(header) is None:
                    row[header] = word
    load(book.content())
    assert {row[2] for row in people()} == {"Павловна", "Ильич"}
    assert not planned(Sound().content()).does_something
    assert db.session.scalar(select(func.count()).where(Member.middle_name == word)) == 0


def test_a_stay_without_its_sender_comes_in_and_none_that_is_known_is_dropped(cast):
    nobody = {"Код органа": None, "Организация, направившая сведения": None}
    book = Sound()
    book.row(STAYS.title, 2).update(nobody)
    assert "кто направил карту, останется неизвестным" in texts(planned(book.content()).notices)
    load(book.content())
    assert not planned(book.content()).does_something
    book.row(STAYS.title, 1).update(nobody)
    assert "Заполните «Код органа»: в банке 5.3" in texts(planned(book.content()).faults)


@pytest.mark.parametrize(
    ("sheet", "place", "values", "said"),
    [
        (MEMBERS, 0, {"Дата рождения": date(1905, 7, 5)}, "Похоже, вместо даты был написан год 2013"),
        (MEMBERS, 0, {"Дата рождения": date(2005, 4, 7)}, "меньше чем на 12 лет"),
        (MEMBERS, 0, {"Дата рождения": date(2016, 4, 7)}, "родился раньше"),
        (MEMBERS, 3, {"Дата рождения": date(2001, 4, 7), "В семье с": None}, "записан ребёнком"),
        (STAYS, 2, {"Дата постановки на учёт": date(2018, 2, 5), "Дата постановления о постановке": date(2018, 2, 5)},
         "все дети родились позже"),
        (MEMBERS, 0, {"Дата рождения": "05/07/1990"}, "прочитано как 05.07.1990"),
    ],
)  # fmt: skip
def test_what_can_be_read_but_hardly_be_true_is_told(cast, sheet, place, values, said):
    book = Sound()
    book.row(sheet.title, place).update(values)
    if sheet is MEMBERS and place == 1:
        book.rows[SUPERVISIONS.title].clear()
    found = planned(book.content())
    assert not found.faults, found.faults
    assert said in texts(found.notices)


def test_what_the_sender_does_not_see_is_named(cast):
    book = load_workbook(BytesIO(Sound().content()))
    book[FAMILIES.title].row_dimensions[3].hidden = True
    book[STAYS.title].column_dimensions["N"].hidden = True
    book[AIDS.title].sheet_state = "hidden"
    stream = BytesIO()
    book.save(stream)
    told = {notice.sheet: notice.text for notice in planned(stream.getvalue()).notices}
    assert "скрыты строки 3" in told[FAMILIES.title]
    assert "скрыты столбцы" in told[STAYS.title]
    assert "Лист скрыт" in told[AIDS.title]


# Territories, numbers and days that only look otherwise


@pytest.mark.parametrize("spelled", ["Северное сельское поселенье", "Севeрное сельское посление", "с.п. Северное"])
def test_a_territory_that_is_like_one_of_the_district_is_named_with_it(cast, loaded, spelled):
    book = Sound()
    book.row(FAMILIES.title)["Территория"] = spelled
    assert f"похожая на «{NORTH}»" in texts(planned(book.content()).notices)


def test_what_resembles_something_of_the_bank_is_looked_at_and_kept_as_its_other_name(cast, loaded):
    """A place, a school and a body, each asked about once; the next book is asked nothing."""
    book = Sound()
    book.row(FAMILIES.title)["Территория"] = "Северное сельское посление"
    book.row(MEMBERS.title, 1)["Образовательная организация"] = "школа №7"
    for place in (0, 1):
        book.row(STAYS.title, place)["Организация, направившая сведения"] = "МБОУ СОШ №7 имени Гагарина"
    source = BookSource(read(book.content()), {})
    asked = source.plan(today()).questions
    assert [each.key.rpartition("-")[0] for each in asked] == ["like-place", "like-school", "like-body"]
    assert [each.chosen for each in asked] == [None, "МБОУ СОШ № 7", None]
    assert [each.options[0].text for each in asked] == [f"Это «{NORTH}»", *["Это «МБОУ СОШ № 7»"] * 2]
    kept_apart = source.plan(today(), {each.key: OTHER for each in asked})
    assert [each.name for each in kept_apart.new_places] == ["Северное сельское посление"]
    assert [each.name for each in kept_apart.new_bodies] == ["МБОУ СОШ №7 имени Гагарина"]
    found = source.plan(today(), {each.key: each.options[0].value for each in asked})
    assert (found.new_places, found.new_bodies, found.new, found.changes) == ([], [], [], [])
    done(found)
    again = source.plan(today())
    assert (again.questions, again.does_something) == ([], False)


@pytest.mark.parametrize("name", ["far", "neighbour"])
def test_a_territory_of_another_district_and_another_district_are_told(cast, name):
    book = Sound()
    book.row(FAMILIES.title)["Территория"] = cast.far.name if name == "far" else "Соседний район"
    found = planned(book.content())
    assert not found.faults
    assert "есть в другом районе" in texts(found.notices)


def test_a_card_number_of_another_alphabet_is_the_same_number(cast):
    book = of("12А", NORTH, person(*BOY))
    book.rows[MEMBERS.title][0]["№ карты"] = "12A"
    done(answered(book.content()))
    assert people("12А")
    book.rows[FAMILIES.title].append({"№ карты": "12A", "Территория": SOUTH})
    assert "Карта с этим номером уже есть" in texts(planned(book.content()).faults)


def test_a_book_of_an_earlier_day_is_told_before_it_takes_anything_back(cast, loaded):
    earlier = Sound()
    earlier.facts[1][1] = date(2026, 7, 31)
    assert "на более ранний день" not in texts(planned(earlier.content()).notices)
    earlier.row(FAMILIES.title)["Источник дохода"] = "заработок"
    assert "Книга этого района на 30.09.2026 уже загружена" in texts(planned(earlier.content()).notices)


@pytest.mark.parametrize(
    ("sheet", "header", "day", "said"),
    [
        (AIDS, "Дата", date(2026, 5, 6), "Мероприятие 06.05.2026 – то же, что 05.05.2026 в банке"),
        (SUPERVISIONS, "Состоит с", date(2026, 3, 2), "иначе учёт запишут дважды"),
    ],
)
def test_what_differs_from_a_missing_row_by_its_day_alone_is_pointed_out(cast, loaded, sheet, header, day, said):
    book = Sound()
    book.row(sheet.title)[header] = day
    assert said in texts(planned(book.content()).duplicates)
    book.rows[sheet.title].append(dict(Sound().row(sheet.title)))
    assert not planned(book.content()).duplicates
