"""«Рядом, но не вошли»: what came close to a number and is not counted, and what kept each row out, in words.

The rows beside a number are those of a wider source that the number does not count: the same tables over the period
and a quarter about it. The words are found from the facts that the list shows.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from enum import Enum

from sqlalchemy import ColumnElement, RowMapping, and_, func, not_

from app.domain import ages
from app.domain.periods import Period
from app.reports.quarterly_rows import PeriodRows
from app.reports.report import Near
from app.words import day

Why = Callable[[RowMapping], str]
OTHERWISE = "по остальным признакам к этому показателю не относится"


class StayMoment(Enum):
    """When a stay on record counts."""

    START = "на начало периода"
    PLACED = "поставлена в периоде"
    REMOVED = "снята в периоде"
    END = "на конец периода"
    EITHER = "в движении периода"


def left_out(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """A row does not meet a condition, or what it asks of it is not known."""
    return not_(func.coalesce(condition, False))


def of_stays(
    rows: PeriodRows, where: ColumnElement[bool], moment: StayMoment, otherwise: Why | str = OTHERWISE
) -> Near:
    """Beside a number of families."""
    counted = and_(*rows.touching, where)

    def why(row: RowMapping) -> str:
        return _of_stay(row, rows.period, moment) or _said(otherwise, row)

    return Near(rows.stays_nearby, left_out(counted), why)


def of_children(
    rows: PeriodRows, where: ColumnElement[bool], moment: StayMoment, otherwise: Why | str = OTHERWISE
) -> Near:
    """Beside a number of children: the family is not counted, or the child is not one of it, or is none any more."""
    counted = and_(*rows.children.where, where)

    def why(row: RowMapping) -> str:
        of_family = _of_stay(row, rows.period, moment)
        return of_family or _of_child(row, _moment_of(row, rows.period, moment)) or _said(otherwise, row)

    return Near(rows.children_nearby, left_out(counted), why)


def of_aids(rows: PeriodRows, where: ColumnElement[bool], otherwise: Why | str = OTHERWISE) -> Near:
    """Beside a number of aids: given on another day, or to a family that was not on record then."""
    counted = and_(*rows.aids.where, where)

    def why(row: RowMapping) -> str:
        if row["given_on"] not in rows.period:
            return f"помощь оказана {day(row['given_on'])}, вне периода"
        if row["then"] == "нет":
            return "в день помощи семья на учёте не состояла"
        return _said(otherwise, row)

    return Near(rows.aids_nearby, left_out(counted), why)


def _said(otherwise: Why | str, row: RowMapping) -> str:
    return otherwise if isinstance(otherwise, str) else otherwise(row)


def reason_of(row: RowMapping) -> str:
    """Of a removal that a column of another reason counts."""
    return f"причина снятия: {row['reason_code']} {row['reason']}" if row["reason"] else "причина снятия не указана"


def criterion_of(row: RowMapping) -> str:
    """Of a family that a column of another criterion counts."""
    code = row["criterion_code"]
    return f"основной критерий: {code}" if code else "нет критерия"


def _moment_of(row: RowMapping, period: Period, moment: StayMoment) -> date:
    if moment is StayMoment.START:
        return period.eve
    if moment is StayMoment.PLACED:
        return row["registered_on"]
    if moment is StayMoment.REMOVED:
        return row["removed_on"]
    return period.end


def _of_stay(row: RowMapping, period: Period, moment: StayMoment) -> str:
    registered_on, removed_on = row["registered_on"], row["removed_on"]
    if moment is StayMoment.PLACED:
        return "" if registered_on in period else f"поставлена {day(registered_on)}, вне периода"
    if moment is StayMoment.REMOVED:
        if removed_on is None:
            return "с учёта не снята"
        return "" if removed_on in period else f"снята {day(removed_on)}, вне периода"
    if moment is StayMoment.EITHER:
        return ""
    on = _moment_of(row, period, moment)
    if registered_on > on:
        return f"поставлена {day(registered_on)}"
    if removed_on and removed_on <= on:
        return f"снята {day(removed_on)}"
    return ""


def _of_child(row: RowMapping, on: date) -> str:
    born_on, joined_on, left_on = row["born_on"], row["joined_on"], row["left_on"]
    if born_on is None:
        return "дата рождения не указана"
    if born_on > on:
        return f"ещё не родился: {day(born_on)}"
    if not ages.is_minor(born_on, on):
        return f"исполнилось 18 лет {day(ages.birthday(born_on, ages.MAJORITY))}"
    if joined_on and joined_on > on:
        return f"в семье с {day(joined_on)}"
    if left_on and left_on <= on:
        return f"выбыл из семьи {day(left_on)}"
    return ""


def age_of(on: date) -> Why:
    """Of a child of another age group."""
    return lambda row: f"возраст на {day(on)}: {ages.full_years(row['born_on'], on)}"
