"""a card bears photos, is an emergency, and a group is named to visit its family

Revision: 0015, after 0014. Tables of photos, of what bodies were told, and of groups. Going back drops them.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('card_scan',
    sa.Column('file_name', sa.String(length=150), nullable=False),
    sa.Column('mime', sa.String(length=40), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('pages', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=40), nullable=False),
    sa.Column('card_id', sa.Integer(), nullable=False),
    sa.Column('annulled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('annul_reason', sa.String(length=500), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['card_id'], ['signal_card.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('key')
    )
    with op.batch_alter_table('card_scan', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_card_scan_card_id'), ['card_id'], unique=False)

    op.create_table('card_telling',
    sa.Column('agency_id', sa.Integer(), nullable=False),
    sa.Column('told_to', sa.String(length=300), nullable=False),
    sa.Column('told_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('told_by', sa.String(length=200), nullable=False),
    sa.Column('answer', sa.String(length=1000), nullable=True),
    sa.Column('card_id', sa.Integer(), nullable=False),
    sa.Column('annulled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('annul_reason', sa.String(length=500), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['agency_id'], ['agency.id'], ),
    sa.ForeignKeyConstraint(['card_id'], ['signal_card.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('card_telling', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_card_telling_agency_id'), ['agency_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_card_telling_card_id'), ['card_id'], unique=False)

    op.create_table('survey_group',
    sa.Column('territory_id', sa.Integer(), nullable=False),
    sa.Column('card_id', sa.Integer(), nullable=True),
    sa.Column('family_id', sa.Integer(), nullable=True),
    sa.Column('leader_id', sa.Integer(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('task', sa.String(length=2000), nullable=True),
    sa.Column('surveyed_on', sa.Date(), nullable=True),
    sa.Column('code', sa.String(length=24), nullable=False),
    sa.Column('annulled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('annul_reason', sa.String(length=500), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.CheckConstraint('annulled_at IS NOT NULL OR (card_id IS NOT NULL OR family_id IS NOT NULL)', name='survey_of_somebody'),
    sa.ForeignKeyConstraint(['card_id'], ['signal_card.id'], ),
    sa.ForeignKeyConstraint(['family_id'], ['family.id'], ),
    sa.ForeignKeyConstraint(['leader_id'], ['employee.id'], ),
    sa.ForeignKeyConstraint(['territory_id'], ['territory.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('code')
    )
    with op.batch_alter_table('survey_group', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_survey_group_card_id'), ['card_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_survey_group_family_id'), ['family_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_survey_group_leader_id'), ['leader_id'], unique=False)
        batch_op.create_index('ix_survey_group_listed', ['due_on', 'id', 'territory_id', 'family_id', 'annulled_at'], unique=False, sqlite_where=sa.text('annulled_at IS NULL'), postgresql_where=sa.text('annulled_at IS NULL'))
        batch_op.create_index(batch_op.f('ix_survey_group_territory_id'), ['territory_id'], unique=False)

    op.create_table('survey_group_employees',
    sa.Column('group_id', sa.Integer(), nullable=False),
    sa.Column('employee_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['employee_id'], ['employee.id'], ),
    sa.ForeignKeyConstraint(['group_id'], ['survey_group.id'], ),
    sa.PrimaryKeyConstraint('group_id', 'employee_id')
    )
    with op.batch_alter_table('survey_group_employees', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_survey_group_employees_employee_id'), ['employee_id'], unique=False)

    with op.batch_alter_table('agency', schema=None) as batch_op:
        batch_op.add_column(sa.Column('told_at_once', sa.Boolean(), server_default=sa.false(), nullable=False))
    with op.batch_alter_table('agency', schema=None) as batch_op:
        batch_op.alter_column('told_at_once', server_default=None)

    with op.batch_alter_table('signal_card', schema=None) as batch_op:
        batch_op.add_column(sa.Column('emergency_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('survey_due_on', sa.Date(), nullable=True))
        batch_op.add_column(sa.Column('surveyed_on', sa.Date(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('signal_card', schema=None) as batch_op:
        batch_op.drop_column('surveyed_on')
        batch_op.drop_column('survey_due_on')
        batch_op.drop_column('emergency_at')
    with op.batch_alter_table('agency', schema=None) as batch_op:
        batch_op.drop_column('told_at_once')
    op.drop_table('survey_group_employees')
    op.drop_table('survey_group')
    op.drop_table('card_telling')
    op.drop_table('card_scan')
