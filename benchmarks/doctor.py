"""The doctor over a whole bank: how long each of his probes takes, and how much memory all of them need."""

from __future__ import annotations

from pathlib import Path

from app import clock as calendar
from benchmarks.bank import Bank
from benchmarks.measure import Line, Section, clock


def measure(bank: Bank) -> Section:
    """Every probe once, as `flask bank doctor` runs them."""
    from app import doctor

    section = Section("Врач: вся база")
    with bank.opened():
        before = _highest_memory(reset=True)
        for probe in doctor.PROBES:
            started = clock()
            found = sum(1 for _ in probe.find(calendar.today()))
            section.lines.append(Line(probe.name, (clock() - started) * 1000, note=f"найдено {found}" if found else ""))
        whole = sum(line.product or 0 for line in section.lines) / 1000
        section.notes.append(f"Всего {whole:.1f} с; память до {before:.0f} МБ, наибольшая {_highest_memory():.0f} МБ.")
    return section


def _highest_memory(*, reset: bool = False) -> float:
    """The most resident memory of this process since it was last reset, in megabytes (Linux)."""
    if reset:
        Path("/proc/self/clear_refs").write_text("5")
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM:")).split()[1]) / 1024
