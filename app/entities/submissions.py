"""Reports that were handed in: frozen as they were, agreed, numbered, chained by their hashes."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from flask_babel import lazy_gettext as _
from sqlalchemy import JSON, Date, DateTime, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clock import now
from app.domain.periods import Period
from app.entities.kinds import ByAct, Entity, OfTerritory, derived, label

if TYPE_CHECKING:
    from app.entities.places import Territory


class Submission(OfTerritory, ByAct, Entity):
    """A report as it was handed in: its figures, and the rows that each of them counted (Положение, 3.6.7, 3.7.5).

    report: its name in the catalogue; choice: the options it was counted with, as one text. number: in its territory;
    edition: 1, and one more for each corrected version of the same number. note: why it was corrected.
    agreed_by, agreed_on: who of the commission agreed it, and when; scan: the signed sheet, where it was brought.
    figures: what stands in the report, as canonical JSON. lists: the rows behind each figure by their keys, packed;
    nobody is named there: names are read of the bank by whoever may see them. counts: the tables that it counts.
    rules: the hash of what its figures are declared to count. last_entry: the last entry of the journal it knows of.
    previous: the hash of what was submitted before, whichever report that was; hash: of all of this. code: the part
    of the hash that is printed.
    """

    __tablename__ = "submission"
    __table_args__ = (
        UniqueConstraint("territory_id", "report", "choice", "starts_on", "ends_on", "edition",
                         name="uq_submission_once"),
        UniqueConstraint("territory_id", "number", "edition", name="uq_submission_number"),
        UniqueConstraint("previous", name="uq_submission_chain"),
        Index("ix_submission_listed", "ends_on", "id", "territory_id"),
    )  # fmt: skip
    TITLE, TITLES = _("Submitted report"), _("Submitted reports")
    report: Mapped[str] = mapped_column(String(40), info=label(_("Report")))
    choice: Mapped[str] = mapped_column(String(100), default="", info=derived(_("Options")))
    title: Mapped[str] = mapped_column(String(200), info=label(_("Title")))
    territory_id: Mapped[int] = mapped_column(ForeignKey("territory.id"), index=True, info=label(_("Territory")))
    territory: Mapped[Territory] = relationship(info=label(_("Territory")))
    starts_on: Mapped[date] = mapped_column(Date, info=label(_("First day")))
    ends_on: Mapped[date] = mapped_column(Date, info=label(_("Last day")))
    number: Mapped[int] = mapped_column(info=label(_("Number")))
    edition: Mapped[int] = mapped_column(default=1, info=label(_("Edition")))
    agreed_by: Mapped[str] = mapped_column(String(200), info=label(_("Agreed by")))
    agreed_on: Mapped[date] = mapped_column(Date, info=label(_("Agreed on")))
    note: Mapped[str | None] = mapped_column(Text, info=label(_("Why it was corrected")))
    submitted_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now, info=label(_("Submitted at")))
    submitted_by: Mapped[str] = mapped_column(String(200), default="", info=label(_("Submitted by")))
    code: Mapped[str] = mapped_column(String(14), unique=True, info=label(_("Code")))
    figures: Mapped[str] = mapped_column(Text, deferred=True, info=derived(_("Figures")))
    lists: Mapped[bytes] = mapped_column(LargeBinary, deferred=True, info=derived(_("Lists")))
    counts: Mapped[list[Any]] = mapped_column(JSON, default=list, info=derived(_("What it counts")))
    rules: Mapped[str] = mapped_column(String(64), info=derived(_("Version of the rules")))
    last_entry: Mapped[int] = mapped_column(default=0, info=derived(_("Last entry of the journal")))
    scan: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True, info=derived(_("Scan")))
    scan_name: Mapped[str | None] = mapped_column(String(150), info=label(_("Scan")))
    scan_mime: Mapped[str | None] = mapped_column(String(40), info=derived(_("File type")))
    previous: Mapped[str] = mapped_column(String(64), info=derived(_("Hash of the one before")))
    hash: Mapped[str] = mapped_column(String(64), info=label("SHA-256"))

    @property
    def period(self) -> Period:
        """The days that it tells of."""
        return Period(self.starts_on, self.ends_on)

    @property
    def called(self) -> str:
        """«№ 3» or «№ 3, редакция 2»."""
        return f"№ {self.number}" + (f", редакция {self.edition}" if self.edition > 1 else "")

    def __str__(self) -> str:
        return f"{self.title}, {self.period.title}, {self.called}"
