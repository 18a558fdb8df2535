"""Which family of the bank a row of «Семьи» means: by its people first, by the number of its card second.

Under one number the bank and the book may know two families: settlements number their cards from 1. Then the person is
asked, and a family that turns out to be another one gets the next number of the district.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from app.domain import intervals, names, registration
from app.domain.likelihood import is_plainly_corrected
from app.exchange import bank
from app.exchange.changes import OTHER, FamilyPlan, Option, PlaceRef, Question, SetUpdate, Update
from app.exchange.plan import merged
from app.exchange.plan.comparing import Comparison
from app.exchange.plan.known import KnownPeople, named
from app.exchange.plan.places import PlacesOfBook
from app.exchange.records import FamilyRow, MemberRow
from app.exchange.states import FamilyState
from app.exchange.workbook import FAMILIES, MEMBERS
from app.extensions import portions

VALUES = (
    "stated_size", "income_per_member", "income_source", "registered_address", "actual_address", "additional",
)  # fmt: skip
SHOWN = 4  # people named in a question


class Families:
    """The sheet «Семьи». states: families of the bank that were read already."""

    def __init__(self, comparison: Comparison, places: PlacesOfBook, known: KnownPeople,
                 states: Mapping[int, FamilyState]) -> None:  # fmt: skip
        self.comparison, self.places, self.known = comparison, places, known
        self.plan, self.content = comparison.plan, comparison.content
        self.sheet = comparison.sheet(FAMILIES)
        self.numbers = bank.family_numbers(self.plan.district.id) if self.plan.district.id is not None else {}
        self.merged = bank.merged_numbers(self.plan.district.id) if self.plan.district.id is not None else {}
        self.states = dict(states)
        self.taken: set[int] = set()
        self.shared: dict[tuple[str, bool], Counter[int]] = {}
        self.people: dict[str, list[MemberRow]] = {}
        self._read_people()

    def _read_people(self) -> None:
        self.people.clear()
        for row in self.comparison.sheet(MEMBERS).of(MemberRow):
            if not row.bad & {"number", "last_name", "first_name"}:
                self.people.setdefault(row.number, []).append(row)

    def compare(self) -> None:
        rows = self._unmerged(self._distinct())
        self._load(rows)
        taken_by_number = {
            known for row in rows if (known := self._known(row)) is not None and self._shares_people(row, known)
        }
        for row in rows:
            self._family(row, taken_by_number)
        self.plan.families = list(self.comparison.families.values())

    def _distinct(self) -> list[FamilyRow]:
        """The rows whose number can be read, each number once."""
        seen: dict[str, int] = {}
        found = []
        for row in self.sheet.of(FamilyRow):
            if "number" in row.bad:
                continue
            if row.number in seen:
                text = f"Карта с этим номером уже есть в строке {seen[row.number]}: у каждой семьи свой номер."
                self.content.fault(self.sheet, row, "number", text)
                continue
            seen[row.number] = row.line
            found.append(row)
        return found

    def _unmerged(self, rows: list[FamilyRow]) -> list[FamilyRow]:
        """The rows without those of merged cards that the book gives beside the card of the family they became."""
        numbers = {row.number for row in rows}
        found = []
        for row in rows:
            became = self.merged.get(row.number) if row.number not in self.numbers else None
            if became is None or became.number not in numbers or not self._shares_people(row, became.family_id):
                found.append(row)
                continue
            merged.fold(self.comparison, row, became.number, became.family_id)
            self._read_people()
            self.shared.clear()
        return found

    # What the bank knows

    def _load(self, rows: list[FamilyRow]) -> None:
        wanted = [known for row in rows if (known := self._known(row)) is not None]
        wanted += [family_id for row in rows for family_id in self._shared(row)]
        for portion in portions(each for each in dict.fromkeys(wanted) if each not in self.states):
            self.states.update(bank.load(portion, self.comparison.codes, self.comparison.places))

    def _known(self, row: FamilyRow) -> int | None:
        """The family that the bank has under the number, or that the one of it became, if the person sees it."""
        known, mine = self.numbers.get(row.number, (None, True))
        if known is None and (became := self.merged.get(row.number)) and self._shares_people(row, became.family_id):
            return became.family_id
        return known if mine else None

    def _people(self, row: FamilyRow) -> list[MemberRow]:
        return self.people.get(row.number, [])

    def _shared(self, row: FamilyRow, *, living: bool = False) -> Counter[int]:
        """How many people of the row each family of the district has; living: who are in both families on the day."""
        if (row.number, living) not in self.shared:
            self.shared[row.number, living] = self._count_shared(row, living=living)
        return self.shared[row.number, living]

    def _count_shared(self, row: FamilyRow, *, living: bool) -> Counter[int]:
        found: Counter[int] = Counter()
        for person in {each.key: each for each in self._people(row)}.values():
            if living and not self._lives(person):
                continue
            found.update(
                {
                    each.family_id
                    for each in self.known.same(person)
                    if each.district_id == self.plan.district.id and (not living or each.holds(self.comparison.as_of))
                }
            )
        return found

    def _lives(self, person: MemberRow) -> bool:
        return intervals.holds(person.joined_on, person.left_on, self.comparison.as_of)

    def _is_most(self, row: FamilyRow, state: FamilyState, shared: int) -> bool:
        """Whether so many people are more than half of the larger of the two families."""
        here = len(list(filter(self._lives, self._people(row))))
        there = sum(map(self._lives, (member.row for member in state.members)))
        return shared * 2 > max(here, there)

    def _shares_people(self, row: FamilyRow, family_id: int) -> bool:
        return self._shared(row)[family_id] > 0

    # Which family it is

    def _family(self, row: FamilyRow, taken_by_number: set[int]) -> None:
        place = self._place(row)
        if place is None:
            return
        asked = len(self.plan.questions)
        state = self._match(row, place, taken_by_number)
        if len(self.plan.questions) > asked and self.plan.questions[-1].chosen is None:
            self.comparison.left_out.add(row.number)
            self.comparison.count(FAMILIES, "waiting")
            return
        number = row.number if state is None else state.row.number
        if state is None and row.number in self.numbers:
            number = self._free_number()
            self.content.notice(self.sheet, row, f"№ {row.number} в районе занят: семья будет записана под № {number}.")
        elif state is not None and number != row.number:
            text = f"№ {row.number} в книге – это семья № {number} банка: люди те же."
            self.content.notice(self.sheet, row, text, ((number, state.id),))
        if state is not None:
            self.taken.add(state.id)
        self._add(row, place, state, number)

    def _add(self, row: FamilyRow, place: PlaceRef, state: FamilyState | None, number: str) -> None:
        family = FamilyPlan(number, row, state, place, state.id if state else None)
        self.comparison.families[row.number] = family
        if state is None:
            if not self._people(row) and not self.comparison.sheet(MEMBERS).refused:
                text = f"В семье нет ни одного человека: впишите его на лист «{MEMBERS.title}»."
                self.content.fault(self.sheet, row, "number", text)
            self.comparison.new(FAMILIES, family, f"№ {number}, {place.name}")
        else:
            self._compare(row, family, state)

    def _place(self, row: FamilyRow) -> PlaceRef | None:
        """The territory of a row; None if its family cannot be told."""
        if "territory" in row.bad:
            self.comparison.left_out.add(row.number)
            return None
        if not names.key(row.territory):
            self.content.fault(self.sheet, row, "territory", "Впишите название территории.")
        place = self.places.place(row.territory, row)
        kind = self.places.kind_of(row.territory, place)
        if not self.comparison.rule(self.sheet, row, registration.check_place, kind=kind):
            self.comparison.left_out.add(row.number)
            return None
        inside = place.id if place.id is not None else self.plan.district.id
        if inside is not None and not self.comparison.scope.covers_territory(inside):
            self.content.fault(self.sheet, row, "territory", "Эта территория вам не поручена: удалите строку из книги.")
            self.comparison.left_out.add(row.number)
            return None
        return place

    def _match(self, row: FamilyRow, place: PlaceRef, taken_by_number: set[int]) -> FamilyState | None:
        known = self._known(row)
        living = self._shared(row, living=True)
        if known is not None and self._shared(row)[known]:
            state = self.states[known]
            if place.id == state.territory_id or self._is_most(row, state, living[known]):
                return state
        free = Counter({each: count for each, count in living.items()
                        if each not in self.taken and (each == known or each not in taken_by_number)})  # fmt: skip
        if free:
            return self._match_by_people(row, place, free, known)
        if known is None or known in self.taken:
            return None
        state = self.states[known]
        if place.id == state.territory_id and self._may_be_same(row, state):
            return state
        return self._ask(row, [state], self._told_other(row, state), None)

    def _match_by_people(
        self, row: FamilyRow, place: PlaceRef, shared: Counter[int], known: int | None
    ) -> FamilyState | None:
        """Families with the same people under another number: the same one, if most people of both are in it.

        A child who went to a guardian is a person of two families, and no sign that they are one.
        """
        (best, count), *others = shared.most_common()
        state = self.states[best]
        alone = not others or others[0][1] < count
        if alone and place.id == state.territory_id and self._is_most(row, state, count):
            return state
        candidates = [self.states[each] for each, _ in shared.most_common(SHOWN)]
        if known is not None and known not in self.taken and known not in shared:
            candidates.append(self.states[known])
        listed = ", ".join(map(_called, candidates))
        who = ", ".join(each.full for each in self._people(row)[:SHOWN]) or f"Семья № {row.number}"
        text = f"{who} ({row.territory}): кто-то из них уже есть в семьях банка ({listed}). Это та же семья?"
        return self._ask(row, candidates, text, None)

    def _may_be_same(self, row: FamilyRow, state: FamilyState) -> bool:
        """Under one number of one settlement: nobody to compare, or a person who is the same but for a correction."""
        people = self._people(row)
        if not people or not state.members:
            return True
        return any(
            is_plainly_corrected(named(person), named(known.row)) for person in people for known in state.members
        )

    def _told_other(self, row: FamilyRow, state: FamilyState) -> str:
        here = ", ".join(each.full for each in self._people(row)[:SHOWN]) or "люди не названы"
        there = ", ".join(each.row.full for each in state.members[:SHOWN]) or "люди не названы"
        return (
            f"Под № {row.number} у вас другая семья: в банке {there} ({state.row.territory}), "
            f"в книге {here} ({row.territory})."
        )

    def _ask(self, row: FamilyRow, candidates: list[FamilyState], text: str, offered: str | None) -> FamilyState | None:
        """Ask which family of the bank a row is, or whether it is another one."""
        key = f"family-{row.line}"
        options = [
            Option(f"same-{state.row.number}", f"Это семья {_called(state)}, {state.row.territory}: дополнить её")
            for state in candidates
        ]
        options.append(Option(OTHER, "Другая семья: записать отдельно, под своим номером"))
        chosen = self.comparison.answer(key, {option.value for option in options}, offered)
        named = tuple((state.row.number, state.id) for state in candidates)
        self.comparison.ask(
            Question(key, FAMILIES.title, row.line, row.number, text, tuple(options), chosen, named=named)
        )
        return next((state for state in candidates if chosen == f"same-{state.row.number}"), None)

    def _free_number(self) -> str:
        """The number after the largest of the district and of the book that is a plain one."""
        used = {*self.numbers, *(row.number for row in self.sheet.of(FamilyRow))}
        used |= {family.number for family in self.comparison.families.values()}
        largest = max((int(number) for number in used if number.isdecimal()), default=0)
        return f"{largest + 1:05d}"

    # Values

    def _compare(self, row: FamilyRow, family: FamilyPlan, state: FamilyState) -> None:
        before = len(self.plan.changes)
        who = f"Семья № {family.number}"
        update = Update("family", state.id, family, who)
        place = family.place
        if place.id != state.territory_id and names.key(place.name) != names.key(state.row.territory):
            update.was["territory_id"], update.values["territory_id"] = state.territory_id, place
            self.comparison.change(FAMILIES, row, family, who, "territory", state.row.territory, place.name)
        for name in VALUES:
            self.comparison.value(FAMILIES, row, family, state.row, update, name)
        if self.sheet.tells("categories") and "categories" not in row.bad:
            self._compare_categories(row, family, state, who)
        self.comparison.finish(FAMILIES, update, before)

    def _compare_categories(self, row: FamilyRow, family: FamilyPlan, state: FamilyState, who: str) -> None:
        was, becomes = state.row.categories, row.categories
        if set(was) != set(becomes):
            self.comparison.change(FAMILIES, row, family, who, "categories", was, becomes)
            self.plan.sets.append(SetUpdate("categories", state.id, family, who, list(was), list(becomes)))


def _called(state: FamilyState) -> str:
    """«№ 00001 Тетерина»."""
    surnames = names.family_name([member.row.last_name for member in state.members], ())
    return f"№ {state.row.number} {surnames}".strip()
