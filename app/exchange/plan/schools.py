"""The schools of a book: by the names that the bank writes, and which of those that are new resemble one of them."""

from __future__ import annotations

from app.domain import names
from app.domain.schools import alike
from app.exchange.plan.comparing import Comparison
from app.exchange.records import MemberRow
from app.exchange.workbook import MEMBERS
from app.services import schools


def settle(comparison: Comparison) -> None:
    """Take the name that was chosen for another one; say of a new writing which school it may be."""
    rows = [row for row in comparison.sheet(MEMBERS).of(MemberRow) if row.education_organisation]
    if not rows:
        return
    others, known = schools.other_names(), schools.writings()
    told: set[str] = set()
    for row in rows:
        name = row.education_organisation or ""
        row.education_organisation = name = others.get(names.key(name), name)
        if name in told:
            continue
        told.add(name)
        if near := alike(name, known):
            text = (
                f"«{name}» похоже на «{near[0]}»: если это одна школа, после загрузки объедините написания на странице "
                "«Школы и детские сады»."
            )
            comparison.content.notice(comparison.sheet(MEMBERS), row, text)
