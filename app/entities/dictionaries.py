"""Lists of words, and the days that the calendar moves."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from flask_babel import lazy_gettext as _
from sqlalchemy import (
    Date,
    ForeignKey,
    String,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain import terms
from app.entities.kinds import Dictionary, Entity, Versioned, Whose, label, term

if TYPE_CHECKING:
    pass


class AgencyKind(Dictionary, Entity):
    """A kind of body that files record cards: column 5.1–5.9 of Приложение 4, or a body of the Tatarstan system."""

    WHOSE = Whose.LAW
    __tablename__ = "agency_kind"
    TITLE, TITLES = _("Kind of agency"), _("Kinds of agencies")
    ADDING = _("Add a kind of agency")
    COMMISSION = "KDN"  # the `kind` of commissions on minors, whatever code a scheme gives them
    scheme: Mapped[str] = mapped_column(String(20), default="appendix4", info=label(_("Scheme")))
    kind: Mapped[str] = mapped_column(String(30), info=label(_("Kind")))

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Criterion(Dictionary, Entity):
    """A sign of a socially dangerous position (Положение, section 2). The root of the code is the column 13–17."""

    WHOSE = Whose.LAW
    __tablename__ = "criterion"
    TITLE, TITLES = _("Criterion"), _("Criteria")
    ADDING = _("Add a criterion")
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("criterion.id"), index=True, info=label(_("Part of")))
    parent: Mapped[Criterion | None] = relationship(remote_side="Criterion.id", info=label(_("Part of")))

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class RemovalReason(Dictionary, Entity):
    """Why a family leaves the record (Приложение 4, columns 11.1–11.4)."""

    WHOSE = Whose.LAW
    __tablename__ = "removal_reason"
    TITLE, TITLES = _("Reason of removal"), _("Reasons of removal")
    ADDING = _("Add a reason of removal")
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("removal_reason.id"), index=True, info=label(_("Part of")))
    parent: Mapped[RemovalReason | None] = relationship(remote_side="RemovalReason.id", info=label(_("Part of")))
    children_line: Mapped[terms.ChildrenLine] = mapped_column(
        term(terms.ChildrenLine), info=label(_("Line of children taken off"))
    )

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class FamilyCategory(Dictionary, Entity):
    """Многодетная, малообеспеченная, … The flag says which figure of line 1.1 of Приложение 4 counts it."""

    WHOSE = Whose.LAW
    __tablename__ = "family_category"
    TITLE, TITLES = _("Category of family"), _("Categories of families")
    ADDING = _("Add a category of family")
    group: Mapped[str] = mapped_column(String(30), default="other", info=label(_("Group")))
    appendix4_flag: Mapped[str | None] = mapped_column(String(20), info=label(_("Flag of the quarterly form")))


class RelationshipKind(Dictionary, Entity):
    """The role of a member in the family, and where the record card prints it."""

    WHOSE = Whose.LAW
    __tablename__ = "relationship_kind"
    TITLE, TITLES = _("Role in the family"), _("Roles in the family")
    ADDING = _("Add a role in the family")
    parental_role: Mapped[terms.ParentalRole] = mapped_column(
        term(terms.ParentalRole), default=terms.ParentalRole.OTHER, info=label(_("Place on the record card"))
    )


class IdentityKind(Dictionary, Entity):
    """A kind of identity document."""

    WHOSE = Whose.LAW
    __tablename__ = "identity_kind"
    TITLE, TITLES = _("Kind of identity document"), _("Kinds of identity documents")
    ADDING = _("Add a kind of identity document")


class EducationStatus(Dictionary, Entity):
    """What a child does by day; the line of section 2.2 of Приложение 4 it is counted in."""

    WHOSE = Whose.LAW
    __tablename__ = "education_status"
    TITLE, TITLES = _("Education status"), _("Education statuses")
    ADDING = _("Add an education status")
    appendix4_line: Mapped[str] = mapped_column(String(40), info=label(_("Line of the quarterly form")))


class SupervisionKind(Dictionary, Entity):
    """Another body's record: ПДН, КДН, внутришкольный учёт, … Special: of health or convictions (152-ФЗ, art. 10)."""

    WHOSE = Whose.LAW
    __tablename__ = "supervision_kind"
    TITLE, TITLES = _("Kind of supervision"), _("Kinds of supervision")
    ADDING = _("Add a kind of supervision")
    basis: Mapped[str | None] = mapped_column(String(100), info=label(_("Basis")))
    special: Mapped[bool] = mapped_column(default=False, info=label(_("Health or convictions")))


class AidKind(Dictionary, Entity):
    """A kind of aid; the line of Приложение 4 it is counted in. special: it tells of somebody's health."""

    __tablename__ = "aid_kind"
    TITLE, TITLES = _("Kind of aid"), _("Kinds of aid")
    ADDING = _("Add a kind of aid")
    group: Mapped[str] = mapped_column(String(100), info=label(_("Group")))
    unit: Mapped[str] = mapped_column(String(20), info=label(_("Unit")))
    has_amount: Mapped[bool] = mapped_column(default=False, info=label(_("Has an amount")))
    appendix4_line: Mapped[str | None] = mapped_column(String(40), info=label(_("Line of the quarterly form")))
    special: Mapped[bool] = mapped_column(default=False, info=label(_("Health or convictions")))

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class MeasureBlock(Dictionary, Entity):
    """A block of the catalogue of measures. special: its measures tell of somebody's health."""

    __tablename__ = "measure_block"
    TITLE, TITLES = _("Block of measures"), _("Blocks of measures")
    ADDING = _("Add a block of measures")
    special: Mapped[bool] = mapped_column(default=False, info=label(_("Health or convictions")))


class MeasureKind(Dictionary, Entity):
    """A measure of the catalogue."""

    __tablename__ = "measure_kind"
    TITLE, TITLES = _("Measure"), _("Catalogue of measures")
    ADDING = _("Add a measure")
    block_id: Mapped[int] = mapped_column(
        ForeignKey("measure_block.id"), index=True, info=label(_("Block of measures"))
    )
    block: Mapped[MeasureBlock] = relationship(info=label(_("Block of measures")))

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class MeasureSet(Dictionary, Entity):
    """A template set of measures: what is put into a plan at once where a family has this trouble."""

    __tablename__ = "measure_set"
    TITLE, TITLES = _("Set of measures"), _("Sets of measures")
    ADDING = _("Add a set of measures")
    criterion_id: Mapped[int | None] = mapped_column(ForeignKey("criterion.id"), index=True, info=label(_("Criterion")))
    criterion: Mapped[Criterion | None] = relationship(info=label(_("Criterion")))
    lines: Mapped[list[MeasureSetLine]] = relationship(
        primaryjoin="and_(MeasureSetLine.set_id == MeasureSet.id, MeasureSetLine.retired.is_(False))",
        order_by="MeasureSetLine.position, MeasureSetLine.id",
        viewonly=True,
    )


class MeasureSetLine(Versioned, Entity):
    """A measure of a set: which kind of body performs it, and how many days after the stage begins it is due."""

    WHOSE = Whose.WORDS
    __tablename__ = "measure_set_line"
    TITLE, TITLES = _("Measure of a set"), _("Measures of sets")
    ADDING = _("Add a measure to a set")
    set_id: Mapped[int] = mapped_column(ForeignKey("measure_set.id"), index=True, info=label(_("Set of measures")))
    set: Mapped[MeasureSet] = relationship(info=label(_("Set of measures")))
    kind_id: Mapped[int] = mapped_column(ForeignKey("measure_kind.id"), index=True, info=label(_("Measure")))
    kind: Mapped[MeasureKind] = relationship(info=label(_("Measure")))
    agency_kind_id: Mapped[int | None] = mapped_column(
        ForeignKey("agency_kind.id"), index=True, info=label(_("Kind of performer"))
    )
    agency_kind: Mapped[AgencyKind | None] = relationship(info=label(_("Kind of performer")))
    details: Mapped[str | None] = mapped_column(String(500), info=label(_("Details of the measure")))
    days: Mapped[int] = mapped_column(default=30, info=label(_("Due in days")))
    position: Mapped[int] = mapped_column(default=0, info=label(_("Order")))
    retired: Mapped[bool] = mapped_column(default=False, info=label(_("No longer used")))

    def __str__(self) -> str:
        return str(self.kind)


class DynamicsLevel(Dictionary, Entity):
    """How far a family has come."""

    __tablename__ = "dynamics_level"
    TITLE, TITLES = _("Level of dynamics"), _("Levels of dynamics")
    ADDING = _("Add a level of dynamics")


class FamilyReaction(Dictionary, Entity):
    """How a family meets the work with it."""

    __tablename__ = "family_reaction"
    TITLE, TITLES = _("Reaction of family"), _("Reactions of families")
    ADDING = _("Add a reaction of family")


class StageKind(Dictionary, Entity):
    """A kind of stage of a rehabilitation programme."""

    __tablename__ = "stage_kind"
    TITLE, TITLES = _("Kind of stage"), _("Kinds of stages")
    ADDING = _("Add a kind of stage")
    default_months: Mapped[int] = mapped_column(default=6, info=label(_("Usual length, months")))
    note: Mapped[str | None] = mapped_column(String(200), info=label(_("Note")))


class SignalCardOutcome(Dictionary, Entity):
    """How the review of a signal card may end."""

    WHOSE = Whose.LAW
    __tablename__ = "signal_card_outcome"
    TITLE, TITLES = _("Outcome of a signal card"), _("Outcomes of signal cards")
    ADDING = _("Add an outcome of a signal card")
    effect: Mapped[str] = mapped_column(String(30), info=label(_("Effect")))


class LawReminder(Dictionary, Entity):
    """What the form of a signal card reminds its sender of: confidentiality, the duty to tell, a threat."""

    WHOSE = Whose.LAW
    __tablename__ = "law_reminder"
    TITLE, TITLES = _("Reminder to the sender of a signal card"), _("Reminders to senders of signal cards")
    ADDING = _("Add a reminder")


class DecisionOutcome(Dictionary, Entity):
    """How the review of an item of an agenda may end; `effect`: what a decision of this outcome is, and so does.

    `of_council`: the council may decide so; everything else it proposes to the commission.
    """

    WHOSE = Whose.LAW
    __tablename__ = "decision_outcome"
    TITLE, TITLES = _("Outcome of a review"), _("Outcomes of reviews")
    ADDING = _("Add an outcome of a review")
    effect: Mapped[terms.DecisionKind] = mapped_column(term(terms.DecisionKind), info=label(_("Effect")))
    of_council: Mapped[bool] = mapped_column(default=False, info=label(_("The council may decide so")))


class TypicalInstruction(Dictionary, Entity):
    """What a commission often orders; the name is the text of the order, which is picked in a sitting and then edited.

    agency_kind: which kind of body is ordered; days: how many after the meeting it is due.
    """

    __tablename__ = "typical_instruction"
    TITLE, TITLES = _("Typical instruction"), _("Typical instructions")
    ADDING = _("Add a typical instruction")
    agency_kind_id: Mapped[int | None] = mapped_column(
        ForeignKey("agency_kind.id"), index=True, info=label(_("Kind of performer"))
    )
    agency_kind: Mapped[AgencyKind | None] = relationship(info=label(_("Kind of performer")))
    days: Mapped[int] = mapped_column(default=30, info=label(_("Due in days")))


class Deadline(Dictionary, Entity):
    """A deadline: between which moments it runs, who answers, how long it is, by which clause.

    `number` counts units, or is the day of the month that follows; `days` are the days of a year: «10.01; 05.04».
    """

    WHOSE = Whose.LAW
    __tablename__ = "deadline"
    TITLE, TITLES = _("Deadline"), _("Deadlines")
    ADDING = _("Add a deadline")
    actor: Mapped[str] = mapped_column(String(200), info=label(_("Who answers")))
    starts: Mapped[terms.Moment] = mapped_column(term(terms.Moment), info=label(_("What starts it")))
    stops: Mapped[terms.Moment | None] = mapped_column(term(terms.Moment), info=label(_("What stops it")))
    number: Mapped[int | None] = mapped_column(info=label(_("Limit")))
    unit: Mapped[terms.Unit] = mapped_column(term(terms.Unit), info=label(_("Unit")))
    days: Mapped[str | None] = mapped_column(String(120), info=label(_("Days of the year")))
    clause: Mapped[str | None] = mapped_column(String(700), info=label(_("Clause")))


class WorkingDay(Versioned, Entity):
    """A day that the production calendar moved: a working Saturday, a transferred day off."""

    WHOSE = Whose.LAW
    __tablename__ = "working_day"
    TITLE, TITLES = _("Transferred day"), _("Transferred days")
    ADDING = _("Add a transferred day")
    day: Mapped[date] = mapped_column(Date, unique=True, info=label(_("Day")))
    works: Mapped[bool] = mapped_column(info=label(_("Working day")))
    note: Mapped[str | None] = mapped_column(String(200), info=label(_("Note")))

    def __str__(self) -> str:
        return f"{self.day:%d.%m.%Y}"


class RegionalHoliday(Versioned, Entity):
    """A day off that the region adds to the federal ones. It does not move from a weekend: then it adds nothing.

    `yearly`: it comes back on this day of every later year; else it is this one day.
    """

    WHOSE = Whose.LAW
    __tablename__ = "regional_holiday"
    TITLE, TITLES = _("Regional day off"), _("Regional days off")
    ADDING = _("Add a regional day off")
    name: Mapped[str] = mapped_column(String(200), info=label(_("Name")))
    day: Mapped[date] = mapped_column(Date, unique=True, info=label(_("Day")))
    yearly: Mapped[bool] = mapped_column(default=False, info=label(_("Every year on this day")))
    retired: Mapped[bool] = mapped_column(default=False, info=label(_("No longer used")))

    def __str__(self) -> str:
        return self.name


class SettledYear(Versioned, Entity):
    """A year of which the administrator states that its transferred days are entered, or that there are none."""

    WHOSE = Whose.LAW
    __tablename__ = "settled_year"
    TITLE, TITLES = _("Year without further transfers"), _("Years without further transfers")
    ADDING = _("State that a year has no further transfers")
    year: Mapped[int] = mapped_column(unique=True, info=label(_("Year")))
    note: Mapped[str | None] = mapped_column(String(200), info=label(_("Note")))
    retired: Mapped[bool] = mapped_column(default=False, info=label(_("No longer used")))

    def __str__(self) -> str:
        return str(self.year)
