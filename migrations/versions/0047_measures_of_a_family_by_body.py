"""What a body has to do in a family, told by an index alone

Revision ID: 0047
Revises: 0046

"""

from alembic import op


revision = '0047'
down_revision = '0046'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('planned_measure', schema=None) as batch_op:
        batch_op.create_index('ix_planned_measure_of_family', ['family_id', 'performer_id', 'state', 'stage_id', 'annulled_at'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('planned_measure', schema=None) as batch_op:
        batch_op.drop_index('ix_planned_measure_of_family')
