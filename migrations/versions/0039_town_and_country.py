"""a territory says whether it lies in the country

Revision: 0039, after 0038. Nothing is said of the territories that are there: their names tell it. Going back drops what
was said.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0039'
down_revision = '0038'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('territory', sa.Column('rural', sa.Boolean(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('territory', schema=None) as batch_op:
        batch_op.drop_column('rural')
