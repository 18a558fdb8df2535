"""What looks the same is read as the same, in cells and in fields."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import writing


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("  Анна\xa0 Петровна\t", "Анна Петровна"),
        ("Тете\xadрин", "Тетерин"),
        ("\ufeffТете\u200bрин\u200d\u2060", "Тетерин"),
        ("Семе\u0308н Алексеи\u0306", "Семён Алексей"),
        ("Иван\x00\x07ов", "Иванов"),
        ("две\nстроки\u2028три", "две строки три"),
        (" \u200b\n", None),
        (None, None),
        (12, "12"),
    ],
)
def test_a_line_keeps_only_what_is_seen(typed, read):
    assert writing.line(typed) == read


def test_a_text_keeps_its_lines():
    assert writing.lines("  первая  строка \r\n\r\n вторая\x0bтретья ") == "первая строка\n\nвторая\nтретья"


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("Tетерин Ceмён", "Тетерин Семён"),
        ("МБОУ COШ №7", "МБОУ СОШ №7"),
        ("МБOУ СОШ", "МБОУ СОШ"),
        ("Шаhидә Мəликə", "Шаһидә Мәликә"),
        ("Семëн Тетерин", "Семён Тетерин"),
        ("Олег с греческой: Οлег", "Олег с греческой: Олег"),
        ("Аlex", "Alex"),
        ("II-АН", "II-АН"),
        ("Windows и COVID-19, Anna", "Windows и COVID-19, Anna"),
        ("5A класс", "5A класс"),
        ("Яndex", "Яndex"),
    ],
)
def test_a_word_of_two_alphabets_becomes_one_of_one(typed, read):
    assert writing.line(typed) == read
    assert bool(writing.turned(typed)) is (typed != read)


def test_what_was_turned_is_told():
    assert writing.turned("Tетерин Ceмён") == [
        "В слове «Тетерин» были буквы латиницы (T): они заменены русскими.",
        "В слове «Семён» были буквы латиницы (C, e): они заменены русскими.",
    ]
    assert writing.turned("Аlex") == ["В слове «Alex» были буквы кириллицы (А): они заменены латинскими."]
    assert writing.turned("Тетерин Semen") == []


@pytest.mark.parametrize("typed", ["-", "—", "–", " -- ", "нет", "Нет.", "отсутствует", "б/о", "н/д", "Не известно",
                                   "неизвестно", "нет данных"])  # fmt: skip
def test_words_for_nothing_are_nothing_where_nothing_is_asked_for(typed):
    assert writing.known(writing.line(typed)) is None


@pytest.mark.parametrize("typed", ["Нетёсова", "нет работы", "Небо", "0", "б/н", "-5", "нет; да"])
def test_other_words_are_kept(typed):
    assert writing.known(writing.line(typed)) == typed


@given(st.text())
def test_what_was_read_is_read_again_the_same(text):
    for read in (writing.line, writing.lines):
        assert read(read(text)) == read(text)


@given(st.text())
def test_only_what_is_unseen_or_turned_is_dropped_from_a_printable_text(text):
    assert writing.has_unseen(text) is any(writing.has_unseen(letter) for letter in text)


@given(st.from_regex(writing._PLAIN, fullmatch=True) | st.text("Её й№—-.,1аЯ", min_size=1))
def test_a_text_that_is_not_cleaned_has_nothing_to_clean(text):
    if writing.is_plain(text):
        assert writing._cleaned_line(text) == writing._cleaned_lines(text) == text
        assert writing.turned(text) == []
        assert not writing.has_unseen(text)


@given(st.text("нетданх-— .\n\t\xa0бо/РЕЗН5", max_size=12) | st.sampled_from(sorted(writing._NOTHING)))
def test_what_says_nothing_is_told_at_the_first_letter_as_by_the_whole_text(text):
    whole = writing._ANY_SPACES.sub(" ", text.casefold()).strip(" .")
    assert writing.is_nothing(text) == (whole in writing._NOTHING or bool(writing._DASHES.fullmatch(text)))
