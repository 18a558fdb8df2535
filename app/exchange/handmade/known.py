"""What the bank knows that helps to read a hand-made book: districts, their names, remembered layouts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256

from app.domain import names
from app.exchange.likeness import NamesInBank


@dataclass
class KnownToBank(NamesInBank):
    """What is known. districts: those of the person; district_of: whose a settlement is; headers: the dictionary of
    headers; layouts: what was answered for a set of headers; layouts_of: of which districts its books were; foreign:
    the districts and settlements of others, by every key they go by.
    """

    districts: dict[str, str] = field(default_factory=dict)
    district_of: dict[str, set[str]] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    layouts: dict[str, dict[str, str]] = field(default_factory=dict)
    layouts_of: dict[str, set[str]] = field(default_factory=dict)
    foreign: dict[str, str] = field(default_factory=dict)

    def foreign_in(self, text: str) -> str | None:
        """The settlement or district that a text names and that is none of the person's."""
        if not self.foreign or self.settlement_in(text) or any(key in names.key(text) for key in self.districts):
            return None
        return NamesInBank(settlements=self.foreign).settlement_in(text)

    def layout(self, headers: str) -> dict[str, str]:
        """What was answered for a set of headers."""
        return self.layouts.get(sha256(headers.encode()).hexdigest(), {})

    def district_of_layout(self, headers: str) -> str | None:
        """The one district whose books have come under a set of headers."""
        found = self.layouts_of.get(sha256(headers.encode()).hexdigest(), set())
        return next(iter(found)) if len(found) == 1 else None


def layout_key(headers: Iterable[str]) -> str:
    """The set of headers of a table as one text."""
    return "|".join(sorted({names.key(header) for header in headers}))
