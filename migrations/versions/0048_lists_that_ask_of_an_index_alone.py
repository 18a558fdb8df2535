"""What the filters of measures and of aid ask of each row, told by the index of their list alone

Revision ID: 0048
Revises: 0047

"""

from alembic import op
import sqlalchemy as sa


revision = '0048'
down_revision = '0047'
branch_labels = None
depends_on = None

LISTED = {
    'planned_measure': ('due_on', ('state', 'kind_id', 'performer_id', 'done_on')),
    'aid': ('given_on', ('performer_id',)),
}


def upgrade() -> None:
    for table, (day, asked) in LISTED.items():
        _lay(table, [day, 'id', 'family_id', *asked, 'annulled_at'])


def downgrade() -> None:
    for table, (day, _asked) in LISTED.items():
        _lay(table, [day, 'id', 'family_id', 'annulled_at'])


def _lay(table: str, columns: list[str]) -> None:
    live = sa.text('annulled_at IS NULL')
    with op.batch_alter_table(table, schema=None) as batch_op:
        batch_op.drop_index(f'ix_{table}_listed')
        batch_op.create_index(f'ix_{table}_listed', columns, unique=False, sqlite_where=live, postgresql_where=live)
