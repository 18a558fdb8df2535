"""Programmes and their stages: a programme is known by its first day, a stage by its own within the programme.

What has happened is never taken back by an empty cell: results, an approval, an extension and an end stay.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from functools import partial
from typing import Any

from app.domain import programmes
from app.domain.terms import DecisionKind
from app.exchange.changes import (
    DecisionRef,
    FamilyPlan,
    ProblemPlan,
    ProgrammeOfBook,
    StagePlan,
    Update,
)
from app.exchange.plan.comparing import Comparison
from app.exchange.plan.places import PlacesOfBook
from app.exchange.programmes import CLOSING, REVIEW
from app.exchange.records import Row, StageRow
from app.exchange.states import KnownProgramme, KnownStage
from app.exchange.workbook import STAGES

OF_PROGRAMME = ("programme_kind", "programme_note")
OF_STAGE = ("kind", "meeting_number", "meeting_on", "meeting_note", "tasks")
DICTIONARY = {"kind": "stage_kind", "dynamics": "dynamics", "reaction": "reaction"}
COLUMNS = {
    "programme_until": "ends_on", "programme_kind": "kind", "programme_note": "note", "kind": "kind_id",
    "dynamics": "dynamics_id", "reaction": "reaction_id",
}  # fmt: skip
# The number of each decision, by its day.
NUMBERED = {"approved_on": "approval_number", "decided_on": "decision_number", "extended_on": "extension_number"}
# How a row calls what the rules of a programme name.
FIELDS = {"starts_on": "programme_from", "ends_on": "programme_until", "decided_on": "approved_on"}
SHARED = tuple(
    each.name for each in fields(StageRow)
    if each.name not in {one.name for one in fields(Row)} and each.name in KnownProgramme.__annotations__
)  # fmt: skip


class Stages:
    """The sheet «Этапы»."""

    def __init__(self, comparison: Comparison, places: PlacesOfBook) -> None:
        self.comparison, self.places = comparison, places
        self.plan, self.content, self.as_of = comparison.plan, comparison.content, comparison.as_of
        self.sheet = comparison.sheet(STAGES)

    def compare(self) -> None:
        self.comparison.read_whole(STAGES, REVIEW, "decided_on")
        self.comparison.read_whole(STAGES, CLOSING[:2])
        for decided, numbered in NUMBERED.items():
            self.comparison.read_whole(STAGES, (numbered,), decided)
        by_family: dict[str, dict[date, list[StageRow]]] = {}
        for _, row, family in self.comparison.of_families(STAGES, StageRow):
            if row.programme_from is not None and not row.bad:
                told = by_family.setdefault(family.row.number, {}).setdefault(row.programme_from, [])
                if self._says_the_same(row, told):
                    told.append(row)
        for number, family in self.comparison.families.items():
            known = {each.programme_from: each for each in (family.state.programmes if family.state else ())}
            for state in known.values():
                family.programmes.append(_of_bank(state))
            told_of = by_family.get(number, {})
            for day in sorted(told_of):
                self._programme(family, told_of[day], known.get(day))
            self._check_one_open(family)
            if not self.sheet.absent:
                self._tell_missing(family, told_of)

    def _says_the_same(self, row: StageRow, told: list[StageRow]) -> bool:
        """Whether a row says of its programme what the rows before it say."""
        for name in (*SHARED, "problems") if told else ():
            if getattr(row, name) != getattr(told[0], name):
                text = f"В строке {told[0].line} о той же программе сказано иначе: исправьте одну из двух."
                self.content.fault(self.sheet, row, name, text)
                return False
        return True

    def _tell_missing(self, family: FamilyPlan, told: dict[date, list[StageRow]]) -> None:
        for programme in family.state.programmes if family.state else ():
            rows = told.get(programme.programme_from, [])
            days = {row.starts_on for row in rows}
            if not rows and programme.programme_from <= self.as_of:
                self.comparison.missing(STAGES, family, f"программа {programme.programme_from:%d.%m.%Y}")
            for stage in programme.stages if rows else ():
                if stage.starts_on not in days and stage.starts_on <= self.as_of:
                    self.comparison.missing(STAGES, family, f"этап {stage.starts_on:%d.%m.%Y}")

    # The programme

    def _programme(self, family: FamilyPlan, rows: list[StageRow], state: KnownProgramme | None) -> None:
        row = rows[0]
        assert row.programme_from is not None
        agency, is_clear = self.places.body_of(self.sheet, row, "agency_kind", "agency")
        registered_on = self._stay(row, family, state)
        if not is_clear or registered_on is None:
            return
        if state is None:
            programme = ProgrammeOfBook(row.programme_from, None, row, registered_on, agency)
            family.programmes.append(programme)
            if not self._check_programme(programme, family):
                return
            self.comparison.new(STAGES, family, f"программа {row.programme_from:%d.%m.%Y}")
            programme.approval = self._decision(family, row, DecisionKind.PROGRAMME, "approval_number", "approved_on")
        else:
            programme = next(each for each in family.programmes if each.state is state)
            programme.row, programme.registered_on, programme.agency = row, registered_on, agency
            if not self._compare_programme(programme, family, state):
                return
        stages = [each for each in rows if self._tells_stage(each)]
        before = len(self.plan.changes)
        self._problems(programme, family)
        if state is not None and (len(self.plan.changes) > before or not stages):
            self.comparison.count(STAGES, "changed" if len(self.plan.changes) > before else "same")
        for each in stages:
            self._stage(each, programme, family)

    def _stay(self, row: StageRow, family: FamilyPlan, state: KnownProgramme | None) -> date | None:
        """The first day of the stay on record that a programme is of: the one told, or the last that had begun."""
        if state is not None:
            return state.registered_on
        assert row.programme_from is not None
        days = set(_stays(family))
        if row.registered_on is None:
            day = max((each for each in days if each <= row.programme_from), default=None)
            if day is None:
                text = "Семья к этому дню не состояла на учёте: исправьте день или добавьте постановку."
                self.content.fault(self.sheet, row, "programme_from", text)
            return day
        if row.registered_on not in days:
            text = "Постановки с этой датой у семьи нет: исправьте дату или добавьте постановку."
            self.content.fault(self.sheet, row, "registered_on", text)
            return None
        return row.registered_on

    def _check_programme(self, programme: ProgrammeOfBook, family: FamilyPlan) -> bool:
        row = programme.row
        assert row is not None
        assert programme.registered_on is not None
        return self.comparison.rule(
            self.sheet, row, programmes.check_programme, fields=FIELDS, starts_on=programme.starts_on,
            ends_on=row.programme_until, registered_on=programme.registered_on,
            removed_on=_stays(family).get(programme.registered_on), decided_on=row.approved_on,
            closed_on=row.closed_on, closed_as=row.closed_as, today=self.comparison.today,
        )  # fmt: skip

    def _compare_programme(self, programme: ProgrammeOfBook, family: FamilyPlan, state: KnownProgramme) -> bool:
        row, before = programme.row, len(self.plan.changes)
        assert row is not None
        update = Update("programme", state.id, family, f"Программа {state.programme_from:%d.%m.%Y}")
        if not any(stage.extended_on for stage in state.stages) or _tells_later(row, state):
            self._value(row, family, state, update, "programme_until")
        for name in OF_PROGRAMME:
            if name != "programme_kind" or row.programme_kind is not None:
                self._value(row, family, state, update, name)
        self.comparison.body(STAGES, row, family, state, update, ("agency_kind", "agency", "agency_id"),
                             partial(self.places.body, STAGES, row))  # fmt: skip
        programme.approval = self._decided(family, row, state, update, DecisionKind.PROGRAMME,
                                           ("approval_number", "approved_on", "approval_id"))  # fmt: skip
        for name in CLOSING if row.closed_on is not None else ():
            self._value(row, family, state, update, name)
        if len(self.plan.changes) > before and not self._check_programme(programme, family):
            return False
        if update.values:
            self.comparison.finish(STAGES, update, before)
        return True

    def _check_one_open(self, family: FamilyPlan) -> None:
        """A family has one programme that has not ended."""
        is_open = [
            each for each in family.programmes
            if not (each.row and each.row.closed_on) and not (each.state and each.state.closed_on)
        ]  # fmt: skip
        told = [each.row for each in is_open if each.row is not None]
        if len(is_open) > 1 and told and any(each.state is None for each in is_open):
            day = min(each.starts_on for each in is_open)
            text = f"У семьи уже есть программа с {day:%d.%m.%Y}, которая не окончена: впишите, когда она окончена."
            self.content.fault(self.sheet, told[-1], "closed_on", text)

    def _problems(self, programme: ProgrammeOfBook, family: FamilyPlan) -> None:
        row, state = programme.row, programme.state
        assert row is not None
        who = f"Программа {programme.starts_on:%d.%m.%Y}"
        known = {each.text: each for each in (state.known_problems if state else ())}
        for said in row.problems:
            there = known.get(said.text)
            if there is None:
                programme.problems[said.text] = ProblemPlan(said.text, said.criterion)
                if state is not None:
                    self.comparison.change(STAGES, row, family, who, "problems", None, said.text)
            elif said.criterion is not None and said.criterion != there.criterion:
                ids = self.comparison.codes["criterion"].ids
                was = ids[there.criterion] if there.criterion else None
                update = Update("problem", there.id, family, f"Проблема: {said.text}", {"criterion_id": was},
                                {"criterion_id": ids[said.criterion]})  # fmt: skip
                self.plan.updates.append(update)
                self.comparison.change(STAGES, row, family, update.title, "problems", there.criterion, said.criterion)

    # Its stages

    def _tells_stage(self, row: StageRow) -> bool:
        """Whether a row tells of a stage; of a programme without stages it tells alone."""
        told = {name for name in KnownStage.__annotations__ if hasattr(row, name) and getattr(row, name) is not None}
        for name in ("kind", "starts_on", "ends_on"):
            if told and name not in told:
                self.content.fault(self.sheet, row, name, f"Заполните «{STAGES.column(name).header}».")
        return told >= {"kind", "starts_on", "ends_on"}

    def _stage(self, row: StageRow, programme: ProgrammeOfBook, family: FamilyPlan) -> None:
        assert row.starts_on is not None
        stage = programme.stages.get(row.starts_on)
        if stage is not None and stage.row is not None:
            text = f"Этап с этого дня уже есть в строке {stage.row.line}: оставьте один."
            self.content.fault(self.sheet, row, "starts_on", text)
            return
        if stage is not None and stage.state is not None:
            stage.row = row
            self._compare_stage(row, stage, programme, family, stage.state)
            return
        stage = programme.stages[row.starts_on] = StagePlan(row.starts_on, None, row)
        if self._check_stage(row, programme, row.ends_on):
            self.comparison.new(STAGES, family, f"этап {row.starts_on:%d.%m.%Y}")
            stage.decision = self._decision(family, row, DecisionKind.RENEW, "decision_number", "decided_on")
            stage.extension = self._decision(family, row, DecisionKind.EXTEND, "extension_number", "extended_on")

    def _check_stage(self, row: StageRow, programme: ProgrammeOfBook, ends_on: date | None) -> bool:
        assert row.starts_on is not None
        assert ends_on is not None
        others = [
            (each.starts_on, _ends(each)) for each in programme.stages.values() if each.starts_on != row.starts_on
        ]
        until = programme.row.programme_until if programme.row else None
        if programme.state is not None:
            until = max(until or date.min, programme.state.programme_until)
        return self.comparison.rule(
            self.sheet, row, programmes.check_stage, starts_on=row.starts_on, ends_on=ends_on,
            programme_starts=programme.starts_on, meeting_on=row.meeting_on, reviewed_on=row.reviewed_on,
            follows=row.follows, told=row.dynamics is not None and row.reaction is not None, others=others,
            today=self.comparison.today,
        ) and self.comparison.rule(
            self.sheet, row, programmes.check_stage_of_programme, ends_on=ends_on, programme_ends=until or ends_on,
            approved=row.decided_on is not None, reviewed=row.reviewed_on is not None,
        ) and all(
            self.comparison.rule(self.sheet, row, programmes.check_decided, at=name, day=getattr(row, name),
                                 today=self.comparison.today)
            for name in ("decided_on", "extended_on")
        )  # fmt: skip

    def _compare_stage(self, row: StageRow, stage: StagePlan, programme: ProgrammeOfBook, family: FamilyPlan,
                       state: KnownStage) -> None:  # fmt: skip
        before = len(self.plan.changes)
        update = Update("stage", state.id, family, f"Этап {state.starts_on:%d.%m.%Y}")
        is_extended_later = state.extended_on is not None and row.extended_on is None
        for name in OF_STAGE:
            self._value(row, family, state, update, name)
        for name in () if is_extended_later else ("ends_on", "ended_before", *(["sort"] if row.sort else [])):
            self._value(row, family, state, update, name)
        stage.decision = self._decided(family, row, state, update, DecisionKind.RENEW,
                                       ("decision_number", "decided_on", "decision_id"))  # fmt: skip
        stage.extension = self._decided(family, row, state, update, DecisionKind.EXTEND,
                                        ("extension_number", "extended_on", "extension_id"))  # fmt: skip
        for name in REVIEW if row.reviewed_on is not None else ():
            self._value(row, family, state, update, name)
        ends_on = state.ends_on if is_extended_later else row.ends_on
        if len(self.plan.changes) == before or self._check_stage(row, programme, ends_on):
            self.comparison.finish(STAGES, update, before)

    # Values

    def _value(self, row: StageRow, family: FamilyPlan, state: Any, update: Update, name: str) -> None:
        self.comparison.value(STAGES, row, family, state, update, name, COLUMNS.get(name, name),
                              DICTIONARY.get(name, ""))  # fmt: skip

    def _decision(self, family: FamilyPlan, row: StageRow, kind: DecisionKind, number_field: str,
                  day_field: str) -> DecisionRef | None:  # fmt: skip
        """The decision that a row names: of the bank, or one to be made; the same for all rows that name it."""
        number, day = getattr(row, number_field), getattr(row, day_field)
        if day is None:
            if number is not None:
                self.content.fault(self.sheet, row, day_field, f"Заполните «{STAGES.column(day_field).header}».")
            return None
        known = family.state.decisions.get((number, day)) if family.state else None
        if known is not None:
            return DecisionRef(kind, number, day, known)
        for made in family.new_decisions:
            if (made.number, made.decided_on) == (number, day):
                return made
        family.new_decisions.append(DecisionRef(kind, number, day))
        return family.new_decisions[-1]

    def _decided(self, family: FamilyPlan, row: StageRow, state: Any, update: Update, kind: DecisionKind,
                 names: tuple[str, str, str]) -> DecisionRef | None:  # fmt: skip
        """The decision that a row gives to what the bank has; an empty cell takes none away."""
        number, day, column = names
        told, was = (getattr(row, number), getattr(row, day)), (getattr(state, number), getattr(state, day))
        if told[1] is None or told == was or (told[0] is None and told[1] == was[1]):
            return None
        found = self._decision(family, row, kind, number, day)
        old = family.state.decisions.get(was) if family.state and was[1] else None
        update.was[column], update.values[column] = old, found
        for name, before, after in zip((number, day), was, told, strict=True):
            if before != after:
                self.comparison.change(STAGES, row, family, update.title, name, before, after)
        return found


def _of_bank(state: KnownProgramme) -> ProgrammeOfBook:
    """A programme of the bank before the file has told anything of it."""
    stages = {each.starts_on: StagePlan(each.starts_on, each, id=each.id) for each in state.stages}
    problems = {each.text: ProblemPlan(each.text, each.criterion, each.id) for each in state.known_problems}
    return ProgrammeOfBook(state.programme_from, state, registered_on=state.registered_on, stages=stages,
                         problems=problems, id=state.id)  # fmt: skip


def _stays(family: FamilyPlan) -> dict[date, date | None]:
    """The stays of a family as they will stand: the first day of each, and its last one."""
    days: dict[date, date | None] = {}
    for stay in family.state.stays if family.state else ():
        days[stay.registered_on] = stay.removed_on
    for row, _sender in family.new_stays:
        if row.registered_on is not None:
            days[row.registered_on] = row.removed_on
    return days


def _ends(stage: StagePlan) -> date:
    state, row = stage.state, stage.row
    if row is None or row.ends_on is None or (state is not None and state.extended_on and not row.extended_on):
        assert state is not None
        return state.ends_on
    return row.ends_on


def _tells_later(row: StageRow, state: KnownProgramme) -> bool:
    """Whether a row tells of a longer term than the bank knows."""
    return row.programme_until is not None and row.programme_until > state.programme_until
