"""Column 4 of the quarterly form: the cards sent, as one list of signal cards and of what record cards say.

A signal card counts by the day it was sent, once, wherever it was redirected: where its family lives, as every row of
a family; while it has none, where it lies now, for whoever keeps that territory answers for it. What the record card
of a registration says counts where no signal card brought the family there. An annulled card counts nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    String,
    Subquery,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    true,
    union_all,
)

from app import access
from app.conditions import seconds_between
from app.domain.periods import Period
from app.models import Agency, Registration, SignalCard, SignalCardOutcome
from app.reports.report import Detail, Source, family

_card, _stay, _body = SignalCard.__table__, Registration.__table__, Agency.__table__
_outcome = SignalCardOutcome.__table__
_left, _later = _stay.alias("stay_left"), _stay.alias("stay_later")
HOUR = 3600  # seconds from the detection in which a card is with the coordinator


@dataclass(frozen=True)
class CardsSent:
    """The cards sent in a period: their source, and what sorts them.

    of_kind: the kind of the body that sent a card. is_signal: it is a signal card, and not what a record card says.
    in_time: it was with the coordinator within an hour of the detection. outcome: how its review ended.
    placed: its family was placed on record on that day or later.
    """

    source: Source
    sent_on: ColumnElement[date]
    of_kind: ColumnElement[int | None]
    is_signal: ColumnElement[bool]
    in_time: ColumnElement[bool]
    outcome: ColumnElement[int | None]
    placed: ColumnElement[bool]


def cards_sent(period: Period) -> CardsSent:
    """The cards sent in a period, of both sorts; of a signal card `card` names its number."""
    sent = union_all(_signal_cards(period), _record_cards(period)).subquery("sent")
    columns = sent.c
    source = Source(
        "cards",
        sent.outerjoin(family, family.c.id == columns.family_id),
        (),
        (
            Detail("family_id", "№ карты", columns.family_id),
            Detail("number", "№ карты", family.c.number),
            Detail("family", "Семья", func.coalesce(family.c.name, columns.person)),
            Detail("territory_id", "Территория", columns.territory_id),
            Detail("card_sent_on", "Карта направлена", columns.sent_on, "date"),
            Detail("sender", "Кем направлена", columns.sender),
            Detail("source", "Кто сообщил", columns.source),
            Detail("card", "Сигнальная карта", columns.card),
            Detail(
                "in_time",
                "Направлена в течение часа",
                case((columns.card.is_(None), None), (_in_time(columns), "да"), else_="нет"),
            ),
            Detail(
                "outcome", "Исход", select(_outcome.c.name).where(_outcome.c.id == columns.outcome_id).scalar_subquery()
            ),
            Detail("registered_on", "Поставлена на учёт", columns.registered_on, "date"),
            Detail("removed_on", "Снята с учёта", columns.removed_on, "date"),
        ),
        territory=columns.territory_id,
        counted=lambda: _rows(sent, access.scope().counted_families(), by_all=access.scope().all_statistics),
        shown=lambda: _rows(sent, access.scope().families()),
        order=(columns.sort_key, columns.sent_on, columns.card, columns.family_id),
        keys={"agency": columns.agency_id, "told": columns.told},
        told_apart=(("SignalCard", columns.card_id), ("Registration", columns.stay_id)),
        counts=(_card.name, _stay.name),
    )
    is_signal = columns.card.is_not(None)
    return CardsSent(source, columns.sent_on, columns.kind_id, is_signal, _in_time(columns), columns.outcome_id,
                     _placed(columns))  # fmt: skip


def _placed(columns: Any) -> ColumnElement[bool]:
    later = select(_later.c.id).where(
        _later.c.family_id == columns.family_id, _later.c.annulled_at.is_(None),
        _later.c.registered_on >= columns.sent_on,
    )  # fmt: skip
    return or_(columns.card.is_(None), exists(later.correlate_except(_later)))


def _in_time(columns: Any) -> ColumnElement[bool]:
    """Known of signal cards alone: the record card of a registration says no hour."""
    return and_(columns.card.is_not(None), seconds_between(columns.detected_at, columns.sent_at) <= HOUR)


def _rows(sent: Subquery, of_families: ColumnElement[bool], *, by_all: bool = False) -> ColumnElement[bool]:
    """Cards of a person's families, and the person's own that have none yet."""
    own = true() if by_all else access.scope().counted_cards(sent.c)
    return or_(
        and_(sent.c.family_id.is_not(None), of_families),
        and_(sent.c.family_id.is_(None), own),
    )


def _signal_cards(period: Period) -> Select[tuple[object, ...]]:
    return (
        select(
            family.c.id.label("family_id"),  # nobody's, while the family is not in the bank or is annulled
            func.coalesce(family.c.territory_id, _card.c.territory_id).label("territory_id"),
            _card.c.agency_id.label("agency_id"),
            _body.c.kind_id.label("kind_id"),
            _body.c.name.label("sender"),
            case((_card.c.agency_id.is_(None), _card.c.source)).label("source"),
            (cast(_card.c.number, String) + literal("/") + cast(_card.c.year, String)).label("card"),
            (_card.c.last_name + literal(" ") + _card.c.first_name).label("person"),
            func.coalesce(family.c.sort_key, _card.c.name_key).label("sort_key"),
            _card.c.sent_on.label("sent_on"),
            cast(null(), _stay.c.registered_on.type).label("registered_on"),
            cast(null(), _stay.c.removed_on.type).label("removed_on"),
            cast(case((_card.c.agency_id.is_(None), _card.c.source)), String).label("told"),
            _card.c.detected_at.label("detected_at"),
            _card.c.sent_at.label("sent_at"),
            _card.c.outcome_id.label("outcome_id"),
            _card.c.id.label("card_id"),
            cast(null(), Integer).label("stay_id"),
        )
        .select_from(_without_family().outerjoin(_body, _body.c.id == _card.c.agency_id))
        .where(_card.c.annulled_at.is_(None), _card.c.sent_on.between(period.start, period.end))
    )


def _record_cards(period: Period) -> Select[tuple[object, ...]]:
    return (
        select(
            family.c.id, family.c.territory_id, _stay.c.sender_id, _body.c.kind_id, _body.c.name, null(), null(),
            null(), family.c.sort_key, _stay.c.card_sent_on, _stay.c.registered_on, _stay.c.removed_on,
            null(), null(), null(), null(), null(), _stay.c.id,
        )
        .select_from(
            _stay.join(family, family.c.id == _stay.c.family_id).outerjoin(_body, _body.c.id == _stay.c.sender_id)
        )
        .where(
            _stay.c.annulled_at.is_(None), family.c.annulled_at.is_(None),
            _stay.c.card_sent_on.between(period.start, period.end), ~_brought_by_a_card(),
        )
    )  # fmt: skip


def _brought_by_a_card() -> ColumnElement[bool]:
    """A signal card about the family was sent before it was registered, and no stay on record ended in between."""
    ended = select(_left.c.id).where(
        _left.c.family_id == _stay.c.family_id, _left.c.id != _stay.c.id, _left.c.annulled_at.is_(None),
        _left.c.removed_on > _card.c.sent_on, _left.c.removed_on <= _stay.c.registered_on,
    )  # fmt: skip
    brought = select(_card.c.id).where(
        _card.c.family_id == _stay.c.family_id, _card.c.annulled_at.is_(None),
        _card.c.sent_on <= _stay.c.registered_on, ~exists(ended.correlate(_stay, _card)),
    )  # fmt: skip
    return exists(brought.correlate(_stay))


def _without_family() -> Any:
    """Signal cards beside the living families that they are about."""
    return _card.outerjoin(family, and_(family.c.id == _card.c.family_id, family.c.annulled_at.is_(None)))


# A territory where a card of no family lies is a row of the form, whatever the period.
ANYWHERE = Source(
    "cards",
    _without_family(),
    (_card.c.annulled_at.is_(None), family.c.id.is_(None)),
    (),
    territory=_card.c.territory_id,
    counted=lambda: true() if access.scope().all_statistics else access.scope().cards(),
    shown=lambda: access.scope().cards(),
    order=(_card.c.id,),
)
