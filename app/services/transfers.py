"""The file of a family goes to another territory of the bank, or to another municipality: sent, declined, taken back,
received. Callers commit."""

from __future__ import annotations

import secrets
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from app import access, clock, tree
from app.domain import registration as rules
from app.domain.refusal import Refusal
from app.domain.terms import DecisionKind, TerritoryKind, TransferState
from app.extensions import db, hold_row
from app.models import Decision, Family, Registration, RemovalReason, Transfer
from app.services import registrations, registry
from app.services.registrations import DecisionPaper

WITHIN_DISTRICT = "Это место того же района: переезд в его пределах записывают в карточке семьи."
NOWHERE = "Выберите район или поселение, куда передаётся дело."
UNDER_WAY = "Дело этой семьи уже передаётся: {whither}. Сначала отзовите ту передачу."
NOT_WAITING = "С этой передачей уже не работают: {state}."
RECEIVED_ALREADY = "Это дело здесь уже принято: второй раз его не принимают."
OF_THIS_BANK = "Это дело передано из этого же банка: здесь его не принимают."
NOT_RECEIVED = "Это дело ещё не принято: отменять нечего."
RESTED = "Дело передано: {whither}."


@dataclass(frozen=True)
class Destination:
    """Where a family goes: to a territory of the bank, or to another municipality; `leaves`: the region."""

    territory_id: int | None = None
    elsewhere: str | None = None
    leaves: bool = False


def send(family: Family, decision: Decision, to: Destination, note: str | None) -> Transfer:
    """Hand the file of a family over by a decision: the family stays here until it is received. Raises Refusal."""
    if family.annulled_at is not None:
        raise Refusal("Эта семья аннулирована: передавать нечего.")
    registry.lock(family)
    if (other := under_way(family)) is not None:
        raise Refusal(UNDER_WAY.format(whither=other.whither))
    if to.territory_id is not None:
        check_place(family, to.territory_id)
    elif not to.elsewhere:
        raise Refusal(NOWHERE, "territory")
    row = Transfer(
        named=family.title, family=family, from_territory_id=family.territory_id, to_territory_id=to.territory_id,
        elsewhere=to.elsewhere if to.territory_id is None else None, decision_id=decision.id, number=decision.number,
        decided_on=decision.decided_on, commission=decision.agency.name if decision.agency else None,
        reason=_reason(rules.MOVED[to.leaves]), note=note, sent_by=access.scope().user_name,
        key=secrets.token_hex(16), secret=secrets.token_hex(32),
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    return row


def decide_and_send(family: Family, paper: DecisionPaper, to: Destination, note: str | None, today: date) -> Transfer:
    """Enter the decision by which a file is handed over, unless it is entered already, and hand it over."""
    decision = registrations.decided(family, paper, kind=DecisionKind.REDIRECT, note=None, today=today)
    return send(family, decision, to, note)


def withdraw(transfer: Transfer, reason: str) -> None:
    """Whoever sent a file takes it back, as long as nobody has received it. Raises Refusal."""
    check_waiting(transfer)
    call_off(transfer, reason)


def call_off(transfer: Transfer, reason: str) -> None:
    """A transfer that nobody has received is none any more."""
    transfer.annulled_at, transfer.annul_reason = clock.now(), reason
    db.session.flush()


def decline(transfer: Transfer, reason: str) -> None:
    """A file is not taken where it was sent: the family stays where it is. Raises Refusal."""
    check_waiting(transfer)
    transfer.answered_at, transfer.answered_by, transfer.declined = clock.now(), access.scope().user_name, reason
    db.session.flush()


def receive(transfer: Transfer, *, received_on: date, answered_by: str, at: datetime, today: date) -> None:
    """A file was received elsewhere: its family leaves the record here by the decision, on that day. Raises Refusal."""
    check_waiting(transfer)
    transfer.answered_at, transfer.answered_by = at, answered_by
    if transfer.family_id is None:
        db.session.flush()
        return
    with anywhere():  # who receives does not keep the family where it comes from; that it may receive was asked
        family = db.session.get(Family, transfer.family_id or 0, populate_existing=True)
        decision = db.session.get(Decision, transfer.decision_id or 0)
        if family is None or family.annulled_at is not None or decision is None or decision.annulled_at is not None:
            raise Refusal("Семья или постановление о передаче аннулированы: принимать нечего.")
        if (stay := registrations.standing(family)) is not None:
            registrations.remove(
                stay, DecisionPaper(decision.number, decision.decided_on, decision.agency), removed_on=received_on,
                reason=transfer.reason, note=RESTED.format(whither=transfer.whither), today=today,
                kind=DecisionKind.REDIRECT,
            )  # fmt: skip
            transfer.stay_id = stay.id
        db.session.flush()


def arrive(said: dict[str, Any], *, elsewhere: str, decided_on: date, territory_id: int) -> Transfer:
    """A file that came from another installation, to be received. Raises Refusal."""
    check_fresh(str(said["key"]))
    row = Transfer(**said, elsewhere=elsewhere, decided_on=decided_on, to_territory_id=territory_id)
    db.session.add(row)
    db.session.flush()
    return row


def check_fresh(key: str) -> None:
    """Raise Refusal if a file is known here already: it was received, or it went from here."""
    table = Transfer.__table__.c
    known = select(table.family_id).where(table.key == key, table.annulled_at.is_(None))
    if (row := db.session.connection().execute(known).first()) is not None:
        raise Refusal(RECEIVED_ALREADY if row.family_id is None else OF_THIS_BANK, "file")


def take_back(transfer: Transfer, today: date) -> None:
    """A receipt is taken back: the family is on record where it came from again, and its file waits. Raises Refusal."""
    if transfer.state is not TransferState.RECEIVED:
        raise Refusal(NOT_RECEIVED)
    with anywhere():
        if transfer.stay_id is not None:
            stay = db.session.get_one(Registration, transfer.stay_id)
            registrations.resume(stay, RESTED.format(whither=transfer.whither), today)
        transfer.answered_at = transfer.answered_by = transfer.received = transfer.batch = transfer.stay_id = None
        db.session.flush()


def check_waiting(transfer: Transfer) -> None:
    """Of two who act on one transfer at once the second is told. Raises Refusal."""
    hold_row(Transfer, transfer.id)
    db.session.refresh(transfer)
    if transfer.state is not TransferState.WAITING:
        raise Refusal(NOT_WAITING.format(state=transfer.state))


def anywhere() -> AbstractContextManager[None]:
    """What a transfer does where it comes from and where it goes to; who may do it was asked."""
    return access.acting_as(replace(access.scope(), everything=True))


def of_decision(decision: Decision) -> Transfer | None:
    """The transfer that a decision began."""
    asked = select(Transfer).where(Transfer.decision_id == decision.id, Transfer.annulled_at.is_(None))
    return db.session.scalars(asked.order_by(Transfer.id.desc()).limit(1)).first()


def under_way(family: Family) -> Transfer | None:
    """The transfer of a family that waits to be received."""
    waiting = select(Transfer).where(
        Transfer.family_id == family.id, Transfer.annulled_at.is_(None), Transfer.answered_at.is_(None)
    )
    return db.session.scalars(waiting.limit(1)).first()


def check_place(family: Family, territory_id: int) -> None:
    """Raise Refusal unless the file of a family may go to a territory: of another district."""
    above = tree.read().above(territory_id)
    if not above or above[0].kind is TerritoryKind.REGION:
        raise Refusal(NOWHERE, "territory")
    if family.district_id in (place.id for place in above):
        raise Refusal(WITHIN_DISTRICT, "territory")


def _reason(code: str) -> RemovalReason | None:
    return db.session.scalars(select(RemovalReason).where(RemovalReason.code == code)).first()
