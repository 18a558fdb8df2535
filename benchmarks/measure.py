"""How a piece of work is measured: medians of processor time, statements, memory.

Processor time, of this process and of those it started, does not depend on what else the machine does; waiting for the
disk is not in it.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import Engine, event


@dataclass
class Line:
    """One measured piece of work; `bare` is the same by the yardstick of its section. Times are medians in
    milliseconds of the processor."""

    title: str
    product: float | None = None
    bare: float | None = None
    statements: int | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        return self.product / self.bare if self.product and self.bare else None

    def __str__(self) -> str:
        times = [f"{value:10.1f}" if value is not None else " " * 10 for value in (self.product, self.bare)]
        ratio = f"{self.ratio:7.2f}" if self.ratio is not None else " " * 7
        return f"{self.title:<46}{times[0]}{times[1]}{ratio}{self.statements or '':>10}  {self.note}".rstrip()


@dataclass
class Section:
    """Lines that belong together. yardstick: what the second times are of."""

    title: str
    yardstick: str = ""
    lines: list[Line] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        head = f"{'':<46}{'мс':>10}{self.yardstick:>10}{'отн.':>7}{'запросов':>10}"
        return "\n".join([f"\n{self.title}", head, *map(str, self.lines), *(f"  {note}" for note in self.notes)])


def clock() -> float:
    """Processor seconds spent so far by this process and the finished ones it started."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def milliseconds(
    work: Callable[[], Any],
    runs: int,
    bare: Callable[[], Any] | None = None,
    before: Callable[[], Any] = lambda: None,
) -> tuple[float, float | None]:
    """The median times of a piece of work and of its yardstick, after one run of each that warms up; with no runs
    asked for, that one is all there is.

    They take turns, so that whatever else happens on the machine happens to both. before: what is made ready for each
    run of the work and is not measured.
    """
    works = [work, bare] if bare else [work]
    times: list[list[float]] = [[] for _ in works]
    for turn in range(runs + 1):
        before()
        for place, one in enumerate(works):
            started = clock()
            one()
            if turn or not runs:
                times[place].append((clock() - started) * 1000)
    return median(times[0]), median(times[1]) if bare else None


@contextmanager
def counting(engine: Engine) -> Iterator[list[str]]:
    """The statements that the product sends while the block runs; BEGIN and the like are not among them."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


def memory(pid: int) -> tuple[float, float]:
    """Resident and proportional memory of a process, in megabytes (Linux)."""
    sizes = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, size, _unit = line.split()
        sizes[name.rstrip(":")] = int(size) / 1024
    return sizes["Rss"], sizes["Pss"]
