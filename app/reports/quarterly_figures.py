"""Приложение 4: what each of its figures counts. Five sources of rows, a list of indicators over them.

The meaning of every figure stands in the form itself; the conventions (who is on record, who is a child of a family on
a day) are those of `app.conditions`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, and_, exists, false, func, not_, or_, select, tuple_

from app.conditions import aged, belongs, education_on, minor, minor_on, on_record, unindexed
from app.domain import ages, terms
from app.domain.periods import Period
from app.extensions import db
from app.models import (
    Agency,
    AgencyKind,
    Aid,
    AidKind,
    Criterion,
    Education,
    EducationStatus,
    FamilyCategory,
    Member,
    PupilSupport,
    Registration,
    RegistrationCriterion,
    RemovalReason,
    aid_recipients,
    family_categories,
)
from app.render.table import Kind
from app.reports import reasons
from app.reports.report import Counting, Detail, Indicator, Source, family

SENDERS = ("5.1", "5.2", "5.3", "5.4", "5.5", "5.6", "5.7", "5.8", "5.9")
OTHER_SENDER = "5.9"
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

registration = Registration.__table__
member = Member.__table__
education = Education.__table__
status = EducationStatus.__table__
support = PupilSupport.__table__
reason = RemovalReason.__table__
criterion = Criterion.__table__
main = RegistrationCriterion.__table__.alias("main_criterion")
sender = Agency.__table__.alias("sender")
aid = Aid.__table__
aid_kind = AidKind.__table__
performer = Agency.__table__.alias("performer")


@dataclass(frozen=True)
class Dictionaries:
    """The lists that a municipality edits, as the form reads them: ids by what the form calls them."""

    senders: dict[str, frozenset[int]]
    criteria: dict[str, frozenset[int]]
    reasons: dict[str, frozenset[int]]
    lines: dict[terms.ChildrenLine, frozenset[int]]
    flags: dict[str, frozenset[int]]
    statuses: tuple[tuple[int, str, str], ...]
    aid_kinds: dict[str, tuple[tuple[int, str, str], ...]]

    @classmethod
    def read(cls) -> Dictionaries:
        execute = db.session.execute
        removals = execute(select(reason.c.id, reason.c.code, reason.c.parent_id, reason.c.children_line)).all()
        criteria = execute(select(criterion.c.id, criterion.c.code, criterion.c.parent_id)).all()
        category = FamilyCategory.__table__
        kinds = execute(select(aid_kind.c.id, aid_kind.c.code, aid_kind.c.name, aid_kind.c.appendix4_line)
                        .order_by(aid_kind.c.position, aid_kind.c.id))  # fmt: skip
        return cls(
            senders=_senders(),
            criteria=_under_roots(criteria),
            reasons=_under_roots(removals),
            lines=_groups((row.children_line, row.id) for row in removals),
            flags=_groups(execute(select(category.c.appendix4_flag, category.c.id))),
            statuses=tuple(
                execute(
                    select(status.c.id, status.c.name, status.c.appendix4_line).order_by(status.c.position, status.c.id)
                )
            ),
            aid_kinds=_listed((row.appendix4_line, (row.id, row.code, row.name)) for row in kinds),
        )


def _senders() -> dict[str, frozenset[int]]:
    """Kinds of agencies by column 5.1–5.9: a body of РТ goes with its kind, what has no column goes to 5.9."""
    columns = AgencyKind.__table__.c
    rows = db.session.execute(select(columns.id, columns.code, columns.kind)).all()
    column_of = {row.kind: row.code for row in rows if row.code in SENDERS}
    return _groups((row.code if row.code in SENDERS else column_of.get(row.kind, OTHER_SENDER), row.id) for row in rows)


def _under_roots(rows: Iterable[Any]) -> dict[str, frozenset[int]]:
    """The ids of each branch by the code of its root; a row belongs to its own branch."""
    by_id = {row.id: row for row in rows}

    def root(row: Any) -> Any:
        return root(by_id[row.parent_id]) if row.parent_id is not None else row

    return _groups((root(row).code, row.id) for row in by_id.values())


def _groups(pairs: Iterable[tuple[Any, int]]) -> dict[Any, frozenset[int]]:
    return {name: frozenset(ids) for name, ids in _listed(pairs).items()}


def _listed(pairs: Iterable[tuple[Any, Any]]) -> dict[Any, tuple[Any, ...]]:
    found: dict[Any, list[Any]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return {name: tuple(values) for name, values in found.items()}


def _one_of(column: ColumnElement[Any], ids: Iterable[int]) -> ColumnElement[bool]:
    wanted = sorted(ids)
    return column.in_(wanted) if wanted else false()


FAMILY = (
    Detail("family_id", "№ карты", family.c.id),
    Detail("number", "№ карты", family.c.number),
    Detail("family", "Семья", family.c.name),
    Detail("territory_id", "Территория", family.c.territory_id),
)
CHILD = (
    Detail("member_id", "Ребёнок", member.c.id),
    Detail("last_name", "Фамилия", member.c.last_name),
    Detail("first_name", "Имя", member.c.first_name),
    Detail("middle_name", "Отчество", member.c.middle_name),
    Detail("born_on", "Дата рождения", member.c.born_on, "date"),
)


def _date(name: str, title: str, column: ColumnElement[Any], kind: Kind = "date") -> Detail:
    return Detail(name, title, column, kind)


STAY = (
    _date("registered_on", "Поставлена на учёт", registration.c.registered_on),
    _date("removed_on", "Снята с учёта", registration.c.removed_on),
)


class Figures:
    """All indicators of the form for a period. `all_criteria`: columns 13–17 count each criterion, not the main one."""

    def __init__(self, period: Period, *, all_criteria: bool, dictionaries: Dictionaries | None = None) -> None:
        self.period, self.all_criteria = period, all_criteria
        self.lists = dictionaries or Dictionaries.read()

    @cached_property
    def indicators(self) -> dict[str, Indicator]:
        """Every indicator by its key, in the order of the form."""
        made = (self._cards(), self._stays(), self._criteria(), self._categories(), self._children(), self._ages(),
                self._occupation(), self._supported(), self._aided(), self._employed(), self._taken_off())  # fmt: skip
        return {one.key: one for group in made for one in group}

    # Sources

    @cached_property
    def cards(self) -> Source:
        """Record cards sent in the period, decided or not in the same one."""
        return Source(
            "cards",
            registration.join(family, family.c.id == registration.c.family_id)
            .outerjoin(sender, sender.c.id == registration.c.sender_id),
            (registration.c.annulled_at.is_(None), self._within(registration.c.card_sent_on)),
            (*FAMILY, _date("card_sent_on", "Карта направлена", registration.c.card_sent_on),
             Detail("sender", "Кем направлена", sender.c.name), *STAY),
        )  # fmt: skip

    @cached_property
    def stays(self) -> Source:
        """Stays on record that touch the period, with the main criterion."""
        return Source(
            "stays",
            registration.join(family, family.c.id == registration.c.family_id)
            .outerjoin(main, and_(main.c.registration_id == registration.c.id, main.c.position == 0))
            .outerjoin(criterion, criterion.c.id == main.c.criterion_id)
            .outerjoin(reason, reason.c.id == registration.c.removal_reason_id),
            self._touching,
            (*FAMILY, *STAY, Detail("criterion_code", "Основной критерий", criterion.c.code),
             Detail("criterion", "Содержание критерия", criterion.c.name),
             Detail("reason", "Причина снятия", reason.c.name)),
        )  # fmt: skip

    @cached_property
    def children(self) -> Source:
        """Members of those families who are minors on some day of the period or its eve, with the education that
        holds on its last day."""
        return Source(
            "children",
            self._of_stays(member.c.family_id == registration.c.family_id).outerjoin(
                education, education_on(education, member.c.id, self.period.end)
            ),
            (*self._touching, *self._minors),
            (*FAMILY, *CHILD, *STAY, _date("joined_on", "В семье с", member.c.joined_on),
             _date("left_on", "В семье по", member.c.left_on),
             Detail("status_id", "Обучение, занятость", education.c.status_id,
                    titles={status_id: name for status_id, name, _line in self.lists.statuses})),
        )  # fmt: skip

    @cached_property
    def supports(self) -> Source:
        """Pupil support, in the quarters that overlap the period, of the children on record at its end."""
        return Source(
            "supports",
            self._of_stays(member.c.family_id == registration.c.family_id).join(
                support, and_(support.c.member_id == member.c.id, support.c.annulled_at.is_(None))
            ),
            (*self._touching, *self._minors, self._child_at_end,
             tuple_(support.c.year, support.c.quarter).in_(self.period.quarters())),
            (*FAMILY, *CHILD, Detail("year", "Год", support.c.year, "number"),
             Detail("quarter", "Квартал", support.c.quarter, "number"),
             Detail("holidays", "Каникулы", support.c.holidays)),
        )  # fmt: skip

    @cached_property
    def aids(self) -> Source:
        """Aid given in the period to families that were on record on that day."""
        return Source("aids", self._aid_tables, self._aid_where, (*FAMILY, *self._aid_details))

    @cached_property
    def recipients(self) -> Source:
        """Those who received that aid, person by person."""
        tables = self._aid_tables.join(aid_recipients, aid_recipients.c.aid_id == aid.c.id).join(
            member, member.c.id == aid_recipients.c.member_id
        )
        where = (*self._aid_where, member.c.annulled_at.is_(None))
        return Source("recipients", tables, where, (*FAMILY, *CHILD, *self._aid_details))

    @property
    def _aid_tables(self) -> Any:
        return (
            aid.join(family, family.c.id == aid.c.family_id)
            .join(aid_kind, aid_kind.c.id == aid.c.kind_id)
            .outerjoin(performer, performer.c.id == aid.c.performer_id)
        )

    @property
    def _aid_where(self) -> tuple[ColumnElement[bool], ...]:
        then = exists().where(
            registration.c.family_id == aid.c.family_id,
            registration.c.annulled_at.is_(None),
            on_record(registration, aid.c.given_on),
        )
        return aid.c.annulled_at.is_(None), self._within(aid.c.given_on), then

    @property
    def _aid_details(self) -> tuple[Detail, ...]:
        return (
            _date("given_on", "Дата помощи", aid.c.given_on),
            Detail("aid_kind", "Вид помощи", aid_kind.c.name),
            Detail("performer", "Исполнитель", performer.c.name),
            Detail("amount", "Сумма, руб.", aid.c.amount, "money"),
        )

    @staticmethod
    def _of_stays(members: ColumnElement[bool]) -> Any:
        return registration.join(family, family.c.id == registration.c.family_id).join(member, members)

    # Conditions

    def _within(self, day: ColumnElement[Any]) -> ColumnElement[bool]:
        return day.between(self.period.start, self.period.end)

    @property
    def _touching(self) -> tuple[ColumnElement[bool], ...]:
        """Stays that have a day in the period or hold on its eve."""
        columns = registration.c
        return (
            columns.annulled_at.is_(None),
            columns.registered_on <= self.period.end,
            or_(columns.removed_on.is_(None), columns.removed_on >= self.period.start),
        )

    @property
    def _minors(self) -> tuple[ColumnElement[bool], ...]:
        born_on = unindexed(member.c.born_on)  # from the stays to their members is the shorter way
        return (
            member.c.annulled_at.is_(None),
            born_on <= self.period.end,
            born_on > ages.years_before(self.period.eve, ages.MAJORITY),
        )

    @property
    def _at_start(self) -> ColumnElement[bool]:
        return on_record(registration, self.period.eve)

    @property
    def _at_end(self) -> ColumnElement[bool]:
        return on_record(registration, self.period.end)

    @property
    def _placed(self) -> ColumnElement[bool]:
        return self._within(registration.c.registered_on)

    @property
    def _removed(self) -> ColumnElement[bool]:
        return and_(registration.c.removed_on.is_not(None), self._within(registration.c.removed_on))

    @property
    def _child_at_start(self) -> ColumnElement[bool]:
        day = self.period.eve
        return and_(self._at_start, minor(unindexed(member.c.born_on), day), belongs(member, day))

    @property
    def _child_at_end(self) -> ColumnElement[bool]:
        day = self.period.end
        return and_(self._at_end, minor(unindexed(member.c.born_on), day), belongs(member, day))

    @property
    def _child_when_placed(self) -> ColumnElement[bool]:
        day = registration.c.registered_on
        return and_(self._placed, belongs(member, day), minor_on(member.c.born_on, day, self.period))

    @property
    def _child_when_removed(self) -> ColumnElement[bool]:
        day = registration.c.removed_on
        return and_(self._removed, belongs(member, day), minor_on(member.c.born_on, day, self.period))

    @property
    def _left_alone(self) -> ColumnElement[bool]:
        """A child who left a family that stays on record, and did not go to another one that is on it."""
        day = member.c.left_on
        return and_(
            day.is_not(None), self._within(day), on_record(registration, day),
            minor_on(member.c.born_on, day, self.period),
            or_(member.c.joined_on.is_(None), member.c.joined_on <= day), not_(self._elsewhere(day)),
        )  # fmt: skip

    @staticmethod
    def _elsewhere(day: ColumnElement[Any]) -> ColumnElement[bool]:
        """The same person is a member of another family on record on that day."""
        other, stay = member.alias("elsewhere"), registration.alias("stay_elsewhere")
        first = func.coalesce(member.c.origin_id, member.c.id)
        same = or_(other.c.origin_id == first, other.c.id == first)
        return exists(
            select(other.c.id)
            .select_from(other)
            .join(stay, and_(stay.c.family_id == other.c.family_id, stay.c.annulled_at.is_(None), on_record(stay, day)))
            .where(same, other.c.id != member.c.id, other.c.annulled_at.is_(None), belongs(other, day))
            .correlate(member)
        )

    @property
    def _low_income(self) -> ColumnElement[bool]:
        return self._of_category("low_income")

    def _of_category(self, flag: str) -> ColumnElement[bool]:
        columns = family_categories.c
        ids = self.lists.flags.get(flag, frozenset())
        return family.c.id.in_(select(columns.family_id).where(_one_of(columns.category_id, ids)))

    # Columns 4–17 and line 1.1

    def _cards(self) -> Iterator[Indicator]:
        yield Indicator("4", "Направлено карт учёта", Counting.CARDS, self.cards, registration.c.id.is_not(None))
        for code in SENDERS:
            of_kind = _one_of(sender.c.kind_id, self.lists.senders.get(code, ()))
            yield Indicator(code, f"Направлено карт учёта: {code}", Counting.CARDS, self.cards, of_kind)

    def _stays(self) -> Iterator[Indicator]:
        for key, title, where in (
            ("6", "Семей на учёте на начало периода", self._at_start),
            ("8", "Поставлено на учёт семей", self._placed),
            ("10", "Снято с учёта семей", self._removed),
            ("12", "Семей на учёте на конец периода", self._at_end),
        ):
            yield Indicator(key, title, Counting.FAMILIES, self.stays, where)
        for code in REASONS:
            of_reason = _one_of(registration.c.removal_reason_id, self.lists.reasons.get(code, ()))
            title = f"Снято с учёта семей по причине {code}"
            yield Indicator(code, title, Counting.FAMILIES, self.stays, and_(self._removed, of_reason))

    def _criteria(self) -> Iterator[Indicator]:
        each = RegistrationCriterion.__table__
        for key, code in CRITERIA.items():
            ids = self.lists.criteria.get(code, frozenset())
            if self.all_criteria:
                of_criterion: ColumnElement[bool] = registration.c.id.in_(
                    select(each.c.registration_id).where(_one_of(each.c.criterion_id, ids))
                )
            else:
                of_criterion = _one_of(main.c.criterion_id, ids)
            title = f"Семей на учёте на конец периода по критерию {code}"
            yield Indicator(key, title, Counting.FAMILIES, self.stays, and_(self._at_end, of_criterion))

    def _categories(self) -> Iterator[Indicator]:
        for flag, title in FLAGS.items():
            where = and_(self._at_end, self._of_category(flag))
            yield Indicator(f"1.1 {flag}", title, Counting.FAMILIES, self.stays, where)

    # Children

    def _child(self, key: str, title: str, where: ColumnElement[bool], on: Any) -> Indicator:
        return Indicator(key, title, Counting.CHILDREN, self.children, where, on=on, why=self._why(key))

    def _why(self, key: str) -> Callable[[RowMapping], str] | None:
        """What a list says of each child that the checks name."""
        explain = reasons.OF_CHILDREN.get(key)
        return (lambda row: explain(row, self.period)) if explain else None

    def _children(self) -> Iterator[Indicator]:
        start, end = self.period.eve, self.period.end
        yield self._child("7", "Детей в семьях на начало периода", self._child_at_start, start)
        yield self._child("9", "Детей в поставленных на учёт семьях", self._child_when_placed, "registered_on")
        yield self._child("18", "Детей в семьях на конец периода", self._child_at_end, end)
        before = or_(self._child_at_start, self._child_when_placed)
        yield self._child("came", "Прибыло детей", and_(self._child_at_end, not_(before)), end)
        yield self._child("gone", "Выбыло детей", and_(before, not_(self._child_at_end)), end)

    def _ages(self) -> Iterator[Indicator]:
        end = self.period.end
        for key, (youngest, under) in (AGE_GROUPS | RT_AGE_GROUPS).items():
            where = and_(self._child_at_end, aged(member.c.born_on, end, youngest, under))
            yield self._child(key, f"Дети в возрасте {key.split()[1]} лет", where, end)

    def _occupation(self) -> Iterator[Indicator]:
        end = self.period.end
        held = education.c.status_id
        for status_id, name, _line in self.lists.statuses:
            yield self._child(f"2.2 {name}", name, and_(self._child_at_end, held == status_id), end)
        unknown = and_(self._child_at_end, held.is_(None))
        yield self._child("unknown", "Обучение, занятость не указаны", unknown, end)
        for key, (title, lines) in OCCUPATIONS.items():
            where = and_(self._child_at_end, _one_of(held, self._statuses_of(lines)))
            yield self._child(key, title, where, end)
        poor = and_(self._child_at_end, self._low_income)
        yield self._child("2.3 all", "Дети из малообеспеченных семей", poor, end)
        at_school = and_(poor, _one_of(held, self._statuses_of((SCHOOL,))))
        yield self._child("2.3 school", "Дети из малообеспеченных семей в муниципальных ОУ", at_school, end)

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
            yield Indicator(key, title, Counting.CHILDREN, self.supports, where, member.c.id, on=self.period.end)

    def _taken_off(self) -> Iterator[Indicator]:
        """The last line. A child who left has no reason of the family: an objective one is taken."""
        reasons = self.lists.lines
        everyone = [reason_id for line in CHILDREN_LINES for reason_id in reasons.get(line, ())]
        yield self._child_off("all", "", or_(self._taken(everyone), self._left_alone))
        for line in CHILDREN_LINES:
            where = self._taken(reasons.get(line, ()))
            if line is terms.ChildrenLine.OBJECTIVE:
                where = or_(where, self._left_alone)
            yield self._child_off(line.value, line.title_ru, where)

    def _child_off(self, name: str, why: str, where: ColumnElement[bool]) -> Indicator:
        title = f"Снято с учёта детей {why}".strip()
        return self._child(f"removed children {name}", title, where, self.period.end)

    def _taken(self, reasons: Iterable[int]) -> ColumnElement[bool]:
        return and_(self._child_when_removed, _one_of(registration.c.removal_reason_id, reasons))

    # Aid, line 1.2

    def _aided(self) -> Iterator[Indicator]:
        by_social_protection = _one_of(performer.c.kind_id, self.lists.senders.get(SOCIAL_PROTECTION, ()))
        address = and_(self._aid_of("1.2_address_aid"), by_social_protection)
        one_family = aid.c.family_id
        legal = self._aid_of("1.2_legal")
        yield Indicator("1.2 legal", "Оказана юридическая помощь", Counting.FAMILIES, self.aids, legal, one_family)
        title = "Оказана адресная помощь в УСЗН"
        yield Indicator("1.2 address families", title, Counting.FAMILIES, self.aids, address, one_family)
        yield Indicator("1.2 address amount", f"{title}, на сумму", Counting.ROUBLES, self.aids, address,
                        amount=aid.c.amount)  # fmt: skip
        for kind_id, code, name in self.other_aid:
            where = aid.c.kind_id == kind_id
            yield Indicator(f"1.2 other {code}", name, Counting.FAMILIES, self.aids, where, one_family)

    @property
    def other_aid(self) -> tuple[tuple[int, str, str], ...]:
        """The kinds of aid that line 1.2 names under «другое»: id, code, name."""
        return self.lists.aid_kinds.get("1.2_other", ())

    def _employed(self) -> Iterator[Indicator]:
        adult = or_(member.c.born_on.is_(None), not_(minor_on(member.c.born_on, aid.c.given_on, self.period)))
        where = and_(self._aid_of("1.2_employed"), adult)
        title = "Трудоустроено родителей"
        yield Indicator("1.2 employed", title, Counting.PERSONS, self.recipients, where, member.c.id, on="given_on")

    def _aid_of(self, line: str) -> ColumnElement[bool]:
        return _one_of(aid.c.kind_id, (kind_id for kind_id, _code, _name in self.lists.aid_kinds.get(line, ())))
