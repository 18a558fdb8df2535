"""the clocks of a signal card are extended

Revision: 0033, after 0032. A table of the later days that the clocks of cards were given, with the reason. Going back
drops it; the steps of the cards still say what was given, and count for nothing.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "card_extension",
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deadline_id", sa.Integer(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("user_name", sa.String(length=200), nullable=False),
        sa.Column("card_id", sa.Integer(), nullable=False),
        sa.Column("annulled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("annul_reason", sa.String(length=500), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["card_id"], ["signal_card.id"]),
        sa.ForeignKeyConstraint(["deadline_id"], ["deadline.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_card_extension_deadline_id"), "card_extension", ["deadline_id"])
    op.create_index(op.f("ix_card_extension_card_id"), "card_extension", ["card_id"])
    op.create_index("ix_card_extension_of_clock", "card_extension", ["card_id", "deadline_id", "started_at"])


def downgrade() -> None:
    op.execute("UPDATE card_step SET kind = 'undone' WHERE kind = 'extended'")  # a kind of step that is not known there
    op.drop_table("card_extension")
