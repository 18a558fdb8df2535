"""The clocks of a signal card: overdue and extended are one thing on its page, in lists and in what is due."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from app import clock
from app.domain.periods import Period
from app.domain.refusal import Refusal
from app.extensions import db
from app.models import Deadline, SignalCard
from app.readings import card_clocks, due
from app.readings import signals as reading
from app.readings.clocks import DeadlinesInUse
from app.readings.due import DaysAsked
from app.services import signals
from tests import factories
from tests.test_guard import acting

LAST_MINUTE = datetime(2026, 12, 31, 20, 59, tzinfo=UTC)  # 23:59 of 31 December in Moscow
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def at(monkeypatch):
    """Set the only clock."""

    def set_to(moment: datetime) -> datetime:
        monkeypatch.setattr(clock, "now", lambda: moment)
        return moment

    set_to(LAST_MINUTE)
    return set_to


def card_of(cast: factories.Cast, **values: object) -> SignalCard:
    moments = {"detected_at": LAST_MINUTE, "sent_at": LAST_MINUTE, "arrived_at": LAST_MINUTE}
    row = factories.signal_card(cast.north, cast.employee("gleb").agency, **moments | values)
    db.session.commit()
    return row


def extend(card: SignalCard, code: str, until: date, reason: str = "Ждём соседний район") -> None:
    """As the screen does it."""
    key = factories.by_code(Deadline, code).id
    [running] = [one for one in card_clocks.running(card, DeadlinesInUse.read()) if one.deadline == key]
    signals.extend(
        card, running, started_at=card_clocks.started_at(card, running), until=until, reason=reason, today=clock.today()
    )
    db.session.commit()


def seen(card: SignalCard, code: str) -> tuple[date, bool, bool, bool]:
    """The last good day of a clock and whether it has passed: on the page, among what is due, and by the day."""
    deadlines = DeadlinesInUse.read()
    key = factories.by_code(Deadline, code).id
    [running] = [one for one in card_clocks.running(card, deadlines) if one.deadline == key]
    [line] = [
        one for one in due.cards.lines(DaysAsked(None, date(2027, 12, 31), deadlines)) if one.uid.endswith(f"-{key}")
    ]
    assert line.due == running.due
    around = Period(running.due, running.due)
    assert [one.uid for one in due.cards.lines(DaysAsked(running.due, running.due, deadlines))] == [line.uid]
    now = clock.now()
    return (
        running.due,
        card_clocks.overdue(running, now),
        line.overdue(now),
        due.cards.counts(around, deadlines)[running.due] == 1,
    )


def late_in_sql(card: SignalCard) -> bool:
    receipt = reading.Receipt.read()
    return reading.lines([card], clock.now(), receipt)[card.id].late


def test_the_hour_of_a_card_sent_on_the_last_minute_of_a_year_ends_in_the_next_one(app, cast, at):
    card = card_of(cast)
    with acting(cast, "anna"):
        for past, late in ((MINUTE, False), (HOUR, False), (HOUR + timedelta(seconds=1), True)):
            at(LAST_MINUTE + past)
            assert seen(card, "signal_receipt_1h") == (date(2027, 1, 1), late, late, True)
            assert late_in_sql(card) is late
            assert reading.waiting(reading.Receipt.read()) == reading.Waiting(1, int(late))


def test_an_opened_card_without_a_group_is_due_after_the_holidays_of_january(app, cast, at):
    """Three working days from 31 December 2026: 11, 12 and 13 January (1–10 January are days off)."""
    card = card_of(cast, received_at=LAST_MINUTE)
    with acting(cast, "anna"):
        for day, late in ((date(2027, 1, 13), False), (date(2027, 1, 14), True)):
            at(datetime(day.year, day.month, day.day, 9, tzinfo=UTC))
            assert seen(card, "survey_default") == (date(2027, 1, 13), late, late, True)
        extend(card, "survey_default", date(2027, 1, 20))
        assert seen(card, "survey_default") == (date(2027, 1, 20), False, False, True)
        at(datetime(2027, 1, 20, 20, 59, tzinfo=UTC))
        assert seen(card, "survey_default") == (date(2027, 1, 20), False, False, True)
        at(datetime(2027, 1, 20, 21, 0, tzinfo=UTC))
        assert seen(card, "survey_default") == (date(2027, 1, 20), True, True, True)


def test_the_hour_of_opening_is_extended_to_the_end_of_a_day_and_taken_back_by_one_step(app, cast, at):
    card = card_of(cast)
    with acting(cast, "anna"):
        extend(card, "signal_receipt_1h", date(2027, 1, 1), "Нет связи")  # the day on which the hour ends anyway
        at(LAST_MINUTE + 5 * HOUR)
        assert seen(card, "signal_receipt_1h") == (date(2027, 1, 1), False, False, True)
        assert late_in_sql(card) is False
        assert reading.waiting(reading.Receipt.read()) == reading.Waiting(cards=1, late=0)
        signals.undo(card)
        db.session.commit()
        assert seen(card, "signal_receipt_1h") == (date(2027, 1, 1), True, True, True)
        assert late_in_sql(card) is True


def test_what_the_sender_is_asked_is_due_to_the_sender_and_a_second_question_begins_anew(app, cast, at):
    card = card_of(cast, received_at=LAST_MINUTE, survey_due_on=date(2027, 1, 13))
    with acting(cast, "anna"):
        signals.ask(card, "Сколько детей?")
        db.session.commit()
        extend(card, "signal_answer_1d", date(2027, 1, 11), "Школа закрыта до 11 января")
        assert seen(card, "signal_answer_1d")[0] == date(2027, 1, 11)
    with acting(cast, "gleb"):
        assert [one.due for one in due.cards.lines(DaysAsked(None, date(2027, 2, 1), DeadlinesInUse.read()))] == [
            date(2027, 1, 11)
        ]
    at(LAST_MINUTE + DAY)
    with acting(cast, "anna"):
        signals.ask(card, "Где они живут?")
        db.session.commit()
        assert seen(card, "signal_answer_1d")[0] == clock.local(card.steps[-1].at).date() + DAY


def test_what_cannot_be_extended_is_refused_with_a_reason(app, cast, at):
    card = card_of(cast, received_at=LAST_MINUTE)
    with acting(cast, "anna"):
        for until, reason, said in (
            (date(2027, 1, 13), "Ждём", "укажите день позже"),
            (date(2027, 1, 14), "", "почему"),
            (date(2028, 1, 31), "Ждём", "не больше"),
        ):
            with pytest.raises(Refusal, match=said):
                extend(card, "survey_default", until, reason)
        with pytest.raises(Refusal, match="уже не идёт"):
            signals.extend(
                card, None, started_at=clock.now(), until=date(2027, 1, 20), reason="Ждём", today=clock.today()
            )
