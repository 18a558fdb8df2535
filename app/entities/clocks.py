"""Clocks that were given a later last day."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, ClassVar

from flask_babel import lazy_gettext as _
from sqlalchemy import Date, DateTime, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from app.entities.kinds import ByAct, Entity, OfCard, OfFamily, OfSurvey, in_the_family_of, label, listed

if TYPE_CHECKING:
    from app.entities.dictionaries import Deadline
    from app.entities.record import Registration
    from app.entities.signals import SignalCard
    from app.entities.surveys import SurveyGroup


class Extends:
    """A clock that was given a later last good day, with the reason and by whom; the latest day counts.

    A clock is a deadline of the dictionary and the thing it runs for. Every kind of thing whose clocks are extended has
    an entity of its own, which is this and names the thing: rows are then seen and written with it.
    """

    LASTS: ClassVar[tuple[str, ...]] = ("until",)

    deadline_id: Mapped[int] = mapped_column(ForeignKey("deadline.id"), index=True, info=label(_("Deadline")))
    until: Mapped[date] = mapped_column(Date, info=label(_("Extended until")))
    reason: Mapped[str] = mapped_column(String(500), info=label(_("Reason of the extension")))
    user_name: Mapped[str] = mapped_column(String(200), info=label(_("Extended by")))

    @declared_attr
    def deadline(cls) -> Mapped[Deadline]:  # noqa: N805  of the class that mixes it in
        return relationship("Deadline", info=label(_("Deadline")))


class StayExtension(Extends, ByAct, OfFamily, Entity):
    """A clock of a stay on record that was extended."""

    __tablename__ = "stay_extension"
    __table_args__ = (
        in_the_family_of("registration_id", "registration"),
        Index("ix_stay_extension_of_clock", "registration_id", "deadline_id", "until", "annulled_at"),
        listed("stay_extension", "until", "id", "family_id"),
    )
    TITLE, TITLES = _("Extension of a deadline"), _("Extensions of deadlines")
    registration_id: Mapped[int] = mapped_column(info=label(_("Registration")))
    registration: Mapped[Registration] = relationship(foreign_keys=[registration_id], info=label(_("Registration")))

    def __str__(self) -> str:
        return f"{self.deadline}: до {self.until:%d.%m.%Y}"


class SurveyExtension(Extends, OfSurvey, Entity):
    """The clock of a survey that was extended; the survey itself holds the latest day (`SurveyGroup.due_on`)."""

    __tablename__ = "survey_extension"
    TITLE, TITLES = _("Extension of a survey"), _("Extensions of surveys")
    group: Mapped[SurveyGroup] = relationship(back_populates="extensions", info=label(_("Survey")))

    def __str__(self) -> str:
        return f"{self.deadline}: до {self.until:%d.%m.%Y}"


class CardExtension(Extends, OfCard, Entity):
    """A clock of a signal card that was extended until the end of a day; of one that begins anew nothing is left.

    started_at: the beginning of the clock that was extended, as the card has it.
    """

    LASTS = ("started_at",)
    __tablename__ = "card_extension"
    __table_args__ = (Index("ix_card_extension_of_clock", "card_id", "deadline_id", "started_at"),)
    TITLE, TITLES = _("Extension of a card"), _("Extensions of cards")
    card: Mapped[SignalCard] = relationship(back_populates="extensions", info=label(_("Signal card")))
    started_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info=label(_("The clock started at")))

    def __str__(self) -> str:
        return f"{self.deadline}: до {self.until:%d.%m.%Y}"
