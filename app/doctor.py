"""What is wrong with a bank, as sentences that say where: rules that stored rows break, deadlines that
nobody can count, scans and their files."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from sqlalchemy import select

from app.domain.refusal import Refusal
from app.extensions import db
from app.models import Deadline
from app.services import checks, papers, soundness


def faults(today: date) -> Iterator[str]:
    """Everything that is wrong, a family by its number, never by names; run it over the whole bank."""
    found = list(soundness.faults(today))
    number_of = soundness.numbers(found)
    yield from (fault.said(number_of.get(fault.family_id)) for fault in found)
    yield from _uncountable_deadlines(today)
    yield from papers.faults()


def _uncountable_deadlines(today: date) -> Iterator[str]:
    """Deadlines that give no clock because they were written down before a rule asked for what they lack."""
    for row in db.session.scalars(select(Deadline).where(Deadline.retired.is_(False)).order_by(Deadline.position)):
        try:
            checks.check(row, today)
        except Refusal as refusal:
            yield f"Срок «{row.name}»: {refusal.text}"
