"""«Реестр вручения»: to whom the papers of a meeting or of a period were given, printed or opened in Excel."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.documents import blanks
from app.domain.refusal import Refusal
from app.extensions import db
from app.models import AgendaItem, Delivery, Meeting
from app.render.table import Cell, Column, Table, Value

TITLE = "Реестр вручения"
NONE = "За это время ничего не вручали."
MOST = 5_000  # rows of one register
TOO_MANY = f"Записей больше {MOST}: возьмите период короче."
COLUMNS = (
    Column("№", 6, "number"), Column("Вручено", 11, "date"), Column("Документ", 16), Column("№ постановления", 12),
    Column("Вопрос", 36), Column("Кому", 28), Column("Как", 16), Column("Кем", 20), Column("Получено", 11, "date"),
    Column("Отметка о получении", 24),
)  # fmt: skip


def of_meeting(meeting: Meeting) -> Table:
    """The register of a meeting. Raises Refusal if it is too long."""
    return _table(f"{meeting}, {meeting.agency}", _read(Delivery.meeting_id == meeting.id))


def of_period(since: date, until: date) -> Table:
    """The register of what the person sees, by the days of sending. Raises Refusal if it is too long."""
    return _table(f"{since:%d.%m.%Y} – {until:%d.%m.%Y}", _read(Delivery.sent_on.between(since, until)))


def _read(which: object) -> Sequence[Delivery]:
    asked = select(Delivery).where(which, Delivery.annulled_at.is_(None))  # type: ignore[arg-type]  # a condition
    asked = asked.options(joinedload(Delivery.item).load_only(AgendaItem.title, AgendaItem.number))
    found = db.session.scalars(asked.order_by(Delivery.sent_on, Delivery.id).limit(MOST + 1)).all()
    if len(found) > MOST:
        raise Refusal(TOO_MANY, "from")
    return found


def _table(subtitle: str, found: Sequence[Delivery]) -> Table:
    return Table(
        title=TITLE, subtitle=f"{subtitle}. Записей: {len(found)}.", columns=COLUMNS,
        rows=[_row(place, row) for place, row in enumerate(found, start=1)], notes=() if found else (NONE,),
        sheet="Вручение",
    )  # fmt: skip


def _row(place: int, row: Delivery) -> list[Value | Cell]:
    return [
        place, row.sent_on, str(row.kind), row.item.number, blanks.text(row.item.title), blanks.text(row.whom),
        str(row.way), blanks.text(row.handed_by), row.received_on, blanks.text(row.mark),
    ]  # fmt: skip
