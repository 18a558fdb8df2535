"""Lines under a header that are no rows of the form: totals, signatures, notes, sections, numbers of columns.

A line that may be a row is never set aside: what is left over is read, and its faults are told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from app.domain import names, writing
from app.exchange import cells

_TOTAL = re.compile(
    r"((общий |промежуточный )?(итого|итог|итоги)|подытог|всего|в том числе|из них|сумма|количество|кол во|численность"
    r"|общ(ее|ая) (число|количество|кол во|численность|сумма)|число (семей|детей|людей)"
    r"|(семей|детей|человек)( \d+)?$)\b"
)
_SIGNATURE = re.compile(
    r"(исполнитель|исп|глава|и о|ио|врио|руководитель|начальник|директор|заместитель|зам|председатель|секретарь"
    r"|специалист|(соц(иальный)? |классный )?педагог|классный руководитель|кл рук|психолог|инспектор|методист"
    r"|(гл(авный)? )?бухгалтер|ответственный|ответственная|составил|составила|подготовил|подготовила|проверил"
    r"|проверила|заполнил|заполнила|согласовано|утверждаю|утверждено|утв|данные (на|за)|сведения (на|за|по)"
    r"|телефон|тел|конт|контактный|м п|мп|подпись|дата|список)\b"
)
_NOTE = re.compile(r"(примечание|примечания|приложение|справочно|сноска|внимание)\b")
_PHONE = re.compile(r"(?:тел\.?:?\s*)?(?=.*[()+\-\s])\+?[\d()\-\s]{6,25}")
_MARK = re.compile(r"[*¹²³⁴⁵⁶⁷⁸⁹]+\s*\D")
SECTION = "раздел или примечание"
LETTERS = "абвгдежзик"  # of the first columns of a form
FEWEST_NUMBERS = 4  # so many cells 1, 2, 3, 4 are the numbers of columns


def what(line: Sequence[Any], headers: Mapping[int, str], number_index: int, known: set[str]) -> str | None:
    """What a line is, if it is no row.

    headers: the key of the header of each column by its place; known: the card numbers that people stand under.
    """
    if _repeats(_filled(line, headers), headers):
        return "повторённые заголовки"
    if counts_up(cell for _, cell in _filled(line, headers)):
        return "номера столбцов"
    number = writing.line(_cell(line, number_index)) or ""
    if number in known:
        return None
    filled = list(_filled(line, headers))
    if not filled:
        return None
    place, first = filled[0]
    if not isinstance(first, str):
        return None
    if (told := said(first)) and (place != number_index or not any(map(str.isdigit, number)) or len(filled) <= 2):
        return told
    if len(filled) == 1:
        is_number = place == number_index and any(map(str.isdigit, first))
        is_words = _PHONE.fullmatch(first) or (len(first) > 20 and " " in first)
        return None if is_number and not is_words else alone(first)
    return None


def plain_numbers(known: set[str], header: str) -> set[str]:
    """The card numbers that people stand under with which neither repeated headers nor the numbers of columns begin: a
    line that begins with one of them is a row, whatever follows.
    """
    return {each for each in known if len(each) > 1 and names.key(each) != header and not _counts(each)}


def _counts(text: str) -> bool:
    return text.isdecimal() and str(int(text)) == text


def _cell(line: Sequence[Any], index: int) -> Any:
    cell = line[index] if index < len(line) else ""
    return cell.strip() if isinstance(cell, str) else cell


def _filled(line: Sequence[Any], headers: Iterable[int]) -> Iterator[tuple[int, Any]]:
    """The filled cells of a line one by one: mostly the first of them says what the line is not."""
    return ((index, cell) for index in sorted(headers) if (cell := _cell(line, index)) != "")


def _repeats(filled: Iterator[tuple[int, Any]], headers: Mapping[int, str]) -> bool:
    """Whether cells, more than one, say what the headers above them say."""
    alike = 0
    for index, cell in filled:
        if names.key(str(cell)) != headers[index]:
            return False
        alike += 1
    return alike > 1


def counts_up(filled: Iterable[Any]) -> bool:
    """Whether cells, enough of them, say 1, 2, 3 or А, Б, 1, 2: a form may number its first columns by letters."""
    wanted, count = None, 0
    for place, cell in enumerate(filled):
        count = place + 1
        shown = cells.shown_cell(cell).strip().casefold()
        if wanted is None:
            if not shown.isdecimal():
                if shown and shown == LETTERS[place : place + 1]:
                    continue
                return False
            wanted = 1 if place else int(shown)
        if shown != str(wanted):
            return False
        wanted += 1
    return wanted is not None and count >= FEWEST_NUMBERS


def said(text: str) -> str | None:
    """What the first words of a line say that it is: a total, a signature, a note."""
    key = names.key(text)
    for pattern, found in ((_TOTAL, "итог"), (_SIGNATURE, "подпись"), (_NOTE, "примечание")):
        if pattern.match(key):
            return found
    return "примечание" if _MARK.match(text) else None


def alone(text: str) -> str:
    """The only cell of a line that is no number of a card: a phone, a section, a note."""
    return "телефон" if _PHONE.fullmatch(text) else SECTION
