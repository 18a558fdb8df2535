"""R5: how active the bodies are: what they sent and in what time, what became of it, whom it brought on record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _
from sqlalchemy import select, true

from app.domain.periods import Period
from app.extensions import db
from app.models import Agency, SignalCardOutcome
from app.reports import cards_sent, grid
from app.reports.grid import BY_DISTRICT, BY_TERRITORY, Figures, Pictured, by_keys, percent
from app.reports.period_figures import PeriodFigures
from app.reports.report import TERRITORY


def bodies() -> Mapping[str, Mapping[Any, str]]:
    """What the bodies are called."""
    columns = Agency.__table__.c
    return {"agency": dict(db.session.execute(select(columns.id, columns.name)).all())}


BY_BODY = by_keys(_("by bodies"), {"agency": "Орган, учреждение"}, bodies)
BY_BODY_AND_PLACE = by_keys(
    _("by bodies and territories"), {"agency": "Орган, учреждение", TERRITORY: "Территория"}, bodies
)


def figures(period: Period) -> Figures:
    """The flow of the period, then the fate of the cards that were sent in it."""
    of = PeriodFigures(period)
    cards = of.rows.cards
    outcome = SignalCardOutcome.__table__.c
    known = db.session.execute(select(outcome.id, outcome.code, outcome.name).order_by(outcome.position, outcome.id))
    return [
        of.cards("sent", "Направлено карт",
                 "Карты, направленные в периоде: сигнальные, и карты учёта, если семью привела не сигнальная "
                 "(Приложение 4, графа 4).", true()),
        of.cards("in_time", "в течение часа",
                 "Сигнальные карты периода, направленные не позже часа после выявления.", cards.in_time),
        percent("in_time_share", "в течение часа, %", "in_time", "sent",
                "Карты, направленные в течение часа, в процентах от направленных."),
        of.placed("registered"),
        of.cards("cohort_placed", "из карт периода: поставлено",
                 "Карты периода, чья семья поставлена на учёт в день карты или позже, когда бы это ни было.",
                 cards.placed),
        of.cards("cohort_open", "из карт периода: без исхода",
                 "Сигнальные карты периода, рассмотрение которых ещё не закончено.",
                 cards.is_signal & cards.outcome.is_(None)),
        *(
            of.cards(f"outcome {code}", name, f"Сигнальные карты периода с исходом «{name}».",
                     cards.outcome == outcome_id)
            for outcome_id, code, name in known
        ),
    ]  # fmt: skip


REPORT = grid.made(
    name="activity",
    view="Activity",
    label=_("Activity of bodies"),
    title="Активность субъектов профилактики",
    about="Сколько карт направил каждый орган, сколько в течение часа, чем они закончились и сколько семей поставлено.",
    pictured=(
        Pictured("Направлено карт", ("sent",)),
        Pictured("Поставлено на учёт", ("registered",)),
    ),
    icon="fa-bullhorn",
    figures=figures,
    sources=(cards_sent.ANYWHERE,),
    breakdowns={
        "territory": BY_TERRITORY, "district": BY_DISTRICT, "agency": BY_BODY, "agency-territory": BY_BODY_AND_PLACE,
    },
    sums=(("sent", "cohort_open", "outcome *"),),
    notes=(
        "«Поставлено на учёт семей» – постановки с датой в периоде, отнесённые к направившему карту органу; «из карт "
        "периода» – судьба карт, направленных в этом периоде, даже если решение принято позже. Эти числа не обязаны "
        "совпадать.",
    ),
)  # fmt: skip
