"""Whose a row of a family is, is told by an index; the mentor of a family too

Revision ID: 0052
Revises: 0051

"""

from alembic import op
import sqlalchemy as sa


revision = '0052'
down_revision = '0051'
branch_labels = None
depends_on = None

LIVE = sa.text('annulled_at IS NULL')
MENTOR = ['family_id', 'employee_id', 'ended_on', 'started_on', 'annulled_at']


def upgrade() -> None:
    seen = ['id', 'territory_id', 'annulled_at']
    op.create_index('ix_family_by_id', 'family', seen, sqlite_where=LIVE, postgresql_where=LIVE)
    op.create_index('ix_mentor_of_family', 'mentor', MENTOR)


def downgrade() -> None:
    op.drop_index('ix_mentor_of_family', table_name='mentor')
    op.drop_index('ix_family_by_id', table_name='family')
