"""How Alembic meets the database: the models' metadata, whole migrations or none."""

from __future__ import annotations

from alembic import context
from flask import current_app
from sqlalchemy import Connection

from app.extensions import db, look_at_contents
from app.models import Money

config = context.config


def _ours(_object: object, name: str | None, kind: str, _reflected: bool, _compared: object) -> bool:
    """SQLite's own tables are nobody's business."""
    return not (kind == "table" and name is not None and name.startswith("sqlite_"))


def _render(kind: str, item: object, _context: object) -> str | bool:
    """A migration stands on its own: our column types are written as what the database keeps."""
    return "sa.BigInteger()" if kind == "type" and isinstance(item, Money) else False


def run() -> None:
    """Migrate in one transaction; on SQLite with foreign keys off, since a batch rebuilds tables."""
    options = dict(current_app.extensions["migrate"].configure_args)
    with db.engine.connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        if sqlite:
            connection.exec_driver_sql("ROLLBACK")
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            include_object=_ours,
            render_item=_render,
            transactional_ddl=True,
            **options,
        )
        with context.begin_transaction():
            before = context.get_context().get_current_heads()
            context.run_migrations()
            if sqlite:
                _check_references(connection)
            if context.get_context().get_current_heads() != before:
                look_at_contents(connection)  # an index whose contents nobody has looked at misleads
        connection.commit()
        if sqlite:
            connection.connection.driver_connection.execute("PRAGMA foreign_keys=ON")


def _check_references(connection: Connection) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        raise RuntimeError(f"the migration leaves references to nothing: {broken[:5]}")


run()
