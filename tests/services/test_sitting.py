"""A meeting decides and is closed: each outcome does what it says, all of them or none, once, whoever closes it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app import access, clock, tree
from app.domain import meetings as rules
from app.domain import periods
from app.domain.meetings import Votes
from app.domain.refusal import Refusal
from app.domain.terms import (
    CardState,
    CommissionPost,
    DecisionKind,
    InstructionKind,
    MeetingState,
    SignalSource,
    Sitting,
    TransferState,
)
from app.extensions import db
from app.models import (
    Criterion,
    Decision,
    Family,
    Instruction,
    Meeting,
    Registration,
    SignalCard,
    Territory,
    Transfer,
)
from app.readings import meetings as reading
from app.reports import quarterly
from app.reports.places import ReportPlaces
from app.services import meetings, registrations, reopening, resolutions, signals, sitting
from app.services.registrations import DecisionPaper
from tests import factories, meeting_scenes
from tests.meeting_scenes import DAY, closed, decide, item, outcome
from tests.test_guard import acting

pytestmark = pytest.mark.one_database(
    "what is decided is carried out by services in Python; tests/test_at_once.py tries the locks on both"
)

INSTEAD = (DecisionKind.REFUSE, DecisionKind.LIGHTER)  # of placing: of a family that is not on record
MERELY = [kind for kind in rules.ASKED
          if kind not in (*INSTEAD, DecisionKind.PLACE, DecisionKind.REMOVE, DecisionKind.CRITERIA,
                          DecisionKind.REDIRECT)]  # fmt: skip


@access.unrestricted()
def entered(cast: factories.Cast, *, name: str = "Полозов", days: int | None = None, **values: Any) -> Family:
    """A family of the north with a child; on record for so many days."""
    row = factories.family(cast.north)
    factories.member(row, "мать", date(1990, 1, 1), f"{name}а", "Инна", "Олеговна")
    factories.member(row, "сын", date(2018, 5, 5), name)
    if days is not None:
        factories.registration(row, clock.today() - days * DAY, **values)
    db.session.commit()
    return row


@pytest.fixture
def family(cast: factories.Cast) -> Family:
    return entered(cast)


@pytest.fixture
def on_record(cast: factories.Cast) -> Family:
    return entered(cast, name="Мятлев", days=100)


@access.unrestricted()
def card_of(cast: factories.Cast, family: Family | None = None, **values: Any) -> SignalCard:
    card = factories.signal_card(cast.north, cast.agency("5.3"), **{"received_at": clock.now()} | values)
    card.family = family
    db.session.commit()
    return card


@access.unrestricted()
def far_away(cast: factories.Cast) -> Territory:
    """A place of another district, which the secretary does not see."""
    return cast.far


def stays(family: Family) -> list[Registration]:
    db.session.expire_all()
    asked = select(Registration).where(Registration.family_id == family.id, Registration.annulled_at.is_(None))
    return list(db.session.scalars(asked.order_by(Registration.registered_on, Registration.id)))


def refused(match: str, act: Any, *args: Any, **values: Any) -> str:
    with pytest.raises(Refusal, match=match) as caught:
        act(*args, **values)
    return caught.value.field or ""


# Whether it may decide


def test_without_a_quorum_nothing_is_decided_and_the_meeting_is_not_closed(cast, body):
    meeting = meeting_scenes.meeting(body, absent=3)
    matter = item(meeting, entered(cast))
    assert meetings.quorum(meeting).missing == 1
    refused(r"присутствуют 1 из 4, нужно 2\. Не хватает: 1", decide, matter, DecisionKind.HEAR)
    assert matter.decided_at is None
    texts = [fault.text for fault in sitting.faults(meeting, clock.today())]
    assert any("Не хватает: 1" in text for text in texts)
    rows = [row.id for row in meeting.attendance]
    meetings.attend(meeting, rows[:2], {rows[2]: "болеет", rows[3]: None})
    assert [row.note for row in meeting.attendance] == [None, None, "болеет", None]
    decide(matter, DecisionKind.HEAR)
    meetings.attend(meeting, rows[:1], {})
    refused("Не хватает: 1", closed, meeting)
    assert meeting.state is MeetingState.HELD


def test_a_meeting_that_is_not_open_or_has_no_day_yet_decides_nothing(cast, body):
    tomorrow = meeting_scenes.meeting(body, clock.today() + DAY, is_open=False)
    matter = item(tomorrow, entered(cast))
    refused("раньше этого дня", meetings.open_, tomorrow, clock.today())
    refused("Сначала откройте", decide, matter, DecisionKind.HEAR)
    refused("Сначала откройте", meetings.attend, tomorrow, [], {})
    refused("Сначала откройте", sitting.close, tomorrow, clock.today())


def test_a_meeting_is_opened_by_whoever_sits_on_its_day(cast, body):
    dropped, left, late = (factories.employee(body, last_name=name) for name in ("Клюквина", "Лаврова", "Малинина"))
    meeting_scenes.member(body, dropped)
    meeting_scenes.member(body, left, until=clock.today())
    meeting_scenes.member(body, late, since=clock.today() + DAY)
    meeting = meeting_scenes.meeting(body, is_open=False)
    dropped.dismissed = True
    db.session.flush()
    meetings.open_(meeting, clock.today())
    meetings.open_(meeting, clock.today())
    db.session.expire(meeting, ["attendance"])
    assert [(row.employee.last_name, row.post) for row in meeting.attendance] == [
        ("Абрикосова", CommissionPost.CHAIR), ("Кленов", CommissionPost.DEPUTY), ("Березина", CommissionPost.SECRETARY),
        ("Липатова", CommissionPost.MEMBER),
    ]  # fmt: skip
    assert meetings.quorum(meeting) == rules.Quorum(4, 0)


def test_whoever_presides_was_dismissed_between_the_plan_and_the_day(body):
    meeting = meeting_scenes.meeting(body, is_open=False)
    assert meeting.presiding is not None
    meeting.presiding.dismissed = True
    db.session.flush()
    refused("Абрикосова Лидия: не в составе на этот день", meetings.open_, meeting, clock.today())
    assert meeting.opened_at is None


def test_whoever_presides_is_there(cast, body):
    meeting = meeting_scenes.meeting(body)
    decide(item(meeting, entered(cast)), DecisionKind.HEAR)
    meetings.attend(meeting, [row.id for row in meeting.attendance][1:], {})
    refused("Председательствующий не отмечен", closed, meeting)


def test_an_empty_or_undecided_agenda_is_told_before_closing(cast, sits, family):
    assert [fault.text for fault in sitting.faults(sits, clock.today())] == ["В повестке нет ни одного вопроса."]
    matter = item(sits, family)
    assert [(fault.item, fault.text) for fault in sitting.faults(sits, clock.today())] == [
        (matter, "решение не внесено")
    ]
    refused("Вопрос 1: решение не внесено", closed, sits)
    decide(matter, DecisionKind.HEAR)
    sitting.take_back(matter)
    refused("решение не внесено", closed, sits)


# What each outcome does


def test_placing_takes_the_signal_of_the_card_and_the_criteria_in_their_order(cast, sits, family):
    detected = clock.now() - timedelta(days=9)
    card = card_of(cast, family, detected_at=detected, sent_at=clock.now() - timedelta(days=7))
    codes = ("2.2.1", "2.1.1", "2.5.2")
    matter = item(sits, card=card)
    named = [factories.by_code(Criterion, code) for code in codes]
    decide(matter, DecisionKind.PLACE, criteria=[*named, named[0]], note="Первый раз")
    closed(sits)
    [stay] = stays(family)
    assert [one.criterion.code for one in stay.criteria] == list(codes)
    assert (stay.registered_on, stay.sender, stay.note) == (sits.held_on, cast.agency("5.3"), "Первый раз")
    assert stay.detected_on == clock.local(detected).date()
    assert stay.card_sent_on == clock.local(card.sent_at).date()
    assert (stay.decision, stay.decision.number, stay.decision.agency) == (
        matter.decision, f"{sits.number}/1", sits.agency,
    )  # fmt: skip
    assert (card.outcome.code, card.closed_at is not None) == ("placed", True)
    assert f"Постановление № {sits.number}/1" in (card.outcome_note or "")
    assert signals.state(card) is CardState.CLOSED


def test_a_card_of_a_citizen_gives_no_sender(cast, sits, family):
    card = card_of(cast, family, source=SignalSource.CITIZEN)
    decide(item(sits, card=card), DecisionKind.PLACE)
    closed(sits)
    [stay] = stays(family)
    assert (stay.sender, stay.detected_on, stay.card_sent_on) == (None, None, None)


def test_removal_ends_the_stay_on_the_day_of_the_meeting_for_its_reason(sits, on_record):
    matter = item(sits, on_record)
    decide(matter, DecisionKind.REMOVE, note="Положение исправлено")
    closed(sits)
    [stay] = stays(on_record)
    assert (stay.removed_on, stay.removal_reason.code, stay.removal_decision_id) == (
        sits.held_on, "11.2", matter.decision_id,
    )  # fmt: skip
    assert stay.removal_decision.kind is DecisionKind.REMOVE


def test_a_removal_for_another_reason_is_explained_when_it_is_decided(sits, on_record):
    matter, reason = item(sits, on_record), factories.by_code(factories.RemovalReason, "11.4.1")
    assert refused("примечания", decide, matter, DecisionKind.REMOVE, removal_reason=reason) == "note"
    assert matter.decided_at is None
    decide(matter, DecisionKind.REMOVE, removal_reason=reason, note="Переехали")
    closed(sits)


@pytest.mark.parametrize(("kind", "code"), [(DecisionKind.REFUSE, "not_confirmed"), (DecisionKind.LIGHTER, "tzhs")])
def test_what_is_decided_instead_of_placing_closes_the_card_and_its_sender_reads_it(kind, code, cast, sits, family):
    of_bank, bare = card_of(cast, family), card_of(cast, last_name="Ольхова")
    matters = [item(sits, card=card) for card in (of_bank, bare)]
    for matter in matters:
        decide(matter, kind)
    closed(sits)
    assert stays(family) == []
    assert [card.outcome.code for card in (of_bank, bare)] == [code, code]
    assert [matter.decision is not None for matter in matters] == [True, False]
    assert matters[0].decision.kind is kind
    assert [matter.number for matter in matters] == [f"{sits.number}/{place}" for place in (1, 2)]


@pytest.mark.parametrize("kind", INSTEAD)
def test_what_is_decided_instead_of_placing_is_not_of_a_family_on_record(kind, sits, on_record):
    decide(item(sits, on_record), kind)
    refused("Вопрос 1 .*состоит на учёте", closed, sits)


def test_a_card_is_redirected_and_its_clock_begins_there(cast, sits):
    card, far = card_of(cast), far_away(cast)
    matter = item(sits, card=card)
    decide(matter, DecisionKind.REDIRECT, to_territory=tree.read().rows[far.id])
    closed(sits)
    assert (card.territory_id, card.received_at, card.closed_at) == (far.id, None, None)
    assert (matter.number, matter.decision) == (f"{sits.number}/1", None)


def test_the_file_of_a_family_is_handed_over_and_its_card_is_answered(cast, sits, on_record):
    far, card = far_away(cast), card_of(cast, on_record)
    matter = item(sits, card=card)
    refused("того же района", decide, matter, DecisionKind.REDIRECT, to_territory=tree.read().rows[cast.south.id])
    decide(matter, DecisionKind.REDIRECT, to_territory=tree.read().rows[far.id], note="Переехали")
    closed(sits)
    row = db.session.scalars(select(Transfer).where(Transfer.family_id == on_record.id)).one()
    assert (row.to_territory_id, row.state, row.number) == (far.id, TransferState.WAITING, f"{sits.number}/1")
    assert (row.decision_id, row.note) == (matter.decision.id, "Переехали")
    assert [stay.removed_on for stay in stays(on_record)] == [None], "it is here until it is received there"
    assert card.outcome.code == "redirected"


@pytest.mark.parametrize("kind", MERELY)
def test_the_rest_enter_a_decision_and_leave_the_card_and_the_stay(kind, cast, sits, on_record):
    card = card_of(cast, on_record)
    matter = item(sits, card=card)
    orders = [meeting_scenes.order(cast.agency("5.2"), sits.held_on + 10 * DAY, "ответить")]
    decide(matter, kind, note="Примечание", instructions=orders)
    closed(sits)
    assert (matter.decision.kind, matter.decision.decided_on, matter.decision.family) == (kind, sits.held_on, on_record)
    assert (matter.decision.number, matter.decision.note) == (f"{sits.number}/1", "Примечание")
    assert card.closed_at is None
    [stay] = stays(on_record)
    assert stay.removed_on is None


def test_every_outcome_of_the_dictionary_is_known(app):
    effects = db.session.scalars(select(outcome(DecisionKind.PLACE).__class__.effect)).all()
    assert sorted(effects) == sorted(rules.ASKED)
    assert set(resolutions.DECISIONS) == set(rules.ASKED)


@pytest.mark.parametrize(("kind", "of"), [(DecisionKind.REPRESENT, InstructionKind.REPRESENTATION),
                                          (DecisionKind.COURT, InstructionKind.COURT),
                                          (DecisionKind.HEAR, InstructionKind.INSTRUCTION)])  # fmt: skip
def test_instructions_are_given_when_the_meeting_is_closed(kind, of, cast, sits, on_record):
    matter, due = item(sits, on_record), sits.held_on + 10 * DAY
    if of is not InstructionKind.INSTRUCTION:
        refused("Впишите в поручениях", decide, matter, kind)
    decide(matter, kind, instructions=[meeting_scenes.order(cast.agency("5.2"), due, text) for text in ("а", "б")])
    assert [(row.given_on, row.family_id) for row in matter.instructions] == [(None, None)] * 2
    closed(sits)
    rows = db.session.scalars(select(Instruction).order_by(Instruction.id)).all()
    assert [(row.text, row.kind, row.given_on, row.family_id, row.due_on) for row in rows] == [
        (text, of, sits.held_on, on_record.id, due) for text in ("а", "б")
    ]


def test_a_matter_about_nobody_is_decided_and_numbered(sits):
    matter = item(sits)
    refused("в банке ещё нет", decide, matter, DecisionKind.PLACE)
    decide(matter, DecisionKind.HEAR)
    closed(sits)
    assert (matter.number, matter.decision) == (f"{sits.number}/1", None)


def test_a_council_only_proposes_what_it_may_not_decide(sits, body, family):
    with access.unrestricted():
        body.sits_as = Sitting.COUNCIL
        db.session.commit()
    matter = item(sits, family)
    assert refused("Совет этого не решает", decide, matter, DecisionKind.PLACE) == "outcome"
    decide(matter, DecisionKind.PROGRAMME)


# A removal and a placing of one family in one sitting


def test_a_family_is_removed_and_placed_again_in_one_sitting(cast, sits, on_record):
    before = reading.on_record(sits, [])[0]
    for kind in (DecisionKind.REMOVE, DecisionKind.PLACE):
        decide(item(sits, on_record), kind)
    assert reading.on_record(sits, sits.items) == (before, before)
    closed(sits)
    old, fresh = stays(on_record)
    assert (old.removed_on, fresh.registered_on, fresh.removed_on) == (sits.held_on, sits.held_on, None)
    assert (old.removal_decision.number, fresh.decision.number) == (f"{sits.number}/1", f"{sits.number}/2")
    assert reading.on_record(sits, sits.items) == (before, before)


def test_in_the_other_order_it_says_that_the_family_is_on_record(sits, on_record):
    for kind in (DecisionKind.PLACE, DecisionKind.REMOVE):
        decide(item(sits, on_record), kind)
    refused("Вопрос 1 .*уже состоит на учёте", closed, sits)


# All or nothing


@pytest.fixture
def three(cast: factories.Cast, sits: Meeting, family: Family, on_record: Family) -> list[Any]:
    """Three items that can be carried out, each by another act."""
    card = card_of(cast, last_name="Ольхова")
    matters = [item(sits, family), item(sits, on_record), item(sits, card=card)]
    for matter, kind in zip(matters, (DecisionKind.PLACE, DecisionKind.REMOVE, DecisionKind.REFUSE), strict=True):
        decide(matter, kind, instructions=[meeting_scenes.order(cast.agency("5.2"), sits.held_on + DAY)])
    db.session.commit()
    return matters


def nothing_is_done(meeting: Meeting, matters: list[Any]) -> None:
    db.session.rollback()
    db.session.expire_all()
    assert meeting.closed_at is None
    assert not db.session.scalars(select(Instruction).where(Instruction.given_on.is_not(None))).all()
    for matter in matters:
        assert (matter.number, matter.decision_id) == (None, None)
        assert matter.card is None or matter.card.closed_at is None
    placed = select(Registration).where(Registration.registered_on == meeting.held_on)
    assert not db.session.scalars(placed).all()
    assert not db.session.scalars(select(Registration).where(Registration.removed_on == meeting.held_on)).all()
    assert not db.session.scalars(select(Decision).where(Decision.decided_on == meeting.held_on)).all()


def test_one_item_that_cannot_be_carried_out_names_itself_and_nothing_is_stored(cast, sits, three):
    last = item(sits, entered(cast, name="Тополев"), title="Особый вопрос")
    decide(last, DecisionKind.REMOVE)
    db.session.commit()
    refused("Вопрос 4 «Особый вопрос»: семья не состоит на учёте", closed, sits)
    nothing_is_done(sits, [*three, last])


@pytest.mark.parametrize("fault", ["annulled", "moved", "card moved", "card closed for a survey", "entered"])
def test_what_changed_between_the_decision_and_the_closing_is_told(fault, cast, sits, three):
    placed, _removed, of_card = three
    row = placed.family
    if fault == "annulled":
        row.annulled_at, row.annul_reason, match = clock.now(), "Внесена дважды", "Вопрос 1 .*аннулирована"
    elif fault == "moved":
        row.territory, match = far_away(cast), "Вопрос 1 .*на другой территории"
    elif fault == "card moved":
        of_card.card.territory, match = far_away(cast), "Вопрос 3 .*на другой территории"
    elif fault == "entered":
        with access.unrestricted():
            factories.registration(row, sits.held_on - DAY)
        match = "Вопрос 1 .*уже состоит на учёте"
    else:
        of_card.card.survey_due_on, match = clock.today() + DAY, "Вопрос 3 .*группа обследования"
    with access.unrestricted():
        db.session.commit()
    key = sits.id
    db.session.expunge_all()  # another request closes it
    refused(match, sitting.close, db.session.get_one(Meeting, key), clock.today())
    db.session.rollback()
    db.session.expire_all()
    found = db.session.get_one(Meeting, key)
    assert found.closed_at is None
    assert [one.number for one in found.items] == [None] * 3


def test_a_closed_meeting_is_fixed(cast, sits, three):
    closed(sits)
    db.session.commit()
    assert (sits.state, sits.closed_by) == (MeetingState.CLOSED, "Лугова Зоя")
    for act in (lambda: sitting.close(sits, clock.today()), lambda: decide(three[0], DecisionKind.REFUSE),
                lambda: sitting.take_back(three[0]), lambda: meetings.attend(sits, [], {}),
                lambda: meetings.call_off(sits, "Ошибка")):  # fmt: skip
        refused("Заседание закрыто", act)
    assert len(db.session.scalars(select(Decision).where(Decision.decided_on == sits.held_on)).all()) == 2


# Numbers


@access.unrestricted()
def on_paper(family: Family, number: str, of: Meeting) -> None:
    """A decision of the same commission that is entered from its copy."""
    registrations.decide(family, DecisionPaper(number, of.held_on, of.agency), kind=DecisionKind.HEAR, note=None,
                         today=of.held_on)  # fmt: skip
    db.session.commit()


def test_a_number_of_a_meeting_is_of_one_meeting_in_a_year(body):
    first = meeting_scenes.meeting(body, clock.today() - DAY, number=5, is_open=False)
    second = meeting_scenes.meeting(body, is_open=False)
    assert (second.number, first.number) == (6, 5)
    said = meetings.Prepared(5, second.held_on, None, None, False, None, None, None)
    assert refused("Номер 5 уже у заседания", meetings.prepare, second, said, clock.today()) == "number"


@pytest.mark.parametrize("entered_by", ["paper", "meeting"])
def test_a_number_that_is_taken_is_told(entered_by, cast, body, sits, family):
    if entered_by == "paper":
        on_paper(family, f"{sits.number}/1", sits)
    else:
        other = meeting_scenes.meeting(body, sits.held_on - DAY)
        decide(item(other), DecisionKind.HEAR)
        closed(other)
        other.number, sits.number = 99, other.number
    decide(item(sits), DecisionKind.HEAR)
    if sits.held_on.year == (sits.held_on - DAY).year:
        refused("уже занят: измените номер заседания", closed, sits)


def test_running_numbers_pass_over_those_that_are_taken(cast, body, sits, family):
    body.number_pattern = "{n}"
    on_paper(family, "2", sits)
    matters = [item(sits) for _ in range(3)]
    for matter in matters:
        decide(matter, DecisionKind.HEAR)
    closed(sits)
    assert [matter.number for matter in matters] == ["3", "4", "5"]
    following = meeting_scenes.meeting(body)
    last = item(following)
    decide(last, DecisionKind.HEAR)
    closed(following)
    assert last.number == "6"


# What is entered of an item


def test_an_item_that_is_decided_otherwise_keeps_nothing_of_the_other_outcome(cast, sits, on_record):
    matter, due = item(sits, on_record), sits.held_on + DAY
    named = [factories.by_code(Criterion, code) for code in ("2.1.1", "2.2.1")]
    orders = [meeting_scenes.order(cast.agency("5.2"), due, text) for text in ("а", "б")]
    decide(matter, DecisionKind.PLACE, criteria=named, in_charge=cast.agency("5.2"), instructions=orders,
           until=due, removal_reason=factories.by_code(factories.RemovalReason, "11.2"))  # fmt: skip
    assert (matter.until, matter.removal_reason) == (None, None)
    first, second = matter.instructions
    kept_one = sitting.Ordered(second.id, second.agency, "в", due + DAY)
    decide(matter, DecisionKind.REMOVE, instructions=[kept_one], votes=Votes(3, 1, 0))
    db.session.commit()
    assert (matter.criteria, matter.in_charge, matter.outcome.effect) == ([], None, DecisionKind.REMOVE)
    assert [(row.id, row.text, row.due_on) for row in matter.instructions] == [(second.id, "в", due + DAY)]
    assert first.annulled_at is not None
    assert (matter.votes_for, matter.votes_against, matter.abstained) == (3, 1, 0)


def test_an_instruction_is_refused_beside_its_own_row(cast, sits, on_record):
    matter = item(sits, on_record)
    wrong = sitting.Ordered(None, cast.agency("5.2"), "а", sits.held_on, "instructions-1")
    assert (
        refused("позже заседания", decide, matter, DecisionKind.HEAR, instructions=[wrong]) == "instructions-1-due_on"
    )
    many = [meeting_scenes.order(cast.agency("5.2"), sits.held_on + DAY)] * (sitting.MOST_INSTRUCTIONS + 1)
    assert refused("не больше", decide, matter, DecisionKind.HEAR, instructions=many) == "instructions"


def test_more_votes_than_members_are_there_are_refused(sits, on_record):
    assert (
        refused("Голосов больше", decide, item(sits, on_record), DecisionKind.HEAR, votes=Votes(5, 0, 0)) == "votes_for"
    )


def test_the_words_of_a_decision_follow_the_outcome_until_somebody_writes_his_own(cast, sits, on_record):
    with access.unrestricted():
        leader = factories.employee(cast.agency("5.2"))
        earlier, group = (factories.survey_group(leader, sits.held_on, of=on_record) for _ in range(2))
        factories.survey_act(earlier, sits.held_on - DAY, conclusion="Дома сыро.")
    matter = item(sits, on_record, group=group)
    known = resolutions.known(matter)
    assert (known.substance or "").endswith("Дома сыро."), "until the group has been there, the earlier act is told"
    place = sitting.Decided(outcome(DecisionKind.PLACE), criteria=[factories.by_code(Criterion, "2.1.1")],
                            in_charge=cast.agency("5.2"))  # fmt: skip
    said = resolutions.composed(matter, place)
    assert "Поставить на учёт семью Мятлев" in said.resolved
    assert "Критерии: 2.1.1" in said.resolved
    sitting.decide(matter, said)
    hear = resolutions.composed(matter, sitting.Decided(outcome(DecisionKind.HEAR), resolved=f"{said.resolved} "))
    assert hear.resolved == "Информацию принять к сведению."
    sitting.decide(matter, hear)
    own = resolutions.composed(matter, sitting.Decided(outcome(DecisionKind.COURT), resolved="Своими словами."))
    assert own.resolved == "Своими словами."
    stale = sitting.Decided(outcome(DecisionKind.COURT), resolved=resolutions.DECISIONS[DecisionKind.RENEW])
    assert resolutions.composed(matter, stale).resolved == "Направить материалы в суд.", "words of another's outcome"
    later = sitting.Decided(outcome(DecisionKind.POSTPONE), until=sits.held_on + DAY, note="мать не явилась.")
    assert resolutions.composed(matter, later).resolved.endswith("дополнительную проверку. Причина: мать не явилась.")


def test_a_family_that_is_entered_from_the_card_is_placed_by_the_matter_of_the_card(cast, sits):
    card = card_of(cast)
    matter = item(sits, card=card)
    refused("сначала внесите", decide, matter, DecisionKind.PLACE)
    row = entered(cast)
    with acting(cast, "anna"):
        signals.enter(card, row)
        db.session.commit()
    with acting(cast, "zoya"):
        decide(matter, DecisionKind.PLACE)
        closed(sits)
    assert [stay.registered_on for stay in stays(row)] == [sits.held_on]
    assert card.outcome.code == "placed"


def test_a_family_that_was_entered_by_mistake_leaves_the_matter_with_its_card(cast, sits):
    card, row = card_of(cast), entered(cast)
    matter = item(sits, card=card)
    db.session.commit()
    with acting(cast, "anna"):
        signals.enter(card, row)
        assert matter.family_id == row.id
        signals.undo(card)
        assert matter.family_id is None


# The quarterly form


def test_the_quarterly_form_counts_what_the_meeting_decided(cast, sits, family, on_record):
    district = cast.district
    period = periods.quarter(sits.held_on.year, (sits.held_on.month + 2) // 3)

    def form() -> dict[str, Any]:
        places = ReportPlaces()
        return quarterly.as_json(quarterly.quarterly(period, places.all[district.id], tree=places))["total"]

    before = form()
    codes = ("2.2.1", "2.5.2")
    decide(item(sits, family), DecisionKind.PLACE, criteria=[factories.by_code(Criterion, code) for code in codes])
    decide(item(sits, on_record), DecisionKind.REMOVE)
    assert form() == before
    closed(sits)
    db.session.commit()
    after = form()
    changed = {key: float(after[key]) - float(before[key]) for key in after
               if isinstance(after[key], int | float) and after[key] != before[key]}  # fmt: skip
    assert changed
    # One family with one child comes, one leaves; on record at the end it is another criterion that counts.
    assert changed == {"8": 1, "9": 1, "10": 1, "11.2": 1, "13": -1, "14": 1}
    assert (after["6"], after["12"]) == (before["6"], before["12"])


# What a meeting did to a card


@pytest.mark.parametrize("kind", [DecisionKind.REFUSE, DecisionKind.REDIRECT])
def test_what_a_closed_meeting_did_to_a_card_is_undone_with_the_closing_alone(kind, cast, sits):
    card, far = card_of(cast), far_away(cast)
    before = (card.territory_id, card.number)
    decide(item(sits, card=card), kind, to_territory=tree.read().rows[far.id])
    closed(sits)
    db.session.commit()
    key, card_id = sits.id, card.id
    with acting(cast, "anna"):
        if kind is DecisionKind.REFUSE:
            refused("вместе с закрытием заседания", signals.undo, card)
        else:
            refused("вместе с закрытием заседания", signals.recall, card_id)
        db.session.rollback()
    db.session.expunge_all()
    reopening.reopen(db.session.get_one(Meeting, key), "Ошиблись", clock.today())
    db.session.commit()
    found = db.session.get_one(SignalCard, card_id)
    assert (found.territory_id, found.number) == before
    assert (found.closed_at, found.received_at is not None) == (None, True)
    [again] = db.session.get_one(Meeting, key).items
    decide(again, DecisionKind.REFUSE)
    closed(db.session.get_one(Meeting, key))
    assert found.outcome.code == "not_confirmed"


def test_a_card_that_was_opened_where_it_was_sent_stays_there(cast, sits):
    card, far = card_of(cast), far_away(cast)
    decide(item(sits, card=card), DecisionKind.REDIRECT, to_territory=tree.read().rows[far.id])
    closed(sits)
    with access.unrestricted():
        signals.receive(card)
        db.session.commit()
    key = sits.id
    db.session.expunge_all()
    refused("Вопрос 1 .*уже работали", reopening.reopen, db.session.get_one(Meeting, key), "Ошиблись", clock.today())
