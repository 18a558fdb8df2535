"""What a closed meeting decided wrongly is corrected by the next one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app import access, clock
from app.domain.refusal import Refusal
from app.domain.terms import AgendaGround, DecisionKind
from app.extensions import db
from app.models import AgendaItem
from app.readings import meetings as reading
from app.services import agenda
from tests import factories, meeting_scenes
from tests.meeting_scenes import closed, decide, item
from tests.test_guard import acting

pytestmark = pytest.mark.one_database("the rules are asked in Python; tests/test_acts.py stores on both")

DAY = timedelta(days=1)


@pytest.fixture
def decided(cast) -> AgendaItem:
    """An item of a closed meeting of today, as the secretary sees it."""
    body = meeting_scenes.commission(cast)
    meeting = meeting_scenes.meeting(body)
    family = factories.family(cast.north)
    factories.member(family, "мать", last_name="Полозова", first_name="Инна")
    matter = item(meeting, family)
    decide(matter, DecisionKind.HEAR)
    closed(meeting)
    db.session.commit()
    return matter


def test_a_correction_stands_on_the_next_agenda_and_names_the_decision(cast, decided):
    following = meeting_scenes.meeting(decided.meeting.agency, clock.today() + 14 * DAY, is_open=False)
    meeting_scenes.meeting(decided.meeting.agency, clock.today() + 28 * DAY, is_open=False)
    db.session.commit()
    with acting(cast, "zoya"):
        fresh = agenda.correct(decided)
        assert (fresh.meeting, fresh.ground, fresh.after) == (following, AgendaGround.CORRECTION, decided)
        assert fresh.title == f"Об исправлении постановления № {decided.number} от {clock.today():%d.%m.%Y}"
        assert fresh.family_id == decided.family_id
        with pytest.raises(Refusal, match="уже в повестке"):
            agenda.correct(decided)


def test_without_a_next_meeting_there_is_nowhere_to_correct_it(cast, decided):
    with acting(cast, "zoya"), pytest.raises(Refusal, match="нет следующего заседания"):
        agenda.correct(decided)


def test_what_is_not_closed_is_changed_where_it_stands(cast, decided):
    waiting = item(meeting_scenes.meeting(decided.meeting.agency, clock.today() + DAY, is_open=False))
    db.session.commit()
    with acting(cast, "zoya"), pytest.raises(Refusal, match="прямо в нём"):
        agenda.correct(waiting)


@pytest.mark.parametrize(("name", "items"), [("zoya", 2), ("anna", 2), ("boris", 1), ("vera", 1), ("galina", None)])
def test_the_next_meeting_is_told_with_what_the_person_sees_of_it(name, items, cast, decided):
    following = meeting_scenes.meeting(decided.meeting.agency, clock.today() + 14 * DAY, is_open=False)
    for place in (cast.north, cast.south):
        family = factories.family(place)
        factories.member(family, "мать", last_name="Ветрова", first_name="Инна")
        item(following, family)
    db.session.commit()
    with acting(cast, name):
        found = reading.coming(clock.today())
    assert (found and (found.id, found.items)) == (None if items is None else (following.id, items))
    with access.unrestricted():
        assert reading.coming(clock.today() + 30 * DAY) is None
