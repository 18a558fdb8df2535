"""A report as a file of each kind."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from app import words
from app.domain import periods
from app.domain.periods import Period
from app.render import html, pdf, xlsx
from app.render.table import Column, Table, plain, telling
from app.reports.report import Link, Report
from app.words import CONFIDENTIAL

VERDICTS = {True: "сходится", False: "не сходится", None: "нет данных"}


def as_known(report: Report[Any], day: date) -> Report[Any]:
    """A report over the bank as it was known on a day: each of its files and its page say so."""
    said = known_on(day)

    def table(form: Any, link: Link | None) -> Table:
        made = report.table(form, link)
        lines = filter(None, [*made.subtitle.splitlines(), f"{form.period_title}, {said}"])
        return replace(made, subtitle="\n".join(lines))

    return replace(report, table=table, data=lambda form: {**report.data(form), "known_on": day.isoformat()})


def of_days_to_come(report: Report[Any], period: Period, today: date) -> Report[Any]:
    """A report over a period that is not over says so first of all."""
    said = periods.going_on(period, today)
    if not said:
        return report

    def table(form: Any, link: Link | None) -> Table:
        made = report.table(form, link)
        return replace(made, notes=[said, *made.notes])

    return replace(report, table=table)


def compared(report: Report[Any], totals: Mapping[int, int]) -> Report[Any]:
    """A report beside whose sums stands a total that somebody else has printed, by the places of its columns: the sums
    are not changed by it."""

    def table(form: Any, link: Link | None) -> Table:
        made = report.table(form, link)
        return replace(made, notes=[*made.notes, *(one.said for one in beside(made, totals) if one.typed is not None)])

    return replace(report, table=table)


@dataclass(frozen=True)
class TotalBeside:
    """A sum of the report, and the total of a column that was typed in beside it."""

    place: int
    title: str
    ours: int
    typed: int | None

    @property
    def differs(self) -> bool:
        return self.typed is not None and self.typed != self.ours

    @property
    def said(self) -> str:
        if not self.differs or self.typed is None:
            return f"Сверка с введённым итогом: «{self.title}» – {self.ours}, сходится."
        return (
            f"Сверка с введённым итогом: «{self.title}» – по строкам {self.ours}, введено {self.typed}, "
            f"расхождение {self.typed - self.ours:+d}."
        )


def beside(table: Table, totals: Mapping[int, int]) -> list[TotalBeside]:
    """The counted columns of a table that has a total, each with what was typed in for it."""
    sums = list(enumerate(zip(table.columns, table.total or (), strict=False)))
    return [
        TotalBeside(place, column.title or f"графа {column.mark}", number, totals.get(place))
        for place, (column, value) in sums
        if isinstance(number := plain(value), int) and column.kind == "number"
    ]


def known_on(day: date) -> str:
    """«по данным на 02.04.2026 23:59»: what was known when the day was over."""
    return f"по данным на {words.day(day)} 23:59"


def saying_how_far(report: Report[Any], told: Callable[[int, int], None]) -> Report[Any]:
    """A report that says how many of its rows are written, while they are."""
    return replace(report, table=lambda form, link: telling(report.table(form, link), told))


def written(report: Report[Any], form: Any, kind: str, *, made_by: str, made_at: datetime,
            link: Link | None = None) -> tuple[bytes, str]:  # fmt: skip
    """The bytes of a counted report as `kind` (one of KINDS) and their type. made_at: by the municipality's clock.

    link: addresses of the lists behind the numbers, which a workbook bears.
    """
    if kind == "xlsx":
        return xlsx.workbook(report.table(form, link), made_by=made_by, made_at=made_at), xlsx.MIME
    return KINDS[kind](report, form, made_by, made_at)


def _xlsx(report: Report[Any], form: Any, made_by: str, made_at: datetime) -> tuple[bytes, str]:
    return xlsx.workbook(report.table(form, None), made_by=made_by, made_at=made_at), xlsx.MIME


def _pdf(report: Report[Any], form: Any, made_by: str, made_at: datetime) -> tuple[bytes, str]:
    drawn = report.pictures(form, None)
    return pdf.pdf(report.table(form, None), made_by=made_by, made_at=made_at, pictures=drawn), "application/pdf"


def _html(report: Report[Any], form: Any, made_by: str, made_at: datetime) -> tuple[bytes, str]:
    drawn = report.pictures(form, None)
    text = html.document(report.table(form, None), made_by=made_by, made_at=made_at, pictures=drawn)
    return text.encode(), "text/html; charset=utf-8"


def _checks(report: Report[Any], form: Any, made_by: str, made_at: datetime) -> tuple[bytes, str]:
    """The office's own workbook: the checks of the report and whom they name. It does not leave with the report."""
    table = Table(
        title=f"Проверки: {report.title}",
        subtitle=f"{form.period_title}. Для служебного пользования: с формой не направляется.",
        columns=[Column("Проверка", 40), Column("Итог", 16), Column("Пояснение", 80)],
        rows=[[check.title, VERDICTS[check.holds], check.text] for check in form.checks],
        sheet="Проверки",
    )
    return xlsx.workbook(table, made_by=made_by, made_at=made_at, further=report.further(form)), xlsx.MIME


def _json(report: Report[Any], form: Any, made_by: str, made_at: datetime) -> tuple[bytes, str]:
    data = {
        **report.data(form),
        "mark": CONFIDENTIAL,
        "made_by": made_by,
        "made_at": made_at.isoformat(timespec="seconds"),
    }
    return json.dumps(data, ensure_ascii=False, indent=1).encode(), "application/json"


KINDS: dict[str, Callable[[Report[Any], Any, str, datetime], tuple[bytes, str]]] = {
    "json": _json,
    "xlsx": _xlsx,
    "pdf": _pdf,
    "html": _html,
    "checks": _checks,
}
# How the name of a file of each kind ends.
ENDINGS = {kind: f".{kind}" for kind in KINDS} | {"checks": "_proverki.xlsx"}
