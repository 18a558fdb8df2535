"""R3: children on record by age groups and sex, a row per territory."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from app.domain.periods import Period
from app.domain.terms import Sex
from app.reports import grid
from app.reports.grid import BY_DISTRICT, BY_TERRITORY, Figures, Pictured
from app.reports.period_figures import AGES, PeriodFigures

SEXES = {"m": Sex.MALE, "f": Sex.FEMALE}


def figures(period: Period) -> Figures:
    """Each group, of it boys and girls, then all children; a child of unknown sex is in neither."""
    of = PeriodFigures(period)
    found = []
    for key, (youngest, under) in AGES.items():
        found.append(of.aged(key, youngest, under))
        found += [of.aged(f"{key} {short}", youngest, under, sex) for short, sex in SEXES.items()]
    found.append(of.children_at_end("all", "Всего детей"))
    found += [of.aged(f"all {short}", 0, 18, sex) for short, sex in SEXES.items()]
    return found


REPORT = grid.made(
    name="demography",
    view="Demography",
    label=_("Age groups of children"),
    title="Демографические группы детей на учёте",
    about="Сколько на последний день периода детей каждого возраста и пола на каждой территории.",
    pictured=(
        Pictured("Дети по возрасту", tuple(AGES)),
        Pictured("Дети по полу", ("all m", "all f")),
        Pictured("Дети по территориям", ("all",)),
    ),
    icon="fa-children",
    figures=figures,
    breakdowns={"territory": BY_TERRITORY, "district": BY_DISTRICT},
    sums=(
        *(tuple(f"{key}{sex}" for key in ("all", *AGES)) for sex in ("", " m", " f")),
        *((key, f"{key} m", f"{key} f") for key in ("all", *AGES)),
    ),
    notes=(
        "Возраст – полных лет на последний день периода; группы «4–6», «7–13», «14–15», «16–18» – полные годы, в "
        "последней 16 и 17 лет. Ребёнок, чей пол не указан, входит в группу и не входит ни в мальчиков, ни в девочек.",
    ),
)
