"""R2: the bank in figures: families and children, how long they stay, who comes back, by category and criterion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _
from sqlalchemy import and_, exists, select, true

from app import access
from app.domain import periods
from app.domain.periods import Period
from app.extensions import db
from app.models import FamilyCategory
from app.reports import grid, quarterly_checks
from app.reports.grid import BY_DISTRICT, BY_TERRITORY, Figures, GridQuestion, Pictured, Share, percent
from app.reports.near import StayMoment
from app.reports.period_figures import PeriodFigures
from app.reports.quarterly_figures import CRITERIA
from app.reports.quarterly_rows import family, family_categories, registration
from app.reports.report import Counting, Indicator, Number

CHILDREN_IN_FAMILY = (("none", "Без детей", 0, 0), ("one", "Один ребёнок", 1, 1), ("two", "Двое детей", 2, 2),
                      ("many", "Трое и больше детей", 3, None))  # fmt: skip


# How long a family has been on record: title, from how many months, to fewer than how many.
STAYS: dict[str, tuple[str, int, int | None]] = {
    "stay 0-6": ("До полугода", 0, 6), "stay 6-12": ("От полугода до года", 6, 12),
    "stay 12-24": ("От года до двух лет", 12, 24), "stay 24": ("Два года и больше", 24, None),
}  # fmt: skip


def figures(period: Period) -> Figures:
    """Families and children on the last day, and what they are like."""
    of = PeriodFigures(period)
    return [
        of.at_end("families"),
        of.children_at_end("children"),
        Share("population", "Детское население", Counting.CHILDREN,
              "Последнее число, введённое для территории на последний день периода или раньше (Приложение 4, графа 3).",
              lambda number: number("population") or None, ""),
        Share("per_1000", "Детей на учёте на 1000 детей", Counting.PER_THOUSAND,
              "Дети на учёте на последний день, делённые на детское население территории и умноженные на 1000.",
              lambda number: grid.ratio(number("children"), number("population"), 1000), "children"),
        of.days_on_record("days"),
        Share("mean_days", "Средний срок на учёте, дней", Counting.DAYS,
              "Сумма дней на учёте, делённая на число семей на учёте на последний день.",
              lambda number: grid.ratio(number("days"), number("families")), "families"),
        of.stands_again("repeats"),
        percent("repeats_share", "Доля состоящих повторно, %", "repeats", "families",
                "Семьи, которые состоят повторно, в процентах от семей на учёте на последний день."),
        *of.criteria(),
        *(of.families_with_children(key, title, least, most) for key, title, least, most in CHILDREN_IN_FAMILY),
        *_stays(of),
        *_categories(of),
    ]  # fmt: skip


def living(asked: GridQuestion) -> dict[str, dict[tuple[Any, ...], Number]]:
    """Children living on the territories: the last number entered for each as of the last day (column 3)."""
    found = quarterly_checks.population(asked.rows, asked.period.end)
    return {"population": {(place_id,): number for place_id, number in found.items()}}


def _stays(of: PeriodFigures) -> Sequence[Indicator]:
    """Families by how long they have been on record on the last day."""
    found, end = [], of.period.end
    for key, (title, least, most) in STAYS.items():
        since = registration.c.registered_on
        where = and_(of.rows.at_end, since <= periods.month_later(end, -least))
        if most is not None:
            where = and_(where, since > periods.month_later(end, -most))
        rule = f"Семьи на учёте на последний день, которые стоят на нём столько: {title.lower()}."
        found.append(of.stays(key, title, rule, where, StayMoment.END, "стоит на учёте больше или меньше"))
    return found


def _categories(of: PeriodFigures) -> Sequence[Indicator]:
    """Families by category; a family may be of several, so they do not add up."""
    category, link = FamilyCategory.__table__.c, family_categories.c
    told = true() if access.scope().sees_special else category.group.not_in(access.SPECIAL_GROUPS)
    columns = (category.id, category.code, category.name)
    known = db.session.execute(select(*columns).where(told).order_by(category.position, category.id))
    found = []
    for row in known:
        held = exists().where(link.family_id == family.c.id, link.category_id == row.id)
        rule = f"Семьи на учёте на последний день с категорией «{row.name}»; у семьи может быть несколько категорий."
        found.append(of.stays(f"category {row.code}", row.name, rule, of.rows.at_end & held, StayMoment.END,
                              "такой категории у семьи нет"))  # fmt: skip
    return found


REPORT = grid.made(
    name="general",
    view="GeneralFigures",
    label=_("General figures"),
    title="Общая статистика",
    about="Семьи и дети на учёте, на 1000 детей, средний срок на учёте, доля повторных, по критериям, категориям и "
    "числу детей.",
    pictured=(
        Pictured("Семьи по основному критерию", tuple(CRITERIA.values())),
        Pictured("Семьи по числу детей", tuple(key for key, *_rest in CHILDREN_IN_FAMILY)),
        Pictured("Сколько семьи стоят на учёте", tuple(STAYS)),
        Pictured("Семьи по территориям", ("families",)),
    ),
    icon="fa-chart-simple",
    figures=figures,
    given=living,
    breakdowns={"territory": BY_TERRITORY, "district": BY_DISTRICT},
    sums=tuple(
        ("families", *parts) for parts in (CRITERIA.values(), STAYS, [key for key, *_rest in CHILDREN_IN_FAMILY])
    ),
    notes=(
        "Критерии: по основному критерию последнего дня. Категории не складываются: у семьи их может быть несколько.",
    ),
)
