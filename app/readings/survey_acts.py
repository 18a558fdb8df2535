"""What pages and lists show of survey acts: with what an act begins, how two compare, which a family has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.orm import joinedload, selectinload

from app import access, words
from app.conditions import called
from app.domain import intervals, names, periods
from app.domain import survey_acts as rules
from app.domain.survey_acts import MOST_PERSONS, KnownInBank
from app.domain.terms import ParentalRole, SurveyAccess, SurveyHeading, SurveyLevel, SurveyTrend
from app.extensions import db, portions
from app.models import (
    CardChild,
    Education,
    Family,
    IdentityDocument,
    Member,
    PupilSupport,
    SignalCard,
    SurveyAct,
    SurveyGroup,
    SurveyMark,
    SurveyPerson,
    Territory,
)
from app.readings.facts import SurveyFact
from app.readings.families import with_surname

_act, _group, _mark = SurveyAct.__table__, SurveyGroup.__table__, SurveyMark.__table__
_card, _family, _territory = SignalCard.__table__, Family.__table__, Territory.__table__
BIRTH_CERTIFICATE, PASSPORT = "03", "21"  # codes of the kinds of documents
LATEST = 50  # acts of a family, or of a card, that are listed and compared


# With what a fresh act begins


@dataclass(frozen=True)
class Beginning:
    """What is known of a family before the group goes there: each person as the fields of a row."""

    persons: list[dict[str, Any]] = field(default_factory=list)
    registered_address: str | None = None
    actual_address: str | None = None
    phones: str | None = None
    income: str | None = None


def beginning(group: SurveyGroup, today: date) -> Beginning:
    """What an act of a survey of the person's begins with: the last act, else the family of the bank, else the card.

    A group is told it of a family that is not among its own: it goes there.
    """
    with access.acting_as(replace(access.scope(), everything=True)):
        last = _last_act(group)
        card = db.session.get(SignalCard, group.card_id) if group.card_id else None
        family = db.session.get(Family, group.family_id) if group.family_id else None
        if last is not None:
            found = _of_act(last)
        elif family is not None:
            found = _of_family(family, today)
        else:
            found = _of_card(card) if card is not None else Beginning()
        if not found.phones and card is not None:
            found = replace(found, phones=_phones(card))
    return found


def _last_act(group: SurveyGroup) -> SurveyAct | None:
    """The act in force of the latest visit to the family or for the card."""
    same = [SurveyAct.group_id == group.id]
    if group.family_id is not None:
        same.append(SurveyGroup.family_id == group.family_id)
    if group.card_id is not None:
        same.append(SurveyGroup.card_id == group.card_id)
    asked = _in_force(or_(*same), whole=False).options(selectinload(SurveyAct.persons))
    return db.session.scalar(asked.limit(1))


def _of_act(act: SurveyAct) -> Beginning:
    persons = [
        {name: getattr(person, name) for name in ("role", "last_name", "first_name", "middle_name",
                                                  "born_on", "sex", "occupation", "note")}
        for person in act.composition
    ]  # fmt: skip
    return Beginning(persons, act.registered_address, act.actual_address, act.phones, act.income)


def _of_family(family: Family, today: date) -> Beginning:
    asked = select(Member).where(Member.family_id == family.id, Member.annulled_at.is_(None))
    asked = asked.options(joinedload(Member.role)).order_by(Member.born_on.is_(None), Member.born_on, Member.id)
    present = [one for one in db.session.scalars(asked) if intervals.holds(one.joined_on, one.left_on, today)]
    learns = _education([one.id for one in present], today)
    persons = [
        {
            "last_name": one.last_name, "first_name": one.first_name,
            "middle_name": one.middle_name, "born_on": one.born_on, "sex": one.sex,
            "role": one.role.parental_role if one.role is not None else None,
            "occupation": one.workplace or learns.get(one.id),
        }
        for one in present[:MOST_PERSONS]
    ]  # fmt: skip
    return Beginning(persons, family.registered_address, family.actual_address, income=family.income_source)


def _education(members: Sequence[int], today: date) -> dict[int, str]:
    """Where people learn on a day."""
    found: dict[int, str] = {}
    for ids in portions(members):
        rows = db.session.scalars(
            select(Education).where(Education.member_id.in_(ids), Education.annulled_at.is_(None))
            .options(joinedload(Education.status)).order_by(Education.started_on)
        )  # fmt: skip
        for row in rows:
            if intervals.holds(row.started_on, row.ended_on, today):
                said = ", ".join(str(part) for part in (row.organisation or row.status, row.grade) if part)
                found[row.member_id] = words.short(said, 300)
    return found


def _of_card(card: SignalCard) -> Beginning:
    own = {name: getattr(card, name) for name in ("last_name", "first_name", "middle_name", "born_on")}
    children = [_child(child, card.last_name) for child in card.children if child.annulled_at is None]
    return Beginning([own, *children][:MOST_PERSONS], actual_address=card.address, phones=_phones(card))


def _child(child: CardChild, surname: str) -> dict[str, Any]:
    note = words.age(child.age) if child.age is not None and child.born_on is None else None
    return {**names.of_child(child.name, surname), "born_on": child.born_on, "role": ParentalRole.CHILD, "note": note}


def _phones(card: SignalCard) -> str | None:
    return ", ".join(phone for phone in (card.mobile_phone, card.home_phone) if phone) or None


# The acts of somebody


def _in_force(*of_which: ColumnElement[bool], whole: bool = True) -> Select[Any]:
    """The acts in force, the latest first; whole: with all that they say."""
    asked = select(SurveyAct).join(SurveyGroup, SurveyGroup.id == SurveyAct.group_id)
    asked = asked.where(SurveyAct.is_current.is_(True), SurveyAct.annulled_at.is_(None), *of_which)
    if whole:
        asked = asked.options(selectinload(SurveyAct.persons), selectinload(SurveyAct.marks))
    return asked.order_by(SurveyAct.visited_on.desc(), SurveyAct.id.desc())


def of_card(card_id: int) -> SurveyAct | None:
    """The latest act in force of a card: of it a family is entered with what the group found."""
    return db.session.scalar(_in_force(SurveyGroup.card_id == card_id).limit(1))


def of_group(group_id: int) -> Sequence[SurveyAct]:
    """Every act of a survey, whatever becomes of it: visit by visit, the latest edition first."""
    asked = select(SurveyAct).where(SurveyAct.group_id == group_id, SurveyAct.annulled_at.is_(None))
    return db.session.scalars(asked.order_by(SurveyAct.visit.desc(), SurveyAct.edition.desc())).all()


def comparable(act: SurveyAct) -> Sequence[SurveyAct]:
    """The other acts in force with which an act may be compared, the latest first: of its family, or of its card."""
    group = act.group
    same = [SurveyGroup.id == group.id]
    if group.family_id is not None:
        same.append(SurveyGroup.family_id == group.family_id)
    if group.card_id is not None:
        same.append(SurveyGroup.card_id == group.card_id)
    took_place = SurveyAct.access == SurveyAccess.TOOK_PLACE
    others = _in_force(or_(*same), took_place, SurveyAct.id != act.id, whole=False)
    return db.session.scalars(others.limit(LATEST)).all()


class TrendLine(NamedTuple):
    """A line of two acts side by side."""

    title: str
    before: str
    after: str
    trend: SurveyTrend | None
    before_note: str = ""
    after_note: str = ""


def hidden(group: SurveyGroup) -> frozenset[SurveyHeading]:
    """The headings of a survey's acts that are not told to the person: in SQL it is `access.Scope.marks`."""
    own = access.scope()
    was_there = group.annulled_at is None and own.employee in {one.id for one in group.employees}
    return frozenset() if own.sees_special or was_there else frozenset(rules.SPECIAL_HEADINGS)


def from_bank(act: SurveyAct, child: SurveyPerson) -> KnownInBank:
    """What the bank knows, as far as the person sees it, of an act's family on the day of the visit.

    People of the act are the members who bear their name and birth date.
    """
    family = db.session.get(Family, act.group.family_id) if act.group.family_id is not None else None
    if family is None:
        return KnownInBank()
    asked = select(Member).where(Member.family_id == family.id, Member.annulled_at.is_(None))
    members = {_named(one): one for one in db.session.scalars(asked) if one.born_on is not None}
    same = {one.id: member for one in act.composition if (member := members.get(_named(one))) is not None}
    known = KnownInBank(
        workplaces={key: member.workplace for key, member in same.items() if member.workplace},
        registered_address=family.registered_address or "",
        income="; ".join(
            filter(None, (None if act.income else family.income_source, _per_member(family.income_per_member)))
        ),
    )
    learner = same.get(child.id)
    if learner is None:
        return known
    papers = _papers(learner.id)
    return known._replace(
        birth_certificate=_proof(papers.get(BIRTH_CERTIFICATE)),
        passport=_proof(papers.get(PASSPORT)),
        learning=_learning(learner.id, act.visited_on),
    )


def _named(person: SurveyPerson | Member) -> tuple[str, date | None]:
    return names.folded(person.full_name), person.born_on


def _papers(member_id: int) -> dict[str, IdentityDocument]:
    """The documents of somebody by the codes of their kinds, the last entered of each."""
    asked = select(IdentityDocument).where(IdentityDocument.member_id == member_id,
                                           IdentityDocument.annulled_at.is_(None))  # fmt: skip
    rows = db.session.scalars(asked.options(joinedload(IdentityDocument.kind)).order_by(IdentityDocument.id))
    return {one.kind.code: one for one in rows if one.kind is not None}


def _proof(paper: IdentityDocument | None) -> str:
    """«серия …, № …, когда, кем» of what the bank knows of a document."""
    if paper is None:
        return ""
    parts = (("", paper.series), ("№ ", paper.number), ("", words.day(paper.issued_on)), ("", paper.issued_by))
    return ", ".join(f"{mark}{value}" for mark, value in parts if value)


def _learning(member_id: int, day: date) -> str:
    """Where somebody learns on a day, and what the quarter of that day, else the last one before it, says of it."""
    year, number = periods.quarter_of(day)
    quarter = PupilSupport.year * 4 + PupilSupport.quarter
    asked = select(PupilSupport).where(PupilSupport.member_id == member_id, PupilSupport.annulled_at.is_(None),
                                       quarter <= year * 4 + number)  # fmt: skip
    support = db.session.scalar(asked.order_by(quarter.desc()).limit(1))
    said = [_education([member_id], day).get(member_id)]
    said += [support.attendance, support.progress] if support is not None else []
    return "; ".join(filter(None, said))


def _per_member(income: Decimal | None) -> str:
    return f"на члена семьи {words.roubles(income)} руб. в месяц" if income is not None else ""


def marks_of(act: SurveyAct) -> Mapping[SurveyHeading, SurveyMark]:
    """What an act says under its headings."""
    return {mark.heading: mark for mark in act.marks}


def level_of(mark: SurveyMark | None) -> str:
    """The level of a heading in its own words."""
    return rules.level_in_words(mark.heading, mark.level) if mark is not None and mark.level else ""


def side_by_side(before: SurveyAct, after: SurveyAct) -> list[TrendLine]:
    """Two acts heading by heading, with what has become of each."""
    first, second = marks_of(before), marks_of(after)
    not_told = hidden(before.group), hidden(after.group)
    lines = [
        TrendLine("Угроза жизни и здоровью детей", str(before.threat or ""), str(after.threat or ""),
                  rules.trend_of_threat(before.threat, after.threat)),
    ]  # fmt: skip
    for heading in SurveyHeading:
        if heading in not_told[0] | not_told[1]:
            was_said, is_said = (rules.HIDDEN if heading in one else level_of(marks.get(heading))
                                 for one, marks in zip(not_told, (first, second), strict=True))  # fmt: skip
            lines.append(TrendLine(str(heading), was_said, is_said, None))
            continue
        was, became = first.get(heading), second.get(heading)
        trend = rules.trend(was.level if was else None, became.level if became else None)
        notes = ((mark.note or "") if mark else "" for mark in (was, became))
        lines.append(TrendLine(str(heading), level_of(was), level_of(became), trend, *notes))
    return [
        *lines,
        TrendLine("Состав семьи", _people(before), _people(after), None),
        TrendLine("Вывод", before.conclusion or "", after.conclusion or "", None),
    ]


class Dynamics(NamedTuple):
    """The last two surveys of a family, and in words how many headings have become better and worse."""

    before_id: int
    after_id: int
    said: str


def dynamics(surveys: Sequence[SurveyFact]) -> Dynamics | None:
    """What has become of a family between its last two surveys that took place; the latest first is given."""
    took_place = [fact.id for fact in surveys if fact.access is SurveyAccess.TOOK_PLACE]
    if len(took_place) < 2:
        return None
    after_id, before_id = took_place[:2]
    return Dynamics(before_id, after_id, _trend_between(before_id, after_id))


def _trend_between(before_id: int, after_id: int) -> str:
    return _in_words(_trends((before_id, after_id))[after_id])


def trends(surveys: Sequence[SurveyFact]) -> dict[int, SurveyTrend]:
    """What each survey that took place found, on the whole, beside the one before it; the latest first is given."""
    took_place = [fact.id for fact in reversed(surveys) if fact.access is SurveyAccess.TOOK_PLACE]
    found = {}
    for act_id, headings in _trends(took_place).items():
        better, worse = headings.count(SurveyTrend.BETTER), headings.count(SurveyTrend.WORSE)
        same = SurveyTrend.SAME if SurveyTrend.SAME in headings or better else SurveyTrend.UNKNOWN
        found[act_id] = same if better == worse else SurveyTrend.BETTER if better > worse else SurveyTrend.WORSE
    return found


def _trends(acts: Sequence[int]) -> dict[int, list[SurveyTrend]]:
    """Of each act but the first, by its key: the headings beside those of the act before it."""
    asked = select(SurveyMark.act_id, SurveyMark.heading, SurveyMark.level).where(SurveyMark.act_id.in_(acts))
    levels = {(row.act_id, row.heading): row.level for row in db.session.execute(asked)}
    return {
        after: [rules.trend(levels.get((before, one)), levels.get((after, one))) for one in SurveyHeading]
        for before, after in pairwise(acts)
    }


def _people(act: SurveyAct) -> str:
    return "; ".join(f"{one}, {words.day(one.born_on)}" if one.born_on else str(one) for one in act.composition)


def counted(lines: Sequence[TrendLine]) -> str:
    """How many lines have become better and worse, in words."""
    return _in_words([line.trend for line in lines if line.trend is not None])


def _in_words(trends: Sequence[SurveyTrend]) -> str:
    said = [f"{one}: {trends.count(one)}" for one in (SurveyTrend.BETTER, SurveyTrend.WORSE, SurveyTrend.SAME)
            if one in trends]  # fmt: skip
    return ", ".join(said) or str(SurveyTrend.UNKNOWN)


# The list of acts


def marked(heading: SurveyHeading | None, level: SurveyLevel | None) -> ColumnElement[bool]:
    """An act says a level under a heading; whichever of the two is not asked for may be any."""
    wanted = [_mark.c.act_id == _act.c.id, access.scope().marks()]
    wanted += [] if heading is None else [_mark.c.heading == heading]
    wanted += [_mark.c.level.is_not(None)] if level is None else [_mark.c.level == level]
    return exists(select(_mark.c.id).where(and_(*wanted)).correlate_except(_mark))


def with_name(text: str) -> ColumnElement[bool]:
    """Of a card, the beginnings of surname, name and patronymic in order; of a family, the beginning of a surname."""
    of_card = select(_card.c.id).where(called(_card.c.name_key, text))
    of_one = or_(_group.c.card_id.in_(of_card), _group.c.family_id.in_(select(_family.c.id).where(with_surname(text))))
    return _act.c.group_id.in_(select(_group.c.id).where(of_one))


def within(territories: Sequence[int]) -> ColumnElement[bool]:
    """An act of a survey that lies on one of some territories."""
    return _act.c.group_id.in_(select(_group.c.id).where(_group.c.territory_id.in_(territories)))


def state_in_words(act: SurveyAct) -> str:
    """What an act is worth."""
    if act.annulled_at is not None:
        return "аннулирован"
    if act.signed_at is None:
        return "не подписан"
    return "действует" if act.is_current else "прежняя редакция"


class ActLine(NamedTuple):
    """What a row of the list shows beside the act's own columns. family_id: what the person may open."""

    name: str
    place: str
    family_id: int | None


def line_of(group: SurveyGroup) -> ActLine:
    """Of whom a survey of the person's is, and where."""
    return _lines([group.id])[group.id]


def lines(acts: Sequence[SurveyAct]) -> dict[int, ActLine]:
    """The lines of acts that the caller has found among the person's rows, by the keys of their surveys."""
    return _lines(sorted({act.group_id for act in acts}))


def _lines(groups: Sequence[int]) -> dict[int, ActLine]:
    found: dict[int, ActLine] = {}
    tables = (
        _group.join(_territory, _territory.c.id == _group.c.territory_id)
        .outerjoin(_card, _card.c.id == _group.c.card_id)
        .outerjoin(_family, _family.c.id == _group.c.family_id)
    )
    asked = select(
        _group.c.id, _territory.c.name.label("place"), _family.c.number, _family.c.name.label("family"),
        _card.c.last_name, _card.c.first_name, _card.c.middle_name, _family.c.id.label("family_id"),
        access.scope().families(_family.c).label("is_own"),
    ).select_from(tables)  # fmt: skip
    for ids in portions(groups):
        for row in db.session.connection().execute(asked.where(_group.c.id.in_(ids))):
            of_card = names.full(row.last_name, row.first_name, row.middle_name)
            name = f"№ {row.number} {row.family}".strip() if row.number else of_card
            found[row.id] = ActLine(name, row.place, row.family_id if row.is_own else None)
    return found
