"""What the program is made of and what is known against it: a bill of materials (CycloneDX), and a gate.

`python deploy/audit.py [FILE]` writes the bill, .sbom.json if no file is named. It fails on a known weakness that
deploy/audit_exceptions.txt does not excuse, and on an exception whose day is over. Where the service of weaknesses does
not answer, or knows none of the libraries, it says so and the bill alone is written: a machine without a network can
still be built and tested. With AUDIT=required, as before a release, that fails too.
"""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LOCK, EXCEPTIONS = ROOT / "requirements.txt", ROOT / "deploy" / "audit_exceptions.txt"
PATIENCE = 30  # seconds: a machine without a network waits no longer
NOT_ASKED = "Слабые места не проверены: служба сведений не отвечает. Список составных частей записан."
NOTHING_ASKED = "Проверено 0 библиотек из {count}: такая проверка ничего не говорит, и она не засчитана."


def components() -> list[dict[str, str]]:
    """Every library of the lock, as the bill names it."""
    found = []
    for line in LOCK.read_text(encoding="utf-8").splitlines():
        pin = re.fullmatch(r"([A-Za-z0-9_.-]+)(?:\[[^]]*\])?==(\S+)", line.strip())
        if pin:
            name = re.sub(r"[-_.]+", "-", pin[1]).lower()
            found.append({"type": "library", "name": pin[1], "version": pin[2], "purl": f"pkg:pypi/{name}@{pin[2]}"})
    return found


def bill(parts: list[dict[str, str]], weak: list[dict[str, Any]]) -> dict[str, Any]:
    """The bill of materials with what is known against its parts."""
    return {
        "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
        "metadata": {"timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
                     "component": {"type": "application", "name": "patronat", "version": "1.0"}},
        "components": parts,
        "vulnerabilities": [{"id": each["id"], "affects": [{"ref": each["part"]}]} for each in weak],
    }  # fmt: skip


def asked() -> tuple[int, list[dict[str, Any]]] | None:
    """How many libraries the service knows, and the weaknesses of them; None: it does not answer."""
    command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--no-deps", "-r", str(LOCK), "-f", "json",
               "--progress-spinner", "off"]  # fmt: skip
    try:
        done = subprocess.run(  # noqa: S603  our own interpreter
            command, capture_output=True, text=True, check=False, timeout=PATIENCE, cwd=ROOT
        )
        said = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        return None
    known = [each for each in said["dependencies"] if "skip_reason" not in each]
    weak = [{"id": one["id"], "part": f"{each['name']}@{each['version']}", "fixed": one.get("fix_versions", [])}
            for each in known for one in each.get("vulns", [])]  # fmt: skip
    return len(known), weak


def excused(today: date) -> tuple[set[str], list[str]]:
    """The weaknesses that are excused for now, and what is wrong with the list of them."""
    known, faults = set(), []
    lines = [line for line in EXCEPTIONS.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    for row in csv.reader(lines, delimiter=";"):
        if len(row) != 3 or not row[2].strip():
            faults.append(f"{';'.join(row)}: пишется «номер; до какого дня; почему»")
        elif date.fromisoformat(row[1].strip()) < today:
            faults.append(f"{row[0].strip()}: отсрочка кончилась {row[1].strip()}")
        else:
            known.add(row[0].strip())
    return known, faults


def main(out: Path) -> int:
    """Write the bill and judge; gives the exit code."""
    parts, answer = components(), asked()
    count, weak = answer or (0, [])
    out.write_text(json.dumps(bill(parts, weak), ensure_ascii=False, indent=1), encoding="utf-8")
    known, faults = excused(datetime.now(UTC).date())
    if not count:
        print(NOT_ASKED if answer is None else NOTHING_ASKED.format(count=len(parts)))
        if os.environ.get("AUDIT") == "required":
            return 1
    faults += [f"{each['part']}: {each['id']}, исправлено в {', '.join(each['fixed']) or '–'}"
               for each in weak if each["id"] not in known]  # fmt: skip
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / ".sbom.json"))
