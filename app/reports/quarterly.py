"""Приложение 4: the form of record of families, for a quarter or any period, a row per territory.

`quarterly()` counts it; `as_table()` and `as_json()` say it. Every number keeps the key of its indicator, by which
the list behind it opens.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from typing import Any

from flask_babel import lazy_gettext as _
from sqlalchemy import ColumnElement, RowMapping, func, select

from app import access, signer, words
from app.conditions import unindexed
from app.domain import names, terms
from app.domain.periods import Period
from app.extensions import db
from app.models import ChildPopulation, Member, Registration, RemovalReason
from app.render.table import Cell, Column, Figure, Section, Table, TextLine, Value, plain
from app.reports import cards_sent, places, quarterly_checks, quarterly_rules, report, small
from app.reports.places import Place, ReportPlaces
from app.reports.quarterly_figures import (
    AGE_GROUPS,
    CHILDREN_LINES,
    CRITERIA,
    FLAGS,
    OCCUPATIONS,
    OTHER_REASON,
    REASONS,
    RT_AGE_GROUPS,
    Figures,
)
from app.reports.quarterly_rows import SENDERS
from app.reports.reasons import OF_CHILDREN
from app.reports.report import Check, Culprit, Indicator, Link, Number, Report, ReportOption, Within, family

TITLE = "Форма учета семей, находящихся в социально опасном положении, в едином банке данных"
TOTAL = "Всего"
COLUMNS = ("4", *SENDERS, "6", "7", "8", "9", "10", *REASONS, "12", *CRITERIA, "18")
MOVED = "11.4.1"  # the family's file went to another municipality of the region

SENT = "Направлено карт учета семей за отчетный период"
AT_START = "Количество семей, состоящих на учете в банке данных на начало отчетного периода"
PLACED = "Количество семей, поставленных на учет в отчетном периоде (раздел 2 Порядка)"
AT_END = "Количество семей, состоящих на учете в муниципальном (областном) банке данных на конец отчетного периода"
BY_CRITERIA = (
    "В том числе согласно критериям отнесения семей к категории находящихся в социально опасном положении "
    "(раздел 2 Порядка)"
)
SENDERS_NOTE = (
    "5.1 комиссии по делам несовершеннолетних; 5.2 органы управления социальной защитой населения; 5.3 органы "
    "управления образованием; 5.4 органы по делам молодежи; 5.5 органы управления здравоохранением; 5.6 органы службы "
    "занятости; 5.7 органы внутренних дел; 5.8 специализированные учреждения для несовершеннолетних органов социальной "
    "защиты населения; 5.9 другие органы."
)
REASONS_NOTE = (
    "11.1 совершеннолетие детей; 11.2 по результатам проводимой коррекционно-реабилитационной работы; 11.3 по факту "
    "лишения родителей родительских прав; 11.4 другое (указать в примечании к отчету)."
)
YEAR_NOTE = (
    "Показатели за год не равны сумме кварталов: семья, ребёнок и взрослый, которым помогли в нескольких кварталах, "
    "за год учтены один раз."
)
MODE_NOTES = {
    False: "Графы 13–17: семья учтена по основному критерию.",
    True: "Графы 13–17: семья учтена по каждому из своих критериев, сумма может превышать графу 12.",
}

# What follows from what, in every row: a whole first, then its parts.
AMOUNT = "1.2 address amount"
SUMS = (
    ("4", *SENDERS), ("10", *REASONS), ("12", *CRITERIA), ("12", "6", "8", "10"), ("18", *AGE_GROUPS),
    ("18", *RT_AGE_GROUPS), ("18", "preschool", "school", "college", "otherwise"),
    ("2.6 all", *(f"2.6 {activity.title_ru}" for activity in terms.HolidayActivity)),
    ("removed children all", *(f"removed children {line.value}" for line in CHILDREN_LINES)),
)  # fmt: skip

# Agreed with the commission (Положение, 3.6.7 and 3.7.5), signed by the head of the body that sends the form.
AGREED = "СОГЛАСОВАНО: председатель комиссии по делам несовершеннолетних и защите их прав"
SIGNED_ON = f"«____» {'_' * 16} 20____ г."

NAMES_SHOWN = 30  # under a check of the page; the whole list is one click away


@dataclass(frozen=True)
class Form:
    """A counted form: numbers by indicator and territory, and everything its notes and checks need."""

    period: Period
    place: Place
    all_criteria: bool
    rows: tuple[Place, ...]
    names: dict[int, str]
    upwards: tuple[int, ...]  # the territory and what it belongs to
    figures: Figures
    numbers: dict[str, dict[int, Number]]
    population: dict[int, int]
    removed_otherwise: tuple[tuple[str, str, int], ...] = ()
    moved_within: int = 0
    shows_names: bool = True
    of_assigned: bool = False
    hides_small: bool = False

    def number(self, key: str, territory_id: int | None = None) -> Number:
        """An indicator on a territory; without one, the total."""
        by_territory = self.numbers[key]
        if territory_id is None:
            return sum(by_territory.values(), 0)
        return by_territory.get(territory_id, 0)

    def children_living(self, territory_id: int | None = None) -> int | None:
        """Column 3; None where nobody has entered it."""
        if territory_id is not None:
            return self.population.get(territory_id)
        return sum(self.population.values()) if self.population else None

    @property
    def period_title(self) -> str:
        """«III квартал 2026 года (с 01.07.2026 по 30.09.2026)»."""
        days = f"с {self.period.start:%d.%m.%Y} по {self.period.end:%d.%m.%Y}"
        return days if self.period.title == days else f"{self.period.title} ({days})"

    @property
    def other_aid(self) -> list[tuple[str, str, Number]]:
        """«Другое» of line 1.2, named: key, kind of aid, families."""
        keys = [(f"1.2 other {code}", name) for _id, code, name in self.figures.other_aid]
        return [(key, name, self.number(key)) for key, name in keys if self.number(key)]

    @property
    def indicators(self) -> Mapping[str, Indicator]:
        return self.figures.indicators

    @cached_property
    def checks(self) -> tuple[Check, ...]:
        """The sums that must hold (Приложение 4); none where small groups are hidden, for they would tell them."""
        return () if self.hides_small else tuple(quarterly_checks.of_form(self))

    @cached_property
    def hidden(self) -> set[tuple[int | None, str]]:
        """The numbers that stay hidden, by territory (of the total: None) and key."""
        if not self.hides_small:
            return set()
        keys = [key for key, one in self.indicators.items() if one.unit in small.COUNTED]
        places: list[int | None] = [None, *(row.id for row in self.rows)]
        numbers = {(place, key): self.number(key, place) for place in places for key in keys}
        sums = [[(place, key) for place in places] for key in keys]
        sums += [[(place, key) for key in one] for place in places for one in (*SUMS, *self.figures.sums_of_education)]
        found = small.hidden(numbers, sums)
        return found | {(place, AMOUNT) for place, key in found if key == "1.2 address families"}

    def shown(self, key: str, territory_id: int | None = None) -> Number | str:
        """An indicator on a territory as it may be read."""
        return small.HIDDEN if (territory_id, key) in self.hidden else self.number(key, territory_id)


def quarterly(period: Period, place: Place, *, all_criteria: bool = False, tree: ReportPlaces | None = None,
              hides_small: bool = False) -> Form:  # fmt: skip
    """Count the form over a territory for the person whose scope is settled."""
    tree = tree or ReportPlaces((cards_sent.ANYWHERE,))
    rows = tuple(tree.listed(place.id))
    figures = Figures(period, all_criteria=all_criteria)
    within = places.counted_in(rows, tree)
    numbers = report.count(figures.indicators.values(), within)
    shows_names = not access.scope().all_statistics
    otherwise = _removed_otherwise(figures, within) if numbers[OTHER_REASON] else []
    moved = any(code == MOVED for code, _name, _note, _count in otherwise)
    return Form(
        period=period,
        place=place,
        all_criteria=all_criteria,
        rows=rows,
        names={row.id: tree.title(row, list(rows)) for row in rows},
        upwards=tuple(above.id for above in tree.tree.above(place.id)),
        figures=figures,
        numbers=numbers,
        population=quarterly_checks.population(rows, period.end),
        removed_otherwise=_grouped(otherwise, with_notes=shows_names),
        moved_within=_moved_within(period, within(figures.rows.stays)) if moved else 0,
        shows_names=shows_names,
        of_assigned=access.scope().assigned_to is not None and not access.scope().all_statistics,
        hides_small=hides_small,
    )


def _removed_otherwise(figures: Figures, within: Within) -> list[tuple[str, str, str | None, int]]:
    """Removals of column 11.4 by sub-reason and note: code, name, note, families."""
    one = figures.indicators[OTHER_REASON]
    reason, registration = RemovalReason.__table__.c, Registration.__table__.c
    rows = db.session.execute(
        select(reason.code, reason.name, registration.note, func.count())
        .select_from(one.source.tables)
        .where(*one.source.where, one.where, within(one.source))
        .group_by(reason.position, reason.code, reason.name, registration.note)
        .order_by(reason.position, reason.code, func.count().desc(), registration.note)
    )
    return list(rows.all())


def _grouped(rows: Iterable[tuple[str, str, str | None, int]], *, with_notes: bool) -> tuple[tuple[str, str, int], ...]:
    """The same by what the note to column 11.4 says: a sub-reason speaks for itself, else the note of the removal."""
    found: dict[tuple[str, str], int] = {}
    for code, name, note, families in rows:
        speaks = code != OTHER_REASON and not code.endswith(".99")
        said = name if speaks else (with_notes and (note or "").strip()) or name
        found[code, said] = found.get((code, said), 0) + families
    return tuple((code, said, families) for (code, said), families in found.items())


def _moved_within(period: Period, within: ColumnElement[bool]) -> int:
    """Families removed because they moved that the same bank registered again in the period: as the same family, or
    as another one with the same child."""
    left, came = Registration.__table__.alias("left"), Registration.__table__.alias("came")
    child, same = Member.__table__.alias("child"), Member.__table__.alias("same_child")
    reason = RemovalReason.__table__
    again = select(func.count(left.c.id.distinct())).select_from(
        left.join(family, family.c.id == left.c.family_id)
        .join(reason, reason.c.id == left.c.removal_reason_id)
        .join(child, child.c.family_id == left.c.family_id)
        .join(same, (same.c.sort_key == child.c.sort_key) & (same.c.born_on == child.c.born_on))
        .join(came, came.c.family_id == same.c.family_id)
    )
    visible = select(family.c.id).where(report.counted_families())
    return db.session.scalar(
        again.where(
            within,
            reason.c.code == MOVED,
            left.c.removed_on.between(period.start, period.end),
            came.c.registered_on.between(left.c.removed_on, period.end),
            came.c.id != left.c.id,
            unindexed(came.c.family_id).in_(visible),  # from the few who left, not from all who are seen
            *(table.c.annulled_at.is_(None) for table in (left, came, child, same)),
        )
    ) or 0  # fmt: skip


# The children behind the checks


def children_of(form: Form, key: str, limit: int | None = None) -> list[Culprit]:
    """The children behind a check, by name with the reason; nobody for those who see figures only."""
    if not form.shows_names or not form.number(key):
        return []
    rows = report.behind(form.indicators[key], places.shown_in(form.rows), limit)
    explain = OF_CHILDREN.get(key)
    return [
        Culprit(f"№ {row['number']}, {child_name(row)}, {row['born_on']:%d.%m.%Y}: {explain(row, form.period)}",
                row["family_id"])
        for row in rows
        if explain
    ]  # fmt: skip


def child_name(row: RowMapping) -> str:
    """The full name of the person of a list's row."""
    return names.full(row["last_name"], row["first_name"], row["middle_name"])


# As a table


def as_table(form: Form, link: Link | None = None) -> Table:
    """The form as it is printed. `link` gives the address of the list behind a number."""
    rows = [_row(form, place, row, link) for place, row in enumerate(form.rows, start=1)]
    return Table(
        title=f"{TITLE}\n{words.within(form.place.name)} по результатам {form.period.results}",
        corner="Приложение № 4 к Положению",
        columns=_explained(_columns(form.figures.lists.sender_names)),
        rows=rows,
        total=_row(form, None, None, link),
        notes=_notes(form),
        sections=_sections(form, link),
        signatures=_signatures(form),
        sheet="Приложение 4",
    )  # fmt: skip


def _columns(sender_names: Mapping[str, str]) -> list[Column]:
    columns = [Column("№ п/п", 4, "number", mark="1"), Column("Территория", 36, mark="2"),
               Column("Детское население", 8.5, "number", mark="3"),
               Column("Всего", 6, "number", (SENT,), "4")]  # fmt: skip
    inside = (SENT, "В том числе: органами и учреждениями системы профилактики")
    columns += [Column("", 4.5, "number", inside, code, sender_names.get(code, "")) for code in SENDERS]
    for title, pair in ((AT_START, ("6", "7")), (PLACED, ("8", "9"))):
        columns += [
            Column("Всего семей", 8, "number", (title,), pair[0]),
            Column("В них детей", 8, "number", (title,), pair[1]),
        ]
    columns.append(Column("Снято с учета семей в отчетном периоде", 9, "number", mark="10"))
    columns += [Column("", 5.5, "number", ("Причины снятия с учета",), code) for code in REASONS]
    columns.append(Column("Всего семей", 6.5, "number", (AT_END,), "12"))
    columns += [Column(f"{code}.", 5, "number", (AT_END, BY_CRITERIA), key) for key, code in CRITERIA.items()]
    columns.append(Column("В них детей", 6.5, "number", (AT_END,), "18"))
    return columns


def _explained(columns: list[Column]) -> list[Column]:
    """The columns of figures, each with its rule in words."""
    first = len(columns) - len(COLUMNS)
    rules = [quarterly_rules.rule_of(key)[0] for key in COLUMNS]
    return columns[:first] + [
        replace(column, hint=". ".join(filter(None, (column.hint, rule))))
        for column, rule in zip(columns[first:], rules, strict=True)
    ]


def _row(form: Form, place: int | None, row: Place | None, link: Link | None) -> list[Value | Cell]:
    territory_id = row.id if row else None
    name = form.names[row.id] if row else "ИТОГО"
    cells: list[Value | Cell] = [place, name, form.children_living(territory_id)]
    cells.extend(_linked(form, key, territory_id, link) for key in COLUMNS)
    return cells


def _linked(form: Form, key: str, territory_id: int | None, link: Link | None) -> Value | Cell:
    number = form.shown(key, territory_id)
    return Cell(number, link(key, territory_id)) if link and number and number != small.HIDDEN else number


def _sections(form: Form, link: Link | None) -> list[Section]:
    def figure(key: str, label: str, kind: Any = "number") -> Figure:
        cell = _linked(form, key, None, link)
        rule = quarterly_rules.rule_of(key)[0]
        return Figure(label, plain(cell), kind, cell.link if isinstance(cell, Cell) else "", rule)

    other = tuple(figure(key, f"{name}: семей") for key, name, _families in form.other_aid)
    activities = {
        terms.HolidayActivity.DAY_CAMP: "в т. ч. в лагерях дневного пребывания",
        terms.HolidayActivity.AWAY_CAMP: "в выездных лагерях",
        terms.HolidayActivity.CLUBS: "в кружках и секциях по месту жительства",
        terms.HolidayActivity.WORK: "трудоустроено или привлечено к общественно полезному труду",
    }
    families = Section(
        "1. Информация о семьях, состоящих в банке данных семей, находящихся в социально опасном положении (СОП):",
        (
            TextLine("1.1.", tuple(figure(f"1.1 {flag}", title) for flag, title in FLAGS.items())),
            TextLine("1.2. Оказана помощь семьям:", (
                figure("1.2 employed", "трудоустроено родителей"),
                figure("1.2 legal", "оказана юридическая помощь"),
                figure("1.2 address families", "оказана адресная помощь в УСЗН: семьям"),
                figure("1.2 address amount", "на сумму, руб.", "money"),
            )),
            TextLine("Другое (указать конкретно):" if other else "Другое (указать конкретно): нет.", other),
        ),
    )  # fmt: skip
    children = Section(
        "2. Информация о несовершеннолетних, воспитывающихся в семьях СОП:",
        (
            TextLine("2.1. В возрасте", (figure("2.1 0-6", "0–6 лет"), figure("2.1 6-14", "6–14 лет"),
                                     figure("2.1 14-18", "14–18 лет"))),
            TextLine("2.2.", tuple(figure(key, label) for key, (label, _lines) in OCCUPATIONS.items())),
            TextLine("2.3. Количество детей из малообеспеченных семей СОП:", (
                figure("2.3 all", "всего"), figure("2.3 school", "в т. ч. обучающиеся муниципальных ОУ"))),
            TextLine("2.4. Количество детей, обеспеченных", (
                figure("2.4 meals", "бесплатным горячим питанием"), figure("2.4 textbooks", "бесплатными учебниками"))),
            TextLine("2.5.", (figure("2.5", "Количество детей, охваченных организованными формами досуга и занятости "
                                        "во внеурочное время"),)),
            TextLine("2.6. Количество детей, охваченных отдыхом, оздоровлением и занятостью в каникулярное время:", (
                figure("2.6 all", "всего"),
                *(figure(f"2.6 {activity.title_ru}", label) for activity, label in activities.items()))),
            TextLine("Снято с учета детей:", (
                figure("removed children all", "всего"),
                figure("removed children success", "в т. ч. по результатам успешной реабилитации"),
                figure("removed children without_care",
                       "в связи с присвоением статуса оставшегося без попечения родителей"),
                figure("removed children objective", "по объективным основаниям (совершеннолетние, переезд и пр.)"))),
        ),
    )  # fmt: skip
    return [families, children]


def _notes(form: Form) -> list[str]:
    notes = [SENDERS_NOTE, REASONS_NOTE, MODE_NOTES[form.all_criteria]]
    if form.removed_otherwise:
        numbers = [f": {families}" if not form.hides_small else "" for _code, _name, families in form.removed_otherwise]
        said = "; ".join(f"{one[1]}{number}" for one, number in zip(form.removed_otherwise, numbers, strict=True))
        notes.append(f"Примечание к графе 11.4: {said}.")
    if form.moved_within and not form.hides_small:
        notes.append(
            f"Внутреннее движение: {form.moved_within} из семей, снятых с учёта в связи с переездом, в том же периоде "
            "поставлены на учёт в этом же банке данных; они учтены и в графе 10, и в графе 8."
        )
    if form.hides_small:
        notes.append(f"{small.HIDDEN} – от одного до четырёх, или число, по которому такое можно было бы вычислить.")
    if form.of_assigned:
        notes.append("Форма посчитана только по семьям и картам, доступным тому, кто её сформировал.")
    notes.append(YEAR_NOTE)
    return notes


def _signatures(form: Form) -> list[str]:
    """Where the form is agreed and signed: the names that are known, lines for the others."""
    by, chairman = signer.present(), signer.head_of_commission(form.upwards)
    made_by = ", ".join(part for part in (by.position, by.name) if part)
    return [
        f"{AGREED} {'_' * 22} / {chairman or '_' * 28} / {SIGNED_ON}",
        f"Руководитель {by.agency or '_' * 40} {'_' * 22} / {by.head or '_' * 28} / {SIGNED_ON}",
        f"Исполнитель {made_by or '_' * 40}, телефон {by.phone or '_' * 20}",
    ]


def of_children(form: Form) -> Table:
    """The sheet for the office: each child of the checks by name. It does not leave with the form."""
    rows: list[list[Value | Cell]] = []
    for key, title in (("came", "Прибыл"), ("gone", "Выбыл"), ("unknown", "Обучение не указано")):
        if not form.shows_names or not form.number(key):
            continue
        within = places.shown_in(form.rows)
        for row in report.behind(form.indicators[key], within):
            place = form.names[row["territory_id"]]
            rows.append([title, place, row["number"], child_name(row), row["born_on"],
                         OF_CHILDREN[key](row, form.period)])  # fmt: skip
    return Table(
        title="Дети, которые объясняют проверки формы учёта",
        subtitle=f"{form.place.name}. {form.period_title}. Для служебного пользования: с формой не направляется.",
        columns=[Column("Движение", 20), Column("Территория", 34), Column("№ карты", 10), Column("Ребёнок", 36),
                 Column("Дата рождения", 12, "date"), Column("Основание", 48)],
        rows=rows,
        sheet="Поимённо",
    )  # fmt: skip


# As JSON


def as_json(form: Form) -> dict[str, Any]:
    """The form as data: numbers by column, lines of the sections by their flat keys. It leaves the house: no names."""
    period = {"from": form.period.start.isoformat(), "to": form.period.end.isoformat(), "title": form.period.title}
    return {
        "title": TITLE,
        "territory": form.place.name,
        "period": period,
        "criteria": "all" if form.all_criteria else "main",
        "rows": [{**_values(form, row.id), "sections": _lines(form, row.id)} for row in form.rows],
        "total": _values(form, None),
        "sections": _lines(form, None),
        "other_aid": [{"title": name, "families": form.shown(key)} for key, name, _families in form.other_aid],
        "notes": _notes(form),
        "checks": [
            {"title": check.title, "holds": check.holds, "text": check.text} for check in form.checks
        ],
    }  # fmt: skip


def _values(form: Form, territory_id: int | None) -> dict[str, Any]:
    name = TOTAL if territory_id is None else form.names[territory_id]
    counted = {key: form.shown(key, territory_id) for key in COLUMNS}
    return {"2": name, "3": form.children_living(territory_id), **counted}


def _lines(form: Form, territory_id: int | None) -> dict[str, int | float | str]:
    keys = [f"1.1 {flag}" for flag in FLAGS]
    keys += ["1.2 employed", "1.2 legal", "1.2 address families", "1.2 address amount", *AGE_GROUPS]
    keys += [f"2.2 {name}" for _id, name, _line in form.figures.lists.statuses]
    keys += ["2.3 all", "2.3 school", "2.4 meals", "2.4 textbooks", "2.5", "2.6 all"]
    keys += [f"2.6 {activity.title_ru}" for activity in terms.HolidayActivity]
    keys += [*RT_AGE_GROUPS, "removed children all"]
    keys += [f"removed children {line.value}" for line in CHILDREN_LINES]
    numbers = {key: form.shown(key, territory_id) for key in keys}
    return {key: float(number) if isinstance(number, Decimal) else number for key, number in numbers.items()}


# In the catalogue


def _figures(period: Period, *, criteria: str, **_options: str) -> Mapping[str, Indicator]:
    known = Figures(period, all_criteria=criteria == "all")
    return {key: quarterly_rules.explained(one, known.rows) for key, one in known.indicators.items()}


def _counted(period: Period, place: Place, tree: ReportPlaces, *, criteria: str, **options: str) -> Form:
    hides_small = options.get("small") == small.HIDE
    return quarterly(period, place, all_criteria=criteria == "all", tree=tree, hides_small=hides_small)


def _by_name(form: Form) -> list[Table]:
    """The office's own sheet of children behind the checks, where there are any to name."""
    table = of_children(form)
    return [table] if table.rows and not form.hides_small else []


def _named(form: Form) -> dict[str, list[Culprit]]:
    return {key: _named_by(form, key) for check in form.checks for key in check.lists}


def _named_by(form: Form, key: str) -> list[Culprit]:
    """The first rows behind a check: children with the reason, families by number and name."""
    if key in OF_CHILDREN or not form.shows_names or not form.number(key):
        return children_of(form, key, NAMES_SHOWN)
    rows = report.behind(form.indicators[key], places.shown_in(form.rows), NAMES_SHOWN)
    return [Culprit(f"№ {row['number']}, {row['family']}", row["family_id"]) for row in rows]


REPORT = Report(
    name="quarterly",
    view="QuarterlyForm",
    label=_("Quarterly form"),
    title="Форма учёта (Приложение 4)",
    icon="fa-table",
    file="forma4",
    figures=_figures,
    count=_counted,
    table=as_table,
    further=_by_name,
    data=as_json,
    named=_named,
    sources=(cards_sent.ANYWHERE,),
    about="Форма Приложения № 4: её согласуют с комиссией до 5 числа и направляют до 10 числа после квартала.",
    statutory=True,
    entered=(ChildPopulation.__tablename__,),
    options={
        "criteria": ReportOption(
            _("Criteria"),
            "Графы 13–17: основной критерий или каждый.",
            {"main": _("the main one"), "all": _("each of them")},
        ),
        "small": small.OPTION,
    },
)
