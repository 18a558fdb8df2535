"""The record card: every position of Приложение 1, in its order and wording."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest

from app.documents import blanks, folder, record_card
from app.extensions import db
from app.models import Family
from app.readings import overview
from app.render import html_pdf
from tests import factories, scans
from tests.documents.conftest import TODAY

pytestmark = pytest.mark.one_database(
    "a paper is drawn of rows that are read already; tests/screens/test_passport.py prints on both"
)

WORDING = [
    "Карта учета семьи",
    "1. Наименование организации (учреждения), направляющего сведения",
    "2. Дата выявления",
    "3. Основание",
    "4. Сведения о семье:",
    "Категория семьи (многодетная семья, одинокая мать / отец, потерявшая кормильца, малообеспеченная семья, "
    "семья несовершеннолетних родителей, семья беженцев, переселенцев и т.д.)",
    "Количество членов семьи",
    "Доход на одного члена семьи",
    "Источник дохода",
    "Место регистрации (по прописке)",
    "Место фактического проживания (адрес)",
    "Признаки нахождения семьи в социально опасном положении",
    "Дополнительная информация",
    "5. Состав семьи:",
    "Сведения о родителях:",
    "Мать: фамилия",
    "имя",
    "отчество",
    "Место работы, должность",
    "Отец: фамилия",
    "Место работы, должность",
    "Опекун (попечитель): фамилия",
    "Место работы, должность",
    "В семье так же проживают (братья, сестры, бабушка, дедушка и т.д.)",
    "Сведения о несовершеннолетних членах семьи:",
    "Ф.И.О. несовершеннолетнего",
    "Дата рождения",
    "пол",
    "возраст",
    "Место жительства",
    "Документ, удостоверяющий личность",
    "Вид",
    "серия",
    "номер",
    "дата выдачи",
    "Обучение (воспитание) в образовательном учреждении (наименование образовательного учреждения, класс)",
    "Состоит на учете в учреждениях (ПДН, ОВД, КДН и др.)",
    "с ",
    "по ",
    "состоял на учете в",
    "6.* Перечень проведенных мероприятий, итоги",
    "7* Отметка о снятии семьи с учета в районном банке данных",
    "(должность лица, оформившего карту)",
    "(подпись)",
    "(фамилия, имя, отчество)",
    "п. 6, п. 7 заполняется по итогам реализации индивидуальной программы реабилитации и адаптации семей",
    "Руководитель органа системы профилактики безнадзорности и правонарушений несовершеннолетних",
]


def pages(family: Family, today: date = TODAY) -> list[str]:
    found = folder.load(family.id)
    assert found is not None
    return scans.texts(record_card.pdf(found, today))


def printed(family: Family, today: date = TODAY) -> str:
    return scans.flowing(pages(family, today))


def card(family: Family, today: date = TODAY) -> Any:
    found = folder.load(family.id)
    assert found is not None
    return record_card.card(found, today)


def in_order(text: str, wanted: list[str]) -> None:
    place = 0
    for words in wanted:
        found = text.find(words, place)
        assert found >= 0, f"«{words}» does not stand after «{text[max(0, place - 60) : place]}»"
        place = found + len(words)


def test_every_position_of_the_form_stands_in_its_order(known, unknown):
    in_order(printed(known), WORDING)
    in_order(printed(unknown), WORDING)


def test_every_known_value_stands_on_its_line(known):
    in_order(
        printed(known),
        [
            "направляющего сведения Органы управления образованием (тест)",
            "Дата выявления 01.03.2026",
            "Основание Постановление № 7/19 от 12.03.2026",
            "т.д.) Многодетная семья; Малообеспеченная семья",
            "Количество членов семьи 4",
            "Доход на одного члена семьи 12 345,60 руб.",
            "Источник дохода пособие на ребенка",
            "(по прописке) ул. Прописки, д. 1",
            "(адрес) ул. Жилая, д. 2",
            "2.2.1 Систематические пропуски без уважительной причины",
            "2.5.2 Асоциальный образ жизни",
            "Дополнительная информация Печное отопление. Огород.",
            "Мать: фамилия Полозова имя Инна отчество Львовна Место работы, должность Пекарня, пекарь",
            "Отец: фамилия Сычев имя Егор отчество Ильич Место работы, должность Лесхоз, вальщик",
            "Опекун (попечитель): фамилия Родионова имя Зоя отчество Ивановна Место работы, должность Пенсионер",
            "и т.д.) Полозова Вера Кузьминична (бабушка, 07.06.1955)",
            "Ф.И.О. несовершеннолетнего Полозова Лада Игоревна",
            "Дата рождения 01.10.2016 пол ж возраст 9 лет",
            "Место жительства ул. Жилая, д. 2",
            "Вид Свидетельство о рождении серия II-АН номер 765432 дата выдачи 20.10.2016",
            "класс) МБОУ СОШ № 7, 4 «В»",
            "с 15.09.2025 по 25.05.2026 состоял на учете в Внутришкольный учет",
            "05.04.2026",
            "2 500,50 руб.",
            "Набор продуктов",
            "«30» сентября 2026 г.",
        ],
    )


def test_an_unknown_value_is_a_blank_line(unknown):
    text = printed(unknown)
    for words in ("сведения", "Дата выявления", "Основание", "Количество членов семьи", "Источник дохода",
                  "(по прописке)", "фамилия", "имя", "отчество", "должность", "несовершеннолетнего", "Дата рождения",
                  "возраст", "серия", "дата выдачи", "класс)", "состоял на учете в", "итоги",
                  "банке данных"):  # fmt: skip
        assert re.search(rf"{re.escape(words)} ____", text), words
    assert "None" not in text


def test_the_age_is_that_of_the_day_of_printing(known):
    assert "возраст 9 лет" in printed(known, date(2026, 9, 30))
    assert "возраст 10 лет" in printed(known, date(2026, 10, 1))


def test_who_came_of_age_stands_among_the_others(cast):
    family = factories.family(cast.north)
    factories.member(family, "сын", date(2008, 9, 30), first_name="Юлиан")
    db.session.commit()
    assert [minor.name for minor in card(family, date(2026, 9, 29)).minors] == ["Полозов Юлиан Игоревич"]
    grown = card(family, date(2026, 9, 30))
    assert grown.others == ["Полозов Юлиан Игоревич (сын, 30.09.2008)"]
    assert [minor.name for minor in grown.minors] == [""]


def test_a_child_without_a_birth_date_keeps_its_block_with_blank_lines(cast):
    family = factories.family(cast.north)
    factories.member(family, "сын", None)
    [minor] = card(family).minors
    assert (minor.name, minor.born_on, minor.age) == ("Полозов Тимур Игоревич", "", "")


def test_who_left_or_was_annulled_is_not_printed(cast):
    family = factories.family(cast.north)
    factories.member(family, "отец", date(1980, 1, 1), "Ушедший", left_on=TODAY)
    factories.member(family, "отец", date(1980, 1, 1), "Будущий", joined_on=date(2026, 10, 1))
    wrong = factories.member(family, "отец", date(1980, 1, 1), "Ошибочный")
    wrong.annulled_at = factories.decision(family, TODAY).created_at
    db.session.commit()
    text = printed(family)
    assert not re.search("Ушедший|Будущий|Ошибочный", text)


def test_annulled_aid_and_registration_are_not_printed(known):
    found = folder.load(known.id)
    for row in (*found.aids, *found.registrations, *found.decisions):
        row.annulled_at = row.created_at
    db.session.commit()
    text = printed(known)
    assert not re.search(r"Набор продуктов|7/19|12\.03\.2026|2\.2\.1", text)


def test_the_stay_that_holds_is_printed_and_else_the_last_one(cast):
    family = factories.family(cast.north)
    factories.registration(family, date(2024, 1, 10), until=date(2024, 12, 20), detected_on=date(2024, 1, 1))
    factories.registration(family, date(2025, 2, 10), until=date(2026, 8, 20), detected_on=date(2025, 2, 1))
    db.session.commit()
    assert card(family, date(2026, 8, 19)).removal == ["Снята с учёта 20.08.2026, постановление № 2/1 от 20.08.2026. "
                                                      "Причина: 11.2 По результатам проводимой "
                                                      "коррекционно-реабилитационной работы"]  # fmt: skip
    assert card(family).detected_on == "01.02.2025"
    assert "7* Отметка о снятии семьи с учета в районном банке данных Снята с учёта 20.08.2026" in printed(family)


def test_the_education_of_the_day_is_printed(known):
    assert card(known, date(2026, 8, 31)).minors[0].education == "МБОУ СОШ № 3, 3 «Б»"
    assert card(known, date(2026, 9, 1)).minors[0].education == "МБОУ СОШ № 7, 4 «В»"
    assert card(known, date(2024, 8, 31)).minors[0].education == ""


def test_the_card_and_the_page_of_the_family_agree_on_the_last_day_of_an_education(cast):
    family = factories.family(cast.north)
    child = factories.member(family)
    factories.education(child, date(2025, 9, 1), organisation="Школа № 3", ended_on=date(2026, 8, 31))
    db.session.commit()
    for day, told in ((date(2026, 8, 30), True), (date(2026, 8, 31), False)):
        assert bool(card(family, day).minors[0].education) is told
        assert bool(overview.of(family, day).children[0].education) is told


HOSTILE = [
    '<pdf:include src="/etc/passwd">',
    "<img src=http://127.0.0.1:9/x.png>",
    "<script>alert(1)</script>",
    "]]> --> &amp; &lt;b&gt;",
    "{{ 7 * 7 }} {% raw %}",
    "</style></p></body>",
    "%(name)s {0} \\n $1",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_printed_literally(cast, text):
    family = factories.family(cast.north, income_source=text, registered_address=text, actual_address=text,
                              additional=text)  # fmt: skip
    child = factories.member(family, "сын", date(2015, 1, 1), text, text, text)
    factories.member(family, "мать", date(1985, 1, 1), text, text, text, workplace=text)
    factories.education(child, date(2026, 9, 1), organisation=text, grade=text[:60])
    factories.aid(family, date(2026, 9, 2), description=text)
    db.session.commit()
    # 4 of the family, 3 + 1 of the mother, 3 + the address + 2 of the child, 1 of the aid; the address may be broken
    # at a space or within, so spaces are left out of the comparison.
    bare = "".join(printed(family).split())
    assert bare.count("".join(text.split())) == 15


def test_control_and_direction_marks_are_left_out_and_missing_letters_are_boxes(cast):
    family = factories.family(
        cast.north, income_source="а\x01б\x07в\u202eгд\u200f 😀 ёәһ", additional="один\r\nдва\tтри"
    )
    db.session.commit()
    text = printed(family)
    assert "Источник дохода абвгд □ ёәһ" in text
    assert "информация один два" in text


def test_long_words_stay_on_the_page_and_long_texts_flow_without_shrinking(cast):
    family = factories.family(cast.north, income_source="Ш" * 300, additional="Слово за словом. " * 900)
    factories.member(family, "мать", date(1985, 1, 1), "Щ" * 100, "Ю" * 60, "Ж" * 60)
    db.session.commit()
    found = pages(family)
    assert len(found) > 5
    text = "".join("".join(found).split())
    assert text.count("Ш") == 300
    assert text.count("Щ") == 100
    assert "".join(("Слово за словом. " * 900).split()) in text
    lines = [line for page in found for line in page.splitlines() if re.fullmatch("Ш+|[Словзам. ]+", line.strip())]
    widest = max(html_pdf.width(line.strip(), blanks.POINTS) for line in lines)
    assert blanks.LINE * 0.9 < widest < blanks.LINE + 2  # neither shrunk nor over the edge


def test_a_name_of_sixty_letters_is_not_broken(cast):
    family = factories.family(cast.north)
    name = "Полозова-Пржевальская-" + "Константинопольская" + "-Заречная-Лесная-"
    assert len(name) >= 55
    factories.member(family, "дочь", date(2015, 1, 1), name, name[::-1], name)
    db.session.commit()
    lines = [line for page in pages(family) for line in page.splitlines()]
    assert sum(name in line for line in lines) >= 2
    assert any(name[::-1] in line for line in lines)


def test_a_family_of_twelve_children_and_three_hundred_aids_comes_out(cast):
    family = factories.family(cast.north)
    for number in range(12):
        child = factories.member(family, "сын", date(2009 + number, 5, 5), first_name=f"Ребёнок{number}")
        factories.education(child, date(2025, 9, 1), organisation="Школа " * 40)
    for number in range(300):
        factories.aid(family, date(2025, 1, 1), description=f"Помощь-{number}. " + "Подробности. " * (number % 30))
    db.session.commit()
    text = printed(family)
    for number in range(12):
        assert f"Полозов Ребёнок{number} Игоревич" in text
    assert all(f"Помощь-{number}." in text for number in range(300))


def test_a_folder_is_loaded_by_a_fixed_number_of_statements(cast, known, count_statements):
    key = known.id
    few = count_statements(lambda: record_card.card(folder.load(key), TODAY))
    family = db.session.get(Family, key)
    for number in range(5):
        child = factories.member(family, "сын", date(2012 + number, 1, 1))
        factories.education(child, date(2025, 9, 1))
        factories.aid(family, date(2026, 5, 1 + number), recipients=[child], performer=cast.agency("5.2"))
    db.session.commit()
    assert count_statements(lambda: record_card.card(folder.load(key), TODAY)) == few <= 16
