"""The books of settlements: what the bank has learned to read those made by hand, and what is done about a month's."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask_appbuilder import Model
from flask_babel import lazy_gettext as _
from sqlalchemy import JSON, Date, DateTime, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clock import now
from app.domain import terms
from app.entities.kinds import Entity, OfFamily, OfTerritory, Versioned, Whose, derived, label, live, term, used
from app.entities.places import Territory


class BookWord(Versioned, Entity):
    """What a word of a hand-made book means: a header the meaning of its column, any other word a code of a dictionary.

    meaning: the code; of an organisation its name in the bank. A word with «*» at its end counts by its beginning.
    """

    WHOSE = Whose.WORDS
    __tablename__ = "book_word"
    __table_args__ = (used("kind", "text_key", name="uq_book_word_kind_text_key"),)
    TITLE, TITLES = _("Word of books"), _("Words of books")
    ADDING = _("Add a word of books")
    kind: Mapped[terms.BookWordKind] = mapped_column(term(terms.BookWordKind), info=label(_("What the word is of")))
    text: Mapped[str] = mapped_column(String(300), info=label(_("As it is written")))
    text_key: Mapped[str] = mapped_column(String(300), index=True, info=derived(_("Search key")))
    meaning: Mapped[str] = mapped_column(String(300), info=label(_("What it means")))
    retired: Mapped[bool] = mapped_column(default=False, info=label(_("No longer used")))

    def __str__(self) -> str:
        return self.text


class BookLayout(Model):
    """The answers that were given for a book of one set of headers, of a district: the next one is read by them.

    headers: a digest of the set. answers: by the key of a question. No fact of the bank.
    """

    WHOSE, OWNER = Whose.TERRITORY, "district_id"
    __tablename__ = "book_layout"

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("territory.id"), index=True)
    headers: Mapped[str] = mapped_column(String(64), index=True)
    answers: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    used_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now, onupdate=now)


class BookStep(OfTerritory, Versioned, Entity):
    """What was done about the book of a month: its settlement was reminded, it went back to be mended, or the book of
    the district was put together and stays as it was then.

    of_month: its first day. note: who was told and how, what is to be mended, or which settlements had sent nothing.
    content: the workbook of the district; of a book that went back there is the digest alone.
    """

    __tablename__ = "book_step"
    TITLE, TITLES = _("Step about the book of a month"), _("Steps about the books of a month")
    territory_id: Mapped[int] = mapped_column(ForeignKey("territory.id"), index=True, info=label(_("Territory")))
    territory: Mapped[Territory] = relationship(info=label(_("Territory")))
    of_month: Mapped[date] = mapped_column(Date, index=True, info=label(_("Month")))
    kind: Mapped[terms.BookStepKind] = mapped_column(term(terms.BookStepKind), info=label(_("What was done")))
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now, info=label(_("When")))
    made_by: Mapped[str] = mapped_column(String(200), default="", info=label(_("By whom")))
    note: Mapped[str | None] = mapped_column(String(1000), info=label(_("Note")))
    families: Mapped[int | None] = mapped_column(info=label(_("Families")))
    file_name: Mapped[str | None] = mapped_column(String(200), info=label(_("File name")))
    sha256: Mapped[str | None] = mapped_column(String(64), info=label("SHA-256"))
    content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True, info=derived(_("File")))

    def __str__(self) -> str:
        return f"{self.kind}: {self.of_month:%m.%Y}"


class GoneFamily(OfFamily, Entity):
    """What is known of a family on record that the book of its settlement for a month leaves out.

    of_month: its first day.
    """

    LASTS = ("of_month",)
    __tablename__ = "gone_family"
    __table_args__ = (live("family_id", "of_month", name="uq_gone_family_of_month"),)
    TITLE, TITLES = _("Family gone from a book"), _("Families gone from books")
    of_month: Mapped[date] = mapped_column(Date, info=label(_("Month")))
    answer: Mapped[terms.GoneAnswer] = mapped_column(term(terms.GoneAnswer), info=label(_("Answer")))
    note: Mapped[str | None] = mapped_column(String(300), info=label(_("Note")))
    answered_by: Mapped[str] = mapped_column(String(200), default="", info=label(_("By whom")))

    def __str__(self) -> str:
        return f"{self.of_month:%m.%Y}: {self.answer}"
