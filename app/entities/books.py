"""What the bank has learned to read the books that settlements make by hand: words, headers, remembered answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_appbuilder import Model
from flask_babel import lazy_gettext as _
from sqlalchemy import JSON, DateTime, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.domain import terms
from app.entities.kinds import Entity, Versioned, Whose, derived, label, term, used


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
