"""R6: how the bodies carry out the programmes: what was due in the period, done in time, late, or not."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _
from sqlalchemy import ColumnElement, RowMapping, and_, not_, true

from app.conditions import days_between, unindexed
from app.domain.periods import Period
from app.domain.terms import MeasureState
from app.models import Agency, MeasureKind, PlannedMeasure, Stage
from app.reports import grid
from app.reports.activity import bodies
from app.reports.grid import BY_DISTRICT, BY_TERRITORY, Figures, Pictured, Share, by_keys, percent
from app.reports.period_figures import PeriodFigures
from app.reports.quarterly_rows import FAMILY, NEARBY, family
from app.reports.report import Counting, Detail, Indicator, Near, Source
from app.words import day

measure, stage, kind = PlannedMeasure.__table__, Stage.__table__, MeasureKind.__table__
body = Agency.__table__.alias("measure_body")
BY_BODY = by_keys(_("by bodies"), {"agency": "Орган, учреждение"}, bodies)


def _source(name: str, *where: ColumnElement[bool]) -> Source:
    """Measures of approved stages."""
    return Source(
        name,
        measure.join(family, family.c.id == measure.c.family_id)
        .join(stage, stage.c.id == measure.c.stage_id)
        .join(kind, kind.c.id == unindexed(measure.c.kind_id))
        .outerjoin(body, body.c.id == measure.c.performer_id),
        (measure.c.annulled_at.is_(None), stage.c.annulled_at.is_(None), stage.c.decision_id.is_not(None), *where),
        (
            *FAMILY,
            Detail("measure", "Мероприятие", kind.c.name),
            Detail("body", "Исполнитель", body.c.name),
            Detail("due_on", "Срок", measure.c.due_on, "date"),
            Detail("state", "Состояние", measure.c.state),
            Detail("done_on", "Исполнено", measure.c.done_on, "date"),
            Detail("reason", "Почему не исполнено", measure.c.reason),
        ),
        keys={"agency": measure.c.performer_id},
    )


def figures(period: Period) -> Figures:
    """Of the measures due in the period, and of the aid that the body gave in it."""
    due_on = unindexed(measure.c.due_on)  # from the families to their measures: those of a day lie all over a bank
    due = due_on.between(period.start, period.end)
    source = _source("measures", due)
    about = _source("measures nearby", due_on.between(period.start - NEARBY, period.end + NEARBY))
    counts = measure.c.state != MeasureState.CANCELLED
    done = measure.c.state == MeasureState.DONE
    planned = "мероприятия утверждённых этапов ИПР со сроком в периоде, кроме отменённых"

    def of(key: str, title: str, rule: str, where: ColumnElement[bool], unit: Counting = Counting.MEASURES,
           **more: Any) -> Indicator:  # fmt: skip
        return Indicator(
            key, title, unit, source, where, rule=rule, near=Near(about, not_(and_(due, where)), why), **more
        )

    def why(row: RowMapping) -> str:
        if row["due_on"] not in period:
            return f"срок {day(row['due_on'])}, вне периода"
        if row["state"] is MeasureState.DONE:
            return f"исполнено {day(row['done_on'])} при сроке {day(row['due_on'])}"
        return f"{row['state']}"

    aid = PeriodFigures(period)
    late = and_(done, measure.c.done_on > measure.c.due_on)
    return [
        of("planned", "Запланировано", f"{planned[0].upper()}{planned[1:]}.", counts),
        of("in_time", "исполнено в срок", "Из запланированных: исполнены не позже срока.",
           and_(done, measure.c.done_on <= measure.c.due_on)),
        of("late", "исполнено с опозданием", "Из запланированных: исполнены позже срока.", late),
        of("not_done", "не исполнено", "Из запланированных: отмечены как не исполненные, с причиной.",
           measure.c.state == MeasureState.NOT_DONE),
        of("overdue", "просрочено", "Из запланированных: срок наступает в периоде, а мероприятие ещё в плане.",
           measure.c.state == MeasureState.PLANNED),
        percent("share", "исполнено в срок, %", "in_time", "planned",
                "Исполненные в срок в процентах от запланированных."),
        of("families", "Семей", f"Разные семьи: {planned}.", counts, Counting.FAMILIES, distinct=family.c.id),
        aid.aids("aids", "Оказано раз",
                 "Помощь органа с датой в периоде семьям, которые в этот день состояли на учёте.", true()),
        of("delay_days", "Дней опоздания, всего", "Дни от срока до исполнения у исполненных с опозданием, всего.", late,
           Counting.DAYS, amount=days_between(measure.c.due_on, measure.c.done_on)),
        Share("mean_delay", "Среднее опоздание, дней", Counting.DAYS,
              "Дни опоздания, делённые на число исполненных с опозданием.",
              lambda number: grid.ratio(number("delay_days"), number("late")), "late"),
    ]  # fmt: skip


REPORT = grid.made(
    name="effectiveness",
    view="Effectiveness",
    label=_("Effectiveness of bodies"),
    title="Эффективность ведомств по ИПР",
    about="Сколько мероприятий программ каждый орган должен был исполнить в периоде и сколько исполнил в срок.",
    pictured=(
        Pictured("Исполнено в срок, %", ("share",)),
        Pictured("Мероприятия программ", ("planned", "in_time", "late", "not_done", "overdue")),
    ),
    icon="fa-bullseye",
    figures=figures,
    breakdowns={"agency": BY_BODY, "territory": BY_TERRITORY, "district": BY_DISTRICT},
)
