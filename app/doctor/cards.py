"""Signal cards whose facts contradict each other, and numbers of which no card is left."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, select

from app import clock, tree
from app.domain.terms import CardStepKind
from app.extensions import db
from app.models import CardStep, Family, SignalCard, SurveyGroup

_card, _step, _family = SignalCard.__table__, CardStep.__table__, Family.__table__
_group = SurveyGroup.__table__
_has_group = exists(
    select(_group.c.id).where(_group.c.card_id == _card.c.id, _group.c.annulled_at.is_(None)).correlate(_card)
)
MOST_TOLD = 20  # numbers of one gap in a sentence

# What the facts of a card cannot be, and how it is said.
CONTRADICTIONS: tuple[tuple[ColumnElement[bool], str], ...] = (
    (_card.c.arrived_at < _card.c.sent_at, "поступила раньше, чем направлена"),
    (_card.c.received_at < _card.c.arrived_at, "открыта раньше, чем поступила"),
    (_card.c.closed_at < _card.c.received_at, "закрыта раньше, чем открыта"),
    (and_(_card.c.closed_at.is_not(None), _card.c.received_at.is_(None)), "закрыта, но не открыта"),
    (and_(_card.c.answer.is_not(None), _card.c.question.is_(None)), "есть ответ, но нет вопроса"),
    (_card.c.emergency_at < _card.c.detected_at, "экстренная раньше, чем выявлена"),
    (and_(_card.c.surveyed_on.is_not(None), _card.c.survey_due_on.is_(None)), "обследована, но группы не названо"),
    (and_(_card.c.survey_due_on.is_not(None), ~_has_group), "ждёт группу, а группы не названо"),
    (
        and_(_card.c.survey_due_on.is_(None), _card.c.closed_at.is_(None), _has_group),
        "группа названа, а карта её не ждёт",
    ),
    (and_(_card.c.closed_at.is_(None), _family.c.annulled_at.is_not(None)), "не закрыта, а её семья аннулирована"),
)


def signal_cards(_today: date) -> Iterator[str]:
    """A card came before it was opened and was opened before it was closed, in its district, under a number of it."""
    places = tree.read()
    names = {place.id: place.name for place in places.rows.values()}
    yield from _contradictions(names)
    numbers: defaultdict[tuple[int, int], set[int]] = defaultdict(set)
    columns = (
        _card.c.district_id,
        _card.c.territory_id,
        _card.c.year,
        _card.c.number,
        _card.c.sent_at,
        _card.c.sent_on,
    )
    for row in db.session.connection().execute(select(*columns).order_by(_card.c.id)):
        numbers[row.district_id, row.year].add(row.number)
        if row.district_id not in {place.id for place in places.above(row.territory_id)}:
            yield f"{_called(row, names)}: лежит на территории «{names.get(row.territory_id)}», она не в этом районе."
        if row.sent_on != clock.local(row.sent_at).date():
            yield f"{_called(row, names)}: день направления не тот, что следует из его времени."
    yield from _gaps(numbers, names)


def _contradictions(names: dict[int, str]) -> Iterator[str]:
    asked = select(_card.c.district_id, _card.c.year, _card.c.number).select_from(
        _card.outerjoin(_family, _family.c.id == _card.c.family_id)
    )
    for condition, said in CONTRADICTIONS:
        rows = asked.where(_card.c.annulled_at.is_(None), condition).order_by(_card.c.id)
        for row in db.session.connection().execute(rows):
            yield f"{_called(row, names)}: {said}."


def _gaps(numbers: defaultdict[tuple[int, int], set[int]], names: dict[int, str]) -> Iterator[str]:
    """Numbers that a district gave and that no card has had: a card that went on left its own in its steps."""
    steps = select(_step.c.before).where(_step.c.kind.in_((CardStepKind.REDIRECTED, CardStepKind.UNDONE)))
    for before in db.session.connection().scalars(steps):
        if before:
            numbers[before["district_id"], before["year"]].add(before["number"])
    for (district_id, year), had in sorted(numbers.items()):
        if missing := sorted(set(range(1, max(had) + 1)) - had):
            told = ", ".join(map(str, missing[:MOST_TOLD])) + (" и другие" if len(missing) > MOST_TOLD else "")
            yield f"{names.get(district_id)}, {year} год: нет карт с номерами {told}."


def _called(row: Any, names: dict[int, str]) -> str:
    return f"Карта № {row.number}/{row.year} ({names.get(row.district_id)})"
