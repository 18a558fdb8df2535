"""«Картина»: the bank on one page for the head of the commission, in eight numbers and four pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask_babel import lazy_gettext as _
from sqlalchemy import true

from app.domain import periods
from app.domain.periods import Period
from app.render.chart import Drawn
from app.reports import activity, grid, movement
from app.reports.grid import Breakdown, Figures, Grid, GridLine, Head, Pictured
from app.reports.period_figures import AGES, PeriodFigures
from app.reports.places import Place, ReportPlaces
from app.reports.quarterly_figures import CRITERIA
from app.reports.quarterly_rows import Dictionaries
from app.reports.report import Link, Number

WHOLE = Breakdown(_("as a whole"), (Head("territory", "Территория"),), (),
                  lambda asked, _groups: [GridLine({"territory": asked.place.name}, "", ((),))])  # fmt: skip
YEAR = ("end", "registered", "removed")
OF_YEAR = Pictured("Движение за год", YEAR)


@dataclass(frozen=True)
class Tile:
    """A number of the page: what it is, where it is explained: the report by its view, and the figure of its list."""

    title: str
    value: Number | None
    unit: str
    view: str
    figure: str


@dataclass(frozen=True)
class BankPicture:
    """The page as it was counted."""

    whole: Grid
    year: Grid
    bodies: Grid

    @property
    def tiles(self) -> list[Tile]:
        number = self.whole.number
        return [
            Tile("Семей на учёте", number("families"), "", "GeneralFigures", "families"),
            Tile("Детей в них", number("children"), "", "Demography", "all"),
            Tile("Поставлено за период", number("registered"), "", "Movement", "registered"),
            Tile("Снято за период", number("removed"), "", "Movement", "removed"),
            Tile("Поступило карт", number("sent"), "", "Activity", "sent"),
            Tile("Карт в течение часа", grid.ratio(number("in_time"), number("sent"), 100), "%", "Activity", "in_time"),
            Tile("Состоят повторно", grid.ratio(number("repeats"), number("families"), 100), "%", "GeneralFigures",
                 "repeats"),
            Tile("Снято с успехом", grid.ratio(number("11.2"), number("removed"), 100), "%", "Movement", "11.2"),
        ]  # fmt: skip

    def pictures(self, link: Callable[[str], Link | None]) -> list[tuple[str, Drawn]]:
        """The four pictures, each with the view of its report. link: addresses of the lists of a report."""
        drawn = (
            ("Movement", self.year, OF_YEAR),
            ("Demography", self.whole, Pictured("Дети на учёте по возрасту", tuple(AGES))),
            ("GeneralFigures", self.whole, Pictured("Семьи по основному критерию", tuple(CRITERIA.values()))),
            ("Activity", self.bodies, Pictured("Кто направил карты", ("sent",))),
        )
        return [(view, one) for view, form, asked in drawn for one in grid.pictures(form, (asked,), link(view))]


def figures(of: PeriodFigures) -> Figures:
    """What the tiles and the pictures of one period show."""
    return [
        of.at_end("families"), of.children_at_end("children"), of.placed("registered"), of.removed("removed"),
        of.removed_by("11.2"), of.stands_again("repeats"), *of.criteria(),
        *(of.aged(key, *ages) for key, ages in AGES.items()), *sent(of),
    ]  # fmt: skip


def sent(of: PeriodFigures) -> Figures:
    """The cards of the period, and those of them that came within the hour."""
    rule = "Карты, направленные в периоде (Приложение 4, графа 4)."
    return [
        of.cards("sent", "Направлено карт", rule, true()),
        of.cards("in_time", "в течение часа", "Сигнальные карты периода, направленные не позже часа после выявления.",
                 of.rows.cards.in_time),
    ]  # fmt: skip


def counted(period: Period, place: Place, tree: ReportPlaces) -> BankPicture:
    """The page over a territory; the year is the twelve months that end with the period."""
    of = PeriodFigures(period)
    whole = grid.counted("Картина", period, place, tree, WHOLE, figures(of))
    bodies = grid.counted("Активность", period, place, tree, activity.BY_BODY, sent(of)[:1])
    return BankPicture(whole, year(period, place, tree, of.lists), bodies)


def year(period: Period, place: Place, tree: ReportPlaces, lists: Dictionaries | None = None) -> Grid:
    """The movement of the twelve months that end with a period; lists: those that are read already."""
    return movement.movement(twelve_months(period), place, tree, by="months", keys=YEAR, lists=lists)


def drawn_year(period: Period, place: Place, tree: ReportPlaces) -> Drawn:
    """That movement as a picture that leads nowhere: for the first page."""
    return grid.pictures(year(period, place, tree), (OF_YEAR,))[0]


def twelve_months(period: Period) -> Period:
    """From the first day of the month that lies eleven months before the last day of a period."""
    start = periods.month_later(period.end.replace(day=1), -11)
    return Period(start, period.end)
