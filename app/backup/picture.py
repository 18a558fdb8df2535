"""What a bank holds, in numbers: by them a restored bank is compared with the one that was copied."""

from __future__ import annotations

from datetime import date
from typing import Any

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app
from sqlalchemy import func, select

from app.backup import stores
from app.domain import periods
from app.domain.submissions import sha256
from app.extensions import db
from app.journal import chain
from app.models import Family, Submission
from app.reports import quarterly, recount
from app.reports.frozen_report import FrozenReport
from app.reports.places import ReportPlaces
from app.services import submissions

_family = Family.__table__
PROGRAM = "1.0"  # the version of the program, as pyproject.toml has it


def revision() -> str:
    """The migration a database stands at."""
    heads = MigrationContext.configure(db.session.connection()).get_current_heads()
    return ", ".join(sorted(heads))


def migrations() -> ScriptDirectory:
    """The migrations that this program knows."""
    return ScriptDirectory.from_config(current_app.extensions["migrate"].migrate.get_config())


def is_current() -> bool:
    """Whether a database stands at the version of the program: only then the program can count it by its rules."""
    return revision() == ", ".join(sorted(migrations().get_heads()))


def taken(day: date) -> dict[str, Any]:
    """The rows of each table, the families, the form of the last quarter that was over, and the one submitted last."""
    current, families = is_current(), select(func.count(_family.c.id)).where(_family.c.annulled_at.is_(None))
    return {
        "on": day.isoformat(),
        "tables": stores.rows(db.session.connection()),
        "families": db.session.connection().scalar(families) or 0,
        "form": form(day) if current else None,
        "submitted": submitted() if current else None,
        "journal": chain.head()._asdict() if current else None,
    }


def form(day: date) -> dict[str, Any]:
    """The quarterly form that was handed in last, over the district with most families; empty in a bank without."""
    tree = ReportPlaces()
    place = tree.default()
    if place is None:
        return {}
    counted: dict[str, Any] = quarterly.as_json(
        quarterly.quarterly(periods.last_finished_quarter(day), place, tree=tree)
    )
    return counted


def submitted() -> dict[str, Any]:
    """The quarterly form that was submitted last: whether it is whole, and what it gives when it is counted again;
    empty where none was."""
    asked = select(Submission).where(Submission.report == quarterly.REPORT.name).order_by(Submission.id.desc())
    row = db.session.scalar(asked.limit(1))
    if row is None:
        return {}
    again = recount.counted_now(row)
    return {
        "code": row.code,
        "hash": row.hash,
        "faults": submissions.faults_of(row.id),
        "lists": sha256(again.lists),
        "numbers": sha256(str(FrozenReport(again.figures, again.lists).cells)),
    }


def differences(was: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """Where a restored bank is another one than was copied, as sentences."""
    found = []
    for name in sorted(was["tables"].keys() | now["tables"].keys()):
        before, after = was["tables"].get(name), now["tables"].get(name)
        if before != after:
            found.append(f"Таблица {name}: было строк {(before or [0])[0]}, восстановлено {(after or [0])[0]}, "
                         "и содержание их другое.")  # fmt: skip
    if was["families"] != now["families"]:
        found.append(f"Семей было {was['families']}, восстановлено {now['families']}.")
    if was["journal"] != now["journal"]:
        found.append("Цепь журнала кончается другой печатью.")
    if was["form"] != now["form"]:
        found.append("Квартальная форма, пересчитанная по копии, даёт другие числа.")
    if was.get("submitted") != now["submitted"] and "submitted" in was:
        found.append("Последняя сданная квартальная форма, пересчитанная по копии, даёт другие числа.")
    return found
