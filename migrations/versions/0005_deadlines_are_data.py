"""a deadline says by closed moments what starts and stops it, and its length by numbers and days

Revision: 0005, after 0004. What a municipality has written itself is carried over; words that no column takes stand in
the clause. Notes on where the shipped rows came from go.
"""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# code: what starts it, what stops it, how the start was worded
SHIPPED: dict[str, tuple[str, str | None, str]] = {
    "signal_1h": ("detected", "signal_sent", "момент выявления"),
    "bank_entry_3d": ("papers_received", "entered", "поступление постановления КДН и карты учета"),
    "month_2": ("month_ended", None, "месяц, следующий за отчетным"),
    "month_5": ("month_ended", None, "месяц, следующий за отчетным"),
    "quarter_5": ("quarter_ended", None, "месяц, следующий за кварталом"),
    "quarter_10": ("quarter_ended", None, "месяц, следующий за кварталом"),
    "sv_register_1wd": ("file_came", "file_registered", "поступление документов"),
    "sv_review_15d": ("file_registered", "reviewed", "регистрация"),
    "sv_request_3wd": ("file_registered", "more_asked", "регистрация"),
    "vo_survey_5d": ("learnt", "surveyed", "получение информации"),
    "pe_report_30": ("programme_month", "measures_reported", "каждый месяц"),
    "vl_inform_5d": ("decided", "informed", "решение комиссии"),
    "rg_quarter": ("quarter_ended", None, "квартал"),
    "survey_default": ("signal_registered", "surveyed", "регистрация сигнальной карты"),
    "msrk_default": ("signal_registered", "reviewed", "регистрация сигнальной карты"),
    "ipr_default": ("decided", "programme_approved", "решение о постановке"),
    "ipr_review": ("stage_ended", "stage_reviewed", "окончание этапа"),
    "decision_copy": ("decided", "decision_sent", "дата постановления"),
    "transfer": ("move_learnt", "case_sent", "получение сведений о переезде"),
    "breach_24h": ("incident_found", "incident_told", "выявление инцидента"),
}
OF_YEAR = "rg_quarter"  # the bank has shown no such report: it is not in use until the municipality says so
CLAUSES = {"breach_24h": "152-ФЗ, статья 21, часть 3.1"}
DAYS_OF_YEAR = "10.01; 05.04; 05.07; 05.10"
MONTHS = {"Jan": "01", "Apr": "04", "Jul": "07", "Oct": "10"}
POLOZHENIE, BEFORE = "Положение, ", "seed_krasnosulin "  # one clause, as it is written now and as it was

deadline = sa.table("deadline", *(sa.column(name) for name in (
    "id", "code", "counted_from", "limit", "source", "starts", "stops", "number", "unit", "days", "clause", "retired",
)))  # fmt: skip


def upgrade() -> None:
    with op.batch_alter_table("deadline") as table:
        table.add_column(sa.Column("starts", sa.String(20), nullable=True))
        table.add_column(sa.Column("stops", sa.String(20), nullable=True))
        table.add_column(sa.Column("number", sa.Integer(), nullable=True))
        table.add_column(sa.Column("days", sa.String(120), nullable=True))
        table.add_column(sa.Column("clause", sa.String(700), nullable=True))
    for row in op.get_bind().execute(sa.select(deadline)).all():
        _update(row.id, _carried(row))
    with op.batch_alter_table("deadline") as table:
        table.alter_column("starts", existing_type=sa.String(20), nullable=False)
        table.drop_column("counted_from")
        table.drop_column("limit")
        table.drop_column("source")


def downgrade() -> None:
    with op.batch_alter_table("deadline") as table:
        table.add_column(sa.Column("counted_from", sa.String(200), nullable=False, server_default=""))
        table.add_column(sa.Column("limit", sa.String(60), nullable=False, server_default=""))
        table.add_column(sa.Column("source", sa.String(400), nullable=True))
    for row in op.get_bind().execute(sa.select(deadline)).all():
        clause = row.clause or ""
        _update(row.id, {
            "counted_from": SHIPPED[row.code][2] if row.code in SHIPPED else row.starts,
            "limit": (row.days or "")[:60] if row.number is None else str(row.number),
            "source": clause.replace(POLOZHENIE, BEFORE, 1) or None,
        })  # fmt: skip
    with op.batch_alter_table("deadline") as table:
        table.alter_column("counted_from", existing_type=sa.String(200), server_default=None)
        table.alter_column("limit", existing_type=sa.String(60), server_default=None)
        for name in ("starts", "stops", "number", "days", "clause"):
            table.drop_column(name)


def _update(key: int, values: dict[str, Any]) -> None:
    op.get_bind().execute(sa.update(deadline).where(deadline.c.id == key).values(values))


def _carried(row: Any) -> dict[str, Any]:
    """The values of a row in the columns of now."""
    starts, stops, worded = SHIPPED.get(row.code, ("other", "other", ""))
    limit, told = row.limit.strip(), []
    days = _days(limit) if row.unit == "date_list" else None
    number = int(limit) if days is None and limit.isdecimal() and int(limit) < 10**6 else None
    if row.counted_from.strip() not in (worded, starts):
        told.append(f"отсчёт: {row.counted_from.strip()}")
    if days is None and number is None and limit:
        told.append(f"срок: {limit}")
    clause = "; ".join(filter(None, (_clause(row), *told)))
    retired = row.retired or (row.code == OF_YEAR and days == DAYS_OF_YEAR)
    return {
        "starts": starts, "stops": stops, "number": number, "days": days, "clause": clause or None,
        "retired": retired,
    }  # fmt: skip


def _clause(row: Any) -> str:
    """The clause of a source; a note on where a shipped row came from is none."""
    source = (row.source or "").strip()
    if source.startswith(BEFORE):
        return POLOZHENIE + source.removeprefix(BEFORE).partition(" (")[0]
    if row.code in SHIPPED and re.match(r"seed_|found http|composed\b", source):
        return CLAUSES.get(row.code, "")
    return source


def _days(limit: str) -> str | None:
    """«10 Jan; 5 Apr» as «10.01; 05.04»; None for words that say no days."""
    found = []
    for part in limit.split(";"):
        written = re.fullmatch(r"\s*(\d{1,2})(?:\.(\d{1,2})| (Jan|Apr|Jul|Oct))\s*", part)
        if written is None:
            return None
        found.append(f"{int(written[1]):02d}.{int(written[2] or MONTHS[written[3]]):02d}")
    return "; ".join(found)
