"""The file of a family that goes to another territory of the bank, or to another municipality."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from flask_babel import lazy_gettext as _
from sqlalchemy import Date, DateTime, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain import terms
from app.entities.kinds import (
    DESTROYED,
    Annullable,
    Dated,
    Entity,
    Versioned,
    Whose,
    derived,
    in_the_family_of,
    label,
    leaves,
    listed,
    live,
    sane,
)

if TYPE_CHECKING:
    from app.entities.dictionaries import RemovalReason
    from app.entities.families import Family
    from app.entities.keeping import ImportBatch
    from app.entities.places import Territory
    from app.entities.record import Decision, Registration


class Transfer(Annullable, Dated, Versioned, Entity):
    """The file of a family goes elsewhere by a decision: the family stays where it is until it is received there.

    Within the bank both territories are named; of a file that goes out, or came in, one of them is `elsewhere`.
    family: as it is kept where it came from; received: as it is kept where it was received. stay_id: the stay on record
    that the receipt has ended; batch: the load that wrote the family, by which the receipt is taken back.
    key: which file it is, the same in both installations; secret: what proves that whoever sends a receipt has read it.
    declined: why it was not taken there. Taken back by its sender, it is annulled with the reason.
    """

    WHOSE, OWNER = Whose.TRANSFER, "from_territory_id"
    LASTS = ("decided_on", "filed_at", "answered_at", "number", "key")
    __tablename__ = "transfer"
    __table_args__ = (
        in_the_family_of("decision_id", "decision"),
        in_the_family_of("stay_id", "registration"),
        listed("transfer", "id", "from_territory_id", "to_territory_id", "family_id", "received_id"),
        live("key", name="uq_transfer_key"),
        sane("from_territory_id IS NOT NULL OR to_territory_id IS NOT NULL", name="of_some_territory"),
    )
    TITLE, TITLES = _("Transfer of a family"), _("Transfers of families")
    named: Mapped[str] = mapped_column(String(250), info=leaves(label(_("Which family")), DESTROYED))
    family_id: Mapped[int | None] = mapped_column(ForeignKey("family.id"), index=True, info=label(_("Family")))
    family: Mapped[Family | None] = relationship(foreign_keys=[family_id], info=label(_("Family")))
    from_territory_id: Mapped[int | None] = mapped_column(
        ForeignKey("territory.id"), index=True, info=label(_("Transferred from"))
    )
    from_territory: Mapped[Territory | None] = relationship(
        foreign_keys=[from_territory_id], info=label(_("Transferred from"))
    )
    to_territory_id: Mapped[int | None] = mapped_column(
        ForeignKey("territory.id"), index=True, info={**label(_("Transferred to")), "anywhere": True}
    )
    to_territory: Mapped[Territory | None] = relationship(
        foreign_keys=[to_territory_id], info=label(_("Transferred to"))
    )
    elsewhere: Mapped[str | None] = mapped_column(String(300), info=label(_("Another municipality")))
    decision_id: Mapped[int | None] = mapped_column(index=True, info=label(_("Decision")))
    decision: Mapped[Decision | None] = relationship(foreign_keys=[decision_id], info=label(_("Decision")))
    number: Mapped[str | None] = mapped_column(String(40), info=label(_("Number of decision")))
    decided_on: Mapped[date] = mapped_column(Date, info=label(_("Date of decision")))
    commission: Mapped[str | None] = mapped_column(String(300), info=label(_("Commission")))
    reason_id: Mapped[int | None] = mapped_column(
        ForeignKey("removal_reason.id"), index=True, info=label(_("Reason of removal"))
    )
    reason: Mapped[RemovalReason | None] = relationship(info=label(_("Reason of removal")))
    note: Mapped[str | None] = mapped_column(Text, info=label(_("Note")))
    sent_by: Mapped[str] = mapped_column(String(200), info=label(_("Sent by")))
    filed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=label(_("File made at")))
    answered_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=label(_("Answered at")))
    answered_by: Mapped[str | None] = mapped_column(String(200), info=label(_("Answered by")))
    declined: Mapped[str | None] = mapped_column(String(500), info=label(_("Why it was declined")))
    received_id: Mapped[int | None] = mapped_column(
        ForeignKey("family.id"), index=True, info=label(_("Family where it was received"))
    )
    received: Mapped[Family | None] = relationship(
        foreign_keys=[received_id], info=label(_("Family where it was received"))
    )
    stay_id: Mapped[int | None] = mapped_column(index=True, info=label(_("Registration")))
    stay: Mapped[Registration | None] = relationship(foreign_keys=[stay_id], info=label(_("Registration")))
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("import_batch.id"), index=True, info=label(_("Import")))
    batch: Mapped[ImportBatch | None] = relationship(info=label(_("Import")))
    key: Mapped[str] = mapped_column(String(40), info=label(_("Storage key")))
    secret: Mapped[str] = mapped_column(String(64), default="", info=derived(_("Secret of the file")))

    @property
    def state(self) -> terms.TransferState:
        """What the rows say of it: nothing is typed in."""
        if self.annulled_at is not None:
            return terms.TransferState.WITHDRAWN
        if self.answered_at is None:
            return terms.TransferState.WAITING
        return terms.TransferState.RECEIVED if self.declined is None else terms.TransferState.DECLINED

    @property
    def whence(self) -> str:
        """Where the family goes from, as people call it."""
        return str(self.from_territory or self.elsewhere or "")

    @property
    def whither(self) -> str:
        """Where the family goes to, as people call it."""
        return str(self.to_territory or self.elsewhere or "")

    def __str__(self) -> str:
        return self.named
