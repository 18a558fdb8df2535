"""Meetings of the commission and of the council: who sits, what stands on the agenda, what was decided and ordered."""

from __future__ import annotations

import secrets
from datetime import date, datetime
from typing import TYPE_CHECKING

from flask_appbuilder import Model
from flask_babel import lazy_gettext as _
from sqlalchemy import (
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app import words
from app.domain import terms
from app.entities.kinds import (
    Annullable,
    Dated,
    Entity,
    OfAgency,
    OfMeeting,
    Scanned,
    Versioned,
    Whose,
    derived,
    in_the_family_of,
    label,
    listed,
    live,
    sane,
    sought,
    term,
    used,
)

if TYPE_CHECKING:
    from app.entities.dictionaries import Criterion, DecisionOutcome, RemovalReason
    from app.entities.families import Family
    from app.entities.places import Agency, Employee, Territory
    from app.entities.record import Decision
    from app.entities.signals import SignalCard
    from app.entities.surveys import SurveyGroup


LONGEST_TITLE = 120  # of an instruction, where it is named


agenda_item_criteria = Table(
    "agenda_item_criteria",
    Model.metadata,
    Column("item_id", ForeignKey("agenda_item.id"), primary_key=True),
    Column("criterion_id", ForeignKey("criterion.id"), primary_key=True, index=True),
)


def _code() -> str:
    """What the papers of an item bear as a QR code: tells nothing, and finds their decision again."""
    return secrets.token_urlsafe(12)


class CommissionMember(Annullable, Dated, OfAgency, Versioned, Entity):
    """Who sits in the commission or the council from … to …, and in which post: posts are dated rows."""

    __tablename__ = "commission_member"
    __table_args__ = (sane("ended_on >= started_on", name="ended_after_start"),)
    TITLE, TITLES = _("Member of the commission"), _("Members of the commission")
    ADDING = _("Add a member of the commission")
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), index=True, info=label(_("Commission or council")))
    agency: Mapped[Agency] = relationship(info=label(_("Commission or council")))
    employee_id: Mapped[int] = mapped_column(ForeignKey("employee.id"), index=True, info=label(_("Employee")))
    employee: Mapped[Employee] = relationship(info=label(_("Employee")))
    post: Mapped[terms.CommissionPost] = mapped_column(
        term(terms.CommissionPost), default=terms.CommissionPost.MEMBER, info=label(_("Post in the commission"))
    )
    started_on: Mapped[date] = mapped_column(Date, info=label(_("Since")))
    ended_on: Mapped[date | None] = mapped_column(Date, info=label(_("Until")))

    def __str__(self) -> str:
        return f"{self.employee}, {self.post}"


class Meeting(Annullable, Dated, Versioned, Entity):
    """A sitting of the commission or the council: of the plan, then prepared, held and closed.

    It lies where its body does. number: unique within the body and the year. opened_at: the sitting has begun;
    closed_at: what it decided was carried out, and it is fixed.
    """

    WHOSE, OWNER = Whose.MEETING, "territory_id"
    __tablename__ = "meeting"
    __table_args__ = (
        listed("meeting", "held_on", "id", "territory_id", "agency_id"),
        Index("ix_meeting_of_body", "agency_id", "held_on"),
        sane("closed_at IS NULL OR opened_at IS NOT NULL", name="closed_was_held"),
    )
    TITLE, TITLES = _("Meeting"), _("Meetings")
    ADDING = _("Add a meeting")
    territory_id: Mapped[int] = mapped_column(ForeignKey("territory.id"), index=True, info=label(_("Territory")))
    territory: Mapped[Territory] = relationship(info=label(_("Territory")))
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), info=label(_("Commission or council")))
    agency: Mapped[Agency] = relationship(info=label(_("Commission or council")))
    held_on: Mapped[date] = mapped_column(Date, info=label(_("Day of the meeting")))
    starts_at: Mapped[str | None] = mapped_column(String(5), info=label(_("Begins at")))
    number: Mapped[int | None] = mapped_column(info=label(_("Number of the meeting")))
    place: Mapped[str | None] = mapped_column(String(300), info=label(_("Place of the meeting")))
    extended: Mapped[bool] = mapped_column(default=False, info=label(_("Extended meeting")))
    presiding_id: Mapped[int | None] = mapped_column(
        ForeignKey("employee.id"), index=True, info=label(_("Presiding member"))
    )
    presiding: Mapped[Employee | None] = relationship(foreign_keys=[presiding_id], info=label(_("Presiding member")))
    secretary_id: Mapped[int | None] = mapped_column(ForeignKey("employee.id"), index=True, info=label(_("Secretary")))
    secretary: Mapped[Employee | None] = relationship(foreign_keys=[secretary_id], info=label(_("Secretary")))
    others_present: Mapped[str | None] = mapped_column(Text, info=label(_("Others present")))
    opened_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=label(_("Meeting opened at")))
    closed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=label(_("Meeting closed at")))
    closed_by: Mapped[str | None] = mapped_column(String(200), info=label(_("Meeting closed by")))
    reopened: Mapped[str | None] = mapped_column(String(500), info=label(_("Why the closing was undone")))

    attendance: Mapped[list[MeetingAttendance]] = relationship(
        back_populates="meeting", order_by="MeetingAttendance.position, MeetingAttendance.id"
    )
    items: Mapped[list[AgendaItem]] = relationship(
        primaryjoin="and_(AgendaItem.meeting_id == Meeting.id, AgendaItem.annulled_at.is_(None))",
        order_by="AgendaItem.position, AgendaItem.id",
        viewonly=True,
    )

    @property
    def state(self) -> terms.MeetingState:
        """What the rows say of it: nothing is typed in."""
        if self.closed_at is not None:
            return terms.MeetingState.CLOSED
        if self.opened_at is not None:
            return terms.MeetingState.HELD
        return terms.MeetingState.PREPARED if self.number is not None else terms.MeetingState.PLANNED

    def __str__(self) -> str:
        number = f" № {self.number}" if self.number is not None else ""
        return f"Заседание{number} от {self.held_on:%d.%m.%Y}"


class MeetingAttendance(OfMeeting, Entity):
    """Whether a member was at a meeting, in the post of that day; of the absent, why."""

    LASTS = ("position",)
    __tablename__ = "meeting_attendance"
    __table_args__ = (live("meeting_id", "employee_id", name="uq_meeting_attendance_of_member"),)
    TITLE, TITLES = _("Attendance of a meeting"), _("Attendance of meetings")
    meeting: Mapped[Meeting] = relationship(back_populates="attendance", info=label(_("Meeting")))
    employee_id: Mapped[int] = mapped_column(ForeignKey("employee.id"), index=True, info=label(_("Employee")))
    employee: Mapped[Employee] = relationship(info=label(_("Employee")))
    post: Mapped[terms.CommissionPost] = mapped_column(
        term(terms.CommissionPost), info=label(_("Post in the commission"))
    )
    position: Mapped[int] = mapped_column(default=0, info=label(_("Order")))
    is_present: Mapped[bool] = mapped_column(default=False, info=label(_("Present")))
    note: Mapped[str | None] = mapped_column(String(300), info=label(_("Why absent")))

    def __str__(self) -> str:
        return str(self.employee)


class AgendaItem(OfMeeting, Entity):
    """A matter of a meeting, with why it stands there, and then with what was decided on it.

    It is about a family of the bank, or about a card whose family is not in it yet, or about neither. What is decided
    stands here as it is entered; when the meeting is closed, it is carried out, and `decision` is what it became.
    Taken off the agenda, it is annulled with the reason. after: the item that it goes on from: postponed, corrected, or
    one whose instructions the bodies have not carried out.
    """

    LASTS = ("position", "until", "votes_for", "votes_against", "abstained", "decided_at", "number", "code")
    __tablename__ = "agenda_item"
    __table_args__ = (
        in_the_family_of("decision_id", "decision"),
        listed("agenda_item", "meeting_id", "position", "id", "family_id", "card_id"),
        sought("agenda_item", "family_id", "meeting_id"),
        sane("votes_for >= 0 AND votes_against >= 0 AND abstained >= 0", name="votes_not_negative"),
    )
    TITLE, TITLES = _("Item of an agenda"), _("Items of agendas")
    meeting: Mapped[Meeting] = relationship(info=label(_("Meeting")))
    position: Mapped[int] = mapped_column(default=0, info=label(_("Order")))
    ground: Mapped[terms.AgendaGround] = mapped_column(
        term(terms.AgendaGround), info=label(_("Why it stands on the agenda"))
    )
    title: Mapped[str] = mapped_column(String(500), info=label(_("Matter")))
    why: Mapped[str | None] = mapped_column(String(500), info=label(_("In what detail")))
    family_id: Mapped[int | None] = mapped_column(ForeignKey("family.id"), info=label(_("Family")))
    family: Mapped[Family | None] = relationship(info=label(_("Family")))
    card_id: Mapped[int | None] = mapped_column(ForeignKey("signal_card.id"), index=True, info=label(_("Signal card")))
    card: Mapped[SignalCard | None] = relationship(info=label(_("Signal card")))
    group_id: Mapped[int | None] = mapped_column(ForeignKey("survey_group.id"), index=True, info=label(_("Survey")))
    group: Mapped[SurveyGroup | None] = relationship(info=label(_("Survey")))
    after_id: Mapped[int | None] = mapped_column(
        ForeignKey("agenda_item.id"), index=True, info=label(_("Item it goes on from"))
    )
    after: Mapped[AgendaItem | None] = relationship(remote_side="AgendaItem.id", info=label(_("Item it goes on from")))
    invited: Mapped[str | None] = mapped_column(String(1000), info=label(_("Who is invited")))

    speaker: Mapped[str | None] = mapped_column(String(300), info=label(_("Who reported")))
    appeared: Mapped[str | None] = mapped_column(String(1000), info=label(_("Who of the family appeared")))
    rights_explained: Mapped[bool] = mapped_column(default=False, info=label(_("Rights and duties were explained")))
    explanations: Mapped[str | None] = mapped_column(Text, info=label(_("Explanations")))

    outcome_id: Mapped[int | None] = mapped_column(
        ForeignKey("decision_outcome.id"), index=True, info=label(_("Outcome"))
    )
    outcome: Mapped[DecisionOutcome | None] = relationship(info=label(_("Outcome")))
    removal_reason_id: Mapped[int | None] = mapped_column(
        ForeignKey("removal_reason.id"), index=True, info=label(_("Reason of removal"))
    )
    removal_reason: Mapped[RemovalReason | None] = relationship(info=label(_("Reason of removal")))
    until: Mapped[date | None] = mapped_column(Date, info=label(_("Until what day")))
    in_charge_id: Mapped[int | None] = mapped_column(
        ForeignKey("agency.id"), index=True, info=label(_("Agency in charge"))
    )
    in_charge: Mapped[Agency | None] = relationship(info=label(_("Agency in charge")))
    to_territory_id: Mapped[int | None] = mapped_column(
        ForeignKey("territory.id"), index=True, info={**label(_("Redirected to")), "anywhere": True}
    )
    to_territory: Mapped[Territory | None] = relationship(info=label(_("Redirected to")))
    note: Mapped[str | None] = mapped_column(String(500), info=label(_("Note")))
    votes_for: Mapped[int | None] = mapped_column(Integer, info=label(_("Votes for")))
    votes_against: Mapped[int | None] = mapped_column(Integer, info=label(_("Votes against")))
    abstained: Mapped[int | None] = mapped_column(Integer, info=label(_("Abstained")))

    substance: Mapped[str | None] = mapped_column(Text, info=label(_("Substance of the matter")))
    violations: Mapped[str | None] = mapped_column(Text, info=label(_("Violations of rights found")))
    causes: Mapped[str | None] = mapped_column(Text, info=label(_("Causes and conditions")))
    resolved: Mapped[str | None] = mapped_column(Text, info=label(_("What was decided")))
    measures: Mapped[str | None] = mapped_column(Text, info=label(_("Measures")))
    number: Mapped[str | None] = mapped_column(String(40), info=label(_("Number of decision")))
    decided_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=label(_("Decided at")))
    decided_by: Mapped[str | None] = mapped_column(String(200), info=label(_("Entered by")))
    decision_id: Mapped[int | None] = mapped_column(index=True, info=label(_("Decision")))
    decision: Mapped[Decision | None] = relationship(foreign_keys=[decision_id], info=label(_("Decision")))
    code: Mapped[str] = mapped_column(String(24), default=_code, unique=True, info=label(_("Code of the papers")))

    criteria: Mapped[list[Criterion]] = relationship(
        secondary=agenda_item_criteria, order_by="Criterion.position, Criterion.id", info=label(_("Criteria"))
    )
    main_criterion_id: Mapped[int | None] = mapped_column(
        ForeignKey("criterion.id"), index=True, info=label(_("Main criterion"))
    )
    main_criterion: Mapped[Criterion | None] = relationship(info=label(_("Main criterion")))
    instructions: Mapped[list[Instruction]] = relationship(
        primaryjoin="and_(Instruction.item_id == AgendaItem.id, Instruction.annulled_at.is_(None))",
        order_by="Instruction.id",
        viewonly=True,
    )

    @property
    def named_criteria(self) -> list[Criterion]:
        """The criteria that the meeting names, the main one first."""
        main = [self.main_criterion] if self.main_criterion is not None else []
        return [*main, *(one for one in self.criteria if one not in main)]

    def __str__(self) -> str:
        return self.title


class Instruction(OfMeeting, Entity):
    """What a decision orders a named body to do by a day; the body must answer in that term (120-ФЗ).

    given_on: the day of the meeting that gave it, once that is closed: until then the body does not see it.
    accepted_at: the commission took the answer; returned: why it did not, and the body answers once more.
    """

    ASKED_BODY = "agency_id"
    LASTS = ("due_on", "given_on", "answered_at", "done_on", "accepted_at")
    __tablename__ = "instruction"
    __table_args__ = (
        listed("instruction", "due_on", "id", "meeting_id", "agency_id", "family_id"),
        sane("answered_at IS NOT NULL OR accepted_at IS NULL", name="accepted_is_answered"),
    )
    TITLE, TITLES = _("Instruction"), _("Instructions")
    meeting: Mapped[Meeting] = relationship(info=label(_("Meeting")))
    item_id: Mapped[int] = mapped_column(ForeignKey("agenda_item.id"), index=True, info=label(_("Item of an agenda")))
    item: Mapped[AgendaItem] = relationship(info=label(_("Item of an agenda")))
    family_id: Mapped[int | None] = mapped_column(ForeignKey("family.id"), index=True, info=label(_("Family")))
    family: Mapped[Family | None] = relationship(info=label(_("Family")))
    kind: Mapped[terms.InstructionKind] = mapped_column(
        term(terms.InstructionKind), default=terms.InstructionKind.INSTRUCTION, info=label(_("Kind of instruction"))
    )
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), index=True, info=label(_("Agency")))
    agency: Mapped[Agency] = relationship(info=label(_("Agency")))
    text: Mapped[str] = mapped_column(Text, info=label(_("What is to be done")))
    due_on: Mapped[date] = mapped_column(Date, info=label(_("Due on")))
    given_on: Mapped[date | None] = mapped_column(Date, info=label(_("Given on")))
    answered_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=label(_("Answered at")))
    done_on: Mapped[date | None] = mapped_column(Date, info=label(_("Done on")))
    answer: Mapped[str | None] = mapped_column(Text, info=label(_("Answer of the agency")))
    answered_by: Mapped[str | None] = mapped_column(String(200), info=label(_("Answered by")))
    returned: Mapped[str | None] = mapped_column(String(1000), info=label(_("Why the answer was returned")))
    accepted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=label(_("Answer accepted at")))

    scans: Mapped[list[InstructionScan]] = relationship(back_populates="instruction", order_by="InstructionScan.id")

    def __str__(self) -> str:
        return words.short(f"{self.agency}: {self.text}", LONGEST_TITLE)


class InstructionScan(Scanned, OfMeeting, Entity):
    """A scan that came with the answer to an instruction. It is of the item, the body and the day of its instruction,
    by which those see it who see the instruction.
    """

    ASKED_BODY = "agency_id"
    __tablename__ = "instruction_scan"
    TITLE, TITLES = _("Scan of an answer"), _("Scans of answers")
    meeting: Mapped[Meeting] = relationship(info=label(_("Meeting")))
    instruction_id: Mapped[int] = mapped_column(ForeignKey("instruction.id"), index=True, info=label(_("Instruction")))
    instruction: Mapped[Instruction] = relationship(back_populates="scans", info=label(_("Instruction")))
    item_id: Mapped[int] = mapped_column(ForeignKey("agenda_item.id"), index=True, info=label(_("Item of an agenda")))
    item: Mapped[AgendaItem] = relationship(info=label(_("Item of an agenda")))
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), index=True, info=label(_("Agency")))
    agency: Mapped[Agency] = relationship(info=label(_("Agency")))
    given_on: Mapped[date] = mapped_column(Date, info=label(_("Given on")))

    def __str__(self) -> str:
        return self.file_name


class Delivery(OfMeeting, Entity):
    """A paper of an item that was handed or sent to somebody: when, how, by whom, and what shows that it was received.

    whom: a person or a body as the paper names it, in the dative. mark: the receipt: a signature, a notice of the post.
    """

    LASTS = ("sent_on", "received_on")
    __tablename__ = "delivery"
    __table_args__ = (
        listed("delivery", "sent_on", "id", "meeting_id", "item_id"),
        sane("received_on >= sent_on", name="received_after_sent"),
    )
    TITLE, TITLES = _("Delivery of a paper"), _("Deliveries of papers")
    meeting: Mapped[Meeting] = relationship(info=label(_("Meeting")))
    item_id: Mapped[int] = mapped_column(ForeignKey("agenda_item.id"), index=True, info=label(_("Item of an agenda")))
    item: Mapped[AgendaItem] = relationship(info=label(_("Item of an agenda")))
    kind: Mapped[terms.TemplateKind] = mapped_column(term(terms.TemplateKind), info=label(_("Paper")))
    whom: Mapped[str] = mapped_column(String(300), info=label(_("To whom")))
    sent_on: Mapped[date] = mapped_column(Date, info=label(_("Handed or sent on")))
    way: Mapped[terms.DeliveryWay] = mapped_column(term(terms.DeliveryWay), info=label(_("How")))
    handed_by: Mapped[str | None] = mapped_column(String(200), info=label(_("By whom")))
    received_on: Mapped[date | None] = mapped_column(Date, info=label(_("Received by them on")))
    mark: Mapped[str | None] = mapped_column(String(300), info=label(_("Mark of receipt")))

    def __str__(self) -> str:
        return words.short(f"{self.kind}: {self.whom}", LONGEST_TITLE)


class PaperTemplate(Versioned, Entity):
    """The words of a paper of meetings, as the municipality has them from a day on; the latest of its kind is used."""

    WHOSE = Whose.WORDS
    __tablename__ = "paper_template"
    __table_args__ = (
        Index("ix_paper_template_kind_since", "kind", "since"),
        used("kind", "since", name="uq_paper_template_of_day"),
    )
    TITLE, TITLES = _("Template of a paper"), _("Templates of papers")
    kind: Mapped[terms.TemplateKind] = mapped_column(term(terms.TemplateKind), info=label(_("Kind of template")))
    since: Mapped[date] = mapped_column(Date, info=label(_("Used since")))
    file_name: Mapped[str] = mapped_column(String(150), info=label(_("File name")))
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True, info=derived(_("File")))
    brought_by: Mapped[str] = mapped_column(String(200), default="", info=label(_("Brought by")))
    retired: Mapped[bool] = mapped_column(default=False, info=label(_("No longer used")))

    def __str__(self) -> str:
        return f"{self.kind}, с {self.since:%d.%m.%Y}"
