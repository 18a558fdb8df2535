"""The small rows about a family, whatever their tables: all of them are read in one statement (`readings.overview`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Boolean, Date, Integer, String

from app.domain import intervals, terms


@dataclass(frozen=True)
class Fact:
    """A small row about a family or a member, whatever its table: all of them are read in one statement."""

    id: int
    member_id: int | None
    since: date | None
    until: date | None
    title: str | None
    text: str | None
    more: str | None

    def holds(self, day: date) -> bool:
        """Whether the row's interval holds on a day."""
        return intervals.holds(self.since, self.until, day)


@dataclass(frozen=True)
class SupportFact(Fact):
    """The pupil support of a quarter; text: attendance, more: progress, title: the note."""

    year: int
    quarter: int
    meals: bool | None
    textbooks: bool | None
    leisure: bool | None
    holidays: str | None

    @property
    def holidays_title(self) -> str:
        return next((str(one) for one in terms.HolidayActivity if one.value == self.holidays), "")


@dataclass(frozen=True)
class PaperFact(Fact):
    """A scan; text: the code of its kind, size: bytes, key: where its file is."""

    pages: int
    size: int
    key: str


@dataclass(frozen=True)
class SurveyFact(Fact):
    """A survey act in force; title: the code of the access, text: of the threat."""

    @property
    def access(self) -> terms.SurveyAccess | None:
        return terms.SurveyAccess.of(self.title or "")

    @property
    def threat(self) -> terms.Threat | None:
        return terms.Threat.of(self.text or "")


class CardFact(Fact):
    """A signal card about the family; title: its number, text: the code of the threat."""

    @property
    def threat(self) -> terms.Threat | None:
        return terms.Threat.of(self.text or "")


@dataclass(frozen=True)
class MatterFact(Fact):
    """A matter that a meeting considered; since: the day, title: the matter, text: the outcome, more: its number."""

    meeting: int


@dataclass(frozen=True)
class DeliveryFact(Fact):
    """A paper of a decision that was handed or sent; since: the day, title: to whom, text: the code of the paper, more:
    the code of the way, done: the day it was received, decision: the key of the decision.
    """

    done: date | None
    decision: int

    @property
    def paper(self) -> str:
        return str(terms.TemplateKind.of(self.text or "") or "")

    @property
    def way(self) -> str:
        return str(terms.DeliveryWay.of(self.more or "") or "")


@dataclass(frozen=True)
class OrderFact(Fact):
    """An instruction about the family; since: the day it was given, until: due on, title: the body, text: what is to
    be done, more: the answer, done: the day it tells of."""

    done: date | None
    answered: bool
    accepted: bool

    def late(self, today: date) -> bool:
        """Whether the body has not answered in time."""
        return not self.answered and self.until is not None and self.until < today


@dataclass(frozen=True)
class ProgrammeFact(Fact):
    """A programme; title: the code of its kind, text: of how it ended, done: when, more: why."""

    done: date | None

    @property
    def kind(self) -> terms.ProgrammeKind | None:
        return terms.ProgrammeKind.of(self.title or "")

    @property
    def ended(self) -> terms.ProgrammeState | None:
        return terms.ProgrammeState.of(self.text or "")


@dataclass(frozen=True)
class StageFact(Fact):
    """A stage; title: its kind, text: the dynamics, more: the reaction, done: when its results were drawn, held: the
    day of the meeting that approved it."""

    done: date | None
    held: date | None


@dataclass(frozen=True)
class MeasureFact(Fact):
    """A measure of a plan; until: due on, title: its code and name, text: the code of its state, more: the body,
    performer: its key, done: when."""

    done: date | None
    performer: int | None

    @property
    def state(self) -> terms.MeasureState | None:
        return terms.MeasureState.of(self.text or "")


@dataclass(frozen=True)
class MoveFact(Fact):
    """A transfer of the family's file; since: the day of the decision, title: the other end, text: why it was declined,
    came: whether it was received here."""

    answered: bool
    came: bool

    @property
    def state(self) -> terms.TransferState:
        """As `Transfer.state` of one that was not withdrawn."""
        if not self.answered:
            return terms.TransferState.WAITING
        return terms.TransferState.RECEIVED if self.text is None else terms.TransferState.DECLINED


# The columns of that statement, for all kinds of facts.
TYPES: dict[str, Any] = {
    "member_id": Integer, "since": Date, "until": Date, "title": String, "text": String, "more": String,
    "year": Integer, "quarter": Integer, "pages": Integer, "size": Integer,
    "meals": Boolean, "textbooks": Boolean, "leisure": Boolean, "holidays": String, "key": String,
    "meeting": Integer, "done": Date, "held": Date, "answered": Boolean, "accepted": Boolean,
    "came": Boolean, "performer": Integer, "decision": Integer,
}  # fmt: skip
# What a row becomes, where it tells more than every fact does.
KINDS: dict[str, type[Fact]] = {
    "PupilSupport": SupportFact,
    "Paper": PaperFact,
    "SurveyAct": SurveyFact,
    "SignalCard": CardFact,
    "AgendaItem": MatterFact,
    "Delivery": DeliveryFact,
    "Instruction": OrderFact,
    "Programme": ProgrammeFact,
    "Stage": StageFact,
    "PlannedMeasure": MeasureFact,
    "Transfer": MoveFact,
}
