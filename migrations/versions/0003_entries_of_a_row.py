"""the entries of one row are found by its entity and its key

Revision: 0003, after 0002.
"""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_journal_entry_entity", table_name="journal_entry")
    op.create_index("ix_journal_entry_entity_entity_id", "journal_entry", ["entity", "entity_id"])


def downgrade() -> None:
    op.drop_index("ix_journal_entry_entity_entity_id", table_name="journal_entry")
    op.create_index("ix_journal_entry_entity", "journal_entry", ["entity"])
