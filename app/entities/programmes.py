"""The work with a family: help given to it."""

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
    Integer,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.entities.kinds import Entity, Money, OfFamily, in_the_family_of, label, listed, sane, sought

if TYPE_CHECKING:
    from app.entities.dictionaries import AidKind, MeasureKind
    from app.entities.families import Member
    from app.entities.places import Agency


# The family is that of the aid and of the recipient alike: both references bear it.
aid_recipients = Table(
    "aid_recipients",
    Model.metadata,
    Column("aid_id", Integer, primary_key=True),
    Column("member_id", Integer, primary_key=True, index=True),
    Column("family_id", Integer, nullable=False),
    in_the_family_of("aid_id", "aid"),
    in_the_family_of("member_id", "member"),
)


class Aid(OfFamily, Entity):
    """Help given to a family on a day."""

    NOTED_BY_BODIES = True
    __tablename__ = "aid"
    __table_args__ = (
        Index("ix_aid_kind_id_given_on", "kind_id", "given_on"),
        listed("aid", "given_on", "id", "family_id"),
        sought("aid", "amount", "id", "family_id"),
        Index("ix_aid_of_family", "family_id", "given_on", "annulled_at"),
        UniqueConstraint("id", "family_id"),
        sane("amount >= 0", name="amount_not_negative"),
    )
    TITLE, TITLES = _("Aid"), _("Aid given")
    ADDING = _("Add an aid")
    given_on: Mapped[date] = mapped_column(Date, info=label(_("Date of aid")))
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
