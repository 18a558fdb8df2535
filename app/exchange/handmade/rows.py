"""One row of a table: the people whom it names and what it tells of their family."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from app.domain import people_in_text, spelled, writing
from app.domain.spelled import ANYONE, CHILD, PARENT, Ages, Time
from app.exchange import cells
from app.exchange.handmade.found import PARENTS, CellPlace, CellSaid, PersonInBook
from app.exchange.handmade.tables import FoundTable, TableColumn

AGES: dict[str, Ages] = {"children": CHILD, **dict.fromkeys(PARENTS, PARENT)}
AID = ("aid", "aid_on", "aid_for", "aid_sum", "aid_by")
MEASURE = ("measure", "measure_due", "measure_by", "measure_done")
SHARED_OUT = ("work", "study", "grade", "document", "role", "sex", "supervision")
ADDRESS_PARTS = (("place", ""), ("street", "ул. "), ("house", "д. "), ("flat", "кв. "))
_IN_BRACKETS = re.compile(r"\s*\([^\W\d_][^()\d]*\)")
IN_ADDRESS = frozenset(what for what, _ in ADDRESS_PARTS)
_LIVES = re.compile(r"\b(?:прож\w*|адрес)(?![^\W\d_])(?:\s+по\s+адресу)?[\s.:–-]*(.{5,})$", re.IGNORECASE)
PLACED = re.compile(r"\b(?:состо[ия]т\w*\s+)?на\s+уч[её]те\s+с\s+(\d.*)$", re.IGNORECASE)
_DASH = re.compile(r"(?<=[^\W\d_])\s*[-–—]\s*(?=[^\W\d_])")  # of a double surname
_TOLD_OTHERWISE = frozenset(
    ("мать", "мама", "отец", "папа", "ребенок", "дети", "родитель", "родители", "несовершеннолетний",
     "законный представитель", "зак предст")
)  # fmt: skip
_OF_GRADES = re.compile(r"класс|групп", re.IGNORECASE)
_PHONE = re.compile(
    r"(?:(?:моб|сот|дом|конт)\w*\.?\s*)?(?:т|тел|телефон)\s*[.:]?\s*(?=[\d+(])[\d+()\-\s]{6,}|(?<!\d)(?:\+7|8)[\s(-]*\d{3}[\d()\-\s]{7,}"
)


@dataclass
class PeopleRow:
    """A row as it is read. doubts: what does not agree in it, with the answers that a person may give."""

    number: int
    people: list[PersonInBook] = field(default_factory=list)
    said: list[tuple[str, CellSaid]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)
    aid: dict[str, CellSaid] = field(default_factory=dict)
    aids: list[CellSaid] = field(default_factory=list)
    measure: dict[str, CellSaid] = field(default_factory=dict)

    def first(self, what: str) -> str:
        return next((said.text for told, said in self.said if told == what), "")

    def of(self, *whose: str) -> list[PersonInBook]:
        return [person for person in self.people if person.whose in whose]


@dataclass
class Doubt:
    """Names and dates of one cell that are not of one number. pair: gives the people their dates as they are listed."""

    place: CellPlace
    text: str
    pair: Callable[[], None]


def read(table: FoundTable, number: int, line: list[Any], on: date) -> PeopleRow:
    """What a row tells. on: the day for which the book is written."""
    row = PeopleRow(number)
    by_owner: dict[str, dict[str, CellSaid]] = {}
    for column in table.columns:
        said = _said(table, column, number, line)
        if said is None:
            continue
        owner, dot, what = column.meaning.partition(".")
        if dot:
            known = by_owner.setdefault(owner, {}).get(what)
            by_owner[owner][what] = said if known is None else CellSaid(f"{known.text}\n{said.text}", known.place)
        elif column.meaning == "aid" and len(table.of("aid")) > 1:
            row.aids.append(_under_header(column, said))
        elif column.meaning in AID:
            row.aid.setdefault(column.meaning, said)
        elif column.meaning in MEASURE:
            row.measure.setdefault(column.meaning, said)
        elif column.meaning == "text":
            row.notes.append(f"{column.header}: {said.text}")
        elif column.meaning != "skip":
            row.said.append((column.meaning, said))
    _join_address(row)
    for owner, told in by_owner.items():
        row.people += _people(row, owner, told, CellPlace(table.sheet, number), on)
    for person in row.people:
        if person.rest:
            _tell_of_family(row, person)
    return row


def _under_header(column: TableColumn, said: CellSaid) -> CellSaid:
    """One of several kinds or months of aid: without a day of its own it is told under which header it stands."""
    if isinstance(said.value, list) or spelled.numbered_day(said.text):
        return said
    return CellSaid(f"{said.text} ({column.path[-1]})" if column.path else said.text, said.place)


def _tell_of_family(row: PeopleRow, person: PersonInBook) -> None:
    """What stands behind a name and tells of the family, where no column does: its address, since when it is placed."""
    told = {what for what, _ in row.said}
    for what, pattern in (("placed", PLACED), ("address", _LIVES)):
        if person.rest and what not in told and (found := pattern.search(person.rest)):
            row.said.append((what, CellSaid(found[1].strip(" ,.;"), person.place)))
            person.rest = person.rest[: found.start()].strip(" ,.;") or None


def _said(table: FoundTable, column: TableColumn, number: int, line: list[Any]) -> CellSaid | None:
    cell = line[column.index] if column.index < len(line) else ""
    value = writing.lines(cell) if isinstance(cell, str) else cell
    if value in (None, "") or (isinstance(value, str) and writing.is_nothing(value)):
        return None
    if column.marked:
        value = column.marked
    elif column.meaning.endswith(".name") and isinstance(value, str) and column.path:
        value = _with_role(value, column.path[-1])
    elif column.meaning.endswith(".study") and not _OF_GRADES.search(column.header):
        value = _numbered_school(value)
    return CellSaid(value, CellPlace(table.sheet, number, column.index))


def _with_role(text: str, header: str) -> str:
    """People under a header that says who they are: «Бабушка», «Отчим»; parents and children are told otherwise."""
    role = people_in_text.role_of(header)
    if role is None or role in _TOLD_OTHERWISE or any(map(people_in_text.role_begins, _lines(text))):
        return text
    return "\n".join(f"{role} {line}" for line in _lines(text))


def _numbered_school(value: Any) -> Any:
    """A school that is called by its number alone: 7 is «школа № 7»."""
    return f"школа № {number}" if (number := cells.shown_cell(value).strip(" №")).isdecimal() else value


def _join_address(row: PeopleRow) -> None:
    """Put an address of several columns together, and take the telephone out of it."""
    parts = {what: said for what, said in row.said if what in IN_ADDRESS}
    whole = next((place for place, (what, _) in enumerate(row.said) if what == "address"), None)
    if whole is not None and [*parts] == ["place"]:
        said = row.said[whole][1]
        row.said[whole] = ("address", CellSaid(f"{parts['place'].text}, {said.text}", said.place))
        row.said = [each for each in row.said if each[0] != "place"]
    elif parts:
        text = ", ".join(_marked(mark, parts[what].text) for what, mark in ADDRESS_PARTS if what in parts)
        row.said = [each for each in row.said if each[0] not in parts]
        row.said.append(("address", CellSaid(text, next(iter(parts.values())).place)))
    for place, (what, said) in enumerate(row.said):
        if what in ("address", "registered") and (found := _PHONE.search(said.text)):
            rest = (said.text[: found.start()] + " " + said.text[found.end() :]).strip(" \n,;.")
            row.said[place] = (what, CellSaid(re.sub(r"\s*\n\s*", ", ", rest), said.place))
            phone = re.sub(r"^\D*?(?=[\d+(])", "", found[0]).strip(" ,;.\n")
            row.said.append(("phone", CellSaid(phone, said.place)))


def _marked(mark: str, text: str) -> str:
    return text if not mark or re.match(r"[^\W\d_]+\.?\s", text) else mark + text


# People


def _people(row: PeopleRow, owner: str, told: dict[str, CellSaid], place: CellPlace, on: date) -> list[PersonInBook]:
    ages = AGES.get(owner, ANYONE)
    people = list(_named(row, owner, told, place, on, ages))
    if not people:
        for what, value in told.items():
            if what not in ("born", "age", "sex"):
                row.notes.append(value.text)
        return []
    _give_births(row, people, told, on, ages)
    for what in SHARED_OUT:
        if said := told.get(what):
            _share_out(row, people, what, said)
    return people


def _named(
    row: PeopleRow, owner: str, told: dict[str, CellSaid], place: CellPlace, on: date, ages: Ages
) -> Iterator[PersonInBook]:
    if "last" in told or ("first" in told and "name" not in told):
        yield from _of_parts(owner, told, place)
        return
    if (said := told.get("name")) is None:
        return
    text = said.text
    found = people_in_text.people(text, on, ages, first_alone=owner in ("children", "members"))
    cut = len(found.found) == 1 and not (found.found[0].last and found.found[0].first)
    if (cut or not found.found) and (who := people_in_text.of_name(text)) and (who.last or not cut):
        found.found[:] = [who]
        found.left.clear()
    for who in found.found:
        yield PersonInBook(owner, said.place, who.last, who.first, who.middle, who.role, who.born, rest=who.rest)
    if found.found:
        row.notes += found.left


def _of_parts(owner: str, told: dict[str, CellSaid], place: CellPlace) -> Iterator[PersonInBook]:
    """People whose surname, name and patronymic stand in columns of their own, perhaps several in lines."""
    parts = [_lines(told[what].text) if what in told else [] for what in ("last", "first", "middle")]
    if not parts[1] and len(parts[0]) == 1 and (who := people_in_text.of_name(parts[0][0])):
        yield PersonInBook(
            owner, told["last"].place, who.last or who.first, who.first if who.last else None, who.middle
        )
        return
    count = max(len(part) for part in parts)
    maiden = _IN_BRACKETS.search(told["last"].text) if "last" in told and count == 1 else None
    if maiden:
        parts[0] = [_IN_BRACKETS.sub("", parts[0][0]).strip()]
    at = next(told[what].place for what in ("last", "first") if what in told)
    for number in range(count):
        last, first, middle = (
            _word(part[number] if number < len(part) else part[0] if len(part) == 1 else "") for part in parts
        )
        yield PersonInBook(owner, at, last, first, middle, rest=maiden[0].strip() if maiden else None)


def _word(text: str) -> str | None:
    cleaned = writing.line(_DASH.sub("-", text.strip(" ,;.*¹²³")))
    return None if not cleaned or writing.is_nothing(cleaned) else cleaned.title() if cleaned.isupper() else cleaned


def _lines(text: str) -> list[str]:
    return [cleaned for line in re.split(r"[\n;]", text) if (cleaned := line.strip(" ,"))]


def _give_births(row: PeopleRow, people: list[PersonInBook], told: dict[str, CellSaid], on: date, ages: Ages) -> None:
    """Pair the dates of another column with the people, if they are of one number; else it is a doubt."""
    for what in ("born", "age"):
        said = told.get(what)
        waiting = [person for person in people if person.born is None]
        if said is None or not waiting:
            continue
        times = _times(said, what, on, ages)
        by_line = _lines(said.text) if isinstance(said.value, str) else []
        if len(times) == len(waiting):
            for person, time in zip(waiting, times, strict=True):
                person.born = time
        elif len(by_line) == len(waiting) and len(times) < len(waiting):
            for person, line in zip(waiting, by_line, strict=True):
                person.born = next(iter(spelled.births(line, on, ages)), None)
        elif times:
            _doubt(row, waiting, times, said)
        elif said.text:
            row.notes.append(f"дата рождения: {said.text}")
        for person in people:
            if person.born is not None:
                person.said.setdefault("born", said)


def _doubt(row: PeopleRow, waiting: list[PersonInBook], times: list[Time], said: CellSaid) -> None:
    listed = ", ".join(person.full for person in waiting)
    text = f"Имён {len(waiting)} ({listed}), а дат рождения {len(times)}: {'; '.join(time.told for time in times)}."

    def pair() -> None:
        for person, time in zip(waiting, times, strict=False):
            person.born = time

    row.doubts.append(Doubt(said.place, text, pair))


def _times(said: CellSaid, what: str, on: date, ages: Ages) -> list[Time]:
    value = said.value
    if isinstance(value, list):
        return [Time(day=day)] if (day := _day(value)) else []
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if what == "age" or 0 <= value <= spelled.OLDEST:
            return [Time(age=int(value))]
        if 1900 <= value <= on.year:
            return [Time(year=int(value))]
        return [Time(day=day)] if (day := spelled.of_serial(value)) else []
    found = spelled.births(str(value), on, ages)
    if not found and re.fullmatch(r"\d{1,2}", str(value).strip()):
        return [Time(age=int(str(value).strip()))]
    return found


def _day(value: Any) -> date | None:
    try:
        return cells.day(value)
    except cells.CellError:
        return None


def _share_out(row: PeopleRow, people: list[PersonInBook], what: str, said: CellSaid) -> None:
    """Give the lines of a cell to the people, one each; a cell for all that nobody can share out is kept as a note."""
    lines = _lines(said.text)
    if what == "role":
        lines = [people_in_text.role_in_full(line) for line in lines]
        said = CellSaid(people_in_text.role_in_full(said.text), said.place)
    if len(people) == 1:
        people[0].said[what] = said
    elif len(lines) == len(people):
        for person, line in zip(people, lines, strict=True):
            person.said[what] = CellSaid(line, said.place)
    else:
        row.notes.append(re.sub(r"\s*\n\s*", "; ", said.text))
