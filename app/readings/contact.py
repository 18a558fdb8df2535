"""The last contact with a family: aid, a visit in which somebody was met, or a signal card, whichever is later.

The SQL of a list and the page of one family tell it alike: tests/readings/test_contact.py asks both.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, exists, func, select

from app import access
from app.domain.terms import SurveyAccess
from app.models import Aid, SignalCard, SurveyAct, SurveyGroup

_aid, _card, _act, _group = Aid.__table__, SignalCard.__table__, SurveyAct.__table__, SurveyGroup.__table__

AID, VISIT, CARD = "помощь", "обследование", "сигнальная карта"
Wanted = Callable[[Any], ColumnElement[bool]]
Shown = Callable[[Any], Any]
NOT_MET = (SurveyAccess.NOBODY,)  # a visit that found nobody is none


def _as_it_is(column: Any) -> Any:
    return column


class Contact(NamedTuple):
    """A day on which somebody had to do with a family, and by what."""

    day: date
    what: str


def latest(aid: date | None, visit: date | None, card: date | None) -> Contact | None:
    """The latest of three days; of equal ones that which says most of the family is kept."""
    found = [Contact(day, what) for day, what in ((aid, AID), (visit, VISIT), (card, CARD)) if day]
    return max(found, key=lambda one: one.day, default=None)


def columns(family_id: Any, day: date) -> list[Any]:
    """The last day of each kind up to a day, for `latest`; cards as far as the person sees them."""
    return [
        found(family_id, lambda column: column <= day, func.max).scalar_subquery().label(name)
        for name, found in _DAYS.items()
    ]


def none_within(family_id: Any, days: int, day: date) -> ColumnElement[bool]:
    """No contact within so many days before a day: the last one was earlier, or there was none."""
    since = day - timedelta(days=days)
    return and_(*(~exists(found(family_id, lambda column: column > since)) for found in _DAYS.values()))


def _of_aid(family_id: Any, wanted: Wanted, shown: Shown = _as_it_is) -> Select[Any]:
    aid = _aid.alias()
    given = (aid.c.family_id == family_id, aid.c.annulled_at.is_(None), wanted(aid.c.given_on))
    return select(shown(aid.c.given_on)).where(*given).correlate_except(aid)


def _of_visits(family_id: Any, wanted: Wanted, shown: Shown = _as_it_is) -> Select[Any]:
    act, group = _act.alias(), _group.alias()
    joined = group.join(act, act.c.group_id == group.c.id)
    met = (act.c.is_current, act.c.annulled_at.is_(None), act.c.access.not_in(NOT_MET), wanted(act.c.visited_on))
    return (
        select(shown(act.c.visited_on)).select_from(joined).where(group.c.family_id == family_id, *met)
        .correlate_except(act, group)
    )  # fmt: skip


def _of_cards(family_id: Any, wanted: Wanted, shown: Shown = _as_it_is) -> Select[Any]:
    card = _card.alias()
    told = (
        card.c.family_id == family_id,
        card.c.annulled_at.is_(None),
        access.scope().cards(card.c),
        wanted(card.c.sent_on),
    )
    return select(shown(card.c.sent_on)).where(*told).correlate_except(card)


_DAYS: dict[str, Callable[..., Select[Any]]] = {
    "last_aid_on": _of_aid, "last_visit_on": _of_visits, "last_card_on": _of_cards,
}  # fmt: skip
