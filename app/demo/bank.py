"""The demo bank: an invented district and the lives of its families over the five years before a day.

The same seed, size and day give the same bank. The benchmarks build their large banks here too, so rows are written
in bulk, with ids given out in Python.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from random import Random
from typing import Any

from sqlalchemy import Table, func, insert, select

from app import journal
from app.demo import doubles, entries, meetings, months, retention, submitted, transfers
from app.demo import names as invented
from app.demo.cards import Cards
from app.demo.family import Life
from app.demo.ground import District, Ground, Row
from app.demo.household import Household
from app.demo.scripts import script_of
from app.domain import names, periods, terms
from app.domain.refusal import Refusal
from app.extensions import db, portions
from app.models import (
    AgencyKind,
    AidKind,
    Criterion,
    Deadline,
    DynamicsLevel,
    EducationStatus,
    Entity,
    Family,
    FamilyCategory,
    FamilyReaction,
    IdentityKind,
    MeasureKind,
    Model,
    RelationshipKind,
    RemovalReason,
    StageKind,
    SupervisionKind,
    class_of,
)
from app.services import installation

SIZE, SEED = 60, 1
FAMILIES_OF_A_DISTRICT = 10_000
CHUNK = 2_000  # families written at once
PORTION = 10_000  # entries of the journal written at once
YEARS = 5

DICTIONARIES = (
    AgencyKind, AidKind, Criterion, Deadline, DynamicsLevel, EducationStatus, FamilyCategory, FamilyReaction,
    IdentityKind, MeasureKind, RemovalReason, StageKind, SupervisionKind,
)  # fmt: skip
# Bodies of a district: kind and name; {} stands for the name of the district.
TOLD_AT_ONCE = ("5.1", "5.2", "5.5", "5.7")  # of an emergency: the commission, social care, health care, the police
BODIES = (
    ("5.1", "КДН и ЗП Администрации {} района"),
    ("5.2", "УСЗН {} района"),
    ("5.3", "Отдел образования Администрации {} района"),
    ("5.4", "Сектор по делам молодёжи Администрации {} района"),
    ("5.5", "Центральная районная больница {} района"),
    ("5.6", "Центр занятости населения {} района"),
    ("5.7", "ОПДН ОМВД России по {} району"),
    ("5.8", "Социально-реабилитационный центр «Причал» {} района"),
    ("5.9", "Центр культуры и досуга {} района"),
)
POSITIONS = {
    "5.1": ("председатель", "заместитель председателя", "секретарь", "член комиссии", "член комиссии"),
    "5.2": ("начальник отдела", "ведущий специалист"),
    "5.3": ("заведующий", "методист"),
    "5.4": ("заведующий сектором",),
    "5.5": ("заместитель главного врача", "районный педиатр"),
    "5.6": ("инспектор",),
    "5.7": ("начальник отделения", "инспектор ПДН", "инспектор ПДН"),
    "5.8": ("специалист по социальной работе", "психолог", "социальный педагог"),
    "5.9": ("директор",),
}


POSTS = (terms.CommissionPost.CHAIR, terms.CommissionPost.DEPUTY, terms.CommissionPost.SECRETARY,
         terms.CommissionPost.MEMBER, terms.CommissionPost.MEMBER)  # fmt: skip


class Writer:
    """Rows of many tables, gathered and inserted together; ids follow those already in the database."""

    def __init__(self) -> None:
        self.rows: defaultdict[str, list[Row]] = defaultdict(list)
        self.counters: dict[str, Iterator[int]] = {}

    def next_id(self, table: str) -> int:
        if table not in self.counters:
            last = db.session.execute(select(func.max(Model.metadata.tables[table].c.id))).scalar()
            self.counters[table] = count(1 + (last or 0))
        return next(self.counters[table])

    def add(self, table: str, **values: Any) -> int:
        """Add a row with the next id; gives the id."""
        key = self.next_id(table)
        self.rows[table].append({"id": key, **values})
        return key

    def flush(self) -> None:
        """Insert what was gathered, parents before children, and tell the journal row by row."""
        connection = db.session.connection()
        gathered = [table for table in Model.metadata.sorted_tables if table.name in self.rows]
        for table in gathered:
            connection.execute(insert(table), self.rows[table.name])
        entities = ((class_of(table), table.name) for table in gathered)
        written = {entity: self.rows[name] for entity, name in entities if entity and issubclass(entity, Entity)}
        told = entries.of_rows(written, self.rows)
        for portion in portions(told, PORTION):
            journal.write(portion)
        self.rows.clear()

    def finish(self) -> None:
        """Write what is left; tell the database which ids are taken."""
        self.flush()
        if db.session.connection().dialect.name == "postgresql":
            for name in self.counters:
                table = Model.metadata.tables[name]
                sequence = func.pg_get_serial_sequence(name, "id")
                db.session.execute(select(func.setval(sequence, func.max(table.c.id))).select_from(table))


def _table(item: Any) -> Table:
    return Model.metadata.tables[item] if isinstance(item, str) else item.__table__


def is_empty() -> bool:
    """Whether the bank holds no family at all, annulled ones counted too."""
    return db.session.execute(select(Family.__table__.c.id).limit(1)).first() is None


def fill(today: date, *, families: int = SIZE, seed: int = SEED, now: datetime | None = None) -> None:
    """Fill an empty bank with invented families. Refuses a bank that holds any: real and invented never mix.

    now: the moment of the day from which the signal cards count back; its noon if none is given.
    """
    if not is_empty():
        raise Refusal("В банке уже есть семьи: демонстрационный банк создаётся только в пустой базе.")
    rng = Random(seed)  # noqa: S311  invented people, not secrets
    writer = Writer()
    root = installation.add_root_territory()
    districts = [
        _district(rng, writer, root.id, name, today, families)
        for name in invented.DISTRICTS[: max(1, families // FAMILIES_OF_A_DISTRICT)]
    ]
    ground = _ground(today, writer)
    open_families: list[int] = []
    twice = families >= SIZE  # one of them is entered a second time
    for index in range(families - twice):
        script = script_of(rng, index)
        home = Household(rng, script, ground, districts[index % len(districts)])
        for table, row in Life(home).rows():
            writer.rows[table].append(row)
        if script.end is None and len(open_families) < 40:
            open_families.append(home.id)
        if index % CHUNK == CHUNK - 1:
            writer.flush()
    for district in districts:
        _assign(writer, district, open_families if district is districts[0] else [], today)
    writer.finish()
    beside = _signal_cards(seed, writer, root.id, districts, now or datetime.combine(today, time(9), tzinfo=UTC))
    meetings.write(districts[0], today)
    transfers.write(districts[0], beside, today)
    if twice:
        doubles.write(districts[0], today)
        months.write(districts[0], today)
    retention.write(today)
    if families <= submitted.MOST_FAMILIES:
        submitted.write(districts[0], today)
    journal.write(
        [journal.entry(terms.Act.CREATED, summary=f"Демонстрационный банк: семей {families}", records=families)]
    )


def _codes(table: Table) -> dict[str, int]:
    """The ids of a dictionary by code."""
    return {row.code: row.id for row in db.session.execute(select(table.c.code, table.c.id))}


def _ground(today: date, writer: Writer) -> Ground:
    kinds = RelationshipKind.__table__.c
    roles = {
        name: (key, role) for name, key, role in db.session.execute(select(kinds.name, kinds.id, kinds.parental_role))
    }
    return Ground(today, {table.name: _codes(table) for table in map(_table, DICTIONARIES)}, roles, writer.next_id)


# The district


def _district(rng: Random, writer: Writer, root_id: int, name: str, today: date, families: int) -> District:
    """A district with its settlements, the children who live there, its bodies and their people."""
    district = District(_territory(writer, f"{name} район", terms.TerritoryKind.DISTRICT, root_id))
    for place in invented.SETTLEMENTS:
        settlement_id = _territory(writer, place.name, terms.TerritoryKind.SETTLEMENT, district.id)
        district.settlements.append((settlement_id, place))
        for alias in place.aliases:
            writer.add("territory_alias", territory_id=settlement_id, name=alias, name_key=names.key(alias))
        _population(rng, writer, settlement_id, place.share * min(families, FAMILIES_OF_A_DISTRICT), today)
    kinds = _codes(_table(AgencyKind))
    _bodies(rng, writer, district, kinds, name)
    _schools(rng, writer, district, kinds)
    return district


def _signal_cards(seed: int, writer: Writer, root_id: int, districts: list[District], now: datetime) -> District:
    """The cards of the first district, and of the one beside it; their own chance leaves the families as they are.

    Gives the district beside it.
    """
    rng = Random(f"{seed}: cards")  # noqa: S311  invented people, not secrets
    beside = districts[1] if len(districts) > 1 else _beside(rng, writer, root_id, now.date())
    writer.flush()
    Cards(rng, writer, districts[0], beside, now).write()
    writer.finish()
    return beside


def _beside(rng: Random, writer: Writer, root_id: int, today: date) -> District:
    """A district without families."""
    name, place = invented.DISTRICTS[1], invented.BESIDE
    district = District(_territory(writer, f"{name} район", terms.TerritoryKind.DISTRICT, root_id))
    settlement_id = _territory(writer, place.name, terms.TerritoryKind.SETTLEMENT, district.id)
    district.settlements.append((settlement_id, place))
    _population(rng, writer, settlement_id, place.share, today)
    _bodies(rng, writer, district, _codes(_table(AgencyKind)), name)
    return district


def _territory(writer: Writer, name: str, kind: terms.TerritoryKind, parent_id: int) -> int:
    return writer.add("territory", name=name, name_key=names.key(name), kind=kind, parent_id=parent_id)


def _declined(name: str, ending: str) -> str:
    """«Заречный» with the ending «ого» is «Заречного»."""
    return " ".join(word[:-2] + ending for word in name.split())


def _of(word: str) -> str:
    """«Сельское» is «сельского», «поселение» is «поселения»."""
    return f"{word[:-1]}я" if word == "поселение" else f"{word[:-2]}ого"


def _population(rng: Random, writer: Writer, settlement_id: int, hundredths: int, today: date) -> None:
    """Children of a settlement at the end of each quarter of the five years; of this quarter, at its start."""
    children = 260 + hundredths * 30 // 100 + rng.randint(0, 90)
    for year, number in periods.Period(date(today.year - YEARS, today.month, 1), today).quarters():
        quarter = periods.quarter(year, number)
        children += rng.randint(-6, 4)
        writer.add(
            "child_population",
            territory_id=settlement_id,
            counted_on=quarter.end if quarter.end <= today else quarter.start,
            children=children,
            source="Сведения районной больницы",
        )


def _bodies(rng: Random, writer: Writer, district: District, kinds: dict[str, int], name: str) -> None:
    for code, pattern in BODIES:
        title = pattern.format(_declined(name, "ому" if "по {}" in pattern else "ого"))
        agency_id, people = _agency(rng, writer, kinds[code], title, district.id, POSITIONS[code],
                                    told_at_once=code in TOLD_AT_ONCE,
                                    sits_as=terms.Sitting.COMMISSION if code == "5.1" else None)  # fmt: skip
        district.performers[code] = [agency_id]
        if code in ("5.2", "5.8"):
            district.mentors.extend(people)
        if code == "5.8":
            district.mentors.extend(people[:1] * 2)  # the specialist of the demo sign-ins guides more families
        if code == "5.1":
            district.commission = people


def _schools(rng: Random, writer: Writer, district: District, kinds: dict[str, int]) -> None:
    """Schools and administrations of the settlements."""
    numbers = count(1)
    for index, (settlement_id, place) in enumerate(district.settlements):
        for number in [next(numbers) for _ in range(4 if index == 0 else 1)]:
            name = f"МБОУ СОШ № {number}"
            positions = ("директор", "социальный педагог")
            agency_id, people = _agency(rng, writer, kinds["5.3"], name, settlement_id, positions)
            district.schools.setdefault(settlement_id, []).append((agency_id, name))
            district.performers["5.3"].append(agency_id)
            district.mentors.append(people[1])
        name = f"Администрация {' '.join(map(_of, place.name.split()))}"
        agency_id, _people = _agency(rng, writer, kinds["5.9"], name, settlement_id, ("специалист",))
        district.performers["5.9"].append(agency_id)


def _agency(rng: Random, writer: Writer, kind_id: int, name: str, territory_id: int,
            positions: tuple[str, ...], *, told_at_once: bool = False,
            sits_as: terms.Sitting | None = None) -> tuple[int, list[int]]:  # fmt: skip
    """A body with its people; gives the id of the body and those of the people."""
    staff = [_person(rng) for _ in positions]
    agency_id = writer.add(
        "agency",
        name=name,
        name_key=names.key(name),
        kind_id=kind_id,
        territory_id=territory_id,
        head=names.initials(*staff[0]),
        phone=f"8 (00000) {rng.randint(2, 9)}-{rng.randint(10, 99)}-{rng.randint(10, 99)}",
        address=invented.address(rng, "г. Заречный"),
        told_at_once=told_at_once,
        sits_as=sits_as,
        closed=False,
    )
    people = []
    for person, position in zip(staff, positions, strict=True):
        row = {"last_name": person.last, "first_name": person.first, "middle_name": person.middle}
        people.append(writer.add("employee", agency_id=agency_id, position=position, dismissed=False, **row))
    return agency_id, people


def _person(rng: Random) -> invented.Name:
    masculine, feminine = invented.surnames(rng)
    woman = rng.random() < 0.8
    return invented.person(rng, terms.Sex.FEMALE if woman else terms.Sex.MALE, feminine if woman else masculine)[0]


def _assign(writer: Writer, district: District, families: list[int], today: date) -> None:
    """Members of the commission sit in it, and are given settlements and, in the first district, single families."""
    _chairman, deputy, _secretary, third, fourth = district.commission
    since = today - timedelta(days=400)
    body = district.performers["5.1"][0]
    for employee_id, post in zip(district.commission, POSTS, strict=True):
        writer.add("commission_member", agency_id=body, employee_id=employee_id, post=post, started_on=since,
                   ended_on=None, version=1, created_at=datetime.combine(since, time(6), tzinfo=UTC))  # fmt: skip
    stamp: Row = {"version": 1, "created_at": datetime.combine(since, time(6), tzinfo=UTC), "started_on": since}
    for employee_id, settlements in ((deputy, (0,)), (third, (1,)), (fourth, (2, 3, 4))):
        for index in settlements:
            place_id = district.settlements[index][0]
            writer.add("assignment", **stamp, employee_id=employee_id, territory_id=place_id, family_id=None)
    for employee_id, chosen in ((third, families[::5]), (fourth, families[2::5])):
        for family_id in chosen:
            writer.add("assignment", **stamp, employee_id=employee_id, territory_id=None, family_id=family_id)
