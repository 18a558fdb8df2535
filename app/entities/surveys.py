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
    String,
    Table,
    Text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.entities.kinds import (
    Annullable,
    Dated,
    Entity,
    OfSurvey,
    Versioned,
    Whose,
    label,
    listed,
    live,
    sane,
)

if TYPE_CHECKING:
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

    def __str__(self) -> str:
        return f"{_('Survey')} № {self.id}"


class AgencyInquiry(OfSurvey, Entity):
    """A body is asked what it knows of a family that is surveyed; it answers by findings, or that it knows nothing.

    The body's people add to what they told, and correct it, until whoever asked closes the inquiry.
    """

    ASKED_BODY = "agency_id"
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
