"""A matter of a meeting at a glance: its family, card and survey, read at once for a whole agenda."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import and_, func, or_, select

from app import access, conditions, words
from app.domain import ages, names
from app.domain.agenda import Glance
from app.domain.terms import Threat
from app.extensions import db
from app.models import (
    AgendaItem,
    Criterion,
    Family,
    Member,
    Registration,
    RegistrationCriterion,
    RelationshipKind,
    SignalCard,
    SurveyAct,
    SurveyGroup,
    Territory,
)

_family, _stay, _named = Family.__table__, Registration.__table__, RegistrationCriterion.__table__
_criterion, _member, _territory = Criterion.__table__, Member.__table__, Territory.__table__
_card, _act, _group = SignalCard.__table__, SurveyAct.__table__, SurveyGroup.__table__
_role = RelationshipKind.__table__

SHORT = 600  # characters of a text at a glance


def of_items(items: Sequence[AgendaItem], day: date) -> dict[int, Glance]:
    """What each of these items is about, by their ids; only what the person sees."""
    found = {item.id: Glance(family_id=item.family_id, card_id=item.card_id) for item in items}
    by_family: dict[int, list[Glance]] = defaultdict(list)
    for item in items:
        if item.family_id is not None:
            by_family[item.family_id].append(found[item.id])
    _tell_families(by_family, day)
    _tell_cards([item for item in items if item.card_id is not None], found)
    _tell_acts(items, found, day)
    return found


def _tell_families(by_family: dict[int, list[Glance]], day: date) -> None:
    """Each family with its last stay and the criteria of it."""
    ids = list(by_family)
    if not ids:
        return
    begun = and_(_stay.c.family_id == _family.c.id, _stay.c.annulled_at.is_(None), _stay.c.registered_on <= day)
    told = (
        select(_family.c.id, _family.c.number, _family.c.name, _territory.c.name.label("place"),
               func.coalesce(_family.c.actual_address, _family.c.registered_address, "").label("address"),
               _stay.c.id.label("stay"), _stay.c.registered_on, _stay.c.removed_on, _criterion.c.code,
               _criterion.c.name.label("criterion"))
        .select_from(_family.join(_territory, _territory.c.id == _family.c.territory_id)
                     .outerjoin(_stay, begun)
                     .outerjoin(_named, _named.c.registration_id == _stay.c.id)
                     .outerjoin(_criterion, _criterion.c.id == _named.c.criterion_id))
        .where(_family.c.id.in_(ids), access.scope().families())
        .order_by(_stay.c.registered_on, _stay.c.id, _named.c.position)
    )  # fmt: skip
    rows = _read(told)
    last = {row.id: row.stay for row in rows}
    for row in (row for row in rows if row.stay == last[row.id]):
        for one in by_family[row.id]:
            one.number, one.name, one.place, one.address = row.number, row.name, row.place, row.address
            one.registered_on, one.removed_on = row.registered_on, row.removed_on
            if row.code is not None:
                one.criteria.append(f"{row.code} {row.criterion}")
    if last:
        _tell_people(by_family, last, day)


def _tell_people(by_family: dict[int, list[Glance]], ids: Iterable[int], day: date) -> None:
    people = (
        select(_member.c.family_id, _member.c.last_name, _member.c.first_name, _member.c.middle_name, _member.c.born_on,
               _role.c.name.label("role"))
        .join(_role, _role.c.id == _member.c.role_id)
        .where(_member.c.family_id.in_(ids), _member.c.annulled_at.is_(None), conditions.belongs(_member, day))
        .order_by(_member.c.family_id, _member.c.born_on)
    )  # fmt: skip
    for row in _read(people):
        name = names.full(row.last_name, row.first_name, row.middle_name)
        born = f", {row.born_on:%d.%m.%Y}" if row.born_on else ""
        for one in by_family[row.family_id]:
            (one.children if ages.is_minor(row.born_on, day) else one.adults).append(f"{name}{born} ({row.role})")


def _tell_cards(items: Sequence[AgendaItem], found: dict[int, Glance]) -> None:
    ids = {item.card_id for item in items}
    if not ids:
        return
    told = select(_card.c.id, _card.c.number, _card.c.year, _card.c.last_name, _card.c.first_name, _card.c.middle_name,
                  _card.c.address, _card.c.threat, _card.c.description)  # fmt: skip
    rows = {row.id: row for row in _read(told.where(_card.c.id.in_(ids), access.scope().cards()))}
    for item in items:
        one, row = found[item.id], rows.get(item.card_id)
        if row is None:
            one.card_id = None
            continue
        one.card = f"№ {row.number}/{row.year}"
        one.name = one.name or names.full(row.last_name, row.first_name, row.middle_name)
        one.address = one.address or row.address or ""
        one.threat = str(row.threat) if row.threat is not None and row.threat is not Threat.NONE else ""
        one.description = words.short(row.description or "", SHORT)


def _tell_acts(items: Sequence[AgendaItem], found: dict[int, Glance], day: date) -> None:
    """The last act in force on a day, of the survey of an item or else of its family."""
    groups = {item.group_id for item in items if item.group_id is not None}
    families = {item.family_id for item in items if item.family_id is not None}
    if not groups and not families:
        return
    told = (
        select(_act.c.id, _act.c.group_id, _group.c.family_id, _act.c.visited_on, _act.c.conclusion, _act.c.proposals)
        .join(_group, _group.c.id == _act.c.group_id)
        .where(_act.c.is_current, _act.c.visited_on <= day, _group.c.annulled_at.is_(None), access.scope().surveys())
        .where(or_(_group.c.id.in_(groups), _group.c.family_id.in_(families)))
    )
    last: dict[tuple[str, int], Any] = {}
    for row in _read(told.order_by(_act.c.visited_on, _act.c.id)):
        last["group", row.group_id] = row
        if row.family_id is not None:
            last["family", row.family_id] = row
    for item in items:
        row = last.get(("group", item.group_id or 0)) or last.get(("family", item.family_id or 0))
        if row is not None:
            one = found[item.id]
            one.act_id, one.surveyed_on = row.id, row.visited_on
            one.conclusion, one.proposals = (
                words.short(row.conclusion or "", SHORT),
                words.short(row.proposals or "", SHORT),
            )


def _read(statement: Any) -> list[Any]:
    return list(db.session.connection().execute(statement))
