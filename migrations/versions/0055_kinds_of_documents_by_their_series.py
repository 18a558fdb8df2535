"""The kind of a document is told by the index of series

Revision ID: 0055
Revises: 0054

"""

from alembic import op
import sqlalchemy as sa


revision = '0055'
down_revision = '0054'
branch_labels = None
depends_on = None

SERIES = ['series', 'id', 'family_id']


def upgrade() -> None:
    _lay([*SERIES, 'kind_id'])


def downgrade() -> None:
    _lay(SERIES)


def _lay(columns: list[str]) -> None:
    live, name = sa.text('annulled_at IS NULL'), 'ix_identity_document_by_series'
    op.drop_index(name, table_name='identity_document')
    op.create_index(name, 'identity_document', [*columns, 'annulled_at'], sqlite_where=live, postgresql_where=live)
