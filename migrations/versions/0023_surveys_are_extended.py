"""the clock of a survey is extended

Revision: 0023, after 0022. A table of the later days that surveys were given, with the reason. Going back drops it; the
surveys keep their days.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0023'
down_revision = '0022'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('survey_extension',
    sa.Column('deadline_id', sa.Integer(), nullable=False),
    sa.Column('until', sa.Date(), nullable=False),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.Column('user_name', sa.String(length=200), nullable=False),
    sa.Column('group_id', sa.Integer(), nullable=False),
    sa.Column('annulled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('annul_reason', sa.String(length=500), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['deadline_id'], ['deadline.id'], ),
    sa.ForeignKeyConstraint(['group_id'], ['survey_group.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('survey_extension', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_survey_extension_deadline_id'), ['deadline_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_survey_extension_group_id'), ['group_id'], unique=False)


def downgrade() -> None:
    op.drop_table('survey_extension')
