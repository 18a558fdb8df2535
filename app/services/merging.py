"""What a merge of two families, or of two people of one family, changes in the bank: found by the mapper, so that an
entity that is added tomorrow is moved too.

Every row that names the one that goes names the one that stays. Of two rows that say the same of both the second one is
a repeat: it is annulled, and whatever rests on it rests on the first one, so that nothing is counted twice. Two rows
that may not stand side by side and say different things are told: a person mends one of them first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select

from app.domain import registration as rules
from app.domain.refusal import Refusal
from app.extensions import db
from app.journal import changes
from app.models import Family, Member, OfFamily, Registration
from app.services import row_moves
from app.services.row_moves import LinkChange, Moves, RowChange, is_live

# What is no fact of a row: when it was typed, whether it counts.
NO_FACTS = {"created_at", "annulled_at", "annul_reason"}
STAYS_OVERLAP = (
    "Учёт семьи № {other} {theirs} пересекается с учётом семьи № {kept} {ours}. Сначала исправьте или аннулируйте один "
    "из них: семья состоит на учёте один раз."
)
TOLD_TWICE = (
    "«{title}» есть и там и там, но записано по-разному. Сначала исправьте или аннулируйте одну из этих записей."
)


class Merging:
    """One merge as it is planned: `becomes` says of each entity which row stands instead of which.

    people: who of the other family is who of the family that stays; of two people of one family only they.
    """

    def __init__(self, kept: Family, other: Family, people: Mapping[int, int], at: datetime) -> None:
        self.kept, self.other, self.at = kept, other, at
        self.becomes: dict[Any, dict[int, int]] = {Member: dict(people)}
        if other.id != kept.id:
            self.becomes[Family] = {other.id: kept.id}
        self.reason = f"Объединение: остаётся запись семьи № {kept.number}"
        self.repeats: list[tuple[Any, int]] = []
        self.moves = Moves([], [], [(stays, goes) for goes, stays in people.items()])

    def plan(self) -> Moves:
        """Every row that changes, and how. Raises Refusal where two rows cannot stand side by side."""
        self._check_stays()
        for entity in row_moves.entities():
            rows = self._concerned(entity)
            if rows or any(each.target is Member for each in changes.lists(entity)):
                self._plan_rows(entity, rows)
        return self.moves

    def _concerned(self, entity: Any) -> list[Any]:
        """The rows that name whatever goes."""
        table = row_moves.table_of(entity)
        conditions: list[ColumnElement[bool]] = []
        for target in (Family, Member):
            keys = list(self.becomes.get(target, ()))
            conditions += [table.c[name].in_(keys) for name in row_moves.columns_of(entity, target) if keys]
        if entity is Member and Family not in self.becomes:
            conditions.append(table.c.id.in_(list(self.becomes[Member])))
        return row_moves.rows_where(entity, *conditions)

    def _plan_rows(self, entity: Any, rows: list[Any]) -> None:
        changed = {row["id"]: self._changed(entity, row) for row in rows}
        lists = self._lists(entity, changed)
        twins = self._twins(entity, set(changed)) if self._may_repeat(entity) else {}
        for row in rows:
            columns, key = changed[row["id"]], row["id"]
            if is_live(entity, row):
                told = _facts(entity, {**row, **{name: said[1] for name, said in columns.items()}}, lists.get(key, ()))
                matched = self.becomes[Member].get(key) if entity is Member else None
                if twins.get(told) and matched is None:
                    matched = twins[told].pop(0)
                    self.becomes.setdefault(entity, {})[key] = matched
                    self.repeats.append((entity, key))
                if matched is not None:
                    columns |= {"annulled_at": [None, self.at.isoformat()], "annul_reason": [None, self.reason]}
                else:
                    self._check_unique(entity, row, columns)
            if columns:
                self.moves.rows.append(RowChange(entity.__name__, key, columns))

    def _changed(self, entity: Any, row: Mapping[str, Any]) -> dict[str, list[Any]]:
        """The columns of a row that name something else now."""
        found = {}
        for field in changes.fields(entity):
            was = row[field.name]
            if field.target is None or was not in self.becomes.get(field.target, ()):
                continue
            becomes: int | None = self.becomes[field.target][was]
            if entity is field.target and becomes == row["id"]:
                becomes = None  # nobody comes from himself
            found[field.name] = [was, becomes]
        return found

    def _lists(self, entity: Any, keys: Iterable[int]) -> dict[int, tuple[Any, ...]]:
        """What the lists of moved rows hold now, by row; a place bears the family, so it is written with its row."""
        found: dict[int, list[Any]] = {}
        held: dict[tuple[str, int], set[int]] = {}
        read = list(row_moves.links_of(entity, self._with_lists(entity, keys)))
        for each, owner, other in read:
            held.setdefault((each.name, owner), set()).add(other)
        for each, owner, other in read:
            becomes: int | None = self.becomes.get(each.target, {}).get(other, other)
            if becomes != other and becomes in held[each.name, owner]:
                becomes = None  # both are there
            if Family in self.becomes or becomes != other:
                self.moves.links.append(LinkChange(entity.__name__, each.name, owner, other, becomes))
            found.setdefault(owner, []).append((each.name, becomes))
        return {owner: tuple(sorted(places, key=str)) for owner, places in found.items()}

    def _with_lists(self, entity: Any, keys: Iterable[int]) -> Iterable[int]:
        """The rows whose lists are looked at: those that move, and those that name somebody who goes."""
        found = set(keys)
        for each in changes.lists(entity):
            if each.target is Member and self.becomes[Member]:
                query = select(each.owner).where(each.other.in_(list(self.becomes[Member])))
                found |= set(db.session.connection().scalars(query))
        return found

    # Repeats, and what may not stand side by side

    def _may_repeat(self, entity: Any) -> bool:
        return issubclass(entity, OfFamily) and entity is not Member

    def _twins(self, entity: Any, moved: set[int]) -> dict[Any, list[int]]:
        """The live rows of the family that stays, by what they say."""
        table = row_moves.table_of(entity)
        rows = [row for row in row_moves.rows_where(entity, table.c.family_id == self.kept.id)
                if is_live(entity, row) and row["id"] not in moved]  # fmt: skip
        lists: dict[int, list[Any]] = {}
        for each, owner, other in row_moves.links_of(entity, [row["id"] for row in rows]):
            lists.setdefault(owner, []).append((each.name, other))
        found: dict[Any, list[int]] = {}
        for row in rows:
            said = _facts(entity, row, sorted(lists.get(row["id"], ()), key=str))
            found.setdefault(said, []).append(row["id"])
        return found

    def _check_unique(self, entity: Any, row: Mapping[str, Any], columns: Mapping[str, list[Any]]) -> None:
        table = row_moves.table_of(entity)
        becomes = {**row, **{name: said[1] for name, said in columns.items()}}
        for group in row_moves.unique_groups(entity):
            if not set(group) & set(columns) or any(becomes[name] is None for name in group):
                continue
            query = select(table.c.id).where(
                table.c.id != row["id"], *(table.c[name] == becomes[name] for name in group)
            )
            if "annulled_at" in table.c:
                query = query.where(table.c.annulled_at.is_(None))
            if db.session.connection().scalar(query.limit(1)) is not None:
                raise Refusal(TOLD_TWICE.format(title=row_moves.titles(entity, [row["id"]])[row["id"]]))

    def _check_stays(self) -> None:
        """A family is on record once (Положение, 3.1): stays that overlap are mended first, unless they are one."""
        if Family not in self.becomes:
            return
        ours, theirs = ([row for row in family.registrations if row.annulled_at is None]
                        for family in (self.kept, self.other))  # fmt: skip
        for stay in theirs:
            for own in ours:
                if _is_same(own, stay):
                    continue
                if rules.overlap((own.registered_on, own.removed_on), (stay.registered_on, stay.removed_on)):
                    raise Refusal(STAYS_OVERLAP.format(other=self.other.number, theirs=stay, kept=self.kept.number,
                                                       ours=own))  # fmt: skip


def _is_same(one: Registration, other: Registration) -> bool:
    """Whether two stays say the same: the second one is a repeat."""
    names = ("registered_on", "removed_on", "sender_id", "detected_on", "card_sent_on", "received_on", "entered_on",
             "removal_reason_id", "note")  # fmt: skip
    decisions = [(str(row.decision), str(row.removal_decision)) for row in (one, other)]
    return decisions[0] == decisions[1] and all(getattr(one, name) == getattr(other, name) for name in names)


def _facts(entity: Any, row: Mapping[str, Any], lists: Iterable[Any]) -> Any:
    """What a row says, whoever typed it and when."""
    said = (changes.plain(row[field.name]) for field in changes.fields(entity) if field.name not in NO_FACTS)
    return repr([*said]), tuple(lists)
