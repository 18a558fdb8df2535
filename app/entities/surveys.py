"""Surveys: a group visits a family, writes an act of what it found, and asks bodies for what they know."""

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
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clock import now
from app.domain import names, terms
from app.entities.kinds import (
    Annullable,
    Dated,
    Entity,
    OfSurvey,
    Scanned,
    Versioned,
    Whose,
    label,
    listed,
    live,
    sane,
    term,
)

if TYPE_CHECKING:
    from app.entities.clocks import SurveyExtension
    from app.entities.dictionaries import AgencyKind
    from app.entities.families import Family
    from app.entities.places import Agency, Employee, Territory
    from app.entities.signals import SignalCard


survey_group_employees = Table(
    "survey_group_employees",
    Model.metadata,
    Column("group_id", ForeignKey("survey_group.id"), primary_key=True),
    Column("employee_id", ForeignKey("employee.id"), primary_key=True, index=True),
)


def _code() -> str:
    """What a blank act bears as a QR code: tells nothing, and finds its survey again."""
    return secrets.token_urlsafe(12)


class SurveyGroup(Annullable, Dated, Versioned, Entity):
    """Who visits a family, by when: of a signal card, or of a family of the bank, or of both once the card is of it.

    It goes with the family, else it lies where its card does; `territory_id` is where it was named. A group that was
    called off is annulled with the reason.
    """

    WHOSE, OWNER = Whose.SURVEY, "territory_id"
    LASTS = ("due_on", "surveyed_on", "code")
    __tablename__ = "survey_group"
    __table_args__ = (
        listed("survey_group", "due_on", "id", "territory_id", "family_id"),
        sane("card_id IS NOT NULL OR family_id IS NOT NULL", name="survey_of_somebody"),
    )
    TITLE, TITLES = _("Survey"), _("Surveys")
    ADDING = _("Name a survey group")
    territory_id: Mapped[int] = mapped_column(ForeignKey("territory.id"), index=True, info=label(_("Territory")))
    territory: Mapped[Territory] = relationship(info=label(_("Territory")))
    card_id: Mapped[int | None] = mapped_column(ForeignKey("signal_card.id"), index=True, info=label(_("Signal card")))
    card: Mapped[SignalCard | None] = relationship(info=label(_("Signal card")))
    family_id: Mapped[int | None] = mapped_column(ForeignKey("family.id"), index=True, info=label(_("Family")))
    family: Mapped[Family | None] = relationship(info=label(_("Family")))
    leader_id: Mapped[int] = mapped_column(ForeignKey("employee.id"), index=True, info=label(_("Leader of the group")))
    leader: Mapped[Employee] = relationship(info=label(_("Leader of the group")))
    employees: Mapped[list[Employee]] = relationship(
        secondary=survey_group_employees, order_by="Employee.last_name", info=label(_("Survey group"))
    )
    due_on: Mapped[date] = mapped_column(Date, info=label(_("Survey due on")))
    task: Mapped[str | None] = mapped_column(String(2000), info=label(_("What to look at")))
    surveyed_on: Mapped[date | None] = mapped_column(Date, info=label(_("Surveyed on")))
    code: Mapped[str] = mapped_column(String(24), default=_code, unique=True, info=label(_("Code of the blank")))

    acts: Mapped[list[SurveyAct]] = relationship(back_populates="group", order_by="SurveyAct.id")
    scans: Mapped[list[SurveyScan]] = relationship(back_populates="group", order_by="SurveyScan.id")
    extensions: Mapped[list[SurveyExtension]] = relationship(back_populates="group", order_by="SurveyExtension.id")

    def __str__(self) -> str:
        return f"{_('Survey')} № {self.id}"


class AgencyInquiry(OfSurvey, Entity):
    """A body is asked what it knows of a family that is surveyed; it answers by findings, or that it knows nothing.

    The body's people add to what they told, and correct it, until whoever asked closes the inquiry.
    """

    ASKED_BODY = "agency_id"
    LASTS = ("due_on", "answered_at", "closed_at")
    __tablename__ = "agency_inquiry"
    __table_args__ = (
        listed("agency_inquiry", "due_on", "id", "group_id", "agency_id"),
        live("group_id", "agency_id", name="uq_agency_inquiry_of_group"),
        sane("answered_at IS NOT NULL OR (NOT knows_nothing AND closed_at IS NULL)", name="closed_is_answered"),
    )
    TITLE, TITLES = _("Inquiry to an agency"), _("Inquiries to agencies")
    group: Mapped[SurveyGroup] = relationship(info=label(_("Survey")))
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), index=True, info=label(_("Agency")))
    agency: Mapped[Agency] = relationship(info=label(_("Agency")))
    question: Mapped[str | None] = mapped_column(String(2000), info=label(_("What is asked")))
    due_on: Mapped[date] = mapped_column(Date, info=label(_("Answer due on")))
    asked_by: Mapped[str] = mapped_column(String(200), default="", info=label(_("Who asks")))
    answered_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=label(_("Answered at")))
    knows_nothing: Mapped[bool] = mapped_column(default=False, info=label(_("The agency knows nothing")))
    closed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=label(_("Closed at")))

    def __str__(self) -> str:
        return str(self.agency)


class AgencyFinding(OfSurvey, Entity):
    """What one body knows of a family on a day; of one body there may be many. A body without a sign-in tells by phone.

    special: of health or convictions, seen by whoever may see those (152-ФЗ, art. 10).
    """

    ASKED_BODY = "agency_id"
    LASTS = ("told_on",)
    __tablename__ = "agency_finding"
    __table_args__ = (listed("agency_finding", "told_on", "id", "group_id", "agency_id"),)
    TITLE, TITLES = _("Finding of an agency"), _("Findings of agencies")
    group: Mapped[SurveyGroup] = relationship(info=label(_("Survey")))
    kind_id: Mapped[int] = mapped_column(ForeignKey("agency_kind.id"), index=True, info=label(_("Kind of agency")))
    kind: Mapped[AgencyKind] = relationship(info=label(_("Kind of agency")))
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"), index=True, info=label(_("Agency")))
    agency: Mapped[Agency | None] = relationship(info=label(_("Agency")))
    told_on: Mapped[date] = mapped_column(Date, info=label(_("As of")))
    told_by: Mapped[str | None] = mapped_column(String(300), info=label(_("Who told it")))
    special: Mapped[bool] = mapped_column(default=False, info=label(_("Of health or convictions")))
    text: Mapped[str] = mapped_column(Text, info=label(_("What the agency knows")))

    def __str__(self) -> str:
        return f"{self.kind}, {self.told_on:%d.%m.%Y}"


class SurveyAct(OfSurvey, Entity):
    """What a group found on one visit. Signed by its leader it is fixed: a correction is the next edition.

    visit: which of the group's visits; edition: which writing of that act, with the reason of the correction.
    is_current: signed, and no later edition is. signed_for: who has entered the leader's signature from a paper act.
    """

    LASTS = ("visit", "edition", "saved_at", "visited_on", "signed_at")
    KNOWN_BY = (("registered_address",), ("actual_address",), ("phones",))
    __tablename__ = "survey_act"
    __table_args__ = (
        UniqueConstraint("group_id", "visit", "edition"),
        listed("survey_act", "visited_on", "id", "group_id"),
        sane("NOT is_current OR signed_at IS NOT NULL", name="current_is_signed"),
        sane("edition = 1 OR reason IS NOT NULL", name="correction_has_a_reason"),
    )
    TITLE, TITLES = _("Survey act"), _("Survey acts")
    ADDING = _("Write a survey act")
    group: Mapped[SurveyGroup] = relationship(back_populates="acts", info=label(_("Survey")))
    visit: Mapped[int] = mapped_column(default=1, info=label(_("Visit")))
    edition: Mapped[int] = mapped_column(default=1, info=label(_("Edition")))
    reason: Mapped[str | None] = mapped_column(String(1000), info=label(_("Reason of the correction")))
    is_current: Mapped[bool] = mapped_column(default=False, info=label(_("In force")))
    saved_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now, info=label(_("Last saved at")))
    saved_by: Mapped[str] = mapped_column(String(200), default="", info=label(_("Last saved by")))

    visited_on: Mapped[date] = mapped_column(Date, info=label(_("Visited on")))
    access: Mapped[terms.SurveyAccess] = mapped_column(term(terms.SurveyAccess), info=label(_("Access to the home")))
    present: Mapped[str | None] = mapped_column(String(1000), info=label(_("Who else was there")))
    registered_address: Mapped[str | None] = mapped_column(String(500), info=label(_("Registered address")))
    actual_address: Mapped[str | None] = mapped_column(String(500), info=label(_("Actual address")))
    phones: Mapped[str | None] = mapped_column(String(200), info=label(_("Phones of the family")))
    income: Mapped[str | None] = mapped_column(Text, info=label(_("Income of the family and its sources")))
    further: Mapped[str | None] = mapped_column(Text, info=label(_("Further information")))
    threat: Mapped[terms.Threat | None] = mapped_column(term(terms.Threat), info=label(_("Threat to life and health")))
    conclusion: Mapped[str | None] = mapped_column(Text, info=label(_("Conclusion")))
    proposals: Mapped[str | None] = mapped_column(Text, info=label(_("Proposals")))

    signed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=label(_("Signed at")))
    signer_id: Mapped[int | None] = mapped_column(ForeignKey("employee.id"), index=True, info=label(_("Signed by")))
    signer: Mapped[Employee | None] = relationship(info=label(_("Signed by")))
    signed_for: Mapped[str | None] = mapped_column(String(200), info=label(_("Signature entered from paper by")))

    marks: Mapped[list[SurveyMark]] = relationship(back_populates="act", order_by="SurveyMark.id")
    persons: Mapped[list[SurveyPerson]] = relationship(back_populates="act", order_by="SurveyPerson.id")

    @property
    def title(self) -> str:
        """Which visit and which edition, where there are several."""
        parts = [f"выход {self.visit}"] if self.visit > 1 else []
        parts += [f"редакция {self.edition}"] if self.edition > 1 else []
        return ", ".join([f"{self.visited_on:%d.%m.%Y}", *parts])

    @property
    def composition(self) -> list[SurveyPerson]:
        """The family as the act has it."""
        return [person for person in self.persons if person.annulled_at is None]

    def __str__(self) -> str:
        return self.title


class SurveyMark(OfSurvey, Entity):
    """What an act says under one heading: how far it is there, and a line of text."""

    __tablename__ = "survey_mark"
    __table_args__ = (
        UniqueConstraint("act_id", "heading"),
        Index("ix_survey_mark_heading_level", "heading", "level", "act_id"),
    )
    TITLE, TITLES = _("Heading of a survey act"), _("Headings of survey acts")
    group: Mapped[SurveyGroup] = relationship(info=label(_("Survey")))
    act_id: Mapped[int] = mapped_column(ForeignKey("survey_act.id"), info=label(_("Survey act")))
    act: Mapped[SurveyAct] = relationship(back_populates="marks", info=label(_("Survey act")))
    heading: Mapped[terms.SurveyHeading] = mapped_column(term(terms.SurveyHeading), info=label(_("Heading")))
    level: Mapped[terms.SurveyLevel | None] = mapped_column(
        term(terms.SurveyLevel), info=label(_("How far it is there"))
    )
    note: Mapped[str | None] = mapped_column(Text, info=label(_("Note")))

    def __str__(self) -> str:
        return str(self.heading)


class SurveyPerson(OfSurvey, Entity):
    """A person of the family as the group found it."""

    GOES = ("born_on",)
    KNOWN_BY = (("last_name", "first_name"),)
    __tablename__ = "survey_person"
    TITLE, TITLES = _("Person of a survey act"), _("Persons of survey acts")
    group: Mapped[SurveyGroup] = relationship(info=label(_("Survey")))
    act_id: Mapped[int] = mapped_column(ForeignKey("survey_act.id"), index=True, info=label(_("Survey act")))
    act: Mapped[SurveyAct] = relationship(back_populates="persons", info=label(_("Survey act")))
    role: Mapped[terms.ParentalRole | None] = mapped_column(
        term(terms.ParentalRole), info=label(_("Role in the family"))
    )
    last_name: Mapped[str | None] = mapped_column(String(100), info=label(_("Last name")))
    first_name: Mapped[str | None] = mapped_column(String(100), info=label(_("First name")))
    middle_name: Mapped[str | None] = mapped_column(String(100), info=label(_("Middle name")))
    born_on: Mapped[date | None] = mapped_column(Date, info=label(_("Birth date")))
    sex: Mapped[terms.Sex | None] = mapped_column(term(terms.Sex), info=label(_("Sex")))
    occupation: Mapped[str | None] = mapped_column(String(300), info=label(_("Where one works or learns")))
    note: Mapped[str | None] = mapped_column(String(1000), info=label(_("Note")))

    @property
    def full_name(self) -> str:
        return names.full(self.last_name, self.first_name, self.middle_name)

    def __str__(self) -> str:
        return self.full_name or "имя не известно"


class SurveyScan(Scanned, OfSurvey, Entity):
    """A photo of a visit, or the scan of an act that was written on paper."""

    __tablename__ = "survey_scan"
    TITLE, TITLES = _("Photo or scan of a survey"), _("Photos and scans of surveys")
    group: Mapped[SurveyGroup] = relationship(back_populates="scans", info=label(_("Survey")))
    title: Mapped[str | None] = mapped_column(String(200), info=label(_("Title")))

    def __str__(self) -> str:
        return self.title or self.file_name
