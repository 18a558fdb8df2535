"""Makes a copy of the bank and proves it: encrypted while it is read, never half under its name, restored on trial."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy import inspect, make_url, select
from sqlalchemy.engine import URL

from app import access, clock, troubles
from app.backup import archive, beside, picture, sealing, stores
from app.backup.archive import ABOUT, DATABASES, KEYS, MANIFEST, SETTINGS, PackedFile
from app.domain import backups
from app.domain.refusal import Refusal
from app.extensions import db
from app.journal import chain
from app.services import papers

Told = Callable[[str], None]

NO_FOLDER = "Папки для копий {path} нет: подключите её диск или исправьте {setting}."
CLOSED = "В папку для копий {path} нельзя писать: проверьте её владельца и права."
BUSY = "Копия уже делается: дождитесь её."
NO_ROOM = "Для копии мало места: на диске {path} свободно {free} МБ, а нужно около {needed} МБ."
NOT_PROVED = "Копия сделана, но по ней не удалось восстановить банк: {said}"
SHOWN = 5  # faults of one kind that are told
TEMPORARY = "copying-"  # how the folders begin in which a copy lies open while it is made or tried


@dataclass
class Made:
    """A copy that was made: its file, and what restoring it on trial has shown."""

    path: Path
    second: Path | None = None
    size: int = 0
    sha256: str = ""
    seconds: int = 0
    families: int = 0
    papers: int = 0
    lost: int = 0
    faults: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def make(out: Path | None = None, told: Told = lambda stage: None) -> Made:
    """Make a copy in a folder, the usual one if none is named, and prove it. Raises Refusal, OSError.

    The session's transaction is ended first; nothing is written to the bank.
    """
    keys = sealing.keys_of(current_app.config)
    with alone():
        _sweep()
        folder = folder_for(out)
        _check_room(folder)
        with tempfile.TemporaryDirectory(prefix=TEMPORARY, dir=current_app.instance_path) as temporary:
            made, key = _write(folder, Path(temporary), keys, told)
            told("Пробное восстановление")
            _prove(made, key, Path(temporary) / "trial")
        if made.faults:
            return made
        if out is None:
            _copy_again(made)
            told("Удаление старых копий")
            for each in {folder, *([made.second.parent] if made.second else [])}:
                _drop_old(each)
    return made


@contextmanager
def alone() -> Iterator[None]:
    """Let one process of this machine at a time make or restore a copy. Raises Refusal."""
    path = Path(current_app.instance_path) / "copying.lock"
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Refusal(BUSY) from error
        yield


def _sweep() -> None:
    """Whoever was killed while copying has left an open copy behind."""
    for left in Path(current_app.instance_path).glob(f"{TEMPORARY}*"):
        shutil.rmtree(left, ignore_errors=True)


def folder_for(out: Path | None) -> Path:
    """The folder of copies, made only where it is our own. Raises Refusal."""
    configured = current_app.config["BACKUP_FOLDER"]
    folder = out or Path(configured or Path(current_app.instance_path) / "backups")
    if out is None and not configured:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    check_folder(folder, "BACKUP_FOLDER" if out is None else "--out")
    return folder


def check_folder(folder: Path, setting: str) -> None:
    """Refuse a folder that is not there or is closed: a disk that is not mounted must not look like a copy."""
    if not folder.is_dir():
        raise Refusal(NO_FOLDER.format(path=folder, setting=setting))
    if not os.access(folder, os.W_OK | os.X_OK):
        raise Refusal(CLOSED.format(path=folder))


def _check_room(folder: Path) -> None:
    """Refuse what would fill a disk: the copy where it will lie, and the open one beside the bank."""
    papers_size = sum(path.stat().st_size for path in Path(current_app.config["PAPERS_FOLDER"]).glob("*/*"))
    database = db.engine.url.database or ""
    own = Path(database).stat().st_size if db.engine.dialect.name == "sqlite" and Path(database).exists() else 0
    instance = Path(current_app.instance_path)
    needed = {folder: papers_size + own, instance: papers_size + 2 * own}
    if os.stat(folder).st_dev == os.stat(instance).st_dev:
        needed = {instance: 2 * papers_size + 3 * own}
    for place, size in needed.items():
        free = shutil.disk_usage(place).free
        if free < size + troubles.LEAST_FREE:
            told = NO_ROOM.format(path=place, free=free >> 20, needed=(size + troubles.LEAST_FREE) >> 20)
            raise Refusal(told)


def _write(folder: Path, temporary: Path, keys: sealing.Keys, told: Told) -> tuple[Made, Any]:
    """Write the copy under its name, whole; gives the key that opens it."""
    moment = clock.local(clock.now())
    path = folder / backups.file_name(moment)
    part = path.with_name(f"{path.name}.part")
    kind = db.engine.dialect.name
    dump = temporary / DATABASES[kind]
    with access.unrestricted(), _one_picture():
        told("Снимок базы")
        stores.copy(db.session.connection(), dump)
        told("Счёт записей")
        manifest: dict[str, Any] = picture.taken(moment.date())
        about = {"format": 1, "made_at": moment.isoformat(), "database": kind, "revision": picture.revision(),
                 "program": picture.PROGRAM}  # fmt: skip
        scans, lost = _scans()
    manifest["lost"] = lost
    stream = archive.Stream(_members(about, dump, scans, manifest), lambda done: told(f"Запись копии: файлов {done}"))
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            manifest["files"] = stream.sums
            key = sealing.seal(stream, file, keys)
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
    finally:
        part.unlink(missing_ok=True)
    archive.lasting(folder)
    dump.unlink()
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Made(path, size=path.stat().st_size, sha256=digest, lost=len(lost)), key


@contextmanager
def _one_picture() -> Iterator[None]:
    """Let every statement of a block, and the copy itself, see the bank as of one moment; hold nobody up."""
    db.session.rollback()
    postgres = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    connection = db.session.connection(execution_options={} if db.engine.dialect.name == "sqlite" else postgres)
    connection.exec_driver_sql("SELECT count(*) FROM alembic_version")  # the moment is that of the first statement
    try:
        yield
    finally:
        db.session.rollback()


def _scans() -> tuple[dict[str, Path], list[str]]:
    """The files that rows name, by their names in the copy, and the names of those that are lost already."""
    folder = Path(current_app.config["PAPERS_FOLDER"])
    found, lost = {}, []
    there = set(inspect(db.session.connection()).get_table_names())  # an older bank has fewer
    for entity in papers.scanned():
        if entity.__tablename__ not in there:
            continue
        table = entity.__table__.c
        for key in db.session.connection().scalars(select(table.key).order_by(table.id)):
            path = folder / key[:2] / key
            if path.is_file():
                found[f"{archive.PAPERS}/{key[:2]}/{key}"] = path
            else:
                lost.append(key)
    return found, lost


def _members(
    about: dict[str, Any], dump: Path, scans: dict[str, Path], manifest: dict[str, Any]
) -> Iterator[PackedFile]:
    """The files of a copy in their order; what was counted comes last, with the sums of all before it."""
    yield PackedFile(ABOUT, _json(about))
    yield PackedFile(SETTINGS, settings_text().encode())
    for name, path in kept_keys().items():
        yield PackedFile(f"{KEYS}/{name}", path)
    yield PackedFile(dump.name, dump)
    for name, path in scans.items():
        yield PackedFile(name, path)
    yield PackedFile(MANIFEST, _json({**manifest, "files": dict(manifest["files"])}))


def kept_keys() -> dict[str, Path]:
    """The files without which a restored bank is not whole, by their names."""
    folder = Path(current_app.instance_path) / "keys"
    return {path.name: path for path in sorted(folder.glob("*")) if path.is_file()} if folder.is_dir() else {}


def settings_text() -> str:
    """The settings this bank runs with, as they would stand in the environment; secrets of the copies left out."""
    from config import NAMES

    lines = [f"{name}={value}" for name in NAMES if (value := os.environ.get(name)) is not None]
    return "\n".join([*lines, ""])


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, default=str).encode()


# Proving


def _prove(made: Made, key: Any, folder: Path) -> None:
    """Restore the file as it lies in its folder into a temporary place, and compare what is there with what was."""
    begun = time.monotonic()
    try:
        with made.path.open("rb") as file:
            sealing.skip_head(file)
            sums = archive.unpack(file, key, folder)
        made.faults, manifest = looked_into(folder, sums)
        made.families, made.papers = manifest["families"], sum(name.startswith("papers/") for name in sums)
    except Refusal as refusal:
        made.faults = [refusal.text]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    made.seconds = max(1, round(time.monotonic() - begun))
    if made.lost:
        made.warnings.append(f"Сканов без файла было уже в банке: {made.lost}.")


def looked_into(folder: Path, sums: dict[str, str]) -> tuple[list[str], dict[str, Any]]:
    """What is wrong with an unpacked copy, and what its own list says it holds. Raises Refusal."""
    about, manifest = read(folder)
    own = {name: digest for name, digest in sums.items() if name != MANIFEST}
    faults = [f"Файл {name} не тот, что был записан." for name in sorted(own.keys() | manifest["files"].keys())
              if own.get(name) != manifest["files"].get(name)]  # fmt: skip
    if faults:
        return faults, manifest
    with database_of(folder, about) as url, beside.bank(url, folder):
        faults = stores.faults(db.session.connection())
        if picture.is_current():
            faults += islice(chain.faults(folder), SHOWN)
        now = picture.taken(date.fromisoformat(manifest["on"]))
        faults += picture.differences(manifest, now)
        scans, lost = _scans()
        if sorted(lost) != sorted(manifest["lost"]) or scans.keys() != {n for n in own if n.startswith("papers/")}:
            faults.append("Сканы копии – не те, что названы в её базе.")
    return faults, manifest


def read(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """What an unpacked copy says of itself, and what it lists. Raises Refusal."""
    try:
        about = json.loads((folder / ABOUT).read_bytes())
        manifest = json.loads((folder / MANIFEST).read_bytes())
        if about["format"] != 1 or not (folder / DATABASES[about["database"]]).is_file():
            raise KeyError
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Refusal(sealing.DAMAGED) from error
    return about, manifest


@contextmanager
def database_of(folder: Path, about: dict[str, Any]) -> Iterator[URL]:
    """The database of an unpacked copy, to be asked; on Postgres it is restored for the while. Raises Refusal."""
    dump = folder / DATABASES[about["database"]]
    if about["database"] == "sqlite":
        yield make_url(f"sqlite:///{dump}")
        return
    with stores.on_trial(db.engine.url, dump) as url:
        yield url


# The folders


def _copy_again(made: Made) -> None:
    """Copy the file into the second folder; what hinders that is told, and the first copy stands."""
    configured = current_app.config["BACKUP_SECOND_FOLDER"]
    if not configured:
        return
    second = Path(configured)
    path = second / made.path.name
    part = path.with_name(f"{path.name}.part")
    try:
        check_folder(second, "BACKUP_SECOND_FOLDER")
        with made.path.open("rb") as source, part.open("wb") as out:
            shutil.copyfileobj(source, out, archive.PIECE)
            out.flush()
            os.fsync(out.fileno())
        with part.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != made.sha256:
                raise Refusal(f"Во второй папке {second} записалось не то, что в первой: проверьте её диск.")
        part.rename(path)
        archive.lasting(second)
        made.second = path
    except Refusal as refusal:
        made.warnings.append(refusal.text)
    except OSError as error:
        made.warnings.append(f"Во вторую папку {second} копия не записана: {error.strerror}.")
    finally:
        if second.is_dir():
            part.unlink(missing_ok=True)


def _drop_old(folder: Path) -> None:
    """Remove the copies whose time is over, and what a killed process left half."""
    for name in backups.superfluous(path.name for path in folder.iterdir()):
        (folder / name).unlink(missing_ok=True)
    for part in folder.glob(f"patronat-*{backups.SUFFIX}.part"):
        part.unlink(missing_ok=True)
