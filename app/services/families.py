"""What is derived from a family's members, number and addresses: its short name, its sort key, how it is found."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from sqlalchemy import delete, insert, select

from app.domain import intervals, names
from app.domain.refusal import Refusal
from app.domain.terms import ParentalRole
from app.extensions import db
from app.models import Family, Member, SearchWord, Territory

PARENTS = (ParentalRole.MOTHER, ParentalRole.FATHER, ParentalRole.GUARDIAN)

_word = SearchWord.__table__


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


def keys_of(number: str, members: Iterable[NamedMember], addresses: Iterable[str | None]) -> FamilyKeys:
    """The keys of a family: its name is made of those present, but it is found by everyone who was ever in it."""
    people = list(members)
    present = [person for person in people if person.present] or people
    children = [person.last_name for person in present if person.parental_role is ParentalRole.CHILD]
    name = names.family_name(
        (person.last_name for person in present if person.parental_role in PARENTS),
        children or [person.last_name for person in present],
    )[:200]
    texts = [number, *(names.full(*person[:3]) for person in people), *dict.fromkeys(addresses)]
    return FamilyKeys(
        name,
        names.sort_key(name)[:300],
        " ".join(filter(None, map(names.folded, texts))),
        frozenset(word[:100] for word in names.words(*texts)),
    )


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


def member_sort_key(last_name: str, first_name: str, middle_name: str | None) -> str:
    """The sort key of a member: surname, name, patronymic."""
    return names.sort_key(names.full(last_name, first_name, middle_name))[:350]


def refresh(family: Family, today: date) -> None:
    """Bring the keys of a family and of its members in step with what they are now; call it after every edit."""
    session = db.session()
    session.flush()
    members = list(
        session.scalars(
            select(Member).where(Member.family_id == family.id, Member.annulled_at.is_(None)).order_by(Member.id)
        )
    )
    people = []
    for member in members:
        member.sort_key = member_sort_key(member.last_name, member.first_name, member.middle_name)
        present = intervals.holds(member.joined_on, member.left_on, today)
        people.append(
            NamedMember(
                member.last_name,
                member.first_name,
                member.middle_name,
                member.role.parental_role if member.role else None,
                present,
            )
        )
    keys = keys_of(family.number, people, (family.registered_address, family.actual_address))
    family.name, family.sort_key, family.search_key = keys.name, keys.sort_key, keys.search_key
    session.flush()
    _replace_words(family.id, keys.words)


def _replace_words(family_id: int, words: frozenset[str]) -> None:
    """Store exactly these words of a family, writing only the difference."""
    of_family = _word.c.family_id == family_id
    have = set(db.session.scalars(select(_word.c.word).where(of_family)))
    if gone := have - words:
        db.session.execute(delete(_word).where(of_family, _word.c.word.in_(gone)))
    if fresh := words - have:
        db.session.execute(insert(_word), [{"word": word, "family_id": family_id} for word in sorted(fresh)])
