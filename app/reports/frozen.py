"""A counted report as it is kept: every cell of its table, and the rows that stand behind each number.

It is counted over the whole bank within the territory, so whoever freezes it gets the same. Rows are kept by their
keys, with days, sums and words of dictionaries alone: names are read of the bank, by whoever may see them now.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cached_property
from typing import Any

from sqlalchemy import Alias, ColumnElement, Date, FromClause, Join, Numeric, Table, case, null, or_, select
from sqlalchemy.sql import Select

from app import access
from app.domain.periods import Period
from app.domain.refusal import Refusal
from app.domain.submissions import FrozenContent, canonical, packed, sha256, unpacked
from app.extensions import db
from app.models import Agency, Dictionary, Family, Money, Territory, class_of
from app.render import table as printed
from app.render.table import Cell, Column, Figure, Section, TextLine, Value
from app.reports import listing, places
from app.reports.places import ReportPlaces, Spot
from app.reports.report import TERRITORY, Detail, Indicator, Report, Within, statement

NO_PLACE = "Такой территории в банке нет."
ORDINAL = "№ п/п"
PORTION = 2000  # rows read at once
Told = Callable[[int, int], None]
# Tables whose rows a row of a list merely names: they do not tell it from another one.
NAMED = (Dictionary, Family, Territory, Agency)


@dataclass(frozen=True)
class FrozenRow:
    """A row behind a number: its family, the keys of what was counted, by the entities they are of.

    counted: what is counted once, or the sum, where it is not the row itself. details: days and words, by their titles.
    """

    family_id: int | None
    keys: tuple[tuple[str, int | None], ...]
    counted: Any
    territory_id: int | None
    details: tuple[tuple[str, Any], ...] = ()

    @property
    def identity(self) -> tuple[Any, ...]:
        """What tells the row from the others behind one number."""
        return (self.family_id, self.keys, self.counted)


@dataclass(frozen=True)
class FrozenCell:
    """A number of the report: where it stands, and the figure and the spot of its list; none behind what is typed in.

    place: the row and the column as they are called. whole: the number is the length of its list, not worked out.
    """

    place: tuple[str, str]
    value: Value
    kind: str
    key: str = ""
    at: str = ""

    @property
    def whole(self) -> bool:
        return bool(self.key) and self.kind != "share"


@dataclass(frozen=True)
class CellDifference:
    """A number that is another one now, or is the same and counts other rows. more: rows that are not told."""

    place: tuple[str, str]
    was: Value
    now: Value
    kind: str
    gone: tuple[FrozenRow, ...] = ()
    come: tuple[FrozenRow, ...] = ()
    more: int = 0

    def first(self, most: int) -> CellDifference:
        """The same with no more rows of either kind than a page names."""
        more = max(0, len(self.come) - most) + max(0, len(self.gone) - most)
        return replace(self, gone=self.gone[:most], come=self.come[:most], more=self.more + more)


def freeze(report: Report[Any], period: Period, place_id: int, options: Mapping[str, str],
           told: Told = lambda _done, _whole: None) -> FrozenContent:  # fmt: skip
    """Count a report and keep what stands behind each of its numbers. Raises Refusal.

    told: how many steps of how many are done.
    """
    with access.acting_as(replace(access.scope(), everything=True)):
        tree = ReportPlaces(report.sources)
        place = tree.all.get(place_id)
        if place is None:
            raise Refusal(NO_PLACE, "territory")
        asked: set[tuple[str, str]] = set()

        def link(key: str, at: int | str | None = None) -> str:
            asked.add((key, str(at or "")))
            return json.dumps([key, str(at or "")])

        form = report.count(period, place, tree, **options)
        table = report.table(form, link)
        if report.of_each_family:  # it names people: they are kept by their keys alone
            table = replace(table, rows=[])
        spots = {at: _spot(places.spot(tree, place, at)) for _key, at in sorted(asked)}
        rows = tuple(tree.listed(place_id))
        indicators = report.figures(period, **options)
        used = sorted({key for key, _at in asked})
        figures = {
            "table": _table(table),
            "spots": spots,
            "territories": {str(row.id): tree.title(row, list(rows)) for row in rows},
            "checks": [[one.title, one.holds, one.text] for one in form.checks],
        }
        within = places.counted_in(rows, tree)
        by = _grouped(asked, spots)
        lists = _lists({key: indicators[key] for key in used}, within, by, told)
        return FrozenContent(
            canonical(figures), lists,
            sorted({name for one in indicators.values() for name in _counts(one)} | set(report.entered)),
            _rules(indicators.values(), within),
        )  # fmt: skip


def _spot(spot: Spot | None) -> dict[str, Any]:
    if spot is None:
        return {"places": [], "keys": {}}
    return {"places": sorted(row.id for row in spot.rows), "keys": dict(spot.keys)}


def _grouped(asked: Iterable[tuple[str, str]], spots: Mapping[str, Any]) -> dict[str, list[str]]:
    """By what keys the rows of each list are told to their spots, besides the territory."""
    found: dict[str, set[str]] = {}
    for key, at in asked:
        found.setdefault(key, set()).update(name for name in spots[at]["keys"] if name != TERRITORY)
    return {key: sorted(names) for key, names in found.items()}


# Lists


def _parts(tables: FromClause, *, inner: bool = True) -> Iterator[tuple[Any, bool]]:
    """The tables that are joined, and whether each row has one of theirs."""
    if isinstance(tables, Join):
        yield from _parts(tables.left, inner=inner)
        yield from _parts(tables.right, inner=inner and not tables.isouter)
    else:
        yield tables, inner


def _told_apart(indicator: Indicator) -> list[tuple[str, Any]]:
    """The keys that tell the rows of a list apart, by the entities they are of."""
    source = indicator.source
    if source.told_apart:
        return list(source.told_apart)
    found = []
    for part, inner in _parts(source.tables):
        entity = class_of(part.element if isinstance(part, Alias) else part)
        if inner and entity is not None and not issubclass(entity, NAMED):
            found.append((entity.__name__, part.c.id))
    return found


def _counts(indicator: Indicator) -> Iterator[str]:
    """The tables whose rows a figure counts, for whoever asks later which reports a change touches."""
    yield from indicator.source.counts
    for part, _inner in _parts(indicator.source.tables):
        table = part.element if isinstance(part, Alias) else part
        if isinstance(table, Table):
            yield table.name


def _lists(indicators: Mapping[str, Indicator], within: Within, by: Mapping[str, Sequence[str]], told: Told) -> bytes:
    """The rows behind each figure, packed canonical JSON; those of all figures of a source by one statement."""
    of_source: dict[str, list[str]] = {}
    for key, one in indicators.items():
        of_source.setdefault(one.source.name, []).append(key)
    found: dict[str, list[bytes]] = {}
    for done, keys in enumerate(of_source.values(), start=1):
        told(done, len(of_source) + 1)
        found |= _lists_of_source({key: indicators[key] for key in keys}, within, by)

    def pieces() -> Iterator[bytes]:
        for place, key in enumerate(sorted(found)):
            yield f"{',' if place else '{'}{canonical(key)}:".encode()
            yield from found.pop(key)
        yield b"}" if indicators else b"{}"

    return packed(pieces())


def _lists_of_source(
    group: Mapping[str, Indicator], within: Within, by: Mapping[str, Sequence[str]]
) -> dict[str, list[bytes]]:
    first = next(iter(group.values()))
    source, apart = first.source, _told_apart(first)
    details = [one for one in source.details if _is_kept(one)]
    family = next((one.column for one in source.details if one.name == "family_id"), null())
    grouped = sorted({name for key in group for name in by[key]})
    shared = [source.territory, *(source.key(name) for name in grouped), *(column for _entity, column in apart),
              family, *(one.column for one in details)]  # fmt: skip
    wheres = [one.where for one in group.values()]
    counted = [_counted(one) for one in group.values()]
    columns = [*shared, *(case((where, 1), else_=0) for where in wheres), *counted]
    asked = (
        select(*(column.label(f"c{place}") for place, column in enumerate(columns)))
        .select_from(source.tables)
        .where(*source.where, or_(*wheres), within(source))
        .order_by(*source.order, *(column for _entity, column in apart))
    )
    width = 1 + len(grouped)
    chosen = {
        key: [0, *(1 + grouped.index(name) for name in by[key]), len(shared) + len(group) + place,
              *range(width, len(shared))]
        for place, key in enumerate(group)
    }  # fmt: skip
    rows = _rows_of_lists(asked, chosen, len(shared))
    said = {
        "entities": [entity for entity, _column in apart],
        "details": [[one.name, one.title, one.kind] for one in details],
        "titles": {
            one.name: {str(key): str(name) for key, name in one.titles.items()} for one in details if one.titles
        },
    }
    found = {}
    for key, one in group.items():
        told = {
            "title": one.title, "unit": str(one.unit), "rule": one.rule, "by": list(by[key]), **said,
            "counted": "sum" if one.amount is not None else "once" if one.distinct is not None else "rows",
        }  # fmt: skip
        head, tail = canonical({**told, "rows": []}).split('"rows":[]', 1)
        found[key] = [f'{head}"rows":['.encode(), *rows[key], f"]{tail}".encode()]
    return found


def _rows_of_lists(asked: Any, chosen: Mapping[str, list[int]], flags: int) -> dict[str, list[bytes]]:
    """The rows of each list in pieces of JSON, written portion by portion: those of a bank are many.

    chosen: which columns a list keeps. flags: where the columns begin that say whether a row is of a list, one by one.
    """
    pieces: dict[str, list[bytes]] = {key: [] for key in chosen}
    with db.session.execute(asked) as found:
        for portion in found.partitions(PORTION):
            for place, (key, columns) in enumerate(chosen.items()):
                rows = [[_plain(row[at]) for at in columns] for row in portion if row[flags + place]]
                if rows:
                    comma = "," if pieces[key] else ""
                    pieces[key].append(f"{comma}{canonical(rows)[1:-1]}".encode())
    return pieces


def _counted(indicator: Indicator) -> ColumnElement[Any]:
    """What a figure adds up, or counts once; nothing where it counts the rows."""
    if indicator.amount is not None:
        return indicator.amount
    return null() if indicator.distinct is None else indicator.distinct


def _is_kept(detail: Detail) -> bool:
    """Whether a detail is a day, a sum or a word of a dictionary: nothing that names or describes a person."""
    if detail.name in listing.SAID:
        return False
    column = detail.column
    owner = getattr(column, "table", None)
    entity = class_of(owner.element if isinstance(owner, Alias) else owner)
    of_dictionary = entity is not None and issubclass(entity, Dictionary)
    return bool(detail.titles) or isinstance(column.type, (Date, Numeric, Money)) or of_dictionary


def _rules(indicators: Iterable[Indicator], within: Within) -> str:
    """The hash of what figures are declared to count: their words, and the statements that count them."""
    said = []
    for one in indicators:
        asked: Select[Any] = statement(one.source, [one], within)
        said.append([one.key, one.title, str(one.unit), one.rule, str(asked)])
    return sha256(canonical(said))


# Values


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (date, datetime)):
        return {"day": value.isoformat()}
    if isinstance(value, Decimal):
        return {"sum": str(value)}
    return value


def _value(said: Any) -> Any:
    if not isinstance(said, dict):
        return said
    if "day" in said:
        return datetime.fromisoformat(str(said["day"])).date()
    return Decimal(said["sum"])


def _cell(value: Value | Cell) -> Any:
    if isinstance(value, Cell):
        return {"value": _plain(value.value), "of": json.loads(value.link)} if value.link else _plain(value.value)
    return _plain(value)


def _table(table: printed.Table) -> dict[str, Any]:
    def figure(one: Figure) -> dict[str, Any]:
        return {"label": one.label, "kind": one.kind, "cell": _cell(Cell(one.value, one.link))}

    return {
        "title": table.title, "subtitle": table.subtitle, "corner": table.corner, "sheet": table.sheet,
        "notes": list(table.notes), "signatures": list(table.signatures),
        "columns": [asdict(column) for column in table.columns],
        "rows": [[_cell(value) for value in row] for row in table.rows],
        "total": [_cell(value) for value in table.total] if table.total is not None else None,
        "sections": [
            {"title": each.title, "lines": [{"lead": line.lead, "figures": [figure(one) for one in line.figures]}
                                            for line in each.lines]}
            for each in table.sections
        ],
    }  # fmt: skip


# Reading


class FrozenReport:
    """A report that was kept, read again."""

    def __init__(self, figures: str, lists: bytes) -> None:
        self._figures: dict[str, Any] = json.loads(figures)
        self._packed = lists
        self._same: dict[tuple[str, str], bool] = {}  # of the lists of another report

    @cached_property
    def _lists(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(unpacked(self._packed) or "{}")
        return found

    @property
    def territories(self) -> dict[int, str]:
        """What the territories of its rows were called."""
        return {int(key): str(name) for key, name in self._figures["territories"].items()}

    @property
    def checks(self) -> list[tuple[str, bool | None, str]]:
        """Its sums, as they were."""
        return [(title, holds, text) for title, holds, text in self._figures["checks"]]

    def table(self, link: Callable[[str, str], str] | None = None) -> printed.Table:
        """The table as it was printed; `link` gives the address of the list behind a number."""
        said = self._figures["table"]

        def cell(value: Any) -> Value | Cell:
            if isinstance(value, dict) and "of" in value:
                number = _value(value["value"])
                return Cell(number, link(*value["of"])) if link else number
            plain: Value = _value(value)
            return plain

        def figure(one: Any) -> Figure:
            found = cell(one["cell"])
            address = found.link if isinstance(found, Cell) else ""
            return Figure(one["label"], printed.plain(found), one["kind"], address)

        return printed.Table(
            title=said["title"], subtitle=said["subtitle"], corner=said["corner"], sheet=said["sheet"],
            notes=said["notes"], signatures=said["signatures"],
            columns=[Column(**{**each, "groups": tuple(each["groups"])}) for each in said["columns"]],
            rows=[[cell(value) for value in row] for row in said["rows"]],
            total=None if said["total"] is None else [cell(value) for value in said["total"]],
            sections=[
                Section(each["title"], tuple(TextLine(line["lead"], tuple(map(figure, line["figures"])))
                                             for line in each["lines"]))
                for each in said["sections"]
            ],
        )  # fmt: skip

    @cached_property
    def cells(self) -> list[FrozenCell]:
        """Every number of the report, in its order."""
        said = self._figures["table"]
        columns = [Column(**{**each, "groups": tuple(each["groups"])}) for each in said["columns"]]
        found: list[FrozenCell] = []
        for row in (*said["rows"], *([said["total"]] if said["total"] else ())):
            called = " · ".join(value for value in row if isinstance(value, str) and value)
            for column, value in zip(columns, row, strict=True):
                if column.kind not in ("text", "date") and column.title != ORDINAL:
                    found.append(_frozen_cell((called, _called(column)), value, column.kind))
        for section in said["sections"]:
            for line in section["lines"]:
                for one in line["figures"]:
                    called = f"{line['lead']} {one['label']}".strip()
                    found.append(_frozen_cell((section["title"], called), one["cell"], one["kind"]))
        return found

    def counts_as(self, other: FrozenReport, cell: FrozenCell, others: FrozenCell) -> bool:
        """Whether the very same list stands behind a cell of this report and one of another."""
        keys = (cell.key, others.key)
        if keys not in self._same:
            self._same[keys] = self._lists.get(cell.key) == other._lists.get(others.key)
        return self._same[keys] and self._figures["spots"].get(cell.at) == other._figures["spots"].get(others.at)

    def cell(self, row: str, column: str) -> FrozenCell | None:
        """One number by the names of its row and column."""
        return next((one for one in self.cells if one.place == (row, column)), None)

    def heading(self, key: str) -> dict[str, Any]:
        """What a list says of itself: title, unit, rule, details; nothing of a list that there is not."""
        found = self._lists.get(key, {})
        return {name: found[name] for name in found if name != "rows"}

    def rows(self, key: str, at: str) -> list[FrozenRow]:
        """The rows behind a number, in the order of the list."""
        return list(self._by_spot(key, at)) if key in self._lists and at in self._figures["spots"] else []

    def number(self, key: str, at: str) -> int | Decimal:
        """What the rows behind a number come to: their length, how many different ones, or their sum."""
        rows, counted = self.rows(key, at), self._lists[key]["counted"]
        if counted == "sum":
            return sum((row.counted for row in rows if row.counted is not None), Decimal(0))
        if counted == "once":
            return len({row.counted for row in rows if row.counted is not None})
        return len(rows)

    def _by_spot(self, key: str, at: str) -> Iterator[FrozenRow]:
        of, spot = self._lists[key], self._figures["spots"][at]
        places_asked, keys = set(spot["places"]), 1 + len(of["by"])
        then = keys + 1 + len(of["entities"])
        for said in of["rows"]:
            told = dict(zip(of["by"], said[1:keys], strict=True)) | {TERRITORY: said[0]}
            if said[0] in places_asked and all(told.get(name) == value for name, value in spot["keys"].items()):
                details = zip(of["details"], map(_value, said[then + 1 :]), strict=True)
                yield FrozenRow(
                    said[then], tuple(zip(of["entities"], said[keys + 1 : then], strict=True)), _value(said[keys]),
                    said[0], tuple((name, _worded(of["titles"].get(name), value)) for (name, *_s), value in details),
                )  # fmt: skip


def _worded(titles: Mapping[str, str] | None, value: Any) -> Any:
    return titles.get(str(value)) if titles else value


def _frozen_cell(place: tuple[str, str], value: Any, kind: str) -> FrozenCell:
    if isinstance(value, dict) and "of" in value:
        return FrozenCell(place, _value(value["value"]), kind, *value["of"])
    return FrozenCell(place, _value(value), kind)


def _called(column: Column) -> str:
    """A column as people call it: by its number in the form, else by its title with those above it."""
    return f"графа {column.mark}" if column.mark else ": ".join(part for part in (*column.groups, column.title) if part)


# What became of it


def differences(was: FrozenReport, now: FrozenReport) -> list[CellDifference]:
    """Cell by cell, what another counting of the same report gives, and which rows make it so."""
    before, after = _by_place(was.cells), _by_place(now.cells)
    found = []
    for place in dict.fromkeys((*before, *after)):
        old, new = before.get(place), after.get(place)
        numbers = tuple(_number(one) for one in (old, new))
        if numbers[0] == numbers[1] and old and new and was.counts_as(now, old, new):
            continue
        rows_were = Counter({} if old is None else _identities(was, old))
        rows_are = Counter({} if new is None else _identities(now, new))
        if numbers[0] == numbers[1] and rows_were == rows_are:
            continue
        kind = (old or new).kind if (old or new) is not None else "number"  # type: ignore[union-attr]  # one is there
        gone = rows_were - rows_are
        come = rows_are - rows_were
        found.append(CellDifference(
            place, numbers[0], numbers[1], kind,
            tuple(row for row in (was.rows(old.key, old.at) if old and old.key else ()) if row.identity in gone),
            tuple(row for row in (now.rows(new.key, new.at) if new and new.key else ()) if row.identity in come),
        ))  # fmt: skip
    return found


def said(one: CellDifference) -> dict[str, Any]:
    """A difference as JSON: its rows by their keys, nobody is named."""

    def row(each: FrozenRow) -> list[Any]:
        details = [[name, _plain(value)] for name, value in each.details]
        return [each.family_id, each.keys, _plain(each.counted), each.territory_id, details]

    return {"place": one.place, "was": _plain(one.was), "now": _plain(one.now), "kind": one.kind, "more": one.more,
            "gone": [row(each) for each in one.gone], "come": [row(each) for each in one.come]}  # fmt: skip


def difference(said: Mapping[str, Any]) -> CellDifference:
    """The same read again."""

    def rows(listed: Iterable[Any]) -> tuple[FrozenRow, ...]:
        return tuple(
            FrozenRow(family_id, tuple((entity, key) for entity, key in keys), _value(counted), territory_id,
                      tuple((name, _value(value)) for name, value in details))
            for family_id, keys, counted, territory_id, details in listed
        )  # fmt: skip

    row, column = said["place"]
    return CellDifference((row, column), _value(said["was"]), _value(said["now"]), said["kind"], rows(said["gone"]),
                          rows(said["come"]), said["more"])  # fmt: skip


def _by_place(cells: Iterable[FrozenCell]) -> dict[tuple[str, str], FrozenCell]:
    found: dict[tuple[str, str], FrozenCell] = {}
    for cell in cells:
        row, column = cell.place
        times = 2
        while (row, column) in found:  # two rows of one name
            row, times = f"{cell.place[0]} ({times})", times + 1
        found[row, column] = cell
    return found


def _identities(report: FrozenReport, cell: FrozenCell) -> Counter[tuple[Any, ...]]:
    return Counter(row.identity for row in report.rows(cell.key, cell.at)) if cell.key else Counter()


def _number(cell: FrozenCell | None) -> Value:
    """The number of a cell; nothing there is nought, as what nobody is counted by is."""
    return 0 if cell is None or cell.value is None else cell.value
