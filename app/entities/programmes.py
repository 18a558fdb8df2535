"""The work with a family: its rehabilitation programme, what is planned in it, and the help that was given."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from flask_appbuilder import Model
from flask_babel import lazy_gettext as _
from sqlalchemy import (
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app import words
from app.domain import programmes, terms
from app.entities.kinds import (
    Annullable,
    ByAct,
    Dated,
    Entity,
    Money,
    OfAgency,
    OfFamily,
    Versioned,
    given,
    in_the_family_of,
    label,
    listed,
    live,
    sane,
    sought,
    term,
)

if TYPE_CHECKING:
    from app.entities.dictionaries import (
        AidKind,
        Criterion,
        DynamicsLevel,
        FamilyReaction,
        MeasureKind,
        StageKind,
    )
    from app.entities.families import Member
    from app.entities.places import Agency, Employee
    from app.entities.record import Decision, Registration


LONGEST_TITLE = 120  # of a measure, where it is named


# The family is that of the aid and of the recipient alike: both references bear it.
aid_recipients = Table(
    "aid_recipients",
    Model.metadata,
    Column("aid_id", Integer, primary_key=True),
    Column("member_id", Integer, primary_key=True, index=True),
    Column("family_id", Integer, nullable=False),
    in_the_family_of("aid_id", "aid"),
    in_the_family_of("member_id", "member"),
)
# The same of whom a planned measure is for.
planned_measure_members = Table(
    "planned_measure_members",
    Model.metadata,
    Column("measure_id", Integer, primary_key=True),
    Column("member_id", Integer, primary_key=True, index=True),
    Column("family_id", Integer, nullable=False),
    in_the_family_of("measure_id", "planned_measure"),
    in_the_family_of("member_id", "member"),
)


class Programme(ByAct, OfFamily, Entity):
    """The rehabilitation programme of a family during a stay on record (ИПР): one at a time.

    It is a draft until a decision approves it (`approval`), of a meeting or entered from paper; it ends on a day,
    completed or terminated. agency: the body in charge of it (Приложение 3).
    """

    WRITTEN_BY_LEADER = True
    LASTS = ("starts_on", "ends_on", "closed_on")
    __tablename__ = "programme"
    __table_args__ = (
        UniqueConstraint("id", "family_id"),
        in_the_family_of("registration_id", "registration"),
        in_the_family_of("approval_id", "decision"),
        listed("programme", "starts_on", "id", "family_id"),
        sought("programme", "ends_on", "id", "family_id"),
        sought("programme", "kind", "id", "family_id"),
        Index("ix_programme_of_family", "family_id", "closed_on", "approval_id", "annulled_at"),
        live("registration_id", name="uq_programme_open_of_stay", but="closed_on"),
        sane("ends_on >= starts_on", name="ends_after_start"),
    )  # fmt: skip
    TITLE, TITLES = _("Programme"), _("Programmes")
    registration_id: Mapped[int] = mapped_column(index=True, info=label(_("Registration")))
    registration: Mapped[Registration] = relationship(foreign_keys=[registration_id], info=label(_("Registration")))
    kind: Mapped[terms.ProgrammeKind] = mapped_column(
        term(terms.ProgrammeKind), default=terms.ProgrammeKind.ACTIVE, info=label(_("Kind of programme"))
    )
    agency_id: Mapped[int | None] = mapped_column(
        ForeignKey("agency.id"), index=True, info=label(_("Agency in charge"))
    )
    agency: Mapped[Agency | None] = relationship(info=label(_("Agency in charge")))
    starts_on: Mapped[date] = mapped_column(Date, info=label(_("Term from")))
    ends_on: Mapped[date] = mapped_column(Date, info=label(_("Term until")))
    note: Mapped[str | None] = mapped_column(Text, info=label(_("Note")))
    approval_id: Mapped[int | None] = mapped_column(index=True, info=label(_("Approved by decision")))
    approval: Mapped[Decision | None] = relationship(foreign_keys=[approval_id], info=label(_("Approved by decision")))
    closed_on: Mapped[date | None] = mapped_column(Date, info=label(_("Programme ended on")))
    closed_as: Mapped[terms.ProgrammeState | None] = mapped_column(
        term(terms.ProgrammeState), info=label(_("How the programme ended"))
    )
    close_reason: Mapped[str | None] = mapped_column(String(500), info=label(_("Why the programme ended")))

    problems: Mapped[list[Problem]] = relationship(
        primaryjoin="and_(Problem.programme_id == Programme.id, Problem.annulled_at.is_(None))",
        foreign_keys="Problem.programme_id", order_by="Problem.position, Problem.id", viewonly=True,
    )  # fmt: skip
    group: Mapped[list[WorkingGroupMember]] = relationship(
        primaryjoin="and_(WorkingGroupMember.programme_id == Programme.id, WorkingGroupMember.annulled_at.is_(None))",
        foreign_keys="WorkingGroupMember.programme_id", order_by="WorkingGroupMember.id", viewonly=True,
    )  # fmt: skip
    stages: Mapped[list[Stage]] = relationship(
        primaryjoin="and_(Stage.programme_id == Programme.id, Stage.annulled_at.is_(None))",
        foreign_keys="Stage.programme_id", order_by="Stage.starts_on, Stage.id", viewonly=True,
    )  # fmt: skip

    @property
    def state(self) -> terms.ProgrammeState:
        """What the facts say of it: nothing is typed in."""
        return programmes.state(approved=self.approval_id is not None, closed_as=self.closed_as)

    def __str__(self) -> str:
        return f"ИПР с {self.starts_on:%d.%m.%Y} по {self.ends_on:%d.%m.%Y}"


class WorkingGroupMember(ByAct, OfFamily, Entity):
    """An employee of the group that carries out a programme, from … to …; one of them leads it."""

    PART_OF = "programme"
    WRITTEN_BY_LEADER = True
    LASTS = ("started_on", "ended_on")
    __tablename__ = "working_group_member"
    __table_args__ = (
        in_the_family_of("programme_id", "programme"),
        Index(
            "ix_working_group_member_of_employee",
            "employee_id",
            "ended_on",
            "family_id",
            "programme_id",
            "started_on",
            "annulled_at",
        ),
        Index(
            "ix_working_group_member_of_programme",
            "programme_id",
            "employee_id",
            "ended_on",
            "started_on",
            "annulled_at",
        ),
        sane("ended_on >= started_on", name="ended_after_start"),
    )
    TITLE, TITLES = _("Member of a working group"), _("Members of working groups")
    programme_id: Mapped[int] = mapped_column(info=label(_("Programme")))
    programme: Mapped[Programme] = relationship(foreign_keys=[programme_id], info=label(_("Programme")))
    employee_id: Mapped[int] = mapped_column(ForeignKey("employee.id"), info=label(_("Employee")))
    employee: Mapped[Employee] = relationship(info=label(_("Employee")))
    leads: Mapped[bool] = mapped_column(default=False, info=label(_("Leads the group")))
    started_on: Mapped[date] = mapped_column(Date, info=label(_("Since")))
    ended_on: Mapped[date | None] = mapped_column(Date, info=label(_("Until")))

    def __str__(self) -> str:
        return str(self.employee)


class Problem(ByAct, OfFamily, Entity):
    """A problem of a family that its programme answers (Приложение 3, column 1)."""

    PART_OF = "programme"
    WRITTEN_BY_LEADER = True
    LASTS = ("position",)
    __tablename__ = "problem"
    __table_args__ = (UniqueConstraint("id", "family_id"), in_the_family_of("programme_id", "programme"))
    TITLE, TITLES = _("Problem of a family"), _("Problems of families")
    programme_id: Mapped[int] = mapped_column(index=True, info=label(_("Programme")))
    programme: Mapped[Programme] = relationship(foreign_keys=[programme_id], info=label(_("Programme")))
    position: Mapped[int] = mapped_column(default=0, info=label(_("Order")))
    text: Mapped[str] = mapped_column(String(500), info=label(_("Problem")))
    criterion_id: Mapped[int | None] = mapped_column(ForeignKey("criterion.id"), index=True, info=label(_("Criterion")))
    criterion: Mapped[Criterion | None] = relationship(info=label(_("Criterion")))

    def __str__(self) -> str:
        return words.short(self.text, LONGEST_TITLE)


# What filters ask of each stage; measures in the order of their states, with what filters ask of each.
ASKED_OF_STAGES = ("ends_on", "reviewed_on", "kind_id", "sort", "dynamics_id", "reaction_id", "follows", "decision_id")
BY_STATE = ("state", "due_on", "family_id", "performer_id", "kind_id", "done_on")


class Stage(ByAct, OfFamily, Entity):
    """A stage of a programme: its term, the meeting that approved it, its tasks; at its end, how far the family is.

    meeting_number, meeting_on, meeting_note: of the council or the commission, as its papers say; `decision`: by which
    it was approved, `extension`: by which its term was
    last made longer, from `ended_before`. Reviewed: on a day, with dynamics, reaction,
    analysis and what follows.
    """

    WRITTEN_BY_LEADER = True
    LASTS = ("starts_on", "ends_on", "meeting_on", "ended_before", "reviewed_on", "meeting_number")
    __tablename__ = "stage"
    __table_args__ = (
        UniqueConstraint("id", "family_id"),
        in_the_family_of("programme_id", "programme"),
        in_the_family_of("decision_id", "decision"),
        in_the_family_of("extension_id", "decision"),
        listed("stage", "starts_on", "id", "family_id", *ASKED_OF_STAGES),
        sought("stage", "ends_on", "id", "family_id", "starts_on"),
        sought("stage", "sort", "id", "family_id"),
        Index("ix_stage_of_programme", "programme_id", "decision_id", "annulled_at"),
        Index("ix_stage_to_be_reviewed", "reviewed_on", "ends_on", "family_id", "annulled_at"),
        sane("ends_on >= starts_on", name="ends_after_start"),
    )
    TITLE, TITLES = _("Stage"), _("Stages")
    programme_id: Mapped[int] = mapped_column(info=label(_("Programme")))
    programme: Mapped[Programme] = relationship(foreign_keys=[programme_id], info=label(_("Programme")))
    kind_id: Mapped[int] = mapped_column(ForeignKey("stage_kind.id"), index=True, info=label(_("Kind of stage")))
    kind: Mapped[StageKind] = relationship(info=label(_("Kind of stage")))
    sort: Mapped[terms.StageSort] = mapped_column(
        term(terms.StageSort), default=terms.StageSort.ORDINARY, info=label(_("Sort of stage"))
    )
    starts_on: Mapped[date] = mapped_column(Date, info=label(_("Term from")))
    ends_on: Mapped[date] = mapped_column(Date, info=label(_("Term until")))
    meeting_number: Mapped[str | None] = mapped_column(String(40), info=label(_("Number of the meeting")))
    meeting_on: Mapped[date | None] = mapped_column(Date, info=label(_("Day of the meeting")))
    meeting_note: Mapped[str | None] = mapped_column(String(500), info=label(_("Note to the meeting")))
    decision_id: Mapped[int | None] = mapped_column(index=True, info=label(_("Approved by decision")))
    decision: Mapped[Decision | None] = relationship(foreign_keys=[decision_id], info=label(_("Approved by decision")))
    ended_before: Mapped[date | None] = mapped_column(Date, info=label(_("Term before the extension")))
    extension_id: Mapped[int | None] = mapped_column(index=True, info=label(_("Extended by decision")))
    extension: Mapped[Decision | None] = relationship(
        foreign_keys=[extension_id], info=label(_("Extended by decision"))
    )
    tasks: Mapped[str | None] = mapped_column(Text, info=label(_("Tasks of the stage")))
    reviewed_on: Mapped[date | None] = mapped_column(Date, info=label(_("Results of the stage on")))
    dynamics_id: Mapped[int | None] = mapped_column(
        ForeignKey("dynamics_level.id"), index=True, info=label(_("Level of dynamics"))
    )
    dynamics: Mapped[DynamicsLevel | None] = relationship(info=label(_("Level of dynamics")))
    reaction_id: Mapped[int | None] = mapped_column(
        ForeignKey("family_reaction.id"), index=True, info=label(_("Reaction of family"))
    )
    reaction: Mapped[FamilyReaction | None] = relationship(info=label(_("Reaction of family")))
    analysis: Mapped[str | None] = mapped_column(Text, info=label(_("Analysis of the stage")))
    follows: Mapped[terms.StageFollows | None] = mapped_column(
        term(terms.StageFollows), info=label(_("What follows the stage"))
    )
    measures: Mapped[list[PlannedMeasure]] = relationship(
        primaryjoin="and_(PlannedMeasure.stage_id == Stage.id, PlannedMeasure.annulled_at.is_(None))",
        foreign_keys="PlannedMeasure.stage_id", order_by="PlannedMeasure.position, PlannedMeasure.id", viewonly=True,
    )  # fmt: skip

    def state(self, today: date) -> terms.StageState:
        """Where the stage is on a day: an approved one is active from its first day until it is reviewed."""
        return programmes.stage_state(
            approved=self.decision_id is not None, starts_on=self.starts_on, reviewed_on=self.reviewed_on, today=today
        )

    def __str__(self) -> str:
        return f"{self.kind}, {self.starts_on:%d.%m.%Y} – {self.ends_on:%d.%m.%Y}"


class PlannedMeasure(ByAct, OfFamily, Entity):
    """A measure of the plan of a stage: what is to be done for whom, by which body and by when, for which problem.

    members: for whom; the whole family where nobody is named. performer: the body that answers for it, employee: who
    of it does it. Overdue is computed: due before today and still planned.
    """

    PERFORMED_BY = "performer_id"
    WRITTEN_BY_LEADER = True
    LASTS = ("position", "due_on", "done_on")
    SORTED_WITHIN = {"state": "due_on"}
    __tablename__ = "planned_measure"
    __table_args__ = (
        UniqueConstraint("id", "family_id"),
        in_the_family_of("stage_id", "stage"),
        in_the_family_of("problem_id", "problem"),
        # Where many are passed by on the way to a page, what the filters ask of each stands beside its place.
        listed("planned_measure", "due_on", "id", "family_id", "state", "kind_id", "performer_id", "done_on"),
        sought("planned_measure", "done_on", "id", "family_id"),
        given("planned_measure", "performer_id", "done_on", "id", "family_id"),
        Index("ix_planned_measure_of_family", "family_id", "performer_id", "state", "stage_id", "annulled_at"),
        Index("ix_planned_measure_of_performer", "performer_id", "state", "due_on", "family_id", "annulled_at"),
        Index("ix_planned_measure_open", *BY_STATE, "annulled_at"),
        sane("state <> 'done' OR done_on IS NOT NULL", name="done_on_a_day"),
        sane("state NOT IN ('not_done', 'cancelled') OR reason IS NOT NULL", name="not_done_for_a_reason"),
    )
    TITLE, TITLES = _("Measure of a plan"), _("Measures of plans")
    stage_id: Mapped[int] = mapped_column(index=True, info=label(_("Stage")))
    stage: Mapped[Stage] = relationship(foreign_keys=[stage_id], info=label(_("Stage")))
    position: Mapped[int] = mapped_column(default=0, info=label(_("Order")))
    kind_id: Mapped[int] = mapped_column(ForeignKey("measure_kind.id"), index=True, info=label(_("Measure")))
    kind: Mapped[MeasureKind] = relationship(info=label(_("Measure")))
    details: Mapped[str | None] = mapped_column(String(500), info=label(_("Details of the measure")))
    problem_id: Mapped[int | None] = mapped_column(index=True, info=label(_("Problem it answers")))
    problem: Mapped[Problem | None] = relationship(foreign_keys=[problem_id], info=label(_("Problem it answers")))
    performer_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"), info=label(_("Performer")))
    performer: Mapped[Agency | None] = relationship(info=label(_("Performer")))
    employee_id: Mapped[int | None] = mapped_column(
        ForeignKey("employee.id"), index=True, info=label(_("Employee who performs"))
    )
    employee: Mapped[Employee | None] = relationship(info=label(_("Employee who performs")))
    due_on: Mapped[date] = mapped_column(Date, info=label(_("Due on")))
    state: Mapped[terms.MeasureState] = mapped_column(
        term(terms.MeasureState), default=terms.MeasureState.PLANNED, info=label(_("State of the measure"))
    )
    done_on: Mapped[date | None] = mapped_column(Date, info=label(_("Done on")))
    reason: Mapped[str | None] = mapped_column(String(500), info=label(_("Why it was not done")))
    members: Mapped[list[Member]] = relationship(
        secondary=planned_measure_members, order_by="Member.id", info=label(_("For whom"))
    )

    def is_overdue(self, today: date) -> bool:
        return programmes.is_overdue(self.state, self.due_on, today)

    def __str__(self) -> str:
        return words.short(str(self.kind), LONGEST_TITLE)


class Aid(OfFamily, Entity):
    """Help given to a family on a day, or regularly from that day on.

    planned: the measure of the plan that it carries out; without one it stands by itself. until, rhythm: of regular
    aid, its last day and how often. batch: the same of all aids of several families that were entered at once.
    before_record: why it is told of a day on which the family was not on record yet.
    """

    NOTED_BY_BODIES = True
    PERFORMED_BY = "performer_id"
    LASTS = ("given_on", "until", "amount", "batch")
    __tablename__ = "aid"
    __table_args__ = (
        Index("ix_aid_kind_id_given_on", "kind_id", "given_on"),
        listed("aid", "given_on", "id", "family_id", "performer_id", "kind_id", "measure_id"),
        *(given("aid", name, "given_on", "id", "family_id") for name in ("kind_id", "measure_id")),
        sought("aid", "amount", "id", "family_id", "performer_id", "kind_id", "measure_id"),
        Index("ix_aid_of_family", "family_id", "given_on", "annulled_at"),
        UniqueConstraint("id", "family_id"),
        in_the_family_of("planned_id", "planned_measure"),
        sane("amount >= 0", name="amount_not_negative"),
        sane("until >= given_on", name="lasts_after_start"),
    )
    TITLE, TITLES = _("Aid"), _("Aid given")
    ADDING = _("Add an aid")
    given_on: Mapped[date] = mapped_column(Date, info=label(_("Date of aid")))
    until: Mapped[date | None] = mapped_column(Date, info=label(_("Given until")))
    rhythm: Mapped[terms.AidRhythm | None] = mapped_column(term(terms.AidRhythm), info=label(_("How often")))
    kind_id: Mapped[int | None] = mapped_column(ForeignKey("aid_kind.id"), index=True, info=label(_("Kind of aid")))
    kind: Mapped[AidKind | None] = relationship(info=label(_("Kind of aid")))
    measure_id: Mapped[int | None] = mapped_column(ForeignKey("measure_kind.id"), index=True, info=label(_("Measure")))
    measure: Mapped[MeasureKind | None] = relationship(info=label(_("Measure")))
    planned_id: Mapped[int | None] = mapped_column(index=True, info=label(_("Measure of a plan")))
    planned: Mapped[PlannedMeasure | None] = relationship(foreign_keys=[planned_id], info=label(_("Measure of a plan")))
    description: Mapped[str | None] = mapped_column(Text, info=label(_("Description")))
    performer_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"), index=True, info=label(_("Performer")))
    performer: Mapped[Agency | None] = relationship(info=label(_("Performer")))
    employee_id: Mapped[int | None] = mapped_column(
        ForeignKey("employee.id"), index=True, info=label(_("Employee who performs"))
    )
    employee: Mapped[Employee | None] = relationship(info=label(_("Employee who performs")))
    amount: Mapped[Decimal | None] = mapped_column(Money, info=label(_("Amount, roubles")))
    batch: Mapped[str | None] = mapped_column(String(36), index=True, info=label(_("Entered at once")))
    before_record: Mapped[str | None] = mapped_column(String(500), info=label(_("Why before the record")))
    recipients: Mapped[list[Member]] = relationship(
        secondary=aid_recipients, order_by="Member.id", info=label(_("Recipients"))
    )

    def __str__(self) -> str:
        return f"{self.given_on:%d.%m.%Y} {self.kind or self.measure or ''}".strip()


class ImportantMark(OfFamily, Entity):
    """What somebody marked as important in the chronology of a family: a row of an entity, by its name and key."""

    LASTS = ("entity", "entity_id")
    __tablename__ = "important_mark"
    __table_args__ = (live("family_id", "entity", "entity_id", name="uq_important_mark_of_row"),)
    TITLE, TITLES = _("Important mark"), _("Important marks")
    entity: Mapped[str] = mapped_column(String(40), info=label(_("Record")))
    entity_id: Mapped[int] = mapped_column(info=label(_("Number of the record")))
    note: Mapped[str | None] = mapped_column(String(300), info=label(_("Note")))
    marked_by: Mapped[str] = mapped_column(String(200), info=label(_("Marked by")))

    def __str__(self) -> str:
        return self.note or f"{self.entity} {self.entity_id}"


class PerformerReport(Annullable, Dated, OfAgency, Versioned, Entity):
    """That a body has handed in, signed, what it did for families in a month or a quarter."""

    __tablename__ = "performer_report"
    __table_args__ = (
        live("agency_id", "starts_on", "ends_on", name="uq_performer_report_of_period"),
        sane("ends_on >= starts_on", name="ends_after_start"),
    )
    TITLE, TITLES = _("Report of a performer"), _("Reports of performers")
    ADDING = _("Note the report of a performer")
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), index=True, info=label(_("Performer")))
    agency: Mapped[Agency] = relationship(info=label(_("Performer")))
    starts_on: Mapped[date] = mapped_column(Date, info=label(_("Period from")))
    ends_on: Mapped[date] = mapped_column(Date, info=label(_("Period until")))
    received_on: Mapped[date] = mapped_column(Date, info=label(_("Received on")))
    note: Mapped[str | None] = mapped_column(String(500), info=label(_("Note")))

    def __str__(self) -> str:
        return f"{self.agency}, {self.starts_on:%d.%m.%Y} – {self.ends_on:%d.%m.%Y}"
