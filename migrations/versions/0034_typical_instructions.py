"""the commission picks instructions from a list

Revision: 0034, after 0033. A dictionary of typical instructions; installing fills it. Going back drops it: the instructions
that were given from it stay as they are.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0034'
down_revision = '0033'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('typical_instruction',
    sa.Column('agency_kind_id', sa.Integer(), nullable=True),
    sa.Column('days', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=30), nullable=False),
    sa.Column('name', sa.String(length=400), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('retired', sa.Boolean(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['agency_kind_id'], ['agency_kind.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('code')
    )
    with op.batch_alter_table('typical_instruction', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_typical_instruction_agency_kind_id'), ['agency_kind_id'], unique=False)


def downgrade() -> None:
    op.drop_table('typical_instruction')
