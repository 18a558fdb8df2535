"""How the copies of the bank are doing: the last ones, and whether the bank is in danger of being lost."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from flask import current_app
from sqlalchemy import func, select

from app import clock, troubles
from app.domain import backups
from app.extensions import db
from app.models import Backup

LEAST_FREE = 8 * troubles.LEAST_FREE  # bytes: told while there is still room to act
SHOWN = 40

_copy = Backup.__table__


class Danger(NamedTuple):
    """What the first pages say: `grave` is red, the other yellow."""

    text: str
    grave: bool


def last_proved() -> datetime | None:
    """When the last copy was proved."""
    found: datetime | None = db.session.scalar(select(func.max(_copy.c.proved_at)))
    return found


def last_try() -> datetime | None:
    """When a copy was last tried, proved or not."""
    found: datetime | None = db.session.scalar(select(func.max(_copy.c.made_at)))
    return found


def dangers() -> list[Danger]:
    """Why the bank may be lost: no copy of these days, a disk that is nearly full."""
    found = [Danger(text, grave=True) for text in narrow()]
    proved = last_proved()
    if backups.is_endangered(clock.now(), clock.in_utc(proved) if proved is not None else None):
        when = f"Последняя проверенная копия банка – {clock.local(proved):%d.%m.%Y %H:%M}." if proved else (
            "Проверенной копии банка ещё нет.")  # fmt: skip
        found.append(Danger(f"{when} Если диск сервера откажет, введённое после неё пропадёт.", grave=False))
    return found


def narrow() -> list[str]:
    """Where there is hardly any room left: of the database, the papers, the copies."""
    told = []
    for folder in folders():
        if troubles.is_full(folder, LEAST_FREE):
            told.append(f"Диск почти полон: для папки {folder} свободно меньше {LEAST_FREE >> 20} МБ. "
                        "Скоро записать будет некуда.")  # fmt: skip
    return told


def folders() -> list[Path]:
    """The folders that the bank writes to, each once."""
    config, instance = current_app.config, Path(current_app.instance_path)
    named = [instance, Path(config["PAPERS_FOLDER"]), folder()]
    if config["BACKUP_SECOND_FOLDER"]:
        named.append(Path(config["BACKUP_SECOND_FOLDER"]))
    return list(dict.fromkeys(named))


def folder() -> Path:
    """Where copies lie."""
    return Path(current_app.config["BACKUP_FOLDER"] or Path(current_app.instance_path) / "backups")


def free(place: Path) -> int | None:
    """The free bytes of a folder's disk; None: there is no such folder."""
    return shutil.disk_usage(place).free if place.is_dir() else None


def latest() -> list[Backup]:
    """The last copies, the newest first."""
    return list(db.session.scalars(select(Backup).order_by(Backup.id.desc()).limit(SHOWN)))
