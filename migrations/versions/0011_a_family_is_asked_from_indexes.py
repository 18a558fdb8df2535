"""whether a family is on record, who lives in it, when it was last helped, what was done today: read from indexes alone

Revision: 0011, after 0010. The index of members by family and birth date is the beginning of a longer one and goes.
"""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

INDEXES = (
    ("ix_registration_of_family", "registration", ["family_id", "registered_on", "removed_on", "annulled_at"]),
    ("ix_member_of_family", "member", ["family_id", "born_on", "joined_on", "left_on", "annulled_at"]),
    ("ix_education_of_member", "education", ["member_id", "started_on", "ended_on", "status_id", "annulled_at"]),
    ("ix_aid_of_family", "aid", ["family_id", "given_on", "annulled_at"]),
    ("ix_journal_entry_act_at", "journal_entry", ["act", "at"]),
)


def upgrade() -> None:
    for name, table, columns in INDEXES:
        op.create_index(name, table, columns)
    op.drop_index("ix_member_family_id_born_on", table_name="member")


def downgrade() -> None:
    op.create_index("ix_member_family_id_born_on", "member", ["family_id", "born_on"])
    for name, table, _columns in INDEXES:
        op.drop_index(name, table_name=table)
