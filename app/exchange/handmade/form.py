"""The families of a hand-made book put into the rows of the exchange form, which takes the road of every workbook."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import repeat
from typing import Any

from app.domain import names
from app.exchange.handmade.found import CellPlace, FoundFamily
from app.exchange.reader import Book
from app.exchange.workbook import (
    AIDS,
    AS_OF,
    DISTRICT,
    FACTS,
    FAMILIES,
    FORM_VERSION,
    MEMBERS,
    SHEETS,
    STAYS,
    SUPERVISIONS,
    VERSION,
    Sheet,
)

Values = dict[str, Any]


@dataclass
class FormRow:
    """A row of the form. places: the cells of the sender's book that its fields come from."""

    values: Values
    place: CellPlace
    places: dict[str, CellPlace] = field(default_factory=dict)

    def put(self, name: str, value: Any, place: CellPlace | None = None) -> None:
        """Set a field, unless there is nothing to set."""
        if value not in (None, "", ()):
            self.values[name] = value
            if place is not None:
                self.places[name] = place


@dataclass
class AidInForm:
    """A row of aid. people: the rows of those who got it, whose names may still be corrected by the bank."""

    row: FormRow
    people: list[FormRow]

    def written(self) -> FormRow:
        self.row.put("recipients", tuple(map(_named, self.people)))
        return self.row


@dataclass
class FamilyRows:
    """A family in the rows of the form."""

    found: FoundFamily
    family: FormRow
    members: list[FormRow] = field(default_factory=list)
    stay: FormRow | None = None
    children: int = 0
    supervisions: list[FormRow] = field(default_factory=list)
    aids: list[AidInForm] = field(default_factory=list)

    def rows(self) -> Iterator[tuple[Sheet, FormRow]]:
        yield FAMILIES, self.family
        yield from ((MEMBERS, row) for row in self.members)
        if self.stay is not None:
            yield STAYS, self.stay
        yield from ((SUPERVISIONS, row) for row in self.supervisions)
        yield from ((AIDS, aid.written()) for aid in self.aids)


@dataclass
class InForm:
    """A book in the exchange form. sources: by sheet and line of the form, the row of it."""

    book: Book
    sources: dict[tuple[str, int], FormRow]


def write(source: Book, families: list[FamilyRows], district: str, as_of: date) -> InForm:
    """The exchange form of the families; of each sheet only the columns of which the book tells anything."""
    lines: dict[str, list[FormRow]] = {sheet.title: [] for sheet in SHEETS}
    for family in families:
        for sheet, row in family.rows():
            row.values["number"] = family.family.values["number"]
            lines[sheet.title].append(row)
    sheets: dict[str, Any] = {
        FACTS: [(1, [DISTRICT, district]), (2, [AS_OF, [as_of.isoformat()]]), (3, [VERSION, float(FORM_VERSION)])]
    }
    sources = {}
    for sheet in SHEETS:
        rows = lines[sheet.title]
        if sheet.later and not rows:
            continue
        fields = set().union(*(row.values for row in rows))
        told = [column for column in sheet if column.required or column.field in fields]
        names_told = [column.field for column in told]
        written = [(1, [column.header for column in told])]
        for number, row in enumerate(rows, start=2):
            values = map(row.values.get, names_told, repeat(""))
            written.append((number, [each if each.__class__ is str else _cell(each) for each in values]))
            sources[sheet.title, number] = row
        sheets[sheet.title] = written
    return InForm(Book(source.name, source.digest, sheets, {}, {}, source.kind), sources)


def _named(member: FormRow) -> str:
    """A member as the form names one: «Тетерин Семён Ильич (12.05.2013)»."""
    values = member.values
    full = names.full(*(values.get(name) for name in ("last_name", "first_name", "middle_name")))
    born = values.get("born_on")
    return f"{full} ({born:%d.%m.%Y})" if isinstance(born, date) else full


def _cell(value: Any) -> Any:
    """A value as the reader of workbooks gives it."""
    if isinstance(value, date):
        return [value.isoformat()]
    if isinstance(value, tuple):
        return "; ".join(value)
    return value
