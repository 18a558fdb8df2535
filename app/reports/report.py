"""What every report is made of: an indicator is one query; its number and the list behind it come from that query.

Reports speak to the tables directly, so every statement here takes the scope of rows explicitly: `within` is a
condition on the table `family`, from `access.scope()`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, FromClause, RowMapping, Select, and_, extract, func, or_, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from app.domain import ages
from app.domain.periods import Period
from app.extensions import db
from app.models import Family
from app.render.table import Kind

family = Family.__table__

Number = int | Decimal


class Unit(StrEnum):
    """What an indicator counts."""

    FAMILIES = "семьи"
    CHILDREN = "дети"
    PERSONS = "люди"
    CARDS = "карты учёта"
    ROUBLES = "рубли"


@dataclass(frozen=True)
class Detail:
    """A column of the list behind a number: its name in the row, its title, where it comes from."""

    name: str
    title: str
    column: ColumnElement[Any]
    kind: Kind = "text"


@dataclass(frozen=True)
class Source:
    """Rows that several indicators count: joined tables, among them `family`, and what every row must meet."""

    name: str
    tables: FromClause
    where: tuple[ColumnElement[bool], ...]
    details: tuple[Detail, ...]


@dataclass(frozen=True)
class Indicator:
    """A number of a report: the rows of a source that meet a condition, counted, counted distinctly or summed up.

    on: the day on which the list shows ages, or the name of the detail that holds it.
    """

    key: str
    title: str
    unit: Unit
    source: Source
    where: ColumnElement[bool]
    distinct: ColumnElement[Any] | None = None
    amount: ColumnElement[Any] | None = None
    on: date | str | None = None

    @property
    def measure(self) -> ColumnElement[Any]:
        """The SQL of the number."""
        if self.amount is not None:
            return func.sum(self.amount).filter(self.where)
        if self.distinct is not None:
            return func.count(self.distinct.distinct()).filter(self.where)
        return func.count().filter(self.where)


@dataclass(frozen=True)
class Check:
    """A sum that must hold, and what it came to; None where there is nothing to compare with.

    lists: the indicators whose rows explain it by name.
    """

    title: str
    holds: bool | None
    text: str
    lists: tuple[str, ...] = ()


def statement(source: Source, indicators: Iterable[Indicator], within: ColumnElement[bool]) -> Select[Any]:
    """The one SELECT that counts all indicators of a source, a row per territory."""
    return (
        select(family.c.territory_id, *(one.measure.label(f"n{place}") for place, one in enumerate(indicators)))
        .select_from(source.tables)
        .where(*source.where, within)
        .group_by(family.c.territory_id)
    )


def count(indicators: Iterable[Indicator], within: ColumnElement[bool]) -> dict[str, dict[int, Number]]:
    """Every indicator by territory: {key: {territory id: number}}; a territory without rows is absent."""
    by_source: dict[str, list[Indicator]] = {}
    for indicator in indicators:
        by_source.setdefault(indicator.source.name, []).append(indicator)
    found: dict[str, dict[int, Number]] = {}
    for group in by_source.values():
        numbers = db.session.execute(statement(group[0].source, group, within)).all()
        for place, indicator in enumerate(group, start=1):
            found[indicator.key] = {row[0]: row[place] for row in numbers if row[place]}
    return found


def behind(indicator: Indicator, within: ColumnElement[bool], limit: int | None = None,
           offset: int = 0) -> Sequence[RowMapping]:  # fmt: skip
    """The rows that an indicator counts, with their details, in the order of the families' names."""
    source = indicator.source
    columns = [detail.column.label(detail.name) for detail in source.details]
    return (
        db.session.execute(
            select(*columns)
            .select_from(source.tables)
            .where(*source.where, indicator.where, within)
            .order_by(family.c.sort_key, family.c.id, *(columns[place] for place in range(3, len(columns))))
            .limit(limit)
            .offset(offset)
        )
        .mappings()
        .all()
    )


def length(indicator: Indicator, within: ColumnElement[bool]) -> tuple[int, Number]:
    """How many rows the list behind an indicator has, and the number it gives."""
    rows, number = db.session.execute(
        select(func.count(), indicator.measure)
        .select_from(indicator.source.tables)
        .where(*indicator.source.where, indicator.where, within)
    ).one()
    return rows, number or 0


class unindexed(FunctionElement[Any]):  # noqa: N801  reads as a function of SQL
    """A column by which SQLite shall not look rows up: it takes any index on a range of dates for a bargain, and would
    walk all people by their birth dates rather than the few stays to their families."""

    inherit_cache = True

    def __init__(self, column: ColumnElement[Any]) -> None:
        super().__init__(column)
        self.type = column.type


@compiles(unindexed)
def _as_it_stands(element: unindexed, compiler: Any, **options: Any) -> str:
    return str(compiler.process(element.clauses, **options))


@compiles(unindexed, "sqlite")
def _with_a_plus(element: unindexed, compiler: Any, **options: Any) -> str:
    return f"+{compiler.process(element.clauses, **options)}"


# Conditions that every report shares (REPORTS: conventions). Each has its twin in app/domain.


def on_record(registration: FromClause, day: Any) -> ColumnElement[bool]:
    """A stay holds at the end of a day: `domain.registration.on_record`."""
    columns = registration.c
    return and_(columns.registered_on <= day, or_(columns.removed_on.is_(None), columns.removed_on > day))


def belongs(member: FromClause, day: Any) -> ColumnElement[bool]:
    """A person is a member of the family on a day."""
    columns = member.c
    return and_(
        or_(columns.joined_on.is_(None), columns.joined_on <= day),
        or_(columns.left_on.is_(None), columns.left_on > day),
    )


def minor(born_on: ColumnElement[Any], day: date) -> ColumnElement[bool]:
    """Born on or before a day and not yet eighteen on it: `domain.ages.is_minor`."""
    born_on = unindexed(born_on)
    return and_(born_on <= day, born_on > ages.years_before(day, ages.MAJORITY))


def minor_on(born_on: ColumnElement[Any], day: ColumnElement[Any], period: Period) -> ColumnElement[bool]:
    """The same on a day that stands in a column and lies in the period.

    Who is a minor at the end of the period was one on all its days; only those who come of age inside it are counted
    by their years.
    """
    young = born_on > ages.years_before(period.end, ages.MAJORITY)
    return and_(born_on <= day, or_(young, _as_number(day) - _as_number(born_on) < ages.MAJORITY * 10_000))


def aged(born_on: ColumnElement[Any], day: date, youngest: int, under: int) -> ColumnElement[bool]:
    """Full years on a day: `youngest` ≤ age < `under`."""
    grown = born_on <= (ages.years_before(day, youngest) if youngest else day)
    return and_(grown, born_on > ages.years_before(day, under))


def _as_number(day: ColumnElement[Any]) -> ColumnElement[int]:
    """20260930: the difference of two such numbers, in ten thousands, is the number of full years."""
    return extract("year", day) * 10_000 + extract("month", day) * 100 + extract("day", day)
