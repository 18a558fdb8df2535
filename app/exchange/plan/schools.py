"""The schools of a book: by the names that the bank writes, and which of those that are new resemble one of them."""

from __future__ import annotations

from app.domain import names
from app.domain.schools import bare
from app.exchange.likeness import NamesInBank
from app.exchange.plan import resembling
from app.exchange.plan.comparing import Comparison
from app.exchange.records import MemberRow
from app.exchange.workbook import MEMBERS
from app.services import schools


def settle(comparison: Comparison) -> None:
    """Take the name that was chosen for another one; ask of a new writing which school it is, or say it."""
    rows = [row for row in comparison.sheet(MEMBERS).of(MemberRow) if row.education_organisation]
    if not rows:
        return
    known = NamesInBank(schools=schools.writings(), school_words=schools.other_names())
    written = {names.key(name) for name in known.schools}
    settled: dict[str, str] = {}
    for row in rows:
        said = row.education_organisation or ""
        if said not in settled:
            name, near = known.school(said)
            settled[said] = _settled(comparison, row, name, near) if near and names.key(name) not in written else name
        row.education_organisation = settled[said]


def _settled(comparison: Comparison, row: MemberRow, name: str, near: list[str]) -> str:
    """How a new writing that resembles others is written."""
    if comparison.asks_of_names:
        sure = near[0] if len(near) == 1 and bare(near[0]) == bare(name) else None
        return resembling.chosen(comparison, MEMBERS, row, resembling.SCHOOL, name, near, sure)
    text = (
        f"«{name}» похоже на «{near[0]}»: если это одна школа, после загрузки объедините написания на странице "
        "«Школы и детские сады»."
    )
    comparison.content.notice(comparison.sheet(MEMBERS), row, text)
    return name
