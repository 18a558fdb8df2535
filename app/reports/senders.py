"""R10: who detects families: the cards by sender, their share, and the change to the same period last year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask_babel import lazy_gettext as _
from sqlalchemy import true

from app.domain import periods
from app.domain.periods import Period
from app.domain.terms import SignalSource
from app.reports import cards_sent, grid
from app.reports.activity import bodies
from app.reports.grid import BY_DISTRICT, BY_TERRITORY, Figures, Pictured, Share, by_keys
from app.reports.period_figures import PeriodFigures
from app.reports.report import Counting

BEFORE = "cards a year before"


def _names() -> Mapping[str, Mapping[Any, str]]:
    told = {one.value: one.title_ru for one in SignalSource} | {None: ""}
    return {**bodies(), "told": told}


BY_SENDER = by_keys(_("by senders"), {"agency": "Орган, учреждение", "told": "Кто сообщил, если не орган"}, _names)


def figures(period: Period) -> Figures:
    of = PeriodFigures(period)
    last = periods.a_year_before(period)
    before = PeriodFigures(last, of.lists).cards(
        "before", "Год назад", f"Карты, направленные в таком же периоде прошлого года: {last.title}.", true()
    )
    return [
        of.cards("sent", "Карт", "Карты, направленные в периоде: сигнальные, и карты учёта, если семью привела не "
                 "сигнальная (Приложение 4, графа 4).", true()),
        Share("share", "Доля, %", Counting.PERCENT, "Карты отправителя в процентах от всех карт периода.",
              lambda number: grid.ratio(number("sent"), number.total("sent"), 100), "sent"),
        replace(before, source=replace(before.source, name=BEFORE)),
        Share("change", "Изменение", Counting.CARDS, "Карт больше (или меньше), чем в таком же периоде прошлого года.",
              lambda number: number("sent") - number("before"), "sent"),
    ]  # fmt: skip


REPORT = grid.made(
    name="senders",
    view="Senders",
    label=_("Who detects families"),
    title="Источники выявления",
    about="Кто сообщает о семьях, какую долю карт направил и как это изменилось за год.",
    pictured=(Pictured("Кто направил карты", ("sent",)),),
    icon="fa-tower-broadcast",
    figures=figures,
    sources=(cards_sent.ANYWHERE, replace(cards_sent.ANYWHERE, name=BEFORE)),
    breakdowns={"sender": BY_SENDER, "territory": BY_TERRITORY, "district": BY_DISTRICT},
)
