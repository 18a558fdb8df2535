"""`python -m benchmarks`: build the banks that are not there yet, measure, print.

BENCH_FOLDER names the folder where the banks are kept for the next run; without it they live in the system's folder
for temporary files.
"""

from __future__ import annotations

import argparse
import logging
import os
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from benchmarks import doctor, exchange, form, pages, worker
from benchmarks.bank import build
from benchmarks.measure import Section

FAMILIES, WORKBOOK, RUNS = 100_000, 10_000, 9


def sections(folder: Path, families: int, workbook: int, runs: int, *, serve: bool = True) -> Iterator[Section]:
    """Every section as soon as it is measured; one whose product code is not there yet says so."""
    bank, seconds = build(folder / f"bank_{families}", families)
    made = f"построен генератором за {seconds:.0f} с работы процессора" if seconds else "взят готовый"
    size = bank.file.stat().st_size / 1e6
    yield Section(f"Банк: семей {families}", notes=[f"{made}, файл {size:.0f} МБ: {bank.file}"])
    parts: list[tuple[str, Callable[[], Section]]] = [
        ("Страницы", partial(pages.measure, bank, runs)),
        ("Квартальная форма", partial(form.measure, bank, max(1, runs // 3))),
        ("Социальный паспорт", partial(worker.passport, bank, runs)),
        ("Врач", partial(doctor.measure, bank)),
        ("Обмен", partial(exchange.measure, folder, workbook)),
    ]
    if serve:
        parts.append(("Память", partial(worker.load, bank)))
    for title, part in parts:
        try:
            yield part()
        except ImportError as missing:
            yield Section(title, notes=[f"пропущено: нет {missing.name}"])


def main() -> None:
    parser = argparse.ArgumentParser(description="Замеры на большом вымышленном банке рядом с голым SQL.")
    parser.add_argument("--families", type=int, default=FAMILIES, help="семей в большом банке")
    parser.add_argument("--workbook", type=int, default=WORKBOOK, help="семей в книге обмена")
    parser.add_argument("--runs", type=int, default=RUNS, help="повторов, из них берётся медиана")
    chosen = parser.parse_args()
    logging.getLogger("alembic").setLevel(logging.WARNING)
    folder = Path(os.environ.get("BENCH_FOLDER") or Path(tempfile.gettempdir()) / "patronat-bench")
    for section in sections(folder.resolve(), chosen.families, chosen.workbook, chosen.runs):
        print(section, flush=True)


if __name__ == "__main__":
    main()
