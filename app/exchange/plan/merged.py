"""Cards that a book still gives though the family was merged: their rows are read as those of the one it became."""

from __future__ import annotations

from typing import Any

from app.exchange.plan.comparing import Comparison
from app.exchange.records import FamilyRow, MemberRow, Row, StayRow
from app.exchange.workbook import FAMILIES, SHEETS


def fold(comparison: Comparison, row: FamilyRow, number: str, became: int) -> None:
    """Give the rows of a merged card to the card that the book has beside it; what both say is read once.

    number, became: of the family that it became.
    """
    for sheet in SHEETS:
        rows = comparison.sheet(sheet)
        have = {_identity(each) for each in rows.rows if each.number == number}
        kept = []
        for each in rows.rows:
            if each.number != row.number or each is row:
                kept += [each] if each is not row else []
                continue
            if _identity(each) not in have:
                each.number = number
                kept.append(each)
        rows.rows[:] = kept
    text = f"№ {row.number} объединена с № {number}: её строки прочитаны как строки этой семьи."
    comparison.content.notice(comparison.sheet(FAMILIES), row, text, ((number, became),))


def _identity(row: Row) -> Any:
    """By what two rows of one family say the same."""
    if isinstance(row, MemberRow):
        return row.key
    if isinstance(row, StayRow):
        return row.registered_on
    return tuple(str(value) for name, value in vars(row).items() if name not in ("line", "bad", "number"))
