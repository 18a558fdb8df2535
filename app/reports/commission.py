"""R8: the work of the commission: its meetings, matters, resolutions and instructions, a row per body."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _
from sqlalchemy import ColumnElement, and_, func, not_, select, true

from app import access
from app.domain.periods import Period
from app.domain.terms import DecisionKind
from app.extensions import db
from app.models import Agency, AgendaItem, DecisionOutcome, Instruction, Meeting
from app.reports import grid
from app.reports.activity import bodies
from app.reports.grid import BY_DISTRICT, BY_TERRITORY, Figures, Pictured, by_keys, percent
from app.reports.report import Counting, Detail, Indicator, Near, Source, family

meeting, item, instruction = Meeting.__table__, AgendaItem.__table__, Instruction.__table__
outcome, sits, asked = DecisionOutcome.__table__, Agency.__table__.alias("sits"), Agency.__table__.alias("asked")


def _mine() -> ColumnElement[bool]:
    return true() if access.scope().all_statistics else access.scope().meetings()


def _source(name: str, tables: Any, where: tuple[ColumnElement[bool], ...], details: tuple[Detail, ...]) -> Source:
    said = (
        Detail("territory_id", "Территория", meeting.c.territory_id),
        Detail("body", "Комиссия, совет", sits.c.name),
        Detail("meeting_number", "№ заседания", meeting.c.number),
        Detail("held_on", "Заседание", meeting.c.held_on, "date"),
    )
    live = (meeting.c.annulled_at.is_(None), *where)
    return Source(name, tables, live, (*said, *details), territory=meeting.c.territory_id, counted=_mine, shown=_mine,
                  keys={"agency": meeting.c.agency_id}, order=(meeting.c.held_on, meeting.c.id))  # fmt: skip


_held = meeting.join(sits, sits.c.id == meeting.c.agency_id)
MEETINGS = _source("meetings", _held, (), ())
ITEMS = _source(
    "items",
    _held.join(item, item.c.meeting_id == meeting.c.id)
    .outerjoin(outcome, outcome.c.id == item.c.outcome_id)
    .outerjoin(family, family.c.id == item.c.family_id),
    (item.c.annulled_at.is_(None),),
    (Detail("matter", "Вопрос", item.c.title), Detail("family_name", "Семья", family.c.name),
     Detail("outcome", "Исход", outcome.c.name), Detail("decision_number", "Постановление №", item.c.number)),
)  # fmt: skip
INSTRUCTIONS = _source(
    "instructions",
    _held.join(instruction, instruction.c.meeting_id == meeting.c.id).join(
        asked, asked.c.id == instruction.c.agency_id
    ),
    (instruction.c.annulled_at.is_(None),),
    (Detail("asked_body", "Кому поручено", asked.c.name), Detail("text", "Что сделать", instruction.c.text),
     Detail("given_on", "Дано", instruction.c.given_on, "date"), Detail("due_on", "Срок", instruction.c.due_on, "date"),
     Detail("done_on", "Исполнено", instruction.c.done_on, "date")),
)  # fmt: skip
BY_BODY = by_keys(_("by commissions and councils"), {"agency": "Комиссия, совет"}, bodies)


def figures(period: Period) -> Figures:
    """What the sittings of the period did; instructions by the day they were given."""
    within = meeting.c.held_on.between(period.start, period.end)
    was_held = and_(within, meeting.c.opened_at.is_not(None))
    decided = and_(was_held, meeting.c.closed_at.is_not(None))
    given = and_(instruction.c.given_on.is_not(None), instruction.c.given_on.between(period.start, period.end))
    answered = and_(given, instruction.c.answered_at.is_not(None))
    known = db.session.execute(
        select(outcome.c.id, outcome.c.code, outcome.c.name).order_by(outcome.c.position, outcome.c.id)
    ).all()
    heard = outcome.c.effect == DecisionKind.HEAR

    def of(source: Source, key: str, title: str, unit: Counting, rule: str, where: ColumnElement[bool],
           distinct: Any = None) -> Indicator:  # fmt: skip
        return Indicator(key, title, unit, source, where, distinct, rule=rule,
                         near=Near(source, not_(func.coalesce(where, False)), _why(source, period)))  # fmt: skip

    return [
        of(MEETINGS, "meetings", "Заседаний", Counting.MEETINGS, "Заседания с датой в периоде, которые состоялись "
           "(открыты).", was_held),
        of(MEETINGS, "extended", "из них расширенных", Counting.MEETINGS, "Состоявшиеся заседания периода с отметкой "
           "«расширенное».", and_(was_held, meeting.c.extended.is_(True))),
        of(ITEMS, "items", "Рассмотрено вопросов", Counting.ITEMS, "Вопросы повесток состоявшихся заседаний; снятые с "
           "повестки не считаются.", was_held),
        of(ITEMS, "families", "Рассмотрено семей", Counting.FAMILIES, "Разные семьи в вопросах состоявшихся заседаний.",
           and_(was_held, item.c.family_id.is_not(None)), item.c.family_id),
        of(ITEMS, "heard", "Заслушано отчётов", Counting.ITEMS, "Вопросы закрытых заседаний с исходом «заслушать "
           "исполнителя».", and_(decided, heard)),
        of(ITEMS, "resolutions", "Принято постановлений", Counting.ITEMS, "Вопросы закрытых заседаний, по которым есть "
           "исход.", and_(decided, item.c.outcome_id.is_not(None))),
        *(of(ITEMS, f"outcome {code}", name, Counting.ITEMS, f"Вопросы закрытых заседаний с исходом «{name}».",
             and_(decided, item.c.outcome_id == outcome_id)) for outcome_id, code, name in known),
        of(INSTRUCTIONS, "given", "Дано поручений", Counting.INSTRUCTIONS, "Поручения, представления и материалы в "
           "суд, данные закрытыми заседаниями с датой в периоде.", given),
        of(INSTRUCTIONS, "answered", "на них есть ответ", Counting.INSTRUCTIONS, "Из данных в периоде: орган ответил.",
           answered),
        of(INSTRUCTIONS, "in_time", "исполнено в срок", Counting.INSTRUCTIONS, "Из данных в периоде: орган ответил, и "
           "день исполнения не позже срока.", and_(answered, instruction.c.done_on <= instruction.c.due_on)),
        percent("in_time_share", "в срок, %", "in_time", "given", "Исполненные в срок в процентах от данных."),
    ]  # fmt: skip


def _why(source: Source, period: Period) -> Any:
    """What kept a meeting, a matter, an instruction out."""

    def why(row: Any) -> str:
        if source is INSTRUCTIONS:
            if row["given_on"] is None:
                return "заседание не закрыто, поручение ещё не дано"
            if row["given_on"] not in period:
                return f"дано {row['given_on']:%d.%m.%Y}, вне периода"
            return "ответа нет" if row["done_on"] is None else f"исполнено {row['done_on']:%d.%m.%Y}"
        if row["held_on"] not in period:
            return f"заседание {row['held_on']:%d.%m.%Y}, вне периода"
        return "заседание не состоялось или вопрос решён иначе"

    return why


REPORT = grid.made(
    name="commission",
    view="CommissionWork",
    label=_("Work of the commission"),
    title="Работа комиссии",
    about="Заседания, вопросы, семьи, постановления по исходам, поручения и сколько из них исполнено в срок.",
    pictured=(Pictured("Работа за период", ("meetings", "items", "resolutions", "given", "answered", "in_time")),),
    icon="fa-gavel",
    figures=figures,
    sources=(MEETINGS, ITEMS, INSTRUCTIONS),
    breakdowns={"agency": BY_BODY, "territory": BY_TERRITORY, "district": BY_DISTRICT},
)
