"""Territories, bodies, the people who work there and the families given to them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from flask_appbuilder.security.sqla.models import User
from flask_babel import lazy_gettext as _
from sqlalchemy import (
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain import names, terms
from app.entities.kinds import (
    Annullable,
    Dated,
    Entity,
    OfAgency,
    OfFamily,
    OfTerritory,
    Versioned,
    Whose,
    derived,
    label,
    listed,
    sane,
    sought,
    term,
)

if TYPE_CHECKING:
    from app.entities.dictionaries import AgencyKind
    from app.entities.families import Family


class Territory(OfTerritory, Versioned, Entity):
    """A node of the tree: region, district (городской округ), settlement.

    rural: whether it lies in the country; where that is not said, its name tells it (131-ФЗ, art. 2).
    """

    OWNER = "id"
    ADMINISTERED = ("parent_id", "kind")
    __tablename__ = "territory"
    __table_args__ = (UniqueConstraint("parent_id", "name_key"),)
    TITLE, TITLES = _("Territory"), _("Territories")
    ADDING = _("Add a territory")
    name: Mapped[str] = mapped_column(String(200), info=label(_("Name")))
    name_key: Mapped[str] = mapped_column(String(200), index=True, info=derived(_("Search key")))
    kind: Mapped[terms.TerritoryKind] = mapped_column(term(terms.TerritoryKind), info=label(_("Level")))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("territory.id"), index=True, info=label(_("Belongs to")))
    parent: Mapped[Territory | None] = relationship(
        remote_side="Territory.id", back_populates="parts", info=label(_("Belongs to"))
    )
    rural: Mapped[bool | None] = mapped_column(info=label(_("Rural area")))
    parts: Mapped[list[Territory]] = relationship(back_populates="parent", info=label(_("Parts")))
    aliases: Mapped[list[TerritoryAlias]] = relationship(
        back_populates="territory", cascade="all, delete-orphan", info=label(_("Aliases"))
    )

    def __str__(self) -> str:
        return self.name


class TerritoryAlias(OfTerritory, Versioned, Entity):
    """Another way a territory is written: «Н.Челны»."""

    __tablename__ = "territory_alias"
    TITLE, TITLES = _("Alias of territory"), _("Aliases of territories")
    ADDING = _("Add an alias of a territory")
    territory_id: Mapped[int] = mapped_column(ForeignKey("territory.id"), index=True, info=label(_("Territory")))
    territory: Mapped[Territory] = relationship(back_populates="aliases", info=label(_("Territory")))
    name: Mapped[str] = mapped_column(String(200), info=label(_("Alias")))
    name_key: Mapped[str] = mapped_column(String(200), index=True, info=derived(_("Search key")))

    def __str__(self) -> str:
        return self.name


class ChildPopulation(OfTerritory, Versioned, Entity):
    """Children living on a territory at a date, from statistics (Приложение 4, column 3)."""

    __tablename__ = "child_population"
    __table_args__ = (
        UniqueConstraint("territory_id", "counted_on"),
        CheckConstraint("children >= 0", name="children_not_negative"),
    )
    TITLE, TITLES = _("Child population"), _("Child population")
    ADDING = _("Add child population")
    territory_id: Mapped[int] = mapped_column(ForeignKey("territory.id"), index=True, info=label(_("Territory")))
    territory: Mapped[Territory] = relationship(info=label(_("Territory")))
    counted_on: Mapped[date] = mapped_column(Date, info=label(_("As of")))
    children: Mapped[int] = mapped_column(info=label(_("Children")))
    source: Mapped[str | None] = mapped_column(String(200), info=label(_("Source")))

    def __str__(self) -> str:
        return f"{self.territory}: {self.children}"


class Agency(OfTerritory, Versioned, Entity):
    """A body or institution of the prevention system."""

    LONG = True
    __tablename__ = "agency"
    __table_args__ = (UniqueConstraint("kind_id", "territory_id", "name_key"),)
    TITLE, TITLES = _("Agency"), _("Agencies")
    ADDING = _("Add an agency")
    name: Mapped[str] = mapped_column(String(300), info=label(_("Name")))
    name_key: Mapped[str] = mapped_column(String(300), index=True, info=derived(_("Search key")))
    kind_id: Mapped[int] = mapped_column(ForeignKey("agency_kind.id"), index=True, info=label(_("Kind of agency")))
    kind: Mapped[AgencyKind] = relationship(info=label(_("Kind of agency")))
    territory_id: Mapped[int] = mapped_column(ForeignKey("territory.id"), index=True, info=label(_("Territory")))
    territory: Mapped[Territory] = relationship(info=label(_("Territory")))
    head: Mapped[str | None] = mapped_column(String(200), info=label(_("Head of the agency")))
    phone: Mapped[str | None] = mapped_column(String(100), info=label(_("Phone")))
    address: Mapped[str | None] = mapped_column(String(300), info=label(_("Address")))
    told_at_once: Mapped[bool] = mapped_column(default=False, info=label(_("Told at once of an emergency")))
    sits_as: Mapped[terms.Sitting | None] = mapped_column(term(terms.Sitting), info=label(_("Holds meetings as")))
    number_pattern: Mapped[str | None] = mapped_column(String(40), info=label(_("Pattern of numbers of decisions")))
    closed: Mapped[bool] = mapped_column(default=False, info=label(_("No longer used")))

    def __str__(self) -> str:
        return self.name


class Employee(OfAgency, Versioned, Entity):
    """A person of an agency; may have a sign-in."""

    ADMINISTERED = ("user_id",)
    LONG = True
    __tablename__ = "employee"
    TITLE, TITLES = _("Employee"), _("Employees")
    ADDING = _("Add an employee")
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), index=True, info=label(_("Agency")))
    agency: Mapped[Agency] = relationship(info=label(_("Agency")))
    last_name: Mapped[str] = mapped_column(String(100), index=True, info=label(_("Last name")))
    first_name: Mapped[str] = mapped_column(String(100), info=label(_("First name")))
    middle_name: Mapped[str | None] = mapped_column(String(100), info=label(_("Middle name")))
    position: Mapped[str | None] = mapped_column(String(200), info=label(_("Position")))
    phone: Mapped[str | None] = mapped_column(String(100), info=label(_("Phone")))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"), unique=True, info=label(_("Sign-in")))
    user: Mapped[User | None] = relationship(info=label(_("Sign-in")))
    dismissed: Mapped[bool] = mapped_column(default=False, info=label(_("Dismissed")))

    @property
    def full_name(self) -> str:
        return names.full(self.last_name, self.first_name, self.middle_name)

    def __str__(self) -> str:
        return self.full_name


class Mentor(OfFamily, Entity):
    """An employee who guides a family from … to … (Положение, 3.6.3)."""

    LASTS = ("started_on", "ended_on")
    __tablename__ = "mentor"
    __table_args__ = (
        listed("mentor", "started_on", "id", "family_id"),
        sought("mentor", "ended_on", "id", "family_id"),
        Index("ix_mentor_of_employee", "employee_id", "ended_on", "family_id", "started_on", "annulled_at"),
        Index("ix_mentor_of_family", "family_id", "employee_id", "ended_on", "started_on", "annulled_at"),
        sane("ended_on >= started_on", name="ended_after_start"),
    )
    TITLE, TITLES = _("Mentor"), _("Mentors")
    ADDING = _("Add a mentor")
    employee_id: Mapped[int] = mapped_column(ForeignKey("employee.id"), info=label(_("Employee")))
    employee: Mapped[Employee] = relationship(info=label(_("Employee")))
    started_on: Mapped[date] = mapped_column(Date, info=label(_("Since")))
    ended_on: Mapped[date | None] = mapped_column(Date, info=label(_("Until")))

    def __str__(self) -> str:
        return str(self.employee)


class Assignment(Annullable, Dated, Versioned, Entity):
    """A commission member sees a family, or all families of a territory, from … to …"""

    WHOSE = Whose.GIVEN
    LASTS = ("started_on", "ended_on")
    __tablename__ = "assignment"
    __table_args__ = (
        sane("ended_on >= started_on", name="ended_after_start"),
        sane("(family_id IS NULL) <> (territory_id IS NULL)", name="family_or_territory"),
    )
    TITLE, TITLES = _("Assignment"), _("Assignments")
    ADDING = _("Add an assignment")
    employee_id: Mapped[int] = mapped_column(ForeignKey("employee.id"), index=True, info=label(_("Commission member")))
    employee: Mapped[Employee] = relationship(info=label(_("Commission member")))
    family_id: Mapped[int | None] = mapped_column(ForeignKey("family.id"), index=True, info=label(_("Family")))
    family: Mapped[Family | None] = relationship(info=label(_("Family")))
    territory_id: Mapped[int | None] = mapped_column(ForeignKey("territory.id"), index=True, info=label(_("Territory")))
    territory: Mapped[Territory | None] = relationship(info=label(_("Territory")))
    started_on: Mapped[date] = mapped_column(Date, info=label(_("Since")))
    ended_on: Mapped[date | None] = mapped_column(Date, info=label(_("Until")))

    def __str__(self) -> str:
        return f"{self.employee}: {self.family or self.territory}"
