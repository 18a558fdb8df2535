"""New rows of programmes: the programmes themselves, their problems, their stages, the measures of their plans."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date

from app.domain.terms import MeasureState, ProgrammeKind, StageSort
from app.exchange.apply import decisions
from app.exchange.apply.links import rows_of
from app.exchange.apply.store import Store
from app.exchange.cells import Codes
from app.exchange.changes import DecisionRef, FamilyPlan, MeasurePlan, ProgrammeOfBook, StagePlan
from app.models import PlannedMeasure, Problem, Programme, Stage, planned_measure_members


def wanted(family: FamilyPlan) -> Counter[str]:
    """How many rows of each table the programmes of a family add."""
    return Counter(
        decision=len(family.new_decisions),
        programme=sum(each.state is None for each in family.programmes),
        problem=sum(one.id is None for each in family.programmes for one in each.problems.values()),
        stage=sum(one.state is None for each in family.programmes for one in each.stages.values()),
        planned_measure=len(family.new_measures),
    )


class FreshProgrammes:
    """Puts the new rows of the programmes of one plan by."""

    def __init__(self, store: Store, codes: Mapping[str, Codes]) -> None:
        self.store, self.codes = store, codes

    def add(self, family: FamilyPlan, stays: Mapping[date, int]) -> None:
        """Everything that is new about the programmes of a family. stays: the key of each stay, by its first day."""
        assert family.id is not None
        for decision in family.new_decisions:
            decision.id = decisions.put(self.store, family.id, decision.kind, decision.number, decision.decided_on)
        for programme in family.programmes:
            if programme.state is None:
                programme.id = self._programme(family.id, programme, stays)
            for position, problem in enumerate(programme.problems.values()):
                if problem.id is None:
                    problem.id = self.store.add_of_family("problem", family.id, f"Проблема: {problem.text}", {
                        "programme_id": programme.id, "position": position, "text": problem.text,
                        "criterion_id": self._code("criterion", problem.criterion),
                    })  # fmt: skip
                    self.store.words.know(Problem, problem.id, problem.text)
            for stage in programme.stages.values():
                if stage.state is None:
                    stage.id = self._stage(family.id, programme, stage)
        for position, measure in enumerate(family.new_measures):
            measure.id = self._measure(family.id, position, measure)

    def _code(self, dictionary: str, code: str | None) -> int | None:
        return None if code is None else self.codes[dictionary].ids[code]

    def _programme(self, family_id: int, programme: ProgrammeOfBook, stays: Mapping[date, int]) -> int:
        row = programme.row
        assert row is not None
        assert row.programme_until is not None
        assert programme.registered_on is not None
        called = f"ИПР с {programme.starts_on:%d.%m.%Y} по {row.programme_until:%d.%m.%Y}"
        key = self.store.add_of_family("programme", family_id, called, {
            "registration_id": stays[programme.registered_on],
            "kind": row.programme_kind or ProgrammeKind.ACTIVE,
            "agency_id": programme.agency.id if programme.agency else None,
            "starts_on": programme.starts_on,
            "ends_on": row.programme_until,
            "note": row.programme_note,
            "approval_id": _key(programme.approval),
            "closed_on": row.closed_on,
            "closed_as": row.closed_as,
            "close_reason": row.close_reason,
        })  # fmt: skip
        self.store.words.know(Programme, key, called)
        return key

    def _stage(self, family_id: int, programme: ProgrammeOfBook, stage: StagePlan) -> int:
        row = stage.row
        assert row is not None
        assert row.kind is not None
        called = f"Этап {stage.starts_on:%d.%m.%Y}: {self.codes['stage_kind'].names[row.kind]}"
        key = self.store.add_of_family("stage", family_id, called, {
            "programme_id": programme.id,
            "kind_id": self._code("stage_kind", row.kind),
            "sort": row.sort or StageSort.ORDINARY,
            "starts_on": stage.starts_on,
            "ends_on": row.ends_on,
            "meeting_number": row.meeting_number,
            "meeting_on": row.meeting_on,
            "meeting_note": row.meeting_note,
            "decision_id": _key(stage.decision),
            "ended_before": row.ended_before,
            "extension_id": _key(stage.extension),
            "tasks": row.tasks,
            "reviewed_on": row.reviewed_on,
            "dynamics_id": self._code("dynamics", row.dynamics),
            "reaction_id": self._code("reaction", row.reaction),
            "analysis": row.analysis,
            "follows": row.follows,
        })  # fmt: skip
        self.store.words.know(Stage, key, called)
        return key

    def _measure(self, family_id: int, position: int, measure: MeasurePlan) -> int:
        row, problem = measure.row, measure.problem
        assert row.measure is not None
        called = self.codes["measure"].names[row.measure]
        key = self.store.add_of_family("planned_measure", family_id, f"Мероприятие плана: {called}", {
            "stage_id": measure.stage.id,
            "position": position,
            "kind_id": self._code("measure", row.measure),
            "details": row.details,
            "problem_id": problem.id if problem else None,
            "performer_id": measure.performer.id if measure.performer else None,
            "due_on": row.due_on,
            "state": row.state or (MeasureState.DONE if row.done_on else MeasureState.PLANNED),
            "done_on": row.done_on,
            "reason": row.reason,
        })  # fmt: skip
        self.store.words.know(PlannedMeasure, key, called)
        members = sorted({member.id for member in measure.members if member.id is not None})
        self.store.link(planned_measure_members, rows_of("members", key, family_id, members))
        self.store.tell_list("planned_measure", key, "members", members)
        return key


def _key(decision: DecisionRef | None) -> int | None:
    return decision.id if decision is not None else None
