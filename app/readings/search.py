"""Finding families by number, any name and address, birth date, document, telephone; and by names that are misspelled.

What is typed exactly is looked for first and costs nothing more; only where nobody is found the words near to it are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache, partial
from itertools import product
from typing import Any

from rapidfuzz.distance import OSA
from sqlalchemy import ColumnElement, Select, and_, exists, or_, select, union
from sqlalchemy.orm import joinedload, selectinload

from app.conditions import called, unindexed
from app.domain import given_names, names, short_names, sought
from app.domain.sought import Sought
from app.domain.terms import DoublesVerdict
from app.extensions import db
from app.models import CardWord, DoublesDecision, Family, IdentityDocument, Member, Registration, SignalCard
from app.readings import gathering, vocabulary
from app.readings.gathering import Want

SHOWN, MOST_COUNTED = 30, 300
MOST_WORDS = 8
MOST_ORDERS = 12  # ways to put the words of a name that are tried
LONGEST_NUMBER = 20
WEIGHED = 200  # families with near names that are compared with what was typed
SHOWN_NEAR = 20  # of them that are shown
NEAREST = 0.35  # of a word: names that are hardly farther than the nearest one stand together
MOST_APART = 4  # of the names that a word may stand for: whoever bears each of them is looked at, however many bear one
OF_HOUSE = 3  # digits of a number of a house or a flat
SHORTEST = 3  # letters of a word that may be misspelled, and of a part of a word

# Core tables: they only lead to ids, and the families of these ids are narrowed by the scope of the outer SELECT.
_stay, _member = Registration.__table__, Member.__table__
_decision = DoublesDecision.__table__
_live = _member.c.annulled_at.is_(None)


@dataclass
class Found:
    """Families of the person that match, at most `SHOWN` of `total`; a total above `MOST_COUNTED` is not counted on.

    stands_for: for each word that nobody bears, the words of the bank that are near to it. called: for each short name
    those that it is short for. read_as: what was meant by a query in the wrong layout. why: of a family, what led to it
    past its words.
    """

    words: list[str]
    families: list[Family] = field(default_factory=list)
    total: int = 0
    by_part: bool = False
    stands_for: Mapping[str, Sequence[str]] = field(default_factory=dict)
    called: Mapping[str, frozenset[str]] = field(default_factory=dict)
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
            if any(one.startswith(word) or one in self.stands_for.get(word, self.called.get(word, ())) for one in held)
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
    """By the beginning of every word or the name that it is short for, the day of birth or its year."""
    ids = gathering.families(_wanted(asked, {}), MOST_COUNTED + 1)
    words = list(asked.words)
    if not ids:
        return Found(words)
    is_many, is_of_people = len(ids) > MOST_COUNTED, len(words) > 1 and all(map(str.isalpha, words))
    first: ColumnElement[bool] | None = None
    if is_of_people:  # one person called so, and not this one and that one
        people = _called(words, None if is_many else ids) or _called(words, None, both_sexes=True)
        ids, first = [*people, *ids], Family.id.in_(people)
    elif len(words) == 1 and not asked.days:  # whoever bears the word itself, and not one that begins so
        ids = [*(_named(words[0]) if is_many else ()), *ids]
        first = Want((words[0], *short_names.in_full(words[0]))).held_by(Family.id)
    found = _in_order(words, list(dict.fromkeys(ids))[: MOST_COUNTED + 1], limit, first)
    found.called = {word: full for word in words if (full := short_names.in_full(word))}
    return found


def _called(words: Sequence[str], among: Sequence[int] | None, *, both_sexes: bool = False) -> list[int]:
    """Ids of the families with a person called so, the surname before or behind the name; among: of these families;
    both_sexes: the surname may end as that of a man or of a woman, «Хомутова Роман»."""
    meant = [(word, *sorted(short_names.in_full(word))) for word in words]
    if both_sexes:
        meant = [
            each if given_names.is_given(word) else (*each, *sorted(names.of_both_sexes(word) - {*each}))
            for word, each in zip(words, meant, strict=True)
        ]
    orders = [*product(*meant), *(product(meant[1], meant[0], *meant[2:]) if len(words) == 2 else ())]
    patterns = list(orders)[:MOST_ORDERS]
    if among is None:
        people = [select(_member.c.family_id).where(_live, called(_member.c.sort_key, *each)) for each in patterns]
        return list(db.session.scalars(
            select(Family.id).where(Family.annulled_at.is_(None), Family.id.in_(union(*people))).limit(MOST_COUNTED)
        ))  # fmt: skip
    key = unindexed(_member.c.sort_key)
    is_one = or_(*(key.like(names.sort_pattern(*each), escape="\\") for each in patterns))
    return list(db.session.scalars(select(_member.c.family_id).where(_live, _member.c.family_id.in_(among), is_one)))


def _named(word: str) -> list[int]:
    """Ids of the families whose own name begins with a word, in their order."""
    own = select(Family.id).where(Family.annulled_at.is_(None), called(Family.sort_key, word))
    return list(db.session.scalars(own.order_by(Family.sort_key, Family.id).limit(MOST_COUNTED)))


def _by_papers(asked: Sought, limit: int) -> Found:
    """By a document of a member, or a telephone in a signal card of the family."""
    why = dict(_with_document(asked))
    for family_id, reason in _with_phone(asked):
        why.setdefault(family_id, []).append(reason)
    if not why:
        return Found([])
    found = _in_order([], _ids(Family.id.in_(list(why)[:MOST_COUNTED])), limit)
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
    beside = _wanted(asked._replace(words=tuple(map(str, asked.years))), {})
    ids = _ids(Family.id.in_(union(*people)), *(want.held_by(Family.id) for want in beside))
    found = _in_order(list(surnames), ids, limit)
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
    near = {word: [*others, *short_names.in_full(word)] for word, others in vocabulary.near(bare).items()}
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
    """By any part of a word; of a number by its beginning, as ever."""
    parts = [word for word in asked.words if word.isalpha() and word[0] >= vocabulary.FIRST_LETTER]
    if any(len(word) < SHORTEST for word in parts):
        return Found([])
    holding = vocabulary.holding(parts)
    if not parts or not all(holding.values()):
        return Found([])
    rest = asked._replace(words=tuple(word for word in asked.words if word not in holding))
    wanted = [*_wanted(rest, {}), *(Want(tuple(others)) for others in holding.values())]
    found = _in_order(list(asked.words), gathering.families(wanted, MOST_COUNTED + 1), limit)
    found.by_part = True
    return found


# Conditions


def _wanted(asked: Sought, stands_for: Mapping[str, Sequence[str]]) -> list[Want]:
    """What a family holds of every word, or what the word stands for, and somebody born on each day.

    «00012» is also looked for as «12». Beside other words «д» and the number of a house are meant whole.
    """
    years = {str(year): year for year in asked.years}
    found = []
    for word in asked.words:
        plain = word.lstrip("0") if word.isdigit() else ""
        is_whole = len(asked.words) > 1 and (len(word) == 1 or (plain and len(word) <= OF_HOUSE))
        meant = {word, plain or word}
        begun = {one: [one] if is_whole else vocabulary.beginning(one) for one in meant}
        words = {each for listed in begun.values() if listed is not None for each in listed}
        words |= {form for one in stands_for.get(word, ()) for form in names.of_both_sexes(one)}
        too_many = tuple(one for one, listed in begun.items() if listed is None)
        born = (date(years[word], 1, 1), date(years[word], 12, 31)) if word in years else None
        found.append(Want(tuple(sorted(words | short_names.in_full(word))), too_many, born))
    return found + [Want(born=(day, day)) for day in asked.days]


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
    if not near and (short := _of_short_names(found, held)):
        return short
    if near:
        return f"похожее имя: {'; '.join(near)}"
    return "часть имени" if found.by_part else "имя"


def _of_short_names(found: Found, held: set[str]) -> str:
    """Which names are told by their short ones."""
    told = [f"«{word}» – {form.capitalize()}" for word, full in found.called.items() for form in sorted(held & full)]
    return f"краткое имя: {', '.join(told)}" if told else ""


def _of_births(asked: Sought, family: Family) -> Iterable[str]:
    for member in family.members:
        if member.born_on in asked.days:
            yield f"дата рождения {member.born_on:%d.%m.%Y}: {member.full_name}"
        elif member.born_on is not None and member.born_on.year in asked.years:
            yield f"{member.born_on.year} г. р.: {member.full_name}"


# What is read of the families


def _in_order(words: list[str], ids: Sequence[int], limit: int, first: ColumnElement[bool] | None = None) -> Found:
    """The families of some ids, those that meet `first` before others; of each, those removed from record last."""
    order = [_removed()] if first is None else [~first, _removed()]
    return Found(words, _rows(limit, Family.id.in_(ids), order=order) if ids else [], len(ids))


def _ids(*where: ColumnElement[bool]) -> list[int]:
    """Ids of the families of the person that meet some conditions: no more than are counted."""
    live = Family.annulled_at.is_(None)
    return list(db.session.scalars(select(Family.id).where(live, *where).limit(MOST_COUNTED + 1)))


def _rows(limit: int, *where: ColumnElement[bool], order: Sequence[Any] = ()) -> list[Family]:
    """The first families of those that meet some conditions: put in order as ids, and the few of them are read."""
    in_order = select(Family.id).where(*where).order_by(*order, Family.sort_key, Family.id).limit(limit)
    ids = list(db.session.scalars(in_order))
    rows = db.session.scalars(
        select(Family)
        .where(Family.id.in_(ids))
        .options(
            joinedload(Family.territory),
            selectinload(Family.members.and_(Member.annulled_at.is_(None))).joinedload(Member.role),
            selectinload(Family.registrations.and_(Registration.annulled_at.is_(None))),
        )
    )
    return sorted(rows, key=lambda family: ids.index(family.id))


def _weighed(asked: Sought, stands_for: Mapping[str, Sequence[str]]) -> Found:
    """The families that hold what every word stands for, the nearest first; of them those removed from record last."""
    ids = gathering.families(_wanted(asked, stands_for), WEIGHED)
    if len(ids) == WEIGHED:  # of so many, some with each of the names that may be meant
        word = next((word for word, near in stands_for.items() if len(near) > 1), next(iter(stands_for)))
        each = (gathering.families(_wanted(asked, {**stands_for, word: [one]}), WEIGHED // MOST_APART)
                for one in stands_for[word][:MOST_APART])  # fmt: skip
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
