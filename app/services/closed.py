"""A period of a submitted report is closed: a row that counts in it is written, changed or annulled with a reason only.

One place for all roads: every flush is asked, whoever acts on a screen, in a list or at a meeting; a load, which passes
the flush by, asks of what it is about to write, of a command too. What of an entity counts, and on which days, is
declared here. What the installation itself writes row by row is asked for nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import event, func, inspect, select
from sqlalchemy.orm import Session, class_mapper

from app import access, journal, tree
from app.domain import periods
from app.domain.refusal import Refusal
from app.domain.terms import Act
from app.extensions import db, portions
from app.models import (
    Aid,
    ChildPopulation,
    Decision,
    Education,
    Family,
    Meeting,
    Member,
    PupilSupport,
    Registration,
    RegistrationCriterion,
    SignalCard,
    Submission,
)

REASON = "closed_reason"  # the field of a form, of whatever form, that says why
LONGEST_REASON = 300
CLOSED = (
    "Эта запись относится к сданному периоду и меняет сданный отчёт: {reports}. Напишите причину, по которой она "
    "вносится задним числом, и сохраните ещё раз."
)
SHOWN = 3  # reports of one sentence
Values = Mapping[str, Any]

_family, _stay, _submission = Family.__table__, Registration.__table__, Submission.__table__
_reason: ContextVar[str] = ContextVar("closed_reason", default="")


class ClosedPeriodRefusal(Refusal):
    """A row falls into a submitted period, and nobody said why."""


class Stretch(NamedTuple):
    """Days on which a fact counts, both ends included; None is without an end."""

    first: date | None
    last: date | None

    def touches(self, start: date, end: date) -> bool:
        """Whether the days lie within those, or on the eve: the figures of a period begin with the day before it."""
        eve = periods.Period(start, end).eve
        return (self.first is None or self.first <= end) and (self.last is None or self.last >= eve)


@dataclass(frozen=True)
class CountedFact:
    """What a report counts of a row: the values of some columns, on the days that others say.

    days: the stretch of a row's values; None while the fact is not there. lasts: it holds until something ends it, so
    that a later end changes the days after the earlier one alone.
    """

    columns: tuple[str, ...]
    days: Callable[[Values], Stretch | None]
    lasts: bool = False


def _from(first: str, last: str) -> Callable[[Values], Stretch | None]:
    return lambda row: Stretch(row[first], row[last])


def _on(name: str) -> Callable[[Values], Stretch | None]:
    return lambda row: None if row[name] is None else Stretch(row[name], row[name])


def _since(name: str) -> Callable[[Values], Stretch | None]:
    return lambda row: Stretch(row[name], None)


def _of_quarter(row: Values) -> Stretch:
    period = periods.quarter(row["year"], row["quarter"])
    return Stretch(period.start, period.end)


# What counts of the rows of each entity; those of a person, or of aid, count while the family is on record.
FACTS: dict[type[Any], tuple[CountedFact, ...]] = {
    Registration: (
        CountedFact(("family_id",), _from("registered_on", "removed_on"), lasts=True),
        CountedFact(("removal_reason_id",), _on("removed_on")),
        CountedFact(("sender_id",), _on("card_sent_on")),
    ),
    RegistrationCriterion: (CountedFact(("criterion_id", "position"), _from("since", "until"), lasts=True),),
    Decision: (CountedFact(("kind",), _on("decided_on")),),
    Member: (CountedFact(("born_on",), _from("joined_on", "left_on"), lasts=True),),
    Education: (CountedFact(("status_id",), _from("started_on", "ended_on"), lasts=True),),
    PupilSupport: (CountedFact(("free_meals", "free_textbooks", "leisure", "holidays"), _of_quarter),),
    Aid: (CountedFact(("kind_id", "amount", "performer_id"), _on("given_on")),),
    SignalCard: (CountedFact(("agency_id", "source"), _on("sent_on")),),
    Meeting: (CountedFact(("agency_id",), _on("held_on")),),
    ChildPopulation: (CountedFact(("children",), _since("counted_on")),),
}
WHILE_ON_RECORD = (Member, Education, PupilSupport, Aid)
# A decision is counted by what it begins and ends.
COUNTED_AS = {Decision: Registration.__tablename__}


@dataclass(frozen=True)
class WrittenRow:
    """A row as it was and as it becomes, by its columns; None: it is not there. title: how the journal calls it."""

    entity: type[Any]
    title: str
    was: Values | None
    becomes: Values | None
    family_id: int | None = None
    territory_id: int | None = None

    def stretches(self) -> Iterator[Stretch]:
        """The days whose figures are others now."""
        was, becomes = (None if row is None or row.get("annulled_at") else row for row in (self.was, self.becomes))
        for fact in FACTS[self.entity]:
            before, after = (None if row is None else fact.days(row) for row in (was, becomes))
            same = was is not None and becomes is not None and all(was[key] == becomes[key] for key in fact.columns)
            if before == after and same:
                continue
            if same and fact.lasts and before and after:
                yield from _between(before, after)
            else:
                yield from (days for days in (before, after) if days is not None)


def _between(before: Stretch, after: Stretch) -> Iterator[Stretch]:
    """The days that one of two stretches has and the other has not."""
    if before.first != after.first:
        known = [day for day in (before.first, after.first) if day is not None]
        yield Stretch(min(known) if len(known) == 2 else None, max(known))
    if before.last != after.last:
        ends = [day for day in (before.last, after.last) if day is not None]
        yield Stretch(min(ends), max(ends) if len(ends) == 2 else None)


@dataclass(frozen=True)
class TouchedReport:
    """A row that changes a submitted report."""

    row: WrittenRow
    submission: Any  # a row of the table: id, title, number, edition, starts_on, ends_on, code

    @property
    def said(self) -> str:
        """The report in words."""
        period = periods.Period(self.submission.starts_on, self.submission.ends_on)
        edition = f", редакция {self.submission.edition}" if self.submission.edition > 1 else ""
        return f"{self.submission.title}, {period.title}, № {self.submission.number}{edition}"


def touched(rows: Iterable[WrittenRow]) -> list[TouchedReport]:
    """Which submitted reports these rows change, in the order of the rows."""
    changing, submissions = [], None
    for row in rows:
        if stretches := list(row.stretches()):
            submissions = _submissions() if submissions is None else submissions
            if not submissions:
                return []
            changing.append((row, stretches))
    families = {row.family_id for row, _stretches in changing if row.family_id is not None}
    places, stays, known = _places(families), _stays(families), tree.read()
    found = []
    for row, stretches in changing:
        place = row.territory_id if row.territory_id is not None else places.get(row.family_id or 0)
        above = {each.id for each in known.above(place)} if place in known.rows else set()
        on_record = stays.get(row.family_id or 0, []) if row.entity in WHILE_ON_RECORD else None
        table = COUNTED_AS.get(row.entity, row.entity.__tablename__)
        found += [
            TouchedReport(row, one) for one in submissions or ()
            if one.territory_id in above and table in one.counts and _touch(stretches, one)
            and (on_record is None or _touch(on_record, one))
        ]  # fmt: skip
    return found


def _touch(stretches: Iterable[Stretch], one: Any) -> bool:
    return any(days.touches(one.starts_on, one.ends_on) for days in stretches)


def _submissions() -> list[Any]:
    """The newest edition of every submitted report. Of the Core: a period is closed for whoever writes."""
    c = _submission.c
    columns = (c.id, c.title, c.territory_id, c.starts_on, c.ends_on, c.number, c.edition, c.counts, c.code)
    newest = select(c.territory_id, c.number, func.max(c.edition).label("edition")).group_by(c.territory_id, c.number)
    last = newest.subquery()
    joined = _submission.join(
        last,
        (last.c.territory_id == c.territory_id) & (last.c.number == c.number) & (last.c.edition == c.edition),
    )
    return list(db.session.connection().execute(select(*columns).select_from(joined).order_by(c.ends_on, c.id)))


def _places(families: set[int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for ids in portions(sorted(families)):
        asked = select(_family.c.id, _family.c.territory_id).where(_family.c.id.in_(ids))
        found |= {row.id: row.territory_id for row in db.session.connection().execute(asked)}
    return found


def _stays(families: set[int]) -> dict[int, list[Stretch]]:
    found: dict[int, list[Stretch]] = {}
    for ids in portions(sorted(families)):
        asked = select(_stay.c.family_id, _stay.c.registered_on, _stay.c.removed_on)
        for row in db.session.connection().execute(
            asked.where(_stay.c.family_id.in_(ids), _stay.c.annulled_at.is_(None))
        ):
            found.setdefault(row.family_id, []).append(Stretch(row.registered_on, row.removed_on))
    return found


# The reason


@contextmanager
def because(reason: str) -> Iterator[None]:
    """Run an act with the reason, if there is one, for which it writes into a closed period. Raises Refusal."""
    said = " ".join(reason.split())
    if len(said) > LONGEST_REASON:
        raise Refusal(f"Причина записи в сданный период длиннее {LONGEST_REASON} знаков: сократите её.")
    token = _reason.set(said)
    try:
        yield
    finally:
        _reason.reset(token)


def check(rows: Iterable[WrittenRow]) -> list[TouchedReport]:
    """The submitted reports that rows change, if there is a reason. Raises ClosedPeriodRefusal, which names them."""
    found = touched(rows)
    if found and not _reason.get():
        raise ClosedPeriodRefusal(CLOSED.format(reports=named(found)))
    return found


def require(rows: Iterable[WrittenRow], session: Session | None = None) -> None:
    """The same of rows that are written now: the journal tells of each, at the report that it changes."""
    reason = _reason.get()
    journal.write(
        (
            journal.entry(Act.BACK_DATED, entity="Submission", entity_id=each.submission.id,
                          family_id=each.row.family_id, summary=f"{reason} – {each.row.title}")
            for each in check(rows)
        ),
        session,
    )  # fmt: skip


def given() -> str:
    """The reason that is said now, for what goes on in the background."""
    return _reason.get()


def named(found: Iterable[TouchedReport]) -> str:
    """The reports that are touched, in words."""
    said = list(dict.fromkeys(each.said for each in found))
    more = f" и ещё {len(said) - SHOWN}" if len(said) > SHOWN else ""
    return "; ".join(said[:SHOWN]) + more


def is_closed(refusal: BaseException | None) -> bool:
    """Whether a refusal, or what it was made of, is that of a closed period."""
    while refusal is not None and not isinstance(refusal, ClosedPeriodRefusal):
        refusal = refusal.__cause__
    return refusal is not None


# Every flush


@event.listens_for(Session, "after_flush")
def _ask(session: Session, _context: Any) -> None:
    """Ask of what a flush has written: the keys of families are known now, and what was is still remembered."""
    if access.scope().user_id is None:
        return
    rows = [(row, row in session.new) for row in (*session.new, *session.dirty) if type(row) in FACTS]
    if rows:
        require([_written(row, fresh=fresh) for row, fresh in rows], session)


def _written(row: Any, *, fresh: bool) -> WrittenRow:
    becomes = {column.key: getattr(row, column.key) for column in class_mapper(type(row)).columns}
    was = dict(becomes)
    for name in becomes:
        history = inspect(row).attrs[name].history
        if history.has_changes():
            was[name] = history.deleted[0] if history.deleted else None
    place = becomes.get("territory_id") if becomes.get("family_id") is None else None
    return WrittenRow(
        type(row), journal.title_of(row), None if fresh else was, becomes, becomes.get("family_id"), place
    )
