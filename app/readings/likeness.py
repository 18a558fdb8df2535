"""A signal card and a family compared line by line, each line with how far they agree."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

from flask_babel import gettext
from sqlalchemy import select

from app import words
from app.domain import contacts, likelihood
from app.domain.contacts import HomesAlike
from app.domain.likelihood import NamesAlike
from app.domain.terms import Agreement, ParentalRole
from app.extensions import db
from app.models import Family, Member, SignalCard
from app.readings import likely

PARENTS = (ParentalRole.MOTHER, ParentalRole.FATHER, ParentalRole.GUARDIAN)
MOST_CARDS = 50  # of a family, whose phones are told
LOCAL = 10  # digits of a phone with its code; a shorter one is the end of it


class ComparedLine(NamedTuple):
    """One line: what the card tells, what is known of the family, how they agree, and what is to be said of it."""

    title: str
    told: str
    known: str
    how: Agreement
    note: str = ""


def of(card: SignalCard, family: Family) -> list[ComparedLine]:
    """The lines of a card and a family: person, birth date, addresses, phones, children."""
    return [*_person(card, family), *_addresses(card, family), _phones(card, family), *_children(card, family)]


def _person(card: SignalCard, family: Family) -> Iterator[ComparedLine]:
    """The person of the card beside whoever of the family is likest, or beside the parents if nobody is."""
    told, members = likely.person_of(card), list(family.members)
    found = likely.best_person(told, [likely.person_of(member) for member in members])
    title, born = gettext("Full name"), gettext("Birth date")
    if found is None:
        parents = [one for one in members if one.role is not None and one.role.parental_role in PARENTS] or members
        known = "; ".join(map(_called, parents))
        yield ComparedLine(title, card.full_name, known, Agreement.OTHER if known else Agreement.UNKNOWN)
        yield ComparedLine(born, _day(card.born_on), "", Agreement.UNKNOWN)
        return
    same = found.how is NamesAlike.SAME and found.middle in (Agreement.SAME, Agreement.UNKNOWN)
    said = [found.how.value] if found.how is not NamesAlike.SAME else []
    said += [likely.MIDDLE_SAID[found.middle]] if found.middle in (Agreement.NEAR, Agreement.OTHER) else []
    how = Agreement.SAME if same else Agreement.NEAR
    yield ComparedLine(title, card.full_name, _called(members[found.place]), how, ", ".join(said))
    yield ComparedLine(born, _day(card.born_on), _day(found.person.born_on), found.day)


def _called(member: Member) -> str:
    role = f", {member.role}" if member.role else ""
    left = f", {gettext('left')} {_day(member.left_on)}" if member.left_on else ""
    return f"{member.full_name}{role}{left}"


def _addresses(card: SignalCard, family: Family) -> Iterator[ComparedLine]:
    yield _address(gettext("Actual address"), card.address, family.actual_address)
    if family.registered_address:
        yield _address(gettext("Registered address"), card.address, family.registered_address)


def _address(title: str, told: str | None, known: str | None) -> ComparedLine:
    found = contacts.homes_alike(told, known)
    if found is None:
        how = Agreement.OTHER if told and known else Agreement.UNKNOWN
        return ComparedLine(title, told or "", known or "", how)
    how = Agreement.SAME if found is HomesAlike.SAME else Agreement.NEAR
    return ComparedLine(title, told or "", known or "", how, "" if how is Agreement.SAME else found.value)


def _phones(card: SignalCard, family: Family) -> ComparedLine:
    """A family has no phones of its own: they are those of the other cards that are attached to it."""
    asked = select(SignalCard.home_phone, SignalCard.mobile_phone).where(
        SignalCard.family_id == family.id, SignalCard.id != card.id, SignalCard.annulled_at.is_(None)
    )
    rows: list[Any] = [card, *db.session.execute(asked.order_by(SignalCard.id.desc()).limit(MOST_CARDS))]
    typed = [list(dict.fromkeys(filter(None, (row.home_phone, row.mobile_phone)))) for row in rows]
    own, others = typed[0], list(dict.fromkeys(phone for each in typed[1:] for phone in each))
    how = phones_alike(contacts.phones(*own), contacts.phones(*others))
    note = "телефоны из других карт этой семьи" if others else ""
    return ComparedLine(gettext("Phones"), "; ".join(own), "; ".join(others), how, note)


def phones_alike(some: list[str], others: list[str]) -> Agreement:
    """How phones agree, by their digits; one without its code is near to the one that ends so."""
    if not some or not others:
        return Agreement.UNKNOWN
    if set(some) & set(others):
        return Agreement.SAME
    for one in some:
        for other in others:
            shorter, longer = sorted((one, other), key=len)
            if len(shorter) < LOCAL and longer.endswith(shorter):
                return Agreement.NEAR
    return Agreement.OTHER


def _children(card: SignalCard, family: Family) -> Iterator[ComparedLine]:
    """Each child of the card beside its like in the family, then those of the family whom the card does not name."""
    on, title = likely.day_of(card), gettext("Child")
    rows = [row for row in card.children if row.annulled_at is None]
    told = [likelihood.known_child(row.name, row.born_on, row.age) for row in rows]
    members = [one for one in family.members if _is_child(one, on)]
    pairs = {number: (place, how) for number, place, how, _points in likely.pairs_of_children(
        told, [likely.child_of(likely.person_of(member), on) for member in members])}  # fmt: skip
    for number, child in enumerate(told):
        text = ", ".join(filter(None, (child.name or "имя не известно", likely.time_of(child))))
        if number not in pairs:
            yield ComparedLine(title, text, "", Agreement.OTHER, "похожего ребёнка в семье нет")
            continue
        place, agreed = pairs[number]
        whole = agreed.name is agreed.time is Agreement.SAME
        how = Agreement.SAME if whole else Agreement.NEAR
        yield ComparedLine(title, text, _child(members[place], on), how)
    named = {place for place, _how in pairs.values()}
    for place, member in enumerate(members):
        if place not in named:
            yield ComparedLine(title, "", _child(member, on), Agreement.UNKNOWN, "в карте не назван")


def _is_child(member: Member, on: date) -> bool:
    is_parent = member.role is not None and member.role.parental_role in PARENTS
    return not is_parent and likely.may_be_a_child(member.born_on, on)


def _child(member: Member, on: date) -> str:
    age = likely.child_of(likely.person_of(member), on).age
    told = f", {_day(member.born_on)}, {words.age(age)}" if age is not None and age >= 0 else ""
    return f"{member.full_name}{told}"


def _day(day: date | None) -> str:
    return f"{day:%d.%m.%Y}" if day is not None else ""
