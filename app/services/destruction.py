"""An act of destruction: prepared, confirmed by another person, carried out in one transaction; callers commit.

What is left on the disk after that – files of papers, pages of the database – is cleaned by `app.work.wiping`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy import func, select

from app import access, clock, journal
from app.domain import backups, retention
from app.domain.refusal import Refusal
from app.domain.retention import TWO_PEOPLE
from app.domain.terms import Act, DestructionState
from app.extensions import db, hold_row
from app.models import (
    Destruction,
    DestructionItem,
    Family,
    JournalEntry,
    Member,
    RetentionHold,
    Scanned,
    SignalCard,
    Territory,
)
from app.services import belongings, family_keys, registry, signals
from app.services.mentions import Mentions
from app.services.remains import Remains
from app.services.retention import Chosen, KeptCase, check_chosen
from app.words import counted

SEVERAL_PLACES = "В одном акте – дела одного района, и все ваши: выберите дела одного района."
NOT_WAITING = "Этот акт уже {state}: подтверждать нечего."
WITHDRAWN = "Отозвать можно только акт, который ждёт подтверждения."
HELD = "Дело и так не уничтожают до {until:%d.%m.%Y}: назовите более поздний день."
LONGEST_HOLD = 500  # characters of its reason


def hold(family: Family, until: date | None, reason: str | None, today: date) -> RetentionHold:
    """«Не уничтожать до …» with the reason; of two holds the later one says more. Raises Refusal."""
    registry.lock(family)
    held = db.session.scalar(
        select(func.max(RetentionHold.until)).where(
            RetentionHold.family_id == family.id, RetentionHold.annulled_at.is_(None)
        )
    )
    if held is not None and until is not None and until <= held:
        raise Refusal(HELD.format(until=held), "until")
    row = RetentionHold(family=family, until=until, reason=(reason or "").strip(), user_name=access.scope().user_name)
    registry.save(row, today)
    return row


# Preparing


def prepare(chosen: Chosen, commission: str, today: date) -> Destruction:
    """An act over chosen cases, which another person is to confirm. Raises Refusal with the field."""
    cases, people = check_chosen(chosen, today), retention.commission(commission)
    place, scope = _place(cases), access.scope()
    for case in cases:
        hold_row(SignalCard if case.is_card else Family, case.key)  # of two at once one waits, and is told
        if (other := _waiting_act(case)) is not None:
            raise Refusal(f"{case.named.capitalize()}: уже стоит в акте № {other.title}, который ждёт подтверждения.")
    row = Destruction(
        territory=place, year=today.year, number=_next_number(place, today.year), prepared_by=scope.user_name,
        prepared_by_id=scope.user_id, commission="\n".join(", ".join(one) for one in people),
    )  # fmt: skip
    db.session.add(row)
    db.session.add_all(
        DestructionItem(
            destruction=row, territory=place, family_id=None if case.is_card else case.key,
            card_id=case.key if case.is_card else None, named=case.named, reason=case.due.reason, due_on=case.due.day,
        ) for case in cases
    )  # fmt: skip
    db.session.flush()
    return row


def _place(cases: Collection[KeptCase]) -> Territory:
    """Where the act lies: in the district of the cases if it is the person's, else on their common territory."""
    for places in ({case.district_id for case in cases}, {case.territory_id for case in cases}):
        if len(places) == 1 and access.scope().covers_territory(*places):
            return db.session.get_one(Territory, *places)
    raise Refusal(SEVERAL_PLACES)


def _next_number(place: Territory, year: int) -> int:
    hold_row(Territory, place.id)
    table = Destruction.__table__.c
    last = select(func.max(table.number)).where(table.territory_id == place.id, table.year == year)
    return (db.session.connection().scalar(last) or 0) + 1


def _waiting_act(case: KeptCase) -> Destruction | None:
    of_case = DestructionItem.card_id if case.is_card else DestructionItem.family_id
    asked = (
        select(Destruction)
        .join(Destruction.items)
        .where(of_case == case.key, Destruction.annulled_at.is_(None), Destruction.destroyed_at.is_(None))
    )
    return db.session.scalars(asked.limit(1)).first()


def chosen_of(row: Destruction) -> Chosen:
    """The cases of an act."""
    return Chosen(frozenset(item.family_id for item in row.items if item.family_id is not None),
                  frozenset(item.card_id for item in row.items if item.card_id is not None))  # fmt: skip


def withdraw(row: Destruction, reason: str) -> None:
    """Take an act back that nobody has confirmed. Raises Refusal."""
    if row.state is not DestructionState.PREPARED:
        raise Refusal(WITHDRAWN)
    row.annulled_at, row.annul_reason = clock.now(), reason
    db.session.flush()


# Confirming


def check_confirm(row: Destruction, today: date) -> None:
    """Whether the person may confirm an act now: it waits, another one prepared it, and all its cases may still go.

    Raises Refusal.
    """
    if row.state is not DestructionState.PREPARED:
        raise Refusal(NOT_WAITING.format(state=row.state))
    user_id = access.scope().user_id
    if user_id is None or user_id == row.prepared_by_id:
        raise Refusal(TWO_PEOPLE)
    check_chosen(chosen_of(row), today)


def carry_out(key: int, today: date) -> Destruction:
    """Destroy what an act names, by the person who confirms it: whole, or nothing. Raises Refusal.

    The caller has begun to write, and commits.
    """
    hold_row(Destruction, key)
    row = db.session.get(Destruction, key, populate_existing=True)
    if row is None:
        raise Refusal("Такого акта среди ваших нет.")
    check_confirm(row, today)
    by = access.scope()
    with access.acting_as(replace(by, everything=True)):  # whoever confirms need not keep what is destroyed
        row.confirmed_by, row.confirmed_by_id = by.user_name, by.user_id
        destroy(row, today)
    return row


def destroy(row: Destruction, today: date) -> None:
    """Destroy the cases of an act for good; the rows stay, and figures of past periods count them as before."""
    chosen = chosen_of(row)
    for key in sorted(chosen.families):
        hold_row(Family, key)
    _count(row)
    found = belongings.of(chosen.families, chosen.cards)
    mentions, remains = Mentions(found), Remains(found, row.title)
    remains.rewrite_journal()
    row.files = "\n".join(remains.empty())
    mentions.forget(remains.said)
    family_keys.refresh_all(chosen.families, today)
    for key in sorted(found.cards):
        card = db.session.get_one(SignalCard, key)
        signals.set_keys(card, [child.name for child in card.children])
    row.destroyed_at = clock.now()
    row.copies_until = backups.gone_on(_copies(), clock.local(row.destroyed_at))
    db.session.flush()
    journal.write(_entries(row, remains.said))


def _count(row: Destruction) -> None:
    """How much of each case is destroyed, before it is."""
    for item in row.items:
        found = belongings.of(*([item.family_id], []) if item.family_id else ([], [item.card_id or 0]))
        item.people = len(found.rows.get(Member, ()))
        item.rows = found.count()
        item.papers = sum(len(ids) for entity, ids in found.rows.items() if issubclass(entity, Scanned))
    db.session.flush()


def _entries(row: Destruction, label: str) -> Iterator[dict[str, Any]]:
    """The extract of the journal is made of these (приказ РКН № 179)."""
    for item in row.items:
        entity, key = ("Family", item.family_id) if item.family_id else ("SignalCard", item.card_id)
        yield journal.entry(Act.DESTROYED, entity=entity, entity_id=key, family_id=item.family_id, records=item.rows,
                            summary=f"{label}: {item.named}. Причина: {item.reason}")  # fmt: skip


def _copies() -> list[str]:
    """The names of the copies of the bank that lie in its folders."""
    return [path.name for folder in folders_of_copies() for path in folder.glob(f"*{backups.SUFFIX}")]


def folders_of_copies() -> list[Path]:
    """Where copies of the bank lie, of the folders that are there."""
    config = current_app.config
    named = (
        config["BACKUP_FOLDER"] or str(Path(current_app.instance_path) / "backups"),
        config["BACKUP_SECOND_FOLDER"],
    )
    return [Path(name) for name in named if name and Path(name).is_dir()]


def extract(row: Destruction) -> list[Any]:
    """The entries of the journal about what an act destroyed, in their order: number, moment, who, what."""
    entry, chosen = JournalEntry.__table__, chosen_of(row)
    asked = select(entry.c.id, entry.c.at, entry.c.user_name, entry.c.summary, entry.c.records).where(
        entry.c.act == Act.DESTROYED,
        ((entry.c.entity == "Family") & entry.c.entity_id.in_(chosen.families))
        | ((entry.c.entity == "SignalCard") & entry.c.entity_id.in_(chosen.cards)),
    )
    return list(db.session.connection().execute(asked.order_by(entry.c.id)))


# Written down outside the database: an older copy that is restored is destroyed again

RECORD = "destroyed_by_acts.jsonl"


@dataclass(frozen=True)
class ToldAct:
    """An act as it stands in the record beside the bank."""

    values: dict[str, Any]

    @property
    def key(self) -> tuple[int, int, int]:
        return self.values["territory"], self.values["year"], self.values["number"]

    @property
    def title(self) -> str:
        return f"{self.values['number']}/{self.values['year']}"


def told(row: Destruction) -> str:
    """An act as a line of the record: cases by their keys and numbers, nobody by name."""
    moment = clock.in_utc(row.destroyed_at or clock.now())
    return json.dumps(
        {
            "territory": row.territory_id, "year": row.year, "number": row.number, "at": moment.isoformat(),
            "commission": row.commission, "prepared_by": row.prepared_by, "confirmed_by": row.confirmed_by,
            "items": [
                {"family": item.family_id, "card": item.card_id, "named": item.named, "reason": item.reason,
                 "due_on": item.due_on.isoformat()} for item in row.items
            ],
        }, ensure_ascii=False,
    )  # fmt: skip


def read_record(folders: Collection[Path]) -> list[ToldAct]:
    """The acts that are written down in some folders, each once. Raises OSError."""
    found: dict[tuple[int, int, int], ToldAct] = {}
    for folder in folders:
        path = folder / RECORD
        for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
            try:
                act = ToldAct(json.loads(line))
                found[act.key] = act
            except (ValueError, KeyError, TypeError):
                continue  # a line that was being written when the power went
    return list(found.values())


def not_carried_out(acts: Collection[ToldAct]) -> list[ToldAct]:
    """Those whose cases this bank still holds: it was restored from an older copy."""
    return [act for act in acts if any(_still_there(item) for item in act.values["items"])]


def _still_there(item: dict[str, Any]) -> bool:
    entity: Any = Family if item["family"] else SignalCard
    table = entity.__table__.c
    row = db.session.connection().execute(
        select(table.destroyed, *([table.number] if item["family"] else [table.number, table.year])).where(
            table.id == (item["family"] or item["card"]))
    ).one_or_none()  # fmt: skip
    return row is not None and row.destroyed is None and item["named"].endswith("/".join(map(str, row[1:])))


def again(act: ToldAct, today: date) -> Destruction:
    """Destroy once more what an older copy has brought back, by the act that was carried out before."""
    values = act.values
    row = Destruction(
        territory_id=values["territory"], year=values["year"], number=values["number"], commission=values["commission"],
        prepared_by=values["prepared_by"], confirmed_by=values["confirmed_by"],
    )  # fmt: skip
    db.session.add(row)
    db.session.add_all(
        DestructionItem(
            destruction=row, territory_id=values["territory"], family_id=item["family"], card_id=item["card"],
            named=item["named"], reason=item["reason"], due_on=date.fromisoformat(item["due_on"]),
        ) for item in values["items"] if _still_there(item)
    )  # fmt: skip
    db.session.flush()
    destroy(row, today)
    row.destroyed_at = datetime.fromisoformat(values["at"])  # the day of the act; the journal tells of the second time
    db.session.flush()
    return row


def summary(row: Destruction) -> str:
    """What an act has done, in a sentence."""
    families = counted(sum(item.family_id is not None for item in row.items), "семья", "семьи", "семей")
    cards = sum(item.card_id is not None for item in row.items)
    more = f", {counted(cards, 'сигнальная карта', 'сигнальные карты', 'сигнальных карт')}" if cards else ""
    return f"Акт № {row.title}: уничтожены сведения – {families}{more}."
