"""Every entity of the bank, in the order a family meets them.

Columns, relations, named constraints and titles; no queries, rules or formatting. A label is said once, in `info`;
lists, forms, filters, the exchange and the journal read it there.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar

from flask_appbuilder import Model
from flask_appbuilder.security.sqla.models import Role, User
from flask_babel import lazy_gettext as _
from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Date,
    DateTime,
    Enum,
    ForeignKey,
    Index,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship
from sqlalchemy.types import TypeDecorator

from app.clock import now
from app.domain import names, terms

__all__ = ["Model", "Role", "User"]


class Money(TypeDecorator[Decimal]):
    """Roubles as exact Decimals with two places, kept as whole kopecks so that sums are exact in every database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        return None if value is None else int((Decimal(value) * 100).to_integral_value())

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(int(value)) / 100


def term(enum: type[terms.Term]) -> Enum:
    """A column type for a closed list: the member's code is stored, as text."""
    return Enum(enum, native_enum=False, length=20, values_callable=lambda members: [m.value for m in members])


def label(text: Any) -> dict[str, Any]:
    """The `info` of a column or relation: what people call it."""
    return {"label": text}


def live(*columns: str, name: str) -> Index:
    """A unique index over the rows that are not annulled."""
    condition = text("annulled_at IS NULL")
    return Index(name, *columns, unique=True, sqlite_where=condition, postgresql_where=condition)


class Entity(Model):
    """What every entity has: a key, and titles for one and for many."""

    __abstract__ = True
    TITLE: ClassVar[Any]
    TITLES: ClassVar[Any]

    id: Mapped[int] = mapped_column(primary_key=True, info=label("ID"))


class Dated:
    """When a row was entered, for rows whose entry date matters."""

    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now, info=label(_("Entered")))


class Annullable:
    """Nothing is deleted: a wrong entry is annulled with a reason and leaves every figure (Положение, retention)."""

    annulled_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=label(_("Annulled")))
    annul_reason: Mapped[str | None] = mapped_column(String(500), info=label(_("Reason of annulment")))


class Versioned:
    """Optimistic locking: the second of two people who save one row is told, not overwritten."""

    version: Mapped[int] = mapped_column(default=1, info=label(_("Version")))

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:
        return {"version_id_col": cls.version}


class OfFamily(Annullable, Dated, Versioned):
    """A row that belongs to one family: `access` shows it to whoever may see the family, and to nobody else."""

    family_id: Mapped[int] = mapped_column(ForeignKey("family.id"), index=True, info=label(_("Family")))

    @declared_attr
    def family(cls) -> Mapped[Family]:
        return relationship("Family", info=label(_("Family")))


class OfMember(OfFamily):
    """A row about one member; its family is the member's family (kept in step at every flush)."""

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True, info=label(_("Family member")))

    @declared_attr
    def member(cls) -> Mapped[Member]:
        return relationship("Member", info=label(_("Family member")))


class Dictionary:
    """A list that a municipality edits. The code is text: «1.1» is not «1.10». A retired row stays for old records."""

    code: Mapped[str] = mapped_column(String(30), unique=True, info=label(_("Code")))
    name: Mapped[str] = mapped_column(String(400), info=label(_("Name")))
    position: Mapped[int] = mapped_column(default=0, info=label(_("Order")))
    retired: Mapped[bool] = mapped_column(default=False, info=label(_("No longer used")))

    def __str__(self) -> str:
        return self.name


# Dictionaries


class AgencyKind(Dictionary, Entity):
    """A kind of body that files record cards: column 5.1–5.9 of Приложение 4, or a body of the РТ slides."""

    __tablename__ = "agency_kind"
    TITLE, TITLES = _("Kind of agency"), _("Kinds of agencies")
    scheme: Mapped[str] = mapped_column(String(20), default="appendix4", info=label(_("Scheme")))
    kind: Mapped[str] = mapped_column(String(30), info=label(_("Kind")))

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Criterion(Dictionary, Entity):
    """A sign of a socially dangerous position (Положение, section 2). The root of the code is the column 13–17."""

    __tablename__ = "criterion"
    TITLE, TITLES = _("Criterion"), _("Criteria")
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("criterion.id"), index=True, info=label(_("Part of")))
    parent: Mapped[Criterion | None] = relationship(remote_side="Criterion.id", info=label(_("Part of")))

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class RemovalReason(Dictionary, Entity):
    """Why a family leaves the record (Приложение 4, columns 11.1–11.4)."""

    __tablename__ = "removal_reason"
    TITLE, TITLES = _("Reason of removal"), _("Reasons of removal")
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("removal_reason.id"), index=True, info=label(_("Part of")))
    parent: Mapped[RemovalReason | None] = relationship(remote_side="RemovalReason.id", info=label(_("Part of")))
    children_line: Mapped[terms.ChildrenLine] = mapped_column(
        term(terms.ChildrenLine), info=label(_("Line of children taken off"))
    )

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class FamilyCategory(Dictionary, Entity):
    """Многодетная, малообеспеченная, … The flag says which figure of line 1.1 of Приложение 4 counts it."""

    __tablename__ = "family_category"
    TITLE, TITLES = _("Category of family"), _("Categories of families")
    group: Mapped[str] = mapped_column(String(30), default="other", info=label(_("Group")))
    appendix4_flag: Mapped[str | None] = mapped_column(String(20), info=label(_("Flag of the quarterly form")))


class RelationshipKind(Dictionary, Entity):
    """The role of a member in the family, and where the record card prints it."""

    __tablename__ = "relationship_kind"
    TITLE, TITLES = _("Role in the family"), _("Roles in the family")
    parental_role: Mapped[terms.ParentalRole] = mapped_column(
        term(terms.ParentalRole), default=terms.ParentalRole.OTHER, info=label(_("Place on the record card"))
    )


class IdentityKind(Dictionary, Entity):
    """A kind of identity document."""

    __tablename__ = "identity_kind"
    TITLE, TITLES = _("Kind of identity document"), _("Kinds of identity documents")


class EducationStatus(Dictionary, Entity):
    """What a child does by day; the line of section 2.2 of Приложение 4 it is counted in."""

    __tablename__ = "education_status"
    TITLE, TITLES = _("Education status"), _("Education statuses")
    appendix4_line: Mapped[str] = mapped_column(String(40), info=label(_("Line of the quarterly form")))


class SupervisionKind(Dictionary, Entity):
    """Another body's record: ПДН, КДН, внутришкольный учёт, … Special: of health or convictions (152-ФЗ, art. 10)."""

    __tablename__ = "supervision_kind"
    TITLE, TITLES = _("Kind of supervision"), _("Kinds of supervision")
    basis: Mapped[str | None] = mapped_column(String(100), info=label(_("Basis")))
    special: Mapped[bool] = mapped_column(default=False, info=label(_("Health or convictions")))


class AidKind(Dictionary, Entity):
    """A kind of aid; the line of Приложение 4 it is counted in."""

    __tablename__ = "aid_kind"
    TITLE, TITLES = _("Kind of aid"), _("Kinds of aid")
    group: Mapped[str] = mapped_column(String(100), info=label(_("Group")))
    unit: Mapped[str] = mapped_column(String(20), info=label(_("Unit")))
    has_amount: Mapped[bool] = mapped_column(default=False, info=label(_("Has an amount")))
    appendix4_line: Mapped[str | None] = mapped_column(String(40), info=label(_("Line of the quarterly form")))

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class MeasureBlock(Dictionary, Entity):
    """A block of the catalogue of measures."""

    __tablename__ = "measure_block"
    TITLE, TITLES = _("Block of measures"), _("Blocks of measures")


class MeasureKind(Dictionary, Entity):
    """A measure of the catalogue."""

    __tablename__ = "measure_kind"
    TITLE, TITLES = _("Measure"), _("Catalogue of measures")
    block_id: Mapped[int] = mapped_column(
        ForeignKey("measure_block.id"), index=True, info=label(_("Block of measures"))
    )
    block: Mapped[MeasureBlock] = relationship(info=label(_("Block of measures")))

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class DynamicsLevel(Dictionary, Entity):
    """How far a family has come."""

    __tablename__ = "dynamics_level"
    TITLE, TITLES = _("Level of dynamics"), _("Levels of dynamics")


class FamilyReaction(Dictionary, Entity):
    """How a family meets the work with it."""

    __tablename__ = "family_reaction"
    TITLE, TITLES = _("Reaction of family"), _("Reactions of families")


class StageKind(Dictionary, Entity):
    """A kind of stage of a rehabilitation programme."""

    __tablename__ = "stage_kind"
    TITLE, TITLES = _("Kind of stage"), _("Kinds of stages")
    default_months: Mapped[int] = mapped_column(default=6, info=label(_("Usual length, months")))
    note: Mapped[str | None] = mapped_column(String(200), info=label(_("Note")))


class SignalCardOutcome(Dictionary, Entity):
    """How the review of a signal card may end."""

    __tablename__ = "signal_card_outcome"
    TITLE, TITLES = _("Outcome of a signal card"), _("Outcomes of signal cards")
    effect: Mapped[str] = mapped_column(String(30), info=label(_("Effect")))


class Deadline(Dictionary, Entity):
    """A clock of the Положение: what starts it, who answers, how long, by which clause."""

    __tablename__ = "deadline"
    TITLE, TITLES = _("Deadline"), _("Deadlines")
    actor: Mapped[str] = mapped_column(String(200), info=label(_("Who answers")))
    counted_from: Mapped[str] = mapped_column(String(200), info=label(_("Counted from")))
    limit: Mapped[str] = mapped_column(String(60), info=label(_("Limit")))
    unit: Mapped[terms.Unit] = mapped_column(term(terms.Unit), info=label(_("Unit")))
    source: Mapped[str | None] = mapped_column(String(400), info=label(_("Source")))


# Territories, bodies, people who work


class Territory(Entity):
    """A node of the tree: region, district (городской округ), settlement."""

    __tablename__ = "territory"
    __table_args__ = (UniqueConstraint("parent_id", "name_key"),)
    TITLE, TITLES = _("Territory"), _("Territories")
    name: Mapped[str] = mapped_column(String(200), info=label(_("Name")))
    name_key: Mapped[str] = mapped_column(String(200), index=True, info=label(_("Search key")))
    kind: Mapped[terms.TerritoryKind] = mapped_column(term(terms.TerritoryKind), info=label(_("Level")))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("territory.id"), index=True, info=label(_("Belongs to")))
    parent: Mapped[Territory | None] = relationship(
        remote_side="Territory.id", back_populates="parts", info=label(_("Belongs to"))
    )
    parts: Mapped[list[Territory]] = relationship(back_populates="parent", info=label(_("Parts")))
    aliases: Mapped[list[TerritoryAlias]] = relationship(
        back_populates="territory", cascade="all, delete-orphan", info=label(_("Aliases"))
    )

    def __str__(self) -> str:
        return self.name


class TerritoryAlias(Entity):
    """Another way a territory is written: «Н.Челны»."""

    __tablename__ = "territory_alias"
    TITLE, TITLES = _("Alias of territory"), _("Aliases of territories")
    territory_id: Mapped[int] = mapped_column(ForeignKey("territory.id"), index=True, info=label(_("Territory")))
    territory: Mapped[Territory] = relationship(back_populates="aliases", info=label(_("Territory")))
    name: Mapped[str] = mapped_column(String(200), info=label(_("Alias")))
    name_key: Mapped[str] = mapped_column(String(200), index=True, info=label(_("Search key")))

    def __str__(self) -> str:
        return self.name


class ChildPopulation(Entity):
    """Children living on a territory at a date, from statistics (Приложение 4, column 3)."""

    __tablename__ = "child_population"
    __table_args__ = (UniqueConstraint("territory_id", "counted_on"),)
    TITLE, TITLES = _("Child population"), _("Child population")
    territory_id: Mapped[int] = mapped_column(ForeignKey("territory.id"), index=True, info=label(_("Territory")))
    territory: Mapped[Territory] = relationship(info=label(_("Territory")))
    counted_on: Mapped[date] = mapped_column(Date, info=label(_("As of")))
    children: Mapped[int] = mapped_column(info=label(_("Children")))
    source: Mapped[str | None] = mapped_column(String(200), info=label(_("Source")))

    def __str__(self) -> str:
        return f"{self.territory}: {self.children}"


class Agency(Entity):
    """A body or institution of the prevention system."""

    __tablename__ = "agency"
    __table_args__ = (UniqueConstraint("kind_id", "territory_id", "name_key"),)
    TITLE, TITLES = _("Agency"), _("Agencies")
    name: Mapped[str] = mapped_column(String(300), info=label(_("Name")))
    name_key: Mapped[str] = mapped_column(String(300), index=True, info=label(_("Search key")))
    kind_id: Mapped[int] = mapped_column(ForeignKey("agency_kind.id"), index=True, info=label(_("Kind of agency")))
    kind: Mapped[AgencyKind] = relationship(info=label(_("Kind of agency")))
    territory_id: Mapped[int] = mapped_column(ForeignKey("territory.id"), index=True, info=label(_("Territory")))
    territory: Mapped[Territory] = relationship(info=label(_("Territory")))
    head: Mapped[str | None] = mapped_column(String(200), info=label(_("Head of the agency")))
    phone: Mapped[str | None] = mapped_column(String(100), info=label(_("Phone")))
    address: Mapped[str | None] = mapped_column(String(300), info=label(_("Address")))
    closed: Mapped[bool] = mapped_column(default=False, info=label(_("No longer used")))

    def __str__(self) -> str:
        return self.name


class Employee(Entity):
    """A person of an agency; may have a sign-in."""

    __tablename__ = "employee"
    TITLE, TITLES = _("Employee"), _("Employees")
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


# The family


family_categories = Table(
    "family_categories",
    Model.metadata,
    Column("family_id", ForeignKey("family.id"), primary_key=True),
    Column("category_id", ForeignKey("family_category.id"), primary_key=True, index=True),
)


class Family(Annullable, Dated, Versioned, Entity):
    """A family of the bank. It is permanent: its stays on record are `Registration`s.

    The district numbers its families; a number stays when the family moves within the district.
    `search_key` and `SearchWord` hold its number, the names of its members and its addresses as keys.
    """

    __tablename__ = "family"
    __table_args__ = (
        live("district_id", "number", name="uq_family_district_id_number"),
        Index("ix_family_territory_id_sort_key", "territory_id", "sort_key"),
    )
    TITLE, TITLES = _("Family"), _("Families")
    number: Mapped[str] = mapped_column(String(20), index=True, info=label(_("Card number")))
    district_id: Mapped[int] = mapped_column(ForeignKey("territory.id"), index=True, info=label(_("District")))
    district: Mapped[Territory] = relationship(foreign_keys=[district_id], info=label(_("District")))
    territory_id: Mapped[int] = mapped_column(ForeignKey("territory.id"), index=True, info=label(_("Territory")))
    territory: Mapped[Territory] = relationship(foreign_keys=[territory_id], info=label(_("Territory")))
    name: Mapped[str] = mapped_column(String(200), default="", info=label(_("Short name")))
    categories: Mapped[list[FamilyCategory]] = relationship(
        secondary=family_categories, order_by="FamilyCategory.position", info=label(_("Categories of family"))
    )
    stated_size: Mapped[int | None] = mapped_column(info=label(_("Number of members")))
    income_per_member: Mapped[Decimal | None] = mapped_column(Money, info=label(_("Income per member, roubles")))
    income_source: Mapped[str | None] = mapped_column(String(300), info=label(_("Source of income")))
    registered_address: Mapped[str | None] = mapped_column(String(500), info=label(_("Registered address")))
    actual_address: Mapped[str | None] = mapped_column(String(500), info=label(_("Actual address")))
    additional: Mapped[str | None] = mapped_column(Text, info=label(_("Additional information")))
    sort_key: Mapped[str] = mapped_column(String(300), default="", index=True, info=label(_("Sort key")))
    search_key: Mapped[str] = mapped_column(Text, default="", info=label(_("Search key")))

    members: Mapped[list[Member]] = relationship(back_populates="family", order_by="Member.id")
    registrations: Mapped[list[Registration]] = relationship(
        back_populates="family", order_by="Registration.registered_on"
    )

    @property
    def title(self) -> str:
        return f"№ {self.number} {self.name}".strip()

    @property
    def stay(self) -> Registration | None:
        """The stay on record that is open, else the last one; None if the family was never on record."""
        stays = [stay for stay in self.registrations if stay.annulled_at is None]
        return next((stay for stay in stays if stay.removed_on is None), stays[-1] if stays else None)

    def __str__(self) -> str:
        return self.title


class SearchWord(Model):
    """A word by which a family is found (see `domain.names.words`). Ordered by bytes, so that a prefix is a range."""

    __tablename__ = "search_word"
    word: Mapped[str] = mapped_column(
        String(100).with_variant(String(100, collation="C"), "postgresql"), primary_key=True
    )
    family_id: Mapped[int] = mapped_column(ForeignKey("family.id"), primary_key=True, index=True)


class Member(OfFamily, Entity):
    """A person in a family, with dated membership. A minor is computed for a day, never stored."""

    __tablename__ = "member"
    __table_args__ = (Index("ix_member_family_id_born_on", "family_id", "born_on"),)
    TITLE, TITLES = _("Family member"), _("Family members")
    family: Mapped[Family] = relationship(back_populates="members", info=label(_("Family")))
    role_id: Mapped[int | None] = mapped_column(
        ForeignKey("relationship_kind.id"), index=True, info=label(_("Role in the family"))
    )
    role: Mapped[RelationshipKind | None] = relationship(info=label(_("Role in the family")))
    last_name: Mapped[str] = mapped_column(String(100), info=label(_("Last name")))
    first_name: Mapped[str] = mapped_column(String(100), info=label(_("First name")))
    middle_name: Mapped[str | None] = mapped_column(String(100), info=label(_("Middle name")))
    sort_key: Mapped[str] = mapped_column(String(350), default="", index=True, info=label(_("Sort key")))
    sex: Mapped[terms.Sex | None] = mapped_column(term(terms.Sex), info=label(_("Sex")))
    born_on: Mapped[date | None] = mapped_column(Date, index=True, info=label(_("Birth date")))
    workplace: Mapped[str | None] = mapped_column(String(300), info=label(_("Workplace and position")))
    joined_on: Mapped[date | None] = mapped_column(Date, info=label(_("In the family since")))
    left_on: Mapped[date | None] = mapped_column(Date, info=label(_("Left the family on")))

    documents: Mapped[list[IdentityDocument]] = relationship(back_populates="member", order_by="IdentityDocument.id")
    educations: Mapped[list[Education]] = relationship(back_populates="member", order_by="Education.started_on")
    supports: Mapped[list[PupilSupport]] = relationship(
        back_populates="member", order_by="(PupilSupport.year, PupilSupport.quarter)"
    )
    supervisions: Mapped[list[Supervision]] = relationship(back_populates="member", order_by="Supervision.started_on")

    @property
    def full_name(self) -> str:
        return names.full(self.last_name, self.first_name, self.middle_name)

    def __str__(self) -> str:
        return self.full_name


class IdentityDocument(OfMember, Entity):
    """A document that proves identity."""

    __tablename__ = "identity_document"
    TITLE, TITLES = _("Identity document"), _("Identity documents")
    member: Mapped[Member] = relationship(back_populates="documents", info=label(_("Family member")))
    kind_id: Mapped[int | None] = mapped_column(
        ForeignKey("identity_kind.id"), index=True, info=label(_("Kind of document"))
    )
    kind: Mapped[IdentityKind | None] = relationship(info=label(_("Kind of document")))
    series: Mapped[str | None] = mapped_column(String(30), info=label(_("Series")))
    number: Mapped[str | None] = mapped_column(String(30), info=label(_("Number")))
    issued_on: Mapped[date | None] = mapped_column(Date, info=label(_("Issued on")))
    issued_by: Mapped[str | None] = mapped_column(String(300), info=label(_("Issued by")))

    def __str__(self) -> str:
        return " ".join(str(part) for part in (self.kind, self.series, self.number) if part)


class Education(OfMember, Entity):
    """What a child does by day from a date on; the last one begun on or before a day holds on it until it ends."""

    __tablename__ = "education"
    __table_args__ = (live("member_id", "started_on", name="uq_education_member_id_started_on"),)
    TITLE, TITLES = _("Education, occupation"), _("Education, occupation")
    member: Mapped[Member] = relationship(back_populates="educations", info=label(_("Family member")))
    started_on: Mapped[date] = mapped_column(Date, info=label(_("Since")))
    ended_on: Mapped[date | None] = mapped_column(Date, info=label(_("Until")))
    status_id: Mapped[int | None] = mapped_column(
        ForeignKey("education_status.id"), index=True, info=label(_("Education status"))
    )
    status: Mapped[EducationStatus | None] = relationship(info=label(_("Education status")))
    organisation: Mapped[str | None] = mapped_column(String(300), info=label(_("Educational organisation")))
    grade: Mapped[str | None] = mapped_column(String(60), info=label(_("Class, group")))

    def __str__(self) -> str:
        return ", ".join(str(part) for part in (self.organisation, self.grade) if part) or str(self.status or "")


class PupilSupport(OfMember, Entity):
    """How a pupil is cared for in one quarter (Положение, 3.6.4). None: not known."""

    __tablename__ = "pupil_support"
    __table_args__ = (live("member_id", "year", "quarter", name="uq_pupil_support_member_id_year_quarter"),)
    TITLE, TITLES = _("Pupil support"), _("Pupil support")
    member: Mapped[Member] = relationship(back_populates="supports", info=label(_("Family member")))
    year: Mapped[int] = mapped_column(info=label(_("Year")))
    quarter: Mapped[int] = mapped_column(info=label(_("Quarter")))
    attendance: Mapped[str | None] = mapped_column(String(300), info=label(_("Attendance")))
    progress: Mapped[str | None] = mapped_column(String(300), info=label(_("Progress")))
    free_meals: Mapped[bool | None] = mapped_column(info=label(_("Free meals")))
    free_textbooks: Mapped[bool | None] = mapped_column(info=label(_("Free textbooks")))
    leisure: Mapped[bool | None] = mapped_column(info=label(_("Leisure after school")))
    holidays: Mapped[terms.HolidayActivity | None] = mapped_column(
        term(terms.HolidayActivity), info=label(_("Holidays"))
    )
    note: Mapped[str | None] = mapped_column(String(500), info=label(_("Note")))

    def __str__(self) -> str:
        return f"{self.quarter} кв. {self.year}"


class Supervision(OfMember, Entity):
    """A member stands on another body's record from … to …"""

    __tablename__ = "supervision"
    TITLE, TITLES = _("Supervision by another body"), _("Supervision by other bodies")
    member: Mapped[Member] = relationship(back_populates="supervisions", info=label(_("Family member")))
    kind_id: Mapped[int] = mapped_column(
        ForeignKey("supervision_kind.id"), index=True, info=label(_("Kind of supervision"))
    )
    kind: Mapped[SupervisionKind] = relationship(info=label(_("Kind of supervision")))
    started_on: Mapped[date | None] = mapped_column(Date, info=label(_("Since")))
    ended_on: Mapped[date | None] = mapped_column(Date, info=label(_("Until")))
    note: Mapped[str | None] = mapped_column(String(300), info=label(_("Note")))

    def __str__(self) -> str:
        return str(self.kind)


# On record


class Decision(OfFamily, Entity):
    """A decision of the commission about a family (Положение, 3.1 and 3.5)."""

    __tablename__ = "decision"
    TITLE, TITLES = _("Decision"), _("Decisions")
    kind: Mapped[terms.DecisionKind] = mapped_column(term(terms.DecisionKind), info=label(_("Kind of decision")))
    number: Mapped[str | None] = mapped_column(String(40), index=True, info=label(_("Number of decision")))
    decided_on: Mapped[date] = mapped_column(Date, index=True, info=label(_("Date of decision")))
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"), index=True, info=label(_("Commission")))
    agency: Mapped[Agency | None] = relationship(info=label(_("Commission")))
    note: Mapped[str | None] = mapped_column(String(500), info=label(_("Note")))

    def __str__(self) -> str:
        return f"№ {self.number or 'б/н'} от {self.decided_on:%d.%m.%Y}"


class Registration(OfFamily, Entity):
    """One stay on record: from a decision to a decision. Stays of one family never overlap.

    `received_on` is the day the copy of the decision and the card came; from it 3 days run to enter the family
    (Положение, 3.2); `entered_on` stops that clock.
    """

    __tablename__ = "registration"
    __table_args__ = (
        Index("ix_registration_registered_on_removed_on", "registered_on", "removed_on"),
        live("family_id", "registered_on", name="uq_registration_family_id_registered_on"),
    )
    TITLE, TITLES = _("Registration"), _("Registrations")
    family: Mapped[Family] = relationship(back_populates="registrations", info=label(_("Family")))
    sender_id: Mapped[int | None] = mapped_column(
        ForeignKey("agency.id"), index=True, info=label(_("Agency that sent the card"))
    )
    sender: Mapped[Agency | None] = relationship(info=label(_("Agency that sent the card")))
    detected_on: Mapped[date | None] = mapped_column(Date, info=label(_("Date of detection")))
    card_sent_on: Mapped[date | None] = mapped_column(Date, index=True, info=label(_("Card sent on")))
    received_on: Mapped[date | None] = mapped_column(Date, info=label(_("Decision and card received on")))
    entered_on: Mapped[date | None] = mapped_column(Date, info=label(_("Entered in the bank on")))
    decision_id: Mapped[int] = mapped_column(
        ForeignKey("decision.id"), index=True, info=label(_("Decision to register"))
    )
    decision: Mapped[Decision] = relationship(foreign_keys=[decision_id], info=label(_("Decision to register")))
    registered_on: Mapped[date] = mapped_column(Date, info=label(_("Registered on")))
    removal_decision_id: Mapped[int | None] = mapped_column(
        ForeignKey("decision.id"), index=True, info=label(_("Decision to remove"))
    )
    removal_decision: Mapped[Decision | None] = relationship(
        foreign_keys=[removal_decision_id], info=label(_("Decision to remove"))
    )
    removed_on: Mapped[date | None] = mapped_column(Date, index=True, info=label(_("Removed on")))
    removal_reason_id: Mapped[int | None] = mapped_column(
        ForeignKey("removal_reason.id"), index=True, info=label(_("Reason of removal"))
    )
    removal_reason: Mapped[RemovalReason | None] = relationship(info=label(_("Reason of removal")))
    note: Mapped[str | None] = mapped_column(Text, info=label(_("Note")))
    criteria: Mapped[list[RegistrationCriterion]] = relationship(
        back_populates="registration",
        order_by="RegistrationCriterion.position",
        cascade="all, delete-orphan",
        info=label(_("Criteria")),
    )

    @property
    def main_criterion(self) -> Criterion | None:
        return self.criteria[0].criterion if self.criteria else None

    def __str__(self) -> str:
        until = f" по {self.removed_on:%d.%m.%Y}" if self.removed_on else ""
        return f"с {self.registered_on:%d.%m.%Y}{until}"


class RegistrationCriterion(Model):
    """A criterion of a registration; position 0 is the main one."""

    __tablename__ = "registration_criterion"
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id"), primary_key=True)
    registration: Mapped[Registration] = relationship(back_populates="criteria")
    position: Mapped[int] = mapped_column(primary_key=True, info=label(_("Order")))
    criterion_id: Mapped[int] = mapped_column(ForeignKey("criterion.id"), index=True, info=label(_("Criterion")))
    criterion: Mapped[Criterion] = relationship(info=label(_("Criterion")))
    family_id: Mapped[int] = mapped_column(ForeignKey("family.id"), index=True, info=label(_("Family")))

    def __str__(self) -> str:
        return str(self.criterion)


# Help and papers


aid_recipients = Table(
    "aid_recipients",
    Model.metadata,
    Column("aid_id", ForeignKey("aid.id"), primary_key=True),
    Column("member_id", ForeignKey("member.id"), primary_key=True, index=True),
)


class Aid(OfFamily, Entity):
    """Help given to a family on a day."""

    __tablename__ = "aid"
    __table_args__ = (Index("ix_aid_kind_id_given_on", "kind_id", "given_on"),)
    TITLE, TITLES = _("Aid"), _("Aid given")
    given_on: Mapped[date] = mapped_column(Date, index=True, info=label(_("Date of aid")))
    kind_id: Mapped[int | None] = mapped_column(ForeignKey("aid_kind.id"), index=True, info=label(_("Kind of aid")))
    kind: Mapped[AidKind | None] = relationship(info=label(_("Kind of aid")))
    measure_id: Mapped[int | None] = mapped_column(ForeignKey("measure_kind.id"), index=True, info=label(_("Measure")))
    measure: Mapped[MeasureKind | None] = relationship(info=label(_("Measure")))
    description: Mapped[str | None] = mapped_column(Text, info=label(_("Description")))
    performer_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"), index=True, info=label(_("Performer")))
    performer: Mapped[Agency | None] = relationship(info=label(_("Performer")))
    amount: Mapped[Decimal | None] = mapped_column(Money, info=label(_("Amount, roubles")))
    recipients: Mapped[list[Member]] = relationship(
        secondary=aid_recipients, order_by="Member.id", info=label(_("Recipients"))
    )

    def __str__(self) -> str:
        return f"{self.given_on:%d.%m.%Y} {self.kind or self.measure or ''}".strip()


class Paper(OfFamily, Entity):
    """A scan kept in the social passport: a PDF, JPEG or PNG. The file lies outside the web root under `key`."""

    __tablename__ = "paper"
    TITLE, TITLES = _("Paper"), _("Papers")
    kind: Mapped[terms.PaperKind] = mapped_column(
        term(terms.PaperKind), default=terms.PaperKind.OTHER, info=label(_("Kind of paper"))
    )
    title: Mapped[str] = mapped_column(String(200), info=label(_("Title")))
    dated_on: Mapped[date | None] = mapped_column(Date, info=label(_("Date of paper")))
    decision_id: Mapped[int | None] = mapped_column(ForeignKey("decision.id"), index=True, info=label(_("Decision")))
    decision: Mapped[Decision | None] = relationship(info=label(_("Decision")))
    file_name: Mapped[str] = mapped_column(String(150), info=label(_("File name")))
    mime: Mapped[str] = mapped_column(String(40), info=label(_("File type")))
    size: Mapped[int] = mapped_column(info=label(_("Size, bytes")))
    sha256: Mapped[str] = mapped_column(String(64), info=label("SHA-256"))
    pages: Mapped[int] = mapped_column(default=1, info=label(_("Pages")))
    key: Mapped[str] = mapped_column(String(40), unique=True, info=label(_("Storage key")))

    def __str__(self) -> str:
        return self.title


# Who works with the family


class Mentor(OfFamily, Entity):
    """An employee who guides a family from … to … (Положение, 3.6.3)."""

    __tablename__ = "mentor"
    TITLE, TITLES = _("Mentor"), _("Mentors")
    employee_id: Mapped[int] = mapped_column(ForeignKey("employee.id"), index=True, info=label(_("Employee")))
    employee: Mapped[Employee] = relationship(info=label(_("Employee")))
    started_on: Mapped[date] = mapped_column(Date, info=label(_("Since")))
    ended_on: Mapped[date | None] = mapped_column(Date, info=label(_("Until")))

    def __str__(self) -> str:
        return str(self.employee)


class Assignment(Annullable, Dated, Versioned, Entity):
    """A commission member sees a family, or all families of a territory, from … to …"""

    __tablename__ = "assignment"
    TITLE, TITLES = _("Assignment"), _("Assignments")
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


# How the bank is kept


class WorkingDay(Entity):
    """A day that the production calendar moved: a working Saturday, a transferred day off."""

    __tablename__ = "working_day"
    TITLE, TITLES = _("Transferred day"), _("Transferred days")
    day: Mapped[date] = mapped_column(Date, unique=True, info=label(_("Day")))
    works: Mapped[bool] = mapped_column(info=label(_("Working day")))
    note: Mapped[str | None] = mapped_column(String(200), info=label(_("Note")))

    def __str__(self) -> str:
        return f"{self.day:%d.%m.%Y}"


class ImportBatch(Entity):
    """One applied workbook. Every journal entry of it carries the batch; the batch can be undone as a whole."""

    __tablename__ = "import_batch"
    TITLE, TITLES = _("Import"), _("Imports")
    applied_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now, info=label(_("Applied at")))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"), index=True, info=label(_("User")))
    user: Mapped[User | None] = relationship(info=label(_("User")))
    district_id: Mapped[int] = mapped_column(ForeignKey("territory.id"), index=True, info=label(_("District")))
    district: Mapped[Territory] = relationship(info=label(_("District")))
    as_of: Mapped[date] = mapped_column(Date, info=label(_("As of")))
    file_name: Mapped[str] = mapped_column(String(200), info=label(_("File name")))
    sha256: Mapped[str] = mapped_column(String(64), info=label("SHA-256"))
    counts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, info=label(_("Figures")))
    undone_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=label(_("Undone at")))

    def __str__(self) -> str:
        return f"{self.file_name} на {self.as_of:%d.%m.%Y}"


class JournalEntry(Entity):
    """What was done: a change (was → is), a view, a print, an export, a sign-in. Only ever added to."""

    __tablename__ = "journal_entry"
    __table_args__ = (Index("ix_journal_entry_family_id_at", "family_id", "at"),)
    TITLE, TITLES = _("Journal entry"), _("Journal")
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now, index=True, info=label(_("When")))
    user_id: Mapped[int | None] = mapped_column(index=True, info=label(_("User")))
    user_name: Mapped[str] = mapped_column(String(200), default="", info=label(_("User")))
    address: Mapped[str | None] = mapped_column(String(45), info=label(_("Network address")))
    act: Mapped[terms.Act] = mapped_column(term(terms.Act), index=True, info=label(_("Act")))
    entity: Mapped[str] = mapped_column(String(40), default="", index=True, info=label(_("What")))
    entity_id: Mapped[int | None] = mapped_column(info=label(_("Record")))
    family_id: Mapped[int | None] = mapped_column(info=label(_("Family")))
    summary: Mapped[str] = mapped_column(String(500), default="", info=label(_("Summary")))
    changes: Mapped[dict[str, Any] | None] = mapped_column(JSON, info=label(_("Was → is")))
    records: Mapped[int | None] = mapped_column(info=label(_("Records")))
    batch_id: Mapped[int | None] = mapped_column(index=True, info=label(_("Import")))

    def __str__(self) -> str:
        return self.summary


class Account(Entity):
    """How a user signs in, beside FAB's own row: forced change, one-time password, lock after failures."""

    __tablename__ = "account"
    TITLE, TITLES = _("Account"), _("Accounts")
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"), unique=True)
    must_change_password: Mapped[bool] = mapped_column(default=False, info=label(_("Must change the password")))
    password_until: Mapped[datetime | None] = mapped_column(
        DateTime(timezone=True), info=label(_("One-time password until"))
    )
    failures: Mapped[int] = mapped_column(default=0, info=label(_("Failures in a row")))
    locks: Mapped[int] = mapped_column(default=0, info=label(_("Locks in a row")))
    locked_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=label(_("Locked until")))


class UserSession(Entity):
    """A sign-in that lasts: the cookie holds only a random token, its hash lies here."""

    __tablename__ = "user_session"
    TITLE, TITLES = _("Session"), _("Sessions")
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now, info=label(_("Signed in at")))
    last_seen_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), default=now, index=True, info=label(_("Last seen at"))
    )
    address: Mapped[str | None] = mapped_column(String(45), info=label(_("Network address")))
    agent: Mapped[str | None] = mapped_column(String(200), info=label(_("Browser")))
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class FurtherRole(Entity):
    """A role under a name of its own that has exactly the permissions of a role of the code (`config.ROLES`)."""

    __tablename__ = "further_role"
    TITLE, TITLES = _("Role"), _("Roles")
    role_id: Mapped[int] = mapped_column(ForeignKey("ab_role.id", ondelete="CASCADE"), unique=True)
    role: Mapped[Role] = relationship(info=label(_("Role")))
    same_as: Mapped[str] = mapped_column(String(64), info=label(_("Same permissions as")))


class HomeTerritory(Entity):
    """The territory whose families, and those below it, a coordinator keeps."""

    __tablename__ = "home_territory"
    __table_args__ = (UniqueConstraint("user_id", "territory_id"),)
    TITLE, TITLES = _("Territory of a user"), _("Territories of users")
    user_id: Mapped[int] = mapped_column(
        ForeignKey("ab_user.id", ondelete="CASCADE"), index=True, info=label(_("User"))
    )
    user: Mapped[User] = relationship(info=label(_("User")))
    territory_id: Mapped[int] = mapped_column(ForeignKey("territory.id"), index=True, info=label(_("Territory")))
    territory: Mapped[Territory] = relationship(info=label(_("Territory")))

    def __str__(self) -> str:
        return str(self.territory)
