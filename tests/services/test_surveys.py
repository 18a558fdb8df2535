"""A group is named for a card or a family, changed, called off; who sees it, and what becomes of its card."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app import clock
from app.domain import terms
from app.domain.refusal import Refusal
from app.domain.surveys import MOST_EMPLOYEES, is_late
from app.extensions import db
from app.models import SignalCard, SignalCardOutcome, SurveyGroup, WorkingDay
from app.readings import clocks, due
from app.readings import signals as cards
from app.readings import surveys as reading
from app.readings.clocks import DeadlinesInUse
from app.readings.due.kinds import DaysAsked
from app.services import signals, surveys
from app.services.signals import state
from tests import factories
from tests.states import kept
from tests.test_guard import acting

IN_PYTHON = pytest.mark.one_database(
    "what a group may do is decided in Python; who sees it, and what is late, is asked of both databases"
)

TODAY = date(2026, 9, 30)


@kept
def card(cast: factories.Cast) -> SignalCard:
    """A card of the school that Anna has opened."""
    return factories.signal_card(cast.north, cast.agency("5.3"), received_at=clock.now(),
                                 children=[{"name": "Полозов Тимур", "age": 7}], address="ул. Полевая, 5")  # fmt: skip


def named(cast: factories.Cast, *others: str, due_on: date | None = None, leader: str = "gleb") -> surveys.NamedGroup:
    return surveys.NamedGroup(cast.employee(leader), [cast.employee(name) for name in others],
                         due_on or clock.today() + timedelta(days=3), "Посмотреть, есть ли еда")  # fmt: skip


def name_group(cast: factories.Cast, card: SignalCard, *others: str, **values: Any) -> SurveyGroup:
    with acting(cast, "anna"):
        group = surveys.name_for_card(card, named(cast, *others, **values), clock.today())
        db.session.commit()
    return group


def seen_by(cast: factories.Cast, entity: Any) -> dict[str, set[int]]:
    """The keys of an entity's rows that each of the cast sees."""
    found = {}
    for name in factories.CAST:
        db.session.expire_all()
        with acting(cast, name):
            found[name] = set(db.session.scalars(select(entity.id)))
    return found


@IN_PYTHON
def test_a_group_makes_the_card_wait_for_its_survey(cast, card):
    group = name_group(cast, card, "boris")
    assert [each.last_name for each in group.employees] == sorted(
        cast.employee(name).last_name for name in ("gleb", "boris")
    )
    assert state(card) is terms.CardState.UNDER_SURVEY
    assert card.survey_due_on == group.due_on
    step = signals.last_step(card)
    assert step is not None
    assert step.kind is terms.CardStepKind.GROUP_NAMED
    assert "(руководитель)" in (step.note or "")


def test_a_group_sees_its_card_and_its_survey_and_nobody_else_sees_more(cast, card):
    before = seen_by(cast, SignalCard)
    group = name_group(cast, card, "vera")
    cards_seen, groups_seen = seen_by(cast, SignalCard), seen_by(cast, SurveyGroup)
    assert {name for name, keys in groups_seen.items() if group.id in keys} == {"anna", "gleb", "vera", "zoya"}
    assert {name for name in cards_seen if cards_seen[name] != before[name]} == {"gleb", "vera"}


def test_whoever_left_the_group_and_a_group_that_was_called_off_see_nothing(cast, card):
    group = name_group(cast, card, "vera")
    with acting(cast, "anna"):
        surveys.change(group, named(cast), clock.today())
        db.session.commit()
    assert not seen_by(cast, SurveyGroup)["vera"]
    with acting(cast, "anna"):
        surveys.call_off(group, "Мать с детьми уехала")
        db.session.commit()
    assert not seen_by(cast, SurveyGroup)["gleb"]
    assert not seen_by(cast, SignalCard)["gleb"]
    assert state(card) is terms.CardState.RECEIVED


def test_a_survey_of_a_family_is_seen_with_the_family_wherever_it_moves(cast):
    family = factories.family(cast.north)
    with acting(cast, "anna"):
        group = surveys.name_for_family(family, named(cast, leader="vera"), clock.today())
        db.session.commit()
    sees = {name for name, keys in seen_by(cast, SurveyGroup).items() if group.id in keys}
    assert sees == {"anna", "boris", "vera", "zoya"}
    family.territory, family.district = cast.far, cast.other_district
    db.session.commit()
    assert {name for name, keys in seen_by(cast, SurveyGroup).items() if group.id in keys} == {"galina", "vera"}


@IN_PYTHON
def test_a_foreign_coordinator_names_no_group(cast, card):
    family, group = factories.family(cast.north), named(cast)
    db.session.commit()
    with acting(cast, "galina"):
        with pytest.raises(Refusal):
            surveys.name_for_family(family, group, clock.today())
        db.session.rollback()
        with pytest.raises(Refusal):
            surveys.name_for_card(card, group, clock.today())


@IN_PYTHON
@pytest.mark.parametrize("who", ["gleb", "boris"])
def test_a_group_does_not_change_itself(cast, card, who):
    group, later = name_group(cast, card, "boris"), named(cast, due_on=clock.today() + timedelta(days=30))
    with acting(cast, who), pytest.raises(Refusal):
        surveys.change(group, later, clock.today())


@pytest.mark.one_database("what a group may be is compared in Python")
def test_what_cannot_be_is_refused_at_its_field(cast, card):
    many = [factories.employee(cast.agency("5.2"), last_name=f"Дальний {number}") for number in range(MOST_EMPLOYEES)]
    gone = factories.employee(cast.agency("5.2"), last_name="Ушедшая")
    gone.dismissed = True
    tried = [
        (named(cast, due_on=clock.today() - timedelta(days=1)), "due_on"),
        (named(cast, due_on=clock.today() + timedelta(days=400)), "due_on"),
        (surveys.NamedGroup(cast.employee("gleb"), many, clock.today(), None), "employees"),
        (surveys.NamedGroup(gone, [], clock.today(), None), "leader"),
        (surveys.NamedGroup(cast.employee("gleb"), [gone], clock.today(), None), "employees"),
    ]
    for wrong, field in tried:
        with pytest.raises(Refusal) as refusal:
            surveys.name_for_card(card, wrong, clock.today())
        assert refusal.value.field == field
        db.session.rollback()


@IN_PYTHON
def test_one_group_at_a_time(cast, card):
    name_group(cast, card)
    with acting(cast, "anna"), pytest.raises(Refusal, match="уже названа"):
        surveys.name_for_card(card, named(cast), clock.today())


@IN_PYTHON
def test_naming_is_undone_by_one_step(cast, card):
    group = name_group(cast, card)
    with acting(cast, "anna"):
        signals.undo(card)
        db.session.commit()
    assert (state(card), card.survey_due_on) == (terms.CardState.RECEIVED, None)
    assert group.annulled_at is not None
    name_group(cast, card)  # and another group may go


@IN_PYTHON
def test_a_card_with_a_group_on_its_way_goes_nowhere(cast, card):
    name_group(cast, card)
    outcome = db.session.scalars(select(SignalCardOutcome).where(SignalCardOutcome.code == "not_confirmed")).one()
    far = cast.far.id
    tried = [
        lambda: signals.redirect(card, far, "Живут там"),
        lambda: signals.send_out(card, "Комиссия города", "Живут там"),
        lambda: signals.close(card, outcome, "Не подтвердилось"),
    ]
    for act in tried:
        with acting(cast, "anna"), pytest.raises(Refusal, match="группа обследования"):
            act()
        db.session.rollback()


@IN_PYTHON
def test_a_survey_follows_its_card(cast, card):
    group, far = name_group(cast, card), cast.far.id
    group.surveyed_on = card.surveyed_on = clock.today()
    db.session.commit()
    with acting(cast, "anna"):
        signals.redirect(card, far, "Семья живёт там")
        db.session.commit()
    assert group.territory_id == far
    assert group.id in seen_by(cast, SurveyGroup)["galina"]
    with acting(cast, "anna"):
        signals.recall(card.id)
        db.session.commit()
    assert group.territory_id == cast.north.id
    family = factories.family(cast.north)
    with acting(cast, "anna"):
        signals.attach(card, family)
        db.session.commit()
    assert group.family_id == family.id


@IN_PYTHON
def test_a_group_that_has_gone_is_neither_changed_nor_called_off(cast, card):
    group = name_group(cast, card)
    group.surveyed_on = clock.today()
    db.session.commit()
    for act in (lambda: surveys.change(group, named(cast), clock.today()), lambda: surveys.call_off(group, "Поздно")):
        with acting(cast, "anna"), pytest.raises(Refusal, match="уже была"):
            act()
        db.session.rollback()


@IN_PYTHON
def test_another_day_is_the_card_s_day_too(cast, card):
    group = name_group(cast, card)
    earlier, later = clock.today(), clock.today() + timedelta(days=9)
    with acting(cast, "anna"):
        surveys.change(group, named(cast, due_on=earlier), clock.today())
        db.session.commit()
        assert (group.due_on, card.survey_due_on) == (earlier, earlier)
        with pytest.raises(Refusal, match="Продлить срок"):
            surveys.change(group, named(cast, due_on=later), clock.today())
        surveys.extend(group, clocks.of_survey(group), until=later, reason="Семья в отъезде", today=clock.today())
        db.session.commit()
    assert (group.due_on, card.survey_due_on) == (later, later)
    running = clocks.of_survey(group)
    assert [(one.until, one.reason, one.by) for one in running.extended] == [
        (later, "Семья в отъезде", cast.user("anna").get_full_name())]  # fmt: skip
    assert (running.due, running.overdue(later), running.overdue(later + timedelta(days=1))) == (later, False, True)


def test_what_is_due_and_the_calendar_follow_an_extended_survey(cast, card):
    group = name_group(cast, card)
    later = group.due_on + timedelta(days=9)
    with acting(cast, "anna"):
        surveys.extend(group, clocks.of_survey(group), until=later, reason="Семья в отъезде", today=clock.today())
        db.session.commit()
        asked = DaysAsked(None, later, DeadlinesInUse.read())
        assert [(one.key, one.due) for one in due.surveys.lines(asked)] == [(group.id, later)]


@IN_PYTHON
def test_a_survey_that_is_over_is_not_extended(cast, card):
    group = name_group(cast, card)
    until = clock.today() + timedelta(days=9)
    for name, value, said in (("surveyed_on", clock.today(), "уже была"), ("annulled_at", clock.now(), "отменено")):
        setattr(group, name, value)
        with acting(cast, "anna"), pytest.raises(Refusal, match=said):
            surveys.extend(group, clocks.of_survey(group), until=until, reason="Поздно", today=clock.today())
        setattr(group, name, None)


@pytest.mark.parametrize("days", [-1, 0, 1])
def test_late_is_one_thing_in_python_and_in_sql(cast, card, days):
    group = factories.survey_group(cast.employee("gleb"), TODAY - timedelta(days=days), card=card)
    db.session.commit()
    table = SurveyGroup.__table__
    found = set(db.session.connection().scalars(select(table.c.id).where(reading.is_late(TODAY))))
    assert (group.id in found) is is_late(group.due_on, None, TODAY) is (days > 0)


@IN_PYTHON
def test_the_day_that_is_offered_counts_working_days(cast, monkeypatch):
    monday = date(2026, 10, 5)
    monkeypatch.setattr(clock, "now", lambda: datetime.combine(monday, time(9), UTC))
    assert reading.due_from(monday) == date(2026, 10, 8)
    db.session.add(WorkingDay(day=date(2026, 10, 7), works=False))
    db.session.commit()
    assert reading.due_from(monday) == date(2026, 10, 9)


def test_whom_a_group_visits_is_told_without_the_family_s_page(cast, card):
    family = factories.family(cast.north, actual_address="ул. Речная, 3")
    factories.member(family, born_on=date(2019, 1, 1))
    group = factories.survey_group(cast.employee("gleb"), TODAY, of=family)
    db.session.commit()
    db.session.expire_all()
    with acting(cast, "gleb"):
        whom = reading.visited(db.session.get(SurveyGroup, group.id), TODAY)
    assert (whom.family_id, whom.card_id) == (None, None)
    assert whom.address == "ул. Речная, 3"
    assert whom.people == ["Полозов Тимур Игоревич, 7 лет"]


def test_the_tabs_of_cards_hold_those_under_survey_and_in_emergency(cast, card):
    with acting(cast, "anna"):
        signals.mark_emergency(card)
        db.session.commit()
    name_group(cast, card)
    table = SignalCard.__table__
    for condition in (cards.is_under_survey(), cards.is_emergency()):
        assert set(db.session.connection().scalars(select(table.c.id).where(condition))) == {card.id}
