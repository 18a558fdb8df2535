"""The acts on a survey: a group is named, changed, called off: one service whoever acts. Callers commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, select

from app import access, clock
from app.domain import deadlines
from app.domain import surveys as rules
from app.domain.deadlines import Clock
from app.domain.refusal import Refusal
from app.domain.terms import CardStepKind
from app.extensions import db, hold_row
from app.models import Deadline, Employee, Family, SignalCard, SurveyExtension, SurveyGroup
from app.services import registry, signals

NAMED_ALREADY = "Группа уже названа: обследование до {due}. Измените её или отмените."
LATER_BY_EXTENDING = "Срок переносят на более поздний день с причиной: «Продлить срок» на странице обследования."
NO_DEADLINE = "В справочнике сроков нет срока обследования: продлевать нечего."
DONE_ALREADY = "Группа уже была в семье: это обследование больше не меняется."
CALLED_OFF = "Это обследование отменено."


@dataclass(frozen=True)
class NamedGroup:
    """A group as it is named: its leader and whoever else goes, the last day to go, and what to look at."""

    leader: Employee
    employees: Sequence[Employee]
    due_on: date
    task: str | None

    @property
    def everybody(self) -> list[Employee]:
        """The leader first, and nobody twice."""
        return list(dict.fromkeys([self.leader, *self.employees]))


def name_for_card(card: SignalCard, named: NamedGroup, today: date) -> SurveyGroup:
    """Name the group that visits the family of a card. Raises Refusal with the form's field."""
    signals.check_open(card)
    _check_none_waits(SurveyGroup.card_id == card.id)
    before = signals.as_it_is(card)
    group = _named(named, today, territory_id=card.territory_id, card_id=card.id, family_id=card.family_id)
    card.survey_due_on, card.surveyed_on = named.due_on, None
    signals.add_step(card, CardStepKind.GROUP_NAMED, note=_said(named), before=before)
    return group


def name_for_family(family: Family, named: NamedGroup, today: date) -> SurveyGroup:
    """Name the group that visits a family of the bank. Raises Refusal with the form's field."""
    registry.lock(family)
    _check_none_waits(SurveyGroup.family_id == family.id)
    return _named(named, today, territory_id=family.territory_id, family_id=family.id)


def change(group: SurveyGroup, named: NamedGroup, today: date) -> None:
    """Another leader, other people or another day, before the group has gone. Raises Refusal with the form's field."""
    _check_waits(group)
    if named.due_on > group.due_on:
        raise Refusal(LATER_BY_EXTENDING, "due_on")
    _check(named, today if named.due_on != group.due_on else min(today, group.due_on))
    group.leader, group.employees, group.task = named.leader, named.everybody, named.task
    _set_due(group, named.due_on)


def hold(group: SurveyGroup) -> SurveyGroup:
    """Let nobody else extend a survey until the transaction ends; it is read as it is then."""
    hold_row(SurveyGroup, group.id)
    db.session.refresh(group)
    return group


def extend(group: SurveyGroup, clock: Clock | None, *, until: date, reason: str, today: date) -> SurveyExtension:
    """Give a survey a later last day, with the reason; what was given before stands beside it. Raises Refusal."""
    _check_waits(group)
    if clock is None:
        raise Refusal(NO_DEADLINE)
    deadlines.check_extending(clock, until)
    deadlines.check_extension(until=until, reason=reason)
    rules.check_due(until, today, field="until")
    row = SurveyExtension(
        group=group, deadline=db.session.get_one(Deadline, clock.deadline), until=until, reason=reason,
        user_name=access.scope().user_name,
    )  # fmt: skip
    db.session.add(row)
    _set_due(group, until)
    return row


def _set_due(group: SurveyGroup, due_on: date) -> None:
    """The last day of a survey stands on its card too."""
    group.due_on = due_on
    with signals.anywhere():
        if (card := group.card) is not None and card.survey_due_on != due_on:
            card.survey_due_on = due_on
    db.session.flush()


def call_off(group: SurveyGroup, reason: str) -> None:
    """The group does not go. Raises Refusal."""
    _check_waits(group)
    group.annulled_at, group.annul_reason = clock.now(), reason
    if (card := group.card) is not None:
        card.survey_due_on = None
        signals.add_step(card, CardStepKind.GROUP_CALLED_OFF, note=reason)
    db.session.flush()


def _named(named: NamedGroup, today: date, *, territory_id: int, card_id: int | None = None,
           family_id: int | None = None) -> SurveyGroup:  # fmt: skip
    _check(named, today)
    group = SurveyGroup(
        territory_id=territory_id, card_id=card_id, family_id=family_id, leader=named.leader,
        employees=named.everybody, due_on=named.due_on, task=named.task,
    )  # fmt: skip
    db.session.add(group)
    db.session.flush()
    return group


def _check(named: NamedGroup, today: date) -> None:
    rules.check_group(leader_id=named.leader.id, employee_ids=[each.id for each in named.employees],
                      due_on=named.due_on, today=today)  # fmt: skip
    for each in named.everybody:
        if each.dismissed:
            field = "leader" if each is named.leader else "employees"
            raise Refusal(f"{each.full_name}: больше не работает. Выберите другого.", field)


def _check_waits(group: SurveyGroup) -> None:
    if group.annulled_at is not None:
        raise Refusal(CALLED_OFF)
    if group.surveyed_on is not None:
        raise Refusal(DONE_ALREADY)


def _check_none_waits(of_whom: ColumnElement[bool]) -> None:
    """One group at a time visits a family."""
    waiting = select(SurveyGroup.due_on).where(
        of_whom, SurveyGroup.annulled_at.is_(None), SurveyGroup.surveyed_on.is_(None)
    )
    with signals.anywhere():
        due_on = db.session.scalar(waiting.limit(1))
    if due_on is not None:
        raise Refusal(NAMED_ALREADY.format(due=f"{due_on:%d.%m.%Y}"))


def in_words(group: SurveyGroup) -> str:
    """Who goes, and until when, as it is stored."""
    return _said(NamedGroup(group.leader, group.employees, group.due_on, group.task))


def _said(named: NamedGroup) -> str:
    others = [each.full_name for each in named.everybody[1:]]
    people = f"{named.leader.full_name} (руководитель)" + (f", {', '.join(others)}" if others else "")
    return f"{people}; до {named.due_on:%d.%m.%Y}"
