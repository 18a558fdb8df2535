"""How the bank is kept: loads of workbooks, the journal, the keys of forms that were sent."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from flask_appbuilder import Model
from flask_appbuilder.security.sqla.models import User
from flask_babel import lazy_gettext as _
from sqlalchemy import (
    JSON,
    Date,
    DateTime,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clock import now
from app.domain import terms
from app.entities.kinds import Entity, Whose, label, term

if TYPE_CHECKING:
    from app.entities.places import Territory


class ImportBatch(Entity):
    """One applied workbook. Every journal entry of it carries the batch; the batch can be undone as a whole."""

    WHOSE, OWNER = Whose.LOAD, "district_id"
    __tablename__ = "import_batch"
    TITLE, TITLES = _("Import"), _("Imports")
    applied_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now, info=label(_("Applied at")))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"), index=True, info=label(_("User")))
    user: Mapped[User | None] = relationship(info=label(_("User")))
    district_id: Mapped[int] = mapped_column(ForeignKey("territory.id"), index=True, info=label(_("District")))
    district: Mapped[Territory] = relationship(info=label(_("District")))
    as_of: Mapped[date] = mapped_column(Date, info=label(_("As of")))
    file_name: Mapped[str] = mapped_column(String(200), info=label(_("File name")))
    sha256: Mapped[str] = mapped_column(String(64), info=label("SHA-256"))
    counts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, info=label(_("Figures")))
    undone_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=label(_("Undone at")))

    def __str__(self) -> str:
        return f"{self.file_name} на {self.as_of:%d.%m.%Y}"


class JournalEntry(Entity):
    """What was done: a change (was → is), a view, a print, an export, a sign-in. Only ever added to."""

    WHOSE = Whose.JOURNAL
    __tablename__ = "journal_entry"
    __table_args__ = (
        Index("ix_journal_entry_family_id_at", "family_id", "at"),
        Index("ix_journal_entry_entity_entity_id", "entity", "entity_id"),
        Index("ix_journal_entry_act_at", "act", "at"),
        Index("ix_journal_entry_user_id_at", "user_id", "at"),
    )
    TITLE, TITLES = _("Journal entry"), _("Journal")
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now, index=True, info=label(_("When")))
    user_id: Mapped[int | None] = mapped_column(index=True, info=label(_("User")))
    user_name: Mapped[str] = mapped_column(String(200), default="", info=label(_("User")))
    address: Mapped[str | None] = mapped_column(String(45), info=label(_("Network address")))
    act: Mapped[terms.Act] = mapped_column(term(terms.Act), index=True, info=label(_("Act")))
    entity: Mapped[str] = mapped_column(String(40), default="", info=label(_("What")))
    entity_id: Mapped[int | None] = mapped_column(info=label(_("Record")))
    family_id: Mapped[int | None] = mapped_column(info=label(_("Family")))
    summary: Mapped[str] = mapped_column(String(500), default="", info=label(_("Summary")))
    changes: Mapped[dict[str, Any] | None] = mapped_column(JSON, info=label(_("Was → is")))
    records: Mapped[int | None] = mapped_column(info=label(_("Records")))
    batch_id: Mapped[int | None] = mapped_column(index=True, info=label(_("Import")))

    def __str__(self) -> str:
        return self.summary


class JournalSeal(Model):
    """A link of the chain of the journal (`app/journal/chain.py`): marks of some entries, closed by a hash.

    id: the number of the link, without gaps. covers: the entries, as ranges; marks: their marks, one after the other.
    last: the greatest key. replaces: the entries were sealed before, and their words were destroyed by law since.
    """

    WHOSE = Whose.MACHINE
    __tablename__ = "journal_seal"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sealed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now)
    covers: Mapped[str] = mapped_column(Text)
    marks: Mapped[str] = mapped_column(Text)
    entries: Mapped[int] = mapped_column()
    last: Mapped[int] = mapped_column(index=True)
    replaces: Mapped[bool] = mapped_column(default=False)
    hash: Mapped[str] = mapped_column(String(64))


class SentForm(Model):
    """The key of a form that was stored, for a day: the same form sent again is answered as `answer` says."""

    WHOSE = Whose.SIGN_IN
    __tablename__ = "sent_form"
    user_id: Mapped[int] = mapped_column(
        ForeignKey("ab_user.id", ondelete="CASCADE"), primary_key=True, info=label(_("User"))
    )
    key: Mapped[str] = mapped_column(String(64), primary_key=True, info=label(_("Key of the form")))
    digest: Mapped[str] = mapped_column(String(64), info=label("SHA-256"))
    sent_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True, info=label(_("When")))
    answer: Mapped[dict[str, str] | None] = mapped_column(JSON, info=label(_("Answer")))


class Draft(Model):
    """What a person has typed in a long form and not sent yet, field by field; seen by that person alone.

    kind: which form it is. key: made with the page of the form, so that whatever it says is of one draft. words: what
    stands in the fields of the form, by their names. sent_at: when the form was stored; from then on nobody writes
    under the key, and of the words nothing is kept. No id is given twice: an old page names no other draft.
    """

    WHOSE, OWNER = Whose.ASKER, "user_id"
    __tablename__ = "draft"
    __table_args__ = (
        UniqueConstraint("user_id", "key"),
        Index("ix_draft_user_id_kind", "user_id", "kind"),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(20))
    key: Mapped[str] = mapped_column(String(64))
    words: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    begun_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now)
    saved_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now, index=True)
    sent_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
