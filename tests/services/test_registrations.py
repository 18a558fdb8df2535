"""The acts on a family and what they refuse."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from app.domain.refusal import Refusal
from app.domain.terms import Act, DecisionKind
from app.extensions import db
from app.models import (
    Aid,
    Criterion,
    Decision,
    Education,
    Family,
    JournalEntry,
    Member,
    OfFamily,
    OfMember,
    Registration,
    RemovalReason,
    SearchWord,
)
from app.services import registrations
from app.services.registrations import DecisionPaper, Removal, Signal
from tests import factories

IN_PYTHON = pytest.mark.one_database(
    "the rules are asked in Python; families are placed, corrected, removed and annulled in both databases"
)

TODAY = date(2026, 9, 30)


def criteria(*codes: str) -> list[Criterion]:
    return [factories.by_code(Criterion, code) for code in codes]


def place(family: Family, on: date, **values: object) -> Registration:
    values.setdefault("criteria", criteria("2.2.1"))
    values.setdefault("signal", Signal())
    paper = values.pop("paper", DecisionPaper("7/1", on))
    return registrations.place(family, paper, registered_on=on, note=None, today=TODAY, **values)


def remove(stay: Registration, on: date, reason: str | None = "11.2", note: str | None = None) -> Registration:
    chosen = factories.by_code(RemovalReason, reason) if reason else None
    return registrations.remove(stay, DecisionPaper("8/2", on), removed_on=on, reason=chosen, note=note, today=TODAY)


def test_a_family_is_placed_by_a_decision_with_its_criteria_in_order(app, cast):
    family = factories.family(cast.north)
    stay = place(family, date(2026, 3, 2), criteria=criteria("2.5.1", "2.1.2"))
    assert [one.criterion.code for one in stay.criteria] == ["2.5.1", "2.1.2"]
    assert stay.main_criterion.code == "2.5.1"
    assert stay.decision.kind is DecisionKind.PLACE
    assert stay.decision.number == "7/1"


@IN_PYTHON
def test_a_decision_entered_already_is_not_entered_twice(app, cast):
    family = factories.family(cast.north)
    known = factories.decision(family, date(2026, 3, 2), number="7/1")
    assert place(family, date(2026, 3, 2)).decision is known
    assert db.session.query(Decision).filter_by(family_id=family.id).count() == 1


@IN_PYTHON
def test_a_family_on_record_is_not_placed_again(app, cast):
    family = factories.family(cast.north)
    place(family, date(2026, 3, 2))
    with pytest.raises(Refusal, match=r"уже состоит на учёте с 02\.03\.2026"):
        place(family, date(2026, 4, 1))


def test_a_family_that_comes_back_gets_a_registration_of_its_own(app, cast):
    family = factories.family(cast.north)
    first = remove(place(family, date(2025, 3, 2)), date(2026, 1, 15))
    second = place(family, date(2026, 3, 2))
    assert second.id != first.id
    assert registrations.stays(family) == [(date(2025, 3, 2), date(2026, 1, 15)), (date(2026, 3, 2), None)]


@IN_PYTHON
@pytest.mark.parametrize(
    ("signal", "field"),
    [
        (Signal(detected_on=date(2026, 2, 10), card_sent_on=date(2026, 2, 9)), "card_sent_on"),
        (Signal(received_on=date(2026, 3, 1)), "received_on"),
        (Signal(received_on=date(2026, 3, 5), entered_on=date(2026, 3, 4)), "entered_on"),
        (Signal(entered_on=date(2026, 10, 1)), "entered_on"),
    ],
)
def test_the_days_of_the_card_follow_each_other(app, cast, signal, field):
    with pytest.raises(Refusal) as refusal:
        place(factories.family(cast.north), date(2026, 3, 2), signal=signal)
    assert refusal.value.field == field


@IN_PYTHON
def test_without_a_criterion_nobody_is_placed(app, cast):
    with pytest.raises(Refusal) as refusal:
        place(factories.family(cast.north), date(2026, 3, 2), criteria=[])
    assert refusal.value.field == "criteria"


@IN_PYTHON
def test_a_removal_before_the_registration_is_refused(app, cast):
    stay = place(factories.family(cast.north), date(2026, 3, 2))
    with pytest.raises(Refusal) as refusal:
        remove(stay, date(2026, 3, 1))
    assert refusal.value.field == "removed_on"
    assert stay.removed_on is None


@IN_PYTHON
def test_a_removal_without_a_reason_is_refused(app, cast):
    stay = place(factories.family(cast.north), date(2026, 3, 2))
    with pytest.raises(Refusal) as refusal:
        remove(stay, date(2026, 5, 1), reason=None)
    assert refusal.value.field == "removal_reason"


@IN_PYTHON
@pytest.mark.parametrize("reason", ["11.4", "11.4.2"])
def test_another_reason_wants_a_note_for_the_form(app, cast, reason):
    stay = place(factories.family(cast.north), date(2026, 3, 2))
    with pytest.raises(Refusal) as refusal:
        remove(stay, date(2026, 5, 1), reason=reason)
    assert refusal.value.field == "note"
    assert remove(stay, date(2026, 5, 1), reason=reason, note="Переезд").removed_on == date(2026, 5, 1)


def test_a_removed_family_is_not_removed_again(app, cast):
    stay = remove(place(factories.family(cast.north), date(2026, 3, 2)), date(2026, 5, 1))
    with pytest.raises(Refusal, match="уже снята"):
        remove(stay, date(2026, 6, 1))


# Correcting


def correct(stay: Registration, **values: Any) -> Registration:
    """Correct a stay: what is not said stays as it is."""
    signal = Signal(stay.sender, stay.detected_on, stay.card_sent_on, stay.received_on, stay.entered_on)
    ended = stay.removal_decision
    removal = None
    if ended is not None:
        removal = Removal(DecisionPaper(ended.number, ended.decided_on), stay.removed_on, stay.removal_reason)
    as_it_is: dict[str, Any] = {
        "paper": DecisionPaper(stay.decision.number, stay.decision.decided_on), "registered_on": stay.registered_on,
        "criteria": [one.criterion for one in stay.criteria], "signal": signal, "removal": removal, "note": stay.note,
    }  # fmt: skip
    return registrations.correct(stay, **(as_it_is | values), today=TODAY)


def test_a_mistake_in_a_stay_is_corrected_and_the_journal_says_was_and_is(app, cast):
    stay = remove(place(factories.family(cast.north), date(2026, 3, 2)), date(2026, 5, 1))
    entries = select(JournalEntry).where(JournalEntry.act == Act.CHANGED).order_by(JournalEntry.id.desc())
    correct(
        stay,
        paper=DecisionPaper("7/2", date(2026, 3, 1), cast.agency("5.1")),
        criteria=criteria("2.5.1", "2.2.1", "2.1.2"),
        signal=Signal(sender=cast.agency("5.3"), detected_on=date(2026, 2, 20)),
        removal=Removal(
            DecisionPaper("8/3", date(2026, 5, 2)), date(2026, 5, 3), factories.by_code(RemovalReason, "11.1")
        ),
        note="Карта найдена",
    )
    said = {entry.entity: entry.changes for entry in db.session.scalars(entries.limit(4))}
    assert said["Decision"]["number"] in (["7/1", "7/2"], ["8/2", "8/3"])
    assert said["Registration"]["note"] == [None, "Карта найдена"]
    assert said["Registration"]["removed_on"] == ["2026-05-01", "2026-05-03"]
    assert [one.criterion.code for one in stay.criteria] == ["2.5.1", "2.2.1", "2.1.2"]
    assert (stay.decision.number, stay.removal_decision.number) == ("7/2", "8/3")
    assert db.session.query(Decision).count() == 2
    correct(stay, criteria=criteria("2.1.2"))
    db.session.expire_all()
    assert [one.criterion.code for one in stay.criteria] == ["2.1.2"]


REFUSED_CORRECTIONS = {
    "a decision after the placing": ({"paper": DecisionPaper("7/1", date(2026, 6, 6))}, "registered_on"),
    "no criterion": ({"criteria": []}, "criteria"),
    "a signal to come": ({"signal": Signal(detected_on=date(2030, 1, 1))}, "detected_on"),
    "papers before the decision": ({"signal": Signal(received_on=date(2020, 1, 1))}, "received_on"),
    "over another stay": ({"registered_on": date(2025, 2, 1), "paper": DecisionPaper("7/1", date(2025, 2, 1))},
                          "registered_on"),
    "an end that was not": ({"removal": Removal(DecisionPaper("9", date(2026, 9, 1)), date(2026, 9, 1), None)}, None),
}  # fmt: skip


@IN_PYTHON
@pytest.mark.parametrize("case", REFUSED_CORRECTIONS)
def test_a_correction_is_asked_every_rule(app, cast, case):
    family = factories.family(cast.north)
    remove(place(family, date(2025, 1, 15), paper=DecisionPaper("1/1", date(2025, 1, 15))), date(2025, 6, 1))
    stay = place(family, date(2026, 3, 2))
    db.session.commit()
    values, field = REFUSED_CORRECTIONS[case]
    with pytest.raises(Refusal) as refusal:
        correct(stay, **values)
    assert refusal.value.field == field
    db.session.rollback()
    assert (stay.registered_on, stay.decision.decided_on, len(stay.criteria)) == (date(2026, 3, 2), date(2026, 3, 2), 1)


@IN_PYTHON
def test_a_correction_names_the_other_row_that_would_break(app, cast):
    family = factories.family(cast.north)
    first = place(family, date(2025, 3, 2))
    remove(first, date(2025, 6, 1))
    second = place(family, date(2025, 9, 1), paper=DecisionPaper("7/1", date(2025, 3, 2)))
    assert second.decision is first.decision
    with pytest.raises(Refusal, match="На этой записи держится"):
        correct(second, paper=DecisionPaper("7/1", date(2025, 8, 1)))


@IN_PYTHON
def test_a_correction_to_a_decision_entered_already_rests_on_that_one(app, cast):
    stay = place(factories.family(cast.north), date(2026, 3, 2))
    paper = DecisionPaper("7/9", date(2026, 3, 2))
    known = registrations.decide(stay.family, paper, kind=DecisionKind.PLACE, note=None, today=TODAY)
    assert correct(stay, paper=paper).decision is known


@IN_PYTHON
def test_a_decision_is_entered_once_and_not_for_a_day_to_come(app, cast):
    family = factories.family(cast.north)
    paper = DecisionPaper("3/3", date(2026, 3, 3))
    row = registrations.decide(family, paper, kind=DecisionKind.REFUSE, note="Нет оснований", today=TODAY)
    assert (row.kind, row.note) == (DecisionKind.REFUSE, "Нет оснований")
    for again in (paper, DecisionPaper("3/4", date(2026, 10, 1))):
        with pytest.raises(Refusal):
            registrations.decide(family, again, kind=DecisionKind.REFUSE, note=None, today=TODAY)


@IN_PYTHON
def test_entering_stops_not_before_the_papers_came(app, cast):
    stay = place(factories.family(cast.north), date(2026, 3, 2), signal=Signal(received_on=date(2026, 3, 10)))
    with pytest.raises(Refusal):
        registrations.enter(stay, entered_on=date(2026, 3, 9), today=TODAY)
    registrations.enter(stay, entered_on=date(2026, 3, 12), today=TODAY)
    assert stay.entered_on == date(2026, 3, 12)


@IN_PYTHON
def test_an_annulment_wants_a_reason_and_is_done_once(app, cast):
    aid = factories.aid(factories.family(cast.north), date(2026, 3, 2))
    with pytest.raises(Refusal) as refusal:
        registrations.annul(aid, reason="  ", today=TODAY)
    assert refusal.value.field == "reason"
    registrations.annul(aid, reason="внесено дважды", today=TODAY)
    assert aid.annul_reason == "внесено дважды"
    with pytest.raises(Refusal):
        registrations.annul(aid, reason="ещё раз", today=TODAY)


@IN_PYTHON
def test_a_decision_that_carries_a_stay_is_not_annulled_before_the_stay(app, cast):
    stay = place(factories.family(cast.north), date(2026, 3, 2))
    with pytest.raises(Refusal, match="держится учёт"):
        registrations.annul(stay.decision, reason="ошибка", today=TODAY)
    registrations.annul(stay, reason="ошибка", today=TODAY)
    registrations.annul(stay.decision, reason="ошибка", today=TODAY)
    assert stay.decision.annulled_at is not None


def test_with_a_family_go_all_its_rows(app, cast):
    family = factories.family(cast.north)
    child = factories.member(family)
    factories.education(child, date(2024, 9, 1))
    factories.aid(family, date(2026, 3, 2))
    place(family, date(2026, 3, 2))
    registrations.annul(family, reason="внесена дважды", today=TODAY)
    for entity in (Family, Member, Education, Aid, Registration, Decision):
        assert all(row.annulled_at is not None for row in db.session.query(entity)), entity


def test_with_a_member_go_the_rows_about_him_and_the_family_is_no_longer_found_by_him(app, cast):
    family = factories.family(cast.north)
    factories.member(family, "мать", date(1990, 1, 1), "Заречная", "Нина")
    child = factories.member(family, last_name="Полозов")
    schooling = factories.education(child, date(2024, 9, 1))
    registrations.annul(child, reason="не из этой семьи", today=TODAY)
    assert schooling.annulled_at is not None
    words = {row.word for row in db.session.query(SearchWord).filter_by(family_id=family.id)}
    assert "заречная" in words
    assert "полозов" not in words


def test_every_entity_of_a_family_is_annulled_with_it():
    of_families = {mapper.class_ for mapper in Family.registry.mappers if issubclass(mapper.class_, OfFamily)}
    assert of_families <= set(registrations.OF_FAMILY.values())
    assert {one for one in of_families if issubclass(one, OfMember)} == set(registrations.OF_MEMBER)
