"""The list behind a number, as a table: the family, the person with age on the day that counts, the other details."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from enum import Enum
from typing import Any

from sqlalchemy import RowMapping

from app.domain import ages, names
from app.render.table import Cell, Column, Table, Value
from app.reports.report import Indicator

WIDTHS = {"text": 26.0, "number": 9.0, "money": 14.0, "date": 13.0}
# What is said once in columns of their own.
SAID = {"family_id", "number", "family", "territory_id", "member_id", "last_name", "first_name", "middle_name",
        "born_on"}  # fmt: skip


def table(
    indicator: Indicator,
    rows: Iterable[RowMapping],
    *,
    subtitle: str,
    territories: Mapping[int, str],
    family_link: Callable[[int], str],
) -> Table:
    """A row for each row that the indicator counts; details that none of them has are left out."""
    rows = list(rows)
    details = [
        detail
        for detail in indicator.source.details
        if detail.name not in SAID and any(row[detail.name] is not None for row in rows)
    ]
    known = {detail.name for detail in indicator.source.details}
    of_families, of_persons, why = "family_id" in known, "member_id" in known, indicator.why
    columns = [Column("№ карты", 10), Column("Семья", 24)] if of_families else []
    columns.append(Column("Территория", 34))
    if of_persons:
        columns += [Column("ФИО", 34), Column("Дата рождения", 13, "date"), Column("Возраст, лет", 9, "number")]
    if why:
        columns.append(Column("Основание", 44))
    columns += [Column(detail.title, WIDTHS[detail.kind], detail.kind) for detail in details]

    def cells(row: RowMapping) -> list[Value | Cell]:
        found: list[Value | Cell] = []
        if of_families:
            number, family_id = row["number"], row["family_id"]
            link = family_link(family_id) if family_id is not None else ""
            found += [Cell(said, link) if link else said for said in (number, row["family"])]
        found.append(territories.get(row["territory_id"], ""))
        if of_persons:
            name = names.full(row["last_name"], row["first_name"], row["middle_name"])
            found += [name, row["born_on"], _age(row, indicator.on)]
        if why:
            found.append(why(row))
        for detail in details:
            value = row[detail.name]
            found.append(detail.titles.get(value) if detail.titles else _plain(value))
        return found

    return Table(indicator.title, columns, [cells(row) for row in rows], subtitle, sheet="Список")


def _age(row: RowMapping, on: date | str | None) -> int | None:
    """Full years on the indicator's day, which may stand in the row itself."""
    day = row[on] if isinstance(on, str) else on
    born_on = row["born_on"]
    return ages.full_years(born_on, day) if born_on and day and born_on <= day else None


def _plain(value: Any) -> Value:
    return str(value) if isinstance(value, Enum) else value
