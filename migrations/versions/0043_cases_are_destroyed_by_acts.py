"""cases whose term of keeping is over are destroyed by acts

Revision: 0043, after 0042. Installing fills the terms of keeping. Going back drops the acts, not what they have done:
what was destroyed stays so, and its entries of the journal are called by another word, which the older program knows,
until the bank comes here again.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0043'
down_revision = '0042'
branch_labels = None
depends_on = None


OF_ACTS = "entity IN ('Family', 'SignalCard', 'Destruction')"  # a bank that is restored from a copy is no row


def upgrade() -> None:
    op.execute(f"UPDATE journal_entry SET act = 'destroyed' WHERE act = 'restored' AND {OF_ACTS}")
    op.create_table('retention_rule',
    sa.Column('kind', sa.Enum('removed', 'never', 'card', name='keptkind', native_enum=False, length=20), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('unit', sa.Enum('year', 'month', 'day', name='termunit', native_enum=False, length=20), nullable=False),
    sa.Column('until_adult', sa.Boolean(), nullable=False),
    sa.Column('code', sa.String(length=30), nullable=False),
    sa.Column('name', sa.String(length=400), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('retired', sa.Boolean(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('code')
    )
    op.create_table('destruction',
    sa.Column('territory_id', sa.Integer(), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('commission', sa.Text(), nullable=False),
    sa.Column('prepared_by', sa.String(length=200), nullable=False),
    sa.Column('prepared_by_id', sa.Integer(), nullable=True),
    sa.Column('confirmed_by', sa.String(length=200), nullable=True),
    sa.Column('confirmed_by_id', sa.Integer(), nullable=True),
    sa.Column('destroyed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('wiped_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('copies_until', sa.Date(), nullable=True),
    sa.Column('files', sa.Text(), nullable=False),
    sa.Column('annulled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('annul_reason', sa.String(length=500), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['territory_id'], ['territory.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('territory_id', 'year', 'number')
    )
    with op.batch_alter_table('destruction', schema=None) as batch_op:
        batch_op.create_index('ix_destruction_listed', ['id', 'territory_id', 'annulled_at'], unique=False, sqlite_where=sa.text('annulled_at IS NULL'), postgresql_where=sa.text('annulled_at IS NULL'))
        batch_op.create_index(batch_op.f('ix_destruction_territory_id'), ['territory_id'], unique=False)

    op.create_table('retention_hold',
    sa.Column('until', sa.Date(), nullable=False),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.Column('user_name', sa.String(length=200), nullable=False),
    sa.Column('family_id', sa.Integer(), nullable=False),
    sa.Column('annulled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('annul_reason', sa.String(length=500), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['family_id'], ['family.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('retention_hold', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_retention_hold_family_id'), ['family_id'], unique=False)
        batch_op.create_index('ix_retention_hold_listed', ['until', 'id', 'family_id', 'annulled_at'], unique=False, sqlite_where=sa.text('annulled_at IS NULL'), postgresql_where=sa.text('annulled_at IS NULL'))

    op.create_table('destruction_item',
    sa.Column('destruction_id', sa.Integer(), nullable=False),
    sa.Column('territory_id', sa.Integer(), nullable=False),
    sa.Column('family_id', sa.Integer(), nullable=True),
    sa.Column('card_id', sa.Integer(), nullable=True),
    sa.Column('named', sa.String(length=60), nullable=False),
    sa.Column('reason', sa.String(length=400), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('people', sa.Integer(), nullable=False),
    sa.Column('rows', sa.Integer(), nullable=False),
    sa.Column('papers', sa.Integer(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['card_id'], ['signal_card.id'], ),
    sa.ForeignKeyConstraint(['destruction_id'], ['destruction.id'], ),
    sa.ForeignKeyConstraint(['family_id'], ['family.id'], ),
    sa.ForeignKeyConstraint(['territory_id'], ['territory.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('destruction_item', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_destruction_item_card_id'), ['card_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_destruction_item_family_id'), ['family_id'], unique=False)
        batch_op.create_index('ix_destruction_item_of_act', ['destruction_id', 'family_id', 'card_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_destruction_item_territory_id'), ['territory_id'], unique=False)

    with op.batch_alter_table('family', schema=None) as batch_op:
        batch_op.add_column(sa.Column('destroyed', sa.String(length=20), nullable=True))

    with op.batch_alter_table('signal_card', schema=None) as batch_op:
        batch_op.add_column(sa.Column('destroyed', sa.String(length=20), nullable=True))



def downgrade() -> None:
    op.execute("UPDATE journal_entry SET act = 'restored' WHERE act = 'destroyed'")
    op.execute("DELETE FROM job WHERE kind = 'destroy'")
    with op.batch_alter_table('signal_card', schema=None) as batch_op:
        batch_op.drop_column('destroyed')

    with op.batch_alter_table('family', schema=None) as batch_op:
        batch_op.drop_column('destroyed')

    with op.batch_alter_table('destruction_item', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_destruction_item_territory_id'))
        batch_op.drop_index('ix_destruction_item_of_act')
        batch_op.drop_index(batch_op.f('ix_destruction_item_family_id'))
        batch_op.drop_index(batch_op.f('ix_destruction_item_card_id'))

    op.drop_table('destruction_item')
    with op.batch_alter_table('retention_hold', schema=None) as batch_op:
        batch_op.drop_index('ix_retention_hold_listed', sqlite_where=sa.text('annulled_at IS NULL'), postgresql_where=sa.text('annulled_at IS NULL'))
        batch_op.drop_index(batch_op.f('ix_retention_hold_family_id'))

    op.drop_table('retention_hold')
    with op.batch_alter_table('destruction', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_destruction_territory_id'))
        batch_op.drop_index('ix_destruction_listed', sqlite_where=sa.text('annulled_at IS NULL'), postgresql_where=sa.text('annulled_at IS NULL'))

    op.drop_table('destruction')
    op.drop_table('retention_rule')
