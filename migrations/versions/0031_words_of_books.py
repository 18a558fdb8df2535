"""hand-made books are read by words

Revision: 0031, after 0030. A list of what headers and words of hand-made books mean, and the answers that were given for a
set of headers. Going back drops both: the families that were loaded stay.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0031'
down_revision = '0030'
branch_labels = None
depends_on = None

KINDS = ('column', 'role', 'category', 'criterion', 'agency_kind', 'body', 'education', 'document', 'supervision', 'reason')


def upgrade() -> None:
    op.create_table('book_word',
    sa.Column('kind', sa.Enum(*KINDS, name='bookwordkind', native_enum=False, length=20), nullable=False),
    sa.Column('text', sa.String(length=300), nullable=False),
    sa.Column('text_key', sa.String(length=300), nullable=False),
    sa.Column('meaning', sa.String(length=300), nullable=False),
    sa.Column('retired', sa.Boolean(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('book_word', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_book_word_text_key'), ['text_key'], unique=False)
        batch_op.create_index('uq_book_word_kind_text_key', ['kind', 'text_key'], unique=True, sqlite_where=sa.text('NOT retired'), postgresql_where=sa.text('NOT retired'))
    op.create_table('book_layout',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('headers', sa.String(length=64), nullable=False),
    sa.Column('answers', sa.JSON(), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['district_id'], ['territory.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('book_layout', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_book_layout_district_id'), ['district_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_book_layout_headers'), ['headers'], unique=False)


def downgrade() -> None:
    op.drop_table('book_layout')
    op.drop_table('book_word')
