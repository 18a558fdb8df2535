"""Measures that a body has done, in the order of their days

Revision ID: 0045
Revises: 0044

"""

from alembic import op
import sqlalchemy as sa


revision = '0045'
down_revision = '0044'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('planned_measure', schema=None) as batch_op:
        batch_op.create_index('ix_planned_measure_of_performer_id_by_done_on', ['performer_id', 'done_on', 'id', 'family_id', 'annulled_at'], unique=False, sqlite_where=sa.text('annulled_at IS NULL'), postgresql_where=sa.text('annulled_at IS NULL'))


def downgrade() -> None:
    with op.batch_alter_table('planned_measure', schema=None) as batch_op:
        batch_op.drop_index('ix_planned_measure_of_performer_id_by_done_on', sqlite_where=sa.text('annulled_at IS NULL'), postgresql_where=sa.text('annulled_at IS NULL'))
