"""The decisions that a workbook states: of registrations and removals, of programmes and their stages."""

from __future__ import annotations

from datetime import date

from app.domain.terms import DecisionKind
from app.exchange.apply.store import Store
from app.models import Decision


def put(store: Store, family_id: int, kind: DecisionKind, number: str | None, decided_on: date | None) -> int:
    """Put a decision by; gives its key."""
    assert decided_on is not None
    called = f"№ {number or 'б/н'} от {decided_on:%d.%m.%Y}"
    values: dict[str, object] = {"kind": kind, "number": number, "decided_on": decided_on}
    key = store.add_of_family("decision", family_id, f"Постановление {called}", values)
    store.words.know(Decision, key, called)
    return key
