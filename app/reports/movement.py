"""R4: placing on record and removal, by territories or over months, quarters and years."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from flask_babel import lazy_gettext as _

from app.domain import periods
from app.domain.periods import Period
from app.domain.refusal import Refusal
from app.render.chart import Drawn
from app.reports import grid
from app.reports.grid import (
    BY_DISTRICT,
    BY_TERRITORY,
    Breakdown,
    Figures,
    Grid,
    GridLine,
    GridQuestion,
    Head,
    Ids,
    Pictured,
    percent,
)
from app.reports.period_figures import PeriodFigures
from app.reports.places import Place, ReportPlaces
from app.reports.quarterly_figures import REASONS
from app.reports.quarterly_rows import Dictionaries
from app.reports.report import Check, Indicator, Link, Report
from app.reports.small import HIDE, OPTION

MOST_PARTS = 120  # rows over time: ten years of months
SUCCESS = "11.2"
SUMS = (("end", "start", "registered", "removed"), ("removed", *REASONS))


def figures(period: Period, lists: Dictionaries) -> Figures:
    """Balance of families and children, and why families left. lists: the dictionaries, read once for many periods."""
    of = PeriodFigures(period, lists)
    return [
        of.at_start("start"), of.children_at_start("start children"),
        of.placed("registered"), of.children_placed("registered children"), of.repeated("repeated"),
        of.removed("removed"), *of.reasons(),
        of.at_end("end"), of.children_at_end("end children"),
        percent("success", "Доля снятых с успехом, %", SUCCESS, "removed",
                "Снятые по результатам реабилитации (причина 11.2) в процентах от всех снятых в периоде."),
    ]  # fmt: skip


def over(period: Period, step: Callable[[Any], Period]) -> list[tuple[str, Period]]:
    """The parts of a period by the calendar, those at its ends cut to it, each with its suffix."""
    found, day = [], period.start
    while day <= period.end:
        whole = step(day)
        part = Period(max(whole.start, period.start), min(whole.end, period.end))
        found.append((f" {part.start.isoformat()}", part))
        day = periods.day_after(whole.end)
    return found


def _over_time(label: Any, step: Callable[[Any], Period]) -> Breakdown:
    def lines(asked: GridQuestion, _groups: Iterable[Ids]) -> list[GridLine]:
        return [GridLine({"period": part.title}, "", ((),), suffix) for suffix, part in over(asked.period, step)]

    return Breakdown(label, (Head("period", "Период", 26),), (), lines, lambda period: over(period, step))


BREAKDOWNS = {
    "territory": BY_TERRITORY,
    "district": BY_DISTRICT,
    "months": _over_time(_("by months"), lambda day: periods.month(day.year, day.month)),
    "quarters": _over_time(_("by quarters"), periods.quarter_holding),
    "years": _over_time(_("by years"), lambda day: periods.year_period(day.year)),
}


def of_parts(period: Period, by: str, lists: Dictionaries, keys: Sequence[str] = ()) -> list[Indicator]:
    """The figures of each part, counted among the stays of the whole period. keys: these alone."""
    parts = BREAKDOWNS[by].parts
    if parts is None:
        return []
    known = parts(period)
    if len(known) > MOST_PARTS:
        raise Refusal(f"Строк было бы {len(known)}: выберите кварталы, годы или период короче.", "by")
    whole = PeriodFigures(period, lists)
    sources = {"stays": whole.rows.stays, "children": whole.rows.children}
    return [
        replace(one, key=one.key + suffix, source=sources[one.source.name])
        for suffix, part in known
        for one in figures(part, lists)
        if isinstance(one, Indicator) and (not keys or one.key in keys)
    ]


def _figures(period: Period, *, by: str, **_options: str) -> dict[str, Indicator]:
    lists = Dictionaries()
    found = [one for one in figures(period, lists) if isinstance(one, Indicator)]
    return {one.key: one for one in (*found, *of_parts(period, by, lists))}


def movement(period: Period, place: Place, tree: ReportPlaces, *, by: str, small: str = "",
             keys: Sequence[str] = (), lists: Dictionaries | None = None) -> Grid:  # fmt: skip
    """Count the movement over a territory. keys: these figures alone; lists: those that are read already."""
    lists = lists or Dictionaries()
    wanted = [one for one in figures(period, lists) if not keys or one.key in keys]
    return grid.counted(TITLE, period, place, tree, BREAKDOWNS[by], wanted, sub=of_parts(period, by, lists, keys),
                        hides_small=small == HIDE, notes=NOTES, checks=None if keys else _checks,
                        sums=() if keys else SUMS)  # fmt: skip


def _pictures(form: Grid, link: Link | None) -> list[Drawn]:
    if form.breakdown.parts is not None:
        return grid.pictures(form, (Pictured("Движение семей", ("end", "registered", "removed")),), link)
    return grid.pictures(form, (
        Pictured("Семей на конец периода", ("end",)), Pictured("Поставлено на учёт", ("registered",)),
        Pictured("Снято с учёта", ("removed",)), Pictured("Причины снятия", REASONS),
    ), link)  # fmt: skip


def _checks(form: Grid) -> Sequence[Check]:
    number = form.number
    sums = number("start") + number("registered") - number("removed")
    reasons = sum(number(code) for code in REASONS)
    return (
        Check("На конец = на начало + поставлено − снято", number("end") == sums,
              f"{number('end')} = {number('start')} + {number('registered')} − {number('removed')}"),
        Check("Снято = сумма по причинам", number("removed") == reasons, f"{number('removed')} = {reasons}"),
    )  # fmt: skip


TITLE = "Постановка и снятие"
NOTES = (
    "Семья, поставленная и снятая в одном периоде, входит и в поставленные, и в снятые, но не в начало и не в конец. "
    "Повторная постановка считается как постановка.",
)

REPORT = Report(
    name="movement",
    view="Movement",
    label=_("Placing and removal"),
    title=TITLE,
    about="Сколько семей и детей было, поставлено, снято и осталось: по территориям или по месяцам, кварталам, годам.",
    icon="fa-right-left",
    file="movement",
    figures=_figures,
    count=movement,
    table=grid.as_table,
    further=lambda _form: [],
    data=grid.as_json,
    named=lambda _form: {},
    pictures=_pictures,
    options={"by": grid.of_breakdowns(BREAKDOWNS), "small": OPTION},
)
