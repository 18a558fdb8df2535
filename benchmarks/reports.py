"""Each report beside its bare SQL: the very statements that it sends, sent again without the program; «Картина»; and
the bank made again as it was known today."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from sqlalchemy import Engine, event, func, select

from app import clock, known
from app.domain import periods
from app.domain.terms import Role
from app.extensions import db
from app.models import JournalEntry
from app.reports import CATALOGUE
from app.reports.places import ReportPlaces
from app.reports.report import Report
from benchmarks.bank import TODAY, Bank
from benchmarks.measure import Line, Section, milliseconds
from benchmarks.pages import visit

MOST_OF_PICTURE = 25  # statements of «Картина»


def measure(bank: Bank, runs: int, today: date = TODAY) -> Section:
    """Every report of the catalogue over the whole bank, for the last quarter."""
    section = Section("Отчёты (весь банк)", "SQL")
    period = periods.last_finished_quarter(today)
    plain = bank.plain()
    with bank.opened():
        for one in CATALOGUE:
            work = _making(one, period)
            with _said(db.engine) as sent:
                work()
            times = milliseconds(work, runs, lambda sent=sent: _sent_again(plain, sent))  # type: ignore[misc]  # of its turn
            section.lines.append(Line(one.name, *times, len(sent)))
    plain.close()
    client = bank.sign_in(Role.COORDINATOR)
    picture = visit(bank, client, "Страница «Картина»", "/picture/", runs)
    picture.note = "" if (picture.statements or 0) <= MOST_OF_PICTURE else f"больше {MOST_OF_PICTURE} запросов"
    section.lines.append(picture)
    section.lines.append(visit(bank, client, "Страница отчёта R3", "/reports/demography/", runs))
    return section


def of_the_past(bank: Bank, runs: int) -> Section:
    """The bank made again from the journal."""
    section = Section("Банк «по данным на» день, по журналу")

    def made() -> None:
        with known.as_of(clock.today()):
            pass

    with bank.opened():
        entries = db.session.scalar(select(func.count()).select_from(JournalEntry))
        section.lines.append(Line("Восстановление", milliseconds(made, runs)[0], note=f"записей журнала: {entries}"))
    return section


def _making(one: Report[Any], period: periods.Period) -> Callable[[], Any]:
    def work() -> Any:
        tree = ReportPlaces(one.sources)
        options = {name: option.usual for name, option in one.options.items()}
        form = one.count(period, tree.tree.roots[0], tree, **options)
        return one.data(form)

    return work


@contextmanager
def _said(engine: Engine) -> Iterator[list[tuple[str, Any]]]:
    """The statements that are sent, with their values."""
    sent: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            sent.append((statement, values))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


def _sent_again(plain: sqlite3.Connection, sent: list[tuple[str, Any]]) -> None:
    for statement, values in sent:
        plain.execute(statement, values).fetchall()
