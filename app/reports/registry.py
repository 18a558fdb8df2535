"""R1: the registry of families on record at the end of a day, and the monthly bank by the form of Приложение 1."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from flask_babel import lazy_gettext as _

from app import access, words
from app.domain.periods import Period
from app.render.table import Cell, Column, Kind, LazyRows, Table, Value
from app.reports import grid, places, report
from app.reports.on_record import PersonOnRecord, Standing, StandingFamilies, joined
from app.reports.period_figures import PeriodFigures
from app.reports.places import Place, ReportPlaces
from app.reports.quarterly_rows import Dictionaries
from app.reports.report import FAMILY_PAGE, Check, Indicator, Link, Number, Report


@dataclass(frozen=True)
class Heading:
    """A column of the registry: its key in JSON, its title, what it says of a family on a day."""

    key: str
    title: str
    of: Callable[[Standing, date], Value]
    width: float = 18
    kind: Kind = "text"
    figure: str = ""  # the figure whose list stands behind the number


@dataclass(frozen=True)
class Registry:
    """The counted registry."""

    title: str
    fields: tuple[Heading, ...]
    period: Period
    place: Place
    rows: tuple[Place, ...]
    names: Mapping[int, str]
    families: StandingFamilies | tuple[()]
    indicators: Mapping[str, Indicator]
    numbers: Mapping[str, Number]
    shows_names: bool = True
    checks: tuple[Check, ...] = ()

    @cached_property
    def period_title(self) -> str:
        return f"на {words.day(self.period.end)}"

    def number(self, key: str) -> Number:
        return self.numbers.get(key, 0)


def _address(one: Standing) -> str | None:
    return words.address(one.address or one.registered_address) or None


def _decision(one: Standing, _day: date) -> str:
    return f"№ {one.decision_number or 'б/н'} от {words.day(one.decided_on)}"


def _codes(one: Standing, _day: date) -> str:
    return joined(code for code, _name in one.criteria)


COMMON = (
    Heading("number", "№ карты", lambda one, _day: one.number, 9),
    Heading("family", "Семья", lambda one, _day: one.name, 22),
)
REGISTRY = (
    *COMMON,
    Heading("address", "Адрес", lambda one, _day: _address(one), 30),
    Heading("parents", "Родители, законные представители",
          lambda one, _day: joined(person.name for person in one.parents), 30),
    Heading("children", "Детей", lambda one, _day: len(one.children), 7, "number", "children"),
    Heading("registered_on", "Поставлена", lambda one, _day: one.registered_on, 11, "date"),
    Heading("decision", "Постановление", _decision, 18),
    Heading("criteria", "Критерии, основной первым", _codes, 14),
    Heading("categories", "Категории", lambda one, _day: joined(one.categories), 26),
    Heading("stage", "Этап ИПР", lambda one, _day: one.stage, 22),
    Heading("dynamics", "Динамика", lambda one, _day: one.dynamics, 13),
    Heading("reaction", "Реакция семьи", lambda one, _day: one.reaction, 19),
    Heading("mentor", "Наставник", lambda one, _day: joined(one.mentors), 20),
    Heading("visited_on", "Последнее посещение", lambda one, _day: one.visited_on, 11, "date"),
    Heading("overdue", "Просрочено мероприятий", lambda one, _day: one.overdue, 9, "number"),
)  # fmt: skip


def _child(person: PersonOnRecord) -> str:
    known = (words.day(person.born_on), str(person.sex or ""), person.education)
    return joined((person.name, *known), ", ")


def _parent(person: PersonOnRecord) -> str:
    return joined((person.name, person.workplace), ", ")


# Положение, 3.6.6: the bank goes up every month by the form of Приложение 1; the numbers are its positions.
MONTHLY = (
    *COMMON,
    Heading("detected_on", "2. Дата выявления", lambda one, _day: one.detected_on, 11, "date"),
    Heading("decision", "3. Основание: постановление",
          lambda one, day: joined((_decision(one, day), one.commission)), 22),
    Heading("categories", "4. Категория", lambda one, _day: joined(one.categories), 22),
    Heading("members", "Членов семьи", lambda one, _day: one.stated_size or len(one.people) or None, 8, "number"),
    Heading("income", "Доход на члена семьи, руб.", lambda one, _day: one.income, 11, "money"),
    Heading("income_source", "Источник дохода", lambda one, _day: one.income_source, 18),
    Heading("registered_address", "Адрес регистрации", lambda one, _day: words.address(one.registered_address), 26),
    Heading("address", "Фактический адрес", lambda one, _day: words.address(one.address), 26),
    Heading("criteria", "Признаки СОП", lambda one, _day: joined(f"{code} {name}" for code, name in one.criteria), 26),
    Heading("additional", "Дополнительно", lambda one, _day: one.additional, 20),
    Heading("parents", "5. Родители, законные представители", lambda one, _day: joined(map(_parent, one.parents)), 30),
    Heading("children", "Детей", lambda one, _day: len(one.children), 7, "number", "children"),
    Heading("minors", "Несовершеннолетние: рождение, пол, занятость",
          lambda one, _day: joined(map(_child, one.children)), 40),
    Heading("registered_on", "Поставлена", lambda one, _day: one.registered_on, 11, "date"),
)  # fmt: skip


def indicators(period: Period, lists: Dictionaries | None = None, **_options: str) -> dict[str, Indicator]:
    of = PeriodFigures(period, lists)
    return {one.key: one for one in (of.at_end("families"), of.children_at_end("children"))}


def counted(title: str, fields: tuple[Heading, ...], period: Period, place: Place, tree: ReportPlaces) -> Registry:
    """The registry over a territory; whoever sees figures only gets the figures."""
    rows = tuple(tree.listed(place.id))
    lists = Dictionaries()
    figures = indicators(period, lists)
    numbers = report.count(figures.values(), places.counted_in(rows, tree))
    shows_names = not access.scope().all_statistics
    totals = {key: sum(found.values(), 0) for key, found in numbers.items()}
    families = StandingFamilies(rows, tree, period.end, lists, int(totals.get("families", 0))) if shows_names else ()
    return Registry(
        title, fields, period, place, rows, {row.id: tree.title(row, list(rows)) for row in rows}, families, figures,
        totals, shows_names,
    )  # fmt: skip


def as_table(form: Registry, link: Link | None = None) -> Table:
    """The registry as it is printed."""
    columns = [Column("№ п/п", 6, "number"), Column("Территория", 24)]
    columns += [
        Column(one.title, one.width, one.kind, hint=form.indicators[one.figure].rule if one.figure else "")
        for one in form.fields
    ]

    def row(place: int, one: Standing) -> list[Value | Cell]:
        cells: list[Value | Cell] = [place, form.names.get(one.territory_id, "")]
        for each in form.fields:
            value = each.of(one, form.period.end)
            opened = ""
            if link and each in COMMON:
                opened = link(FAMILY_PAGE, one.family_id)
            elif link and each.figure and value:
                opened = link(each.figure, f"family={one.family_id}")
            cells.append(Cell(value, opened) if opened else value)
        return cells

    total: list[Value | Cell] = [None, "ИТОГО", *[None] * len(form.fields)]
    for place, each in enumerate(form.fields, start=2):
        key = {"number": "families", "children": "children"}.get(each.key)
        if key:
            number = form.number(key)
            total[place] = Cell(number, link(key, None)) if link and number else number
    return Table(
        title=f"{form.title} на {words.day(form.period.end)}",
        subtitle=form.place.name,
        columns=columns,
        rows=LazyRows(
            len(form.families), lambda: (row(place, one) for place, one in enumerate(form.families, start=1))
        ),
        total=total,
        sheet=form.title,
    )


def as_json(form: Registry) -> dict[str, Any]:
    """The registry as data: it names families, and stays where it is made."""
    heads = [("territory", "Территория", ""), *((one.key, one.title, "") for one in form.fields)]

    def row(one: Standing) -> dict[str, Any]:
        said = {each.key: _plain(each.of(one, form.period.end)) for each in form.fields}
        return {"territory": form.names.get(one.territory_id, "")} | said

    return {
        "title": form.title,
        "territory": form.place.name,
        "period": {"from": form.period.start.isoformat(), "to": form.period.end.isoformat(),
                   "title": form.period.title},
        "columns": [{"key": key, "title": title, "unit": "дети" if key == "children" else unit}
                    for key, title, unit in heads],
        "rows": [row(one) for one in form.families],
        "total": {"territory": grid.TOTAL, "families": form.number("families"), "children": form.number("children")},
    }  # fmt: skip


def _plain(value: Value) -> Any:
    if value is None or isinstance(value, str | int):
        return value
    return value.isoformat() if isinstance(value, date) else float(value)


def _made(
    name: str, view: str, label: Any, title: str, about: str, icon: str, fields: tuple[Heading, ...]
) -> Report[Registry]:
    return Report(
        name=name, view=view, label=label, title=title, icon=icon, file=name, about=about, figures=indicators,
        of_each_family=True,
        count=lambda period, place, tree, **_options: counted(title, fields, period, place, tree), table=as_table,
        further=lambda _form: [], data=as_json, named=lambda _form: {},
    )  # fmt: skip


REPORT = _made(
    "registry", "RegistryOfFamilies", _("Registry of families on record"), "Реестр семей на учёте",
    "Каждая семья на учёте на последний день периода: адрес, родители, дети, постановление, критерии, наставник.",
    "fa-list-ol", REGISTRY,
)  # fmt: skip
MONTHLY_BANK = _made(
    "monthly", "MonthlyBank", _("Monthly bank"), "Банк данных за месяц (Приложение 1)",
    "Районный банк на последний день месяца по форме Приложения № 1: его направляют до 2 числа (Положение, 3.6.6).",
    "fa-calendar-check", MONTHLY,
)  # fmt: skip
