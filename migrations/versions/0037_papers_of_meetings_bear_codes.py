"""the papers of a decision bear a code by which their scan finds it

Revision: 0037, after 0036. Each item of an agenda gets a code of its own. Going back drops them: papers that were printed
are no longer found by their scans.
"""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

revision = '0037'
down_revision = '0036'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('agenda_item', sa.Column('code', sa.String(length=24), nullable=True))
    item = sa.table('agenda_item', sa.column('id', sa.Integer), sa.column('code', sa.String))
    bank = op.get_bind()
    for key in bank.scalars(sa.select(item.c.id)).all():
        bank.execute(item.update().where(item.c.id == key).values(code=secrets.token_urlsafe(12)))
    with op.batch_alter_table('agenda_item', schema=None) as batch_op:
        batch_op.alter_column('code', existing_type=sa.String(length=24), nullable=False)
        batch_op.create_unique_constraint('uq_agenda_item_code', ['code'])


def downgrade() -> None:
    with op.batch_alter_table('agenda_item', schema=None) as batch_op:
        batch_op.drop_constraint('uq_agenda_item_code', type_='unique')
        batch_op.drop_column('code')
