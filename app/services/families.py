"""The acts on families and their people: enter a family, move a person from one to another. Callers commit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import class_mapper

from app import access, journal
from app.domain import care, intervals, names
from app.domain import registration as rules
from app.domain.periods import quarter
from app.domain.refusal import Refusal
from app.domain.terms import Act, Sex
from app.extensions import db
from app.models import (
    Education,
    Family,
    FamilyCategory,
    IdentityDocument,
    Member,
    PupilSupport,
    RelationshipKind,
    Supervision,
    Territory,
)
from app.services import checks, registry

NOBODY = "В семье нет ни одного человека: впишите хотя бы одного."


@dataclass(frozen=True)
class FirstFact:
    """A row about one of the first people: a document, an education, a record of another body.

    typed: where it was typed; a refusal of its field `series` is at `document-series`.
    """

    entity: type[IdentityDocument | Education | Supervision]
    typed: str
    values: dict[str, Any]


@dataclass(frozen=True)
class FirstMember:
    """One of the people with whom a family is entered, and what is known of the person already."""

    last_name: str
    first_name: str
    middle_name: str | None = None
    born_on: date | None = None
    sex: Sex | None = None
    role: RelationshipKind | None = None
    workplace: str | None = None
    facts: Sequence[FirstFact] = ()


@dataclass(frozen=True)
class Livelihood:
    """What a family lives on, and what else is known of it (Приложение 1, position 4)."""

    income_per_member: Decimal | None = None
    income_source: str | None = None
    additional: str | None = None


def enter(people: Sequence[FirstMember], *, territory: Territory, number: str | None, registered_address: str | None,
          actual_address: str | None, categories: Iterable[FamilyCategory], today: date,
          livelihood: Livelihood = Livelihood()) -> Family:  # fmt: skip
    """Enter a family with its first members, at least one, and what is known of them.

    number: of the card; None: the next one of the district. actual_address: None: the registered one. Raises Refusal;
    one of the third person is at the field `people-2-…`.
    """
    if not people:
        raise Refusal(NOBODY, "people")
    family = Family(
        territory=territory,
        number=number or "",
        registered_address=registered_address,
        actual_address=actual_address or registered_address,
        categories=list(categories),
        **vars(livelihood),
    )
    registry.save(family, today)
    for place, person in enumerate(people):
        _enter_person(family, person, f"people-{place}", today)
    return family


def _enter_person(family: Family, person: FirstMember, typed: str, today: date) -> None:
    """One person, then every row about the person; a refusal names the person and the field."""
    own = {name: value for name, value in vars(person).items() if name != "facts"}
    member, place = Member(family=family, **own), typed
    try:
        registry.save(member, today)
        for fact in person.facts:
            place = f"{typed}-{fact.typed}"
            registry.save(_row_of(fact, member, today), today)
    except Refusal as refusal:
        raise Refusal(f"{member.full_name}: {refusal.text}", f"{place}-{refusal.field}") from refusal


def _row_of(fact: FirstFact, member: Member, today: date) -> Any:
    """The row of a fact; an education whose first day is not told holds since the quarter, as in a workbook."""
    values = dict(fact.values)
    if fact.entity is Education and values.get("started_on") is None:
        values["started_on"] = care.education_since(today, member.born_on)
    return fact.entity(member=member, family=member.family, **values)


def move(member: Member, to: Family, *, day: date, reason: str, role: RelationshipKind | None, today: date) -> Member:
    """Let a person go from one family to another on a day; gives the membership that begins.

    What is true of the person goes along: documents, what a child does by day, records of other bodies, the support of
    the quarter. It stands in the other family under its own dates; what still ran in the first one ends there on the
    day. What was over by the day stays behind, what begins on it or later moves whole. Aid stays with the family that
    received it. Mentors, assignments and papers are the family's.
    """
    family = member.family
    for one in sorted({family, to}, key=lambda one: one.id):
        registry.lock(one)
    _check_move(member, to, day, today)
    with access.unrestricted():  # also what the person who acts may not read
        parts = [part for entity in SPANS for part in db.session.scalars(_parts(entity, member))]
        origin = member.origin or member
    copied, moved = _divided(parts, day)
    copies = [_copy(part) for part in copied]
    with db.session.no_autoflush:
        for part in copied:
            if hasattr(part, "ended_on"):
                part.ended_on = day
        member.left_on, member.left_reason = day, reason
    registry.save(member, today)
    fresh = Member(
        family=to, role=role, last_name=member.last_name, first_name=member.first_name,
        middle_name=member.middle_name, sex=member.sex, born_on=member.born_on, workplace=member.workplace,
        joined_on=day, origin=origin, genitive=member.genitive, dative=member.dative, accusative=member.accusative,
        instrumental=member.instrumental, prepositional=member.prepositional, declined_for=member.declined_for,
    )  # fmt: skip
    registry.save(fresh, today)
    for part in (*copies, *moved):
        part.member, part.family = fresh, to
        registry.save(part, today)
    _tell(member, fresh)
    return fresh


def by_number(number: str, district: str | None = None) -> Family:
    """The family with a card number, by the name of its district where two districts use the number."""
    query = select(Family).where(Family.number == number, Family.annulled_at.is_(None))
    if district:
        query = query.join(Family.district).where(Territory.name_key == names.key(district))
    found = list(db.session.scalars(query.order_by(Family.id)))
    if not found:
        raise Refusal(
            f"Семьи с номером карты {number} нет" + (f" в районе «{district}»." if district else "."), "number"
        )
    if len(found) > 1:
        districts = ", ".join(f"«{family.district.name}»" for family in found)
        raise Refusal(f"Номер {number} есть в нескольких районах: {districts}. Укажите --district.", "number")
    return found[0]


# Moving


def _check_move(member: Member, to: Family, day: date, today: date) -> None:
    if member.annulled_at is not None or to.annulled_at is not None:
        raise Refusal("Запись аннулирована: с ней больше ничего не делают.", "to_family" if to.annulled_at else None)
    others = db.session.execute(
        select(Member.joined_on, Member.left_on).where(
            Member.family_id == member.family_id, Member.annulled_at.is_(None), Member.id != member.id
        )
    )
    rules.check_move(
        same=to is member.family,
        day=day,
        born_on=member.born_on,
        joined_on=member.joined_on,
        left_on=member.left_on,
        alone=not any(intervals.holds(joined_on, left_on, day) for joined_on, left_on in others),
        stays=checks.other_stays(to),
        today=today,
    )


def _span_of_quarter(row: PupilSupport) -> tuple[date, date]:
    held = quarter(row.year, row.quarter)
    return held.start, held.end + timedelta(days=1)


# Since when and until when a row about a person is true; what has no days is true of the person always.
SPANS: dict[type[Any], Callable[[Any], tuple[date | None, date | None]]] = {
    IdentityDocument: lambda row: (None, None),
    Education: lambda row: (row.started_on, row.ended_on),
    PupilSupport: _span_of_quarter,
    Supervision: lambda row: (row.started_on, row.ended_on),
}


def _parts(entity: Any, member: Member) -> Any:
    return select(entity).where(entity.member_id == member.id, entity.annulled_at.is_(None)).order_by(entity.id)


def _divided(parts: Iterable[Any], day: date) -> tuple[list[Any], list[Any]]:
    """What holds on the day, and what begins on it or later; what was over by it is in neither."""
    holding, later = [], []
    for part in parts:
        since, until = SPANS[type(part)](part)
        if since is not None and since >= day:
            later.append(part)
        elif until is None or until > day:
            holding.append(part)
    return holding, later


def _copy(part: Any) -> Any:
    """A further row that says the same of the person, not yet of a family."""
    own = {column.key for column in class_mapper(type(part)).column_attrs} - _NOT_COPIED
    return type(part)(**{name: getattr(part, name) for name in own})


_NOT_COPIED = {"id", "version", "created_at", "annulled_at", "annul_reason", "family_id", "member_id"}


def _tell(left: Member, joined: Member) -> None:
    """Let the histories of both families tell the move."""
    known = (left.family, joined.family)
    said = (f"в семью № {known[1].number}", f"из семьи № {known[0].number}")
    journal.write(
        journal.entry(Act.MOVED, entity="Member", entity_id=row.id, family_id=row.family_id,
                      summary=f"Перевод {where}: {row.full_name}")
        for row, where in zip((left, joined), said, strict=True)
    )  # fmt: skip
