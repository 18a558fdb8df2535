"""The life of a family in the bank as dated lines, the newest first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from functools import partial

from sqlalchemy import select

from app import clock, words
from app.domain.story import Event
from app.domain.terms import DecisionKind, Threat
from app.extensions import db
from app.models import ImportantMark, Registration
from app.readings.facts import MoveFact
from app.readings.overview import MemberToday, Overview

OF_STAYS = (DecisionKind.PLACE, DecisionKind.REMOVE, DecisionKind.CRITERIA)  # told with the stay they are about


def events(overview: Overview) -> list[Event]:
    """Everything dated about a family, the newest first; days to come are left out."""
    found = [event for event in _all(overview) if event.day <= overview.today]
    return sorted(found, key=lambda event: event.day, reverse=True)


def marked(found: Iterable[Event], family_id: int) -> list[Event]:
    """The same events, those that somebody marked as important among them known as such."""
    rows = db.session.execute(
        select(ImportantMark.entity, ImportantMark.entity_id, ImportantMark.note).where(
            ImportantMark.family_id == family_id, ImportantMark.annulled_at.is_(None)
        )
    )
    marks = {(entity, key): note or "" for entity, key, note in rows}
    return [
        one._replace(important=True, note=marks[one.entity, one.key]) if (one.entity, one.key) in marks else one
        for one in found
    ]


def of_child(found: Iterable[Event], child: MemberToday) -> list[Event]:
    """Those about one child, and those about the whole family while the child was of it."""
    member = child.member

    def was_there(day: date) -> bool:
        born = member.born_on is None or day >= member.born_on
        return born and (member.left_on is None or day <= member.left_on)

    return [one for one in found if member.id in one.people or (not one.people and was_there(one.day))]


def _all(overview: Overview) -> Iterator[Event]:
    for stay in overview.registrations:
        yield from (event._replace(entity="Registration", key=stay.id) for event in _of_stay(stay))
    used = {stay.decision_id for stay in overview.registrations}
    used |= {stay.removal_decision_id for stay in overview.registrations if stay.removal_decision_id}
    used |= {change.decision.id for stay in overview.registrations for change in stay.criteria_by_days}
    for decision in overview.decisions:
        at = partial(Event, entity="Decision", key=decision.id)
        if decision.id not in used or decision.kind not in OF_STAYS:
            yield at(decision.decided_on, f"Постановление {decision.kind}", str(decision), "info")
    for aid in overview.aids:
        at = partial(Event, entity="Aid", key=aid.id)
        what = aid.kind or aid.measure
        people = ", ".join(member.first_name for member in aid.recipients)
        detail = words.in_a_line(aid.description, people)
        given = frozenset(member.id for member in aid.recipients)
        yield at(aid.given_on, f"Помощь: {what.name if what else 'вид не указан'}", detail, "ok", given)
        if aid.until:
            told = f"Помощь в последний раз: {what.name if what else 'вид не указан'}"
            yield at(aid.until, told, detail, people=given)
    yield from _of_programmes(overview)
    for person in overview.people:
        yield from (event._replace(people=frozenset({person.member.id})) for event in _of_person(person))
    yield from _of_work(overview)


def _of_work(overview: Overview) -> Iterator[Event]:
    for mentor in overview.mentors:
        at = partial(Event, entity="Mentor", key=mentor.id)
        if mentor.since:
            yield at(mentor.since, f"Назначен наставник: {mentor.title}", mentor.more or "")
        if mentor.until:
            yield at(mentor.until, f"Наставник больше не закреплён: {mentor.title}")
    for act in overview.surveys:
        at = partial(Event, entity="SurveyAct", key=act.id)
        if act.since:
            detail = "" if act.threat in (None, Threat.NONE) else f"Угроза жизни и здоровью: {act.threat}"
            yield at(act.since, f"Обследование: {act.access}", detail, "alert" if detail else "info")
    for card in overview.cards:
        at = partial(Event, entity="SignalCard", key=card.id)
        if card.since:
            detail = "" if card.threat in (None, Threat.NONE) else f"Угроза жизни и здоровью: {card.threat}"
            yield at(card.since, f"Сигнальная карта {card.title}", detail, "alert" if detail else "info")
    for order in overview.orders:
        at = partial(Event, entity="Instruction", key=order.id)
        if order.since:
            yield at(order.since, f"Поручение: {order.title}", f"{order.text} До {words.day(order.until)}", "info")
        if order.done:
            yield at(order.done, f"Ответ на поручение: {order.title}", order.more or "", "ok")
    for move in overview.facts.get("Transfer", ()):
        if isinstance(move, MoveFact) and move.since:
            detail = f"{move.state}: {move.text}" if move.text else str(move.state)
            yield Event(move.since, f"Передача дела: {move.title}", detail, "info")
    for paper in overview.papers:
        at = partial(Event, entity="Paper", key=paper.id)
        if paper.since:
            yield at(paper.since, f"Документ: {paper.title}")


def _of_programmes(overview: Overview) -> Iterator[Event]:
    for programme in overview.programmes:
        at = partial(Event, entity="Programme", key=programme.id)
        if programme.since:
            yield at(programme.since, "Начало программы реабилитации", f"до {words.day(programme.until)}", "info")
        if programme.done:
            yield at(programme.done, f"Программа реабилитации {programme.ended}", programme.more or "", "info")
    for stage in overview.stages:
        at = partial(Event, entity="Stage", key=stage.id)
        if stage.held:
            yield at(stage.held, f"Утверждён этап программы: {stage.title}", "", "info")
        if stage.since:
            yield at(stage.since, f"Начало этапа программы: {stage.title}", f"до {words.day(stage.until)}")
        if stage.done:
            told = "; ".join(part for part in (f"динамика: {stage.text}" if stage.text else "", stage.more) if part)
            yield at(stage.done, f"Итоги этапа программы: {stage.title}", told, "info")
    for measure in overview.measures:
        at = partial(Event, entity="PlannedMeasure", key=measure.id)
        if measure.done:
            yield at(measure.done, f"Исполнено: {measure.title}", measure.more or "", "ok")


def _of_stay(stay: Registration) -> Iterator[Event]:
    placed, *changes = stay.criteria_by_days
    main = [f". {row.criterion.code} {row.criterion.name}" for row in placed.rows[:1]]
    yield Event(stay.registered_on, "Поставлена на учёт", f"Постановление {stay.decision}{''.join(main)}", "alert")
    for change in changes:
        told = "; ".join(f"{row.criterion.code} {row.criterion.name}" for row in change.rows)
        yield Event(change.since, "Изменены критерии", f"Постановление {change.decision}. {told}", "info")
    if stay.removed_on:
        why = f". {stay.removal_reason.code} {stay.removal_reason.name}" if stay.removal_reason else ""
        yield Event(stay.removed_on, "Снята с учёта", f"Постановление {stay.removal_decision}{why}", "ok")
    for day, text in (
        (stay.detected_on, "Выявлено неблагополучие"),
        (stay.card_sent_on, "Направлена карта учёта"),
        (stay.received_on, "Поступили постановление и карта"),
        (stay.entered_on, "Семья внесена в банк данных"),
    ):
        if day:
            sender = str(stay.sender) if stay.sender and text == "Направлена карта учёта" else ""
            yield Event(day, text, sender)

    for row in stay.extensions:
        day = clock.local(row.created_at).date()
        yield Event(day, f"Срок продлён до {words.day(row.until)}", f"{row.deadline}. {row.reason}", "info")


def _of_person(person: MemberToday) -> Iterator[Event]:
    member = person.member
    at = partial(Event, entity="Member", key=member.id)
    if member.joined_on and member.joined_on != member.born_on:
        yield at(member.joined_on, f"В семье: {member.full_name}", str(member.role or ""))
    if member.left_on:
        why = member.left_reason or str(member.role or "")
        yield at(member.left_on, f"Больше не в семье: {member.full_name}", why)
    for fact in person.facts.get("Education", ()):
        at = partial(Event, entity="Education", key=fact.id)
        if fact.since:
            where = ", ".join(part for part in (fact.text, fact.more) if part)
            yield at(fact.since, f"Обучение: {member.first_name} – {fact.title or 'не указано'}", where)
    for fact in person.supervisions:
        at = partial(Event, entity="Supervision", key=fact.id)
        if fact.since:
            yield at(fact.since, f"{fact.title}: {member.full_name}", fact.more or "", "info")
        if fact.until and fact.until != member.left_on:  # who left the family is not off the record of that body
            yield at(fact.until, f"Снят(а) – {fact.title}: {member.full_name}")
