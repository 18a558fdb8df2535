"""Neither side's work is overwritten: what a settlement sends, beside what it sent before and what was done in the bank
since.

The load of its last book made the bank say what the book said; so what the book said of a cell that was changed in the
bank since stands in the journal, as the value before the first of these changes. A cell that was left as it was in the
bank, though the book said otherwise, is remembered by the load, as a digest.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from typing import Any

from sqlalchemy import func, select

from app import clock
from app.domain.terms import Act
from app.exchange.changes import ALL, OURS, THEIRS, ChangedCell, Contest, Plan
from app.exchange.workbook import SHEETS
from app.extensions import db, portions
from app.journal.changes import plain
from app.journal.replay import value_of
from app.models import Aid, Education, Family, IdentityDocument, ImportBatch, JournalEntry, Member, PupilSupport
from app.words import moment, short

# Rows whose cells stand each for itself; a stay and its decisions hold together and are compared as a whole.
COMPARED: dict[str, Any] = {
    entity.__tablename__: entity for entity in (Family, Member, IdentityDocument, Education, PupilSupport, Aid)
}
ASKED_APART = "left_on"  # whether a person who left is back is a question of its own
LATER_UNKNOWN = "другое"
NOBODY = "пусто"

_entry = JournalEntry.__table__


@dataclass(frozen=True)
class EarlierWork:
    """What was done with a cell in the bank since the last book: its value before, in words too, by whom and when."""

    was: Any
    said: str
    who: str


def settle(plan: Plan, answers: Mapping[str, str]) -> None:
    """Put the cells that both sides may have changed before the person, and leave those that stay as the bank has them.

    What nobody here has touched since their last book is theirs, and is not asked about.
    """
    loads = _last_loads(plan)
    cells = [(cell, loads[place]) for cell in plan.cells
             if cell.update.table in COMPARED and cell.column != ASKED_APART
             and (place := cell.update.family.place.id) in loads]  # fmt: skip
    done = _work_since({(cell.update.table, cell.update.id, load.id) for cell, load in cells})
    for cell, load in cells:
        if contest := _contest(cell, load, done, answers):
            plan.contests.append(contest)
            if contest.chosen != THEIRS:
                plan.kept[cell.key] = digest(_leave(plan, cell))
    plan.updates[:] = [each for each in plan.updates if each.values or each.decision]


def digest(value: Any) -> str:
    """A mark of a value: it tells whether two are one, and not what they are."""
    return sha256(json.dumps(_comparable(value), ensure_ascii=False).encode()).hexdigest()[:20]


def _comparable(value: Any) -> Any:
    """A value as the journal keeps it, an amount to the kopeck."""
    return f"{value:.2f}" if isinstance(value, Decimal) else plain(value)


def _last_loads(plan: Plan) -> dict[int | None, ImportBatch]:
    """By territory the last load that stands and told of it. Loads of before say no places: of the whole district."""
    waiting = {family.place.id for family in plan.families if family.state is not None}
    found: dict[int | None, ImportBatch] = {}
    loads = db.session.scalars(
        select(ImportBatch)
        .where(ImportBatch.district_id == plan.district.id, ImportBatch.undone_at.is_(None))
        .order_by(ImportBatch.id.desc())
    )
    for load in loads if plan.district.id is not None else ():
        if not waiting:
            break
        places = load.counts.get("places")
        told = waiting if places is None else waiting & set(places)
        found |= dict.fromkeys(told, load)
        waiting = waiting - told
    return found


def _work_since(rows: set[tuple[str, int, int]]) -> dict[tuple[str, int, str], EarlierWork]:
    """By table, row and column what was done since the load of each: the first change tells what was before."""
    found: dict[tuple[str, int, str], EarlierWork] = {}
    marks = _marks({load for _table, _id, load in rows})
    for table in {table for table, _id, _load in rows}:
        entity = COMPARED[table]
        loads = {row_id: load for each, row_id, load in rows if each == table}
        for ids in portions(sorted(loads)):
            asked = select(_entry.c.id, _entry.c.entity_id, _entry.c.act, _entry.c.changes, _entry.c.user_name,
                           _entry.c.at, _entry.c.batch_id)  # fmt: skip
            of_rows = asked.where(_entry.c.entity == entity.__name__, _entry.c.entity_id.in_(ids),
                                  _entry.c.act.in_((Act.CREATED, Act.CHANGED)))  # fmt: skip
            for entry in db.session.execute(of_rows.order_by(_entry.c.id)):
                load = loads[entry.entity_id]
                if entry.batch_id == load or entry.id <= marks.get(load, 0):
                    continue
                who = f"{entry.user_name}, {moment(clock.local(clock.in_utc(entry.at)))}"
                for name, said in (entry.changes or {}).items():
                    key = (table, entry.entity_id, name)
                    if key not in found and name in entity.__table__.c:
                        was = value_of(entity.__table__.c[name].type, said[0])
                        found[key] = EarlierWork(was, str(said[2] if len(said) == 4 else _shown(was)), who)
    return found


def _marks(loads: Iterable[int]) -> dict[int, int]:
    """By load the last entry of the journal that was written by it."""
    query = select(_entry.c.batch_id, func.max(_entry.c.id)).where(_entry.c.batch_id.in_(sorted(loads)))
    return {row[0]: row[1] for row in db.session.execute(query.group_by(_entry.c.batch_id))}


def _shown(value: Any) -> str:
    if value is None or value == "":
        return NOBODY
    return f"{value:%d.%m.%Y}" if hasattr(value, "strftime") else str(value)


def _contest(cell: ChangedCell, load: ImportBatch, done: Mapping[tuple[str, int, str], EarlierWork],
             answers: Mapping[str, str]) -> Contest | None:  # fmt: skip
    """The three values of a cell, if the bank does not say what their last book said."""
    update, change = cell.update, cell.change
    becomes, now_is = _comparable(update.values[cell.column]), _comparable(update.was[cell.column])
    work = done.get((update.table, update.id, cell.column))
    kept = load.counts.get("kept", {}).get(cell.key)
    if kept is not None:
        same, base = kept == digest(update.values[cell.column]), LATER_UNKNOWN
    elif work is not None and _comparable(work.was) != now_is:
        same, base = _comparable(work.was) == becomes, work.said
    else:
        return None
    row, family = f"{ALL}-row-{_place(change.sheet)}-{change.row}", f"{ALL}-family-{change.number}"
    said = {key: answers[key] for key in (cell.key, row, family, ALL) if answers.get(key) in (OURS, THEIRS)}
    chosen = next(iter(said.values()), OURS if same else None)
    return Contest(cell.key, row, family, change, change.becomes if same else short(base, 200),
                   work.who if work else "", chosen, said)  # fmt: skip


def _place(sheet: str) -> int:
    return next((place for place, each in enumerate(SHEETS) if each.title == sheet), 0)


def _leave(plan: Plan, cell: ChangedCell) -> Any:
    """Let a cell stay as the bank has it; gives what the book says of it."""
    sheet, row = cell.change.sheet, cell.change.row
    del cell.update.was[cell.column]
    plan.changes.remove(cell.change)
    if not any((each.sheet, each.row) == (sheet, row) for each in plan.changes):
        plan.counts[sheet]["changed"] -= 1
        plan.counts[sheet]["same"] += 1
    return cell.update.values.pop(cell.column)
