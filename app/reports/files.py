"""A report as a file of each kind."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from app.render import html, pdf, xlsx
from app.reports.report import Report
from app.words import CONFIDENTIAL


def written(report: Report[Any], form: Any, kind: str, *, made_by: str, made_at: datetime) -> tuple[bytes, str]:
    """The bytes of a counted report as `kind` (one of KINDS) and their type. made_at: by the municipality's clock."""
    return KINDS[kind](report, form, made_by, made_at)


def _xlsx(report: Report[Any], form: Any, made_by: str, made_at: datetime) -> tuple[bytes, str]:
    table, further = report.table(form, None), report.further(form)
    return xlsx.workbook(table, made_by=made_by, made_at=made_at, further=further), xlsx.MIME


def _pdf(report: Report[Any], form: Any, made_by: str, made_at: datetime) -> tuple[bytes, str]:
    table, further = report.table(form, None), report.further(form)
    return pdf.pdf(table, made_by=made_by, made_at=made_at, further=further), "application/pdf"


def _html(report: Report[Any], form: Any, made_by: str, made_at: datetime) -> tuple[bytes, str]:
    table, further = report.table(form, None), report.further(form)
    text = html.document(table, made_by=made_by, made_at=made_at, further=further)
    return text.encode(), "text/html; charset=utf-8"


def _json(report: Report[Any], form: Any, made_by: str, made_at: datetime) -> tuple[bytes, str]:
    data = {
        **report.data(form),
        "mark": CONFIDENTIAL,
        "made_by": made_by,
        "made_at": made_at.isoformat(timespec="seconds"),
    }
    return json.dumps(data, ensure_ascii=False, indent=1).encode(), "application/json"


KINDS: dict[str, Callable[[Report[Any], Any, str, datetime], tuple[bytes, str]]] = {
    "json": _json,
    "xlsx": _xlsx,
    "pdf": _pdf,
    "html": _html,
}
