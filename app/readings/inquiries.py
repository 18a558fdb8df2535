"""What pages show of the bodies that are asked about a family: the tree of what they told, and whom they are asked of.

A body that is asked sees neither the card nor the family nor the act. What it needs to find the family in its own
papers is read here of the inquiries that the caller has found among the person's rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import joinedload

from app import access, tree, words
from app.domain import inquiries as rules
from app.domain import names
from app.domain.deadlines import Limit, due
from app.domain.terms import Moment, Unit
from app.extensions import db, portions
from app.models import (
    Agency,
    AgencyFinding,
    AgencyInquiry,
    AgencyKind,
    CardChild,
    Family,
    Member,
    SignalCard,
    SurveyGroup,
    Territory,
)
from app.readings import clocks

_inquiry, _finding, _group = AgencyInquiry.__table__, AgencyFinding.__table__, SurveyGroup.__table__
_card, _family, _territory = SignalCard.__table__, Family.__table__, Territory.__table__

SHOWN_ON_FIRST_PAGE = 10


# What the bodies told


@dataclass
class Branch:
    """A kind of body: whom of it one has asked, and what was told, by day."""

    kind: AgencyKind
    inquiries: list[AgencyInquiry] = field(default_factory=list)
    findings: list[AgencyFinding] = field(default_factory=list)


@dataclass(frozen=True)
class ToldByBodies:
    """What bodies told of a survey as the person may read it; hides: there is something of health or convictions."""

    branches: list[Branch]
    hides: bool


def are_read(group: SurveyGroup) -> bool:
    """Whether the person reads what bodies told of a survey, and does not merely guide the family by an own body."""
    scope = access.scope()
    if scope.agency is None:
        return True
    seen = replace(scope, agency=None).sees_survey(group.id)
    return bool(db.session.connection().scalar(select(seen)))


def told(group: SurveyGroup) -> ToldByBodies:
    """What each of the kinds of bodies that are asked told, and others that were asked beside them."""
    is_asked = and_(AgencyKind.scheme == rules.SCHEME, AgencyKind.retired.is_(False))
    of_kind = and_(AgencyFinding.kind_id == AgencyKind.id, AgencyFinding.group_id == group.id,
                   AgencyFinding.annulled_at.is_(None))  # fmt: skip
    rows = db.session.execute(
        select(AgencyKind, is_asked.label("is_asked"), AgencyFinding)
        .outerjoin(AgencyFinding, of_kind)
        .where(or_(is_asked, AgencyFinding.id.is_not(None)))
        .order_by(is_asked.desc(), AgencyKind.position, AgencyKind.id, AgencyFinding.told_on, AgencyFinding.id)
        .options(joinedload(AgencyFinding.agency))
    ).all()
    branches = {kind.id: Branch(kind) for kind, _asked, _finding in rows}
    for kind, _asked, finding in rows:
        if finding is not None:
            branches[kind.id].findings.append(finding)
    kinds = list(dict.fromkeys(kind for kind, asked, _finding in rows if asked))
    inquiries = _of_survey(AgencyInquiry, group.id).order_by(AgencyInquiry.id)
    for inquiry in db.session.scalars(inquiries.options(joinedload(AgencyInquiry.agency).joinedload(Agency.kind))):
        kind = rules.kind_among(inquiry.agency.kind, kinds)
        branches.setdefault(kind.id, Branch(kind)).inquiries.append(inquiry)
    return ToldByBodies(list(branches.values()), hides_special(group.id))


def of_body(inquiry: AgencyInquiry) -> Sequence[AgencyFinding]:
    """What the body of an inquiry told, by day."""
    asked = _of_survey(AgencyFinding, inquiry.group_id).where(AgencyFinding.agency_id == inquiry.agency_id)
    return db.session.scalars(asked.order_by(AgencyFinding.told_on, AgencyFinding.id)).all()


def hides_special(group_id: int, agency_id: int | None = None) -> bool:
    """Whether something of health or convictions is told that the person may not read; of one body, if it is named."""
    if access.scope().sees_special:
        return False
    of_body = [] if agency_id is None else [_finding.c.agency_id == agency_id]
    told = select(_finding.c.id).where(
        _finding.c.group_id == group_id, _finding.c.annulled_at.is_(None), _finding.c.special.is_(True), *of_body
    )  # fmt: skip
    return db.session.connection().scalar(told.limit(1)) is not None


def _of_survey(entity: Any, group_id: int) -> Select[Any]:
    return select(entity).where(entity.group_id == group_id, entity.annulled_at.is_(None))


def bodies(group: SurveyGroup, *, but_asked: bool = False) -> Sequence[Agency]:
    """The bodies that work on the territory of a survey, in the order of their kinds; without those asked already."""
    asked = select(_inquiry.c.agency_id).where(_inquiry.c.group_id == group.id, _inquiry.c.annulled_at.is_(None))
    found = (
        select(Agency)
        .join(AgencyKind, AgencyKind.id == Agency.kind_id)
        .where(Agency.closed.is_(False), Agency.territory_id.in_(tree.around(group.territory_id)))
        .options(joinedload(Agency.kind))
        .order_by(AgencyKind.position, AgencyKind.id, Agency.name_key, Agency.id)
    )
    return db.session.scalars(found.where(Agency.id.not_in(asked)) if but_asked else found).all()


def usual_due(today: date) -> date:
    """The day by which a body answers that is asked today, as the municipality has set it."""
    limit, works = clocks.limit_between(Moment.BODY_ASKED, Moment.BODY_ANSWERED) or (None, None)
    if limit is None or works is None or limit.unit is Unit.HOUR:
        limit, works = Limit(rules.USUAL_WAIT, Unit.WORKING_DAY), clocks.production_calendar()
    return due(today, limit, works)


# Whom the bodies are asked of


@dataclass(frozen=True)
class Asked:
    """By what a body finds a family in its own papers: names with birth dates or ages, addresses."""

    people: Sequence[str]
    addresses: Sequence[str]


def asked_of(inquiry: AgencyInquiry, today: date) -> Asked:
    """Whom a body is asked of: the people of the family of the bank, else those that the signal card tells of."""
    row = db.session.connection().execute(
        select(_group.c.card_id, func.coalesce(_group.c.family_id, _card.c.family_id).label("family_id"))
        .select_from(_group.outerjoin(_card, _card.c.id == _group.c.card_id))
        .where(_group.c.id == inquiry.group_id)
    ).one()  # fmt: skip
    return named(row.card_id, row.family_id, today)


def named(card_id: int | None, family_id: int | None, today: date) -> Asked:
    """By what a body finds a family in its own papers: of the bank, or as a signal card tells of it; the caller has
    found that the body may be told."""
    addresses = dict.fromkeys(_addresses(card_id, family_id))
    people = _of_family(family_id, today) if family_id is not None else _of_card(card_id) if card_id is not None else []
    return Asked(people, list(addresses))


def _addresses(card_id: int | None, family_id: int | None) -> Iterable[str]:
    connection = db.session.connection()
    if family_id is not None:
        columns = (_family.c.actual_address, _family.c.registered_address)
        yield from filter(None, connection.execute(select(*columns).where(_family.c.id == family_id)).one())
    if card_id is not None:
        address = connection.scalar(select(_card.c.address).where(_card.c.id == card_id))
        yield from filter(None, [address])


def _of_family(family_id: int, today: date) -> list[str]:
    member = Member.__table__.c
    rows = db.session.connection().execute(
        select(member.last_name, member.first_name, member.middle_name, member.born_on)
        .where(member.family_id == family_id, member.annulled_at.is_(None))
        .where(or_(member.left_on.is_(None), member.left_on > today))
        .order_by(member.born_on, member.id)
    )
    return [_person(names.full(*row[:3]), row.born_on) for row in rows]


def _of_card(card_id: int) -> list[str]:
    connection, child = db.session.connection(), CardChild.__table__.c
    columns = (_card.c.last_name, _card.c.first_name, _card.c.middle_name, _card.c.born_on)
    told = connection.execute(select(*columns).where(_card.c.id == card_id)).one()
    rows = connection.execute(
        select(child.name, child.born_on, child.age)
        .where(child.card_id == card_id, child.annulled_at.is_(None))
        .order_by(child.id)
    )
    children = [_person(row.name or "Ребёнок, имя не известно", row.born_on, row.age) for row in rows]
    return [_person(names.full(*told[:3]), told.born_on), *children]


def _person(name: str, born_on: date | None, age: int | None = None) -> str:
    """A name with the birth date, or with the age where that alone is known."""
    if born_on is not None:
        return f"{name}, {words.day(born_on)}"
    return name if age is None else f"{name}, {words.age(age)}"


# The list


@dataclass(frozen=True)
class InquiryLine:
    """What a row of the list shows beside the inquiry's own columns: of whom it asks, and where they live."""

    whom: str
    place: str


def lines(inquiries: Iterable[AgencyInquiry]) -> dict[int, InquiryLine]:
    """The lines of inquiries or findings that the caller has found among the person's rows, by their surveys."""
    found: dict[int, InquiryLine] = {}
    own, of_card = _family.alias(), _family.alias()
    asked = select(
        _group.c.id, _territory.c.name.label("place"), func.coalesce(own.c.name, of_card.c.name).label("family"),
        _card.c.last_name, _card.c.first_name, _card.c.middle_name,
    ).select_from(
        _group.join(_territory, _territory.c.id == _group.c.territory_id)
        .outerjoin(_card, _card.c.id == _group.c.card_id)
        .outerjoin(own, own.c.id == _group.c.family_id)
        .outerjoin(of_card, of_card.c.id == _card.c.family_id)
    )  # fmt: skip
    for ids in portions(sorted({inquiry.group_id for inquiry in inquiries})):
        for row in db.session.connection().execute(asked.where(_group.c.id.in_(ids))):
            whom = names.full(row.last_name, row.first_name, row.middle_name) if row.last_name else row.family
            found[row.id] = InquiryLine(whom or "", row.place)
    return found


def waits() -> ColumnElement[bool]:
    """No answer has come as yet, and it is needed still."""
    return and_(_inquiry.c.annulled_at.is_(None), _inquiry.c.answered_at.is_(None), _goes_on())


def _goes_on() -> ColumnElement[bool]:
    """The survey was not called off."""
    group = _group.alias()
    found = select(group.c.id).where(group.c.id == _inquiry.c.group_id, group.c.annulled_at.is_(None))
    return exists(found.correlate_except(group))


def is_overdue(today: date) -> ColumnElement[bool]:
    """The last good day has passed without an answer (the SQL form of `domain.inquiries.is_overdue`)."""
    return and_(waits(), _inquiry.c.due_on < today)


def is_answered() -> ColumnElement[bool]:
    """An answer has come that nobody has taken as yet."""
    return and_(_inquiry.c.annulled_at.is_(None), _inquiry.c.answered_at.is_not(None), _inquiry.c.closed_at.is_(None))


def is_closed() -> ColumnElement[bool]:
    """The answer was taken."""
    return _inquiry.c.closed_at.is_not(None)


@dataclass(frozen=True)
class Mine:
    """The inquiries to the person's body that wait for an answer: how many, how many are late, the first of them."""

    count: int
    late: int
    first: Sequence[AgencyInquiry]
    lines: dict[int, InquiryLine]


def of_mine(today: date) -> Mine | None:
    """What the first page of a body's own specialist says; None if nothing waits."""
    agency = access.scope().agency
    if agency is None:
        return None
    late = func.count().filter(_inquiry.c.due_on < today)
    found = (
        select(AgencyInquiry, func.count().over(), late.over())
        .where(_inquiry.c.agency_id == agency, waits())
        .order_by(AgencyInquiry.due_on, AgencyInquiry.id)
    )
    rows = db.session.execute(found.limit(SHOWN_ON_FIRST_PAGE)).all()
    if not rows:
        return None
    first = [row[0] for row in rows]
    return Mine(rows[0][1], rows[0][2], first, lines(first))


class InquiryCounts(NamedTuple):
    """Of the surveys that a coordinator keeps: how many inquiries wait for their bodies, are late, are answered."""

    waiting: int = 0
    late: int = 0
    answered: int = 0


def of_kept(today: date) -> InquiryCounts:
    """What the first page of a coordinator says."""
    scope = access.scope()
    if not scope.kept:
        return InquiryCounts()
    open_ones = and_(_inquiry.c.annulled_at.is_(None), _inquiry.c.closed_at.is_(None), _goes_on())
    no_answer = _inquiry.c.answered_at.is_(None)
    counts = (
        func.count().filter(no_answer), func.count().filter(no_answer, _inquiry.c.due_on < today),
        func.count().filter(~no_answer),
    )  # fmt: skip
    asked = select(*counts).select_from(_inquiry).where(open_ones, scope.rows(AgencyInquiry))
    return InquiryCounts(*db.session.connection().execute(asked).one())
