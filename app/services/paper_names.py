"""How papers say a name, where the rules of Russian do not know better. Callers commit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from app import access
from app.domain import cases, names
from app.domain.refusal import Refusal
from app.domain.terms import Case
from app.models import Family, Member
from app.services import registry
from app.services.sitting import by_the_commission

LONGEST_PERSON, LONGEST_FAMILY = 350, 200  # characters of a name in a case, and of the surnames of a family


class SaidOfPerson(NamedTuple):
    """The cases that were typed for a person, who is known by the name and the birth date."""

    name: str
    born_on: date | None
    forms: Mapping[Case, str]


class SaidNames(NamedTuple):
    """How papers say the names of a family where the rules do not know better; empty: everywhere by the rules."""

    plural: str | None = None
    people: tuple[SaidOfPerson, ...] = ()


NOTHING_SAID = SaidNames()
ASKED: tuple[Case, ...] = tuple(case for case in Case if case is not Case.NOMINATIVE)  # the cases that papers ask for


def may_name(family: Family) -> bool:
    """Whether the person keeps the family, or prepares the meetings that consider it."""
    scope = access.scope()
    return family.annulled_at is None and (scope.everything or family.territory_id in scope.kept | scope.convened)


def of_family(family: Family, plural: str | None, today: date) -> None:
    """Say how the surnames of a family follow «семьи»; None, or what the rule says anyway: by the rule.

    Holds for the name that the family has now. Raises Refusal.
    """
    _check(plural, "plural")
    own = plural if plural != cases.of_family(family.name) else None
    family.plural, family.plural_for = own, family.name if own else None
    _save(family, today)


def of_person(member: Member, forms: Mapping[Case, str | None], today: date) -> None:
    """Say the name of a person in cases; None, or what the rules say anyway: by the rules.

    Holds for the name that the person has now. Raises Refusal.
    """
    for case in ASKED:
        typed = forms.get(case)
        _check(typed, case.value)
        setattr(member, case.value, typed if typed != member.declined_in(case) else None)
    has_own = any(getattr(member, case.value) for case in ASKED)
    member.declined_for = member.full_name if has_own else None
    _save(member, today)


def said_of(family: Family) -> SaidNames:
    """What was typed for a family and for who is in it now: it goes with the file of the family."""
    people = [SaidOfPerson(one.full_name, one.born_on, _typed(one)) for one in _here(family)]
    return SaidNames(family.own_plural, tuple(one for one in people if one.forms))


def take(family: Family, said: SaidNames) -> None:
    """Say the names of a family that came from elsewhere as they were said there; what is typed here stays."""
    if said.plural and not family.own_plural:
        family.plural, family.plural_for = said.plural, family.name
    known = {(one.name, one.born_on): one.forms for one in said.people}
    for member in _here(family):
        forms = known.get((member.full_name, member.born_on), {})
        if forms and member.declined_for != member.full_name:
            for case in ASKED:
                setattr(member, case.value, forms.get(case))
            member.declined_for = member.full_name


def _typed(member: Member) -> dict[Case, str]:
    return {case: text for case in ASKED if (text := member.own_form(case))}


def _here(family: Family) -> list[Member]:
    return [one for one in family.members if one.annulled_at is None and one.left_on is None]


def _save(row: Family | Member, today: date) -> None:
    """Whoever prepares the meetings says the names of papers, and writes nothing else of the families."""
    with by_the_commission():
        registry.save(row, today)


def _check(text: str | None, field: str) -> None:
    if text and (fault := names.fault(text)):
        raise Refusal(fault, field)
