"""What hangs on a person in a row of «Члены семьи»: the document, what the person does by day, the pupil support."""

from __future__ import annotations

from collections.abc import Iterable

from app.domain import care
from app.exchange import bank
from app.exchange.changes import FamilyPlan, MemberPlan, Update
from app.exchange.plan.comparing import Comparison, is_same, words
from app.exchange.records import MemberRow
from app.exchange.rows import SheetRows
from app.exchange.states import DocumentState, EducationState, SupportState
from app.exchange.workbook import DOCUMENT, EDUCATION, MEMBERS, SUPPORT

State = DocumentState | EducationState | SupportState


class Parts:
    """The groups of columns that are rows of their own tables."""

    def __init__(self, comparison: Comparison) -> None:
        self.comparison, self.plan, self.as_of = comparison, comparison.plan, comparison.as_of

    def compare(self, sheet: SheetRows, row: MemberRow, family: FamilyPlan, member: MemberPlan) -> None:
        """Every group of a person of the bank."""
        self._document(sheet, row, family, member)
        self._education(sheet, row, family, member)
        self._support(sheet, row, family, member)

    def _told(self, sheet: SheetRows, row: MemberRow, fields: Iterable[str]) -> list[str]:
        """The fields of a group that the file tells of; none if all are blank: that is no news, not an erasure."""
        told = [name for name in fields if sheet.tells(name) and name not in row.bad]
        return told if any(getattr(row, name) is not None for name in told) else []

    def _group(self, row: MemberRow, family: FamilyPlan, told: list[str], state: State, update: Update,
               columns: dict[str, tuple[str, str]]) -> None:  # fmt: skip
        """One row of another table. columns: field → (field of the state, column)."""
        for name in told:
            key, column = columns[name]
            was, becomes = getattr(state, key), getattr(row, name)
            if not is_same(was, becomes):
                codes = self.comparison.codes.get(MEMBERS.column(name).dictionary)
                update.was[column] = codes.ids[was] if codes and was is not None else was
                update.values[column] = codes.ids[becomes] if codes and becomes is not None else becomes
                self.comparison.change(MEMBERS, row, family, update.title, name, was, becomes)
                self.comparison.cell(update, column)
        if update.values:
            self.plan.updates.append(update)

    def _document(self, sheet: SheetRows, row: MemberRow, family: FamilyPlan, member: MemberPlan) -> None:
        told = self._told(sheet, row, DOCUMENT)
        if not told:
            return
        assert member.state is not None
        documents = member.state.documents
        keys = {name: name.removeprefix("document_") for name in DOCUMENT}
        if any(all(is_same(getattr(each, keys[name]), getattr(row, name)) for name in told) for each in documents):
            return
        same = self._same_document(row, told, documents, keys)
        if same is None:
            self._new_document(row, family, member, told)
            return
        columns = {name: (keys[name], "kind_id" if name == "document_kind" else keys[name]) for name in DOCUMENT}
        update = Update("identity_document", same.id, family, f"Документ: {row.full}")
        self._group(row, family, told, same, update, columns)

    def _same_document(self, row: MemberRow, told: list[str], documents: list[DocumentState],
                       keys: dict[str, str]) -> DocumentState | None:  # fmt: skip
        """The document of the bank that a row corrects: the same but for the day, or of the same kind and day."""
        identity = [name for name in told if name != "document_issued_on"]
        for each in documents:
            if all(is_same(getattr(each, keys[name]), getattr(row, name)) for name in identity):
                return each
        main = bank.main_document(documents, self.as_of)
        if main and main.kind == row.document_kind and "document_issued_on" in told:
            return main if main.issued_on == row.document_issued_on else None
        return None

    def _new_document(self, row: MemberRow, family: FamilyPlan, member: MemberPlan, told: list[str]) -> None:
        assert member.state is not None
        identity = [name for name in told if name != "document_issued_on"]
        member.adds_document = True
        codes = self.comparison.codes
        shown = "; ".join(words(codes.get(MEMBERS.column(name).dictionary), getattr(row, name)) for name in identity)
        self.comparison.change(MEMBERS, row, family, row.full, identity[0] if identity else told[0], None, shown)
        if member.state.documents:
            sheet = self.comparison.sheet(MEMBERS)
            self.comparison.content.notice(sheet, row, f"{row.full}: документ добавится, прежний останется.")

    def _education(self, sheet: SheetRows, row: MemberRow, family: FamilyPlan, member: MemberPlan) -> None:
        told = self._told(sheet, row, EDUCATION)
        if not told:
            return
        assert member.state is not None
        keys = {name: name.removeprefix("education_") for name in EDUCATION}
        state = bank.education_on(member.state.educations, self.as_of)
        if state and all(is_same(getattr(state, keys[name]), getattr(row, name)) for name in told):
            return
        start = care.education_since(self.as_of, member.values.born_on)
        held = next((each for each in member.state.educations if each.started_on == start), None)
        if state is None or state.started_on < start:
            state = held  # ended within the quarter: the row is taken up again
        if state is None:
            self._new_education(row, family, member, told, keys)
            return
        columns = {name: (keys[name], "status_id" if name == "education_status" else keys[name]) for name in EDUCATION}
        update = Update("education", state.id, family, f"Обучение: {row.full}")
        if state.ended_on is not None and state.ended_on <= self.as_of:
            update.was["ended_on"], update.values["ended_on"] = state.ended_on, None
            until = f"до {state.ended_on:%d.%m.%Y}"
            self.comparison.change(MEMBERS, row, family, update.title, told[0], until, getattr(row, told[0]))
        self._group(row, family, told, state, update, columns)

    def _new_education(self, row: MemberRow, family: FamilyPlan, member: MemberPlan, told: list[str],
                       keys: dict[str, str]) -> None:  # fmt: skip
        assert member.state is not None
        old = bank.education_on(member.state.educations, self.as_of)
        for name in told:
            was = getattr(old, keys[name]) if old else None
            if not is_same(was, getattr(row, name)):
                self.comparison.change(MEMBERS, row, family, row.full, name, was, getattr(row, name))
        member.adds_education = True

    def _support(self, sheet: SheetRows, row: MemberRow, family: FamilyPlan, member: MemberPlan) -> None:
        told = self._told(sheet, row, SUPPORT)
        if not told:
            return
        assert member.state is not None
        state = bank.support_on(member.state.supports, self.as_of)
        if state is None:
            member.adds_support = True
            for name in told:
                if getattr(row, name) is not None:
                    self.comparison.change(MEMBERS, row, family, row.full, name, None, getattr(row, name))
            return
        update = Update("pupil_support", state.id, family, f"Сопровождение: {row.full}")
        self._group(row, family, told, state, update, {name: (name, name) for name in SUPPORT})
