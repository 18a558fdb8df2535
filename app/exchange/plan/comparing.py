"""What the comparison of every sheet shares: the plan that grows, and the steps of one value against another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any, TypeVar

from app import access
from app.domain import names, writing
from app.domain.refusal import Refusal
from app.exchange import cells
from app.exchange.bank import Places
from app.exchange.cells import Codes
from app.exchange.changes import (
    OTHER,
    BodyRef,
    Change,
    ChangedCell,
    FamilyPlan,
    Line,
    MemberPlan,
    Option,
    PlaceRef,
    Plan,
    Question,
    Update,
)
from app.exchange.reader import Book
from app.exchange.records import FamilyRow, MemberRow, Named, Row
from app.exchange.rows import Content, Notice, SheetRows
from app.exchange.states import AidState, KnownMeasure, KnownProgramme, KnownStage, StayState, SupervisionState
from app.exchange.workbook import FAMILIES, MEMBERS, SHEETS, Sheet

R = TypeVar("R", bound=Row)
# A row of the bank beside one of the file.
State = FamilyRow | MemberRow | StayState | AidState | SupervisionState | KnownProgramme | KnownStage | KnownMeasure
FindBody = Callable[[str | None, str | None], BodyRef | None]

# Which field of a row a rule speaks of, where the names differ.
RULE_FIELDS = {
    "decision": "decided_on", "removal_decision": "removal_decided_on", "removal_reason": "reason", "kind": "aid_kind",
    "received_on": "decided_on", "entered_on": "card_sent_on", "issued_on": "document_issued_on",
    "quarter": "free_meals", "year": "free_meals",
}  # fmt: skip


class Comparison:
    """One workbook against the bank: what is read, who asks, and the plan."""

    def __init__(self, book: Book, content: Content, codes: dict[str, Codes], today: date,
                 answers: Mapping[str, str], *, asks_of_names: bool = False) -> None:  # fmt: skip
        assert content.as_of is not None
        self.content, self.codes, self.answers = content, codes, answers
        self.asks_of_names = asks_of_names
        self.as_of: date = content.as_of
        self.ahead = self.as_of - today
        self.today = today
        self.places = Places(codes["agency_kind"])
        self.scope = access.scope()
        self.families: dict[str, FamilyPlan] = {}  # by the number that the book gives
        self.left_out: set[str] = set()  # numbers whose rows wait: their family has a fault or a question
        self.people: dict[str, list[tuple[set[str], MemberPlan]]] = {}
        self.plan = Plan(book, PlaceRef(content.district), self.as_of, content.faults, content.notices, codes=codes)
        for sheet in SHEETS:
            self.plan.counts[sheet.title] = Counter(new=0, changed=0, same=0, missing=0)

    def sheet(self, form: Sheet) -> SheetRows:
        return self.content.sheets[form.title]

    def of_families(self, form: Sheet, kind: type[R]) -> Iterator[tuple[SheetRows, R, FamilyPlan]]:
        """The rows of a sheet with their families; a family that the workbook does not name is a fault."""
        found = self.sheet(form)
        for row in found.of(kind):
            if "number" in row.bad or row.number in self.left_out:
                self.count(form, "waiting")
                continue
            family = self.families.get(row.number)
            if family is None and self.sheet(FAMILIES).refused:
                continue
            if family is None:
                text = f"Карты с таким номером нет на листе «{FAMILIES.title}»: добавьте семью или исправьте номер."
                self.content.fault(found, row, "number", text)
                continue
            yield found, row, family

    def is_sound(self, form: Sheet) -> bool:
        """Whether a sheet has no fault so far: of what rests on a row that has one, nothing further is said."""
        return all(fault.sheet != form.title for fault in self.content.faults)

    def read_whole(self, form: Sheet, names: tuple[str, ...], needs: str = "") -> None:
        """Let columns that make sense only together, and beside another one, say nothing where one of them lacks."""
        sheet = self.sheet(form)
        untold = [name for name in (*names, needs) if name and not sheet.tells(name)]
        if not untold or len(untold) == len(names) + bool(needs):
            return
        for row in sheet.rows:
            for name in names:
                setattr(row, name, None)
            row.bad.difference_update(names)
        text = f"Без столбца «{form.column(untold[0]).header}» не читается и «{form.column(names[0]).header}»."
        self.content.notices.append(Notice(form.title, None, text))

    def ask(self, question: Question) -> str | None:
        """Put a question; gives the answer of the person, or the offered one."""
        self.plan.questions.append(question)
        return question.chosen

    def answer(self, key: str, allowed: set[str], offered: str | None = None) -> str | None:
        """What the person answered to a question, if it is one of the answers; else what is offered."""
        said = self.answers.get(key)
        return said if said in allowed else offered

    def reopens(self, form: Sheet, row: Row, family: FamilyPlan, name: str, text: str, ended_on: date) -> bool:
        """Whether a blank last day takes back the one that the bank knows: only if the person says so."""
        key, header = f"{name.replace('_', '-')}-{row.line}", form.column(name).header
        kept = Option("same", f"Оставить: «{header}» {ended_on:%d.%m.%Y}")
        back = Option(OTHER, f"Убрать: «{header}» пусто, всё продолжается")
        chosen = self.answer(key, {kept.value, back.value}, kept.value)
        text = f"{text}, а в книге «{header}» пусто."
        self.ask(Question(key, form.title, row.line, family.number, text, (kept, back), chosen, named=family.named))
        return chosen == OTHER

    # Rules

    def rule(self, sheet: SheetRows, row: Row, check: Callable[..., object], *, at: str = "", known: str = "",
             fields: Mapping[str, str] = RULE_FIELDS, **values: Any) -> bool:  # fmt: skip
        """Ask a rule of the domain; its refusal is a fault of the row.

        at: the field it is told at, if not the one the rule names; fields: how the row calls those that the rule names
        otherwise. known: what in the bank the row contradicts.
        """
        try:
            check(**values)
        except Refusal as refusal:
            name = at or fields.get(refusal.field or "", refusal.field or "number")
            text = f"В банке у этого человека есть «{known}»: {refusal.text}" if known else refusal.text
            self.content.fault(sheet, row, name if hasattr(row, name) else "number", text)
            return False
        return True

    def rule_of_known(self, member: MemberPlan, known: str, check: Callable[..., None], **values: Any) -> None:
        """Ask a rule of what the bank has noted of a person, whose birth date the workbook may correct."""
        if member.row is not None:
            self.rule(self.sheet(MEMBERS), member.row, check, at="born_on", known=known, **values)

    def born_on(self, member: MemberPlan) -> date | None:
        """The birth date of a person as it will stand; one to come is a fault already: nothing is asked of it."""
        untold = member.row is None or not self.sheet(MEMBERS).tells("born_on")
        born_on = member.state.row.born_on if member.state and untold else member.values.born_on
        return born_on if born_on is None or born_on <= self.today else None

    @staticmethod
    def told(sheet: SheetRows, row: Row, state: State | None, name: str) -> Any:
        """A value as it will stand: of the row, or the bank's if the sheet has no such column or it is unreadable."""
        if state is not None and (not sheet.tells(name) or name in row.bad):
            return getattr(state, name)
        return getattr(row, name)

    # What is said of a row

    def count(self, form: Sheet, what: str) -> None:
        self.plan.counts[form.title][what] += 1

    def new(self, form: Sheet, family: FamilyPlan, text: str) -> None:
        """A row that is to be added."""
        self.count(form, "new")
        family.touched = True
        self.plan.new.append(Line(form.title, family.number, text))

    def missing(self, form: Sheet, family: FamilyPlan, text: str) -> None:
        """A row of the bank that the workbook does not tell of."""
        self.count(form, "missing")
        self.plan.missing.append(Line(form.title, family.number, text))

    def change(self, form: Sheet, row: Row, family: FamilyPlan, who: str, name: str, was: Any, becomes: Any) -> None:
        """A value that is to be changed: was → is."""
        column = form.column(name)
        codes = self.codes.get(column.dictionary)
        family.touched = True
        self.plan.changes.append(
            Change(form.title, row.line, family.number, who, column.header, words(codes, was), words(codes, becomes))
        )

    # Values

    def value(self, form: Sheet, row: Row, family: FamilyPlan, state: State, update: Update, name: str,
              column: str = "", dictionary: str = "") -> None:  # fmt: skip
        """One value of the file against one of the bank; a column that the file lacks says nothing."""
        was, becomes = getattr(state, name), getattr(row, name)
        if was == becomes or not self.sheet(form).tells(name) or name in row.bad:
            return
        if name not in cells.PERSON and is_same(was, becomes):
            return
        codes, column = self.codes.get(dictionary), column or name
        update.was[column] = codes.ids[was] if codes and was is not None else was
        update.values[column] = codes.ids[becomes] if codes and becomes is not None else becomes
        self.change(form, row, family, update.title, name, was, becomes)
        self.cell(update, column)

    def cell(self, update: Update, column: str) -> None:
        """Say that the last change is of one column of a row: it can be accepted by itself."""
        self.plan.cells.append(ChangedCell(update, column, self.plan.changes[-1]))

    def finish(self, form: Sheet, update: Update, before: int) -> None:
        """Close the comparison of a row. before: how many changes there were when it began."""
        if update.values or update.decision:
            self.plan.updates.append(update)
        self.count(form, "changed" if len(self.plan.changes) > before else "same")

    def body(self, form: Sheet, row: Row, family: FamilyPlan, state: State, update: Update,
             fields: tuple[str, str, str], find: FindBody) -> None:  # fmt: skip
        """An agency is the same if its kind and name are, whichever territory it is kept under."""
        kind, name, column = fields
        sheet = self.sheet(form)
        if not sheet.tells(kind) or kind in row.bad or name in row.bad:
            return
        told: str | None = getattr(row, kind)
        if getattr(row, name) is None and told == getattr(state, kind):
            return
        body = find(told, getattr(row, name))
        known, called, held = getattr(state, kind), getattr(state, name), getattr(state, column)
        was = (known, names.key(called))
        if (body is None and held is None) or (body and was == (body.kind, names.key(body.name))):
            return
        update.was[column], update.values[column] = held, body
        shown = f"{known} {called}" if known else None
        self.change(form, row, family, update.title, name, shown, f"{body.kind} {body.name}" if body else None)

    # People

    def member_named(self, sheet: SheetRows, row: Row, family: FamilyPlan, name: str,
                     wanted: Named) -> MemberPlan | None:  # fmt: skip
        """The member a cell names; nobody, or two, is a fault. A corrected person answers to both names."""
        key = names.key(wanted.name)
        alike = [member for keys, member in self._people_of(family) if key in keys]
        if not alike:  # the sheet may have no patronymics
            alike = [member for _, member in self._people_of(family) if _short(member) == key]
        if not alike and not self.sheet(MEMBERS).tells("middle_name"):
            alike = [member for _, member in self._people_of(family) if key.startswith(f"{_short(member)} ")]
        if wanted.born_on is not None:
            dated = [member for member in alike if wanted.born_on in _birth_dates(member)]
            undated = [member for member in alike if member.values.born_on is None] if not dated else []
            alike = dated or (undated if len(undated) == 1 else [])
        elif len(alike) > 1:
            undated = [member for member in alike if member.values.born_on is None]
            alike = undated if len(undated) == 1 else alike
        if len(alike) == 1 or self.sheet(MEMBERS).refused:
            return alike[0] if alike else None
        if alike:
            text = f"В семье двое с именем «{wanted.name}»: допишите дату рождения в скобках (ДД.ММ.ГГГГ)."
        else:
            born = f" ({wanted.born_on:%d.%m.%Y})" if wanted.born_on else ""
            text = f"В семье нет члена «{wanted.name}»{born}: исправьте имя или добавьте его на лист «{MEMBERS.title}»."
        self.content.fault(sheet, row, name, text)
        return None

    def _people_of(self, family: FamilyPlan) -> list[tuple[set[str], MemberPlan]]:
        found = self.people.get(family.row.number)
        if found is None:
            found = self.people[family.row.number] = [(_names(member), member) for member in family.members]
        return found


def _names(member: MemberPlan) -> set[str]:
    """The keys a person answers to: of the file and of the bank."""
    known = (member.row, member.state.row if member.state else None)
    return {names.key(person.full) for person in known if person is not None}


def _short(member: MemberPlan) -> str:
    return names.key_of_parts(member.values.last_name, member.values.first_name)


def _birth_dates(member: MemberPlan) -> set[date]:
    days = {member.row.born_on if member.row else None, member.state.row.born_on if member.state else None}
    return {day for day in days if day is not None}


def is_same(was: Any, becomes: Any) -> bool:
    """Whether two values are one, or look so: what nobody sees is no change."""
    return bool(was == becomes) or (
        isinstance(was, str) and isinstance(becomes, str) and writing.look(was) == writing.look(becomes)
    )


def words(codes: Codes | None, value: Any) -> str:
    """A value of the file or of the bank for people: names beside codes."""
    if codes is None or value is None or value == ():
        return cells.shown(value)
    if isinstance(value, tuple):
        return "; ".join(words(codes, each) for each in value)
    name = codes.names.get(value)
    return f"{value} {name}" if name and value[:1].isdigit() and "." in value else name or str(value)
