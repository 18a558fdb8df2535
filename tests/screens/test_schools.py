"""A school is one under all its names: a new writing is shown beside what it resembles, and the choice is kept."""

from __future__ import annotations

import re
from datetime import date

import pytest
from sqlalchemy import select

from app import clock
from app.domain.refusal import Refusal
from app.domain.schools import may_be_one
from app.domain.terms import BookWordKind
from app.exchange.workbook import MEMBERS
from app.extensions import db
from app.models import BookWord, EducationStatus, JournalEntry, Member
from app.services import registry, schools
from tests import factories
from tests.exchange.workbooks import Sound, load, planned, totals
from tests.states import kept

pytestmark = pytest.mark.one_database("what a form asks and a text that is compared in Python")

KNOWN, TYPED = "МБОУ «СОШ № 3»", "школа 3"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (KNOWN, TYPED, True), (KNOWN, "СОШ №3", True), (KNOWN, "СОШ№3 п. Северный", True), (KNOWN, "школа № 13", False),
        (KNOWN, "МБДОУ «Детский сад № 3»", False), ("МБДОУ «Детский сад № 3»", "д/с №3", True), (KNOWN, "школа", False),
        ("МБОУ Заречненская СОШ", "Заречненская школа", True), ("Лицей № 3", "Гимназия № 3", False), (KNOWN, "", False),
    ],
)  # fmt: skip
def test_writings_of_one_school_resemble_each_other(one, other, expected):
    assert may_be_one(one, other) is may_be_one(other, one) is expected


@kept
def child(cast):
    family = factories.family(cast.north, "00061", actual_address="п. Северный, ул. Новая, д. 3")
    found = factories.member(family, "сын", date(2015, 2, 3), "Берёзкин", "Макар", None)
    factories.education(found, date(2025, 9, 1), organisation=KNOWN)
    return found


def schooling(child: Member, school: str, since: str, **values: str) -> dict[str, str]:
    status = db.session.scalars(select(EducationStatus.id).where(EducationStatus.code == "school")).one()
    return {"member": str(child.id), "started_on": since, "status": str(status), "organisation": school, **values}


def written(child: Member) -> list[str | None]:
    db.session.expire_all()
    return [row.organisation for row in sorted(child.educations, key=lambda row: row.started_on)]


def test_a_school_that_resembles_one_is_asked_about_and_the_answer_is_kept(child, sign_in, page):
    anna, add = sign_in("anna"), "/educationregistry/add"
    form = schooling(child, TYPED, "01.09.2026")
    assert f'<option value="{KNOWN}">' in anna.get(add).text
    answer = anna.post(add, data=form)
    assert answer.status_code == 200
    assert f"это «{KNOWN}»" in answer.text
    mark = re.search(r'name="confirmed" value="(\w+)"', answer.text)[1]
    assert anna.post(add, data={**form, "confirmed": mark, f"school:{TYPED}": KNOWN}).status_code == 302
    assert written(child) == [KNOWN, KNOWN]
    assert [
        (row.text, row.meaning) for row in db.session.scalars(select(BookWord).where(BookWord.meaning == KNOWN))
    ] == [(TYPED, KNOWN)]
    assert anna.post(add, data=schooling(child, TYPED.upper(), "01.10.2026")).status_code == 302  # not asked again
    assert set(written(child)) == {KNOWN}
    form = schooling(child, "СОШ № 3 х. Садки", "02.10.2026")
    mark = re.search(r'name="confirmed" value="(\w+)"', anna.post(add, data=form).text)[1]
    assert anna.post(add, data={**form, "confirmed": mark, f"school:{form['organisation']}": ""}).status_code == 302
    assert written(child)[-1] == "СОШ № 3 х. Садки"


def test_writings_are_made_one_with_all_their_rows(child, cast, sign_in, page):
    other = factories.member(factories.family(cast.south, "00062"), "дочь", date(2016, 2, 3), "Рогозина", "Ева", None)
    factories.education(other, date(2025, 9, 1), organisation=TYPED)
    foreign = factories.member(factories.family(cast.far, "00063"), "сын", date(2016, 2, 3), "Чужак", "Лев", None)
    factories.education(foreign, date(2025, 9, 1), organisation=TYPED)
    db.session.commit()
    anna = sign_in("anna")
    assert "Возможно, одна школа" in page(anna, "/schools/").text_content()
    assert anna.post("/schools/merge", data={"one": [KNOWN], "kept": KNOWN}).status_code == 302
    assert written(other) == [TYPED]  # one alone is nothing to be made one
    anna.post("/schools/merge", data={"one": [KNOWN, TYPED], "kept": KNOWN})
    assert (written(child), written(other), written(foreign)) == ([KNOWN], [KNOWN], [TYPED])
    assert "Возможно, одна школа" not in page(anna, "/schools/").text_content()
    changed = select(JournalEntry).where(
        JournalEntry.entity == "Education", JournalEntry.entity_id == other.educations[0].id
    )
    assert db.session.scalars(changed).first() is not None


def test_a_book_writes_a_school_by_the_name_that_was_chosen_and_a_new_one_is_shown_beside(app, cast):
    def book(school: str) -> bytes:
        found = Sound()
        for row in found.rows[MEMBERS.title]:
            if row.get("Образовательная организация"):
                row["Образовательная организация"] = school
        return found.content()

    load(book(KNOWN))
    told = [notice.text for notice in planned(book(TYPED)).notices]
    assert any(f"«{TYPED}» похоже на «{KNOWN}»" in text for text in told)
    said = {"kind": BookWordKind.SCHOOL, "text": TYPED, "meaning": KNOWN}
    for retired in (True, False):
        registry.save(BookWord(**said, retired=retired), clock.today())
    with pytest.raises(Refusal, match="уже есть"):
        registry.save(BookWord(**said), clock.today())
    db.session.commit()
    assert totals(planned(book(TYPED)))["changed"] == 0
    assert [one.name for one in schools.counted()] == [KNOWN]
