"""Programmes in the order of their kinds, stages in that of their ends and sorts, met along an index

Revision ID: 0050
Revises: 0049

"""

from alembic import op
import sqlalchemy as sa


revision = '0050'
down_revision = '0049'
branch_labels = None
depends_on = None

ORDERS = (('programme', 'kind'), ('stage', 'ends_on'), ('stage', 'sort'))


def upgrade() -> None:
    live = sa.text('annulled_at IS NULL')
    for table, column in ORDERS:
        columns = [column, 'id', 'family_id', 'annulled_at']
        op.create_index(f'ix_{table}_by_{column}', table, columns, sqlite_where=live, postgresql_where=live)


def downgrade() -> None:
    for table, column in ORDERS:
        op.drop_index(f'ix_{table}_by_{column}', table_name=table)
