"""The quarterly form as a file of each kind."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime

from app.render import html, pdf, xlsx
from app.render.table import Table
from app.reports import quarterly
from app.words import CONFIDENTIAL


def written(form: quarterly.Form, kind: str, *, made_by: str, made_at: datetime) -> tuple[bytes, str]:
    """The bytes of the form as `kind` (one of KINDS) and their type. made_at: by the municipality's clock."""
    return KINDS[kind](form, made_by, made_at)


def _xlsx(form: quarterly.Form, made_by: str, made_at: datetime) -> tuple[bytes, str]:
    return xlsx.workbook(quarterly.as_table(form), made_by=made_by, made_at=made_at, further=_by_name(form)), xlsx.MIME


def _pdf(form: quarterly.Form, made_by: str, made_at: datetime) -> tuple[bytes, str]:
    content = pdf.pdf(quarterly.as_table(form), made_by=made_by, made_at=made_at, further=_by_name(form))
    return content, "application/pdf"


def _html(form: quarterly.Form, made_by: str, made_at: datetime) -> tuple[bytes, str]:
    text = html.document(quarterly.as_table(form), made_by=made_by, made_at=made_at, further=_by_name(form))
    return text.encode(), "text/html; charset=utf-8"


def _json(form: quarterly.Form, made_by: str, made_at: datetime) -> tuple[bytes, str]:
    data = {
        **quarterly.as_json(form),
        "mark": CONFIDENTIAL,
        "made_by": made_by,
        "made_at": made_at.isoformat(timespec="seconds"),
    }
    return json.dumps(data, ensure_ascii=False, indent=1).encode(), "application/json"


def _by_name(form: quarterly.Form) -> list[Table]:
    """The office's own sheet of children behind the checks, where there are any to name."""
    table = quarterly.of_children(form)
    return [table] if table.rows else []


KINDS: dict[str, Callable[[quarterly.Form, str, datetime], tuple[bytes, str]]] = {
    "json": _json,
    "xlsx": _xlsx,
    "pdf": _pdf,
    "html": _html,
}
