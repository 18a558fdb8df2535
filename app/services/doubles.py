"""The acts on likely doubles: «это разные», «объединить», and taking either back. Callers commit.

A merge writes over rows of every entity, so whether the person may do it is asked at first of both families, and then
it is done whoever may read the single rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Text, and_, func, literal, or_, select, union_all

from app import access, clock, guard, journal
from app.domain import doubles as rules
from app.domain.doubles import Side
from app.domain.refusal import Refusal
from app.domain.terms import Act, DoublesVerdict
from app.extensions import db, let_references_wait
from app.journal import changes
from app.models import DoublesDecision, Family, Member
from app.services import family_keys, registry, row_moves, soundness, transfers
from app.services.merging import Merging
from app.services.parting import Parting
from app.services.row_moves import LinkChange, Moves, RowChange, write

NOT_CHOSEN = {"created_at", "annulled_at", "annul_reason", "district_id", "family_id", "origin_id"}
OF_ONE_DISTRICT = {"number", "territory_id"}
MERGED_INTO = "Объединена с № {number}"


class Differing(NamedTuple):
    """A field, or a list, that two records tell differently; `joins`: both values may stay together."""

    name: str
    label: str
    ours: Any
    theirs: Any
    joins: bool

    @property
    def usual(self) -> Side:
        return rules.usual(self.ours, self.theirs, joins=self.joins)


class MergeChoice(NamedTuple):
    """How two families become one. people: who of the other family is who of the one that stays, by key.

    fields: whose value stays of the fields of the family; of_people: the same of each matched person, by the key of the
    other family's one. What is not told is chosen as `Differing.usual` says.
    """

    people: dict[int, int]
    fields: Mapping[str, Side]
    of_people: Mapping[int, Mapping[str, Side]]


def differing(kept: Any, other: Any) -> list[Differing]:
    """What two families, or two members, tell differently."""
    entity: Any = type(kept)
    left_out = set(NOT_CHOSEN)
    if isinstance(kept, Family) and kept.district_id != other.district_id:
        left_out |= OF_ONE_DISTRICT
    found = []
    for field in changes.fields(entity):
        if field.name in left_out:
            continue
        ours, theirs = getattr(kept, field.name), getattr(other, field.name)
        if theirs is not None and ours != theirs:
            joins = isinstance(field.type, Text)
            found.append(Differing(field.name, changes.called(entity, field.name), ours, theirs, joins))
    places: dict[tuple[str, int], list[int]] = {}
    for each, owner, key in row_moves.links_of(entity, (kept.id, other.id)):
        places.setdefault((each.name, owner), []).append(key)
    for each in changes.lists(entity):
        ours, theirs = (places.get((each.name, row.id), []) for row in (kept, other))
        if theirs and ours != theirs:
            found.append(Differing(each.name, changes.called(entity, each.name), ours, theirs, joins=True))
    return found


class HeldRows(NamedTuple):
    """How many live rows of one kind two families have."""

    title: str
    ours: int
    theirs: int


def held_rows(kept: Family, other: Family) -> list[HeldRows]:
    """What hangs on two families, by its kinds, in one statement: what moves when they are merged."""
    counted = []
    for entity in row_moves.entities():
        table = row_moves.table_of(entity)
        if "family_id" in row_moves.columns_of(entity, Family):
            live = [table.c.annulled_at.is_(None)] if "annulled_at" in table.c else []
            counted.append(
                select(literal(entity.__name__).label("kind"), table.c.family_id, func.count().label("number"))
                .where(table.c.family_id.in_((kept.id, other.id)), *live)
                .group_by(table.c.family_id)
            )
    found: dict[str, dict[int, int]] = {}
    for row in db.session.connection().execute(union_all(*counted)):
        found.setdefault(row.kind, {})[row.family_id] = row.number
    return [
        HeldRows(str(row_moves.of_name(name).TITLES), numbers.get(kept.id, 0), numbers.get(other.id, 0))
        for name, numbers in found.items()
    ]


# Different


def say_different(kept: Any, other: Any) -> DoublesDecision:
    """Remember that two families, or two members, only look like one. Raises Refusal."""
    first, second = sorted((kept, other), key=lambda row: row.id)
    _hold(*{row if isinstance(row, Family) else row.family for row in (first, second)})
    _check_pair(first, second)
    row = _decision(first, second, DoublesVerdict.DIFFERENT, None)
    db.session.add(row)
    db.session.flush()
    return row


def take_back(decision: DoublesDecision, reason: str, today: date) -> None:
    """A decision holds no longer: who says so and why; what was merged is two records again. Raises Refusal."""
    _hold(decision.family, decision.other_family)
    db.session.refresh(decision)
    if decision.taken_back_at is not None:
        raise Refusal(rules.TAKEN_BACK)
    decision.taken_back_at, decision.taken_back_by = clock.now(), access.scope().user_name
    decision.taken_back_reason = reason
    db.session.flush()
    if decision.verdict is DoublesVerdict.MERGED:
        _part(decision, today)


def of_pair(one: Any, other: Any) -> DoublesDecision | None:
    """What was decided of a pair and holds."""
    table, names = DoublesDecision, ("member_id", "other_member_id")
    if isinstance(one, Family):
        names = ("family_id", "other_family_id")
    left, right = (getattr(table, name) for name in names)
    query = select(table).where(
        or_(and_(left == one.id, right == other.id), and_(left == other.id, right == one.id)),
        table.taken_back_at.is_(None),
    )
    if isinstance(one, Family):
        query = query.where(table.member_id.is_(None))
    return db.session.scalars(query.limit(1)).first()


# Merged


def merge_families(
    kept: Family, other: Family, choice: MergeChoice, reason: str | None, today: date
) -> DoublesDecision:
    """Two records become one: every row of the other family is of the one that stays. Raises Refusal."""
    _hold(kept, other)
    _check_pair(kept, other)
    for family in (kept, other):
        if transfers.under_way(family) is not None:
            raise Refusal(rules.MOVES_AWAY.format(number=family.number))
    rules.check_people(choice.people, _live_people(kept), _live_people(other))
    decision = _decision(kept, other, DoublesVerdict.MERGED, reason)

    def plan() -> Moves:
        merging = Merging(kept, other, choice.people, decision.created_at)
        moves = merging.plan()
        rows, links = _of_fields(kept, other, choice.fields)
        annulled = {"annulled_at": [None, decision.created_at.isoformat()],
                    "annul_reason": [None, MERGED_INTO.format(number=kept.number)]}  # fmt: skip
        number = next((row.columns["number"] for row in rows if "number" in row.columns), [None, None])
        decision.former_number = number[0] or other.number
        rows = [RowChange("Family", other.id, annulled), *rows]
        people = {row.id: row for row in (*kept.members, *other.members)}
        for theirs, ours in choice.people.items():
            of_person = _of_fields(people[ours], people[theirs], choice.of_people.get(theirs, {}))
            rows += of_person[0]
        return moves._replace(rows=[*rows, *moves.rows], links=[*links, *moves.links])

    _merge(decision, plan, today)
    said = (f"Объединена с № {decision.other_family.number}: перенесено записей {len(decision.moved[0])}",
            f"Объединена: остаётся № {kept.number}")  # fmt: skip
    _tell(Act.MERGED, (kept, other), said)
    return decision


def merge_people(kept: Member, other: Member, fields: Mapping[str, Side], reason: str | None,
                 today: date) -> DoublesDecision:  # fmt: skip
    """Two rows of one person in a family become one. Raises Refusal."""
    if kept.family_id != other.family_id:
        raise Refusal(rules.OTHER_FAMILY)
    _hold(kept.family)
    _check_pair(kept, other)
    decision = _decision(kept, other, DoublesVerdict.MERGED, reason)

    def plan() -> Moves:
        moves = Merging(kept.family, kept.family, {other.id: kept.id}, decision.created_at).plan()
        rows, _links = _of_fields(kept, other, fields)
        return moves._replace(rows=[*rows, *moves.rows])

    names = other.full_name, kept.full_name
    _merge(decision, plan, today)
    _tell(Act.MERGED, (decision.family,), (f"Две записи об одном человеке объединены: {names[0]} → {names[1]}",))
    return decision


def _merge(decision: DoublesDecision, plan: Callable[[], Moves], today: date) -> None:
    """Write what a merge changes, and refuse what breaks a rule of the bank that was not broken before."""
    families = {decision.family.id, decision.other_family.id}
    with everywhere():
        broken = {(fault.entity, fault.row_id, fault.text) for fault in soundness.faults(today, families)}
        moves = plan()
        decision.moved = moves.kept()
        db.session.add(decision)
        db.session.flush()
        let_references_wait()
        write(moves, decision.family_id)
        family_keys.refresh_all([decision.family_id], today)
        for fault in soundness.faults(today, [decision.family_id]):
            if (fault.entity, fault.row_id, fault.text) not in broken:
                raise Refusal(f"Объединить нельзя. {fault.title}: {fault.text}")


def _part(decision: DoublesDecision, today: date) -> None:
    families = decision.family, decision.other_family
    if any(not access.scope().covers_territory(family.territory_id) for family in families):
        raise Refusal(guard.NOT_YOUR_FAMILY)
    with everywhere():
        moves = Parting(decision).plan()
        let_references_wait()
        write(moves, decision.other_family_id)
        family_keys.refresh_all({family.id for family in families}, today)
    numbers = [family.number for family in families]
    said = (f"Объединение с № {numbers[1]} отменено: возвращено записей {len(moves.rows)}",
            f"Объединение с № {numbers[0]} отменено: это снова отдельная запись")  # fmt: skip
    if decision.member is not None:
        said = (f"Объединение записей о человеке отменено: {decision.member.full_name}", "")
    _tell(Act.PARTED, families[: 1 if decision.member is not None else 2], said[: 1 if decision.member else 2])


def _of_fields(kept: Any, other: Any, sides: Mapping[str, Side]) -> tuple[list[RowChange], list[LinkChange]]:
    """What the record that stays takes from the other one."""
    kind: Any = type(kept)
    entity, columns, links = kind.__name__, {}, []
    of_lists = {each.name for each in changes.lists(kind)}
    for one in differing(kept, other):
        value = rules.chosen(sides.get(one.name, one.usual), one.ours, one.theirs)
        if value == one.ours:
            continue
        if one.name not in of_lists:
            columns[one.name] = [changes.plain(one.ours), changes.plain(value)]
            continue
        links += [LinkChange(entity, one.name, kept.id, key, None) for key in one.ours if key not in value]
        links += [LinkChange(entity, one.name, kept.id, None, key) for key in value if key not in one.ours]
    return [RowChange(entity, kept.id, columns)] if columns else [], links


# Who may, and at once


def everywhere() -> Any:
    """What a merge does in both families; who may do it was asked."""
    return access.acting_as(replace(access.scope(), everything=True))


def _hold(*families: Family) -> None:
    """Of two people who act on one of these families at once the second one is told what has become of it."""
    for family in sorted(families, key=lambda family: family.id):
        registry.lock(family)
        db.session.refresh(family)
        db.session.expire(family, ["members", "registrations"])


def _check_pair(one: Any, other: Any) -> None:
    """Both are live, both are the person's to write, and nothing was decided of them yet."""
    if one is other:
        raise Refusal(rules.THE_SAME)
    families = [row if isinstance(row, Family) else row.family for row in (one, other)]
    if any(not access.scope().covers_territory(family.territory_id) for family in families):
        raise Refusal(guard.NOT_YOUR_FAMILY)
    db.session.refresh(one)
    db.session.refresh(other)
    if any(row.annulled_at is not None for row in (one, other, *families)):
        raise Refusal(rules.NOT_LIVE)
    if (known := of_pair(one, other)) is not None:
        raise Refusal(rules.KNOWN_ALREADY.format(verdict=known.verdict))


def _live_people(family: Family) -> set[int]:
    return {row.id for row in family.members if row.annulled_at is None}


def _decision(kept: Any, other: Any, verdict: DoublesVerdict, reason: str | None) -> DoublesDecision:
    row = DoublesDecision(verdict=verdict, reason=reason, decided_by=access.scope().user_name, created_at=clock.now(),
                          moved=[])  # fmt: skip
    if isinstance(kept, Family):
        row.family, row.other_family = kept, other
    else:
        row.family, row.other_family, row.member, row.other_member = kept.family, other.family, kept, other
    return row


def _tell(act: Act, families: tuple[Family, ...], said: tuple[str, ...]) -> None:
    journal.write(
        journal.entry(act, entity="Family", entity_id=family.id, family_id=family.id, summary=text)
        for family, text in zip(families, said, strict=True)
    )
