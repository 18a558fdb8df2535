"""The criteria of a stay over its days: changed by a decision, corrected, taken back with it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from app import journal
from app.domain.refusal import Refusal
from app.domain.terms import DecisionKind
from app.extensions import db
from app.models import Criterion, Registration, RegistrationCriterion, RemovalReason
from app.services import registrations, soundness
from app.services.registrations import DecisionPaper, Signal
from tests import factories
from tests.states import kept

pytestmark = pytest.mark.one_database(
    "the rules are asked in Python; test_registry.py and tests/test_acts.py store on both"
)

TODAY = date(2026, 9, 30)
PLACED, CHANGED, LATER = date(2026, 1, 15), date(2026, 5, 6), date(2026, 8, 20)


@kept
def stay(cast: factories.Cast) -> Registration:
    family = factories.family(cast.north, "00042")
    factories.member(family)
    return factories.registration(family, PLACED, criteria=("2.1.1", "2.2.1"))


def change(stay: Registration, *codes: str, day: date = CHANGED, decided_on: date | None = None, number: str = "3/1",
           note: str | None = None) -> Any:  # fmt: skip
    criteria = [factories.by_code(Criterion, code) for code in codes]
    paper = DecisionPaper(number, decided_on or day)
    return registrations.change_criteria(stay, paper, day=day, criteria=criteria, note=note, today=TODAY)


def correct(stay: Registration, *codes: str, registered_on: date = PLACED) -> None:
    signal = Signal(stay.sender, stay.detected_on, stay.card_sent_on, stay.received_on, stay.entered_on)
    registrations.correct(
        stay, DecisionPaper(stay.decision.number, min(registered_on, stay.decision.decided_on)),
        registered_on=registered_on, criteria=[factories.by_code(Criterion, code) for code in codes], signal=signal,
        removal=None, note=stay.note, today=TODAY,
    )  # fmt: skip


def remove(stay: Registration, on: date) -> None:
    reason = factories.by_code(RemovalReason, "11.2")
    registrations.remove(stay, DecisionPaper("8/2", on), removed_on=on, reason=reason, note=None, today=TODAY)


def annul(row: Any) -> None:
    registrations.annul(row, reason="ошибка", today=TODAY)


def told(stay: Registration) -> list[tuple[str, list[str]]]:
    """The days on which criteria began, with their codes: read as a stranger would, from the rows alone."""
    db.session.flush()
    db.session.expire_all()
    rows = db.session.scalars(
        select(RegistrationCriterion).where(
            RegistrationCriterion.registration_id == stay.id, RegistrationCriterion.annulled_at.is_(None)
        )
    ).all()
    days = sorted({row.since for row in rows} | {row.until for row in rows if row.until})
    assert [fault.text for fault in soundness.faults(TODAY)] == []
    assert list(journal.all_differences()) == []
    return [(f"{day:%d.%m}", codes(row for row in rows if row.since <= day < (row.until or date.max))) for day in days]


def codes(rows: Iterable[RegistrationCriterion]) -> list[str]:
    return [row.criterion.code for row in sorted(rows, key=lambda row: row.position)]


def test_criteria_become_others_from_a_day_and_the_old_ones_are_kept(stay):
    untouched = stay.criteria[1].version
    decision = change(stay, "2.5.1", "2.2.1", note="по итогам проверки")
    assert decision.kind is DecisionKind.CRITERIA
    assert decision.note == "по итогам проверки"
    assert codes(stay.criteria) == ["2.5.1", "2.2.1"]
    assert stay.main_criterion.code == "2.5.1"
    assert told(stay) == [("15.01", ["2.1.1", "2.2.1"]), ("06.05", ["2.5.1", "2.2.1"])]
    assert stay.criteria[1].version == untouched, "a criterion that stays in its place is not touched"
    assert [row.decision.number for row in stay.criteria_over_time] == ["1/1", "1/1", "3/1"]


CHANGES = {
    "one more": ["2.1.1", "2.2.1", "2.5.1"],
    "one less": ["2.1.1"],
    "the other way round": ["2.2.1", "2.1.1"],
    "all others": ["2.3.1", "2.5.1", "2.4.2"],
}


@pytest.mark.parametrize("becomes", CHANGES.values(), ids=CHANGES)
def test_a_change_is_taken_back_with_its_decision(stay, becomes):
    decision = change(stay, *becomes)
    assert told(stay)[-1] == ("06.05", becomes)
    annul(decision)
    assert told(stay) == [("15.01", ["2.1.1", "2.2.1"])]
    assert decision.annul_reason == "ошибка"
    again = change(stay, *becomes)
    assert again is not decision
    assert told(stay)[-1] == ("06.05", becomes)


def test_only_the_last_change_is_taken_back(stay):
    first, second = change(stay, "2.1.1"), change(stay, "2.5.1", day=LATER, number="9/1")
    with pytest.raises(Refusal, match=r"изменены ещё раз 20\.08\.2026"):
        annul(first)
    annul(second)
    annul(first)
    assert told(stay) == [("15.01", ["2.1.1", "2.2.1"])]


REFUSED: dict[str, tuple[dict[str, Any], str | None, str]] = {
    "nothing else": ({"codes": ["2.1.1", "2.2.1"]}, "criteria", "менять нечего"),
    "none at all": ({"codes": []}, "criteria", "хотя бы один критерий"),
    "on the day of placing": ({"day": PLACED}, "day", "действуют с 15.01.2026"),
    "before the placing": ({"day": date(2026, 1, 14)}, "decided_on", "раньше, чем семья поставлена"),
    "ahead of today": ({"day": date(2026, 10, 1), "decided_on": TODAY}, "day", "ещё не наступил"),
    "a decision ahead of today": ({"decided_on": date(2026, 10, 1)}, "decided_on", "ещё не наступила"),
    "before the decision": ({"decided_on": date(2026, 5, 7)}, "day", "раньше даты постановления"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_change_is_refused(stay, case):
    values, field, words = REFUSED[case]
    db.session.commit()
    with pytest.raises(Refusal, match=words) as refusal:
        change(stay, *values.get("codes", ["2.5.1"]), **{name: one for name, one in values.items() if name != "codes"})
    assert refusal.value.field == field
    db.session.rollback()
    assert told(stay) == [("15.01", ["2.1.1", "2.2.1"])]


def test_a_second_change_begins_after_the_first_by_a_decision_of_its_own(stay):
    change(stay, "2.5.1")
    for day in (CHANGED, date(2026, 5, 5)):
        with pytest.raises(Refusal, match=r"изменены с 06\.05\.2026"):
            change(stay, "2.3.1", day=day, number="4/4", decided_on=PLACED)
    with pytest.raises(Refusal, match="уже изменены"):
        change(stay, "2.3.1", day=LATER, decided_on=CHANGED)
    change(stay, "2.3.1", day=LATER, number="4/4")
    assert told(stay)[1:] == [("06.05", ["2.5.1"]), ("20.08", ["2.3.1"])]


def test_of_a_stay_that_ended_the_last_ones_are_kept_and_none_become_others(stay):
    change(stay, "2.5.1")
    for day in (CHANGED, date(2026, 5, 5)):
        with pytest.raises(Refusal, match=r"Критерии изменены 06\.05\.2026"):
            remove(stay, day)
        db.session.expire(stay)
    remove(stay, LATER)
    assert codes(stay.criteria) == ["2.5.1"]
    with pytest.raises(Refusal, match="критерии меняют, пока она состоит на учёте"):
        change(stay, "2.1.1", day=date(2026, 9, 1), number="5/5")
    assert told(stay) == [("15.01", ["2.1.1", "2.2.1"]), ("06.05", ["2.5.1"])]


CORRECTED = {
    "another main one": (["2.5.1", "2.2.1"], ["2.3.1", "2.2.1"]),
    "one that had not been touched": (["2.5.1", "2.2.1"], ["2.5.1", "2.4.2"]),
    "one less": (["2.5.1", "2.4.2"], ["2.5.1"]),
    "one more": (["2.5.1"], ["2.5.1", "2.2.1"]),
    "as before in part": (["2.5.1", "2.4.2"], ["2.5.1", "2.2.1"]),
    "others in number": (["2.5.1", "2.4.2", "2.3.1"], ["2.2.1"]),
    "the other way round": (["2.5.1", "2.4.2"], ["2.4.2", "2.5.1"]),
    "what was the second one": (["2.5.1"], ["2.2.1"]),
}


@pytest.mark.parametrize(("typed", "truly"), CORRECTED.values(), ids=CORRECTED)
def test_a_correction_writes_the_criteria_since_the_last_change_and_no_others(stay, typed, truly):
    decision = change(stay, *typed)
    correct(stay, *truly)
    assert told(stay) == [("15.01", ["2.1.1", "2.2.1"]), ("06.05", truly)]
    annul(decision)
    assert told(stay) == [("15.01", ["2.1.1", "2.2.1"])]


def test_a_change_that_never_was_is_annulled_and_not_corrected_away(stay):
    change(stay, "2.5.1")
    with pytest.raises(Refusal, match="аннулируйте постановление"):
        correct(stay, "2.1.1", "2.2.1")


def test_a_correction_of_a_stay_that_was_never_changed_writes_its_first_criteria(stay):
    correct(stay, "2.5.1")
    assert told(stay) == [("15.01", ["2.5.1"])]
    correct(stay, "2.5.1", "2.2.1", "2.1.1")
    assert told(stay) == [("15.01", ["2.5.1", "2.2.1", "2.1.1"])]


def test_the_first_criteria_begin_with_the_stay_when_its_day_is_corrected(stay):
    change(stay, "2.5.1", "2.2.1")
    correct(stay, "2.5.1", "2.2.1", registered_on=date(2026, 2, 1))
    assert told(stay) == [("01.02", ["2.1.1", "2.2.1"]), ("06.05", ["2.5.1", "2.2.1"])]
    for day in (CHANGED, date(2026, 6, 1)):
        db.session.commit()
        with pytest.raises(Refusal, match="Критерии изменены") as refusal:
            correct(stay, "2.5.1", "2.2.1", registered_on=day)
        assert refusal.value.field == "registered_on"
        db.session.rollback()


def test_an_annulled_stay_takes_its_criteria_along_and_frees_the_decision_of_a_change(stay):
    decision = change(stay, "2.5.1")
    annul(stay)
    assert told(stay) == []
    annul(decision)
    assert told(stay) == []


def test_a_criterion_is_not_annulled_by_itself():
    assert "RegistrationCriterion" not in registrations.ANNULLABLE


BROKEN: dict[str, tuple[str, Any, str]] = {
    "a gap": ("position", 5, "не по порядку"),
    "a day before the stay": ("since", date(2026, 1, 1), "семья поставлена на учёт 15.01.2026"),
    "a day in the stay without a decision": ("since", date(2026, 3, 3), "дня постановки на учёт или со дня изменения"),
    "none on the first days": ("since", date(2026, 3, 3), "нет ни одного критерия"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_rows_that_no_act_writes_are_found(stay, case):
    name, value, words = BROKEN[case]
    only = [row for row in stay.criteria if case == "none on the first days" or row.position == 0]
    for row in only:
        setattr(row, name, value)
    db.session.flush()
    assert any(words in fault.text for fault in soundness.faults(TODAY)), [one.text for one in soundness.faults(TODAY)]


def test_a_criterion_that_stands_twice_and_one_past_the_end_are_found(stay):
    stay.criteria[1].criterion = stay.criteria[0].criterion
    db.session.flush()
    assert any("стоит дважды" in fault.text for fault in soundness.faults(TODAY))
    correct(stay, "2.1.1", "2.2.1")
    decision = change(stay, "2.5.1")
    remove(stay, LATER)
    for row in stay.criteria_over_time:
        row.until = LATER if row.until else None
        row.since = LATER if row.decision is decision else row.since
    db.session.flush()
    assert any("Критерии изменены 20.08.2026" in fault.text for fault in soundness.faults(TODAY))
