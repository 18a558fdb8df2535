"""A copy made, proved and noted: the row that the page and the first pages read, and its entry in the journal."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from flask import current_app
from sqlalchemy.exc import SQLAlchemyError

from app import access, acts, clock, journal, troubles
from app.backup import making
from app.backup.making import Made
from app.domain import backups
from app.domain.refusal import Refusal
from app.domain.terms import Act
from app.extensions import begin_writing, db
from app.journal import chain
from app.journal.chain import ChainHead
from app.models import Backup
from app.services import backups as copies
from app.words import short

NIGHTLY = "ночная копия"
LONGEST = 600  # characters of what went wrong


def make(*, by: str, out: Path | None = None, told: making.Told = lambda stage: None) -> Made:
    """Make a copy and note it, also when it fails. Commits. Raises Refusal, OSError."""
    try:
        head = seal(whole=True)
        made = making.make(out, told)
    except Refusal as refusal:
        _note(Backup(made_by=by, fault=short(refusal.text, LONGEST)))
        raise
    except (OSError, SQLAlchemyError) as error:
        trouble = troubles.of(error)
        _note(Backup(made_by=by, fault=trouble.text if trouble else "Копия не сделана из-за ошибки программы."))
        raise
    fault = making.NOT_PROVED.format(said=" ".join(made.faults[:5])) if made.faults else " ".join(made.warnings)
    _note(
        Backup(
            made_by=by,
            file=made.path.name,
            folder=str(made.path.parent),
            size=made.size,
            sha256=made.sha256,
            second=str(made.second.parent) if made.second else "",
            seconds=made.seconds,
            families=made.families,
            papers=made.papers,
            head_entry=head.last,
            head_hash=head.hash,
            proved_at=None if made.faults else clock.now(),
            fault=short(fault, LONGEST),
        )
    )
    return made


def seal(*, whole: bool = False) -> ChainHead:
    """Seal the journal as far as it has come, and write its last hash down outside the database. Commits.

    On Postgres, whose entries are not stored in the order of their numbers, the whole journal is looked at once a day.
    """
    folder, day = Path(current_app.instance_path), clock.today()
    whole = whole or (db.engine.dialect.name != "sqlite" and not chain.is_anchored(folder, day))
    db.session.rollback()
    with access.unrestricted():
        begin_writing()
        chain.seal(whole=whole)
        acts.commit()
        head = chain.anchor(folder, day)
        db.session.rollback()
    return head


def _note(row: Backup) -> None:
    """Store the row and its entry; what cannot be stored hides nothing of how the copy itself went."""
    try:
        db.session.rollback()
        with access.unrestricted():
            begin_writing()
            db.session.add(row)
            said = f"{row.file}: {'восстановимо' if row.proved_at else 'не восстановимо'}" if row.file else row.fault
            journal.write([journal.entry(Act.BACKED_UP, summary=said) | {"user_name": row.made_by}])
            acts.commit()
    except SQLAlchemyError:
        db.session.rollback()
        current_app.logger.exception("the copy cannot be noted")


def nightly() -> None:
    """Make the copy of the night if it is due: what goes wrong is noted, and tried again within the hour."""
    at = current_app.config["BACKUP_AT"]
    if at is None:
        return
    moment, proved, tried = clock.local(clock.now()), copies.last_proved(), copies.last_try()
    db.session.rollback()
    if backups.is_due(moment, at, *(clock.local(one) if one is not None else None for one in (proved, tried))):
        with suppress(Refusal):
            make(by=NIGHTLY)
