"""What a meeting has to consider: each source says why, nothing is proposed twice, and only what lies where it sits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from app import clock
from app.domain.agenda import Proposal
from app.domain.refusal import Refusal
from app.domain.terms import AgendaGround, DecisionKind
from app.extensions import db
from app.models import Agency, AgendaItem, Family, Meeting, SignalCard
from app.readings import agenda
from app.services import agenda as acts
from app.services import instructions, meetings, signals, sitting
from tests import factories, meeting_scenes
from tests.states import kept
from tests.test_guard import acting

IN_PYTHON = pytest.mark.one_database(
    "what is put on an agenda is ordered in Python; what is proposed is found in both databases"
)

DAY = timedelta(days=1)
Asked = Callable[..., list[Proposal]]


@kept
def body(cast: factories.Cast) -> Agency:
    """The commission of the test district."""
    return meeting_scenes.commission(cast)


@pytest.fixture
def asked(cast: factories.Cast) -> Asked:
    """asked(meeting): what is proposed to one of the cast, the secretary if nobody else is named."""

    def ask(of: Meeting, name: str = "zoya") -> list[Proposal]:
        db.session.commit()
        with acting(cast, name):
            return agenda.proposals(of)

    return ask


def ahead(body: Agency, days: int = 3, **values: Any) -> Meeting:
    return meeting_scenes.meeting(body, clock.today() + days * DAY, is_open=False, **values)


def surveyed(cast: factories.Cast, *, card: SignalCard | None = None, of: Family | None = None, ago: int = 2) -> Any:
    on = clock.today() - ago * DAY
    group = factories.survey_group(cast.employee("gleb"), on, card=card, of=of, surveyed_on=on)
    if card is not None:
        card.survey_due_on = card.surveyed_on = on
    factories.survey_act(group, on)
    return group


def received(cast: factories.Cast, **values: Any) -> SignalCard:
    return factories.signal_card(cast.north, cast.agency("5.3"), received_at=clock.now(), **values)


def named(row: Family, last_name: str = "Полозов", born_on: date = date(2018, 5, 5)) -> Family:
    factories.member(row, "мать", date(1990, 1, 1), f"{last_name}а", "Инна", "Олеговна")
    factories.member(row, "сын", born_on, last_name)
    return row


def stands(row: Family, body: Agency, days: int, **values: Any) -> Family:
    """A family on record for so many days."""
    factories.registration(row, clock.today() - days * DAY, **values)
    return row


def grounds(found: list[Proposal]) -> list[AgendaGround]:
    return [one.ground for one in found]


# What is proposed and why


def test_a_surveyed_card_is_proposed_by_its_name_with_the_day_and_the_card(cast, body, asked):
    card = received(cast)
    group = surveyed(cast, card=card)
    meeting = ahead(body)
    [one] = asked(meeting)
    assert (one.ground, one.card_id, one.group_id, one.family_id) == (AgendaGround.SURVEYED, card.id, group.id, None)
    assert one.title == "О рассмотрении материалов семьи Полозовых"
    assert f"обследована {group.surveyed_on:%d.%m.%Y}" in one.why
    assert f"сигнальная карта № {card.number}/{card.year}" in one.why


def test_a_survey_that_waits_for_its_act_or_whose_card_is_closed_is_not_proposed(cast, body, asked):
    meeting, card = ahead(body), received(cast)
    on = clock.today() - DAY
    group = factories.survey_group(cast.employee("gleb"), on, card=card, surveyed_on=on)
    factories.survey_act(group, on, signed=False)
    assert asked(meeting) == []
    other = received(cast, last_name="Мятлева")
    surveyed(cast, card=other)
    other.closed_at, other.outcome = clock.now(), meeting_scenes.card_outcome("duplicate")
    assert asked(meeting) == []


def test_a_surveyed_family_is_proposed_unless_it_is_on_record(cast, body, asked):
    free, on_record = named(factories.family(cast.north)), named(factories.family(cast.south), "Мятлев")
    stands(on_record, body, 30)
    for row in (free, on_record):
        surveyed(cast, of=row)
    [one] = asked(ahead(body))
    assert (one.ground, one.family_id, one.title) == (
        AgendaGround.SURVEYED,
        free.id,
        "О рассмотрении материалов семьи Полозовых",
    )


def test_a_family_whose_children_are_grown_is_proposed_for_removal(cast, body, asked):
    meeting = ahead(body)
    adult = clock.today().replace(year=clock.today().year - 18, day=1) - DAY
    grown = stands(named(factories.family(cast.north), born_on=adult), body, 100)
    stands(named(factories.family(cast.north), "Мятлев"), body, 100)
    unknown = stands(factories.family(cast.north), body, 100)
    factories.member(unknown, "сын", None, "Ольхов")
    stands(factories.family(cast.north), body, 100)  # nobody is entered: nothing is known of its children
    [one] = asked(meeting)
    assert (one.ground, one.family_id) == (AgendaGround.REMOVAL, grown.id)
    assert one.why == "все дети в семье совершеннолетние"


@IN_PYTHON
def test_whoever_comes_of_age_by_the_day_of_the_meeting_is_grown_then(cast, body, asked):
    day = clock.today() + 10 * DAY
    row = stands(named(factories.family(cast.north), born_on=day.replace(year=day.year - 18)), body, 100)
    assert asked(ahead(body, 9)) == []
    assert [one.family_id for one in asked(ahead(body, 10))] == [row.id]


def test_a_family_that_nobody_has_looked_at_for_a_year_is_proposed_to_be_looked_through(cast, body, asked):
    old, fresh = named(factories.family(cast.north)), named(factories.family(cast.north), "Мятлев")
    stands(old, body, 400)
    stands(fresh, body, 300)
    looked_at = stands(named(factories.family(cast.south), "Ольхов"), body, 500)
    held = meeting_scenes.meeting(body, clock.today() - 20 * DAY)
    meeting_scenes.decide(meeting_scenes.item(held, looked_at), DecisionKind.HEAR)
    meeting_scenes.closed(held)
    meeting = ahead(body)
    [one] = asked(meeting)
    assert (one.ground, one.family_id) == (AgendaGround.STANDSTILL, old.id)
    with acting(cast, "zoya"):
        assert acts.gather(meeting, [one]) == []
        assert len(acts.put_on(meeting, [one])) == 1
    assert asked(meeting) == []


def test_an_instruction_without_an_answer_comes_back_and_an_answered_one_does_not(cast, body, asked):
    today, asked_body = clock.today(), cast.agency("5.2")
    rows = [named(factories.family(cast.north), name) for name in ("Полозов", "Мятлев", "Ольхов")]
    late, answered, running = [
        meeting_scenes.ordered(row, body, asked_body, today - (30 - number) * DAY, due)
        for number, (row, due) in enumerate(zip(rows, [today - DAY, today - DAY, today + 9 * DAY], strict=True))
    ]
    meeting = ahead(body)
    instructions.answer(answered, instructions.Answered(today, "Сделано"), today)
    [one] = asked(meeting)
    assert (one.ground, one.family_id, one.after_id) == (AgendaGround.INSTRUCTION, rows[0].id, late.item_id)
    assert f"О ходе исполнения постановления № {late.item.number} от" in one.title
    assert one.why == f"на поручение не ответили, срок {today - DAY:%d.%m.%Y}"
    instructions.give_back(answered, "Не то", today, today)
    assert {each.after_id for each in asked(meeting)} == {late.item_id, answered.item_id}
    instructions.answer(late, instructions.Answered(today, "Сделано"), today)
    assert [each.after_id for each in asked(meeting)] == [answered.item_id]
    assert running.answered_at is None


def test_an_instruction_comes_back_to_one_meeting_at_a_time_until_it_is_answered(cast, body, asked):
    today = clock.today()
    row = meeting_scenes.ordered(named(factories.family(cast.north)), body, cast.agency("5.2"), today - 30 * DAY,
                                 today - 5 * DAY)  # fmt: skip
    first, second = meeting_scenes.meeting(body, today), ahead(body)
    with acting(cast, "zoya"):
        [matter] = acts.put_on(first, asked(first))
    assert asked(second) == []
    with acting(cast, "zoya"):
        meeting_scenes.decide(matter, DecisionKind.HEAR)
        meeting_scenes.closed(first)
    assert [one.after_id for one in asked(second)] == [row.item_id]


# Postponed


def postponed(body: Agency, matter: Any, until: date) -> None:
    meeting_scenes.decide(matter, DecisionKind.POSTPONE, until=until)
    meeting_scenes.closed(matter.meeting)


def test_what_is_postponed_twice_comes_back_twice_and_each_time_once(cast, body, asked):
    today, row = clock.today(), named(factories.family(cast.north))
    first = meeting_scenes.meeting(body, today - 30 * DAY)
    matter = meeting_scenes.item(first, row, title="О чём шла речь")
    postponed(body, matter, today - DAY)
    second, third = meeting_scenes.meeting(body, today), ahead(body, 20)
    [one] = asked(second)
    assert (one.ground, one.title, one.after_id, one.family_id) == (
        AgendaGround.POSTPONED, "О чём шла речь", matter.id, row.id,
    )  # fmt: skip
    assert one.why == f"отложено {first.held_on:%d.%m.%Y} до {today - DAY:%d.%m.%Y}"
    with acting(cast, "zoya"):
        [again] = acts.gather(second, [one])
        assert asked(second) == []
        assert asked(third) == []
        postponed(body, again, today + 10 * DAY)
    assert asked(ahead(body, 9)) == []
    [one] = asked(third)
    assert (one.after_id, one.title) == (again.id, "О чём шла речь")


@IN_PYTHON
def test_what_was_taken_off_is_not_proposed_to_the_same_meeting_and_is_to_the_next(cast, body, asked):
    today = clock.today()
    first = meeting_scenes.meeting(body, today - 30 * DAY)
    postponed(body, meeting_scenes.item(first, named(factories.family(cast.north))), today)
    second, third = ahead(body), ahead(body, 9)
    with acting(cast, "zoya"):
        [matter] = acts.gather(second, asked(second))
        acts.take_off(matter, "Мать в больнице")
    assert asked(second) == []
    [one] = asked(third)
    with acting(cast, "zoya"):
        acts.put_back(matter)
    assert asked(third) == []
    with acting(cast, "zoya"):
        meetings.call_off(second, "Нет света. " * 45)
    assert [each.key for each in asked(third)] == [one.key]


def test_a_card_that_was_postponed_comes_back_with_the_family_that_was_entered_from_it(cast, body, asked):
    today, card = clock.today(), received(cast)
    first = meeting_scenes.meeting(body, today - 9 * DAY)
    postponed(body, meeting_scenes.item(first, card=card), today)
    meeting, row = ahead(body), factories.family(cast.north)
    [one] = asked(meeting)
    assert (one.card_id, one.family_id) == (card.id, None)
    with acting(cast, "anna"):
        signals.enter(card, row)
    [one] = asked(meeting)
    assert (one.card_id, one.family_id) == (card.id, row.id)


def test_nothing_is_left_to_decide_on_a_card_that_was_closed_or_went_on(cast, body, asked):
    today = clock.today()
    closed, gone = received(cast), received(cast, last_name="Мятлева")
    first = meeting_scenes.meeting(body, today - 9 * DAY)
    for card in (closed, gone):
        meeting_scenes.decide(meeting_scenes.item(first, card=card), DecisionKind.POSTPONE, until=today)
    meeting_scenes.closed(first)
    meeting, far_id = ahead(body), cast.far.id
    assert len(asked(meeting)) == 2
    with acting(cast, "anna"):
        signals.close(closed, meeting_scenes.card_outcome("duplicate"), "Повтор")
        signals.redirect(gone, far_id, "Переехали")
    assert asked(meeting) == []


# Nothing twice


@IN_PYTHON
def test_a_family_stands_once_whatever_brings_it(cast, body, asked):
    today = clock.today()
    adult = date(today.year - 19, 1, 1)
    row = stands(named(factories.family(cast.north), born_on=adult), body, 800)
    meeting_scenes.ordered(row, body, cast.agency("5.2"), today - 600 * DAY, today - 500 * DAY)
    first, second = ahead(body), ahead(body, 9)
    assert grounds(asked(first)) == [AgendaGround.REMOVAL]
    with acting(cast, "zoya"):
        acts.gather(first, asked(first))
        assert asked(first) == []
        assert AgendaGround.REMOVAL not in grounds(asked(second))
        assert AgendaGround.STANDSTILL not in grounds(asked(second))


@IN_PYTHON
def test_a_card_that_the_secretary_put_on_is_not_proposed_again(cast, body, asked):
    card = received(cast)
    group = surveyed(cast, card=card)
    first, second = ahead(body), ahead(body, 9)
    with acting(cast, "zoya"):
        matter = acts.add(first, title="О карте", why=None, family=None, card=card)
    assert matter.group_id == group.id
    assert asked(first) == []
    assert asked(second) == []
    with acting(cast, "zoya"), pytest.raises(Refusal, match="уже в повестке"):
        acts.add(first, title="Ещё раз", why=None, family=None, card=card)


@IN_PYTHON
def test_a_second_matter_of_a_family_is_named_otherwise(cast, body):
    row, meeting = named(factories.family(cast.north)), ahead(body)
    db.session.commit()
    with acting(cast, "zoya"):
        for title in ("О снятии с учёта", "О постановке на учёт"):
            acts.add(meeting, title=title, why=None, family=row, card=None)
        with pytest.raises(Refusal, match="назовите иначе") as caught:
            acts.add(meeting, title="О снятии с учёта", why=None, family=row, card=None)
    assert caught.value.field == "title"
    assert [one.position for one in meeting.items] == [1, 2]


# Where it lies


def test_each_is_proposed_what_lies_where_the_body_sits_and_what_the_person_sees(cast, body, asked):
    for place in (cast.north, cast.south, cast.far):
        stands(named(factories.family(place)), body, 400)
    meeting = ahead(body)
    for name in ("zoya", "anna"):
        seen = [db.session.get(Family, one.family_id).territory.name for one in asked(meeting, name)]
        assert sorted(seen) == sorted([cast.north.name, cast.south.name]), name
    assert asked(meeting, "galina") == []


def test_a_family_that_moved_away_is_not_considered_here_any_more(cast, body, asked):
    today = clock.today()
    adult = date(today.year - 19, 1, 1)
    moved, stayed = (named(factories.family(cast.north), name) for name in ("Полозов", "Мятлев"))
    grown = stands(named(factories.family(cast.north), "Ольхов", adult), body, 100)
    first = meeting_scenes.meeting(body, today - 30 * DAY)
    for row in (moved, stayed):
        meeting_scenes.decide(meeting_scenes.item(first, row), DecisionKind.POSTPONE, until=today)
    meeting_scenes.closed(first)
    meeting_scenes.ordered(grown, body, cast.agency("5.2"), today - 29 * DAY, today - 5 * DAY)
    meeting = ahead(body)
    assert {one.family_id for one in asked(meeting)} == {moved.id, stayed.id, grown.id}
    for row in (moved, grown):
        row.territory, row.district = cast.far, cast.other_district
    assert [one.family_id for one in asked(meeting)] == [stayed.id]
    stayed.annulled_at, stayed.annul_reason = clock.now(), "Внесена дважды"
    assert asked(meeting) == []


@IN_PYTHON
def test_a_matter_is_put_on_only_of_what_lies_where_the_body_sits(cast, body):
    meeting = ahead(body)
    far, card = named(factories.family(cast.far)), factories.signal_card(cast.far)
    own = received(cast)
    near = named(factories.family(cast.north))
    db.session.commit()
    for family, wrong, field in ((far, None, "family"), (None, card, "card"), (near, own, "card")):
        with pytest.raises(Refusal) as caught:
            acts.add(meeting, title="Вопрос", why=None, family=family, card=wrong)
        assert caught.value.field == field


# Order, and what was decided


@IN_PYTHON
def test_matters_change_places_and_keep_their_numbers_in_a_row(cast, body):
    meeting = ahead(body)
    first, second, third = (meeting_scenes.item(meeting, title=title) for title in "абв")
    acts.move(third, -1)
    acts.move(first, -1)
    acts.move(second, 1)
    db.session.expire(meeting, ["items"])
    assert [(one.title, one.position) for one in meeting.items] == [("а", 1), ("в", 2), ("б", 3)]
    acts.take_off(third, "Лишний")
    with pytest.raises(Refusal, match="снят"):
        acts.move(third, 1)
    with pytest.raises(Refusal, match="уже снят"):
        acts.take_off(third, "Лишний")


@IN_PYTHON
def test_what_was_decided_is_not_taken_off_before_it_is_taken_back(cast, body):
    meeting = meeting_scenes.meeting(body)
    matter = meeting_scenes.item(meeting, named(factories.family(cast.north)))
    meeting_scenes.decide(matter, DecisionKind.HEAR)
    with pytest.raises(Refusal, match="уже принято решение"):
        acts.take_off(matter, "Передумали")
    sitting.take_back(matter)
    acts.take_off(matter, "Передумали")


@IN_PYTHON
def test_an_agenda_has_an_end(cast, body, monkeypatch):
    monkeypatch.setattr(acts, "MOST_ITEMS", 2)
    meeting = ahead(body)
    for title in "аб":
        acts.add(meeting, title=title, why=None, family=None, card=None)
    with pytest.raises(Refusal, match="не больше 2"):
        acts.add(meeting, title="в", why=None, family=None, card=None)
    acts.take_off(meeting.items[0], "Лишний")
    off = db.session.scalars(db.select(AgendaItem).where(AgendaItem.annulled_at.is_not(None))).one()
    db.session.expire(meeting, ["items"])
    acts.add(meeting, title="г", why=None, family=None, card=None)
    with pytest.raises(Refusal, match="не больше 2"):
        acts.put_back(off)


@IN_PYTHON
def test_an_agenda_that_gathers_itself_takes_as_many_as_there_is_room_for(cast, body, asked, monkeypatch):
    """The most urgent come; what is left is proposed again, and a full agenda says so."""
    for last_name in ("Мятлева", "Осина", "Рогоза"):
        surveyed(cast, card=received(cast, last_name=last_name))
    monkeypatch.setattr(acts, "MOST_ITEMS", 2)
    meeting = ahead(body)
    waiting = asked(meeting)
    with acting(cast, "zoya"):
        added = acts.gather(meeting, waiting)
    assert [item.card_id for item in added] == [one.card_id for one in waiting[:2]]
    assert [one.card_id for one in asked(meeting)] == [waiting[2].card_id]
    with acting(cast, "zoya"), pytest.raises(Refusal, match="не больше 2"):
        acts.gather(meeting, waiting[2:])
