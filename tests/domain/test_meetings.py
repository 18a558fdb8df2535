"""Rules of a commission and its meetings: quorum, posts, plan, numbers, outcomes, votes, terms."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import meetings as rules
from app.domain.meetings import Quorum, Votes
from app.domain.refusal import Refusal
from app.domain.terms import CommissionPost, DecisionKind, InstructionKind, MeetingState

HELD, DAY = date(2026, 9, 16), timedelta(days=1)
CHAIR, DEPUTY, MEMBER = CommissionPost.CHAIR, CommissionPost.DEPUTY, CommissionPost.MEMBER


def refused(act: Any, *args: Any, **values: Any) -> str:
    with pytest.raises(Refusal) as caught:
        act(*args, **values)
    return caught.value.field or ""


# Who may decide


@pytest.mark.parametrize(("members", "needed"), [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3), (9, 5), (10, 5), (11, 6)])
def test_not_less_than_half_of_the_members_decide(members, needed):
    for present in range(members + 1):
        quorum = Quorum(members, present)
        assert quorum.is_there is (2 * present >= members), (members, present)
        assert quorum.missing == max(0, needed - present)


def test_a_commission_without_members_decides_nothing_and_says_so():
    with pytest.raises(Refusal, match="никого нет"):
        rules.check_quorum(Quorum(0, 0))
    with pytest.raises(Refusal, match=r"присутствуют 2 из 5, нужно 3\. Не хватает: 1"):
        rules.check_quorum(Quorum(5, 2))
    rules.check_quorum(Quorum(5, 3))


# Who sits


SITS: dict[str, Any] = {"sits": True, "dismissed": False, "post": MEMBER, "started_on": date(2026, 1, 1),
                        "ended_on": None, "own": [], "others": []}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"sits": False}, "agency"),
        ({"dismissed": True}, "ended_on"),
        ({"ended_on": date(2025, 12, 31)}, "ended_on"),
        ({"own": [(MEMBER, date(2025, 1, 1), None)]}, "employee"),
        ({"own": [(MEMBER, date(2025, 1, 1), date(2026, 1, 2))]}, "employee"),
        ({"own": [(CHAIR, date(2027, 1, 1), None)]}, "employee"),
        ({"post": CHAIR, "others": [(CHAIR, date(2025, 1, 1), None)]}, "post"),
        ({"post": CHAIR, "others": [(CHAIR, date(2026, 5, 1), date(2026, 6, 1))]}, "post"),
        ({"post": CommissionPost.SECRETARY, "others": [(CommissionPost.SECRETARY, date(2020, 1, 1), None)]}, "post"),
    ],
)
def test_who_cannot_sit_so(change, field):
    assert refused(rules.check_member, **SITS | change) == field


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"dismissed": True, "ended_on": date(2026, 5, 1)},
        {"own": [(MEMBER, date(2025, 1, 1), date(2026, 1, 1))]},
        {"post": CHAIR, "others": [(CHAIR, date(2025, 1, 1), date(2026, 1, 1))]},
        {"post": CHAIR, "others": [(DEPUTY, date(2025, 1, 1), None)]},
        {"post": DEPUTY, "others": [(DEPUTY, date(2025, 1, 1), None)]},
        {"post": CHAIR, "ended_on": date(2026, 3, 1), "others": [(CHAIR, date(2026, 3, 1), None)]},
    ],
)
def test_posts_follow_each_other(change):
    rules.check_member(**SITS | change)


def test_the_last_day_is_not_of_the_members_time_any_more():
    days = [HELD + number * DAY for number in (-1, 0, 1, 2)]
    sat = [rules.sits(started_on=HELD, ended_on=HELD + 2 * DAY, dismissed=False, day=day) for day in days]
    assert sat == [False, True, True, False]


@pytest.mark.parametrize(
    ("dismissed", "until", "sat"),
    [(False, None, True), (True, None, False), (True, HELD + DAY, True), (True, HELD, False), (False, HELD, False)],
)
def test_whoever_was_dismissed_sat_until_the_day_that_is_named(dismissed, until, sat):
    assert rules.sits(started_on=date(2026, 1, 1), ended_on=until, dismissed=dismissed, day=HELD) is sat


# The plan


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"held_on": date(2028, 9, 20)}, "held_on"),
        ({"held_on": date(1999, 9, 20)}, "held_on"),
        ({"others": [HELD]}, "held_on"),
        *[({"starts_at": text}, "starts_at") for text in ("24:00", "9:00", "10-00", "10:60", "", "10:00\n", "1٠:00")],
    ],
)
def test_a_meeting_is_not_planned_so(change, field):
    asked = {"held_on": HELD, "today": date(2026, 9, 1), "others": [HELD + DAY], "starts_at": "10:00"}
    rules.check_planned(**asked)
    assert refused(rules.check_planned, **asked | change) == field


def test_months_with_fewer_than_two_meetings_are_told():
    days = [date(2026, month, day) for month in range(1, 13) for day in (5, 20) if (month, day) != (4, 20)]
    assert rules.lean_months([*days, date(2025, 4, 4), date(2027, 4, 4)], 2026) == [4]
    assert rules.lean_months([], 2026) == [*range(1, 13)]


def test_a_day_off_gives_way_to_the_next_one_that_works():
    off = {date(2026, 1, 6), date(2026, 1, 7), date(2026, 5, 5)}
    days = rules.suggested(2026, 1, {1, 3}, lambda day: day.weekday() < 5 and day not in off)
    assert len(days) == 24
    assert days[0] == date(2026, 1, 8)
    assert date(2026, 5, 6) in days
    assert not off & set(days)
    assert [day for day in days if day.month == 9] == [date(2026, 9, 1), date(2026, 9, 15)]


@given(st.integers(2020, 2100), st.integers(0, 4), st.sets(st.integers(1, 5), min_size=1))
def test_a_plan_stays_in_its_year_and_has_each_day_once(year, weekday, weeks):
    days = rules.suggested(year, weekday, weeks, lambda day: (day.month, day.day) < (12, 15) and day.weekday() < 5)
    assert days == sorted(set(days))
    assert {day.year for day in days} == {year}


# Numbers


@pytest.mark.parametrize(
    ("pattern", "number"),
    [
        (None, "7/3"),
        ("{n}/{item}", "7/3"),
        ("{n}", "143"),
        ("{n}-{year}", "143-2026"),
        ("КДН-{n}/{item}/{year}", "КДН-7/3/2026"),
    ],
)
def test_a_decision_is_numbered_by_the_pattern_of_its_body(pattern, number):
    rules.check_pattern(pattern)
    assert rules.number_of(pattern, meeting=7, item=3, running=143, year=2026) == number


@pytest.mark.parametrize(
    "pattern",
    [
        "", "7", "{year}", "{item}", "{item}/{year}", "{}", "{0}", "{n", "n}", "{{n}}", "{n}}", "{n!r}", "{n:9999999}",
        "{n.__class__}", "{n[0]}", "{meeting}", "{n}{self}", "%(n)s", "{n}{n}{n}{n}{n}{n}{n}{n}{n}{n}{n}{n}{n}",
        "{n}{item}",
    ],
)  # fmt: skip
def test_a_pattern_that_is_none_or_gives_one_number_twice_is_refused(pattern):
    assert refused(rules.check_pattern, pattern) == "number_pattern"


@given(st.text(st.sampled_from("{}nitemyar!:/.-[]0я "), max_size=40))
def test_whatever_pattern_is_taken_gives_short_numbers_of_their_own(pattern):
    try:
        rules.check_pattern(pattern)
    except Refusal:
        return
    found = {
        rules.number_of(pattern, meeting=meeting, item=item, running=150 * meeting + item, year=2026)
        for meeting in (1, 11, 9999)
        for item in (1, 11, 150)
    }
    assert len(found) == 9
    assert max(map(len, found)) <= 40


# What an item ends with


def test_every_outcome_says_what_it_asks_for_and_what_it_lacks():
    decided = {kind for kind in DecisionKind if kind in rules.ASKED}
    assert decided == set(rules.ASKED)
    assert len(rules.ASKED) == 13
    for kind, asked in rules.ASKED.items():
        assert set(asked.needs) <= set(rules.LACKS), kind
        assert not set(asked.needs) & set(asked.takes), kind
    assert rules.ORDERS == {
        DecisionKind.REPRESENT: InstructionKind.REPRESENTATION,
        DecisionKind.COURT: InstructionKind.COURT,
    }


@pytest.mark.parametrize("kind", DecisionKind)
def test_what_is_sent_to_somebody_names_who_is_to_answer(kind):
    rules.check_ordered(kind, 1)
    if kind in rules.ORDERS:
        with pytest.raises(Refusal, match="Впишите в поручениях"):
            rules.check_ordered(kind, 0)
    else:
        rules.check_ordered(kind, 0)


def check(kind: DecisionKind, *said: str, until: date | None = None, has_family: bool = True, of_council: bool = True,
          by_council: bool = False) -> None:  # fmt: skip
    rules.check_outcome(kind, said, until=until, held_on=HELD, has_family=has_family, of_council=of_council,
                        by_council=by_council)  # fmt: skip


@pytest.mark.parametrize("kind", rules.ASKED)
def test_an_outcome_without_what_it_needs_is_refused_beside_that_field(kind):
    needs = rules.ASKED[kind].needs
    later = HELD + DAY if "until" in needs else None
    check(kind, *needs, until=later)
    for name in needs:
        assert refused(check, kind, *[one for one in needs if one != name], until=later) == name


@pytest.mark.parametrize("kind", rules.ASKED)
def test_what_is_of_a_family_needs_one_in_the_bank(kind):
    needs = rules.ASKED[kind].needs
    later = HELD + DAY if "until" in needs else None
    if kind in rules.OF_FAMILIES:
        assert refused(check, kind, *needs, until=later, has_family=False) == "outcome"
    else:
        check(kind, *needs, until=later, has_family=False)


def test_the_council_decides_only_what_it_may():
    assert refused(check, DecisionKind.HEAR, of_council=False, by_council=True) == "outcome"
    check(DecisionKind.HEAR, of_council=False)
    check(DecisionKind.HEAR, by_council=True)


@pytest.mark.parametrize("until", [HELD, HELD - DAY, HELD + 32 * DAY, HELD + rules.FARTHEST + DAY])
def test_what_is_postponed_is_postponed_to_a_later_day_and_by_no_more_than_a_month(until):
    check(DecisionKind.POSTPONE, "until", until=HELD + 31 * DAY)
    assert refused(check, DecisionKind.POSTPONE, "until", until=until) == "until"


@pytest.mark.parametrize(
    ("votes", "field"),
    [
        ((None, None, None), None), ((3, 2, 0), None), ((2, 2, 1), None), ((5, None, None), None),
        ((2, 3, 0), "votes_for"), ((None, 1, None), "votes_for"), ((0, 0, 5), "votes_for"), ((0, 0, 0), "votes_for"),
        ((None, None, 2), "votes_for"), ((4, 1, 1), "votes_for"), ((-1, 0, 0), "votes_for"),
        ((3, -1, 0), "votes_against"), ((3, 0, -1), "abstained"),
    ],
)  # fmt: skip
def test_a_matter_is_carried_by_more_votes_than_stand_against_it(votes, field):
    if field is None:
        rules.check_votes(Votes(*votes), 5)
    else:
        assert refused(rules.check_votes, Votes(*votes), 5) == field


@pytest.mark.parametrize("due_on", [HELD - DAY, HELD, HELD + rules.FARTHEST + DAY])
def test_an_instruction_is_due_after_the_meeting_and_not_for_ever(due_on):
    assert refused(rules.check_instruction, due_on=due_on, held_on=HELD) == "due_on"
    rules.check_instruction(due_on=HELD + DAY, held_on=HELD)


def test_nothing_of_a_closed_meeting_changes():
    for state in MeetingState:
        if state is MeetingState.CLOSED:
            with pytest.raises(Refusal, match="закрыто"):
                rules.check_open(state)
        else:
            rules.check_open(state)
