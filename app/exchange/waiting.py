"""Workbooks between their preview and their application: kept outside the web root, for an hour, for who sent them."""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from flask import current_app

from app.clock import now
from app.words import short

LIFE_SECONDS = 3600
UNDERSTOOD = ".understood"  # how the file ends that keeps what a book is understood to say
GONE = (
    "Эта книга уже загружена или ждала больше часа: откройте её ещё раз. "
    "Повторная загрузка той же книги ничего не меняет."
)
_KEY = re.compile(r"[A-Za-z0-9_-]{20,60}")


@dataclass(frozen=True)
class WaitingBook:
    """A workbook that waits: its bytes, and what its file was called."""

    key: str
    name: str
    content: bytes


def keep(content: bytes, name: str, user_id: int) -> str:
    """Put a workbook by; gives the key that only its sender's browser knows."""
    _forget_old()
    key = secrets.token_urlsafe(24)
    path = _path(key)
    _write(path, content)
    _write(path.with_suffix(".json"), json.dumps({"name": short(name, 200), "user_id": user_id}).encode())
    return key


def find(key: str, user_id: int) -> WaitingBook | None:
    """A workbook put by earlier; None if it is another person's, too old or gone."""
    _forget_old()
    if not _KEY.fullmatch(key):
        return None
    path = _path(key)
    try:
        told = json.loads(path.with_suffix(".json").read_bytes())
        if told["user_id"] != user_id:
            return None
        return WaitingBook(key, told["name"], path.read_bytes())
    except (OSError, ValueError, KeyError):
        return None


def said(key: str, user_id: int) -> dict[str, str]:
    """What was answered about a workbook that waits; nothing if it is another person's or gone."""
    if not _KEY.fullmatch(key):
        return {}
    try:
        told = json.loads(_path(key).with_suffix(".json").read_bytes())
    except (OSError, ValueError):
        return {}
    return dict(told.get("said", {})) if told.get("user_id") == user_id else {}


def say(key: str, user_id: int, answers: dict[str, str]) -> None:
    """Keep what is answered about a workbook that waits, beside it."""
    if (found := find(key, user_id)) is not None:
        path = _path(key).with_suffix(".json")
        told = {"name": found.name, "user_id": user_id, "said": {**said(key, user_id), **answers}}
        written = path.with_suffix(f".{secrets.token_hex(4)}")
        _write(written, json.dumps(told).encode())
        written.replace(path)
        for each in (path, _path(key)):
            os.utime(each)


def keep_understood(key: str, user_id: int, answers: Mapping[str, str], book: Mapping[str, Any]) -> None:
    """Keep what the page shows of a hand-made book, as it is understood with some answers, beside it."""
    if find(key, user_id) is not None:
        path = _path(key).with_suffix(UNDERSTOOD)
        written = path.with_suffix(f".{secrets.token_hex(4)}")
        _write(written, json.dumps({"said": dict(answers), "book": book}).encode())
        written.replace(path)


def understood(key: str, user_id: int) -> dict[str, Any] | None:
    """What the page shows of a workbook that waits, if it was understood with all that is answered about it."""
    if find(key, user_id) is None:
        return None
    try:
        told = json.loads(_path(key).with_suffix(UNDERSTOOD).read_bytes())
    except (OSError, ValueError):
        return None
    return dict(told["book"]) if told["said"] == said(key, user_id) else None


def drop(key: str) -> None:
    """Forget a workbook."""
    if _KEY.fullmatch(key):
        for path in (_path(key), _path(key).with_suffix(".json"), _path(key).with_suffix(UNDERSTOOD)):
            path.unlink(missing_ok=True)


def drop_before(moment: datetime) -> None:
    """Forget the workbooks that were brought before a moment: what they tell of was destroyed since."""
    for path in _folder().iterdir():
        if path.stat().st_mtime <= moment.timestamp():
            path.unlink(missing_ok=True)


def _folder() -> Path:
    folder = Path(current_app.instance_path) / "exchange"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _path(key: str) -> Path:
    """The file of a key: whoever sees the folder does not learn the key."""
    return _folder() / f"{sha256(key.encode()).hexdigest()}.xlsx"


def _write(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)


def _forget_old() -> None:
    oldest = now().timestamp() - LIFE_SECONDS
    for path in _folder().iterdir():
        try:
            if path.stat().st_mtime < oldest:
                path.unlink(missing_ok=True)
        except FileNotFoundError:
            continue
