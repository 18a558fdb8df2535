"""Decisions, the stays on record that rest on them, and the papers that prove them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from flask_appbuilder import Model
from flask_babel import lazy_gettext as _
from sqlalchemy import (
    Date,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain import terms
from app.entities.kinds import (
    ByAct,
    Entity,
    OfFamily,
    Scanned,
    Whose,
    in_the_family_of,
    label,
    listed,
    live,
    sane,
    sought,
    term,
)

if TYPE_CHECKING:
    from app.entities.clocks import StayExtension
    from app.entities.dictionaries import Criterion, RemovalReason
    from app.entities.families import Family
    from app.entities.places import Agency


class Decision(ByAct, OfFamily, Entity):
    """A decision of the commission about a family (Положение, 3.1 and 3.5)."""

    LONG = True
    __tablename__ = "decision"
    __table_args__ = (
        UniqueConstraint("id", "family_id"),
        listed("decision", "decided_on", "id", "family_id"),
        sought("decision", "number", "id", "family_id"),
        sought("decision", "kind", "id", "family_id"),
    )
    TITLE, TITLES = _("Decision"), _("Decisions")
    kind: Mapped[terms.DecisionKind] = mapped_column(term(terms.DecisionKind), info=label(_("Kind of decision")))
    number: Mapped[str | None] = mapped_column(String(40), info=label(_("Number of decision")))
    decided_on: Mapped[date] = mapped_column(Date, info=label(_("Date of decision")))
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"), index=True, info=label(_("Commission")))
    agency: Mapped[Agency | None] = relationship(info=label(_("Commission")))
    note: Mapped[str | None] = mapped_column(String(500), info=label(_("Note")))

    def __str__(self) -> str:
        return f"№ {self.number or 'б/н'} от {self.decided_on:%d.%m.%Y}"


class Registration(ByAct, OfFamily, Entity):
    """One stay on record: from a decision to a decision. Stays of one family never overlap.

    `received_on` is the day the copy of the decision and the card came; from it 3 days run to enter the family
    (Положение, 3.2); `entered_on` stops that clock.
    """

    __tablename__ = "registration"
    __table_args__ = (
        Index("ix_registration_registered_on_removed_on", "registered_on", "removed_on"),
        listed("registration", "registered_on", "id", "family_id"),
        Index(
            "ix_registration_moments",
            "entered_on",
            "received_on",
            "detected_on",
            "card_sent_on",
            "registered_on",
            "removed_on",
            "family_id",
            "annulled_at",
        ),
        Index("ix_registration_of_family", "family_id", "registered_on", "removed_on", "annulled_at"),
        live("family_id", "registered_on", name="uq_registration_family_id_registered_on"),
        UniqueConstraint("id", "family_id"),
        in_the_family_of("decision_id", "decision"),
        in_the_family_of("removal_decision_id", "decision"),
        sane("removed_on >= registered_on", name="removed_after_placing"),
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
    decision_id: Mapped[int] = mapped_column(index=True, info=label(_("Decision to register")))
    decision: Mapped[Decision] = relationship(foreign_keys=[decision_id], info=label(_("Decision to register")))
    registered_on: Mapped[date] = mapped_column(Date, info=label(_("Registered on")))
    removal_decision_id: Mapped[int | None] = mapped_column(index=True, info=label(_("Decision to remove")))
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
        foreign_keys="RegistrationCriterion.registration_id",
        cascade="all, delete-orphan",
        info={**label(_("Criteria")), "parts": "criterion"},  # the journal names the criterion of each, in order
    )

    extensions: Mapped[list[StayExtension]] = relationship(
        primaryjoin="and_(StayExtension.registration_id == Registration.id, StayExtension.annulled_at.is_(None))",
        order_by="StayExtension.until",
        viewonly=True,
    )

    @property
    def main_criterion(self) -> Criterion | None:
        return self.criteria[0].criterion if self.criteria else None

    def __str__(self) -> str:
        until = f" по {self.removed_on:%d.%m.%Y}" if self.removed_on else ""
        return f"с {self.registered_on:%d.%m.%Y}{until}"


class RegistrationCriterion(Model):
    """A criterion of a registration; position 0 is the main one."""

    WHOSE, OWNER = Whose.FAMILY, "family_id"
    __tablename__ = "registration_criterion"
    __table_args__ = (
        in_the_family_of("registration_id", "registration"),
        Index("ix_registration_criterion_of_stay", "criterion_id", "registration_id", "family_id"),
    )
    registration_id: Mapped[int] = mapped_column(primary_key=True)
    registration: Mapped[Registration] = relationship(back_populates="criteria", foreign_keys=[registration_id])
    position: Mapped[int] = mapped_column(primary_key=True, info=label(_("Order")))
    criterion_id: Mapped[int] = mapped_column(ForeignKey("criterion.id"), info=label(_("Criterion")))
    criterion: Mapped[Criterion] = relationship(lazy="joined", info=label(_("Criterion")))
    family_id: Mapped[int] = mapped_column(ForeignKey("family.id"), index=True, info=label(_("Family")))

    def __str__(self) -> str:
        return str(self.criterion)


class Paper(Scanned, OfFamily, Entity):
    """A scan kept in the social passport."""

    __tablename__ = "paper"
    __table_args__ = (in_the_family_of("decision_id", "decision"), listed("paper", "dated_on", "id", "family_id"))
    TITLE, TITLES = _("Paper"), _("Papers")
    kind: Mapped[terms.PaperKind] = mapped_column(
        term(terms.PaperKind), default=terms.PaperKind.OTHER, info=label(_("Kind of paper"))
    )
    title: Mapped[str] = mapped_column(String(200), info=label(_("Title")))
    dated_on: Mapped[date | None] = mapped_column(Date, info=label(_("Date of paper")))
    decision_id: Mapped[int | None] = mapped_column(index=True, info=label(_("Decision")))
    decision: Mapped[Decision | None] = relationship(foreign_keys=[decision_id], info=label(_("Decision")))

    def __str__(self) -> str:
        return self.title
