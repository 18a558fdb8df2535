"""The closing of a meeting is undone as long as nothing has followed from it: all of it or nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from app import access, clock, tree
from app.domain.refusal import Refusal
from app.domain.terms import CardState, DecisionKind, MeetingState, TransferState
from app.extensions import db
from app.models import AgendaItem, Decision, Family, Meeting, Registration, Transfer
from app.services import instructions, registrations, reopening, signals
from app.services.registrations import DecisionPaper
from tests import factories, meeting_scenes
from tests.meeting_scenes import closed, decide, item

pytestmark = pytest.mark.one_database("the rules are asked in Python; tests/test_acts.py stores on both")

REASON = "Неверно указан критерий"


@access.unrestricted()
def entered(cast: factories.Cast, *, on_record: bool = False) -> Family:
    family = factories.family(cast.north)
    factories.member(family, "мать", last_name="Полозова", first_name="Инна")
    if on_record:
        factories.registration(family, clock.today() - timedelta(days=400))
    db.session.commit()
    return family


def stays(family: Family) -> list[Registration]:
    asked = select(Registration).where(Registration.family_id == family.id, Registration.annulled_at.is_(None))
    return list(db.session.scalars(asked))


def undone(meeting: Meeting) -> Meeting:
    reopening.reopen(meeting, REASON, clock.today())
    db.session.expire_all()
    return meeting


def test_a_placing_and_the_answer_to_its_card_are_undone(cast, sits):
    with access.unrestricted():
        card = factories.signal_card(cast.north, cast.agency("5.2"), received_at=clock.now())
    family = entered(cast)
    with access.unrestricted():
        card.family = family
        db.session.flush()
    matter = item(sits, family, card=card)
    decide(matter, DecisionKind.PLACE)
    closed(sits)
    assert stays(family)
    assert signals.state(card) is CardState.CLOSED
    undone(sits)
    assert not stays(family)
    assert signals.state(card) is not CardState.CLOSED
    assert sits.state is MeetingState.HELD
    assert sits.reopened == REASON
    assert (matter.number, matter.decision) == (None, None)
    assert matter.decided_at is not None, "what was entered on the item stays"


def test_a_removal_is_undone_and_the_stay_goes_on(cast, sits):
    family = entered(cast, on_record=True)
    decide(item(sits, family), DecisionKind.REMOVE)
    closed(sits)
    assert stays(family)[0].removed_on == clock.today()
    undone(sits)
    [stay] = stays(family)
    assert (stay.removed_on, stay.removal_reason, stay.removal_decision) == (None, None, None)


def test_it_is_closed_again_with_what_was_corrected(cast, sits):
    family = entered(cast)
    matter = item(sits, family)
    decide(matter, DecisionKind.PLACE)
    closed(sits)
    undone(sits)
    decide(matter, DecisionKind.PLACE, criteria=[factories.by_code(factories.Criterion, "2.5.1")])
    closed(sits)
    [stay] = stays(family)
    assert [one.criterion.code for one in stay.criteria] == ["2.5.1"]
    live = select(Decision).where(Decision.family_id == family.id, Decision.annulled_at.is_(None))
    assert [row.number for row in db.session.scalars(live)] == [matter.number]


def test_instructions_are_not_given_any_more(cast, sits):
    family = entered(cast, on_record=True)
    due_on = clock.today() + timedelta(days=20)
    order = meeting_scenes.order(cast.agency("5.2"), due_on)
    matter = item(sits, family)
    decide(matter, DecisionKind.HEAR, instructions=[order])
    closed(sits)
    undone(sits)
    assert [row.given_on for row in matter.instructions] == [None]


@pytest.mark.parametrize("followed", ["answer", "entered", "decision", "card"])
def test_what_has_followed_is_named_and_nothing_is_undone(followed, cast, sits):
    family, other = entered(cast, on_record=followed == "answer"), entered(cast, on_record=True)
    with access.unrestricted():
        card = factories.signal_card(cast.north, cast.agency("5.2"), received_at=clock.now())
    matter = item(sits, None if followed == "card" else family, card=card if followed == "card" else None)
    order = meeting_scenes.order(cast.agency("5.2"), clock.today() + timedelta(days=20))
    kind = DecisionKind.HEAR if followed in ("answer", "card") else DecisionKind.PLACE
    decide(matter, kind, instructions=[order])
    decide(item(sits, other), DecisionKind.REMOVE)
    closed(sits)
    with access.unrestricted():
        follow(followed, matter, family)
        db.session.commit()
    with pytest.raises(Refusal, match="Вопрос 1"):
        reopening.reopen(sits, REASON, clock.today())
    db.session.rollback()
    assert sits.closed_at is not None
    assert stays(other)[0].removed_on == clock.today(), "the other item is as it was"


def follow(followed: str, matter: AgendaItem, family: Family) -> None:
    today = clock.today()
    if followed == "answer":
        instructions.answer(matter.instructions[0], instructions.Answered(today, "Сделано"), today)
    elif followed == "entered":
        registrations.enter(stays(family)[0], entered_on=today, today=today)
    elif followed == "decision":
        paper = DecisionPaper("99/9", today)
        registrations.decide(family, paper, kind=DecisionKind.HEAR, note=None, today=today)
    else:
        signals.close(matter.card, meeting_scenes.card_outcome("not_found"), "Не проживает")


def test_a_meeting_that_is_not_closed_has_nothing_to_undo(sits):
    with pytest.raises(Refusal, match="не закрыто"):
        reopening.reopen(sits, REASON, clock.today())


def test_a_transfer_goes_with_its_closing_until_it_is_received(cast, sits):
    with access.unrestricted():
        far = tree.read().rows[cast.far.id]
    family = entered(cast, on_record=True)
    decide(item(sits, family), DecisionKind.REDIRECT, to_territory=far)
    closed(sits)
    [transfer] = db.session.scalars(select(Transfer).where(Transfer.family_id == family.id))
    undone(sits)
    assert transfer.state is TransferState.WITHDRAWN
    decide(sits.items[0], DecisionKind.REDIRECT, to_territory=far)
    closed(sits)
    [transfer] = db.session.scalars(
        select(Transfer).where(Transfer.family_id == family.id, Transfer.annulled_at.is_(None))
    )
    with access.unrestricted():
        transfer.answered_at = clock.now()
        db.session.commit()
    with pytest.raises(Refusal, match="дело уже принято: Дальнее"):
        undone(sits)


def test_the_note_of_a_removal_goes_with_it(cast, sits):
    family = entered(cast, on_record=True)
    with access.unrestricted():
        stays(family)[0].note = "Своя запись"
        db.session.commit()
    decide(item(sits, family), DecisionKind.REMOVE, note="По итогам работы")
    closed(sits)
    assert stays(family)[0].note == "Своя запись\nПо итогам работы"
    undone(sits)
    assert stays(family)[0].note == "Своя запись"
