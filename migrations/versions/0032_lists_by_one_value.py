"""lists are met in their order along the rows of one value

Revision: 0032, after 0031. Indexes of members by role, of aid by kind and measure, of registrations by the day of removal.
Going back drops them.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0032'
down_revision = '0031'
branch_labels = None
depends_on = None

INDEXES = (
    ('ix_member_of_role_id_by_sort_key', 'member', ['role_id', 'sort_key', 'id', 'family_id', 'annulled_at']),
    ('ix_member_of_role_id_by_born_on', 'member', ['role_id', 'born_on', 'id', 'family_id', 'annulled_at']),
    ('ix_aid_of_kind_id_by_given_on', 'aid', ['kind_id', 'given_on', 'id', 'family_id', 'annulled_at']),
    ('ix_aid_of_measure_id_by_given_on', 'aid', ['measure_id', 'given_on', 'id', 'family_id', 'annulled_at']),
    ('ix_registration_by_removed_on', 'registration', ['removed_on', 'registered_on', 'id', 'family_id', 'annulled_at']),
)


def upgrade() -> None:
    live = sa.text('annulled_at IS NULL')
    for name, table, columns in INDEXES:
        op.create_index(name, table, columns, unique=False, sqlite_where=live, postgresql_where=live)


def downgrade() -> None:
    for name, table, _columns in INDEXES:
        op.drop_index(name, table_name=table)
