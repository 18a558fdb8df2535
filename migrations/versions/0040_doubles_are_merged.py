"""likely doubles are decided on, and merged

Revision: 0040, after 0039. A table of what was decided of two that looked like one. Whatever names a fact of its own
family does so by a reference that may wait until the transaction ends, so that rows can go to another family together;
SQLite learns it from the text of its tables, as its own manual tells it (lang_altertable, 7): no row is touched.
Going back keeps the rows where merging has moved them.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

# Two columns that name two.
OF_ONE_FAMILY = r"(FOREIGN KEY\s*\(\w+, family_id\) REFERENCES \w+ \(id, family_id\))"


def upgrade() -> None:
    op.create_table(
        "doubles_decision",
        sa.Column("family_id", sa.Integer(), nullable=False),
        sa.Column("other_family_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("other_member_id", sa.Integer(), nullable=True),
        sa.Column("verdict", sa.String(length=20), nullable=False),
        sa.Column("decided_by", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("former_number", sa.String(length=20), nullable=True),
        sa.Column("moved", sa.JSON(), nullable=False),
        sa.Column("taken_back_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken_back_by", sa.String(length=200), nullable=True),
        sa.Column("taken_back_reason", sa.String(length=500), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["family_id"], ["family.id"]),
        sa.ForeignKeyConstraint(["other_family_id"], ["family.id"]),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"]),
        sa.ForeignKeyConstraint(["other_member_id"], ["member.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_doubles_decision_of_pair", "doubles_decision", ["family_id", "other_family_id", "verdict", "taken_back_at"]
    )
    op.create_index("ix_doubles_decision_of_people", "doubles_decision", ["member_id", "other_member_id"])
    for column in ("other_family_id", "other_member_id", "former_number"):
        op.create_index(op.f(f"ix_doubles_decision_{column}"), "doubles_decision", [column])
    _let_references_wait(" DEFERRABLE", lambda text: re.sub(OF_ONE_FAMILY + r"(?! DEFERRABLE)", r"\1 DEFERRABLE", text))


def downgrade() -> None:
    _let_references_wait(" NOT DEFERRABLE", lambda text: re.sub(OF_ONE_FAMILY + " DEFERRABLE", r"\1", text))
    op.drop_table("doubles_decision")


def _let_references_wait(word: str, rewritten: Callable[[str], str]) -> None:
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        _write_tables(connection, rewritten)
        return
    for table, key in _keys(connection):
        op.execute(f"ALTER TABLE {table} ALTER CONSTRAINT {key}{word}")


def _keys(connection: sa.Connection) -> list[tuple[str, str]]:
    found = sa.inspect(connection)
    return [
        (table, str(key["name"]))
        for table in found.get_table_names()
        for key in found.get_foreign_keys(table)
        if len(key["constrained_columns"]) > 1
    ]


def _write_tables(connection: sa.Connection, rewritten: Callable[[str], str]) -> None:
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema=ON")
    tables = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall()
    for name, text in tables:
        if text and (changed := rewritten(text)) != text:
            update = sa.text("UPDATE sqlite_master SET sql = :text WHERE type = 'table' AND name = :name")
            connection.execute(update, {"text": changed, "name": name})
    connection.exec_driver_sql(f"PRAGMA schema_version={version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema=OFF")
