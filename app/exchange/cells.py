"""One cell: from what Excel keeps to a value of the bank, and from a value to what a cell shows."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from app import words
from app.domain import names, terms, writing
from app.exchange import parser
from app.exchange.records import Named, NamedProblem
from app.exchange.workbook import BookColumn, Kind
from app.extensions import LARGEST_KEY

MOST_MONEY = Decimal(10) ** 12
MOST_COUNT = LARGEST_KEY

_SPACES = re.compile(r"\s+")
_DAY = re.compile(r"(\d{1,2})[./](\d{1,2})[./](\d{4})(?:\s*г\.?)?")
_ISO_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ]00:00(?::00)?)?")
_BORN = re.compile(r"(.*?)\s*\((?:р\.?\s*)?([^()]*\d[^()]*)\)")

_PICKED = re.compile(r"(.*\S)\s*\[([\d.]*)\]")
T = TypeVar("T", bound=terms.Term)

_YES, _NO = {"да", "+", "1", "истина", "true"}, {"нет", "0", "ложь", "false"}
_SEXES = {
    "ж": terms.Sex.FEMALE, "жен": terms.Sex.FEMALE, "женский": terms.Sex.FEMALE, "f": terms.Sex.FEMALE,
    "м": terms.Sex.MALE, "муж": terms.Sex.MALE, "мужской": terms.Sex.MALE, "m": terms.Sex.MALE,
}  # fmt: skip

PERSON = ("last_name", "first_name", "middle_name")
AS_TEXT = "задайте ячейке текстовый формат и введите значение заново"


class CellError(Exception):
    """A cell that cannot be understood; the text says in Russian what to do."""


class Codes:
    """A dictionary of the bank as the exchange sees it: ids by code, codes by name."""

    def __init__(self, title: str, rows: list[tuple[int, str, str]]) -> None:
        self.title = title
        self.ids = {code: row_id for row_id, code, _ in rows}
        self.names = {code: name for _, code, name in rows}
        self.codes = {row_id: code for row_id, code, _ in rows}
        self._by_name: dict[str, str] = {}
        for _, code, name in rows:
            self._by_name.setdefault(names.key(name), code)
        for _, code, name in rows:
            self._by_name.setdefault(names.key(writing.look(name)), code)
        self._known: dict[str, str] = {}

    def find(self, text: str) -> str | None:
        """The code that a text means: itself a code, or a name."""
        if text in self._known:
            return self._known[text]
        code = text if text in self.ids else self._by_name.get(names.key(text))
        if code is None:
            code = self._by_name.get(names.key(writing.look(text)))
        if code is not None:
            self._known[text] = code
        return code

    def written(self, code: str, *, named: bool) -> str:
        """A code as the form shows it: by name where the form wants names and the name leads back to the code."""
        name = self.names[code]
        return name if named and ";" not in name and name.strip() == name and self.find(name) == code else code


def reader(column: BookColumn, dictionaries: Mapping[str, Codes]) -> Callable[[Any], Any]:
    """The function that reads the cells of a column: an error of Excel is never read, «нет» is nothing.

    It remembers what it has read: the cells of a column say the same again and again.
    """
    read = _reader(column, dictionaries)
    codes = dictionaries.get(column.dictionary)
    nothing = () if column.kind in (Kind.CODES, Kind.PEOPLE, Kind.PROBLEMS) else None

    known: dict[str, Any] = {}
    known_days: dict[str, Any] = {}

    def value(cell: Any) -> Any:
        if isinstance(cell, list):
            if cell[0] not in known_days:
                known_days[cell[0]] = read(cell)
            return known_days[cell[0]]
        if not isinstance(cell, str):
            return read(cell)
        if cell not in known:
            if writing.is_error(cell):
                raise CellError(_told_error(cell.strip()))
            known[cell] = nothing if _says_nothing(cell, column, codes) else read(cell)
        return known[cell]

    return value


def _told_error(text: str) -> str:
    if text == parser.NO_VALUE:
        return "В ячейке формула без сохранённого значения: откройте и сохраните книгу в Excel или впишите значение."
    return f"В ячейке ошибка Excel ({text}): введите значение."


def _says_nothing(cell: str, column: BookColumn, codes: Codes | None) -> bool:
    if not writing.is_nothing(cell) or column.kind is Kind.CARD:
        return False
    known = codes is not None and codes.find(cell.strip()) is not None
    return not known and not (column.kind is Kind.FLAG and cell.strip().casefold() in _NO)


def _reader(column: BookColumn, dictionaries: Mapping[str, Codes]) -> Callable[[Any], Any]:
    by_kind: dict[Kind, Callable[[Any], Any]] = {
        Kind.CARD: lambda cell: _fit(_word(cell, "номер карты"), column),
        Kind.NAME: lambda cell: _fit(_name(cell, column), column),
        Kind.TEXT: lambda cell: _fit(_text(cell), column),
        Kind.SERIES: lambda cell: _fit(_word(cell, "номер документа"), column),
        Kind.DECISION: lambda cell: _fit(writing.line(_text(cell)), column),
        Kind.CODE: lambda cell: _code(cell, dictionaries[column.dictionary]),
        Kind.CODES: lambda cell: _codes(cell, dictionaries[column.dictionary]),
        Kind.SEX: _sex,
        Kind.HOLIDAYS: lambda cell: _word_of(cell, terms.HolidayActivity),
        Kind.FLAG: _flag,
        Kind.DATE: day,
        Kind.MONEY: _money,
        Kind.COUNT: _count,
        Kind.PEOPLE: _people,
        Kind.TERM: lambda cell: _term(cell, column),
        Kind.PROBLEMS: lambda cell: _problems(cell, column, dictionaries["criterion"]),
    }
    return by_kind[column.kind]


def _fit(text: str | None, column: BookColumn) -> str | None:
    if text is not None and len(text) > column.longest:
        raise CellError(f"Текст длиннее {column.longest} знаков: сократите его.")
    return text


def _text(cell: Any) -> str | None:
    if isinstance(cell, str):
        return writing.lines(cell)
    if isinstance(cell, list):
        raise CellError(f"Excel превратил значение в дату: {AS_TEXT}.")
    if isinstance(cell, bool):
        return words.yes_no(cell)
    return _figure(cell)


def _figure(cell: float) -> str:
    return str(int(cell)) if math.isfinite(cell) and cell == int(cell) else repr(cell)


def _word(cell: Any, what: str) -> str | None:
    """A number that is text: leading zeros matter."""
    if isinstance(cell, list):
        raise CellError(f"Excel превратил {what} в дату: {AS_TEXT}.")
    if not isinstance(cell, str):
        raise CellError(f"Excel превратил {what} в число, ведущие нули могли пропасть: {AS_TEXT}.")
    return writing.line(_text(cell))


def _name(cell: Any, column: BookColumn) -> str | None:
    text = writing.line(_text(cell))
    if text is not None and column.field in PERSON and (fault := names.fault(text)):
        raise CellError(fault)
    return text


def _code(cell: Any, codes: Codes) -> str | None:
    text = _word(cell, "код")
    if text is None:
        return None
    code = codes.find(text)
    if code is None:
        raise CellError(f"Такого значения нет в справочнике «{codes.title}»: впишите код или название из него.")
    return code


def _codes(cell: Any, codes: Codes) -> tuple[str, ...]:
    text = _word(cell, "код")
    if text is None:
        return ()
    found: list[str | None] = []
    parts = text.split(";")
    while parts:  # a name may hold «;» itself: the longest one that is known is meant
        ends = (end for end in range(len(parts), 1, -1) if codes.find(";".join(parts[:end]).strip()))
        end = next(ends, 1)
        found.append(_code(";".join(parts[:end]), codes))
        del parts[:end]
    return tuple(dict.fromkeys(code for code in found if code))


def _sex(cell: Any) -> terms.Sex | None:
    text = _text(cell)
    if text is None:
        return None
    if (sex := _SEXES.get(names.key(text))) is None:
        raise CellError("Пол пишется «ж» или «м».")
    return sex


def _word_of(cell: Any, closed: type[T]) -> T | None:
    text = writing.line(_text(cell))
    if text is None:
        return None
    for member in closed:
        if names.key(text) in (names.key(member.title_ru), member.value):
            return member
    raise CellError("Впишите одно из: " + "; ".join(member.title_ru for member in closed) + ".")


def _term(cell: Any, column: BookColumn) -> terms.Term | None:
    assert column.words is not None
    return _word_of(cell, column.words)


def problem(said: NamedProblem) -> str:
    """A problem as its line of a cell; one that ends in brackets like a code's has an empty pair after them."""
    mark = said.criterion or ""
    return f"{said.text} [{mark}]" if mark or _PICKED.fullmatch(said.text) else said.text


def _problems(cell: Any, column: BookColumn, codes: Codes) -> tuple[NamedProblem, ...]:
    found = []
    for line in filter(None, map(writing.line, (_text(cell) or "").splitlines())):
        picked = _PICKED.fullmatch(line)
        text, code = picked.groups() if picked else (line, "")
        if code and codes.find(code) is None:
            raise CellError(f"Такого значения нет в справочнике «{codes.title}»: исправьте код в скобках [{code}].")
        found.append(NamedProblem(_fit(text, column) or "", codes.find(code) if code else None))
    return tuple({each.text: each for each in found}.values())


def _flag(cell: Any) -> bool | None:
    text = _text(cell)
    if text is None:
        return None
    folded = text.casefold()
    if folded in _YES or folded in _NO:
        return folded in _YES
    raise CellError("Впишите «да» или «нет», либо оставьте ячейку пустой.")


def is_two_way(cell: Any) -> bool:
    """Whether a date may be read both as day/month and as month/day: it is read as day/month, and that is told."""
    found = _DAY.fullmatch(cell.strip()) if isinstance(cell, str) and "/" in cell else None
    return found is not None and found[1] != found[2] and int(found[1]) <= 12 and int(found[2]) <= 12


def day(cell: Any) -> date | None:
    """A date: an Excel date, ДД.ММ.ГГГГ or ГГГГ-ММ-ДД."""
    if isinstance(cell, list):
        found = _ISO_DAY.fullmatch(cell[0])
        parts = found.groups() if found else None
    elif isinstance(cell, str):
        text = writing.lines(cell)
        if text is None:
            return None
        if found := _DAY.fullmatch(text):
            parts = found.groups()[::-1]
        else:
            found = _ISO_DAY.fullmatch(text)
            parts = found.groups() if found else None
    else:
        raise CellError("Здесь число, а нужна дата: введите её как ДД.ММ.ГГГГ.")
    if parts is None:
        raise CellError("Это не дата: введите её как ДД.ММ.ГГГГ.")
    try:
        value = date(*map(int, parts))
    except ValueError:
        raise CellError("Такого дня в календаре нет: введите дату как ДД.ММ.ГГГГ.") from None
    if not 1900 <= value.year <= 2100:
        raise CellError("Год вне пределов 1900–2100: проверьте дату.")
    return value


def _number(cell: Any) -> Decimal | None:
    if isinstance(cell, (list, bool)):
        raise CellError("Здесь нужно число.")
    if isinstance(cell, str):
        text = writing.lines(cell)
        if text is None:
            return None
        text = _SPACES.sub("", text).replace("\u202f", "").replace(",", ".").removesuffix("руб.").removesuffix("р.")
        if not re.fullmatch(r"[+-]?\d{1,15}(\.\d{1,12})?", text):
            raise CellError("Здесь нужно число.")
        return Decimal(text)
    try:
        value = Decimal(repr(cell))
    except InvalidOperation:
        raise CellError("Здесь нужно число.") from None
    if not value.is_finite():
        raise CellError("Здесь нужно число.")
    return value


def _money(cell: Any) -> Decimal | None:
    value = _number(cell)
    if value is None:
        return None
    if value < 0:
        raise CellError("Сумма не бывает отрицательной: исправьте её.")
    if value >= MOST_MONEY:
        raise CellError("Сумма слишком велика: проверьте её.")
    whole = value.quantize(Decimal("0.01"))
    if isinstance(cell, str) and value != whole:  # typed so; what Excel has counted is rounded
        raise CellError("Копейки пишут двумя знаками, например 1500,50: исправьте сумму.")
    return whole


def _count(cell: Any) -> int | None:
    value = _number(cell)
    if value is None:
        return None
    if value < 0 or value > MOST_COUNT or value != int(value):
        raise CellError(f"Здесь нужно целое число от 0 до {MOST_COUNT}.")
    return int(value)


def _people(cell: Any) -> tuple[Named, ...]:
    text = writing.line(_text(cell))
    found: list[Named] = []
    for part in (text or "").split(";"):
        name = part.strip()
        if not name:
            continue
        if dated := _BORN.fullmatch(name):
            found.append(Named(dated[1], day(dated[2])))
        else:
            found.append(Named(name))
    return tuple(found)


def shown(value: Any) -> str:
    """A value as people read it in a preview or in a list of faults."""
    if value is None or value in ((), ""):
        return "пусто"
    if isinstance(value, bool):
        return words.yes_no(value)
    if isinstance(value, list):
        return shown_cell(value)
    if isinstance(value, (date, datetime)):
        return words.day(value)
    if isinstance(value, Decimal):
        return words.roubles(value)
    if isinstance(value, tuple):
        return "; ".join(shown(part) for part in value)
    return str(value)


def shown_cell(cell: Any) -> str:
    """A raw cell as people see it in Excel."""
    if cell is None or cell == "":
        return ""
    if isinstance(cell, list):
        found = _ISO_DAY.fullmatch(cell[0])
        return ".".join(found.groups()[::-1]) if found else str(cell[0])
    if isinstance(cell, bool):
        return "ИСТИНА" if cell else "ЛОЖЬ"
    if isinstance(cell, (int, float)):
        return _figure(cell).replace(".", ",")
    return words.short(str(cell), 120)
