"""Supervision of minors by other bodies: matched by member, kind and first day."""

from __future__ import annotations

from datetime import date

from app.domain import care
from app.exchange import bank
from app.exchange.changes import FamilyPlan, Line, MemberPlan, Update
from app.exchange.plan.comparing import Comparison
from app.exchange.records import Named, SupervisionRow
from app.exchange.rows import SheetRows
from app.exchange.states import SupervisionState
from app.exchange.workbook import SUPERVISIONS

NEEDED = {"last_name", "first_name", "middle_name", "born_on", "kind", "started_on"}


class Supervisions:
    """The sheet «Учёт несовершеннолетних»."""

    def __init__(self, comparison: Comparison) -> None:
        self.comparison, self.content, self.as_of = comparison, comparison.content, comparison.as_of
        self.names = comparison.codes["supervision"].names
        self.waiting: dict[tuple[int, str | None, date | None], list[SupervisionState]] = {}
        for family in comparison.families.values():
            for known in family.state.members if family.state else ():
                for each in known.supervisions:
                    self.waiting.setdefault((known.id, each.kind, each.started_on), []).append(each)

    def compare(self) -> None:
        for sheet, row, family in self.comparison.of_families(SUPERVISIONS, SupervisionRow):
            if not row.bad & NEEDED:
                self._row(sheet, row, family)
        self._note_missing()

    def _row(self, sheet: SheetRows, row: SupervisionRow, family: FamilyPlan) -> None:
        if row.kind is None and sheet.tells("kind"):
            self.content.fault(sheet, row, "kind", "Заполните «Где состоит».")
            return
        member = self.comparison.member_named(sheet, row, family, "last_name", Named(row.full, row.born_on))
        if member is None:
            return
        waiting = self._alike(sheet, row, member.id)
        state = next((each for each in waiting if each.ended_on == row.ended_on), waiting[0]) if waiting else None
        if not self._check(sheet, row, member, state):
            return
        if state is None and row.kind is None:
            header = SUPERVISIONS.column("kind").header
            self.content.notice(sheet, row, f"{row.full}: без столбца «{header}» запись об учёте не добавляется.")
            return
        if state is None:
            assert row.kind is not None
            member.supervisions.append(row)
            self.comparison.new(SUPERVISIONS, family, f"{row.full}: {self.names[row.kind]}")
            return
        waiting.remove(state)
        before = len(self.comparison.plan.changes)
        update = Update("supervision", state.id, family, f"Учёт: {row.full}")
        self._keep_end(sheet, row, family, state)
        if bank.by(state.ended_on, self.as_of) != row.ended_on:
            self.comparison.value(SUPERVISIONS, row, family, state, update, "ended_on")
        self.comparison.finish(SUPERVISIONS, update, before)

    def _keep_end(self, sheet: SheetRows, row: SupervisionRow, family: FamilyPlan, state: SupervisionState) -> None:
        """A blank last day reopens nothing before the person says so."""
        ended_on = bank.by(state.ended_on, self.as_of)
        if ended_on is None or row.ended_on is not None or not sheet.tells("ended_on") or "ended_on" in row.bad:
            return
        text = f"{row.full}: в банке «{self.names[state.kind]}» до {ended_on:%d.%m.%Y}"
        if not self.comparison.reopens(SUPERVISIONS, row, family, "ended_on", text, ended_on):
            row.ended_on = ended_on

    def _check(self, sheet: SheetRows, row: SupervisionRow, member: MemberPlan, state: SupervisionState | None) -> bool:
        days = {name: self.comparison.told(sheet, row, state, name) for name in ("started_on", "ended_on")}
        return self.comparison.rule(sheet, row, care.check_supervision, **days, born_on=self.comparison.born_on(member),
                                    today=self.comparison.today)  # fmt: skip

    def _alike(self, sheet: SheetRows, row: SupervisionRow, member_id: int | None) -> list[SupervisionState]:
        """The records of the bank that a row may mean, as far as the sheet has columns to tell."""
        if sheet.tells("kind") and sheet.tells("started_on"):
            return self.waiting.get((member_id or 0, row.kind, row.started_on), [])
        return next(
            (
                rest
                for (owner, kind, started_on), rest in self.waiting.items()
                if rest and owner == member_id
                and (kind == row.kind or not sheet.tells("kind"))
                and (started_on == row.started_on or not sheet.tells("started_on"))
            ),
            [],
        )  # fmt: skip

    def _note_missing(self) -> None:
        owners = {member.id: (family, member) for family in self.comparison.families.values()
                  for member in family.members if member.id is not None}  # fmt: skip
        for (member_id, _kind, started_on), rest in self.waiting.items():
            family, member = owners[member_id]
            for each in rest:
                self.comparison.rule_of_known(
                    member, self.names[each.kind], care.check_supervision, started_on=started_on,
                    ended_on=each.ended_on, born_on=self.comparison.born_on(member), today=self.comparison.today,
                )  # fmt: skip
                self._note_redated(family, member, each)
                if started_on is None or started_on <= self.as_of:
                    text = f"{member.values.full}: {self.names[each.kind]}"
                    self.comparison.missing(SUPERVISIONS, family, text)

    def _note_redated(self, family: FamilyPlan, member: MemberPlan, known: SupervisionState) -> None:
        """Say that a record to be added is one of the bank that the file leaves out, but for the first day."""
        if any(row.kind == known.kind for row in member.supervisions):
            text = (
                f"{member.values.full}: «{self.names[known.kind]}» добавится с другой датой, а записанного в банке в "
                "книге нет: если исправлена дата, исправьте её в банке, иначе учёт запишут дважды."
            )
            self.comparison.plan.duplicates.append(Line(SUPERVISIONS.title, family.number, text))
