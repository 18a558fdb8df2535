"""Copies of the bank that were made, and how each was proved."""

from __future__ import annotations

from datetime import datetime

from flask_appbuilder import Model
from sqlalchemy import BigInteger, DateTime, String
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.entities.kinds import Whose


class Backup(Model):
    """One attempt at a copy: where it lies and whether the bank was restored from it; or why there is none.

    file: its name; folder: where it lies; second: where the same file lies once more, empty if nowhere.
    size: bytes. seconds: how long restoring took on trial. families, papers: what was found in the restored bank.
    proved_at: empty unless everything restored was as it had been. fault: what went wrong, in a sentence.
    head: the last link of the journal's chain in the copy (`app/journal/chain.py`), by its entry and its hash.
    """

    WHOSE = Whose.MACHINE
    __tablename__ = "backup"

    id: Mapped[int] = mapped_column(primary_key=True)
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now, index=True)
    made_by: Mapped[str] = mapped_column(String(200), default="")
    file: Mapped[str] = mapped_column(String(120), default="")
    folder: Mapped[str] = mapped_column(String(400), default="")
    second: Mapped[str] = mapped_column(String(400), default="")
    size: Mapped[int] = mapped_column(BigInteger, default=0)
    sha256: Mapped[str] = mapped_column(String(64), default="")
    seconds: Mapped[int] = mapped_column(default=0)
    families: Mapped[int] = mapped_column(default=0)
    papers: Mapped[int] = mapped_column(default=0)
    proved_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    fault: Mapped[str] = mapped_column(String(600), default="")
    head_entry: Mapped[int | None] = mapped_column(BigInteger)
    head_hash: Mapped[str] = mapped_column(String(64), default="")

    def __str__(self) -> str:
        return self.file
