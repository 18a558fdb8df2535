"""Finding families by number, any name and address, birth date, document, telephone; and by names that are misspelled.

What is typed exactly is looked for first and costs nothing more; only where nobody is found the words near to it are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache, partial
from typing import Any

from rapidfuzz.distance import OSA
from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, union
from sqlalchemy.orm import joinedload, selectinload

from app.conditions import LAST_LETTER, called
from app.domain import given_names, names, sought
from app.domain.sought import Sought
from app.domain.terms import DoublesVerdict
from app.extensions import db
from app.models import CardWord, DoublesDecision, Family, IdentityDocument, Member, Registration, SearchWord, SignalCard
from app.readings import vocabulary

SHOWN, MOST_COUNTED = 50, 1000
MOST_WORDS = 8
LONGEST_NUMBER = 20
WEIGHED = 200  # families with near names that are compared with what was typed
SHOWN_NEAR = 20  # of them that are shown
NEAREST = 0.35  # of a word: names that are hardly farther than the nearest one stand together
MOST_HOLDING = 500  # words with a part in them that are looked up one by one
SHORTEST = 3  # letters of a word that may be misspelled

# Core tables: they only lead to ids, and the families of these ids are narrowed by the scope of the outer SELECT.
_word, _stay, _member = SearchWord.__table__, Registration.__table__, Member.__table__
_decision = DoublesDecision.__table__
_live = _member.c.annulled_at.is_(None)


@dataclass
class Found:
    """Families of the person that match, at most `SHOWN` of `total`; a total above `MOST_COUNTED` is not counted on.

    stands_for: for each word that nobody bears, the words of the bank that are near to it. read_as: what was meant by a
    query in the wrong layout. why: of a family, what led to it past its words.
    """

    words: list[str]
    families: list[Family] = field(default_factory=list)
    total: int = 0
    by_part: bool = False
    stands_for: Mapping[str, Sequence[str]] = field(default_factory=dict)
    sought: Sought | None = None
    read_as: str | None = None
    why: dict[int, list[str]] = field(default_factory=dict)

    @property
    def more_than_counted(self) -> bool:
        return self.total > MOST_COUNTED

    @property
    def is_near(self) -> bool:
        """Whether nobody is written as it was typed, and these are written nearly so."""
        return any(word not in near for word, near in self.stands_for.items()) and not self.by_part

    def matches(self, text: str | None) -> bool:
        """Whether a text holds one of the words looked for, in the way the families were found."""
        return bool(self.words_in(text))

    def words_in(self, text: str | None) -> set[str]:
        """Which of the words looked for a text holds, in the way the families were found."""
        found = names.folded(text)
        if self.by_part:
            return {word for word in self.words if word in found}
        held = found.split()
        return {
            word for word in self.words
            if any(one.startswith(word) or one in self.stands_for.get(word, ()) for one in held)
        }  # fmt: skip


def words_of(query: str) -> list[str]:
    """The words that are looked for, each once."""
    return list(dict.fromkeys(names.folded(query).split()))


def families(query: str, today: date, *, limit: int = SHOWN, near: bool = False) -> Found:
    """The families that a query means; if nobody, the ones it means in the other layout of the keyboard.

    near: also those that are written nearly so, where some are written exactly so.
    """
    asked, meant = sought.read(query, today), sought.in_russian_layout(query)
    if meant is None:
        return _first(asked, _ways(asked, limit, near=near))
    exactly = _first(asked, _exact_ways(asked, limit))  # Latin letters stand in some addresses and documents
    if exactly.total:
        return exactly
    other = sought.read(meant, today)
    found = _first(other, _ways(other, limit, near=near))
    found.read_as = meant if found.total else None
    return found


def by_number(query: str) -> list[Family]:
    """The families whose card number is exactly this, leading zeros apart (several districts may use one number)."""
    wanted = query.strip().lstrip("№").strip()
    if not wanted or len(wanted) > LONGEST_NUMBER:
        return []
    spellings = {wanted, wanted.upper()}
    if wanted.isdigit():
        plain = wanted.lstrip("0")
        spellings |= {plain.zfill(width) for width in range(max(len(plain), 1), LONGEST_NUMBER + 1)}
    found = _numbered(Family.number.in_(spellings))
    return found or _numbered(Family.id.in_(_merged(spellings)))


def _numbered(condition: ColumnElement[bool]) -> list[Family]:
    return list(db.session.scalars(select(Family).where(Family.annulled_at.is_(None), condition).limit(2)))


def _merged(numbers: set[str]) -> Select[tuple[int]]:
    """Ids of the families into which the bearers of some numbers were merged."""
    merged = _decision.c.verdict == DoublesVerdict.MERGED, _decision.c.taken_back_at.is_(None)
    return select(_decision.c.family_id).where(_decision.c.former_number.in_(numbers), *merged)


# The ways to find


Ways = Iterable[Callable[[], Found]]


def _exact_ways(asked: Sought, limit: int) -> Ways:
    return (partial(_by_papers, asked, limit), partial(_by_initials, asked, limit), partial(_by_words, asked, limit))


def _ways(asked: Sought, limit: int, *, near: bool) -> Ways:
    """The ways one after the other, the exact ones first; near: without them."""
    exactly = () if near else _exact_ways(asked, limit)
    return (*exactly, partial(_by_near_words, asked, limit), partial(_by_parts, asked, limit))


def _first(asked: Sought, ways: Ways) -> Found:
    """By the first way that finds somebody."""
    found = Found(list(asked.words))
    for way in ways if asked.words or asked.days else ():
        found = way()
        if found.total:
            break
    found.sought = asked
    return found


def _by_words(asked: Sought, limit: int) -> Found:
    """By the beginning of every word, the day of birth or its year."""
    words = list(asked.words)
    first = None
    if len(words) == 1 and not asked.days:  # whoever bears the word itself, and not one that begins so
        first = Family.id.in_(_of_words(words))
    elif words and all(map(str.isalpha, words)):  # one person called so, and not this one and that one
        first = Family.id.in_(select(_member.c.family_id).where(_live, called(_member.c.sort_key, *words)))
    return _fetch(words, and_(*_meeting_all(asked, {})), limit, first)


def _by_papers(asked: Sought, limit: int) -> Found:
    """By a document of a member, or a telephone in a signal card of the family."""
    why = dict(_with_document(asked))
    for family_id, reason in _with_phone(asked):
        why.setdefault(family_id, []).append(reason)
    if not why:
        return Found([])
    found = _fetch([], Family.id.in_(list(why)[:MOST_COUNTED]), limit)
    found.why = why
    return found


def _by_initials(asked: Sought, limit: int) -> Found:
    """By a surname with initials, the surname misspelled or not."""
    if asked.initials is None:
        return Found([])
    surname, rest = asked.initials.split(" ", 1)
    found = _fetch_called([surname], rest, asked, limit)
    if found.total:
        return found
    meant = [form for near in vocabulary.near([surname]).values() for form in near]
    return _fetch_called(meant, rest, asked, limit) if meant else found


def _fetch_called(surnames: Sequence[str], initials: str, asked: Sought, limit: int) -> Found:
    people = [
        select(_member.c.family_id).where(_live, called(_member.c.sort_key, f"{surname} {initials}"))
        for surname in surnames
    ]  # fmt: skip
    beside = _meeting_all(asked._replace(words=tuple(map(str, asked.years))), {})
    found = _fetch(list(surnames), and_(Family.id.in_(union(*people)), *beside), limit)
    pattern = asked.initials.split()[1:] if asked.initials else []
    for family in found.families:
        for member in family.members:
            told = names.folded(f"{member.first_name} {member.middle_name or ''}").split()
            bears = any(names.folded(member.last_name).startswith(surname) for surname in surnames)
            if bears and all(one.startswith(letter) for one, letter in zip(told, pattern, strict=False)):
                found.why.setdefault(family.id, []).append(f"фамилия и инициалы: {member.full_name}")
    return found


def _by_near_words(asked: Sought, limit: int) -> Found:
    """By words but for a slip in each; then but for two; then without the patronymic, that nobody wrote down."""
    bare = [word for word in asked.words if word.isalpha() and len(word) >= SHORTEST]
    if not bare:
        return Found([])
    near = vocabulary.near(bare)
    if all(near.values()) and (found := _weighed(asked, near)).total:
        return found
    further = {word: [*near[word], *(one for one in others if one not in near[word])]
               for word, others in vocabulary.far(bare).items()}  # fmt: skip
    if all(further.values()) and (found := _weighed(asked, further)).total:
        return found
    middle = next((word for word in reversed(bare) if given_names.is_patronymic(word)), None)
    if middle is None or len(asked.words) < 3:
        return Found([])
    without = asked._replace(words=tuple(word for word in asked.words if word != middle))
    kept = {word: others for word, others in further.items() if word != middle}
    return _weighed(without, kept) if all(kept.values()) else Found([])


def _by_parts(asked: Sought, limit: int) -> Found:
    """By any part of a word."""
    letters = [word for word in asked.words if word.isalpha() and word[0] >= vocabulary.FIRST_LETTER]
    holding = vocabulary.holding(letters)
    if not asked.words or not all(holding.values()):
        return Found([])
    few = {word: others for word, others in holding.items() if len(others) <= MOST_HOLDING}
    conditions = [Family.id.in_(_of_words(few[word])) if word in few else _holds(word) for word in asked.words]
    found = _fetch(list(asked.words), and_(*conditions), limit)
    found.by_part = True
    return found


# Conditions


def _meeting_all(asked: Sought, stands_for: Mapping[str, Sequence[str]]) -> list[ColumnElement[bool]]:
    """What a family meets that holds every word, or what the word stands for, and somebody born on each day."""
    years = {str(year): year for year in asked.years}
    found: list[ColumnElement[bool]] = []
    for word in asked.words:
        ways = [_beginning(word)]
        if word in years:
            ways.append(_born(date(years[word], 1, 1), date(years[word], 12, 31)))
        if near := stands_for.get(word):
            ways.append(_of_words({form for one in near for form in names.of_both_sexes(one)}))
        found.append(Family.id.in_(union(*ways) if len(ways) > 1 else ways[0]))
    found += [Family.id.in_(_born(day, day)) for day in asked.days]
    return found


def _beginning(word: str) -> Select[tuple[int]]:
    """Ids of the families with a word that begins so; «00012» is also looked for as «12»."""
    prefixes = {word, word.lstrip("0")} - {""} if word.isdigit() else {word}
    return select(_word.c.family_id).where(
        or_(*(and_(_word.c.word >= prefix, _word.c.word <= prefix + LAST_LETTER) for prefix in sorted(prefixes)))
    )


def _of_words(words: Iterable[str]) -> Select[tuple[int]]:
    return select(_word.c.family_id).where(_word.c.word.in_(sorted(set(words))))


def _born(since: date, until: date) -> Select[tuple[int]]:
    return select(_member.c.family_id).where(_live, _member.c.born_on.between(since, until))


def _holds(word: str) -> ColumnElement[bool]:
    """Whether the stored key of a family holds a word as a part.

    By bytes: the key is folded already, and LIKE would fold it again letter by letter.
    """
    find = func.instr if db.session.get_bind().dialect.name == "sqlite" else func.strpos
    return find(Family.search_key, word) > 0


def _removed() -> ColumnElement[bool]:
    """Whether a family was on record and is no longer."""
    stays = and_(_stay.c.family_id == Family.id, _stay.c.annulled_at.is_(None))
    return and_(
        exists().where(stays, _stay.c.removed_on.is_not(None)), ~exists().where(stays, _stay.c.removed_on.is_(None))
    )


def _with_document(asked: Sought) -> Iterable[tuple[int, list[str]]]:
    """The families of the person with a document that was named, as far as the person sees documents."""
    for typed in asked.documents:
        rows = db.session.execute(
            select(IdentityDocument.family_id, IdentityDocument.series, IdentityDocument.number, Member)
            .join(Member, Member.id == IdentityDocument.member_id)
            .where(IdentityDocument.annulled_at.is_(None), IdentityDocument.number == typed.number)
            .limit(SHOWN)
        )
        for row in rows:
            if typed.series in ("", sought.series_key(row.series)):
                yield row.family_id, [f"документ {row.series or ''} {row.number}: {row.Member.full_name}"]


def _with_phone(asked: Sought) -> Iterable[tuple[int, str]]:
    """The families of the person that a signal card of the person with a telephone was attached to."""
    if not asked.phones:
        return
    cards = select(CardWord.__table__.c.card_id).where(CardWord.__table__.c.word.in_(asked.phones))
    rows = db.session.execute(
        select(SignalCard.family_id, SignalCard.number, SignalCard.year)
        .where(SignalCard.annulled_at.is_(None), SignalCard.family_id.is_not(None), SignalCard.id.in_(cards))
        .limit(SHOWN)
    )
    for row in rows:
        yield row.family_id, f"телефон в сигнальной карте № {row.number}/{row.year}"


# Why a family was found


def reasons(found: Found, family: Family) -> list[str]:
    """Why a family was found, as people are told; its members are loaded."""
    told = list(found.why.get(family.id, ()))
    if found.words_in(family.number):
        told.append("номер карты")
    bearing = [member for member in family.members if found.matches(member.full_name)]
    if bearing and not told:
        told.append(_of_names(found, bearing))
    if any(map(found.matches, (family.registered_address, family.actual_address))):
        told.append("адрес")
    if found.sought is not None:
        told += _of_births(found.sought, family)
    return told


def _of_names(found: Found, people: Sequence[Member]) -> str:
    """Which names were met, and for what was typed they are taken if they are not it."""
    held = {one for member in people for one in names.folded(member.full_name).split()}
    meant = {
        word: sorted(one.capitalize() for one in held.intersection(near))
        for word, near in found.stands_for.items() if not any(one.startswith(word) for one in held)
    }  # fmt: skip
    near = [f"{', '.join(forms)} вместо «{word}»" for word, forms in meant.items() if forms]
    if near:
        return f"похожее имя: {'; '.join(near)}"
    return "часть имени" if found.by_part else "имя"


def _of_births(asked: Sought, family: Family) -> Iterable[str]:
    for member in family.members:
        if member.born_on in asked.days:
            yield f"дата рождения {member.born_on:%d.%m.%Y}: {member.full_name}"
        elif member.born_on is not None and member.born_on.year in asked.years:
            yield f"{member.born_on.year} г. р.: {member.full_name}"


# What is read of the families


def _fetch(words: list[str], condition: ColumnElement[bool], limit: int,
           first: ColumnElement[bool] | None = None) -> Found:  # fmt: skip
    """Few are gathered once and then put in order; of many, whoever comes first in the order is looked for there.

    The order: those that meet `first`, if there is such a condition, before others; of each, those removed from record
    last.
    """
    live = (Family.annulled_at.is_(None), condition)
    ids: Sequence[int] = db.session.scalars(select(Family.id).where(*live).limit(MOST_COUNTED + 1)).all()
    if not ids:
        return Found(words)
    total, order = len(ids), [_removed()]
    if first is not None:
        order.insert(0, ~first)
    if total > MOST_COUNTED:
        ids = _first_of_many(live, [first & ~_removed(), first] if first is not None else [], limit)
    return Found(words, _rows(limit, Family.id.in_(ids), order=order), total)


def _first_of_many(live: Sequence[ColumnElement[bool]], better: Sequence[ColumnElement[bool]], limit: int) -> list[int]:
    """The ids of those that come first: the better ones, then those not removed, then the others."""
    found: list[int] = []
    for stretch in (*better, ~_removed(), _removed()):
        if len(found) < limit:
            in_order = select(Family.id).where(*live, stretch).order_by(Family.sort_key, Family.id)
            found += [one for one in db.session.scalars(in_order.limit(limit)) if one not in found]
    return found[:limit]


def _rows(limit: int, *where: ColumnElement[bool], order: Sequence[Any] = ()) -> list[Family]:
    return list(
        db.session.scalars(
            select(Family)
            .where(*where)
            .order_by(*order, Family.sort_key, Family.id)
            .limit(limit)
            .options(
                joinedload(Family.territory),
                selectinload(Family.members.and_(Member.annulled_at.is_(None))).joinedload(Member.role),
                selectinload(Family.registrations.and_(Registration.annulled_at.is_(None))),
            )
        )
    )


def _weighed(asked: Sought, stands_for: Mapping[str, Sequence[str]]) -> Found:
    """The families that hold what every word stands for, the nearest first; of them those removed from record last."""
    live = Family.annulled_at.is_(None)
    ids = _ids(live, *_meeting_all(asked, stands_for))
    if len(ids) == WEIGHED and len(stands_for) == 1:  # of so many, some with each of the names that may be meant
        ((word, near),) = stands_for.items()
        each = (_ids(live, *_meeting_all(asked, {word: [one]}), most=SHOWN_NEAR) for one in near)
        ids = list(dict.fromkeys(one for some in each for one in some))
    if not ids:
        return Found([])
    told = select(Member.family_id, Member.last_name, Member.first_name, Member.middle_name)
    weights: dict[int, float] = dict.fromkeys(ids, 0.0)
    weigh = _Scale(asked.words)
    for row in db.session.execute(told.where(Member.annulled_at.is_(None), Member.family_id.in_(ids))):
        weights[row.family_id] = max(weights[row.family_id], weigh(names.folded(names.full(*row[1:]))))
    best = sorted(ids, key=lambda one: -weights[one])[:SHOWN_NEAR]
    shown = _rows(SHOWN_NEAR, Family.id.in_(best))
    nearest = max(weights.values()) - NEAREST
    shown.sort(key=lambda one: (weights[one.id] < nearest, is_removed(one), -weights[one.id]))
    forms = {word: [form for one in near for form in names.of_both_sexes(one)] for word, near in stands_for.items()}
    return Found(list(asked.words), shown, len(ids), stands_for=forms)


def _ids(*where: ColumnElement[bool], most: int = WEIGHED) -> list[int]:
    return list(db.session.scalars(select(Family.id).where(*where).limit(most)))


def is_removed(family: Family) -> bool:
    """Whether a family whose stays are loaded was on record and is no longer."""
    return bool(family.registrations) and all(stay.removed_on is not None for stay in family.registrations)


class _Scale:
    """How near the name of a person is to some words, from 0 to their number: each word to the nearest of the name."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = [word for word in words if word.isalpha()]
        self._alike = cache(OSA.normalized_similarity)

    def __call__(self, name: str) -> float:
        parts = name.split()
        return sum(max((self._alike(word, part) for part in parts), default=0.0) for word in self._words)
