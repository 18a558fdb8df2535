"""The doctor over a whole bank: how long each of his probes takes, and how much memory all of them need."""

from __future__ import annotations

from pathlib import Path

from app import clock as calendar
from benchmarks.bank import Bank
from benchmarks.measure import Line, Section, milliseconds


def measure(bank: Bank, runs: int) -> Section:
    """Every probe, as `flask bank doctor` runs them."""
    from app import doctor

    section = Section("Врач: вся база")
    with bank.opened():
        before = _highest_memory(reset=True)
        for probe in doctor.PROBES:
            found: list[int] = []

            def look(probe: doctor.Probe = probe, found: list[int] = found) -> None:
                found.append(sum(1 for _ in probe.find(calendar.today())))

            taken = milliseconds(look, runs)[0]
            section.lines.append(Line(probe.name, taken, note=f"найдено {found[0]}" if found[0] else ""))
        whole = sum(line.product or 0 for line in section.lines) / 1000
        section.notes.append(f"Всего {whole:.1f} с; память до {before:.0f} МБ, наибольшая {_highest_memory():.0f} МБ.")
    return section


def _highest_memory(*, reset: bool = False) -> float:
    """The most resident memory of this process since it was last reset, in megabytes (Linux)."""
    if reset:
        Path("/proc/self/clear_refs").write_text("5")
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM:")).split()[1]) / 1024
