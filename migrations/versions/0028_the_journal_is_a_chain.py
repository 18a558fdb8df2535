"""the journal is a chain of seals

Revision: 0028, after 0027. A table of seals; the entries that are there are sealed by the server. Going back drops it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0028'
down_revision = '0027'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('journal_seal',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('sealed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('covers', sa.Text(), nullable=False),
    sa.Column('marks', sa.Text(), nullable=False),
    sa.Column('entries', sa.Integer(), nullable=False),
    sa.Column('last', sa.Integer(), nullable=False),
    sa.Column('replaces', sa.Boolean(), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('journal_seal', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_journal_seal_last'), ['last'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('journal_seal', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_journal_seal_last'))

    op.drop_table('journal_seal')
