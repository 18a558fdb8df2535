"""What a destruction leaves, cleaned: files of papers, results of jobs, books that wait or were frozen, pages of the
database. Whoever is killed in the middle goes on from the beginning: each step may be made twice.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from flask import current_app
from sqlalchemy import delete, select

from app import access, acts, clock, journal
from app.backup import stores
from app.domain.terms import Act
from app.exchange import cutting, waiting
from app.extensions import begin_writing, db
from app.models import Destruction, Job
from app.services import destruction, papers
from app.work.results import JobFiles

_job = Job.__table__
BUSY = "the file of the database is read by others just now: its pages are cleaned later"


def finish() -> int:
    """Clean up after the acts that were carried out; gives how many. Ends the session's transaction, and commits.

    What hinders it, a job that began before or a page that is being read, lets it wait for the next time.
    """
    db.session.rollback()
    with access.unrestricted():
        waits = Destruction.destroyed_at.is_not(None), Destruction.wiped_at.is_(None)
        rows = list(db.session.scalars(select(Destruction).where(*waits).order_by(Destruction.id)))
        if not rows:
            db.session.rollback()
            return 0
        last = max(clock.in_utc(row.destroyed_at) for row in rows if row.destroyed_at is not None)
        if not _forget_jobs(last):
            return 0
        for row in rows:
            papers.remove(row.files.splitlines())
        waiting.drop_before(last)
        _write_down(rows)
        keys = [row.id for row in rows]
        _cut_books(keys)
        db.session.rollback()
        if not stores.written_anew():
            current_app.logger.warning(BUSY)
            return 0
        return _note(keys)


def _forget_jobs(moment: datetime) -> bool:
    """Drop the jobs that were asked for before a moment, with their files; whether none waits or runs any longer."""
    begin_writing()
    connection = db.session.connection()
    before = _job.c.asked_at <= moment
    gone = list(connection.scalars(delete(_job).where(before, _job.c.ended_at.is_not(None)).returning(_job.c.id)))
    runs = select(_job.c.id).where(before, _job.c.ended_at.is_(None))
    busy = connection.scalar(runs.limit(1)) is not None
    acts.commit()
    for key in gone:
        JobFiles(key).drop()
    return not busy


def _cut_books(keys: list[int]) -> None:
    """The frozen books of districts hold the families no longer: each is cut while nobody waits, then stored."""
    for key in keys:
        for book in cutting.found(db.session.get_one(Destruction, key)):
            begin_writing()
            cutting.put(book, db.session.get_one(Destruction, key))
            acts.commit()


def _write_down(rows: Iterable[Destruction]) -> None:
    """Note the acts outside the database, beside the bank and beside its copies."""
    for folder in {Path(current_app.instance_path), *destruction.folders_of_copies()}:
        have = {act.key for act in destruction.read_record([folder])}
        fresh = [row for row in rows if (row.territory_id, row.year, row.number) not in have]
        if not fresh:
            continue
        path = folder / destruction.RECORD
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a", encoding="utf-8") as file:
            file.writelines(f"{destruction.told(row)}\n" for row in fresh)
            file.flush()
            os.fsync(file.fileno())


def _note(keys: list[int]) -> int:
    begin_writing()
    for row in db.session.scalars(select(Destruction).where(Destruction.id.in_(keys))):
        row.wiped_at, row.files = clock.now(), ""
    journal.write([
        journal.entry(Act.DESTROYED, entity="Destruction", entity_id=key, summary="Файлы удалены, файл базы очищен")
        for key in keys
    ])  # fmt: skip
    acts.commit()
    return len(keys)
