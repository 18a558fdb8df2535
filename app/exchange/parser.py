"""Reads a workbook that nobody may be trusted to have made; run as a process of its own, within hard limits.

The file comes in on standard input, its name as an argument; out goes one JSON object: {"sheets": {title: [[row number,
[cells]], …]}} or {"refused": "a sentence"}; beside the sheets, what its sender may not see: "hidden": {title: a
sentence}, the blocks of merged cells: "merged": {title: [[row, column, last row, last column], …]} counted from 0, and
what the file was recognised as: "kind". A date is written as a list of one text. Nothing is evaluated, loaded or
written anywhere. It imports nothing of the application: the process starts fast and holds no secrets.
"""

from __future__ import annotations

import importlib
import json
import re
import resource
import sys
import zipfile
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

MEMORY = 2 << 30
PROCESSOR_SECONDS = 60
LONGEST_UNPACKED = 300 << 20
LONGEST_RATIO, RATIO_FROM = 200, 1 << 20
MOST_MEMBERS = 500
MOST_ERRORS = 10_000
MOST_ROWS, MOST_COLUMNS, MOST_CELLS = 300_000, 256, 8_000_000
CHUNK = 1 << 20
OVERLAP = 4096

MAIN_TYPE = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
MACROS = ("vbaproject", "xl/macrosheets", "xl/dialogsheets", "xl/activex", "xl/ctrlprops", "customui")
_RELATIONS = "xl/_rels/workbook.xml.rels"
LINKS = ("xl/externallinks", "xl/embeddings", "xl/connections", "xl/querytables", "xl/model", "xl/webextensions")

_DECLARATION = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)
_ENCODING = re.compile(rb"""<\?xml[^>]{0,200}encoding\s*=\s*["']([^"']*)""")
_UNSAVED = re.compile(
    rb"<(?:[\w.-]+:)?c\s([^>]{0,500})>\s*<(?:[\w.-]+:)?f(?:\s[^>]{0,500})?(?:/>|>[^<]{0,8192}</(?:[\w.-]+:)?f>)"
    rb"\s*(?:<(?:[\w.-]+:)?v\s*/>|<(?:[\w.-]+:)?v\s*>\s*</(?:[\w.-]+:)?v>)?\s*</(?:[\w.-]+:)?c>"
)
_TEXT_FORMULA = re.compile(rb"""\bt\s*=\s*["']str["']""")
_ROW = re.compile(rb"""<(?:[\w.-]+:)?row[\s/>]""")
_ROW_NUMBER = re.compile(rb"""<(?:[\w.-]+:)?row\s[^>]{0,500}?\br\s*=\s*["']\s*(\d+)""")
_CELL = re.compile(
    rb"""<(?:[\w.-]+:)?c\s[^>]{0,500}?\br\s*=\s*["']\s*\$?([A-Za-z]{1,7})\$?(\d+)["'][^>]{0,500}(?<!/)>\s*<(?!/)"""
)
_ERROR_CELL = re.compile(
    rb"""<(?:[\w.-]+:)?c\s([^>]{0,500}?\bt\s*=\s*["']e["'][^>]{0,500})>(?:\s*<(?:[\w.-]+:)?v>([^<]{0,40}))?"""
)
_ADDRESS = re.compile(rb"""\br\s*=\s*["']\s*\$?([A-Za-z]{1,2})\$?(\d{1,7})""")
_HIDDEN_ROW = re.compile(
    rb"""<(?:[\w.-]+:)?row\s(?=[^>]{0,500}\bhidden\s*=\s*["'](?:1|true)["'])[^>]{0,500}?\br\s*=\s*["'](\d+)"""
)
_HIDDEN_COLUMN = re.compile(
    rb"""<(?:[\w.-]+:)?col\s(?=[^>]{0,500}\bhidden\s*=\s*["'](?:1|true)["'])[^>]{0,500}?\bmin\s*=\s*["'](\d+)"""
)
_EXTERNAL = re.compile(rb"""<[^<>]*TargetMode\s*=\s*["']External["'][^<>]*>""", re.IGNORECASE)


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ARCHIVE = b"PK\x03\x04"
OPEN_TYPE = b"application/vnd.oasis.opendocument.spreadsheet"
NO_VALUE = "#ФОРМУЛА!"  # a formula whose value was never saved
_OPEN_MACROS = ("basic/", "scripts/", "object ", "objectreplacements/")
_OPEN_HIDDEN = re.compile(
    rb"""<table:table-(row|column)\b[^>]{0,500}table:visibility\s*=\s*["'](?:collapse|filter)["']"""
)


class FileError(Exception):
    """The file is not read; the text says why, in Russian."""


def limit() -> None:
    """Hard limits of this process: memory, processor time, no files."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS, PROCESSOR_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def check(content: bytes) -> dict[str, _Rows]:
    """Refuse a hostile or broken archive before anything parses it; what was seen on each part that is a sheet."""
    archive = _archive(content)
    members = archive.infolist()
    _check_members(members, len(content))
    _check_types(archive, {member.filename for member in members})
    return {member.filename: _check_content(archive, member) for member in members}


def _archive(content: bytes) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(BytesIO(content))
    except Exception as error:
        raise FileError("Файл повреждён или передан не полностью: отправьте его ещё раз.") from error


def is_open(content: bytes) -> bool:
    """Whether an archive says of itself that it is a table of OpenDocument."""
    return content[:4] == ARCHIVE and OPEN_TYPE in content[:200]


def check_open(content: bytes) -> bytes:
    """Refuse a hostile or broken table of OpenDocument before anything parses it; gives its content as XML."""
    archive = _archive(content)
    members = archive.infolist()
    _check_members(members, len(content))
    names = {member.filename.casefold() for member in members}
    if any(name.startswith(_OPEN_MACROS) for name in names):
        raise FileError("В книге есть макросы или вложенные файлы: сохраните её без них.")
    for member in members:
        _check_content(archive, member)
    try:
        if b"manifest:encryption-data" in archive.read("META-INF/manifest.xml"):
            raise FileError("Книга защищена паролем: снимите пароль и сохраните её снова.")
        return archive.read("content.xml")
    except KeyError as error:
        raise FileError("Файл повреждён или передан не полностью: отправьте его ещё раз.") from error


def check_old(content: bytes) -> None:
    """Refuse a hostile book of the old format, or what is no book."""
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise FileError("Книга защищена паролем: снимите пароль и сохраните её снова.")
    if "_VBA_PROJECT".encode("utf-16-le") in content:
        raise FileError("В книге есть макросы или элементы управления: сохраните её как «Книга Excel (.xlsx)» без них.")
    if not any(mark.encode("utf-16-le") in content for mark in ("Workbook", "Book")):
        raise FileError("Файл повреждён или это не книга Excel: сохраните её как «Книга Excel (.xlsx)».")


def _check_members(members: list[zipfile.ZipInfo], size: int) -> None:
    if len(members) > MOST_MEMBERS:
        raise FileError(f"В файле больше {MOST_MEMBERS} частей: это не книга обмена.")
    if len({member.filename.casefold() for member in members}) != len(members):
        raise FileError("В файле есть две части с одним именем: он собран не программой Excel.")
    if sum(member.file_size for member in members) > LONGEST_UNPACKED:
        raise FileError(f"В распакованном виде файл больше {LONGEST_UNPACKED >> 20} МБ: разделите книгу на части.")
    end = 0
    for member in sorted(members, key=lambda member: member.header_offset):
        if member.header_offset < end:
            raise FileError("Части файла накладываются одна на другую: он собран не программой Excel.")
        end = member.header_offset + 30 + len(member.orig_filename.encode()) + member.compress_size
        _check_member(member)
    if end > size:
        raise FileError("Файл повреждён или передан не полностью: отправьте его ещё раз.")


def _check_member(member: zipfile.ZipInfo) -> None:
    name = member.filename.casefold().replace("\\", "/")
    if name.startswith("/") or ":" in name or ".." in name.split("/") or "\x00" in member.orig_filename:
        raise FileError("Имена частей файла ведут за его пределы: он собран не программой Excel.")
    if any(mark in name for mark in MACROS):
        raise FileError("В книге есть макросы или элементы управления: сохраните её как «Книга Excel (.xlsx)» без них.")
    if any(mark in name for mark in LINKS):
        raise FileError("В книге есть внешние связи или вложенные файлы: удалите их и сохраните книгу снова.")
    if member.flag_bits & 1:
        raise FileError("Файл зашифрован: снимите пароль и сохраните книгу снова.")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise FileError("Файл сжат необычным способом: он собран не программой Excel.")
    if member.file_size > RATIO_FROM and member.file_size > LONGEST_RATIO * max(member.compress_size, 1):
        raise FileError("Файл сжат подозрительно сильно: он не читается.")


def _check_types(archive: zipfile.ZipFile, names: set[str]) -> None:
    if "[Content_Types].xml" not in names:
        raise FileError("Это архив, а не книга Excel .xlsx.")
    try:
        types = archive.read("[Content_Types].xml")
    except Exception as error:
        raise FileError("Файл повреждён или передан не полностью: отправьте его ещё раз.") from error
    if b"macroenabled" in types.lower():
        raise FileError("Это книга с макросами: сохраните её как «Книга Excel (.xlsx)» без них.")
    if MAIN_TYPE not in types:
        raise FileError("Это не книга Excel .xlsx: сохраните её как «Книга Excel (.xlsx)».")


def _check_content(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> _Rows:
    """Read a part through to its end, checking the sum, and look for what a table has no need of."""
    name = member.filename.casefold()
    is_xml = name.endswith((".xml", ".rels", ".vml"))
    is_sheet = is_xml and "/worksheets/" in name and not name.endswith(".rels")
    rows = _Rows()
    before = b""
    first = True
    try:
        with archive.open(member) as stream:
            while chunk := stream.read(CHUNK):
                if is_xml:
                    if first:
                        _check_encoding(chunk)
                        first = False
                    _check_text(before, chunk, name)
                    if is_sheet:
                        rows.look(before, chunk)
                    before = chunk[-OVERLAP:]
    except FileError:
        raise
    except Exception as error:
        raise FileError("Файл повреждён или передан не полностью: отправьте его ещё раз.") from error
    return rows


def _check_encoding(start: bytes) -> None:
    encoding = _ENCODING.search(start[:1000])
    odd = encoding and encoding[1].lower() not in (b"utf-8", b"utf8", b"us-ascii", b"ascii")
    if odd or b"\x00" in start or start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise FileError("Части файла записаны в необычной кодировке: он собран не программой Excel.")


def _check_text(before: bytes, chunk: bytes, name: str) -> None:
    text = before + chunk
    if b"\x00" in chunk:
        raise FileError("Части файла записаны в необычной кодировке: он собран не программой Excel.")
    if _DECLARATION.search(text):
        raise FileError("В файле есть объявления DOCTYPE или ENTITY: такие файлы не читаются.")
    if name.endswith(".rels"):
        for found in _EXTERNAL.finditer(text):
            if b"/hyperlink" not in found[0] or "workbook" in name:
                raise FileError("В книге есть внешние связи: удалите их и сохраните книгу снова.")


class _Rows:
    """The extent of a sheet, its error cells and what is hidden on it, seen while its text goes by."""

    def __init__(self) -> None:
        self.rows = 0
        self.errors: dict[tuple[int, int], str] = {}
        self.hidden_rows: set[int] = set()
        self.hidden_columns = False

    def look(self, before: bytes, chunk: bytes) -> None:
        edge = len(before)
        text = before + chunk
        for found in _UNSAVED.finditer(text) if b"<f" in text or b":f" in text else ():
            if not _TEXT_FORMULA.search(found[1]):
                self._note_error(found[1], NO_VALUE)
        self.rows += sum(1 for found in _ROW.finditer(text) if found.end() > edge)
        if self.rows > MOST_ROWS:
            raise FileError(_TOO_FAR)
        for found in _ROW_NUMBER.finditer(text, max(0, edge - 600)):
            if len(found[1]) > 7 or int(found[1]) > MOST_ROWS:
                raise FileError(_TOO_FAR)
        for found in _CELL.finditer(text, max(0, edge - 600)):
            if len(found[1]) > 2 or _column(found[1]) > MOST_COLUMNS or len(found[2]) > 7 or int(found[2]) > MOST_ROWS:
                raise FileError(_TOO_FAR)
        if b"hidden" in text:
            self.hidden_rows.update(int(found[1]) for found in _HIDDEN_ROW.finditer(text))
            self.hidden_columns |= bool(_HIDDEN_COLUMN.search(text))
        for found in _ERROR_CELL.finditer(text):
            self._note_error(found[1], (found[2] or b"").decode(errors="replace"))

    def _note_error(self, attributes: bytes, text: str) -> None:
        address = _ADDRESS.search(attributes)
        if address is None:
            raise FileError("В книге есть ошибки Excel без адреса ячейки: откройте и сохраните её в Excel.")
        place = int(address[2]), _column(address[1])
        self.errors[place] = text or self.errors.get(place) or "#ERROR!"
        if len(self.errors) > MOST_ERRORS:
            raise FileError("В книге слишком много ячеек с ошибками Excel: замените их значениями.")


HIDDEN_SHEET = "Лист скрыт: проверьте, нужны ли его данные."
_TOO_FAR = (
    f"На листе больше {MOST_ROWS} строк или {MOST_COLUMNS} столбцов: "
    "удалите пустые строки и столбцы после таблицы и сохраните книгу снова."
)


@lru_cache(maxsize=1 << 10)
def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def parse(content: bytes, seen: dict[str, _Rows]) -> dict[str, Any]:
    """The values of every sheet, empty rows left out, and what of it the sender does not see.

    The library reads an error cell as an empty one, so that a value would be lost unseen: such cells are put back.
    """
    answer = _values(content, "книга Excel")
    parts = _parts(content)
    for title, found in answer["sheets"].items():
        path, visible = parts.get(title, ("", True))
        if path not in seen:
            raise FileError("Листы книги лежат не там, где их хранит Excel: откройте и сохраните её в Excel.")
        part = seen[path]
        _put_errors(found, part.errors)
        if told := _told_hidden(part, visible, {number for number, _ in found}):
            answer["hidden"][title] = told
    return answer


def parse_open(content: bytes, inside: bytes) -> dict[str, Any]:
    """The values of a table of OpenDocument. inside: its content as XML."""
    answer = _values(content, "таблица OpenDocument (.ods)")
    what = {b"row": "строки", b"column": "столбцы"}
    told = dict.fromkeys(what[found[1]] for found in _OPEN_HIDDEN.finditer(inside))
    if told and answer["sheets"]:
        text = f"В книге есть скрытые {' и '.join(told)}: они прочитаны, как и остальные."
        answer["hidden"].setdefault(next(iter(answer["sheets"])), text)
    return answer


def _values(content: bytes, kind: str) -> dict[str, Any]:
    """The values of every sheet and the blocks of its merged cells."""
    from python_calamine import CalamineWorkbook, SheetVisibleEnum

    book = CalamineWorkbook.from_filelike(BytesIO(content))
    answer: dict[str, Any] = {"kind": kind, "sheets": {}, "hidden": {}, "merged": {}}
    for about in book.sheets_metadata:
        sheet = book.get_sheet_by_name(about.name)
        if sheet.end is not None:
            rows, columns = sheet.end[0] + 1, sheet.end[1] + 1
            if rows > MOST_ROWS or columns > MOST_COLUMNS or rows * columns > MOST_CELLS:
                raise FileError(_TOO_FAR)
        found = answer["sheets"][about.name] = []
        for number, row in enumerate(sheet.to_python(skip_empty_area=False), start=1):
            cells = [_plain(value) if value.__class__ is not str else value for value in row]
            if any(cell != "" for cell in cells):
                found.append([number, cells])
        if merged := sheet.merged_cell_ranges:
            answer["merged"][about.name] = sorted([*first, *last] for first, last in merged)
        if about.visible is not SheetVisibleEnum.Visible:
            answer["hidden"][about.name] = HIDDEN_SHEET
    return answer


def _parts(content: bytes) -> dict[str, tuple[str, bool]]:
    """The part of the archive where each sheet lies and whether it is shown, by title."""
    archive = zipfile.ZipFile(BytesIO(content))
    relations = {each.get("Id"): (each.get("Target") or "") for each in _tree(archive, _RELATIONS)}
    found = {}
    for sheet in _tree(archive, "xl/workbook.xml").iter():
        if sheet.tag.rpartition("}")[2] == "sheet":
            key = next((value for name, value in sheet.items() if name.rpartition("}")[2] == "id"), None)
            target = relations.get(key, "")
            path = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            found[sheet.get("name") or ""] = path, sheet.get("state", "visible") == "visible"
    return found


def _tree(archive: zipfile.ZipFile, name: str) -> ElementTree.Element:
    return ElementTree.fromstring(archive.read(name))  # noqa: S314  `check` has refused declarations and entities


def _put_errors(found: list[Any], errors: dict[tuple[int, int], str]) -> None:
    by_number = dict(found)
    for (number, column), text in errors.items():
        if number not in by_number:
            by_number[number] = []
            found.append([number, by_number[number]])
        cells = by_number[number]
        cells.extend([""] * (column - len(cells)))
        cells[column - 1] = text
    found.sort(key=lambda row: row[0])


def _told_hidden(rows: _Rows, visible: bool, filled: set[int]) -> str:
    """What of a sheet its sender does not see, as a sentence."""
    if not visible:
        return HIDDEN_SHEET
    told = []
    if numbers := sorted(rows.hidden_rows & filled):
        listed = ", ".join(map(str, numbers[:10])) + (f" и ещё {len(numbers) - 10}" if len(numbers) > 10 else "")
        told.append(f"скрыты строки {listed}")
    if rows.hidden_columns:
        told.append("скрыты столбцы")
    return f"На листе {' и '.join(told)}: они прочитаны, как и остальные." if told else ""


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return [value.date().isoformat()]
    if isinstance(value, date):
        return [value.isoformat()]
    if isinstance(value, (time, timedelta)):
        return [str(value)]
    return value


def recognised(content: bytes, name: str) -> dict[str, Any]:
    """What a file of any kind that is taken holds."""
    if content[:8] == OLE:
        check_old(content)
        return _of_old_book(content)
    if is_open(content):
        return parse_open(content, check_open(content))
    if content[:4] == ARCHIVE:
        return parse(content, check(content))
    if name.casefold().endswith((".xlsx", ".ods")):
        raise FileError("Это не книга Excel .xlsx.")
    return _of_text(content, name)


def _of_old_book(content: bytes) -> dict[str, Any]:
    """The values of a book of the old format, with what its sender does not see."""
    answer = _values(content, "книга Excel 97–2003 (.xls)")
    for title, found in _beside("oldbooks").hidden(content).items():
        rows = _Rows()
        rows.hidden_rows, rows.hidden_columns = found.rows, found.columns
        if told := _told_hidden(rows, True, {number for number, _ in answer["sheets"].get(title, ())}):
            answer["hidden"].setdefault(title, told)
    return answer


def _beside(name: str) -> Any:
    """A module beside this one, which imports nothing of the application either."""
    sys.dont_write_bytecode = True
    sys.path.append(str(Path(__file__).resolve().parent))
    return importlib.import_module(name)


def _of_text(content: bytes, name: str) -> dict[str, Any]:
    """Tables that are text are read by the module beside this one."""
    texts = _beside("texts")
    try:
        kind, sheets = texts.read(content, name)
    except texts.TextError as error:
        raise FileError(str(error)) from error
    return {
        "kind": kind, "hidden": {}, "sheets": {sheet.title: sheet.rows for sheet in sheets},
        "merged": {sheet.title: sheet.merged for sheet in sheets if sheet.merged},
    }  # fmt: skip


def main() -> None:
    limit()
    content = sys.stdin.buffer.read()
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    try:
        answer = recognised(content, name)
    except FileError as error:
        answer = {"refused": str(error)}
    except BaseException:
        answer = {
            "refused": "Файл не читается как книга Excel: откройте его в Excel и сохраните как «Книга Excel (.xlsx)»."
        }
    sys.stdout.write(json.dumps(answer, ensure_ascii=True, separators=(",", ":")))


if __name__ == "__main__":
    main()
