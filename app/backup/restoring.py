"""Puts a bank from a copy into the place of the one that is there, which is kept aside.

The copy is unpacked, proved and brought to the version of the program beside the bank; then it takes its place by a few
renames that are written down first: whoever is killed among them, the next start goes on.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import current_app
from flask_migrate import upgrade
from sqlalchemy import delete, inspect, make_url, update
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError

from app import access, acts, clock, journal, troubles
from app.backup import archive, beside, making, picture, sealing, stores
from app.backup.archive import KEYS, PAPERS, SETTINGS
from app.domain import backups
from app.domain.refusal import Refusal
from app.domain.terms import Act, JobState
from app.extensions import begin_writing, db
from app.journal.chain import ANCHORS
from app.models import Family, Job, UserSession
from app.services import destruction, installation, papers
from app.services.destruction import ToldAct

PLAN = "restoring.json"
UNDER = "restoring-"  # how the folder begins in which a copy lies open until it takes its place
BARE = 4096  # bytes of an SQLite file without a table
NO_FILE = "Файла {path} нет или он не читается: {reason}."
WHY = {errno.ENOENT: "его нет в этой папке", errno.EISDIR: "это папка", errno.EACCES: "нет прав на чтение"}
NEWER = "Копия сделана программой новее этой: обновите программу, потом восстанавливайте."
OTHER_KIND = "Копия сделана с базы {theirs}, а этот банк – {ours}: задайте DATABASE_URL такой же базы, как была."
NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
SERVING = "Сервер работает: остановите его (systemctl stop patronat) и повторите."
NO_ROOM = "Мало места, чтобы развернуть копию: на диске {path} свободно {free} МБ, а нужно около {needed} МБ."
NOT_WHOLE = "Копия не годится, банк остался прежним. {said}"


@dataclass
class PreparedCopy:
    """A copy that stands beside the bank, proved; what it is, and what it will replace."""

    folder: Path
    stamp: str
    about: dict[str, Any]
    manifest: dict[str, Any]
    fresh: URL
    replaces: int | None
    settings: Path | None = None


@dataclass
class Restored:
    """What was put in place, and where what was there lies now."""

    families: int
    made_at: str
    aside: list[str]
    settings: Path | None


def settle(instance: Path, url: str) -> bool:
    """Finish a restoring that was killed among its renames; whether there was one. Called before the bank is opened."""
    path = instance / PLAN
    if not path.is_file():
        return False
    _carry_out(json.loads(path.read_text(encoding="utf-8")), make_url(url))
    path.unlink()
    archive.lasting(instance)
    return True


@contextmanager
def prepared(path: Path, *, phrase: str, identity: str) -> Iterator[PreparedCopy]:
    """Unpack and prove a copy beside the bank; what a block does not put in place is gone. Raises Refusal, OSError."""
    with making.alone(), served_by_nobody():
        instance = Path(current_app.instance_path)
        for left in instance.glob(f"{UNDER}*"):
            shutil.rmtree(left, ignore_errors=True)
        stamp = backups.stamp(clock.local(clock.now()))
        folder = instance / f"{UNDER}{stamp}"
        fresh: URL | None = None
        try:
            sums = _unpacked(path, folder, phrase, identity)
            about, manifest = making.read(folder)
            _check_kind(about)
            faults, _list = making.looked_into(folder, sums)
            if faults:
                raise Refusal(NOT_WHOLE.format(said=" ".join(faults[:3])))
            fresh = _fresh(folder, about, stamp)
            _bring_up(fresh, folder, about, _told_acts(path))
            yield PreparedCopy(folder, stamp, about, manifest, fresh, families_here())
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            if fresh is not None and fresh.get_backend_name() != "sqlite":
                with suppress(Refusal):
                    stores.drop(fresh)


def _unpacked(path: Path, folder: Path, phrase: str, identity: str) -> dict[str, str]:
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            key = sealing.unlocked(file, phrase, identity)
            free = shutil.disk_usage(current_app.instance_path).free
            if free < 2 * size + troubles.LEAST_FREE:
                needed = (2 * size + troubles.LEAST_FREE) >> 20
                raise Refusal(NO_ROOM.format(path=current_app.instance_path, free=free >> 20, needed=needed))
            return archive.unpack(file, key, folder)
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        if error.filename and Path(error.filename) != path:
            raise
        raise Refusal(_unreadable(path, error)) from error


def _unreadable(path: Path, error: OSError) -> str:
    return NO_FILE.format(path=path, reason=WHY.get(error.errno or 0, error.strerror))


def needs_passphrase(path: Path) -> bool:
    """Whether a copy is opened by a passphrase. Raises Refusal."""
    try:
        with path.open("rb") as file:
            return sealing.has_passphrase(file)
    except OSError as error:
        raise Refusal(_unreadable(path, error)) from error


@contextmanager
def served_by_nobody() -> Iterator[None]:
    """Refuse while the server lives, and let none begin meanwhile: it holds the same lock (gunicorn.conf.py)."""
    with (Path(current_app.instance_path) / "serving.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Refusal(SERVING) from error
        yield


def _check_kind(about: dict[str, Any]) -> None:
    ours = db.engine.dialect.name
    if about["database"] != ours:
        raise Refusal(OTHER_KIND.format(theirs=NAMES[about["database"]], ours=NAMES[ours]))
    script = picture.migrations()
    known = {revision.revision for revision in script.walk_revisions()}
    if not set(filter(None, about["revision"].split(", "))) <= known:
        raise Refusal(NEWER)


def _fresh(folder: Path, about: dict[str, Any], stamp: str) -> URL:
    """The database that will take the place: SQLite's file as it lies, or one restored on the server."""
    dump = folder / archive.DATABASES[about["database"]]
    if about["database"] == "sqlite":
        return make_url(f"sqlite:///{dump}")
    url = db.engine.url
    return stores.make_beside(url, dump, f"{(url.database or 'patronat')[:30]}_restored_{_plain(stamp)}")


def _plain(stamp: str) -> str:
    return stamp.replace("-", "")


def _bring_up(fresh: URL, folder: Path, about: dict[str, Any], told: list[ToldAct]) -> None:
    """Bring the copy to the version of the program; sign everybody out, stop what was asked, and note it."""
    with beside.bank(fresh, folder):
        upgrade()
        begin_writing()
        installation.install()
        db.session.execute(delete(UserSession))
        stopped = {"state": JobState.CANCELLED, "ended_at": clock.now(), "cancel_asked": True}
        db.session.execute(update(Job).where(Job.ended_at.is_(None)).values(stopped))
        again = destroyed_again(told)
        journal.write([journal.entry(Act.RESTORED, summary=f"Банк восстановлен из копии от {about['made_at'][:16]}")])
        acts.commit()
        if again:
            stores.written_anew()
        elif fresh.get_backend_name() == "sqlite":
            db.session.remove()
            with db.engine.connect() as connection:
                connection.exec_driver_sql("COMMIT")
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
                connection.exec_driver_sql("BEGIN")


def _told_acts(path: Path) -> list[ToldAct]:
    """The acts of destruction that are written down beside the bank, beside its copies and beside this one."""
    return destruction.read_record([Path(current_app.instance_path), path.parent, *destruction.folders_of_copies()])


def destroyed_again(told: list[ToldAct]) -> int:
    """Destroy once more what a copy has brought back of cases that were destroyed since; gives by how many acts.

    The bank of this application is asked, and the store of its papers; the caller commits.
    """
    again = destruction.not_carried_out(told)
    for act in again:
        row = destruction.again(act, clock.today())
        papers.remove(row.files.splitlines())
        row.files, row.wiped_at = "", clock.now()
        journal.write([journal.entry(Act.DESTROYED, entity="Destruction", entity_id=row.id,
                                     summary=f"Повторно, после восстановления из копии: {row}")])  # fmt: skip
    return len(again)


def families_here() -> int | None:
    """The families of the bank that is in place; None: there is no bank, or it cannot be read."""
    try:
        with access.unrestricted():
            if Family.__tablename__ not in inspect(db.engine).get_table_names():
                return None
            return db.session.query(Family).count()
    except SQLAlchemyError:
        return None
    finally:
        with suppress(SQLAlchemyError):
            db.session.rollback()
        db.session.remove()
        db.engine.dispose()


def put_in_place(copy: PreparedCopy) -> Restored:
    """Let a prepared copy take the place of the bank; what was there stays aside. Raises Refusal, OSError."""
    instance, papers = Path(current_app.instance_path), Path(current_app.config["PAPERS_FOLDER"])
    aside = f"replaced-{copy.stamp}"
    url = db.engine.url
    moves: list[tuple[str, str]] = []
    kept: list[str] = []
    if copy.about["database"] == "sqlite":
        place = Path(url.database or "")
        for suffix in ("", "-wal", "-shm"):
            moves.append((f"{place}{suffix}", f"{place}.{aside}{suffix}"))
        moves.append((str(copy.fresh.database), str(place)))
        kept.append(f"{place}.{aside}")
    else:
        kept.append(f"база {url.database}_{_plain(aside)}")
    unpacked = _beside_its_place(copy.folder / PAPERS, papers, copy.stamp)
    moves += [(str(papers), f"{papers}.{aside}"), (str(unpacked), str(papers))]
    kept.append(f"{papers}.{aside}")
    if (copy.folder / KEYS).is_dir():
        moves += [
            (str(instance / KEYS), str(instance / f"{KEYS}.{aside}")),
            (str(copy.folder / KEYS), str(instance / KEYS)),
        ]
    moves.append((str(instance / ANCHORS), str(instance / f"{ANCHORS}.{aside}")))
    moves.append((str(copy.folder / SETTINGS), str(instance / f"settings.restored-{copy.stamp}.env")))
    plan: dict[str, Any] = {"moves": moves, "database": None}
    if copy.about["database"] != "sqlite":
        plan["database"] = [copy.fresh.database, f"{url.database}_{_plain(aside)}"]
    db.session.remove()
    db.engine.dispose()
    _write_down(instance / PLAN, plan)
    settle(instance, url.render_as_string(hide_password=False))
    _drop_bare(Path(kept[0]))
    settings = instance / f"settings.restored-{copy.stamp}.env"
    there = [each for each in kept if each.startswith("база") or Path(each).exists()]
    return Restored(copy.manifest["families"], copy.about["made_at"], there, settings if settings.exists() else None)


def _drop_bare(place: Path) -> None:
    """What was opened and never given a table is no bank to be kept; SQLite has made it one page long."""
    if place.is_file() and place.stat().st_size <= BARE:
        for suffix in ("", "-wal", "-shm"):
            Path(f"{place}{suffix}").unlink(missing_ok=True)


def put_back(before: Path, stamp: str) -> None:
    """Let a copy of the database alone take its place again; the other one stays aside. Raises Refusal, OSError."""
    instance, url = Path(current_app.instance_path), db.engine.url
    aside = f"failed-{stamp}"
    db.session.remove()
    db.engine.dispose()
    plan: dict[str, Any] = {"moves": [], "database": None}
    if url.get_backend_name() == "sqlite":
        place = url.database or ""
        plan["moves"] = [(f"{place}{suffix}", f"{place}.{aside}{suffix}") for suffix in ("", "-wal", "-shm")]
        plan["moves"].append((str(before), place))
    else:
        fresh = stores.make_beside(url, before, f"{(url.database or 'patronat')[:30]}_before_{_plain(stamp)}")
        plan["database"] = [fresh.database, f"{url.database}_{_plain(aside)}"]
    _write_down(instance / PLAN, plan)
    settle(instance, url.render_as_string(hide_password=False))


def _beside_its_place(unpacked: Path, papers: Path, stamp: str) -> Path:
    """The papers on the disk where they will lie: another disk than the bank's is copied to first."""
    beside_it = papers.with_name(f"{papers.name}.restored-{stamp}")
    papers.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not unpacked.is_dir():
        beside_it.mkdir(mode=0o700)
    elif os.stat(unpacked).st_dev == os.stat(papers.parent).st_dev:
        unpacked.rename(beside_it)
    else:
        try:
            shutil.copytree(unpacked, beside_it)
        except BaseException:
            shutil.rmtree(beside_it, ignore_errors=True)
            raise
    return beside_it


def _write_down(path: Path, plan: dict[str, Any]) -> None:
    part = path.with_name(f"{path.name}.part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(plan, file, ensure_ascii=False)
        file.flush()
        os.fsync(file.fileno())
    part.rename(path)
    archive.lasting(path.parent)


def _carry_out(plan: dict[str, Any], url: URL) -> None:
    """Each step is made if it was not made yet: what it moves is there, and the place is free."""
    if plan["database"]:
        stores.swap(url, *plan["database"])
    for source, target in ((Path(source), Path(target)) for source, target in plan["moves"]):
        if source.exists() and not target.exists():
            source.rename(target)
            archive.lasting(target.parent)
