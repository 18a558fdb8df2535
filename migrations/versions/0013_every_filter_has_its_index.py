"""what a filter or an order of a list asks of many rows is read from an index of the live ones

Revision: 0013, after 0012. Two plain indexes are the beginnings of these and go.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

LIVE = sa.text("annulled_at IS NULL")
SOUGHT = (
    ("family", "territory_id", "id"),
    ("family", "actual_address", "id", "territory_id"),
    ("member", "first_name", "id", "family_id"),
    ("member", "middle_name", "id", "family_id"),
    ("member", "left_on", "id", "family_id"),
    ("identity_document", "series", "id", "family_id"),
    ("identity_document", "number", "id", "family_id"),
    ("identity_document", "issued_on", "id", "family_id"),
    ("education", "organisation", "id", "family_id"),
    ("education", "grade", "id", "family_id"),
    ("education", "ended_on", "id", "family_id"),
    ("decision", "number", "id", "family_id"),
    ("decision", "kind", "id", "family_id"),
    ("pupil_support", "quarter", "id", "family_id"),
    ("pupil_support", "free_meals", "id", "family_id"),
    ("pupil_support", "free_textbooks", "id", "family_id"),
    ("pupil_support", "leisure", "id", "family_id"),
    ("pupil_support", "holidays", "id", "family_id"),
    ("supervision", "ended_on", "id", "family_id"),
    ("mentor", "ended_on", "id", "family_id"),
    ("aid", "amount", "id", "family_id"),
)
INDEXES = (
    ("ix_registration_criterion_of_stay", "registration_criterion", ["criterion_id", "registration_id", "family_id"]),
    ("ix_registration_moments", "registration", ["entered_on", "received_on", "detected_on", "card_sent_on",
                                                 "registered_on", "removed_on", "family_id", "annulled_at"]),
)  # fmt: skip
REPLACED = (("decision", "number"), ("registration_criterion", "criterion_id"))


def upgrade() -> None:
    for table, *columns in SOUGHT:
        op.create_index(f"ix_{table}_by_{columns[0]}", table, [*columns, "annulled_at"], sqlite_where=LIVE,
                        postgresql_where=LIVE)  # fmt: skip
    for name, table, columns in INDEXES:
        op.create_index(name, table, columns)
    for table, column in REPLACED:
        op.drop_index(op.f(f"ix_{table}_{column}"), table_name=table)


def downgrade() -> None:
    for table, column in REPLACED:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])
    for name, table, _columns in INDEXES:
        op.drop_index(name, table_name=table)
    for table, *columns in SOUGHT:
        op.drop_index(f"ix_{table}_by_{columns[0]}", table_name=table)
