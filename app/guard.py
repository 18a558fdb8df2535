"""What a person may write: rows of one's own, before the change and after it.

The twin of `access`, by the same words of the entities (`WHOSE`, `OWNER`). Every flush is asked by itself; a bulk
statement passes the flush by, so whoever runs one asks `check_bulk` before it. Commands write everything.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import event, exists, func, inspect, select
from sqlalchemy.orm import Session, class_mapper

from app import access, conditions
from app.access import Scope
from app.domain.refusal import Refusal
from app.extensions import db, portions
from app.models import (
    Agency,
    AgencyInquiry,
    CommissionMember,
    Family,
    Instruction,
    InstructionScan,
    Meeting,
    Model,
    OfMember,
    SignalCard,
    SurveyGroup,
    Territory,
    User,
    Whose,
    WorkingGroupMember,
    class_of,
    survey_group_employees,
)

NOT_YOUR_PLACE = "Эта территория вам не поручена."
NOT_YOUR_BODY = "Этот орган работает на территории, которая вам не поручена."
NO_SUCH_FAMILY = "Такой семьи нет."
NOT_YOUR_FAMILY = "Эту семью вы только читаете: её ведёт координатор её территории."
NO_SUCH_ROW = "Такой записи нет среди ваших."
OF_ADMINISTRATOR = "Это изменяет только администратор."
NOT_YOUR_LOAD = "Эту книгу загрузил другой координатор."
NOT_YOUR_OWN = "Это запись другого человека."
DESTROYED = "Сведения этого дела уничтожены по акту: их больше не меняют."
NOT_YOUR_CARD = "Эту карту ведёт координатор территории, где она лежит."
NOT_YOUR_SURVEY = "Это обследование проводит другая группа."
NOT_YOUR_MEETING = "Это заседание готовит секретарь его территории."
NOT_YOUR_TRANSFER = "Это дело передаёт и принимает координатор его территории."
# Rows that are somebody's: whoever names one must see it.
OTHERS = (Whose.FAMILY, Whose.GIVEN, Whose.CARD, Whose.SURVEY, Whose.MEETING, Whose.TRANSFER,
          Whose.TERRITORY, Whose.AGENCY)  # fmt: skip

_family = Family.__table__
_territory = Territory.__table__
_agency = Agency.__table__
_card = SignalCard.__table__
_group, _links = SurveyGroup.__table__, survey_group_employees
_inquiry = AgencyInquiry.__table__
_meeting = Meeting.__table__
_group_member = WorkingGroupMember.__table__


class Foreign(NamedTuple):
    """Why a row may not be written, and the column that says it."""

    text: str
    column: str


class Keeper:
    """What one scope may write, each owner asked once."""

    def __init__(self, session: Session, scope: Scope) -> None:
        self.scope, self._connection = scope, session.connection()
        self._covered: dict[int | None, bool] = {None: False}
        self._bodies: dict[int | None, bool] = {None: False}
        self._cards: dict[int | None, bool] = {}
        self._surveys: dict[int | None, bool] = {}
        self._meetings: dict[int | None, bool] = {}
        self._convened: dict[int | None, bool] = {None: False}
        self._destroyed: set[int] = set()

    def covers(self, territory_id: int | None) -> bool:
        """Whether the families of a territory are the person's.

        A territory that was made a moment ago is not in the scope yet: it is the person's if what it lies in is.
        """
        if territory_id not in self._covered:
            self._covered[territory_id] = self.scope.covers_territory(territory_id)  # a circle ends here
            if not self._covered[territory_id]:
                above = self._connection.scalar(select(_territory.c.parent_id).where(_territory.c.id == territory_id))
                self._covered[territory_id] = self.covers(above)
        return self._covered[territory_id]

    def keeps_place(self, territory_id: int | None) -> bool:
        """Whether a territory, its bodies and people are the person's: the administrator keeps those of all."""
        return self.scope.administers or self.covers(territory_id)

    def unkept_families(self, ids: Collection[int]) -> set[int]:
        """Those families that the person may not write about."""
        left = set(ids)
        for portion in portions(sorted(ids)):
            places = self._connection.execute(
                select(_family.c.id, _family.c.territory_id, _family.c.destroyed).where(_family.c.id.in_(portion))
            ).all()
            self._destroyed |= {row.id for row in places if row.destroyed}
            left -= {row.id for row in places if self.covers(row.territory_id) and not row.destroyed}
        return left

    def seen(self, entity: Any, ids: Collection[int]) -> set[int]:
        """Those rows of an entity that the person sees."""
        key, found = entity.__table__.c.id, set()
        for portion in portions(sorted(ids)):
            found |= set(self._connection.scalars(select(key).where(key.in_(portion), self.scope.rows(entity))))
        return found

    def keeps_card(self, card_id: int | None) -> bool:
        """Whether a signal card lies on a territory of the person's, or the person's body has sent it."""
        if card_id not in self._cards:
            asked = select(_card.c.territory_id, _card.c.agency_id).where(_card.c.id == card_id)
            row = self._connection.execute(asked).first()
            self._cards[card_id] = row is not None and self._keeps_card(row.territory_id, row.agency_id)
        return self._cards[card_id]

    def _keeps_card(self, territory_id: int, agency_id: int | None) -> bool:
        own = agency_id is not None and agency_id == self.scope.agency
        return own or self.covers(territory_id)

    def keeps_survey(self, group_id: int | None) -> bool:
        """Whether a survey is of the person's territory, or the person is of its group."""
        if group_id not in self._surveys:
            of_group = select(_links.c.group_id).where(
                _links.c.group_id == _group.c.id, _links.c.employee_id == (self.scope.employee or 0)
            )
            place = func.coalesce(_family.c.territory_id, _group.c.territory_id).label("place")
            lies = _group.outerjoin(_family, _family.c.id == _group.c.family_id)
            asked = select(place, exists(of_group).label("is_of_group")).select_from(lies)
            row = self._connection.execute(asked.where(_group.c.id == group_id)).first()
            self._surveys[group_id] = row is not None and (row.is_of_group or self.covers(row.place))
        return self._surveys[group_id]

    def convenes_body(self, agency_id: int | None) -> bool:
        """Whether the person prepares the meetings of a body."""
        if agency_id not in self._convened:
            place = self._connection.scalar(select(_agency.c.territory_id).where(_agency.c.id == agency_id))
            self._convened[agency_id] = place in self.scope.convened
        return self._convened[agency_id]

    def convenes(self, meeting_id: int | None) -> bool:
        """Whether a meeting is one that the person prepares."""
        if meeting_id not in self._meetings:
            place = self._connection.scalar(select(_meeting.c.territory_id).where(_meeting.c.id == meeting_id))
            self._meetings[meeting_id] = place in self.scope.convened
        return self._meetings[meeting_id]

    def ask_of_bodies(self, ids: Collection[int]) -> None:
        """Ask of many bodies at once whether they are kept."""
        for portion in portions(sorted(ids)):
            places = select(_agency.c.id, _agency.c.territory_id).where(_agency.c.id.in_(portion))
            for key, territory_id in self._connection.execute(places):
                self._bodies[key] = self.keeps_place(territory_id)
                self._convened[key] = territory_id in self.scope.convened

    def keeps_body(self, agency_id: int | None) -> bool:
        """Whether a body works on a territory of the person's."""
        if agency_id not in self._bodies:
            of_body = select(_agency.c.territory_id).where(_agency.c.id == agency_id)
            self._bodies[agency_id] = self.keeps_place(self._connection.scalar(of_body))
        return self._bodies[agency_id]

    # Whether rows may be written, by the values that name their owners

    def fault(self, entity: Any, rows: Collection[Mapping[str, Any]], *, fresh: bool = False) -> Foreign | None:
        """Why one of these rows, as it is stored or would be, may not be written; None if all may."""
        whose = access.whose_rows(entity)
        if whose in (Whose.WORDS, Whose.SIGN_IN, Whose.MACHINE, Whose.JOURNAL) or entity is User:
            return None
        if whose in (Whose.LAW, Whose.ACCOUNTS):
            return None if self.scope.administers else Foreign(OF_ADMINISTRATOR, "")
        if whose is Whose.FAMILY and entity is not Family:
            noted = fresh and getattr(entity, "NOTED_BY_BODIES", False)
            performed: set[int] = set()
            others: set[int] = set()
            for row in rows:
                if (owner := row.get(entity.OWNER)) is not None:
                    (performed if self.performs(entity, row, fresh=fresh) else others).add(owner)
            if getattr(entity, "WRITTEN_BY_LEADER", False):
                others -= self.led(others)
            return self._fault_of_families(others, noted_by_bodies=noted) or self._fault_of_families(
                performed, noted_by_bodies=True
            )
        return next(filter(None, (self._fault_of_row(entity, row, fresh=fresh) for row in rows)), None)

    def performs(self, entity: Any, row: Mapping[str, Any], *, fresh: bool = False) -> bool:
        """Whether a stored row is one that the person's body carries out."""
        column = getattr(entity, "PERFORMED_BY", "")
        return bool(column) and not fresh and row.get(column) is not None and row[column] == self.scope.agency

    def led(self, ids: Collection[int]) -> set[int]:
        """Those families whose working group the person leads, and that the person sees."""
        if self.scope.employee is None or not ids:
            return set()
        led = select(_group_member.c.family_id).where(
            _group_member.c.family_id.in_(ids), _group_member.c.employee_id == self.scope.employee,
            _group_member.c.leads, conditions.current(_group_member, self.scope.today),
        )  # fmt: skip
        return self.seen(Family, set(self._connection.scalars(led)))

    def worked_with(self, ids: Collection[int]) -> set[int]:
        """Those families that the person sees, and whose cases are not destroyed: a body notes what it does for them.

        ids: families that `unkept_families` has named.
        """
        return self.seen(Family, ids) - self._destroyed if ids else set()

    def _fault_of_families(self, ids: Collection[int], *, noted_by_bodies: bool = False) -> Foreign | None:
        unkept = self.unkept_families(ids)
        if not unkept:
            return None
        if unkept - self.seen(Family, unkept):
            return Foreign(NO_SUCH_FAMILY, "family_id")
        if unkept & self._destroyed:
            return Foreign(DESTROYED, "family_id")
        if noted_by_bodies and self.scope.agency is not None:
            return None
        return Foreign(NOT_YOUR_FAMILY, "family_id")

    def _fault_of_row(self, entity: Any, row: Mapping[str, Any], *, fresh: bool) -> Foreign | None:
        if entity is Family:
            if row.get("destroyed"):
                return Foreign(DESTROYED, "")
            return None if self.covers(row["territory_id"]) else Foreign(NOT_YOUR_PLACE, "territory_id")
        whose = access.whose_rows(entity)
        if whose is Whose.GIVEN:
            if row["family_id"] is not None:
                return self._fault_of_families([row["family_id"]])
            return None if self.covers(row["territory_id"]) else Foreign(NOT_YOUR_PLACE, "territory_id")
        owner = row[entity.OWNER]
        if whose is Whose.CARD:
            is_card = entity is SignalCard
            if is_card and row.get("destroyed"):
                return Foreign(DESTROYED, "")
            keeps = self._keeps_card(owner, row["agency_id"]) if is_card else self.keeps_card(owner)
            return None if keeps else Foreign(NOT_YOUR_CARD, entity.OWNER)
        if whose is Whose.SURVEY:
            return None if self._may_survey(entity, row, fresh=fresh) else Foreign(NOT_YOUR_SURVEY, entity.OWNER)
        if whose is Whose.MEETING:
            return None if self._may_convene(entity, row, fresh=fresh) else Foreign(NOT_YOUR_MEETING, entity.OWNER)
        if whose is Whose.TRANSFER:
            keeps = self.covers(row["from_territory_id"]) or (not fresh and self.covers(row["to_territory_id"]))
            arrives = fresh and row["family_id"] is None and self.covers(row["to_territory_id"])
            return None if keeps or arrives else Foreign(NOT_YOUR_TRANSFER, entity.OWNER)
        if entity is CommissionMember and self.convenes_body(owner):
            return None
        if whose is Whose.AGENCY:
            return None if self.keeps_body(owner) else Foreign(NOT_YOUR_BODY, entity.OWNER)
        if whose is Whose.ASKER:
            return None if owner is not None and owner == self.scope.user_id else Foreign(NOT_YOUR_OWN, entity.OWNER)
        if whose is Whose.LOAD:
            own = row["user_id"] is not None and row["user_id"] == self.scope.user_id
            return None if own or self.keeps_place(owner) else Foreign(NOT_YOUR_LOAD, entity.OWNER)
        column = "parent_id" if entity is Territory else entity.OWNER
        return None if self.keeps_place(owner) else Foreign(NOT_YOUR_PLACE, column)

    def _may_survey(self, entity: Any, row: Mapping[str, Any], *, fresh: bool) -> bool:
        """Whoever keeps the territory names the group; the group writes; a body writes its own rows while it is asked,
        and asks nothing of itself."""
        if entity is SurveyGroup:
            families = {row["family_id"]} - {None}
            return not self.unkept_families(families) if families else self.covers(row["territory_id"])
        if self.keeps_survey(row[entity.OWNER]):
            return True
        body = row[entity.ASKED_BODY] if entity.ASKED_BODY else None
        asks = fresh and entity is AgencyInquiry
        return body is not None and body == self.scope.agency and not asks and self._is_asked(row[entity.OWNER])

    def _is_asked(self, group_id: int) -> bool:
        """Whether an inquiry to the person's body about a survey stands open."""
        asked = (
            select(_inquiry.c.id)
            .join(_group, _group.c.id == _inquiry.c.group_id)
            .where(_inquiry.c.group_id == group_id, _inquiry.c.agency_id == self.scope.agency)
            .where(_inquiry.c.annulled_at.is_(None), _inquiry.c.closed_at.is_(None), _group.c.annulled_at.is_(None))
        )
        return self._connection.scalar(asked.limit(1)) is not None

    def _may_convene(self, entity: Any, row: Mapping[str, Any], *, fresh: bool) -> bool:
        """Whoever prepares a meeting writes it and its rows; a body answers the instructions that were given to it."""
        if entity is Meeting:
            return row["territory_id"] in self.scope.convened
        if self.convenes(row[entity.OWNER]):
            return True
        answers = entity is Instruction and row["given_on"] is not None and row["accepted_at"] is None
        own = (answers or entity is InstructionScan) and row[entity.ASKED_BODY] == self.scope.agency
        return not fresh and own

    # Whether rows name what the person may name

    def fault_of_names(self, entity: Any, named: Mapping[str, Collection[int]]) -> Foreign | None:
        """Why a row may not name these rows of others, by column; None if the person sees them all."""
        for column, ids in named.items():
            target = {**_targets(entity), **_lists(entity)}[column]
            missing = set(ids) - self.seen(target, ids)
            if missing - self._made_now(target, missing):
                return Foreign(NO_SUCH_ROW, column)
        return None

    def _made_now(self, target: Any, ids: Collection[int]) -> set[int]:
        """Those rows that the scope, settled before they were made, does not show: they lie on the person's territory.

        A load that brings a settlement brings its bodies, families and their decisions with it.
        """
        if target is Territory:
            return {key for key in ids if self.keeps_place(key)}
        if target is Agency:
            return {key for key in ids if self.keeps_body(key)}
        if access.whose_rows(target) is not Whose.FAMILY:
            return set()
        key, family = target.__table__.c.id, target.__table__.c["id" if target is Family else target.OWNER]
        families: dict[int, int] = {}
        for portion in portions(sorted(ids)):
            families |= {row.id: row.family for row in self._connection.execute(
                select(key.label("id"), family.label("family")).where(key.in_(portion)))}  # fmt: skip
        unkept = self.unkept_families(set(families.values()))
        return {row for row, of_family in families.items() if of_family not in unkept}


# What is asked


def check_bulk(entity: Any, rows: Iterable[Mapping[str, Any]], *, fresh: bool) -> None:
    """Ask of rows that a bulk statement is about to insert, or to change by their `id`. Raises Refusal.

    rows: the values of whole fresh rows, or the changed values of stored ones.
    """
    scope, rows = access.scope(), list(rows)
    if scope.everything or not rows:
        return
    keeper = Keeper(db.session(), scope)
    named = {column: {row[column] for row in rows if row.get(column) is not None} for column in _targets(entity)}
    if not fresh:
        stored = _stored(db.session(), entity, [(row["id"],) for row in rows])
        _refuse(keeper.fault(entity, list(stored.values())))
        rows = [{**stored[row["id"],], **row} for row in rows if (row["id"],) in stored]
    _refuse(keeper.fault(entity, rows, fresh=fresh))
    _refuse(keeper.fault_of_names(entity, named))


def kept_back(entity: Any) -> tuple[str, ...]:
    """The fields of stored rows that the person does not change, though the rows are the person's: they are shown."""
    scope = access.scope()
    if scope.everything or scope.administers:
        return ()
    return tuple(column.removesuffix("_id") for column in getattr(entity, "ADMINISTERED", ()))


def kept(rows: Collection[Any]) -> set[int]:
    """The keys of those stored rows that the person keeps, and does not merely see; each owner is asked once."""
    scope = access.scope()
    if scope.everything or not rows:
        return {row.id for row in rows}
    keeper = Keeper(db.session(), scope)
    of_bodies = [row for row in rows if access.whose_rows(type(row)) is Whose.AGENCY]
    keeper.ask_of_bodies({getattr(row, type(row).OWNER) for row in of_bodies})
    unkept = keeper.unkept_families({key for row in rows if (key := _family_of(row)) is not None})

    led = keeper.led(
        {key for row in rows if _by_leader(row) and (key := _family_of(row)) in unkept and key is not None}
    )
    performed = {row for row in rows if keeper.performs(type(row), _values(row))}
    shown = keeper.worked_with({key for row in performed if (key := _family_of(row)) in unkept and key is not None})

    def keeps(row: Any) -> bool:
        key = _family_of(row)
        if key is None:
            return keeper.fault(type(row), [_values(row)]) is None
        by_leader = key in led and _by_leader(row)
        return key not in unkept or by_leader or (row in performed and key in shown)

    return {row.id for row in rows if keeps(row)}


def may_write(row: Any) -> bool:
    """Whether the person keeps a stored row, and does not merely see it."""
    return bool(kept([row]))


def may_add(entity: Any, family: Family) -> bool:
    """Whether the person may add a row of an entity about a family."""
    scope = access.scope()
    if scope.everything:
        return True
    return Keeper(db.session(), scope).fault(entity, [{"family_id": family.id}], fresh=True) is None


@event.listens_for(Session, "before_flush")
def _ask_before(session: Session, _context: Any, _instances: Any) -> None:
    """Keep a member's rows in the member's family; refuse to touch rows that are another's as they are stored, and
    in words what the database would refuse for its references."""
    for row in session.new | session.dirty:
        if isinstance(row, OfMember) and row.member is not None:
            row.family_id = row.member.family_id
    scope = access.scope()
    if scope.everything:
        return
    keeper = Keeper(session, scope)
    for entity, rows in _by_entity(row for row in session.dirty | session.deleted if _is_written(session, row)):
        owned = access.whose_rows(entity) in (*OTHERS, Whose.LOAD)
        stored = _stored(session, entity, [inspect(row).identity for row in rows]) if owned else {}
        _refuse(keeper.fault(entity, list(stored.values())))
    for entity, rows in _by_entity(session.new | session.dirty):
        named = {column: ids for column, ids in _named(entity, rows).items() if _is_of_family(entity, column)}
        _refuse(keeper.fault_of_names(entity, named))


@event.listens_for(Session, "after_flush")
def _ask_after(session: Session, _context: Any) -> None:
    """Refuse what rows have become: the keys they took from their relations are known now."""
    scope = access.scope()
    if scope.everything:
        return
    keeper = Keeper(session, scope)
    for fresh, written in ((True, session.new), (False, session.dirty)):
        for entity, rows in _by_entity(row for row in written if fresh or _is_written(session, row)):
            if not scope.administers:
                for row in rows:
                    _check_administered(row, fresh=fresh)
            _refuse(keeper.fault(entity, [_values(row) for row in rows], fresh=fresh))
            _refuse(keeper.fault_of_names(entity, _named(entity, rows)))


def _check_administered(row: Any, *, fresh: bool) -> None:
    """Refuse a change by which others would see more, or less, to everybody but the administrator."""
    columns = ("roles", "active") if isinstance(row, User) else () if fresh else getattr(row, "ADMINISTERED", ())
    for column in columns:
        if inspect(row).attrs[column].history.has_changes():
            raise Refusal(OF_ADMINISTRATOR, column.removesuffix("_id"))


def _refuse(fault: Foreign | None) -> None:
    if fault is not None:
        raise Refusal(fault.text, fault.column.removesuffix("_id") or None)


# Rows as the values that decide


@cache
def _targets(entity: Any) -> dict[str, Any]:
    """The columns that name rows of others, and the entities they name; the owner is asked as the owner.

    A column `anywhere` names what need not be the person's: where a card is sent on to.
    """
    found = {}
    for column in class_mapper(entity).columns:
        if column.info.get("anywhere"):
            continue
        for key in column.foreign_keys:
            if key.column.name != "id":
                continue  # that what is named is of the same family is kept by the database
            target = class_of(key.column.table)
            if column.key != getattr(entity, "OWNER", "") and access.whose_rows(target) in OTHERS:
                found[column.key] = target
    return found


@cache
def _lists(entity: Any) -> dict[str, Any]:
    """The lists of links that name rows of others: the recipients of an aid."""
    return {
        relation.key: relation.mapper.class_
        for relation in class_mapper(entity).relationships
        if relation.secondary is not None and access.whose_rows(relation.mapper.class_) in OTHERS
    }


def _is_of_family(entity: Any, column: str) -> bool:
    """Whether a column or a list names facts of a family."""
    return access.whose_rows({**_targets(entity), **_lists(entity)}[column]) is Whose.FAMILY


def _named(entity: Any, rows: Iterable[Any]) -> dict[str, set[int]]:
    """The rows of others that a flush has let these rows name."""
    named: dict[str, set[int]] = {}
    for row in rows:
        for column in (*_targets(entity), *_lists(entity)):
            history = inspect(row).attrs[column].history
            for value in history.added or () if history.has_changes() else ():
                key = getattr(value, "id", value)
                if key is not None:
                    named.setdefault(column, set()).add(key)
    return named


def _is_written(session: Session, row: Any) -> bool:
    return row in session.deleted or session.is_modified(row)


def _by_entity(rows: Iterable[Any]) -> Iterator[tuple[Any, list[Any]]]:
    found: dict[Any, list[Any]] = {}
    for row in rows:
        if isinstance(row, Model):
            found.setdefault(row.__class__, []).append(row)
    yield from found.items()


def _by_leader(row: Any) -> bool:
    """Whether the leader of a working group writes a row."""
    return bool(getattr(type(row), "WRITTEN_BY_LEADER", False))


def _family_of(row: Any) -> int | None:
    """The family that a row is about, and is kept with."""
    return getattr(row, "family_id", None) if access.whose_rows(type(row)) in (Whose.FAMILY, Whose.GIVEN) else None


def _values(row: Any) -> dict[str, Any]:
    return {column.key: getattr(row, column.key) for column in class_mapper(type(row)).columns}


def _stored(session: Session, entity: Any, identities: Collection[Any]) -> dict[Any, dict[str, Any]]:
    """Rows as the database has them, by their keys."""
    table = entity.__table__
    keys, first = list(table.primary_key.columns), next(iter(table.primary_key.columns))
    wanted, found = {tuple(identity) for identity in identities}, {}
    for portion in portions(sorted({identity[0] for identity in wanted})):
        for row in session.connection().execute(select(table).where(first.in_(portion))).mappings():
            identity = tuple(row[key] for key in keys)
            if identity in wanted:
                found[identity] = {column.key: row[column] for column in table.columns}
    return found
