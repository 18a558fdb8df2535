"""A meeting decides: item after item is entered as it is decided, then the whole is carried out. Callers commit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

from sqlalchemy import select

from app import access, clock
from app.domain import meetings as rules
from app.domain import registration
from app.domain.meetings import Votes
from app.domain.refusal import Refusal
from app.domain.terms import DecisionKind, InstructionKind, SignalSource
from app.extensions import db
from app.models import (
    Agency,
    AgendaItem,
    Criterion,
    Decision,
    DecisionOutcome,
    Family,
    Instruction,
    Meeting,
    Registration,
    RemovalReason,
    SignalCard,
    SignalCardOutcome,
)
from app.services import meetings, programmes, registrations, signals, transfers
from app.services.registrations import DecisionPaper, Signal
from app.tree import Place

_item, _meeting, _decision = AgendaItem.__table__, Meeting.__table__, Decision.__table__

MOST_INSTRUCTIONS = 20  # of one item
NOT_OPENED = "Сначала откройте заседание и отметьте присутствующих."
NOT_COUNTED = Votes(None, None, None)
REMOVED = "Убрано до закрытия заседания."
# How a card ends whose matter was decided so.
CARD_OUTCOMES = {
    DecisionKind.PLACE: "placed",
    DecisionKind.REFUSE: "not_confirmed",
    DecisionKind.LIGHTER: "tzhs",
    DecisionKind.REDIRECT: signals.REDIRECTED,  # with the file of its family
}


class Ordered(NamedTuple):
    """An instruction as typed; `row`: which it is already, None of a fresh one."""

    row: int | None
    agency: Agency
    text: str
    due_on: date
    typed: str = "instructions"


@dataclass(frozen=True)
class Decided:
    """What was decided on an item, as typed."""

    outcome: DecisionOutcome
    criteria: Sequence[Criterion] = ()
    removal_reason: RemovalReason | None = None
    until: date | None = None
    in_charge: Agency | None = None
    to_territory: Place | None = None
    note: str | None = None
    votes: Votes = NOT_COUNTED
    speaker: str | None = None
    appeared: str | None = None
    rights_explained: bool = False
    explanations: str | None = None
    substance: str | None = None
    violations: str | None = None
    causes: str | None = None
    resolved: str | None = None
    measures: str | None = None
    instructions: Sequence[Ordered] = ()

    @property
    def said(self) -> set[str]:
        """The fields of the outcome that are filled in."""
        fields = ("criteria", "removal_reason", "until", "in_charge", "to_territory", "note")
        return {name for name in fields if getattr(self, name)}


# What is written of an item as it is; the fields that its outcome does not ask for are left empty.
TEXTS = ("speaker", "appeared", "rights_explained", "explanations", "substance", "violations", "causes", "resolved",
         "measures")  # fmt: skip
BY_OUTCOME = ("removal_reason", "until", "in_charge", "note")


def decide(item: AgendaItem, decided: Decided) -> None:
    """Enter what was decided on an item, or enter it otherwise. Raises Refusal with the form's field."""
    meeting = item.meeting
    _check_sitting(meeting)
    if item.annulled_at is not None:
        raise Refusal("Этот вопрос снят с повестки.")
    kind = decided.outcome.effect
    rules.check_outcome(
        kind, decided.said, until=decided.until, held_on=meeting.held_on, has_family=item.family_id is not None,
        of_council=decided.outcome.of_council, by_council=_is_council(meeting),
    )  # fmt: skip
    rules.check_ordered(kind, len(decided.instructions))
    if decided.removal_reason is not None and kind is DecisionKind.REMOVE:
        registration.check_reason(decided.removal_reason.code, decided.note)
    rules.check_votes(decided.votes, meetings.quorum(meeting).present)
    asked = rules.ASKED[kind].fields
    for name in BY_OUTCOME:
        setattr(item, name, getattr(decided, name) if name in asked else None)
    there = decided.to_territory if "to_territory" in asked else None
    if there is not None and item.family is not None:
        transfers.check_place(item.family, there.id)
    item.to_territory_id = there.id if there is not None else None
    for name in TEXTS:
        setattr(item, name, getattr(decided, name))
    item.outcome = decided.outcome
    item.votes_for, item.votes_against, item.abstained = (
        decided.votes.in_favour, decided.votes.against, decided.votes.abstained,
    )  # fmt: skip
    _set_criteria(item, decided.criteria if "criteria" in asked else ())
    _order(item, decided.instructions, rules.ORDERS.get(kind, InstructionKind.INSTRUCTION))
    item.decided_at, item.decided_by = clock.now(), access.scope().user_name
    db.session.flush()


def take_back(item: AgendaItem) -> None:
    """What was entered on an item is not decided yet; its words stay. Raises Refusal."""
    _check_sitting(item.meeting)
    item.decided_at, item.decided_by = None, None
    db.session.flush()


# Closing


class Obstacle(NamedTuple):
    """Why a meeting cannot be closed; `item`: the item that has to be mended, if it is one."""

    text: str
    item: AgendaItem | None = None


def faults(meeting: Meeting, today: date) -> list[Obstacle]:
    """Everything that keeps a meeting from being closed, as far as it is seen without carrying it out."""
    found = []
    if meeting.opened_at is None:
        found.append(Obstacle(NOT_OPENED))
    try:
        rules.check_quorum(meetings.quorum(meeting))
    except Refusal as refusal:
        found.append(Obstacle(refusal.text))
    there = {row.employee_id for row in meeting.attendance if row.annulled_at is None and row.is_present}
    if meeting.opened_at is not None and meeting.presiding_id not in there:
        found.append(Obstacle("Председательствующий не отмечен присутствующим: отметьте его или назначьте другого."))
    if not meeting.items:
        found.append(Obstacle("В повестке нет ни одного вопроса."))
    if meeting.held_on > today:
        found.append(Obstacle("День заседания ещё не наступил."))
    for item in meeting.items:
        if item.decided_at is None:
            found.append(Obstacle("решение не внесено", item))
    return found


def close(meeting: Meeting, today: date) -> None:
    """Carry out everything that a meeting has decided, in one transaction. Raises Refusal that names the item: if one
    cannot be carried out, none is."""
    meetings.hold(meeting)
    meetings.hold_body(meeting.agency)
    for fault in faults(meeting, today):
        raise Refusal(f"Вопрос {fault.item.position}: {fault.text}." if fault.item else fault.text)
    numbers = _numbers(meeting)
    for place, item in enumerate(meeting.items, start=1):
        item.number, title = numbers(place), item.title
        try:
            with by_the_commission():
                _carry_out(item, today)
        except Refusal as refusal:
            raise Refusal(f"Вопрос {place} «{title}»: {refusal.text}") from refusal
        for order in item.instructions:
            order.given_on, order.family_id = meeting.held_on, item.family_id
    meeting.closed_at, meeting.closed_by = clock.now(), access.scope().user_name
    db.session.flush()


def _numbers(meeting: Meeting) -> Callable[[int], str]:
    """How the decisions of a meeting are numbered, by their places; none of these numbers is taken in the year.

    Running numbers pass over those that are taken; a number of a meeting is changed by whoever prepares it.
    """
    year, body = meeting.held_on.year, meeting.agency
    assert meeting.number is not None
    number, places = meeting.number, range(1, len(meeting.items) + 1)
    days = date(year, 1, 1), date(year, 12, 31)
    given, taken = _given(body.id, days), _written(body.id, days)
    running, taken = len(given), taken.union(given)

    def of(place: int) -> str:
        return rules.number_of(body.number_pattern, meeting=number, item=place, running=running + place, year=year)

    while clash := [one for one in map(of, places) if one in taken]:
        if rules.counts_meetings(body.number_pattern):
            raise Refusal(f"Номер постановления {clash[0]} в этом году уже занят: измените номер заседания.")
        running += 1
    return of


def _given(body_id: int, days: tuple[date, date]) -> Sequence[str]:
    """The numbers that the closed meetings of a body gave."""
    asked = (
        select(_item.c.number)
        .select_from(_item.join(_meeting, _meeting.c.id == _item.c.meeting_id))
        .where(_meeting.c.agency_id == body_id, _meeting.c.closed_at.is_not(None), _item.c.annulled_at.is_(None))
        .where(_meeting.c.held_on.between(*days))
    )
    return db.session.connection().scalars(asked).all()


def _written(body_id: int, days: tuple[date, date]) -> set[str]:
    """The numbers of the decisions of a body, those that were entered from paper included."""
    asked = select(_decision.c.number).where(
        _decision.c.agency_id == body_id, _decision.c.annulled_at.is_(None), _decision.c.decided_on.between(*days)
    )
    return set(db.session.connection().scalars(asked))


@contextmanager
def by_the_commission() -> Iterator[None]:
    """What the commission decides is written whoever closes its meeting, on the territories that are the meeting's."""
    scope = access.scope()
    with access.acting_as(replace(scope, kept=scope.kept | scope.convened)):
        yield


def _carry_out(item: AgendaItem, today: date) -> None:
    assert item.outcome is not None
    kind, meeting = item.outcome.effect, item.meeting
    paper = DecisionPaper(item.number, meeting.held_on, meeting.agency)
    if (item.family_id is not None and item.family is None) or (item.card_id is not None and item.card is None):
        raise Refusal("семья или карта теперь на другой территории: снимите вопрос с повестки.")
    if item.family is not None:
        item.decision = EFFECTS.get(kind, _only_decide)(item, item.family, paper, today)
    elif kind in rules.OF_FAMILIES:
        raise Refusal("семьи этого вопроса в банке ещё нет: сначала внесите её по сигнальной карте.")
    if item.card is not None and item.card.closed_at is None:
        _answer(item.card, item)


def _place(item: AgendaItem, family: Family, paper: DecisionPaper, today: date) -> Decision:
    stay = registrations.place(
        family, paper, registered_on=paper.decided_on, criteria=item.named_criteria,
        signal=_signal(item.card), note=item.note, today=today,
    )  # fmt: skip
    return stay.decision


def _remove(item: AgendaItem, family: Family, paper: DecisionPaper, today: date) -> Decision:
    stay = registrations.remove(
        _stay(item), paper, removed_on=paper.decided_on, reason=item.removal_reason, note=item.note, today=today
    )
    assert stay.removal_decision is not None
    return stay.removal_decision


def _change_criteria(item: AgendaItem, family: Family, paper: DecisionPaper, today: date) -> Decision:
    return registrations.change_criteria(
        _stay(item), paper, day=paper.decided_on, criteria=item.named_criteria, note=item.note,
        today=today,
    )  # fmt: skip


def _hand_over(item: AgendaItem, family: Family, paper: DecisionPaper, today: date) -> Decision:
    """The file of a family goes to another territory: it stays here until it is received there."""
    decision = _only_decide(item, family, paper, today)
    transfers.send(family, decision, transfers.Destination(item.to_territory_id), item.note)
    return decision


def _not_on_record(item: AgendaItem, family: Family, paper: DecisionPaper, today: date) -> Decision:
    """What is decided instead of placing a family on record: nothing else happens to it."""
    if registrations.standing(family) is not None:
        raise Refusal("семья состоит на учёте: сначала её снимают, а сопровождение указывают в примечании.")
    return _only_decide(item, family, paper, today)


def _approve(item: AgendaItem, family: Family, paper: DecisionPaper, today: date) -> Decision:
    """A programme of the bank is approved, or its change; one that is on paper alone is merely decided upon."""
    decision = _only_decide(item, family, paper, today)
    if (programme := programmes.current(family.id)) is not None:
        if item.until is not None:
            programme.ends_on = max([item.until, *(stage.ends_on for stage in programme.stages)])
        programmes.approve(programme, decision, today, meeting=_number_of(item), note=item.note)
    return decision


def _extend(item: AgendaItem, family: Family, paper: DecisionPaper, today: date) -> Decision:
    decision, programme = _only_decide(item, family, paper, today), programmes.current(family.id)
    stage = programmes.to_extend(programme) if programme is not None else None
    if stage is not None and item.until is not None:
        programmes.extend(stage, item.until, decision, today)
    return decision


def _number_of(item: AgendaItem) -> str | None:
    return str(item.meeting.number) if item.meeting.number is not None else None


def _only_decide(item: AgendaItem, family: Family, paper: DecisionPaper, today: date) -> Decision:
    assert item.outcome is not None
    return registrations.decide(family, paper, kind=item.outcome.effect, note=item.note, today=today)


EFFECTS: dict[DecisionKind, Callable[[AgendaItem, Family, DecisionPaper, date], Decision]] = {
    DecisionKind.PLACE: _place,
    DecisionKind.REMOVE: _remove,
    DecisionKind.CRITERIA: _change_criteria,
    DecisionKind.LIGHTER: _not_on_record,
    DecisionKind.REFUSE: _not_on_record,
    DecisionKind.REDIRECT: _hand_over,
    DecisionKind.PROGRAMME: _approve,
    DecisionKind.RENEW: _approve,
    DecisionKind.EXTEND: _extend,
}


def _stay(item: AgendaItem) -> Registration:
    if item.family is None or (stay := registrations.standing(item.family)) is None:
        raise Refusal("семья не состоит на учёте.")
    return stay


def _signal(card: SignalCard | None) -> Signal:
    """How a family came to notice, as its card says."""
    if card is None or card.source is not SignalSource.AGENCY:
        return Signal()
    detected, sent = clock.local(card.detected_at).date(), clock.local(card.sent_at).date()
    return Signal(sender=card.agency, detected_on=detected, card_sent_on=sent)


def _answer(card: SignalCard, item: AgendaItem) -> None:
    """A card gets its outcome, and its sender the answer; one that waits for another meeting stays open."""
    assert item.outcome is not None
    kind = item.outcome.effect
    note = f"{signals.BY_DECISION.format(number=item.number)} {item.meeting.held_on:%d.%m.%Y}: {item.outcome}"
    if kind is DecisionKind.REDIRECT and item.to_territory_id is not None and item.family_id is None:
        signals.redirect(card, item.to_territory_id, note)
        return
    if (code := CARD_OUTCOMES.get(kind)) is None:
        return
    outcome = db.session.scalars(select(SignalCardOutcome).where(SignalCardOutcome.code == code)).one()
    signals.close(card, outcome, note)


def _set_criteria(item: AgendaItem, criteria: Sequence[Criterion]) -> None:
    """The first one is the main one."""
    wanted = list(dict.fromkeys(criteria))
    item.criteria, item.main_criterion = wanted, wanted[0] if wanted else None


def _order(item: AgendaItem, ordered: Sequence[Ordered], kind: InstructionKind) -> None:
    """The instructions of an item as typed: those that stand there are changed, those left out are annulled."""
    if len(ordered) > MOST_INSTRUCTIONS:
        raise Refusal(f"По одному вопросу – не больше {MOST_INSTRUCTIONS} поручений.", "instructions")
    left = {row.id: row for row in item.instructions}
    for typed in ordered:
        try:
            rules.check_instruction(due_on=typed.due_on, held_on=item.meeting.held_on)
        except Refusal as refusal:
            raise Refusal(refusal.text, f"{typed.typed}-{refusal.field}") from refusal
        row = left.pop(typed.row, None) if typed.row is not None else None
        if row is None:
            row = Instruction(meeting_id=item.meeting_id, item=item)
            db.session.add(row)
        row.kind, row.agency, row.text, row.due_on = kind, typed.agency, typed.text, typed.due_on
    for row in left.values():
        row.annulled_at, row.annul_reason = clock.now(), REMOVED
    db.session.flush()
    db.session.expire(item, ["instructions"])


def _check_sitting(meeting: Meeting) -> None:
    meetings.hold(meeting)
    if meeting.opened_at is None:
        raise Refusal(NOT_OPENED)
    rules.check_quorum(meetings.quorum(meeting))


def _is_council(meeting: Meeting) -> bool:
    return meeting.agency.sits_as is not None and meeting.agency.sits_as.value == "council"
