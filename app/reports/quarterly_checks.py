"""Приложение 4: the sums that must hold, and what of the bank keeps them from it.

A sum does not hold where a row is counted by the whole and by none of its parts: each such lack is an indicator of the
form with a list of its own, and the first page counts the lacks of the next form by the same conditions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from sqlalchemy import select

from app.domain.periods import Period
from app.extensions import db
from app.models import ChildPopulation
from app.reports import places, report
from app.reports.places import Place, ReportPlaces
from app.reports.quarterly_figures import AGE_GROUPS, CRITERIA, REASONS, Figures
from app.reports.quarterly_rows import SENDERS
from app.reports.report import Check, Number

OF_POPULATION = "Графа 18 не больше графы 3"
# By the title of the sum that it breaks: the lack of what the rows are shared out by.
LACKS = {
    "Графа 4 = сумма граф 5.1–5.9": "no sender",
    "Графа 10 = сумма граф 11.1–11.4": "no reason",
    "Графа 12 = сумма граф 13–17": "no criterion",
    "Графа 18 = сумма строки 2.2": "unknown",
}


class CheckedForm(Protocol):
    """What the checks ask of a counted form."""

    @property
    def rows(self) -> Sequence[Place]: ...
    @property
    def names(self) -> Mapping[int, str]: ...
    @property
    def population(self) -> Mapping[int, int]: ...
    @property
    def figures(self) -> Figures: ...
    @property
    def all_criteria(self) -> bool: ...
    def number(self, key: str, territory_id: int | None = None) -> Number: ...


def population(rows: Iterable[Place], day: date) -> dict[int, int]:
    """Column 3: the last number of children entered for a territory as of the day or before it."""
    columns = ChildPopulation.__table__.c
    entered = select(columns.territory_id, columns.children).where(
        columns.counted_on <= day, columns.territory_id.in_([row.id for row in rows])
    )
    return dict(db.session.execute(entered.order_by(columns.counted_on)).all())


# On the form


def of_form(form: CheckedForm) -> Iterator[Check]:
    """Every sum of the form, with where it does not hold."""
    number = form.number
    yield _sum(form, "Графа 4 = сумма граф 5.1–5.9", "4", SENDERS)
    yield _sum(form, "Графа 10 = сумма граф 11.1–11.4", "10", REASONS)
    wrong = _where(form, lambda at: number("12", at) == number("6", at) + number("8", at) - number("10", at))
    text = f"{number('12')} = {number('6')} + {number('8')} − {number('10')}"
    yield Check("Графа 12 = графа 6 + графа 8 − графа 10", not wrong, text + _at(wrong))
    came, gone = number("came"), number("gone")
    wrong = _where(form, lambda at: number("18", at) == (
        number("7", at) + number("9", at) + number("came", at) - number("gone", at)))  # fmt: skip
    text = f"{number('18')} = {number('7')} + {number('9')} + {came} − {gone}"
    yield Check("Графа 18 = графа 7 + графа 9 + прибыло − выбыло", not wrong, text + _at(wrong), ("came", "gone"))
    if form.all_criteria:
        added = sum(number(key) for key in CRITERIA)
        text = f"{added} при {number('12')} семьях (режим «все критерии»)"
        yield Check("Сумма граф 13–17 не меньше графы 12", added >= number("12"), text, ("no criterion",))
    else:
        yield _sum(form, "Графа 12 = сумма граф 13–17", "12", tuple(CRITERIA))
    yield _of_population(form)
    yield _sum(form, "Графа 18 = сумма возрастных групп строки 2.1", "18", tuple(AGE_GROUPS))
    statuses = tuple(f"2.2 {name}" for _id, name, _line in form.figures.lists.statuses)
    yield _sum(form, "Графа 18 = сумма строки 2.2", "18", statuses)


def _sum(form: CheckedForm, title: str, whole: str, parts: tuple[str, ...]) -> Check:
    """A column is the sum of others, on every territory."""
    wrong = _where(form, lambda at: form.number(whole, at) == sum(form.number(key, at) for key in parts))
    added = sum(form.number(key) for key in parts)
    text = f"{form.number(whole)} = {added}" if not wrong else f"{form.number(whole)} и {added}"
    return Check(title, not wrong, text + _at(wrong), (LACKS[title],) if wrong and title in LACKS else ())


def _of_population(form: CheckedForm) -> Check:
    if not form.population:
        return Check(OF_POPULATION, None, "детское население не введено, сравнить не с чем")
    wrong = crowded(form.rows, form.population, lambda at: form.number("18", at))
    missing = [form.names[row.id] for row in form.rows if row.id not in form.population]
    living = sum(form.population.values())
    text = f"не введено: {', '.join(missing)}" if missing else f"{form.number('18')} из {living}"
    return Check(OF_POPULATION, not wrong, text + _at([form.names[row.id] for row in wrong]))


def crowded(rows: Iterable[Place], living: Mapping[int, int], children: Callable[[int], Number]) -> list[Place]:
    """The territories with more children on record than live there."""
    return [row for row in rows if row.id in living and children(row.id) > living[row.id]]


def _where(form: CheckedForm, holds: Callable[[int], bool]) -> list[str]:
    """Names of the territories where a sum does not hold."""
    return [form.names[row.id] for row in form.rows if not holds(row.id)]


def _at(wrong: list[str]) -> str:
    return f" — НЕ СХОДИТСЯ: {', '.join(wrong)}" if wrong else ""


# On the first page


@dataclass(frozen=True)
class Lack:
    """What the form of a place lacks: in words, the sum it breaks, and the figure whose list names the rows.

    figure: empty where the rows are territories and not families.
    """

    text: str
    breaks: str
    place: Place
    figure: str = ""


def lacks(period: Period, tree: ReportPlaces) -> list[Lack]:
    """What the form of a period would say is missing or does not agree, in each district of this person.

    Of the form only these rows and column 18 are counted.
    """
    listed = {place: tree.listed(place.id) for place in tree.outermost()}
    rows = [row for part in listed.values() for row in part]
    if not rows:
        return []
    figures = Figures(period, all_criteria=False)
    numbers = report.count([*figures.lacks.values(), figures.children_at_end], places.counted_in(rows, tree))
    living = population(rows, period.end)
    return [lack for place, part in listed.items() for lack in _of_place(place, part, figures, numbers, living)]


def _of_place(place: Place, rows: list[Place], figures: Figures, numbers: Mapping[str, Mapping[int, Number]],
              living: Mapping[int, int]) -> Iterator[Lack]:  # fmt: skip
    for title, key in LACKS.items():
        if number := sum(numbers[key].get(row.id, 0) for row in rows):
            yield Lack(f"{figures.lacks[key].title}: {number}", title, place, key)
    missing = [row.name for row in rows if row.id not in living]
    if missing:
        said = "" if len(missing) == len(rows) else f": {', '.join(missing)}"
        yield Lack(f"Детское население не введено{said}", OF_POPULATION, place)
    if full := crowded(rows, living, lambda at: numbers[figures.children_at_end.key].get(at, 0)):
        yield Lack(f"Детей на учёте больше, чем живёт: {', '.join(row.name for row in full)}", OF_POPULATION, place)
