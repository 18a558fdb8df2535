"""The acts on a signal card, from sending to its outcome: one service whoever acts. Callers commit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, or_, select

from app import access, clock, tree
from app.domain import contacts, deadlines, names
from app.domain import signals as rules
from app.domain.deadlines import Clock
from app.domain.refusal import Refusal
from app.domain.signals import Child
from app.domain.terms import CardState, CardStepKind, DetectedDuring, SignalSource, TerritoryKind, Threat
from app.extensions import db, hold_row
from app.models import (
    Agency,
    AgendaItem,
    CardChild,
    CardExtension,
    CardStep,
    CardTelling,
    CardWord,
    Criterion,
    Deadline,
    Employee,
    Family,
    Meeting,
    SignalCard,
    SignalCardOutcome,
    SurveyGroup,
    Territory,
)

REDIRECTED, ATTACHED = "redirected", "attached"  # codes of outcomes that acts of their own give
BY_ACTS = ("placed", REDIRECTED, ATTACHED)
# What a step may change, and what comes back when it is undone.
CHANGED = ("question", "answer", "family_id", "outcome_id", "outcome_note", "sent_out_to", "closed_at",
           "received_at", "arrived_at", "territory_id", "district_id", "year", "number", "emergency_at",
           "survey_due_on", "surveyed_on")  # fmt: skip
MOMENTS = ("closed_at", "received_at", "arrived_at", "emergency_at")
DAYS = ("survey_due_on", "surveyed_on")
SENT_ALREADY = "Такая карта уже направлена: № {number}/{year}. Второй раз она не нужна."
NOT_RECEIVED = "Карта ещё не открыта: сначала откройте её."
BY_DECISION = "Постановление № {number} от"  # how the note of a step begins that a meeting decided
DECIDED_BY_MEETING = "Исход этой карты дала комиссия: его отменяют вместе с закрытием заседания."
RUNS_NO_MORE = "Этот срок по карте уже не идёт: продлевать нечего."
CLOSED_ALREADY = "Карта уже закрыта: {outcome}."


@dataclass(frozen=True)
class Told:
    """What a card tells, as typed; `employee`: who of the body tells, `informant`: who else does."""

    source: SignalSource
    agency: Agency | None
    employee: Employee | None
    informant: str | None
    last_name: str
    first_name: str
    middle_name: str | None
    born_on: date | None
    address: str | None
    home_phone: str | None
    mobile_phone: str | None
    detected_at: datetime
    detected_during: DetectedDuring | None
    description: str
    threat: Threat
    children_study: bool | None
    parents_drink: bool | None
    live_together: bool | None
    known_to_bodies: bool | None
    criteria: Sequence[Criterion]
    measures: str | None


def state(card: SignalCard) -> CardState:
    """How far a card is."""
    return rules.state(
        received=card.received_at is not None, asked=card.question is not None, answered=card.answer is not None,
        closed=card.closed_at is not None, grouped=card.survey_due_on is not None,
        surveyed=card.surveyed_on is not None,
    )  # fmt: skip


def send(told: Told, *, territory_id: int, children: Sequence[Child], today: date,
         sent_at: datetime | None = None) -> SignalCard:  # fmt: skip
    """Send a card to any territory of the bank, numbered by its district within the year of sending.

    sent_at: when a paper card was sent, if it is entered later than that. Raises Refusal with the form's field.
    """
    now, scope = clock.now(), access.scope()
    sent_at = sent_at or now
    _check_sender(told, scope)
    rules.check(
        detected_at=clock.local(told.detected_at), now=now, born_on=told.born_on, today=today, source=told.source,
        has_agency=told.agency is not None, informant=told.informant, children=children,
    )  # fmt: skip
    if sent_at > now or sent_at < told.detected_at:
        raise Refusal("Карта направлена не раньше, чем выявлена семья, и не позже, чем сейчас.", "sent_time")
    _hold(territory_id)
    _check_first(told)
    card = SignalCard(
        **{name: value for name, value in vars(told).items() if name != "criteria"},
        criteria=list(told.criteria), sent_at=sent_at, arrived_at=sent_at, user_id=scope.user_id,
    )  # fmt: skip
    set_keys(card, [child.name for child in children])
    with anywhere():
        _lay(card, territory_id, now)
        db.session.add(card)
        db.session.flush()
        for child in children:
            db.session.add(CardChild(card=card, name=child.name, born_on=child.born_on, age=child.age))
        add_step(card, CardStepKind.SENT)
    return card


def receive(card: SignalCard) -> None:
    """A coordinator opens a card that has come: the clock of its receipt stops."""
    _hold_card(card)
    if card.received_at is not None:
        return
    before = as_it_is(card)
    card.received_at = clock.now()
    add_step(card, CardStepKind.RECEIVED, before=before)


def ask(card: SignalCard, question: str) -> None:
    """Ask the sender for what the card does not say. Raises Refusal."""
    check_open(card)
    if card.agency_id is None:
        raise Refusal("Карту внёс координатор: спросить через банк некого.", "question")
    before = as_it_is(card)
    card.question, card.answer = question, None
    add_step(card, CardStepKind.ASKED, note=question, before=before)


def answer(card: SignalCard, said: str) -> None:
    """The sender answers what was asked. Raises Refusal."""
    _hold_card(card)
    if state(card) is not CardState.ASKED:
        raise Refusal("По этой карте сейчас ничего не спрашивают.", "answer")
    card.answer = said
    add_step(card, CardStepKind.ANSWERED, note=said)


def attach(card: SignalCard, family: Family, note: str | None = None) -> None:
    """Attach a card to a family of the bank: the card is closed by it, and stands in what happened to the family."""
    check_open(card)
    _check_no_family(card, "family")
    before = as_it_is(card)
    card.family = family
    _close(card, _outcome(ATTACHED), note)
    add_step(card, CardStepKind.ATTACHED, note=note, before=before)
    _let_the_rest_follow(card)


def enter(card: SignalCard, family: Family) -> None:
    """A family was entered from a card: the card stays open until it is decided about the family."""
    check_open(card)
    _check_no_family(card)
    before = as_it_is(card)
    card.family = family
    add_step(card, CardStepKind.ENTERED, before=before)
    _let_the_rest_follow(card)


def redirect(card: SignalCard, territory_id: int, note: str) -> None:
    """Send a card on to another territory of the bank, where its clock begins anew. Raises Refusal."""
    check_open(card)
    if territory_id == card.territory_id:
        raise Refusal("Карта уже лежит на этой территории.", "territory")
    _check_no_family(card, "territory")
    _check_no_group(card, "territory")
    now = clock.now()
    add_step(card, CardStepKind.REDIRECTED, note=note, before=as_it_is(card))
    with anywhere():
        _lay(card, territory_id, now)
        card.arrived_at, card.received_at, card.question, card.answer = now, None, None, None
        db.session.flush()
        _let_the_rest_follow(card)


def send_out(card: SignalCard, addressee: str, note: str) -> None:
    """Send a card to a municipality that does not use this bank: the card is closed, and a letter goes with it."""
    check_open(card)
    _check_no_family(card)
    _check_no_group(card)
    before = as_it_is(card)
    card.sent_out_to = addressee
    _close(card, _outcome(REDIRECTED), note)
    add_step(card, CardStepKind.SENT_OUT, note=f"{addressee}. {note}", before=before)


def close(card: SignalCard, outcome: SignalCardOutcome, note: str) -> None:
    """Close a card with an outcome and a reason. Raises Refusal."""
    check_open(card)
    _check_no_group(card)
    before = as_it_is(card)
    _close(card, outcome, note)
    add_step(card, CardStepKind.CLOSED, note=note, before=before)


def recall(card_id: int) -> None:
    """Take back a card that the person has sent on, as long as nobody has opened it there. Raises Refusal."""
    kept = access.scope().kept
    with access.unrestricted():  # it lies on another's territory by now
        card = db.session.get(SignalCard, card_id)
        on = [step for step in card.steps if _went_on(step) and step.territory_id in kept] if card is not None else []
        if card is None or not on:
            raise Refusal("Такой карты среди перенаправленных нет.")
        if card.received_at is not None or last_step(card) is not on[-1]:
            raise Refusal("Карту там уже открыли: вернуть её может только тот, кто её получил.")
    with anywhere():
        undo(card)


def _went_on(step: CardStep) -> bool:
    return step.kind is CardStepKind.REDIRECTED and not step.undone


def undo(card: SignalCard) -> None:
    """Undo the last step of a card, as long as no other has followed. What a closed meeting did to it is undone with
    the closing. Raises Refusal."""
    _hold_card(card)
    last = last_step(card)
    if last is None:
        raise Refusal("Отменять нечего: карта как пришла, так и лежит.")
    if decided_by_meeting(card, last):
        raise Refusal(DECIDED_BY_MEETING)
    take_back(card, last)


def decided_by_meeting(card: SignalCard, step: CardStep) -> bool:
    """Whether a step of a card is what a meeting decided that is closed."""
    asked = (
        select(AgendaItem.number)
        .join(AgendaItem.meeting)
        .where(AgendaItem.card_id == card.id, AgendaItem.annulled_at.is_(None), Meeting.closed_at.is_not(None))
    )
    with anywhere():
        numbers = db.session.scalars(asked).all()
    return any((step.note or "").startswith(BY_DECISION.format(number=number)) for number in numbers)


def take_back(card: SignalCard, last: CardStep) -> None:
    """A card becomes as it was before its last step."""
    add_step(card, CardStepKind.UNDONE, note=last.kind.title_ru, before=as_it_is(card))
    for name, value in (last.before or {}).items():
        setattr(card, name, as_kept(name, value))
    if last.kind is CardStepKind.GROUP_NAMED:
        _undo_naming(card)
    if last.kind is CardStepKind.EXTENDED:
        _undo_extending(card)
    last.undone = True
    db.session.flush()
    _let_the_rest_follow(card)


def as_kept(name: str, value: Any) -> Any:
    """A value of a step as the card keeps it."""
    if value and name in MOMENTS:
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if value and name in DAYS else value


def mark_emergency(card: SignalCard) -> None:
    """A child is in danger now: the bodies that are told at once stand on the card until each is. Raises Refusal."""
    check_open(card)
    if card.emergency_at is not None:
        raise Refusal("Карта уже отмечена экстренной.")
    before = as_it_is(card)
    card.emergency_at = clock.now()
    add_step(card, CardStepKind.EMERGENCY, before=before)


def tell(card: SignalCard, agency: Agency, *, told_to: str, told_at: datetime, answer: str | None) -> CardTelling:
    """A body was told of an emergency: who was told there, when, and what was answered. Raises Refusal."""
    check_open(card)
    if card.emergency_at is None:
        raise Refusal("Сначала отметьте карту экстренной.")
    if told_at > clock.now():
        raise Refusal("Время сообщения ещё не наступило.", "told_time")
    if told_at < clock.in_utc(card.detected_at):
        raise Refusal("Семья тогда ещё не была выявлена. Проверьте время.", "told_time")
    telling = CardTelling(card=card, agency=agency, told_to=told_to, told_at=told_at, answer=answer,
                          told_by=access.scope().user_name)  # fmt: skip
    db.session.add(telling)
    db.session.flush()
    return telling


def extend(card: SignalCard, running: Clock | None, *, started_at: datetime, until: date,
           reason: str, today: date) -> CardExtension:  # fmt: skip
    """Give a clock that runs for a card a later last day, with the reason. Raises Refusal.

    running: the clock; None if it does not run any more. started_at: when it began.
    """
    _hold_card(card)
    if running is None:
        raise Refusal(RUNS_NO_MORE)
    deadlines.check_extension(until=until, reason=reason)
    deadlines.check_extending(running, until)
    if until < today:
        raise Refusal("Этот день уже прошёл.", "until")
    before = as_it_is(card)
    row = CardExtension(
        card=card, deadline=db.session.get_one(Deadline, running.deadline), started_at=started_at, until=until,
        reason=reason, user_name=access.scope().user_name,
    )  # fmt: skip
    db.session.add(row)
    add_step(card, CardStepKind.EXTENDED, note=f"{running.title}: до {until:%d.%m.%Y}. {reason}", before=before)
    return row


def _undo_extending(card: SignalCard) -> None:
    """The day that was given last is taken back."""
    row = [one for one in card.extensions if one.annulled_at is None][-1]
    row.annulled_at, row.annul_reason = clock.now(), "Шаг отменён."


def last_step(card: SignalCard) -> CardStep | None:
    """The step that may be undone: the last one that is not undone, unless it is one that cannot be."""
    done = [step for step in card.steps if not step.undone and step.kind is not CardStepKind.UNDONE]
    last = done[-1] if done else None
    return last if last is not None and last.before is not None and last.kind is not CardStepKind.RECEIVED else None


def offered_outcomes() -> Sequence[SignalCardOutcome]:
    """The outcomes by which a card may be closed outright; the others come by acts of their own."""
    asked = select(SignalCardOutcome).where(SignalCardOutcome.retired.is_(False))
    rows = db.session.scalars(asked.order_by(SignalCardOutcome.position, SignalCardOutcome.id))
    return [row for row in rows if row.code not in BY_ACTS]


def _check_first(told: Told) -> None:
    """The same card sent twice, from two windows: the second is told of the first, wherever it has gone since."""
    table, scope = SignalCard.__table__.c, access.scope()
    same = select(table.number, table.year).where(
        table.annulled_at.is_(None),
        table.agency_id == told.agency.id if told.agency is not None else table.agency_id.is_(None),
        table.detected_at == told.detected_at,
        table.name_key == names.sort_key(names.full(told.last_name, told.first_name, told.middle_name)),
        table.description == told.description,
        or_(table.user_id == scope.user_id, scope.cards(table)),
    )
    if (card := db.session.connection().execute(same.limit(1)).first()) is not None:
        raise Refusal(SENT_ALREADY.format(number=card.number, year=card.year))


def anywhere() -> AbstractContextManager[None]:
    """A card goes to a territory that whoever sends it need not see, and is another's there; who may send was asked."""
    return access.acting_as(replace(access.scope(), everything=True))


def _check_sender(told: Told, scope: access.Scope) -> None:
    """A person sends in the name of the own body, or of one on a territory that the person keeps."""
    if told.agency is None or told.agency.id == scope.agency or scope.covers_territory(told.agency.territory_id):
        return
    raise Refusal("От имени этого органа карту направляет его сотрудник.", "agency")


def _hold(territory_id: int) -> int:
    """The district that numbers the cards of a territory; whoever sends there waits until this card is sent.

    Raises Refusal.
    """
    above = tree.read().above(territory_id)
    if not above or above[0].kind is TerritoryKind.REGION:
        raise Refusal("Выберите район или поселение, куда направить карту.", "territory")
    district = next((place for place in above if place.kind is TerritoryKind.DISTRICT), above[0])
    hold_row(Territory, district.id)
    return district.id


def _lay(card: SignalCard, territory_id: int, now: datetime) -> None:
    """Let a card lie on a territory, under the next number of its district. Raises Refusal."""
    district_id, year = _hold(territory_id), clock.local(now).year
    card.number = _last_number(district_id, year, tree.below([district_id])) + 1
    card.territory_id, card.district_id, card.year = territory_id, district_id, year


def _last_number(district_id: int, year: int, places: Iterable[int]) -> int:
    """The last number that a district gave in a year: a card that went on, or was taken back, left its own."""
    card, step, connection = SignalCard.__table__.c, CardStep.__table__.c, db.session.connection()
    lying = connection.scalar(select(func.max(card.number)).where(card.district_id == district_id, card.year == year))
    gone = connection.scalars(
        select(step.before).where(
            step.territory_id.in_(places), step.kind.in_((CardStepKind.REDIRECTED, CardStepKind.UNDONE))
        )
    )
    left = (was["number"] for was in gone if was and (was["district_id"], was["year"]) == (district_id, year))
    return max(lying or 0, max(left, default=0))


def set_keys(card: SignalCard, children: Iterable[str | None]) -> None:
    """Give a card by what it is sorted and found: its names, address and phones, and the names of its children."""
    said = (card.full_name, card.address, *children)
    phones = contacts.phones(card.home_phone, card.mobile_phone)
    card.name_key = names.sort_key(card.full_name)
    card.search_key = " ".join(filter(None, (*map(names.folded, said), *phones)))
    words = sorted({names.as_kept(word) for word in (*names.words(*said), *phones)})
    card.words = [CardWord(word=word) for word in words]


def hold(card: SignalCard) -> SignalCard:
    """Let nobody else act on a card until the transaction ends; it is read as it is then."""
    _hold_card(card)
    db.session.refresh(card)
    return card


def _hold_card(card: SignalCard) -> None:
    """Let nobody else act on a card until the transaction ends: whoever comes second finds it changed, and is told."""
    hold_row(SignalCard, card.id)


def check_open(card: SignalCard) -> None:
    _hold_card(card)
    if card.closed_at is not None:
        raise Refusal(CLOSED_ALREADY.format(outcome=card.outcome))
    if card.received_at is None:
        raise Refusal(NOT_RECEIVED)


def _check_no_family(card: SignalCard, field: str | None = None) -> None:
    """A card with a family of the bank is of that family: it goes to no other, and nowhere else."""
    if card.family_id is not None:
        raise Refusal("По этой карте уже внесена семья: карта остаётся с ней.", field)


def _check_no_group(card: SignalCard, field: str | None = None) -> None:
    """A group that is on its way is not left without its card."""
    if card.survey_due_on is not None and card.surveyed_on is None:
        raise Refusal("По карте названа группа обследования: дождитесь её акта или отмените обследование.", field)


def _live_surveys(card: SignalCard) -> list[SurveyGroup]:
    asked = select(SurveyGroup).where(SurveyGroup.card_id == card.id, SurveyGroup.annulled_at.is_(None))
    return list(db.session.scalars(asked.order_by(SurveyGroup.id)))


def _let_the_rest_follow(card: SignalCard) -> None:
    """The surveys of a card lie where it lies; they, and what meetings have still to decide, are of its family."""
    with anywhere():
        for group in _live_surveys(card):
            group.territory_id, group.family_id = card.territory_id, card.family_id
        waiting = (
            select(AgendaItem)
            .join(AgendaItem.meeting)
            .where(
                AgendaItem.card_id == card.id,
                Meeting.closed_at.is_(None),
                AgendaItem.family_id.is_distinct_from(card.family_id),
            )
        )
        for item in db.session.scalars(waiting):
            item.family_id = card.family_id
        db.session.flush()


def _undo_naming(card: SignalCard) -> None:
    """The group that was named last goes nowhere."""
    group = _live_surveys(card)[-1]
    group.annulled_at, group.annul_reason = clock.now(), "Шаг отменён."


def _outcome(code: str) -> SignalCardOutcome:
    return db.session.scalars(select(SignalCardOutcome).where(SignalCardOutcome.code == code)).one()


def _close(card: SignalCard, outcome: SignalCardOutcome, note: str | None) -> None:
    card.outcome, card.outcome_note, card.closed_at = outcome, note, clock.now()


def as_it_is(card: SignalCard) -> dict[str, Any]:
    """What a step may change, as JSON keeps it."""
    found = {name: getattr(card, name) for name in CHANGED}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in found.items()}


def add_step(card: SignalCard, kind: CardStepKind, *, note: str | None = None,
          before: dict[str, Any] | None = None) -> None:  # fmt: skip
    scope = access.scope()
    step = CardStep(card=card, kind=kind, note=note, before=before, user_id=scope.user_id, user_name=scope.user_name,
                    territory_id=card.territory_id)  # fmt: skip
    db.session.add(step)
    db.session.flush()
