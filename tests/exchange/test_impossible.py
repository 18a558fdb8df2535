"""Nothing impossible gets into the bank by a workbook: the row is named, and nothing is written if a rule is missed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from app.clock import today
from app.domain.refusal import Refusal
from app.domain.terms import DecisionKind
from app.exchange import apply
from app.exchange.apply import fresh
from app.exchange.changes import Update
from app.exchange.plan import comparing
from app.exchange.workbook import AIDS, MEMBERS, STAYS, SUPERVISIONS
from app.extensions import db
from app.models import Decision, Family, ImportBatch, JournalEntry, Member, Registration
from app.services import soundness
from tests import factories
from tests.exchange.workbooks import Sound, load, planned

TOMORROW = timedelta(days=1)
SECOND = {
    "№ карты": "00002", "Код органа": "5.3", "Критерии": "2.1.1", "№ постановления о постановке": "7/7",
    "Дата постановления о постановке": date(2026, 3, 1), "Дата постановки на учёт": date(2026, 3, 1),
}  # fmt: skip


def cell(sheet, place: int, **values) -> Callable[[Sound], None]:
    return lambda book: book.row(sheet.title, place).update({HEADERS[name]: value for name, value in values.items()})


HEADERS = {
    "number": "№ постановления о постановке", "decided": "Дата постановления о постановке",
    "registered": "Дата постановки на учёт", "detected": "Дата выявления", "sent": "Дата направления карты",
    "removal": "№ постановления о снятии", "removal_decided": "Дата постановления о снятии",
    "removed": "Дата снятия с учёта", "reason": "Причина снятия", "note": "Примечание", "born": "Дата рождения",
    "issued": "Дата выдачи", "since": "Состоит с", "until": "Состоит по", "given": "Дата",
    "measure": "Код мероприятия", "kind": "Код вида помощи", "joined": "В семье с",
}  # fmt: skip


def ahead() -> date:
    return today() + TOMORROW


# What is done to a sound workbook, and where the fault stands: sheet, row, column.
IMPOSSIBLE = {
    "a stay before its decision": (cell(STAYS, 0, decided=date(2024, 2, 2)), STAYS, 2, "registered"),
    "a stay ahead of today": (lambda book: cell(STAYS, 2, registered=ahead())(book), STAYS, 4, "registered"),
    "a decision ahead of today": (lambda book: cell(STAYS, 2, decided=ahead())(book), STAYS, 4, "decided"),
    "a decision of removal ahead of today": (
        lambda book: cell(STAYS, 0, removal_decided=ahead())(book), STAYS, 2, "removal_decided"),
    "detected ahead of today": (lambda book: cell(STAYS, 0, detected=ahead(), sent=None)(book), STAYS, 2, "detected"),
    "sent ahead of today": (lambda book: cell(STAYS, 0, sent=ahead())(book), STAYS, 2, "sent"),
    "sent before detected": (cell(STAYS, 0, sent=date(2024, 1, 9)), STAYS, 2, "sent"),
    "removed for another reason without a note": (cell(STAYS, 0, reason="11.4.1", note=None), STAYS, 2, "note"),
    "removed by the decision that placed": (
        cell(STAYS, 0, removal="6/13", removal_decided=date(2024, 2, 1)), STAYS, 2, "removal_decided"),
    "overlapping stays": (lambda book: book.rows[STAYS.title].append(SECOND), STAYS, 5, "registered"),
    "removed before registered": (
        cell(STAYS, 0, removed=date(2024, 1, 31), removal_decided=date(2024, 1, 31)), STAYS, 2, "removed"),
    "removal decided before the stay": (cell(STAYS, 0, removal_decided=date(2024, 1, 31)), STAYS, 2, "removed"),
    "supervision that ends before it begins": (
        cell(SUPERVISIONS, 0, until=date(2026, 2, 28)), SUPERVISIONS, 2, "until"),
    "supervision ahead of today": (lambda book: cell(SUPERVISIONS, 0, since=ahead())(book), SUPERVISIONS, 2, "since"),
    "supervision before birth": (cell(SUPERVISIONS, 0, since=date(2015, 5, 31)), SUPERVISIONS, 2, "since"),
    "aid ahead of today": (lambda book: cell(AIDS, 1, given=ahead())(book), AIDS, 3, "given"),
    "aid of no kind": (cell(AIDS, 1, kind=None), AIDS, 3, "kind"),
    "born in the future": (lambda book: cell(MEMBERS, 0, born=ahead())(book), MEMBERS, 2, "born"),
    "joined ahead of today": (lambda book: cell(MEMBERS, 3, joined=ahead())(book), MEMBERS, 5, "joined"),
    "a document issued ahead of today": (lambda book: cell(MEMBERS, 1, issued=ahead())(book), MEMBERS, 3, "issued"),
    "a document issued before birth": (cell(MEMBERS, 1, issued=date(2015, 5, 31)), MEMBERS, 3, "issued"),
}  # fmt: skip


def faults(book: Sound) -> set[tuple]:
    return {(fault.sheet, fault.row, fault.column) for fault in planned(book.content()).faults}


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_what_cannot_be_is_a_fault_of_its_cell(cast, name):
    spoil, sheet, row, column = IMPOSSIBLE[name]
    book = Sound()
    spoil(book)
    assert faults(book) == {(sheet.title, row, HEADERS[column])}


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_what_cannot_be_is_a_fault_of_its_cell_when_the_bank_knows_the_rest(cast, name):
    load(Sound().content())
    spoil, sheet, row, column = IMPOSSIBLE[name]
    book = Sound()
    spoil(book)
    assert (sheet.title, row, HEADERS[column]) in faults(book)


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_a_plan_that_missed_a_rule_is_refused_whole_by_the_number_of_the_family(cast, monkeypatch, name):
    monkeypatch.setattr(comparing.Comparison, "rule", lambda *_, **__: True)
    spoil, *_ = IMPOSSIBLE[name]
    book = Sound()
    spoil(book)
    found = planned(book.content())
    assert not found.faults
    if name == "aid of no kind":  # such a row is not written at all
        assert "не добавляется" in found.notices[0].text
        return
    refused_whole(found)


def refused_whole(found) -> None:
    """With the number of the family, whether a rule or the database itself refuses."""
    before = written()
    with pytest.raises(Refusal, match=r"^Семья № 0000[12]: "):
        apply.apply(found, today())
    db.session.rollback()
    assert written() == before


def written() -> list[int]:
    tables = (Family, Member, Registration, Decision, ImportBatch)
    counted = [db.session.scalar(select(func.count()).select_from(table.__table__)) for table in tables]
    return [*counted, db.session.scalar(select(func.count()).where(JournalEntry.batch_id.is_not(None)))]


def stay(number: str = "00002") -> Registration:
    return db.session.scalars(
        select(Registration).join(Family, Family.id == Registration.family_id).where(Family.number == number)
    ).one()


def moved(book: Sound) -> Sound:
    """The same workbook with a new address of the second family, so that it is written to."""
    book.rows["Семьи"][1]["Место регистрации"] = "ул. Новая, д. 2"
    return book


def test_a_stay_on_a_decision_of_refusal_is_a_fault_of_its_row(cast):
    load(Sound().content())
    stay().decision.kind = DecisionKind.REFUSE
    db.session.commit()
    assert faults(Sound()) == {(STAYS.title, 4, HEADERS["decided"])}
    book = moved(Sound())
    del book.rows[STAYS.title][2]
    refused_whole(planned(book.content()))


def test_a_stay_on_the_decision_of_another_family_is_never_written(cast):
    load(Sound().content())
    found = planned(moved(Sound()).content())
    family = next(each for each in found.families if each.number == "00002")
    strange = db.session.scalars(select(Decision).where(Decision.family_id != family.id)).first()
    found.updates.append(Update("registration", stay().id, family, "", values={"decision_id": strange.id}))
    refused_whole(found)


def test_days_of_the_papers_bind_what_a_workbook_corrects(cast):
    load(Sound().content())
    stay().received_on = stay().entered_on = date(2026, 2, 6)
    db.session.commit()
    assert faults(Sound()) == set()
    book = Sound()
    book.row(STAYS.title, 2)[HEADERS["sent"]] = date(2026, 2, 7)
    assert faults(book) == {(STAYS.title, 4, HEADERS["decided"])}


def test_papers_entered_before_they_came_stop_an_import(cast):
    load(Sound().content())
    stay().received_on, stay().entered_on = date(2026, 2, 7), date(2026, 2, 6)
    db.session.commit()
    assert faults(Sound()) == {(STAYS.title, 4, HEADERS["sent"])}
    book = moved(Sound())
    del book.rows[STAYS.title][2]
    refused_whole(planned(book.content()))


def test_education_before_birth_stops_an_import(cast):
    load(Sound().content())
    member = db.session.scalars(select(Member).where(Member.first_name == "Ася")).one()
    factories.education(member, date(1990, 9, 1))
    db.session.commit()
    refused_whole(planned(moved(Sound()).content()))


def test_a_quarter_that_is_not_cannot_be_written(cast, monkeypatch):
    monkeypatch.setattr(fresh, "quarter_of", lambda _day: (2026, 5))
    refused_whole(planned(Sound().content()))


def test_a_quarter_that_has_not_begun_is_a_fault(cast):
    book = Sound()
    book.facts[1][1] = today() + timedelta(days=92)
    assert (MEMBERS.title, 3, "Бесплатное питание") in faults(book)


def test_a_birth_date_is_not_corrected_past_what_the_bank_knows_of_the_person(cast):
    load(Sound().content())
    book = Sound()
    book.row(MEMBERS.title, 1)[HEADERS["born"]] = date(2015, 8, 1)
    book.row(MEMBERS.title, 1)[HEADERS["issued"]] = None
    book.rows[SUPERVISIONS.title] = []
    assert (MEMBERS.title, 3, HEADERS["issued"]) in faults(book)


def test_what_is_loaded_is_sound(cast):
    load(Sound().content())
    assert list(soundness.faults(today())) == []
    load(moved(Sound()).content())
    assert list(soundness.faults(today())) == []
