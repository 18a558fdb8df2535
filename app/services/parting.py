"""What undoing a merge changes: its own moves led back, and whatever has come to rest on a row that goes.

What was changed since in a moved row stays with the row; what was entered since stays with the family, unless it rests
on moved rows alone: then it goes with them. What rests on both cannot be parted, and is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app import clock
from app.domain.refusal import Refusal
from app.domain.terms import DoublesVerdict
from app.extensions import db
from app.journal import changes
from app.journal.replay import value_of
from app.models import DoublesDecision, Family, ImportantMark, Member
from app.services import row_moves
from app.services.row_moves import LinkChange, Moves, RowChange

MERGED_AGAIN = "Запись, которая осталась, потом сама объединена с другой. Сначала отмените то объединение."
KEPT_IS_ANNULLED = "Запись, которая осталась после объединения, аннулирована: возвращать не из чего."
NUMBER_IS_TAKEN = "Номер {number} уже дан другой семье. Сначала измените её номер."
MOVED_SINCE = "«{title}» с тех пор в другой семье или изменена так, что её нельзя вернуть. Сначала верните её назад."
RESTS_ON_BOTH = (
    "«{title}» держится на записях обеих семей: её внесли или изменили после объединения. Сначала исправьте или "
    "аннулируйте её."
)


class Parting:
    """One merge as it is led back. gone: the rows that go back, by entity."""

    def __init__(self, decision: DoublesDecision) -> None:
        self.decision = decision
        self.kept, self.other = decision.family_id, decision.other_family_id
        self.moves = row_moves.of_kept(decision.moved).back()
        self.gone: dict[Any, set[int]] = {}
        self.matched = dict(self.moves.people)  # of the family that stays, who was taken for whom of the other one

    def plan(self) -> Moves:
        """Every row that changes, and how. Raises Refusal where it cannot be."""
        self._check_families()
        rows = list(self._led_back())
        if self.kept != self.other:
            rows += self._following()
            self._check_number()
            self._check_whole(rows)
        return Moves(rows, list(self._links()), self.moves.people)

    def _check_families(self) -> None:
        kept = self.decision.member or self.decision.family
        if kept.annulled_at is None and self.decision.family.annulled_at is None:
            return
        went = (DoublesDecision.other_family_id == self.kept) & DoublesDecision.member_id.is_(None)
        if self.decision.member_id is not None:
            went |= DoublesDecision.other_member_id == self.decision.member_id
        again = select(DoublesDecision.id).where(
            went, DoublesDecision.verdict == DoublesVerdict.MERGED, DoublesDecision.taken_back_at.is_(None)
        )
        if db.session.scalar(again.limit(1)) is not None:
            raise Refusal(MERGED_AGAIN)
        raise Refusal(KEPT_IS_ANNULLED)

    def _check_number(self) -> None:
        family, other = Family.__table__, self.decision.other_family
        taken = select(family.c.id).where(family.c.number == other.number, family.c.annulled_at.is_(None),
                                          family.c.district_id == other.district_id)  # fmt: skip
        others = set(db.session.connection().scalars(taken)) - {self.kept}
        renumbered = any(one.entity == "Family" and one.key == self.kept and "number" in one.columns
                         for one in self.moves.rows)  # fmt: skip
        if others or (self.decision.family.number == other.number and not renumbered):
            raise Refusal(NUMBER_IS_TAKEN.format(number=other.number))

    def _led_back(self) -> Iterable[RowChange]:
        """The moves of the merge in the other order. Where a row leads is a condition; what it tells may have changed
        since, and stays."""
        for name in dict.fromkeys(one.entity for one in self.moves.rows):
            entity = row_moves.of_name(name)
            self.gone.setdefault(entity, set())
            if entity is not Family:
                self.gone[entity] |= {one.key for one in self.moves.rows if one.entity == name
                                      and {"family_id", "annulled_at"} & set(one.columns)}  # fmt: skip
        for one in self.moves.rows:
            entity = row_moves.of_name(one.entity)
            row = row_moves.rows_by_key(entity, [one.key])[one.key]
            kinds = {field.name: field for field in changes.fields(entity)}
            columns = {}
            for name, (was, becomes) in one.columns.items():
                if _is_now(row[name], value_of(kinds[name].type, was)):
                    columns[name] = [was, becomes]
                elif name == "annulled_at" or kinds[name].target in (Family, Member):
                    raise Refusal(MOVED_SINCE.format(title=_title(entity, one.key)))
            if columns:
                yield RowChange(one.entity, one.key, columns)

    def _check_whole(self, rows: list[RowChange]) -> None:
        """Whatever goes back rests on rows that go back too."""
        columns = {(one.entity, one.key): one.columns for one in rows}
        for entity, keys in self.gone.items():
            for key, row in row_moves.rows_by_key(entity, keys).items():
                changed = {name: said[1] for name, said in columns.get((entity.__name__, key), {}).items()}
                for name, target in row_moves.references(entity):
                    names = changed.get(name, row[name])
                    if names is not None and names not in self.gone.get(target, ()):
                        raise Refusal(RESTS_ON_BOTH.format(title=_title(entity, key)))

    # What was entered since

    def _following(self) -> Iterable[RowChange]:
        """Rows that were entered since and rest on rows that go back alone."""
        for entity in row_moves.entities():
            table, gone = row_moves.table_of(entity), self.gone.setdefault(entity, set())
            owners = row_moves.columns_of(entity, Family)
            if "family_id" not in owners:
                continue
            for row in row_moves.rows_where(entity, table.c.family_id == self.kept):
                if row["id"] in gone:
                    continue
                rests = list(self._rests(entity, row))
                if not any(rests):
                    continue
                if not all(rests) or not self._is_later(row):
                    raise Refusal(RESTS_ON_BOTH.format(title=_title(entity, row["id"])))
                gone.add(row["id"])
                yield RowChange(entity.__name__, row["id"], {"family_id": [self.kept, self.other]})

    def _rests(self, entity: Any, row: Mapping[str, Any]) -> Iterable[bool]:
        """Of each fact of the family that a row names, whether it goes back."""
        for name, target in row_moves.references(entity):
            if row[name] is not None:
                yield row[name] in self.gone.get(target, ())
        if entity is ImportantMark:
            yield row["entity_id"] in self.gone.get(row_moves.of_name(row["entity"]), ())

    def _is_later(self, row: Mapping[str, Any]) -> bool:
        entered = row.get("created_at")
        return entered is not None and clock.in_utc(entered) >= clock.in_utc(self.decision.created_at)

    # Lists

    def _links(self) -> Iterable[LinkChange]:
        """The places of the lists as they were; what was put into a list since goes with its row, or cannot."""
        told = {(one.entity, one.name, one.key, one.was) for one in self.moves.links}
        yield from self.moves.links
        if self.kept == self.other:
            return
        for entity in row_moves.entities():
            if not any(each.target is Member for each in changes.lists(entity)):
                continue
            table = row_moves.table_of(entity)
            keys = self.gone.get(entity, set()) | set(
                db.session.connection().scalars(select(table.c.id).where(table.c.family_id == self.kept))
            )
            for each, owner, other in row_moves.links_of(entity, keys):
                if (entity.__name__, each.name, owner, other) in told:
                    continue
                yield from self._later_link(entity, each, owner, other)

    def _later_link(self, entity: Any, each: changes.Linked, owner: int, other: int) -> Iterable[LinkChange]:
        goes, person = owner in self.gone.get(entity, ()), other in self.gone.get(Member, ())
        if goes and (person or other in self.matched):
            yield LinkChange(entity.__name__, each.name, owner, other, self.matched.get(other, other))
        elif goes is not person:
            raise Refusal(RESTS_ON_BOTH.format(title=_title(entity, owner)))


def _is_now(stored: Any, said: Any) -> bool:
    """Whether a column still holds what the merge has written."""
    if isinstance(stored, datetime) and isinstance(said, datetime):
        return clock.in_utc(stored) == clock.in_utc(said)
    return bool(stored == said)


def _title(entity: Any, key: int) -> str:
    return row_moves.titles(entity, [key])[key]
