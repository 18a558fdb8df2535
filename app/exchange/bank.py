"""The bank as the exchange form sees it on a day: the same fields as the columns of the form, with their keys.

Export writes this; an import is compared with this. So what is written and read back is the same by construction.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Select, Table, literal, select, union_all

from app import access, tree
from app.domain import intervals, writing
from app.domain.criteria import DatedCriterion, in_force
from app.domain.periods import quarter_of
from app.domain.refusal import Refusal
from app.domain.terms import DoublesVerdict
from app.exchange.cells import Codes
from app.exchange.programmes import ProgrammesOfBank, columns, line, lines_of, text
from app.exchange.records import FamilyRow, MemberRow, Named
from app.exchange.states import (
    AidState,
    DocumentState,
    EducationState,
    FamilyState,
    MemberState,
    StayState,
    SupervisionState,
    SupportState,
)
from app.extensions import db, portions
from app.models import (
    Agency,
    AgencyKind,
    Aid,
    AidKind,
    Criterion,
    Decision,
    DoublesDecision,
    DynamicsLevel,
    Education,
    EducationStatus,
    Family,
    FamilyCategory,
    FamilyReaction,
    IdentityDocument,
    IdentityKind,
    MeasureKind,
    Member,
    PupilSupport,
    Registration,
    RegistrationCriterion,
    RelationshipKind,
    RemovalReason,
    StageKind,
    Supervision,
    SupervisionKind,
    TerritoryAlias,
    aid_recipients,
    family_categories,
)

DICTIONARIES: dict[str, tuple[Any, str]] = {
    "agency_kind": (AgencyKind, "Виды органов"),
    "criterion": (Criterion, "Критерии"),
    "reason": (RemovalReason, "Причины снятия"),
    "category": (FamilyCategory, "Категории семей"),
    "role": (RelationshipKind, "Роли в семье"),
    "document": (IdentityKind, "Виды документов"),
    "education": (EducationStatus, "Обучение, занятость"),
    "supervision": (SupervisionKind, "Виды учёта"),
    "aid_kind": (AidKind, "Виды помощи"),
    "measure": (MeasureKind, "Мероприятия"),
    "stage_kind": (StageKind, "Виды этапов"),
    "dynamics": (DynamicsLevel, "Уровни динамики"),
    "reaction": (FamilyReaction, "Реакции семей"),
}


def check_special() -> None:
    """The form tells of health and convictions: without the permission for them it is neither read nor written."""
    scope = access.scope()
    if not (scope.everything or scope.special):
        raise Refusal("Книга обмена содержит сведения о здоровье и судимости: на них нужно отдельное право.", "file")


def dictionaries() -> dict[str, Codes]:
    """Every dictionary that the form names, asked at once; retired rows too: old records keep them."""
    found: dict[str, list[tuple[int, str, str]]] = {name: [] for name in DICTIONARIES}
    for row in db.session.execute(_every_word()):
        found[row.dictionary].append((row.id, row.code, row.name))
    return {name: Codes(title, found[name]) for name, (_entity, title) in DICTIONARIES.items()}


@cache
def _every_word() -> Select[Any]:
    """The one statement, put together once: it is long, and is the same in every question."""
    every = union_all(
        *(_words_of(name, entity.__table__) for name, (entity, _title) in DICTIONARIES.items())
    ).subquery()
    return select(every).order_by(every.c.retired, every.c.position, every.c.id)


def _words_of(name: str, table: Table) -> Select[Any]:
    columns = table.c
    return select(literal(name).label("dictionary"), columns.id, columns.code, columns.name, columns.position,
                  columns.retired)  # fmt: skip


@dataclass(frozen=True)
class Body:
    """An agency: its kind by code, its name and key."""

    id: int
    kind: str
    name: str
    key: str
    territory_id: int


class Places:
    """Territories and agencies of the installation, small enough to be held whole."""

    def __init__(self, kinds: Codes) -> None:
        self.tree = tree.read()
        self.territories = self.tree.rows
        agency = Agency.__table__
        alias = TerritoryAlias.__table__
        self.aliases: dict[int, list[str]] = {}
        for territory_id, key in db.session.execute(select(alias.c.territory_id, alias.c.name_key)):
            self.aliases.setdefault(territory_id, []).append(key)
        self.bodies = {
            row.id: Body(row.id, kinds.codes[row.kind_id], row.name, row.name_key, row.territory_id)
            for row in db.session.execute(
                select(agency.c.id, agency.c.kind_id, agency.c.name, agency.c.name_key, agency.c.territory_id)
            )
        }
        self.called: dict[int | None, tuple[str | None, str | None]] = {
            None: (None, None), **{body.id: (body.kind, line(body.name)) for body in self.bodies.values()}
        }  # fmt: skip

    def names_of(self, territory_id: int) -> set[str]:
        """The keys of every name a territory goes by."""
        return {self.territories[territory_id].name_key, *self.aliases.get(territory_id, ())}

    @property
    def roots(self) -> list[int]:
        """The territories that belong to none: the region."""
        return [place.id for place in self.tree.roots]

    def below(self, territory_id: int) -> list[int]:
        """A territory and all its parts, nearest first."""
        return [place.id for place in self.tree.below([territory_id])]

    def above(self, territory_id: int) -> list[int]:
        """What a territory belongs to, nearest first."""
        return [place.id for place in self.tree.above(territory_id)[1:]]


def by(day: date | None, on: date) -> date | None:
    """A date as it is known on a day: what lies later has not happened yet."""
    return day if day is None or day <= on else None


def main_document(documents: Sequence[DocumentState], on: date) -> DocumentState | None:
    """The document that the form shows: the last one issued by the day, or the last of all."""
    known = [each for each in documents if by(each.issued_on, on) == each.issued_on] or list(documents)
    return max(known, key=lambda each: (each.issued_on or date.min, each.id), default=None)


def education_on(educations: Sequence[EducationState], on: date) -> EducationState | None:
    """What a member did by day."""
    return intervals.education_on(educations, on, lambda each: (each.started_on, each.ended_on))


def support_on(supports: Sequence[SupportState], on: date) -> SupportState | None:
    """The pupil support of the quarter that holds a day."""
    return next((each for each in supports if (each.year, each.quarter) == quarter_of(on)), None)


def family_numbers(district_id: int) -> dict[str, tuple[int, bool]]:
    """Number → (id, whether the person may see it) of every family of a district that is not annulled."""
    family = Family.__table__
    of_district = (family.c.district_id == district_id, family.c.annulled_at.is_(None))
    seen = set(db.session.scalars(select(family.c.id).where(*of_district, access.scope().families())))
    rows = db.session.execute(select(family.c.number, family.c.id).where(*of_district))
    return {number: (family_id, family_id in seen) for number, family_id in rows}


class Became(NamedTuple):
    """The family that another one has become a part of."""

    family_id: int
    number: str


def merged_numbers(district_id: int) -> dict[str, Became]:
    """The numbers of cards that nobody bears since a merge → the family, however many merges later, that is seen."""
    decision, family = DoublesDecision.__table__, Family.__table__
    into, former = {}, {}
    for other, kept, number in db.session.execute(
        select(decision.c.other_family_id, decision.c.family_id, decision.c.former_number)
        .join(family, family.c.id == decision.c.family_id)
        .where(decision.c.verdict == DoublesVerdict.MERGED, decision.c.member_id.is_(None),
               decision.c.taken_back_at.is_(None), family.c.district_id == district_id)
        .order_by(decision.c.id)
    ):  # fmt: skip
        into[other] = kept
        former[number] = other
    last = {number: _last(other, into) for number, other in former.items() if number}
    live: dict[int, str] = {}
    for portion in portions(sorted(set(last.values()))):
        live.update({row.id: row.number for row in db.session.execute(
            select(family.c.id, family.c.number)
            .where(family.c.id.in_(portion), family.c.annulled_at.is_(None), access.scope().families()))})  # fmt: skip
    return {number: Became(key, live[key]) for number, key in last.items() if key in live}


def _last(key: int, into: Mapping[int, int]) -> int:
    seen = {key}
    while key in into and into[key] not in seen:
        seen.add(key := into[key])
    return key


def load(ids: Sequence[int], codes: dict[str, Codes], places: Places) -> dict[int, FamilyState]:
    """The families with these keys. The caller has chosen them under the scope."""
    return _Loader(ids, codes, places).load()


class _Loader:
    """One portion of families, by a fixed number of statements."""

    def __init__(self, ids: Sequence[int], codes: dict[str, Codes], places: Places) -> None:
        self.ids, self.codes, self.places = list(ids), codes, places
        self.families: dict[int, FamilyState] = {}
        self.members: dict[int, MemberState] = {}
        self.decisions: dict[int, Any] = {}
        self.came_back: dict[int, int] = {}  # an earlier membership → the last one

    def load(self) -> dict[int, FamilyState]:
        self._families()
        self._members()
        self._documents()
        self._educations()
        self._supports()
        self._supervisions()
        self._stays()
        ProgrammesOfBank(self.families, self.came_back, self.codes, self._body, self.decisions).load()
        self._aids()
        return self.families

    def _rows(self, entity: Any, *order: Any) -> Any:
        table = entity.__table__
        return db.session.execute(
            select(*columns(entity))
            .where(table.c.family_id.in_(self.ids), table.c.annulled_at.is_(None))
            .order_by(*order)
        )

    def _code(self, dictionary: str, row_id: int | None) -> str | None:
        return None if row_id is None else self.codes[dictionary].codes[row_id]

    def _body(self, agency_id: int | None) -> tuple[str | None, str | None]:
        return self.places.called[agency_id]

    def _families(self) -> None:
        family = Family.__table__
        categories: dict[int, list[int]] = {}
        for family_id, category_id in db.session.execute(
            select(family_categories).where(family_categories.c.family_id.in_(self.ids))
        ):
            categories.setdefault(family_id, []).append(category_id)
        place_of = {category_id: place for place, category_id in enumerate(self.codes["category"].codes)}
        for row in db.session.execute(select(family).where(family.c.id.in_(self.ids)).order_by(family.c.number)):
            held = sorted(categories.get(row.id, ()), key=place_of.__getitem__)
            state = FamilyRow(
                number=row.number,
                territory=self.places.territories[row.territory_id].name,
                categories=tuple(self.codes["category"].codes[each] for each in held),
                stated_size=row.stated_size,
                income_per_member=row.income_per_member,
                income_source=text(row.income_source),
                registered_address=text(row.registered_address),
                actual_address=text(row.actual_address),
                additional=text(row.additional),
            )
            self.families[row.id] = FamilyState(row.id, state, row.territory_id)

    def _members(self) -> None:
        for row in self._rows(Member, Member.__table__.c.id):
            person = MemberRow(
                role=self._code("role", row.role_id),
                last_name=writing.line(row.last_name) or "",
                first_name=writing.line(row.first_name) or "",
                middle_name=line(row.middle_name),
                sex=row.sex,
                born_on=row.born_on,
                workplace=text(row.workplace),
                joined_on=row.joined_on,
                left_on=row.left_on,
            )
            state = MemberState(row.id, person)
            self.members[row.id] = state
            self.families[row.family_id].members.append(state)
        for family in self.families.values():
            self._leave_out_earlier(family)

    def _leave_out_earlier(self, family: FamilyState) -> None:
        """Who came back to a family stands on the form once, as the last membership says."""
        last = {member.key: member for member in family.members}
        earlier = {
            each.id: last[each.key].id
            for each in family.members
            if last[each.key] is not each and each.row.left_on is not None
        }
        self.came_back.update(earlier)
        family.earlier = [each for each in family.members if each.id in earlier]
        family.members = [each for each in family.members if each.id not in earlier]

    def _of_members(self, entity: Any, *order: Any) -> Iterator[tuple[MemberState, Any]]:
        for row in self._rows(entity, *order):
            if row.member_id in self.members:  # the parts of an annulled member are gone with it
                yield self.members[row.member_id], row

    def _documents(self) -> None:
        for member, row in self._of_members(IdentityDocument, IdentityDocument.__table__.c.id):
            member.documents.append(
                DocumentState(
                    id=row.id,
                    kind=self._code("document", row.kind_id),
                    series=line(row.series),
                    number=line(row.number),
                    issued_on=row.issued_on,
                )
            )

    def _educations(self) -> None:
        for member, row in self._of_members(Education, Education.__table__.c.started_on):
            member.educations.append(
                EducationState(
                    id=row.id,
                    started_on=row.started_on,
                    ended_on=row.ended_on,
                    status=self._code("education", row.status_id),
                    organisation=text(row.organisation),
                    grade=text(row.grade),
                )
            )

    def _supports(self) -> None:
        for member, row in self._of_members(PupilSupport):
            member.supports.append(
                SupportState(
                    row.id, row.year, row.quarter, row.free_meals, row.free_textbooks, row.leisure, row.holidays
                )
            )

    def _supervisions(self) -> None:
        for member, row in self._of_members(Supervision, Supervision.__table__.c.id):
            member.supervisions.append(
                SupervisionState(
                    id=row.id,
                    kind=self.codes["supervision"].codes[row.kind_id],
                    started_on=row.started_on,
                    ended_on=row.ended_on,
                )
            )

    def _stays(self) -> None:
        decisions = self.decisions = {row.id: row for row in self._rows(Decision)}
        criteria: dict[int, list[DatedCriterion]] = {}
        codes = self.codes["criterion"].codes
        for row in self._rows(RegistrationCriterion):
            dated = DatedCriterion(row.position, codes[row.criterion_id], row.since, row.until, row.id)
            criteria.setdefault(row.registration_id, []).append(dated)
        for row in self._rows(Registration, Registration.__table__.c.registered_on):
            placed, removed = decisions.get(row.decision_id), decisions.get(row.removal_decision_id)
            kind, sender = self._body(row.sender_id)
            self.families[row.family_id].stays.append(
                StayState(
                    id=row.id,
                    sender_id=row.sender_id,
                    decision_id=row.decision_id,
                    removal_decision_id=row.removal_decision_id,
                    sender_kind=kind,
                    sender=sender,
                    detected_on=row.detected_on,
                    card_sent_on=row.card_sent_on,
                    criteria=tuple(in_force(criteria.get(row.id, ()))),
                    over_time=tuple(criteria.get(row.id, ())),
                    decision_number=line(placed.number) if placed else None,
                    decided_on=placed.decided_on if placed else None,
                    decision_kind=placed.kind if placed else None,
                    received_on=row.received_on,
                    entered_on=row.entered_on,
                    registered_on=row.registered_on,
                    removal_number=line(removed.number) if removed else None,
                    removal_decided_on=removed.decided_on if removed else None,
                    removal_kind=removed.kind if removed else None,
                    removed_on=row.removed_on,
                    reason=self._code("reason", row.removal_reason_id),
                    note=text(row.note),
                )
            )

    def _aids(self) -> None:
        aid = Aid.__table__
        recipients: dict[int, list[int]] = {}
        # Joined, SQLite would read all recipients of the bank and seek each family of the portion for each of them.
        of_these = aid_recipients.c.aid_id.in_(select(aid.c.id).where(aid.c.family_id.in_(self.ids)))
        for aid_id, member_id in db.session.execute(
            select(aid_recipients.c.aid_id, aid_recipients.c.member_id)
            .where(of_these)
            .order_by(aid_recipients.c.aid_id, aid_recipients.c.member_id)
        ):
            if member_id in self.members:
                recipients.setdefault(aid_id, []).append(self.came_back.get(member_id, member_id))
        lines = {key: lines_of(family) for key, family in self.families.items()}
        for row in self._rows(Aid, aid.c.given_on, aid.c.id):
            kind, performer = self._body(row.performer_id)
            self.families[row.family_id].aids.append(
                AidState(
                    id=row.id,
                    performer_id=row.performer_id,
                    given_on=row.given_on,
                    measure=self._code("measure", row.measure_id),
                    aid_kind=self._code("aid_kind", row.kind_id),
                    description=text(row.description),
                    performer_kind=kind,
                    performer=performer,
                    recipients=tuple(recipients.get(row.id, ())),
                    amount=row.amount,
                    planned_id=row.planned_id,
                    plan_line=lines[row.family_id].get(row.planned_id or 0),
                    until=row.until,
                    rhythm=row.rhythm,
                    before_record=text(row.before_record),
                )
            )


def named(family: FamilyState) -> dict[int, Named]:
    """How each member is named among recipients: by ФИО, with the birth date where two are called alike."""
    keys = [member.key for member in family.members]
    counts: dict[str, int] = {}
    for name, _ in keys:
        counts[name] = counts.get(name, 0) + 1
    found = {}
    for member, (key, born_on) in zip(family.members, keys, strict=True):
        alike = counts[key] > 1
        found[member.id] = Named(member.row.full, born_on if alike else None)
    return found
