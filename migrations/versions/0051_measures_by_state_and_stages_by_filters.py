"""What filters ask of each stage, and of each measure in the order of states, is told by the index of the order

Revision ID: 0051
Revises: 0050

"""

from alembic import op
import sqlalchemy as sa


revision = '0051'
down_revision = '0050'
branch_labels = None
depends_on = None

STAGE, MEASURE = ['starts_on', 'id', 'family_id'], ['state', 'due_on', 'family_id', 'performer_id']
ASKED = ['ends_on', 'reviewed_on', 'kind_id', 'sort', 'dynamics_id', 'reaction_id', 'follows']
LIVE = sa.text('annulled_at IS NULL')


def upgrade() -> None:
    _hold([*STAGE, *ASKED], [*MEASURE, 'kind_id', 'done_on'])


def downgrade() -> None:
    _hold(STAGE, MEASURE)


def _hold(stage: list[str], measure: list[str]) -> None:
    op.drop_index('ix_stage_listed', table_name='stage')
    op.create_index('ix_stage_listed', 'stage', [*stage, 'annulled_at'], sqlite_where=LIVE, postgresql_where=LIVE)
    op.drop_index('ix_planned_measure_open', table_name='planned_measure')
    op.create_index('ix_planned_measure_open', 'planned_measure', [*measure, 'annulled_at'])
