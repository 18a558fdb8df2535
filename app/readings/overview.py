"""Everything that is live about one family, in a handful of statements however much there is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    Select,
    String,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, joinedload, selectinload

from app import tree
from app.domain import ages, intervals, registration, terms
from app.domain.periods import quarter_of, year_period
from app.extensions import db
from app.models import (
    Agency,
    AgendaItem,
    Aid,
    Annullable,
    Assignment,
    Criterion,
    Decision,
    DecisionOutcome,
    Delivery,
    DynamicsLevel,
    Education,
    EducationStatus,
    Employee,
    Family,
    FamilyReaction,
    IdentityDocument,
    IdentityKind,
    Instruction,
    MeasureKind,
    Meeting,
    Member,
    Mentor,
    Paper,
    PlannedMeasure,
    Programme,
    PupilSupport,
    Registration,
    RegistrationCriterion,
    RetentionHold,
    SignalCard,
    Stage,
    StageKind,
    StayExtension,
    Supervision,
    SupervisionKind,
    SurveyAct,
    SurveyGroup,
    Territory,
    Transfer,
)
from app.readings import contact
from app.readings.facts import (
    KINDS,
    TYPES,
    CardFact,
    DeliveryFact,
    Fact,
    MatterFact,
    MeasureFact,
    MoveFact,
    OrderFact,
    PaperFact,
    ProgrammeFact,
    StageFact,
    SupportFact,
    SurveyFact,
)

LATEST_AIDS = 30
MOST_AIDS = 5000  # what a whole time line reads at most


@dataclass
class MemberToday:
    """A member with the rows about him on a day."""

    member: Member
    today: date
    facts: dict[str, list[Fact]]

    @property
    def is_child(self) -> bool:
        return ages.is_minor(self.member.born_on, self.today)

    @property
    def is_present(self) -> bool:
        return intervals.holds(self.member.joined_on, self.member.left_on, self.today)

    @property
    def comes_of_age_on(self) -> date | None:
        """The eighteenth birthday."""
        return ages.birthday(self.member.born_on, ages.MAJORITY) if self.member.born_on else None

    @property
    def education(self) -> Fact | None:
        """What the child does by day now."""
        return intervals.education_on(
            self.facts.get("Education", ()), self.today, lambda fact: (fact.since, fact.until)
        )

    @property
    def support(self) -> SupportFact | None:
        """The pupil support of the current quarter, or else the latest one before it."""
        every = [fact for fact in self.facts.get("PupilSupport", ()) if isinstance(fact, SupportFact)]
        known = [fact for fact in every if (fact.year, fact.quarter) <= quarter_of(self.today)]
        return max(known, key=lambda fact: (fact.year, fact.quarter), default=None)

    @property
    def documents(self) -> list[Fact]:
        return self.facts.get("IdentityDocument", [])

    @property
    def supervisions(self) -> list[Fact]:
        """Records of other bodies: those that hold first."""
        rows = self.facts.get("Supervision", [])
        return sorted(rows, key=lambda fact: (not fact.holds(self.today), fact.since or date.min))


@dataclass
class Overview:
    """A family and its live rows on a day."""

    family: Family
    today: date
    people: list[MemberToday]
    registrations: list[Registration]
    decisions: list[Decision]
    aids: list[Aid]
    aid_count: int
    aid_sum: Decimal
    facts: dict[str, list[Fact]]

    @property
    def moves(self) -> list[MoveFact]:
        """The transfers of its file, the latest first; of those that were declined only the last step."""
        rows = [fact for fact in self.facts.get("Transfer", ()) if isinstance(fact, MoveFact)]
        rows.sort(key=lambda fact: fact.id, reverse=True)
        return [row for place, row in enumerate(rows) if row.text is None or not place]

    def handed(self, decision: Decision) -> list[DeliveryFact]:
        """To whom the papers of a decision were handed or sent, in the order of the days."""
        rows = [row for row in self.facts.get("Delivery", ()) if isinstance(row, DeliveryFact)]
        return sorted((row for row in rows if row.decision == decision.id), key=lambda row: (row.since, row.id))

    @property
    def holds(self) -> list[Fact]:
        """Why it must not be destroyed yet, by whom and until when, the longest hold first."""
        rows = [fact for fact in self.facts.get("RetentionHold", ()) if fact.until and fact.until > self.today]
        return sorted(rows, key=lambda fact: fact.until or date.max, reverse=True)

    @property
    def children(self) -> list[MemberToday]:
        """Minors of the family today, the eldest first."""
        found = [person for person in self.people if person.is_child and person.is_present]
        return sorted(found, key=lambda person: person.member.born_on or date.min)

    @property
    def adults(self) -> list[MemberToday]:
        """Everybody else who lives in the family: grown up, or of unknown age; parents first."""
        order = {role: place for place, role in enumerate(terms.ParentalRole)}
        found = [person for person in self.people if not person.is_child and person.is_present]
        return sorted(found, key=lambda one: order[one.member.role.parental_role] if one.member.role else len(order))

    @property
    def gone(self) -> list[MemberToday]:
        return [person for person in self.people if not person.is_present]

    @property
    def current(self) -> Registration | None:
        """The stay on record that holds today."""
        for row in self.registrations:
            if registration.on_record(row.registered_on, row.removed_on, self.today):
                return row
        return None

    @property
    def last(self) -> Registration | None:
        """The stay that holds, or else the latest one."""
        return self.current or (self.registrations[0] if self.registrations else None)

    @property
    def places(self) -> list[Territory]:
        """The family's territory and those above it up to the district, the widest first."""
        upwards = tree.upwards(self.family.territory)
        return [place for place in reversed(upwards) if place.kind is not terms.TerritoryKind.REGION]

    @property
    def papers(self) -> list[PaperFact]:
        """The scans, the latest first."""
        every = [fact for fact in self.facts.get("Paper", ()) if isinstance(fact, PaperFact)]
        return sorted(every, key=lambda fact: fact.since or date.min, reverse=True)

    @property
    def surveys(self) -> list[SurveyFact]:
        """The survey acts in force, the latest first."""
        rows = [fact for fact in self.facts.get("SurveyAct", ()) if isinstance(fact, SurveyFact)]
        return sorted(rows, key=lambda fact: (fact.since or date.min, fact.id), reverse=True)

    @property
    def cards(self) -> list[CardFact]:
        """The signal cards about the family that the person sees, the latest first."""
        rows = [fact for fact in self.facts.get("SignalCard", ()) if isinstance(fact, CardFact)]
        return sorted(rows, key=lambda fact: (fact.since or date.min, fact.id), reverse=True)

    @property
    def matters(self) -> list[MatterFact]:
        """What meetings have considered, the latest first."""
        rows = [fact for fact in self.facts.get("AgendaItem", ()) if isinstance(fact, MatterFact)]
        return sorted(rows, key=lambda fact: (fact.since or date.min, fact.id), reverse=True)

    @property
    def orders(self) -> list[OrderFact]:
        """What bodies were told to do, the latest day of all first."""
        rows = [fact for fact in self.facts.get("Instruction", ()) if isinstance(fact, OrderFact)]
        return sorted(rows, key=lambda fact: (fact.until or date.min, fact.id), reverse=True)

    @property
    def programmes(self) -> list[ProgrammeFact]:
        """The programmes, the latest first."""
        rows = [fact for fact in self.facts.get("Programme", ()) if isinstance(fact, ProgrammeFact)]
        return sorted(rows, key=lambda fact: (fact.since or date.min, fact.id), reverse=True)

    @property
    def stages(self) -> list[StageFact]:
        """The stages of all programmes in their order."""
        rows = [fact for fact in self.facts.get("Stage", ()) if isinstance(fact, StageFact)]
        return sorted(rows, key=lambda fact: (fact.since or date.min, fact.id))

    @property
    def measures(self) -> list[MeasureFact]:
        """The measures of all plans, by the day they are due."""
        rows = [fact for fact in self.facts.get("PlannedMeasure", ()) if isinstance(fact, MeasureFact)]
        return sorted(rows, key=lambda fact: (fact.until or date.min, fact.id))

    @property
    def last_contact(self) -> contact.Contact | None:
        """The last contact up to today."""
        aids = (aid.given_on for aid in self.aids)
        visits = (act.since for act in self.surveys if act.access not in contact.NOT_MET)
        cards = (card.since for card in self.cards)
        return contact.latest(*(max((day for day in days if day and day <= self.today), default=None)
                                for days in (aids, visits, cards)))  # fmt: skip

    @property
    def mentors(self) -> list[Fact]:
        return self._latest("Mentor")

    @property
    def assignments(self) -> list[Fact]:
        return self._latest("Assignment")

    def _latest(self, entity: str) -> list[Fact]:
        rows = self.facts.get(entity, [])
        return sorted(rows, key=lambda fact: (fact.holds(self.today), fact.since or date.min), reverse=True)


def minors(family: Family, today: date) -> list[Member]:
    """The children of a family on a day, the eldest first; its live members are loaded."""
    found = [
        member
        for member in family.members
        if ages.is_minor(member.born_on, today) and intervals.holds(member.joined_on, member.left_on, today)
    ]
    return sorted(found, key=lambda member: member.born_on or date.min)


def options() -> tuple[Any, ...]:
    """How the family itself is loaded: with its places and categories.

    Not joinedload for a relation through a link table: SQLite would read the whole link table for one family.
    """
    return (
        joinedload(Family.territory).joinedload(Territory.parent).joinedload(Territory.parent),
        joinedload(Family.district),
        selectinload(Family.categories),
    )


def of(family: Family, today: date, *, aids: int = LATEST_AIDS) -> Overview:
    """The live rows of a family that the caller has found among the person's rows."""
    members = list(
        db.session.scalars(
            select(Member)
            .where(Member.family_id == family.id, Member.annulled_at.is_(None))
            .options(joinedload(Member.role))
            .order_by(Member.id)
        )
    )
    by_entity: dict[str, list[Fact]] = {}
    by_member: dict[int, dict[str, list[Fact]]] = {}
    for entity, fact in _facts(family):
        if fact.member_id is None:
            by_entity.setdefault(entity, []).append(fact)
        else:
            by_member.setdefault(fact.member_id, {}).setdefault(entity, []).append(fact)
    registrations, decisions = _stays(family)
    given, count, total = _aids(family, today, aids)
    return Overview(
        family=family,
        today=today,
        people=[MemberToday(member, today, by_member.get(member.id, {})) for member in members],
        registrations=registrations,
        decisions=decisions,
        aids=given,
        aid_count=count,
        aid_sum=total,
        facts=by_entity,
    )


def _stays(family: Family) -> tuple[list[Registration], list[Decision]]:
    """The registrations, latest first, and the decisions: every registration hangs on one of them."""
    rows = db.session.execute(
        select(Decision, Registration)
        .outerjoin(
            Registration,
            and_(
                Registration.annulled_at.is_(None),
                or_(Registration.decision_id == Decision.id, Registration.removal_decision_id == Decision.id),
            ),
        )
        .where(Decision.family_id == family.id, Decision.annulled_at.is_(None))
        .options(
            joinedload(Decision.agency),
            joinedload(Registration.sender).joinedload(Agency.kind),
            joinedload(Registration.removal_reason),
            joinedload(Registration.criteria_over_time)
            .joinedload(RegistrationCriterion.criterion)
            .joinedload(Criterion.parent),
            selectinload(Registration.extensions).joinedload(StayExtension.deadline),
        )
    ).unique()
    registrations: dict[int, Registration] = {}
    decisions: dict[int, Decision] = {}
    for decision, stay in rows:
        decisions[decision.id] = decision
        if stay is not None:
            registrations[stay.id] = stay
            stay.settle_criteria()
    return (
        sorted(registrations.values(), key=lambda row: (row.registered_on, row.id), reverse=True),
        sorted(decisions.values(), key=lambda row: (row.decided_on, row.id), reverse=True),
    )


def _aids(family: Family, today: date, limit: int) -> tuple[list[Aid], int, Decimal]:
    """The latest aids with their recipients, how many there are, how many roubles this year; of none nothing."""
    if not limit:
        return [], 0, Decimal(0)
    year = year_period(today.year)
    live = (Aid.family_id == family.id, Aid.annulled_at.is_(None))
    every = select(func.count(Aid.id)).where(*live).scalar_subquery()
    this_year = select(func.sum(Aid.amount)).where(*live, Aid.given_on.between(year.start, year.end)).scalar_subquery()
    rows = (
        db.session.execute(
            select(Aid, every, this_year)
            .where(*live)
            .order_by(Aid.given_on.desc(), Aid.id.desc())
            .limit(limit)
            .options(
                joinedload(Aid.kind), joinedload(Aid.measure), joinedload(Aid.performer), selectinload(Aid.recipients)
            )
        )
        .unique()
        .all()
    )
    if not rows:
        return [], 0, Decimal(0)
    return [row[0] for row in rows], rows[0][1], rows[0][2] or Decimal(0)


def _facts(family: Family) -> Iterator[tuple[str, Fact]]:
    """The small rows of a family with the names of their entities, in one statement; the found family is the scope."""
    name = Employee.last_name + " " + Employee.first_name + func.coalesce(" " + Employee.middle_name, "")
    places = [place.id for place in tree.upwards(family.territory)]
    parts = [
        _part(IdentityDocument, family, member_id=IdentityDocument.member_id, since=IdentityDocument.issued_on,
              title=IdentityKind.name, more=IdentityDocument.issued_by,
              text=func.coalesce(IdentityDocument.series + " ", "") + func.coalesce(IdentityDocument.number, ""),
              ).outerjoin(IdentityDocument.kind),
        _part(Education, family, member_id=Education.member_id, since=Education.started_on, until=Education.ended_on,
              title=EducationStatus.name, text=Education.organisation, more=Education.grade,
              ).outerjoin(Education.status),
        _part(PupilSupport, family, member_id=PupilSupport.member_id, title=PupilSupport.note,
              text=PupilSupport.attendance, more=PupilSupport.progress, year=PupilSupport.year,
              quarter=PupilSupport.quarter, meals=PupilSupport.free_meals, textbooks=PupilSupport.free_textbooks,
              leisure=PupilSupport.leisure, holidays=cast(PupilSupport.holidays, String)),
        _part(Supervision, family, member_id=Supervision.member_id, since=Supervision.started_on,
              until=Supervision.ended_on, title=SupervisionKind.name, more=Supervision.note,
              ).join(Supervision.kind),
        _part(Paper, family, since=Paper.dated_on, title=Paper.title, text=cast(Paper.kind, String),
              pages=Paper.pages, size=Paper.size, key=Paper.key),
        _part(Mentor, family, since=Mentor.started_on, until=Mentor.ended_on, title=name, text=Employee.position,
              more=Agency.name).join(Mentor.employee).join(Employee.agency),
        _part(Assignment, None, since=Assignment.started_on, until=Assignment.ended_on, title=name,
              text=Territory.name, more=Agency.name)
        .join(Assignment.employee).join(Employee.agency).outerjoin(Assignment.territory)
        .where(or_(Assignment.family_id == family.id, Assignment.territory_id.in_(places))),
        *_parts_of_meetings(family),
        *_parts_of_programmes(family),
        _part(Transfer, None, since=Transfer.decided_on, title=_other_end(family), text=Transfer.declined,
              answered=Transfer.answered_at.is_not(None), came=Transfer.received_id == family.id)
        .where(or_(Transfer.family_id == family.id, Transfer.received_id == family.id)),
        _part(SurveyAct, None, since=SurveyAct.visited_on, title=cast(SurveyAct.access, String),
              text=cast(SurveyAct.threat, String))
        .join(SurveyAct.group).where(SurveyGroup.family_id == family.id, SurveyAct.is_current.is_(True)),
        _part(RetentionHold, family, until=RetentionHold.until, title=RetentionHold.user_name,
              text=RetentionHold.reason),
        _part(SignalCard, family, since=SignalCard.sent_on, title=_number_of_card(),
              text=cast(SignalCard.threat, String)),
    ]  # fmt: skip
    for row in db.session.execute(union_all(*parts)):
        kind = KINDS.get(row.entity, Fact)
        yield row.entity, kind(**{each.name: row._mapping[each.name] for each in fields(kind)})


def _parts_of_meetings(family: Family) -> list[Select[Any]]:
    return [
        _part(AgendaItem, family, since=Meeting.held_on, title=AgendaItem.title, text=DecisionOutcome.name,
              more=AgendaItem.number, meeting=AgendaItem.meeting_id)
        .join(AgendaItem.meeting).outerjoin(AgendaItem.outcome).where(Meeting.closed_at.is_not(None)),
        _part(Delivery, None, since=Delivery.sent_on, title=Delivery.whom, text=cast(Delivery.kind, String),
              more=cast(Delivery.way, String), done=Delivery.received_on, decision=AgendaItem.decision_id)
        .join(Delivery.item).where(AgendaItem.family_id == family.id, AgendaItem.decision_id.is_not(None)),
        _part(Instruction, family, since=Instruction.given_on, until=Instruction.due_on, title=Agency.name,
              text=Instruction.text, more=Instruction.answer, done=Instruction.done_on,
              answered=Instruction.answered_at.is_not(None),
              accepted=Instruction.accepted_at.is_not(None))
        .join(Instruction.agency).where(Instruction.given_on.is_not(None)),
    ]  # fmt: skip


def _parts_of_programmes(family: Family) -> list[Select[Any]]:
    return [
        _part(Programme, family, since=Programme.starts_on, until=Programme.ends_on,
              title=cast(Programme.kind, String), text=cast(Programme.closed_as, String),
              more=Programme.close_reason, done=Programme.closed_on),
        _part(Stage, family, since=Stage.starts_on, until=Stage.ends_on, title=StageKind.name,
              text=DynamicsLevel.name, more=FamilyReaction.name, done=Stage.reviewed_on, held=Stage.meeting_on)
        .join(Stage.kind).outerjoin(Stage.dynamics).outerjoin(Stage.reaction),
        _part(PlannedMeasure, family, until=PlannedMeasure.due_on, title=MeasureKind.code + " " + MeasureKind.name,
              text=cast(PlannedMeasure.state, String), more=Agency.name, done=PlannedMeasure.done_on,
              performer=PlannedMeasure.performer_id)
        .join(PlannedMeasure.kind).outerjoin(PlannedMeasure.performer),
    ]  # fmt: skip


def _part(entity: Any, family: Family | None, **values: InstrumentedAttribute[Any] | Any) -> Select[Any]:
    """One table's rows in the shape that all tables share; a union is named by the columns of its first table."""
    columns = [_column(values.get(name), kind).label(name) for name, kind in TYPES.items()]
    statement = select(literal(entity.__name__, String).label("entity"), entity.id.label("id"), *columns)
    if issubclass(entity, Annullable):
        statement = statement.where(entity.annulled_at.is_(None))
    return statement.where(entity.family_id == family.id) if family is not None else statement


def _other_end(family: Family) -> Any:
    """Where a family went to, or came from, as people call it."""
    place = Territory.__table__.alias("other_end")
    key = case((Transfer.received_id == family.id, Transfer.from_territory_id), else_=Transfer.to_territory_id)
    return func.coalesce(select(place.c.name).where(place.c.id == key).scalar_subquery(), Transfer.elsewhere)


def _number_of_card() -> Any:
    return "№ " + cast(SignalCard.number, String) + "/" + cast(SignalCard.year, String)


def _column(value: Any, kind: Any) -> Any:
    """A value of the statement; an unknown one has a type too, and texts of every length have one."""
    if value is None:
        return cast(null(), kind)
    return cast(value, kind) if kind is String else value
