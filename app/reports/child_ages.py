"""R9: families by the age of their children."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from app.domain.periods import Period
from app.reports import grid
from app.reports.grid import BY_DISTRICT, BY_TERRITORY, Figures, Pictured, Share, percent
from app.reports.period_figures import AGES, PeriodFigures
from app.reports.report import Indicator

GROUPS = {**AGES, "7-14": (7, 15)}


def figures(period: Period) -> Figures:
    """Families with at least one child of each group, and their share."""
    of = PeriodFigures(period)
    found: list[Indicator | Share] = [of.at_end("families")]
    for key, (youngest, under) in GROUPS.items():
        said = f"{key.replace('-', '–')} лет"
        found.append(of.families_with(key, f"с детьми {said}", youngest, under))
        found.append(percent(f"{key} share", f"с детьми {said}, %", key, "families",
                             f"Семьи с детьми {said} в процентах от семей на учёте на последний день."))  # fmt: skip
    return found


REPORT = grid.made(
    name="child-ages",
    view="ChildAges",
    label=_("Families by age of children"),
    title="Семьи по возрасту детей",
    about="В скольких семьях на учёте есть дети каждого возраста и какую долю они составляют.",
    pictured=(Pictured("Семьи по возрасту детей", tuple(GROUPS)),),
    icon="fa-people-roof",
    figures=figures,
    breakdowns={"territory": BY_TERRITORY, "district": BY_DISTRICT},
    notes=("Семья с детьми разного возраста входит в несколько групп, поэтому доли не складываются в 100 %.",),
)
