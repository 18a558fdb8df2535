"""The families on record at the end of a day as the registry and the monthly bank list them: one line for each.

They are read by portions, each when its turn comes: a bank of a hundred thousand needs no more memory than one of two.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, String, and_, cast, func, null, or_, select, union_all

from app import access
from app.conditions import belongs, current, in_force, keyed, status_on
from app.domain import ages, names, terms
from app.domain.periods import Period
from app.extensions import db
from app.models import (
    Agency,
    Criterion,
    Decision,
    DynamicsLevel,
    Employee,
    FamilyCategory,
    FamilyReaction,
    Mentor,
    PlannedMeasure,
    Programme,
    RegistrationCriterion,
    RelationshipKind,
    Stage,
    StageKind,
    SurveyAct,
    SurveyGroup,
)
from app.reports import places
from app.reports.places import Place, ReportPlaces
from app.reports.quarterly_rows import Dictionaries, PeriodRows, family, family_categories, member, registration

decision, commission = Decision.__table__, Agency.__table__.alias("commission")
role = RelationshipKind.__table__
named, criterion = RegistrationCriterion.__table__, Criterion.__table__
category, mentor, employee = FamilyCategory.__table__, Mentor.__table__, Employee.__table__
programme, stage, measure = Programme.__table__, Stage.__table__, PlannedMeasure.__table__
act, group = SurveyAct.__table__, SurveyGroup.__table__
PORTION = 2000  # families read at once
NOT_MET = (terms.SurveyAccess.NOBODY,)  # a visit that found nobody is none
PARENTS = (terms.ParentalRole.MOTHER, terms.ParentalRole.FATHER, terms.ParentalRole.GUARDIAN)


@dataclass(slots=True)
class PersonOnRecord:
    """Somebody of a family on the day."""

    name: str
    role: terms.ParentalRole | None
    born_on: date | None
    sex: terms.Sex | None
    workplace: str | None
    education: str | None


@dataclass(slots=True)
class Standing:
    """A family that stands on record, with what is known of it on the day."""

    family_id: int
    territory_id: int
    number: str
    name: str
    registered_address: str | None
    address: str | None
    stated_size: int | None
    income: Decimal | None
    income_source: str | None
    additional: str | None
    detected_on: date | None
    registered_on: date
    decision_number: str | None
    decided_on: date
    commission: str | None
    people: list[PersonOnRecord] = field(default_factory=list)
    children: list[PersonOnRecord] = field(default_factory=list)  # those of the people who are minors on the day
    criteria: list[tuple[str, str]] = field(default_factory=list)
    categories: list[str] = field(default_factory=list)
    mentors: list[str] = field(default_factory=list)
    visited_on: date | None = None
    stage: str = ""
    dynamics: str = ""
    reaction: str = ""
    overdue: int = 0

    @property
    def parents(self) -> list[PersonOnRecord]:
        return [person for person in self.people if person.role in PARENTS]


@dataclass(frozen=True)
class StandingFamilies:
    """The families of these territories on record at the end of a day, by name, as this person's figures count them.

    Whoever walks them reads them. number: how many the figures count.
    """

    rows: Sequence[Place]
    tree: ReportPlaces
    day: date
    lists: Dictionaries
    number: int

    def __len__(self) -> int:
        return self.number

    def __iter__(self) -> Iterator[Standing]:
        of = PeriodRows(Period(self.day, self.day), self.lists)
        stays = (
            select(registration.c.id, *SAID)
            .select_from(
                BASE.join(decision, decision.c.id == registration.c.decision_id).outerjoin(
                    commission, commission.c.id == decision.c.agency_id
                )
            )
            .where(*of.touching, of.at_end, places.counted_in(self.rows, self.tree)(of.stays))
            .order_by(family.c.sort_key, family.c.id)
        )
        statuses = {key: name for key, name, _line in self.lists.statuses}
        with db.session.execute(stays) as found:
            for portion in found.partitions(PORTION):
                yield from _told(portion, self.day, statuses)


SAID = (
    family.c.id, family.c.territory_id, family.c.number, family.c.name, family.c.registered_address,
    family.c.actual_address, family.c.stated_size, family.c.income_per_member, family.c.income_source,
    family.c.additional, registration.c.detected_on, registration.c.registered_on, decision.c.number,
    decision.c.decided_on, commission.c.name,
)  # fmt: skip
BASE = registration.join(family, family.c.id == registration.c.family_id)


def _told(stays: Iterable[Any], day: date, statuses: dict[int, str]) -> Iterable[Standing]:
    """What is known of a portion of stays, each after its key."""
    stays = list(stays)
    found = {row[1]: Standing(*tuple(row)[1:]) for row in stays}
    here = keyed(registration.c.id, [row[0] for row in stays])
    _people(found, here, day, statuses)
    _words(found, here, day)
    _programmes(found, here, day)
    return found.values()


def _read(statement: Any) -> Iterator[Any]:
    """The rows of a statement, all at once: one by one they cost as much as the counting."""
    return iter(db.session.execute(statement).all())


def _people(found: dict[int, Standing], here: ColumnElement[bool], day: date, statuses: dict[int, str]) -> None:
    columns = (
        member.c.family_id, member.c.last_name, member.c.first_name, member.c.middle_name, role.c.parental_role,
        member.c.born_on, member.c.sex, member.c.workplace, status_on(member.c.id, day).label("status"),
    )  # fmt: skip
    people = (
        select(*columns)
        .select_from(
            BASE.join(member, member.c.family_id == registration.c.family_id).outerjoin(
                role, role.c.id == member.c.role_id
            )
        )
        .where(here, member.c.annulled_at.is_(None), belongs(member, day))
        .order_by(member.c.born_on, member.c.id)
    )
    for family_id, last_name, first_name, middle_name, parental, born_on, sex, workplace, status_id in (
        _read(people)
    ):  # fmt: skip
        person = PersonOnRecord(names.full(last_name, first_name, middle_name), parental, born_on, sex, workplace,
                        statuses.get(status_id))  # fmt: skip
        found[family_id].people.append(person)
        if ages.is_minor(born_on, day):
            found[family_id].children.append(person)


def _words(found: dict[int, Standing], here: ColumnElement[bool], day: date) -> None:
    """Criteria, categories, mentors and the last visit."""
    criteria = (
        select(registration.c.family_id, criterion.c.code, criterion.c.name, named.c.position)
        .select_from(
            BASE.join(named, named.c.registration_id == registration.c.id).join(
                criterion, criterion.c.id == named.c.criterion_id
            )
        )
        .where(here, in_force(named, day))
    )
    told = [] if access.scope().sees_special else [category.c.group.not_in(access.SPECIAL_GROUPS)]
    categories = (
        select(registration.c.family_id, cast(null(), String), category.c.name, category.c.position)
        .select_from(
            BASE.join(family_categories, family_categories.c.family_id == family.c.id).join(
                category, category.c.id == family_categories.c.category_id
            )
        )
        .where(here, *told)
    )
    for family_id, code, name, _position in _read(union_all(criteria, categories).order_by("position")):
        if code is None:
            found[family_id].categories.append(name)
        else:
            found[family_id].criteria.append((code, name))
    mentors = (
        select(registration.c.family_id, employee.c.last_name, employee.c.first_name, employee.c.middle_name)
        .select_from(
            BASE.join(mentor, mentor.c.family_id == family.c.id).join(employee, employee.c.id == mentor.c.employee_id)
        )
        .where(here, current(mentor, day))
        .order_by(mentor.c.started_on, mentor.c.id)
    )
    for family_id, *name in _read(mentors):
        found[family_id].mentors.append(names.full(*name))
    visits = (
        select(group.c.family_id, func.max(act.c.visited_on))
        .select_from(group.join(act, act.c.group_id == group.c.id))
        .where(
            keyed(group.c.family_id, found),
            act.c.is_current, act.c.annulled_at.is_(None), act.c.access.not_in(NOT_MET), act.c.visited_on <= day,
        )
        .group_by(group.c.family_id)
    )  # fmt: skip
    for family_id, visited_on in _read(visits):
        found[family_id].visited_on = visited_on


def _programmes(found: dict[int, Standing], here: ColumnElement[bool], day: date) -> None:
    """The stage that goes on, what the last reviewed one says of the family, and the measures that are overdue."""
    kind, dynamics, reaction = StageKind.__table__, DynamicsLevel.__table__, FamilyReaction.__table__
    stages = (
        select(
            registration.c.family_id, kind.c.name, stage.c.starts_on, stage.c.ends_on, stage.c.reviewed_on,
            dynamics.c.name.label("dynamics"), reaction.c.name.label("reaction"),
        )
        .select_from(
            BASE.join(programme, programme.c.registration_id == registration.c.id)
            .join(stage, stage.c.programme_id == programme.c.id)
            .join(kind, kind.c.id == stage.c.kind_id)
            .outerjoin(dynamics, dynamics.c.id == stage.c.dynamics_id)
            .outerjoin(reaction, reaction.c.id == stage.c.reaction_id)
        )
        .where(
            here, programme.c.annulled_at.is_(None), stage.c.annulled_at.is_(None), stage.c.decision_id.is_not(None),
            stage.c.starts_on <= day,
        )
        .order_by(stage.c.starts_on, stage.c.id)
    )  # fmt: skip
    for row in _read(stages):
        one = found[row.family_id]
        if row.reviewed_on is None or row.reviewed_on > day:
            one.stage = f"{row.name}, {row.starts_on:%d.%m.%Y} – {row.ends_on:%d.%m.%Y}"
        else:
            one.dynamics, one.reaction = row.dynamics or "", row.reaction or ""
    waits = or_(
        measure.c.state == terms.MeasureState.PLANNED,
        and_(measure.c.state == terms.MeasureState.DONE, measure.c.done_on > day),
    )
    overdue = (
        select(registration.c.family_id, func.count())
        .select_from(
            BASE.join(measure, measure.c.family_id == family.c.id).join(stage, stage.c.id == measure.c.stage_id)
        )
        .where(
            here, measure.c.annulled_at.is_(None), stage.c.annulled_at.is_(None), stage.c.decision_id.is_not(None),
            measure.c.due_on < day, waits,
        )
        .group_by(registration.c.family_id)
    )  # fmt: skip
    for family_id, number in _read(overdue):
        found[family_id].overdue = number


def joined(values: Iterable[str | None], by: str = "; ") -> str:
    """What is known of some values, in one cell."""
    return by.join(value for value in values if value)
