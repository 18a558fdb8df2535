"""Books that settlements make by hand: nobody is lost, nobody is doubled, little is asked and nothing twice."""

from __future__ import annotations

import gc
import weakref
from datetime import date
from io import BytesIO
from pathlib import Path
from unittest.mock import patch
from zipfile import ZipFile

import pytest
from openpyxl import load_workbook
from sqlalchemy import func, select

from app import access, tree
from app.clock import today
from app.domain import people_in_text, spelled
from app.exchange import apply, bank, garbage, oldbooks, preview, reader, returned, sources
from app.exchange.confirmation import DONE_MEANWHILE, Confirmation
from app.exchange.handmade import knowledge, matching
from app.exchange.handmade.asking import AS_TEXT
from app.exchange.sources import BookSource, UnclearBookError
from app.extensions import db
from app.models import Aid, BookWord, Education, Family, Member, Registration, Supervision, TerritoryAlias
from app.services import registry
from tests import factories
from tests.exchange import handmade_books
from tests.exchange.books_of_signs import BOOKS_OF_SIGNS
from tests.exchange.handmade_books import BOOKS, NORTH, SOUTH, Handmade, workbook
from tests.exchange.workbooks import AS_OF, Sound, in_this_process

pytestmark = pytest.mark.one_database("books are understood in Python; test_import.py loads on both")
BY_NAME = {book.name: book for book in (*BOOKS, *BOOKS_OF_SIGNS)}


@pytest.fixture(autouse=True)
def _in_this_process():
    with in_this_process():
        yield


@pytest.fixture(autouse=True)
def words(cast):
    """The usual words of books, as an installation has them."""
    from app.services import installation

    installation.load_book_words()
    db.session.commit()


def source(book: Handmade, said=None, name: str = "") -> BookSource:
    return sources.read(book.content(), name or book.name, {"district": "Тестовый район", **(said or {})})


def load(of: BookSource, said=None):
    """Load a book, with the answers that are offered to the questions of its preview."""
    made = of.plan(today())
    assert not made.faults, made.faults[:3]
    assert not made.unanswered, made.unanswered
    apply.apply(made, today())
    db.session.commit()
    return made


def answered(of: BookSource, said: dict[str, str]) -> BookSource:
    """Give answers as the page does: they are learned."""
    after = BookSource(of.book, {**of.said, **said})
    knowledge.learn(after.understood(today()), said, bank.dictionaries(), today())
    db.session.commit()
    return after


def count(entity) -> int:
    return db.session.scalar(select(func.count()).select_from(entity).where(entity.annulled_at.is_(None)))


@pytest.mark.parametrize("name", BY_NAME)
def test_every_person_comes_in_once_and_the_next_month_nothing_is_asked(cast, name):
    book = BY_NAME[name]
    first = source(book)
    understood = first.understood(today())
    asked = {question.key for question in understood.asking.unanswered}
    assert asked == set(book.answers)
    assert len(asked) <= 10
    whole = answered(first, book.answers)
    understood = whole.understood(today())
    assert (len(understood.families), understood.people) == (book.families, book.people)
    load(whole)
    assert (count(Family), count(Member), count(Registration)) == (book.families, book.people, book.placed)
    again = source(book).plan(today())
    assert not again.does_something, (again.changes[:3], again.new[:3])
    assert not again.questions
    assert Confirmation(fingerprint="as it was shown").warning(again) == DONE_MEANWHILE


def test_the_values_of_the_cells_are_read_as_they_are_meant(cast):
    load(source(BY_NAME["список.xlsx"]))
    boy = db.session.scalar(select(Member).where(Member.first_name == "Семён"))
    assert (boy.born_on.isoformat(), boy.role.name, boy.family.territory.name) == ("2013-05-12", "сын", SOUTH)
    assert {each.name for each in boy.family.categories} == {"Многодетная семья", "Малообеспеченная семья"}
    assert boy.family.additional.split("\n") == [
        "Телефон: 8-900-000-00-01", "мать выпивает", "Тетерин Илья Юрьевич: 1987 г.р.",
    ]  # fmt: skip
    stay = boy.family.registrations[0]
    assert (stay.decision.number, stay.registered_on.isoformat()) == ("6/13", "2026-02-01")
    assert [one.criterion.code for one in stay.criteria_over_time] == ["2.1.1", "2.5.1"]


def test_what_is_told_beside_the_people_is_theirs(cast):
    book = BY_NAME["рядом с людьми.xlsx"]
    load(answered(source(book), book.answers))
    told = {
        (family.actual_address, family.territory.name, max(str(person.born_on) for person in family.members))
        for family in db.session.scalars(select(Family))
    }
    assert told == {
        ("ул. Луговая, 3", SOUTH, "2016-08-18"), ("ул. Луговая, 13", SOUTH, "None"),
        ("ул. Лодочная, 1", SOUTH, "2013-02-02"), ("ул. Лодочная, 5", SOUTH, "2012-05-05"),
        ("ул. Лесная, 7", NORTH, "None"), ("ул. Лесная, 9", NORTH, "None"),
    }  # fmt: skip
    assert {str(row.born_on) for row in db.session.scalars(select(Member).where(Member.last_name == "Зайцев"))} == {
        "2012-02-01"
    }


def test_marks_and_neighbours_are_read_as_they_are_meant(cast):
    book = BY_NAME["знаки и соседи.xlsx"]
    load(answered(source(book), book.answers))
    told = {
        (member.last_name, member.first_name): (str(member.born_on), member.role.name, member.family.territory.name)
        for member in db.session.scalars(select(Member))
    }
    assert told["Сырников", "Игнат"] == told["Сырников", "Лев"] == ("2013-04-05", "сын", SOUTH)
    assert told["Блинов", "Ян"] == ("2012-11-12", "сын", NORTH)
    assert told["Оладьина-Пышкина", "Ия"] == ("2017-08-09", "дочь", SOUTH)
    assert told["Крестова", "Нина"] == ("1957-05-17", "бабушка", SOUTH)
    assert told["Грушин", "Артём"] == ("2013-06-20", "подопечный", SOUTH)
    stays = {
        registration.decision.number: (
            str(registration.removed_on), [one.criterion.code for one in registration.criteria_over_time]
        )
        for registration in db.session.scalars(select(Registration))
    }  # fmt: skip
    assert stays["1/7"] == ("2026-09-17", ["2.1.1", "2.5.1"])
    assert (stays["1/8"], stays["11/1"]) == (("None", ["2.5.1"]), ("None", ["2.1"]))
    schools = {(each.member.first_name, each.organisation) for each in db.session.scalars(select(Education))}
    assert schools == {("Стас", "школа № 7"), ("Лада", "школа № 7"), ("Артём", "школа № 7")}


def test_what_two_sheets_say_of_one_is_told_as_it_stands(cast):
    book = BY_NAME["листы спорят.xlsx"]
    told = [text for _, text in answered(source(book), book.answers).understood(today()).notices]
    assert "Адрес проживания: листы говорят разное – ул. Мира, 9 (Семьи); ул. Новая, 3 (Дети)." in " ".join(told)
    assert not any("прочитано как" in text for text in told)  # the other date was chosen


def test_months_roles_and_numbers_before_dates_are_read_as_they_are_meant(cast):
    book = BY_NAME["месяцы.xlsx"]
    load(answered(source(book), book.answers))
    family = db.session.scalar(select(Family).where(Family.actual_address == "ул. Лесная, 1").order_by(Family.id))
    told = {(each.first_name, each.middle_name, str(each.born_on), each.role.name) for each in family.members}
    assert told == {
        ("Алла", "Олеговна", "None", "мать"), ("Зоя", None, "None", "бабушка"),
        ("Анна", "Ильинична", "2015-04-04", "дочь"), ("Ян", "Ильич", "2017-05-05", "сын"),
    }  # fmt: skip
    assert len(family.categories) == len(("многодетная", "неполная"))
    assert family.additional.split("\n") == ["Кедрова Зоя: возраст 70", "Помощь: одежда (янв)", "Помощь: набор (фев)"]
    stays = {(each.decision.number, str(each.registered_on)) for each in db.session.scalars(select(Registration))}
    assert stays == {("24/5", "2026-08-27"), ("5/6", "2026-03-11")}
    assert db.session.scalar(select(Member).where(Member.last_name == "Папоротник")).role.name == "отчим"


def test_groups_orders_and_capitals_are_read_as_they_are_meant(cast):
    load(source(BY_NAME["группы.xlsx"]))
    load(source(BY_NAME["прописными.csv"]))
    told = {
        (member.last_name, member.first_name): (str(member.born_on), member.role.name)
        for member in db.session.scalars(select(Member))
    }
    assert told["Прерия", "Анна"] == ("1965-09-10", "опекун")
    assert told["Долин", "Марк"] == ("2012-11-12", "подопечный")
    assert told["Перевёртова", "Яна"] == ("2013-01-04", "дочь")
    assert told["Перевёртов", "Ким"] == ("1984-12-03", "отец")
    assert told["Колонкин", "Егор"] == ("2013-04-05", "сын")
    assert told["Регистров", "Денис"] == ("2011-02-20", "сын")
    assert db.session.scalars(select(Registration)).one().decision.number == "11/5"


def test_where_families_live_is_asked_once_though_others_come_and_the_book_names_several_places(cast):
    def of(*more: list[str]) -> Handmade:
        rows = [
            ["ФИО ребёнка", "Дата рождения", "Школа", "Адрес", "Поселение"],
            ["Ершов Игорь Ильич", "01.02.2012", "СОШ № 7, 4 кл.", "ул. Мира, 1"],
            ["Щукин Олег Ильич", "02.02.2012", "то же, 5б", "ул. Мира, 3", NORTH],
            ["Окунев Глеб Ильич", "03.02.2012", None, "ул. Мира, 4", SOUTH],
        ]
        return Handmade("книга.xlsx", lambda: workbook(("А", [*rows, *more], [])), 0, 0, 0)

    first = source(of())
    assert [asked.key for asked in first.understood(today()).asking.unanswered] == ["territory"]
    load(answered(first, {"territory": SOUTH}))
    second = source(of(["Карпов Лев Ильич", "04.02.2012", "та же, 6 класс", "ул. Мира, 5"]))
    assert not second.understood(today()).asking.unanswered
    load(second)
    told = {
        member.last_name: (member.family.territory.name, member.educations[0].organisation, member.educations[0].grade)
        for member in db.session.scalars(select(Member).where(Member.last_name != "Окунев"))
    }
    assert told == {
        "Ершов": (SOUTH, "СОШ № 7", "4"), "Щукин": (NORTH, "СОШ № 7", "5б"), "Карпов": (SOUTH, "СОШ № 7", "6")
    }  # fmt: skip


def test_the_title_of_a_further_table_is_its_own(cast):
    (first, second) = source(BY_NAME["две таблицы.xlsx"]).understood(today()).tables
    assert (second.place, second.above) == ("Отчёт (2)", ["Семьи, снятые с учёта"])
    assert [said for _, said, _ in first.set_aside] == ["итог"]


def test_a_label_under_a_name_tells_of_whom_it_names(cast):
    load(source(BY_NAME["карточки в два столбца.xlsx"]))
    assert db.session.scalar(select(Member.workplace).where(Member.first_name == "Лидия")) == "повар"
    assert "Отопление: печное" in db.session.scalar(select(Family.additional).where(Family.number == "00001"))


def test_aid_is_given_to_those_of_the_family_whom_the_book_means(cast):
    made = load(source(BY_NAME["помощь.xlsx"]))
    told = [
        (aid.given_on.isoformat(), aid.kind.name, aid.amount, sorted(member.first_name for member in aid.recipients))
        for aid in db.session.scalars(select(Aid).order_by(Aid.given_on))
    ]
    assert told == [
        ("2026-03-12", "Продуктовый набор", 3000, ["Алла", "Оля", "Пётр"]),
        ("2026-08-25", "Одежда и обувь", None, ["Алла", "Оля", "Пётр"]),
        ("2026-09-01", "Школьные принадлежности", 2500, ["Глеб"]),
    ]
    assert any("чья она, из книги не видно" in notice.text for notice in made.notices)
    undated = db.session.scalar(select(Family.additional).where(Family.number == "00002"))
    assert "Помощь: консультация психолога" in undated


def test_a_planned_measure_is_kept_as_a_line_named_and_given_back(cast):
    read = source(BY_NAME["план.xlsx"])
    made = load(read)
    assert (made.measures, len(made.families)) == (2, 2)
    assert any("в дополнительную информацию семей, а не в программу" in notice.text for notice in made.notices)
    lines = db.session.scalar(select(Family.additional).where(Family.number == "00001")).split("\n")
    assert "Мероприятие плана: Беседа; срок: 20.11.2026; исполнитель: ПДН; отметка: исполнено" in lines
    (sheet,) = returned.mended(read, read, [], today()).sheets
    assert [row[-1] for row in sheet.rows[-2:]] == [f"{cell}: {returned.NOT_A_MEASURE}" for cell in ("F3", "F4")]
    pupil = db.session.scalar(select(Supervision)).member
    assert (pupil.first_name, pupil.last_name) == ("Ева", "Коврова")


def test_an_answer_that_says_otherwise_than_an_earlier_one_tells_so(cast):
    book = BY_NAME["реестр детей.xlsx"]
    answered(source(book), book.answers)

    def learned(**said: str) -> list[str]:
        given = {key.replace("__", ":").replace("_", " "): value for key, value in said.items()}
        after = BookSource(source(book).book, {**source(book).said, **given})
        return knowledge.learn(after.understood(today()), given, bank.dictionaries(), today())

    assert learned(word__criterion__самовольные_уходы="2.2.2") == []
    (told,) = learned(word__criterion__самовольные_уходы="2.1")
    assert told.startswith("«самовольные уходы» прежде значило «Отсутствие контроля за поведением")
    registry.save(TerritoryAlias(territory=cast.north, name="Балка"), today())
    assert learned(place__балка=NORTH) == []
    (told,) = learned(place__балка=SOUTH)
    assert f"уже записано другим названием территории «{NORTH}»" in told
    assert learned(column__0__9="note") == []
    assert learned(column__0__9="skip") == [
        "Столбец «Телефон»: прежний ответ «примечание (в дополнительную информацию)» заменён на «не читать»."
    ]


def test_an_answer_is_a_word_of_the_bank_and_is_not_asked_in_another_book(cast):
    answered(source(BY_NAME["реестр детей.xlsx"]), BY_NAME["реестр детей.xlsx"].answers)
    assert db.session.scalar(select(BookWord.meaning).where(BookWord.text_key == "самовольные уходы")) == "2.2.2"
    other = Handmade("другая.xlsx", lambda: workbook(("А", [
        ["ФИО ребёнка", "Дата рождения", "Причина постановки", "Дата постановки", "Территория"],
        ["Ершов Игорь Ильич", "01.02.2012", "Самовольные уходы", "01.02.2026", SOUTH],
    ], [])), 1, 1, 1)  # fmt: skip
    assert not source(other).understood(today()).asking.unanswered


def test_what_is_said_of_many_words_at_once_holds_for_those_words_alone(cast):
    def of(name: str, *words: str) -> Handmade:
        rows = [["ФИО ребёнка", "Дата рождения", "Причина постановки", "Дата постановки", "Территория", name]]
        rows += [[f"Ершов {first} Ильич", "01.02.2012", word, "01.02.2026", SOUTH, "а"]
                 for first, word in zip(("Игорь", "Олег", "Пётр", "Глеб"), words, strict=True)]  # fmt: skip
        return Handmade(f"{name}.xlsx", lambda: workbook(("А", rows, [])), 1, 4, 1)

    first = source(of("Икс", "зюзя", "кузя", "фузя", "музя"))
    answered(first, {"words:criterion": "2.1.1"})
    known = source(of("Игрек", "зюзя", "музя", "фузя", "буза")).understood(today())
    assert [question.key for question in known.asking.unanswered] == ["word:criterion:буза"]


def test_the_district_of_a_book_that_names_no_place_is_asked_once(cast):
    rows = [["ФИО ребёнка", "Год рождения", "Примечание"], ["Ершов Игорь Ильич", "2012", "а"]]
    first = sources.read(workbook(("А", rows, [])), "книга.xlsx")
    assert "district" in {question.key for question in first.understood(today()).asking.unanswered}
    answered(first, {"district": "Тестовый район", "territory": SOUTH})
    again = sources.read(workbook(("А", rows, [])), "книга.xlsx").understood(today())
    assert again.district == "Тестовый район"
    assert "district" not in {question.key for question in again.asking.unanswered}


def test_who_loads_after_another_settlement_is_asked_nothing_again(cast):
    def of(name: str, place: str) -> BookSource:
        rows = [["ФИО ребёнка", "Дата рождения", "Территория"], [name, "01.02.2012", place]]
        return source(Handmade(f"{name}.xlsx", lambda: workbook(("А", rows, [])), 1, 1, 0))

    ours, theirs = of("Ершов Игорь Ильич", SOUTH), of("Лисина Ева Юрьевна", NORTH)
    shown = ours.plan(today())
    load(theirs)
    again = ours.plan(today())
    assert [family.number for family in shown.families] != [family.number for family in again.families]
    assert shown.fingerprint == again.fingerprint


def test_a_person_of_a_book_is_compared_with_a_few_however_many_of_the_surname_the_bank_knows(cast):
    called = (("Анна", "Артём"), ("Вера", "Борис"), ("Дарья", "Виктор"), ("Жанна", "Глеб"), ("Зоя", "Денис"),
              ("Инна", "Егор"), ("Клара", "Захар"), ("Лидия", "Игорь"), ("Нина", "Кирилл"), ("Ольга", "Лев"),
              ("Римма", "Марк"), ("Софья", "Назар"))  # fmt: skip
    rows = [["Номер семьи", "ФИО", "Степень родства", "Дата рождения", "Адрес"]]
    for number, (mother, son) in enumerate(called, 1):
        home = f"п. Южный, ул. Речная, д. {number}"
        rows += [[number, f"Белова {mother} Ильинична", "мать", date(1980 + number, 2, number), home],
                 [number, f"Белов {son} Олегович", "сын", date(2010, number, 3), home]]  # fmt: skip
    load(source(Handmade("Южное городское поселение.xlsx", lambda: workbook(("А", rows, [])), 12, 24, 0)))
    for row in rows[1::2]:
        row[3] = f"{row[3].year} г.р."
    book = source(Handmade("Южное городское поселение.xlsx", lambda: workbook(("А", rows, [])), 12, 24, 0))
    with patch.object(matching, "_agrees", wraps=matching._agrees) as compared:
        assert not book.plan(today()).new
    assert 12 <= compared.call_count <= 4 * 12


def test_after_a_large_book_garbage_is_searched_for_once_later_and_then_as_often_as_before():
    gc.collect(0)
    usual = gc.get_threshold()
    with garbage.not_searched():
        held = [[] for _ in range(2 * usual[0])]
    assert gc.isenabled()
    assert gc.get_threshold()[0] > len(held)
    gc.collect(0)
    assert gc.get_threshold() == usual


def test_a_load_lets_go_of_what_it_held_by_itself(cast):
    rows = [["Номер семьи", "ФИО", "Степень родства", "Дата рождения", "Адрес"],
            [1, "Белова Анна Ильинична", "мать", date(1981, 2, 1), "п. Южный, ул. Речная, д. 1"]]  # fmt: skip
    book = source(Handmade("Южное городское поселение.xlsx", lambda: workbook(("А", rows, [])), 1, 1, 0))
    with garbage.not_searched():
        held = weakref.ref(load(book))
        assert held() is None


def test_a_book_of_another_district_is_stopped(cast):
    theirs = access.Scope(special=True, today=AS_OF, territories=tree.below([cast.other_district.id]))
    with access.acting_as(theirs):
        asked = source(BY_NAME["карточки.xlsx"]).understood(today()).asking.unanswered
    assert any("это не ваш район" in question.text and SOUTH in question.text for question in asked)


def test_a_place_that_resembles_one_is_asked_about_and_the_choice_is_its_other_name(cast):
    book = Handmade("место.xlsx", lambda: workbook(("А", [
        ["ФИО ребёнка", "Дата рождения", "Поселение"], ["Ершов Игорь Ильич", "01.02.2012", "Южненское гп"],
    ], [])), 1, 1, 0)  # fmt: skip
    first = source(book)
    (question,) = first.understood(today()).asking.unanswered
    assert question.choices[0].value == SOUTH
    load(answered(first, {question.key: SOUTH}))
    assert db.session.scalar(select(TerritoryAlias.name).where(TerritoryAlias.territory_id == cast.south.id))
    assert not source(book).understood(today()).asking.unanswered


def test_a_school_that_resembles_one_is_asked_about_and_the_choice_is_its_other_name(cast):
    """«школа 7» is surely «МБОУ СОШ № 7» and is offered so; one of a farm with the same number may be another."""
    known, of_farm = "МБОУ СОШ № 7", "СОШ № 7 х. Садки"
    pupil = factories.member(factories.family(cast.south, "00091"), "сын", date(2013, 1, 2), "Ким", "Лев", None)
    factories.education(pupil, date(2025, 9, 1), organisation=known)
    db.session.commit()
    book = Handmade("школы.xlsx", lambda: workbook(("А", [
        ["ФИО ребёнка", "Дата рождения", "Поселение", "Школа, класс"],
        ["Ершов Игорь Ильич", "01.02.2012", SOUTH, "школа 7, 5 класс"],
        ["Окунев Пётр Ильич", "01.03.2012", SOUTH, f"{of_farm}, 5 класс"],
        ["Судаков Лев Ильич", "01.04.2012", SOUTH, "МБОУ Заречненская СОШ, 5 класс"],
        ["Карпов Ян Ильич", "01.05.2012", SOUTH, "Заречненская школа, 5 класс"],
    ], [])), 4, 4, 0)  # fmt: skip
    asked = {
        q.key: q for q in source(book).understood(today()).asking.questions.values() if q.key.startswith("school:")
    }
    assert {question.chosen for question in asked.values()} == {known, "МБОУ Заречненская СОШ", None}
    (key,) = (key for key, question in asked.items() if question.chosen is None)
    said = {key: AS_TEXT, **{other: question.chosen for other, question in asked.items() if question.chosen}}
    others = {q.key: q.choices[-1].value for q in source(book, said).understood(today()).asking.unanswered}
    load(answered(source(book), {**said, **others}))
    assert set(db.session.scalars(select(Education.organisation))) == {known, of_farm, "МБОУ Заречненская СОШ"}
    assert [word.text for word in db.session.scalars(select(BookWord).where(BookWord.meaning == known))] == ["школа 7"]


def test_what_is_said_of_a_column_is_remembered_by_the_set_of_headers(cast):
    rows = [
        ["ФИО ребёнка", "Дата рождения", "Сведения Х", "Поселение"],
        ["Ершов Игорь Ильич", "01.02.2012", "за балкой", SOUTH],
    ]
    book = Handmade("столбец.xlsx", lambda: workbook(("А", rows, [])), 1, 1, 0)
    first = source(book)
    (column,) = [each for each in first.understood(today()).layouts[0].columns if not each.sure]
    assert column.meaning == "text"
    answered(first, {column.key: "address"})
    (family,) = source(book).understood(today()).families
    assert family.family.values["actual_address"] == "за балкой"


def test_sound_families_are_taken_and_the_rest_goes_back_as_it_was_sent(cast):
    rows = [
        ["Список"], ["№", "Мать", "Дети", "Дата рождения", "Поселение"],
        [1, "Ершова Инна Павловна", "Ершов Игорь Ильич", "01.02.2012", SOUTH],
        [2, "Пескова Анна Ильинична", "Песков Олег Ильич", "31.02.2013", SOUTH],
    ]  # fmt: skip
    book = Handmade("ошибка.xlsx", lambda: workbook(("А", rows, [])), 2, 4, 0)
    whole = source(book)
    made = whole.plan(today())
    assert [(fault.sheet, fault.row, fault.cell) for fault in made.faults] == [("А", 4, "D4")]
    assert made.sound == 1
    load(BookSource(whole.book, {**whole.said, sources.ONLY: sources.SOUND}))
    assert [row.last_name for row in db.session.scalars(select(Member))] == ["Ершова", "Ершов"]
    from app.exchange import returned
    from app.render import filled

    back = filled.workbook(returned.mended(whole, whole, made.faults, today()), made_by="А", made_at=AS_OF)
    sheet = load_workbook(BytesIO(back))["А"]
    assert [cell.value for cell in sheet[2]] == [*rows[1], "Что исправить"]
    assert sheet["D3"].fill.fgColor.rgb.endswith("F8CBAD")
    sheet["D3"].value = "28.02.2013"
    mended = BytesIO()
    sheet.parent.save(mended)
    again = sources.read(mended.getvalue(), "исправлено.xlsx", whole.said)
    load(again)
    assert count(Family) == 2
    assert count(Member) == 4


def test_the_book_in_the_exchange_form_does_what_the_book_does(cast):
    from app.exchange import returned
    from app.render import filled

    understood = source(BY_NAME["список.xlsx"]).understood(today())
    content = filled.workbook(returned.form_sheets(understood.written.book), made_by="А", made_at=AS_OF)
    form = sources.read(content, "форма.xlsx")
    assert form.is_form
    load(form)
    assert (count(Family), count(Member), count(Registration)) == (2, 7, 2)


def test_the_empty_form_is_read_and_offers_the_words_of_the_dictionaries(cast):
    from app.exchange import returned
    from app.render import filled

    content = filled.workbook(returned.empty(bank.dictionaries(), today()), made_by="А", made_at=AS_OF)
    book = load_workbook(BytesIO(content))
    assert book["Списки"].sheet_state == "hidden"
    assert "сын" in {cell.value for row in book["Списки"].iter_rows() for cell in row}
    assert sources.read(content, "форма.xlsx").is_form


def test_a_total_that_does_not_agree_is_told(cast):
    rows = [
        ["ФИО ребёнка", "Дата рождения", "Поселение"],
        ["Ершов Игорь Ильич", "01.02.2012", SOUTH],
        ["Итого: 3 детей"],
    ]
    book = Handmade("итог.xlsx", lambda: workbook(("А", rows, [])), 1, 1, 0)
    assert any("прочитано 1" in text for _, text in source(book).understood(today()).notices)


def test_a_book_without_people_is_not_understood_and_says_what_to_do(cast):
    book = Handmade("пусто.xlsx", lambda: workbook(("А", [["просто", "слова"], ["и", "ещё"]], [])), 0, 0, 0)
    with pytest.raises(UnclearBookError) as caught:
        source(book).plan(today())
    assert "заголовки" in "\n".join(preview.lines_of_book(caught.value.understood))


def test_an_open_document_is_read(cast):
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    lines = (("Фамилия", "Имя", "Дата рождения", "Поселение"), ("Ершов", "Игорь", "01.02.2012", SOUTH))
    rows = "".join("<table:table-row>" + "".join(map(cell.format, line)) + "</table:table-row>" for line in lines)
    names = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    stream = BytesIO()
    with ZipFile(stream, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", '<?xml version="1.0"?><manifest/>')
        archive.writestr(
            "content.xml",
            f'<?xml version="1.0"?><office:document-content{names}><office:body><office:spreadsheet>'
            f'<table:table table:name="А">{rows}</table:table></office:spreadsheet></office:body>'
            "</office:document-content>",
        )
    read = sources.read(stream.getvalue(), "список.ods")
    assert "OpenDocument" in read.book.kind
    assert [family.found.people[0].full for family in read.understood(today()).families] == ["Ершов Игорь"]


def test_what_is_hidden_in_an_old_book_is_named_and_read(cast):
    content = (Path(__file__).parent.parent / "data" / "hidden_row.xls").read_bytes()
    read = sources.read(content, "старая.xls", {"district": "Тестовый район"})
    assert read.book.hidden == {"Семьи": "На листе скрыты строки 3 и скрыты столбцы: они прочитаны, как и остальные."}
    assert read.understood(today()).people == 2
    assert oldbooks.hidden(content[:700]) == {}
    assert oldbooks.hidden(content[:1500] + bytes(4000)) == {}


def test_a_table_of_excel_2003_as_xml_is_read():
    content = (
        '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
        'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet ss:Name="А"><Table><Row>'
        '<Cell><Data ss:Type="String">ФИО</Data></Cell><Cell ss:Index="3"><Data ss:Type="Number">5</Data></Cell></Row>'
        "</Table></Worksheet></Workbook>"
    ).encode()
    book = reader.read(content, "старая.xls")
    assert (book.sheets, book.kind) == ({"А": [[1, ["ФИО", "", 5.0]]]}, "таблица XML Excel 2003")


def test_the_exchange_form_is_no_handmade_book():
    assert sources.read(Sound().content(), "книга.xlsx").is_form


ON = AS_OF


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("12.05.13г.", "12.05.2013"), ("12 мая 2013 г.", "12.05.2013"), ("12-05-2013", "12.05.2013"),
        ("12.05. 2013", "12.05.2013"), ("02.01.85", "02.01.1985"), ("12.05.2013 (13 лет)", "12.05.2013"),
        ("2015", "2015 г.р."), ("2013 г.р.", "2013 г.р."), ("11 лет", "возраст 11"), ("31.02.2013", "31.02.2013"),
        ("05.06.26", "05.06.26"),
    ],
)  # fmt: skip
def test_a_birth_date_is_read_where_one_reading_makes_sense(text, said):
    assert [time.told for time in spelled.births(text, ON)] == [said]


@pytest.mark.parametrize(
    ("text", "day", "number"),
    [
        ("01.02.2026, пост. № 6/13", "2026-02-01", "6/13"), ("15.01.26 № 1/1", "2026-01-15", "1/1"),
        ("№2 от 01.02.26", "2026-02-01", "2"), ("протокол №5 от 5 марта 2026 г.", "2026-03-05", "5"),
        ("постановление КДН и ЗП от 12.03.2026 № 4-п", "2026-03-12", "4-п"), ("3/1", None, "3/1"),
    ],
)  # fmt: skip
def test_a_decision_is_a_day_and_a_number(text, day, number):
    read = spelled.decision(text, ON)
    assert (read[0] and read[0].isoformat(), read[1]) == (day, number)


@pytest.mark.parametrize(
    ("text", "amount"),
    [("10 тыс.", 10_000), ("8000 рублей", 8000), ("5 190,90 ₽", 5190.9), ("ниже прожиточного минимума", None),
     ("10-15 тыс", None)],
)  # fmt: skip
def test_an_amount_is_read_as_people_write_it(text, amount):
    read = spelled.amount(text)
    assert read is None if amount is None else float(read) == amount


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("Мать: Тетерина Алёна Павловна, 07.04.1990 г.р., не работает\nОтец: Тетерин Илья Юрьевич, 1987 г.р.",
         ["Тетерина Алёна Павловна", "Тетерин Илья Юрьевич"]),
        ("1) Иванов Пётр 2010 г.р., СОШ №7, 4 кл. 2) Иванова Анна, 12 мая 2013 г.", ["Иванов Пётр", "Иванова Анна"]),
        ("Мамедов Али Вагиф оглы 01.02.2015, Мамедова Лала Вагиф кызы (03.04.2017)",
         ["Мамедов Али Вагиф оглы", "Мамедова Лала Вагиф кызы"]),
        ("Семён Ильич Тетерин", ["Тетерин Семён Ильич"]),
        ("Тетерин\nСемён Ильич\n12.05.2013", ["Тетерин Семён Ильич"]),
        ("ТЕТЕРИН СЕМЁН ИЛЬИЧ", ["Тетерин Семён Ильич"]),
        ("мать – Сидорова Ольга Ивановна, работает в магазине Пятёрочка", ["Сидорова Ольга Ивановна"]),
        ("Дети: Иванов Пётр, 2010, Иванова Аня, 2012", ["Иванов Пётр", "Иванова Аня"]),
        ("Тетерин С.И.", ["Тетерин С. И."]),
        ("Марк 2019 г.р., Тая 2026 г.р. и Джамиль 2015", ["Марк", "Тая", "Джамиль"]),
        ("Кристиан, Зульфия, Ян", ["Кристиан", "Зульфия", "Ян"]),
        ("Тетерин Семён Ильич, Слесарь", ["Тетерин Семён Ильич"]),
        ("Не установлен", []),
    ],
)  # fmt: skip
def test_people_of_one_cell_come_apart(text, people):
    assert [who.full for who in people_in_text.people(text, ON, first_alone=True).found] == people


def test_every_book_is_tried():
    made = {
        name
        for name, each in vars(handmade_books).items()
        if callable(each) and getattr(each, "__annotations__", {}).get("return") == "bytes"
    }
    assert made - {"workbook"} == {book.content.__name__ for book in BOOKS}
