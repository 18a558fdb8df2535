"""Forms that ask for somebody row by row: a child of a card, a person of an act."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from app.forms import EntityForm, limits_of, plain_fields


class RowsForm(EntityForm):
    """A form with a list of rows about people; a refusal of one of them stands beside its row.

    ROWS: the field that lists them; MOST: how many there may be; SOMEBODY: what one without a name is called. A row
    says its name by `said`.
    """

    ROWS: ClassVar[str]
    MOST: ClassVar[int]
    SOMEBODY: ClassVar[Any]

    @property
    def rows(self) -> Any:
        """The rows as they stand in the form."""
        return self._fields[self.ROWS]

    def add_row(self) -> None:
        """An empty row for one more."""
        if not self.is_full:
            self.rows.append_entry()

    @property
    def is_full(self) -> bool:
        return len(self.rows) >= self.MOST

    def refuse(self, text: str, field: str | None) -> None:
        """A refusal of one of the rows stands beside it."""
        if re.fullmatch(rf"{self.ROWS}-\d+-\w+", field or ""):
            for plain in plain_fields(self.rows):
                if plain.name == field:
                    plain.errors = [*plain.errors, text]
                    return
        super().refuse(text, None if field == self.ROWS else field)

    @property
    def limits(self) -> dict[int, list[str]]:
        """The labels of a row's texts by how many characters they may have: said once for all rows."""
        return limits_of(self.rows[0]) if len(self.rows) else {}

    @property
    def wrong(self) -> list[tuple[str, Any, str]]:
        """Every field that was refused and why, with whom it is about."""
        found = [("", field) for field in self if field is not self.rows]
        for number, entry in enumerate(self.rows, start=1):
            who = entry.form.said or f"{self.SOMEBODY} {number}"
            found += [(who, field) for field in plain_fields(entry)]
        return [
            (who, field, " ".join(map(str, field.errors)).removeprefix(f"{who}: "))
            for who, field in found
            if field.errors
        ]

    def tells(self, *names: str) -> bool:
        """Whether anything stands in what is folded at first, or is wrong there."""
        fields = [plain for name in names for plain in plain_fields(self[name])]
        return any(field.errors or field.data not in (None, "", []) for field in fields)
