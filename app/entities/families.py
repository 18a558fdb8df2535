"""A family, its members and what is known of each of them."""

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
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain import cases, names, terms
from app.entities.kinds import (
    DESTROYED,
    Annullable,
    Dated,
    Destroyable,
    Entity,
    Money,
    OfFamily,
    OfMember,
    Versioned,
    Whose,
    derived,
    given,
    in_the_family_of,
    label,
    leaves,
    listed,
    live,
    repeated,
    sane,
    sought,
    term,
)

if TYPE_CHECKING:
    from app.entities.dictionaries import (
        EducationStatus,
        FamilyCategory,
        IdentityKind,
        RelationshipKind,
        SupervisionKind,
    )
    from app.entities.places import Territory
    from app.entities.record import Registration


family_categories = Table(
    "family_categories",
    Model.metadata,
    Column("family_id", ForeignKey("family.id"), primary_key=True),
    Column("category_id", ForeignKey("family_category.id"), primary_key=True, index=True),
)


class Family(Annullable, Dated, Destroyable, Versioned, Entity):
    """A family of the bank. It is permanent: its stays on record are `Registration`s.

    The district numbers its families; a number stays when the family moves within the district.
    `search_key` and `SearchWord` hold its number, the names of its members and its addresses as keys.
    """

    WHOSE, OWNER = Whose.FAMILY, "id"
    LONG, SORTED_BY = True, {"name": "sort_key"}
    LASTS = ("stated_size", "income_per_member", "number")
    KNOWN_BY = (("registered_address",), ("actual_address",))
    __tablename__ = "family"
    __table_args__ = (
        live("district_id", "number", name="uq_family_district_id_number"),
        Index("ix_family_territory_id_sort_key", "territory_id", "sort_key"),
        listed("family", "sort_key", "id", "territory_id"),
        sought("family", "territory_id", "id"),
        sought("family", "id", "territory_id"),  # whose a row of a family is: `Scope.sees`
        sought("family", "actual_address", "id", "territory_id"),
        sane("income_per_member >= 0", name="income_not_negative"),
        sane("stated_size >= 0", name="size_not_negative"),
    )
    TITLE, TITLES = _("Family"), _("Families")
    number: Mapped[str] = mapped_column(String(20), index=True, info=label(_("Card number")))
    district_id: Mapped[int] = mapped_column(ForeignKey("territory.id"), index=True, info=label(_("District")))
    district: Mapped[Territory] = relationship(foreign_keys=[district_id], info=label(_("District")))
    territory_id: Mapped[int] = mapped_column(ForeignKey("territory.id"), index=True, info=label(_("Territory")))
    territory: Mapped[Territory] = relationship(foreign_keys=[territory_id], info=label(_("Territory")))
    name: Mapped[str] = mapped_column(String(200), default="", info=derived(_("Short name")))
    # How papers say the name after «семьи», typed by hand; it holds for the name that it was typed for.
    plural: Mapped[str | None] = mapped_column(String(200), info=label(_("Family in papers")))
    plural_for: Mapped[str | None] = mapped_column(String(200), info=label(_("Family in papers: for the name")))
    categories: Mapped[list[FamilyCategory]] = relationship(
        secondary=family_categories, order_by="FamilyCategory.position", info=label(_("Categories of family"))
    )
    stated_size: Mapped[int | None] = mapped_column(info=label(_("Number of members")))
    income_per_member: Mapped[Decimal | None] = mapped_column(Money, info=label(_("Income per member, roubles")))
    income_source: Mapped[str | None] = mapped_column(String(300), info=label(_("Source of income")))
    registered_address: Mapped[str | None] = mapped_column(String(500), info=label(_("Registered address")))
    actual_address: Mapped[str | None] = mapped_column(String(500), info=label(_("Actual address")))
    additional: Mapped[str | None] = mapped_column(Text, info=label(_("Additional information")))
    sort_key: Mapped[str] = mapped_column(String(300), default="", info=derived(_("Sort key")))
    search_key: Mapped[str] = mapped_column(Text, default="", info=derived(_("Search key")))

    members: Mapped[list[Member]] = relationship(back_populates="family", order_by="Member.id")
    registrations: Mapped[list[Registration]] = relationship(
        back_populates="family", order_by="Registration.registered_on"
    )

    @property
    def title(self) -> str:
        return f"№ {self.number} {self.name}".strip()

    @property
    def own_plural(self) -> str | None:
        """How the name was typed for papers, while it is still the name."""
        return self.plural if self.plural_for == self.name else None

    @property
    def whose(self) -> str:
        """The surnames as they follow «семьи» in a paper: «Ивановых»."""
        return cases.of_family(self.name, self.own_plural)

    def __str__(self) -> str:
        return self.title


class SearchWord(Model):
    """A word by which a family is found (see `domain.names.words`). Ordered by bytes, so that a prefix is a range."""

    WHOSE, OWNER = Whose.FAMILY, "family_id"
    __tablename__ = "search_word"
    word: Mapped[str] = mapped_column(
        String(100).with_variant(String(100, collation="C"), "postgresql"), primary_key=True
    )
    family_id: Mapped[int] = mapped_column(ForeignKey("family.id"), primary_key=True, index=True)


class Member(OfFamily, Entity):
    """A person in a family, with dated membership; who moves to another family is a member of each in turn.

    A minor is computed for a day, never stored.
    """

    LONG, SORTED_BY = True, {"last_name": "sort_key"}
    LASTS = ("joined_on", "left_on")
    COARSE = ("born_on",)
    GOES = ("middle_name",)
    KNOWN_BY = (("last_name", "first_name"),)
    __tablename__ = "member"
    __table_args__ = (
        Index("ix_member_of_family", "family_id", "born_on", "joined_on", "left_on", "annulled_at"),
        listed("member", "sort_key", "id", "family_id", "born_on", "joined_on", "left_on"),  # children, who are present
        *(given("member", "role_id", name, "id", "family_id") for name in ("sort_key", "born_on")),
        sought("member", "first_name", "id", "family_id"),
        sought("member", "middle_name", "id", "family_id"),
        sought("member", "left_on", "id", "family_id"),
        UniqueConstraint("id", "family_id"),
        sane("left_on >= joined_on", name="left_after_joining"),
    )
    TITLE, TITLES = _("Family member"), _("Family members")
    ADDING = _("Add a member of the family")
    family: Mapped[Family] = relationship(back_populates="members", info=label(_("Family")))
    role_id: Mapped[int | None] = mapped_column(
        ForeignKey("relationship_kind.id"), index=True, info=label(_("Role in the family"))
    )
    role: Mapped[RelationshipKind | None] = relationship(info=label(_("Role in the family")))
    last_name: Mapped[str] = mapped_column(String(100), info=leaves(label(_("Last name")), DESTROYED))
    first_name: Mapped[str] = mapped_column(String(100), info=leaves(repeated(_("First name")), "№ {key}"))
    middle_name: Mapped[str | None] = mapped_column(String(100), info=repeated(_("Middle name")))
    sort_key: Mapped[str] = mapped_column(String(350), default="", info=derived(_("Sort key")))
    sex: Mapped[terms.Sex | None] = mapped_column(term(terms.Sex), info=label(_("Sex")))
    born_on: Mapped[date | None] = mapped_column(Date, index=True, info=label(_("Birth date")))
    workplace: Mapped[str | None] = mapped_column(String(300), info=label(_("Workplace and position")))
    # The name in the cases of papers, typed by hand where the rules fail; it holds for the name it was typed for.
    genitive: Mapped[str | None] = mapped_column(String(350), info=label(_("Genitive")))
    dative: Mapped[str | None] = mapped_column(String(350), info=label(_("Dative")))
    accusative: Mapped[str | None] = mapped_column(String(350), info=label(_("Accusative")))
    instrumental: Mapped[str | None] = mapped_column(String(350), info=label(_("Instrumental")))
    prepositional: Mapped[str | None] = mapped_column(String(350), info=label(_("Prepositional")))
    declined_for: Mapped[str | None] = mapped_column(String(350), info=label(_("Cases: for the name")))
    joined_on: Mapped[date | None] = mapped_column(Date, info=label(_("In the family since")))
    left_on: Mapped[date | None] = mapped_column(Date, info=label(_("Left the family on")))
    left_reason: Mapped[str | None] = mapped_column(String(300), info=label(_("Reason of leaving")))
    # Of a person who moved from family to family: the first of these memberships.
    origin_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"), index=True, info=label(_("Moved person")))
    origin: Mapped[Member | None] = relationship(remote_side="Member.id", info=label(_("Moved person")))

    documents: Mapped[list[IdentityDocument]] = relationship(
        back_populates="member", foreign_keys="IdentityDocument.member_id", order_by="IdentityDocument.id"
    )
    educations: Mapped[list[Education]] = relationship(
        back_populates="member", foreign_keys="Education.member_id", order_by="Education.started_on"
    )
    supports: Mapped[list[PupilSupport]] = relationship(
        back_populates="member",
        foreign_keys="PupilSupport.member_id",
        order_by="(PupilSupport.year, PupilSupport.quarter)",
    )
    supervisions: Mapped[list[Supervision]] = relationship(
        back_populates="member", foreign_keys="Supervision.member_id", order_by="Supervision.started_on"
    )

    @property
    def full_name(self) -> str:
        return names.full(self.last_name, self.first_name, self.middle_name)

    def own_form(self, case: terms.Case) -> str | None:
        """The name in a case as it was typed for papers, while it is still the name."""
        return getattr(self, case.value) if self.declined_for == self.full_name else None

    def named_in(self, case: terms.Case) -> str:
        """The name in a case, as papers print it: as it was typed, else by the rules of Russian."""
        return self.own_form(case) or self.declined_in(case)

    def declined_in(self, case: terms.Case) -> str:
        """The name in a case by the rules of Russian."""
        return cases.of_person(self.last_name, self.first_name, self.middle_name, self.sex, case)

    def __str__(self) -> str:
        return self.full_name


class IdentityDocument(OfMember, Entity):
    """A document that proves identity."""

    OF_KEEPERS = True
    GOES = ("issued_on",)
    KNOWN_BY = (("number", "series"),)
    __tablename__ = "identity_document"
    __table_args__ = (
        in_the_family_of("member_id", "member"),
        listed("identity_document", "id", "family_id"),
        sought("identity_document", "series", "id", "family_id", "kind_id"),
        sought("identity_document", "number", "id", "family_id"),
        sought("identity_document", "issued_on", "id", "family_id", "series"),
    )
    TITLE, TITLES = _("Identity document"), _("Identity documents")
    ADDING = _("Add an identity document")
    member: Mapped[Member] = relationship(
        back_populates="documents", foreign_keys="IdentityDocument.member_id", info=label(_("Family member"))
    )
    kind_id: Mapped[int | None] = mapped_column(
        ForeignKey("identity_kind.id"), index=True, info=label(_("Kind of document"))
    )
    kind: Mapped[IdentityKind | None] = relationship(info=label(_("Kind of document")))
    series: Mapped[str | None] = mapped_column(String(30), info=repeated(_("Series")))
    number: Mapped[str | None] = mapped_column(String(30), info=label(_("Number")))
    issued_on: Mapped[date | None] = mapped_column(Date, info=label(_("Issued on")))
    issued_by: Mapped[str | None] = mapped_column(String(300), info=label(_("Issued by")))

    def __str__(self) -> str:
        return " ".join(str(part) for part in (self.kind, self.series, self.number) if part)


class Education(OfMember, Entity):
    """What a child does by day from a date on; the last one begun on or before a day holds on it until it ends."""

    LASTS = ("started_on", "ended_on")
    __tablename__ = "education"
    __table_args__ = (
        live("member_id", "started_on", name="uq_education_member_id_started_on"),
        listed("education", "started_on", "id", "family_id", "status_id"),
        *(sought("education", name, "id", "family_id", "status_id") for name in ("organisation", "grade")),
        sought("education", "ended_on", "id", "family_id"),
        Index("ix_education_of_member", "member_id", "started_on", "ended_on", "status_id", "annulled_at"),
        in_the_family_of("member_id", "member"),
        sane("ended_on >= started_on", name="ended_after_start"),
    )
    TITLE, TITLES = _("Education, occupation"), _("Education, occupation")
    ADDING = _("Add education or occupation")
    member: Mapped[Member] = relationship(
        back_populates="educations", foreign_keys="Education.member_id", info=label(_("Family member"))
    )
    started_on: Mapped[date] = mapped_column(Date, info=label(_("Since")))
    ended_on: Mapped[date | None] = mapped_column(Date, info=label(_("Until")))
    status_id: Mapped[int | None] = mapped_column(
        ForeignKey("education_status.id"), index=True, info=label(_("Education status"))
    )
    status: Mapped[EducationStatus | None] = relationship(info=label(_("Education status")))
    organisation: Mapped[str | None] = mapped_column(String(300), info=repeated(_("Educational organisation")))
    grade: Mapped[str | None] = mapped_column(String(60), info=repeated(_("Class, group")))

    def __str__(self) -> str:
        return ", ".join(str(part) for part in (self.organisation, self.grade) if part) or str(self.status or "")


# What is known of a pupil in a quarter, besides words.
SUPPORT = ("quarter", "free_meals", "free_textbooks", "leisure", "holidays")


class PupilSupport(OfMember, Entity):
    """How a pupil is cared for in one quarter (Положение, 3.6.4). None: not known."""

    LASTS = ("year", "quarter", "missed_lessons")
    __tablename__ = "pupil_support"
    __table_args__ = (
        live("member_id", "year", "quarter", name="uq_pupil_support_member_id_year_quarter"),
        listed("pupil_support", "year", "id", "family_id"),
        sought("pupil_support", "quarter", "id", "family_id", *SUPPORT[1:]),
        *(sought("pupil_support", name, "id", "family_id", "quarter") for name in SUPPORT[1:]),
        in_the_family_of("member_id", "member"),
        sane("quarter BETWEEN 1 AND 4", name="quarter_of_year"),
        sane("missed_lessons >= 0", name="missed_not_negative"),
    )
    TITLE, TITLES = _("Pupil support"), _("Pupil support")
    ADDING = _("Add pupil support")
    member: Mapped[Member] = relationship(
        back_populates="supports", foreign_keys="PupilSupport.member_id", info=label(_("Family member"))
    )
    year: Mapped[int] = mapped_column(info=label(_("Year")))
    quarter: Mapped[int] = mapped_column(info=label(_("Quarter")))
    attendance: Mapped[str | None] = mapped_column(String(300), info=label(_("Attendance")))
    progress: Mapped[str | None] = mapped_column(String(300), info=label(_("Progress")))
    missed_lessons: Mapped[int | None] = mapped_column(info=label(_("Lessons missed")))
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

    LASTS = ("started_on", "ended_on")
    __tablename__ = "supervision"
    __table_args__ = (
        listed("supervision", "started_on", "id", "family_id", "kind_id"),
        sought("supervision", "ended_on", "id", "family_id"),
        in_the_family_of("member_id", "member"),
        sane("ended_on >= started_on", name="ended_after_start"),
    )
    TITLE, TITLES = _("Supervision by another body"), _("Supervision by other bodies")
    ADDING = _("Add supervision by another body")
    member: Mapped[Member] = relationship(
        back_populates="supervisions", foreign_keys="Supervision.member_id", info=label(_("Family member"))
    )
    kind_id: Mapped[int] = mapped_column(
        ForeignKey("supervision_kind.id"), index=True, info=label(_("Kind of supervision"))
    )
    kind: Mapped[SupervisionKind] = relationship(info=label(_("Kind of supervision")))
    started_on: Mapped[date | None] = mapped_column(Date, info=label(_("Since")))
    ended_on: Mapped[date | None] = mapped_column(Date, info=label(_("Until")))
    note: Mapped[str | None] = mapped_column(String(300), info=label(_("Note")))

    def __str__(self) -> str:
        return str(self.kind)
