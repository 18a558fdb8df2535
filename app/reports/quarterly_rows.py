"""Приложение 4: the rows that its figures count, and when a stay or a child belongs to the period.

The conventions (who is on record, who is a child of a family on a day) are those of `app.conditions`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    String,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    literal,
    literal_column,
    not_,
    null,
    or_,
    select,
    tuple_,
    union_all,
)

from app.conditions import belongs, education_on, in_force, minor, minor_on, on_record, unindexed
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
    RelationshipKind,
    RemovalReason,
    Territory,
    aid_recipients,
    family_categories,
)
from app.render.table import Kind
from app.reports.cards_sent import CardsSent, cards_sent
from app.reports.report import Detail, Source, family

SENDERS = ("5.1", "5.2", "5.3", "5.4", "5.5", "5.6", "5.7", "5.8", "5.9")
OTHER_SENDER = "5.9"
NEARBY = timedelta(days=92)  # a quarter: how far from a period lies what came close to it

registration = Registration.__table__
member = Member.__table__
education = Education.__table__
status = EducationStatus.__table__
support = PupilSupport.__table__
reason = RemovalReason.__table__
criterion = Criterion.__table__
main = RegistrationCriterion.__table__.alias("main_criterion")
aid = Aid.__table__
aid_kind = AidKind.__table__
performer = Agency.__table__.alias("performer")
AID_KEYS = {"agency": aid.c.performer_id, "kind": aid.c.kind_id}


# The column of a dictionary that says where the form counts its words.
MARKS: dict[Any, str] = {
    AgencyKind: "kind", Criterion: "", RemovalReason: "children_line", RelationshipKind: "parental_role",
    FamilyCategory: "appendix4_flag", EducationStatus: "appendix4_line", AidKind: "appendix4_line",
}  # fmt: skip


class Dictionaries:
    """The lists that a municipality edits, as the form reads them: ids by what the form calls them, each when asked,
    of all lists read at once.
    """

    @cached_property
    def _words(self) -> dict[str, tuple[Any, ...]]:
        """The words of each table in their order: id, code, name, parent, mark."""
        rows = union_all(*(_words_of(entity.__table__, mark) for entity, mark in MARKS.items())).subquery()
        found = db.session.execute(select(rows).order_by(rows.c.position, rows.c.id))
        return _listed((row.of, row) for row in found)

    def _of(self, entity: Any) -> tuple[Any, ...]:
        return self._words.get(entity.__tablename__, ())

    @cached_property
    def sender_names(self) -> dict[str, str]:
        """What the bodies of columns 5.1–5.9 are called."""
        return {row.code: row.name for row in self._of(AgencyKind) if row.code in SENDERS}

    @cached_property
    def senders(self) -> dict[str, frozenset[int]]:
        return _senders(self._of(AgencyKind))

    @cached_property
    def criteria(self) -> dict[str, frozenset[int]]:
        return _under_roots(self._of(Criterion))

    @cached_property
    def reasons(self) -> dict[str, frozenset[int]]:
        return _under_roots(self._of(RemovalReason))

    @cached_property
    def lines(self) -> dict[terms.ChildrenLine, frozenset[int]]:
        return _groups((terms.ChildrenLine.of(row.mark), row.id) for row in self._of(RemovalReason))

    @cached_property
    def roles_of_children(self) -> frozenset[int]:
        return frozenset(row.id for row in self._of(RelationshipKind) if row.mark == terms.ParentalRole.CHILD)

    @cached_property
    def flags(self) -> dict[str, frozenset[int]]:
        return _groups((row.mark, row.id) for row in self._of(FamilyCategory))

    @cached_property
    def statuses(self) -> tuple[tuple[int, str, str], ...]:
        """Id, name and line of the form of each status of education, in their order."""
        return tuple((row.id, row.name, row.mark) for row in self._of(EducationStatus))

    @cached_property
    def aid_kinds(self) -> dict[str, tuple[tuple[int, str, str], ...]]:
        return _listed((row.mark, (row.id, row.code, row.name)) for row in self._of(AidKind))


def _words_of(table: Any, mark: str) -> Select[Any]:
    c = table.c
    parent, said = c.get("parent_id", null()), c.get(mark, null())
    return select(
        cast(literal(table.name), String).label("of"), c.id, c.code, c.name, c.position,
        cast(parent, Integer).label("parent_id"), cast(said, String).label("mark"),
    )  # fmt: skip


def _senders(rows: Sequence[Any]) -> dict[str, frozenset[int]]:
    """Kinds of agencies by column 5.1–5.9: one of another scheme goes with its kind, what has no column goes to 5.9."""
    column_of = {row.mark: row.code for row in rows if row.code in SENDERS}
    return _groups((row.code if row.code in SENDERS else column_of.get(row.mark, OTHER_SENDER), row.id) for row in rows)


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


def one_of(column: ColumnElement[Any], ids: Iterable[int]) -> ColumnElement[bool]:
    """A column holds one of some ids; of none, never."""
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


RURAL, URBAN = "rural", "urban"


def locality() -> ColumnElement[str | None]:
    """Whether a family lives in the country or in a town: as its territory says of itself, or by the kind of settlement
    that stands in its name (131-ФЗ, art. 2: городское, сельское поселение). No parameters: it groups rows."""
    place = Territory.__table__.alias("place")
    rural, urban = literal_column(f"'{RURAL}'", String), literal_column(f"'{URBAN}'", String)
    said = case(
        (place.c.rural.is_(True), rural), (place.c.rural.is_(False), urban),
        (place.c.name_key.like(literal_column("'%сельское%'")), rural),
        (place.c.name_key.like(literal_column("'%городск%'")), urban),
    )  # fmt: skip
    found = select(said).where(place.c.id == family.c.territory_id).correlate_except(place)
    return found.scalar_subquery()


class PeriodRows:
    """The sources of the form for a period, and the conditions that its figures put to them."""

    def __init__(self, period: Period, lists: Dictionaries) -> None:
        self.period, self.lists = period, lists

    # Sources

    @cached_property
    def cards(self) -> CardsSent:
        """Cards sent in the period, decided or not in the same one."""
        return cards_sent(self.period)

    @cached_property
    def stays(self) -> Source:
        """Stays on record that touch the period, with the main criterion of its last day, of ended ones of theirs."""
        return Source(
            "stays",
            registration.join(family, family.c.id == registration.c.family_id)
            .outerjoin(main, and_(main.c.registration_id == registration.c.id, main.c.position == 0,
                                  in_force(main, self.period.end)))
            .outerjoin(criterion, criterion.c.id == main.c.criterion_id)
            .outerjoin(reason, reason.c.id == registration.c.removal_reason_id),
            self.touching,
            (*FAMILY, *STAY, Detail("criterion_code", "Основной критерий", criterion.c.code),
             Detail("criterion", "Содержание критерия", criterion.c.name),
             Detail("reason_code", "Код причины", reason.c.code),
             Detail("reason", "Причина снятия", reason.c.name)),
            keys={"agency": registration.c.sender_id, "family": family.c.id},
        )  # fmt: skip

    @cached_property
    def stays_nearby(self) -> Source:
        """The same of the stays that touch the period or the `NEARBY` days about it."""
        return replace(self.stays, where=self._touching(self.nearby))

    @cached_property
    def children(self) -> Source:
        """Members of those families who are minors on some day of the period or its eve, with the education that
        holds on its last day."""
        return Source(
            "children",
            self._of_stays(member.c.family_id == registration.c.family_id).outerjoin(
                education, education_on(education, member.c.id, self.period.end)
            ),
            (*self.touching, *self._minors),
            (*FAMILY, *CHILD, Detail("sex", "Пол", member.c.sex), *STAY,
             _date("joined_on", "В семье с", member.c.joined_on),
             _date("left_on", "В семье по", member.c.left_on),
             Detail("status_id", "Обучение, занятость", education.c.status_id,
                    titles={status_id: name for status_id, name, _line in self.lists.statuses})),
            keys={"family": family.c.id, "locality": locality()},
        )  # fmt: skip

    @cached_property
    def children_nearby(self) -> Source:
        """The members of the families of `stays_nearby` who are minors, were a year ago, or whose age nobody knows."""
        born_on = unindexed(member.c.born_on)
        youth = born_on > ages.years_before(self.period.eve, ages.MAJORITY + 1)
        unknown = and_(member.c.born_on.is_(None), one_of(member.c.role_id, self.lists.roles_of_children))
        where = (*self._touching(self.nearby), member.c.annulled_at.is_(None), or_(youth, unknown))
        return replace(self.children, where=where)

    @cached_property
    def supports(self) -> Source:
        """Pupil support, in the quarters that overlap the period, of the children on record at its end."""
        return Source(
            "supports",
            self._of_stays(member.c.family_id == registration.c.family_id).join(
                support, and_(support.c.member_id == member.c.id, support.c.annulled_at.is_(None))
            ),
            (*self.touching, *self._minors, self.child_at_end,
             tuple_(support.c.year, support.c.quarter).in_(self.period.quarters())),
            (*FAMILY, *CHILD, Detail("year", "Год", support.c.year, "number"),
             Detail("quarter", "Квартал", support.c.quarter, "number"),
             Detail("holidays", "Каникулы", support.c.holidays)),
        )  # fmt: skip

    @cached_property
    def aids(self) -> Source:
        """Aid given in the period to families that were on record on that day."""
        return Source("aids", self._aid_tables, self._aid_where, (*FAMILY, *self._aid_details), keys=AID_KEYS)

    @cached_property
    def aids_nearby(self) -> Source:
        """Aid of the period or the days about it, with whether the family was on record that day."""
        where = (aid.c.annulled_at.is_(None), self._in(self.nearby, unindexed(aid.c.given_on)))
        said = Detail("then", "На учёте в этот день", case((self._on_record_then, "да"), else_="нет"))
        return replace(self.aids, where=where, details=(*self.aids.details, said))

    @cached_property
    def recipients(self) -> Source:
        """Those who received that aid, person by person."""
        tables = self._aid_tables.join(aid_recipients, aid_recipients.c.aid_id == aid.c.id).join(
            member, member.c.id == aid_recipients.c.member_id
        )
        where = (*self._aid_where, member.c.annulled_at.is_(None))
        return Source("recipients", tables, where, (*FAMILY, *CHILD, *self._aid_details), keys=AID_KEYS)

    @cached_property
    def _aid_tables(self) -> Any:
        return (
            aid.join(family, family.c.id == aid.c.family_id)
            .join(aid_kind, aid_kind.c.id == unindexed(aid.c.kind_id))
            .outerjoin(performer, performer.c.id == aid.c.performer_id)
        )

    @cached_property
    def _aid_where(self) -> tuple[ColumnElement[bool], ...]:
        """From the families that are asked for to their aid, not from all the aid of the period to a few of them."""
        return aid.c.annulled_at.is_(None), self._within(unindexed(aid.c.given_on)), self._on_record_then

    @cached_property
    def _on_record_then(self) -> ColumnElement[bool]:
        return exists().where(
            registration.c.family_id == aid.c.family_id,
            registration.c.annulled_at.is_(None),
            on_record(registration, aid.c.given_on),
        )

    @cached_property
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
        return self._in(self.period, day)

    @staticmethod
    def _in(period: Period, day: ColumnElement[Any]) -> ColumnElement[bool]:
        return day.between(period.start, period.end)

    @cached_property
    def nearby(self) -> Period:
        """The period with the days about it."""
        return Period(self.period.start - NEARBY, self.period.end + NEARBY)

    @cached_property
    def touching(self) -> tuple[ColumnElement[bool], ...]:
        """Stays that have a day in the period or hold on its eve."""
        return self._touching(self.period)

    @staticmethod
    def _touching(period: Period) -> tuple[ColumnElement[bool], ...]:
        columns = registration.c
        return (
            columns.annulled_at.is_(None),
            unindexed(columns.registered_on) <= period.end,  # nearly every stay of a bank: from families is nearer
            or_(columns.removed_on.is_(None), columns.removed_on >= period.start),
        )

    @cached_property
    def _minors(self) -> tuple[ColumnElement[bool], ...]:
        born_on = unindexed(member.c.born_on)  # from the stays to their members is the shorter way
        return (
            member.c.annulled_at.is_(None),
            born_on <= self.period.end,
            born_on > ages.years_before(self.period.eve, ages.MAJORITY),
        )

    @cached_property
    def at_start(self) -> ColumnElement[bool]:
        return on_record(registration, self.period.eve)

    @cached_property
    def at_end(self) -> ColumnElement[bool]:
        return on_record(registration, self.period.end)

    @cached_property
    def placed(self) -> ColumnElement[bool]:
        return self._within(registration.c.registered_on)

    @cached_property
    def removed(self) -> ColumnElement[bool]:
        return and_(registration.c.removed_on.is_not(None), self._within(registration.c.removed_on))

    @cached_property
    def child_at_start(self) -> ColumnElement[bool]:
        day = self.period.eve
        return and_(self.at_start, minor(unindexed(member.c.born_on), day), belongs(member, day))

    @cached_property
    def child_at_end(self) -> ColumnElement[bool]:
        day = self.period.end
        return and_(self.at_end, minor(unindexed(member.c.born_on), day), belongs(member, day))

    @cached_property
    def child_when_placed(self) -> ColumnElement[bool]:
        day = registration.c.registered_on
        return and_(self.placed, belongs(member, day), minor_on(member.c.born_on, day, self.period))

    @cached_property
    def child_when_removed(self) -> ColumnElement[bool]:
        day = registration.c.removed_on
        return and_(self.removed, belongs(member, day), minor_on(member.c.born_on, day, self.period))

    @cached_property
    def left_alone(self) -> ColumnElement[bool]:
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

    @cached_property
    def low_income(self) -> ColumnElement[bool]:
        return self.of_category("low_income")

    def of_category(self, flag: str) -> ColumnElement[bool]:
        """Asked of each family that is met: a list of all such families would hold those of every district."""
        columns = family_categories.c
        ids = self.lists.flags.get(flag, frozenset())
        return exists().where(columns.family_id == family.c.id, one_of(columns.category_id, ids))
