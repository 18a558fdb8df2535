"""What the bodies of the demo district are asked about the families that are surveyed, and what they told."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select

from app import clock
from app.demo.ground import District, Rows
from app.domain.inquiries import kind_among
from app.extensions import db
from app.models import Agency, AgencyKind
from app.services.inquiries import kinds


class SaidScript(NamedTuple):
    """One entry of a body: what it knows, how many days before it was asked that was so, who told it."""

    text: str
    days: int = 0
    told_by: str = "дежурный специалист"
    special: bool = False


class AskScript(NamedTuple):
    """A body that is asked, by the code of its kind; days: how long it has; after: days until it answered."""

    code: str
    question: str | None
    days: int
    said: tuple[SaidScript, ...] = ()
    after: int | None = None
    nothing: bool = False
    taken: bool = False


# By the surveys in their order: of each, who is asked.
SCRIPTS: tuple[tuple[AskScript, ...], ...] = (
    (
        AskScript("5.2", "Состоит ли семья на обслуживании, получает ли пособия?", 4, (
            SaidScript("Семья получает ежемесячное пособие, заявление подано матерью лично.", 200),
            SaidScript("Предложена путёвка в лагерь дневного пребывания, от неё отказались.", 40),
        ), after=1, taken=True),
        AskScript("5.5", "Когда ребёнка осматривал педиатр, какие прививки сделаны?", 6),
        AskScript("5.6", "Состоят ли родители на учёте как безработные?", 4, after=1, nothing=True),
        AskScript("5.7", None, 4, (
            SaidScript("Выездов по адресу за год – три, жалобы соседей на шум.", 15, "инспектор ПДН"),
            SaidScript("Отец привлекался к уголовной ответственности, судимость не погашена.", 400, "инспектор ПДН",
                       special=True),
        ), after=2),
    ),
    (
        AskScript("5.5", "Посещает ли мать с ребёнком поликлинику?", 4, (
            SaidScript("Последний приём два месяца назад, на вызовы не являются.", 60, "районный педиатр"),
            SaidScript("У ребёнка дефицит веса, показано стационарное обследование.", 60, "районный педиатр",
                       special=True),
        ), after=3),
        AskScript("5.3", "Стоит ли ребёнок в очереди в детский сад?", 3),
    ),
)  # fmt: skip


def write(writer: Rows, number: int, group_id: int, district: District, at: datetime, by: str) -> None:
    """Ask the bodies of a survey, the `number`th of all, at the moment its group was named."""
    known = kinds()
    for script in SCRIPTS[number] if number < len(SCRIPTS) else ():
        for agency_id in district.performers.get(script.code, ())[:1]:
            _write(writer, script, group_id, agency_id, kind_among(_kind(agency_id), known).id, at, by)


def _kind(agency_id: int) -> AgencyKind:
    kind = select(AgencyKind).join(Agency, Agency.kind_id == AgencyKind.id).where(Agency.id == agency_id)
    return db.session.scalars(kind).one()


def _write(writer: Rows, script: AskScript, group_id: int, agency_id: int, kind_id: int, at: datetime, by: str) -> None:
    asked_on = clock.local(at).date()
    answered_at = None if script.after is None else at + timedelta(days=script.after)
    stamp = {"group_id": group_id, "version": 1, "annulled_at": None, "annul_reason": None}
    writer.add(
        "agency_inquiry", agency_id=agency_id, question=script.question, due_on=asked_on + timedelta(days=script.days),
        asked_by=by, answered_at=answered_at, knows_nothing=script.nothing,
        closed_at=answered_at + timedelta(hours=5) if script.taken and answered_at else None, created_at=at, **stamp,
    )  # fmt: skip
    for said in script.said:
        writer.add(
            "agency_finding", kind_id=kind_id, agency_id=agency_id, told_on=asked_on - timedelta(days=said.days),
            told_by=said.told_by, special=said.special, text=said.text, created_at=answered_at, **stamp,
        )  # fmt: skip
