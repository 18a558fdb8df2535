"""every list finds its page by an index of its live rows in their order

Revision: 0010, after 0009. Four plain indexes are the beginnings of these and go.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

LIVE = sa.text("annulled_at IS NULL")
LISTED = {
    "family": ("sort_key", "id", "territory_id"),
    "member": ("sort_key", "id", "family_id"),
    "registration": ("registered_on", "id", "family_id"),
    "decision": ("decided_on", "id", "family_id"),
    "aid": ("given_on", "id", "family_id"),
    "paper": ("dated_on", "id", "family_id"),
    "education": ("started_on", "id", "family_id"),
    "pupil_support": ("year", "id", "family_id"),
    "supervision": ("started_on", "id", "family_id", "kind_id"),
    "identity_document": ("id", "family_id"),
    "mentor": ("started_on", "id", "family_id"),
}
REPLACED = (("family", "sort_key"), ("member", "sort_key"), ("decision", "decided_on"), ("aid", "given_on"))


def upgrade() -> None:
    for table, columns in LISTED.items():
        op.create_index(f"ix_{table}_listed", table, [*columns, "annulled_at"], sqlite_where=LIVE,
                        postgresql_where=LIVE)  # fmt: skip
    for table, column in REPLACED:
        op.drop_index(op.f(f"ix_{table}_{column}"), table_name=table)


def downgrade() -> None:
    for table, column in REPLACED:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])
    for table in LISTED:
        op.drop_index(f"ix_{table}_listed", table_name=table)
