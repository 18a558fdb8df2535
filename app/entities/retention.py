"""How long cases are kept, what must not be destroyed, and the acts by which they were destroyed."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from flask_babel import lazy_gettext as _
from sqlalchemy import Date, DateTime, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain import terms
from app.entities.kinds import (
    Annullable,
    ByAct,
    Dated,
    Dictionary,
    Entity,
    OfFamily,
    OfTerritory,
    Versioned,
    label,
    listed,
    term,
)

if TYPE_CHECKING:
    from app.entities.families import Family
    from app.entities.places import Territory
    from app.entities.signals import SignalCard


class RetentionRule(Dictionary, Entity):
    """How long cases of a kind are kept; of several rules for one kind the latest day counts.

    until_adult: and at least until the youngest person is eighteen.
    """

    __tablename__ = "retention_rule"
    TITLE, TITLES = _("Term of keeping"), _("Terms of keeping")
    ADDING = _("Add a term of keeping")
    kind: Mapped[terms.KeptKind] = mapped_column(term(terms.KeptKind), info=label(_("Kind of case")))
    number: Mapped[int] = mapped_column(info=label(_("Limit")))
    unit: Mapped[terms.TermUnit] = mapped_column(
        term(terms.TermUnit), default=terms.TermUnit.YEAR, info=label(_("Unit"))
    )
    until_adult: Mapped[bool] = mapped_column(default=False, info=label(_("And until the youngest child is 18")))


class RetentionHold(ByAct, OfFamily, Entity):
    """A family that must not be destroyed before a day: why, and who says so. Lifted, it is annulled."""

    OF_KEEPERS = True
    __tablename__ = "retention_hold"
    LASTS = ("until",)
    __table_args__ = (listed("retention_hold", "until", "id", "family_id"),)
    TITLE, TITLES = _("Hold on destruction"), _("Holds on destruction")
    until: Mapped[date] = mapped_column(Date, info=label(_("Not to be destroyed before")))
    reason: Mapped[str] = mapped_column(String(500), info=label(_("Reason of the hold")))
    user_name: Mapped[str] = mapped_column(String(200), info=label(_("Held by")))

    def __str__(self) -> str:
        return f"не уничтожать до {self.until:%d.%m.%Y}"


class Destruction(OfTerritory, Annullable, Dated, Versioned, Entity):
    """An act of destruction (приказ РКН № 179): prepared by one person, confirmed by another, then carried out.

    commission: a line for each member, name and post. files: the storage keys of the papers that go, a line for each,
    until they are gone. wiped_at: when nothing was left in the file of the database either. copies_until: the day from
    which no copy of the bank holds the data, if copies go on being made every night. Withdrawn, it is annulled with the
    reason. It names no person: cases are told by their numbers.
    """

    __tablename__ = "destruction"
    __table_args__ = (
        UniqueConstraint("territory_id", "year", "number"),
        listed("destruction", "id", "territory_id"),
    )
    TITLE, TITLES = _("Act of destruction"), _("Acts of destruction")
    territory_id: Mapped[int] = mapped_column(ForeignKey("territory.id"), index=True, info=label(_("District")))
    territory: Mapped[Territory] = relationship(info=label(_("District")))
    year: Mapped[int] = mapped_column(info=label(_("Year")))
    number: Mapped[int] = mapped_column(info=label(_("Number of the act")))
    commission: Mapped[str] = mapped_column(Text, info=label(_("Members of the destroying commission")))
    prepared_by: Mapped[str] = mapped_column(String(200), info=label(_("Prepared by")))
    prepared_by_id: Mapped[int | None] = mapped_column(info=label(_("User who prepared it")))
    confirmed_by: Mapped[str | None] = mapped_column(String(200), info=label(_("Confirmed by")))
    confirmed_by_id: Mapped[int | None] = mapped_column(info=label(_("User who confirmed it")))
    destroyed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=label(_("Destroyed at")))
    wiped_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=label(_("File cleaned at")))
    copies_until: Mapped[date | None] = mapped_column(Date, info=label(_("No copy holds it from")))
    files: Mapped[str] = mapped_column(Text, default="", info=label(_("Files to remove")))

    items: Mapped[list[DestructionItem]] = relationship(order_by="DestructionItem.id", overlaps="destruction")

    @property
    def title(self) -> str:
        """«3/2026»: the number within the district and the year."""
        return f"{self.number}/{self.year}"

    @property
    def state(self) -> terms.DestructionState:
        """What the rows say of it: nothing is typed in."""
        if self.annulled_at is not None:
            return terms.DestructionState.WITHDRAWN
        if self.destroyed_at is None:
            return terms.DestructionState.PREPARED
        return terms.DestructionState.DESTROYED if self.wiped_at is None else terms.DestructionState.WIPED

    def __str__(self) -> str:
        return f"Акт № {self.title}"


class DestructionItem(OfTerritory, Entity):
    """A case of an act of destruction: a family, or a signal card that became none; why it goes and how much of it."""

    __tablename__ = "destruction_item"
    __table_args__ = (Index("ix_destruction_item_of_act", "destruction_id", "family_id", "card_id"),)
    TITLE, TITLES = _("Case of an act of destruction"), _("Cases of acts of destruction")
    destruction_id: Mapped[int] = mapped_column(ForeignKey("destruction.id"), info=label(_("Act of destruction")))
    destruction: Mapped[Destruction] = relationship(info=label(_("Act of destruction")))
    territory_id: Mapped[int] = mapped_column(ForeignKey("territory.id"), index=True, info=label(_("District")))
    territory: Mapped[Territory] = relationship(info=label(_("District")))
    family_id: Mapped[int | None] = mapped_column(ForeignKey("family.id"), index=True, info=label(_("Family")))
    family: Mapped[Family | None] = relationship(info=label(_("Family")))
    card_id: Mapped[int | None] = mapped_column(ForeignKey("signal_card.id"), index=True, info=label(_("Signal card")))
    card: Mapped[SignalCard | None] = relationship(info=label(_("Signal card")))
    named: Mapped[str] = mapped_column(String(60), info=label(_("Which case")))
    reason: Mapped[str] = mapped_column(String(400), info=label(_("Why it is destroyed")))
    due_on: Mapped[date] = mapped_column(Date, info=label(_("Term over on")))
    people: Mapped[int] = mapped_column(default=0, info=label(_("People")))
    rows: Mapped[int] = mapped_column(default=0, info=label(_("Rows")))
    papers: Mapped[int] = mapped_column(default=0, info=label(_("Scans")))

    def __str__(self) -> str:
        return self.named
