"""The rows of the exchange workbook as typed values, sheet by sheet; the bank is read into the same rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from app.domain import names
from app.domain.terms import (
    AidRhythm,
    HolidayActivity,
    MeasureState,
    ProgrammeKind,
    ProgrammeState,
    Sex,
    StageFollows,
    StageSort,
)


class Named(NamedTuple):
    """A person named in a cell: ФИО, and the birth date where it is written after it."""

    name: str
    born_on: date | None = None


class NamedProblem(NamedTuple):
    """A problem of a family named in a cell, and the code of the criterion that it was picked from."""

    text: str
    criterion: str | None = None


@dataclass
class Row:
    """A row of any sheet. `line`: its number on the sheet; `bad`: the fields that could not be read."""

    line: int = 0
    bad: set[str] = field(default_factory=set)
    number: str = ""


@dataclass
class FamilyRow(Row):
    """A row of «Семьи»."""

    territory: str = ""
    categories: tuple[str, ...] = ()
    stated_size: int | None = None
    income_per_member: Decimal | None = None
    income_source: str | None = None
    registered_address: str | None = None
    actual_address: str | None = None
    additional: str | None = None


@dataclass
class StayRow(Row):
    """A row of «Постановка и снятие»."""

    sender_kind: str | None = None
    sender: str | None = None
    detected_on: date | None = None
    card_sent_on: date | None = None
    criteria: tuple[str, ...] = ()
    decision_number: str | None = None
    decided_on: date | None = None
    registered_on: date | None = None
    removal_number: str | None = None
    removal_decided_on: date | None = None
    removed_on: date | None = None
    reason: str | None = None
    note: str | None = None


@dataclass
class PersonRow(Row):
    """A row that names a person."""

    last_name: str = ""
    first_name: str = ""
    middle_name: str | None = None
    born_on: date | None = None

    @property
    def full(self) -> str:
        """«Фамилия Имя Отчество»."""
        return names.full(self.last_name, self.first_name, self.middle_name)

    @property
    def key(self) -> tuple[str, date | None]:
        """By what a person is the same: ФИО and birth date."""
        return names.key_of_parts(self.last_name, self.first_name, self.middle_name), self.born_on


@dataclass
class MemberRow(PersonRow):
    """A row of «Члены семьи»."""

    role: str | None = None
    sex: Sex | None = None
    workplace: str | None = None
    document_kind: str | None = None
    document_series: str | None = None
    document_number: str | None = None
    document_issued_on: date | None = None
    education_status: str | None = None
    education_organisation: str | None = None
    education_grade: str | None = None
    free_meals: bool | None = None
    free_textbooks: bool | None = None
    leisure: bool | None = None
    holidays: HolidayActivity | None = None
    joined_on: date | None = None
    left_on: date | None = None


@dataclass
class SupervisionRow(PersonRow):
    """A row of «Учёт несовершеннолетних»."""

    started_on: date | None = None
    ended_on: date | None = None
    kind: str | None = None


@dataclass
class AidRow(Row):
    """A row of «Мероприятия»."""

    given_on: date | None = None
    measure: str | None = None
    aid_kind: str | None = None
    description: str | None = None
    performer_kind: str | None = None
    performer: str | None = None
    recipients: tuple[Named, ...] = ()
    amount: Decimal | None = None
    plan_line: int | None = None
    until: date | None = None
    rhythm: AidRhythm | None = None
    before_record: str | None = None


@dataclass
class StageRow(Row):
    """A row of «Этапы»: a stage with the programme it is of; of a programme without stages, its columns alone."""

    programme_from: date | None = None
    programme_until: date | None = None
    registered_on: date | None = None
    programme_kind: ProgrammeKind | None = None
    agency_kind: str | None = None
    agency: str | None = None
    problems: tuple[NamedProblem, ...] = ()
    programme_note: str | None = None
    approval_number: str | None = None
    approved_on: date | None = None
    closed_on: date | None = None
    closed_as: ProgrammeState | None = None
    close_reason: str | None = None
    kind: str | None = None
    sort: StageSort | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    meeting_number: str | None = None
    meeting_on: date | None = None
    meeting_note: str | None = None
    decision_number: str | None = None
    decided_on: date | None = None
    extension_number: str | None = None
    extended_on: date | None = None
    ended_before: date | None = None
    tasks: str | None = None
    reviewed_on: date | None = None
    dynamics: str | None = None
    reaction: str | None = None
    analysis: str | None = None
    follows: StageFollows | None = None


@dataclass
class MeasureRow(Row):
    """A row of «План»."""

    plan_line: int | None = None
    programme_from: date | None = None
    stage_from: date | None = None
    measure: str | None = None
    details: str | None = None
    problem: str | None = None
    performer_kind: str | None = None
    performer: str | None = None
    members: tuple[Named, ...] = ()
    due_on: date | None = None
    state: MeasureState | None = None
    done_on: date | None = None
    reason: str | None = None
