"""to whom the papers of a meeting were given is written down

Revision: 0036, after 0035. A register of delivery; it begins empty. Going back drops it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0036'
down_revision = '0035'
branch_labels = None
depends_on = None

KINDS = ('resolution', 'extract', 'minutes', 'notice', 'letter')
WAYS = ('handed', 'post', 'courier', 'email', 'system')


def upgrade() -> None:
    op.create_table('delivery',
    sa.Column('item_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum(*KINDS, name='templatekind', native_enum=False, length=20), nullable=False),
    sa.Column('whom', sa.String(length=300), nullable=False),
    sa.Column('sent_on', sa.Date(), nullable=False),
    sa.Column('way', sa.Enum(*WAYS, name='deliveryway', native_enum=False, length=20), nullable=False),
    sa.Column('handed_by', sa.String(length=200), nullable=True),
    sa.Column('received_on', sa.Date(), nullable=True),
    sa.Column('mark', sa.String(length=300), nullable=True),
    sa.Column('meeting_id', sa.Integer(), nullable=False),
    sa.Column('annulled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('annul_reason', sa.String(length=500), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.CheckConstraint('annulled_at IS NOT NULL OR (received_on >= sent_on)', name='received_after_sent'),
    sa.ForeignKeyConstraint(['item_id'], ['agenda_item.id'], ),
    sa.ForeignKeyConstraint(['meeting_id'], ['meeting.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('delivery', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_delivery_item_id'), ['item_id'], unique=False)
        batch_op.create_index('ix_delivery_listed', ['sent_on', 'id', 'meeting_id', 'item_id', 'annulled_at'], unique=False, sqlite_where=sa.text('annulled_at IS NULL'), postgresql_where=sa.text('annulled_at IS NULL'))
        batch_op.create_index(batch_op.f('ix_delivery_meeting_id'), ['meeting_id'], unique=False)


def downgrade() -> None:
    op.drop_table('delivery')
