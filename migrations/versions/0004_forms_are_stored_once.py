"""forms are stored once; whatever two people edit has a version

Revision: 0004, after 0003.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

VERSIONED = (
    "agency",
    "agency_kind",
    "aid_kind",
    "child_population",
    "criterion",
    "deadline",
    "dynamics_level",
    "education_status",
    "employee",
    "family_category",
    "family_reaction",
    "identity_kind",
    "measure_block",
    "measure_kind",
    "relationship_kind",
    "removal_reason",
    "signal_card_outcome",
    "stage_kind",
    "supervision_kind",
    "territory",
    "territory_alias",
    "working_day",
)


def upgrade() -> None:
    for table in VERSIONED:
        op.add_column(table, sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    op.create_table(
        "sent_form",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["ab_user.id"], name=op.f("fk_sent_form_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "key", name=op.f("pk_sent_form")),
    )
    op.create_index(op.f("ix_sent_form_sent_at"), "sent_form", ["sent_at"])


def downgrade() -> None:
    op.drop_table("sent_form")
    for table in VERSIONED:
        op.drop_column(table, "version")
