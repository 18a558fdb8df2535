"""«Проверка перед сдачей»: whether a counted report may leave the house, line by line, and what to mend where not.

The sums of the report are its own checks; to them come the balance told by name, equality with the end of the period
that was submitted before, and the stays of the period whose papers are not in order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, and_, exists, func, not_, or_, select, tuple_

from app.conditions import belongs, in_force, minor, on_record, unindexed
from app.domain import registration as rules
from app.domain.periods import Period
from app.extensions import db
from app.models import Decision, Member, RegistrationCriterion, RemovalReason, Submission
from app.reports import places, report, submitted
from app.reports.frozen_report import FrozenRow
from app.reports.quarterly_checks import OF_POPULATION
from app.reports.quarterly_rows import PeriodRows, aid_kind, member, registration, support
from app.reports.reasons import OF_CHILDREN
from app.reports.recount import stored
from app.reports.report import Culprit, Indicator, family, shown_families

SHOWN = 20  # rows of one line that are named; the whole list is one click away
# By the name of a report: the figures of the start of its period, and what they are of the end of the one before.
GOES_ON: Mapping[str, Mapping[str, str]] = {
    "quarterly": {"6": "12", "7": "18"},
    "movement": {"start": "end", "start children": "end children"},
    "state": {"start": "families", "start children": "children"},
}
JOINED = "прибыл или вернулся в семью"
NOTHING_BEFORE = "прошлый период не сдан, сравнить не с чем"
_placed, _removal = Decision.__table__.alias("placed"), Decision.__table__.alias("removal")
_reason, _held = RemovalReason.__table__, RegistrationCriterion.__table__


@dataclass(frozen=True)
class ReadyLine:
    """Something that must hold: None where there is nothing to compare with.

    figure: the figure whose whole list explains it. entered: it is mended where numbers of children are entered.
    """

    title: str
    holds: bool | None
    text: str
    figure: str = ""
    culprits: tuple[Culprit, ...] = ()
    more: int = 0
    entered: bool = False


def lines(name: str, form: Any, period: Period, before: Submission | None) -> list[ReadyLine]:
    """Every line of the check of a counted report. before: the same report over the period that ended on the eve."""
    found = [*_sums(form, period), *_goes_on(name, form, before), *_papers(form, period)]
    return [*found, *_supports(form, period)] if name == "quarterly" else found


def red(found: Sequence[ReadyLine]) -> int:
    """How many lines do not hold."""
    return sum(line.holds is False for line in found)


# The sums, and who makes the gap


def _sums(form: Any, period: Period) -> Iterator[ReadyLine]:
    for check in form.checks:
        entered = check.title == OF_POPULATION
        yield ReadyLine(check.title, check.holds, check.text, entered=entered and check.holds is not True)
        for key in check.lists:
            if number := form.number(key):
                yield _told(form, form.indicators[key], int(number), period, holds=check.holds)


def _told(form: Any, indicator: Indicator, number: int, period: Period, *, holds: bool | None) -> ReadyLine:
    """The rows behind a figure that explains a sum, by name with the reason; the reasons counted."""
    rows = report.behind(indicator, places.shown_in(form.rows)) if form.shows_names else []
    explain = OF_CHILDREN.get(indicator.key)
    reasons: dict[str, int] = {}
    culprits = []
    for row in rows:
        why = explain(row, period) if explain else ""
        kind = why.rsplit(" ", 1)[0].rstrip(",") if why[-4:].isdecimal() else why
        kind = JOINED if kind == "в семье с" else kind
        reasons[kind] = reasons.get(kind, 0) + 1
        culprits.append(Culprit(_said(row, why), row["family_id"]))
    text = "; ".join(f"{kind} – {count}" for kind, count in reasons.items() if kind)
    return ReadyLine(indicator.title, holds, f"{number}{f': {text}' if text else ''}", indicator.key,
                     tuple(culprits[:SHOWN]), max(0, len(culprits) - SHOWN))  # fmt: skip


def _said(row: RowMapping, why: str) -> str:
    known = dict(row)
    person = f": {submitted.full_name(known)}" if "last_name" in known else ""
    return f"№ {row['number']}, {row['family']}{person}{f' – {why}' if why else ''}"


# What was submitted before


def _goes_on(name: str, form: Any, before: Submission | None) -> Iterator[ReadyLine]:
    for key, ended in GOES_ON.get(name, {}).items():
        indicator = form.indicators[key]
        title = f"{indicator.title}: равно концу прошлого сданного периода"
        if before is None:
            yield ReadyLine(title, None, NOTHING_BEFORE)
            continue
        was = [row for row in stored(before).rows(ended, "") if row.territory_id in {one.id for one in form.rows}]
        now = report.behind(indicator, places.shown_in(form.rows)) if form.shows_names else []
        named = submitted.NamedRows(was)
        gone = {_key(row): row for row in was}
        come = {_key_now(row): row for row in now}
        culprits = [Culprit(f"{named.said(row)} – было в сданном, теперь нет", row.family_id)
                    for key_of, row in gone.items() if key_of not in come]  # fmt: skip
        culprits += [Culprit(f"{_said(row, '')} – в сданном не было", row["family_id"])
                     for key_of, row in come.items() if key_of not in gone]  # fmt: skip
        text = f"{form.number(key)}, в сданном ({before.called}, код {before.code}) {len(was)}"
        holds = form.number(key) == len(was) and not culprits
        yield ReadyLine(title, holds, text, "" if holds else key, tuple(culprits[:SHOWN]),
                        max(0, len(culprits) - SHOWN))  # fmt: skip


def _key(row: FrozenRow) -> tuple[Any, Any]:
    return row.family_id, next((key for entity, key in row.keys if entity == Member.__name__), None)


def _key_now(row: RowMapping) -> tuple[Any, Any]:
    return row["family_id"], dict(row).get("member_id")


# Stays whose papers are not in order


def _papers(form: Any, period: Period) -> Iterator[ReadyLine]:
    """Decisions, criteria, dates and notes of the stays that touch the period, of the families the person sees."""
    faults = _faults(period)
    if not form.shows_names:
        return
    found = _stays(form, faults)
    for place, (title, _condition) in enumerate(faults):
        rows = [row for row in found if row[f"f{place}"]]
        culprits = tuple(Culprit(f"№ {row['number']}, {row['name']}", row["id"]) for row in rows[:SHOWN])
        text = f"семей: {len(rows)}" if rows else "у всех"
        yield ReadyLine(title, not rows, text, culprits=culprits, more=max(0, len(rows) - SHOWN))


def _faults(period: Period) -> list[tuple[str, ColumnElement[bool]]]:
    stay = registration.c
    in_period = stay.removed_on.between(period.start, period.end)
    other = _reason.c.code.like(f"{rules.OTHER_REASON}%")
    criteria = select(_held.c.id).where(_held.c.registration_id == stay.id, in_force(_held, period.end)).exists()
    at_end = and_(stay.registered_on <= period.end, or_(stay.removed_on.is_(None), stay.removed_on > period.end))
    return [
        ("У каждой постановки есть номер постановления", func.coalesce(_placed.c.number, "") == ""),
        ("У каждого снятия есть постановление",
         and_(in_period, or_(_removal.c.id.is_(None), func.coalesce(_removal.c.number, "") == ""))),
        ("У каждого снятия есть причина", and_(in_period, stay.removal_reason_id.is_(None))),
        ("Снятие по причине 11.4 пояснено примечанием",
         and_(in_period, other, func.trim(func.coalesce(stay.note, "")) == "")),
        ("У каждой семьи на учёте есть критерий", and_(at_end, ~criteria)),
        ("Постановление о постановке не позже постановки", _placed.c.decided_on > stay.registered_on),
        ("Постановление о снятии не позже снятия", _removal.c.decided_on > stay.removed_on),
        ("Карта направлена не позже постановки", stay.card_sent_on > stay.registered_on),
    ]  # fmt: skip


def _stays(form: Any, faults: Sequence[tuple[str, ColumnElement[bool]]]) -> list[RowMapping]:
    """The families with a stay that touches the period and any of the faults."""
    stay, period = registration.c, form.period
    flags = [condition.label(f"f{place}") for place, (_title, condition) in enumerate(faults)]
    tables = (
        registration.join(family, family.c.id == stay.family_id)
        .outerjoin(_placed, and_(_placed.c.id == stay.decision_id, _placed.c.annulled_at.is_(None)))
        .outerjoin(_removal, and_(_removal.c.id == stay.removal_decision_id, _removal.c.annulled_at.is_(None)))
        .outerjoin(_reason, _reason.c.id == stay.removal_reason_id)
    )
    touching = and_(stay.registered_on <= period.end, or_(stay.removed_on.is_(None), stay.removed_on >= period.start))
    return list(db.session.execute(
        select(family.c.id, family.c.number, family.c.name, *flags)
        .select_from(tables)
        .where(stay.annulled_at.is_(None), touching, shown_families(), or_(*(one for _title, one in faults)),
               family.c.territory_id.in_(sorted(row.id for row in form.rows)))
        .order_by(family.c.sort_key, family.c.id)
    ).mappings())  # fmt: skip


# Aid to children that the lines of pupil support do not know of


def _supports(form: Any, period: Period) -> Iterator[ReadyLine]:
    """Lines 2.4–2.6 count the pupil support of a quarter, not aid: whoever was given the one and has not the other."""
    if not form.shows_names:
        return
    for title, line, told in SUPPORTED:
        rows = _not_told(form, period, line, told)
        culprits = tuple(Culprit(_said(row, ""), row["family_id"]) for row in rows[:SHOWN])
        text = f"детей с помощью без отметки: {len(rows)}" if rows else "у всех"
        yield ReadyLine(title, not rows, text, culprits=culprits, more=max(0, len(rows) - SHOWN))


def _not_told(form: Any, period: Period, line: str, told: ColumnElement[bool]) -> list[RowMapping]:
    """The children on record at the end who were given aid of a line in the period, with no such support in it."""
    of = PeriodRows(period, form.figures.lists)
    source, day = of.recipients, period.end
    stands = exists().where(registration.c.family_id == family.c.id, registration.c.annulled_at.is_(None),
                            on_record(registration, day))  # fmt: skip
    known = exists().where(
        support.c.member_id == member.c.id, support.c.annulled_at.is_(None), told,
        tuple_(support.c.year, support.c.quarter).in_(period.quarters()),
    )  # fmt: skip
    said = (family.c.id.label("family_id"), family.c.number, family.c.name.label("family"), member.c.id, *_NAMES)
    return list(db.session.execute(
        select(*said)
        .select_from(source.tables)
        .where(*source.where, places.shown_in(form.rows)(source), aid_kind.c.appendix4_line.like(line), stands,
               minor(unindexed(member.c.born_on), day), belongs(member, day), not_(known))
        .group_by(*said, family.c.sort_key)
        .order_by(family.c.sort_key, family.c.id, member.c.id)
    ).mappings())  # fmt: skip


_NAMES = (member.c.last_name, member.c.first_name, member.c.middle_name)
# The line of the form, the kinds of aid that go with it, what the support of a quarter says of it.
SUPPORTED = (
    ("Питание (2.4): кому помогли, у того отмечено в поддержке квартала", "2.4_meals", support.c.free_meals.is_(True)),
    ("Учебники (2.4): кому помогли, у того отмечено в поддержке квартала", "2.4_textbooks",
     support.c.free_textbooks.is_(True)),
    ("Досуг (2.5): кому помогли, у того отмечено в поддержке квартала", "2.5", support.c.leisure.is_(True)),
    ("Каникулы (2.6): кому помогли, у того отмечено в поддержке квартала", "2.6%", support.c.holidays.is_not(None)),
)  # fmt: skip
