"""the list of members tells children and who lives in the family by its index alone

Revision: 0035, after 0034. The index of the list of members holds days of birth, of joining and of leaving too. Going back
makes it without them.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0035'
down_revision = '0034'
branch_labels = None
depends_on = None

NAME, TABLE, COLUMNS, DAYS = 'ix_member_listed', 'member', ['sort_key', 'id', 'family_id'], ['born_on', 'joined_on', 'left_on']


def upgrade() -> None:
    _made_of([*COLUMNS, *DAYS])


def downgrade() -> None:
    _made_of(COLUMNS)


def _made_of(columns: list[str]) -> None:
    live = sa.text('annulled_at IS NULL')
    op.drop_index(NAME, table_name=TABLE)
    op.create_index(NAME, TABLE, [*columns, 'annulled_at'], unique=False, sqlite_where=live, postgresql_where=live)
