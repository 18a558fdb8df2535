"""Which column holds what: by its header, its neighbours, its values; what a person has chosen stands above all."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from app.domain import book_words, contacts, given_names, names, people_in_text, spelled, writing
from app.exchange import cells
from app.exchange.handmade import meanings
from app.exchange.handmade.asking import Asking, BookQuestion, Choice
from app.exchange.handmade.tables import FoundTable, TableColumn
from app.exchange.handmade.vocabulary import Vocabulary

BESIDE_NAMES = ("born", "age", "role", "study", "grade", "work", "sex", "document")
SAMPLES, LONGEST_SAMPLE, LONGEST_ADDRESS = 3, 60, 150
MAJORITY = 18
FEWEST_OF_TIME_SHEET = 20  # days
FEWEST_DAYS = 2  # that tell of a column
LOOKED_AT = 200  # rows by whose values a column is judged
MOST_COUNTED = 25  # people of one family
OF_CHILDREN = ("?.supervision", "?.grade")  # of a pupil, whoever stands nearer
_OF_ROW = ("id", "ид", "код", "шифр")
_MARKS = frozenset(("+", "v", "х", "x", "✓", "✔", "√", "*", "да", "есть"))
_DECIDED = re.compile(r"№\s*\d|\b(пост|прот|реш|кдн)", re.IGNORECASE)
BY_WORDS = {"category": "categories", "criterion": "criteria", "agency_kind": "sender"}
_CHILDREN = re.compile(r"\bдет(и|ей|ьми|ях)\b|ребен|несовершеннолет|учащ|обучающ|воспитанн|ученик|школьник|подрост")
_NUMBER_OF_ACT = re.compile(r"\s*(?:№\s*)?\d+\s*[/-]\s*\d+\s*")
_TERRITORY = re.compile(r"поселени|сельсовет|\b[сг]\W?п\b|округ", re.IGNORECASE)
OF_PLACE = ("address", "registered", "territory", "place")
_WORD = re.compile(r"[^\W\d_]{3}")
_FAMILIES = re.compile(r"\bсем(ьи|ей|ья|ьях)\b|родител")


@dataclass
class ColumnChoice:
    """A column as the page shows it: its header, some values, what it holds, and what else it may hold."""

    key: str
    letter: str
    header: str
    samples: list[str]
    meaning: str
    sure: bool
    guesses: list[str] = field(default_factory=list)

    @property
    def title(self) -> str:
        return meanings.title_of(self.meaning)


def choose(table: FoundTable, number: int, headers: Mapping[str, str], asking: Asking, on: date,
           vocabulary: Vocabulary) -> list[ColumnChoice]:  # fmt: skip
    """Give every column of a table its meaning. number: of the layout among those of the book."""
    allowed = book_words.meanings()
    found: list[ColumnChoice] = []
    told = [meanings.of_header(column.path, headers) for column in table.columns]
    for column, by_header in zip(table.columns, told, strict=True):
        by_values = by_header or _of_values(table, column, on, trusted=any(told) and bool(column.path))
        column.meaning = by_values or _of_roles(table, column) or ""
        _hold_to_values(table, column, on)
    if not any(told):
        _find_by_place(table, on)
    _leave_days(table)
    _find_marks(table, vocabulary)
    _find_families(table)
    _find_aid(table)
    _find_measures(table)
    _find_placing(table, on)
    _find_surname(table)
    _find_births(table, number, asking, on)
    _find_owners(table)
    _say_who(table, number, asking, on)
    for column in table.columns:
        key = f"column:{number}:{column.index}"
        sure = bool(column.meaning)
        guessed = meanings.guesses(column.path, headers)
        own = column.meaning or _of_words(table, column, vocabulary) or meanings.TEXT
        said = asking.answers.get(key)
        column.meaning = said if said in allowed else own
        guessed = [each if not each.startswith("?.") else each.replace("?", "person", 1) for each in guessed]
        found.append(
            ColumnChoice(key, column.letter, column.header, _samples(table, column), column.meaning, sure, guessed)
        )
    return found


def _hold_to_values(table: FoundTable, column: TableColumn, on: date) -> None:
    """The values stand above the header: a column of dates that names people is theirs («Дети, дата рождения»), one of
    names that names nobody is not."""
    owner, _, what = column.meaning.partition(".")
    values = _values(table, column)
    if what == "name" and values and (held := _held_instead(values, owner, on)):
        column.meaning = held
    if column.meaning in OF_PLACE and values and all(_is_day(value, on) for value in values):
        column.meaning = ""  # «Дата регистрации»
    if column.meaning == "place" and values and all(_TERRITORY.search(str(value)) for value in values):
        column.meaning = "territory"
    if what not in BESIDE_NAMES and column.meaning not in ("family", ""):
        return
    texts = [value for value in values if isinstance(value, str) and value.strip()]
    named = sum(any(map(_is_called, people_in_text.people(text, on, first_alone=owner == "children").found))
                for text in texts if len(text) > 8)  # fmt: skip
    if texts and named * 2 >= len(values):
        column.meaning = f"{owner if what else 'members'}.name"


def _is_called(who: people_in_text.Spelled) -> bool:
    return bool(who.first and (who.last or given_names.is_given(who.first)))


def _values(table: FoundTable, column: TableColumn) -> list[object]:
    """What the first rows hold in a column."""
    return [
        cell for _, line in table.rows[:LOOKED_AT] if column.index < len(line) and (cell := line[column.index]) != ""
    ]


def _held_instead(values: list[object], owner: str, on: date) -> str | None:
    """What a column holds whose header speaks of people and whose every value is a day or a number."""
    if all(_is_day(value, on) for value in values):
        return f"{owner}.born"
    if all(isinstance(value, str) and people_in_text.role_of(value) for value in values):
        return f"{owner}.role"
    numbers = [int(text) for text in map(cells.shown_cell, values) if text.isdecimal()]
    if len(numbers) == len(values) and max(numbers) <= MOST_COUNTED:
        return "children_count" if owner == "children" else "size"
    return None


def _is_day(value: object, on: date) -> bool:
    """Whether a value is a day, or several, and nothing else."""
    if isinstance(value, str):
        return bool(spelled.days(value, on)) and not _WORD.search(spelled.without_times(value))
    return isinstance(value, list)


def _find_measures(table: FoundTable) -> None:
    """A term, a performer and a note of execution tell nothing where no measure is planned."""
    if not table.of("measure"):
        for column in table.columns:
            if column.meaning.startswith("measure_"):
                column.meaning = ""


def _leave_days(table: FoundTable) -> None:
    """The days of a month as headers, as of a time sheet, tell nothing that a bank keeps."""
    numbered = [column for column in table.columns if column.path and column.path[-1].isdecimal()]
    if len(numbered) > FEWEST_OF_TIME_SHEET:
        for column in numbered:
            column.meaning = meanings.SKIP


def _find_marks(table: FoundTable, vocabulary: Vocabulary) -> None:
    """A column of marks says of a row what its header says: «мать», «2.1.1», «многодетная»."""
    for column in table.columns:
        values = [value for value in _values(table, column) if not _is_error(value)]
        if not values or not column.path or not all(map(_is_mark, values)):
            continue
        said = column.path[-1]
        kinds = [kind for kind in ("criterion", "category") if vocabulary.find(kind, said)]
        if all(map(people_in_text.role_of, said.split("/"))):
            column.meaning, column.marked = "?.role", said
        elif column.meaning in BY_WORDS.values() or (kinds and not column.meaning):
            column.meaning, column.marked = column.meaning or BY_WORDS[kinds[0]], said


def _is_mark(value: object) -> bool:
    return isinstance(value, str) and value.strip().casefold() in _MARKS


def _is_error(value: object) -> bool:
    return isinstance(value, str) and writing.is_error(value)


def _find_families(table: FoundTable) -> None:
    """Of two numbers one is of the family, and an «id» of which every row has another is of the row."""
    numbers = table.of("family")
    rows = [column for column in numbers if names.key(column.path[-1]) in _OF_ROW]
    rest = [column for column in numbers if column not in rows]
    for column in rows:
        values = [cells.shown_cell(value) for value in _values(table, column)]
        of_people = any(each.meaning.endswith((".role", ".born")) for each in table.columns)
        if rest or (of_people and len(values) > 1 and len(set(values)) == len(values)):
            column.meaning = "skip"


def _find_placing(table: FoundTable, on: date) -> None:
    """«С какого времени на учёте»: a column of days tells when a family was placed, where no other column does."""
    for act in ("placed", "removed"):
        for column in table.of(f"{act}_number") if not table.of(act) else ():
            if any(_is_day(value, on) or spelled.numbered_day(str(value)) for value in _values(table, column)):
                column.meaning = act
    if not table.of("placed"):
        for column in table.columns:
            texts = [value for value in _values(table, column) if isinstance(value, str)]
            if not column.meaning and texts and all(map(_is_decision, texts)):
                column.meaning = "placed"
                break
    if any(_is_day(value, on) for column in table.of("placed") for value in _values(table, column)):
        return
    for column in table.columns:
        values = _values(table, column)
        if (
            column.meaning.endswith("supervision")
            and values
            and all(_is_day(value, on) or _is_decision(str(value)) for value in values)
        ):
            column.meaning = "placed"


def _find_surname(table: FoundTable) -> None:
    """A surname without a first name beside it names the family, not a person."""
    named = [column for column in table.columns if column.meaning.endswith((".name", ".first", ".last"))]
    if len(named) == 1 and named[0].meaning.endswith(".last"):
        texts = [value for value in _values(table, named[0]) if isinstance(value, str)]
        if texts and all(len(text.split()) == 1 for text in texts):
            named[0].meaning = "surname"


def _find_aid(table: FoundTable) -> None:
    """A plain day is the day of the aid beside it; what would tell of an aid tells nothing where none is given."""
    has_aid = any(column.meaning == "aid" for column in table.columns)
    told = {column.meaning.rpartition(".")[2] for column in table.columns}
    for column in table.columns:
        if column.meaning == "aid_for" and not told & {"name", "last", "family", "card"}:
            column.meaning = "person.name"
        if not has_aid and column.meaning.startswith("aid_"):
            column.meaning = ""
        elif has_aid and not column.meaning and names.key(column.header) in ("дата", "когда", "число", "месяц"):
            column.meaning = "aid_on"


def _find_births(table: FoundTable, number: int, asking: Asking, on: date) -> None:
    """Days under a header that tells nothing, beside people of whom no birth date is told, may be theirs: it is asked,
    unless some are too long ago for a record."""
    named = [column for column in table.columns if column.meaning.endswith((".name", ".last"))]
    has_births = any(column.meaning.endswith((".born", ".age")) for column in table.columns)
    if not named or has_births or _have_births(table, named, on):
        return
    for column in table.columns:
        values = _values(table, column)
        days = [day for value in values if (day := _the_day(value, on)) is not None]
        if column.meaning or len(days) < FEWEST_DAYS or len(days) < len(values) or column.index < named[0].index:
            continue
        key = f"births:{number}:{column.index}"
        choices = [Choice("yes", "Да"), Choice("no", "Нет: это другой день")]
        text = f"В столбце «{column.header}» – даты рождения?"
        if (
            min(days).year < on.year - MAJORITY
            or asking.ask(BookQuestion(key, text, choices, hint=", ".join(_samples(table, column)))) == "yes"
        ):
            column.meaning = "?.born"
            return


def _have_births(table: FoundTable, named: list[TableColumn], on: date) -> bool:
    texts = (value for column in named for value in _values(table, column) if isinstance(value, str))
    return any(spelled.births(text, on) for text in texts)


def _is_decision(text: str) -> bool:
    """Whether a text tells of a decision with its day: «поставлена 23.04.2026, пост. № 11/1»."""
    return spelled.numbered_day(text) and _DECIDED.search(text) is not None


def _the_day(value: object, on: date) -> date | None:
    """The day that a value is, if it is one and nothing else."""
    if isinstance(value, list):
        return date.fromisoformat(str(value[0])[:10])
    found = spelled.days(value, on) if isinstance(value, str) and _is_day(value, on) else ()
    return found[0].day if len(found) == 1 else None


def _find_owners(table: FoundTable) -> None:
    """An attribute without an owner is of the people named by the nearest column on its left, else on its right."""
    for column in table.columns:
        if column.meaning in ("?.name", "?.last"):
            column.meaning = column.meaning.replace("?", "person")  # a name is nobody's attribute
    naming = [
        (column.index, column.meaning.partition(".")[0])
        for column in table.columns
        if column.meaning.endswith((".name", ".last", ".first")) and not column.meaning.startswith("?")
    ]
    births = [column for column in table.columns if column.meaning == "?.born"]
    if len(births) == len(naming) and [column.index + 1 for column in births] == [index for index, _ in naming]:
        for column, (_, owner) in zip(births, naming, strict=True):
            column.meaning = f"{owner}.born"  # each stands before the name
    for column in table.columns:
        if column.meaning in OF_CHILDREN and any(owner == "children" for _, owner in naming):
            column.meaning = f"children.{column.meaning[2:]}"
        if column.meaning.startswith("?."):
            left = [owner for index, owner in naming if index < column.index]
            right = [owner for index, owner in naming if index > column.index]
            owner = left[-1] if left else right[0] if right else "person"
            column.meaning = f"{owner}.{column.meaning[2:]}"
    for column in table.columns:  # the parts of a name have one owner, even where only one header tells it
        owner, _, what = column.meaning.partition(".")
        if what in ("first", "middle") and owner == "person":
            left = [each for index, each in naming if index < column.index]
            if left and left[-1] != "person":
                column.meaning = f"{left[-1]}.{what}"


def _say_who(table: FoundTable, number: int, asking: Asking, on: date) -> None:
    """Who a plain «ФИО» is: a child beside parents or by the title, a member of the family beside a role."""
    owners = {
        column.meaning.partition(".")[0] for column in table.columns if column.meaning.endswith((".name", ".last"))
    }
    mine = [column for column in table.columns if column.meaning.startswith("person.")]
    if not mine or not any(column.meaning.endswith((".name", ".last")) for column in mine):
        return
    if any(column.meaning.endswith(".role") for column in table.columns):
        return
    if table.of("aid") and not any(column.meaning.endswith((".born", ".age")) for column in mine):
        return  # those who got it are of the families of the other sheets
    key = f"who:{number}"
    owner = asking.answers.get(key) if asking.answers.get(key) in ("children", "parents", "members") else None
    owner = owner or _owner_by_signs(table, owners, mine, on)
    if owner is None:
        choices = [Choice("children", "Дети"), Choice("parents", "Родители"), Choice("members", "Все члены семьи")]
        header = next(column.header for column in mine if column.meaning.endswith((".name", ".last")))
        owner = asking.ask(BookQuestion(key, f"Кто перечислен в столбце «{header}»?", choices, hint=table.sheet))
    for column in mine:
        column.meaning = f"{owner or 'person'}.{column.meaning.partition('.')[2]}"


def _owner_by_signs(table: FoundTable, owners: set[str], mine: list[TableColumn], on: date) -> str | None:
    if owners & {"parents", "mother", "father", "guardian"}:
        return "children"
    if "children" in owners:
        return "parents"
    title = names.key(" ".join([*table.above, table.sheet]))
    if any(column.meaning.endswith((".grade", ".study")) for column in mine) or (
        _CHILDREN.search(title) and not _FAMILIES.search(title)
    ):
        return "children"
    ages = [age for column in mine for _, line in table.rows[:LOOKED_AT] if (age := _age(line, column, on)) is not None]
    if len(ages) >= 2 or (ages and len(table.rows) < 3):
        minors = sum(age < 18 for age in ages)
        return "children" if minors == len(ages) else "parents" if minors == 0 else "members"
    return None


def _age(line: list[object], column: TableColumn, on: date) -> int | None:
    cell = line[column.index] if column.index < len(line) else ""
    if not column.meaning.endswith((".born", ".age", ".name")) or cell == "":
        return None
    if isinstance(cell, list):
        return on.year - int(str(cell[0])[:4]) if str(cell[0])[:4].isdigit() else None
    if isinstance(cell, (int, float)):
        return int(cell) if cell < 120 else on.year - int(cell) if cell < 2100 else None
    times = spelled.births(str(cell), on)
    if not times:
        return None
    first = times[0]
    return on.year - (first.day.year if first.day else first.year or on.year - (first.age or 0))


def _find_by_place(table: FoundTable, on: date) -> None:
    """Where no header tells anything, the place of a column does: numbers come first, a day after the birth date is
    that of the record, its number stands beside it; who is in a column of names, their ages tell."""
    born = True
    naming = [column for column in table.columns if column.meaning.endswith(".name")]
    for column in naming:
        texts = [value for value in _values(table, column) if isinstance(value, str)]
        several = sum(len(people_in_text.people(text, on).found) > 1 for text in texts)
        ages = [age for _, line in table.rows[:LOOKED_AT] if (age := _age(line, column, on)) is not None]
        if len(naming) == 1 and several * 2 > len(texts):
            column.meaning = "members.name"
        elif len(naming) > 1 and ages:
            column.meaning = "children.name" if max(ages) < MAJORITY else "parents.name"
    for column in table.columns:
        values = [value for value in _values(table, column) if value != ""]
        if column.meaning.endswith(".name"):
            texts = [value for value in values if isinstance(value, str)]
            born = sum(bool(spelled.births(text, on)) for text in texts) * 2 > len(texts)
        elif column.meaning.endswith(".born"):
            if born:
                column.meaning = "placed" if all(_is_day(value, on) for value in values) else ""
            born = True
        elif column is table.columns[0] and values and all(_is_order(value) for value in values):
            column.meaning = "order"
        elif table.of("placed") and values and all(_NUMBER_OF_ACT.fullmatch(str(value)) for value in values):
            column.meaning = "placed_number"


def _is_order(value: object) -> bool:
    return cells.shown_cell(value).isdecimal()


def _of_values(table: FoundTable, column: TableColumn, on: date, *, trusted: bool) -> str | None:
    """What a column without a header holds, if its values tell. trusted: it has a header among known ones, beside
    which only an address tells by itself."""
    filled = _values(table, column)
    if trusted:
        homes = sum(isinstance(value, str) and _is_address(value) and not spelled.numbered_day(value)
                    and not people_in_text.people(value, on).found for value in filled)  # fmt: skip
        return "address" if homes and homes * 3 >= len(filled) * 2 else None
    if not filled:
        return meanings.SKIP
    told: Counter[str] = Counter()
    for value in filled:
        text = value if isinstance(value, str) else ""
        if isinstance(value, list) or (len(text) < 30 and spelled.births(text, on)):
            told["?.born"] += 1
        elif people_in_text.role_of(text):
            told["?.role"] += 1
        elif text and _is_address(text) and not _is_told(text, on):
            told["address"] += 1
        elif text and (people_in_text.people(text, on).found and len(text) < 200):
            told["person.name"] += 1
    best = told.most_common(1)
    return best[0][0] if best and best[0][1] * 3 >= len(filled) * 2 else None


def _is_told(text: str, on: date) -> bool:
    """Whether a text begins with the whole name of a person and a birth date."""
    found = people_in_text.people(text, on).found
    return bool(found and found[0].last and found[0].first and found[0].born)


def _of_roles(table: FoundTable, column: TableColumn) -> str | None:
    """Whether the words of a column say who somebody is in the family."""
    said = (line[column.index] for _, line in table.rows[:LOOKED_AT] if column.index < len(line))
    texts = [cell for cell in said if isinstance(cell, str) and cell.strip()]
    return "?.role" if texts and sum(map(bool, map(people_in_text.role_of, texts))) * 3 >= len(texts) * 2 else None


def _is_address(text: str) -> bool:
    read = contacts.home(text)
    return read.street is not None and bool(read.numbers) and len(text) < LONGEST_ADDRESS


def _of_words(table: FoundTable, column: TableColumn, vocabulary: Vocabulary) -> str | None:
    """What a column with an unknown header holds, if most of its words are of one dictionary."""
    said = (line[column.index] for _, line in table.rows[:LOOKED_AT] if column.index < len(line))
    texts = {text for cell in said if isinstance(cell, str) and (text := cell.strip())}
    for kind, meaning in BY_WORDS.items():
        named = [[part for part in vocabulary.parts(kind, text) if len(names.key(part)) > 2] for text in texts]
        known = sum(any(vocabulary.find(kind, part) for part in parts) for parts in named)
        if texts and known * 3 >= len(texts) * 2:
            return meaning
    return None


def _samples(table: FoundTable, column: TableColumn) -> list[str]:
    found: dict[str, None] = {}
    for _, line in table.rows[:LOOKED_AT]:
        cell = line[column.index] if column.index < len(line) else ""
        text = re.sub(r"\s+", " ", cells.shown_cell(cell)).strip()
        if text:
            found[text if len(text) <= LONGEST_SAMPLE else text[: LONGEST_SAMPLE - 1] + "…"] = None
        if len(found) == SAMPLES:
            break
    return list(found)
