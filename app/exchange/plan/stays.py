"""Stays on record: each is matched by the day of registration and bound by the rules of the Положение."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

from app.domain import registration
from app.domain.criteria import corrected, days_of_change, in_force
from app.domain.registration import Basis, Facts
from app.domain.terms import DecisionKind
from app.exchange import bank
from app.exchange.changes import FamilyPlan, SetUpdate, Update
from app.exchange.plan.comparing import Comparison
from app.exchange.plan.places import PlacesOfBook
from app.exchange.records import StayRow
from app.exchange.states import StayState
from app.exchange.workbook import STAYS

UNREAD = "?"  # a reason that is there and could not be read: told as a fault already


class Stays:
    """The sheet «Постановка и снятие»."""

    def __init__(self, comparison: Comparison, places: PlacesOfBook) -> None:
        self.comparison, self.places = comparison, places
        self.plan, self.content, self.as_of = comparison.plan, comparison.content, comparison.as_of
        self.sheet = comparison.sheet(STAYS)

    def compare(self) -> None:
        by_family: dict[str, list[StayRow]] = {}
        for _, row, family in self.comparison.of_families(STAYS, StayRow):
            by_family.setdefault(family.row.number, []).append(row)
        for number, found in by_family.items():
            self._family(self.comparison.families[number], found)
        for number, family in self.comparison.families.items():
            told = {row.registered_on for row in by_family.get(number, ())}
            for stay in family.state.stays if family.state else ():
                if stay.registered_on not in told and stay.registered_on <= self.as_of:
                    self.comparison.missing(STAYS, family, f"постановка {stay.registered_on:%d.%m.%Y}")

    def _family(self, family: FamilyPlan, found: list[StayRow]) -> None:
        known = {stay.registered_on: stay for stay in (family.state.stays if family.state else ())}
        told = {row.registered_on for row in found if row.registered_on}
        others = [(stay.registered_on, stay.removed_on) for day, stay in known.items() if day not in told]
        for row in sorted(found, key=lambda row: (row.registered_on or date.max, row.line)):
            state = known.get(row.registered_on) if row.registered_on else None
            self._complete_decisions(row, state)
            if not self._check(row, family, state, others):
                continue
            assert row.registered_on is not None
            others.append((row.registered_on, self._until(row, state)))
            if state is None:
                family.new_stays.append((row, self.places.body(STAYS, row, row.sender_kind, row.sender)))
                until = f" – {row.removed_on:%d.%m.%Y}" if row.removed_on else ""
                self.comparison.new(STAYS, family, f"постановка {row.registered_on:%d.%m.%Y}{until}")
            else:
                self._compare(row, family, state)

    def _until(self, row: StayRow, state: StayState | None) -> date | None:
        """When a stay ends: as the file says, or, after the file's date, as the bank knows."""
        if row.removed_on is None and state and bank.by(state.removed_on, self.as_of) is None:
            return state.removed_on
        return row.removed_on

    def _complete_decisions(self, row: StayRow, state: StayState | None) -> None:
        """Where only the date of record is given, it is the date of a decision without a number, and the reverse."""
        if not self.sheet.tells("removed_on"):
            row.removed_on = state.removed_on if state and state.removed_on else row.removal_decided_on
        for day, number, decided, title in (
            ("registered_on", "decision_number", "decided_on", "постановке"),
            ("removed_on", "removal_number", "removal_decided_on", "снятии"),
        ):
            on = getattr(row, day)
            if on is None:
                continue
            if getattr(row, decided) is None and decided not in row.bad:
                setattr(row, decided, getattr(state, decided) if state and not self.sheet.tells(decided) else on)
            known = state is not None and getattr(state, number) is None and getattr(state, decided) is not None
            told = self.sheet.tells(number) and number not in row.bad
            if getattr(row, number) is None and told and not known and getattr(row, decided) is not None:
                text = f"№ {row.number}: постановление о {title} от {getattr(row, decided):%d.%m.%Y} будет без номера."
                self.content.notice(self.sheet, row, text)

    # Rules

    def _check(
        self, row: StayRow, family: FamilyPlan, state: StayState | None, others: list[registration.Stay]
    ) -> bool:
        if not row.sender_kind and "sender_kind" not in row.bad and not (state and not state.sender_kind):
            self._note_no_sender(row, state)
        if row.bad & {"registered_on", "decided_on", "removed_on", "removal_decided_on"}:
            return False
        good = row.removed_on is not None or self._check_no_removal(row, state)
        facts = self._facts(row, family, state)
        good &= self.comparison.rule(
            self.sheet, row, registration.check_stay, facts=facts, others=others, today=self.comparison.today
        )
        if good and state is not None and self._tells_other_criteria(row, state):
            good = self._check_criteria(row, state)
        return good

    def _tells_other_criteria(self, row: StayRow, state: StayState) -> bool:
        """Whether the file says that other criteria were in force on its date than the bank knows."""
        known = in_force(state.over_time, max(self.as_of, state.registered_on))
        return self.sheet.tells("criteria") and "criteria" not in row.bad and list(row.criteria) != known

    def _check_criteria(self, row: StayRow, state: StayState) -> bool:
        """A file corrects the criteria since their last change, and those before it no longer."""
        changed = days_of_change(state.over_time, state.registered_on)
        if changed and changed[-1] > self.as_of:
            text = (
                f"Критерии изменены {changed[-1]:%d.%m.%Y}, после даты книги: что было раньше, загрузка не исправляет."
            )
            self.content.fault(self.sheet, row, "criteria", text)
            return False
        day, told = state.registered_on, row.criteria
        return self.comparison.rule(self.sheet, row, corrected, dated=state.over_time, registered_on=day, criteria=told)

    def _note_no_sender(self, row: StayRow, state: StayState | None) -> None:
        """A stay may be entered without its sender, and so it may come in; a blank cell drops none that is known."""
        header = STAYS.column("sender_kind").header
        if state is None:
            text = f"№ {row.number}: «{header}» пусто, кто направил карту, останется неизвестным."
            self.content.notice(self.sheet, row, text)
        else:
            self.content.fault(self.sheet, row, "sender_kind", f"Заполните «{header}»: в банке {state.sender_kind}.")

    def _facts(self, row: StayRow, family: FamilyPlan, state: StayState | None) -> Facts:
        """A stay as it would stand: what the file does not tell is as the bank has it."""
        assert row.registered_on is not None

        def told(name: str) -> Any:
            return self.comparison.told(self.sheet, row, state, name)

        owner = family.id or id(family)
        kind = (state and state.decision_kind) or DecisionKind.PLACE
        facts = Facts(
            family=owner,
            placed=_basis(kind, row.decided_on, owner, told("decision_number")),
            registered_on=row.registered_on,
            criteria=len(told("criteria")) or ("criteria" in row.bad),
            detected_on=told("detected_on"),
            card_sent_on=told("card_sent_on"),
            received_on=state.received_on if state else None,
            entered_on=state.entered_on if state else None,
            removed_on=self._until(row, state),
            note=told("note"),
            over_time=state.over_time if state else (),
        )
        if facts.removed_on is None:
            return facts
        kind = (state and state.removal_kind) or DecisionKind.REMOVE
        if row.removed_on is None and state:  # the bank knows a removal after the file's date
            removal = _basis(kind, state.removal_decided_on, owner, state.removal_number)
            return replace(facts, removal=removal, reason=state.reason)
        removal = _basis(kind, row.removal_decided_on, owner, told("removal_number"))
        return replace(facts, removal=removal, reason=told("reason") or (UNREAD if "reason" in row.bad else None))

    def _check_no_removal(self, row: StayRow, state: StayState | None) -> bool:
        good = True
        for name in ("removal_number", "removal_decided_on", "reason"):
            if getattr(row, name) is not None:
                text = "Нет даты снятия с учёта: впишите её или уберите снятие."
                self.content.fault(self.sheet, row, name, text)
                good = False
        if state and bank.by(state.removed_on, self.as_of) and self.sheet.tells("removed_on"):
            text = (
                f"В банке семья снята с учёта {state.removed_on:%d.%m.%Y}, загрузка снятия не отменяет: "
                "впишите снятие или аннулируйте его в карточке семьи."
            )
            self.content.fault(self.sheet, row, "removed_on", text)
            good = False
        return good

    # Values

    def _compare(self, row: StayRow, family: FamilyPlan, state: StayState) -> None:
        before = len(self.plan.changes)
        who = f"Постановка {state.registered_on:%d.%m.%Y}"
        update = Update("registration", state.id, family, who)
        fields = ("sender_kind", "sender", "sender_id")
        self.comparison.body(STAYS, row, family, state, update, fields, partial(self.places.body, STAYS, row))
        for name in ("detected_on", "card_sent_on", "note"):
            self.comparison.value(STAYS, row, family, state, update, name)
        placed = Update("decision", state.decision_id, family, f"Постановление о постановке № {family.number}")
        self.comparison.value(STAYS, row, family, state, placed, "decision_number", "number")
        self.comparison.value(STAYS, row, family, state, placed, "decided_on")
        if placed.values:
            self.plan.updates.append(placed)
        if self._tells_other_criteria(row, state):
            self.comparison.change(STAYS, row, family, who, "criteria", state.criteria, row.criteria)
            self.plan.sets.append(
                SetUpdate("criteria", state.id, family, who, list(state.criteria), list(row.criteria))
            )
        if row.removed_on is not None:
            self._compare_removal(row, family, state, update)
        self.comparison.finish(STAYS, update, before)

    def _compare_removal(self, row: StayRow, family: FamilyPlan, state: StayState, update: Update) -> None:
        self.comparison.value(STAYS, row, family, state, update, "removed_on")
        self.comparison.value(STAYS, row, family, state, update, "reason", "removal_reason_id", "reason")
        if state.removal_decision_id is None:
            update.decision = {"number": row.removal_number, "decided_on": row.removal_decided_on}
            for name in ("removal_number", "removal_decided_on"):
                if getattr(row, name) is not None:
                    self.comparison.change(STAYS, row, family, update.title, name, None, getattr(row, name))
            return
        removed = Update("decision", state.removal_decision_id, family, f"Постановление о снятии № {family.number}")
        self.comparison.value(STAYS, row, family, state, removed, "removal_number", "number")
        self.comparison.value(STAYS, row, family, state, removed, "removal_decided_on", "decided_on")
        if removed.values:
            self.plan.updates.append(removed)


def _basis(kind: DecisionKind, decided_on: date | None, owner: int, number: str | None) -> Basis | None:
    return None if decided_on is None else Basis(kind, decided_on, owner, number=number)
