"""R12: information for the commission (Положение, 3.7.4): the state of the bank on one page, in figures."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from sqlalchemy import true

from app.domain.periods import Period
from app.render.table import Figure, Section, Table, TextLine
from app.reports import cards_sent, grid
from app.reports import small as small_groups
from app.reports.grid import BY_DISTRICT, BY_TERRITORY, Figures, Grid
from app.reports.period_figures import PeriodFigures
from app.reports.quarterly_figures import CRITERIA, REASONS
from app.reports.quarterly_rows import aid, family
from app.reports.report import Counting, Indicator, Link, Report

BREAKDOWNS = {"territory": BY_TERRITORY, "district": BY_DISTRICT}
SUMS = (("families", "start", "registered", "removed"), ("removed", *REASONS), ("families", *CRITERIA.values()))


def figures(period: Period) -> Figures:
    of = PeriodFigures(period)
    return [
        of.at_start("start"), of.children_at_start("start children"),
        of.cards("cards", "Поступило карт", "Карты, направленные в периоде (Приложение 4, графа 4).", true()),
        of.placed("registered"), of.children_placed("registered children"), of.repeated("repeated"),
        of.removed("removed"), *of.reasons(),
        of.at_end("families"), of.children_at_end("children"),
        *of.criteria(),
        of.aids("aided", "Оказана помощь семьям", "Разные семьи, которым в периоде оказана помощь, пока они состояли "
                "на учёте.", true(), unit=Counting.FAMILIES, distinct=family.c.id),
        of.aids("roubles", "Помощь на сумму, руб.", "Сумма помощи периода семьям, которые в день помощи состояли на "
                "учёте.", true(), unit=Counting.ROUBLES, amount=aid.c.amount),
    ]  # fmt: skip


def as_table(form: Grid, link: Link | None = None) -> Table:
    """One page: what the figures say in words, then the figures themselves."""
    known = {one.key: one for one in form.columns}
    hidden = {key for place, key in form.hidden() if place == -1}

    def figure(key: str, label: str) -> Figure:
        one = known[key]
        number = form.number(key)
        value = small_groups.HIDDEN if key in hidden else number
        address = link(key, None) if link and number and key not in hidden else ""
        return Figure(label, value, one.kind if isinstance(one, Indicator) else "share", address, one.rule)

    day = f"{form.period.end:%d.%m.%Y}"
    words = Section(
        f"На {day} в едином банке данных",
        (
            TextLine("Состоят на учёте:", (figure("families", "семей"), figure("children", "в них детей"))),
            TextLine(f"На {form.period.eve:%d.%m.%Y} состояло:", (
                figure("start", "семей"), figure("start children", "в них детей"))),
            TextLine("За период:", (figure("cards", "поступило карт"), figure("registered", "поставлено на учёт семей"),
                                    figure("repeated", "из них повторно"), figure("removed", "снято с учёта семей"))),
            TextLine("Причины снятия:", tuple(figure(code, code) for code in REASONS)),
            TextLine("По основному критерию:", tuple(figure(code, code) for code in CRITERIA.values())),
            TextLine("Помощь за период:", (figure("aided", "семьям"), figure("roubles", "на сумму, руб."))),
        ),
    )  # fmt: skip
    table = grid.as_table(form, link)
    shown = ("families", "children", "cards", "registered", "removed")
    places = [place for place, column in enumerate(form.columns, start=1) if column.key in shown]
    total = table.total or ()
    return Table(
        title=f"Информация о состоянии единого банка данных семей на {day}",
        subtitle=table.subtitle,
        corner="В комиссию по делам несовершеннолетних\nи защите их прав (Положение, 3.7.4)",
        columns=[table.columns[0], *(table.columns[place] for place in places)],
        rows=[[row[0], *(row[place] for place in places)] for row in table.rows],
        total=[total[0], *(total[place] for place in places)],
        notes=form.notes,
        sections=[words],
        sheet="Информация",
    )


REPORT = Report(
    name="state",
    view="StateOfBank",
    label=_("Information for the commission"),
    title="Информация для комиссии",
    about="Одна страница о состоянии банка на день: семьи, дети, что изменилось за период (Положение, 3.7.4).",
    icon="fa-file-lines",
    file="state",
    figures=lambda period, **_options: {one.key: one for one in figures(period) if isinstance(one, Indicator)},
    count=lambda period, place, tree, by, small: grid.counted(
        "Информация о состоянии банка", period, place, tree, BREAKDOWNS[by], figures(period),
        hides_small=small == small_groups.HIDE, sums=SUMS),
    table=as_table,
    further=lambda _form: [],
    data=grid.as_json,
    named=lambda _form: {},
    sources=(cards_sent.ANYWHERE,),
    options={"by": grid.of_breakdowns(BREAKDOWNS), "small": small_groups.OPTION},
)  # fmt: skip
