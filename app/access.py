"""Which rows a person sees: settled once for a request, laid over every SELECT.

A record outside one's rows does not exist. Without a settled scope there are no rows at all. Whose the rows of an
entity are is said by the entity (`WHOSE`, `OWNER`). Rows of families are narrowed wherever a statement reads them.
Places, bodies and people are narrowed where they are what is asked for: a family's own record may name a body of
another district, and is not read without the name. Statements of the Core and raw SQL are not covered: they take
`scope().families()` explicitly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar, Token
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from types import SimpleNamespace
from typing import Any, ClassVar, cast

from sqlalchemy import ColumnElement, Select, and_, event, exists, false, or_, select, true
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria
from sqlalchemy.orm.interfaces import CriteriaOption
from sqlalchemy.sql.cache_key import NO_CACHE, anon_map

from app import conditions
from app.domain.survey_acts import SPECIAL_HEADINGS
from app.models import (
    Agency,
    AgencyFinding,
    AgencyInquiry,
    AgendaItem,
    Aid,
    Annullable,
    Assignment,
    CommissionMember,
    Family,
    FamilyCategory,
    JournalEntry,
    Meeting,
    Mentor,
    Model,
    OfFamily,
    Paper,
    PlannedMeasure,
    SignalCard,
    Supervision,
    SupervisionKind,
    SurveyGroup,
    SurveyMark,
    Territory,
    Whose,
    survey_group_employees,
)

_family, _territory = Family.__table__, Territory.__table__
_seen = _family.alias()  # one for all that `sees` asks: what is asked of it is put together once
_by_id = SimpleNamespace(id=_seen.c.id, territory_id=conditions.unindexed(_seen.c.territory_id))
_assignment = Assignment.__table__
_mentor = Mentor.__table__
_agency = Agency.__table__
_card = SignalCard.__table__
_group, _mark = SurveyGroup.__table__, SurveyMark.__table__
_inquiry = AgencyInquiry.__table__
_aid = Aid.__table__
_meeting, _item, _sitting = Meeting.__table__, AgendaItem.__table__, CommissionMember.__table__

# Whose rows are narrowed in every part of a statement, and whose where they are what the statement asks for.
EVERYWHERE = (Whose.FAMILY, Whose.GIVEN, Whose.CARD, Whose.SURVEY, Whose.MEETING, Whose.TRANSFER, Whose.JOURNAL)
ASKED_FOR = (Whose.TERRITORY, Whose.AGENCY, Whose.LOAD, Whose.ASKER)


@dataclass(frozen=True)
class Scope:
    """The rows of one person on one day.

    territories: ids of the territories whose families are seen, the parts already included.
    kept: those of them whose families, signal cards, bodies and people this person writes, the parts included.
    convened: the territories whose meetings this person prepares, the parts included.
    places: the territories whose bodies and people are seen: where one works, what lies in it and above it.
    assigned_to: id of the commission member whose direct assignments are seen.
    agency: id of the agency whose own signal cards are seen, and the families that it guides or works with.
    employee: id of the employee that the person is: the surveys of one's groups are seen, and their signal cards.
    everything: commands of the installation itself.
    all_statistics: figures, not families, of all territories (the region).
    all_journal: the whole journal (the auditor).
    administers: no family; the users and roles, and the places, bodies and words of the whole installation.
    special: health and convictions of those families too (152-ФЗ, art. 10: a permission of its own).
    user_id, user_name, address: who acts and from which network address, for the journal; they decide about no row,
        so two people with the same rows have equal scopes.
    """

    today: date = date.min
    territories: frozenset[int] = frozenset()
    kept: frozenset[int] = frozenset()
    convened: frozenset[int] = frozenset()
    places: frozenset[int] = frozenset()
    assigned_to: int | None = None
    agency: int | None = None
    employee: int | None = None
    everything: bool = False
    all_statistics: bool = False
    all_journal: bool = False
    administers: bool = False
    special: bool = False
    user_id: int | None = field(default=None, compare=False)
    user_name: str = field(default="", compare=False)
    address: str | None = field(default=None, compare=False)

    def families(self, family: Any = _family.c, *, one: bool = False, much: bool = False) -> ColumnElement[bool]:
        """The condition on the table `family` that this person's families meet. one, much: as `given_families`."""
        return _own_families(self, one, much) if family is _family.c else _families(self, family, one, much)

    def given_families(self, family: Any, *, one: bool = False, few: bool = False, much: bool = False,
                       by_name: bool = False) -> list[Any]:  # fmt: skip
        """The conditions of the families that are given to the person, or to the body, one by one.

        one: a family is at hand, and what the body has to do in it is looked for there, not in the whole bank; few:
        so few families are asked that their mentors too are looked for there.
        much: all are gathered of a body that does much. by_name: not those where the body merely has a measure.
        """
        parts: list[ColumnElement[bool]] = []
        if self.assigned_to is not None:
            parts.append(family.id.in_(self._current(_assignment, _assignment.c.employee_id == self.assigned_to)))
        if self.agency is not None:
            guided = self._current(_mentor, conditions.of_body(_mentor, self.agency))
            of_one = guided.where(_mentor.c.family_id == family.id).correlate_except(_mentor)
            parts.append(of_one.exists() if few else family.id.in_(guided))
            if one:
                return [*parts, *conditions.works_with(family.id, self.agency, self.today)]
            works = conditions.families_of_work(self.agency, self.today, measures_too=not by_name, much=much)
            parts += (family.id.in_(found) for found in works)
        return parts

    def _current(self, table: Any, condition: ColumnElement[bool]) -> Select[tuple[int]]:
        """Family ids of the dated, not annulled rows of a table that hold today."""
        return select(table.c.family_id).where(
            condition,
            table.c.family_id.is_not(None),
            conditions.current(table, self.today),
        )

    def family_ids(self) -> Select[tuple[int]]:
        """A Core SELECT of the ids of this person's families."""
        return select(_family.c.id).where(self.families())

    def sees(self, family_id: Any, *, living: bool = False) -> ColumnElement[bool]:
        """The condition that a column holds the id of one of this person's families; of a living one, if so asked.

        Asked row by row: a list of all ids would be made anew for every statement. living: of many rows, for which
        an index that says just this is read sooner than the families.
        """
        found = select(_seen.c.id).where(_seen.c.id == family_id, seen := _is_seen(self, not living))
        if living and seen is not false():  # who sees no family asks no index
            found = found.where(_seen.c.annulled_at.is_(None)).with_hint(_seen, "INDEXED BY ix_family_by_id", "sqlite")
        return exists(found.correlate_except(_seen))

    def cards(self, card: Any = _card.c) -> ColumnElement[bool]:
        """The condition on the table `signal_card` that this person's cards meet."""
        parts = [self.counted_cards(card)]
        if self.everything:
            return parts[0]
        if self.employee is not None:
            of_groups = select(_group.c.card_id).where(self._goes_with(_group.c), _group.c.card_id.is_not(None))
            parts.append(card.id.in_(of_groups))
        if self.convened - self.kept:
            parts.append(card.territory_id.in_(self.convened))
        if self.assigned_to is not None and self.territories:
            parts.append(and_(card.territory_id.in_(self.territories), card.id.in_(_cards_at_meetings(self))))
        return or_(*parts)

    def counted_cards(self, card: Any = _card.c) -> ColumnElement[bool]:
        """The condition on `signal_card` for figures: a card that one merely visits for is counted by others."""
        if self.everything:
            return true()
        parts: list[ColumnElement[bool]] = []
        if self.kept:
            parts.append(card.territory_id.in_(self.kept))
        if self.agency is not None:
            parts.append(card.agency_id == self.agency)
        return or_(*parts) if parts else false()

    def _goes_with(self, group: Any) -> ColumnElement[bool]:
        """The condition that the person is of a group that was not called off."""
        link = survey_group_employees.alias()
        own = select(link.c.group_id).where(link.c.employee_id == self.employee)
        return and_(group.annulled_at.is_(None), group.id.in_(own))

    def meetings(self, meeting: Any = _meeting.c) -> ColumnElement[bool]:
        """The condition on the table `meeting`: those that one convenes, those of the commission one is a member of."""
        if self.everything:
            return true()
        parts: list[ColumnElement[bool]] = []
        if self.convened:
            parts.append(meeting.territory_id.in_(self.convened))
        if self.assigned_to is not None:
            parts.append(meeting.agency_id.in_(_bodies_of(self)))
        return or_(*parts) if parts else false()

    def sees_meeting(self, meeting_id: Any) -> ColumnElement[bool]:
        """The condition that a column holds the id of one of this person's meetings."""
        return _is_among(_meeting, meeting_id, self.meetings)

    def items(self, item: Any = _item.c) -> ColumnElement[bool]:
        """The condition on the table `agenda_item` that this person's items meet.

        Whoever prepares the meeting sees all; a member those of his cards; whoever sees a family, those about it.
        """
        if self.everything:
            return true()
        parts = [_convenes(self, item.meeting_id)]
        if self.territories or self.assigned_to is not None:
            parts.append(replace(self, agency=None).sees(item.family_id))
        if self.assigned_to is not None and self.territories:
            near = _is_among(_card, item.card_id, lambda card: card.territory_id.in_(self.territories))
            member = and_(near, self.sees_meeting(item.meeting_id))
            parts.append(and_(item.family_id.is_(None), member))
        return or_(*parts)

    def sees_card(self, card_id: Any) -> ColumnElement[bool]:
        """The condition that a column holds the id of one of this person's cards."""
        return _is_among(_card, card_id, self.cards)

    def surveys(self, group: Any = _group.c) -> ColumnElement[bool]:
        """The condition on the table `survey_group` that this person's surveys meet: a survey goes with its family,
        wherever that moves, else it lies where its card does.
        """
        if self.everything:
            return true()
        parts: list[ColumnElement[bool]] = []
        if self.kept:
            parts.append(and_(group.family_id.is_(None), group.territory_id.in_(self.kept)))
        if self.employee is not None:
            parts.append(self._goes_with(group))
        if self.convened - self.kept:
            parts.append(and_(group.family_id.is_(None), group.territory_id.in_(self.convened)))
        if self.assigned_to is not None and self.territories:
            at_meetings = and_(group.card_id.in_(_cards_at_meetings(self)), group.territory_id.in_(self.territories))
            parts.append(and_(group.family_id.is_(None), at_meetings))
        if self.kept or self.assigned_to is not None or self.agency is not None or self.territories:
            parts.append(self.sees(group.family_id))
        return or_(*parts) if parts else false()

    def sees_survey(self, group_id: Any) -> ColumnElement[bool]:
        """The condition that a column holds the id of one of this person's surveys."""
        return _is_among(_group, group_id, self.surveys)

    def marks(self, mark: Any = _mark.c) -> ColumnElement[bool]:
        """The condition on the table `survey_mark` that the headings meet which are told to this person."""
        if self.sees_special:
            return true()
        plain = mark.heading.not_in(SPECIAL_HEADINGS)
        if self.employee is None:
            return plain
        return or_(plain, mark.group_id.in_(select(_group.c.id).where(self._goes_with(_group.c))))

    def counted_families(self, *, one: bool = False) -> ColumnElement[bool]:
        """The condition on `family` for figures without names. one: as `given_families`."""
        return true() if self.all_statistics else self.families(one=one)

    def journal(self) -> ColumnElement[bool]:
        """The condition on `journal_entry`: an auditor reads all, others the entries of their families."""
        entry = JournalEntry.__table__
        if self.everything or self.all_journal:
            return true()
        if self.administers:
            return entry.c.family_id.is_(None) & entry.c.entity.in_(("User", "Role", "FurtherRole", "HomeTerritory"))
        return self.sees(entry.c.family_id)

    def rows(self, entity: Any) -> ColumnElement[bool]:
        """The condition that the rows of an entity meet which this person sees."""
        return self._rows(entity) if whose_rows(entity) in (Whose.LOAD, Whose.ASKER) else _rows_seen(self, entity)

    def _rows(self, entity: Any) -> ColumnElement[bool]:
        whose = whose_rows(entity)
        if self.everything or whose not in EVERYWHERE + ASKED_FOR:
            return true()
        if whose is Whose.JOURNAL:
            return self.journal()
        if entity is Family:
            return _families(self, Family, one=True, few=True)  # its attributes follow an alias into a joined load
        places = self.places | self.territories
        if whose is Whose.GIVEN:
            return or_(self.sees(entity.family_id), entity.territory_id.in_(places))
        owner = getattr(entity, entity.OWNER)
        if whose is Whose.FAMILY:
            return self._rows_of_families(entity, owner)
        if whose is Whose.CARD:
            return self.cards(SignalCard) if entity is SignalCard else self.sees_card(owner)
        if whose is Whose.SURVEY:
            return self._rows_of_surveys(entity, owner)
        if whose is Whose.MEETING:
            return _rows_of_meetings(self, entity)
        if whose is Whose.TRANSFER:
            return _rows_of_transfers(self, entity)
        if whose is Whose.LOAD:
            return or_(owner.in_(self.kept), entity.user_id == (self.user_id or 0))
        if whose is Whose.ASKER:
            return owner == (self.user_id or 0)
        if self.sees_all_places:
            return true()
        bodies = select(_agency.c.id).where(_agency.c.territory_id.in_(places))
        return owner.in_(places if whose is Whose.TERRITORY else bodies)

    def _rows_of_families(self, entity: Any, owner: Any) -> ColumnElement[bool]:
        """Of a family that a body merely works with it sees what the work needs: of its papers those that it brought
        itself to show the aid that it gave."""
        if self.agency is None or not getattr(entity, "OF_KEEPERS", False):
            return self.sees(owner)
        seen = replace(self, agency=None).sees(owner)
        if entity is not Paper:
            return seen
        return or_(seen, and_(entity.aid_id.in_(_aids_of(self)), self.sees(owner)))

    def _rows_of_surveys(self, entity: Any, owner: Any) -> ColumnElement[bool]:
        if entity is SurveyGroup:
            return self.surveys(SurveyGroup)
        if not entity.ASKED_BODY:
            return self.sees_survey(owner)
        # A body that guides the family reads what it told itself, and nothing of other bodies.
        seen = replace(self, agency=None).sees_survey(owner)
        if self.agency is None:
            return seen
        return or_(seen, and_(getattr(entity, entity.ASKED_BODY) == self.agency, _is_asked(self, owner)))

    def listed(self, entity: Any, columns: Sequence[Any], *asked: ColumnElement[bool], walked: bool,
               one: bool = False) -> Select[Any]:  # fmt: skip
        """A Core SELECT of the live rows of an entity that lists show to this person; of live families, if of one.
        asked: what else they meet; it is looked at first, for nearly all rows of a list are the person's.

        It asks once for each row what the listener and a list would ask twice: whose its family is, and whether the
        family is live. walked: the rows are met in some order of their own, and each is asked for its family; else
        they may be gathered from the families; one: of these too each is asked by itself, as `given_families`.
        """
        table = entity.__table__
        where = [] if self.sees_special else [told for each, told in ordinary(self).items() if each is entity]
        if issubclass(entity, Annullable):
            where.append(table.c.annulled_at.is_(None))
        where += asked
        if walked and entity is Family:
            in_order = SimpleNamespace(**{name: conditions.unindexed(table.c[name]) for name in ("id", "territory_id")})
            return select(*columns).select_from(table).where(*where, self.families(in_order, one=True))
        if entity is Family:
            return select(*columns).select_from(table).where(*where, self.families(table.c, one=one))
        if not issubclass(entity, OfFamily):
            return select(*columns).select_from(table).where(*where, self.rows(entity))
        if walked:
            return select(*columns).select_from(table).where(*where, self.sees(table.c.family_id, living=True))
        family = _family.alias()  # a filter may name the families too
        where += [family.c.annulled_at.is_(None), self.families(family.c, one=one)]
        key = conditions.unindexed(family.c.id) if one and not asked else family.c.id  # the families lead to the rows
        return select(*columns).select_from(table.join(family, key == table.c.family_id)).where(*where)

    @property
    def sees_special(self) -> bool:
        """Whether words about health and convictions are shown."""
        return self.everything or self.special

    @property
    def sees_all_places(self) -> bool:
        """Whether territories, bodies and people of the whole installation are seen, though no families."""
        return self.everything or self.administers or self.all_statistics

    def covers_territory(self, territory_id: int | None) -> bool:
        """Whether families of a territory may be entered by this person."""
        return self.everything or territory_id in self.kept

    def keeps_place(self, territory_id: int | None) -> bool:
        """Whether the territory itself, its bodies and people may be written by this person."""
        return self.administers or self.covers_territory(territory_id)


def _families(scope: Scope, family: Any, one: bool, much: bool = False, few: bool = False) -> ColumnElement[bool]:
    if scope.everything:
        return true()
    parts = scope.given_families(family, one=one, few=few, much=much)
    if scope.territories:
        parts.append(family.territory_id.in_(scope.territories))
    return or_(*parts) if parts else false()


def _is_among(table: Any, key: Any, condition: Callable[[Any], ColumnElement[bool]]) -> ColumnElement[bool]:
    """The condition that a column holds the id of a row of a table that meets a condition on its columns."""
    row = table.alias()
    return exists(select(row.c.id).where(row.c.id == key, condition(row.c)).correlate_except(row))


def _is_asked(scope: Scope, group_id: Any) -> ColumnElement[bool]:
    """The condition that the person's body is asked about a survey, which was not called off."""
    inquiry, group = _inquiry.alias(), _group.alias()
    found = (
        select(inquiry.c.id)
        .join(group, group.c.id == inquiry.c.group_id)
        .where(inquiry.c.group_id == group_id, inquiry.c.agency_id == scope.agency, inquiry.c.annulled_at.is_(None))
        .where(group.c.annulled_at.is_(None))
    )
    return exists(found.correlate_except(inquiry, group))


def _cards_at_meetings(scope: Scope) -> Select[tuple[int]]:
    """Ids of the signal cards that stand on an agenda of the commission the person is a member of."""
    sits = _meeting.c.agency_id.in_(_bodies_of(scope))
    items = select(_item.c.card_id).join(_meeting, _meeting.c.id == _item.c.meeting_id)
    return items.where(_item.c.annulled_at.is_(None), _meeting.c.annulled_at.is_(None), sits)


def _aids_of(scope: Scope) -> Select[tuple[int]]:
    """Ids of the aids that the person's body has given."""
    return select(_aid.c.id).where(_aid.c.performer_id == scope.agency)


def _bodies_of(scope: Scope) -> Select[tuple[int]]:
    """Ids of the commissions and councils that the person is a member of today."""
    member = _sitting.alias()
    return select(member.c.agency_id).where(
        member.c.employee_id == scope.assigned_to, conditions.current(member, scope.today)
    )


def _convenes(scope: Scope, meeting_id: Any) -> ColumnElement[bool]:
    """The condition that a column holds the id of a meeting that this person prepares."""
    if not scope.convened:
        return false()
    return _is_among(_meeting, meeting_id, lambda meeting: meeting.territory_id.in_(scope.convened))


def _sees_item(scope: Scope, item_id: Any) -> ColumnElement[bool]:
    """The condition that a column holds the id of one of this person's items."""
    return _is_among(_item, item_id, scope.items)


def _rows_of_meetings(scope: Scope, entity: Any) -> ColumnElement[bool]:
    if entity is Meeting:
        return scope.meetings(Meeting)
    if entity is AgendaItem:
        return scope.items(AgendaItem)
    if entity.ASKED_BODY:
        told = and_(entity.agency_id == (scope.agency or 0), entity.given_on.is_not(None))
        return or_(_sees_item(scope, entity.item_id), told)
    if hasattr(entity, "item_id"):
        return _sees_item(scope, entity.item_id)
    return scope.sees_meeting(entity.meeting_id)


def _rows_of_transfers(scope: Scope, transfer: Any) -> ColumnElement[bool]:
    """Whoever keeps either end, or convenes there, sees where a family is; others see it of their families."""
    near = scope.kept | scope.convened
    parts: list[ColumnElement[bool]] = []
    if near:
        parts += [transfer.from_territory_id.in_(near), transfer.to_territory_id.in_(near)]
    if scope.territories - near or scope.assigned_to is not None:
        given = replace(scope, agency=None)
        parts += [given.sees(transfer.family_id), given.sees(transfer.received_id)]
    return or_(*parts) if parts else false()


def whose_rows(entity: Any) -> Whose:
    """Whose the rows of an entity are; the users and roles of Flask-AppBuilder are accounts."""
    return getattr(entity, "WHOSE", Whose.ACCOUNTS)


# Groups of family categories that tell of health or convictions.
SPECIAL_GROUPS = ("health", "legal")


def ordinary(seen_by: Scope | None = None) -> dict[Any, ColumnElement[bool]]:
    """The entities some of whose rows tell of health or convictions, and the condition of the rows that do not.

    seen_by: whoever is without the permission; what one has seen in a home oneself, what one's own body does, is no
    secret to one.
    """
    kinds, kind_id = SupervisionKind.__table__.c, cast(Any, Supervision.kind_id)
    own = (seen_by or scope()).agency
    return {
        Supervision: conditions.unindexed(kind_id).in_(select(kinds.id).where(kinds.special.is_(False))),
        FamilyCategory: FamilyCategory.group.not_in(SPECIAL_GROUPS),
        AgencyFinding: AgencyFinding.special.is_(False),
        SurveyMark: (seen_by or scope()).marks(SurveyMark),
        PlannedMeasure: conditions.plain_measures(PlannedMeasure, own),
        Aid: conditions.plain_aids(Aid, own),
    }


NOBODY = Scope()
EVERYTHING = Scope(everything=True, user_name="командная строка")

_current_scope: ContextVar[Scope] = ContextVar("scope", default=NOBODY)


def scope() -> Scope:
    """The scope that is settled now; nobody's if none is."""
    return _current_scope.get()


def settle(value: Scope) -> Token[Scope]:
    """Settle the scope; give the token to `unsettle` when done."""
    return _current_scope.set(value)


def unsettle(token: Token[Scope]) -> None:
    _current_scope.reset(token)


@contextmanager
def acting_as(value: Scope) -> Iterator[None]:
    """Run a block under a scope."""
    token = settle(value)
    try:
        yield
    finally:
        unsettle(token)


def unrestricted() -> Any:
    """Run a block of a command, not of a request, over the whole bank."""
    return acting_as(EVERYTHING)


@event.listens_for(Session, "do_orm_execute")
def _narrow(state: ORMExecuteState) -> None:
    """Lay the scope over a SELECT, its joins, its lazy loads and its counts."""
    current = _current_scope.get()
    if current.everything or not state.is_select or state.is_column_load:
        return
    wall: Any = _wall(current)
    if wall not in state.statement._with_options:  # a load of related rows bears it already
        state.statement = state.statement.options(wall)
    asked = state.bind_mapper
    if asked is None or state.is_relationship_load or not isinstance(state.statement, Select):
        return
    if whose_rows(asked.class_) in ASKED_FOR:
        state.statement = state.statement.where(current.rows(asked.class_))


class Wall(CriteriaOption):
    """The criteria of a scope as one option of a statement.

    SQLAlchemy finds what it has compiled by a key of the whole statement. The share of two dozen criteria in that key
    would cost more than all the rest, and is the same for every statement: it is made once. Scopes of one structure
    share what is compiled, and each gives its own values.
    """

    propagate_to_loaders = True
    inherit_cache = False  # the key is made here
    _structures: ClassVar[dict[Any, object]] = {}

    def __init__(self, criteria: Iterable[Any]) -> None:
        self._criteria, known, values = tuple(criteria), anon_map(), list[Any]()
        keys = tuple(each._gen_cache_key(known, values) for each in self._criteria)
        assert NO_CACHE not in known
        self._structure = self._structures.setdefault(keys, object())  # it tells which of the values are one
        self._values = list({value.key: value for value in values}.values())

    def _gen_cache_key(self, _names: Any, values: list[Any]) -> tuple[Any, ...]:
        values.extend(self._values)
        return Wall, self._structure

    def process_compile_state(self, compile_state: Any) -> None:
        for each in self._criteria:
            each.process_compile_state(compile_state)

    def process_compile_state_replaced_entities(self, compile_state: Any, mapper_entities: Any) -> None:
        for each in self._criteria:
            each.process_compile_state_replaced_entities(compile_state, mapper_entities)

    def get_global_criteria(self, attributes: Any) -> None:
        for each in self._criteria:
            each.get_global_criteria(attributes)


# Put together once for all who see the same rows: a value that stands in many criteria is given to each statement once.
_own_families = lru_cache(maxsize=4096)(lambda scope, one, much: _families(scope, _family.c, one, much))
_is_seen = lru_cache(maxsize=4096)(lambda scope, few: _families(scope, _by_id, one=True, few=few))
_rows_seen = lru_cache(maxsize=4096)(Scope._rows)


@lru_cache(maxsize=256)
def _wall(scope: Scope) -> Wall:
    """The wall of a scope, made once: a day, a person's territories and assignments."""
    hidden = {} if scope.sees_special else ordinary(scope)
    not_special = (with_loader_criteria(entity, told, include_aliases=True) for entity, told in hidden.items())
    narrowed = (mapper.class_ for mapper in Model.registry.mappers if whose_rows(mapper.class_) in EVERYWHERE)
    return Wall(
        (
            *not_special,
            *(with_loader_criteria(entity, scope.rows(entity), include_aliases=True) for entity in narrowed),
        )
    )
