"""Files whose status is asked and nothing of what is in them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache

import pytest

from app.render import html_pdf
from app.render.table import LazyRows, Table


@contextmanager
def making_no_files() -> Iterator[None]:
    """What a file would hold is read, and no file is made of it while a block runs."""
    page = _one_page()
    with pytest.MonkeyPatch.context() as patch:
        for maker in ("binding.Binder.pdf", "pdf.pdf", "chart.png"):
            patch.setattr(f"app.render.{maker}", lambda *_, **__: b"")
        patch.setattr("app.render.xlsx.workbook", _read)
        patch.setattr("app.render.html_pdf.pdf", lambda _html: page)
        patch.setattr("app.render.docx.written", lambda content, _values: content)
        yield


def _read(table: Table, *, further: Sequence[Table] = (), **_made: object) -> bytes:
    """Rows that are made when they are walked are walked, as the sheets of a workbook would."""
    for each in (table, *further):
        deque(each.rows.make() if isinstance(each.rows, LazyRows) else each.rows, maxlen=0)
    return b""


@cache
def _one_page() -> bytes:
    return html_pdf.pdf("<p>Лист</p>")
