"""a signal card is kept from sending to its outcome, and what is typed before it is sent as well

Revision: 0014, after 0013. Tables of cards, their children, words and steps, and of drafts. Going back drops them.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('draft',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('key', sa.String(length=64), nullable=False),
    sa.Column('words', sa.JSON(), nullable=False),
    sa.Column('begun_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('saved_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('user_id', 'key')
    )
    with op.batch_alter_table('draft', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_draft_saved_at'), ['saved_at'], unique=False)
        batch_op.create_index('ix_draft_user_id_kind', ['user_id', 'kind'], unique=False)

    op.create_table('signal_card',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('territory_id', sa.Integer(), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('source', sa.Enum('agency', 'citizen', 'hotline', 'anonymous', name='signalsource', native_enum=False, length=20), nullable=False),
    sa.Column('agency_id', sa.Integer(), nullable=True),
    sa.Column('employee_id', sa.Integer(), nullable=True),
    sa.Column('informant', sa.String(length=300), nullable=True),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('last_name', sa.String(length=100), nullable=False),
    sa.Column('first_name', sa.String(length=100), nullable=False),
    sa.Column('middle_name', sa.String(length=100), nullable=True),
    sa.Column('born_on', sa.Date(), nullable=True),
    sa.Column('address', sa.String(length=500), nullable=True),
    sa.Column('home_phone', sa.String(length=60), nullable=True),
    sa.Column('mobile_phone', sa.String(length=60), nullable=True),
    sa.Column('detected_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('detected_during', sa.Enum('visit', 'examination', 'lessons', 'call', 'appeal', 'other', name='detectedduring', native_enum=False, length=20), nullable=True),
    sa.Column('description', sa.Text(), nullable=False),
    sa.Column('threat', sa.Enum('none', 'exists', 'immediate', name='threat', native_enum=False, length=20), nullable=False),
    sa.Column('children_study', sa.Boolean(), nullable=True),
    sa.Column('parents_drink', sa.Boolean(), nullable=True),
    sa.Column('live_together', sa.Boolean(), nullable=True),
    sa.Column('known_to_bodies', sa.Boolean(), nullable=True),
    sa.Column('measures', sa.Text(), nullable=True),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('sent_on', sa.Date(), nullable=False),
    sa.Column('arrived_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('question', sa.String(length=2000), nullable=True),
    sa.Column('answer', sa.String(length=2000), nullable=True),
    sa.Column('family_id', sa.Integer(), nullable=True),
    sa.Column('outcome_id', sa.Integer(), nullable=True),
    sa.Column('outcome_note', sa.String(length=1000), nullable=True),
    sa.Column('sent_out_to', sa.String(length=300), nullable=True),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('search_key', sa.Text(), nullable=False),
    sa.Column('name_key', sa.String(length=650), nullable=False),
    sa.Column('annulled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('annul_reason', sa.String(length=500), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.CheckConstraint('annulled_at IS NOT NULL OR (closed_at IS NULL OR outcome_id IS NOT NULL)', name='closed_with_an_outcome'),
    sa.CheckConstraint('annulled_at IS NOT NULL OR (sent_at >= detected_at)', name='sent_after_detection'),
    sa.ForeignKeyConstraint(['agency_id'], ['agency.id'], ),
    sa.ForeignKeyConstraint(['district_id'], ['territory.id'], ),
    sa.ForeignKeyConstraint(['employee_id'], ['employee.id'], ),
    sa.ForeignKeyConstraint(['family_id'], ['family.id'], ),
    sa.ForeignKeyConstraint(['outcome_id'], ['signal_card_outcome.id'], ),
    sa.ForeignKeyConstraint(['territory_id'], ['territory.id'], ),
    sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('district_id', 'year', 'number')
    )
    with op.batch_alter_table('signal_card', schema=None) as batch_op:
        batch_op.create_index('ix_signal_card_agency_id_sent_at', ['agency_id', 'sent_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_signal_card_born_on'), ['born_on'], unique=False)
        batch_op.create_index(batch_op.f('ix_signal_card_district_id'), ['district_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_signal_card_employee_id'), ['employee_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_signal_card_family_id'), ['family_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_signal_card_name_key'), ['name_key'], unique=False)
        batch_op.create_index('ix_signal_card_open', ['closed_at', 'received_at', 'arrived_at', 'territory_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_signal_card_outcome_id'), ['outcome_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_signal_card_sent_at'), ['sent_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_signal_card_sent_on'), ['sent_on'], unique=False)
        batch_op.create_index(batch_op.f('ix_signal_card_territory_id'), ['territory_id'], unique=False)
        batch_op.create_index('ix_signal_card_listed', ['arrived_at', 'id', 'territory_id', 'agency_id', 'annulled_at'], unique=False, sqlite_where=sa.text('annulled_at IS NULL'), postgresql_where=sa.text('annulled_at IS NULL'))
        batch_op.create_index(batch_op.f('ix_signal_card_user_id'), ['user_id'], unique=False)

    op.create_table('card_child',
    sa.Column('name', sa.String(length=300), nullable=True),
    sa.Column('born_on', sa.Date(), nullable=True),
    sa.Column('age', sa.Integer(), nullable=True),
    sa.Column('card_id', sa.Integer(), nullable=False),
    sa.Column('annulled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('annul_reason', sa.String(length=500), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.CheckConstraint('annulled_at IS NOT NULL OR (age BETWEEN 0 AND 17)', name='age_of_a_child'),
    sa.ForeignKeyConstraint(['card_id'], ['signal_card.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('card_child', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_card_child_card_id'), ['card_id'], unique=False)

    op.create_table('card_word',
    sa.Column('word', sa.String(length=100).with_variant(sa.String(length=100, collation='C'), 'postgresql'), nullable=False),
    sa.Column('card_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['card_id'], ['signal_card.id'], ),
    sa.PrimaryKeyConstraint('word', 'card_id')
    )
    with op.batch_alter_table('card_word', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_card_word_card_id'), ['card_id'], unique=False)

    op.create_table('card_step',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('card_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('sent', 'received', 'asked', 'answered', 'entered', 'attached', 'redirected', 'sent_out', 'closed', 'undone', name='cardstepkind', native_enum=False, length=20), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('user_name', sa.String(length=200), nullable=False),
    sa.Column('territory_id', sa.Integer(), nullable=False),
    sa.Column('note', sa.String(length=2000), nullable=True),
    sa.Column('before', sa.JSON(), nullable=True),
    sa.Column('undone', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['card_id'], ['signal_card.id'], ),
    sa.ForeignKeyConstraint(['territory_id'], ['territory.id'], ),
    sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('card_step', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_card_step_card_id'), ['card_id'], unique=False)
        batch_op.create_index('ix_card_step_territory_id_kind', ['territory_id', 'kind'], unique=False)
        batch_op.create_index(batch_op.f('ix_card_step_user_id'), ['user_id'], unique=False)

    op.create_table('signal_card_criteria',
    sa.Column('card_id', sa.Integer(), nullable=False),
    sa.Column('criterion_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['card_id'], ['signal_card.id'], ),
    sa.ForeignKeyConstraint(['criterion_id'], ['criterion.id'], ),
    sa.PrimaryKeyConstraint('card_id', 'criterion_id')
    )
    with op.batch_alter_table('signal_card_criteria', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_signal_card_criteria_criterion_id'), ['criterion_id'], unique=False)



def downgrade() -> None:
    op.drop_table('signal_card_criteria')
    op.drop_table('card_step')
    op.drop_table('card_word')
    op.drop_table('card_child')
    op.drop_table('signal_card')
    op.drop_table('draft')
