"""R11: children on record who are not in education, by single year of age, in town and country (the form 1-НД)."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from sqlalchemy import RowMapping, and_, select

from app.conditions import aged
from app.domain import ages
from app.domain.periods import Period
from app.extensions import db
from app.models import EducationStatus
from app.reports import grid
from app.reports.grid import BY_DISTRICT, BY_TERRITORY, Figures, Pictured, by_keys
from app.reports.near import StayMoment
from app.reports.period_figures import PeriodFigures
from app.reports.quarterly_rows import RURAL, URBAN, education, locality, member, one_of
from app.reports.report import Indicator

YOUNGEST, UNDER = 7, 18
WITHOUT = ("none", "works")  # codes of statuses that are no education
WORKS = "works"


def figures(period: Period) -> Figures:
    of, end = PeriodFigures(period), period.end
    status = EducationStatus.__table__.c
    ids: dict[str, int] = dict(db.session.execute(select(status.code, status.id).where(status.code.in_(WITHOUT))).all())
    without = and_(of.rows.child_at_end, one_of(education.c.status_id, ids.values()))

    def why(row: RowMapping) -> str:
        years = ages.full_years(row["born_on"], end)
        if row["status_id"] is None:
            return "обучение, занятость на этот день не указаны"
        return f"возраст: {years}" if row["status_id"] in ids.values() else "обучается"

    def one(key: str, title: str, youngest: int, under: int) -> Indicator:
        rule = (
            f"Дети на учёте на {end:%d.%m.%Y} в возрасте от {youngest} и младше {under} полных лет, чьё обучение в "
            "этот день: «не учится и не работает» или «работает»."
        )
        condition = and_(without, aged(member.c.born_on, end, youngest, under))
        return of.children(key, title, rule, condition, StayMoment.END, end, why)

    works = of.children(
        "works", "из них работают",
        f"Из не обучающихся 7–17 лет: чьё обучение, занятость на {end:%d.%m.%Y} – «работает».",
        and_(without, aged(member.c.born_on, end, YOUNGEST, UNDER),
             one_of(education.c.status_id, [ids[WORKS]] if WORKS in ids else ())),
        StayMoment.END, end, why,
    )  # fmt: skip
    unknown = of.children(
        "unknown", "Обучение не указано",
        f"Дети на учёте 7–17 лет, чьё обучение на {end:%d.%m.%Y} не указано: уточните и внесите.",
        and_(of.rows.child_at_end, aged(member.c.born_on, end, YOUNGEST, UNDER), education.c.status_id.is_(None)),
        StayMoment.END, end, "обучение, занятость указаны",
    )  # fmt: skip

    def lives(key: str, title: str, where: str) -> Indicator:
        rule = f"Из не обучающихся 7–17 лет: чья семья живёт в {where} местности (графы 1-НД)."
        condition = and_(without, aged(member.c.born_on, end, YOUNGEST, UNDER), locality() == key)
        return of.children(key, title, rule, condition, StayMoment.END, end, why)

    single = [one(str(age), f"{age} лет", age, age + 1) for age in range(YOUNGEST, UNDER)]
    return [
        *single,
        one("all", "Всего 7–17 лет", YOUNGEST, UNDER),
        lives(URBAN, "из них в городской местности", "городской"),
        lives(RURAL, "из них в сельской местности", "сельской"),
        works,
        unknown,
    ]


REPORT = grid.made(
    name="not-in-education",
    view="NotInEducation",
    label=_("Children not in education"),
    title="Дети, которые не обучаются",
    about="Сколько детей на учёте не учится, по годам возраста от 7 до 17, в городе и на селе (графы формы 1-НД).",
    pictured=(Pictured("Не обучаются, по возрасту", tuple(str(age) for age in range(YOUNGEST, UNDER))),),
    icon="fa-school-circle-xmark",
    figures=figures,
    breakdowns={
        "territory": BY_TERRITORY,
        "district": BY_DISTRICT,
        "locality": by_keys(
            _("by town and country"),
            {"locality": "Местность"},
            lambda: {"locality": {URBAN: "городская", RURAL: "сельская"}},
        ),
    },
    sums=(("all", *(str(age) for age in range(YOUNGEST, UNDER))), ("all", URBAN, RURAL)),
    notes=(
        "Ребёнок, чьё обучение на этот день не указано, не угадывается: он назван отдельно.",
        "Местность: как отмечено у территории, иначе по её названию (городское, сельское поселение).",
    ),
)
