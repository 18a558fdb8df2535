"""A bank of any earlier version is brought to this one with all it holds; one that cannot be stays as it was."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest
from flask_migrate import downgrade
from sqlalchemy import select, text

from app import create_app
from app.backup import picture, upgrading
from app.domain.refusal import Refusal
from app.extensions import db
from app.models import Family
from tests import factories
from tests.settings import of_test


@pytest.fixture
def older(app, cast, bank, tmp_path):
    """A bank of its own, one migration behind, with a family; an application over it."""
    if db.engine.dialect.name != "sqlite":
        pytest.skip("a database of its own is SQLite's file")
    row = factories.family(cast.north, "00042")
    factories.registration(row, date(2026, 3, 12))
    db.session.commit()
    db.session.remove()
    with db.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("VACUUM INTO ?", (str(tmp_path / "bank.db"),))
        connection.exec_driver_sql("BEGIN")
    other = create_app(of_test(tmp_path))
    with other.app_context():
        downgrade()
        yield other
        db.session.remove()
        db.engine.dispose()


@pytest.mark.one_database("how Postgres is put back is the way a restoring takes (test_copies)", on="sqlite")
def test_an_older_bank_is_copied_migrated_and_looked_at(older):
    told: list[str] = []
    assert "База обновлена" in upgrading.upgrade(told.append)
    assert any("Копия проверена" in text for text in told)
    assert picture.is_current()
    assert db.session.scalars(select(Family.number)).all() == ["00042"]
    again = older.test_cli_runner().invoke(args=["bank", "upgrade"])
    assert "обновлять нечего" in again.output


@pytest.mark.one_database("how Postgres is put back is the way a restoring takes (test_copies)", on="sqlite")
def test_a_bank_that_cannot_be_migrated_stays_as_it_was(older, monkeypatch):
    before = picture.revision()
    db.session.rollback()
    found = upgrading.doctor.PROBES[0]
    broken = upgrading.doctor.Probe(found.name, lambda _today: ["после миграции не так"], "")
    monkeypatch.setattr(upgrading.doctor, "PROBES", (broken,))
    with pytest.raises(Refusal, match=r"остался таким, каким был\. после миграции не так"):
        upgrading.upgrade()
    assert picture.revision() == before
    assert db.session.execute(text("SELECT number FROM family")).scalars().all() == ["00042"]
    db.session.rollback()
    assert [path.name for path in Path(older.instance_path).glob("*failed*")]
    shutil.rmtree(older.config["PAPERS_FOLDER"], ignore_errors=True)
