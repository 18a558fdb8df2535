"""The grid of a table in a PDF: rows are taken as sheets need them, and none is lost or broken."""

from __future__ import annotations

from datetime import UTC, date, datetime
from io import BytesIO

from pypdf import PdfReader

from app.render import pdf
from app.render.html_pdf import FONT
from app.render.pdf_rows import lines_of
from app.render.table import Column, LazyRows, Table

MOMENT = datetime(2026, 10, 5, 9, 30, tzinfo=UTC)


def test_rows_are_taken_as_sheets_need_them_and_each_stands_whole_under_the_header():
    taken, number = [], 400

    def rows():
        for place in range(number):
            taken.append(place)
            yield [f"семья-{place}", date(2026, 9, 30), "слово " * (900 if place == 7 else 9), 1234.5]

    columns = [Column("№", 8), Column("Поставлена", 5, "date"), Column("Что известно", 60), Column("Сумма", 9, "money")]
    table = Table("Реестр", columns, LazyRows(number, rows), total=["ИТОГО", None, None, 9], notes=["Сноска"])
    pages = PdfReader(BytesIO(pdf.pdf(table, made_by="Анна", made_at=MOMENT))).pages
    texts = [page.extract_text() for page in pages]
    words = " ".join(texts).split()
    assert [word for word in words if word.startswith("семья-")] == [f"семья-{place}" for place in range(number)]
    assert words.count("слово") == (number - 1) * 9 + 900
    assert words.count("30.09.2026") == number
    assert all("Что известно" in text for text in texts)
    for place, text in enumerate(texts, start=1):
        said = " ".join(text.split())
        assert f"Страница {place} из" in said
        assert str(len(pages)) in said
    assert "ИТОГО" in texts[-1]
    assert "Сноска" in texts[-1]
    assert len(taken) == number


def test_a_word_longer_than_a_line_is_cut_and_nothing_of_it_is_lost():
    text = "Малообеспеченная семья " + "ш" * 90
    lines = lines_of(text, 60, FONT)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert len(lines) > 5
    assert lines_of("", 60, FONT) == ("",)
