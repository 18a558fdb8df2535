"""The bank brought to the version of the program: after a proved copy, and back as it was if anything goes wrong."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from itertools import islice
from pathlib import Path

from flask import current_app
from flask_migrate import upgrade as migrate_up
from sqlalchemy import inspect

from app import access, acts, clock, doctor
from app.backup import making, noting, picture, restoring, stores
from app.domain import backups
from app.domain.refusal import Refusal
from app.extensions import begin_writing, db
from app.journal.chain import ANCHORS
from app.services import installation

NO_BANK = "Базы ещё нет: создайте её командой flask --app run bank install."
UP_TO_DATE = "База уже той версии, что и программа: обновлять нечего."
NOT_COPIED = "Обновление не начато: копия не доказала, что из неё можно восстановить банк. {said}"
BACK = "Обновление не удалось, банк остался таким, каким был. {said}"
# The probes of the doctor that a migration could have harmed; what else was wrong before may be wrong after.
LOOKED_AT = ("Версия базы", "Целость базы", "Справочники", "Цепь журнала")
SHOWN = 5  # faults that are told

Told = Callable[[str], None]


def upgrade(told: Told = lambda text: None) -> str:
    """Bring the bank to the version of the program; gives a sentence. Raises Refusal, and the bank is as it was."""
    if not inspect(db.engine).has_table("alembic_version"):
        raise Refusal(NO_BANK)
    with access.unrestricted():
        current = picture.is_current()
        db.session.rollback()
    if current:
        return UP_TO_DATE
    told("Копия банка до обновления…")
    made = making.make()
    if made.faults:
        raise Refusal(NOT_COPIED.format(said=" ".join(made.faults[:SHOWN])))
    told(f"Копия проверена: {made.path}")
    with making.alone(), restoring.served_by_nobody():
        _in_place(told)
    return f"База обновлена. Копия до обновления: {made.path}"


def _in_place(told: Told) -> None:
    """Migrate the bank itself, with its database as it was at hand."""
    with tempfile.TemporaryDirectory(prefix=making.TEMPORARY, dir=current_app.instance_path) as temporary:
        before, anchors = Path(temporary) / "before", Path(current_app.instance_path) / ANCHORS
        with access.unrestricted():
            stores.copy(db.session.connection(), before)
            db.session.rollback()
        told_before = anchors.read_bytes() if anchors.exists() else None
        fault = _migrated(told)
        db.session.remove()
        if fault:
            told("Возврат…")
            restoring.put_back(before, backups.stamp(clock.local(clock.now())))
            if told_before is not None:  # what was sealed meanwhile went back too
                anchors.write_bytes(told_before)
            raise Refusal(BACK.format(said=fault))


def _migrated(told: Told) -> str:
    """Migrate and look; what went wrong, if anything."""
    db.session.remove()
    try:
        told("Миграции…")
        migrate_up()
        with access.unrestricted():
            begin_writing()
            installation.install()
            acts.commit()
        noting.seal()
        told("Проверка обновлённого банка…")
        with access.unrestricted():
            probes = [probe for probe in doctor.PROBES if probe.name in LOOKED_AT]
            found = [text for probe in probes for text in islice(probe.find(clock.today()), SHOWN)]
            db.session.rollback()
    except Exception as error:
        current_app.logger.exception("the upgrade has failed")
        return str(error).splitlines()[0][:300]
    return " ".join(found)
