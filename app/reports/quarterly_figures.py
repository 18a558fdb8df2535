"""Приложение 4: what each of its figures counts: a list of indicators over the rows of the period.

The meaning of every figure stands in the form itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, and_, not_, or_, select, true

from app.conditions import aged, in_force, minor_on
from app.domain import terms
from app.domain.periods import Period
from app.models import RegistrationCriterion
from app.reports import reasons
from app.reports.quarterly_rows import (
    OTHER_SENDER,
    SENDERS,
    Dictionaries,
    PeriodRows,
    aid,
    education,
    main,
    member,
    one_of,
    performer,
    registration,
    support,
)
from app.reports.report import Counting, Indicator

SOCIAL_PROTECTION = "5.2"
REASONS = ("11.1", "11.2", "11.3", "11.4")
OTHER_REASON = "11.4"
CRITERIA = {"13": "2.1", "14": "2.2", "15": "2.3", "16": "2.4", "17": "2.5"}
FLAGS = {"incomplete": "Неполных семей", "large": "многодетных семей", "low_income": "малообеспеченных семей"}
# The form says «0–6, 6–14, 14–18 лет»: half-open groups of full years. The region asks for closed ones beside them.
AGE_GROUPS = {"2.1 0-6": (0, 6), "2.1 6-14": (6, 14), "2.1 14-18": (14, 18)}
RT_AGE_GROUPS = {"rt 0-3": (0, 4), "rt 4-6": (4, 7), "rt 7-13": (7, 14), "rt 14-15": (14, 16), "rt 16-18": (16, 18)}
CHILDREN_LINES = (terms.ChildrenLine.SUCCESS, terms.ChildrenLine.WITHOUT_CARE, terms.ChildrenLine.OBJECTIVE)
PRESCHOOL_ATTENDS, PRESCHOOL = "2.2_preschool_attends", "2.2_preschool"
SCHOOL, COLLEGE = "2.2_school", "2.2_pu"
# Line 2.2 of the form: what it calls the figure, and the lines of the dictionary of statuses that it adds up.
OCCUPATIONS: dict[str, tuple[str, tuple[str, ...]]] = {
    "preschool": ("Дети дошкольного возраста всего", (PRESCHOOL, PRESCHOOL_ATTENDS)),
    "attends": ("в т. ч. посещают ДОУ", (PRESCHOOL_ATTENDS,)),
    "school": ("обучаются в муниципальных ОУ", (SCHOOL,)),
    "college": ("посещают ПУ", (COLLEGE,)),
    "otherwise": ("другое (интернаты, работа и пр.)", ()),
}


def left_out(whole: ColumnElement[bool], column: ColumnElement[Any], ids: Mapping[str, frozenset[int]],
             parts: Iterable[str]) -> ColumnElement[bool]:  # fmt: skip
    """A row of the whole whose column names none of the parts, or nothing at all."""
    named = one_of(column, frozenset[int]().union(*(ids.get(code, frozenset()) for code in parts)))
    return and_(whole, or_(column.is_(None), not_(named)))


class Figures:
    """All indicators of the form for a period. `all_criteria`: columns 13–17 count each criterion, not the main one."""

    def __init__(self, period: Period, *, all_criteria: bool) -> None:
        self.period, self.all_criteria = period, all_criteria
        self.lists = Dictionaries()
        self.rows = PeriodRows(period, self.lists)

    @cached_property
    def indicators(self) -> dict[str, Indicator]:
        """Every indicator by its key, in the order of the form."""
        made = (self._cards(), self._stays(), self._criteria(), self._categories(), self._children(), self._ages(),
                self._occupation(), self._supported(), self._aided(), self._employed(), self._taken_off(),
                self.lacks.values())  # fmt: skip
        return {one.key: one for group in made for one in group}

    @cached_property
    def lacks(self) -> dict[str, Indicator]:
        """The rows that a column counts and none of its parts does."""
        removed = left_out(self.rows.removed, registration.c.removal_reason_id, self.lists.reasons, REASONS)
        on_record = left_out(self.rows.at_end, main.c.criterion_id, self.lists.criteria, CRITERIA.values())
        found = [
            self._sent("no sender", "Карты учёта, о которых не сказано, кем они направлены", and_(
                self.rows.cards.of_kind.is_(None), not_(self.rows.cards.is_signal))),
            Indicator("no reason", "Семьи, снятые с учёта без причины", Counting.FAMILIES, self.rows.stays, removed),
            Indicator("no criterion", "Семьи на учёте без основного критерия", Counting.FAMILIES, self.rows.stays,
                      on_record),
            self._child("unknown", "Дети, чьи обучение и занятость не указаны",
                        and_(self.rows.child_at_end, education.c.status_id.is_(None)), self.period.end),
        ]  # fmt: skip
        return {one.key: one for one in found}

    @property
    def children_at_end(self) -> Indicator:
        """Column 18."""
        return self._child("18", "Детей в семьях на конец периода", self.rows.child_at_end, self.period.end)

    # Columns 4–17 and line 1.1

    def _cards(self) -> Iterator[Indicator]:
        cards = self.rows.cards
        yield self._sent("4", "Направлено карт", true())
        for code in SENDERS:
            of_column = one_of(cards.of_kind, self.lists.senders.get(code, ()))
            if code == OTHER_SENDER:  # whom a citizen, the hot line or nobody by name told: no body has sent it
                of_column = or_(of_column, and_(cards.of_kind.is_(None), cards.is_signal))
            yield self._sent(code, f"Направлено карт: {code}", of_column)

    def _sent(self, key: str, title: str, where: ColumnElement[bool]) -> Indicator:
        return Indicator(key, title, Counting.CARDS, self.rows.cards.source, where)

    def _stays(self) -> Iterator[Indicator]:
        for key, title, where in (
            ("6", "Семей на учёте на начало периода", self.rows.at_start),
            ("8", "Поставлено на учёт семей", self.rows.placed),
            ("10", "Снято с учёта семей", self.rows.removed),
            ("12", "Семей на учёте на конец периода", self.rows.at_end),
        ):
            yield Indicator(key, title, Counting.FAMILIES, self.rows.stays, where)
        for code in REASONS:
            of_reason = one_of(registration.c.removal_reason_id, self.lists.reasons.get(code, ()))
            title = f"Снято с учёта семей по причине {code}"
            yield Indicator(code, title, Counting.FAMILIES, self.rows.stays, and_(self.rows.removed, of_reason))

    def _criteria(self) -> Iterator[Indicator]:
        each = RegistrationCriterion.__table__
        for key, code in CRITERIA.items():
            ids = self.lists.criteria.get(code, frozenset())
            if self.all_criteria:
                held = (one_of(each.c.criterion_id, ids), in_force(each, self.period.end))
                of_criterion: ColumnElement[bool] = registration.c.id.in_(select(each.c.registration_id).where(*held))
            else:
                of_criterion = one_of(main.c.criterion_id, ids)
            title = f"Семей на учёте на конец периода по критерию {code}"
            yield Indicator(key, title, Counting.FAMILIES, self.rows.stays, and_(self.rows.at_end, of_criterion))

    def _categories(self) -> Iterator[Indicator]:
        for flag, title in FLAGS.items():
            where = and_(self.rows.at_end, self.rows.of_category(flag))
            yield Indicator(f"1.1 {flag}", title, Counting.FAMILIES, self.rows.stays, where)

    # Children

    def _child(self, key: str, title: str, where: ColumnElement[bool], on: Any) -> Indicator:
        return Indicator(key, title, Counting.CHILDREN, self.rows.children, where, on=on, why=self._why(key))

    def _why(self, key: str) -> Callable[[RowMapping], str] | None:
        """What a list says of each child that the checks name."""
        explain = reasons.OF_CHILDREN.get(key)
        return (lambda row: explain(row, self.period)) if explain else None

    def _children(self) -> Iterator[Indicator]:
        start, end = self.period.eve, self.period.end
        yield self._child("7", "Детей в семьях на начало периода", self.rows.child_at_start, start)
        yield self._child("9", "Детей в поставленных на учёт семьях", self.rows.child_when_placed, "registered_on")
        yield self.children_at_end
        before = or_(self.rows.child_at_start, self.rows.child_when_placed)
        yield self._child("came", "Прибыло детей", and_(self.rows.child_at_end, not_(before)), end)
        yield self._child("gone", "Выбыло детей", and_(before, not_(self.rows.child_at_end)), end)

    def _ages(self) -> Iterator[Indicator]:
        end = self.period.end
        for key, (youngest, under) in (AGE_GROUPS | RT_AGE_GROUPS).items():
            where = and_(self.rows.child_at_end, aged(member.c.born_on, end, youngest, under))
            yield self._child(key, f"Дети в возрасте {key.split()[1]} лет", where, end)

    def _occupation(self) -> Iterator[Indicator]:
        end = self.period.end
        held = education.c.status_id
        for status_id, name, _line in self.lists.statuses:
            yield self._child(f"2.2 {name}", name, and_(self.rows.child_at_end, held == status_id), end)
        for key, (title, lines) in OCCUPATIONS.items():
            where = and_(self.rows.child_at_end, one_of(held, self._statuses_of(lines)))
            yield self._child(key, title, where, end)
        poor = and_(self.rows.child_at_end, self.rows.low_income)
        yield self._child("2.3 all", "Дети из малообеспеченных семей", poor, end)
        at_school = and_(poor, one_of(held, self._statuses_of((SCHOOL,))))
        yield self._child("2.3 school", "Дети из малообеспеченных семей в муниципальных ОУ", at_school, end)

    @property
    def sums_of_education(self) -> list[tuple[str, ...]]:
        """Which figures of line 2.2 add up: each with the statuses of the dictionary that it holds."""
        names = {status_id: f"2.2 {name}" for status_id, name, _line in self.lists.statuses}
        return [
            (key, *(names[status_id] for status_id in self._statuses_of(lines)))
            for key, (_title, lines) in OCCUPATIONS.items()
        ]

    def _statuses_of(self, lines: tuple[str, ...]) -> list[int]:
        """The statuses of some lines of the form; none named: those that no line of the form names."""
        named = {PRESCHOOL, PRESCHOOL_ATTENDS, SCHOOL, COLLEGE}
        return [
            status_id
            for status_id, _name, line in self.lists.statuses
            if (line in lines if lines else line not in named)
        ]

    def _supported(self) -> Iterator[Indicator]:
        columns = support.c
        lines = [
            ("2.4 meals", "Обеспечены бесплатным горячим питанием", columns.free_meals.is_(True)),
            ("2.4 textbooks", "Обеспечены бесплатными учебниками", columns.free_textbooks.is_(True)),
            ("2.5", "Охвачены организованными формами досуга", columns.leisure.is_(True)),
            ("2.6 all", "Охвачены отдыхом, оздоровлением и занятостью", columns.holidays.is_not(None)),
        ]
        for activity in terms.HolidayActivity:
            lines.append((f"2.6 {activity.title_ru}", f"Каникулы: {activity.title_ru}", columns.holidays == activity))
        for key, title, where in lines:
            yield Indicator(key, title, Counting.CHILDREN, self.rows.supports, where, member.c.id, on=self.period.end)

    def _taken_off(self) -> Iterator[Indicator]:
        """The last line. A child who left has no reason of the family: an objective one is taken."""
        reasons = self.lists.lines
        everyone = [reason_id for line in CHILDREN_LINES for reason_id in reasons.get(line, ())]
        yield self._child_off("all", "", or_(self._taken(everyone), self.rows.left_alone))
        for line in CHILDREN_LINES:
            where = self._taken(reasons.get(line, ()))
            if line is terms.ChildrenLine.OBJECTIVE:
                where = or_(where, self.rows.left_alone)
            yield self._child_off(line.value, line.title_ru, where)

    def _child_off(self, name: str, why: str, where: ColumnElement[bool]) -> Indicator:
        title = f"Снято с учёта детей {why}".strip()
        return self._child(f"removed children {name}", title, where, self.period.end)

    def _taken(self, reasons: Iterable[int]) -> ColumnElement[bool]:
        return and_(self.rows.child_when_removed, one_of(registration.c.removal_reason_id, reasons))

    # Aid, line 1.2

    def _aided(self) -> Iterator[Indicator]:
        by_social_protection = one_of(performer.c.kind_id, self.lists.senders.get(SOCIAL_PROTECTION, ()))
        address = and_(self._aid_of("1.2_address_aid"), by_social_protection)
        one_family = aid.c.family_id
        legal = self._aid_of("1.2_legal")
        yield Indicator("1.2 legal", "Оказана юридическая помощь", Counting.FAMILIES, self.rows.aids, legal, one_family)
        title = "Оказана адресная помощь в УСЗН"
        yield Indicator("1.2 address families", title, Counting.FAMILIES, self.rows.aids, address, one_family)
        yield Indicator("1.2 address amount", f"{title}, на сумму", Counting.ROUBLES, self.rows.aids, address,
                        amount=aid.c.amount)  # fmt: skip
        for kind_id, code, name in self.other_aid:
            where = aid.c.kind_id == kind_id
            yield Indicator(f"1.2 other {code}", name, Counting.FAMILIES, self.rows.aids, where, one_family)

    @property
    def other_aid(self) -> tuple[tuple[int, str, str], ...]:
        """The kinds of aid that line 1.2 names under «другое»: id, code, name."""
        return self.lists.aid_kinds.get("1.2_other", ())

    def _employed(self) -> Iterator[Indicator]:
        adult = or_(member.c.born_on.is_(None), not_(minor_on(member.c.born_on, aid.c.given_on, self.period)))
        where = and_(self._aid_of("1.2_employed"), adult)
        title = "Трудоустроено родителей"
        yield Indicator(
            "1.2 employed", title, Counting.PERSONS, self.rows.recipients, where, member.c.id, on="given_on"
        )

    def _aid_of(self, line: str) -> ColumnElement[bool]:
        return one_of(aid.c.kind_id, (kind_id for kind_id, _code, _name in self.lists.aid_kinds.get(line, ())))
