"""reports that were submitted are kept as they were

Revision: 0044, after 0043. A table that begins empty. Going back drops it with what was submitted.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0044'
down_revision = '0043'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('submission',
    sa.Column('report', sa.String(length=40), nullable=False),
    sa.Column('choice', sa.String(length=100), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('territory_id', sa.Integer(), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('edition', sa.Integer(), nullable=False),
    sa.Column('agreed_by', sa.String(length=200), nullable=False),
    sa.Column('agreed_on', sa.Date(), nullable=False),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('submitted_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('submitted_by', sa.String(length=200), nullable=False),
    sa.Column('code', sa.String(length=14), nullable=False),
    sa.Column('figures', sa.Text(), nullable=False),
    sa.Column('lists', sa.LargeBinary(), nullable=False),
    sa.Column('counts', sa.JSON(), nullable=False),
    sa.Column('rules', sa.String(length=64), nullable=False),
    sa.Column('last_entry', sa.Integer(), nullable=False),
    sa.Column('scan', sa.LargeBinary(), nullable=True),
    sa.Column('scan_name', sa.String(length=150), nullable=True),
    sa.Column('scan_mime', sa.String(length=40), nullable=True),
    sa.Column('previous', sa.String(length=64), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['territory_id'], ['territory.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('code'),
    sa.UniqueConstraint('previous', name='uq_submission_chain'),
    sa.UniqueConstraint('territory_id', 'number', 'edition', name='uq_submission_number'),
    sa.UniqueConstraint('territory_id', 'report', 'choice', 'starts_on', 'ends_on', 'edition', name='uq_submission_once')
    )
    with op.batch_alter_table('submission', schema=None) as batch_op:
        batch_op.create_index('ix_submission_listed', ['ends_on', 'id', 'territory_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_submission_territory_id'), ['territory_id'], unique=False)


def downgrade() -> None:
    op.drop_table('submission')
