"""what is done about the books of a month is written down

Revision: 0041, after 0040. Two tables; they begin empty. Going back drops them.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0041'
down_revision = '0040'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('book_step',
    sa.Column('territory_id', sa.Integer(), nullable=False),
    sa.Column('of_month', sa.Date(), nullable=False),
    sa.Column('kind', sa.Enum('reminded', 'assembled', name='bookstepkind', native_enum=False, length=20), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('made_by', sa.String(length=200), nullable=False),
    sa.Column('note', sa.String(length=1000), nullable=True),
    sa.Column('families', sa.Integer(), nullable=True),
    sa.Column('file_name', sa.String(length=200), nullable=True),
    sa.Column('sha256', sa.String(length=64), nullable=True),
    sa.Column('content', sa.LargeBinary(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['territory_id'], ['territory.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('book_step', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_book_step_of_month'), ['of_month'], unique=False)
        batch_op.create_index(batch_op.f('ix_book_step_territory_id'), ['territory_id'], unique=False)

    op.create_table('gone_family',
    sa.Column('of_month', sa.Date(), nullable=False),
    sa.Column('answer', sa.Enum('moved', 'forgotten', 'to_remove', name='goneanswer', native_enum=False, length=20), nullable=False),
    sa.Column('note', sa.String(length=300), nullable=True),
    sa.Column('answered_by', sa.String(length=200), nullable=False),
    sa.Column('family_id', sa.Integer(), nullable=False),
    sa.Column('annulled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('annul_reason', sa.String(length=500), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['family_id'], ['family.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('gone_family', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_gone_family_family_id'), ['family_id'], unique=False)
        batch_op.create_index('uq_gone_family_of_month', ['family_id', 'of_month'], unique=True, sqlite_where=sa.text('annulled_at IS NULL'), postgresql_where=sa.text('annulled_at IS NULL'))


def downgrade() -> None:
    op.drop_table('gone_family')
    op.drop_table('book_step')
