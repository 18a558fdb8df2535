"""What a meeting may be asked to consider, and how a matter is called."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from app.domain import cases
from app.domain.terms import AgendaGround


@dataclass(frozen=True)
class Proposal:
    """A matter for a meeting: what it is called, why it stands there, and what it is about."""

    ground: AgendaGround
    title: str
    why: str
    family_id: int | None = None
    card_id: int | None = None
    group_id: int | None = None
    after_id: int | None = None

    @property
    def key(self) -> str:
        """The same matter, proposed again, has the same key."""
        parts = (self.ground.value, self.family_id, self.card_id, self.group_id, self.after_id)
        return "-".join("" if part is None else str(part) for part in parts)


def of_family(name: str, own: str | None = None) -> str:
    """What a matter about a family is called; name: the surnames as the bank has them, own: as papers say them."""
    return f"О рассмотрении материалов семьи {cases.of_family(name, own)}"


@dataclass
class Glance:
    """What a member has to know of a matter without leaving the page; what is not known is empty."""

    family_id: int | None = None
    number: str = ""
    name: str = ""
    place: str = ""
    address: str = ""
    registered_on: date | None = None
    removed_on: date | None = None
    criteria: list[str] = field(default_factory=list)
    children: list[str] = field(default_factory=list)
    adults: list[str] = field(default_factory=list)
    card: str = ""
    card_id: int | None = None
    threat: str = ""
    description: str = ""
    act_id: int | None = None
    surveyed_on: date | None = None
    conclusion: str = ""
    proposals: str = ""

    @property
    def on_record(self) -> bool:
        return self.registered_on is not None and self.removed_on is None
