"""Which cases have been kept long enough, which must be kept nevertheless, and the acts by which they are destroyed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, or_, select

from app import access, clock
from app.domain import retention
from app.domain.refusal import Refusal
from app.domain.retention import DueDay, RuleOfKeeping
from app.domain.terms import KeptKind, TermUnit
from app.extensions import db, portions
from app.models import (
    AgendaItem,
    Destruction,
    Family,
    Instruction,
    Meeting,
    Member,
    Registration,
    RetentionHold,
    RetentionRule,
    SignalCard,
    SurveyGroup,
    Transfer,
)

SHORTEST = {TermUnit.YEAR: 365, TermUnit.MONTH: 28, TermUnit.DAY: 1}  # days in each unit, at the least

_family, _stay, _member = Family.__table__, Registration.__table__, Member.__table__
_card, _hold, _group = SignalCard.__table__, RetentionHold.__table__, SurveyGroup.__table__
_item, _meeting, _order, _move = AgendaItem.__table__, Meeting.__table__, Instruction.__table__, Transfer.__table__


@dataclass(frozen=True)
class KeptCase:
    """A case whose term of keeping is over: a family, or a signal card that became none.

    ended_on: when the work with it ended; due: from which day it may be destroyed, and by which rule; hindrance: why it
    may not be destroyed yet, empty if it may.
    """

    kind: KeptKind
    key: int
    number: str
    territory_id: int
    district_id: int
    ended_on: date
    due: DueDay
    hindrance: str = field(default="", compare=False)

    @property
    def is_card(self) -> bool:
        return self.kind is KeptKind.CARD

    @property
    def named(self) -> str:
        """Which case it is; nobody is named."""
        return f"{'карта' if self.is_card else 'семья'} № {self.number}"

    def of(self, chosen: Chosen) -> bool:
        return self.key in (chosen.cards if self.is_card else chosen.families)


@dataclass(frozen=True)
class Chosen:
    """Cases that a person picked, by their keys."""

    families: frozenset[int] = frozenset()
    cards: frozenset[int] = frozenset()

    def __len__(self) -> int:
        return len(self.families) + len(self.cards)


def rules() -> list[RuleOfKeeping]:
    """The terms of keeping in use."""
    asked = select(RetentionRule).where(RetentionRule.retired.is_(False)).order_by(RetentionRule.position)
    return [
        RuleOfKeeping(row.kind, row.name, row.number, row.unit, row.until_adult) for row in db.session.scalars(asked)
    ]


def due_cases(today: date, chosen: Chosen | None = None) -> list[KeptCase]:
    """The person's cases whose term is over, the oldest first; of those chosen alone, if some are."""
    known = rules()
    found = [*_families(known, today, chosen), *_cards(known, today, chosen)]
    hindered = _hindrances(found, today)
    cases = (KeptCase(case.kind, case.key, case.number, case.territory_id, case.district_id, case.ended_on, case.due,
                      hindered.get((case.is_card, case.key), "")) for case in found)  # fmt: skip
    return sorted(cases, key=lambda case: (case.due.day, case.kind.value, case.key))


def check_chosen(chosen: Chosen, today: date) -> list[KeptCase]:
    """The chosen cases, if each of them may be destroyed. Raises Refusal with the reason of the first that may not."""
    if not chosen:
        raise Refusal(retention.NOBODY_CHOSEN)
    if len(chosen) > retention.MOST_AT_ONCE:
        raise Refusal(retention.TOO_MANY)
    found = due_cases(today, chosen)
    for case in found:
        if case.hindrance:
            raise Refusal(retention.ON_HOLD.format(case=case.named.capitalize(), reason=case.hindrance))
    if len(found) < len(chosen):
        raise Refusal(_why_not(chosen, found))
    return found


def _why_not(chosen: Chosen, found: Collection[KeptCase]) -> str:
    """Why the first of those that are not due is none of them."""
    have = {(case.is_card, case.key) for case in found}
    for key in sorted(chosen.families):
        if (False, key) not in have:
            row = db.session.execute(
                select(_family.c.number, _family.c.destroyed, _on_record(_family.c.id).label("stands")).where(
                    _family.c.id == key)
            ).one_or_none()  # fmt: skip
            if row is None:
                return retention.NOBODY_CHOSEN
            if row.stands:
                return retention.ON_RECORD.format(number=row.number)
            text = retention.ALREADY if row.destroyed else retention.NOT_DUE
            return text.format(case=f"Семья № {row.number}")
    return retention.NOT_DUE.format(case="Сигнальная карта")


def waiting_acts() -> int:
    """How many acts of destruction wait to be confirmed."""
    waits = Destruction.annulled_at.is_(None), Destruction.destroyed_at.is_(None)
    return db.session.scalar(select(func.count(Destruction.id)).where(*waits)) or 0


# Cases whose term is over


def _families(known: list[RuleOfKeeping], today: date, chosen: Chosen | None) -> Iterator[KeptCase]:
    removed = select(func.max(_stay.c.removed_on)).where(
        _stay.c.family_id == _family.c.id, _stay.c.annulled_at.is_(None)
    )
    answered = select(func.max(_card.c.closed_at)).where(_card.c.family_id == _family.c.id)
    last = removed.correlate(_family).scalar_subquery()
    asked = select(
        _family.c.id, _family.c.number, _family.c.territory_id, _family.c.district_id, _family.c.annulled_at,
        _family.c.created_at, last.label("removed_on"),
        answered.correlate(_family).scalar_subquery().label("closed_at"),
    ).where(access.scope().families(), _family.c.destroyed.is_(None))  # fmt: skip
    # So long ago at the least, which is true of few; a family that was annulled was removed from nothing.
    long_ago = _long_ago(_stay.c.removed_on, known, KeptKind.REMOVED, today)
    asked = asked.where(or_(
        _family.c.id.in_(select(_stay.c.family_id).where(_stay.c.annulled_at.is_(None), long_ago)),
        and_(_long_ago(func.date(_family.c.created_at), known, KeptKind.NEVER, today), ~_ended()),
    )).where(~_on_record(_family.c.id))  # fmt: skip
    rows = _of_chosen(asked, _family.c.id, None if chosen is None else chosen.families)
    youngest = _youngest([row.id for row in rows])
    for row in rows:
        kind = KeptKind.NEVER if row.removed_on is None else KeptKind.REMOVED
        days = [row.removed_on] if row.removed_on else [_day(row.created_at), _day(row.annulled_at)]
        ended_on = max(filter(None, [*days, _day(row.closed_at)]))
        due = retention.due(known, kind, ended_on, youngest.get(row.id))
        if due is not None and due.day <= today:
            yield KeptCase(kind, row.id, row.number, row.territory_id, row.district_id, ended_on, due)


def _cards(known: list[RuleOfKeeping], today: date, chosen: Chosen | None) -> Iterator[KeptCase]:
    asked = select(
        _card.c.id, _card.c.number, _card.c.year, _card.c.territory_id, _card.c.district_id, _card.c.closed_at,
        _card.c.annulled_at, _card.c.born_on,
    ).where(access.scope().cards(), _card.c.destroyed.is_(None), _card.c.family_id.is_(None),
            func.coalesce(_card.c.closed_at, _card.c.annulled_at).is_not(None))  # fmt: skip
    for row in _of_chosen(asked, _card.c.id, None if chosen is None else chosen.cards):
        ended_on = max(day for day in (_day(row.closed_at), _day(row.annulled_at)) if day is not None)
        due = retention.due(known, KeptKind.CARD, ended_on, row.born_on)
        if due is not None and due.day <= today:
            number = f"{row.number}/{row.year}"
            yield KeptCase(KeptKind.CARD, row.id, number, row.territory_id, row.district_id, ended_on, due)


def _of_chosen(asked: Select[Any], key: Any, chosen: Collection[int] | None) -> list[Any]:
    connection = db.session.connection()
    if chosen is None:
        return list(connection.execute(asked.order_by(key)))
    return [row for portion in portions(sorted(chosen)) for row in connection.execute(asked.where(key.in_(portion)))]


def _long_ago(day: Any, known: Iterable[RuleOfKeeping], kind: KeptKind, today: date) -> ColumnElement[bool]:
    """Whether it was so long ago as to let a case of a kind go: by the longest of its terms, as all must be over."""
    terms = [rule.term * SHORTEST[rule.unit] for rule in known if rule.kind is kind]
    return false() if not terms else day <= today - timedelta(days=min(max(terms), 36_500))


def _ended() -> ColumnElement[bool]:
    """Whether a stay of the family has ended."""
    ended = select(_stay.c.id).where(
        _stay.c.family_id == _family.c.id, _stay.c.annulled_at.is_(None), _stay.c.removed_on.is_not(None)
    )
    return exists(ended.correlate_except(_stay))


def _on_record(family_id: Any) -> ColumnElement[bool]:
    stay = _stay.alias()
    standing = select(stay.c.id).where(
        stay.c.family_id == family_id, stay.c.annulled_at.is_(None), stay.c.removed_on.is_(None)
    )
    return exists(standing.correlate_except(stay))


def _youngest(families: Collection[int]) -> dict[int, date]:
    """The birth date of the youngest person of each family."""
    found: dict[int, date] = {}
    for portion in portions(sorted(families)):
        asked = select(_member.c.family_id, func.max(_member.c.born_on)).where(_member.c.family_id.in_(portion))
        rows = db.session.connection().execute(asked.group_by(_member.c.family_id))
        found.update((key, born_on) for key, born_on in rows if born_on is not None)
    return found


def _day(moment: datetime | None) -> date | None:
    return None if moment is None else clock.local(moment).date()


# What hinders


def _hindrances(cases: Collection[KeptCase], today: date) -> Mapping[tuple[bool, int], str]:
    """Why cases may not be destroyed, the first reason of each."""
    found: dict[tuple[bool, int], str] = {}
    for is_card in (False, True):
        ids = sorted(case.key for case in cases if case.is_card is is_card)
        for portion in portions(ids):
            for asked, text in _of_cards(portion) if is_card else _of_families(portion, today):
                for row in db.session.connection().execute(asked):
                    found.setdefault((is_card, row[0]), text.format(*row[1:]))
    return found


def _of_families(ids: list[int], today: date) -> Iterator[tuple[Select[Any], str]]:
    held = select(_hold.c.family_id, _hold.c.until, _hold.c.reason)
    yield held.where(_hold.c.family_id.in_(ids), _hold.c.annulled_at.is_(None), _hold.c.until > today), (
        "не уничтожать до {0:%d.%m.%Y}: {1}")  # fmt: skip
    card = select(_card.c.family_id, _card.c.number, _card.c.year)
    yield card.where(_card.c.family_id.in_(ids), _card.c.closed_at.is_(None), _card.c.annulled_at.is_(None)), (
        "сигнальная карта № {0}/{1} не закрыта")  # fmt: skip
    order = select(_order.c.family_id, _order.c.due_on)
    yield order.where(_order.c.family_id.in_(ids), _order.c.annulled_at.is_(None), _order.c.accepted_at.is_(None)), (
        "поручение комиссии со сроком {0:%d.%m.%Y} не исполнено")  # fmt: skip
    waits = and_(_move.c.annulled_at.is_(None), _move.c.answered_at.is_(None))
    for column in (_move.c.family_id, _move.c.received_id):
        yield select(column).where(column.in_(ids), waits), "дело передаётся и ещё не принято"
    yield from _of_both(ids, _item.c.family_id, _group.c.family_id)


def _of_cards(ids: list[int]) -> Iterator[tuple[Select[Any], str]]:
    yield from _of_both(ids, _item.c.card_id, _group.c.card_id)


def _of_both(ids: list[int], of_item: Any, of_group: Any) -> Iterator[tuple[Select[Any], str]]:
    matter = select(of_item, _meeting.c.held_on).join(_meeting, _meeting.c.id == _item.c.meeting_id)
    open_ = (_item.c.annulled_at.is_(None), _meeting.c.annulled_at.is_(None), _meeting.c.closed_at.is_(None))
    yield matter.where(of_item.in_(ids), *open_), "стоит в повестке заседания {0:%d.%m.%Y}"
    group = select(of_group, _group.c.due_on).where(of_group.in_(ids), _group.c.annulled_at.is_(None))
    yield group.where(_group.c.surveyed_on.is_(None)), "обследование со сроком {0:%d.%m.%Y} не проведено"
