"""Files into one stream and out of it again: a tar that is never whole in memory nor on the disk."""

from __future__ import annotations

import hashlib
import os
import re
import tarfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from app.backup import sealing
from app.domain.refusal import Refusal

PIECE = 1 << 20  # bytes read at once
ABOUT, MANIFEST, SETTINGS = "about.json", "manifest.json", "settings.env"
DATABASES = {"sqlite": "database.sqlite", "postgresql": "database.dump"}
PAPERS, KEYS = "papers", "keys"
_NAMES = re.compile(
    rf"{ABOUT}|{MANIFEST}|{SETTINGS}|database\.(sqlite|dump)|{PAPERS}/[0-9a-f]{{2}}/[0-9a-f]{{32}}|{KEYS}/[a-z_]{{1,40}}"
)
CHANGED = "Файл {name} изменился, пока снималась копия. Повторите."
FOREIGN = "В копии лежит посторонний файл: она сделана не этой программой."


@dataclass(frozen=True)
class PackedFile:
    """A file of a copy: its name there, and where its bytes are: on the disk or at hand."""

    name: str
    content: Path | bytes


class Stream:
    """The members as one tar, read piece by piece; `sums` holds the SHA-256 of each that has been read to its end."""

    def __init__(self, members: Iterable[PackedFile], told: Callable[[int], None] = lambda done: None) -> None:
        self.sums: dict[str, str] = {}
        self._told, self._done = told, 0
        self._pieces = self._all(members)
        self._waiting = b""

    def read(self, size: int = -1) -> bytes:
        """At most so many bytes; nothing at the end."""
        while not self._waiting:
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._waiting = piece
        size = len(self._waiting) if size is None or size < 0 else size
        piece, self._waiting = self._waiting[:size], self._waiting[size:]
        return piece

    def _all(self, members: Iterable[PackedFile]) -> Iterator[bytes]:
        for member in members:
            yield from self._one(member)
            self._done += 1
            self._told(self._done)
        yield tarfile.NUL * tarfile.BLOCKSIZE * 2

    def _one(self, member: PackedFile) -> Iterator[bytes]:
        info, digest, left = tarfile.TarInfo(member.name), hashlib.sha256(), 0
        info.mode = 0o600
        if isinstance(member.content, bytes):
            info.size = len(member.content)
            digest.update(member.content)
            yield info.tobuf(tarfile.PAX_FORMAT)
            yield member.content
        else:
            with member.content.open("rb") as file:
                info.size = left = os.fstat(file.fileno()).st_size
                yield info.tobuf(tarfile.PAX_FORMAT)
                while left:
                    piece = file.read(min(PIECE, left))
                    if not piece:
                        raise Refusal(CHANGED.format(name=member.content.name))
                    left -= len(piece)
                    digest.update(piece)
                    yield piece
        if info.size % tarfile.BLOCKSIZE:
            yield tarfile.NUL * (tarfile.BLOCKSIZE - info.size % tarfile.BLOCKSIZE)
        self.sums[member.name] = digest.hexdigest()


def unpack(file: BinaryIO, key: Any, folder: Path, told: Callable[[int], None] = lambda done: None) -> dict[str, str]:
    """Write what a copy holds into a folder; gives the sum of each file. Raises Refusal, OSError."""
    sums: dict[str, str] = {}
    try:
        with sealing.opened(file, key) as stream, tarfile.open(fileobj=stream, mode="r|") as tar:
            for info in tar:
                if not info.isreg() or not _NAMES.fullmatch(info.name) or info.name in sums:
                    raise Refusal(FOREIGN)
                content: Any = tar.extractfile(info)
                sums[info.name] = _written(content, folder / info.name)
                told(len(sums))
    except tarfile.TarError as error:
        raise Refusal(sealing.DAMAGED) from error
    return sums


def _written(content: BinaryIO, path: Path) -> str:
    digest = hashlib.sha256()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        while piece := content.read(PIECE):
            digest.update(piece)
            out.write(piece)
        out.flush()
        os.fsync(out.fileno())
    return digest.hexdigest()


def lasting(path: Path) -> None:
    """Make what a folder lists last a loss of power; some file systems of a network cannot."""
    handle = os.open(path, os.O_RDONLY)
    try:
        with suppress(OSError):
            os.fsync(handle)
    finally:
        os.close(handle)
