"""The acts on a signal card: who may do each, what it changes, and that it is undone until the next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app import access, clock
from app.domain import terms
from app.domain.refusal import Refusal
from app.domain.signals import Child
from app.extensions import db
from app.models import Family, SignalCard, SignalCardOutcome
from app.readings import signals as reading
from app.services import signals
from app.services.signals import Told, state
from tests import factories
from tests.test_guard import acting

IN_PYTHON = pytest.mark.one_database(
    "what may be done with a card is decided in Python; its number and its twin are asked of both databases"
)


def told(cast: factories.Cast, **values: Any) -> Told:
    """What Gleb's body tells of a family, found a quarter of an hour ago."""
    said: dict[str, Any] = {
        "source": terms.SignalSource.AGENCY, "agency": cast.employee("gleb").agency, "employee": cast.employee("gleb"),
        "informant": None, "last_name": "Полозова", "first_name": "Инна", "middle_name": None, "born_on": None,
        "address": "ул. Полевая, 5", "home_phone": None, "mobile_phone": "8 (900) 111-22-33",
        "detected_at": clock.now() - timedelta(minutes=15), "detected_during": terms.DetectedDuring.LESSONS,
        "description": "Ребёнок не ходит в школу", "threat": terms.Threat.NONE, "children_study": False,
        "parents_drink": None, "live_together": None, "known_to_bodies": None, "criteria": [], "measures": None,
    }  # fmt: skip
    return Told(**said | values)


def send(cast: factories.Cast, children: tuple[Child, ...] = (), sent_at: datetime | None = None,
         place: Any = None, **values: Any) -> SignalCard:  # fmt: skip
    with acting(cast, "gleb"):
        card = signals.send(told(cast, **values), territory_id=(place or cast.north).id, children=children,
                            today=clock.today(), sent_at=sent_at)  # fmt: skip
        db.session.commit()
    return card


def seen_by(cast: factories.Cast, name: str) -> set[int]:
    db.session.expire_all()
    with acting(cast, name):
        return set(db.session.scalars(select(SignalCard.id)))


def outcome(code: str) -> SignalCardOutcome:
    return db.session.scalars(select(SignalCardOutcome).where(SignalCardOutcome.code == code)).one()


def test_a_card_that_is_sent_has_a_number_and_lies_where_it_was_sent(cast):
    first, second = send(cast), send(cast, last_name="Седова", children=(Child("Иван", None, 7), Child(None, None, 3)))
    assert (second.year, second.number) == (first.year, first.number + 1)
    assert [(child.name, child.age) for child in second.children] == [("Иван", 7), (None, 3)]
    assert state(first) is terms.CardState.SENT
    assert [step.kind for step in first.steps] == [terms.CardStepKind.SENT]
    assert "79001112233"[-10:] in first.search_key.replace(" ", "")


def test_a_card_is_seen_by_its_sender_and_where_it_lies_and_nowhere_else(cast):
    card = send(cast)
    assert {name for name in factories.CAST if card.id in seen_by(cast, name)} == {"anna", "zoya", "gleb"}


@IN_PYTHON
@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"detected_at": datetime.now(UTC) + timedelta(days=1)}, "detected_time"),
        ({"born_on": (datetime.now(UTC) + timedelta(days=400)).date()}, "born_on"),
        ({"agency": None}, "agency"),
        ({"source": terms.SignalSource.CITIZEN, "agency": None, "employee": None}, "informant"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(cast, values, field):
    with pytest.raises(Refusal) as refusal:
        send(cast, **values)
    assert refusal.value.field == field


@IN_PYTHON
def test_children_are_no_more_than_twenty_and_born_before_they_were_seen(cast):
    with pytest.raises(Refusal, match="20"):
        send(cast, children=tuple(Child(None, None, 5) for _ in range(21)))
    tomorrow = clock.today() + timedelta(days=1)
    with pytest.raises(Refusal, match="не наступила"):
        send(cast, children=(Child("Иван", tomorrow, None, "children-0"),))


def test_the_same_card_from_two_windows_is_one(cast):
    at = clock.now() - timedelta(minutes=15)
    card = send(cast, detected_at=at)
    with pytest.raises(Refusal, match=f"{card.number}/{card.year}"):
        send(cast, detected_at=at)


@IN_PYTHON
def test_nobody_sends_in_the_name_of_anothers_body(cast):
    with pytest.raises(Refusal) as refusal:
        send(cast, agency=factories.agency("Чужая школа", "5.3", cast.other_district))
    assert refusal.value.field == "agency"


@IN_PYTHON
def test_a_card_is_done_nothing_with_until_it_is_opened(cast):
    card = send(cast)
    with acting(cast, "anna"):
        with pytest.raises(Refusal, match="откройте"):
            signals.close(card, outcome("not_confirmed"), "Ошибка")
        signals.receive(card)
        assert state(card) is terms.CardState.RECEIVED


@IN_PYTHON
def test_the_sender_is_asked_and_answers(cast):
    card = send(cast)
    with acting(cast, "anna"):
        signals.receive(card)
        signals.ask(card, "Сколько детей?")
        db.session.commit()
    assert state(card) is terms.CardState.ASKED
    with acting(cast, "gleb"):
        signals.answer(card, "Двое")
        db.session.commit()
        with pytest.raises(Refusal):
            signals.answer(card, "Трое")
    assert (state(card), card.answer) == (terms.CardState.RECEIVED, "Двое")


@IN_PYTHON
@pytest.mark.parametrize("act", ["attach", "close", "ask", "enter"])
def test_a_step_is_undone_until_the_next_one(cast, act):
    card, of = send(cast), factories.family(cast.north)
    with acting(cast, "anna"):
        signals.receive(card)
        db.session.commit()
        before = {name: getattr(card, name) for name in signals.CHANGED}
        done = {
            "attach": lambda: signals.attach(card, of), "close": lambda: signals.close(card, outcome("tzhs"), "В ТЖС"),
            "ask": lambda: signals.ask(card, "Когда?"), "enter": lambda: signals.enter(card, of),
        }  # fmt: skip
        done[act]()
        db.session.commit()
        assert {name: getattr(card, name) for name in signals.CHANGED} != before
        signals.undo(card)
        db.session.commit()
        assert {name: getattr(card, name) for name in signals.CHANGED} == before
        with pytest.raises(Refusal, match="Отменять нечего"):
            signals.undo(card)


def test_a_card_that_is_sent_on_is_numbered_there_and_its_outcome_comes_back(cast):
    card, far = send(cast), cast.far.id
    number = f"{card.number}/{card.year}"
    with acting(cast, "anna"):
        signals.receive(card)
        signals.redirect(card, far, "Живут там")
        db.session.commit()
        [sent_on] = reading.sent_on()
    assert seen_by(cast, "anna") == set()
    assert seen_by(cast, "galina") == {card.id} <= seen_by(cast, "gleb")
    assert (sent_on.number, sent_on.state, sent_on.may_recall) == (number, terms.CardState.SENT, True)
    with acting(cast, "galina"):
        assert reading.waiting(reading.Receipt.read()).cards == 1
        signals.receive(card)
        signals.close(card, outcome("not_confirmed"), "Не подтвердилось, соседи в ссоре")
        db.session.commit()
    with acting(cast, "anna"):
        [sent_on] = reading.sent_on()
    assert (sent_on.state, sent_on.outcome) == (terms.CardState.CLOSED, str(outcome("not_confirmed")))
    assert "соседи" not in str(sent_on)


@IN_PYTHON
def test_a_card_is_taken_back_until_it_is_opened_there(cast):
    card, far = send(cast), cast.far.id
    with acting(cast, "anna"):
        signals.receive(card)
        db.session.commit()
        before = (card.number, card.territory_id, card.received_at)
        signals.redirect(card, far, "Живут там")
        signals.recall(card.id)
        db.session.commit()
        assert (card.number, card.territory_id, card.received_at) == before
        signals.redirect(card, far, "Живут там")
        db.session.commit()
    with acting(cast, "boris"), pytest.raises(Refusal):
        signals.recall(card.id)
    with acting(cast, "galina"):
        signals.receive(card)
        db.session.commit()
    with acting(cast, "anna"), pytest.raises(Refusal, match="открыли"):
        signals.recall(card.id)


@IN_PYTHON
def test_a_family_of_another_territory_is_not_attached(cast):
    card, foreign = send(cast), factories.family(cast.far)
    with acting(cast, "anna"):
        signals.receive(card)
        with pytest.raises(Refusal):
            signals.attach(card, db.session.get(Family, foreign.id) or foreign)
    with access.unrestricted():
        db.session.rollback()


def test_a_number_that_a_district_gave_is_never_given_again(cast):
    first, far = send(cast), cast.far.id
    with acting(cast, "anna"):
        signals.receive(first)
        signals.redirect(first, far, "Живут там")
        db.session.commit()
    second = send(cast, last_name="Седова")
    assert (first.number, second.number) == (1, 2), "the one that went on keeps its number at home"
    with acting(cast, "anna"):
        signals.recall(first.id)
        db.session.commit()
    assert (first.number, first.district_id) == (1, cast.district.id)
    third = send(cast, last_name="Дальняя", place=cast.far)
    assert third.number == 2, "the number of the card that was taken back stays its own there"


@IN_PYTHON
@pytest.mark.parametrize("act", ["attach", "enter", "redirect", "send out"])
def test_a_card_stays_with_the_family_that_was_entered_from_it(cast, act):
    card, far = send(cast), cast.far.id
    first, second = factories.family(cast.north), factories.family(cast.north)
    with acting(cast, "anna"):
        signals.receive(card)
        signals.enter(card, first)
        db.session.commit()
        again = {
            "attach": lambda: signals.attach(card, second), "enter": lambda: signals.enter(card, second),
            "redirect": lambda: signals.redirect(card, far, "Живут там"),
            "send out": lambda: signals.send_out(card, "Администрация соседнего округа", "Живут там"),
        }  # fmt: skip
        with pytest.raises(Refusal, match="уже внесена семья"):
            again[act]()
        assert card.family_id == first.id
