"""Migrations: one head, the models and the tables agree, up and down with data in place."""

from __future__ import annotations

from datetime import date

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask_migrate import downgrade, upgrade
from sqlalchemy import PrimaryKeyConstraint, UniqueConstraint, inspect, select, text

from app.extensions import db
from app.models import Family, Money
from tests import factories


@pytest.fixture
def scripts(app) -> ScriptDirectory:
    return ScriptDirectory(app.extensions["migrate"].directory)


def test_there_is_one_head(scripts):
    assert len(scripts.get_heads()) == 1


def test_migrations_are_numbered_in_order(scripts):
    numbers = [script.revision for script in scripts.walk_revisions()][::-1]
    assert numbers == [f"{n:04d}" for n in range(1, len(numbers) + 1)]


def test_the_tables_are_as_the_models_say(app):
    def same_type(_context, _column, _model_column, _kind, model_type):
        return False if isinstance(model_type, Money) else None

    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": same_type})
        assert compare_metadata(context, db.metadata) == []


def test_every_foreign_key_has_an_index(app):
    for table in db.metadata.tables.values():
        if table.name.startswith("ab_"):
            continue
        ordered = [index.columns for index in table.indexes]
        ordered += [
            item.columns for item in table.constraints if isinstance(item, PrimaryKeyConstraint | UniqueConstraint)
        ]
        indexed = {next(iter(columns)).name for columns in ordered if len(columns)}
        for key in table.foreign_key_constraints:
            assert key.column_keys[0] in indexed, f"{table.name}.{key.column_keys[0]} has no index"


def test_the_way_down_and_up_again_with_data(app, cast):
    family = factories.family(cast.north, number="00001")
    factories.member(family)
    factories.registration(family, date(2026, 1, 1))
    db.session.commit()
    db.session.remove()
    downgrade(revision="base")
    with db.engine.connect() as connection:
        left = set(inspect(connection).get_table_names()) - {"alembic_version"}
        assert left == set()
    upgrade()
    assert db.session.scalars(select(Family)).all() == []


def test_a_second_upgrade_leaves_the_data_alone(app, cast):
    factories.family(cast.north, number="00001")
    db.session.commit()
    upgrade()
    assert db.session.scalar(select(Family.number)) == "00001"


def test_sqlite_keeps_its_references_and_its_log(app):
    if db.engine.dialect.name != "sqlite":
        pytest.skip("SQLite only")
    for pragma, value in (("foreign_keys", 1), ("journal_mode", "wal"), ("synchronous", 2)):
        assert db.session.execute(text(f"PRAGMA {pragma}")).scalar() == value
