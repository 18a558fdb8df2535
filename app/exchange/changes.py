"""What a workbook would do to the bank, said in values: what to insert, what to update, what the preview shows."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import Any

from app.domain import names
from app.domain.terms import DecisionKind
from app.exchange.cells import Codes
from app.exchange.reader import Book
from app.exchange.records import AidRow, FamilyRow, MeasureRow, MemberRow, StageRow, StayRow, SupervisionRow
from app.exchange.rows import Fault, NamedFamilies, Notice
from app.exchange.states import FamilyState, KnownMeasure, KnownProgramme, KnownStage, MemberState


@dataclass(eq=False)
class PlaceRef:
    """A territory: of the bank, or one that applying will create."""

    name: str
    id: int | None = None


@dataclass(eq=False)
class BodyRef:
    """An agency: of the bank, or one that applying will create with its kind in the district."""

    name: str
    kind: str
    id: int | None = None


@dataclass(eq=False)
class MemberPlan:
    """A member of a family of the file or of the bank. adds_…: what of the row is to be inserted beside the person."""

    state: MemberState | None
    row: MemberRow | None = None
    id: int | None = None
    adds_document: bool = False
    adds_education: bool = False
    adds_support: bool = False
    supervisions: list[SupervisionRow] = field(default_factory=list)

    @property
    def values(self) -> MemberRow:
        """What is known of the person: the file before the bank."""
        if self.row is not None:
            return self.row
        assert self.state is not None
        return self.state.row


@dataclass(eq=False)
class DecisionRef:
    """A decision on a programme: of the bank, or one that applying will create."""

    kind: DecisionKind
    number: str | None
    decided_on: date
    id: int | None = None


@dataclass(eq=False)
class ProblemPlan:
    """A problem that a programme answers; criterion: its code. Without a key it is to be inserted."""

    text: str
    criterion: str | None
    id: int | None = None


@dataclass(eq=False)
class StagePlan:
    """A stage of the file or of the bank; row: what is to be inserted, or what it is compared with."""

    starts_on: date
    state: KnownStage | None
    row: StageRow | None = None
    decision: DecisionRef | None = None
    extension: DecisionRef | None = None
    id: int | None = None


@dataclass(eq=False)
class ProgrammeOfBook:
    """A programme of the file or of the bank with its stages and problems, by their first day and their text."""

    starts_on: date
    state: KnownProgramme | None
    row: StageRow | None = None
    registered_on: date | None = None
    agency: BodyRef | None = None
    approval: DecisionRef | None = None
    stages: dict[date, StagePlan] = field(default_factory=dict)
    problems: dict[str, ProblemPlan] = field(default_factory=dict)
    id: int | None = None


@dataclass(eq=False)
class MeasurePlan:
    """A measure of a plan: of the bank, or one to be inserted."""

    programme: ProgrammeOfBook
    stage: StagePlan
    row: MeasureRow
    state: KnownMeasure | None = None
    performer: BodyRef | None = None
    members: list[MemberPlan] = field(default_factory=list)
    id: int | None = None

    @property
    def problem(self) -> ProblemPlan | None:
        return self.programme.problems[self.row.problem] if self.row.problem else None


@dataclass(eq=False)
class AidPlan:
    """An aid to be inserted; planned: the measure of the plan that it carries out."""

    row: AidRow
    performer: BodyRef | None
    people: list[MemberPlan]
    planned: MeasurePlan | None = None


# What has its key only when it is written, where a value of the plan names it.
REFERENCES = (PlaceRef, BodyRef, DecisionRef, ProblemPlan, MeasurePlan)


@dataclass(eq=False)
class FamilyPlan:
    """A family of the file with everything that is to be inserted for it.

    number: its number in the bank; the file may call it otherwise (`row.number`).
    """

    number: str
    row: FamilyRow
    state: FamilyState | None
    place: PlaceRef
    id: int | None = None
    members: list[MemberPlan] = field(default_factory=list)
    new_members: list[MemberPlan] = field(default_factory=list)
    new_stays: list[tuple[StayRow, BodyRef | None]] = field(default_factory=list)
    new_aids: list[AidPlan] = field(default_factory=list)
    programmes: list[ProgrammeOfBook] = field(default_factory=list)
    new_measures: list[MeasurePlan] = field(default_factory=list)
    new_decisions: list[DecisionRef] = field(default_factory=list)
    plan_lines: dict[int, MeasurePlan] = field(default_factory=dict)  # the measures of the file, as aid tells of them
    touched: bool = False

    @property
    def is_new(self) -> bool:
        return self.state is None

    @property
    def named(self) -> NamedFamilies:
        """The family for a text that names it; nothing while the bank has no such family."""
        return () if self.id is None else ((self.number, self.id),)

    @property
    def called(self) -> str:
        """By what people know the family: the surnames of its members."""
        return names.family_name([member.values.last_name for member in self.members], ())


@dataclass
class Update:
    """A row of the bank that changes. `was` holds the raw values before, `values` those after (or a Ref)."""

    table: str
    id: int
    family: FamilyPlan
    title: str
    was: dict[str, Any] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    decision: dict[str, Any] | None = None  # a decision to insert first; its id becomes `removal_decision_id`


@dataclass
class SetUpdate:
    """A list of links that changes: categories of a family, criteria of a stay, recipients of an aid."""

    name: str
    id: int
    family: FamilyPlan
    title: str
    was: list[Any]
    becomes: list[Any]


@dataclass(frozen=True)
class Change:
    """One value as the preview shows it: was → is."""

    sheet: str
    row: int
    number: str
    who: str
    column: str
    was: str
    becomes: str


@dataclass(frozen=True)
class Line:
    """A line of the preview about a new, missing or doubtful row. named: the families that its text names."""

    sheet: str
    number: str
    text: str
    named: NamedFamilies = ()


@dataclass(frozen=True)
class Option:
    """An answer to a question: `value` for the machine, `text` for the person."""

    value: str
    text: str


OTHER = "other"  # the answer of every question: it is another family, another person


@dataclass(frozen=True)
class Question:
    """What only the person knows: whether a family or a member is one of the bank's. `chosen` is None: unanswered.

    was, becomes: what would change, where the offered answer changes something. named: the families of the bank that
    its words name.
    """

    key: str
    sheet: str
    line: int
    number: str
    text: str
    options: tuple[Option, ...]
    chosen: str | None
    changes: tuple[tuple[str, str, str], ...] = ()
    named: NamedFamilies = ()


ALL, OURS, THEIRS = "sides", "ours", "theirs"  # the answer for every contested cell, and what may be answered


@dataclass(frozen=True, eq=False)
class ChangedCell:
    """A value of a row of the bank that changes, by itself: in the update that writes it and as it is shown."""

    update: Update
    column: str
    change: Change

    @property
    def key(self) -> str:
        return f"cell-{self.update.table}-{self.update.id}-{self.column}"


@dataclass(frozen=True)
class Contest:
    """A cell that was changed in the bank since the last book of the settlement: what the book said then, what it says
    now, what the bank has.

    key: of its own answer; row_key, family_key: of the answers for its row and its family. base: what their last book
    said. who: who changed it here and when. chosen: OURS, THEIRS, or None while both sides differ and nobody has said.
    said: what the person answered about it, by these keys.
    """

    key: str
    row_key: str
    family_key: str
    change: Change
    base: str
    who: str
    chosen: str | None
    said: Mapping[str, str]


@dataclass
class Plan:
    """What would happen."""

    book: Book
    district: PlaceRef
    as_of: date | None
    faults: list[Fault]
    notices: list[Notice]
    families: list[FamilyPlan] = field(default_factory=list)
    updates: list[Update] = field(default_factory=list)
    sets: list[SetUpdate] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    new: list[Line] = field(default_factory=list)
    missing: list[Line] = field(default_factory=list)
    gone: list[tuple[int, int]] = field(default_factory=list)  # families left out by the book, with their territories
    duplicates: list[Line] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    cells: list[ChangedCell] = field(default_factory=list)
    contests: list[Contest] = field(default_factory=list)
    kept: dict[str, str] = field(
        default_factory=dict
    )  # cells left as the bank has them: a digest of what the book says
    new_places: list[PlaceRef] = field(default_factory=list)
    new_bodies: list[BodyRef] = field(default_factory=list)
    counts: dict[str, Counter[str]] = field(default_factory=dict)
    codes: dict[str, Codes] = field(default_factory=dict)
    other_names: dict[str, str] = field(default_factory=dict)  # «school:СОШ 7» → what the person says it is
    own: bool = False  # made of a hand-made book
    sound: int = 0  # families without faults, where others have some and every fault is of a family
    left_out: int = 0  # families with faults that are not loaded, as the person has chosen
    measures: int = 0  # planned measures of a hand-made book, which come into no programme

    @property
    def does_something(self) -> bool:
        """Whether applying would write anything."""
        return bool(self.new or self.changes or self.other_names)

    @property
    def titles(self) -> dict[str, str]:
        """How the families of the file are called, by number."""
        return {family.number: f"№ {family.number} {family.called}".strip() for family in self.families}

    @property
    def by_place(self) -> dict[int, Counter[str]]:
        """By territory how many families the book tells of, how many of them are new, how many change, and how many of
        the bank it leaves out."""
        changed = {line.number for line in self.changes} | {line.number for line in self.new}
        found: dict[int, Counter[str]] = {}
        for each in self.families:
            counter = found.setdefault(each.place.id or 0, Counter(families=0, new=0, changed=0, gone=0))
            what = "new" if each.is_new else "changed" if each.number in changed else "same"
            counter.update(("families", what))
        for _family_id, territory_id in self.gone:
            found.setdefault(territory_id, Counter(families=0, new=0, changed=0, gone=0))["gone"] += 1
        return found

    @property
    def new_families(self) -> list[FamilyPlan]:
        """The families to be added, settlement by settlement."""
        return sorted((each for each in self.families if each.is_new), key=lambda each: (each.place.name, each.number))

    @property
    def unanswered(self) -> list[Question | Contest]:
        """The questions without which nothing is applied."""
        asked: list[Question | Contest] = [*self.questions, *self.contests]
        return [each for each in asked if each.chosen is None]

    @property
    def fingerprint(self) -> str:
        """The same for two plans that do the same: what they leave alone, and which free numbers the families of a
        hand-made book are given, is not what they do; so twenty settlements load at once and nobody is asked again."""
        given = {family.number: f"+{place}" for place, family in enumerate(self.families) if self.own and family.is_new}
        said = {
            "digest": self.book.digest,
            "faults": len(self.faults),
            "left_out": self.left_out,
            "new": [
                (line.sheet, given.get(line.number, line.number), line.text.replace(f"№ {line.number}", "№"))
                for line in self.new
            ],
            "changes": [(c.sheet, c.row, c.number, c.column, c.was, c.becomes) for c in self.changes],
            "answers": [(each.key, each.chosen) for each in self.questions],
            "sides": [(each.key, each.chosen) for each in self.contests],
            "counts": {
                name: {what: count for what, count in counter.items() if what != "missing"}
                for name, counter in self.counts.items()
            },
        }
        return sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
