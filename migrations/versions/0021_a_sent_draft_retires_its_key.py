"""a sent draft retires its key

Revision: 0021, after 0020. A draft knows when it was sent, and on SQLite no id of a draft is given twice. Going back
deletes the drafts that were sent: nothing of their words is in them.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0021'
down_revision = '0020'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('draft', recreate=_rebuilt(), table_kwargs={'sqlite_autoincrement': True}) as batch_op:
        batch_op.add_column(sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.execute('DELETE FROM draft WHERE sent_at IS NOT NULL')
    with op.batch_alter_table('draft', recreate=_rebuilt()) as batch_op:
        batch_op.drop_column('sent_at')


def _rebuilt() -> str:
    """Only SQLite makes the table anew: there it is the table that gives no id twice."""
    return 'always' if op.get_bind().dialect.name == 'sqlite' else 'never'
