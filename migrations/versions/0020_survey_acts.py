"""a survey act is written and signed

Revision: 0020, after 0019. Tables of acts with their headings and persons, and of photos. Going back drops them.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0020'
down_revision = '0019'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('survey_act',
    sa.Column('visit', sa.Integer(), nullable=False),
    sa.Column('edition', sa.Integer(), nullable=False),
    sa.Column('reason', sa.String(length=1000), nullable=True),
    sa.Column('is_current', sa.Boolean(), nullable=False),
    sa.Column('saved_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('saved_by', sa.String(length=200), nullable=False),
    sa.Column('visited_on', sa.Date(), nullable=False),
    sa.Column('access', sa.Enum('took_place', 'nobody', 'refused', name='surveyaccess', native_enum=False, length=20), nullable=False),
    sa.Column('present', sa.String(length=1000), nullable=True),
    sa.Column('registered_address', sa.String(length=500), nullable=True),
    sa.Column('actual_address', sa.String(length=500), nullable=True),
    sa.Column('phones', sa.String(length=200), nullable=True),
    sa.Column('income', sa.Text(), nullable=True),
    sa.Column('further', sa.Text(), nullable=True),
    sa.Column('threat', sa.Enum('none', 'exists', 'immediate', name='threat', native_enum=False, length=20), nullable=True),
    sa.Column('conclusion', sa.Text(), nullable=True),
    sa.Column('proposals', sa.Text(), nullable=True),
    sa.Column('signed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('signer_id', sa.Integer(), nullable=True),
    sa.Column('signed_for', sa.String(length=200), nullable=True),
    sa.Column('group_id', sa.Integer(), nullable=False),
    sa.Column('annulled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('annul_reason', sa.String(length=500), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.CheckConstraint('annulled_at IS NOT NULL OR (NOT is_current OR signed_at IS NOT NULL)', name='current_is_signed'),
    sa.CheckConstraint('annulled_at IS NOT NULL OR (edition = 1 OR reason IS NOT NULL)', name='correction_has_a_reason'),
    sa.ForeignKeyConstraint(['group_id'], ['survey_group.id'], ),
    sa.ForeignKeyConstraint(['signer_id'], ['employee.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('group_id', 'visit', 'edition')
    )
    with op.batch_alter_table('survey_act', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_survey_act_group_id'), ['group_id'], unique=False)
        batch_op.create_index('ix_survey_act_listed', ['visited_on', 'id', 'group_id', 'annulled_at'], unique=False, sqlite_where=sa.text('annulled_at IS NULL'), postgresql_where=sa.text('annulled_at IS NULL'))
        batch_op.create_index(batch_op.f('ix_survey_act_signer_id'), ['signer_id'], unique=False)

    op.create_table('survey_mark',
    sa.Column('act_id', sa.Integer(), nullable=False),
    sa.Column('heading', sa.Enum('housing', 'sanitation', 'sleep', 'food', 'clothes', 'fire', 'safety', 'health', 'learning', 'relations', 'alcohol', 'income', 'papers', 'debt', 'resources', name='surveyheading', native_enum=False, length=20), nullable=False),
    sa.Column('level', sa.Enum('full', 'partly', 'not', name='surveylevel', native_enum=False, length=20), nullable=True),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('group_id', sa.Integer(), nullable=False),
    sa.Column('annulled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('annul_reason', sa.String(length=500), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['act_id'], ['survey_act.id'], ),
    sa.ForeignKeyConstraint(['group_id'], ['survey_group.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('act_id', 'heading')
    )
    with op.batch_alter_table('survey_mark', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_survey_mark_group_id'), ['group_id'], unique=False)
        batch_op.create_index('ix_survey_mark_heading_level', ['heading', 'level', 'act_id'], unique=False)

    op.create_table('survey_person',
    sa.Column('act_id', sa.Integer(), nullable=False),
    sa.Column('role', sa.Enum('mother', 'father', 'guardian', 'child', 'other', name='parentalrole', native_enum=False, length=20), nullable=True),
    sa.Column('last_name', sa.String(length=100), nullable=True),
    sa.Column('first_name', sa.String(length=100), nullable=True),
    sa.Column('middle_name', sa.String(length=100), nullable=True),
    sa.Column('born_on', sa.Date(), nullable=True),
    sa.Column('sex', sa.Enum('f', 'm', name='sex', native_enum=False, length=20), nullable=True),
    sa.Column('occupation', sa.String(length=300), nullable=True),
    sa.Column('note', sa.String(length=1000), nullable=True),
    sa.Column('group_id', sa.Integer(), nullable=False),
    sa.Column('annulled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('annul_reason', sa.String(length=500), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['act_id'], ['survey_act.id'], ),
    sa.ForeignKeyConstraint(['group_id'], ['survey_group.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('survey_person', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_survey_person_act_id'), ['act_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_survey_person_group_id'), ['group_id'], unique=False)

    op.create_table('survey_scan',
    sa.Column('title', sa.String(length=200), nullable=True),
    sa.Column('file_name', sa.String(length=150), nullable=False),
    sa.Column('mime', sa.String(length=40), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('pages', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=40), nullable=False),
    sa.Column('group_id', sa.Integer(), nullable=False),
    sa.Column('annulled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('annul_reason', sa.String(length=500), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['group_id'], ['survey_group.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('key')
    )
    with op.batch_alter_table('survey_scan', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_survey_scan_group_id'), ['group_id'], unique=False)


def downgrade() -> None:
    op.drop_table('survey_scan')
    op.drop_table('survey_person')
    op.drop_table('survey_mark')
    op.drop_table('survey_act')
