"""How the bank is kept: its settings and files, its copies, the chain of its journal, what waits to be done."""

from __future__ import annotations

import importlib.metadata
import re
import sys
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

from flask import current_app
from sqlalchemy import func, select

from app import clock, words
from app.domain import backups as rules
from app.domain.terms import JobState
from app.extensions import db
from app.journal import chain
from app.models import Destruction, Job, JournalEntry
from app.readings import working_days
from app.services import backups, destruction, submissions

ROOT = Path(__file__).resolve().parents[2]
LONGEST_WAIT = timedelta(hours=1)  # of a job that nobody does
UNSEALED = timedelta(hours=1)  # of an entry that the server has not sealed
OLDEST_PYTHON = (3, 11)

_job, _entry = Job.__table__, JournalEntry.__table__


def settings(_today: date) -> Iterator[str]:
    """The bank is served as it must be on a server: over https or knowingly without, under its own names."""
    config = current_app.config
    if config["LOCAL"]:
        return
    if config["DEBUG"]:
        yield "Включена отладка: страницы ошибок показывают программу изнутри."
    if not config["HTTPS"]:
        yield "Сервер работает без https: пароли идут по сети открыто."
    if not set(config["TRUSTED_HOSTS"]) - {"localhost", "127.0.0.1", "[::1]"}:
        yield "TRUSTED_HOSTS не назван: сервер отвечает только на имя localhost."
    if not (config["BACKUP_PASSPHRASE"] or config["BACKUP_PASSPHRASE_FILE"] or config["BACKUP_KEEPERS"]):
        yield "Копии нечем закрыть: не задан ни пароль, ни ключи хранителей, и копии не делаются."
    if config["BACKUP_AT"] is None:
        yield "BACKUP_AT пуст: ночных копий нет."


def permissions_of_files(_today: date) -> Iterator[str]:
    """What holds the bank is read by the server alone."""
    if current_app.config["LOCAL"]:
        return
    instance = Path(current_app.instance_path)
    database = db.engine.url.database if db.engine.dialect.name == "sqlite" else None
    named = [instance, Path(current_app.config["PAPERS_FOLDER"]), *([Path(database)] if database else []),
             *(instance / "keys").glob("*"), *instance.glob("*.db*")]  # fmt: skip
    for path in dict.fromkeys(named):
        if path.exists() and path.stat().st_mode & 0o077:
            yield f"{path} открыт другим пользователям сервера (права {path.stat().st_mode & 0o777:o})."


def copies(_today: date) -> Iterator[str]:
    """The last proved copy is fresh. A bank of today may have none yet."""
    first = db.session.connection().scalar(select(func.min(_entry.c.at)))
    if first is None or clock.now() - clock.in_utc(first) < rules.OLDEST_PROVED:
        return
    yield from (danger.text for danger in backups.dangers() if not danger.grave)


def chain_of_journal(_today: date) -> Iterator[str]:
    """No entry of the journal was changed, removed or cut off since it was sealed, and the server goes on sealing."""
    yield from chain.faults(Path(current_app.instance_path))
    sealed = chain.head().last
    if not sealed:  # a bank that has not been served yet
        return
    oldest = select(func.min(_entry.c.at)).where(_entry.c.id > sealed)
    waiting = db.session.connection().scalar(oldest)
    if waiting is not None and clock.now() - clock.in_utc(waiting) > UNSEALED:
        yield f"Записи журнала с {words.moment(clock.local(waiting))} не запечатаны: сервер заданий не работает."


def jobs(_today: date) -> Iterator[str]:
    """What people asked of the server is being done."""
    waits = select(func.count(), func.min(_job.c.asked_at)).where(_job.c.state == JobState.WAITING)
    count, oldest = db.session.connection().execute(waits).one()
    if count and clock.now() - clock.in_utc(oldest) > LONGEST_WAIT:
        yield f"Заданий в очереди: {count}, первое ждёт с {words.moment(clock.local(oldest))}."


def destroyed_cases(today: date) -> Iterator[str]:
    """What was destroyed by an act is gone: from the bank, from the disk, and in its time from the copies."""
    folders = [Path(current_app.instance_path), *destruction.folders_of_copies()]
    for act in destruction.not_carried_out(destruction.read_record(folders)):
        yield f"Акт № {act.title}: его дела снова в банке, восстановленном из старой копии."
    for row in db.session.scalars(select(Destruction).where(Destruction.destroyed_at.is_not(None))):
        moment = clock.in_utc(row.destroyed_at or clock.now())
        if row.wiped_at is None and clock.now() - moment > LONGEST_WAIT:
            yield f"{row}: файл базы не очищен с {words.moment(clock.local(moment))}."
        for folder in folders[1:] if row.copies_until is not None and row.copies_until < today else ():
            for path in folder.glob(f"*{rules.SUFFIX}"):
                made = rules.moment_of(path.name)
                if made is not None and made < clock.local(moment).replace(tzinfo=None):
                    yield f"{row}: копия {path.name} ещё хранит уничтоженное, а срок её прошёл."
        for name, aside_at in _set_aside():
            if aside_at < clock.local(moment).replace(tzinfo=None):
                yield f"{row}: отставленный при восстановлении банк {name} и его сканы ещё хранят уничтоженное."


def _set_aside() -> Iterator[tuple[str, datetime]]:
    """The banks that were replaced by a copy, or by the one before an upgrade, and when."""
    url = db.engine.url
    if url.get_backend_name() == "sqlite":
        place = Path(url.database or "")
        names = [path.name for path in place.parent.glob(f"{place.name}.*")]
    else:
        names = list(db.session.connection().exec_driver_sql("SELECT datname FROM pg_database").scalars())
    for name in names:
        if found := re.fullmatch(rf"{re.escape(Path(url.database or '').name)}[._](?:replaced|failed)-?([\d-]+)", name):
            yield name, datetime.strptime(found[1].replace("-", ""), "%Y%m%d%H%M%S")  # noqa: DTZ007  of this place


def next_calendar(today: date) -> Iterator[str]:
    """The transferred days of the next year are known when they must be."""
    if year := working_days.year_to_enter(today):
        yield f"Перенесённые дни {year} года не внесены: сроки в рабочих днях считаются без них."


def versions(_today: date) -> Iterator[str]:
    """The libraries are those the program was tried with."""
    if sys.version_info < OLDEST_PYTHON:
        yield f"Python {sys.version.split()[0]} старее, чем нужно: {'.'.join(map(str, OLDEST_PYTHON))}."
    listed = ROOT / "requirements.in"
    for line in listed.read_text(encoding="utf-8").splitlines() if listed.exists() else ():
        found = re.fullmatch(r"([A-Za-z0-9_.-]+)(?:\[\w+\])?==(\S+)", line)
        if found is None:
            continue
        try:
            installed = importlib.metadata.version(found[1])
        except importlib.metadata.PackageNotFoundError:
            yield f"Библиотеки {found[1]} нет."
            continue
        if installed != found[2]:
            yield f"Библиотека {found[1]}: стоит {installed}, а нужна {found[2]}."


def submitted_reports(_today: date) -> Iterator[str]:
    """Each submitted report is as it was kept, and goes on from the one before it."""
    yield from submissions.faults()
