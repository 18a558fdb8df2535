"""What the filters of a list ask of its rows is told by the indexes of more of its orders

Revision ID: 0053
Revises: 0052

"""

from alembic import op
import sqlalchemy as sa


revision = '0053'
down_revision = '0052'
branch_labels = None
depends_on = None

STAGE = ['ends_on', 'reviewed_on', 'kind_id', 'sort', 'dynamics_id', 'reaction_id', 'follows']
HELD = (  # of a table: the index, what it holds besides whose the row is, and what it holds now
    ('stage', 'listed', 'starts_on', STAGE, [*STAGE, 'decision_id']),
    ('stage', 'by_ends_on', 'ends_on', [], ['starts_on']),
    ('aid', 'by_amount', 'amount', [], ['performer_id', 'kind_id', 'measure_id']),
    ('education', 'listed', 'started_on', [], ['status_id']),
    ('education', 'by_organisation', 'organisation', [], ['status_id']),
    ('education', 'by_grade', 'grade', [], ['status_id']),
    ('identity_document', 'by_issued_on', 'issued_on', [], ['series']),
    *(('pupil_support', f'by_{name}', name, [], ['quarter'])
      for name in ('free_meals', 'free_textbooks', 'leisure', 'holidays')),
)


def upgrade() -> None:
    for table, name, first, _before, now in HELD:
        _lay(table, name, [first, 'id', 'family_id', *now, 'annulled_at'])


def downgrade() -> None:
    for table, name, first, before, _now in HELD:
        _lay(table, name, [first, 'id', 'family_id', *before, 'annulled_at'])


def _lay(table: str, name: str, columns: list[str]) -> None:
    live = sa.text('annulled_at IS NULL')
    op.drop_index(f'ix_{table}_{name}', table_name=table)
    op.create_index(f'ix_{table}_{name}', table, columns, sqlite_where=live, postgresql_where=live)
