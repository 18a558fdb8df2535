"""Which rows a person sees: settled once for a request, laid over every SELECT.

A record outside one's rows does not exist. Without a settled scope there are no rows at all. Statements of the Core
and raw SQL are not covered: they take `scope().families()` explicitly.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, event, exists, false, or_, select, true
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria

from app import conditions, tree
from app.domain import terms
from app.domain.refusal import Refusal
from app.extensions import db
from app.models import (
    Assignment,
    Employee,
    Family,
    FamilyCategory,
    HomeTerritory,
    JournalEntry,
    Mentor,
    Model,
    OfFamily,
    OfMember,
    RegistrationCriterion,
    SearchWord,
    Supervision,
    SupervisionKind,
    User,
)

_family = Family.__table__
_assignment = Assignment.__table__
_mentor = Mentor.__table__
_employee = Employee.__table__


@dataclass(frozen=True)
class Scope:
    """The rows of one person on one day.

    territories: ids of the territories whose families are seen, the parts already included.
    assigned_to: id of the commission member whose direct assignments are seen.
    agency: id of the agency whose mentored families are seen.
    everything: commands of the installation itself.
    all_statistics: figures, not families, of all territories (the region).
    all_journal: the whole journal (the auditor).
    special: health and convictions of those families too (152-ФЗ, art. 10: a permission of its own).
    user_id, user_name, address: who acts and from which network address, for the journal; they decide about no row,
        so two people with the same rows have equal scopes.
    """

    today: date = date.min
    territories: frozenset[int] = frozenset()
    assigned_to: int | None = None
    agency: int | None = None
    everything: bool = False
    all_statistics: bool = False
    all_journal: bool = False
    administers: bool = False
    special: bool = False
    user_id: int | None = field(default=None, compare=False)
    user_name: str = field(default="", compare=False)
    address: str | None = field(default=None, compare=False)

    def families(self, family: Any = _family.c) -> ColumnElement[bool]:
        """The condition on the table `family` that this person's families meet.

        The listener gives the entity instead of the table: only its attributes follow an alias into a joined load.
        """
        if self.everything:
            return true()
        parts: list[ColumnElement[bool]] = []
        if self.territories:
            parts.append(family.territory_id.in_(self.territories))
        if self.assigned_to is not None:
            parts.append(family.id.in_(self._current(_assignment, _assignment.c.employee_id == self.assigned_to)))
        if self.agency is not None:
            of_agency = _mentor.c.employee_id.in_(select(_employee.c.id).where(_employee.c.agency_id == self.agency))
            parts.append(family.id.in_(self._current(_mentor, of_agency)))
        return or_(*parts) if parts else false()

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

    def sees(self, family_id: Any) -> ColumnElement[bool]:
        """The condition that a column holds the id of one of this person's families.

        Asked row by row through the primary key: a list of all ids would be made anew for every statement.
        """
        family = _family.alias()
        return exists(
            select(family.c.id).where(family.c.id == family_id, self.families(family.c)).correlate_except(family)
        )

    def counted_families(self) -> ColumnElement[bool]:
        """The condition on `family` for figures without names."""
        return true() if self.all_statistics else self.families()

    def journal(self) -> ColumnElement[bool]:
        """The condition on `journal_entry`: an auditor reads all, others the entries of their families."""
        entry = JournalEntry.__table__
        if self.everything or self.all_journal:
            return true()
        if self.administers:
            return entry.c.family_id.is_(None) & entry.c.entity.in_(("User", "Role", "FurtherRole", "HomeTerritory"))
        return self.sees(entry.c.family_id)

    def covers_territory(self, territory_id: int | None) -> bool:
        """Whether families of a territory may be entered by this person."""
        return self.everything or territory_id in self.territories


# Groups of family categories that tell of health or convictions.
SPECIAL_GROUPS = ("health", "legal")

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


def scope_of(user: User, roles: Iterable[str], today: date, *, special: bool = False,
             address: str | None = None) -> Scope:  # fmt: skip
    """The scope of a user with these roles of the code; several roles add up.

    special: the person holds the permission for health and convictions. address: where the person acts from.
    """
    held = set(roles)
    employee = db.session.execute(
        select(_employee.c.id, _employee.c.agency_id).where(
            _employee.c.user_id == user.id, _employee.c.dismissed.is_(False)
        )
    ).first()
    territories: set[int] = set()
    if terms.Role.COORDINATOR in held:
        home = HomeTerritory.__table__
        territories.update(db.session.scalars(select(home.c.territory_id).where(home.c.user_id == user.id)))
    assigned_to = None
    if terms.Role.COMMISSION in held and employee:
        assigned_to = employee.id
        territories.update(db.session.scalars(_assigned_territories(employee.id, today)))
    return Scope(
        today=today,
        territories=tree.below(territories) if territories else frozenset(),
        assigned_to=assigned_to,
        agency=employee.agency_id if employee and terms.Role.SPECIALIST in held else None,
        all_statistics=terms.Role.REGION in held,
        all_journal=terms.Role.AUDITOR in held,
        administers=terms.Role.ADMINISTRATOR in held,
        special=special,
        user_id=user.id,
        user_name=user.get_full_name(),
        address=address,
    )


def _assigned_territories(employee_id: int, today: date) -> Select[tuple[int]]:
    return select(_assignment.c.territory_id).where(
        _assignment.c.employee_id == employee_id,
        _assignment.c.territory_id.is_not(None),
        conditions.current(_assignment, today),
    )


@event.listens_for(Session, "do_orm_execute")
def _narrow(state: ORMExecuteState) -> None:
    """Lay the scope over a SELECT, its joins, its lazy loads and its counts."""
    current = _current_scope.get()
    if current.everything or not state.is_select or state.is_column_load:
        return
    state.statement = state.statement.options(*_criteria(current))


@lru_cache(maxsize=256)
def _criteria(scope: Scope) -> tuple[Any, ...]:
    """The scope as options of a statement, made once for a scope: a day, a person's territories and assignments."""
    of_family = [mapper.class_ for mapper in Model.registry.mappers if issubclass(mapper.class_, OfFamily)]
    ordinary = select(SupervisionKind.__table__.c.id).where(SupervisionKind.__table__.c.special.is_(False))
    not_special = (
        ()
        if scope.special
        else (
            with_loader_criteria(Supervision, Supervision.kind_id.in_(ordinary), include_aliases=True),
            with_loader_criteria(FamilyCategory, FamilyCategory.group.not_in(SPECIAL_GROUPS), include_aliases=True),
        )
    )
    return (
        *not_special,
        with_loader_criteria(Family, scope.families(Family), include_aliases=True),
        *(
            with_loader_criteria(entity, scope.sees(entity.family_id), include_aliases=True)
            for entity in (*of_family, RegistrationCriterion, SearchWord)
        ),
        with_loader_criteria(
            Assignment, or_(Assignment.family_id.is_(None), scope.sees(Assignment.family_id)), include_aliases=True
        ),
        with_loader_criteria(JournalEntry, scope.journal(), include_aliases=True),
    )


@event.listens_for(Session, "before_flush")
def _guard(session: Session, _context: Any, _instances: Any) -> None:
    """Refuse to store a row of a family that the person does not see; keep a member's rows in the member's family."""
    for row in session.new | session.dirty:
        if isinstance(row, OfMember) and row.member is not None:
            row.family_id = row.member.family_id
    current = _current_scope.get()
    if current.everything:
        return
    wanted: set[int] = set()
    for row in session.new | session.dirty | session.deleted:
        if isinstance(row, Family):
            territory_id = row.territory_id or (row.territory.id if row.territory else None)
            if not current.covers_territory(territory_id):
                raise Refusal("Эта территория вам не поручена.", "territory")
            if row.id is not None:
                wanted.add(row.id)
        elif isinstance(row, OfFamily):
            family_id = row.family_id or (row.family.id if row.family else None)
            if family_id is not None:
                wanted.add(family_id)
    if wanted:
        with session.no_autoflush:
            seen = set(session.connection().scalars(current.family_ids().where(_family.c.id.in_(wanted))))
        if wanted - seen:
            raise Refusal("Такой семьи нет.")
