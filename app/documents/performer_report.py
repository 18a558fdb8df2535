"""«Отчёт исполнителя»: what a body did for families in a month or a quarter, to be signed."""

from __future__ import annotations

from typing import Any

from app import words
from app.documents import bound
from app.documents.bound import MadeBy

TITLE = "Отчёт исполнителя"


def pdf(performed: Any, made: MadeBy) -> bytes:
    """The paper of what was performed: family by family, its sums, a place to sign. Raises PrintError."""
    title = f"{TITLE}: {performed.agency.name}, {performed.period.title}"
    return bound.pdf("performer_report", title, made, performed=performed, day=words.day, roubles=words.roubles)
