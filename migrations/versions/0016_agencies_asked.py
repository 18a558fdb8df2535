"""bodies are asked what they know of a family that is surveyed, and tell it

Revision: 0016, after 0015. Tables of inquiries and findings; a further role may see health and convictions. Going back
drops them, and no such role sees those any more.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('agency_inquiry',
    sa.Column('agency_id', sa.Integer(), nullable=False),
    sa.Column('question', sa.String(length=2000), nullable=True),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('asked_by', sa.String(length=200), nullable=False),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('knows_nothing', sa.Boolean(), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('group_id', sa.Integer(), nullable=False),
    sa.Column('annulled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('annul_reason', sa.String(length=500), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.CheckConstraint('annulled_at IS NOT NULL OR (answered_at IS NOT NULL OR (NOT knows_nothing AND closed_at IS NULL))', name='closed_is_answered'),
    sa.ForeignKeyConstraint(['agency_id'], ['agency.id'], ),
    sa.ForeignKeyConstraint(['group_id'], ['survey_group.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('agency_inquiry', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_agency_inquiry_agency_id'), ['agency_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_agency_inquiry_group_id'), ['group_id'], unique=False)
        batch_op.create_index('ix_agency_inquiry_listed', ['due_on', 'id', 'group_id', 'agency_id', 'annulled_at'], unique=False, sqlite_where=sa.text('annulled_at IS NULL'), postgresql_where=sa.text('annulled_at IS NULL'))
        batch_op.create_index('uq_agency_inquiry_of_group', ['group_id', 'agency_id'], unique=True, sqlite_where=sa.text('annulled_at IS NULL'), postgresql_where=sa.text('annulled_at IS NULL'))

    op.create_table('agency_finding',
    sa.Column('kind_id', sa.Integer(), nullable=False),
    sa.Column('agency_id', sa.Integer(), nullable=True),
    sa.Column('told_on', sa.Date(), nullable=False),
    sa.Column('told_by', sa.String(length=300), nullable=True),
    sa.Column('special', sa.Boolean(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('group_id', sa.Integer(), nullable=False),
    sa.Column('annulled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('annul_reason', sa.String(length=500), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['agency_id'], ['agency.id'], ),
    sa.ForeignKeyConstraint(['group_id'], ['survey_group.id'], ),
    sa.ForeignKeyConstraint(['kind_id'], ['agency_kind.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('agency_finding', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_agency_finding_agency_id'), ['agency_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_agency_finding_group_id'), ['group_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_agency_finding_kind_id'), ['kind_id'], unique=False)
        batch_op.create_index('ix_agency_finding_listed', ['told_on', 'id', 'group_id', 'agency_id', 'annulled_at'], unique=False, sqlite_where=sa.text('annulled_at IS NULL'), postgresql_where=sa.text('annulled_at IS NULL'))

    with op.batch_alter_table('further_role', schema=None) as batch_op:
        batch_op.add_column(sa.Column('special', sa.Boolean(), server_default=sa.false(), nullable=False))
    with op.batch_alter_table('further_role', schema=None) as batch_op:
        batch_op.alter_column('special', server_default=None)


def downgrade() -> None:
    with op.batch_alter_table('further_role', schema=None) as batch_op:
        batch_op.drop_column('special')
    op.drop_table('agency_finding')
    op.drop_table('agency_inquiry')
