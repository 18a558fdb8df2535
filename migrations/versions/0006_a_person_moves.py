"""a person moves from family to family: why one left, and which memberships are of one person

Revision: 0006, after 0005.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("member") as table:
        table.add_column(sa.Column("left_reason", sa.String(length=300), nullable=True))
        table.add_column(sa.Column("origin_id", sa.Integer(), nullable=True))
        table.create_foreign_key(op.f("fk_member_origin_id"), "member", ["origin_id"], ["id"])
        table.create_index(op.f("ix_member_origin_id"), ["origin_id"])


def downgrade() -> None:
    with op.batch_alter_table("member") as table:
        table.drop_index(op.f("ix_member_origin_id"))
        table.drop_constraint(op.f("fk_member_origin_id"), type_="foreignkey")
        table.drop_column("origin_id")
        table.drop_column("left_reason")
