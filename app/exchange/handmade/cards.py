"""A sheet that is no table but cards of families, one under another: on the left what is told, on the right the facts.

«Мать | Уварова Инна Денисовна | 15.07.1986», «Адрес | с. Старый Мост»: such cards become the rows of a table.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.domain import people_in_text, writing
from app.exchange import aside, cells

FEWEST_LABELS, LONGEST_LABEL = 3, 60
PEOPLE, NOTE = "Члены семьи", "Примечание"
HEADER_ROWS = 60  # rows in which a header speaks for a table
HEADER_ROW = 0  # a sheet of cards has no row of headers of its own
_FAMILY = re.compile(r"(?:\d{1,3}\s*[.)]\s*)?(?:семья|карта|карточка|учетная карта|учётная карта)\b", re.IGNORECASE)
_NAMING = re.compile(r"(?:\b(?:фамилия|имя|отчество)\b|\bф\.?\s?и\.?\s?о\b\.?)[\s,]*", re.IGNORECASE)
_TIME = re.compile(r"\d{1,2}\.\d{1,2}\.\d{2,4}|(?:19|20)\d\d")  # in a label: it is a person, and no label
_NUMBERING = re.compile(r"^\s*\d{1,2}[.)]\s*")

Line = tuple[int, list[Any]]
Means = Callable[[Sequence[str]], str | None]


@dataclass
class _Card:
    """One family: the row where it begins, the line above it, its people by lines, its facts by their labels."""

    row: int
    title: tuple[int, str] | None = None
    people: list[str] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)
    whose: str = ""  # the last label that named somebody
    last: str = ""  # the label of the last fact

    def go_on(self, line: list[Any]) -> None:
        """A line under the last label goes on with it; one with a label that tells nothing is kept under that label."""
        label, *rest = [_text(cell) for cell in line] or [""]
        text = ", ".join(filter(None, rest))
        if label and text:
            self.facts[label] = "\n".join(filter(None, (self.facts.get(label), text)))
        elif text and self.last in self.facts:
            self.facts[self.last] += f"\n{text}"
        elif text and self.people:
            self.people[-1] += f", {text}"
        elif label and aside.said(label) is None:
            self.facts[NOTE] = "\n".join(filter(None, (self.facts.get(NOTE), label)))

    @property
    def is_empty(self) -> bool:
        return not self.people and not self.facts

    def has(self, label: str, role: str | None) -> bool:
        """Whether a card tells of this already, so that it begins another one: of children it may tell again."""
        people = self.people if role in people_in_text.HEADS else ()
        return label in self.facts or any(line.startswith(f"{label}:") for line in people)


@dataclass(frozen=True)
class _CardLine:
    """A row of a card: its label, and what stands beside it."""

    label: str
    text: str


def as_rows(lines: list[Line], means: Means) -> list[Line] | None:
    """The rows of a table that says what the cards of a sheet say, headers first; None: it is no sheet of cards."""
    if any(_is_header(line, means) for _, line in lines[:HEADER_ROWS]):
        return None
    lines, begins = _numbered(lines, means)
    told = {number: each for number, line in lines if (each := _told(line, means)) is not None}
    if len(told) < FEWEST_LABELS:
        return None
    start = min(told)
    if len(told) * 3 < sum(number >= start for number, _ in lines) * 2:
        return None
    found: list[_Card] = []
    for number, line in lines:
        if number in begins:
            found.append(_Card(number))
        if _FAMILY.match(_text(line[0]) if line else "") and number not in told:
            found.append(_Card(number + 1, (number, _text(line[0]))))
        elif number in told:
            _add(found, number, told[number], means)
        elif found:
            found[-1].go_on(line)
    found = [card for card in found if not card.is_empty]
    labels = list(dict.fromkeys(label for card in found for label in card.facts))
    first = min(card.title[0] if card.title else card.row for card in found)
    rows: list[Line] = [line for line in lines if line[0] < first]
    rows.append((HEADER_ROW, [PEOPLE, *labels]))
    for card in found:
        if card.title:
            rows.append((card.title[0], [card.title[1]]))
        rows.append((card.row, ["\n".join(card.people), *(card.facts.get(label, "") for label in labels)]))
    return rows


def _numbered(lines: list[Line], means: Means) -> tuple[list[Line], set[int]]:
    """«1 | Мать | …», «1 | Адрес | …»: such rows without the number of the family, and where another number begins."""
    mine = [
        (number, line) for number, line in lines
        if len(line) > 2 and cells.shown_cell(line[0]).isdecimal() and _told(line[1:], means) is not None
    ]  # fmt: skip
    families = {cells.shown_cell(line[0]) for _, line in mine}
    if len(mine) * 3 < len(lines) * 2 or len(mine) < FEWEST_LABELS * len(families):
        return lines, set()
    begins = {number for place, (number, line) in enumerate(mine) if not place or line[0] != mine[place - 1][1][0]}
    known = {number for number, _ in mine}
    titles = [(number, line) for number, line in lines if number < min(known) and sum(cell != "" for cell in line) == 1]
    below = [(number, line) for number, line in lines if number >= min(known)]
    return [*titles, *((number, line[1:] if number in known else line) for number, line in below)], begins


def _add(found: list[_Card], number: int, told: _CardLine, means: Means) -> None:
    """Put a row into the card it is of: a fact that the card has already begins another one."""
    card = found[-1] if found else None
    label = told.label
    role = people_in_text.role_of(label)
    meaning = "" if role else means([label]) or ""
    if meaning.startswith("?.") and card is not None:
        label = f"{card.whose} {label}".strip()
    if card is None or card.has(label, role):
        card = _Card(number)
        found.append(card)
    if role:
        card.people.append(f"{label}: {told.text}")
        card.last = ""
    else:
        card.facts[label] = told.text
        card.last = label
    if role or meaning.endswith((".name", ".last")):
        card.whose = _NAMING.sub("", told.label)


def _told(line: list[Any], means: Means) -> _CardLine | None:
    """The label of a row and what stands beside it, if the row is of a card."""
    filled = [_text(cell) for cell in line if cell != ""]
    filled = [text for text in filled if text]
    if not filled:
        return None
    label, rest = _NUMBERING.sub("", filled[0]), filled[1:]
    if not rest and ":" in label:
        label, _, text = label.partition(":")
        rest = [text.strip()]
    label = label.strip(" :–-")
    if not rest and (person := people_in_text.after_role(label)):
        return _CardLine(*person)
    if not rest or not rest[0] or not label or len(label) > LONGEST_LABEL or _TIME.search(label):
        return None
    if people_in_text.role_of(label) or means([label]) is not None:
        return _CardLine(label, ", ".join(rest))
    return None


def _is_header(line: list[Any], means: Means) -> bool:
    """Whether a row is one of headers: more cells than a label and a fact, and each says what a column holds."""
    filled = [text for cell in line if cell != "" and (text := _text(cell))]
    return len(filled) > 2 and all(len(text) <= LONGEST_LABEL and means([text]) is not None for text in filled)


def _text(cell: Any) -> str:
    return (writing.lines(cell) or "") if isinstance(cell, str) else cells.shown_cell(cell)
