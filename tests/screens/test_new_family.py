"""«Новая семья»: positions 4 and 5 of the card and the decision in one form, all of it or nothing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import lxml.html
import pytest
from sqlalchemy import func, select

from app.extensions import db
from app.models import (
    Criterion,
    Decision,
    Education,
    EducationStatus,
    Family,
    IdentityDocument,
    IdentityKind,
    Member,
    Registration,
    RelationshipKind,
    Supervision,
    SupervisionKind,
)
from app.screens.new_family_forms import NewFamilyForm
from tests import factories
from tests.test_registry import VIEWS

pytestmark = pytest.mark.one_database("what a form says; its acts are done at once on Postgres (test_at_once.py)")

STORED = (Family, Member, IdentityDocument, Education, Supervision, Registration, Decision)


def key(entity: Any, name: str) -> str:
    return str(db.session.scalar(select(entity.id).where(entity.name == name)))


def first(entity: Any) -> str:
    return str(db.session.scalar(select(entity.id).order_by(entity.position).limit(1)))


def whole(cast: factories.Cast, **values: str) -> dict[str, Any]:
    """A mother and her son with all that a card and a decision tell of them; the second row is left empty."""
    return {
        "territory": str(cast.north.id), "registered_address": "п. Северный, ул. Новая, д. 8",
        "income_per_member": "7 500,50", "income_source": "пособия", "additional": "дом без печи",
        "people-0-last_name": "Кленовая", "people-0-first_name": "Рита", "people-0-born_on": "05.04.1990",
        "people-0-role": key(RelationshipKind, "мать"), "people-0-workplace": "совхоз, доярка",
        "people-0-document-kind": first(IdentityKind), "people-0-document-number": "112233",
        "people-1-last_name": "", "people-1-born_on": "",
        "people-2-last_name": "Кленовой", "people-2-first_name": "Ян", "people-2-born_on": "01.06.2015",
        "people-2-role": key(RelationshipKind, "сын"), "people-2-document-kind": first(IdentityKind),
        "people-2-document-series": "I-АН", "people-2-document-number": "778899",
        "people-2-document-issued_on": "12.06.2015", "people-2-document-issued_by": "ЗАГС",
        "people-2-education-status": first(EducationStatus), "people-2-education-organisation": "Школа № 1",
        "people-2-education-grade": "4 класс", "people-2-supervisions-0-kind": first(SupervisionKind),
        "people-2-supervisions-0-started_on": "10.01.2026", "people-2-supervisions-1-kind": first(SupervisionKind),
        "people-2-supervisions-1-started_on": "01.02.2025", "people-2-supervisions-1-ended_on": "01.03.2025",
        "placing-number": "7/3", "placing-decided_on": "02.02.2026", "placing-received_on": "03.02.2026",
        "placing-criteria": [str(factories.by_code(Criterion, "2.1.1").id)],
        "placing-agency": str(cast.agency("5.1").id), "placing-sender": str(cast.agency("5.3").id), **values,
    }  # fmt: skip


def counted() -> list[int]:
    db.session.rollback()
    return [db.session.scalar(select(func.count(entity.id))) for entity in STORED]


def test_all_of_a_card_and_its_decision_are_entered_by_one_form(app, cast, sign_in):
    answer = sign_in("anna").post("/family/new", data=whole(cast), follow_redirects=True)
    assert "Семья внесена и поставлена на учёт." in answer.text
    family = db.session.scalars(select(Family)).one()
    assert (family.income_per_member, family.income_source, family.additional) == (
        Decimal("7500.50"), "пособия", "дом без печи")  # fmt: skip
    rita, yan = family.members
    assert rita.workplace == "совхоз, доярка"
    assert rita.documents[0].number == "112233"
    paper = yan.documents[0]
    assert (paper.series, paper.number, paper.issued_on, paper.issued_by) == (
        "I-АН", "778899", date(2015, 6, 12), "ЗАГС")  # fmt: skip
    assert [(row.organisation, row.grade) for row in yan.educations] == [("Школа № 1", "4 класс")]
    assert [row.ended_on for row in yan.supervisions] == [date(2025, 3, 1), None]
    stay = family.registrations[0]
    assert (stay.decision.number, stay.registered_on, stay.received_on) == ("7/3", date(2026, 2, 2), date(2026, 2, 3))
    assert stay.main_criterion.code == "2.1.1"
    assert (stay.sender, stay.decision.agency) == (cast.agency("5.3"), cast.agency("5.1"))


def test_an_education_without_a_day_holds_since_the_quarter_as_in_a_workbook(app, cast, sign_in, monkeypatch):
    monkeypatch.setattr("app.clock.today", lambda: date(2026, 5, 20))
    sign_in("anna").post("/family/new", data=whole(cast, **{"people-0-education-status": first(EducationStatus)}))
    assert [row.started_on for row in db.session.scalars(select(Education))] == [date(2026, 4, 1)] * 2


def test_without_a_decision_the_family_waits_for_it(app, cast, sign_in):
    typed = {name: value for name, value in whole(cast).items() if not name.startswith("placing")}
    answer = sign_in("anna").post("/family/new", data=typed, follow_redirects=True)
    assert "Теперь поставьте её на учёт" in answer.text
    assert counted()[-2:] == [0, 0]


WRONG = {
    "a document of before the birth": (
        {"people-2-document-issued_on": "01.01.2010"}, "people-2-document-issued_on", "Кленовой Ян"),
    "a document of tomorrow": (
        {"people-0-document-issued_on": "01.01.2099"}, "people-0-document-issued_on", "Кленовая Рита"),
    "an education before the birth": (
        {"people-2-education-started_on": "01.01.2010"}, "people-2-education-started_on", "Кленовой Ян"),
    "a record that ends before it begins": (
        {"people-2-supervisions-1-ended_on": "01.01.2025"}, "people-2-supervisions-1-ended_on", "Кленовой Ян"),
    "a record of nobody": ({"people-2-supervisions-1-kind": ""}, "people-2-supervisions-1-kind", "Кленовой Ян"),
    "a day that is none": ({"people-2-document-issued_on": "31.02.2020"}, "people-2-document-issued_on",
                           "Кленовой Ян"),
    "a word that is not there": ({"people-2-education-status": "100500"}, "people-2-education-status", "Кленовой Ян"),
    "a birth to come": ({"people-2-born_on": "01.01.2099"}, "people-2-born_on", "Кленовой Ян"),
    "what is known of nobody": ({"people-1-workplace": "школа"}, "people-1-last_name", "Член семьи 2"),
    "an income in words": ({"income_per_member": "мало"}, "income_per_member", "Доход"),
    "a decision without a day": ({"placing-decided_on": ""}, "placing-decided_on", "Постановление"),
    "a decision without a criterion": ({"placing-criteria": ""}, "placing-criteria", "Постановление"),
    "a decision of tomorrow": ({"placing-decided_on": "01.01.2099"}, "placing-decided_on", "Постановление"),
    "a note of no decision": (
        {"placing-decided_on": "", "placing-criteria": "", "placing-number": "", "placing-received_on": "",
         "placing-sender": "", "placing-note": "ждём копию"}, "placing-decided_on", "Постановление"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_value_stores_nothing_names_whose_it_is_and_stays_unfolded(app, cast, sign_in, case):
    changed, field, whose = WRONG[case]
    typed = whole(cast, **changed)
    answer = sign_in("anna").post("/family/new", data=typed)
    assert answer.status_code == 200
    assert counted() == [0] * len(STORED)
    document = lxml.html.fromstring(answer.text)
    told = document.xpath("//*[@data-errors]//li[a/@href=$there]", there=f"#{field}")
    assert told, f"{field} is not among the errors: {document.xpath('string(//*[@data-errors])')}"
    assert told[0].text_content().count(whose) == 1
    wrong = document.get_element_by_id(field)
    assert wrong.xpath("ancestor::*[contains(@class, 'field--error')]")
    assert all(fold.get("open") is not None for fold in wrong.xpath("ancestor::details"))
    kept = dict(document.xpath("//main//form[@method='post']")[0].form_values())
    for name, value in typed.items():
        if isinstance(value, str) and value:
            back = (kept.get(name) or "").removeprefix("\n")
            assert back == value or value == "100500", name


def test_what_is_not_filled_in_is_folded(app, cast, sign_in, page):
    document = page(sign_in("anna"), "/family/new")
    assert len(document.xpath("//main//form//details")) >= 3
    assert not document.xpath("//main//form//details[@open]")


def test_a_body_of_another_district_decides_nothing_here(app, cast, sign_in):
    other = factories.agency("КДН соседнего района", "5.1", cast.other_district)
    db.session.commit()
    answer = sign_in("anna").post("/family/new", data=whole(cast, **{"placing-agency": str(other.id)}))
    assert answer.status_code == 200
    assert "field__error" in answer.text
    assert counted() == [0] * len(STORED)


def test_the_form_asks_what_the_forms_of_its_parts_ask(app):
    """A further column of the card is typed at the first entry too; what comes later in life is not."""
    with app.test_request_context("/family/new"):
        person = NewFamilyForm().people[0].form
    parts = (person.document, person.education, person.supervisions[0])
    asked = {part.form.ENTITY: set(part.form._fields) for part in parts} | {Member: set(person._fields)}
    later = {"family", "member", "joined_on", "left_on", "left_reason", "note", "ended_on"}
    for view in VIEWS:
        if view.entity in asked:
            assert set(view.form_columns) - asked[view.entity] <= later, view.entity.__name__
