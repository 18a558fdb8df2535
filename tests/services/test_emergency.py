"""An emergency: the bodies that are told at once stand on the card until each is told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app import clock
from app.domain import terms
from app.domain.refusal import Refusal
from app.extensions import db
from app.models import SignalCard
from app.readings import signals as reading
from app.services import signals
from tests import factories
from tests.states import kept
from tests.test_guard import acting


@kept
def card(cast: factories.Cast) -> SignalCard:
    """A card that Anna has opened, and two bodies that are told at once: of her district and of the other one."""
    cast.agency("5.7").told_at_once = True
    factories.agency("Чужая полиция", "5.7", cast.other_district).told_at_once = True
    return factories.signal_card(cast.north, cast.agency("5.3"), received_at=clock.now())


def test_the_bodies_near_the_card_are_told(cast, card):
    with acting(cast, "anna"):
        signals.mark_emergency(card)
        db.session.commit()
        waiting = reading.to_tell(card)
        assert [(one.agency.kind.code, bool(one.tellings)) for one in waiting] == [("5.7", False)]
        signals.tell(card, waiting[0].agency, told_to="дежурный", told_at=clock.now(), answer="Выехали")
        db.session.commit()
        db.session.expire_all()
        told = reading.to_tell(card)[0].tellings
    assert [(one.told_to, one.answer, one.told_by) for one in told] == [
        ("дежурный", "Выехали", cast.user("anna").get_full_name())
    ]


def test_a_body_that_was_told_without_being_asked_stands_there_too(cast, card):
    with acting(cast, "anna"):
        signals.mark_emergency(card)
        signals.tell(card, cast.agency("5.5"), told_to="врач", told_at=clock.now(), answer=None)
        db.session.commit()
        found = [(one.agency.kind.code, bool(one.tellings)) for one in reading.to_tell(card)]
    assert found == [("5.7", False), ("5.5", True)]


def test_marking_is_undone_by_one_step_and_done_once(cast, card):
    with acting(cast, "anna"):
        signals.mark_emergency(card)
        with pytest.raises(Refusal, match="уже отмечена"):
            signals.mark_emergency(card)
        assert signals.last_step(card).kind is terms.CardStepKind.EMERGENCY
        signals.undo(card)
        db.session.commit()
    assert card.emergency_at is None


@pytest.mark.one_database("the times are compared in Python")
def test_the_time_of_telling_lies_between_detection_and_now(cast, card):
    body = cast.agency("5.7")
    with acting(cast, "anna"):
        with pytest.raises(Refusal, match="экстренной"):
            signals.tell(card, body, told_to="дежурный", told_at=clock.now(), answer=None)
        signals.mark_emergency(card)
        for moment in (clock.now() + timedelta(hours=1), clock.in_utc(card.detected_at) - timedelta(minutes=1)):
            with pytest.raises(Refusal) as refusal:
                signals.tell(card, body, told_to="дежурный", told_at=moment, answer=None)
            assert refusal.value.field == "told_time"


def test_who_does_not_keep_the_card_tells_nobody(cast, card):
    with acting(cast, "anna"):
        signals.mark_emergency(card)
        db.session.commit()
    with acting(cast, "galina"), pytest.raises(Refusal):
        signals.tell(card, cast.agency("5.7"), told_to="дежурный", told_at=clock.now(), answer=None)
