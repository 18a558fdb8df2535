"""How a rule says no."""

from __future__ import annotations


class Refusal(Exception):
    """An act the rules forbid.

    `text` is a Russian sentence for the person at the screen; `field` names the form field it belongs to, if any.
    """

    def __init__(self, text: str, field: str | None = None) -> None:
        super().__init__(text)
        self.text = text
        self.field = field
