"""What is wrong with a bank, as sentences that say where: rules that stored rows break, scans and their files."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from app.services import papers, soundness


def faults(today: date) -> Iterator[str]:
    """Everything that is wrong, a family by its number, never by names; run it over the whole bank."""
    found = list(soundness.faults(today))
    number_of = soundness.numbers(found)
    yield from (fault.said(number_of.get(fault.family_id)) for fault in found)
    yield from papers.faults()
