"""The book of indicators: every figure of every report with its rule, its unit and its SQL, from the declarations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.dialects import sqlite

from app.domain.periods import Period
from app.reports import CATALOGUE
from app.reports.report import Indicator, Report, Source

HEAD = """# Книга показателей

Что значит каждое число каждого отчёта: правило словами, единица и условие, по которому строки отбираются. Число – это
длина списка, который за ним открывается: их равенство для каждой ячейки и счёт заново проверяют
`tests/reports/test_catalogue.py` и `tests/reports/test_quarterly.py`. Книга написана по объявлениям отчётов на примере
одного квартала (`make docs`); те же слова стоят на странице отчёта под «?» у числа и над списком.
"""


def text(period: Period) -> str:
    """The book as Markdown, with the figures of a period."""
    return "\n".join([HEAD, *(line for report in CATALOGUE for line in _of_report(report, period))]) + "\n"


def _of_report(report: Report[Any], period: Period) -> Iterator[str]:
    usual = {name: option.usual for name, option in report.options.items()}
    figures = [one for one in report.figures(period, **usual).values() if one.rule]
    yield f"## {report.title} (`{report.name}`)\n"
    yield f"{report.about}\n"
    sources: dict[str, Source] = {}
    for one in figures:
        sources.setdefault(one.source.name, one.source)
    for source in sources.values():
        yield f"Источник `{source.name}`:\n\n```sql\n{_from(source)}\n```\n"
    for one in figures:
        yield from _of_figure(one)


def _of_figure(one: Indicator) -> Iterator[str]:
    yield f"### {one.title} (`{one.key}`)\n"
    yield f"{one.rule} Единица: {one.unit}.\n"
    counts = _sql(one.distinct) if one.distinct is not None else _sql(one.amount) if one.amount is not None else "*"
    what = "DISTINCT " if one.distinct is not None else "SUM " if one.amount is not None else ""
    yield f"Источник `{one.source.name}`, считается {what}`{counts}`:\n\n```sql\n{_sql(one.where)}\n```\n"


def _from(source: Source) -> str:
    return _sql(select(source.territory).select_from(source.tables).where(*source.where))


def _sql(clause: Any) -> str:
    """The SQL of a clause for SQLite, its values written in."""
    compiled: ColumnElement[Any] | Any = clause
    return str(compiled.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}))
