"""Forms of the acts on likely doubles: which value stays, who is who, and why."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import HiddenField, SelectField

from app.domain.doubles import Side
from app.forms import REQUIRED, CleanText, EntityForm, no_longer, offered
from app.models import Family, Member
from app.readings import history, likely
from app.services import doubles
from app.services.doubles import Differing, MergeChoice
from app.words import short

LONGEST_REASON = 500
SIDE, PERSON, OF_PERSON = "side-", "person-", "of-"
WORD = 160  # characters of a value that a choice shows


class WhyForm(EntityForm):
    """Why a decision on doubles is taken back."""

    version = HiddenField()
    reason = CleanText(_("Reason"), [REQUIRED, no_longer(LONGEST_REASON)])


class MergeForm(EntityForm):
    """What every merge asks: whether both are still as they were shown, and why, if there is something to say."""

    version = HiddenField()
    reason = CleanText(_("Why it is one"), [no_longer(LONGEST_REASON)],
                       description=_("It stays in the history of both records."))  # fmt: skip

    def sides(self, prefix: str) -> dict[str, Side]:
        """The chosen sides of the fields whose names begin so."""
        return {
            field.name.removeprefix(prefix): Side(field.data)
            for field in self
            if field.name.startswith(prefix) and isinstance(field, SelectField)
        }

    def group(self, prefix: str) -> list[Any]:
        """The fields whose names begin so, in the order of the record."""
        return [field for field in self if field.name.startswith(prefix)]


class FamiliesForm(MergeForm):
    """How two families become one."""

    def choice(self) -> MergeChoice:
        """What was chosen."""
        people = {int(field.name.removeprefix(PERSON)): int(field.data) for field in self.group(PERSON) if field.data}
        return MergeChoice(people, self.sides(SIDE), {key: self.sides(f"{OF_PERSON}{key}-") for key in people})


def of_families(kept: Family, other: Family) -> FamiliesForm:
    """The form of two families: each field that they tell differently, and each person of the other one."""
    fields: dict[str, Any] = dict(_sides(SIDE, kept, other, kept.number, other.number))
    ours, theirs = ([row for row in family.members if row.annulled_at is None] for family in (kept, other))
    proposed = proposed_pairs(ours, theirs)
    choices = [("", str(_("another person")))] + [(str(row.id), _called(row)) for row in ours]
    for row in theirs:
        default = str(proposed[row.id].id) if row.id in proposed else ""
        fields[f"{PERSON}{row.id}"] = SelectField(_called(row), choices=offered(choices, blank=False), default=default)
    for row in theirs:
        if row.id in proposed:
            labels = proposed[row.id].full_name, row.full_name
            fields |= dict(_sides(f"{OF_PERSON}{row.id}-", proposed[row.id], row, *labels))
    return type("FamiliesMergeForm", (FamiliesForm,), fields)()


def of_people(kept: Member, other: Member) -> MergeForm:
    """The form of two rows of one person."""
    labels = (gettext("the first record"), gettext("the second record"))
    return type("PeopleMergeForm", (MergeForm,), dict(_sides(SIDE, kept, other, *labels)))()


def proposed_pairs(ours: Iterable[Member], theirs: Iterable[Member]) -> dict[int, Member]:
    """Who of another family is likely who, each in one pair: by the key of the other one."""
    ours, found = list(ours), []
    for row in theirs:
        for own in ours:
            same = likely.same_person(likely.person_of(row), likely.person_of(own))
            if same is not None and same.points >= likely.ENOUGH_OF_PERSON:
                found.append((same.points, row, own))
    pairs: dict[int, Member] = {}
    for _points, row, own in sorted(found, key=lambda one: (-one[0], one[1].id, one[2].id)):
        if row.id not in pairs and own not in pairs.values():
            pairs[row.id] = own
    return pairs


def _sides(prefix: str, kept: Any, other: Any, our_name: str, their_name: str) -> Iterable[tuple[str, Any]]:
    for one in doubles.differing(kept, other):
        yield f"{prefix}{one.name}", _side(one, type(kept), our_name, their_name)


def _side(one: Differing, entity: Any, our_name: str, their_name: str) -> SelectField:
    said = history.values_in_words(entity, one.name, (one.ours, one.theirs))
    values = [short(text, WORD) or "—" for text in said]
    choices = [(Side.KEPT.value, f"{values[0]} ({our_name})"), (Side.OTHER.value, f"{values[1]} ({their_name})")]
    if one.joins and one.ours:
        choices.append((Side.BOTH.value, str(_("both"))))
    return SelectField(one.label, choices=offered(choices, blank=False), default=one.usual.value)


def _called(row: Member) -> str:
    born = f", {row.born_on:%d.%m.%Y}" if row.born_on else ""
    role = f", {row.role}" if row.role else ""
    return f"{row.full_name}{born}{role}"
