"""Comparing a workbook with the bank: every fault, what is new, what changes, what is the same. Nothing is written.

A family is matched by the number of its card within the district, a member by ФИО and birth date within the family, a
stay by the day of registration, a supervision by member, kind and first day, an aid by everything it says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from app import access
from app.domain import names, registration
from app.domain.periods import quarter_holding
from app.domain.refusal import Refusal
from app.domain.terms import TerritoryKind
from app.exchange import bank, cells, rows
from app.exchange.bank import FamilyState, Places
from app.exchange.cells import Codes, Named
from app.exchange.changes import (
    BodyRef,
    Change,
    FamilyPlan,
    Line,
    MemberPlan,
    PlaceRef,
    Plan,
    SetUpdate,
    Update,
)
from app.exchange.reader import Book
from app.exchange.rows import Content, Fault, Notice, Row, SheetRows
from app.exchange.workbook import (
    AIDS,
    DISTRICT,
    DOCUMENT,
    EDUCATION,
    FACTS,
    FAMILIES,
    MEMBERS,
    STAYS,
    SUPERVISIONS,
    SUPPORT,
    Sheet,
)
from app.extensions import db
from app.models import Family, Member

FARTHEST_AHEAD = timedelta(days=92)  # a workbook may be made ready before the last day of its quarter

# Which field of a row a rule speaks of, where the names differ.
RULE_FIELDS = {"decision": "decided_on", "removal_decision": "removal_decided_on", "removal_reason": "reason"}


def make(book: Book, today: date) -> Plan:
    """Compare a workbook with the bank, as far as the person's scope reaches."""
    bank.check_special()
    codes = bank.dictionaries()
    content = rows.content(book, codes)
    if not content.district or content.as_of is None:
        return Plan(book, PlaceRef(content.district), content.as_of, content.faults, content.notices)
    return _Maker(book, content, codes, today).make()


class _Maker:
    """The comparison of one workbook, sheet by sheet."""

    def __init__(self, book: Book, content: Content, codes: dict[str, Codes], today: date) -> None:
        assert content.as_of is not None
        self.content, self.codes = content, codes
        self.as_of: date = content.as_of
        self.ahead = self.as_of - today
        self.today = max(today, self.as_of)
        self.places = Places(codes["agency_kind"])
        self.scope = access.scope()
        self.place_refs: dict[str, PlaceRef] = {}
        self.body_refs: dict[tuple[str, str], BodyRef] = {}
        self.families: dict[str, FamilyPlan] = {}
        self.people: dict[str, dict[str, list[MemberPlan]]] = {}
        self.told_duplicates: set[Line] = set()
        self.plan = Plan(book, PlaceRef(content.district), self.as_of, content.faults, content.notices, codes=codes)
        for sheet in (FAMILIES, STAYS, MEMBERS, SUPERVISIONS, AIDS):
            self.plan.counts[sheet.title] = Counter(new=0, changed=0, same=0, missing=0)

    def make(self) -> Plan:
        if not self._find_district():
            return self.plan
        self._check_date()
        self._index_places()
        self._index_bodies()
        self._families()
        self._members()
        self._stays()
        self._supervisions()
        self._aids()
        self._missing_families()
        self._duplicates()
        order = {sheet.title: place for place, sheet in enumerate((FAMILIES, STAYS, MEMBERS, SUPERVISIONS, AIDS))}
        self.plan.faults.sort(key=lambda fault: (order.get(fault.sheet, -1), fault.row or 0))
        return self.plan

    # Where

    def _fault_of_facts(self, text: str) -> bool:
        self.content.add(Fault(FACTS, None, DISTRICT, "", self.content.district, text))
        return False

    def _find_district(self) -> bool:
        """The district of «Район», known or to be made; whose families the person keeps."""
        wanted = names.key(self.content.district)
        districts = {
            territory_id
            for territory_id, row in self.places.territories.items()
            if row.kind is TerritoryKind.DISTRICT and wanted in self.places.names_of(territory_id)
        }
        mine = {each for each in districts if any(map(self.scope.covers_territory, self.places.below(each)))}
        if not districts:
            roots = self.places.roots
            if not any(map(self.scope.covers_territory, roots)):
                return self._fault_of_facts(
                    f"Района «{self.content.district}» нет среди ваших территорий: проверьте название "
                    "или попросите координатора региона добавить район."
                )
            self.plan.new_places.append(self.plan.district)
            return True
        if not mine:
            return self._fault_of_facts(
                f"Район «{self.content.district}» вам не поручен: его загружает его координатор."
            )
        if len(mine) > 1:
            return self._fault_of_facts(f"Районов с названием «{self.content.district}» несколько: уточните название.")
        self.plan.district.id = mine.pop()
        return True

    def _check_date(self) -> None:
        if self.ahead > FARTHEST_AHEAD:
            text = "Дата, на которую даны сведения, ещё далеко впереди: проверьте год."
            self.content.add(Fault(FACTS, None, "По состоянию на", "", f"{self.as_of:%d.%m.%Y}", text))
        elif self.ahead.days > 0:
            self.content.notices.append(Notice(FACTS, None, "Дата, на которую даны сведения, ещё не наступила."))

    def _index_places(self) -> None:
        """Territories of the district by every name they go by; the nearest wins."""
        if self.plan.district.id is None:
            self.place_refs[names.key(self.content.district)] = self.plan.district
            return
        for territory_id in self.places.below(self.plan.district.id):
            ref = PlaceRef(self.places.territories[territory_id].name, territory_id)
            if territory_id == self.plan.district.id:
                ref = self.plan.district
            for key in self.places.names_of(territory_id):
                self.place_refs.setdefault(key, ref)

    def _index_bodies(self) -> None:
        """Agencies by kind and name: of the district, then of its parts, then of what is above it."""
        if self.plan.district.id is None:
            near = list(self.places.roots)
        else:
            near = [*self.places.below(self.plan.district.id), *self.places.above(self.plan.district.id)]
        rank = {territory_id: place for place, territory_id in enumerate(near)}
        bodies = [body for body in self.places.bodies.values() if body.territory_id in rank]
        self.kinds_by_name: dict[str, set[str]] = {}
        for body in sorted(bodies, key=lambda body: (rank[body.territory_id], body.id)):
            self.body_refs.setdefault((body.kind, body.key), BodyRef(body.name, body.kind, body.id))
            self.kinds_by_name.setdefault(body.key, set()).add(body.kind)

    def _place(self, name: str) -> PlaceRef:
        key = names.key(name)
        if key not in self.place_refs:
            self.place_refs[key] = PlaceRef(name)
            self.plan.new_places.append(self.place_refs[key])
        return self.place_refs[key]

    def _body(self, kind: str | None, name: str | None) -> BodyRef | None:
        """The agency of a row; one that is only known by its kind is called like the kind."""
        if kind is None:
            return None
        name = name or self.codes["agency_kind"].names[kind]
        key = (kind, names.key(name))
        if key not in self.body_refs:
            self.body_refs[key] = BodyRef(name, kind)
            self.plan.new_bodies.append(self.body_refs[key])
        return self.body_refs[key]

    # Shared steps

    def _sheet(self, sheet: Sheet) -> SheetRows:
        return self.content.sheets[sheet.title]

    def _of_families(self, sheet: Sheet) -> Iterator[tuple[SheetRows, Row, FamilyPlan]]:
        """The rows of a sheet with their families; a family that the workbook does not name is a fault."""
        found = self._sheet(sheet)
        for row in found.rows:
            if "number" in row["bad"]:
                continue
            family = self.families.get(row["number"])
            if family is None:
                if row["number"] not in self.faulty_numbers:
                    text = f"Карты с таким номером нет на листе «{FAMILIES.title}»: добавьте семью или исправьте номер."
                    self.content.fault(found, row, "number", text)
                continue
            yield found, row, family

    def _rule(self, sheet: SheetRows, row: Row, check: Callable[..., None], **values: Any) -> bool:
        """Ask a rule of the domain; its refusal is a fault of the row."""
        try:
            check(**values)
        except Refusal as refusal:
            name = RULE_FIELDS.get(refusal.field or "", refusal.field or "number")
            self.content.fault(sheet, row, name, refusal.text)
            return False
        return True

    def _not_ahead(self, sheet: SheetRows, row: Row, *fields: str) -> bool:
        good = True
        for name in fields:
            if row.get(name) and row[name] > self.today:
                self.content.fault(sheet, row, name, "Эта дата ещё не наступила: исправьте её.")
                good = False
        return good

    def _count(self, sheet: Sheet, what: str) -> None:
        self.plan.counts[sheet.title][what] += 1

    def _new(self, sheet: Sheet, family: FamilyPlan, text: str) -> None:
        self._count(sheet, "new")
        family.touched = True
        self.plan.new.append(Line(sheet.title, family.number, text))

    def _change(self, sheet: Sheet, row: Row, family: FamilyPlan, who: str, name: str, was: Any, becomes: Any) -> None:
        column = sheet.column(name)
        codes = self.codes.get(column.dictionary)
        family.touched = True
        self.plan.changes.append(
            Change(
                sheet.title, row["row"], family.number, who, column.header, _words(codes, was), _words(codes, becomes)
            )
        )

    # Families

    def _families(self) -> None:
        sheet = self._sheet(FAMILIES)
        self.faulty_numbers: set[str] = set()
        self.bank_numbers = {} if self.plan.district.id is None else bank.family_numbers(self.plan.district.id)
        wanted = [self.bank_numbers[row["number"]][0] for row in sheet.rows if row["number"] in self.bank_numbers]
        states: dict[int, FamilyState] = {}
        for chunk in bank.chunks(dict.fromkeys(wanted)):
            states.update(bank.load(chunk, self.codes, self.places))
        seen: dict[str, int] = {}
        for row in sheet.rows:
            number = row["number"]
            if "number" in row["bad"]:
                continue
            if number in seen:
                text = f"Карта с этим номером уже есть в строке {seen[number]}: у каждой семьи свой номер."
                self.content.fault(sheet, row, "number", text)
                continue
            seen[number] = row["row"]
            self._family(sheet, row, states)
        self.plan.families = list(self.families.values())

    def _family(self, sheet: SheetRows, row: Row, states: dict[int, FamilyState]) -> None:
        number = row["number"]
        known_id, mine = self.bank_numbers.get(number, (None, True))
        if "territory" in row["bad"] or not mine:
            if not mine:
                self.content.fault(sheet, row, "number", "Этот номер карты уже занят в районе: возьмите другой.")
            self.faulty_numbers.add(number)
            place = PlaceRef(row["territory"] or "")
        else:
            if not names.key(row["territory"]):
                self.content.fault(sheet, row, "territory", "Впишите название территории.")
            place = self._place(row["territory"])
            inside = place.id if place.id is not None else self.plan.district.id
            if not (self.scope.covers_territory(inside) or (inside is None)):
                self.content.fault(sheet, row, "territory", "Эта территория вам не поручена: удалите строку из книги.")
                self.faulty_numbers.add(number)
        state = states.get(known_id) if known_id is not None and mine else None
        family = FamilyPlan(number, row, state, place, state.id if state else None)
        self.families[number] = family
        if state is None:
            self._new(FAMILIES, family, f"№ {number}, {place.name}")
        else:
            self._compare_family(sheet, row, family, state)

    def _compare_family(self, sheet: SheetRows, row: Row, family: FamilyPlan, state: FamilyState) -> None:
        before = len(self.plan.changes)
        who = f"Семья № {family.number}"
        update = Update("family", state.id, family, who)
        place = family.place
        same_place = place.id == state.territory_id or names.key(place.name) == names.key(state.row["territory"])
        if not same_place:
            update.was["territory_id"], update.values["territory_id"] = state.territory_id, place
            self._change(FAMILIES, row, family, who, "territory", state.row["territory"], place.name)
        for name in (
            "stated_size", "income_per_member", "income_source", "registered_address", "actual_address", "additional",
        ):  # fmt: skip
            self._compare(FAMILIES, sheet, row, family, state.row, update, name, name)
        if "categories" in sheet.letters and set(row["categories"]) != set(state.row["categories"]):
            self._change(FAMILIES, row, family, who, "categories", state.row["categories"], row["categories"])
            self.plan.sets.append(
                SetUpdate("categories", state.id, family, who, list(state.row["categories"]), list(row["categories"]))
            )
        self._finish(FAMILIES, update, before)

    def _compare(self, form: Sheet, sheet: SheetRows, row: Row, family: FamilyPlan, state: dict[str, Any],
                 update: Update, name: str, column: str, dictionary: str = "") -> None:  # fmt: skip
        """One value of the file against one of the bank; a column that the file lacks says nothing."""
        if name not in sheet.letters or name in row["bad"]:
            return
        was, becomes = state[name], row[name]
        if was == becomes:
            return
        codes = self.codes.get(dictionary)
        update.was[column] = codes.ids[was] if codes and was is not None else was
        update.values[column] = codes.ids[becomes] if codes and becomes is not None else becomes
        self._change(form, row, family, update.title, name, was, becomes)

    def _finish(self, form: Sheet, update: Update, before: int) -> None:
        if update.values or update.decision:
            self.plan.updates.append(update)
        self._count(form, "changed" if len(self.plan.changes) > before else "same")

    # Members

    def _members(self) -> None:
        index: dict[str, dict[tuple[str, date | None], MemberPlan]] = {}
        for sheet, row, family in self._of_families(MEMBERS):
            if row["bad"] & {"last_name", "first_name", "middle_name", "born_on"}:
                continue
            people = index.get(family.number)
            if people is None:
                people = index[family.number] = self._known_members(family)
            key = names.key(bank.full(row)), row["born_on"]
            who = bank.full(row)
            self._rule(sheet, row, registration.check_member, born_on=row["born_on"], joined_on=row.get("joined_on"),
                       left_on=row.get("left_on"), today=self.today)  # fmt: skip
            self._not_ahead(sheet, row, "document_issued_on", "joined_on", "left_on")
            member = people.get(key)
            if member is not None and member.row is not None:
                text = f"Такой же член семьи уже есть в строке {member.row['row']}: оставьте одну строку."
                self.content.fault(sheet, row, "last_name", text)
                continue
            if member is None:
                member = people[key] = MemberPlan(None, row)
                family.members.append(member)
                family.new_members.append(member)
                self._new(MEMBERS, family, f"{who}, {cells.shown(row['born_on'])}")
                self._parts_of_new(row, member)
            else:
                member.row = row
                self._compare_member(sheet, row, family, member, who)
        for family in self.families.values():
            people = index.get(family.number)
            if people is None:
                self._known_members(family)
            for member in family.members:
                if member.row is None and member.state:
                    self._count(MEMBERS, "missing")
                    self._missing(MEMBERS, family, bank.full(member.state.row))

    def _known_members(self, family: FamilyPlan) -> dict[tuple[str, date | None], MemberPlan]:
        found: dict[tuple[str, date | None], MemberPlan] = {}
        for state in family.state.members if family.state else ():
            member = MemberPlan(state, id=state.id)
            family.members.append(member)
            found.setdefault(state.key, member)
        return found

    def _missing(self, sheet: Sheet, family: FamilyPlan, text: str) -> None:
        self.plan.missing.append(Line(sheet.title, family.number, text))

    def _parts_of_new(self, row: Row, member: MemberPlan) -> None:
        if any(row.get(name) is not None for name in DOCUMENT):
            member.document = {name: row.get(name) for name in DOCUMENT}
        if any(row.get(name) is not None for name in EDUCATION):
            member.education = {name: row.get(name) for name in EDUCATION}
        if any(row.get(name) is not None for name in SUPPORT):
            member.support = {name: row.get(name) for name in SUPPORT}

    def _compare_member(self, sheet: SheetRows, row: Row, family: FamilyPlan, member: MemberPlan, who: str) -> None:
        assert member.state is not None
        before = len(self.plan.changes)
        state = member.state.row
        update = Update("member", member.state.id, family, f"Член семьи: {who}")
        for name in ("last_name", "first_name", "middle_name", "sex", "workplace", "joined_on"):
            self._compare(MEMBERS, sheet, row, family, state, update, name, name)
        if bank.by(state["left_on"], self.as_of) != row.get("left_on"):
            self._compare(MEMBERS, sheet, row, family, state, update, "left_on", "left_on")
        self._compare(MEMBERS, sheet, row, family, state, update, "role", "role_id", "role")
        self._compare_document(sheet, row, family, member)
        self._compare_education(sheet, row, family, member)
        self._compare_support(sheet, row, family, member)
        self._finish(MEMBERS, update, before)

    def _told(self, sheet: SheetRows, row: Row, fields: Iterable[str]) -> list[str]:
        """The fields of a group that the file tells of; none if all are blank: that is no news, not an erasure."""
        told = [name for name in fields if name in sheet.letters and name not in row["bad"]]
        return told if any(row[name] is not None for name in told) else []

    def _compare_group(self, sheet: SheetRows, row: Row, family: FamilyPlan, told: list[str],
                       state: dict[str, Any], update: Update, columns: dict[str, tuple[str, str]]) -> None:  # fmt: skip
        """A group of columns that is a row of its own table. columns: field → (key of the state, column)."""
        for name in told:
            key, column = columns[name]
            if state[key] != row[name]:
                codes = self.codes.get(MEMBERS.column(name).dictionary)
                update.was[column] = codes.ids[state[key]] if codes and state[key] is not None else state[key]
                update.values[column] = codes.ids[row[name]] if codes and row[name] is not None else row[name]
                self._change(MEMBERS, row, family, update.title, name, state[key], row[name])
        if update.values:
            self.plan.updates.append(update)

    def _compare_document(self, sheet: SheetRows, row: Row, family: FamilyPlan, member: MemberPlan) -> None:
        told = self._told(sheet, row, DOCUMENT)
        if not told:
            return
        assert member.state is not None
        documents = member.state.documents
        keys = {name: name.removeprefix("document_") for name in DOCUMENT}
        if any(all(each[keys[name]] == row[name] for name in told) for each in documents):
            return
        identity = [name for name in told if name != "document_issued_on"]
        same = next((each for each in documents if all(each[keys[name]] == row[name] for name in identity)), None)
        main = bank.main_document(documents, self.as_of)
        if same is None and main and main["kind"] == row.get("document_kind") and "document_issued_on" in told:
            same = main if main["issued_on"] == row["document_issued_on"] else None
        if same is None:
            member.document = {name: row.get(name) for name in DOCUMENT}
            was = tuple(main[keys[name]] for name in identity) if main else None
            shown = "; ".join(_words(self.codes.get(MEMBERS.column(name).dictionary), row[name]) for name in identity)
            self._change(MEMBERS, row, family, bank.full(row), identity[0] if identity else told[0], None, shown)
            if was:
                self.content.notices.append(
                    Notice(MEMBERS.title, row["row"], f"{bank.full(row)}: документ добавится, прежний останется.")
                )
            return
        columns = {name: (keys[name], "kind_id" if name == "document_kind" else keys[name]) for name in DOCUMENT}
        update = Update("identity_document", same["id"], family, f"Документ: {bank.full(row)}")
        self._compare_group(sheet, row, family, told, same, update, columns)

    def _compare_education(self, sheet: SheetRows, row: Row, family: FamilyPlan, member: MemberPlan) -> None:
        told = self._told(sheet, row, EDUCATION)
        if not told:
            return
        assert member.state is not None
        keys = {name: name.removeprefix("education_") for name in EDUCATION}
        state = bank.education_on(member.state.educations, self.as_of)
        if state and all(state[keys[name]] == row[name] for name in told):
            return
        start = quarter_holding(self.as_of).start
        held = next((each for each in member.state.educations if each["started_on"] == start), None)
        if state is None or state["started_on"] < start:
            state = held  # ended within the quarter: the row is taken up again
        if state is None:
            for name in told:
                old = bank.education_on(member.state.educations, self.as_of)
                was = old[keys[name]] if old else None
                if was != row[name]:
                    self._change(MEMBERS, row, family, bank.full(row), name, was, row[name])
            member.education = {name: row.get(name) for name in EDUCATION}
            return
        columns = {name: (keys[name], "status_id" if name == "education_status" else keys[name]) for name in EDUCATION}
        update = Update("education", state["id"], family, f"Обучение: {bank.full(row)}")
        if state["ended_on"] is not None and state["ended_on"] <= self.as_of:
            update.was["ended_on"], update.values["ended_on"] = state["ended_on"], None
            self._change(MEMBERS, row, family, update.title, told[0], f"до {state['ended_on']:%d.%m.%Y}", row[told[0]])
        self._compare_group(sheet, row, family, told, state, update, columns)

    def _compare_support(self, sheet: SheetRows, row: Row, family: FamilyPlan, member: MemberPlan) -> None:
        told = self._told(sheet, row, SUPPORT)
        if not told:
            return
        assert member.state is not None
        state = bank.support_on(member.state.supports, self.as_of)
        if state is None:
            member.support = {name: row.get(name) for name in SUPPORT}
            for name in told:
                if row[name] is not None:
                    self._change(MEMBERS, row, family, bank.full(row), name, None, row[name])
            return
        update = Update("pupil_support", state["id"], family, f"Сопровождение: {bank.full(row)}")
        self._compare_group(sheet, row, family, told, state, update, {name: (name, name) for name in SUPPORT})

    # Stays on record

    def _stays(self) -> None:
        by_family: dict[str, list[Row]] = {}
        sheets = self._sheet(STAYS)
        for _sheet, row, family in self._of_families(STAYS):
            by_family.setdefault(family.number, []).append(row)
        for number, found in by_family.items():
            self._stays_of(sheets, self.families[number], found)
        for family in self.families.values():
            told = {row["registered_on"] for row in by_family.get(family.number, ())}
            for stay in family.state.stays if family.state else ():
                if stay["registered_on"] not in told and stay["registered_on"] <= self.as_of:
                    self._count(STAYS, "missing")
                    self._missing(STAYS, family, f"постановка {stay['registered_on']:%d.%m.%Y}")

    def _stays_of(self, sheet: SheetRows, family: FamilyPlan, found: list[Row]) -> None:
        known = {stay["registered_on"]: stay for stay in (family.state.stays if family.state else ())}
        told = {row["registered_on"] for row in found if row["registered_on"]}
        others = [(stay["registered_on"], stay["removed_on"]) for day, stay in known.items() if day not in told]
        for row in sorted(found, key=lambda row: (row["registered_on"] or date.max, row["row"])):
            state = known.get(row["registered_on"])
            self._complete_decisions(sheet, row, state)
            if not self._check_stay(sheet, row, state, others):
                continue
            others.append((row["registered_on"], self._until(row, state)))
            if state is None:
                body = self._body(row["sender_kind"], row.get("sender"))
                family.new_stays.append((row, body))
                until = f" – {row['removed_on']:%d.%m.%Y}" if row.get("removed_on") else ""
                self._new(STAYS, family, f"постановка {row['registered_on']:%d.%m.%Y}{until}")
            else:
                self._compare_stay(sheet, row, family, state)

    def _until(self, row: Row, state: dict[str, Any] | None) -> date | None:
        """When a stay ends: as the file says, or, after the file's date, as the bank knows."""
        if row.get("removed_on") is None and state and bank.by(state["removed_on"], self.as_of) is None:
            return state["removed_on"]
        return row.get("removed_on")

    def _complete_decisions(self, sheet: SheetRows, row: Row, state: dict[str, Any] | None) -> None:
        """Where only the date of record is given, it is the date of a decision without a number."""
        for day, number, decided, title in (
            ("registered_on", "decision_number", "decided_on", "постановке"),
            ("removed_on", "removal_number", "removal_decided_on", "снятии"),
        ):
            if row.get(day) is None:
                continue
            if row.get(decided) is None and decided not in row["bad"]:
                row[decided] = state[decided] if state and decided not in sheet.letters else row[day]
            known = state is not None and state[number] is None and state[decided] is not None
            if row.get(number) is None and number in sheet.letters and number not in row["bad"] and not known:
                text = f"№ {row['number']}: постановление о {title} от {row[decided]:%d.%m.%Y} будет без номера."
                self.content.notices.append(Notice(STAYS.title, row["row"], text))

    def _check_stay(self, sheet: SheetRows, row: Row, state: dict[str, Any] | None,
                    others: list[registration.Stay]) -> bool:  # fmt: skip
        good = self._not_ahead(sheet, row, "detected_on", "card_sent_on", "decided_on", "removal_decided_on")
        if not row["sender_kind"] and "sender_kind" not in row["bad"] and not (state and not state["sender_kind"]):
            self.content.fault(sheet, row, "sender_kind", "Заполните «Код органа».")
            good = False
        if row["bad"] & {"registered_on", "decided_on", "removed_on", "removal_decided_on"}:
            return False
        criteria = len(row["criteria"]) or ("criteria" in row["bad"]) or bool(state and not state["criteria"])
        good &= self._rule(
            sheet, row, registration.check_placing, registered_on=row["registered_on"], decided_on=row["decided_on"],
            others=others, removed_on=self._until(row, state), criteria=int(criteria), today=self.today,
        )  # fmt: skip
        if row.get("removed_on") is None:
            for name in ("removal_number", "removal_decided_on", "reason"):
                if row.get(name) is not None:
                    self.content.fault(sheet, row, name, "Нет даты снятия с учёта: впишите её или уберите снятие.")
                    good = False
            if state and bank.by(state["removed_on"], self.as_of) and "removed_on" in sheet.letters:
                text = (
                    f"В банке семья снята с учёта {state['removed_on']:%d.%m.%Y}, загрузка снятия не отменяет: "
                    "впишите снятие или аннулируйте его в карточке семьи."
                )
                self.content.fault(sheet, row, "removed_on", text)
                good = False
        else:
            good &= self._rule(
                sheet, row, registration.check_removal, registered_on=row["registered_on"],
                removed_on=row["removed_on"], decided_on=row["removal_decided_on"],
                has_reason=row.get("reason") is not None or "reason" in row["bad"] or _keeps_reason(sheet, state),
                today=self.today,
            )  # fmt: skip
        return bool(good)

    def _compare_stay(self, sheet: SheetRows, row: Row, family: FamilyPlan, state: dict[str, Any]) -> None:
        before = len(self.plan.changes)
        who = f"Постановка {state['registered_on']:%d.%m.%Y}"
        update = Update("registration", state["id"], family, who)
        self._compare_body(STAYS, sheet, row, family, state, update, ("sender_kind", "sender", "sender_id"))
        for name in ("detected_on", "card_sent_on", "note"):
            self._compare(STAYS, sheet, row, family, state, update, name, name)
        placed = Update("decision", state["decision_id"], family, f"Постановление о постановке № {family.number}")
        self._compare(STAYS, sheet, row, family, state, placed, "decision_number", "number")
        self._compare(STAYS, sheet, row, family, state, placed, "decided_on", "decided_on")
        if placed.values:
            self.plan.updates.append(placed)
        if "criteria" in sheet.letters and "criteria" not in row["bad"] and row["criteria"] != state["criteria"]:
            self._change(STAYS, row, family, who, "criteria", state["criteria"], row["criteria"])
            self.plan.sets.append(
                SetUpdate("criteria", state["id"], family, who, list(state["criteria"]), list(row["criteria"]))
            )
        if row.get("removed_on") is not None:
            self._compare_removal(sheet, row, family, state, update)
        self._finish(STAYS, update, before)

    def _compare_removal(self, sheet: SheetRows, row: Row, family: FamilyPlan, state: dict[str, Any],
                         update: Update) -> None:  # fmt: skip
        self._compare(STAYS, sheet, row, family, state, update, "removed_on", "removed_on")
        self._compare(STAYS, sheet, row, family, state, update, "reason", "removal_reason_id", "reason")
        if state["removal_decision_id"] is None:
            update.decision = {"number": row.get("removal_number"), "decided_on": row["removal_decided_on"]}
            for name in ("removal_number", "removal_decided_on"):
                if row.get(name) is not None:
                    self._change(STAYS, row, family, update.title, name, None, row[name])
            return
        removed = Update("decision", state["removal_decision_id"], family, f"Постановление о снятии № {family.number}")
        self._compare(STAYS, sheet, row, family, state, removed, "removal_number", "number")
        self._compare(STAYS, sheet, row, family, state, removed, "removal_decided_on", "decided_on")
        if removed.values:
            self.plan.updates.append(removed)

    def _compare_body(self, form: Sheet, sheet: SheetRows, row: Row, family: FamilyPlan, state: dict[str, Any],
                      update: Update, fields: tuple[str, str, str]) -> None:  # fmt: skip
        """An agency is the same if its kind and name are, whichever territory it is kept under."""
        kind, name, column = fields
        if kind not in sheet.letters or kind in row["bad"] or name in row["bad"]:
            return
        if name not in sheet.letters and row[kind] == state[kind]:
            return
        body = self._body(row[kind], row.get(name))
        was = (state[kind], names.key(state[name]))
        if (body is None and state[column] is None) or (body and was == (body.kind, names.key(body.name))):
            return
        update.was[column], update.values[column] = state[column], body
        shown = f"{state[kind]} {state[name]}" if state[kind] else None
        self._change(form, row, family, update.title, name, shown, f"{body.kind} {body.name}" if body else None)

    # Supervision

    def _supervisions(self) -> None:
        unmatched: dict[tuple[int, str | None, date | None], list[dict[str, Any]]] = {}
        for family in self.families.values():
            for known in family.state.members if family.state else ():
                for each in known.supervisions:
                    unmatched.setdefault((known.id, each["kind"], each["started_on"]), []).append(each)
        owners = {member.id: (family, member) for family in self.families.values() for member in family.members
                  if member.id is not None}  # fmt: skip
        for sheet, row, family in self._of_families(SUPERVISIONS):
            if row["bad"] & {"last_name", "first_name", "middle_name", "born_on", "kind", "started_on"}:
                continue
            if row.get("kind") is None:
                self.content.fault(sheet, row, "kind", "Заполните «Где состоит».")
                continue
            good = self._not_ahead(sheet, row, "started_on", "ended_on")
            good &= self._rule(sheet, row, registration.check_interval, start=row.get("started_on"),
                               end=row.get("ended_on"), field="ended_on")  # fmt: skip
            member = self._member_named(sheet, row, family, "last_name", Named(bank.full(row), row.get("born_on")))
            if member is None or not good:
                continue
            title = f"Учёт: {bank.full(row)}"
            waiting = unmatched.get((member.id or 0, row["kind"], row.get("started_on")))
            if not waiting:
                member.supervisions.append(row)
                where = self.codes["supervision"].names[row["kind"]]
                self._new(SUPERVISIONS, family, f"{bank.full(row)}: {where}")
                continue
            state = next((each for each in waiting if each["ended_on"] == row.get("ended_on")), waiting[0])
            waiting.remove(state)
            before = len(self.plan.changes)
            update = Update("supervision", state["id"], family, title)
            if bank.by(state["ended_on"], self.as_of) != row.get("ended_on"):
                self._compare(SUPERVISIONS, sheet, row, family, state, update, "ended_on", "ended_on")
            self._finish(SUPERVISIONS, update, before)
        for (member_id, _kind, started_on), rest in unmatched.items():
            family, member = owners[member_id]
            for each in rest:
                if started_on is None or started_on <= self.as_of:
                    self._count(SUPERVISIONS, "missing")
                    where = self.codes["supervision"].names[each["kind"]]
                    self._missing(SUPERVISIONS, family, f"{bank.full(member.values)}: {where}")

    def _people_of(self, family: FamilyPlan) -> dict[str, list[MemberPlan]]:
        found = self.people.get(family.number)
        if found is None:
            found = self.people[family.number] = {}
            for member in family.members:
                found.setdefault(names.key(bank.full(member.values)), []).append(member)
        return found

    def _member_named(self, sheet: SheetRows, row: Row, family: FamilyPlan, name: str,
                      wanted: Named) -> MemberPlan | None:  # fmt: skip
        """The member a cell names; nobody, or two, is a fault."""
        alike = self._people_of(family).get(names.key(wanted.name), [])
        if wanted.born_on is not None:
            alike = [member for member in alike if member.values["born_on"] == wanted.born_on]
        elif len(alike) > 1:
            undated = [member for member in alike if member.values["born_on"] is None]
            alike = undated if len(undated) == 1 else alike
        if len(alike) == 1:
            return alike[0]
        if alike:
            text = f"В семье двое с именем «{wanted.name}»: допишите дату рождения в скобках (ДД.ММ.ГГГГ)."
        else:
            born = f" ({wanted.born_on:%d.%m.%Y})" if wanted.born_on else ""
            text = f"В семье нет члена «{wanted.name}»{born}: исправьте имя или добавьте его на лист «{MEMBERS.title}»."
        self.content.fault(sheet, row, name, text)
        return None

    # Aid

    def _aids(self) -> None:
        by_family: dict[str, list[tuple[Row, BodyRef | None, list[MemberPlan]]]] = {}
        sheet = self._sheet(AIDS)
        for _sheet, row, family in self._of_families(AIDS):
            good = self._not_ahead(sheet, row, "given_on") and not row["bad"]
            body, known = self._performer(sheet, row)
            people = [self._member_named(sheet, row, family, "recipients", each) for each in row.get("recipients", ())]
            if good and known and None not in people:
                found = list(dict.fromkeys(member for member in people if member is not None))
                by_family.setdefault(family.number, []).append((row, body, found))
        for family in self.families.values():
            self._aids_of(sheet, family, by_family.get(family.number, []))

    def _performer(self, sheet: SheetRows, row: Row) -> tuple[BodyRef | None, bool]:
        kind, name = row.get("performer_kind"), row.get("performer")
        if kind is None and name is not None and "performer_kind" not in row["bad"]:
            kinds = self.kinds_by_name.get(names.key(name), set())
            if len(kinds) != 1:
                text = f"«{name}»: такой организации в банке нет, впишите «Код органа»."
                self.content.fault(sheet, row, "performer_kind", text)
                return None, False
            kind = next(iter(kinds))
        return self._body(kind, name), True

    def _aids_of(self, sheet: SheetRows, family: FamilyPlan,
                 told: list[tuple[Row, BodyRef | None, list[MemberPlan]]]) -> None:  # fmt: skip
        waiting = list(family.state.aids) if family.state else []
        rest = []
        if waiting:
            by_key: dict[Any, list[dict[str, Any]]] = {}
            for state in waiting:
                by_key.setdefault(self._aid_key(sheet, state, state["performer"], state["recipients"]), []).append(
                    state
                )
            for row, body, people in told:
                body_name = body.name if body else None
                key = self._aid_key(sheet, {**row, "performer_kind": body.kind if body else None}, body_name,
                                    tuple(member.id or -1 for member in people))  # fmt: skip
                if alike := by_key.get(key):
                    waiting.remove(alike.pop())
                    self._count(AIDS, "same")
                else:
                    rest.append((row, body, people))
        else:
            rest = told
        for row, body, people in rest:
            about = (row["given_on"], row.get("aid_kind"), row.get("measure"))
            near = [each for each in waiting if (each["given_on"], each["aid_kind"], each["measure"]) == about]
            if near:
                waiting.remove(near[0])
                self._compare_aid(sheet, row, family, near[0], people)
            else:
                family.new_aids.append((row, body, people))
                title = row.get("aid_kind") and self.codes["aid_kind"].names[row["aid_kind"]]
                self._new(AIDS, family, f"{row['given_on']:%d.%m.%Y} {title or row.get('description') or ''}".strip())
        for state in waiting:
            if state["given_on"] <= self.as_of:
                self._count(AIDS, "missing")
                title = state["aid_kind"] and self.codes["aid_kind"].names[state["aid_kind"]]
                self._missing(AIDS, family, f"{state['given_on']:%d.%m.%Y} {title or ''}".strip())

    def _aid_key(self, sheet: SheetRows, values: dict[str, Any], performer: str | None, people: tuple[int, ...]) -> Any:
        """Everything an aid says in the columns that the file has."""
        told = sheet.letters
        return (
            *(values[name] for name in ("given_on", "measure", "aid_kind", "description", "amount") if name in told),
            (values["performer_kind"], names.key(performer)) if "performer" in told else None,
            tuple(sorted(people)) if "recipients" in told else None,
        )

    def _compare_aid(self, sheet: SheetRows, row: Row, family: FamilyPlan, state: dict[str, Any],
                     people: list[MemberPlan]) -> None:  # fmt: skip
        before = len(self.plan.changes)
        update = Update("aid", state["id"], family, f"Мероприятие {state['given_on']:%d.%m.%Y}")
        for name in ("description", "amount"):
            self._compare(AIDS, sheet, row, family, state, update, name, name)
        fields = ("performer_kind", "performer", "performer_id")
        self._compare_body(AIDS, sheet, row, family, state, update, fields)
        if "recipients" in sheet.letters and {member.id for member in people} != set(state["recipients"]):
            by_id = {member.id: bank.full(member.values) for member in family.members if member.id}
            was = tuple(by_id[each] for each in state["recipients"])
            becomes = tuple(bank.full(member.values) for member in people)
            self._change(AIDS, row, family, update.title, "recipients", was, becomes)
            self.plan.sets.append(
                SetUpdate("recipients", state["id"], family, update.title, list(state["recipients"]), list(people))
            )
        self._finish(AIDS, update, before)

    # The whole

    def _missing_families(self) -> None:
        for number, (_family_id, mine) in sorted(self.bank_numbers.items()):
            if mine and number not in self.families:
                self._count(FAMILIES, "missing")
                self.plan.missing.append(Line(FAMILIES.title, number, f"Семья № {number}"))

    def _duplicates(self) -> None:
        """New families whose members stand under another number: in the file, or in the bank that the person sees."""
        by_person: dict[tuple[str, date], list[FamilyPlan]] = {}
        for family in self.families.values():
            for member in family.members:
                values = member.values
                if values["born_on"] is not None:
                    by_person.setdefault((names.key(bank.full(values)), values["born_on"]), []).append(family)
        for (_name, _born), found in by_person.items():
            if len(found) > 1 and any(family.is_new for family in found):
                first, *others = found
                for other in others:
                    text = f"Те же люди, что в семье № {first.number} этой книги: проверьте, не одна ли это семья."
                    self._duplicate(other, text)
        wanted = {key: family for key, families in by_person.items() for family in families if family.is_new}
        if not wanted:
            return
        member, family_table = Member.__table__, Family.__table__
        days = sorted({born_on for _, born_on in wanted})
        for chunk in _chunks(days):
            found_rows = db.session.execute(
                select(
                    member.c.last_name, member.c.first_name, member.c.middle_name, member.c.born_on,
                    family_table.c.number, family_table.c.district_id,
                )
                .join(family_table, family_table.c.id == member.c.family_id)
                .where(
                    member.c.born_on.in_(chunk), member.c.annulled_at.is_(None), family_table.c.annulled_at.is_(None),
                    self.scope.families(),
                )
            )  # fmt: skip
            for row in found_rows:
                key = (names.key(names.full(row.last_name, row.first_name, row.middle_name)), row.born_on)
                if key in wanted and not (row.district_id == self.plan.district.id and row.number in self.families):
                    place = self.places.territories[row.district_id].name
                    text = f"Похожа на семью № {row.number} ({place}), которая уже есть в банке: проверьте."
                    self._duplicate(wanted[key], text)

    def _duplicate(self, family: FamilyPlan, text: str) -> None:
        line = Line(FAMILIES.title, family.number, text)
        if line not in self.told_duplicates:
            self.told_duplicates.add(line)
            self.plan.duplicates.append(line)


def _keeps_reason(sheet: SheetRows, state: dict[str, Any] | None) -> bool:
    """Whether a removal of the bank needs no reason from the file: it has none, or the file has no such column."""
    return bool(state and state["removed_on"] and ("reason" not in sheet.letters or state["reason"] is None))


def _words(codes: Codes | None, value: Any) -> str:
    """A value of the file or of the bank for people: names beside codes."""
    if codes is None or value is None or value == ():
        return cells.shown(value)
    if isinstance(value, tuple):
        return "; ".join(_words(codes, each) for each in value)
    name = codes.names.get(value)
    return f"{value} {name}" if name and value[:1].isdigit() and "." in value else name or str(value)


def _chunks(days: list[date]) -> Iterator[list[date]]:
    for start in range(0, len(days), bank.CHUNK):
        yield days[start : start + bank.CHUNK]
