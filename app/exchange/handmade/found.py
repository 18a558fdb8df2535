"""What a hand-made book tells, before it is put into the words of the bank: families, people, and where each stood."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from app.domain import names
from app.domain.spelled import YOUNGEST_PARENT, Time
from app.exchange import cells
from app.exchange.handmade.tables import letter

PARENTS = ("parents", "mother", "father", "guardian")


class CellPlace(NamedTuple):
    """A cell of the book. column: counted from 0; None: the whole row."""

    sheet: str
    row: int
    column: int | None = None

    @property
    def cell(self) -> str:
        return "" if self.column is None else f"{letter(self.column)}{self.row}"


class CellSaid(NamedTuple):
    """A value of a cell as it stands, and where."""

    value: Any
    place: CellPlace

    @property
    def text(self) -> str:
        return cells.shown_cell(self.value) if not isinstance(self.value, str) else self.value.strip()


@dataclass
class PersonInBook:
    """Somebody whom the book names. whose: under which heading; role: the word that says who it is in the family."""

    whose: str
    place: CellPlace
    last: str | None = None
    first: str | None = None
    middle: str | None = None
    role: str | None = None
    born: Time | None = None
    said: dict[str, CellSaid] = field(default_factory=dict)
    rest: str | None = None

    @property
    def full(self) -> str:
        return names.full(self.last, self.first, self.middle)

    @property
    def key(self) -> str:
        return names.key_of_parts(self.last, self.first, self.middle)

    def may_be(self, other: PersonInBook) -> bool:
        """Whether two entries of one family are of one person: called the same, by initials too, born on one day."""
        if self.first and other.first and not _agree(self.first, other.first):
            return False  # so it is mostly
        if (self.whose in PARENTS) is not (other.whose in PARENTS) and (self.key != other.key or not self.middle):
            return False  # a mother and a daughter may share a surname and an initial
        pairs = ((self.last, other.last), (self.first, other.first), (self.middle, other.middle))
        if any(one and two and not _agree(one, two) for one, two in pairs) or not (self.first and other.first):
            return False
        if not (self.last and other.last):
            return self.born is not None and other.born is not None and self.born.told == other.born.told
        return self.born is None or other.born is None or _same_time(self.born, other.born)

    def bears_name_of(self, other: PersonInBook) -> bool:
        """Whether a person may be called so: by the whole name, by initials, in the other order."""
        pairs = ((self.last, other.last), (self.first, other.first), (self.middle, other.middle))
        return bool(other.last) and all(not (one and two) or _agree(one, two) for one, two in pairs)

    def contradicts(self, other: PersonInBook) -> bool:
        """Whether two entries of one family are of one name with two birth dates, and not a parent and a child."""
        if not (self.first and other.first and self.born and other.born) or self.first.endswith("."):
            return False
        if names.key(self.first) != names.key(other.first) or not self.bears_name_of(other):
            return False
        years = [time.day.year if time.day else time.year for time in (self.born, other.born)]
        near = None in years or abs((years[0] or 0) - (years[1] or 0)) < YOUNGEST_PARENT
        return near and not _same_time(self.born, other.born)

    def take_birth(self, other: PersonInBook) -> None:
        """Be born when another entry of the same person says, as that entry says it."""
        self.born = other.born
        self.said.pop("born", None)
        if "born" in other.said:
            self.said["born"] = other.said["born"]

    def take(self, other: PersonInBook) -> None:
        """Learn what another entry of the same person knows more."""
        for name in ("last", "first", "middle"):
            known, told = getattr(self, name), getattr(other, name)
            if told and (not known or (known.endswith(".") and not told.endswith("."))):
                setattr(self, name, told)
        if other.born and (self.born is None or (self.born.day is None and other.born.day is not None)):
            self.born = other.born
        self.role = self.role or other.role
        for what, said in other.said.items():
            self.said.setdefault(what, said)
        if other.rest and other.rest != self.rest:
            self.rest = f"{self.rest}; {other.rest}" if self.rest else other.rest


def _same_time(one: Time, other: Time) -> bool:
    """Whether two birth dates, years or ages do not contradict one another."""
    if one.day and other.day:
        return one.day == other.day
    years = [time.day.year if time.day else time.year for time in (one, other)]
    if None not in years:
        return years[0] == years[1]
    return one.age is None or other.age is None or one.age == other.age


def _agree(one: str, two: str) -> bool:
    """Whether two parts of a name agree; an initial stands for what begins with it."""
    if one == two:
        return True
    if one.endswith(".") or two.endswith("."):
        return names.key(one)[:1] == names.key(two)[:1]
    return names.key(one) == names.key(two)


@dataclass
class FoundFamily:
    """A family of the book. card: the number that the book itself gives it; said: what is told of it, by meaning;
    table: of which it was read first."""

    place: CellPlace
    table: str = ""
    card: str | None = None
    people: list[PersonInBook] = field(default_factory=list)
    said: dict[str, list[CellSaid]] = field(default_factory=dict)
    places: list[CellPlace] = field(default_factory=list)
    territory: str = ""
    notes: list[str] = field(default_factory=list)
    aids: list[dict[str, CellSaid]] = field(default_factory=list)
    measures: list[dict[str, CellSaid]] = field(default_factory=list)

    def tell(self, what: str, said: CellSaid) -> None:
        """Add a value, unless it is told already."""
        known = self.said.setdefault(what, [])
        if all(names.key(each.text) != names.key(said.text) for each in known):
            known.append(said)

    def add(self, person: PersonInBook) -> PersonInBook | None:
        """Add a person; gives the one whom the family has already, if it is the same."""
        for known in self.people:
            if known.may_be(person):
                known.take(person)
                return known
        self.people.append(person)
        return None

    def of(self, what: str) -> Iterator[CellSaid]:
        yield from self.said.get(what, ())

    def first(self, what: str) -> CellSaid | None:
        return next(self.of(what), None)

    @property
    def address(self) -> str:
        return names.key(" ".join(said.text for said in self.of("address")))

    @property
    def parents(self) -> set[str]:
        """The names of those whom the book calls parents, as they are compared."""
        return {person.key for person in self.people if person.whose in PARENTS}

    @property
    def surnames(self) -> set[str]:
        return {each for person in self.people for each in names.of_both_sexes(names.key(person.last)) if person.last}
