"""Likely doubles: pairs of families, and pairs of people of one family, that may be one, the best first with reasons.

Whoever looks sees pairs of the own rows alone. Candidates are met by what they share (names with birth dates,
documents, homes, telephones), never each with each; how they agree is weighed as for a signal card (`likely`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import combinations
from typing import Any, NamedTuple

from sqlalchemy import Select, select

from app import access
from app.domain import contacts, likelihood, names
from app.domain.contacts import ReadAddress
from app.domain.likelihood import Likely, NamedPerson
from app.domain.terms import Agreement, DoublesVerdict
from app.extensions import db
from app.models import DoublesDecision, Family, IdentityDocument, Member, SearchWord, SignalCard
from app.readings import kept, likely
from app.readings.duplicates import said_document
from app.readings.likely import ENOUGH_OF_PERSON, HOMES, PHONE, Sign

MOST = 500  # pairs of each kind that are told
CROWD = 12  # families that share a home or a telephone and are still held against each other: a hostel is no family
ENOUGH_OF_FAMILY = 70
MOST_OF_PEOPLE = 3  # whose likeness is told as a reason
DOCUMENT = 90

_family, _member, _document, _card = (
    entity.__table__ for entity in (Family, Member, IdentityDocument, SignalCard)
)  # fmt: skip
_word = SearchWord.__table__
_decision = DoublesDecision.__table__
Pair = tuple[int, int]  # keys, the lesser first


class LikelyPair(NamedTuple):
    """Two families, or two members, by their keys, the lesser first; why they may be one, the weightiest first."""

    one: int
    other: int
    points: int
    reasons: tuple[str, ...]


class LikelyDoubles(NamedTuple):
    """The pairs of a person's rows, the best first."""

    families: list[LikelyPair]
    people: list[LikelyPair]

    @property
    def total(self) -> int:
        return len(self.families) + len(self.people)


class _Person(NamedTuple):
    """A member as he is compared; origin: the first membership of who moved from family to family."""

    id: int
    family_id: int
    named: NamedPerson
    joined_on: date | None
    left_on: date | None
    origin: int


@dataclass
class _Household:
    """What is read of a family before it is compared."""

    places: tuple[str, ...] = ()
    people: list[_Person] = field(default_factory=list)
    called: set[str] = field(default_factory=set)
    documents: set[str] = field(default_factory=set)
    phones: set[str] = field(default_factory=set)


def question(today: date) -> Hashable:
    """By which the pairs are kept while nothing that they rest on changes."""
    return "likely doubles", today


def pairs(today: date) -> LikelyDoubles:
    """All likely doubles of the person's rows: five statements, however many families there are."""
    return kept.while_unchanged(question(today), lambda: _found(_households(None)))


def of_family(family: Family) -> list[LikelyPair]:
    """The families that may be a given one, the best first."""
    near = _near(family)
    if not near:
        return []
    found = _found(_households({family.id, *near}))
    return [pair for pair in found.families if family.id in (pair.one, pair.other)]


def of_pair(kept: Family, other: Family) -> tuple[str, ...]:
    """Why two families may be one; nothing if no more speaks for them than for any two."""
    households = _households({kept.id, other.id})
    alike = [two for two in _same_people(households) if two[0].family_id != two[1].family_id]
    pair = _pair(kept.id, other.id)
    found = _weighed(pair, households, alike) if len(households) == len(pair) else None
    return found.reasons if found else ()


def other_of(pair: LikelyPair, key: int) -> int:
    """The other one of a pair."""
    return pair.other if pair.one == key else pair.one


def merged_into(family: Family) -> Family | None:
    """The family that an annulled one has become a part of, however many merges later; None: no such one is seen."""
    key, seen = family.id, {family.id}
    while True:
        became = select(_decision.c.family_id).where(
            _decision.c.other_family_id == key, _decision.c.member_id.is_(None), _decision.c.taken_back_at.is_(None),
            _decision.c.verdict == DoublesVerdict.MERGED,
        )  # fmt: skip
        found = db.session.connection().scalar(became.limit(1))
        if found is None or found in seen:
            break
        seen.add(key := found)
    if key == family.id:
        return None
    return db.session.scalars(select(Family).where(Family.id == key)).first()


# What is read


def _households(ids: set[int] | None) -> dict[int, _Household]:
    """The live families that the person keeps, all or some of them."""
    asked = select(_family.c.id, _family.c.actual_address, _family.c.registered_address)
    asked = asked.where(access.scope().families(), _family.c.annulled_at.is_(None)).order_by(_family.c.id)
    if not access.scope().everything:  # who merely sees a family does not say whose double it is
        asked = asked.where(_family.c.territory_id.in_(access.scope().kept))
    if ids is not None:
        asked = asked.where(_family.c.id.in_(ids))
    found = {row.id: _Household(tuple(dict.fromkeys(filter(None, row[1:])))) for row in db.session.execute(asked)}

    def of(table: Any, *columns: Any) -> Iterator[Any]:
        query = select(table.c.family_id, *columns).where(table.c.annulled_at.is_(None)).order_by(table.c.id)
        if ids is not None:
            query = query.where(table.c.family_id.in_(ids))
        return (row for row in db.session.execute(query) if row.family_id in found)

    names_of = ("id", "last_name", "first_name", "middle_name", "born_on", "joined_on", "left_on", "origin_id")
    for row in of(_member, *(_member.c[name] for name in names_of)):
        household = found[row.family_id]
        household.people.append(
            _Person(row.id, row.family_id, _named(row), row.joined_on, row.left_on, row.origin_id or row.id)
        )
        household.called.add(row.first_name.casefold())
    for row in of(_document, _document.c.series, _document.c.number):
        if told := said_document(row.series, row.number):
            found[row.family_id].documents.add(told)
    for row in of(_card, _card.c.home_phone, _card.c.mobile_phone):
        found[row.family_id].phones |= set(contacts.phones(row.home_phone, row.mobile_phone))
    return found


def _near(family: Family) -> set[int]:
    """Families that share a name with a birth date, a home or a document with one: by indexed columns."""
    people = [row for row in family.members if row.annulled_at is None]
    days = {row.born_on for row in people if row.born_on is not None}
    found = {row.family_id for row in _members_born(days)
             if any(likelihood.may_be_one(_named(one), _named(row)) for one in people)}  # fmt: skip
    for place in dict.fromkeys(filter(None, (family.actual_address, family.registered_address))):
        if home := contacts.words_of_home(place):
            found |= set(db.session.scalars(_at_home(home).limit(CROWD + 1)))
    numbers = select(_document.c.number).where(_document.c.family_id == family.id, _document.c.annulled_at.is_(None))
    same = select(_document.c.family_id).where(_document.c.number.in_(numbers), _document.c.annulled_at.is_(None))
    found |= set(db.session.scalars(same.where(access.scope().sees(_document.c.family_id, living=True)).limit(MOST)))
    return found - {family.id}


def _members_born(days: set[date]) -> Iterable[Any]:
    if not days:
        return ()
    columns = (_member.c.family_id, _member.c.last_name, _member.c.first_name, _member.c.middle_name, _member.c.born_on)
    asked = select(*columns).where(_member.c.born_on.in_(days), _member.c.annulled_at.is_(None))
    return db.session.execute(asked.where(access.scope().sees(_member.c.family_id, living=True)))


def _at_home(home: contacts.HomeWords) -> Select[tuple[int]]:
    """The families with one of the words of a street and one of the numbers of a house."""
    numbers = select(_word.c.family_id).where(_word.c.word.in_(sorted(map(names.as_kept, home.numbers))))
    return select(_word.c.family_id).where(
        _word.c.word.in_(sorted(map(names.as_kept, home.streets))),
        _word.c.family_id.in_(numbers),
        access.scope().sees(_word.c.family_id, living=True),
    )


# Who may be one


def _found(households: dict[int, _Household]) -> LikelyDoubles:
    parted, parted_people = _parted()
    alike: dict[Pair, list[tuple[_Person, _Person]]] = defaultdict(list)
    of_people: list[LikelyPair] = []
    for one, other in _same_people(households):
        if one.family_id != other.family_id:
            alike[_pair(one.family_id, other.family_id)].append((one, other))
        elif (key := _pair(one.id, other.id)) not in parted_people and _overlap(one, other):
            of_people += _weighed_people(key, one, other)
    candidates = {*alike, *_sharing(households)} - parted
    weighed = (_weighed(pair, households, alike.get(pair, ())) for pair in sorted(candidates))
    return LikelyDoubles(_best(filter(None, weighed)), _best(of_people))


def _parted() -> tuple[set[Pair], set[Pair]]:
    """The pairs of families, and of people, of which it was said that they are different."""
    asked = select(_decision).where(
        _decision.c.verdict == DoublesVerdict.DIFFERENT, _decision.c.taken_back_at.is_(None)
    )
    families, people = set(), set()
    for row in db.session.execute(asked):
        if row.member_id is None:
            families.add(_pair(row.family_id, row.other_family_id))
        else:
            people.add(_pair(row.member_id, row.other_member_id))
    return families, people


def _pair(one: int, other: int) -> Pair:
    return (one, other) if one < other else (other, one)


def _same_people(households: dict[int, _Household]) -> Iterator[tuple[_Person, _Person]]:
    """Entries that may be of one person, each pair once; who moved from family to family is one person anyway."""
    seen: Likely[_Person] = Likely()
    for household in households.values():
        for person in household.people:
            for other in seen.of(person.named):
                if person.origin != other.origin:
                    yield other, person
            seen.add(person.named, person)


def _named(row: Any) -> NamedPerson:
    return NamedPerson(row.last_name, row.first_name, row.middle_name, row.born_on)


def _overlap(one: _Person, other: _Person) -> bool:
    """Whether two memberships share a day: who left and came back is no double."""
    first, second = ((row.joined_on or date.min, row.left_on or date.max) for row in (one, other))
    return first[0] < second[1] and second[0] < first[1]


def _sharing(households: dict[int, _Household]) -> set[Pair]:
    """Families that share a document, a telephone or a home."""
    by_sign: dict[Hashable, list[int]] = defaultdict(list)
    for key, household in households.items():
        signs: set[Hashable] = {("document", one) for one in household.documents}
        signs |= {("phone", one) for one in household.phones}
        signs |= {("home", *told) for place in household.places if (told := _home(contacts.home(place)))}
        for sign in signs:
            by_sign[sign].append(key)
    return {
        _pair(*two) for keys in by_sign.values() if 1 < len(keys) <= CROWD for two in combinations(keys, 2)
    }  # fmt: skip


def _home(read: ReadAddress) -> tuple[str, ...] | None:
    return (read.street, *read.numbers) if read.street and read.numbers else None


# What speaks for them


def _weighed(
    pair: Pair, households: dict[int, _Household], alike: Iterable[tuple[_Person, _Person]]
) -> LikelyPair | None:
    one, other = (households[key] for key in pair)
    signs = list(_signs_of_people(one, other, alike))
    if shared := one.documents & other.documents:
        signs.append(Sign(DOCUMENT, f"тот же документ: {min(shared)}"))
    if not signs:
        return None  # neighbours
    homes = [(how, place) for place in other.places for own in one.places if (how := contacts.homes_alike(own, place))]
    if homes:
        how, place = max(homes, key=lambda found: HOMES[found[0]])
        signs.append(Sign(HOMES[how], f"{how.value}: {place}"))
    if one.phones & other.phones:
        signs.append(Sign(PHONE, likely.SAME_PHONE))
    points = sum(sign.points for sign in signs)
    if points < ENOUGH_OF_FAMILY:
        return None
    return LikelyPair(*pair, points, tuple(likely.reasons_of(signs)))


def _signs_of_people(one: _Household, other: _Household, alike: Iterable[tuple[_Person, _Person]]) -> Iterator[Sign]:
    """People who may be one, each in one pair; those at one home whose birth date differs by a slip as well."""
    found = [likely.same_person(first.named, second.named) for first, second in alike]
    if not found and one.called & other.called:
        found = [likely.same_person(first.named, second.named) for first in one.people for second in other.people]
        found = [same for same in found if same and same.day is not Agreement.OTHER and same.points >= ENOUGH_OF_PERSON]
    told: set[NamedPerson] = set()
    for same in sorted(filter(None, found), key=lambda same: -same.points):
        if same.person not in told and len(told) < MOST_OF_PEOPLE:
            told.add(same.person)
            yield Sign(same.points, likely.said_of_person(same))


def _weighed_people(key: Pair, one: _Person, other: _Person) -> Iterator[LikelyPair]:
    same = likely.same_person(one.named, other.named)
    if same is not None and same.points >= ENOUGH_OF_PERSON:
        yield LikelyPair(*key, same.points, (likely.said_of_person(same),))


def _best(found: Iterable[LikelyPair]) -> list[LikelyPair]:
    return sorted(found, key=lambda pair: (-pair.points, pair.one, pair.other))[:MOST]
