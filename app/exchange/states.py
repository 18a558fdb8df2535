"""Rows of the bank as the exchange form tells them: a value for each column of a sheet, and the keys to write by.

A field is called as its column of the form is; one that ends in `_id` is a key of the bank.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from app.domain.criteria import DatedCriterion
from app.domain.terms import (
    AidRhythm,
    DecisionKind,
    HolidayActivity,
    MeasureState,
    ProgrammeKind,
    ProgrammeState,
    StageFollows,
    StageSort,
)
from app.exchange.records import FamilyRow, MemberRow


@dataclass(frozen=True)
class DocumentState:
    """An identity document of a member; kind: its code."""

    id: int
    kind: str | None
    series: str | None
    number: str | None
    issued_on: date | None


@dataclass(frozen=True)
class EducationState:
    """What a member does by day over an interval; status: its code."""

    id: int
    started_on: date
    ended_on: date | None
    status: str | None
    organisation: str | None
    grade: str | None


@dataclass(frozen=True)
class SupportState:
    """The pupil support of a quarter."""

    id: int
    year: int
    quarter: int
    free_meals: bool | None
    free_textbooks: bool | None
    leisure: bool | None
    holidays: HolidayActivity | None


@dataclass(frozen=True)
class SupervisionState:
    """A record of another body about a member; kind: its code."""

    id: int
    kind: str
    started_on: date | None
    ended_on: date | None


@dataclass(frozen=True)
class StayState:
    """A stay on record with its decisions; criteria and reason: their codes, the main criterion first.

    criteria: those in force; over_time: all of them, with the days on which they were.
    """

    id: int
    sender_id: int | None
    decision_id: int
    removal_decision_id: int | None
    sender_kind: str | None
    sender: str | None
    detected_on: date | None
    card_sent_on: date | None
    criteria: tuple[str, ...]
    over_time: tuple[DatedCriterion, ...]
    decision_number: str | None
    decided_on: date | None
    decision_kind: DecisionKind | None
    received_on: date | None
    entered_on: date | None
    registered_on: date
    removal_number: str | None
    removal_decided_on: date | None
    removal_kind: DecisionKind | None
    removed_on: date | None
    reason: str | None
    note: str | None


@dataclass(frozen=True, eq=False)
class AidState:
    """An aid that was given; measure and aid_kind: their codes, recipients: keys of members."""

    id: int
    performer_id: int | None
    given_on: date
    measure: str | None
    aid_kind: str | None
    description: str | None
    performer_kind: str | None
    performer: str | None
    recipients: tuple[int, ...]
    amount: Decimal | None
    planned_id: int | None
    plan_line: int | None
    until: date | None
    rhythm: AidRhythm | None
    before_record: str | None


@dataclass(frozen=True)
class KnownMeasure:
    """A measure of a plan; members: keys of those it is for, plan_line: its place in all the plans of the family."""

    id: int
    plan_line: int
    measure: str
    details: str | None
    problem: str | None
    performer_kind: str | None
    performer: str | None
    performer_id: int | None
    members: tuple[int, ...]
    due_on: date
    state: MeasureState
    done_on: date | None
    reason: str | None


@dataclass(frozen=True)
class KnownStage:
    """A stage with its decisions and its plan; kind, dynamics and reaction: their codes."""

    id: int
    kind: str
    sort: StageSort
    starts_on: date
    ends_on: date
    meeting_number: str | None
    meeting_on: date | None
    meeting_note: str | None
    decision_number: str | None
    decided_on: date | None
    extension_number: str | None
    extended_on: date | None
    ended_before: date | None
    tasks: str | None
    reviewed_on: date | None
    dynamics: str | None
    reaction: str | None
    analysis: str | None
    follows: StageFollows | None
    measures: list[KnownMeasure] = field(default_factory=list)


@dataclass(frozen=True)
class KnownProblem:
    """A problem of a family that a programme answers; criterion: its code."""

    id: int
    text: str
    criterion: str | None


@dataclass(frozen=True)
class KnownProgramme:
    """A programme of a stay with everything that the form tells of it."""

    id: int
    registered_on: date
    programme_from: date
    programme_until: date
    programme_kind: ProgrammeKind
    agency_kind: str | None
    agency: str | None
    agency_id: int | None
    programme_note: str | None
    approval_number: str | None
    approved_on: date | None
    closed_on: date | None
    closed_as: ProgrammeState | None
    close_reason: str | None
    known_problems: list[KnownProblem] = field(default_factory=list)
    stages: list[KnownStage] = field(default_factory=list)


@dataclass
class MemberState:
    """A member with what hangs on it, each part a row of its own."""

    id: int
    row: MemberRow
    documents: list[DocumentState] = field(default_factory=list)
    educations: list[EducationState] = field(default_factory=list)
    supports: list[SupportState] = field(default_factory=list)
    supervisions: list[SupervisionState] = field(default_factory=list)

    @property
    def key(self) -> tuple[str, date | None]:
        return self.row.key


@dataclass
class FamilyState:
    """A family with everything the form tells of it."""

    id: int
    row: FamilyRow
    territory_id: int
    members: list[MemberState] = field(default_factory=list)
    earlier: list[MemberState] = field(default_factory=list)  # memberships of people who left and came back
    stays: list[StayState] = field(default_factory=list)
    aids: list[AidState] = field(default_factory=list)
    programmes: list[KnownProgramme] = field(default_factory=list)
    decisions: dict[tuple[str | None, date], int] = field(
        default_factory=dict
    )  # those on programmes, by number and day

    def on_form(self, on: date) -> bool:
        """Whether the family was in the bank on a day: not if all its stays began later."""
        return not self.stays or any(stay.registered_on <= on for stay in self.stays)
