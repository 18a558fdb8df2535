"""Decisions, the stays on record that rest on them, and the papers that prove them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

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
from sqlalchemy.orm.attributes import set_committed_value

from app.domain import terms
from app.domain.criteria import CriteriaOfDays, days_of_change, rows_on
from app.entities.kinds import (
    ByAct,
    Entity,
    OfFamily,
    Scanned,
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
    from app.entities.programmes import Aid


class Decision(ByAct, OfFamily, Entity):
    """A decision of the commission about a family (Положение, 3.1 and 3.5)."""

    LONG = True
    LASTS = ("decided_on", "number")
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
    `criteria`: those in force now, of a stay that has ended on its last day; the main one first.
    """

    LASTS = ("detected_on", "card_sent_on", "received_on", "entered_on", "registered_on", "removed_on")
    __tablename__ = "registration"
    __table_args__ = (
        Index("ix_registration_registered_on_removed_on", "registered_on", "removed_on"),
        listed("registration", "registered_on", "id", "family_id"),
        sought("registration", "removed_on", "registered_on", "id", "family_id"),
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
    criteria_over_time: Mapped[list[RegistrationCriterion]] = relationship(
        back_populates="registration",
        primaryjoin="and_(RegistrationCriterion.registration_id == Registration.id, "
        "RegistrationCriterion.annulled_at.is_(None))",
        order_by="RegistrationCriterion.since, RegistrationCriterion.position",
        foreign_keys="RegistrationCriterion.registration_id",
        info=label(_("Criteria over time")),
    )
    criteria: Mapped[list[RegistrationCriterion]] = relationship(
        primaryjoin="and_(RegistrationCriterion.registration_id == Registration.id, "
        "RegistrationCriterion.annulled_at.is_(None), RegistrationCriterion.until.is_(None))",
        order_by="RegistrationCriterion.position",
        foreign_keys="RegistrationCriterion.registration_id",
        viewonly=True,
        info=label(_("Criteria")),
    )

    extensions: Mapped[list[StayExtension]] = relationship(
        primaryjoin="and_(StayExtension.registration_id == Registration.id, StayExtension.annulled_at.is_(None))",
        order_by="StayExtension.until",
        viewonly=True,
    )

    @property
    def main_criterion(self) -> Criterion | None:
        return self.criteria[0].criterion if self.criteria else None

    @property
    def criteria_by_days(self) -> list[CriteriaOfDays]:
        """The criteria from each day on which they were others, in order; one if they never changed."""
        rows = self.criteria_over_time
        days = [self.registered_on, *days_of_change(rows, self.registered_on)]
        return [
            CriteriaOfDays(since, until, rows_on(rows, since), self._changed_by(since))
            for since, until in zip(days, [*days[1:], self.removed_on], strict=True)
        ]

    def _changed_by(self, day: date) -> Decision:
        begun = (row.decision for row in self.criteria_over_time if row.since == day)
        ended = (row.ended_by for row in self.criteria_over_time if row.until == day and row.ended_by is not None)
        return next(begun, None) or next(ended, self.decision)

    def settle_criteria(self) -> None:
        """Tell `criteria` from `criteria_over_time`, which was read already."""
        set_committed_value(self, "criteria", rows_on(self.criteria_over_time))

    def __str__(self) -> str:
        until = f" по {self.removed_on:%d.%m.%Y}" if self.removed_on else ""
        return f"с {self.registered_on:%d.%m.%Y}{until}"


class RegistrationCriterion(ByAct, OfFamily, Entity):
    """A criterion of a registration on the days when it is in force; position 0 is the main one.

    It begins by the decision to register, or by one that changes the criteria while the family stays (`decision`); it
    no longer holds on the day `until`, by the decision `ended_by`. Without `until` it holds to the end of the stay.
    """

    PART_OF = "registration"
    LASTS = ("position", "since", "until")
    __tablename__ = "registration_criterion"
    __table_args__ = (
        in_the_family_of("registration_id", "registration"),
        in_the_family_of("decision_id", "decision"),
        in_the_family_of("ended_by_id", "decision"),
        live("registration_id", "position", "since", name="uq_registration_criterion_of_place"),
        Index(
            "ix_registration_criterion_of_stay", "criterion_id", "registration_id", "family_id", "until", "annulled_at"
        ),
        sane("until > since", name="ends_after_start"),
        sane("(until IS NULL) = (ended_by_id IS NULL)", name="ends_by_a_decision"),
    )
    TITLE, TITLES = _("Criterion of a registration"), _("Criteria of registrations")
    registration_id: Mapped[int] = mapped_column(info=label(_("Registration")))
    registration: Mapped[Registration] = relationship(
        back_populates="criteria_over_time", foreign_keys=[registration_id], info=label(_("Registration"))
    )
    position: Mapped[int] = mapped_column(info=label(_("Order")))
    criterion_id: Mapped[int] = mapped_column(ForeignKey("criterion.id"), info=label(_("Criterion")))
    criterion: Mapped[Criterion] = relationship(lazy="joined", info=label(_("Criterion")))
    since: Mapped[date] = mapped_column(Date, info=label(_("In force since")))
    until: Mapped[date | None] = mapped_column(Date, info=label(_("In force until")))
    decision_id: Mapped[int] = mapped_column(index=True, info=label(_("Decision")))
    decision: Mapped[Decision] = relationship(foreign_keys=[decision_id], info=label(_("Decision")))
    ended_by_id: Mapped[int | None] = mapped_column(index=True, info=label(_("Ended by decision")))
    ended_by: Mapped[Decision | None] = relationship(foreign_keys=[ended_by_id], info=label(_("Ended by decision")))

    def __str__(self) -> str:
        return str(self.criterion)


class Paper(Scanned, OfFamily, Entity):
    """A scan kept in the social passport. aid: what it shows; the body that gave that aid brought it and sees it."""

    NOTED_BY_BODIES, OF_KEEPERS = True, True
    __tablename__ = "paper"
    __table_args__ = (
        in_the_family_of("decision_id", "decision"),
        in_the_family_of("aid_id", "aid"),
        listed("paper", "dated_on", "id", "family_id"),
    )
    TITLE, TITLES = _("Paper"), _("Papers")
    kind: Mapped[terms.PaperKind] = mapped_column(
        term(terms.PaperKind), default=terms.PaperKind.OTHER, info=label(_("Kind of paper"))
    )
    title: Mapped[str] = mapped_column(String(200), info=label(_("Title")))
    dated_on: Mapped[date | None] = mapped_column(Date, info=label(_("Date of paper")))
    decision_id: Mapped[int | None] = mapped_column(index=True, info=label(_("Decision")))
    decision: Mapped[Decision | None] = relationship(foreign_keys=[decision_id], info=label(_("Decision")))
    aid_id: Mapped[int | None] = mapped_column(index=True, info=label(_("Aid")))
    aid: Mapped[Aid | None] = relationship(foreign_keys=[aid_id], info=label(_("Aid")))

    def __str__(self) -> str:
        return self.title
