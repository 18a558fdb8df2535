"""What stopped a request, in words: a full disk, a database that only reads, is busy or does not answer."""

from __future__ import annotations

import enum
import errno
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import psycopg
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError


class Trouble(enum.Enum):
    """A cause that is nobody's mistake: a code for whoever watches the server, a heading, and what it means."""

    DISK = ("disk", "На сервере кончилось место", "На диске сервера нет места для записи. Сообщите администратору.")
    READ_ONLY = (
        "read-only",
        "Запись сейчас закрыта",
        "База данных или папка документов открыта только для чтения. Сообщите администратору.",
    )
    BUSY = ("busy", "База данных занята", "База данных занята другой работой. Повторите через минуту.")
    AWAY = (
        "database",
        "База данных не отвечает",
        "Нет связи с базой данных. Повторите через минуту; если не пройдёт, сообщите администратору.",
    )

    def __init__(self, code: str, title: str, text: str) -> None:
        self.code, self.title, self.text = code, title, text


LEAST_FREE = 64 * 1024 * 1024  # bytes: less does not hold a few scans and the log of the database

SAVED = "Введённое записано. Не удалась только эта страница: откройте запись из меню, повторно отправлять не нужно."
NOT_SAVED = "Ничего не записано."
UNKNOWN_TITLE = "Неизвестно, сохранено ли"
UNKNOWN = (
    "Связь с базой данных прервалась в тот миг, когда она записывала. Неизвестно, сохранено ли: проверьте запись в "
    "списке или отправьте форму ещё раз — если она уже сохранена, второй раз она не запишется."
)


class OutcomeUnknownError(Exception):
    """The connection was lost while a transaction was being committed: it is stored or it is not."""


def of(error: BaseException | None) -> Trouble | None:
    """What an exception, or one behind it, says of the disk and the database; None: neither is to blame."""
    chain = list(_chain(error))
    known = next((found for found in map(_of_one, chain) if found is not None), None)
    return known or (Trouble.AWAY if any(isinstance(one, OperationalError) for one in chain) else None)


def is_full(folder: Path, least: int = LEAST_FREE) -> bool:
    """Whether the disk of a folder, there or still to be made, has less room than this many bytes."""
    there = next(place for place in (folder, *folder.parents) if place.exists())
    return shutil.disk_usage(there).free < least


def is_surely_undone(error: BaseException) -> bool:
    """Whether a failed commit certainly stored nothing: the database itself said no."""
    for one in _chain(error):
        if isinstance(one, sqlite3.Error):
            return _of_sqlite(one) in (Trouble.DISK, Trouble.READ_ONLY, Trouble.BUSY) or isinstance(
                one, sqlite3.IntegrityError
            )
        if isinstance(one, psycopg.Error):
            return one.sqlstate is not None and one.sqlstate[:2] not in ("08", "57")
    return False


def breaks_a_check(error: BaseException) -> bool:
    """Whether the database refused a row for its own values, and not for another row."""
    return any(
        isinstance(one, psycopg.errors.CheckViolation)
        or (isinstance(one, sqlite3.Error) and getattr(one, "sqlite_errorcode", 0) == sqlite3.SQLITE_CONSTRAINT_CHECK)
        for one in _chain(error)
    )


def of_refused_row(error: BaseException) -> str:
    """Why the database refused a row, in words."""
    if breaks_a_check(error):
        return "Такой записи быть не может: её даты или числа противоречат друг другу. Проверьте их."
    return "Такая запись уже есть, или она ссылается на запись, которой нет или которая относится к другой семье."


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = getattr(error, "orig", None) or error.__cause__ or error.__context__


def _of_one(error: BaseException) -> Trouble | None:
    if isinstance(error, sqlite3.Error):
        return _of_sqlite(error)
    if isinstance(error, psycopg.Error):
        return _of_postgres(error)
    if isinstance(error, PoolTimeoutError):
        return Trouble.BUSY
    if isinstance(error, OSError):
        return _OF_FILES.get(error.errno or 0)
    return None


_OF_FILES = {
    errno.ENOSPC: Trouble.DISK,
    errno.EDQUOT: Trouble.DISK,
    errno.EROFS: Trouble.READ_ONLY,
    errno.EACCES: Trouble.READ_ONLY,
}
_OF_SQLITE = {
    sqlite3.SQLITE_FULL: Trouble.DISK,
    sqlite3.SQLITE_READONLY: Trouble.READ_ONLY,
    sqlite3.SQLITE_BUSY: Trouble.BUSY,
    sqlite3.SQLITE_LOCKED: Trouble.BUSY,
}
_OF_STATE = {
    "53100": Trouble.DISK,
    "25006": Trouble.READ_ONLY,
    "53300": Trouble.BUSY,
    "55P03": Trouble.BUSY,
    "40P01": Trouble.BUSY,
    "40001": Trouble.BUSY,
    "57014": Trouble.BUSY,
}


def _of_sqlite(error: sqlite3.Error) -> Trouble | None:
    primary = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF  # the rest of the code tells details
    if primary in _OF_SQLITE:
        return _OF_SQLITE[primary]
    return Trouble.AWAY if isinstance(error, sqlite3.OperationalError | sqlite3.InterfaceError) else None


def _of_postgres(error: psycopg.Error) -> Trouble | None:
    if error.sqlstate in _OF_STATE:
        return _OF_STATE[error.sqlstate]
    return Trouble.AWAY if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError) else None
