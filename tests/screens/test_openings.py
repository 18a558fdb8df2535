"""Who looked into a family, and what a person looked into, on the page and on paper; a sheet of each month."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import openpyxl
import pytest
from pypdf import PdfReader
from sqlalchemy import update

from app import clock, journal
from app.domain.terms import Act
from app.extensions import begin_writing, db
from app.models import JournalEntry
from tests import factories
from tests.states import kept


@kept
def family(cast):
    row = factories.family(cast.north, "00042")
    factories.member(row, last_name="Полозова")
    factories.registration(row, clock.today())
    return row


def words(content: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages).split())


def test_the_coordinator_prints_who_looked_into_a_family(family, sign_in, page):
    sign_in("boris").get(f"/family/{family.id}")
    anna = sign_in("anna")
    anna.get(f"/family/{family.id}")
    said = page(anna, "/openings/?family=00042").text_content()
    for name in ("Рябинина Анна", "просмотр", "127.0.0.1"):
        assert name in said
    begin_writing()
    journal.chain.seal()
    db.session.commit()
    told = words(anna.get("/openings/paper.pdf?family=00042").data)
    assert "Кто открывал дело № 00042" in told
    assert "Отпечаток журнала: печать 1" in told
    book = openpyxl.load_workbook(BytesIO(anna.get("/openings/paper.xlsx?family=00042").data))
    assert "Рябинина Анна" in str([[cell.value for cell in row] for row in book.active.iter_rows()])


def test_what_a_person_looked_into_is_told_within_ones_families(family, sign_in, page):
    anna = sign_in("anna")
    anna.get(f"/family/{family.id}")
    assert "00042" in page(anna, "/openings/?person=Рябинина").text_content()
    assert "За этот период записей нет" in page(sign_in("galina"), "/openings/?person=Рябинина").text_content()
    assert (
        "Семьи с таким номером среди ваших нет"
        in page(sign_in("galina"), "/openings/?family=00042", 400).text_content()
    )
    assert "00042" in page(sign_in("avgust"), "/openings/?person=anna").text_content()


@pytest.mark.one_database("a form is read in Python before the bank is asked")
@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("family=99999", "Семьи с таким номером среди ваших нет"),
        ("person=Никто", "Такого человека среди пользователей нет"),
        ("family=1&person=2", "что-нибудь одно"),
        ("family=1&from=завтра", "Период"),
    ],
)
def test_a_question_that_is_not_understood_is_asked_again(sign_in, page, asked, said):
    assert said in page(sign_in("anna"), f"/openings/?{asked}", 400).text_content()
    assert sign_in("anna").get("/openings/month/2026-Q1.pdf").status_code == 404
    assert sign_in("anna").get("/openings/month/нет.pdf").status_code == 404


def test_the_sheet_of_a_month_tells_usual_families_from_others(family, cast, sign_in, user_named):
    other = factories.family(cast.north, "00043")
    db.session.commit()
    anna = sign_in("anna")
    anna.get(f"/family/{family.id}")
    db.session.execute(update(JournalEntry.__table__).values(at=clock.now() - timedelta(days=40)))
    anna.get(f"/family/{family.id}")
    anna.get(f"/family/{other.id}")
    journal.write([journal.entry(Act.EXPORTED, entity="Family", records=12) | {"user_id": user_named("anna").id}])
    db.session.commit()
    content = anna.get(f"/openings/month/{clock.today():%Y-%m}.xlsx").data
    rows = [[cell.value for cell in row] for row in openpyxl.load_workbook(BytesIO(content)).active.iter_rows()]
    [of_anna] = [[value for value in row if value is not None] for row in rows if "Рябинина Анна" in row]
    assert of_anna[1:6] == [2, 1, 0, 1, 12]
    assert anna.get(f"/openings/month/{clock.today():%Y-%m}.pdf").data[:4] == b"%PDF"
