"""What every report is made of: an indicator is one query; its number and the list behind it come from that query.

Reports speak to the tables directly, so every source says by itself whose rows a person's figures count and whose rows
a person sees, from `access.scope()`; `Within` adds the territories that were asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar

from sqlalchemy import ColumnElement, FromClause, RowMapping, Select, func, select, true

from app import access
from app.conditions import unindexed
from app.extensions import db
from app.models import Family
from app.render.chart import Drawn
from app.render.table import Kind, Table

family = Family.__table__

Number = int | Decimal
Condition = Callable[[], ColumnElement[bool]]
TERRITORY = "territory"
OF_FAMILY = ("family_id", "number", "family")  # details that the order by families has said already


class Counting(StrEnum):
    """What an indicator counts."""

    FAMILIES = "семьи"
    CHILDREN = "дети"
    PERSONS = "люди"
    CARDS = "карты"
    AIDS = "оказанная помощь"
    MEASURES = "мероприятия"
    MEETINGS = "заседания"
    ITEMS = "вопросы повестки"
    INSTRUCTIONS = "поручения"
    ROUBLES = "рубли"
    DAYS = "дни"
    PERCENT = "%"
    PER_THOUSAND = "на 1000 детей"


@dataclass(frozen=True)
class Detail:
    """A column of the list behind a number: its name in the row, its title, where it comes from.

    titles: what the ids in the column are called.
    """

    name: str
    title: str
    column: ColumnElement[Any]
    kind: Kind = "text"
    titles: Mapping[Any, str] | None = None


def counted_families() -> ColumnElement[bool]:
    """The families that figures count for this person now."""
    return family.c.annulled_at.is_(None) & access.scope().counted_families()


def shown_families() -> ColumnElement[bool]:
    """The families that lists behind figures show to this person now."""
    return family.c.annulled_at.is_(None) & access.scope().families()


@dataclass(frozen=True)
class Source:
    """Rows that several indicators count: joined tables, and what every row must meet.

    territory: the column that says where a row is counted; the family's own unless the rows may have no family yet.
    counted, shown: the rows that this person's figures count, and those that this person's lists show; rows with a
    territory of their own say both.
    keys: further columns by which a report may group, by the names it gives them (`by=`).
    order: how the list behind a number begins.
    leads: of the conditions, the one by whose index the rows are found where every territory is asked for; elsewhere
    the families that are asked for lead to them, and `where` says it of a column that is not looked up.
    told_apart, counts: of rows that are made of several tables, the entities and keys that tell them apart, and the
    names of those tables; of joined tables both are plain.
    """

    name: str
    tables: FromClause
    where: tuple[ColumnElement[bool], ...]
    details: tuple[Detail, ...]
    territory: ColumnElement[Any] = family.c.territory_id
    counted: Condition = counted_families
    shown: Condition = shown_families
    keys: Mapping[str, ColumnElement[Any]] = field(default_factory=dict)
    order: tuple[ColumnElement[Any], ...] = (family.c.sort_key, family.c.id)
    leads: ColumnElement[bool] = field(default_factory=true)
    told_apart: tuple[tuple[str, ColumnElement[Any]], ...] = ()
    counts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.of_families and (self.counted is counted_families or self.shown is shown_families):
            raise TypeError(f"{self.name}: say whose rows are counted and shown, a family does not tell it of them")

    @property
    def of_families(self) -> bool:
        """Whether every row is counted where its family lives."""
        return self.territory is family.c.territory_id

    def key(self, name: str) -> ColumnElement[Any]:
        """A column to group by: the territory, or one of `keys`."""
        return self.territory if name == TERRITORY else self.keys[name]


@dataclass(frozen=True)
class Near:
    """The rows beside a number: those that came close and are not counted, and what kept each of them out."""

    source: Source
    where: ColumnElement[bool]
    why: Callable[[RowMapping], str]


@dataclass(frozen=True)
class Indicator:
    """A number of a report: the rows of a source that meet a condition, counted, counted distinctly or summed up.

    on: the day on which the list shows ages, or the name of the detail that holds it.
    why: says of a row of the list why it counts, where that is not plain.
    rule: in words what is counted, with its clause. near: what came close and is not counted.
    """

    key: str
    title: str
    unit: Counting
    source: Source
    where: ColumnElement[bool]
    distinct: ColumnElement[Any] | None = None
    amount: ColumnElement[Any] | None = None
    on: date | str | None = None
    why: Callable[[RowMapping], str] | None = None
    rule: str = ""
    near: Near | None = None

    @property
    def kind(self) -> Kind:
        """How its number is printed."""
        return "money" if self.unit is Counting.ROUBLES else "number"

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


@dataclass(frozen=True)
class Culprit:
    """A row that a check is about: in words, and its family, where it is mended."""

    said: str
    family_id: int | None = None


@dataclass(frozen=True)
class ReportOption:
    """A choice that a report offers besides period and territory: values of its argument with their labels, the usual
    first. help: what the command line says about it."""

    label: Any
    help: str
    values: Mapping[str, Any]

    @property
    def usual(self) -> str:
        return next(iter(self.values))


class Counted(Protocol):
    """A counted report, whatever its shape: what its page asks of it.

    rows: its territories. shows_names: whether its numbers open lists. checks: the sums that must hold, with the
    `indicators` that explain them and their totals (`number`).
    """

    @property
    def period_title(self) -> str: ...
    @property
    def rows(self) -> Sequence[Any]: ...
    @property
    def shows_names(self) -> bool: ...
    @property
    def checks(self) -> Sequence[Check]: ...
    @property
    def indicators(self) -> Mapping[str, Indicator]: ...
    def number(self, key: str) -> Number: ...


Form = TypeVar("Form", bound=Counted)
# The address of the list behind a number: of its figure, and of the row it stands in (`places.spot`). By this word in
# place of a figure: of the page of the family that a row names, which no file bears.
Link = Callable[[str, int | str | None], str]
FAMILY_PAGE = "page of a family"


def nothing_drawn(_form: Any, _link: Link | None) -> Sequence[Drawn]:
    """The pictures of a report that is only a list."""
    return ()


@dataclass(frozen=True)
class Report(Generic[Form]):
    """A report of the catalogue: menu, screen, command and files read here all they need to know of it.

    name: of its address and its command. view: of its permissions in `config.ROLES`. label: in the menu. title: on
    pages and in the journal. file: how its files are called.
    figures: its indicators by key, of a period and the options. count: the report over a period and a territory.
    sources: what it counts that a family does not tell the territory of.
    table, data: the report as a table and as JSON. further: the tables of names behind its checks, for the office.
    named: whom its page names under its checks, by the key of the indicator.
    about: in a sentence, what it tells: for the page where reports are chosen.
    statutory: a form of the law, a wide sheet that stands in the menu by itself.
    of_each_family: each family has a line of its own.
    pictures: what of it is drawn.
    entered: the tables of numbers that are entered by hand and stand in it.
    """

    name: str
    view: str
    label: Any
    title: str
    icon: str
    file: str
    figures: Callable[..., Mapping[str, Indicator]]
    count: Callable[..., Form]
    table: Callable[[Form, Link | None], Table]
    further: Callable[[Form], Sequence[Table]]
    data: Callable[[Form], dict[str, Any]]
    named: Callable[[Form], Mapping[str, list[Culprit]]]
    options: Mapping[str, ReportOption] = field(default_factory=dict)
    sources: tuple[Source, ...] = ()
    about: str = ""
    statutory: bool = False
    of_each_family: bool = False
    pictures: Callable[[Form, Link | None], Sequence[Drawn]] = nothing_drawn
    entered: tuple[str, ...] = ()

    @property
    def is_drawn(self) -> bool:
        """Whether it has pictures."""
        return self.pictures is not nothing_drawn


# The rows of a source that are asked for: the person's, on the territories of the question.
Within = Callable[[Source], ColumnElement[bool]]


def statement(source: Source, indicators: Iterable[Indicator], within: Within,
              by: Sequence[str] = (TERRITORY,)) -> Select[Any]:  # fmt: skip
    """The one SELECT that counts all indicators of a source, a row for each combination of the keys.

    Rows of a territory lie near each other; those of a body or a kind lie all over a bank: not met in its order.
    """
    keys = [source.key(name) if name == TERRITORY else unindexed(source.key(name)) for name in by]
    return (
        select(*keys, *(one.measure.label(f"n{place}") for place, one in enumerate(indicators)))
        .select_from(source.tables)
        .where(*source.where, within(source))
        .group_by(*keys)
    )


def count(indicators: Iterable[Indicator], within: Within) -> dict[str, dict[int, Number]]:
    """Every indicator by territory: {key: {territory id: number}}; a territory without rows is absent."""
    counted = count_by(indicators, within, (TERRITORY,))
    return {key: {ids[0]: number for ids, number in numbers.items()} for key, numbers in counted.items()}


def count_by(indicators: Iterable[Indicator], within: Within,
             by: Sequence[str]) -> dict[str, dict[tuple[Any, ...], Number]]:  # fmt: skip
    """Every indicator by several keys at once: {key: {(agency id, territory id): number}} for by=("agency", TERRITORY).

    The sources may differ, each answers to the same names; a combination without rows is absent.
    """
    by_source: dict[str, list[Indicator]] = {}
    for indicator in indicators:
        by_source.setdefault(indicator.source.name, []).append(indicator)
    found: dict[str, dict[tuple[Any, ...], Number]] = {}
    for group in by_source.values():
        rows = db.session.execute(statement(group[0].source, group, within, by)).all()
        for place, indicator in enumerate(group, start=len(by)):
            found[indicator.key] = {tuple(row[: len(by)]): row[place] for row in rows if row[place]}
    return found


def behind(indicator: Indicator, within: Within, limit: int | None = None,
           offset: int = 0) -> Sequence[RowMapping]:  # fmt: skip
    """The rows that an indicator counts, with their details, in the order of the source (the families' names)."""
    return _rows(indicator.source, indicator.where, within, limit, offset)


def beside(near: Near, within: Within, limit: int | None = None, offset: int = 0) -> Sequence[RowMapping]:
    """The rows that came close to a number and are not counted, in the same order."""
    return _rows(near.source, near.where, within, limit, offset)


def _rows(source: Source, where: ColumnElement[bool], within: Within, limit: int | None,
          offset: int) -> Sequence[RowMapping]:  # fmt: skip
    columns = [detail.column.label(detail.name) for detail in source.details]
    further = [column for column in columns if column.name not in OF_FAMILY]
    return (
        db.session.execute(
            select(*columns)
            .select_from(source.tables)
            .where(*source.where, where, within(source))
            .order_by(*source.order, *further)
            .limit(limit)
            .offset(offset)
        )
        .mappings()
        .all()
    )


def how_many_beside(near: Near, within: Within) -> int:
    """How many rows came close."""
    source = near.source
    rows = select(func.count()).select_from(source.tables).where(*source.where, near.where, within(source))
    return db.session.scalar(rows) or 0


def length(indicator: Indicator, within: Within) -> tuple[int, Number]:
    """How many rows the list behind an indicator has, and the number it gives."""
    source = indicator.source
    rows, number = db.session.execute(
        select(func.count(), indicator.measure)
        .select_from(source.tables)
        .where(*source.where, indicator.where, within(source))
    ).one()
    return rows, number or 0
