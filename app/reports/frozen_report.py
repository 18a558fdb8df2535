"""A report that was kept, read again: its table, its numbers, and the rows behind each of them."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, partial
from io import BytesIO
from typing import Any

from app.domain.submissions import from_json
from app.render import table as printed
from app.render.table import Cell, Column, Figure, Section, TextLine, Value
from app.reports.report import TERRITORY

ORDINAL = "№ п/п"
HEAD_OF_LIST = re.compile(rb'[{,]"((?:[^"\\]|\\.)+)":(?=\{"by":\[)')  # nothing else in a list begins like this
LONGEST_HEAD = 1000  # bytes
PACKED_AT_ONCE = 2**16  # bytes


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


class FrozenList:
    """The rows behind one figure, wherever in the report it stands; as it was kept, each row beginning with what tells
    it to its spot: the territory and the keys of `by`.
    """

    def __init__(self, said: Mapping[str, Any]) -> None:
        self.heading = {name: value for name, value in said.items() if name != "rows"}
        self.by, self.entities, self.kept = said["by"], said["entities"], said["rows"]
        self._counted = 1 + len(self.by)
        self._family = self._counted + 1 + len(self.entities)

    def is_kept_as(self, other: FrozenList) -> bool:
        """Whether a row of one list can be compared with a row of the other."""
        return (self.by, self.entities) == (other.by, other.entities)

    def told_apart(self) -> list[tuple[Any, ...]]:
        """What tells each row from the others of the whole list."""
        at, end = self._counted, self._family + 1
        return [(str(row[at]), *row[:at], *row[at + 1 : end]) for row in self.kept]

    def rows(self, spot: Mapping[str, Any], kept: Iterable[Any] | None = None) -> Iterator[FrozenRow]:
        """Those of the rows, or of some of them, that stand at a spot."""
        places_asked, at, then = set(spot["places"]), self._counted, self._family
        details, titles = self.heading["details"], self.heading["titles"]
        for said in self.kept if kept is None else kept:
            told = dict(zip(self.by, said[1:at], strict=True)) | {TERRITORY: said[0]}
            if said[0] in places_asked and all(told.get(name) == value for name, value in spot["keys"].items()):
                values = zip(details, map(from_json, said[then + 1 :]), strict=True)
                yield FrozenRow(
                    said[then], tuple(zip(self.entities, said[at + 1 : then], strict=True)), from_json(said[at]),
                    said[0], tuple((name, _worded(titles.get(name), value)) for (name, *_s), value in values),
                )  # fmt: skip


def lists_in(packed: bytes) -> Iterator[tuple[str, bytes]]:
    """The lists of a report as they were packed, by their keys in order: each is unpacked when its turn comes.

    What was spoiled ends them.
    """
    unpacker, key, held, looked = zlib.decompressobj(), None, b"", 0
    for piece in iter(partial(BytesIO(packed).read, PACKED_AT_ONCE), b""):
        try:
            held += unpacker.decompress(piece)
        except zlib.error:
            return
        while head := HEAD_OF_LIST.search(held, looked):
            if key is not None:
                yield key, held[: head.start()]
            key, held, looked = json.loads(b'"%b"' % head[1]), held[head.end() :], 0
        looked = max(0, len(held) - LONGEST_HEAD)
    if key is not None and unpacker.eof:
        yield key, held[:-1]


class FrozenReport:
    """A report that was kept, read again."""

    def __init__(self, figures: str, lists: bytes) -> None:
        self._figures: dict[str, Any] = json.loads(figures)
        self._packed = lists
        self._waiting: Iterator[tuple[str, bytes]] = iter(())
        self._reached: tuple[str, FrozenList] | None = None

    @property
    def territories(self) -> dict[int, str]:
        """What the territories of its rows were called."""
        return {int(key): str(name) for key, name in self._figures["territories"].items()}

    @property
    def checks(self) -> Sequence[tuple[str, bool | None, str]]:
        """Its sums, as they were."""
        return [(title, holds, text) for title, holds, text in self._figures["checks"]]

    def table(self, link: Callable[[str, str], str] | None = None) -> printed.Table:
        """The table as it was printed; `link` gives the address of the list behind a number."""
        said = self._figures["table"]

        def cell(value: Any) -> Value | Cell:
            if isinstance(value, dict) and "of" in value:
                number = from_json(value["value"])
                return Cell(number, link(*value["of"])) if link else number
            plain: Value = from_json(value)
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
    def cells(self) -> Sequence[FrozenCell]:
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

    def listed(self, key: str) -> FrozenList | None:
        """The list behind a figure. One is held at a time: whoever asks for several asks in the order of the keys."""
        if self._reached is None or self._reached[0] > key:
            self._waiting = lists_in(self._packed)
        elif self._reached[0] == key:
            return self._reached[1]
        for found, content in self._waiting:
            if found == key and (said := _sound(content)) is not None:
                self._reached = key, FrozenList(said)
                return self._reached[1]
        self._reached = None
        return None

    def spot(self, at: str) -> Mapping[str, Any] | None:
        """Where in the report a number stands: its territories, and the keys of its row."""
        found: Mapping[str, Any] | None = self._figures["spots"].get(at)
        return found

    def cell(self, row: str, column: str) -> FrozenCell | None:
        """One number by the names of its row and column."""
        return next((one for one in self.cells if one.place == (row, column)), None)

    def heading(self, key: str) -> dict[str, Any]:
        """What a list says of itself: title, unit, rule, details; nothing of a list that there is not."""
        found = self.listed(key)
        return {} if found is None else found.heading

    def rows(self, key: str, at: str) -> Sequence[FrozenRow]:
        """The rows behind a number, in the order of the list."""
        found, spot = self.listed(key), self.spot(at)
        return [] if found is None or spot is None else [*found.rows(spot)]

    def number(self, key: str, at: str) -> int | Decimal:
        """What the rows behind a number come to: their length, how many different ones, or their sum."""
        rows, counted = self.rows(key, at), self.heading(key)["counted"]
        if counted == "sum":
            return sum((row.counted for row in rows if row.counted is not None), Decimal(0))
        if counted == "once":
            return len({row.counted for row in rows if row.counted is not None})
        return len(rows)


def _sound(content: bytes) -> Any:
    """What a list says; nothing if it was spoiled."""
    try:
        return json.loads(content)
    except ValueError:
        return None


def _worded(titles: Mapping[str, str] | None, value: Any) -> Any:
    return titles.get(str(value)) if titles else value


def _frozen_cell(place: tuple[str, str], value: Any, kind: str) -> FrozenCell:
    if isinstance(value, dict) and "of" in value:
        return FrozenCell(place, from_json(value["value"]), kind, *value["of"])
    return FrozenCell(place, from_json(value), kind)


def _called(column: Column) -> str:
    """A column as people call it: by its number in the form, else by its title with those above it."""
    return f"графа {column.mark}" if column.mark else ": ".join(part for part in (*column.groups, column.title) if part)
