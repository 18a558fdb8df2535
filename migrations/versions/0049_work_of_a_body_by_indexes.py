"""Whose families a body works with, told by indexes alone, and whether an aid tells of health by that of its list

Revision ID: 0049
Revises: 0048

"""

from alembic import op
import sqlalchemy as sa


revision = '0049'
down_revision = '0048'
branch_labels = None
depends_on = None

# Of each table: the index that was, its columns, and the one that takes its place.
INDEXES = (
    ('mentor', 'ix_mentor_employee_id', ['employee_id'],
     'ix_mentor_of_employee', ['employee_id', 'ended_on', 'family_id', 'started_on', 'annulled_at']),
    ('working_group_member', 'ix_working_group_member_of_employee',
     ['employee_id', 'ended_on', 'family_id', 'annulled_at'],
     'ix_working_group_member_of_employee',
     ['employee_id', 'ended_on', 'family_id', 'programme_id', 'started_on', 'annulled_at']),
    ('working_group_member', 'ix_working_group_member_programme_id', ['programme_id'],
     'ix_working_group_member_of_programme',
     ['programme_id', 'employee_id', 'ended_on', 'started_on', 'annulled_at']),
    ('stage', 'ix_stage_programme_id', ['programme_id'],
     'ix_stage_of_programme', ['programme_id', 'decision_id', 'annulled_at']),
)


AID, LIVE = ['given_on', 'id', 'family_id', 'performer_id'], sa.text('annulled_at IS NULL')


def upgrade() -> None:
    _list_aid([*AID, 'kind_id', 'measure_id', 'annulled_at'])
    for table, before, _narrow, after, wide in INDEXES:
        op.drop_index(before, table_name=table)
        op.create_index(after, table, wide)


def downgrade() -> None:
    _list_aid([*AID, 'annulled_at'])
    for table, before, narrow, after, _wide in INDEXES:
        op.drop_index(after, table_name=table)
        op.create_index(before, table, narrow)


def _list_aid(columns: list[str]) -> None:
    op.drop_index('ix_aid_listed', table_name='aid')
    op.create_index('ix_aid_listed', 'aid', columns, sqlite_where=LIVE, postgresql_where=LIVE)
