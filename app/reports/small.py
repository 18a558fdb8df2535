"""Groups under five, hidden on request: a person may be recognised in them, and no sum tells what is hidden."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

from flask_babel import lazy_gettext as _

from app.reports.report import Counting, Number, ReportOption

SMALL = 5  # groups of fewer are hidden
HIDDEN, HIDE = "<5", "hide"
COUNTED = {Counting.FAMILIES, Counting.CHILDREN, Counting.PERSONS, Counting.CARDS, Counting.AIDS}
OPTION = ReportOption(
    _("Groups under five"), "Группы меньше пяти: показать или скрыть.", {"show": _("shown"), HIDE: _("hidden")}
)
Spot = TypeVar("Spot", bound=Hashable)


def hidden(numbers: Mapping[Spot, Number], sums: Iterable[Sequence[Spot]]) -> set[Spot]:
    """The spots of a counted report that stay hidden.

    sums: spots each of which follows from the others, as a whole and its parts. Where one of them alone would be
    hidden, the least of the others is hidden with it; noughts tell nothing.
    """
    found = {spot for spot, number in numbers.items() if 0 < number < SMALL}
    telling = [spots for one in sums if len(spots := {spot for spot in one if numbers.get(spot)}) > 1]
    while alone := next((spots for spots in telling if len(spots & found) == 1), None):
        found.add(min(alone - found, key=lambda spot: (numbers[spot], str(spot))))
    return found


def expanded(sums: Iterable[Sequence[str]], keys: Collection[str]) -> list[list[str]]:
    """Sums by the keys of figures; «outcome *» stands for every key that begins so."""
    return [
        [key for name in one for key in keys if key == name or (name.endswith("*") and key.startswith(name[:-1]))]
        for one in sums
    ]
