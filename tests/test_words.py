from datetime import date, datetime
from decimal import Decimal

import lxml.html
import pytest

from app import words
from app.render import html_pdf
from tests import factories, scans


@pytest.mark.parametrize(
    ("years", "said"),
    [(1, "1 год"), (2, "2 года"), (4, "4 года"), (5, "5 лет"), (11, "11 лет"), (14, "14 лет"),
     (21, "21 год"), (22, "22 года"), (111, "111 лет")],
)  # fmt: skip
def test_ages_are_said_in_russian(years, said):
    assert words.age(years) == said


def test_the_age_of_a_baby_is_in_months():
    assert words.age(0, 7) == "7 мес."
    assert words.age(0, 0) == "0 мес."
    assert words.age(0) == "до года"


def test_days_and_moments_are_written_as_people_here_write_them():
    assert words.day(date(2024, 3, 5)) == "05.03.2024"
    assert words.in_a_line("Проведено по плану. ", None, "Лев") == "Проведено по плану. Лев"
    assert words.moment(datetime(2024, 3, 5, 14, 30)) == "05.03.2024 14:30"  # noqa: DTZ001  a moment by the local clock
    assert words.day(None) == words.moment(None) == ""
    assert words.day(None, "—") == "—"


def test_roubles_have_a_comma_and_spaces_that_no_line_breaks_at():
    assert words.roubles(Decimal("1234567.5")) == "1\u00a0234\u00a0567,50"
    assert words.roubles(Decimal(0)) == "0,00"
    assert words.roubles(None) == ""


def test_what_is_not_known_is_neither_yes_nor_no():
    assert [words.yes_no(value) for value in (True, False, None)] == ["да", "нет", ""]


def test_a_name_where_there_is_little_room():
    assert words.initials("Рябинина", "Анна", "Львовна") == "Рябинина\u00a0А.\u00a0Л."
    assert words.initials("Рябинина", "Анна") == "Рябинина\u00a0А."


@pytest.mark.parametrize(("place", "said"), [
    ("Заречный район", "в Заречном районе"), ("Красносулинский район", "в Красносулинском районе"),
    ("Нижний район", "в Нижнем районе"), ("Луговское сельское поселение", "в Луговском сельском поселении"),
    ("Верхнее поселение", "в Верхнем поселении"), ("Ростовская область", "в Ростовской области"),
    ("Пермский край", "в Пермском крае"), ("городской округ Ольхов", "в городском округе Ольхов"),
    ("Набережные Челны", "на территории «Набережные Челны»"), ("Регион", "на территории «Регион»"),
])  # fmt: skip
def test_a_heading_says_in_which_place(place, said):
    assert words.within(place) == said


@pytest.mark.parametrize(("text", "said"), [
    ("с. Луговое, ул. Полевая, д. 25, кв. 3", "с.\u00a0Луговое, ул.\u00a0Полевая, д.\u00a025, кв.\u00a03"),
    ("дом без номера. Спросить почту", "дом без номера. Спросить почту"), (None, "—"), ("", "—"),
])  # fmt: skip
def test_a_line_does_not_end_between_a_house_and_its_number(text, said):
    assert words.address(text, "—") == said


def test_a_number_stays_in_one_line_with_its_sign():
    typed = '<input value="школа № 1, № 2"><textarea>№ 3, № 4</textarea><option>№ 5</option><p title="№ 6">№ 7 и № 8'
    assert words.numbers_held(f"№ 0 {typed}") == f"№ 0 {typed.replace('№ 7 и № 8', '№ 7 и № 8')}"


def test_every_page_keeps_its_numbers_in_one_line(cast, sign_in):
    family, anna = factories.family(cast.north, "00017"), sign_in("anna")
    anna.as_read = False
    shown = anna.get(f"/family/{family.id}").text
    assert "<h1>№ 00017" in shown
    assert "№ 0" not in lxml.html.fromstring(shown).find(".//main").text_content()


def test_a_printed_number_stays_in_one_line_with_its_sign():
    style = "@page { size: 300pt 300pt; margin: 20pt } p { font-family: 'Liberation Serif'; font-size: 12pt }"
    page = f"<html><head><style>{style}</style></head><body>"
    for longer in range(34, 42, 2):
        [text] = scans.texts(html_pdf.pdf(f"{page}<p>{'а' * longer} слово № 123456 и дальше</p></body></html>"))
        assert scans.flowing([text.splitlines()[1]]) == "№ 123456 и дальше", "it begins the next line whole"
