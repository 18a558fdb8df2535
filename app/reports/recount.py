"""A submitted report counted again today: cell by cell, what is another number now, and what of the bank made it so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, or_, select

from app.domain.submissions import FrozenContent
from app.domain.terms import Act
from app.extensions import db, portions
from app.journal import changes
from app.journal.replay import CHANGES
from app.models import JournalEntry, Submission
from app.reports import CATALOGUE, frozen
from app.reports.differing import CellDifference, differences
from app.reports.frozen import Told
from app.reports.frozen_report import FrozenReport, FrozenRow
from app.reports.report import Report

SHOWN = 3  # entries of one family
NAMED = 20  # rows of one cell that a page names
TOLD = (*CHANGES, Act.MOVED)


@dataclass(frozen=True)
class Recounted:
    """What became of the cells of a report, and whether its figures are declared as they were."""

    differences: Sequence[CellDifference]
    same_rules: bool


def report_named(name: str) -> Report[Any] | None:
    """A report of the catalogue."""
    return next((one for one in CATALOGUE if one.name == name), None)


def options_of(choice: str) -> dict[str, str]:
    """The options that a submission was counted with: «by=territory,small=show»."""
    return dict(part.split("=", 1) for part in choice.split(",") if part)


def choice_of(options: Mapping[str, str]) -> str:
    """The same as one text. The form of the law was handed in before it could hide small groups: that it shows them is
    not said, so that whatever was handed in is found."""
    if "criteria" in options and options.get("small") == "show":
        options = {"criteria": options["criteria"]}
    return ",".join(f"{name}={value}" for name, value in sorted(options.items()))


def stored(row: Submission) -> FrozenReport:
    """The report as it was submitted."""
    return FrozenReport(row.figures, row.lists)


def counted_now(row: Submission, told: Told = lambda _done, _whole: None) -> FrozenContent:
    """A submitted report counted anew over the bank of today. Raises Refusal where it cannot be counted any more."""
    report = report_named(row.report)
    assert report is not None, row.report
    return frozen.freeze(report, row.period, row.territory_id, options_of(row.choice), told)


def recounted(row: Submission, told: Told = lambda _done, _whole: None) -> Recounted:
    """What differs from a submitted report today, with as many rows as a page names. Raises Refusal."""
    content = counted_now(row, told)
    found = differences(stored(row), FrozenReport(content.figures, content.lists))
    return Recounted([one.first(NAMED) for one in found], content.rules == row.rules)


def differs(row: Submission, content: FrozenContent) -> bool:
    """Whether any number, or any list behind one, is another one than was submitted."""
    return bool(differences(stored(row), FrozenReport(content.figures, content.lists)))


# Why


def entries(row: Submission, differences: Iterable[CellDifference]) -> dict[FrozenRow, list[JournalEntry]]:
    """The entries of the journal, made since a report was submitted, that let each row of the differences come or go.

    Of a family the entries about the very rows that are counted are told; if there are none, those about what the
    report counts, or any. Whoever asks is told the entries that the person may read.
    """
    rows = {each for one in differences for each in (*one.gone, *one.come)}
    families = {each.family_id for each in rows if each.family_id is not None}
    of_family: dict[int, list[JournalEntry]] = {}
    for portion in portions(sorted(families)):
        for entry in db.session.scalars(_since(row).where(JournalEntry.family_id.in_(portion))):
            of_family.setdefault(entry.family_id or 0, []).append(entry)
    keys = {key for each in rows if each.family_id is None for key in each.keys if key[1] is not None}
    of_key: dict[tuple[str, int | None], list[JournalEntry]] = {}
    for named in portions(sorted(keys)):
        either = or_(*(and_(JournalEntry.entity == name, JournalEntry.entity_id == key) for name, key in named))
        for entry in db.session.scalars(_since(row).where(either)):
            of_key.setdefault((entry.entity, entry.entity_id), []).append(entry)
    counted = _counted(row)
    return {each: _first(each, of_family, of_key, counted) for each in rows}


def _counted(row: Submission) -> set[str]:
    """The entities whose rows the report counts."""
    return {entity.__name__ for entity in changes.entities() if entity.__tablename__ in row.counts}


def _since(row: Submission) -> Any:
    return select(JournalEntry).where(JournalEntry.id > row.last_entry, JournalEntry.act.in_(TOLD)).order_by(
        JournalEntry.id.desc()
    )  # fmt: skip


def _first(row: FrozenRow, of_family: Mapping[int, list[JournalEntry]],
           of_key: Mapping[Any, list[JournalEntry]], counted: set[str]) -> list[JournalEntry]:  # fmt: skip
    if row.family_id is None:
        return [entry for key in row.keys for entry in of_key.get(key, [])][:SHOWN]

    known = of_family.get(row.family_id, [])
    exact = [entry for entry in known if (entry.entity, entry.entity_id) in row.keys]
    near = [entry for entry in known if entry.entity in counted]
    return (exact or near or known)[:SHOWN]


def dictionaries(row: Submission) -> list[JournalEntry]:
    """What was changed since in the words and places that the report rests on: they belong to no family."""
    asked = _since(row).where(JournalEntry.family_id.is_(None), JournalEntry.entity.in_([*_counted(row), "Territory"]))
    return list(db.session.scalars(asked.limit(SHOWN * 3)))
