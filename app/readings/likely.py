"""Families, and other cards, that a signal card may be about: the best first, each with its reasons.

Points only put them in order; people are shown the reasons. What is not known never speaks against anybody.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Select, Table, case, func, select, union
from sqlalchemy.orm import joinedload

from app import clock, words
from app.conditions import unindexed
from app.domain import contacts, likelihood, names
from app.domain.ages import full_years
from app.domain.contacts import HomesAlike
from app.domain.likelihood import ChildrenAlike, KnownChild, NamedPerson, NamesAlike, known_child
from app.domain.short_names import in_full
from app.domain.signals import OLDEST_CHILD
from app.domain.terms import Agreement
from app.extensions import db
from app.models import CardChild, CardWord, Family, Member, SearchWord, SignalCard

MOST = 12  # of families, and of cards, that are told
LOOKED_AT = 300  # of each that are compared with the card, those of its territory first
MOST_LEADING = 4  # by whose names families are looked for
ENOUGH_OF_PERSON = 60  # points with which two entries are told to be of one person
ENOUGH = 30  # points with which something is told

NAMES = {
    NamesAlike.SAME: 40, NamesAlike.SWAPPED: 38, NamesAlike.REORDERED: 53, NamesAlike.LAST_BY_A_LETTER: 30,
    NamesAlike.FIRST_BY_A_LETTER: 30, NamesAlike.SHORT_FIRST: 38, NamesAlike.SWAPPED_BY_A_LETTER: 30,
    NamesAlike.DOUBLE_LAST: 30, NamesAlike.OTHER_LAST: 20, NamesAlike.FIRST_ONLY: 8,
}  # fmt: skip
MIDDLES = {Agreement.SAME: 15, Agreement.NEAR: 10, Agreement.UNKNOWN: 0, Agreement.OTHER: -20}
DAYS = {Agreement.SAME: 40, Agreement.NEAR: 20, Agreement.UNKNOWN: 0, Agreement.OTHER: -35}
HOMES = {HomesAlike.SAME: 40, HomesAlike.IN_PART: 35, HomesAlike.HOUSE: 12}
PHONE, CARD, MOST_OF_CHILDREN = 50, 30, 60
CHILD_OF_DAY, CHILD_OF_AGE = {Agreement.SAME: 30, Agreement.NEAR: 15}, {Agreement.SAME: 15, Agreement.NEAR: 10}
CHILD_BY_NAME, NAMELESS_OF_DAY, NAMELESS_OF_AGE = 5, 12, 2

MIDDLE_SAID = {
    Agreement.SAME: "отчество совпадает",
    Agreement.NEAR: "отчество похоже",
    Agreement.OTHER: "отчество другое",
}
DAY_SAID = {
    Agreement.SAME: "дата рождения совпадает", Agreement.NEAR: "дата рождения похожа",
    Agreement.OTHER: "дата рождения другая",
}  # fmt: skip

# Core tables: they only lead to ids, and what stands under these ids is narrowed by the scope of the outer SELECT.
_card, _family = SignalCard.__table__, Family.__table__


class LikelyFamily(NamedTuple):
    """A family that a card may be about."""

    family: Family
    reasons: list[str]
    points: int


class LikelyCard(NamedTuple):
    """Another card that may be about the same family."""

    card: SignalCard
    reasons: list[str]
    points: int


class LikelyOnes(NamedTuple):
    """What a card may be about, the best first."""

    families: list[LikelyFamily]
    cards: list[LikelyCard]


class Sign(NamedTuple):
    """One thing that speaks for a likeness."""

    points: int
    reason: str


@dataclass(frozen=True)
class Described:
    """A family as far as it is described somewhere: in a card, or in its record."""

    people: Sequence[NamedPerson] = ()
    addresses: Sequence[str | None] = ()
    phones: Sequence[str] = ()
    children: Sequence[KnownChild] = ()


@dataclass
class _Found:
    """What is read of a family or another card before it is compared."""

    row: Any
    people: list[NamedPerson] = field(default_factory=list)
    children: list[KnownChild] = field(default_factory=list)


# What stands beside a card


def of_card(card: SignalCard) -> LikelyOnes:
    """The person's families and other cards that a card may be about: at most eight statements, however many rows."""
    told, on = _told(card), day_of(card)
    cards = _weighed_cards(card, told, on)
    families = _weighed_families(card, told, on, cards)
    return LikelyOnes(_best_families(families), _best_cards([(found.row.id, signs) for found, signs in cards]))


def day_of(card: SignalCard) -> date:
    """The day for which a card tells the ages of children."""
    return clock.local(card.detected_at).date()


def person_of(card: Any) -> NamedPerson:
    """The person whom a card is about."""
    return NamedPerson(card.last_name, card.first_name, card.middle_name, card.born_on)


def _told(card: SignalCard) -> Described:
    children = [known_child(row.name, row.born_on, row.age) for row in card.children if row.annulled_at is None]
    return Described([person_of(card)], [card.address], phones_of(card), children)


def phones_of(card: Any) -> list[str]:
    return contacts.phones(card.home_phone, card.mobile_phone)


# Other cards


def _weighed_cards(card: SignalCard, told: Described, on: date) -> list[tuple[_Found, list[Sign]]]:
    """Other cards with what speaks for them."""
    held = _Leads(CardWord.__table__, "card_id")
    ways = [*held.of(told), *held.with_any(told.phones)]
    if card.born_on is not None:
        ways.append(select(_card.c.id).where(_card.c.born_on == card.born_on))
    said = ("id", "family_id", "number", "year", "last_name", "first_name", "middle_name", "born_on", "address",
            "home_phone", "mobile_phone", "detected_at")  # fmt: skip
    rows = db.session.execute(
        select(*(getattr(SignalCard, name) for name in said))
        .where(SignalCard.annulled_at.is_(None), SignalCard.id != card.id, SignalCard.id.in_(union(*ways)))
        .order_by(SignalCard.sent_at.desc(), SignalCard.id.desc())
        .limit(LOOKED_AT)
    )
    found = {row.id: _Found(row, [person_of(row)]) for row in rows}
    if told.children:
        _read_children(found, on)
    return [(one, list(_signs(told, _described(one), on))) for one in found.values()]


def _read_children(found: dict[int, _Found], on: date) -> None:
    """The children of cards; an age is that of the day of detection, and grows until the day that is asked."""
    asked = select(CardChild.card_id, CardChild.name, CardChild.born_on, CardChild.age)
    for row in db.session.execute(asked.where(CardChild.annulled_at.is_(None), CardChild.card_id.in_(found))):
        grown = full_years(clock.local(found[row.card_id].row.detected_at).date(), on)
        age = row.age if row.age is None else row.age + grown
        found[row.card_id].children.append(known_child(row.name, row.born_on, age))


def _described(one: _Found) -> Described:
    return Described(one.people, [one.row.address], phones_of(one.row), one.children)


# Families


def _weighed_families(card: SignalCard, told: Described, on: date,
                      cards: Iterable[tuple[_Found, list[Sign]]]) -> list[tuple[Any, list[Sign]]]:  # fmt: skip
    """Families with what speaks for them; another card speaks for the family that it is attached to."""
    by_cards = _by_cards(cards)
    known = {*by_cards, *_with_birthdays(told, on)}
    near = case((Family.id.in_(known), 0), (Family.territory_id == card.territory_id, 1),
                (Family.district_id == card.district_id, 2), else_=3)  # fmt: skip
    ways = [*_Leads(SearchWord.__table__, "family_id").of(told), select(_family.c.id).where(_family.c.id.in_(known))]
    rows = db.session.execute(
        select(Family.id, Family.territory_id, Family.registered_address, Family.actual_address)
        .where(Family.annulled_at.is_(None), Family.id.in_(union(*ways)))
        .order_by(near, Family.id.desc())
        .limit(LOOKED_AT)
    )
    found = {row.id: _Found(row) for row in rows}
    people = select(Member.family_id, Member.last_name, Member.first_name, Member.middle_name, Member.born_on)
    for row in db.session.execute(people.where(Member.annulled_at.is_(None), Member.family_id.in_(found))):
        found[row.family_id].people.append(person_of(row))
    return [
        (one.row, [*_signs(told, of_record(one.row, one.people, on), on), *by_cards[one.row.id]])
        for one in found.values()
    ]


def of_record(family: Any, people: Sequence[NamedPerson], on: date) -> Described:
    """A family as its record describes it; children are those who were on that day."""
    children = [child_of(person, on) for person in people if may_be_a_child(person.born_on, on)]
    return Described(people, (family.registered_address, family.actual_address), (), children)


def child_of(person: NamedPerson, on: date) -> KnownChild:
    """A member as a child on a day."""
    age = full_years(person.born_on, on) if person.born_on is not None else None
    return known_child(names.full(*person[:3]), person.born_on, age, person.first_name)


def may_be_a_child(born_on: date | None, on: date) -> bool:
    """Whether somebody was a child on a day, give or take a year."""
    return born_on is None or -1 <= full_years(born_on, on) <= OLDEST_CHILD + 1


def _with_birthdays(told: Described, on: date) -> set[int]:
    """Families with somebody who was born on a day that a card tells, and is called likely so."""
    person, born = told.people[0], defaultdict(list)
    for child in told.children:
        if child.name and child.born_on is not None:
            born[child.born_on].append(child)
    days = {person.born_on, *born} - {None}
    if not days:
        return set()
    asked = select(Member.family_id, Member.last_name, Member.first_name, Member.middle_name, Member.born_on)
    found = set()
    for row in db.session.execute(asked.where(Member.annulled_at.is_(None), Member.born_on.in_(days))):
        one, kin = person_of(row), born.get(row.born_on, ())
        is_person = one.born_on == person.born_on and likelihood.names_alike(person, one) is not None
        if is_person or any(likelihood.children_alike(child, child_of(one, on)) for child in kin):
            found.add(row.family_id)
    return found


def _by_cards(cards: Iterable[tuple[_Found, list[Sign]]]) -> defaultdict[int, list[Sign]]:
    """What other cards say for the families that they are attached to."""
    found: defaultdict[int, list[Sign]] = defaultdict(list)
    for one, signs in cards:
        if one.row.family_id is None or found[one.row.family_id]:
            continue
        number = f"№ {one.row.number}/{one.row.year}"
        if any(sign.reason == SAME_PHONE for sign in signs):
            found[one.row.family_id].append(Sign(PHONE, f"тот же телефон в карте {number}"))
        elif _points(signs) >= ENOUGH:
            found[one.row.family_id].append(Sign(CARD, f"к делу семьи приобщена похожая карта {number}"))
    return found


class _Leads:
    """The ways that lead from what a card tells to the ids of rows, through the words by which these are found."""

    def __init__(self, table: Any, owner: str) -> None:
        self._table: Table = table
        self._owner = owner

    def of(self, told: Described) -> Iterator[Select[tuple[int]]]:
        """By the names of the person, but for a letter of one of them; by the address; by the names of children."""
        person = told.people[0]
        last, first = names.words(person.last_name), names.words(person.first_name)
        yield self._with_both(last, _near(first))
        yield self._with_both(first, _near(last))
        if home := contacts.words_of_home(told.addresses[0]):
            yield self._with_both(home.streets, home.numbers)
        yield from self._of_children(told, last)

    def with_any(self, among: Sequence[str]) -> Iterator[Select[tuple[int]]]:
        if among:
            yield select(self._table.c[self._owner]).where(self._table.c.word.in_(among))

    def _of_children(self, told: Described, last: set[str]) -> Iterator[Select[tuple[int]]]:
        """Two children whose birth dates are not told, of a family that bears the surname in either form."""
        called = [names.folded(child.name).split() for child in told.children if child.born_on is None]
        surnames = {form for word in last for form in names.of_both_sexes(word)}
        own = [[word for word in each if word not in surnames] for each in called]
        first = list(dict.fromkeys(each[0] for each in own if each))
        if len(first) < 2:
            return
        table, owner = self._table.alias(), self._table.c[self._owner]
        kin = select(table.c[self._owner]).where(table.c.word.in_(sorted(surnames)))
        yield (
            select(owner)
            .where(self._table.c.word.in_(_spelled(first[:MOST_LEADING])), unindexed(owner).in_(kin))
            .group_by(owner)
            .having(func.count() > 1)
        )

    def _with_both(self, some: Iterable[str], others: Iterable[str]) -> Select[tuple[int]]:
        """Ids of rows that hold one of some words and one of others.

        The second list is made once: looked up word by word for each row, it would take a thousand times as long.
        """
        one, other = self._table.alias(), self._table.alias()
        there = select(other.c[self._owner]).where(other.c.word.in_(sorted(map(names.as_kept, others))))
        return select(one.c[self._owner]).where(
            one.c.word.in_(sorted(map(names.as_kept, some))), unindexed(one.c[self._owner]).in_(there)
        )


def _spelled(some: Iterable[str]) -> list[str]:
    """Some first names with those in papers that they are short for."""
    return sorted({other for word in some for other in (word, *in_full(word))})


def _near(some: Iterable[str]) -> set[str]:
    """Words by which others are looked for: misspelt by a letter, and names in full for short ones."""
    return {other for word in some for other in likelihood.near_words(word) | in_full(word)}


# What speaks for a likeness

SAME_PHONE = "тот же телефон"


def _signs(told: Described, known: Described, on: date) -> Iterator[Sign]:
    """All that speaks for a family, or another card, being what a card tells of."""
    if found := best_person(told.people[0], known.people):
        yield Sign(found.points, said_of_person(found))
    homes = [(how, place) for place in known.addresses if (how := contacts.homes_alike(told.addresses[0], place))]
    if homes:
        how, place = max(homes, key=lambda one: HOMES[one[0]])
        yield Sign(HOMES[how], f"{how.value}: {place}")
    if set(told.phones) & set(known.phones):
        yield Sign(PHONE, SAME_PHONE)
    left = MOST_OF_CHILDREN
    for number, _place, agreed, points in pairs_of_children(told.children, known.children):
        yield Sign(min(points, left), _child_said(told.children[number], agreed))
        left -= min(points, left)


class SamePerson(NamedTuple):
    """A person of a family who may be the one a card is about, and how their names agree."""

    person: NamedPerson
    place: int
    how: NamesAlike
    middle: Agreement
    day: Agreement
    points: int


def best_person(told: NamedPerson, people: Sequence[NamedPerson]) -> SamePerson | None:
    """Who of some people is likeliest the person a card is about, and where he stands among them."""
    found = (one for place, person in enumerate(people) if (one := same_person(told, person, place)))
    return max(found, key=lambda one: one.points, default=None)


def same_person(told: NamedPerson, person: NamedPerson, place: int = 0) -> SamePerson | None:
    """How two entries agree, and what that weighs; None: their names do not."""
    if (how := likelihood.names_alike(told, person)) is None:
        return None
    middle = likelihood.words_alike(told.middle_name, person.middle_name)
    if how is NamesAlike.REORDERED:
        middle = Agreement.UNKNOWN  # it stands in the place of another name
    day = likelihood.days_alike(told.born_on, person.born_on)
    return SamePerson(person, place, how, middle, day, NAMES[how] + MIDDLES[middle] + DAYS[day])


def said_of_person(found: SamePerson) -> str:
    """Why two entries may be of one person."""
    person = found.person
    born = f", {person.born_on:%d.%m.%Y}" if person.born_on else ""
    middle = MIDDLE_SAID.get(found.middle) if found.how is not NamesAlike.OTHER_LAST else None
    said = filter(None, (found.how.value, middle, DAY_SAID.get(found.day)))
    return f"{names.full(*person[:3])}{born}: {', '.join(said)}"


PairOfChildren = tuple[int, int, ChildrenAlike, int]


def pairs_of_children(told: Sequence[KnownChild], known: Sequence[KnownChild]) -> list[PairOfChildren]:
    """Children who may be one, each in one pair: the places of the told and of the known one, how, points."""
    found = [
        (number, place, how, _points_of_child(how))
        for number, one in enumerate(told)
        for place, other in enumerate(known)
        if (how := likelihood.children_alike(one, other))
    ]
    found.sort(key=lambda pair: (-pair[3], pair[0], pair[1]))
    pairs, used_told, used_known = [], set(), set()
    for number, place, how, points in found:
        if number not in used_told and place not in used_known:
            used_told.add(number)
            used_known.add(place)
            pairs.append((number, place, how, points))
    return pairs


def _points_of_child(how: ChildrenAlike) -> int:
    if how.name is Agreement.UNKNOWN:
        same = how.time is Agreement.SAME
        return (NAMELESS_OF_DAY if how.day else NAMELESS_OF_AGE) if same else 1
    if how.time is Agreement.UNKNOWN:
        return CHILD_BY_NAME
    return (CHILD_OF_DAY if how.day else CHILD_OF_AGE)[how.time]


def _child_said(child: KnownChild, how: ChildrenAlike) -> str:
    name = f"ребёнок {child.name}" if child.name else "ребёнок без имени"
    unlike = "имя отличается на букву" if how.name is Agreement.NEAR else ""
    return ", ".join(filter(None, (name, time_of(child), unlike)))


def time_of(child: KnownChild) -> str:
    """The birth date of a child, or its age; nothing where neither is known."""
    if child.born_on is not None:
        return f"{child.born_on:%d.%m.%Y}"
    return words.age(child.age) if child.age is not None else ""


# The best of them


def _points(signs: Iterable[Sign]) -> int:
    """What all signs weigh; one that speaks against outweighs no other, but weighs nothing itself."""
    return sum(max(sign.points, 0) for sign in signs)


def reasons_of(signs: Iterable[Sign]) -> list[str]:
    return [sign.reason for sign in sorted(signs, key=lambda sign: -sign.points)]


def _best_families(weighed: Iterable[tuple[Any, list[Sign]]]) -> list[LikelyFamily]:
    best = _best((row.id, signs) for row, signs in weighed)
    asked = select(Family).where(Family.id.in_(best)).options(joinedload(Family.territory))
    rows = {row.id: row for row in db.session.scalars(asked)} if best else {}
    return [LikelyFamily(rows[key], reasons_of(signs), _points(signs)) for key, signs in best.items() if key in rows]


def _best_cards(weighed: Iterable[tuple[int, list[Sign]]]) -> list[LikelyCard]:
    best = _best(weighed)
    asked = select(SignalCard).where(SignalCard.id.in_(best))
    asked = asked.options(joinedload(SignalCard.agency), joinedload(SignalCard.outcome), joinedload(SignalCard.family))
    rows = {row.id: row for row in db.session.scalars(asked)} if best else {}
    return [LikelyCard(rows[key], reasons_of(signs), _points(signs)) for key, signs in best.items() if key in rows]


def _best(weighed: Iterable[tuple[int, list[Sign]]]) -> dict[int, list[Sign]]:
    """Those with enough points, the best first; of equals, in the order in which they were read."""
    told = [(key, signs) for key, signs in weighed if _points(signs) >= ENOUGH]
    told.sort(key=lambda one: -_points(one[1]))
    return dict(told[:MOST])
