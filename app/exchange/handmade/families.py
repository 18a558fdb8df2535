"""Which rows are of one family: by its number, merged cells, blank cells under it, the same parents and address."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from app.domain import contacts, names, people_in_text
from app.exchange.handmade.found import PARENTS, CellPlace, CellSaid, FoundFamily, PersonInBook
from app.exchange.handmade.rows import PLACED, Doubt, PeopleRow, read
from app.exchange.handmade.tables import FoundTable

MOST_OF_FAMILY = 100  # rows of one
NO_FACTS = ("order", "card", "family")
OF_MANY = ("territory", "place", "skip", "text")  # a merged cell of these reaches over several families
Cards = dict[
    tuple[str, ...], dict[str, FoundFamily]
]  # by the headers of a table, the families by the numbers that it gives
_HEADS = ("мать", "отец", "мама", "папа", "опекун", "попечитель", "законный представитель", "родитель")
_FAMILY = re.compile(r"(?:\d{1,3}\s*[.)]\s*)?(?:семья|(?:уч[её]тная\s+)?карт(?:а|очка)\s+семьи)\b", re.IGNORECASE)


@dataclass
class Gathered:
    """The families of a book, with what was noticed on the way."""

    families: list[FoundFamily] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)
    twice: list[tuple[PersonInBook, CellPlace]] = field(default_factory=list)
    strangers: list[CellPlace] = field(default_factory=list)


def gather(tables: list[FoundTable], on: date, place_of: Callable[[str], str]) -> Gathered:
    """The families of all tables. place_of: the territory that a line between the rows names, or nothing."""
    result = Gathered()
    by_card: Cards = {}
    layouts: dict[int, tuple[str, ...]] = {}  # of which headers the sheet was that told of a family first
    for table in tables:
        found = _Grouping(table, result, by_card, place_of).families(on)
        if result.families and any(column.meaning == "aid" for column in table.columns) and not _tells_of_people(table):
            _give_aid(result, found)
        else:
            _merge(result, found, table, layouts)
        headers = table.headers
        layouts |= {id(family): headers for family in found if id(family) not in layouts}
    return result


def _tells_of_people(table: FoundTable) -> bool:
    """Whether a table says of people more than their names."""
    return any(
        column.meaning.endswith(".born") or column.meaning in ("address", "registered") for column in table.columns
    )


def _give_aid(result: Gathered, found: list[FoundFamily]) -> None:
    """A list of aid names people of whom the other sheets tell: the aid is of their families."""
    by_last: dict[str, list[tuple[PersonInBook, FoundFamily]]] = {}
    for family in result.families:
        for person in family.people:
            by_last.setdefault(names.key(person.last)[:1], []).append((person, family))
    for listed in found:
        if any(listed is family for family in result.families):
            continue
        named = [
            {
                id(family): family
                for known, family in by_last.get(names.key(person.last)[:1], ())
                if known.bears_name_of(person)
            }
            for person in listed.people
        ]
        homes = named[0] if named else {}
        if len(homes) != 1:
            result.strangers += listed.places
            continue
        whom = CellSaid(", ".join(person.full for person in listed.people), listed.place)
        next(iter(homes.values())).aids += [{"aid_for": whom, **aid} for aid in listed.aids]


def _merge(result: Gathered, found: list[FoundFamily], table: FoundTable, layouts: dict[int, tuple[str, ...]]) -> None:
    """Add the families of a further table: one whose people are known from another sheet is the same family."""
    known: dict[tuple[str, str], FoundFamily] = {}
    others: dict[str, list[FoundFamily]] = {}  # of sheets that are laid out otherwise, by the surnames of parents
    for family in result.families:
        for person in family.people:
            known[person.key, person.born.told if person.born else ""] = family
        if layouts.get(id(family)) != table.headers:
            for last in {names.key(person.last) for person in family.people if person.whose in PARENTS}:
                others.setdefault(last, []).append(family)
    have = set(map(id, result.families))
    for family in found:
        same = _known_by_people(family, known) or _known_by_parents(family, others)
        if same is None or same is family:
            if id(family) not in have:
                have.add(id(family))
                result.families.append(family)
            continue
        for person in family.people:
            same.add(person)
        for what, said in family.said.items():
            for each in said:
                same.tell(what, each)
        same.notes += [note for note in family.notes if note not in same.notes]
        same.places += family.places
        same.aids += family.aids
        same.measures += family.measures
        same.card = same.card or family.card


def _known_by_people(family: FoundFamily, known: dict[tuple[str, str], FoundFamily]) -> FoundFamily | None:
    """The family of an earlier table that has one of these people: of the same birth date, or with the same parents."""
    for person in family.people if known else ():
        key = (person.key, person.born.told if person.born else "")
        if key in known and (key[1] or known[key].parents & family.parents):
            return known[key]
    return None


def _known_by_parents(family: FoundFamily, others: dict[str, list[FoundFamily]]) -> FoundFamily | None:
    """The one family of a sheet laid out otherwise that has a parent called so: «Медунова Т.К.» beside her children."""
    found: dict[int, FoundFamily] = {}
    for parent in (person for person in family.people if person.whose in PARENTS and person.middle):
        for other in others.get(names.key(parent.last), ()):
            if family.address and other.address and family.address != other.address:
                continue
            if any(each.whose in PARENTS and each.middle and each.may_be(parent) for each in other.people):
                found[id(other)] = other
    return next(iter(found.values())) if len(found) == 1 else None


def _tops(table: FoundTable) -> dict[int, int]:
    """The rows that lie in merged cells which tell of the family → the row where these begin."""
    told = {
        column.index for column in table.columns
        if column.meaning not in OF_MANY and not column.meaning.startswith(("children.", "person.", "members."))
    }  # fmt: skip
    found: dict[int, int] = {}
    for top, left, bottom, _ in table.blocks:
        if left in told and top < bottom < top + MOST_OF_FAMILY:
            for row in range(top + 1, bottom + 2):
                found[row] = min(found.get(row, row), top + 1)
    return found


def _note(known: dict[str, list[FoundFamily]], key: str, family: FoundFamily) -> None:
    """Remember that a family goes by a key."""
    if key and not any(family is each for each in known.setdefault(key, [])):
        known[key].append(family)


class _Grouping:
    """The rows of one table, one after the other."""

    def __init__(self, table: FoundTable, result: Gathered, by_card: Cards,
                 place_of: Callable[[str], str]) -> None:  # fmt: skip
        self.table, self.result, self.place_of = table, result, place_of
        # Sheets of one layout number their families each from 1; sheets of different layouts are linked by the number.
        self.linked = {
            card: family
            for headers, known in by_card.items()
            if headers != table.headers
            for card, family in known.items()
        }
        self.by_card: dict[str, FoundFamily] = {}
        self.all_cards = by_card
        meanings = {column.meaning for column in table.columns}
        owners = {meaning.partition(".")[0] for meaning in meanings if meaning.endswith((".name", ".last", ".first"))}
        self.keyed = next((what for what in ("family", "card") if what in meanings), None)
        self.by_parents = bool(owners & set(PARENTS))
        self.by_person = bool(owners & {"person", "members"}) and not self.by_parents
        self.whole_families = "members" in owners
        self.has_order = "order" in meanings
        self.order_of_families = False  # whether only the first row of a family has a number
        self.tops = _tops(table)
        self.found: list[FoundFamily] = []
        self.of_parent: dict[str, list[FoundFamily]] = {}  # by the name of a parent, in the order of the rows
        self.at_address: dict[str, list[FoundFamily]] = {}
        self.current: FoundFamily | None = None
        self.territory = ""
        self.before = table.last

    def families(self, on: date) -> list[FoundFamily]:
        rows = [read(self.table, number, line, on) for number, line in self.table.rows]
        numbered = [bool(row.first("order")) for row in rows]
        self.order_of_families = self.has_order and any(numbered) and not all(numbered)
        for row in rows:
            self._take(row)
        return self.found

    def _take(self, row: PeopleRow) -> None:
        section = self._section(row.number)
        family = None if section else self._same(row)
        if not row.people and family is None and not (self.keyed and self._card(row)):
            family = self.current if not section else None
        if family is None and not row.people and (row.aid or row.aids):
            self.result.strangers.append(CellPlace(self.table.sheet, row.number))
            return
        if family is None:
            family = FoundFamily(CellPlace(self.table.sheet, row.number), self.table.place, territory=self.territory)
            if section:
                self._tell_section(family, section)
            self.found.append(family)
        self.current = family
        self.before = row.number
        if self.keyed and (card := self._card(row)):
            family.card = family.card or (card if self.keyed == "card" else None)
            self.by_card[card] = family
            self.all_cards.setdefault(self.table.headers, {})[card] = family
        family.places.append(CellPlace(self.table.sheet, row.number))
        for what, said in row.said:
            if what not in NO_FACTS:
                family.tell(what, said)
        family.notes += [note for note in row.notes if note not in family.notes]
        if "aid" in row.aid:
            family.aids.append(row.aid)
        family.aids += [{**row.aid, "aid": each} for each in row.aids]
        if "measure" in row.measure:
            family.measures.append(row.measure)
        for person in row.people:
            known = family.add(person)
            if known is not None and known.place.sheet == person.place.sheet and person.whose not in PARENTS:
                self.result.twice.append((known, person.place))
        self.result.doubts += row.doubts
        for name in family.parents:
            _note(self.of_parent, name, family)
        _note(self.at_address, family.address, family)

    def _section(self, number: int) -> str:
        """The line between the row before and this one that begins a family; one that names a place is remembered."""
        begins = ""
        for at, text in self.table.sections.items():
            if self.before < at < number:
                if _FAMILY.match(text):
                    begins = text
                elif place := self.place_of(text):
                    self.territory = place
                    self.current = None
                elif people_in_text.of_name(text):
                    begins = text
        return begins

    def _tell_section(self, family: FoundFamily, section: str) -> None:
        """What the line above a family tells beside its surname: mostly the address."""
        _, _, rest = section.partition(",")
        if found := PLACED.search(rest):
            family.tell("placed", CellSaid(found[1].strip(" ,.;"), family.place))
            rest = rest[: found.start()].strip(" ,.;")
        family.territory = self.place_of(contacts.place_of(rest)) or family.territory
        if rest.strip() and self.place_of(rest) != rest.strip():
            family.tell("address", CellSaid(rest.strip(), family.place))

    def _card(self, row: PeopleRow) -> str:
        return row.first(self.keyed or "").strip()

    def _same(self, row: PeopleRow) -> FoundFamily | None:
        """The family that a row goes on with; None: it begins one."""
        if self.keyed and (card := self._card(row)):
            return self.by_card.get(card) or self.linked.get(card)
        if self.keyed or self._is_within_block(row.number):
            return self.current
        if self.tops.get(row.number) == row.number:
            return None  # a merged cell that tells of a family begins here
        if self.order_of_families:
            return None if row.first("order") else self.current
        if self.by_person:
            return self._same_of_person(row)
        if self.by_parents:
            return self._same_of_parents(row)
        return self._same_of_children(row)

    def _is_within_block(self, number: int) -> bool:
        """Whether a merged cell that tells of the family reaches from the row before into this one."""
        return self.current is not None and self.tops.get(number, number) <= self.before

    def _same_of_person(self, row: PeopleRow) -> FoundFamily | None:
        """A row is a person: a blank or the same address goes on, another one begins; without addresses roles tell."""
        if self.current is None or (self.whole_families and len(row.people) > 1):
            return None
        address = names.key(row.first("address") or row.first("registered"))
        if address:
            if self.current.address == address:
                return self.current
            return next(self._at(address), None)
        if self.current.address or any(what in ("address", "registered") for what, _ in row.said):
            return self.current
        role = names.key(next((person.role or self._role(person) for person in row.people), ""))
        if role.startswith(_HEADS):
            taken = {names.key(person.role or self._role(person)) for person in self.current.people}
            has_children = any(each and not each.startswith(_HEADS) for each in taken)
            return None if has_children or role in taken else self.current
        return self.current if role else self._same_of_children(row)

    def _at(self, address: str) -> Iterator[FoundFamily]:
        """The families at an address, the latest first."""
        alike = self._latest(self.at_address.get(address, ()))
        return (family for family in alike if family.address == address)

    def _latest(self, families: Iterable[FoundFamily]) -> list[FoundFamily]:
        return sorted(families, key=lambda family: family.place.row, reverse=True)

    @staticmethod
    def _role(person: PersonInBook) -> str:
        said = person.said.get("role")
        return said.text if said else ""

    def _same_of_parents(self, row: PeopleRow) -> FoundFamily | None:
        """A row of a child with its parents: the same parents are the same family, unless the addresses differ."""
        parents = {person.key for person in row.of(*PARENTS)}
        address = names.key(row.first("address"))
        if not parents:
            told = bool(address) or bool(row.first("order"))
            return self.current if self.current and not told else self._same_of_children(row)
        alike = [family for name in parents for family in self.of_parent.get(name, ())]
        for family in self._latest(alike) if alike else ():
            if parents & family.parents and (not address or not family.address or address == family.address):
                return family
        tells = (
            any(what not in NO_FACTS for what, _ in row.said) or bool(row.of("children")) or bool(row.first("order"))
        )
        return None if tells else self.current

    def _same_of_children(self, row: PeopleRow) -> FoundFamily | None:
        """A child without parents: with those of the surname at the same address, or after them if all is blank."""
        address = names.key(row.first("address"))
        surnames = {
            each for person in row.people if person.last for each in names.of_both_sexes(names.key(person.last))
        }
        if address:
            return next((family for family in self._at(address) if family.surnames & surnames), None)
        has_addresses = any(column.meaning in ("address", "registered") for column in self.table.columns)
        return self.current if has_addresses and self.current and self.current.surnames & surnames else None
