"""The name of a saved filter that was refused: it goes back into its field, and the page says why beside it."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from flask import flash, session

from app.words import short

KEPT = "refused_name"  # in the person's session, until the list is shown again
LONGEST = 1000  # characters that are given back of a name that is far too long


@dataclass
class Naming:
    """What was typed as the name of a filter of a list, and why it was refused."""

    view: str
    name: str
    why: str = ""

    def refuse(self, text: str, field: str | None) -> None:
        if field != "name":
            flash(text, "danger")
            return
        self.why = text
        session[KEPT] = asdict(self) | {"name": short(self.name, LONGEST)}


def refused(view: str) -> Naming | None:
    """The name that was refused just now for this list, told once."""
    told = session.get(KEPT)
    if told is None or told["view"] != view:
        return None
    return Naming(**session.pop(KEPT))
