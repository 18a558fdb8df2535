"""Families and people who may be the ones about to be entered: the same person, or the same address."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import joinedload

from app import conditions
from app.domain import contacts, likelihood, names
from app.domain.contacts import HomesAlike
from app.domain.likelihood import NamedPerson
from app.extensions import db
from app.models import Family, IdentityDocument, Member, SearchWord

MOST = 20
SHORTEST_NUMBER = 4  # digits of a document that tell it from others
Document = tuple[str | None, str | None]  # series and number
SUREST = list(HomesAlike)  # the best first

# The Core table: the scope of the outer SELECT narrows the families its words lead to.
_word = SearchWord.__table__


class Likeness(NamedTuple):
    """What is in the bank already and why it may be the same one. member: the person, unless it is the address."""

    family: Family
    why: str
    member: Member | None = None


def of(people: Iterable[NamedPerson], addresses: Iterable[str | None],
       documents: Iterable[Document] = (), but: Family | None = None) -> list[Likeness]:  # fmt: skip
    """Families of the person's rows that hold one of these people or documents, or live at one of these addresses.

    but: the family that is written about.
    """
    found: dict[int, Likeness] = {}
    for person in people:
        for member in _candidates(person):
            if likelihood.may_be_one(person, named(member)):
                found.setdefault(member.family_id, Likeness(member.family, _told(member), member))
    for row in _with_documents(documents):
        found.setdefault(row.family_id, Likeness(row.family, f"тот же документ: {_told(row.member)}", row.member))
    for address in dict.fromkeys(filter(None, addresses)):
        for how, place, family in _same_home(address):
            if family is not but:
                found.setdefault(family.id, Likeness(family, f"{how.value}: {place}"))
    return list(found.values())[:MOST]


def of_member(person: NamedPerson, family: Family, but: Member | None = None) -> list[Likeness]:
    """Who may be the person about to be entered in a family: first its own members, then those of other families.

    but: the member who is written about; he is the same person in every family he has gone through.
    """
    found = {
        member.id: member
        for member in family.members
        if member.annulled_at is None and likelihood.may_be_corrected(person, named(member))
    }
    elsewhere = (row for row in _candidates(person) if likelihood.may_be_one(person, named(row)))
    found.update({row.id: row for row in elsewhere if row.id not in found})
    others = (member for member in found.values() if but is None or _origin(member) != _origin(but))
    return [Likeness(member.family, _told(member), member) for member in others][:MOST]


def _origin(member: Member) -> int:
    """The first membership of a person who was moved from family to family."""
    return member.origin_id or member.id


def named(member: Member) -> NamedPerson:
    """A member as likeness sees him."""
    return NamedPerson(member.last_name, member.first_name, member.middle_name, member.born_on)


def _told(member: Member) -> str:
    born = f"дата рождения {member.born_on:%d.%m.%Y}" if member.born_on else "дата рождения не указана"
    left = f", в семье до {member.left_on:%d.%m.%Y}" if member.left_on else ""
    return f"{member.full_name}, {born}{left}"


def _candidates(person: NamedPerson) -> list[Member]:
    """Members born on the person's day; where a day is unknown, those called so, in either order."""
    orders = ((person.last_name, person.first_name), (person.first_name, person.last_name))
    called = or_(*(conditions.called(Member.sort_key, *order) for order in orders))
    if person.born_on is not None:
        called = or_(Member.born_on == person.born_on, Member.born_on.is_(None) & called)
    return list(
        db.session.scalars(
            select(Member)
            .where(called, Member.annulled_at.is_(None), Member.family.has(Family.annulled_at.is_(None)))
            .options(joinedload(Member.family).joinedload(Family.territory))
            .order_by(Member.id)
        )
    )


def _with_documents(documents: Iterable[Document]) -> list[IdentityDocument]:
    """The documents that are among the typed ones, by number, and by series in whatever letters."""
    wanted = {key for document in documents if (key := said_document(*document))}
    if not wanted:
        return []
    numbers = {key.rpartition(" ")[2] for key in wanted}
    asked = (
        select(IdentityDocument)
        .where(IdentityDocument.number.in_(sorted(numbers)), IdentityDocument.annulled_at.is_(None))
        .where(IdentityDocument.family.has(Family.annulled_at.is_(None)))
        .options(joinedload(IdentityDocument.member), joinedload(IdentityDocument.family).joinedload(Family.territory))
        .order_by(IdentityDocument.id)
    )
    return [row for row in db.session.scalars(asked) if said_document(row.series, row.number) in wanted]


def said_document(series: str | None, number: str | None) -> str | None:
    """A document as it is compared; None: too short to tell it from others."""
    digits = "".join(filter(str.isalnum, names.folded(number)))
    return None if len(digits) < SHORTEST_NUMBER else f"{names.folded(series)} {digits}".strip()


def _same_home(address: str) -> list[tuple[HomesAlike, str, Family]]:
    """Families that live, or are registered, at an address however it is written, the surest first."""
    words = _leading(address)
    if not words:
        return []
    candidates = db.session.scalars(
        select(Family)
        .where(Family.annulled_at.is_(None), *(Family.id.in_(_holding(some)) for some in words))
        .options(joinedload(Family.territory))
        .order_by(Family.id)
    )
    found = []
    for row in candidates:
        places = dict.fromkeys(filter(None, (row.actual_address, row.registered_address)))
        agreed = [(how, place) for place in places if (how := contacts.homes_alike(address, place))]
        if agreed:
            found.append((*min(agreed, key=lambda one: SUREST.index(one[0])), row))
    return sorted(found, key=lambda one: SUREST.index(one[0]))


def _leading(address: str) -> list[Iterable[str]]:
    """Lists of words, of each of which one stands in whatever may be the address."""
    home = contacts.words_of_home(address)
    if home is not None:
        return [home.streets, home.numbers]
    words = sorted(names.folded(address).split(), key=len, reverse=True)
    return [[word] for word in words[:6]]


def _holding(some: Iterable[str]) -> Select[tuple[int]]:
    return select(_word.c.family_id).where(_word.c.word.in_(sorted(map(names.as_kept, some))))
