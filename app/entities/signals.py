"""Signal cards: a body reports that a family may be in a socially dangerous position, and what becomes of it."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from flask_appbuilder import Model
from flask_appbuilder.security.sqla.models import User
from flask_babel import lazy_gettext as _
from sqlalchemy import (
    JSON,
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
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from app import clock
from app.clock import now
from app.domain import names, terms
from app.entities.kinds import (
    DESTROYED,
    Annullable,
    Dated,
    Destroyable,
    Entity,
    OfCard,
    Scanned,
    Versioned,
    Whose,
    derived,
    label,
    leaves,
    listed,
    sane,
    term,
)

if TYPE_CHECKING:
    from app.entities.clocks import CardExtension
    from app.entities.dictionaries import Criterion, SignalCardOutcome
    from app.entities.families import Family
    from app.entities.places import Agency, Employee, Territory


signal_card_criteria = Table(
    "signal_card_criteria",
    Model.metadata,
    Column("card_id", ForeignKey("signal_card.id"), primary_key=True),
    Column("criterion_id", ForeignKey("criterion.id"), primary_key=True, index=True),
)


def _day_of_sending(context: Any) -> date:
    """The day of a row that is written past the entity."""
    return clock.local(context.get_current_parameters()["sent_at"]).date()


class SignalCard(Annullable, Dated, Destroyable, Versioned, Entity):
    """A signal card that was sent: what a body, a citizen or the hot line tells of a family, and how far it has come.

    It lies on a territory, whose district numbers its cards within a year; a card that goes on to another district is
    numbered there anew. Its state is derived (`domain.signals.state`). `arrived_at`: when it came to where it lies,
    which is `sent_at` until it is redirected; `received_at`: when a coordinator there opened it.
    `sent_on`: the day of `sent_at` where the municipality is, by which figures count.
    `search_key` and `CardWord` hold its names, address and phones as keys.
    """

    WHOSE, OWNER = Whose.CARD, "territory_id"
    SORTED_BY = {"last_name": "name_key"}
    LASTS = (
        "year", "number", "detected_at", "sent_at", "sent_on", "arrived_at", "received_at", "closed_at", "emergency_at",
        "survey_due_on", "surveyed_on",
    )  # fmt: skip
    GOES = ("born_on", "middle_name")
    KNOWN_BY = (("last_name", "first_name"), ("address",), ("home_phone",), ("mobile_phone",))
    __tablename__ = "signal_card"
    __table_args__ = (
        UniqueConstraint("district_id", "year", "number"),
        Index("ix_signal_card_agency_id_sent_at", "agency_id", "sent_at"),
        listed("signal_card", "arrived_at", "id", "territory_id", "agency_id"),
        Index("ix_signal_card_open", "closed_at", "received_at", "arrived_at", "territory_id"),
        sane("sent_at >= detected_at", name="sent_after_detection"),
        sane("closed_at IS NULL OR outcome_id IS NOT NULL", name="closed_with_an_outcome"),
    )
    TITLE, TITLES = _("Signal card"), _("Signal cards")
    ADDING = _("Send a signal card")

    district_id: Mapped[int] = mapped_column(ForeignKey("territory.id"), index=True, info=label(_("District")))
    district: Mapped[Territory] = relationship(foreign_keys=[district_id], info=label(_("District")))
    territory_id: Mapped[int] = mapped_column(ForeignKey("territory.id"), index=True, info=label(_("Territory")))
    territory: Mapped[Territory] = relationship(foreign_keys=[territory_id], info=label(_("Territory")))
    year: Mapped[int] = mapped_column(info=label(_("Year")))
    number: Mapped[int] = mapped_column(info=label(_("Number of card")))

    # Who tells
    source: Mapped[terms.SignalSource] = mapped_column(term(terms.SignalSource), info=label(_("Source of the signal")))
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"), info=label(_("Sent by agency")))
    agency: Mapped[Agency | None] = relationship(info=label(_("Sent by agency")))
    employee_id: Mapped[int | None] = mapped_column(ForeignKey("employee.id"), index=True, info=label(_("Employee")))
    employee: Mapped[Employee | None] = relationship(info=label(_("Employee")))
    informant: Mapped[str | None] = mapped_column(String(300), info=label(_("Who tells, and how to reach them")))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"), index=True, info=label(_("Entered by")))
    user: Mapped[User | None] = relationship(info=label(_("Entered by")))

    # Whom it is about
    last_name: Mapped[str] = mapped_column(String(100), info=leaves(label(_("Last name")), DESTROYED))
    first_name: Mapped[str] = mapped_column(String(100), info=leaves(label(_("First name")), "№ {key}"))
    middle_name: Mapped[str | None] = mapped_column(String(100), info=label(_("Middle name")))
    born_on: Mapped[date | None] = mapped_column(Date, index=True, info=label(_("Birth date")))
    address: Mapped[str | None] = mapped_column(String(500), info=label(_("Address")))
    home_phone: Mapped[str | None] = mapped_column(String(60), info=label(_("Home phone")))
    mobile_phone: Mapped[str | None] = mapped_column(String(60), info=label(_("Mobile phone")))

    # What was found
    detected_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info=label(_("Detected at")))
    detected_during: Mapped[terms.DetectedDuring | None] = mapped_column(
        term(terms.DetectedDuring), info=label(_("Detected during"))
    )
    description: Mapped[str] = mapped_column(Text, info=label(_("What happened")))
    threat: Mapped[terms.Threat] = mapped_column(term(terms.Threat), info=label(_("Threat to life and health")))
    children_study: Mapped[bool | None] = mapped_column(info=label(_("Children go to school or kindergarten")))
    parents_drink: Mapped[bool | None] = mapped_column(info=label(_("Parents drink or use drugs")))
    live_together: Mapped[bool | None] = mapped_column(info=label(_("Parents live together")))
    known_to_bodies: Mapped[bool | None] = mapped_column(info=label(_("The family is on record somewhere")))
    criteria: Mapped[list[Criterion]] = relationship(
        secondary=signal_card_criteria, order_by="Criterion.position", info=label(_("Preliminary criteria"))
    )
    measures: Mapped[str | None] = mapped_column(Text, info=label(_("Measures taken already")))

    # How far it has come
    sent_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True, info=label(_("Sent at")))
    sent_on: Mapped[date] = mapped_column(Date, default=_day_of_sending, index=True, info=derived(_("Card sent on")))
    arrived_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info=label(_("Arrived at")))
    received_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=label(_("Received at")))
    question: Mapped[str | None] = mapped_column(String(2000), info=label(_("Question to the sender")))
    answer: Mapped[str | None] = mapped_column(String(2000), info=label(_("Answer of the sender")))
    family_id: Mapped[int | None] = mapped_column(ForeignKey("family.id"), index=True, info=label(_("Family")))
    family: Mapped[Family | None] = relationship(info=label(_("Family")))
    outcome_id: Mapped[int | None] = mapped_column(
        ForeignKey("signal_card_outcome.id"), index=True, info=label(_("Outcome"))
    )
    outcome: Mapped[SignalCardOutcome | None] = relationship(info=label(_("Outcome")))
    outcome_note: Mapped[str | None] = mapped_column(String(1000), info=label(_("Reason of the outcome")))
    sent_out_to: Mapped[str | None] = mapped_column(String(300), info=label(_("Sent out of the bank to")))
    closed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=label(_("Closed at")))
    emergency_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=label(_("Emergency since")))
    # Of the group that was named for it last: until when it goes there, and when it has been there.
    survey_due_on: Mapped[date | None] = mapped_column(Date, info=label(_("Survey due on")))
    surveyed_on: Mapped[date | None] = mapped_column(Date, info=label(_("Surveyed on")))

    search_key: Mapped[str] = mapped_column(Text, default="", info=derived(_("Search key")))
    name_key: Mapped[str] = mapped_column(String(650), default="", index=True, info=derived(_("Sort key")))

    children: Mapped[list[CardChild]] = relationship(back_populates="card", order_by="CardChild.id")
    words: Mapped[list[CardWord]] = relationship()
    steps: Mapped[list[CardStep]] = relationship(back_populates="card", order_by="CardStep.id")
    scans: Mapped[list[CardScan]] = relationship(back_populates="card", order_by="CardScan.id")
    tellings: Mapped[list[CardTelling]] = relationship(back_populates="card", order_by="CardTelling.told_at")
    extensions: Mapped[list[CardExtension]] = relationship(back_populates="card", order_by="CardExtension.id")

    @validates("sent_at")
    def _sent(self, _name: str, sent_at: datetime) -> datetime:
        self.sent_on = clock.local(sent_at).date()
        return sent_at

    @property
    def full_name(self) -> str:
        return names.full(self.last_name, self.first_name, self.middle_name)

    def __str__(self) -> str:
        return f"№ {self.number}/{self.year} {self.full_name}"


class CardWord(Model):
    """A word by which a signal card is found: of its names, of its address, or a phone by its digits.

    Ordered by bytes, as the words of families are, so that a prefix is a range.
    """

    WHOSE, OWNER = Whose.CARD, "card_id"
    __tablename__ = "card_word"
    word: Mapped[str] = mapped_column(
        String(100).with_variant(String(100, collation="C"), "postgresql"), primary_key=True
    )
    card_id: Mapped[int] = mapped_column(ForeignKey("signal_card.id"), primary_key=True, index=True)


class CardChild(OfCard, Entity):
    """A child that a signal card tells of: by name, or by age where the name is not known."""

    GOES = ("born_on", "age")
    KNOWN_BY = (("name",),)
    __tablename__ = "card_child"
    __table_args__ = (sane("age BETWEEN 0 AND 17", name="age_of_a_child"),)
    TITLE, TITLES = _("Child of a signal card"), _("Children of signal cards")
    card: Mapped[SignalCard] = relationship(back_populates="children", info=label(_("Signal card")))
    name: Mapped[str | None] = mapped_column(String(300), info=label(_("Name of the child")))
    born_on: Mapped[date | None] = mapped_column(Date, info=label(_("Birth date")))
    age: Mapped[int | None] = mapped_column(info=label(_("Age")))

    def __str__(self) -> str:
        return self.name or "имя не известно"


class CardScan(Scanned, OfCard, Entity):
    """A photo or a scan that came with a signal card, or was added to it."""

    __tablename__ = "card_scan"
    TITLE, TITLES = _("Photo or scan of a signal card"), _("Photos and scans of signal cards")
    card: Mapped[SignalCard] = relationship(back_populates="scans", info=label(_("Signal card")))

    def __str__(self) -> str:
        return self.file_name


class CardTelling(OfCard, Entity):
    """A body that was told of an emergency: who told whom there, and when."""

    LASTS = ("told_at",)
    __tablename__ = "card_telling"
    TITLE, TITLES = _("Telling of an emergency"), _("Tellings of emergencies")
    card: Mapped[SignalCard] = relationship(back_populates="tellings", info=label(_("Signal card")))
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), index=True, info=label(_("Agency")))
    agency: Mapped[Agency] = relationship(info=label(_("Agency")))
    told_to: Mapped[str] = mapped_column(String(300), info=label(_("Who was told")))
    told_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info=label(_("Told at")))
    told_by: Mapped[str] = mapped_column(String(200), info=label(_("Told by")))
    answer: Mapped[str | None] = mapped_column(String(1000), info=label(_("What they answered")))

    def __str__(self) -> str:
        return f"{self.agency}: {self.told_to}"


class CardStep(Model):
    """One step of a signal card: who did what and when; `before`: what to put back if it is undone."""

    WHOSE, OWNER = Whose.CARD, "card_id"
    LASTS = ("at",)
    __tablename__ = "card_step"
    __table_args__ = (Index("ix_card_step_territory_id_kind", "territory_id", "kind"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    card_id: Mapped[int] = mapped_column(ForeignKey("signal_card.id"), index=True)
    card: Mapped[SignalCard] = relationship(back_populates="steps")
    kind: Mapped[terms.CardStepKind] = mapped_column(term(terms.CardStepKind))
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id", ondelete="SET NULL"), index=True)
    user_name: Mapped[str] = mapped_column(String(200), default="")
    # Where the card lay when the step was made: of a redirected card, where it came from.
    territory_id: Mapped[int] = mapped_column(ForeignKey("territory.id"))
    territory: Mapped[Territory] = relationship()
    note: Mapped[str | None] = mapped_column(String(2000))
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    undone: Mapped[bool] = mapped_column(default=False)
