"""The meetings of the demo bank: two that were held and one that is prepared, as people would have entered them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from app import clock
from app.domain.terms import AgendaGround, MeetingState
from app.extensions import db
from app.models import AgendaItem, Instruction, Meeting
from app.readings import meetings as reading
from app.services import meetings, soundness
from tests.demo.test_bank import TODAY, demo_bank

__all__ = ["demo_bank"]
pytestmark = pytest.mark.one_database("what is invented is invented in Python; test_doctor.py asks both")


@pytest.fixture
def held(demo_bank: None) -> list[Meeting]:
    return list(db.session.scalars(select(Meeting).order_by(Meeting.held_on, Meeting.id)))


def test_two_were_held_one_is_prepared_and_the_plan_goes_on(held):
    states = [meeting.state for meeting in held]
    assert states[:3] == [MeetingState.CLOSED, MeetingState.CLOSED, MeetingState.PREPARED]
    assert set(states[3:]) == {MeetingState.PLANNED}
    first = held[0].number
    assert first is not None
    assert [meeting.number for meeting in held[:3]] == [first, first + 1, first + 2]
    assert held[1].held_on < TODAY < held[2].held_on
    assert all(meeting.held_on.weekday() < 5 for meeting in held)


def test_the_agenda_that_is_prepared_comes_from_five_grounds(held):
    items = held[2].items
    assert {item.ground for item in items} >= {
        AgendaGround.POSTPONED, AgendaGround.SURVEYED, AgendaGround.PROGRAMME, AgendaGround.STAGE,
        AgendaGround.STANDSTILL,
    }  # fmt: skip
    assert all(item.why and item.decided_at is None for item in items)
    families = [item.family_id for item in items if item.family_id is not None]
    assert len(families) == len(set(families))


def test_what_was_held_had_its_quorum_and_everything_was_decided(held):
    for meeting in held[:2]:
        assert meetings.quorum(meeting).is_there
        assert meeting.closed_at is not None
        assert clock.local(meeting.closed_at).date() == meeting.held_on
        numbers = [item.number for item in meeting.items]
        assert numbers == [f"{meeting.number}/{place}" for place in range(1, len(numbers) + 1)]
        assert all(item.decision is not None and item.resolved and item.votes_for for item in meeting.items)


def test_instructions_are_answered_accepted_and_overdue(held):
    rows = db.session.scalars(select(Instruction)).all()
    assert len({reading.state_of(row) for row in rows}) >= 3
    assert any(reading.is_overdue(row, TODAY) for row in rows)
    for row in rows:
        assert row.given_on == row.item.meeting.held_on
        assert row.done_on is None or row.given_on <= row.done_on <= TODAY
        assert row.answered_at is None or clock.local(row.answered_at).date() <= TODAY + timedelta(days=1)


def test_nothing_of_them_contradicts_itself(held):
    assert [fault.text for fault in soundness.faults(TODAY)] == []
    assert not db.session.scalars(select(AgendaItem).where(AgendaItem.annulled_at.is_not(None))).all()
