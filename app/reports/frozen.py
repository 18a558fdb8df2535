"""A counted report as it is kept: every cell of its table, and the rows that stand behind each number.

It is counted over the whole bank within the territory, so whoever freezes it gets the same. Rows are kept by their
keys, with days, sums and words of dictionaries alone: names are read of the bank, by whoever may see them now.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import Alias, ColumnElement, Date, FromClause, Join, Numeric, Table, case, null, or_, select
from sqlalchemy.sql import Select

from app import access
from app.domain.periods import Period
from app.domain.refusal import Refusal
from app.domain.submissions import FrozenContent, canonical, in_json, packed, sha256
from app.extensions import db
from app.models import Agency, Dictionary, Family, Money, Territory, class_of
from app.render import table as printed
from app.render.table import Cell, Figure, Value
from app.reports import listing, places
from app.reports.places import ReportPlaces, Spot
from app.reports.report import TERRITORY, Detail, Indicator, Report, Within, statement

NO_PLACE = "Такой территории в банке нет."
PORTION = 2000  # rows read at once
Told = Callable[[int, int], None]
# Tables whose rows a row of a list merely names: they do not tell it from another one.
NAMED = (Dictionary, Family, Territory, Agency)


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
                rows = [[in_json(row[at]) for at in columns] for row in portion if row[flags + place]]
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


# The table


def _cell(value: Value | Cell) -> Any:
    if isinstance(value, Cell):
        return {"value": in_json(value.value), "of": json.loads(value.link)} if value.link else in_json(value.value)
    return in_json(value)


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
