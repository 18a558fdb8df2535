"""Tables that are text: delimited values, HTML of old information systems, XML of Excel 2003.

Loaded by the locked process of `parser` alone, or by tests; it imports nothing of the application either.
A sheet is its rows as [row number, [cells]], and the blocks of merged cells as [first row, first column, last row,
last column], counted from 0.
"""

from __future__ import annotations

import csv
import re
from html.parser import HTMLParser
from io import StringIO
from typing import Any, NamedTuple
from xml.etree import ElementTree

MOST_ROWS, MOST_COLUMNS, MOST_CELLS = 300_000, 256, 8_000_000
DELIMITERS = {";": "разделитель «;»", "\t": "разделитель – табуляция", ",": "разделитель «,»", "|": "разделитель «|»"}
SAMPLE = 200  # lines by which the delimiter is told
TOO_LARGE = f"В таблице больше {MOST_ROWS} строк или {MOST_COLUMNS} столбцов: разделите её на части."
_DECLARATION = re.compile(r"<!\s*ENTITY|<!\s*DOCTYPE[^>]*\[", re.IGNORECASE)
_HEAD = 4096
# Letters of Russian texts by how often they stand there: the encoding that gives more of them is the right one.
_FREQUENT = frozenset("оеаинтсрвлкмдпу")
_USUAL = ("дата", "рожд", "адрес", "фамил", "мать", "семь", "дети", "ребен", "ребён", "посел")

Blocks = list[list[int]]


class TextSheet(NamedTuple):
    """A table as it stands: its title, its rows and its merged blocks."""

    title: str
    rows: list[list[Any]]
    merged: Blocks


class TextError(Exception):
    """The text is not read as a table; the sentence says why, in Russian."""


def read(content: bytes, name: str) -> tuple[str, list[TextSheet]]:
    """What the text was recognised as, and its sheets."""
    text, encoding = decoded(content)
    start = text[:_HEAD].lstrip("\ufeff \r\n\t").casefold()
    if "urn:schemas-microsoft-com:office:spreadsheet" in start:
        return "таблица XML Excel 2003", _of_xml(text)
    if start.startswith("<") and ("<table" in text[: 1 << 20].casefold() or "<html" in start):
        return f"таблица HTML, {encoding}", _of_html(text, name)
    return _of_values(text, encoding, name)


def decoded(content: bytes) -> tuple[str, str]:
    """A text and the name of its encoding."""
    for mark, codec, title in (
        (b"\xef\xbb\xbf", "utf-8-sig", "UTF-8"), (b"\xff\xfe", "utf-16", "UTF-16"), (b"\xfe\xff", "utf-16", "UTF-16"),
    ):  # fmt: skip
        if content.startswith(mark):
            return _decode(content, codec), title
    if b"\x00" in content[:_HEAD]:
        even, odd = content[:_HEAD:2].count(0), content[1:_HEAD:2].count(0)
        if max(even, odd) * 8 < len(content[:_HEAD]):
            raise TextError("Это не книга Excel и не таблица: файл не читается как текст.")
        return _decode(content, "utf-16-le" if odd > even else "utf-16-be"), "UTF-16"
    try:
        return _sound(content.decode("utf-8")), "UTF-8"
    except UnicodeDecodeError:
        tried = [(codec, content.decode(codec, "replace")) for codec in ("cp1251", "cp866", "koi8-r")]
        codec, text = max(tried, key=lambda one: _likely(one[1][:100_000]))
        return _sound(text), {"cp1251": "Windows-1251", "cp866": "кодировка DOS", "koi8-r": "КОИ-8"}[codec]


def _likely(text: str) -> float:
    """How likely a text is Russian as it is decoded: by its frequent letters, and by usual words of tables."""
    folded = text.casefold()
    words = sum(folded.count(word) for word in _USUAL)
    return sum(letter in _FREQUENT for letter in text) + len(text) * min(words, 3)


def _decode(content: bytes, codec: str) -> str:
    try:
        return _sound(content.decode(codec))
    except UnicodeDecodeError as error:
        raise TextError("Файл повреждён или передан не полностью: отправьте его ещё раз.") from error


def _sound(text: str) -> str:
    odd = sum(letter < " " and letter not in "\t\r\n\x0b\x0c" for letter in text[:100_000])
    if odd or text.startswith(("%PDF", "{\\rtf")):
        raise TextError("Это не книга Excel и не таблица: сохраните таблицу как .xlsx, .ods или .csv.")
    return text


def _of_values(text: str, encoding: str, name: str) -> tuple[str, list[TextSheet]]:
    """Delimited values; the delimiter is the sign that parts most lines into the same number of cells."""
    if text[:4].casefold() == "sep=" and len(text) > 5:
        delimiter, text = text[4], text.partition("\n")[2]
    else:
        delimiter = _delimiter(text)
    if delimiter == "," and _is_letter(text):
        lines = [[number, [line]] for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
        return f"текст, {encoding}, без столбцов", [TextSheet(_stem(name), lines, [])]
    csv.field_size_limit(1 << 20)
    rows: list[list[Any]] = []
    try:
        for number, row in enumerate(csv.reader(StringIO(text, newline=""), delimiter=delimiter), start=1):
            if number > MOST_ROWS or len(row) > MOST_COLUMNS:
                raise TextError(TOO_LARGE)
            if any(cell.strip() for cell in row):
                rows.append([number, row])
    except csv.Error as error:
        raise TextError("Таблица с разделителями не читается: сохраните её как .xlsx и отправьте ещё раз.") from error
    if not rows or all(len(row) < 2 for _, row in rows):
        raise TextError("Это не книга Excel и не таблица: в тексте нет столбцов. Сохраните таблицу как .xlsx или .csv.")
    kind = "текст" if delimiter == "\t" else "CSV"
    told = f"{kind}, {encoding}, {DELIMITERS.get(delimiter, f'разделитель «{delimiter}»')}"
    return told, [TextSheet(_stem(name), rows, [])]


def _stem(name: str) -> str:
    return re.sub(r"\.\w{1,4}$", "", name) or "Таблица"


def _is_letter(text: str) -> bool:
    """Whether the commas of a text are those of sentences: they part its lines into no common number of cells."""
    widths = [line.count(",") for line in text.splitlines()[:SAMPLE] if line.strip()]
    wide = [width for width in widths if width]
    return bool(wide) and '"' not in text and max(map(wide.count, set(wide))) * 5 < len(widths) * 3


def _delimiter(text: str) -> str:
    best, found = 0.0, ";"
    lines = text.splitlines()[:SAMPLE]
    sample = "\n".join(lines)
    for sign in DELIMITERS:
        try:
            widths = [len(row) for row in csv.reader(StringIO(sample), delimiter=sign) if row]
        except csv.Error:
            continue
        wide = [width for width in widths if width > 1]
        if wide:
            usual = max(set(wide), key=wide.count)
            weight = wide.count(usual) / len(widths) * (1 + min(usual, 20) / 100) * (0.7 if sign == "," else 1)
            if weight > best:
                best, found = weight, sign
    return found


class _Tables(HTMLParser):
    """The outer tables of a page, cell by cell; a table within a cell is text of the cell."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.sheets: list[TextSheet] = []
        self.depth = self.quiet = 0
        self.rows: list[list[Any]] = []
        self.merged: Blocks = []
        self.taken: dict[int, int] = {}  # columns that a cell above reaches into: how many rows more
        self.row: list[Any] | None = None
        self.cell: list[str] | None = None
        self.span = (1, 1)
        self.count = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style", "title"):
            self.quiet += 1
        elif tag == "table":
            self.depth += 1
            if self.depth == 1:
                self.rows, self.merged, self.taken, self.row = [], [], {}, None
        elif tag == "tr" and self.depth == 1:
            self._end_row()
            self.row = []
        elif tag in ("td", "th") and self.depth == 1:
            self._end_cell()
            if self.row is None:
                self.row = []
            told = dict(attrs)
            self.span = _span(told.get("rowspan")), _span(told.get("colspan"))
            self.cell = []
        elif tag in ("br", "p", "div", "li") and self.cell:
            self.cell.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style", "title"):
            self.quiet = max(0, self.quiet - 1)
        elif tag in ("td", "th") and self.depth == 1:
            self._end_cell()
        elif tag == "tr" and self.depth == 1:
            self._end_row()
        elif tag == "table" and self.depth:
            if self.depth == 1:
                self._end_row()
                if self.rows:
                    self.sheets.append(TextSheet(f"Таблица {len(self.sheets) + 1}", self.rows, self.merged))
            self.depth -= 1

    def handle_data(self, data: str) -> None:
        if self.cell is not None and not self.quiet:
            self.cell.append(re.sub(r"\s+", " ", data))

    def _end_cell(self) -> None:
        if self.cell is None or self.row is None:
            return
        text = re.sub(r" *\n[ \n]*", "\n", "".join(self.cell)).strip()
        self.cell = None
        self._skip_taken()
        down, right = self.span
        place, number = len(self.row), len(self.rows)
        self.count += right
        if place + right > MOST_COLUMNS or self.count > MOST_CELLS:
            raise TextError(TOO_LARGE)
        self.row.extend([text, *[""] * (right - 1)])
        if down > 1 or right > 1:
            self.merged.append([number, place, number + down - 1, place + right - 1])
        for column in range(place, place + right) if down > 1 else ():
            self.taken[column] = down  # the end of this row takes one off

    def _skip_taken(self) -> None:
        assert self.row is not None
        while self.taken.get(len(self.row), 0) > 0:
            self.row.append("")

    def _end_row(self) -> None:
        self._end_cell()
        if self.row is None:
            return
        self._skip_taken()
        if len(self.rows) >= MOST_ROWS:
            raise TextError(TOO_LARGE)
        self.rows.append([len(self.rows) + 1, self.row])
        self.taken = {column: left - 1 for column, left in self.taken.items() if left > 1}
        self.row = None


def _span(text: str | None) -> int:
    return min(max(int(text), 1), MOST_COLUMNS) if text and text.strip().isdecimal() else 1


def _of_html(text: str, name: str) -> list[TextSheet]:
    if _DECLARATION.search(text[:_HEAD]):
        raise TextError("В файле есть объявления DOCTYPE или ENTITY: такие файлы не читаются.")
    page = _Tables()
    page.feed(text)
    page.close()
    page._end_row()
    found = [sheet for sheet in page.sheets if any(any(cell for cell in row) for _, row in sheet.rows)]
    if not found:
        raise TextError("На странице HTML нет таблицы: сохраните таблицу как .xlsx, .ods или .csv.")
    title = re.sub(r"\.\w{1,5}$", "", name) or "Таблица"
    return [found[0]._replace(title=title)] if len(found) == 1 else found


def _of_xml(text: str) -> list[TextSheet]:
    if re.search(r"<!\s*(DOCTYPE|ENTITY)", text, re.IGNORECASE):
        raise TextError("В файле есть объявления DOCTYPE или ENTITY: такие файлы не читаются.")
    try:
        whole = ElementTree.fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text))  # noqa: S314  declarations are refused
    except ElementTree.ParseError as error:
        raise TextError("Файл повреждён или передан не полностью: отправьте его ещё раз.") from error
    return [_sheet_of_xml(each) for each in whole.iter() if _tag(each) == "Worksheet"]


def _sheet_of_xml(sheet: ElementTree.Element) -> TextSheet:
    rows: list[list[Any]] = []
    merged: Blocks = []
    number = cells = 0
    for row in (each for each in sheet.iter() if _tag(each) == "Row"):
        number = int(_attribute(row, "Index") or number + 1)
        line: list[Any] = []
        for cell in (each for each in row if _tag(each) == "Cell"):
            index = int(_attribute(cell, "Index") or len(line) + 1)
            across, down = int(_attribute(cell, "MergeAcross") or 0), int(_attribute(cell, "MergeDown") or 0)
            cells += 1
            if max(index + across, len(line)) > MOST_COLUMNS or number > MOST_ROWS or cells > MOST_CELLS:
                raise TextError(TOO_LARGE)
            line.extend([""] * (index - 1 - len(line)))
            if across or down:
                merged.append([number - 1, index - 1, number - 1 + down, index - 1 + across])
            line.extend([_value_of_xml(cell), *[""] * across])
        if any(cell != "" for cell in line):
            rows.append([number, line])
    return TextSheet(_attribute(sheet, "Name") or "Лист", rows, merged)


def _value_of_xml(cell: ElementTree.Element) -> Any:
    data = next((each for each in cell if _tag(each) == "Data"), None)
    if data is None:
        return ""
    text, kind = "".join(data.itertext()), _attribute(data, "Type")
    if kind == "Number":
        try:
            return float(text)
        except ValueError:
            return text
    return [text.partition("T")[0]] if kind == "DateTime" else text


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _attribute(element: ElementTree.Element, name: str) -> str | None:
    return next((value for key, value in element.items() if key.rpartition("}")[2] == name), None)
