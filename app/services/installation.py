"""Roles, dictionaries and the root territory of an installation; every step may be repeated."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy import select

from app.domain import book_words, names, terms
from app.extensions import db
from app.models import (
    AgencyKind,
    AidKind,
    BookWord,
    Criterion,
    Deadline,
    DecisionOutcome,
    DynamicsLevel,
    EducationStatus,
    FamilyCategory,
    FamilyReaction,
    IdentityKind,
    LawReminder,
    MeasureBlock,
    MeasureKind,
    MeasureSet,
    MeasureSetLine,
    RelationshipKind,
    RemovalReason,
    RetentionRule,
    Role,
    SignalCardOutcome,
    StageKind,
    SupervisionKind,
    Territory,
    TypicalInstruction,
)

REFERENCE = Path(__file__).resolve().parent.parent / "reference"

MOTHERS, FATHERS = {"мать", "мачеха", "приемная мать"}, {"отец", "отчим", "приемный отец"}
GUARDIANS = {"опекун", "попечитель"}
CHILDREN = {"сын", "дочь", "пасынок", "падчерица", "подопечный"}


def install() -> None:
    """Create what an empty database lacks; leave alone what people have edited."""
    _add_roles()
    load_dictionaries()
    load_book_words()
    add_root_territory()


def _add_roles() -> None:
    have = set(db.session.scalars(select(Role.name)))
    for role in terms.Role:
        if role.value not in have:
            db.session.add(Role(name=role.value))
    if "Public" not in have:
        db.session.add(Role(name="Public"))
    db.session.flush()


def add_root_territory() -> Territory:
    """The root of the tree of territories, made once."""
    root = db.session.scalar(select(Territory).where(Territory.parent_id.is_(None)).order_by(Territory.id))
    if root is None:
        name = current_app.config["REGION_NAME"]
        root = Territory(name=name, name_key=names.key(name), kind=terms.TerritoryKind.REGION)
        db.session.add(root)
        db.session.flush()
    return root


LINES_OF_SETS = "measure_set_lines.csv"
# Where each dictionary lies in app/reference, and the column of its code.
FILES: dict[Any, tuple[str, str]] = {
    AgencyKind: ("agency_kinds.csv", "code"),
    Criterion: ("criteria.csv", "code"),
    RemovalReason: ("removal_reasons.csv", "code"),
    FamilyCategory: ("family_categories.csv", "code"),
    IdentityKind: ("identity_kinds.csv", "code"),
    EducationStatus: ("education_statuses.csv", "code"),
    SupervisionKind: ("supervision_kinds.csv", "code"),
    AidKind: ("aid_kinds.csv", "code"),
    DynamicsLevel: ("dynamics_levels.csv", "code"),
    FamilyReaction: ("family_reactions.csv", "code"),
    StageKind: ("stage_kinds.csv", "code"),
    SignalCardOutcome: ("signal_card_outcomes.csv", "code"),
    LawReminder: ("law_reminders.csv", "code"),
    DecisionOutcome: ("decision_outcomes.csv", "code"),
    Deadline: ("deadlines.csv", "code"),
    RelationshipKind: ("relationship_kinds.csv", "code"),
    MeasureBlock: ("measure_blocks_and_measures.csv", "block_code"),
    MeasureKind: ("measure_blocks_and_measures.csv", "measure_code"),
    MeasureSet: ("measure_sets.csv", "code"),
    TypicalInstruction: ("typical_instructions.csv", "code"),
    RetentionRule: ("retention_rules.csv", "code"),
}


def missing() -> Iterator[tuple[Any, list[str]]]:
    """The dictionaries that lack rows of app/reference, and the codes they lack."""
    for entity, (file_name, column) in FILES.items():
        have = set(db.session.scalars(select(entity.code)))
        lacking = dict.fromkeys(row[column] for row in rows(file_name) if row[column] and row[column] not in have)
        if lacking:
            yield entity, [code for code in lacking if code]


def load_dictionaries() -> None:
    """Add the rows of app/reference/*.csv whose code is not there yet."""
    _load(AgencyKind)
    _load(Criterion, parent=True)
    _load(RemovalReason, parent=True, children_line=terms.ChildrenLine)
    _load(FamilyCategory)
    _load(IdentityKind)
    _load(EducationStatus)
    _load(SupervisionKind, special=lambda text: text == "1")
    _load(AidKind, has_amount=lambda text: text == "1", special=lambda text: text == "1")
    _load(DynamicsLevel)
    _load(FamilyReaction)
    _load(StageKind, default_months=int)
    _load(SignalCardOutcome)
    _load(LawReminder)
    _load(DecisionOutcome, effect=terms.DecisionKind, of_council=lambda text: text == "1")
    _load(Deadline, starts=terms.Moment, stops=_moment, number=_number, unit=terms.Unit,
          retired=lambda text: text == "1")  # fmt: skip
    _load_relationships()
    _load_measures()
    _load_sets()
    _load(TypicalInstruction, agency_kind=_codes(AgencyKind).get, days=int)
    _load(RetentionRule, kind=terms.KeptKind, number=int, unit=terms.TermUnit, until_adult=lambda text: text == "1")


def load_book_words() -> None:
    """Add the usual headers and words of hand-made books that nobody has entered or retired yet."""
    have = {(row.kind, row.text_key) for row in db.session.scalars(select(BookWord))}
    for row in rows("book_words.csv"):
        kind = terms.BookWordKind.of(row["kind"] or "")
        text, meaning = row["text"] or "", row["meaning"] or ""
        assert kind is not None, row
        key = book_words.key(kind, text)
        if (kind, key) not in have:
            have.add((kind, key))
            db.session.add(BookWord(kind=kind, text=text, text_key=key, meaning=meaning))
    db.session.flush()


def rows(file_name: str) -> Iterator[dict[str, str | None]]:
    """The rows of a reference file; an empty cell is None."""
    with (REFERENCE / file_name).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield {name: value.strip() or None for name, value in row.items()}


def _codes(entity: Any) -> dict[str, Any]:
    return {row.code: row for row in db.session.scalars(select(entity))}


def _moment(text: str | None) -> terms.Moment | None:
    return terms.Moment.of(text) if text else None


def _number(text: str | None) -> int | None:
    return int(text) if text else None


def _load(entity: Any, *, parent: bool = False, **convert: Any) -> None:
    have = _codes(entity)
    for position, row in enumerate(rows(FILES[entity][0])):
        values: dict[str, Any] = dict(row)
        above = values.pop("parent", None) if parent else None
        if values["code"] in have:
            continue
        for name, function in convert.items():
            values[name] = function(values[name])
        item = entity(position=position, **values)
        if above:
            item.parent = have[above]
        have[values["code"]] = item
        db.session.add(item)
    db.session.flush()


def _load_relationships() -> None:
    have = _codes(RelationshipKind)
    for position, row in enumerate(rows(FILES[RelationshipKind][0])):
        name = row["name"] or ""
        if row["code"] not in have:
            db.session.add(
                RelationshipKind(code=row["code"], name=name, position=position, parental_role=_parental_role(name))
            )
    db.session.flush()


def _parental_role(name: str) -> terms.ParentalRole:
    for group, role in (
        (MOTHERS, terms.ParentalRole.MOTHER),
        (FATHERS, terms.ParentalRole.FATHER),
        (GUARDIANS, terms.ParentalRole.GUARDIAN),
        (CHILDREN, terms.ParentalRole.CHILD),
    ):
        if name in group:
            return role
    return terms.ParentalRole.OTHER


def _load_measures() -> None:
    blocks, kinds = _codes(MeasureBlock), _codes(MeasureKind)
    for position, row in enumerate(rows(FILES[MeasureKind][0])):
        block = blocks.get(row["block_code"] or "")
        if block is None:
            special = row["block_special"] == "1"
            block = MeasureBlock(code=row["block_code"], name=row["block"], position=len(blocks), special=special)
            blocks[block.code] = block
            db.session.add(block)
        if row["measure_code"] not in kinds:
            db.session.add(MeasureKind(code=row["measure_code"], name=row["measure"], block=block, position=position))
    db.session.flush()


def _load_sets() -> None:
    """The template sets that are not there yet, each with its measures; a set that is there stays as it is."""
    have, criteria = _codes(MeasureSet), _codes(Criterion)
    kinds, bodies = _codes(MeasureKind), _codes(AgencyKind)
    fresh: dict[str, MeasureSet] = {}
    for position, row in enumerate(rows(FILES[MeasureSet][0])):
        if (code := row["code"] or "") not in have:
            fresh[code] = MeasureSet(
                code=code, name=row["name"], criterion=criteria.get(row["criterion"] or ""), position=position
            )
            db.session.add(fresh[code])
    for position, row in enumerate(rows(LINES_OF_SETS)):
        if (whole := fresh.get(row["set"] or "")) is not None:
            db.session.add(MeasureSetLine(
                set=whole, kind=kinds[row["measure"] or ""], agency_kind=bodies.get(row["agency_kind"] or ""),
                days=int(row["days"] or 0), position=position,
            ))  # fmt: skip
    db.session.flush()
