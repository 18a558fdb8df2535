"""The tables of a hand-made book: where the header is, which rows are of it, and what stands around them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from itertools import pairwise
from typing import Any

from app.domain import given_names, people_in_text, writing
from app.exchange import aside, cells
from app.exchange.handmade import abreast, cards
from app.exchange.reader import Book

MOST_HEADER_ROWS = 3
LONGEST_HEADER = 160  # characters
LONGEST_DITTO, SHORTEST_TOLD = 25, 15  # characters
FEWEST_HEADERS, FEWEST_PEOPLE = 2, 2
_NO_HEADER = (0, 0)
_FAMILY = re.compile(r"\s*(?:\d{1,3}\s*[.)]\s*)?(?:(?:уч[её]тная\s+)?карт(?:а|очка)\s+)?сем(?:ья|ьи)\b", re.IGNORECASE)
_DITTO = re.compile(
    r"[\s\-–—_.]*(?:[\"“”„«»″〃]{1,4}|['’]{2}|[/\\]{2})[\s\-–—_.]*"
    r"|\s*\(?(?:то\s+же(?:\s+самое)?|тоже|(?:тот|та|те)\s+же|аналогично|как\s+выше|см\.?\s+выше)[).]?\s*",
    re.IGNORECASE,
)
_SAME_PLACE = re.compile(r"\s*(?:там же|по тому же адресу|тот же адрес|адрес тот же)\s*", re.IGNORECASE)
LONGEST_LABEL = 60
_SAME_BUT = re.compile(r"\s*(?:(?:то|та|тот|те|тем|той|там)\s+же|тоже)\s*[,;:–—-]\s*(?=\S)", re.IGNORECASE)
_LAST_FIGURES = re.compile(r"(?<![№N\d])(?<![№N] )\b\d{1,2}\s*[-«\"]?\s*[А-Яа-я]?[»\"]?\s*(?:кл\w*\.?)?\s*$")
_DATED = re.compile(r"\d{1,2}\.\d{1,2}\.\d{2,4}|\d{4}-\d{2}-\d{2}")

Line = tuple[int, list[Any]]
Means = Callable[[Sequence[str]], str | None]
Knows = Callable[[Sequence[str]], bool]


@dataclass
class TableColumn:
    """A column of a table. path: its headers, the upper first; meaning: what it holds, once that is known;
    marked: what a mark in it says."""

    index: int
    path: list[str]
    meaning: str = ""
    marked: str = ""

    @property
    def letter(self) -> str:
        return letter(self.index)

    @cached_property
    def header(self) -> str:
        return " / ".join(re.sub(r"\s+", " ", part) for part in self.path) or f"столбец {self.letter}"


@dataclass
class FoundTable:
    """A table of a sheet. first, last: the rows of its header; rows: of the people; set_aside: what is none, and why;
    of_cards: the sheet held cards of families; first, last of one without headers are 0; part: which one;
    until: its last row;
    sections: lines that name what follows them; above: the lines of the title; below: what stands under the table."""

    sheet: str
    first: int
    last: int
    columns: list[TableColumn]
    rows: list[Line] = field(default_factory=list)
    set_aside: list[tuple[int, str, str]] = field(default_factory=list)
    sections: dict[int, str] = field(default_factory=dict)
    above: list[str] = field(default_factory=list)
    blocks: list[list[int]] = field(default_factory=list)
    picture: list[Line] = field(default_factory=list)

    of_cards: bool = False
    part: int = 1
    until: int = 0

    @property
    def place(self) -> str:
        """The sheet, and which of its tables this one is where it has several: «Отчёт», «Отчёт (2)»."""
        return self.sheet if self.part == 1 else f"{self.sheet} ({self.part})"

    @property
    def headers(self) -> tuple[str, ...]:
        """The set of headers by which the layout is recognised."""
        return tuple(column.header for column in self.columns)

    def first_rows(self, most: int) -> list[tuple[int, list[str]]]:
        """The first rows of the sheet as people see them."""
        width = max((len(line) for _, line in self.picture[:most]), default=0)
        return [
            (number, [_text(line[at]) if at < len(line) else "" for at in range(width)])
            for number, line in self.picture[:most]
        ]

    def of(self, meaning: str) -> list[TableColumn]:
        return [column for column in self.columns if column.meaning == meaning]


def find(book: Book, means: Means, borders: Mapping[str, tuple[int, int]]) -> list[FoundTable]:
    """The tables of the sheets that have one. borders: the rows of the header as the person has set them."""
    found = []

    def knows(path: Sequence[str]) -> bool:
        return means(path) is not None

    for title, lines in book.sheets.items():
        if title not in borders and (rows := cards.as_rows(lines, means)):
            found.append(_of_cards(title, lines, rows))
            continue
        blocks = book.merged.get(title, [])
        sides = (side for stretch in _stretches(lines, knows) for side in abreast.sides(stretch, knows))
        for part, stretch in enumerate(sides, start=1):
            place = title if part == 1 else f"{title} ({part})"
            if stretch and (table := _of_sheet(title, stretch, blocks, knows, borders.get(place))):
                table.part = part
                found.append(table)
    return found


def _stretches(lines: list[Line], knows: Knows) -> list[list[Line]]:
    """The lines of a sheet parted where a header of other columns begins another table, with the lines of its title."""
    starts, mine, last = [0], set[str](), None
    for place, (_, line) in enumerate(lines):
        if not _is_other_header(line, mine, knows):
            continue
        mine |= {_key(_text(cell)) for cell in line}
        if last is not None and any(_is_filled(each, knows) for _, each in lines[last + 1 : place]):
            starts.append(_title_above(lines, place, last + 1))
        last = place
    return [lines[start:end] for start, end in pairwise([*starts, len(lines)])]


def _is_filled(line: list[Any], knows: Knows) -> bool:
    """Whether a row is of a table: several cells, most of them no headers."""
    texts = [text for cell in line if cell != "" and (text := _text(cell))]
    return len(texts) > 1 and sum(knows([text]) for text in texts) * 2 < len(texts)


def _is_other_header(line: list[Any], mine: set[str], knows: Knows) -> bool:
    """Whether a row has the headers of a further table: most of it is known as headers, and some of it is new."""
    if sum(cell != "" for cell in line) <= FEWEST_HEADERS or not _may_be_header(line):
        return False
    texts = [text for cell in line if cell != "" and (text := _text(cell))]
    if any(map(_has_figures, texts)):
        return False
    known = sum(knows([text]) for text in texts)
    return known * 3 >= len(texts) * 2 and any(_key(text) not in mine for text in texts)


def _has_figures(text: str) -> bool:
    return any(map(str.isdigit, text))


def _title_above(lines: list[Line], place: int, least: int) -> int:
    """Where the lines that stand alone above a header begin."""
    while place > least and sum(cell != "" for cell in lines[place - 1][1]) == 1:
        text = next(_text(cell) for cell in lines[place - 1][1] if cell != "")
        if aside.said(text) == "итог" or _names(text):
            break
        place -= 1
    return place


def _of_cards(title: str, lines: list[Line], rows: list[Line]) -> FoundTable:
    header, above, below = [], [], []
    for number, line in rows:
        if number == cards.HEADER_ROW:
            header.append((number, line))
        elif header:
            below.append((number, line))
        else:
            above += [text for cell in line if (text := _text(cell))]
    table = FoundTable(title, cards.HEADER_ROW, cards.HEADER_ROW, _columns(header, below, []), above=above,
                       picture=lines[:cards.HEADER_ROWS], of_cards=True)  # fmt: skip
    table.rows = below
    return table


def _of_sheet(title: str, lines: list[Line], blocks: list[list[int]], knows: Knows,
              border: tuple[int, int] | None) -> FoundTable | None:  # fmt: skip
    spans = border or _header(lines, blocks, knows)
    begins = 0
    if spans is None:
        begins = _first_of_people(lines) or 0
        if not begins:
            return None
        spans = _strange_header(lines, begins) or _NO_HEADER
    first, last = spans
    header = [line for line in lines if first <= line[0] <= last]
    titles = [line for line in lines if line[0] < (first or begins) and _is_alone(line[1])]
    below = [line for line in lines if line[0] > last and (first or line not in titles)]
    above = [text for number, line in (lines if first else titles) if number < (first or begins)
             for cell in line if (text := _text(cell))]  # fmt: skip
    table = FoundTable(title, first, last, _columns(header, below, blocks), above=above, blocks=blocks,
                  picture=lines[:cards.HEADER_ROWS])  # fmt: skip
    table.rows = below
    return table


def bare(book: Book) -> list[FoundTable]:
    """The sheets of a book in which no table is found, for the person to say where the header is and what it holds."""
    found = []
    for title, lines in book.sheets.items():
        if len(lines) > 1:
            table = FoundTable(title, *_NO_HEADER, _columns([], lines, []), picture=lines[: cards.HEADER_ROWS])
            table.rows = list(lines)
            found.append(table)
    return found


def _first_of_people(lines: list[Line]) -> int | None:
    """The row where the people begin of a sheet without known headers: some column names them in most rows after."""
    width = max((len(line) for _, line in lines), default=0)
    for place in range(width):
        named = [
            at for at, (_, line) in enumerate(lines)
            if place < len(line) and isinstance(line[place], str) and _tells_of(line[place])
        ]  # fmt: skip
        if len(named) >= FEWEST_PEOPLE and len(named) * 3 >= (named[-1] - named[0] + 1) * 2:
            return lines[named[0]][0]
    return None


def _tells_of(text: str) -> bool:
    """Whether a text is the name of a person, or begins with one and a birth date."""
    if _names(text):
        return True
    found = people_in_text.people(text, date.max).found if len(text) > SHORTEST_TOLD else []
    return any(who.last and who.first and who.born for who in found[:1])


def _strange_header(lines: list[Line], begins: int) -> tuple[int, int] | None:
    """A row of words right above the people, though none of them is known as a header."""
    before = [line for line in lines if line[0] < begins]
    if not before or _is_alone(before[-1][1]) or not _may_be_header(before[-1][1]):
        return None
    words = [text for cell in before[-1][1] if cell != "" and (text := _text(cell))]
    return None if any(_has_figures(text) or _names(text) for text in words) else (before[-1][0], before[-1][0])


def _is_alone(line: list[Any]) -> bool:
    """Whether a row has one cell only, as a title has."""
    return len([cell for cell in line if cell != ""]) == 1


def _names(text: str) -> bool:
    """Whether a text is the name of one person, by a first name or a patronymic that is known."""
    who = people_in_text.of_name(text)
    return who is not None and given_names.sex_of(who.last, who.first, who.middle) is not None


def _header(lines: list[Line], blocks: list[list[int]], knows: Knows) -> tuple[int, int] | None:
    """The rows of the header: those with most cells that are known as headers, and what is joined to them."""
    best, place = 0.0, None
    for index, (_, line) in enumerate(lines[: cards.HEADER_ROWS]):
        texts = [_text(cell) for cell in line if cell != ""]
        if not texts or not _may_be_header(line):
            continue
        known = sum(bool(text) and knows([text]) for text in texts)
        titles = len(texts) == 1 and _is_title(texts[0], lines[index + 1 : index + 2])
        weight = known + len(texts) / 100 - index / 1000
        if known >= FEWEST_HEADERS and weight > best:
            best, place = weight, index
        elif known == 1 and len(texts) <= 3 and place is None and index < 5 and best == 0 and not titles:
            best, place = 0.5, index
    if place is None:
        return None
    first = last = place
    while (
        first > 0 and last - first + 1 < MOST_HEADER_ROWS and _is_upper(lines[first - 1], lines[first], blocks, knows)
    ):
        first -= 1
    while (
        last + 1 < len(lines)
        and last - first + 1 < MOST_HEADER_ROWS
        and _is_lower(lines[last + 1], lines[last], blocks, knows)
    ):
        last += 1
    return lines[first][0], lines[last][0]


def _is_title(text: str, after: list[Line]) -> bool:
    """Whether a row of one cell is a title: it says so, or the rows after it have more cells."""
    return "," in text or aside.said(text) is not None or any(not _is_alone(line) for _, line in after)


def _may_be_header(line: list[Any]) -> bool:
    """Whether cells may be headers: short texts without dates."""
    filled = _without_days([cell for cell in line if cell != ""])
    return all(
        isinstance(cell, str) and len(cell) <= LONGEST_HEADER and not _DATED.search(cell) and not _is_number(cell)
        for cell in filled
    ) and not aside.counts_up(filled)


def _without_days(filled: list[Any]) -> list[Any]:
    """Headers without the days of a month that follow one another: 1, 2, 3 … 31."""
    numbers = [cell for cell in filled if cell.__class__ is float or (cell.__class__ is str and cell.isdecimal())]
    if len(numbers) <= MOST_HEADER_ROWS or len(filled) <= len(numbers) + 1 or not aside.counts_up(numbers):
        return filled
    return [cell for cell in filled if cell not in numbers]


def _is_number(text: str) -> bool:
    """Whether a text is a number and no year: in a file of text a number is text too."""
    return text.isdecimal() and not (len(text) == len("2026") and text.startswith("20"))


def _is_upper(upper: Line, lower: Line, blocks: list[list[int]], knows: Knows) -> bool:
    """Whether the row above is of the header too: it names groups of the columns below."""
    filled = [place for place, cell in enumerate(upper[1]) if cell != ""]
    if upper[0] != lower[0] - 1 or len(filled) < 2 or not _may_be_header(upper[1]):
        return False
    return _joined(upper[0], lower[0], blocks) or any(knows([_text(upper[1][place])]) for place in filled)


def _is_lower(lower: Line, upper: Line, blocks: list[list[int]], knows: Knows) -> bool:
    """Whether the row below is of the header too: it is joined to it, or names what stands under its groups."""
    filled = [place for place, cell in enumerate(lower[1]) if cell != ""]
    if lower[0] != upper[0] + 1 or not filled or not _may_be_header(lower[1]):
        return False
    texts = [_text(lower[1][place]) for place in filled]
    known = sum(knows([text]) for text in texts)
    if _is_within_groups(filled, upper[0], blocks) and not any(
        " " in text and _names(text) and not knows([text]) for text in texts
    ):
        return True
    if _joined(upper[0], lower[0], blocks):
        return known * 2 >= len(filled)
    under_blank = sum(place >= len(upper[1]) or upper[1][place] == "" for place in filled)
    return known * 2 >= len(filled) and under_blank > 0 and len(filled) > 1


def _is_within_groups(filled: list[int], upper: int, blocks: list[list[int]]) -> bool:
    """Whether all that a row says, and more than one thing, stands under headers merged over several columns."""
    wide = [(left, right) for top, left, _, right in blocks if top == upper - 1 and right > left]
    return len(filled) > 1 and all(any(left <= place <= right for left, right in wide) for place in filled)


def _joined(upper: int, lower: int, blocks: list[list[int]]) -> bool:
    """Whether a merged block reaches from one row into the other."""
    return any(top <= upper - 1 and bottom >= lower - 1 for top, _, bottom, _ in blocks)


def _columns(header: list[Line], below: list[Line], blocks: list[list[int]]) -> list[TableColumn]:
    width = max((len(line) for _, line in [*header, *below]), default=0)
    grid = [[_text(line[place]) if place < len(line) else "" for place in range(width)] for _, line in header]
    numbers = [number - 1 for number, _ in header]
    for top, left, _bottom, right in blocks:
        for place, number in enumerate(numbers):
            if top == number and right > left:
                for column in range(left, min(right, width - 1) + 1):
                    grid[place][column] = grid[place][left]
    if not blocks and len(grid) > 1:
        _spread(grid)
    columns = []
    for index in range(width):
        path = list(dict.fromkeys(row[index] for row in grid if row[index]))
        if path or any(index < len(line) and line[index] != "" for _, line in below):
            columns.append(TableColumn(index, path))
    return columns


def _spread(grid: list[list[str]]) -> None:
    """Where merged cells are not told, a blank cell of an upper row over a header belongs to the group on its left:
    as far as the group above both reaches."""
    above = [""] * len(grid[0])
    for row, under in pairwise(grid):
        for column in range(1, len(row)):
            if not row[column] and under[column] and row[column - 1] and above[column] == above[column - 1]:
                row[column] = row[column - 1]
        above = row


def set_apart(table: FoundTable, names_people: Callable[[str], bool]) -> None:
    """Part the rows of people from sections, totals, signatures, numbers of columns."""
    named = {column.index for column in table.columns if column.meaning.endswith((".name", ".last", ".first"))}
    headers = {column.index: _key(column.path[-1] if column.path else "") for column in table.columns}
    rows = []
    table.until = max([table.last, *(number for number, _ in table.rows)])
    for number, line in table.rows:
        filled = [(place, cell) for place, cell in enumerate(line) if place in headers and _seen(cell)]
        if not filled:
            continue
        if said := _what(filled, line, headers, named, names_people):
            first = cells.shown_cell(filled[0][1])
            table.set_aside.append((number, said, first))
            if said == aside.SECTION:
                table.sections[number] = _text(filled[0][1])
            continue
        rows.append((number, line))
    table.rows = rows
    _spread_down(table)
    _repeat(table)


def _spread_down(table: FoundTable) -> None:
    """A merged cell that names the settlement of several families gives its value to the row of each."""
    of_place = {column.index for column in table.columns if column.meaning in ("territory", "place")}
    for top, left, bottom, _ in table.blocks:
        if left not in of_place or top == bottom:
            continue
        value: Any = ""
        for place, (number, line) in enumerate(table.rows):
            if top < number <= bottom + 1 and left < len(line):
                value = value or line[left]
                table.rows[place] = (number, [*line[:left], line[left] or value, *line[left + 1 :]])


def _repeat(table: FoundTable) -> None:
    """Where a cell says «то же», or has the marks of it, it says what the cell above it says."""
    addresses = [column for column in table.columns if column.meaning in ("address", "registered")]
    with_rest = {column.index for column in table.columns if column.meaning.endswith(("study", "placed", "work"))}
    above: dict[int, Any] = {}
    for place, (number, line) in enumerate(table.rows):
        said: dict[int, Any] = {}
        for column in table.columns:
            at = column.index
            cell = line[at] if at < len(line) else ""
            if not cell:
                continue
            if at in with_rest and (rest := _rest_of_ditto(cell)):
                above[at] = said[at] = _with_rest(above.get(at, ""), rest)
            elif _is_ditto(cell, addresses == [column]):
                said[at] = above.get(at, "")
            else:
                above[at] = cell
        if said:
            table.rows[place] = (number, [said.get(at, cell) for at, cell in enumerate(line)])


def _is_ditto(cell: Any, of_address: bool) -> bool:
    if not isinstance(cell, str) or len(cell) > LONGEST_DITTO:
        return False
    return _DITTO.fullmatch(cell) is not None or (of_address and _SAME_PLACE.fullmatch(cell) is not None)


def _rest_of_ditto(cell: Any) -> str:
    """What a cell says beside «то же»: «то же, 5б» is another class of the same school."""
    found = _SAME_BUT.match(cell) if isinstance(cell, str) and len(cell) <= LONGEST_LABEL else None
    return cell[found.end() :].strip() if found else ""


def _with_rest(above: Any, rest: str) -> str:
    """The cell above with its last part replaced: «СОШ № 7, 3 кл.» with «5б» is «СОШ № 7, 5б»."""
    text = _text(above)
    kept = text.rpartition(",")[0] or _LAST_FIGURES.sub("", text)
    return f"{kept.strip(' ,')}, {rest}" if kept.strip(" ,") else rest


def _what(filled: list[tuple[int, Any]], line: list[Any], headers: dict[int, str], named: set[int],
          names_people: Callable[[str], bool]) -> str | None:  # fmt: skip
    """What a row is, if it tells of nobody."""
    if len(filled) > 1 and all(_key(_text(cell)) == headers[place] for place, cell in filled):
        return "повторённые заголовки"
    if aside.counts_up([cell for _, cell in filled]):
        return "номера столбцов"
    if len(filled) == 1 and _FAMILY.match(_text(filled[0][1])):
        return aside.SECTION
    first = filled[0][1]
    said = aside.said(first) if isinstance(first, str) else None
    if said == "итог":
        return said
    if not said and (len(filled) > 1 or not isinstance(first, str)):
        return None
    has_people = any(place in named and isinstance(cell, str) and names_people(cell) for place, cell in filled)
    alone = said == "подпись" and len(filled) == 1 and not _has_figures(str(first))
    if said and (alone or ((len(filled) <= 3 or not has_people) and not (has_people and filled[0][0] in named))):
        return said
    if has_people:
        return None
    if len(filled) == 1 and isinstance(first, str):
        return aside.alone(first)
    return None


def _seen(cell: Any) -> bool:
    if isinstance(cell, str):
        return cell[:1].isalnum() or writing.lines(cell) is not None  # the first letter tells it mostly
    return True


def _key(text: str) -> str:
    return re.sub(r"[\W_]+", " ", text.casefold()).strip()


def _text(cell: Any) -> str:
    return (writing.lines(cell) or "") if isinstance(cell, str) else cells.shown_cell(cell)


def letter(index: int) -> str:
    """The letters of a column, counted from 0: 0 → A, 26 → AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
