"""`python -m benchmarks`: build the banks that are not there yet, measure, print.

BENCH_FOLDER names the folder where the banks are kept for the next run; without it they live in the system's folder
for temporary files.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from app import limits
from benchmarks import (
    doctor,
    due,
    exchange,
    form,
    handmade,
    lists,
    measures,
    meetings,
    pages,
    reports,
    search,
    signals,
    surveys,
    worker,
)
from benchmarks.bank import Bank, build
from benchmarks.measure import Section

SIZES, WORKBOOK, RUNS = (300, 10_000, 100_000), 10_000, 9


def sections(folder: Path, sizes: Sequence[int], runs: int, *, serve: bool = True,
             every: bool = False) -> Iterator[Section]:  # fmt: skip
    """Every section as soon as it is measured: of each bank, then of a district in banks of different sizes.

    every: of a large bank, each list at each of its addresses.
    """
    banks = []
    few = (runs + 2) // 3
    for families in sizes:
        bank, seconds = build(folder / f"bank_{families}", families)
        banks.append(bank)
        made = f"построен генератором за {seconds:.0f} с работы процессора" if seconds else "взят готовый"
        size = bank.file.stat().st_size / 1e6
        yield Section(f"Банк: семей {families}", notes=[f"{made}, файл {size:.0f} МБ: {bank.file}"])
        yield pages.first_pages(bank, runs)
        yield pages.families(bank, runs)
        yield pages.family(bank, runs)
        yield pages.search(bank, runs)
        yield search.measure(bank, runs)
        yield pages.lists(bank, runs)
        yield signals.measure(bank, runs)
        yield surveys.measure(bank, runs)
        yield meetings.measure(bank, runs)
        yield measures.measure(bank, runs)
        yield due.measure(bank, runs)
        yield form.measure(bank, few)
        yield reports.measure(bank, few)
        yield reports.of_the_past(bank, few)
        yield worker.passport(bank, runs)
        yield doctor.measure(bank, few)
        if families <= WORKBOOK:
            yield exchange.measure(bank, folder, families, few)
            yield handmade.measure(folder, families, few)
        else:
            yield lists.measure(bank, every=every)
    if pair := _of_one_district(banks):
        yield form.of_one_district(*pair, few)
    if serve:
        yield worker.load(banks[-1])


def _of_one_district(banks: Sequence[Bank]) -> tuple[Bank, Bank] | None:
    """A bank of one district, and one that has a district of the same size among others."""
    known = [(bank, form.districts(bank)) for bank in banks]
    for alone, (only, *others) in known:
        for among, (largest, *beside) in known:
            if not others and beside and only[1] == largest[1]:
                return alone, among
    return None


def main() -> None:
    parser = argparse.ArgumentParser(description="Замеры на вымышленных банках рядом с лучшими инструментами.")
    parser.add_argument("sizes", type=int, nargs="*", default=SIZES, help="семей в каждом из банков")
    parser.add_argument("--runs", type=int, default=RUNS, help="повторов, из них берётся медиана")
    parser.add_argument("--every", action="store_true", help="большой банк: каждый список на каждом его адресе")
    chosen = parser.parse_args()
    logging.getLogger("alembic").setLevel(logging.WARNING)
    _hurry()
    folder = Path(os.environ.get("BENCH_FOLDER") or Path(tempfile.gettempdir()) / "patronat-bench")
    for section in sections(folder.resolve(), chosen.sizes, chosen.runs, every=chosen.every):
        print(section, flush=True)


def _hurry() -> None:
    """Let a person open in a second what takes hours by hand: it is counted as ever and never too much."""
    limits.LIMITED = tuple((pages, allowed._replace(most=sys.maxsize)) for pages, allowed in limits.LIMITED)


if __name__ == "__main__":
    main()
