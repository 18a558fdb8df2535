"""The plans of programmes: a measure is the same if everything it says is; one of the same kind is corrected."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any

from app.domain import names, programmes
from app.domain.terms import MeasureState
from app.exchange.changes import (
    FamilyPlan,
    MeasurePlan,
    MemberPlan,
    ProblemPlan,
    ProgrammeOfBook,
    SetUpdate,
    StagePlan,
    Update,
)
from app.exchange.plan.comparing import Comparison
from app.exchange.plan.places import PlacesOfBook
from app.exchange.records import MeasureRow
from app.exchange.states import KnownMeasure
from app.exchange.workbook import MEASURES, STAGES

VALUES = ("details", "due_on")


class Measures:
    """The sheet «План»."""

    def __init__(self, comparison: Comparison, places: PlacesOfBook) -> None:
        self.comparison, self.places = comparison, places
        self.plan, self.content, self.as_of = comparison.plan, comparison.content, comparison.as_of
        self.sheet = comparison.sheet(MEASURES)

    def compare(self) -> None:
        self.comparison.read_whole(MEASURES, ("state", "done_on", "reason"))
        by_family: dict[str, list[MeasurePlan]] = {}
        for _, row, family in self.comparison.of_families(MEASURES, MeasureRow):
            performer, is_clear = self.places.body_of(self.sheet, row, "performer_kind", "performer")
            people = [self.comparison.member_named(self.sheet, row, family, "members", each) for each in row.members]
            place = None if row.bad or not self._check_told(row) else self._place(row, family)
            if place is not None and is_clear and None not in people:
                members = list(dict.fromkeys(each for each in people if each is not None))
                measure = MeasurePlan(*place, row, performer=performer, members=members)
                by_family.setdefault(family.row.number, []).append(measure)
                self._number(measure, family)
        for number, family in self.comparison.families.items():
            if not self.sheet.absent:
                self._family(family, by_family.get(number, []))

    def _place(self, row: MeasureRow, family: FamilyPlan) -> tuple[ProgrammeOfBook, StagePlan] | None:
        """The programme and the stage that a row is of, with the problem that it answers."""
        programme = next((each for each in family.programmes if each.starts_on == row.programme_from), None)
        stage = programme.stages.get(row.stage_from) if programme and row.stage_from else None
        if programme is None or stage is None:
            if self.comparison.is_sound(STAGES):
                what, field = ("Программы", "programme_from") if programme is None else ("Этапа", "stage_from")
                text = f"{what} с этого дня у семьи нет: исправьте день или добавьте строку на лист «{STAGES.title}»."
                self.content.fault(self.sheet, row, field, text)
            return None
        if row.problem and row.problem not in programme.problems:
            if not self.comparison.sheet(STAGES).tells("problems"):
                programme.problems[row.problem] = ProblemPlan(row.problem, None)
                return programme, stage
            text = f"Такой проблемы у программы нет: впишите её и в столбец «{STAGES.column('problems').header}»."
            self.content.fault(self.sheet, row, "problem", text)
            return None
        return programme, stage

    def _number(self, measure: MeasurePlan, family: FamilyPlan) -> None:
        number = measure.row.plan_line
        if number is None:
            return
        if number in family.plan_lines:
            text = f"Этот номер уже есть в строке {family.plan_lines[number].row.line}: у каждой строки плана свой."
            self.content.fault(self.sheet, measure.row, "plan_line", text)
        family.plan_lines[number] = measure

    def _family(self, family: FamilyPlan, told: list[MeasurePlan]) -> None:
        waiting: dict[int, tuple[StagePlan, KnownMeasure]] = {
            each.id: (stage, each) for programme in family.programmes for stage in programme.stages.values()
            for each in (stage.state.measures if stage.state else ())
        }  # fmt: skip
        alike: dict[tuple[int, str | None, date | None], list[KnownMeasure]] = {}
        for stage, each in waiting.values():
            alike.setdefault((id(stage), each.measure, each.due_on), []).append(each)
        rest = []
        for measure in told:
            known = alike.get((id(measure.stage), measure.row.measure, measure.row.due_on), [])
            same = next((each for each in known if each.id in waiting and self._is_same(measure, each)), None)
            if same is not None:
                measure.id = same.id
                del waiting[same.id]
                self._compare(measure, family, same)
            else:
                rest.append(measure)
        for measure in rest:
            known = [each for stage, each in waiting.values() if stage is measure.stage
                     and each.measure == measure.row.measure]  # fmt: skip
            near = [each for each in known if each.due_on == measure.row.due_on] or known
            if near:
                measure.id = near[0].id
                del waiting[near[0].id]
                self._compare(measure, family, near[0])
            elif self._check(measure, None):
                family.new_measures.append(measure)
                self.comparison.new(MEASURES, family, f"{measure.row.measure} до {measure.row.due_on:%d.%m.%Y}")
        for stage, each in waiting.values():
            if stage.starts_on <= self.as_of:
                self.comparison.missing(MEASURES, family, f"{each.measure} до {each.due_on:%d.%m.%Y}")

    def _is_same(self, measure: MeasurePlan, state: KnownMeasure) -> bool:
        """Whether a row of the same kind and term says all that the bank knows but for what has become of it."""
        row, performer, told = measure.row, measure.performer, self.sheet.letters
        return all(
            name not in told or mine == known for name, mine, known in (
                ("details", row.details, state.details), ("problem", row.problem, state.problem),
                ("performer", performer and (performer.kind, names.key(performer.name)),
                 (state.performer_kind, names.key(state.performer)) if state.performer_kind else None),
                ("members", {member.id for member in measure.members}, set(state.members)),
            )
        )  # fmt: skip

    def _check(self, measure: MeasurePlan, state: KnownMeasure | None) -> bool:
        """Ask the rules of a measure as it will stand. Whom it is for is sought among the family's own people."""
        row, to = measure.row, self._state(measure.row, state)
        if state is not None and to is not state.state and not self.comparison.rule(
            self.sheet, row, programmes.check_transition, at="state", state=state.state, to=to
        ):  # fmt: skip
            return False
        return self.comparison.rule(
            self.sheet, row, programmes.check_measure, due_on=row.due_on, starts_on=measure.stage.starts_on, state=to,
            done_on=row.done_on if row.done_on or state is None else state.done_on,
            reason=row.reason or (state.reason if state else None), family=None, members=(),
            today=self.comparison.today,
        )  # fmt: skip

    def _check_told(self, row: MeasureRow) -> bool:
        """Ask whether what a row tells of the end of a measure goes with its state."""
        return self.comparison.rule(
            self.sheet, row, programmes.check_told, state=self._told(row) or MeasureState.PLANNED,
            done_on=row.done_on, reason=row.reason,
        )  # fmt: skip

    @staticmethod
    def _told(row: MeasureRow) -> MeasureState | None:
        """What a row says has become of a measure: a day of execution says enough."""
        return MeasureState.DONE if row.state is None and row.done_on is not None else row.state

    def _state(self, row: MeasureRow, state: KnownMeasure | None) -> MeasureState:
        """What has become of a measure: a file that has it still planned takes nothing back."""
        told = self._told(row)
        if told is None or told is MeasureState.PLANNED:
            return state.state if state is not None else MeasureState.PLANNED
        return told

    def _compare(self, measure: MeasurePlan, family: FamilyPlan, state: KnownMeasure) -> None:
        before, row = len(self.plan.changes), measure.row
        update = Update("planned_measure", state.id, family, f"Мероприятие плана {state.measure}")
        for name in VALUES:
            self.comparison.value(MEASURES, row, family, state, update, name)
        fields = ("performer_kind", "performer", "performer_id")
        self.comparison.body(MEASURES, row, family, state, update, fields, partial(self.places.body, MEASURES, row))
        self._problem(measure, family, state, update)
        self._result(row, family, state, update)
        self._members(measure, family, state, update)
        if len(self.plan.changes) == before or self._check(measure, state):
            self.comparison.finish(MEASURES, update, before)

    def _problem(self, measure: MeasurePlan, family: FamilyPlan, state: KnownMeasure, update: Update) -> None:
        if not self.sheet.tells("problem") or measure.row.problem == state.problem:
            return
        was = measure.programme.problems.get(state.problem or "")
        update.was["problem_id"], update.values["problem_id"] = was.id if was else None, measure.problem
        self.comparison.change(MEASURES, measure.row, family, update.title, "problem", state.problem,
                               measure.row.problem)  # fmt: skip

    def _result(self, row: MeasureRow, family: FamilyPlan, state: KnownMeasure, update: Update) -> None:
        """What has become of it, if the file tells that anything has."""
        row.state = self._told(row)
        if row.state is None or row.state is MeasureState.PLANNED:
            if row.state is not None and row.state is not state.state:
                text = f"В банке мероприятие {state.measure} – {state.state}: загрузка этого не отменяет."
                self.content.notice(self.sheet, row, text)
            return
        for name in ("state", "done_on", "reason"):
            self.comparison.value(MEASURES, row, family, state, update, name)

    def _members(self, measure: MeasurePlan, family: FamilyPlan, state: KnownMeasure, update: Update) -> None:
        wanted: list[MemberPlan] = measure.members
        if not self.sheet.tells("members") or {member.id for member in wanted} == set(state.members):
            return
        by_id: dict[Any, str] = {member.id: member.values.full for member in family.members if member.id}
        was = tuple(by_id[each] for each in state.members if each in by_id)
        becomes = tuple(member.values.full for member in wanted)
        self.comparison.change(MEASURES, measure.row, family, update.title, "members", was, becomes)
        self.plan.sets.append(
            SetUpdate("members", state.id, family, update.title, list(state.members), list(wanted))
        )  # fmt: skip
