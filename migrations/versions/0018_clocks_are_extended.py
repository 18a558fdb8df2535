"""a clock of a stay is extended until a later day, with a reason

Revision: 0018, after 0017.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

LIVE = sa.text("annulled_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "stay_extension",
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("deadline_id", sa.Integer(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("user_name", sa.String(length=200), nullable=False),
        sa.Column("family_id", sa.Integer(), nullable=False),
        sa.Column("annulled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("annul_reason", sa.String(length=500), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["deadline_id"], ["deadline.id"]),
        sa.ForeignKeyConstraint(["family_id"], ["family.id"]),
        sa.ForeignKeyConstraint(["registration_id", "family_id"], ["registration.id", "registration.family_id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_stay_extension_deadline_id"), "stay_extension", ["deadline_id"])
    op.create_index(op.f("ix_stay_extension_family_id"), "stay_extension", ["family_id"])
    op.create_index("ix_stay_extension_of_clock", "stay_extension",
                    ["registration_id", "deadline_id", "until", "annulled_at"])  # fmt: skip
    op.create_index("ix_stay_extension_listed", "stay_extension", ["until", "id", "family_id", "annulled_at"],
                    sqlite_where=LIVE, postgresql_where=LIVE)  # fmt: skip


def downgrade() -> None:
    op.drop_table("stay_extension")
