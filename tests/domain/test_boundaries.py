"""Each rule of days and numbers on its boundary: what just holds is taken, one day or one step further is refused."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from app.domain import care, deadlines, passwords, periods, registration
from app.domain.criteria import DatedCriterion
from app.domain.deadlines import Clock, Limit
from app.domain.refusal import Refusal
from app.domain.registration import Basis, Facts
from app.domain.terms import DecisionKind, Moment, TerritoryKind, Unit

DAY = date(2026, 9, 30)
EVE, NEXT = DAY - timedelta(days=1), DAY + timedelta(days=1)
Case = tuple[Callable[..., Any], dict[str, Any], dict[str, Any], str | None]

AID = {"given_on": DAY, "named": True, "amount": Decimal(0), "family": 1, "recipients": [1], "born_on": [DAY]}
SUPPORT = {"year": 2026, "quarter_number": 3, "born_on": DAY}
SUPERVISED = {"started_on": DAY, "ended_on": DAY, "born_on": DAY, "today": DAY}
DOCUMENT = {"issued_on": DAY, "born_on": DAY, "today": DAY}
PAPER = {"title": "Акт", "dated_on": DAY, "family": 1, "decision_family": 1, "today": DAY}
PLACING = {"registered_on": DAY, "decided_on": DAY, "others": [], "removed_on": None, "criteria": 1, "today": DAY}
REMOVAL = {"registered_on": DAY, "removed_on": DAY, "decided_on": DAY, "has_reason": True, "today": DAY}
MEMBER = {"born_on": DAY, "joined_on": DAY, "left_on": DAY, "today": DAY}
MOVE = {"same": False, "day": DAY, "born_on": DAY, "joined_on": DAY, "left_on": None, "alone": False,
        "stays": [(EVE, NEXT)], "today": DAY}  # fmt: skip
DEADLINE = {"starts": Moment.REGISTERED, "stops": Moment.REMOVED, "number": deadlines.LONGEST, "unit": Unit.DAY,
            "days": None}  # fmt: skip
HELD = DatedCriterion(0, "а", DAY, NEXT)
CRITERION = {"dated": HELD, "begun": Basis(DecisionKind.PLACE, DAY, 1), "ended": Basis(DecisionKind.CRITERIA, NEXT, 1),
             "family": 1, "placed": True, "registered_on": DAY}  # fmt: skip
# A stay of two criteria that began on the eve: from the day on its first one alone holds.
CHANGE: dict[str, Any] = {
    "facts": Facts(1, None, EVE, 2, over_time=(DatedCriterion(0, "а", EVE), DatedCriterion(1, "б", EVE))),
    "decided_on": DAY, "day": DAY, "criteria": ["а"], "today": DAY,
}  # fmt: skip
PASSWORD = {"password": "кипрей у реки"[:12], "username": "анна", "about": (), "refused": ()}


def signal(**days: date | None) -> dict[str, Any]:
    """The days of a card of a family that was placed on record by a decision of the day."""
    known = dict.fromkeys(("detected_on", "card_sent_on", "received_on", "entered_on"), DAY) | days
    placed = Basis(DecisionKind.PLACE, DAY, 1)
    return {"facts": Facts(1, placed, DAY, 1, **known), "today": DAY}


def stay(**values: Any) -> dict[str, Any]:
    """A stay that began and ended on one day, by two decisions."""
    placed = Basis(DecisionKind.PLACE, EVE, 1, number="1")
    removal = Basis(DecisionKind.REMOVE, DAY, 1, number="2")
    known = {"placed": placed, "registered_on": DAY, "criteria": 1, "removal": removal, "removed_on": DAY,
             "reason": "11.2", "note": None} | values  # fmt: skip
    return {"facts": Facts(1, **known), "others": [], "today": DAY}


CASES: list[Case] = [
    (care.check_aid, AID | {"today": DAY}, {"today": EVE}, "given_on"),
    (care.check_aid, AID | {"today": DAY}, {"amount": Decimal("-0.01")}, "amount"),
    (care.check_aid, AID | {"today": DAY}, {"born_on": [NEXT]}, "recipients"),
    (care.check_aid, AID | {"today": DAY}, {"recipients": [1, 2]}, "recipients"),
    (care.check_aid, AID | {"today": DAY}, {"named": False}, "kind"),
    (care.check_support, SUPPORT | {"today": date(2026, 7, 1)}, {"today": date(2026, 6, 30)}, "quarter"),
    (care.check_support, SUPPORT | {"today": DAY}, {"born_on": NEXT}, "quarter"),
    (care.check_support, SUPPORT | {"today": DAY, "quarter_number": 1, "born_on": None}, {"quarter_number": 0},
     "quarter"),
    (care.check_support, SUPPORT | {"today": date(2026, 12, 31), "quarter_number": 4}, {"quarter_number": 5},
     "quarter"),
    (care.check_support, SUPPORT | {"today": DAY}, {"year": 2027}, "quarter"),
    (care.check_support, SUPPORT | {"today": DAY}, {"year": 2028}, "year"),
    (care.check_support, SUPPORT | {"today": DAY, "year": 2000, "born_on": None}, {"year": 1999}, "year"),
    (care.check_education, {"started_on": date(2027, 9, 30), "ended_on": None, "born_on": None, "today": DAY},
     {"started_on": date(2027, 10, 1)}, "started_on"),
    (care.check_education, {"started_on": DAY, "ended_on": DAY, "born_on": DAY, "today": DAY}, {"born_on": NEXT},
     "started_on"),
    (care.check_education, {"started_on": DAY, "ended_on": DAY, "born_on": DAY, "today": DAY}, {"ended_on": EVE},
     "ended_on"),
    (care.check_supervision, SUPERVISED, {"today": EVE}, "started_on"),
    (care.check_supervision, SUPERVISED, {"ended_on": NEXT}, "ended_on"),
    (care.check_supervision, SUPERVISED, {"started_on": EVE}, "started_on"),
    (care.check_supervision, SUPERVISED, {"ended_on": EVE, "born_on": None}, "ended_on"),
    (care.check_document, DOCUMENT, {"today": EVE}, "issued_on"),
    (care.check_document, DOCUMENT, {"born_on": NEXT}, "issued_on"),
    (care.check_assignment, {"to_family": True, "to_territory": False, "started_on": DAY, "ended_on": DAY},
     {"ended_on": EVE}, "ended_on"),
    (care.check_assignment, {"to_family": True, "to_territory": False, "started_on": DAY, "ended_on": DAY},
     {"to_territory": True}, "family"),
    (care.check_paper, PAPER, {"today": EVE}, "dated_on"),
    (care.check_paper, PAPER, {"decision_family": 2}, "decision"),
    (care.check_paper, PAPER, {"title": " "}, "title"),
    (registration.check_signal, signal(), {"today": EVE}, "detected_on"),
    (registration.check_signal, signal(), signal(entered_on=NEXT) | {"today": NEXT - timedelta(days=1)}, "entered_on"),
    (registration.check_signal, signal(), signal(card_sent_on=EVE), "card_sent_on"),
    (registration.check_signal, signal(), signal(card_sent_on=None, received_on=EVE, entered_on=None), "received_on"),
    (registration.check_signal, signal(), signal(card_sent_on=None, received_on=None, entered_on=EVE), "entered_on"),
    (registration.check_signal, signal(), signal(detected_on=EVE, card_sent_on=EVE, received_on=EVE), "received_on"),
    (registration.check_stay, stay(), stay(placed=None), "decision"),
    (registration.check_stay, stay(), stay(removed_on=None), "removed_on"),
    (registration.check_stay, stay(), stay(removal=Basis(DecisionKind.REMOVE, EVE, 1, number="1")), "removed_on"),
    (registration.check_stay, stay(registered_on=EVE),
     stay(registered_on=EVE, removal=Basis(DecisionKind.REMOVE, EVE, 1, number="1")), "removal_decision"),
    (registration.check_stay, stay(), stay(reason="11.4"), "note"),
    (registration.check_stay, stay(reason="11.4", note="переезд"), stay(reason="11.4.1"), "note"),
    (registration.check_stay, stay(), stay(placed=Basis(DecisionKind.PLACE, EVE, 1, live=False)), "decision"),
    (registration.check_stay, stay(), stay(removal=Basis(DecisionKind.PLACE, DAY, 1)), "removal_decision"),
    (registration.check_stay, stay(), stay(removal=Basis(DecisionKind.REMOVE, DAY, 2)), "removal_decision"),
    (registration.check_basis, {"basis": Basis(DecisionKind.PLACE, DAY, 1), "kinds": DecisionKind.PLACE, "family": 1,
                                "field": "decision"}, {"family": 2}, "decision"),
    (registration.check_criterion, CRITERION, {"placed": False}, "since"),
    (registration.check_criterion, CRITERION, {"begun": Basis(DecisionKind.CRITERIA, DAY, 1)}, "decision"),
    (registration.check_criterion, CRITERION, {"begun": Basis(DecisionKind.PLACE, NEXT, 1)}, "decision"),
    (registration.check_criterion, CRITERION, {"ended": Basis(DecisionKind.CRITERIA, DAY + 2 * (NEXT - DAY), 1)},
     "ended_by"),
    (registration.check_criterion, CRITERION, {"ended": Basis(DecisionKind.REMOVE, DAY, 1)}, "ended_by"),
    (registration.check_change, CHANGE, {"today": EVE}, "decided_on"),
    (registration.check_change, CHANGE | {"decided_on": EVE}, {"today": EVE}, "day"),
    (registration.check_change, CHANGE, {"decided_on": NEXT, "today": NEXT}, "day"),
    (registration.check_change, CHANGE | {"decided_on": EVE}, {"decided_on": EVE - (NEXT - DAY)}, "decided_on"),
    (registration.check_change, CHANGE | {"decided_on": EVE}, {"day": EVE}, "day"),
    (registration.check_change, CHANGE, {"criteria": ["а", "б"]}, "criteria"),
    (registration.check_change, CHANGE, {"criteria": []}, "criteria"),
    (registration.check_change, CHANGE, {"facts": replace(CHANGE["facts"], removed_on=DAY)}, None),
    (registration.check_reason, {"code": "11.3", "note": None}, {"code": "11.4"}, "note"),
    (registration.check_placing, PLACING, {"today": EVE}, "registered_on"),
    (registration.check_placing, PLACING, {"decided_on": NEXT}, "registered_on"),
    (registration.check_placing, PLACING, {"criteria": 0}, "criteria"),
    (registration.check_placing, PLACING | {"others": [(EVE, DAY)]}, {"others": [(EVE, NEXT)]}, "registered_on"),
    (registration.check_placing, PLACING | {"registered_on": EVE, "decided_on": EVE, "removed_on": DAY,
                                            "others": [(DAY, None)]}, {"others": [(EVE, None)]}, "registered_on"),
    (registration.check_removal, REMOVAL, {"registered_on": NEXT}, "removed_on"),
    (registration.check_removal, REMOVAL, {"today": EVE}, "removed_on"),
    (registration.check_removal, REMOVAL, {"decided_on": NEXT}, "removed_on"),
    (registration.check_removal, REMOVAL, {"decided_on": EVE}, "removed_on"),
    (registration.check_removal, REMOVAL, {"has_reason": False}, "removal_reason"),
    (registration.check_decision, {"decided_on": DAY, "today": DAY}, {"today": EVE}, "decided_on"),
    (registration.check_member, MEMBER, {"born_on": NEXT, "joined_on": None, "left_on": None}, "born_on"),
    (registration.check_member, MEMBER, {"left_on": NEXT}, "left_on"),
    (registration.check_member, MEMBER, {"joined_on": EVE}, "joined_on"),
    (registration.check_member, MEMBER, {"joined_on": NEXT}, "joined_on"),
    (registration.check_member, MEMBER | {"joined_on": None}, {"left_on": EVE}, "left_on"),
    (registration.check_member, MEMBER | {"born_on": date(1900, 1, 1)}, {"born_on": date(1899, 12, 31)}, "born_on"),
    (registration.check_place, {"kind": TerritoryKind.DISTRICT}, {"kind": TerritoryKind.REGION}, "territory"),
    (registration.check_once, {"joined_on": DAY, "left_on": None, "others": [(EVE, DAY)]}, {"others": [(EVE, NEXT)]},
     "last_name"),
    (registration.check_once, {"joined_on": EVE, "left_on": DAY, "others": [(DAY, None)]}, {"others": [(None, None)]},
     "last_name"),
    (registration.check_move, MOVE, {"today": EVE}, "day"),
    (registration.check_move, MOVE, {"born_on": NEXT, "joined_on": None}, "day"),
    (registration.check_move, MOVE, {"joined_on": NEXT}, "day"),
    (registration.check_move, MOVE, {"stays": [(EVE, DAY)]}, "to_family"),
    (registration.check_move, MOVE, {"alone": True}, "day"),
    (registration.check_move, MOVE, {"same": True}, "to_family"),
    (registration.check_move, MOVE, {"left_on": DAY}, None),
    (registration.check_interval, {"start": DAY, "end": DAY, "field": "ended_on"}, {"end": EVE}, "ended_on"),
    (deadlines.check, DEADLINE, {"number": deadlines.LONGEST + 1}, "number"),
    (deadlines.check, DEADLINE | {"number": 0}, {"number": -1}, "number"),
    (deadlines.check, DEADLINE | {"unit": Unit.MONTH, "number": deadlines.LONGEST_MONTHS},
     {"number": deadlines.LONGEST_MONTHS + 1}, "number"),
    (deadlines.check_year, {"year": 2100}, {"year": 2101}, "year"),
    (deadlines.check, DEADLINE | {"unit": Unit.DAY_OF_MONTH, "number": 31}, {"number": 32}, "number"),
    (deadlines.check, DEADLINE | {"unit": Unit.DAY_OF_MONTH, "number": 1}, {"number": 0}, "number"),
    (periods.given, {"start": DAY, "end": DAY}, {"end": EVE}, "to"),
    (periods.given, {"start": periods.EARLIEST, "end": DAY}, {"start": periods.EARLIEST - timedelta(days=1)}, "from"),
    (periods.given, {"start": DAY, "end": periods.LATEST}, {"end": periods.LATEST + timedelta(days=1)}, "from"),
    (passwords.check, PASSWORD, {"password": PASSWORD["password"][:11]}, "password"),
    (passwords.check, PASSWORD | {"password": "кипрей " * 36 + "кипр"}, {"password": "кипрей " * 36 + "кипре"},
     "password"),
    (passwords.check, PASSWORD | {"username": "ки"}, {"username": "кип"}, "password"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "holds", "breaks", "field"), CASES)
def test_what_just_holds_is_taken_and_one_step_further_is_refused(rule, holds, breaks, field):
    rule(**holds)
    with pytest.raises(Refusal) as caught:
        rule(**holds | breaks)
    assert caught.value.field == field


def test_every_rule_of_facts_is_tried_on_its_boundary():
    rules = {
        function
        for module in (care, registration)
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if name.startswith("check_") and function.__module__ == module.__name__
    }
    assert rules <= {rule for rule, *_values in CASES}


def test_a_clock_is_late_from_the_day_after_its_last_good_day():
    clock = Clock("срок", "3.2", due=DAY)
    assert not clock.overdue(DAY)
    assert clock.overdue(NEXT)
    assert not Clock("срок", "3.2", due=DAY, stopped_on=DAY).overdue(NEXT)
    assert Clock("срок", "3.2", due=DAY, stopped_on=NEXT).overdue(NEXT)


def test_a_day_of_the_year_comes_back_after_itself():
    limit = Limit(0, Unit.DATE_LIST, ((9, 30), (10, 1)))
    assert [deadlines.due(day, limit, lambda _day: True) for day in (EVE, DAY, NEXT)] == [
        DAY, NEXT, date(2027, 9, 30)
    ]  # fmt: skip


def test_the_last_start_that_is_late_is_late_and_the_next_day_is_not():
    for limit in (Limit(3, Unit.DAY), Limit(3, Unit.WORKING_DAY), Limit(1, Unit.MONTH), Limit(10, Unit.DAY_OF_MONTH)):
        last = deadlines.last_late_start(DAY, limit, lambda day: day.weekday() < 5)
        assert deadlines.due(last, limit, lambda day: day.weekday() < 5) < DAY
        assert deadlines.due(last + timedelta(days=1), limit, lambda day: day.weekday() < 5) >= DAY
