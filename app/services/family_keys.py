"""What is derived from a family's members, number and addresses: its short name, its sort key, how it is found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, delete, insert, select, update
from sqlalchemy.orm.attributes import set_committed_value

from app.domain import intervals, names
from app.domain.terms import DoublesVerdict, ParentalRole
from app.extensions import db, portions
from app.models import DoublesDecision, Family, Member, RelationshipKind, SearchWord
from app.words import short

PARENTS = (ParentalRole.MOTHER, ParentalRole.FATHER, ParentalRole.GUARDIAN)
LONGEST_NAME = 200  # characters
PORTION = 1000  # families whose keys are read at once

_family, _member, _role, _word = (entity.__table__ for entity in (Family, Member, RelationshipKind, SearchWord))
_decision = DoublesDecision.__table__


class NamedMember(NamedTuple):
    """A member as plain values; `present`: has not left the family."""

    last_name: str
    first_name: str
    middle_name: str | None
    parental_role: ParentalRole | None
    present: bool = True


class FamilyKeys(NamedTuple):
    """What is stored with a family so that it is called, sorted and found without reading its members."""

    name: str
    sort_key: str
    search_key: str
    words: frozenset[str]


def keys_of(number: str, members: Iterable[NamedMember], addresses: Iterable[str | None],
            former: Iterable[str] = ()) -> FamilyKeys:  # fmt: skip
    """The keys of a family: its name is made of those present, but it is found by everyone who was ever in it.

    former: numbers of cards that became one with it.
    """
    people = list(members)
    present = [person for person in people if person.present] or people
    children = [person.last_name for person in present if person.parental_role is ParentalRole.CHILD]
    whole = names.family_name(
        (person.last_name for person in present if person.parental_role in PARENTS),
        children or [person.last_name for person in present],
    )
    name = short(whole, LONGEST_NAME)
    called = (" ".join(filter(None, map(names.folded, person[:3]))) for person in people)
    texts = [*map(names.folded, (number, *former)), *called, *map(names.folded, dict.fromkeys(addresses))]
    return FamilyKeys(
        name,
        names.sort_key(name)[:300],
        " ".join(filter(None, texts)),
        frozenset(map(names.as_kept, names.words_of_folded(texts))),
    )


class KeysOfRows(NamedTuple):
    """The keys of a family and, by id, the sort keys of its members."""

    family: FamilyKeys
    members: dict[int, str]


class Stale(NamedTuple):
    """A family whose stored keys are not those that follow from its rows."""

    family_id: int
    number: str
    stored: KeysOfRows
    due: KeysOfRows


def member_sort_key(last_name: str, first_name: str, middle_name: str | None) -> str:
    """The sort key of a member: surname, name, patronymic."""
    return names.sort_key_of_parts(last_name, first_name, middle_name)[:350]


def live_ids() -> list[int]:
    """The ids of the families that are not annulled, whoever asks."""
    query = select(_family.c.id).where(_family.c.annulled_at.is_(None)).order_by(_family.c.id)
    return list(db.session.connection().scalars(query))


def ids_with_role(role_id: int) -> list[int]:
    """The ids of the families that have a member of a role, whoever asks: what the role says is in their names."""
    query = select(_member.c.family_id).where(_member.c.role_id == role_id, _member.c.annulled_at.is_(None)).distinct()
    return list(db.session.connection().scalars(query))


def refresh(family: Family, today: date) -> None:
    """Bring the keys of a family and of its members in step with what they are now; call it after every edit.

    They are no facts: they are written past the versions, so that nobody conflicts with himself, and one after the
    other, so that the last one has seen all rows.
    """
    db.session.flush()
    refresh_all([family.id], today)


def refresh_all(family_ids: Iterable[int], today: date) -> int:
    """Bring the keys of these families in step; gives how many were not. The rows must have been flushed."""
    count = 0
    for portion in portions(sorted(set(family_ids)), PORTION):
        held = select(_family.c.id).where(_family.c.id.in_(portion)).order_by(_family.c.id)
        db.session.connection().execute(held.with_for_update(key_share=True))
        for stale in list(stale_keys(portion, today)):
            _store(stale)
            count += 1
    return count


def stale_keys(family_ids: Iterable[int], today: date) -> Iterator[Stale]:
    """The families of these ids whose keys are out of step, read by statements of the Core: all rows, whoever asks."""
    for portion in portions(sorted(set(family_ids)), PORTION):
        members, words, former = _members_of(portion), _words_of(portion), _former_numbers(portion)
        for row in db.session.connection().execute(select(_family).where(_family.c.id.in_(portion))):
            people = members[row.id]
            stored = KeysOfRows(
                FamilyKeys(row.name, row.sort_key, row.search_key, frozenset(words[row.id])),
                {person.id: person.sort_key for person in people},
            )
            if stored != (due := _due(row, people, former[row.id], today)):
                yield Stale(row.id, row.number, stored, due)


def _members_of(family_ids: list[int]) -> defaultdict[int, list[Any]]:
    """The live members of families as plain values, in the order of entry."""
    found = defaultdict(list)
    query = (
        select(_member, _role.c.parental_role)
        .outerjoin(_role, _role.c.id == _member.c.role_id)
        .where(_member.c.family_id.in_(family_ids), _member.c.annulled_at.is_(None))
        .order_by(_member.c.id)
    )
    for row in db.session.connection().execute(query):
        found[row.family_id].append(row)
    return found


def _words_of(family_ids: list[int]) -> defaultdict[int, set[str]]:
    found = defaultdict(set)
    query = select(_word.c.family_id, _word.c.word).where(_word.c.family_id.in_(family_ids))
    for family_id, word in db.session.connection().execute(query):
        found[family_id].add(word)
    return found


def _former_numbers(family_ids: list[int]) -> defaultdict[int, list[str]]:
    """The numbers that families have borne before they were merged, however often."""
    merged = and_(_decision.c.verdict == DoublesVerdict.MERGED, _decision.c.taken_back_at.is_(None))
    query = select(_decision.c.family_id, _decision.c.other_family_id, _decision.c.former_number).where(
        merged, _decision.c.former_number.is_not(None)
    )
    found, leads, waiting = defaultdict(list), {key: key for key in family_ids}, list(family_ids)
    while waiting:
        rows = db.session.connection().execute(query.where(_decision.c.family_id.in_(waiting))).all()
        for row in rows:
            leads[row.other_family_id] = leads[row.family_id]
            found[leads[row.family_id]].append(row.former_number)
        waiting = [row.other_family_id for row in rows]
    return found


def _due(family: Any, people: list[Any], former: Iterable[str], today: date) -> KeysOfRows:
    """The keys that follow from the columns of a family and of its members."""
    named = [
        NamedMember(row.last_name, row.first_name, row.middle_name, row.parental_role,
                    intervals.holds(row.joined_on, row.left_on, today))
        for row in people
    ]  # fmt: skip
    keys = keys_of(family.number, named, (family.registered_address, family.actual_address), sorted(former))
    return KeysOfRows(keys, {row.id: member_sort_key(*person[:3]) for row, person in zip(people, named, strict=True)})


def _store(stale: Stale) -> None:
    """Write the keys that are due, and tell the rows that the session holds."""
    connection, (stored, members), due = db.session.connection(), stale.stored, stale.due
    values = {name: getattr(due.family, name) for name in ("name", "sort_key", "search_key")}
    connection.execute(update(_family).where(_family.c.id == stale.family_id).values(values))
    _tell(Family, stale.family_id, values)
    changed = {key: value for key, value in due.members.items() if members[key] != value}
    if changed:
        write = update(_member).where(_member.c.id == bindparam("key")).values(sort_key=bindparam("becomes"))
        connection.execute(write, [{"key": key, "becomes": value} for key, value in changed.items()])
    for key, value in changed.items():
        _tell(Member, key, {"sort_key": value})
    _replace_words(stale.family_id, stored.words, due.family.words)


def _tell(entity: Any, key: int, values: dict[str, Any]) -> None:
    session = db.session()
    row = session.identity_map.get(session.identity_key(entity, key))
    for name, value in values.items() if row is not None else ():
        set_committed_value(row, name, value)


def _replace_words(family_id: int, have: frozenset[str], words: frozenset[str]) -> None:
    """Store exactly these words of a family, writing only the difference."""
    connection = db.session.connection()
    if gone := have - words:
        connection.execute(delete(_word).where(_word.c.family_id == family_id, _word.c.word.in_(gone)))
    if fresh := words - have:
        connection.execute(insert(_word), [{"word": word, "family_id": family_id} for word in sorted(fresh)])
