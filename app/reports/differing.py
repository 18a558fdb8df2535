"""What another counting of a report gives, cell by cell, and which rows make it so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from app.domain.submissions import from_json, in_json
from app.render.table import Value
from app.reports.frozen_report import FrozenCell, FrozenList, FrozenReport, FrozenRow

Place = tuple[str, str]
Spot = Mapping[str, Any] | None


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


def differences(was: FrozenReport, now: FrozenReport) -> list[CellDifference]:
    """Cell by cell, what another counting of the same report gives, and which rows make it so."""
    before, after = _by_place(was.cells), _by_place(now.cells)
    pairs = {place: (before.get(place), after.get(place)) for place in dict.fromkeys((*before, *after))}

    def keys(place: Place) -> tuple[str, ...]:
        return tuple(cell.key if cell else "" for cell in pairs[place])

    found: dict[Place, CellDifference] = {}
    for (old_key, new_key), places in groupby(sorted(pairs, key=keys), keys):  # each list is read once
        lists = _Lists(was.listed(old_key) if old_key else None, now.listed(new_key) if new_key else None)
        for place in places:
            old, new = pairs[place]
            gone, come = lists.differ(was.spot(old.at) if old else None, now.spot(new.at) if new else None)
            if gone or come or _number(old) != _number(new):
                kind = next(one.kind for one in (old, new) if one is not None)
                found[place] = CellDifference(place, _number(old), _number(new), kind, gone, come)
    return [found[place] for place in pairs if place in found]


class _Lists:
    """The lists behind one figure as it was counted and as it is now; only rows that are not in both are looked at."""

    def __init__(self, old: FrozenList | None, new: FrozenList | None) -> None:
        self._old, self._new = old, new
        self._gone, self._come = old.kept if old else [], new.kept if new else []
        if old and new and old.is_kept_as(new):
            were, are = old.told_apart(), new.told_apart()
            more = Counter(were)
            more.subtract(are)
            self._gone, self._come = _taken(old.kept, were, +more), _taken(new.kept, are, -more)

    def differ(self, was_at: Spot, is_at: Spot) -> tuple[tuple[FrozenRow, ...], tuple[FrozenRow, ...]]:
        """The rows that are at a spot no more, and those that have come. A spot may hold other territories now."""
        moved = was_at != is_at
        gone = _rows(self._old, was_at, None if moved else self._gone)
        come = _rows(self._new, is_at, None if moved else self._come)
        were, are = (Counter(row.identity for row in rows) for rows in (gone, come))
        left, entered = were - are, are - were
        return (
            tuple(row for row in gone if row.identity in left),
            tuple(row for row in come if row.identity in entered),
        )


def _rows(of: FrozenList | None, at: Spot, kept: Sequence[Any] | None) -> list[FrozenRow]:
    return [] if of is None or at is None else list(of.rows(at, kept))


def _taken(kept: Sequence[Any], told_apart: Iterable[Any], wanted: Counter[Any]) -> list[Any]:
    """As many of the rows as are wanted of each."""
    found = []
    for row, told in zip(kept, told_apart, strict=True):
        if wanted[told] > 0:
            wanted[told] -= 1
            found.append(row)
    return found


def said(one: CellDifference) -> dict[str, Any]:
    """A difference as JSON: its rows by their keys, nobody is named."""

    def row(each: FrozenRow) -> list[Any]:
        details = [[name, in_json(value)] for name, value in each.details]
        return [each.family_id, each.keys, in_json(each.counted), each.territory_id, details]

    return {"place": one.place, "was": in_json(one.was), "now": in_json(one.now), "kind": one.kind, "more": one.more,
            "gone": [row(each) for each in one.gone], "come": [row(each) for each in one.come]}  # fmt: skip


def difference(said: Mapping[str, Any]) -> CellDifference:
    """The same read again."""

    def rows(listed: Iterable[Any]) -> tuple[FrozenRow, ...]:
        return tuple(
            FrozenRow(family_id, tuple((entity, key) for entity, key in keys), from_json(counted), territory_id,
                      tuple((name, from_json(value)) for name, value in details))
            for family_id, keys, counted, territory_id, details in listed
        )  # fmt: skip

    row, column = said["place"]
    was, now = from_json(said["was"]), from_json(said["now"])
    return CellDifference((row, column), was, now, said["kind"], rows(said["gone"]), rows(said["come"]), said["more"])


def _by_place(cells: Iterable[FrozenCell]) -> dict[tuple[str, str], FrozenCell]:
    found: dict[tuple[str, str], FrozenCell] = {}
    for cell in cells:
        row, column = cell.place
        times = 2
        while (row, column) in found:  # two rows of one name
            row, times = f"{cell.place[0]} ({times})", times + 1
        found[row, column] = cell
    return found


def _number(cell: FrozenCell | None) -> Value:
    """The number of a cell; nothing there is nought, as what nobody is counted by is."""
    return 0 if cell is None or cell.value is None else cell.value
