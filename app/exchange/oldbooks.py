"""What the sender of a book of Excel 97–2003 (.xls) does not see: its hidden rows and columns.

Loaded by the locked process of `parser` alone, or by tests; it imports nothing of the application. The cells are read
by the library, which does not tell of them; here only the few records that do are looked at, and none is trusted.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

FREE = 0xFFFFFFFA  # numbers of sectors from here on are marks
SHEET, ROW, COLUMNS, END = 0x0085, 0x0208, 0x007D, 0x000A
_HEADER, _ENTRY = 512, 128


class HiddenParts(NamedTuple):
    """Of one sheet: the hidden rows, counted from 1, and whether columns are hidden."""

    rows: set[int]
    columns: bool


def hidden(content: bytes) -> dict[str, HiddenParts]:
    """By the title of a sheet what of it is hidden; nothing if the file does not say it plainly."""
    try:
        stream = _Compound(content).stream("Workbook", "Book")
        sheets = [record for kind, record in _records(stream, 0) if kind == SHEET]
        return {_title(record): _of_sheet(stream, struct.unpack_from("<I", record)[0]) for record in sheets}
    except (struct.error, IndexError, ValueError):
        return {}


def _of_sheet(stream: bytes, start: int) -> HiddenParts:
    rows, columns = set(), False
    for kind, record in _records(stream, start):
        if kind == ROW and struct.unpack_from("<H", record, 12)[0] & 0x20:
            rows.add(struct.unpack_from("<H", record)[0] + 1)
        elif kind == COLUMNS and struct.unpack_from("<H", record, 8)[0] & 1:
            columns = True
    return HiddenParts(rows, columns)


def _records(stream: bytes, start: int) -> Iterator[tuple[int, bytes]]:
    """The records from a place up to the end of their part."""
    while start + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, start)
        if kind == END:
            return
        yield kind, stream[start + 4 : start + 4 + length]
        start += 4 + length


def _title(record: bytes) -> str:
    length, wide = record[6], record[7] & 1
    return record[8 : 8 + length * (1 + wide)].decode("utf-16-le" if wide else "latin-1")


class _Compound:
    """The streams of a file that is a folder of its own (OLE)."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.size = 1 << struct.unpack_from("<H", content, 30)[0]
        self.small = 1 << struct.unpack_from("<H", content, 32)[0]
        first, self.cutoff, small_table = struct.unpack_from("<I4xII", content, 48)
        self.table = self._table()
        self.entries = self._chained(first)
        self.small_table = _numbers(self._chained(small_table)) if small_table < FREE else []

    def _table(self) -> list[int]:
        """Sector → the next one of its chain."""
        parts = [part for part in struct.unpack_from("<109I", self.content, 76) if part < FREE]
        more, count = struct.unpack_from("<II", self.content, 68)
        for _ in range(min(count, 1 << 12)):
            if more >= FREE:
                break
            *found, more = _numbers(self._sector(more))
            parts += [part for part in found if part < FREE]
        return [number for part in parts for number in _numbers(self._sector(part))]

    def _sector(self, number: int) -> bytes:
        start = _HEADER if self.size == _HEADER else self.size
        return self.content[start + number * self.size : start + (number + 1) * self.size]

    def _chained(self, number: int) -> bytes:
        return b"".join(map(self._sector, _chain(self.table, number)))

    def stream(self, *names: str) -> bytes:
        """The first stream of one of the names."""
        whole = b""
        for place in range(len(self.entries) // _ENTRY):
            entry = self.entries[place * _ENTRY : (place + 1) * _ENTRY]
            length, kind = struct.unpack_from("<HB", entry, 64)
            start, size = struct.unpack_from("<II", entry, 116)
            name = entry[: max(0, length - 2)].decode("utf-16-le")
            if kind == 5:
                whole = self._chained(start)
            elif name in names and size >= self.cutoff:
                return self._chained(start)[:size]
            elif name in names:
                parts = (whole[at * self.small : (at + 1) * self.small] for at in _chain(self.small_table, start))
                return b"".join(parts)[:size]
        raise ValueError("no book")


def _numbers(part: bytes) -> list[int]:
    return list(struct.unpack(f"<{len(part) // 4}I", part[: len(part) // 4 * 4]))


def _chain(table: list[int], number: int) -> Iterator[int]:
    """The sectors of a chain; one that turns back upon itself ends."""
    for _ in range(len(table)):
        if number >= FREE:
            return
        yield number
        number = table[number]
