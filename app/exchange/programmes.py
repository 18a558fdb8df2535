"""The programmes of the bank as the sheets «Этапы» and «План» tell of them, and as they were on a day."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from itertools import count
from typing import Any

from sqlalchemy import Column, select

from app.domain import names, writing
from app.domain.terms import DecisionKind, MeasureState
from app.exchange.cells import Codes
from app.exchange.records import Named, NamedProblem
from app.exchange.states import FamilyState, KnownMeasure, KnownProblem, KnownProgramme, KnownStage
from app.extensions import db
from app.models import (
    PlannedMeasure,
    Problem,
    Programme,
    Stage,
    planned_measure_members,
)

OF_PROGRAMMES = (DecisionKind.PROGRAMME, DecisionKind.RENEW, DecisionKind.EXTEND)
TRACES = {"created_at", "annulled_at", "annul_reason", "version"}
REVIEW = ("reviewed_on", "dynamics", "reaction", "analysis", "follows")
CLOSING = ("closed_on", "closed_as", "close_reason")
FindBody = Callable[[int | None], tuple[str | None, str | None]]


def text(value: str | None) -> str | None:
    """A text of several lines of the bank as a cell gives it back."""
    return None if value is None else _kept_text(value) if len(value) <= names.LONGEST_KEPT else _text(value)


def _text(value: str) -> str | None:
    return writing.known(writing.lines(value))


def line(value: str | None) -> str | None:
    """A text of one line of the bank as a cell gives it back."""
    return None if value is None else _kept_line(value) if len(value) <= names.LONGEST_KEPT else _line(value)


def _line(value: str) -> str | None:
    return writing.known(writing.line(value))


# The same words stand in many rows.
_kept_text, _kept_line = lru_cache(names.MOST_KEPT)(_text), lru_cache(names.MOST_KEPT)(_line)


def columns(entity: Any) -> list[Column[Any]]:
    """What a form may tell of the rows of an entity: everything but the traces of how they came and went."""
    return [column for column in entity.__table__.c if column.name not in TRACES]


class ProgrammesOfBank:
    """The programmes of one portion of families, by a fixed number of statements.

    Of programmes of one family that begin on one day, only the last one is told: those before it were mistakes.
    """

    def __init__(self, families: Mapping[int, FamilyState], came_back: Mapping[int, int], codes: Mapping[str, Codes],
                 body: FindBody, decisions: Mapping[int, Any]) -> None:  # fmt: skip
        self.families, self.came_back, self.codes, self.body = families, came_back, codes, body
        self.decisions = decisions
        self.registered = {stay.id: stay.registered_on for family in families.values() for stay in family.stays}

    def load(self) -> None:
        """Put the programmes into the states of their families."""
        self._decisions()
        problems = self._problems()
        said = {key: each.text for of_one in problems.values() for key, each in of_one.items()}
        measures, whom = self._measures(), self._whom()
        stages: dict[int, list[KnownStage]] = {}
        for row in self._rows(Stage, Stage.__table__.c.starts_on):
            stages.setdefault(row.programme_id, []).append(self._stage(row))
        last: dict[tuple[int, date], KnownProgramme] = {}
        for row in self._rows(Programme, Programme.__table__.c.starts_on):
            if row.registration_id in self.registered:
                last[row.family_id, row.starts_on] = self._programme(
                    row, self.registered[row.registration_id], problems.get(row.id, {}), stages.get(row.id, [])
                )
        places: dict[int, Iterator[int]] = {}
        for (family_id, _day), programme in last.items():
            place = places.setdefault(family_id, count(1))
            for stage in programme.stages:
                stage.measures.extend(self._measure(row, next(place), said, whom) for row in measures.get(stage.id, ()))
            self.families[family_id].programmes.append(programme)

    def _rows(self, entity: Any, *order: Any) -> Iterator[Any]:
        table = entity.__table__
        live = (table.c.family_id.in_(list(self.families)), table.c.annulled_at.is_(None))
        return iter(db.session.execute(select(*columns(entity)).where(*live).order_by(*order, table.c.id)))

    def _code(self, dictionary: str, key: int | None) -> str | None:
        return None if key is None else self.codes[dictionary].codes[key]

    def _decisions(self) -> None:
        for row in self.decisions.values():
            if row.kind in OF_PROGRAMMES:
                self.families[row.family_id].decisions.setdefault((line(row.number), row.decided_on), row.id)

    def _of(self, decision_id: int | None) -> tuple[str | None, date | None]:
        """The number and the day of a decision; it is found by them again, of whatever kind it is."""
        row = self.decisions.get(decision_id or 0)
        if row is None:
            return None, None
        number = line(row.number)
        self.families[row.family_id].decisions.setdefault((number, row.decided_on), row.id)
        return number, row.decided_on

    def _problems(self) -> dict[int, dict[int, KnownProblem]]:
        found: dict[int, dict[int, KnownProblem]] = {}
        for row in self._rows(Problem, Problem.__table__.c.position):
            said = KnownProblem(row.id, writing.line(row.text) or "", self._code("criterion", row.criterion_id))
            found.setdefault(row.programme_id, {})[row.id] = said
        return found

    def _whom(self) -> dict[int, list[int]]:
        """For whom each measure is: keys of members."""
        link = planned_measure_members
        whom: dict[int, list[int]] = {}
        alive = {member.id for family in self.families.values() for member in (*family.members, *family.earlier)}
        asked = select(link.c.measure_id, link.c.member_id).where(link.c.family_id.in_(list(self.families)))
        for measure_id, member_id in db.session.execute(asked.order_by(link.c.measure_id, link.c.member_id)):
            if member_id in alive:
                whom.setdefault(measure_id, []).append(self.came_back.get(member_id, member_id))
        return whom

    def _measures(self) -> dict[int, list[Any]]:
        """The measures of each stage."""
        found: dict[int, list[Any]] = {}
        for row in self._rows(PlannedMeasure, PlannedMeasure.__table__.c.position):
            found.setdefault(row.stage_id, []).append(row)
        return found

    def _measure(self, row: Any, place: int, said: Mapping[int, str], whom: Mapping[int, list[int]]) -> KnownMeasure:
        """place: where it stands in all the plans of the family: aid is told of by it."""
        kind, performer = self.body(row.performer_id)
        return KnownMeasure(
            id=row.id, plan_line=place, measure=self.codes["measure"].codes[row.kind_id],
            details=line(row.details), problem=said.get(row.problem_id or 0),
            performer_kind=kind, performer=performer, performer_id=row.performer_id,
            members=tuple(whom.get(row.id, ())), due_on=row.due_on, state=row.state, done_on=row.done_on,
            reason=text(row.reason),
        )  # fmt: skip

    def _stage(self, row: Any) -> KnownStage:
        decision_number, decided_on = self._of(row.decision_id)
        extension_number, extended_on = self._of(row.extension_id)
        return KnownStage(
            id=row.id, kind=self.codes["stage_kind"].codes[row.kind_id], sort=row.sort, starts_on=row.starts_on,
            ends_on=row.ends_on, meeting_number=line(row.meeting_number), meeting_on=row.meeting_on,
            meeting_note=text(row.meeting_note), decision_number=decision_number, decided_on=decided_on,
            extension_number=extension_number, extended_on=extended_on, ended_before=row.ended_before,
            tasks=text(row.tasks), reviewed_on=row.reviewed_on, dynamics=self._code("dynamics", row.dynamics_id),
            reaction=self._code("reaction", row.reaction_id), analysis=text(row.analysis), follows=row.follows,
        )  # fmt: skip

    def _programme(self, row: Any, registered_on: date, problems: Mapping[int, KnownProblem],
                   stages: list[KnownStage]) -> KnownProgramme:  # fmt: skip
        kind, agency = self.body(row.agency_id)
        approval_number, approved_on = self._of(row.approval_id)
        return KnownProgramme(
            id=row.id, registered_on=registered_on, programme_from=row.starts_on, programme_until=row.ends_on,
            programme_kind=row.kind, agency_kind=kind, agency=agency, agency_id=row.agency_id,
            programme_note=text(row.note), approval_number=approval_number, approved_on=approved_on,
            closed_on=row.closed_on, closed_as=row.closed_as, close_reason=text(row.close_reason),
            known_problems=list(problems.values()), stages=stages,
        )  # fmt: skip


def lines_of(family: FamilyState) -> dict[int, int]:
    """The place in the plans of the family, by the key of the measure."""
    return {
        each.id: each.plan_line for programme in family.programmes for stage in programme.stages
        for each in stage.measures
    }  # fmt: skip


# As it is written


def stage_rows(family: FamilyState, on: date) -> Iterator[dict[str, Any]]:
    """The rows of «Этапы» on a day; a programme that has no stage yet is told by its own columns."""
    for programme in _known(family, on):
        told = {**vars(programme), "problems": _said(programme.known_problems)}
        told |= _blank(CLOSING) if _later(programme.closed_on, on) else {}
        told |= _blank(("approval_number", "approved_on")) if _later(programme.approved_on, on) else {}
        stages = [_as_of(stage, on) for stage in programme.stages if _is_told(stage, on)]
        yield from ({**told, **stage} for stage in stages or [{}])


def measure_rows(family: FamilyState, on: date, called: Mapping[int, Named]) -> Iterator[dict[str, Any]]:
    """The rows of «План» on a day. called: how each member of the family is named."""
    for programme in _known(family, on):
        for stage in programme.stages if programme else ():
            for each in stage.measures if _is_told(stage, on) else ():
                later = {"state": MeasureState.PLANNED, "done_on": None} if _later(each.done_on, on) else {}
                yield {
                    **vars(each), **later, "programme_from": programme.programme_from, "stage_from": stage.starts_on,
                    "members": tuple(called[key] for key in each.members if key in called),
                }  # fmt: skip


def _known(family: FamilyState, on: date) -> list[KnownProgramme]:
    return [each for each in family.programmes if each.programme_from <= on]


def _is_told(stage: KnownStage, on: date) -> bool:
    """Whether a stage was planned on a day: it had begun, or was decided on, or waits for its decision."""
    return stage.starts_on <= on or not _later(stage.decided_on, on)


def _as_of(stage: KnownStage, on: date) -> dict[str, Any]:
    told = dict(vars(stage))
    if _later(stage.reviewed_on, on):
        told |= _blank(REVIEW)
    if _later(stage.decided_on, on):
        told |= _blank(("decision_number", "decided_on"))
    if _later(stage.extended_on, on):
        told |= {**_blank(("extension_number", "extended_on", "ended_before")), "ends_on": stage.ended_before,
                 "sort": None}  # fmt: skip
    return told


def _later(day: date | None, on: date) -> bool:
    return day is not None and day > on


def _blank(fields: Sequence[str]) -> dict[str, Any]:
    return dict.fromkeys(fields)


def _said(problems: Sequence[KnownProblem]) -> tuple[NamedProblem, ...]:
    return tuple(NamedProblem(each.text, each.criterion) for each in problems)
