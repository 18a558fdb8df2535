"""How pupils are cared for is told by the index of quarters

Revision ID: 0054
Revises: 0053

"""

from alembic import op
import sqlalchemy as sa


revision = '0054'
down_revision = '0053'
branch_labels = None
depends_on = None

OWNER, CARE = ['quarter', 'id', 'family_id'], ['free_meals', 'free_textbooks', 'leisure', 'holidays']


def upgrade() -> None:
    _lay([*OWNER, *CARE])


def downgrade() -> None:
    _lay(OWNER)


def _lay(columns: list[str]) -> None:
    live, name = sa.text('annulled_at IS NULL'), 'ix_pupil_support_by_quarter'
    op.drop_index(name, table_name='pupil_support')
    op.create_index(name, 'pupil_support', [*columns, 'annulled_at'], sqlite_where=live, postgresql_where=live)
