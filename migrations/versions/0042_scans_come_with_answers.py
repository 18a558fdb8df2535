"""scans come with the answers to instructions

Revision: 0042, after 0041. A table of the scans that bodies send with their answers. Going back drops it: the files stay
in the store, and belong to nothing.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0042'
down_revision = '0041'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'instruction_scan',
        sa.Column('instruction_id', sa.Integer(), nullable=False),
        sa.Column('item_id', sa.Integer(), nullable=False),
        sa.Column('agency_id', sa.Integer(), nullable=False),
        sa.Column('given_on', sa.Date(), nullable=False),
        sa.Column('file_name', sa.String(length=150), nullable=False),
        sa.Column('mime', sa.String(length=40), nullable=False),
        sa.Column('size', sa.Integer(), nullable=False),
        sa.Column('sha256', sa.String(length=64), nullable=False),
        sa.Column('pages', sa.Integer(), nullable=False),
        sa.Column('key', sa.String(length=40), nullable=False),
        sa.Column('meeting_id', sa.Integer(), nullable=False),
        sa.Column('annulled_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('annul_reason', sa.String(length=500), nullable=True),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('id', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(['agency_id'], ['agency.id']),
        sa.ForeignKeyConstraint(['instruction_id'], ['instruction.id']),
        sa.ForeignKeyConstraint(['item_id'], ['agenda_item.id']),
        sa.ForeignKeyConstraint(['meeting_id'], ['meeting.id']),
        sa.PrimaryKeyConstraint('id'),
        sa.UniqueConstraint('key'),
    )
    for column in ('agency_id', 'instruction_id', 'item_id', 'meeting_id'):
        op.create_index(op.f(f'ix_instruction_scan_{column}'), 'instruction_scan', [column])


def downgrade() -> None:
    op.drop_table('instruction_scan')
