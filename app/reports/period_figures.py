"""Figures that several reports share: each with its rule in words, its list and what stands beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, and_, exists, func, not_, select

from app.conditions import aged, belongs, days_between, minor
from app.domain import ages
from app.domain.periods import Period
from app.domain.terms import Sex
from app.models import Registration
from app.reports import near
from app.reports.cards_sent import cards_sent
from app.reports.near import StayMoment
from app.reports.quarterly_figures import CRITERIA, REASONS
from app.reports.quarterly_rows import (
    Dictionaries,
    PeriodRows,
    family,
    main,
    member,
    one_of,
    registration,
)
from app.reports.report import Counting, Indicator, Near

ON_RECORD = "Положение, 3.1, 3.5: поставлена не позже этого дня и не снята на него"
CHILD = "родился не позже этого дня, на него нет 18 полных лет, член семьи в этот день"
AGES = {"0-3": (0, 4), "4-6": (4, 7), "7-13": (7, 14), "14-15": (14, 16), "16-18": (16, 18)}
_earlier = Registration.__table__.alias("earlier_stay")


class PeriodFigures:
    """The figures of a period. Every maker takes the key by which a report calls its figure."""

    def __init__(self, period: Period, lists: Dictionaries | None = None) -> None:
        self.period = period
        self.rows = PeriodRows(period, lists or Dictionaries())
        self.lists = self.rows.lists

    # Families

    def stays(self, key: str, title: str, rule: str, where: ColumnElement[bool], moment: StayMoment,
              otherwise: near.Why | str = near.OTHERWISE) -> Indicator:  # fmt: skip
        """Families whose stays meet a condition."""
        beside = near.of_stays(self.rows, where, moment, otherwise)
        return Indicator(key, title, Counting.FAMILIES, self.rows.stays, where, rule=rule, near=beside)

    def at_start(self, key: str = "start") -> Indicator:
        rule = f"Семьи на учёте на конец {self.period.eve:%d.%m.%Y}. {ON_RECORD}."
        return self.stays(key, "Семей на начало периода", rule, self.rows.at_start, StayMoment.START)

    def at_end(self, key: str = "families", title: str = "Семей на конец периода") -> Indicator:
        rule = f"Семьи на учёте на конец {self.period.end:%d.%m.%Y}. {ON_RECORD}."
        return self.stays(key, title, rule, self.rows.at_end, StayMoment.END)

    def placed(self, key: str = "registered") -> Indicator:
        rule = (
            "Постановки на учёт с датой в периоде (Положение, 3.1); повторная постановка и постановка со снятием в том "
            "же периоде тоже считаются."
        )
        return self.stays(key, "Поставлено на учёт семей", rule, self.rows.placed, StayMoment.PLACED)

    def repeated(self, key: str = "repeated") -> Indicator:
        before = exists().where(
            _earlier.c.family_id == registration.c.family_id, _earlier.c.annulled_at.is_(None),
            _earlier.c.registered_on < registration.c.registered_on,
        )  # fmt: skip
        rule = "Из поставленных в периоде: семьи, которые уже состояли на учёте раньше."
        where = and_(self.rows.placed, before)
        return self.stays(key, "в том числе повторно", rule, where, StayMoment.PLACED, "поставлена впервые")

    def stands_again(self, key: str = "repeats") -> Indicator:
        before = exists().where(
            _earlier.c.family_id == registration.c.family_id, _earlier.c.annulled_at.is_(None),
            _earlier.c.registered_on < registration.c.registered_on,
        )  # fmt: skip
        rule = "Семьи на учёте на последний день, которые уже состояли на учёте раньше."
        where = and_(self.rows.at_end, before)
        return self.stays(key, "Состоят повторно", rule, where, StayMoment.END, "состоит впервые")

    def removed(self, key: str = "removed") -> Indicator:
        rule = "Снятия с учёта с датой в периоде (Положение, 3.5)."
        return self.stays(key, "Снято с учёта семей", rule, self.rows.removed, StayMoment.REMOVED)

    def removed_by(self, code: str, key: str | None = None) -> Indicator:
        of_reason = one_of(registration.c.removal_reason_id, self.lists.reasons.get(code, ()))
        rule = f"Снятия с учёта с датой в периоде по причине {code} или её подпричинам (Приложение 4, графа {code})."
        where = and_(self.rows.removed, of_reason)
        return self.stays(key or code, f"по причине {code}", rule, where, StayMoment.REMOVED, near.reason_of)

    def by_criterion(self, code: str, key: str | None = None) -> Indicator:
        of_criterion = one_of(main.c.criterion_id, self.lists.criteria.get(code, frozenset()))
        rule = f"Семьи на учёте на последний день, чей основной критерий в этот день: {code} (раздел 2 Положения)."
        where = and_(self.rows.at_end, of_criterion)
        return self.stays(key or code, f"критерий {code}", rule, where, StayMoment.END, near.criterion_of)

    def criteria(self) -> list[Indicator]:
        return [self.by_criterion(code) for code in CRITERIA.values()]

    def reasons(self) -> list[Indicator]:
        return [self.removed_by(code) for code in REASONS]

    def days_on_record(self, key: str = "days") -> Indicator:
        length = days_between(registration.c.registered_on, self.period.end)
        rule = "Сумма дней от постановки на учёт до последнего дня периода по семьям, которые состоят на учёте."
        return replace(self.stays(key, "Дней на учёте, всего", rule, self.rows.at_end, StayMoment.END),
                       unit=Counting.DAYS, amount=length)  # fmt: skip

    # Children

    def children(self, key: str, title: str, rule: str, where: ColumnElement[bool], moment: StayMoment, on: date | str,
                 otherwise: near.Why | str = near.OTHERWISE) -> Indicator:  # fmt: skip
        """Children of families whose stays meet a condition."""
        beside = near.of_children(self.rows, where, moment, otherwise)
        return Indicator(key, title, Counting.CHILDREN, self.rows.children, where, on=on, rule=rule, near=beside)

    def children_at_start(self, key: str = "start children") -> Indicator:
        rule = f"Дети семей, состоящих на учёте на конец {self.period.eve:%d.%m.%Y}: {CHILD}."
        return self.children(key, "Детей на начало периода", rule, self.rows.child_at_start, StayMoment.START,
                             self.period.eve)  # fmt: skip

    def children_at_end(self, key: str = "children", title: str = "Детей на конец периода") -> Indicator:
        rule = f"Дети семей, состоящих на учёте на конец {self.period.end:%d.%m.%Y}: {CHILD}."
        return self.children(key, title, rule, self.rows.child_at_end, StayMoment.END, self.period.end)

    def children_placed(self, key: str = "registered children") -> Indicator:
        rule = f"Дети поставленных в периоде семей на день постановки: {CHILD}."
        return self.children(key, "в них детей", rule, self.rows.child_when_placed, StayMoment.PLACED, "registered_on")

    def aged(self, key: str, youngest: int, under: int, sex: Sex | None = None) -> Indicator:
        """Children of full years on the last day: youngest ≤ age < under."""
        end = self.period.end
        where = and_(self.rows.child_at_end, aged(member.c.born_on, end, youngest, under))
        said = f"Дети семей на учёте, которым на {end:%d.%m.%Y} не меньше {youngest} и меньше {under} полных лет"
        if sex is not None:
            where = and_(where, member.c.sex == sex)
            said += f", пол: {sex}"
        word = {None: "", Sex.MALE: ", м", Sex.FEMALE: ", ж"}[sex]
        title = f"{youngest}–{under if under == 18 else under - 1} лет{word}"
        return self.children(key, title, f"{said}; день рождения входит в новый возраст.", where, StayMoment.END, end,
                             _other_age_or_sex(end, youngest, under))  # fmt: skip

    def families_with(self, key: str, title: str, youngest: int, under: int) -> Indicator:
        """Families with at least one child of an age group."""
        one = self.aged(key, youngest, under)
        rule = f"Семьи на учёте на последний день, где есть ребёнок: не меньше {youngest} и меньше {under} полных лет."
        return replace(one, title=title, unit=Counting.FAMILIES, distinct=family.c.id, rule=rule)

    def families_with_children(self, key: str, title: str, least: int, most: int | None) -> Indicator:
        """Families by how many children they have on the last day; most: None has no upper end."""
        child, end = member.alias("counted_child"), self.period.end
        many = (
            select(func.count()).select_from(child)
            .where(child.c.family_id == registration.c.family_id, child.c.annulled_at.is_(None),
                   minor(child.c.born_on, end), belongs(child, end))
            .correlate(registration).scalar_subquery()
        )  # fmt: skip
        where = and_(self.rows.at_end, many >= least if most is None else many.between(least, most))
        rule = f"Семьи на учёте на последний день, в которых в этот день столько детей: {title.lower()}."
        return self.stays(key, title, rule, where, StayMoment.END, "детей в семье другое число")

    # Cards

    def cards(self, key: str, title: str, rule: str, where: ColumnElement[bool],
              otherwise: near.Why | str = near.OTHERWISE) -> Indicator:  # fmt: skip
        """Cards sent in the period that meet a condition of `rows.cards`."""
        return Indicator(key, title, Counting.CARDS, self.rows.cards.source, where, rule=rule,
                         near=self._cards_nearby(key, otherwise))  # fmt: skip

    def _cards_nearby(self, key: str, otherwise: near.Why | str) -> Near:
        about = cards_sent(self.rows.nearby)
        out = not_(about.sent_on.between(self.period.start, self.period.end))

        def why(row: RowMapping) -> str:
            return f"карта направлена {row['card_sent_on']:%d.%m.%Y}, вне периода"

        return Near(about.source, out, why)

    # Aid

    def aids(self, key: str, title: str, rule: str, where: ColumnElement[bool], *, unit: Counting = Counting.AIDS,
             distinct: Any = None, amount: Any = None) -> Indicator:  # fmt: skip
        return Indicator(key, title, unit, self.rows.aids, where, distinct, amount, rule=rule,
                         near=near.of_aids(self.rows, where, "другой вид помощи или исполнитель"))  # fmt: skip


def _other_age_or_sex(on: date, youngest: int, under: int) -> Callable[[RowMapping], str]:
    told = near.age_of(on)

    def why(row: RowMapping) -> str:
        if youngest <= ages.full_years(row["born_on"], on) < under:
            return f"пол: {row['sex'] or 'не указан'}"
        return told(row)

    return why
