"""R7: aid by kind and body: families, persons, how often, roubles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask_babel import lazy_gettext as _
from sqlalchemy import select, true

from app.domain.periods import Period
from app.extensions import db
from app.models import AidKind
from app.reports import grid
from app.reports.activity import bodies
from app.reports.grid import BY_DISTRICT, BY_TERRITORY, Figures, Pictured, by_keys
from app.reports.period_figures import PeriodFigures
from app.reports.quarterly_rows import aid, family, member
from app.reports.report import Counting, Indicator


def _names() -> Mapping[str, Mapping[Any, str]]:
    columns = AidKind.__table__.c
    kinds = db.session.execute(select(columns.id, columns.code, columns.name))
    return {**bodies(), "kind": {kind_id: f"{code} {name}" for kind_id, code, name in kinds}}


BREAKDOWNS = {
    "kind-agency": by_keys(
        _("by kinds of aid and bodies"), {"kind": "Вид помощи", "agency": "Орган, учреждение"}, _names
    ),
    "kind": by_keys(_("by kinds of aid"), {"kind": "Вид помощи"}, _names),
    "agency": by_keys(_("by bodies"), {"agency": "Орган, учреждение"}, _names),
    "territory": BY_TERRITORY,
    "district": BY_DISTRICT,
}
COUNTS = "помощь с датой в периоде семье, которая в этот день состояла на учёте"


def figures(period: Period) -> Figures:
    of = PeriodFigures(period)
    persons = Indicator("persons", "Человек", Counting.PERSONS, of.rows.recipients, true(), member.c.id, on="given_on",
                        rule=f"Разные люди, указанные получателями: {COUNTS}.")  # fmt: skip
    units = of.aids("units", "Оказано раз", f"Записи о помощи: {COUNTS}.", true())
    return [
        of.aids("families", "Семей", f"Разные семьи: {COUNTS}.", true(), unit=Counting.FAMILIES, distinct=family.c.id),
        replace(persons, near=units.near),
        units,
        of.aids("roubles", "Сумма, руб.", f"Сумма помощи в рублях: {COUNTS}.", true(), unit=Counting.ROUBLES,
                amount=aid.c.amount),
    ]  # fmt: skip


REPORT = grid.made(
    name="aid",
    view="AidGiven",
    label=_("Kinds and amounts of aid"),
    title="Виды и объёмы помощи",
    about="Кому, какую и на какую сумму оказали помощь органы: семьи, люди, сколько раз, рубли.",
    pictured=(
        Pictured("Семьи, которым помогли", ("families",)),
        Pictured("Помощь, рублей", ("roubles",)),
    ),
    icon="fa-hand-holding-heart",
    figures=figures,
    breakdowns=BREAKDOWNS,
    notes=(
        "Семья и человек, которым помогли несколько раз, в строке и в итоге учтены один раз, поэтому итог может быть "
        "меньше суммы строк.",
    ),
)
