"""Blocks of measures and kinds of aid that tell of somebody's health

Revision: 0046, after 0045. The medical block and kinds of the supplied dictionaries are marked; a municipality marks its
own.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

MARKED = {"measure_block": "code = '2'", "aid_kind": "code LIKE '3.%'"}


def upgrade() -> None:
    for table, medical in MARKED.items():
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(sa.Column("special", sa.Boolean(), nullable=False, server_default=sa.false()))
        op.execute(sa.text(f"UPDATE {table} SET special = true WHERE {medical}"))  # noqa: S608  both are written here
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.alter_column("special", server_default=None)


def downgrade() -> None:
    for table in MARKED:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_column("special")
