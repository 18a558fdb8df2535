"""What was decided of two families, or of two people, that looked like one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _
from sqlalchemy import JSON, DateTime, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain import terms
from app.entities.families import Family, Member
from app.entities.kinds import Dated, Entity, Versioned, Whose, derived, label, term


class DoublesDecision(Dated, Versioned, Entity):
    """Two families, or two people of one family, are different, or were merged: who said so, when and why.

    family, member: which stays; other_family, other_member: the other one of the pair. Of people of one family both
    families are the same. A pair that is different never comes back among the likely doubles until that is taken back.
    moved: what a merge has changed, row by row, by which it is undone (`app/services/merging.py`). former_number: the
    number of a card that nobody bears since, by which the family is found all the same.
    """

    WHOSE, OWNER = Whose.FAMILY, "family_id"
    LASTS = ("taken_back_at",)
    __tablename__ = "doubles_decision"
    __table_args__ = (
        Index("ix_doubles_decision_of_pair", "family_id", "other_family_id", "verdict", "taken_back_at"),
        Index("ix_doubles_decision_of_people", "member_id", "other_member_id"),
    )
    TITLE, TITLES = _("Decision on doubles"), _("Decisions on doubles")
    family_id: Mapped[int] = mapped_column(ForeignKey("family.id"), info=label(_("Family")))
    family: Mapped[Family] = relationship(foreign_keys=[family_id], info=label(_("Family")))
    other_family_id: Mapped[int] = mapped_column(ForeignKey("family.id"), index=True, info=label(_("Other family")))
    other_family: Mapped[Family] = relationship(foreign_keys=[other_family_id], info=label(_("Other family")))
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"), info=label(_("Family member")))
    member: Mapped[Member | None] = relationship(foreign_keys=[member_id], info=label(_("Family member")))
    other_member_id: Mapped[int | None] = mapped_column(
        ForeignKey("member.id"), index=True, info=label(_("Other person"))
    )
    other_member: Mapped[Member | None] = relationship(foreign_keys=[other_member_id], info=label(_("Other person")))
    verdict: Mapped[terms.DoublesVerdict] = mapped_column(term(terms.DoublesVerdict), info=label(_("Verdict")))
    decided_by: Mapped[str] = mapped_column(String(200), default="", info=label(_("Decided by")))
    reason: Mapped[str | None] = mapped_column(String(500), info=label(_("Reason")))
    former_number: Mapped[str | None] = mapped_column(String(20), index=True, info=label(_("Former card number")))
    moved: Mapped[list[Any]] = mapped_column(JSON, default=list, info=derived(_("What was moved")))
    taken_back_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=label(_("Taken back")))
    taken_back_by: Mapped[str | None] = mapped_column(String(200), info=label(_("Taken back by")))
    taken_back_reason: Mapped[str | None] = mapped_column(String(500), info=label(_("Reason of taking back")))

    def __str__(self) -> str:
        return str(self.verdict)
