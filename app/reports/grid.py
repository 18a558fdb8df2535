"""A report of rows and figures: what stands in the rows is a breakdown, what stands in the columns is declared.

A report of this shape is its columns (`Indicator`: one query each; `Share`: worked out from others), the breakdowns it
offers and a few notes; counting, the table, the JSON and the addresses of the lists are made here for all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

from flask_babel import lazy_gettext as _

from app import access
from app.domain import periods
from app.domain.periods import Period
from app.render.chart import Bar, Drawn, Panel
from app.render.table import Cell, Column, Kind, Table, Value
from app.reports import places, report, small
from app.reports.places import OF_NOTHING, WITH_PARTS, Place, ReportPlaces
from app.reports.report import (
    TERRITORY,
    Check,
    Counting,
    Indicator,
    Link,
    Number,
    Report,
    ReportOption,
    Source,
    nothing_drawn,
)

TOTAL = "Всего"
JANUARY = "январь"
MOST_BARS = 15  # of a picture by rows
NOT_NAMED = "не указан"
Ids = tuple[Any, ...]
Figures = Sequence["Indicator | Share"]
Sums = Sequence[Sequence[str]]  # keys of figures: a whole and its parts, or whatever else follows from the others


@dataclass(frozen=True)
class Share:
    """A figure that is worked out from others of its row; None where it has no meaning: a share of nothing.

    opens: the figure whose list stands behind it; none stands behind a number that is entered by hand.
    """

    key: str
    title: str
    unit: Counting
    rule: str
    of: Callable[[GridRow], Number | None]
    opens: str


class GridRow(Protocol):
    """The figures of a row by their keys, and those of the total."""

    def __call__(self, key: str) -> Number: ...
    def total(self, key: str) -> Number: ...


def percent(key: str, title: str, part: str, whole: str, rule: str) -> Share:
    """A part in percent of a whole, to a tenth."""
    return Share(key, title, Counting.PERCENT, rule, lambda number: ratio(number(part), number(whole), 100), part)


def ratio(part: Number, whole: Number, times: int = 1) -> Number | None:
    """Part of a whole, to a tenth; None of nothing."""
    return Decimal(str(round(float(part) * times / float(whole), 1))) if whole else None


@dataclass(frozen=True)
class GridLine:
    """A row: what it says of itself by the heads of the breakdown, its address, and by what its numbers are found.

    ids: the keys of the groups that it adds up. suffix: what its figures are called by besides: a month of a movement.
    """

    said: Mapping[str, Value]
    at: str
    ids: tuple[Ids, ...]
    suffix: str = ""


@dataclass(frozen=True)
class Head:
    """A column that says what a row is about."""

    key: str
    title: str
    width: float = 34


@dataclass(frozen=True)
class Breakdown:
    """What a row is. by: the keys that the figures are grouped by. lines: the rows, given the groups that were found.

    label: what a page calls it. parts: the periods that its rows are, each with the suffix of its figures.
    """

    label: Any
    heads: tuple[Head, ...]
    by: tuple[str, ...]
    lines: Callable[[GridQuestion, Iterable[Ids]], list[GridLine]]
    parts: Callable[[Period], Sequence[tuple[str, Period]]] | None = None


@dataclass(frozen=True)
class GridQuestion:
    """What a report is asked for."""

    period: Period
    place: Place
    tree: ReportPlaces
    rows: tuple[Place, ...]


# Numbers that are entered by hand, by key and territory.
Given = Callable[[GridQuestion], Mapping[str, Mapping[Ids, Number]]]


@dataclass(frozen=True)
class Grid:
    """A counted report of this shape."""

    title: str
    period: Period
    place: Place
    rows: tuple[Place, ...]
    breakdown: Breakdown
    columns: Figures
    indicators: Mapping[str, Indicator]
    numbers: Mapping[str, Mapping[Ids, Number]]
    totals: Mapping[str, Number]
    lines: tuple[GridLine, ...]
    notes: tuple[str, ...] = ()
    shows_names: bool = True
    hides_small: bool = False
    checks: tuple[Check, ...] = ()
    sums: Sums = ()
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def period_title(self) -> str:
        """«III квартал 2026 года (с 01.07.2026 по 30.09.2026)»."""
        days = f"с {self.period.start:%d.%m.%Y} по {self.period.end:%d.%m.%Y}"
        return days if self.period.title == days else f"{self.period.title} ({days})"

    def number(self, key: str) -> Number:
        """The total of an indicator."""
        return self.totals.get(key, 0)

    def at(self, line: GridLine | None, key: str) -> Number:
        """An indicator in a row; without a row, the total."""
        if line is None:
            return self.number(key)
        found = self.numbers.get(key + line.suffix, {})
        return sum((found.get(ids, 0) for ids in line.ids), 0)

    def value(self, line: GridLine | None, column: Indicator | Share) -> Number | None:
        """What stands in a cell."""
        if isinstance(column, Share):
            return column.of(_RowOfGrid(self, line))
        return self.at(line, column.key)

    def hidden(self) -> set[tuple[int, str]]:
        """The cells that stay hidden: by the row (of the total: −1) and the key of the column."""
        if not self.hides_small:
            return set()
        rows = {-1: None, **dict(enumerate(self.lines))}
        keys = [one.key for one in self.columns if isinstance(one, Indicator) and one.unit in small.COUNTED]
        numbers = {(place, key): self.at(line, key) for place, line in rows.items() for key in keys}
        sums = [[(place, key) for place in rows] for key in keys]
        sums += [[(place, key) for key in one] for place in rows for one in small.expanded(self.sums, keys)]
        found = small.hidden(numbers, sums)
        shares = [column for column in self.columns if isinstance(column, Share)]
        return found | {(place, one.key) for one in shares for place, key in found if key == one.opens}


@dataclass(frozen=True)
class _RowOfGrid:
    """The figures of a row of a counted report."""

    form: Grid
    line: GridLine | None

    def __call__(self, key: str) -> Number:
        return self.form.at(self.line, key)

    def total(self, key: str) -> Number:
        return self.form.number(key)


def counted(title: str, period: Period, place: Place, tree: ReportPlaces, breakdown: Breakdown, figures: Figures, *,
            sub: Figures = (), hides_small: bool = False, notes: Sequence[str] = (), given: Given | None = None,
            checks: Callable[[Grid], Sequence[Check]] | None = None, sums: Sums = ()) -> Grid:  # fmt: skip
    """Count a report over a territory for the person whose scope is settled.

    sub: figures that only rows show, each by its key with the suffix of its row. hides_small: groups under five are
    hidden, and the checks, which would tell them.
    """
    rows = tuple(tree.listed(place.id))
    asked = GridQuestion(period, place, tree, rows)
    within = places.counted_in(rows, tree)
    indicators = {one.key: one for one in (*figures, *sub) if isinstance(one, Indicator)}
    numbers: dict[str, Mapping[Ids, Number]] = dict(report.count_by(indicators.values(), within, breakdown.by))
    if given is not None and breakdown.by == (TERRITORY,):
        numbers |= given(asked)
    whole = [one for one in indicators.values() if one.distinct is not None and breakdown.by]
    totals = {key: sum(found.values(), 0) for key, found in numbers.items()}
    totals |= {key: found.get((), 0) for key, found in report.count_by(whole, within, ()).items()}
    groups = sorted({ids for found in numbers.values() for ids in found}, key=str)
    form = Grid(
        title, period, place, rows, breakdown, figures, indicators, numbers, totals,
        tuple(breakdown.lines(asked, groups)), (*notes, *_of_scope()),
        shows_names=not access.scope().all_statistics, hides_small=hides_small, sums=sums,
    )  # fmt: skip
    if checks is not None and not hides_small:
        object.__setattr__(form, "checks", tuple(checks(form)))
    return form


def _of_scope() -> list[str]:
    scope = access.scope()
    only = scope.assigned_to is not None and not scope.all_statistics
    return ["Отчёт посчитан только по семьям и картам, доступным тому, кто его сформировал."] if only else []


# Breakdowns


def _by_territory(asked: GridQuestion, _groups: Iterable[Ids]) -> list[GridLine]:
    listed = list(asked.rows)
    return [GridLine({"territory": asked.tree.title(row, listed)}, str(row.id), ((row.id,),)) for row in listed]


def _by_district(asked: GridQuestion, _groups: Iterable[Ids]) -> list[GridLine]:
    """A row for each part of the territory with all that lies in it, and one for what lies in none."""
    own = {row.id for row in asked.rows}
    lines = []
    for part in asked.tree.tree.parts.get(asked.place.id, []):
        inside = [
            (row.id,) for row in asked.rows if any(above.id == part.id for above in asked.tree.tree.above(row.id))
        ]
        if inside:
            lines.append(GridLine({"territory": part.name}, f"{part.id}{WITH_PARTS}", tuple(inside)))
    if asked.place.id in own:
        lines.append(GridLine({"territory": asked.place.name}, str(asked.place.id), ((asked.place.id,),)))
    return lines


BY_TERRITORY = Breakdown(_("by territories"), (Head("territory", "Территория"),), (TERRITORY,), _by_territory)
BY_DISTRICT = Breakdown(_("by parts with all that lies in them"), (Head("territory", "Территория"),), (TERRITORY,),
                        _by_district)  # fmt: skip


def by_keys(label: Any, heads: Mapping[str, str], named: Callable[[], Mapping[str, Mapping[Any, str]]]) -> Breakdown:
    """A row for each combination of keys that was found. heads: titles by key. named: what each key calls its ids."""

    def lines(asked: GridQuestion, groups: Iterable[Ids]) -> list[GridLine]:
        known = {**named(), TERRITORY: {row.id: asked.tree.title(row, list(asked.rows)) for row in asked.rows}}
        found = []
        for ids in groups:
            said = {key: known[key].get(one, NOT_NAMED) for key, one in zip(heads, ids, strict=True)}
            at = ",".join(f"{key}={OF_NOTHING if one is None else one}" for key, one in zip(heads, ids, strict=True))
            found.append(GridLine(said, at, (ids,)))
        return sorted(found, key=lambda line: [str(value) for value in line.said.values()])

    return Breakdown(label, tuple(Head(key, title) for key, title in heads.items()), tuple(heads), lines)


# As a table and as JSON


def as_table(form: Grid, link: Link | None = None) -> Table:
    """The report as it is printed. `link` gives the address of the list behind a number."""
    heads = form.breakdown.heads
    hidden = form.hidden()
    columns = [Column(head.title, head.width) for head in heads]
    columns += [_column(one) for one in form.columns]

    def row(place: int, line: GridLine | None) -> list[Value | Cell]:
        said: list[Value | Cell] = (
            [line.said[head.key] for head in heads] if line else ["ИТОГО", *[None] * (len(heads) - 1)]
        )
        return said + [_cell(form, line, one, link if (place, one.key) not in hidden else None,
                             hidden=(place, one.key) in hidden) for one in form.columns]  # fmt: skip

    return Table(
        title=form.title,
        subtitle=f"{form.place.name}. {form.period_title}",
        columns=columns,
        rows=[row(place, line) for place, line in enumerate(form.lines)],
        total=row(-1, None),
        notes=form.notes,
        sheet=form.title,
    )


def _column(one: Indicator | Share) -> Column:
    kind: Kind = one.kind if isinstance(one, Indicator) else "share"
    return Column(one.title, max(8.0, min(14.0, len(one.title) * 0.6)), kind, hint=f"{one.rule} Единица: {one.unit}.")


def _cell(
    form: Grid, line: GridLine | None, one: Indicator | Share, link: Link | None, *, hidden: bool
) -> Value | Cell:
    if hidden:
        return small.HIDDEN
    number = form.value(line, one)
    if link is None or not number or (isinstance(one, Share) and not one.opens):
        return number
    key = one.opens if isinstance(one, Share) else one.key
    suffix = line.suffix if line else ""
    return Cell(number, link(key + suffix, line.at if line else None))


def as_json(form: Grid) -> dict[str, Any]:
    """The report as data; nobody is named."""
    hidden = form.hidden()

    def row(place: int, line: GridLine | None) -> dict[str, Any]:
        said = dict(line.said) if line else {form.breakdown.heads[0].key: TOTAL}
        return said | {
            one.key: small.HIDDEN if (place, one.key) in hidden else plain(form.value(line, one))
            for one in form.columns
        }

    heads = [{"key": head.key, "title": head.title, "unit": ""} for head in form.breakdown.heads]
    return {
        "title": form.title,
        "territory": form.place.name,
        "period": {
            "from": form.period.start.isoformat(), "to": form.period.end.isoformat(), "title": form.period.title,
        },
        "columns": [*heads, *({"key": one.key, "title": one.title, "unit": str(one.unit)} for one in form.columns)],
        "rows": [row(place, line) for place, line in enumerate(form.lines)],
        "total": row(-1, None),
        "notes": list(form.notes),
        "checks": [{"title": check.title, "holds": check.holds, "text": check.text} for check in form.checks],
    }  # fmt: skip


def plain(number: Number | None) -> int | float | None:
    """A number as JSON writes it."""
    return float(number) if isinstance(number, Decimal) else number


# As pictures


@dataclass(frozen=True)
class Pictured:
    """A picture of a report: of one figure by the rows, of several over time or by their totals."""

    title: str
    keys: tuple[str, ...]


def pictures(form: Grid, asked: Sequence[Pictured], link: Link | None = None) -> list[Drawn]:
    """The pictures of a counted report; what stays hidden is not drawn."""
    return [_drawn(form, one, link) for one in asked]


def _drawn(form: Grid, one: Pictured, link: Link | None) -> Drawn:
    columns = {column.key: column for column in form.columns if column.key in one.keys}
    hidden = form.hidden()
    unit = str(next(iter(columns.values())).unit)

    def bar(name: str, place: int, line: GridLine | None, key: str) -> Bar:
        column = columns[key]
        number = 0 if (place, key) in hidden else form.value(line, column) or 0
        opened = column.opens if isinstance(column, Share) else key
        suffix, at = (line.suffix, line.at) if line else ("", None)
        return Bar(name, number, link(opened + suffix, at) if link and number else "")

    if form.breakdown.parts is not None:
        names = [short_period(str(line.said["period"])) for line in form.lines]
        return Drawn(one.title, unit, panels=tuple(
            Panel(columns[key].title, tuple(bar(name, place, line, key)
                                            for place, (name, line) in enumerate(zip(names, form.lines, strict=True))))
            for key in one.keys
        ))  # fmt: skip
    if len(one.keys) > 1:
        return Drawn(one.title, unit, tuple(bar(columns[key].title, -1, None, key) for key in one.keys))
    key = one.keys[0]
    bars = [
        bar(", ".join(str(value) for value in line.said.values() if value), place, line, key)
        for place, line in enumerate(form.lines)
    ]
    most = sorted(bars, key=lambda each: -each.value)
    title = one.title if len(most) <= MOST_BARS else f"{one.title}: первые {MOST_BARS} из {len(most)}"
    return Drawn(title, unit, tuple(most[:MOST_BARS]))


def short_period(title: str) -> str:
    """«авг» of «август 2026 года», the year of its January, where twelve of them stand side by side; of a month or a
    quarter that is cut, the same or its days."""
    words = title.split()
    if len(words) == 3 and words[0].isalpha() and words[1].isdecimal():
        return words[0][:3] if words[0] != JANUARY else words[1]
    if words[0] == "с":
        (day, month, year), (last, until, _year) = (words[place].split(".") for place in (1, 3))
        whole = f"{periods.MONTHS[int(month) - 1]} {year} года"
        return short_period(whole) if month == until else f"{day}.{month}–{last}.{until}"
    return title.replace(" квартал ", " кв. ").removesuffix(" года")


# In the catalogue


def of_breakdowns(known: Mapping[str, Breakdown]) -> ReportOption:
    """The choice of what stands in the rows."""
    labels = {name: one.label for name, one in known.items()}
    return ReportOption(_("Rows"), "Что стоит в строках.", labels)


def made(*, name: str, view: str, label: Any, title: str, about: str, icon: str,
         figures: Callable[[Period], Figures], breakdowns: Mapping[str, Breakdown], sources: tuple[Source, ...] = (),
         notes: Sequence[str] = (), given: Given | None = None, pictured: Sequence[Pictured] = (),
         checks: Callable[[Grid], Sequence[Check]] | None = None, sums: Sums = ()) -> Report[Grid]:  # fmt: skip
    """A report of the catalogue whose columns do not depend on its rows. pictured: what of it is drawn.

    sums: which of its figures add up, so that none tells another one that is hidden.
    """

    def indicators(period: Period, **_options: str) -> Mapping[str, Indicator]:
        return {one.key: one for one in figures(period) if isinstance(one, Indicator)}

    def count(period: Period, place: Place, tree: ReportPlaces, **options: str) -> Grid:
        return counted(title, period, place, tree, breakdowns[options["by"]], figures(period), notes=notes, given=given,
                       hides_small=options["small"] == small.HIDE, checks=checks, sums=sums)  # fmt: skip

    return Report(
        name=name, view=view, label=label, title=title, icon=icon, file=name.replace("-", "_"), about=about,
        figures=indicators, count=count, table=as_table, further=lambda _form: [], data=as_json,
        named=lambda _form: {}, sources=sources,
        pictures=(lambda form, link: pictures(form, pictured, link)) if pictured else nothing_drawn,
        options={"by": of_breakdowns(breakdowns), "small": small.OPTION},
    )  # fmt: skip
