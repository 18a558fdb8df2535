"""files of families are handed over to another territory or municipality

Revision: 0029, after 0028. A table of transfers. Going back drops it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0029'
down_revision = '0028'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('transfer',
    sa.Column('named', sa.String(length=250), nullable=False),
    sa.Column('family_id', sa.Integer(), nullable=True),
    sa.Column('from_territory_id', sa.Integer(), nullable=True),
    sa.Column('to_territory_id', sa.Integer(), nullable=True),
    sa.Column('elsewhere', sa.String(length=300), nullable=True),
    sa.Column('decision_id', sa.Integer(), nullable=True),
    sa.Column('number', sa.String(length=40), nullable=True),
    sa.Column('decided_on', sa.Date(), nullable=False),
    sa.Column('commission', sa.String(length=300), nullable=True),
    sa.Column('reason_id', sa.Integer(), nullable=True),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('sent_by', sa.String(length=200), nullable=False),
    sa.Column('filed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('answered_by', sa.String(length=200), nullable=True),
    sa.Column('declined', sa.String(length=500), nullable=True),
    sa.Column('received_id', sa.Integer(), nullable=True),
    sa.Column('stay_id', sa.Integer(), nullable=True),
    sa.Column('batch_id', sa.Integer(), nullable=True),
    sa.Column('key', sa.String(length=40), nullable=False),
    sa.Column('secret', sa.String(length=64), nullable=False),
    sa.Column('annulled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('annul_reason', sa.String(length=500), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.CheckConstraint('annulled_at IS NOT NULL OR (from_territory_id IS NOT NULL OR to_territory_id IS NOT NULL)', name='of_some_territory'),
    sa.ForeignKeyConstraint(['batch_id'], ['import_batch.id'], ),
    sa.ForeignKeyConstraint(['decision_id', 'family_id'], ['decision.id', 'decision.family_id'], ),
    sa.ForeignKeyConstraint(['family_id'], ['family.id'], ),
    sa.ForeignKeyConstraint(['from_territory_id'], ['territory.id'], ),
    sa.ForeignKeyConstraint(['reason_id'], ['removal_reason.id'], ),
    sa.ForeignKeyConstraint(['received_id'], ['family.id'], ),
    sa.ForeignKeyConstraint(['stay_id', 'family_id'], ['registration.id', 'registration.family_id'], ),
    sa.ForeignKeyConstraint(['to_territory_id'], ['territory.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('transfer', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_transfer_batch_id'), ['batch_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_transfer_decision_id'), ['decision_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_transfer_family_id'), ['family_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_transfer_from_territory_id'), ['from_territory_id'], unique=False)
        batch_op.create_index('ix_transfer_listed', ['id', 'from_territory_id', 'to_territory_id', 'family_id', 'received_id', 'annulled_at'], unique=False, sqlite_where=sa.text('annulled_at IS NULL'), postgresql_where=sa.text('annulled_at IS NULL'))
        batch_op.create_index(batch_op.f('ix_transfer_reason_id'), ['reason_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_transfer_received_id'), ['received_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_transfer_stay_id'), ['stay_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_transfer_to_territory_id'), ['to_territory_id'], unique=False)
        batch_op.create_index('uq_transfer_key', ['key'], unique=True, sqlite_where=sa.text('annulled_at IS NULL'), postgresql_where=sa.text('annulled_at IS NULL'))



def downgrade() -> None:
    with op.batch_alter_table('transfer', schema=None) as batch_op:
        batch_op.drop_index('uq_transfer_key', sqlite_where=sa.text('annulled_at IS NULL'), postgresql_where=sa.text('annulled_at IS NULL'))
        batch_op.drop_index(batch_op.f('ix_transfer_to_territory_id'))
        batch_op.drop_index(batch_op.f('ix_transfer_stay_id'))
        batch_op.drop_index(batch_op.f('ix_transfer_received_id'))
        batch_op.drop_index(batch_op.f('ix_transfer_reason_id'))
        batch_op.drop_index('ix_transfer_listed', sqlite_where=sa.text('annulled_at IS NULL'), postgresql_where=sa.text('annulled_at IS NULL'))
        batch_op.drop_index(batch_op.f('ix_transfer_from_territory_id'))
        batch_op.drop_index(batch_op.f('ix_transfer_family_id'))
        batch_op.drop_index(batch_op.f('ix_transfer_decision_id'))
        batch_op.drop_index(batch_op.f('ix_transfer_batch_id'))

    op.drop_table('transfer')
