"""Which family of the bank a family of a hand-made book is: by its people, by their initials, by the address.

The family gets the number of the bank; what the book is silent about stays as the bank has it, for a hand-made book
that leaves something out says nothing of it.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator
from dataclasses import fields
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from sqlalchemy import select

from app import access
from app.conditions import unindexed
from app.domain import contacts, likelihood, names
from app.domain.contacts import HomesAlike
from app.domain.likelihood import NamedPerson, NamesAlike
from app.domain.schools import bare as bare_body
from app.domain.spelled import Time
from app.domain.terms import Agreement, Sex, TerritoryKind
from app.exchange import bank
from app.exchange.cells import Codes
from app.exchange.handmade.asking import AS_TEXT, Asking, BookQuestion, Choice
from app.exchange.handmade.form import FamilyRows, FormRow
from app.exchange.handmade.found import FoundFamily, PersonInBook
from app.exchange.records import FamilyRow
from app.exchange.states import FamilyState, MemberState, StayState
from app.extensions import db, portions
from app.models import Family, Member, SearchWord

SURE, PERHAPS = 4, 1  # points: two people who agree, or one with the birth date
ITS_HOME = 2  # points of a family that lives at the address that is told
MOST_DAYS = 500  # birth dates by which the district of a book is looked for
OF_MEMBER = ("role", "sex", "middle_name", "born_on", "workplace", "joined_on", "left_on")
OF_FAMILY = tuple(each.name for each in fields(FamilyRow) if each.name not in ("line", "bad", "number", "territory"))
OF_STAY = (
    "sender_kind", "sender", "detected_on", "card_sent_on", "criteria", "decision_number", "decided_on",
    "removal_number", "removal_decided_on", "removed_on", "reason", "note",
)  # fmt: skip


class Matching:
    """The families of one book against those of a district."""

    def __init__(self, codes: dict[str, Codes], places: bank.Places) -> None:
        self.codes, self.places = codes, places
        self.on = date.min
        self.twice: list[tuple[FamilyRows, FamilyRows]] = []
        self.states: dict[int, FamilyState] = {}  # what was read of the bank

    def __call__(self, families: list[FamilyRows], district: str, on: date, asking: Asking) -> None:
        """Give every family its number, and what the bank knows where the book is silent. on: the day of the book.

        A family whose every person the bank knows in the family of an earlier row stands in the book twice: it is left
        out, and `twice` says of which one it is.
        """
        self.on = on
        self.twice.clear()
        district_id = self._district(district)
        if district_id is not None:
            self._match(families, self._candidates(families, district_id), asking)
        for family, first in self.twice:
            families.remove(family)
            first.aids += family.aids
        self._number(families, bank.family_numbers(district_id) if district_id is not None else {})

    def _match(self, families: list[FamilyRows], known: _KnownPeople, asking: Asking) -> None:
        """Find the families of the bank, the surest first, for none of them is found twice."""
        taken: dict[int, FamilyRows] = {}
        scored = [(family, _Scores(family, known)) for family in families] if known.families else []
        for family, scores in sorted(scored, key=lambda each: -each[1].best[0]):
            if (first := self._taken_whole(family, scores.best, taken)) is not None:
                self.twice.append((family, first))
                continue
            found = self._choose(family, scores.free(taken), asking)
            if found is not None:
                taken[found.state.id] = family
                self._take(family, found, scores.people)

    def homes(self, families: list[FoundFamily]) -> set[str]:
        """The districts in which the bank knows people of some families, by their names and birth dates."""
        dated = {
            (names.key(person.last), names.key(person.first), person.born.day)
            for family in families for person in family.people if person.born and person.born.day
        }  # fmt: skip
        found: set[str] = set()
        for portion in portions(sorted({day for _, _, day in dated})[:MOST_DAYS]):
            rows = db.session.execute(
                select(Member.last_name, Member.first_name, Member.born_on, Family.district_id)
                # Else each family is asked of each day.
                .join(Family, Family.id == unindexed(Member.__table__.c.family_id))
                .where(Member.born_on.in_(portion), Member.annulled_at.is_(None), Family.annulled_at.is_(None),
                       access.scope().families())
            )  # fmt: skip
            found.update(
                self.places.territories[district].name for last, first, day, district in rows
                if (names.key(last), names.key(first), day) in dated
            )  # fmt: skip
        return found

    def _district(self, name: str) -> int | None:
        wanted = names.key(name)
        for territory_id, row in self.places.territories.items():
            if row.kind is TerritoryKind.DISTRICT and wanted in self.places.names_of(territory_id):
                return territory_id
        return None

    def _candidates(self, families: list[FamilyRows], district_id: int) -> _KnownPeople:
        """The people of the district's families in which a surname of the book is known, by the words of these."""
        words = {names.as_kept(word) for family in families for word in _surnames_told(family)}
        word, family = SearchWord.__table__, Family.__table__
        ids: dict[int, None] = {}
        for portion in portions(sorted(words)):
            bears = family.c.id.in_(select(word.c.family_id).where(word.c.word.in_(portion)))
            rows = db.session.scalars(
                select(family.c.id)
                .where(bears, family.c.district_id == district_id, family.c.annulled_at.is_(None),
                       access.scope().families())
            )  # fmt: skip
            ids.update(dict.fromkeys(rows))
        for portion_ids in portions(ids):
            self.states.update(bank.load(list(portion_ids), self.codes, self.places))
        return _KnownPeople(self.states.values())

    def _taken_whole(self, family: FamilyRows, best: Scored, taken: dict[int, FamilyRows]) -> FamilyRows | None:
        """The family of an earlier row that is this one too."""
        score, known = best
        if known is None or known.state.id not in taken or score < SURE:
            return None
        everybody = all(
            any(_agrees(told, born, person) >= SURE // 2 for _, person in known.people)
            for told, born in _people_told(family)
        )
        return taken[known.state.id] if everybody else None

    def _choose(self, family: FamilyRows, scored: list[tuple[int, _KnownFamily]],
                asking: Asking) -> _KnownFamily | None:  # fmt: skip
        if not scored:
            return None
        best, known = scored[0]
        rivals = [other for score, other in scored[1:] if score == best]
        everybody = len(family.members) <= 1 or best >= 2 * len(family.members)
        if not rivals and (best >= SURE or (best >= SURE // 2 and everybody)):
            return known
        found = family.found
        who = ", ".join(filter(None, (_full(row) for row in family.members)))
        candidates = [each for _, each in scored[:3]]
        choices = [
            Choice(each.state.row.number, f"Это она: № {each.state.row.number}, {_listed(each.state)}")
            for each in candidates
        ]
        choices.append(Choice(AS_TEXT, "Другая семья: записать отдельно"))
        key = f"family:{names.key(who)}"[:200]
        hint = f"{found.place.sheet}, строка {found.place.row}"
        chosen = asking.ask(BookQuestion(key, f"{who}: эта семья уже в банке?", choices, hint=hint))
        return next((each for each in candidates if each.state.row.number == chosen), None)

    # What the bank knows

    def _take(self, family: FamilyRows, known: _KnownFamily, people: list[PersonTold]) -> None:
        row, state = family.family, known.state
        row.values["number"] = state.row.number
        row.values.setdefault("territory", state.row.territory)
        self._add_notes(row, state)
        for name in ("actual_address", "registered_address"):
            if contacts.homes_alike(row.values.get(name), getattr(state.row, name)) is HomesAlike.SAME:
                row.values[name] = getattr(state.row, name)
        for name in OF_FAMILY:
            _fill(row, name, getattr(state.row, name))
        free = list(known.people)
        for member, (told, born) in zip(family.members, people, strict=True):
            if (found := _the_one(told, born, free)) is not None:
                free.remove(found)
                self._take_member(family, member, found[0])
        stays = [
            stay
            for stay in state.stays
            if family.stay and stay.registered_on == family.stay.values.get("registered_on")
        ]
        if stays and family.stay:
            self._take_stay(family.stay, stays[0])

    def _add_notes(self, row: FormRow, state: FamilyState) -> None:
        """The lines of a book are added to what the bank knows additionally, each once."""
        known = state.row.additional or ""
        have = {names.key(line) for line in known.split("\n")}
        new = [line for line in str(row.values.get("additional", "")).split("\n") if names.key(line) not in have]
        text = "\n".join(filter(None, (known, *new)))
        if text:
            row.values["additional"] = text

    def _take_member(self, family: FamilyRows, row: FormRow, member: MemberState) -> None:
        """The bank's spelling of a name that the book shortens, and what the book does not tell."""
        was = {name: row.values.get(name) for name in ("last_name", "first_name", "middle_name", "born_on")}
        for name in ("first_name", "middle_name"):
            told, known = row.values.get(name), getattr(member.row, name)
            if known and (not told or str(told).endswith(".")):
                row.values[name] = known
        for name in OF_MEMBER:
            _fill(row, name, getattr(member.row, name))
        self._take_education(row, member)
        for other in family.supervisions:
            if all(other.values.get(name) == value for name, value in was.items()):
                other.values.update({name: row.values[name] for name in was if name in row.values})

    def _take_education(self, row: FormRow, member: MemberState) -> None:
        """The same school in other words is the same school; a school that is not named again is not forgotten."""
        known = bank.education_on(member.educations, self.on)
        told = row.values.get("education_status")
        if known is None or told is None or told != known.status:
            return
        name = row.values.get("education_organisation")
        if known.organisation and (not name or bare_body(str(name)) == bare_body(known.organisation)
                                   or bare_body(str(name)) in bare_body(known.organisation)):  # fmt: skip
            row.values["education_organisation"] = known.organisation
        if known.grade and names.key(str(row.values.get("education_grade") or known.grade)) == names.key(known.grade):
            row.values["education_grade"] = known.grade

    def _take_stay(self, row: FormRow, stay: StayState) -> None:
        for name in OF_STAY:
            if name in ("decided_on", "removed_on", "removal_decided_on") and name in row.values:
                continue
            _fill(row, name, getattr(stay, name))

    # Numbers

    def _number(self, families: list[FamilyRows], numbers: dict[str, tuple[int, bool]]) -> None:
        """Families that the bank does not know keep the number of their book if it is free, or get the next one."""
        used = {str(family.family.values["number"]) for family in families if "number" in family.family.values}
        taken = used | set(numbers)
        largest = max((int(number) for number in taken if number.isdecimal() and len(number) <= 9), default=0)
        for family in families:
            if "number" in family.family.values:
                continue
            own = (family.found.card or "").strip()
            if own and own not in taken and len(own) <= 20:
                number = own
            else:
                largest += 1
                number = f"{largest:05d}"
            taken.add(number)
            family.family.values["number"] = number


def _fill(row: FormRow, name: str, value: Any) -> None:
    """Set a field of which the book says nothing to what the bank knows."""
    if name in row.values or value in (None, (), ""):
        return
    row.values[name] = (
        float(value) if isinstance(value, (Decimal, int)) else str(value) if isinstance(value, Sex) else value
    )


class _KnownFamily:
    """A family of the bank with its people as they are compared, and the words of their surnames."""

    def __init__(self, state: FamilyState) -> None:
        self.state = state
        self.people = [(member, _known(member)) for member in state.members]
        self.exact = {_exact(person) for _, person in self.people}
        self.surnames = frozenset(word for _, person in self.people for word in _surname(person.last_name))

    def points(self, told: NamedPerson, born: Time | None) -> int:
        """How surely a person of the book is one of the family."""
        if told.last_name and told.born_on is not None and _exact(told) in self.exact:
            return SURE
        return max((_agrees(told, born, person) for _, person in self.people), default=0)


Scored = tuple[int, _KnownFamily | None]


class _KnownPeople:
    """The people of the bank by the signs that are found without comparing: a few are compared with each of a book.

    Whoever agrees (`_agrees`) was born on the day that is told, or bears the name that is told: in the gender of
    another of the family, with the first name shortened to its letter, or with both words in each other's place.
    """

    def __init__(self, states: Iterable[FamilyState]) -> None:
        self.families = [_KnownFamily(state) for state in states]

    @cached_property
    def _by_day(self) -> dict[date, list[_KnownFamily]]:
        found: dict[date, list[_KnownFamily]] = {}
        for family in self.families:
            for day in {person.born_on for _, person in family.people if person.born_on is not None}:
                found.setdefault(day, []).append(family)
        return found

    @cached_property
    def _by_name(self) -> dict[Hashable, list[_KnownFamily]]:
        found: dict[Hashable, list[_KnownFamily]] = {}
        for family in self.families:
            for sign in {sign for _, person in family.people for sign in _signs(person)}:
                found.setdefault(sign, []).append(family)
        return found

    def born_on(self, days: Iterable[date], surnames: set[str]) -> list[_KnownFamily]:
        """The families with somebody who was born on one of some days, and with one of the surnames."""
        found = {family.state.id: family for day in days for family in self._by_day.get(day, ())}
        return [family for family in found.values() if not surnames.isdisjoint(family.surnames)]

    def called(self, told: NamedPerson, surnames: set[str]) -> list[_KnownFamily]:
        """The families with somebody who may be called so, and with one of the surnames."""
        last, first = names.folded(told.last_name), names.folded(told.first_name)
        signs: list[Hashable] = [(last, first)]
        if told.first_name.endswith("."):
            signs.append((last, f"{first[:1]}."))
        found = [family for sign in signs for family in self._by_name.get(sign, ())]
        return [family for family in found if not surnames.isdisjoint(family.surnames)]


class _Scores:
    """How surely one family of the book is each of the bank.

    Whoever shares no day of birth with it agrees by names alone: they are held against it only if nobody who shares
    one is surer than all of them could be.
    """

    def __init__(self, family: FamilyRows, known: _KnownPeople) -> None:
        self._known, self.people, self._surnames = known, _people_told(family), _surnames_told(family)
        values = family.family.values
        self._home = values.get("actual_address") or values.get("registered_address")
        days = {told.born_on for told, _ in self.people if told.born_on is not None}
        self._near = self._scored(known.born_on(days, self._surnames))
        self._sure = self._is_sure()

    def _is_sure(self) -> bool:
        """Whether the best of those who share a day is surer than any other family may be."""
        others = [SURE // 2 * len(self.people) + ITS_HOME, *(score for score, _ in self._near[1:2])]
        return bool(self._near) and self._near[0][0] > max(others)

    @cached_property
    def _all(self) -> list[tuple[int, _KnownFamily]]:
        called = (family for told, _ in self.people for family in self._known.called(told, self._surnames))
        near = {family.state.id for _, family in self._near}
        others = {family.state.id: family for family in called if family.state.id not in near}
        return _in_order([*self._near, *self._scored(others.values())])

    def _scored(self, families: Iterable[_KnownFamily]) -> list[tuple[int, _KnownFamily]]:
        """Those of some families that share people with the one of the book, the best first."""
        found = []
        for family in families:
            if points := sum(family.points(told, born) for told, born in self.people):
                found.append((points + (ITS_HOME if _is_home(self._home, family.state) else 0), family))
        return _in_order(found)

    @property
    def best(self) -> Scored:
        """The family that it most surely is, with its points; none of them: it is none."""
        return self._near[0] if self._sure else next(iter(self._all), (0, None))

    def free(self, taken: Collection[int]) -> list[tuple[int, _KnownFamily]]:
        """The families that it may be and that no other one is, the best first; one alone if that is sure."""
        if self._sure and self._near[0][1].state.id not in taken:
            return self._near[:1]
        return [each for each in self._all if each[1].state.id not in taken]


def _in_order(scored: list[tuple[int, _KnownFamily]]) -> list[tuple[int, _KnownFamily]]:
    return sorted(scored, key=lambda each: (-each[0], each[1].state.id))


def _signs(person: NamedPerson) -> Iterator[Hashable]:
    """By what a person of the bank is found, whom a book may call otherwise."""
    last, first = names.folded(person.last_name), names.folded(person.first_name)
    yield first, last
    for form in map(names.folded, names.of_both_sexes(names.key(person.last_name))):
        yield form, first
        yield form, f"{first[:1]}."


def _exact(person: NamedPerson) -> Hashable:
    """By what two entries are of one person and nobody would ask."""
    return (names.folded(person.last_name), names.folded(person.first_name), names.folded(person.middle_name),
            person.born_on)  # fmt: skip


KnownMember = tuple[MemberState, NamedPerson]
PersonTold = tuple[NamedPerson, Time | None]


def _the_one(told: NamedPerson, born: Time | None, free: list[KnownMember]) -> KnownMember | None:
    """The one of some people of the bank who agrees with a person of the book more than the others."""
    if told.last_name and told.born_on is not None:
        same_day = [each for each in free if each[1].born_on == told.born_on]
        if len(same_day) == 1 and _exact(same_day[0][1]) == _exact(told):
            return same_day[0]
    scored = [(_agrees(told, born, person), member, person) for member, person in free]
    best = max((each[0] for each in scored), default=0)
    found = [(member, person) for score, member, person in scored if score == best]
    return found[0] if best and len(found) == 1 else None


def _is_home(home: Any, state: FamilyState) -> bool:
    return any(contacts.homes_alike(home, each) for each in (state.row.actual_address, state.row.registered_address))


def _surnames_told(family: FamilyRows) -> set[str]:
    return {word for row in family.members for word in _surname(str(row.values.get("last_name", "")))}


def _surname(last_name: str) -> list[str]:
    """The first word of a surname, as it is searched by; nothing where there is none."""
    return names.folded(last_name).split()[:1]


def _people_told(family: FamilyRows) -> list[PersonTold]:
    """The people of a family as the book tells of them, with the times of their births."""
    return [(_told(row, person), person.born) for row, person in zip(family.members, family.found.people, strict=True)]


def _told(row: FormRow, person: PersonInBook) -> NamedPerson:
    """A person as a book tells of him."""
    last, first, middle = (str(row.values.get(name) or "") for name in ("last_name", "first_name", "middle_name"))
    return NamedPerson(last, first, middle, person.born.day if person.born is not None else None)


def _known(member: MemberState) -> NamedPerson:
    """A person as the bank knows him."""
    return NamedPerson(member.row.last_name, member.row.first_name, member.row.middle_name, member.row.born_on)


def _agrees(told: NamedPerson, born: Time | None, known: NamedPerson) -> int:
    """How surely a person of the book is one of the bank: 0 – not at all, 2 – by name, 4 – by the day too.

    Names are held together as everywhere (`domain/likelihood.py`), once initials are written out. born: the time of
    birth, of which a book may tell the year alone. Who agrees has one of the signs of `_KnownPeople`.
    """
    middle = told.middle_name or ""
    if not told.last_name or (not middle.endswith(".") and _is_other(middle, known.middle_name)):
        return 0
    whole = likelihood.written_out(told, known)
    how = likelihood.names_alike(whole, known)
    if how is None or _is_other(whole.middle_name, known.middle_name):
        return 0
    if born is not None and known.born_on is not None and not _is_time(born, known.born_on):
        same = how is NamesAlike.SAME and bool(whole.middle_name and known.middle_name)
        return 1 if same and whole == told else 0
    if told.born_on is not None and told.born_on == known.born_on and likelihood.may_be_one(whole, known):
        return 4
    return 0 if how not in (NamesAlike.SAME, NamesAlike.SWAPPED) else 2 if whole.first_name == told.first_name else 1


def _is_other(middle: str | None, known: str | None) -> bool:
    return likelihood.words_alike(middle, known) is Agreement.OTHER


def _is_time(time: Time, day: date) -> bool:
    if time.day is not None:
        return time.day == day
    if time.year is not None:
        return time.year == day.year
    return True


def _full(row: FormRow) -> str:
    return names.full(*(row.values.get(name) for name in ("last_name", "first_name", "middle_name")))


def _listed(state: FamilyState) -> str:
    people: Iterable[str] = (
        f"{member.row.full}{f' ({member.row.born_on:%d.%m.%Y})' if member.row.born_on else ''}"
        for member in state.members
    )
    return "; ".join(filter(None, [", ".join(list(people)[:6]), state.row.actual_address]))
