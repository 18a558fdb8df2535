"""Surveys: a group visits a family, writes an act of what it found, and asks bodies for what they know."""

from __future__ import annotations

import secrets
from datetime import date
from typing import TYPE_CHECKING

from flask_appbuilder import Model
from flask_babel import lazy_gettext as _
from sqlalchemy import (
    Column,
    Date,
    ForeignKey,
    String,
    Table,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.entities.kinds import (
    Annullable,
    Dated,
    Entity,
    Versioned,
    Whose,
    label,
    listed,
    sane,
)

if TYPE_CHECKING:
    from app.entities.families import Family
    from app.entities.places import Employee, Territory
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
